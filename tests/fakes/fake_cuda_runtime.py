"""The few calls of CUDA's runtime that read OpenGL textures, over arrays in ordinary memory."""

import ctypes
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Error(IntEnum):
    cudaSuccess = 0  # noqa: N815
    cudaErrorUnknown = 999  # noqa: N815


class FakeCudaRuntime:
    """Knows textures by name; refuses what CUDA refuses, and the call named in ``broken``."""

    cudaError_t = Error  # noqa: N815
    cudaGLDeviceList = SimpleNamespace(cudaGLDeviceListAll=1)  # noqa: N815
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyDeviceToDevice=3)  # noqa: N815
    cudaGraphicsRegisterFlags = SimpleNamespace(  # noqa: N815
        cudaGraphicsRegisterFlagsReadOnly=1
    )

    def __init__(self, textures: dict[int, NDArray[Any]], devices: tuple[Any, ...] = (None,)):
        self.textures = textures
        self.devices = devices
        self.broken: str | None = None
        self.calls: list[str] = []
        self.registered: set[int] = set()
        self.mapped: set[int] = set()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("cuda") and callable(found) and not isinstance(found, type):
            self.calls.append(name)
            if name == self.broken:
                return lambda *_: (Error.cudaErrorUnknown, None, None)
        return found

    def cudaGLGetDevices(self, most: int, _: int) -> tuple[Error, int, list[Any]]:  # noqa: N802
        return Error.cudaSuccess, len(self.devices), [*self.devices, *[-1] * most][:most]

    def cudaGraphicsGLRegisterImage(  # noqa: N802
        self, name: int, target: int, flags: int
    ) -> tuple[Error, int]:
        if name not in self.textures or (target, flags) != (0x0DE1, 1):
            return Error.cudaErrorUnknown, 0
        self.registered.add(name)
        return Error.cudaSuccess, name

    def cudaGraphicsMapResources(  # noqa: N802
        self, count: int, resource: int, _: int
    ) -> tuple[Error]:
        if count != 1 or resource not in self.registered - self.mapped:
            return (Error.cudaErrorUnknown,)
        self.mapped.add(resource)
        return (Error.cudaSuccess,)

    def cudaGraphicsSubResourceGetMappedArray(  # noqa: N802
        self, resource: int, index: int, level: int
    ) -> tuple[Error, Any]:
        if resource not in self.mapped or (index, level) != (0, 0):
            return Error.cudaErrorUnknown, None
        return Error.cudaSuccess, self.textures[resource]

    def cudaMemcpy2DFromArrayAsync(self, *given: Any) -> tuple[Error]:  # noqa: N802
        place, pitch, array, left, top, row_bytes, rows, kind, _ = given
        expected = (array[0].nbytes, 0, 0, array[0].nbytes, array.shape[0], 3)
        if (pitch, left, top, row_bytes, rows, kind) != expected:
            return (Error.cudaErrorUnknown,)
        ctypes.memmove(place, np.ascontiguousarray(array).ctypes.data, array.nbytes)
        return (Error.cudaSuccess,)

    def cudaGraphicsUnmapResources(  # noqa: N802
        self, count: int, resource: int, _: int
    ) -> tuple[Error]:
        if count != 1 or resource not in self.mapped:
            return (Error.cudaErrorUnknown,)
        self.mapped.remove(resource)
        return (Error.cudaSuccess,)

    def cudaGraphicsUnregisterResource(self, resource: int) -> tuple[Error]:  # noqa: N802
        if resource not in self.registered - self.mapped:
            return (Error.cudaErrorUnknown,)
        self.registered.remove(resource)
        return (Error.cudaSuccess,)
