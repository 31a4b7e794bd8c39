"""Avatar folders: what is written is read back, and broken ones get a clear sentence."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from renderer.errors import AvatarFileError, RendererError, SheetError
from renderer.sheet import avatar_file
from renderer.sheet.avatar_file import load_avatar, load_sheet, save_avatar
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import doll_sheet
from udp_live.errors import RigFormatError
from udp_live.rig.framing import Framing

SHEET = doll_sheet(64)
FRONT = "sheet/front.png"
FRONT_UDP = "sheet/front.udp.npz"


def _save(folder: Path, sheet: CharacterSheet = SHEET) -> None:
    proxy = folder.parent / "any.glb"
    proxy.write_bytes(b"glTF stands in")
    save_avatar(
        folder,
        name='Dolly "D" \\ 人形',
        author="nobody\nelse",
        licence="CC0",
        framing=Framing.HALF,
        sheet=sheet,
        proxy=proxy,
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("avatars") / "doll"
    _save(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "doll"))


def test_a_saved_avatar_is_read_back(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = SimpleNamespace()
    monkeypatch.setattr(avatar_file, "load_rig", lambda path: rig)
    avatar = load_avatar(saved)
    assert avatar.name == 'Dolly "D" \\ 人形'
    assert avatar.author == "nobody\nelse"
    assert avatar.framing is Framing.HALF
    assert avatar.rig is rig
    assert dict(avatar.sheet.regions) == dict(SHEET.regions)
    assert avatar.sheet.ink == SHEET.ink
    for read, written in zip(avatar.sheet.views, SHEET.views, strict=True):
        assert (read.name, read.expression) == (written.name, written.expression)
        assert read.yaw_rad == pytest.approx(written.yaw_rad, abs=1e-4)
        np.testing.assert_array_equal(read.image, written.image)
        np.testing.assert_array_equal(read.udp, written.udp)


def test_saving_over_an_avatar_keeps_the_owners_other_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    _save(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert not list(folder.rglob("*.part"))


def test_a_broken_proxy_is_told_with_the_avatars_name(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise RigFormatError(f"{path} is no glTF")

    monkeypatch.setattr(avatar_file, "load_rig", refuse)
    with pytest.raises(AvatarFileError, match=r"Dolly.*no glTF"):
        load_avatar(saved)


def _edit(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / "avatar.toml").read_text(encoding="utf-8")
        assert old in text
        (folder / "avatar.toml").write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _write(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data) and None


def _image(array: np.ndarray) -> Callable[[Path], None]:
    return _write(FRONT, cv2.imencode(".png", array)[1].tobytes())


def _udp(**arrays: np.ndarray) -> Callable[[Path], None]:
    return lambda folder: np.savez_compressed(folder / FRONT_UDP, **arrays)


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _broken_header(folder: Path) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.zeros((64, 64, 4), np.float16))
    with zipfile.ZipFile(folder / FRONT_UDP, "w") as archive:
        archive.writestr("i.npy", buffer.getvalue().replace(b"(64", b"((("))


def _absurd_shape(folder: Path) -> None:
    """Claim an array that no memory holds."""
    header = io.BytesIO()
    shape = {"descr": "<f2", "fortran_order": False, "shape": (1 << 20, 1 << 20, 1 << 10)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(folder / FRONT_UDP, "w") as archive:
        archive.writestr("i.npy", header.getvalue())


def _badly_packed(folder: Path) -> None:
    """Say LZMA of what is none."""
    with zipfile.ZipFile(folder / FRONT_UDP, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("i.npy", bytes(1000))
    data = (folder / FRONT_UDP).read_bytes()
    start = data.index(b"i.npy") + 5
    (folder / FRONT_UDP).write_bytes(data[: start + 4] + b"\xff" * 5 + data[start + 9 :])


NAN = np.full((64, 64, 4), np.nan, np.float16)
HUGE_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60000).to_bytes(4, "big") * 2 + bytes(20)
BROKEN = {
    "no toml": (_remove("avatar.toml"), AvatarFileError, "no avatar.toml"),
    "not toml": (_write("avatar.toml", b"name = = 3"), AvatarFileError, "cannot read"),
    "nested too deep": (
        _write("avatar.toml", b"name = " + b"[" * 100_000),
        AvatarFileError,
        "cannot read",
    ),
    "endless number": (
        _write("avatar.toml", b"version = " + b"9" * 9999),
        AvatarFileError,
        "cannot read",
    ),
    "huge number": (_edit("version = 1", "version = 1" + "0" * 400), AvatarFileError, "a number"),
    "not text": (_write("avatar.toml", b"\xff\xfe\x00"), AvatarFileError, "cannot read"),
    "no name": (_edit("name =", "nome ="), AvatarFileError, "name is nothing, expected text"),
    "wrong type": (_edit("width = 0", 'width = "wide"'), AvatarFileError, "expected a number"),
    "wrong framing": (_edit('"half"', '"feet"'), AvatarFileError, "bust, half, full"),
    "region inside out": (_edit("low = [0.46", "low = [0.9"), AvatarFileError, "above 'low'"),
    "region too large": (_edit("low = [0.46", "low = [0.01"), AvatarFileError, "within 0.3"),
    "lines too wide": (_edit("width = 0", "width = 9"), AvatarFileError, "0.015"),
    "newer version": (_edit("version = 1", "version = 99"), AvatarFileError, "newer"),
    "path out": (_edit(FRONT, "../front.png"), AvatarFileError, "inside the avatar's folder"),
    "absolute path": (_edit(FRONT, "/etc/front.png"), AvatarFileError, "inside the avatar"),
    "two alike": (_edit("sheet/back.png", FRONT), AvatarFileError, "different file name"),
    "no drawing": (_remove(FRONT), SheetError, "not found"),
    "empty drawing": (_write(FRONT, b""), SheetError, "0 bytes"),
    "no png": (_write(FRONT, b"GIF89a" + bytes(60)), SheetError, "not a PNG"),
    "torn png": (_write(FRONT, HUGE_PNG[:16] + bytes(4)), SheetError, "not a PNG"),
    "huge png": (_write(FRONT, HUGE_PNG), SheetError, "60000x60000"),
    "tiny png": (_image(np.full((4, 4, 4), 255, np.uint8)), SheetError, "4x4"),
    "no alpha": (_image(np.full((64, 64, 3), 255, np.uint8)), SheetError, "no alpha"),
    "invisible": (_image(np.zeros((64, 64, 4), np.uint8)), SheetError, "transparent"),
    "other size": (_image(np.full((64, 80, 4), 255, np.uint8)), SheetError, "its drawing 80x64 px"),
    "no udp": (_remove(FRONT_UDP), SheetError, "not found"),
    "udp no zip": (_write(FRONT_UDP, b"nonsense"), SheetError, "damaged"),
    "udp no key": (_udp(x=NAN), SheetError, "no array 'i'"),
    "udp nan": (_udp(i=NAN), SheetError, "NaN"),
    "udp type": (_udp(i=np.zeros((64, 64, 4), np.uint8)), SheetError, "uint8"),
    "udp objects": (_udp(i=np.array([{}], object)), SheetError, "pickled objects"),
    "udp of absurd shape": (_absurd_shape, SheetError, "has shape"),
    "udp double": (_udp(i=np.zeros((64, 64, 4))), SheetError, "float64, expected float16"),
    "udp broken header": (_broken_header, SheetError, "damaged"),
    "udp badly packed": (_badly_packed, SheetError, "damaged"),
    "udp too large": (_udp(i=np.zeros((900, 900, 4))), SheetError, "900x900 px, its drawing 64x64"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_avatar_says_what_is_wrong(folder: Path, case: str) -> None:
    damage, error, message = BROKEN[case]
    damage(folder)
    with pytest.raises(RendererError, match=message) as caught:
        load_sheet(folder)
    assert caught.type is error


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(AvatarFileError, match="not found"):
        load_avatar(tmp_path / "nowhere")


@pytest.mark.parametrize("count", [0, 33])
def test_the_number_of_views_is_limited(folder: Path, count: int) -> None:
    text = (folder / "avatar.toml").read_text(encoding="utf-8").split("[[views]]")[0]
    views = "".join(f'[[views]]\nfile = "sheet/{i}.png"\n' for i in range(count))
    (folder / "avatar.toml").write_text(text + views, encoding="utf-8")
    with pytest.raises(AvatarFileError, match="1 to 32"):
        load_sheet(folder)


def test_a_link_that_leads_out_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    (folder / FRONT).rename(secret)
    (folder / FRONT).symlink_to(secret)
    with pytest.raises(AvatarFileError, match="leads out"):
        load_sheet(folder)


def test_a_missing_proxy_is_named(folder: Path) -> None:
    (folder / "proxy.glb").unlink()
    with pytest.raises(AvatarFileError, match=r"proxy\.glb"):
        load_avatar(folder)
