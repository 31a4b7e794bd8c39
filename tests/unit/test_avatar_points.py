"""``avatar points``: the sheet of an avatar, folder or archive, as a PLY file."""

from pathlib import Path

import numpy as np
import pytest

from avatar_app.commands.cli import parse_arguments, run_command
from renderer.sheet.avatar_archive import pack_avatar
from renderer.sheet.avatar_file import save_avatar
from renderer.sheet.ply_file import read_ply
from renderer.types import CharacterSheet, SheetView
from tests.fakes.alpha_video import draw_figure
from udp_live.rig.framing import Framing


@pytest.fixture
def avatar(tmp_path: Path) -> Path:
    """An avatar of one neutral drawing and one other, whose mesh nobody looks at."""
    image = draw_figure()
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] / 200
    udp = np.stack([columns, 1 - rows, columns, image[..., 3] > 0], axis=-1).astype(np.float32)
    happy = SheetView("happy", image[..., [1, 2, 0, 3]], udp, 0.0, "happy")
    (tmp_path / "mesh").write_bytes(b"no mesh")
    save_avatar(
        tmp_path / "kiwi",
        name="Kiwi",
        author="",
        licence="",
        framing=Framing.BUST,
        sheet=CharacterSheet((SheetView("front", image, udp), happy)),
        proxy=tmp_path / "mesh",
    )
    return tmp_path / "kiwi"


def points(*argv: object) -> int:
    return run_command(parse_arguments(["avatar", "points", *map(str, argv)]))


def test_an_avatar_becomes_a_cloud(avatar: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = avatar.parent / "out" / "kiwi.ply"
    assert points(avatar, "--ply", file) == 0
    count = len(read_ply(file))
    assert count > 1000
    assert f"{count} points from 1 drawings" in capsys.readouterr().out


def test_a_packed_avatar_becomes_the_same_cloud(
    avatar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = avatar.parent / "kiwi.kigurumi"
    pack_avatar(avatar, archive)
    monkeypatch.chdir(avatar.parent)
    assert points(archive) == 0
    assert points(avatar, "--ply", "folder.ply") == 0
    assert Path("kiwi.ply").read_bytes() == Path("folder.ply").read_bytes()


def test_a_wrong_output_or_avatar_is_one_sentence(
    avatar: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert points(avatar, "--ply", "kiwi.obj") == 2
    assert points("nobody") == 1
    assert "give FILE.ply" in caplog.text
    assert "avatar not found: nobody" in caplog.text
