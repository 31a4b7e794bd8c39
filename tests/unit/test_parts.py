from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.errors import TrackerError
from avatar_app.tracking import tracker_process


class RefusingProcess:
    """A tracker's process that does not come up."""

    opened: "list[RefusingProcess]"

    def __init__(self, *_: object) -> None:
        self.closed = False
        self.opened.append(self)

    def wait_until_ready(self, timeout_s: float) -> bool:
        raise TrackerError("face model unusable")

    def close(self) -> None:
        self.closed = True


def test_a_tracker_that_does_not_come_up_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    RefusingProcess.opened = []
    monkeypatch.setattr(tracker_process, "TrackerProcess", RefusingProcess)
    with pytest.raises(TrackerError, match="face model unusable"):
        EngineParts().open_tracker(EngineConfig(avatar=Path("nowhere")), realtime=True)
    assert [process.closed for process in RefusingProcess.opened] == [True]
