import json
from pathlib import Path

import pytest

from avatar_app.commands.report import report, write_report
from avatar_app.engine import EngineConfig, EngineStatistics, StageTiming
from avatar_app.errors import OutputError

CONFIG = EngineConfig(avatar=Path("nowhere"), size=384)
STATISTICS = EngineStatistics(
    frames_in=100,
    frames_out=90,
    dropped=10,
    measured_fps=29.97,
    latency=StageTiming(61.234, 98.7, 90),
    stages={"tracking": StageTiming(20.0, 30.0, 95)},
    face_found=0.99,
    hands_found=0.5,
    decoder="guided",
    device="cpu",
    imitation={"head_deg": 3.456},
    memory_mb={"start": 500.0, "now": 510.0},
)


def test_the_report_has_the_agreed_form() -> None:
    assert report(STATISTICS, CONFIG) == {
        "frames_in": 100,
        "frames_out": 90,
        "dropped": 10,
        "fps": 29.97,
        "latency_ms": {"p50": 61.23, "p95": 98.7},
        "stages": {"tracking": {"p50_ms": 20.0, "p95_ms": 30.0}},
        "face_found": 0.99,
        "hands_found": 0.5,
        "decoder": "guided",
        "device": "cpu",
        "size": 384,
        "imitation": {"head_deg": 3.46},
        "memory_mb": {"start": 500.0, "end": 510.0},
    }


def test_a_run_without_frames_has_a_report_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "r.json"
    write_report(path, EngineStatistics(), CONFIG)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["latency_ms"] == {"p50": None, "p95": None}
    assert content["face_found"] is None
    assert [file.name for file in path.parent.iterdir()] == ["r.json"]


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot write .*r\.json"):
        write_report(tmp_path / "file" / "r.json", STATISTICS, CONFIG)


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "r.json").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*r\.json"):
        write_report(tmp_path / "r.json", STATISTICS, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
