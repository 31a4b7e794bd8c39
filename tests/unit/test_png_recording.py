import errno
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.errors import OutputError
from avatar_app.output.png_recording import PngRecording

IMAGE = np.full((64, 64, 4), (60, 30, 0, 128), np.uint8)


def test_pngs_have_straight_alpha_and_are_numbered(tmp_path: Path) -> None:
    recording = PngRecording(tmp_path / "frames")
    for number in range(2):
        recording.send(AvatarFrame(FrameStamp(number, 0, 0.0), IMAGE))
    recording.close()
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == ["frame_000000.png", "frame_000001.png"]
    read = cv2.imread(str(tmp_path / "frames" / names[0]), cv2.IMREAD_UNCHANGED)
    assert tuple(read[0, 0]) == (0, 60, 120, 128)


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = PngRecording(tmp_path)

    def refuse(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OutputError, match="the disk is full at"):
        recording.send(AvatarFrame(FrameStamp(0, 0, 0.0), IMAGE))
    assert list(tmp_path.iterdir()) == []
