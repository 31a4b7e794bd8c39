"""The report of a run as JSON."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.errors import OutputError
from udp_live.whole_file import write_whole as replace_file

if TYPE_CHECKING:
    from avatar_app.engine import EngineConfig, EngineStatistics


def report(statistics: "EngineStatistics", config: "EngineConfig") -> dict[str, Any]:
    """Put a run's figures into the form of a report; shares are in [0, 1]."""
    latency = statistics.latency
    return {
        "frames_in": statistics.frames_in,
        "frames_out": statistics.frames_out,
        "dropped": statistics.dropped,
        "fps": round(statistics.measured_fps, 2),
        "latency_ms": {
            "p50": round(latency.p50_ms, 2) if latency else None,
            "p95": round(latency.p95_ms, 2) if latency else None,
        },
        "stages": {
            name: {"p50_ms": round(timing.p50_ms, 3), "p95_ms": round(timing.p95_ms, 3)}
            for name, timing in statistics.stages.items()
        },
        "face_found": _rounded(statistics.face_found),
        "hands_found": _rounded(statistics.hands_found),
        "decoder": statistics.decoder,
        "device": statistics.device,
        "size": config.size,
        "imitation": {name: round(angle, 2) for name, angle in statistics.imitation.items()},
        "memory_mb": _memory(statistics),
    }


def write_report(path: Path, statistics: "EngineStatistics", config: "EngineConfig") -> None:
    """Write the report in one step.

    Raises:
        OutputError: The file cannot be written.
    """
    write_json(path, report(statistics, config))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step: it is complete or as it was.

    Raises:
        OutputError: The file cannot be written.
    """
    write_whole(path, (json.dumps(content, indent=2) + "\n").encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: it is complete or as it was.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _memory(statistics: "EngineStatistics") -> dict[str, float]:
    renamed = {"now": "end"}
    return {
        renamed.get(name, name): round(held_mb, 1) for name, held_mb in statistics.memory_mb.items()
    }
