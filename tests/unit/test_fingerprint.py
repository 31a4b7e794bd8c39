import os
from pathlib import Path

import pytest

from avatar_app.errors import SourceError
from avatar_app.rendering.fingerprint import avatar_digest, file_digest, listing_digest


def test_a_file_is_known_by_its_content_alone(tmp_path: Path) -> None:
    for name, content in (("a", b"same"), ("b", b"same"), ("c", b"other")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (file_digest(tmp_path / name) for name in "abc")
    assert a == b != c
    assert a.startswith("sha256:")


def test_an_avatar_changes_with_any_of_its_files_but_not_with_its_cache(tmp_path: Path) -> None:
    (tmp_path / "sheet").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "sheet" / "front.png").write_bytes(b"drawing")
    before = avatar_digest(tmp_path)
    (tmp_path / "cache" / "encoding").write_bytes(b"made from it")
    assert avatar_digest(tmp_path) == before
    (tmp_path / "sheet" / "front.png").write_bytes(b"another")
    assert avatar_digest(tmp_path) != before


def test_a_sequence_changes_when_a_file_was_written_again(tmp_path: Path) -> None:
    files = (tmp_path / "1.npz", tmp_path / "2.npz")
    for file in files:
        file.write_bytes(b"frame")
    before = listing_digest(files)
    assert listing_digest(files) == before
    os.utime(files[1], (1, 1))
    assert listing_digest(files) != before
    assert listing_digest(files[:1]) != before


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*nowhere"):
        file_digest(tmp_path / "nowhere")
    with pytest.raises(SourceError, match=r"cannot read .*nowhere"):
        listing_digest((tmp_path / "nowhere",))
