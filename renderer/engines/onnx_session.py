"""Sessions of onnxruntime: which provider runs a model, and without noise."""

import ctypes
import logging
import sys
from pathlib import Path

import onnxruntime
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as _states
from torch import Tensor

logger = logging.getLogger(__name__)

TENSORRT, CUDA, CPU = (f"{name}ExecutionProvider" for name in ("Tensorrt", "CUDA", "CPU"))
TENSORRT_LIBRARY = "nvinfer_10.dll" if sys.platform == "win32" else "libnvinfer.so.10"
SILENT = 4  # severity of fatal errors: onnxruntime raises the others as well as printing them
# onnxruntime's exceptions have no common base.
SESSION_ERRORS: tuple[type[Exception], ...] = (
    *(_states.Fail, _states.InvalidArgument, _states.NoSuchFile, _states.NoModel),
    *(_states.EngineError, _states.RuntimeException, _states.InvalidProtobuf, _states.EPFail),
    *(_states.NotImplemented, _states.InvalidGraph, RuntimeError, ValueError),
)

Choice = tuple[str, dict[str, str]]


def open_session(
    model: Path,
    device: torch.device,
    *,
    half: bool = False,
    stream: int = 0,
) -> onnxruntime.InferenceSession:
    """Open a model on a device with the best provider that works there.

    TensorRT and CUDA are left out by onnxruntime itself when their libraries are missing: ask
    ``runs_on_gpu``.

    Args:
        model: ONNX file; TensorRT keeps its engines in a folder beside it.
        device: ``cpu`` or a CUDA device.
        half: Whether TensorRT may compute in half precision.
        stream: Address of the CUDA stream to work on.

    Raises:
        SESSION_ERRORS: The file is damaged or no provider takes it.
    """
    onnxruntime.set_default_logger_severity(SILENT)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    options.intra_op_num_threads = torch.get_num_threads()  # as many as the app gives to torch
    # Threads that wait in a loop take the processor from the tracker.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    choices = provider_choices(device, model.parent / "tensorrt", half=half, stream=stream)
    while True:
        try:
            # With its own fallback onnxruntime prints to the terminal.
            session = onnxruntime.InferenceSession(
                str(model), options, providers=choices, enable_fallback=0
            )
        except SESSION_ERRORS as error:
            if choices[0][0] != TENSORRT:
                raise
            logger.info("TensorRT cannot be used: %s", error)
            choices = choices[1:]
        else:
            logger.info("onnxruntime uses %s", session.get_providers()[0])
            return session


def runs_on_gpu(session: onnxruntime.InferenceSession) -> bool:
    """Tell whether a session got what it asked for: the providers that remain say so."""
    return bool({TENSORRT, CUDA} & set(session.get_providers()))


def provider_choices(
    device: torch.device, engine_folder: Path, *, half: bool, stream: int
) -> list[Choice]:
    """Return providers with their options, best first.

    Args:
        device: ``cpu`` or a CUDA device.
        engine_folder: Where TensorRT keeps what takes it minutes to build; made when needed.
        half: Whether TensorRT may compute in half precision.
        stream: Address of the CUDA stream to work on.
    """
    cpu: Choice = (CPU, {})
    if device.type != "cuda":
        return [cpu]
    common = {"device_id": str(device.index or 0), "user_compute_stream": str(stream)}
    cuda: Choice = (CUDA, {**common, "use_tf32": "0"})
    if TENSORRT not in onnxruntime.get_available_providers() or not _has_tensorrt():
        return [cuda, cpu]
    engine_folder.mkdir(parents=True, exist_ok=True)
    tensorrt: Choice = (
        TENSORRT,
        {
            **common,
            "trt_fp16_enable": str(int(half)),
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(engine_folder),
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": str(engine_folder),
        },
    )
    return [tensorrt, cuda, cpu]


def new_stream(device: torch.device) -> torch.cuda.Stream:
    """Make a stream that a session has for itself."""
    stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return stream


def place_of(tensor: Tensor) -> tuple[str, int, object, list[int], int]:
    """Say where a contiguous tensor lies, as bindings want to know it."""
    return (
        tensor.device.type,
        tensor.device.index or 0,
        torch.empty(0, dtype=tensor.dtype).numpy().dtype.type,
        list(tensor.shape),
        tensor.data_ptr(),
    )


def _has_tensorrt() -> bool:
    """Tell whether TensorRT's library can be loaded; onnxruntime comes without it."""
    try:
        ctypes.CDLL(TENSORRT_LIBRARY)
    except OSError:
        return False
    return True
