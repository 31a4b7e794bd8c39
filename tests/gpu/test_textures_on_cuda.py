"""OpenGL's UDP textures read by CUDA, against the same read back by OpenGL."""

import logging
from collections.abc import Iterator
from typing import Literal

import moderngl
import numpy as np
import pytest
import torch

from renderer.conr.config import ConrConfig
from renderer.conr.conr_decoder import ConrDecoder
from renderer.engines.gl_texture_reader import GlTextureReader
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view
from tests.fakes.lively_conr import lively_networks
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.expressions import rest_pose
from udp_live.rig.framing import Framing, frame_viewpoint

pytestmark = pytest.mark.gpu

RIG = tiny_rig()
POSE = rest_pose(RIG)
FULL, BUST = (frame_viewpoint(RIG, framing) for framing in (Framing.FULL, Framing.BUST))


@pytest.fixture
def context(gpu: torch.device) -> Iterator[moderngl.Context]:
    """A context on the GPU, after CUDA, as in the app."""
    torch.zeros(1, device=gpu)
    opened = open_context()
    yield opened
    assert opened.error == "GL_NO_ERROR"
    opened.release()


@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_cuda_sees_what_opengl_drew(
    gpu: torch.device,
    context: moderngl.Context,
    caplog: pytest.LogCaptureFixture,
    dtype: Literal["f2", "f4"],
) -> None:
    rasterizer = UdpRasterizer(context, RIG, (96, 64), dtype)
    reader = GlTextureReader(gpu)
    for size, viewpoint in (((96, 64), FULL), ((96, 64), BUST), ((512, 512), FULL)):
        rasterizer.resize(size)
        texture = rasterizer.draw_to_texture(POSE, viewpoint)
        pixels = reader.read(texture)
        assert pixels.device == gpu
        np.testing.assert_array_equal(pixels.cpu().numpy(), texture.read().xyzv)
        assert pixels[..., 3].any()
    reader.close()
    rasterizer.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_drawing_goes_on_while_cuda_reads(gpu: torch.device, context: moderngl.Context) -> None:
    rasterizer = UdpRasterizer(context, RIG, (256, 256))
    reader = GlTextureReader(gpu)
    viewpoints = [FULL, BUST] * 8
    read = [reader.read(rasterizer.draw_to_texture(POSE, view)).clone() for view in viewpoints]
    drawn = [rasterizer.draw(POSE, view).xyzv for view in viewpoints]
    np.testing.assert_array_equal(torch.stack(read).cpu().numpy(), drawn)
    rasterizer.close()
    reader.close()


@pytest.mark.parametrize("name", ["conr", "guided"])
def test_a_decoder_paints_a_texture_like_its_map(
    gpu: torch.device, context: moderngl.Context, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    networks = lively_networks(ConrConfig.tiny())
    decoder = ConrDecoder(networks, gpu) if name == "conr" else GuidedDecoder(gpu)
    sheet = CharacterSheet((doll_view("a", 96), doll_view("b", 96, yaw_rad=3.14)), {}, NO_INK)
    encoding = decoder.encode(sheet)
    assert decoder.reads_textures
    rasterizer = UdpRasterizer(context, RIG, (256, 256))
    for viewpoint in (FULL, BUST):
        texture = rasterizer.draw_to_texture(POSE, viewpoint)
        painted = decoder.decode(encoding, texture, {}, 2)
        np.testing.assert_array_equal(painted, decoder.decode(encoding, texture.read(), {}, 2))
        assert painted.any()
    decoder.close()
    rasterizer.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
