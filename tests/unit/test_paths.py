from pathlib import Path

import pytest

from avatar_app.errors import SourceError
from avatar_app.paths import avatar_names, find_avatar, find_clip
from renderer.errors import AvatarFileError


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An avatar among the user's own."""
    monkeypatch.setattr("avatar_app.paths.user_avatars_folder", lambda: tmp_path / "avatars")
    folder = tmp_path / "avatars" / "mine"
    folder.mkdir(parents=True)
    (folder / "avatar.toml").write_text('name = "Mine"\n', encoding="utf-8")
    return folder


def test_an_avatar_is_found_by_name_and_by_folder(mine: Path) -> None:
    assert find_avatar("mine") == mine
    assert find_avatar(str(mine)) == mine


def test_packed_avatars_are_listed_too(mine: Path) -> None:
    archive = mine.parent / "packed.kigurumi"
    archive.write_bytes(b"")
    assert avatar_names()["packed"] == archive
    assert find_avatar(str(archive)) == archive


def test_a_folder_without_a_manifest_is_no_avatar(mine: Path) -> None:
    with pytest.raises(AvatarFileError, match=r"has no avatar\.toml"):
        find_avatar(str(mine.parent))


def test_an_unknown_name_lists_the_known_ones(mine: Path) -> None:
    with pytest.raises(AvatarFileError, match=r"neither an avatar's folder nor one of: .*mine"):
        find_avatar("yours")


def test_a_clip_may_be_a_file(tmp_path: Path) -> None:
    clip = tmp_path / "dance.vrma"
    clip.write_bytes(b"")
    assert find_clip(str(clip)) == clip
    with pytest.raises(SourceError, match="clip not found"):
        find_clip("no-such-clip")
