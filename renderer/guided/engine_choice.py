"""Which engine runs the guided network fastest here: measured once, then remembered."""

import contextlib
import hashlib
import json
import logging
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnxruntime
import torch

from renderer.engines.torch_device import describe_device
from renderer.errors import AcceleratorError
from renderer.guided.network import GuidedNetwork
from renderer.guided.network_engine import ENGINE_NAMES, NetworkEngine, open_engine
from renderer.guided.onnx_engine import network_digest
from renderer.guided.slots import PICTURE_CHANNELS, SLOT_CHANNELS
from udp_live.whole_file import write_whole

logger = logging.getLogger(__name__)

MEMORY = "guided-engines.json"
FORMAT_VERSION = 1  # raise whenever an engine gets faster or slower
KEPT_CHOICES = 16
MOST_BYTES = 1 << 16
SECONDS = 2.0  # for all engines together, exports and libraries' first calls left out
WARM_UPS = 2
CLEARLY_FASTER = 0.9  # of single precision's time; less gain is not worth half precision
DISTURBED_MS = 250.0  # something else keeps the processor busy: the next start measures again
CANDIDATES = 2
SIZE_PX: Mapping[str, tuple[int, int]] = {"cpu": (240, 192), "cuda": (480, 384)}  # of a figure
PLAIN, ON_GPU = "fp32", "half"
USELESS = (AcceleratorError, torch.OutOfMemoryError)  # an engine that raises this here

Clock = Callable[[], float]
Openers = Mapping[str, Callable[[], NetworkEngine]]


def open_fastest(
    network: GuidedNetwork, device: torch.device, cache_folder: Path | None
) -> NetworkEngine:
    """Open the engine that is fastest here, as measured now or in an earlier run.

    Args:
        network: In evaluation mode; left as it is.
        device: ``cpu`` or a CUDA device.
        cache_folder: Where the choice is remembered; None measures nothing and takes what is
            safe: single precision on a processor, half precision on a GPU.

    Raises:
        torch.OutOfMemoryError: The network does not fit.
    """
    openers = {
        name: lambda name=name: open_engine(name, network, device, cache_folder)
        for name in ENGINE_NAMES
    }
    if cache_folder is None:
        return openers[ON_GPU if device.type == "cuda" else PLAIN]()
    key = circumstances(network, device)
    memory = cache_folder / MEMORY
    known = recall(memory).get(key)
    if known is not None:
        with contextlib.suppress(AcceleratorError):
            return openers[known["engine"]]()
    engine, times_ms = fastest(openers, lambda engine: _pass(engine, device))
    logger.info("the guided network runs with %s: %s", engine.name, times_ms)
    if times_ms[PLAIN] < DISTURBED_MS:
        remember(memory, key, {"engine": engine.name, "ms": times_ms})
    return engine


def circumstances(network: GuidedNetwork, device: torch.device) -> str:
    """Return a hash of what the speed of engines depends on."""
    parts = (
        FORMAT_VERSION,
        _processor(),
        describe_device(device),
        torch.get_num_threads(),
        torch.__version__,
        onnxruntime.__version__,
        network_digest(network),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def fastest(
    openers: Openers,
    run: Callable[[NetworkEngine], None],
    seconds: float = SECONDS,
    clock: Clock = time.perf_counter,
) -> tuple[NetworkEngine, dict[str, float]]:
    """Measure engines and return the best one with all their times.

    Args:
        openers: By name, the safe one first; what cannot be opened is left out, unless it is the
            safe one.
        run: Does one picture's work and waits for its end.
        seconds: For all engines together.
        clock: In seconds.

    Returns:
        The engine, and by name the shortest time of a picture in ms: others were disturbed.

    Raises:
        torch.OutOfMemoryError: Not even the safe one fits.
    """
    safe, *others = openers
    engines = {safe: openers[safe]()}
    for name in others:
        try:
            engines[name] = openers[name]()
        except USELESS as error:
            logger.info("engine %s left out: %s", name, error)
    times_ms: dict[str, float] = {}
    for name, engine in list(engines.items()):
        try:
            times_ms[name] = round(_measure(engine, run, seconds / len(engines), clock), 2)
        except USELESS as error:
            if name == safe:
                raise
            logger.info("engine %s left out: %s", name, error)
    best = min(times_ms, key=lambda name: times_ms[name] * (CLEARLY_FASTER if name == safe else 1))
    return engines[best], times_ms


def _measure(
    engine: NetworkEngine, run: Callable[[NetworkEngine], None], seconds: float, clock: Clock
) -> float:
    """Return the shortest time of a picture in ms."""
    end = clock() + seconds
    for _ in range(WARM_UPS):
        run(engine)
        if clock() > end:
            break
    times: list[float] = []
    while not times or clock() < end:
        begin = clock()
        run(engine)
        times.append(1e3 * (clock() - begin))
    return min(times)


def _pass(engine: NetworkEngine, device: torch.device) -> None:
    height, width = SIZE_PX[device.type]
    slots = torch.full((CANDIDATES, SLOT_CHANNELS, height, width), 0.5, device=device)
    picture = torch.full((PICTURE_CHANNELS, height, width), 0.5, device=device)
    engine.refine(slots, picture).cpu()


def recall(path: Path) -> dict[str, Any]:
    """Read remembered choices; a file that is missing, damaged or strange holds none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        choices = json.loads(path.read_bytes())["choices"]
        return {
            key: dict(choice)
            for key, choice in choices.items()
            if dict(choice)["engine"] in ENGINE_NAMES
        }
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}


def remember(path: Path, key: str, choice: Mapping[str, Any]) -> None:
    """Add a choice; a folder that cannot be written costs the next start the measurement."""
    choices = {**recall(path), key: choice}
    latest = dict(list(choices.items())[-KEPT_CHOICES:])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps({"choices": latest}, indent=1) + "\n").encode())
    except OSError as error:
        logger.warning("choice of engine not remembered: cannot write %s: %s", path, error)


def _processor() -> str:
    """Name the processor, as far as the system tells."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
