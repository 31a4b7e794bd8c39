from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar_app.output.compositor import Compositor
from avatar_app.rendering.picture_folder import PictureFolder, is_complete_png
from avatar_app.rendering.progress import Silence
from tests.fakes.swinging_painting import SwingingPainting

CLEAR = Compositor("transparent", 32)


def paint(folder: Path, painting: SwingingPainting) -> None:
    PictureFolder(folder, painting).paint(CLEAR, Silence())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_pictures_have_their_names_and_straight_alpha(tmp_path: Path) -> None:
    painting = SwingingPainting(count=2)
    painting.names = ["0007", "0012"]
    half = np.full((32, 32, 4), (100, 50, 0, 128), np.uint8)
    painting.paint = lambda index: half  # type: ignore[method-assign]
    paint(tmp_path, painting)
    assert sorted(contents(tmp_path)) == ["0007.png", "0012.png"]
    picture = cv2.imread(str(tmp_path / "0007.png"), cv2.IMREAD_UNCHANGED)
    assert picture[0, 0].tolist() == [0, 100, 199, 128]  # BGRA: 100 * 255 / 128, rounded


def test_after_an_interruption_the_same_pictures_come_out(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
    paint(whole, SwingingPainting())
    broken = SwingingPainting()
    broken.fail_at = 8
    with pytest.raises(KeyboardInterrupt):
        paint(parts, broken)
    (parts / "frame_000003.png").write_bytes((parts / "frame_000003.png").read_bytes()[:-4])
    again = SwingingPainting()
    paint(parts, again)
    assert again.painted == [3, *range(8, 20)]
    assert contents(parts) == contents(whole)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"0" * 50])
def test_what_is_no_whole_png_is_not_complete(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert not is_complete_png(path)
    assert not is_complete_png(tmp_path / "missing.png")
