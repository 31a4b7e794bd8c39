"""Avatar archives come from strangers: they unpack whole and inside, or not at all."""

import zipfile
from pathlib import Path

import pytest

from renderer.errors import AvatarFileError
from renderer.sheet import avatar_archive
from renderer.sheet.avatar_archive import pack_avatar, unpack_avatar
from renderer.sheet.avatar_file import load_sheet, save_avatar
from tests.fakes.landmark_scene import doll_sheet
from udp_live.rig.framing import Framing


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("avatars") / "doll"
    proxy = folder.parent / "any.glb"
    proxy.write_bytes(b"glTF stands in")
    texts = {"name": "Doll", "author": "", "licence": ""}
    save_avatar(folder, framing=Framing.BUST, sheet=doll_sheet(32), proxy=proxy, **texts)
    return folder


@pytest.fixture
def archive(saved: Path, tmp_path: Path) -> Path:
    path = tmp_path / "doll.kigurumi"
    pack_avatar(saved, path)
    return path


def test_a_packed_avatar_unpacks_to_the_same(archive: Path, saved: Path, tmp_path: Path) -> None:
    unpack_avatar(archive, tmp_path / "out" / "doll")
    assert len(load_sheet(tmp_path / "out" / "doll").views) == len(load_sheet(saved).views)
    assert (tmp_path / "out/doll/proxy.glb").read_bytes() == b"glTF stands in"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["doll"]


def test_packing_twice_gives_the_same_bytes(archive: Path, saved: Path, tmp_path: Path) -> None:
    pack_avatar(saved, tmp_path / "again.kigurumi")
    assert (tmp_path / "again.kigurumi").read_bytes() == archive.read_bytes()


def test_caches_are_not_packed(saved: Path, archive: Path) -> None:
    (saved / "cache").mkdir(exist_ok=True)
    (saved / "cache" / "x.safetensors").write_bytes(b"x")
    pack_avatar(saved, archive)
    assert not any("cache" in name for name in zipfile.ZipFile(archive).namelist())


def test_a_folder_zipped_along_is_stripped(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "nested.kigurumi"
    with zipfile.ZipFile(path, "w") as output:
        for file in saved.rglob("*"):
            if file.is_file():
                output.write(file, Path("doll") / file.relative_to(saved))
    unpack_avatar(path, tmp_path / "doll")
    assert load_sheet(tmp_path / "doll").views


def _link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("sheet/link.png")
    entry.external_attr = 0o120777 << 16
    return entry


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "sheet/../../evil", "C:evil", "..\\evil", _link(), "AVATAR.toml"],
    ids=str,
)
def test_names_that_lead_out_are_refused(
    archive: Path, tmp_path: Path, name: str | zipfile.ZipInfo
) -> None:
    with zipfile.ZipFile(archive, "a") as output:
        output.writestr(name, b"/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(AvatarFileError, match=r"unsafe|twice"):
        unpack_avatar(archive, tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_is_absolute_without_its_folder_stays_inside(
    saved: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.txt"
    with zipfile.ZipFile(tmp_path / "x.kigurumi", "w") as output:
        output.write(saved / "avatar.toml", "top/avatar.toml")
        output.writestr(f"top/{outside}", b"evil")
    unpack_avatar(tmp_path / "x.kigurumi", tmp_path / "out")
    assert not outside.exists()


@pytest.mark.parametrize("name", [".", "\u0144.txt"])
def test_names_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "x.kigurumi"
    with zipfile.ZipFile(archive, "w") as output:
        output.writestr(name, b"")
    archive.write_bytes(archive.read_bytes().replace("\u0144".encode(), b"\xff\xff"))
    with pytest.raises(AvatarFileError, match=r"unsafe|not an avatar archive"):
        unpack_avatar(archive, tmp_path / "out")


def test_a_bomb_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as output:
        output.writestr("bomb", bytes(4 << 20))
    monkeypatch.setattr(avatar_archive, "MAX_TOTAL_BYTES", 2 << 20)
    with pytest.raises(AvatarFileError, match="unpacks to more than"):
        unpack_avatar(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_files_are_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive, "a") as output:
        for index in range(300):
            output.writestr(f"file{index}", b"")
    with pytest.raises(AvatarFileError, match="more than 256 files"):
        unpack_avatar(archive, tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"no zip at all"])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.kigurumi").write_bytes(data)
    with pytest.raises(AvatarFileError, match="not an avatar archive"):
        unpack_avatar(tmp_path / "x.kigurumi", tmp_path / "out")


def test_a_torn_archive_leaves_nothing_behind(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[200:260] = bytes(60)
    archive.write_bytes(bytes(data))
    with pytest.raises(AvatarFileError):
        unpack_avatar(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["doll.kigurumi"]


def test_an_existing_folder_is_not_overwritten(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(AvatarFileError, match="already exists"):
        unpack_avatar(archive, tmp_path / "out")


def test_an_archive_without_an_avatar_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.kigurumi", "w") as output:
        output.writestr("readme.txt", "hello")
    with pytest.raises(AvatarFileError, match=r"avatar\.toml"):
        unpack_avatar(tmp_path / "x.kigurumi", tmp_path / "out")


def test_an_incomplete_avatar_is_not_packed(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "avatar.toml").write_bytes((saved / "avatar.toml").read_bytes())
    with pytest.raises(AvatarFileError, match="missing"):
        pack_avatar(tmp_path / "half", tmp_path / "x.kigurumi")
