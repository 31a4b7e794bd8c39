"""UDP maps from OpenGL to CUDA without a trip through the processor.

Source: CUDA Runtime API, section "OpenGL Interoperability". OpenGL's textures are known here by
name alone; who draws them is not this package's business.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from udp_live.udp_texture import UdpTexture

logger = logging.getLogger(__name__)

GL_TEXTURE_2D = 0x0DE1
MAX_DEVICES = 16  # that one OpenGL context may draw with
CHANNELS = 4
FLOAT_TYPES = {2: torch.float16, 4: torch.float32}


class _InteropError(Exception):
    """CUDA cannot use what OpenGL drew; never leaves this module."""


class GlTextureReader:
    """Copies UDP textures into tensors; by way of the processor where there is no other.

    *Render thread only*: the OpenGL context must be current.
    """

    def __init__(self, device: torch.device, runtime: Any = None) -> None:
        """Choose the device.

        Args:
            device: Where tensors are wanted.
            runtime: Stands in for ``cuda.bindings.runtime``.
        """
        self._device = device
        self._runtime = runtime or _cuda_runtime(device)
        self._texture: UdpTexture | None = None
        self._resource: Any = None
        self._pixels = torch.empty(0)

    def read(self, texture: UdpTexture) -> Tensor:
        """Copy a texture.

        Returns:
            ``[H, W, 4]`` float32 on the device, overwritten by the next call.
        """
        if self._runtime is not None:
            try:
                with self._current():
                    self._hold(texture)
                    self._copy()
                return self._pixels.float()
            except _InteropError as error:
                logger.warning("UDP maps go to %s by way of the processor: %s", self._device, error)
                self.close()
                self._runtime = None
        return torch.from_numpy(texture.read().xyzv).to(self._device)

    def close(self) -> None:
        """Let go of the texture read last; a texture that is released is let go by itself."""
        if self._texture is not None:
            self._let_go(self._texture)

    def _hold(self, texture: UdpTexture) -> None:
        """Register a texture, which is too slow to be done for every frame."""
        if texture is self._texture:
            return
        self.close()
        count, devices = self._call("cudaGLGetDevices", MAX_DEVICES, self._all_devices)
        if self._device.index not in list(devices)[:count]:
            raise _InteropError("OpenGL draws on another device")
        flags = self._runtime.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsReadOnly
        (self._resource,) = self._call(
            "cudaGraphicsGLRegisterImage", texture.name, GL_TEXTURE_2D, flags
        )
        self._texture = texture
        texture.call_before_release(lambda: self._let_go(texture))
        width, height = texture.size
        dtype = FLOAT_TYPES[texture.component_bytes]
        self._pixels = torch.empty(height, width, CHANNELS, dtype=dtype, device=self._device)

    def _copy(self) -> None:
        """Queue a copy, after what OpenGL was told to draw and before what it is told next."""
        height, width, channels = self._pixels.shape
        row_bytes = width * channels * self._pixels.element_size()
        stream = _stream(self._device)
        self._call("cudaGraphicsMapResources", 1, self._resource, stream)
        try:
            (array,) = self._call("cudaGraphicsSubResourceGetMappedArray", self._resource, 0, 0)
            place = (self._pixels.data_ptr(), row_bytes, array, 0, 0, row_bytes, height)
            kind = self._runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
            self._call("cudaMemcpy2DFromArrayAsync", *place, kind, stream)
        finally:
            self._call("cudaGraphicsUnmapResources", 1, self._resource, stream)

    def _let_go(self, texture: UdpTexture) -> None:
        if self._texture is not texture:
            return
        self._texture = None
        try:
            with self._current():
                self._call("cudaGraphicsUnregisterResource", self._resource)
        except _InteropError as error:
            logger.debug("a texture stays registered: %s", error)

    @property
    def _all_devices(self) -> Any:
        return self._runtime.cudaGLDeviceList.cudaGLDeviceListAll

    def _call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        """Call the runtime, which returns an error code and then its results."""
        function: Callable[..., tuple[Any, ...]] = getattr(self._runtime, name)
        error, *results = function(*arguments)
        if error != self._runtime.cudaError_t.cudaSuccess:
            raise _InteropError(f"{name} failed: {getattr(error, 'name', error)}")
        return tuple(results)

    def _current(self) -> AbstractContextManager[object]:
        return torch.cuda.device(self._device) if self._device.type == "cuda" else nullcontext()


def _cuda_runtime(device: torch.device) -> Any:
    """Load CUDA's bindings; None where there are none or nothing to do for them."""
    if device.type != "cuda":
        return None
    try:
        from cuda.bindings import runtime
    except ImportError as error:
        logger.info("UDP maps go to CUDA by way of the processor; install cuda-bindings: %s", error)
        return None
    return runtime


def _stream(device: torch.device) -> int:
    """Return the address of torch's current stream."""
    if device.type != "cuda":
        return 0
    return int(torch.cuda.current_stream(device).cuda_stream)
