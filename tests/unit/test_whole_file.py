"""A file is written whole, or stays as it was."""

from pathlib import Path

import pytest

from udp_live.whole_file import replaced, write_whole


def test_the_content_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"before")
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file.bin").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "file.bin", b"after")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


def test_what_another_writer_leaves_takes_the_files_place(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    with replaced(path) as temporary:
        temporary.write_bytes(b"content")
        assert not path.exists()
    assert path.read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), replaced(path) as temporary:
        temporary.write_bytes("no bytes")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
