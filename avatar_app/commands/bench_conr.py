"""What ``bench --decoder conr`` measures: CoNR stage by stage beside its published form."""

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from renderer.conr.config import ConrConfig
from renderer.conr.stage_speed import PublishedForm, StageSpeed, StageSpeeds
from renderer.engines.torch_device import describe_device, pick_device

Row = dict[str, Any]

PUBLISHED = Path(__file__).parents[2] / "tests" / "reference" / "published_conr.py"
SINGLE = "float32"
WITHOUT_PUBLISHED = "the published form is left out: it comes with a checkout, not with a wheel"


def conr_rows(
    *,
    device: str | None,
    sizes: Sequence[int],
    views: Sequence[int],
    seconds: float,
    config: ConrConfig | None = None,
    published: Path = PUBLISHED,
) -> Iterator[Row]:
    """Measure with random weights, so that none have to be downloaded.

    Rows of whole frames carry ``ratio_to_published``, how many times as fast they are as the
    published form's later frames, and ``ratio_to_published_first``, as its first.

    Args:
        device: Torch device; None takes the GPU where there is one.
        sizes: Sides of the painted square, multiples of 128 pixels.
        views: Numbers of drawings.
        seconds: Time per stage.
        config: Size of the networks; None is the published one.
        published: File of the published form; nothing is compared where there is none.

    Raises:
        AcceleratorError: No such device, or it ran out of memory.
        ValueError: A size is no multiple of 128.
    """
    config = config or ConrConfig()
    torch_device = pick_device(device)
    speeds = StageSpeeds(torch_device, seconds, config)
    form = load_published(published, speeds, config)
    name = describe_device(torch_device)
    for size in sizes:
        for count in views:
            for row in _rows(speeds, form, size, count):
                yield row | {"device": name}


def load_published(path: Path, speeds: StageSpeeds, config: ConrConfig) -> PublishedForm | None:
    """Load the published form from a checkout's tests, or return None where there are none."""
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("published_conr", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    form: PublishedForm = module.PublishedConr(speeds.state_dicts(), config.flow_groups)
    return form


def _rows(speeds: StageSpeeds, form: PublishedForm | None, size: int, views: int) -> Iterator[Row]:
    references: list[StageSpeed] = []
    if form is not None:
        for speed in speeds.published(form, size, views):
            references.append(speed)
            yield _row(speed, size)
    for speed in speeds.stages(size, views):
        yield _row(speed, size) | (_ratios(speed, references) if speed.stage == "frame" else {})
    if str(speeds.dtype).removeprefix("torch.") != SINGLE:
        speed = speeds.single_precision_frame(size, views)
        yield _row(speed, size) | _ratios(speed, references)


def _row(speed: StageSpeed, size: int) -> Row:
    return {
        **asdict(speed),
        "stage": f"CoNR {speed.stage}",
        "size": size,
        "fps": round(1000.0 / speed.p50_ms, 2),
        "gflop": round(speed.gflop, 3),
        "p50_ms": round(speed.p50_ms, 3),
        "p95_ms": round(speed.p95_ms, 3),
        "share_of_peak": round(speed.share_of_peak, 4),
    }


def _ratios(speed: StageSpeed, references: Sequence[StageSpeed]) -> Row:
    names = ("ratio_to_published", "ratio_to_published_first")
    return {
        name: round(reference.p50_ms / speed.p50_ms, 3)
        for name, reference in zip(names, references, strict=False)
    }
