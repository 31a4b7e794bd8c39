"""A folder of maps as a sequence: order, names, sizes, the box around all figures, notes."""

from pathlib import Path

import numpy as np
import pytest

from tests.fakes.udp_drawing import disc_map
from udp_live.errors import UdpFileError
from udp_live.types import UdpMap
from udp_live.udp_files import (
    SequenceNotes,
    list_udp_files,
    open_udp_folder,
    read_notes,
    udp_sequence,
    write_notes,
    write_udp,
)


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        write_udp(folder / name, disc_map())
    return folder


def test_frames_come_in_the_order_people_count_in_and_keep_their_names(tmp_path: Path) -> None:
    fill(tmp_path, "a10.npz", "a9.npz", "a100.exr", "a2", "a02b.npz", "B1.npz")
    expected = ["a2", "a02b.npz", "a9.npz", "a10.npz", "a100.exr", "B1.npz"]
    assert [path.name for path in list_udp_files(tmp_path)] == expected
    assert open_udp_folder(tmp_path).names == ("a2", "a02b", "a9", "a10", "a100", "B1")


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "1.npz", ".2.npz", "3")
    (tmp_path / "README").write_text("how it was made")
    (tmp_path / "4.png").write_bytes(b"\x89PNG")
    (tmp_path / "5.npz").mkdir()
    assert [path.name for path in list_udp_files(tmp_path)] == ["1.npz", "3"]


def test_one_frame_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    reader = udp_sequence.read_udp
    monkeypatch.setattr(
        udp_sequence, "read_udp", lambda path: (read.append(path.name), reader(path))[1]
    )
    sequence = open_udp_folder(fill(tmp_path, "1.npz", "2.npz", "3.npz"))
    assert (len(sequence), sequence.size, read) == (3, (40, 30), [])
    frames = iter(sequence)
    name, udp_map = next(frames)
    assert (name, read) == ("1", ["1.npz"])
    assert np.array_equal(udp_map.xyzv, disc_map().xyzv)
    assert [name for name, _ in frames] == ["2", "3"]


def test_the_box_holds_the_figure_of_every_frame(tmp_path: Path) -> None:
    write_udp(tmp_path / "1.npz", disc_map(centre=(12, 10)))
    write_udp(tmp_path / "2.npz", disc_map(centre=(25, 19)))
    write_udp(tmp_path / "3.npz", UdpMap(np.zeros((30, 40, 4), np.float32)))
    assert open_udp_folder(tmp_path).figure_box() == (4, 2, 34, 28)


def test_frames_without_a_figure_have_no_box(tmp_path: Path) -> None:
    write_udp(tmp_path / "1.npz", UdpMap(np.zeros((30, 40, 4), np.float32)))
    assert open_udp_folder(tmp_path).figure_box() is None


def test_frames_of_several_sizes_are_refused_at_once(tmp_path: Path) -> None:
    fill(tmp_path, "1.npz", "2.npz")
    write_udp(tmp_path / "3.exr", disc_map(50, 30))
    with pytest.raises(UdpFileError, match=r"3\.exr is 50x30 px, the first .* 40x30 px"):
        open_udp_folder(tmp_path)


def test_a_frame_that_changes_its_size_later_is_refused(tmp_path: Path) -> None:
    sequence = open_udp_folder(fill(tmp_path, "1.npz"))
    write_udp(tmp_path / "1.npz", disc_map(50, 30))
    with pytest.raises(UdpFileError, match="50x30 px"):
        sequence.read(0)


def test_a_damaged_frame_is_found_before_the_first_is_used(tmp_path: Path) -> None:
    fill(tmp_path, "1.npz", "2.npz")
    (tmp_path / "2.npz").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(UdpFileError, match=r"2\.npz is damaged"):
        open_udp_folder(tmp_path)


def test_two_files_for_one_frame_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UdpFileError, match="two files for the frame 1"):
        open_udp_folder(fill(tmp_path, "1.npz", "1.exr"))


def test_a_folder_without_maps_says_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(UdpFileError, match="it is empty"):
        open_udp_folder(tmp_path)
    for number in range(3):
        (tmp_path / f"{number}.png").touch()
    with pytest.raises(UdpFileError, match=r"it holds 3 \.png files"):
        open_udp_folder(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UdpFileError, match="does not exist"):
        open_udp_folder(tmp_path / "nowhere")
    path = fill(tmp_path, "1.npz") / "1.npz"
    with pytest.raises(UdpFileError, match="give the folder around it"):
        open_udp_folder(path)


def test_notes_are_kept_beside_the_frames(tmp_path: Path) -> None:
    notes = SequenceNotes(29.97, "A'", "Yuzu", "dance.mp4", "full")
    assert read_notes(fill(tmp_path, "1.npz")) is None
    write_notes(tmp_path, notes)
    assert open_udp_folder(tmp_path).notes == notes


def test_notes_hold_names_of_any_script_and_of_none(tmp_path: Path) -> None:
    notes = SequenceNotes(30.0, avatar="\u67da\u5b50", source="odd\udcff.mp4")
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path) == notes
    assert "\u67da\u5b50" in (tmp_path / "sequence.json").read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "kigurumi-udp-sequence"}',
        '{"format": "kigurumi-udp-sequence", "fps": "30"}',
        '{"format": "kigurumi-udp-sequence", "fps": true}',
        '{"format": "kigurumi-udp-sequence", "fps": NaN}',
        '{"format": "kigurumi-udp-sequence", "fps": 0}',
        '{"format": "kigurumi-udp-sequence", "fps": 30, "avatar": 5}',
        '{"format": "another", "fps": 30}',
        "[" * 20000,
        "\udcff",
        " " * 70000,
    ],
)
def test_damaged_notes_are_refused(tmp_path: Path, text: str) -> None:
    fill(tmp_path, "1.npz")
    (tmp_path / "sequence.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UdpFileError, match=r"sequence\.json is damaged"):
        open_udp_folder(tmp_path)


def test_a_rate_that_is_none_is_a_wrong_argument() -> None:
    with pytest.raises(ValueError, match="unexpected fps"):
        SequenceNotes(0.0)
