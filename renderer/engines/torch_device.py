"""Choice of the torch device that a decoder runs on."""

import torch

from renderer.errors import AcceleratorError


def pick_device(wanted: str | None) -> torch.device:
    """Return the device of that name, or the best there is.

    Args:
        wanted: ``cpu``, ``cuda``, ``cuda:1``; None takes the GPU where there is one.

    Raises:
        AcceleratorError: No such device here.
    """
    if wanted is None:
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise AcceleratorError(f"unknown device {wanted!r}: expected 'cpu' or 'cuda'") from error
    if device.type not in ("cpu", "cuda"):
        raise AcceleratorError(f"unsupported device {wanted!r}: expected 'cpu' or 'cuda'")
    if device.type == "cpu":
        return torch.device("cpu")
    index = device.index or 0
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if index >= count:
        raise AcceleratorError(
            f"no GPU for {wanted!r}: torch sees {count} CUDA devices; "
            "install the NVIDIA driver or choose the device 'cpu'"
        )
    return torch.device("cuda", index)


def describe_device(device: torch.device) -> str:
    """Name a device for people: ``cpu`` or ``cuda:0 NVIDIA ...``."""
    if device.type != "cuda":
        return str(device)
    return f"{device} {torch.cuda.get_device_name(device)}"


def limit_processor_threads(count: int) -> None:
    """Let torch use ``count`` processor threads in this process, so that others get theirs.

    Torch's threads wait for each other after every operation. When another process takes the
    core of one, all stand still for a scheduler's slice: a frame then takes a second, not 30 ms.
    """
    torch.set_num_threads(count)
