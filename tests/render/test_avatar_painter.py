from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, avatar_painter
from avatar_app.engine.avatar_painter import AvatarPainter
from avatar_app.engine.avatar_rasterizer import AvatarRasterizer
from renderer.errors import SheetError
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import GlContextError
from udp_live.linalg import quat_from_axis_angle
from udp_live.rig.expressions import rest_pose
from udp_live.types import RigPose, UdpMap
from udp_live.udp_texture import UdpTexture

SIZE = 64
STEP_S = 1 / 30


class MapDecoder:
    """Show the landmarks as colours, so that every movement is seen."""

    name, device = "map", "cpu"
    reads_textures = False

    def encode(self, sheet: object) -> object:
        return sheet

    def decode(
        self,
        encoding: object,
        udp_map: UdpMap,
        expressions: Mapping[str, float],
        supersampling: int,
    ) -> NDArray[np.uint8]:
        side = udp_map.xyzv.shape[0] // supersampling
        blocks = udp_map.xyzv.reshape(side, supersampling, side, supersampling, 4)
        return np.rint(255 * blocks.mean((1, 3))).astype(np.uint8)

    def close(self) -> None:
        """Nothing to release."""


class TextureDecoder(MapDecoder):
    """Takes what OpenGL drew, and nothing else."""

    reads_textures = True

    def decode(
        self,
        encoding: object,
        udp: object,
        expressions: Mapping[str, float],
        supersampling: int,
    ) -> NDArray[np.uint8]:
        assert isinstance(udp, UdpTexture)
        return super().decode(encoding, udp.read(), expressions, supersampling)


def last_picture(passed: list[RigPose], final: RigPose, *, painted: bool) -> NDArray[np.uint8]:
    """Show poses one after another and return the last one's picture."""
    avatar: Any = SimpleNamespace(rig=tiny_rig(), sheet=None)
    config = EngineConfig(avatar=Path("nowhere"), size=SIZE, framing="full")
    try:
        painter = AvatarPainter(avatar, config)
    except GlContextError as error:
        pytest.skip(str(error))
    for number, pose in enumerate(passed):
        if painted:
            painter.paint(pose, number * STEP_S, SIZE)
        else:
            painter.advance(pose, number * STEP_S)
    picture = painter.paint(final, len(passed) * STEP_S, SIZE)
    painter.close()
    return picture


def turning() -> list[RigPose]:
    """Turn the whole figure about, so that its tail swings."""
    poses = []
    for index in range(6):
        pose = rest_pose(tiny_rig())
        angle = 0.25 * index
        pose.bone_rotations[0] = quat_from_axis_angle((0.0, 1.0, 0.0), angle)
        poses.append(pose)
    return poses


def test_springs_follow_poses_that_are_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar_painter, "open_app_decoder", lambda *_: MapDecoder())
    *passed, final = turning()
    every_painted = last_picture(passed, final, painted=True)
    assert np.array_equal(last_picture(passed, final, painted=False), every_painted)
    assert not np.array_equal(last_picture([], final, painted=False), every_painted)


def test_a_decoder_that_reads_textures_paints_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    *passed, final = turning()
    pictures = []
    for decoder in (MapDecoder(), TextureDecoder()):
        monkeypatch.setattr(avatar_painter, "open_app_decoder", lambda *_, d=decoder: d)
        pictures.append(last_picture(passed, final, painted=True))
    np.testing.assert_array_equal(*pictures)


def test_a_painter_that_cannot_open_leaves_no_opengl_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released: list[str] = []

    class WatchedRasterizer(AvatarRasterizer):
        def close(self) -> None:
            released.append("rasterizer")
            super().close()

    class PickyDecoder(MapDecoder):
        def encode(self, sheet: object) -> object:
            raise SheetError("nothing can be painted from this sheet")

        def close(self) -> None:
            released.append("decoder")

    monkeypatch.setattr(avatar_painter, "AvatarRasterizer", WatchedRasterizer)
    monkeypatch.setattr(avatar_painter, "open_app_decoder", lambda *_: PickyDecoder())
    with pytest.raises(SheetError, match="nothing can be painted"):
        last_picture([], rest_pose(tiny_rig()), painted=True)
    assert released == ["decoder", "rasterizer"]


def test_an_enlarged_picture_keeps_its_edges_smooth_and_its_colours_within_alpha() -> None:
    rows, columns = np.mgrid[:32, :32]
    disc = np.clip(12.5 - np.hypot(rows - 15.5, columns - 15.5), 0, 1)
    picture = np.rint(255 * np.stack([disc, disc * 0.5, disc * 0, disc], axis=-1))
    large = avatar_painter.enlarge(picture.astype(np.uint8), 64)
    assert large.shape == (64, 64, 4)
    assert np.all(large[..., :3] <= large[..., 3:])
    alpha = large[32, :32, 3].astype(int)
    assert len(set(alpha[(alpha > 8) & (alpha < 247)])) >= 2
    assert tuple(large[32, 32]) == (255, 128, 0, 255)
