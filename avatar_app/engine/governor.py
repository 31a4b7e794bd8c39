"""Keep painting within its budget: lower the decode size, then the rate, and say so."""

from dataclasses import dataclass

SIZE_STEPS = (1.0, 0.75, 0.5)  # of the output size
RATE_STEPS = (1.0, 0.75, 0.5)  # of the target rate, taken after the smallest size
TOO_SLOW = 1.0  # share of the period; above it the target rate cannot be held
COMFORTABLE = 0.7  # expected share after a step up; the margin keeps it from swinging
PATIENCE_DOWN = 2  # observations in a row
PATIENCE_UP = 8
MIN_DECODE_SIZE = 128


@dataclass(frozen=True, slots=True)
class RenderBudget:
    """What the render thread may spend: decode size in pixels, frames per second."""

    decode_size: int
    fps: float


class Governor:
    """Choose decode size and rate from how long painting took.

    It sees one observation per second. Two slow ones lower the quality one step; eight that
    would leave room at the next better step raise it again. Painting time is taken to grow
    with the number of pixels.
    """

    def __init__(self, size: int, fps: float) -> None:
        self._size = size
        self._fps = fps
        sizes = [
            _even(size * step)
            for step in SIZE_STEPS
            if step == 1.0 or size * step >= MIN_DECODE_SIZE
        ]
        self._ladder = [RenderBudget(decode_size, fps) for decode_size in sizes]
        self._ladder += [RenderBudget(sizes[-1], fps * step) for step in RATE_STEPS[1:]]
        self._rung = 0
        self._slow = 0
        self._roomy = 0

    @property
    def budget(self) -> RenderBudget:
        """What is allowed now."""
        return self._ladder[self._rung]

    @property
    def sentence(self) -> str:
        """Say what was lowered, or an empty string when nothing is."""
        if self._rung == 0:
            return ""
        budget = self.budget
        parts = []
        if budget.decode_size < self._size:
            parts.append(f"painting at {budget.decode_size} px instead of {self._size}")
        if budget.fps < self._fps:
            parts.append(f"{budget.fps:.0f} fps instead of {self._fps:.0f}")
        return f"this computer cannot hold the full quality: {', '.join(parts)}"

    def observe(self, paint_ms: float) -> bool:
        """Take the median painting time of the last second; True when the budget changed."""
        period_ms = 1000.0 / self.budget.fps
        self._slow = self._slow + 1 if paint_ms > TOO_SLOW * period_ms else 0
        self._roomy = self._roomy + 1 if self._has_room_above(paint_ms) else 0
        if self._slow >= PATIENCE_DOWN and self._rung + 1 < len(self._ladder):
            return self._move(+1)
        if self._roomy >= PATIENCE_UP:
            return self._move(-1)
        return False

    def _has_room_above(self, paint_ms: float) -> bool:
        if self._rung == 0:
            return False
        above = self._ladder[self._rung - 1]
        expected_ms = paint_ms * (above.decode_size / self.budget.decode_size) ** 2
        return expected_ms < COMFORTABLE * 1000.0 / above.fps

    def _move(self, step: int) -> bool:
        self._rung += step
        self._slow = self._roomy = 0
        return True


def _even(size: float) -> int:
    return int(size) // 2 * 2
