"""The live engine: stages, the threads around them and the slots between them. No Qt."""

from avatar_app.engine.config import EngineConfig, SourceConfig, TrackingConfig
from avatar_app.engine.inline_run import InlineRun
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.live_engine import EngineState, LiveEngine
from avatar_app.engine.parts import EngineParts
from avatar_app.engine.stage_stats import EngineStatistics, StageStats, StageTiming

__all__ = [
    "EngineConfig",
    "EngineParts",
    "EngineState",
    "EngineStatistics",
    "InlineRun",
    "LatestSlot",
    "LiveEngine",
    "SourceConfig",
    "StageStats",
    "StageTiming",
    "TrackingConfig",
]
