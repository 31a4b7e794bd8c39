"""``avatar build-default`` from source code to an avatar folder that loads."""

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest

from avatar_app.commands import avatar_build
from avatar_app.default_avatar.assembly import build_rig
from avatar_app.paths import DEFAULT_AVATAR_NAME, find_clip, shipped_avatars_folder
from renderer.sheet.avatar_file import Avatar, load_avatar
from udp_live.loaders import load_rig
from udp_live.motion import load_vrma

SMALL_SHEET_PX = 48
MAX_SHIPPED_BYTES = 20 << 20


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    parser = ArgumentParser()
    avatar_build.add_arguments(parser)
    arguments = parser.parse_args(
        ["--output", str(folder / "yuzu"), "--clips", str(folder / "clips")]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(avatar_build, "SHEET_SIZE_PX", SMALL_SHEET_PX)
        assert avatar_build.run(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def avatar(built: Path) -> Avatar:
    return load_avatar(built / "yuzu")


def test_the_built_avatar_loads_with_its_name_and_licence(avatar: Avatar) -> None:
    assert (avatar.name, avatar.author) == ("Yuzu", "The Kigurumi maintainers")
    assert "mit" in avatar.licence


def test_the_sheet_shows_her_from_all_sides_and_with_every_mouth_shape(avatar: Avatar) -> None:
    names = {view.name for view in avatar.sheet.views}
    assert {"front", "back", "left", "right", "bust"} <= names
    shown = {view.expression for view in avatar.sheet.views}
    assert {"aa", "ih", "ou", "ee", "oh", "blink", "happy"} <= shown


def test_face_regions_are_found(avatar: Avatar) -> None:
    assert {"mouth", "leftEye", "rightEye"} <= set(avatar.sheet.regions)


def test_drawings_of_an_earlier_build_are_removed(tmp_path: Path) -> None:
    old = [tmp_path / "gone.png", tmp_path / "gone.udp.npz"]
    kept = [tmp_path / "front.png", tmp_path / "front.udp.npz", tmp_path / "notes.txt"]
    for file in (*old, *kept):
        file.touch()
    avatar_build.remove_old_views(tmp_path, {"front"})
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_the_clip_is_written_beside_the_avatar(built: Path) -> None:
    assert load_vrma(built / "clips" / avatar_build.HELLO_CLIP).duration_s == pytest.approx(30.0)


def test_the_shipped_avatar_is_what_the_source_code_makes() -> None:
    """Run ``avatar build-default`` after a change to the model."""
    shipped = load_rig(shipped_avatars_folder() / DEFAULT_AVATAR_NAME / "proxy.glb")
    rig = build_rig()
    assert set(shipped.skeleton.names) == set(rig.skeleton.names)
    ours = rig.mesh.positions[rig.mesh.triangles].mean(axis=1)
    theirs = shipped.mesh.positions[shipped.mesh.triangles].mean(axis=1)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_the_shipped_avatar_stays_small() -> None:
    folder = shipped_avatars_folder() / DEFAULT_AVATAR_NAME
    files = [path for path in folder.rglob("*") if path.is_file() and "cache" not in path.parts]
    assert sum(path.stat().st_size for path in files) <= MAX_SHIPPED_BYTES


def test_the_shipped_clip_loads_by_name() -> None:
    assert load_vrma(find_clip("hello")).expression_names
