"""Recording a sequence: names, rate, and what of an older one may be lost."""

from pathlib import Path

import pytest

from avatar_app.engine.frames import FrameStamp, UdpFrame
from avatar_app.errors import OutputError
from avatar_app.output.udp_recording import UdpRecording
from tests.fakes.udp_drawing import disc_map
from udp_live.errors import UdpFileError
from udp_live.udp_files import SequenceNotes, read_notes, write_udp

NOTES = SequenceNotes(25.0, avatar="Yuzu")


def record(folder: Path, count: int, *, overwrite: bool = False, fps: float = 10.0) -> UdpRecording:
    recording = UdpRecording(folder, ".npz", NOTES, overwrite=overwrite)
    for number in range(count):
        stamp = FrameStamp(number, 0, 5.0 + number / fps)
        recording.send(UdpFrame(stamp, disc_map()))
    recording.close()
    return recording


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_numbered_from_one(tmp_path: Path) -> None:
    record(tmp_path / "a" / "b", 2)
    assert names(tmp_path / "a" / "b") == ["0001.npz", "0002.npz", "sequence.json"]


def test_the_rate_is_that_of_the_frames(tmp_path: Path) -> None:
    record(tmp_path, 4, fps=29.97)
    assert read_notes(tmp_path) == SequenceNotes(29.97, avatar="Yuzu")


@pytest.mark.parametrize(("fps", "noted"), [(0.1, 1.0), (1000.0, 240.0)])
def test_a_rate_that_no_player_knows_is_noted_as_the_nearest(
    tmp_path: Path, fps: float, noted: float
) -> None:
    assert record(tmp_path, 3, fps=fps).fps == noted


def test_a_single_frame_has_the_rate_asked_for(tmp_path: Path) -> None:
    assert record(tmp_path, 1).fps == 25.0


def test_a_sequence_without_frames_leaves_nothing(tmp_path: Path) -> None:
    record(tmp_path, 0)
    record(tmp_path / "new", 0)
    assert names(tmp_path) == []


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear")
    with pytest.raises(OutputError, match="not empty; give another --output, or --overwrite"):
        record(tmp_path, 1)
    assert names(tmp_path) == ["diary.txt"]


def test_hidden_files_make_no_folder_full(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    record(tmp_path, 1)
    assert "0001.npz" in names(tmp_path)


def test_overwriting_replaces_the_whole_older_sequence_and_nothing_else(tmp_path: Path) -> None:
    record(tmp_path, 5)
    (tmp_path / "diary.txt").write_text("dear")
    (tmp_path / "0009.png").touch()
    record(tmp_path, 2, overwrite=True, fps=20.0)
    kept = ["0001.npz", "0002.npz", "0009.png", "diary.txt", "sequence.json"]
    assert names(tmp_path) == kept
    notes = read_notes(tmp_path)
    assert notes is not None
    assert notes.fps == 20.0


def test_an_older_sequence_stays_until_the_first_frame_comes(tmp_path: Path) -> None:
    record(tmp_path, 2)
    record(tmp_path, 0, overwrite=True)
    assert names(tmp_path) == ["0001.npz", "0002.npz", "sequence.json"]


def test_maps_of_other_names_would_mix_with_the_sequence(tmp_path: Path) -> None:
    write_udp(tmp_path / "dance7.npz", disc_map())
    with pytest.raises(OutputError, match=r"dance7\.npz, that would become part"):
        record(tmp_path, 1, overwrite=True)
    assert names(tmp_path) == ["dance7.npz"]


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="cannot write"):
        record(tmp_path / "out", 1)


def test_a_folder_that_goes_away_is_an_error(tmp_path: Path) -> None:
    recording = UdpRecording(tmp_path / "out", ".npz", NOTES)
    (tmp_path / "out").rmdir()
    with pytest.raises(UdpFileError, match="cannot write UDP"):
        recording.send(UdpFrame(FrameStamp(0, 0, 0.0), disc_map()))
