from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig, SourceConfig

CONFIG = EngineConfig(avatar=Path("nowhere"))


@pytest.mark.parametrize(
    "change",
    [
        {"size": 32},
        {"size": 511},
        {"size": 4096},
        {"fps": 0.0},
        {"fps": float("nan")},
        {"framing": "feet"},
        {"zoom": 0.0},
    ],
)
def test_values_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        replace(CONFIG, **change)  # type: ignore[arg-type]


def test_sources_are_told_apart_by_their_address() -> None:
    assert SourceConfig("webcam:0").is_webcam
    assert SourceConfig("clip:hello").is_clip
    video = SourceConfig("holiday.mp4")
    assert not video.is_webcam
    assert not video.is_clip


def test_an_empty_source_is_refused() -> None:
    with pytest.raises(ValueError, match="empty address"):
        SourceConfig("")
