"""Textures to tensors: CUDA's rules are kept, and the processor helps out where CUDA cannot."""

import logging

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from renderer.engines.gl_texture_reader import GlTextureReader
from tests.fakes.fake_cuda_runtime import FakeCudaRuntime
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

DEVICE = torch.device("cpu")  # its index is None, and so is that of the fake's only device
WIDTH, HEIGHT = 5, 3


def drawing(seed: int, dtype: type = np.float32) -> NDArray[np.floating]:
    return np.random.default_rng(seed).random((HEIGHT, WIDTH, 4)).astype(dtype)


def texture(name: int, drawn: NDArray[np.floating]) -> UdpTexture:
    return UdpTexture(
        name, (WIDTH, HEIGHT), drawn.itemsize, lambda: UdpMap(drawn.astype(np.float32))
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_texture_is_read_row_by_row_as_single_precision(dtype: type) -> None:
    drawn = drawing(0, dtype)
    runtime = FakeCudaRuntime({7: drawn})
    pixels = GlTextureReader(DEVICE, runtime).read(texture(7, drawn))
    assert pixels.dtype == torch.float32
    np.testing.assert_array_equal(pixels.numpy(), drawn.astype(np.float32))
    assert "cudaMemcpy2DFromArrayAsync" in runtime.calls


def test_a_texture_is_registered_once_and_mapped_for_each_frame() -> None:
    drawn = drawing(0)
    runtime = FakeCudaRuntime({7: drawn})
    reader, shown = GlTextureReader(DEVICE, runtime), texture(7, drawn)
    for seed in range(3):
        drawn[:] = drawing(seed)
        np.testing.assert_array_equal(reader.read(shown).numpy(), drawn)
        assert not runtime.mapped
    assert runtime.calls.count("cudaGraphicsGLRegisterImage") == 1
    assert runtime.calls.count("cudaGraphicsMapResources") == 3


def test_a_texture_is_let_go_before_opengl_takes_it_back() -> None:
    drawn = drawing(0)
    runtime = FakeCudaRuntime({7: drawn})
    reader, shown = GlTextureReader(DEVICE, runtime), texture(7, drawn)
    reader.read(shown)
    shown.release()
    assert not runtime.registered
    again = texture(7, drawn)  # OpenGL gives names out again
    reader.read(again)
    shown.release()
    assert runtime.registered == {7}
    assert runtime.calls.count("cudaGraphicsGLRegisterImage") == 2


def test_another_texture_takes_the_place_of_the_first() -> None:
    one, other = drawing(1), drawing(2)
    runtime = FakeCudaRuntime({7: one, 8: other})
    reader = GlTextureReader(DEVICE, runtime)
    reader.read(texture(7, one))
    np.testing.assert_array_equal(reader.read(texture(8, other)).numpy(), other)
    assert runtime.registered == {8}
    reader.close()
    reader.close()
    assert not runtime.registered


@pytest.mark.parametrize(
    "broken",
    [
        "cudaGLGetDevices",
        "cudaGraphicsGLRegisterImage",
        "cudaGraphicsMapResources",
        "cudaGraphicsSubResourceGetMappedArray",
        "cudaMemcpy2DFromArrayAsync",
        "cudaGraphicsUnmapResources",
    ],
)
def test_what_cuda_refuses_comes_by_way_of_the_processor_and_is_said_once(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = drawing(0)
    runtime = FakeCudaRuntime({7: drawn})
    runtime.broken = broken
    reader, shown = GlTextureReader(DEVICE, runtime), texture(7, drawn)
    for _ in range(2):
        np.testing.assert_array_equal(reader.read(shown).numpy(), drawn)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert broken in caplog.text
    if broken != "cudaGraphicsUnmapResources":
        assert not runtime.mapped
        assert not runtime.registered


def test_a_texture_of_another_device_comes_by_way_of_the_processor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    drawn = drawing(0)
    runtime = FakeCudaRuntime({7: drawn}, devices=(1, 2))
    pixels = GlTextureReader(DEVICE, runtime).read(texture(7, drawn))
    np.testing.assert_array_equal(pixels.numpy(), drawn)
    assert "another device" in caplog.text
    assert not runtime.registered


def test_without_a_gpu_nothing_is_asked_of_cuda(caplog: pytest.LogCaptureFixture) -> None:
    drawn = drawing(0)
    pixels = GlTextureReader(DEVICE).read(texture(7, drawn))
    np.testing.assert_array_equal(pixels.numpy(), drawn)
    assert not caplog.records
