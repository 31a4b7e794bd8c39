"""Keep painting within its budget: rougher edges, then a smaller picture, then a lower rate."""

from dataclasses import dataclass

from avatar_app.engine.config import SUPERSAMPLING

SIZE_STEPS = (1.0, 0.75, 0.5)  # of the output size
RATE_STEPS = (1.0, 0.75, 0.5)  # of the target rate, taken after the smallest size
TOO_SLOW = 1.0  # share of the period; above it the target rate cannot be held
COMFORTABLE = 0.7  # expected share after a step up; the margin keeps it from swinging
PATIENCE_DOWN = 2  # observations in a row
PATIENCE_UP = 8
MIN_DECODE_SIZE = 192  # below it a face in a bust cannot be read
SUPERSAMPLING_COST = 1.7  # of painting with smooth edges over painting without


@dataclass(frozen=True, slots=True)
class RenderBudget:
    """What the render thread may spend.

    Attributes:
        decode_size: Side of the picture that the decoder makes, pixels.
        fps: Frames per second.
        supersampling: Side of the UDP map over ``decode_size``.
    """

    decode_size: int
    fps: float
    supersampling: int


class Governor:
    """Choose supersampling, decode size and rate from how long painting took.

    It sees one observation per second. Two slow ones lower the quality to the best step that
    should hold; eight that would leave room at the next better step raise it again. Painting
    time is taken to grow with the number of pixels.
    """

    def __init__(self, size: int, fps: float, supersampling: int = SUPERSAMPLING) -> None:
        best = RenderBudget(size, fps, supersampling)
        sizes = [
            _even(size * step)
            for step in SIZE_STEPS
            if step == 1.0 or size * step >= MIN_DECODE_SIZE
        ]
        self._ladder = [best] if supersampling > 1 else []
        self._ladder += [RenderBudget(decode_size, fps, 1) for decode_size in sizes]
        self._ladder += [RenderBudget(sizes[-1], fps * step, 1) for step in RATE_STEPS[1:]]
        self._rung = 0
        self._slow = 0
        self._roomy = 0
        self._pose_period_ms = 0.0

    @property
    def budget(self) -> RenderBudget:
        """What is allowed now."""
        return self._ladder[self._rung]

    @property
    def sentence(self) -> str:
        """Say what was lowered, or an empty string when nothing is."""
        best, budget = self._ladder[0], self.budget
        parts = []
        if budget.supersampling < best.supersampling:
            parts.append("edges are rougher")
        if budget.decode_size < best.decode_size:
            parts.append(f"painting at {budget.decode_size} px instead of {best.decode_size}")
        if budget.fps < best.fps:
            parts.append(f"{budget.fps:.0f} fps instead of {best.fps:.0f}")
        if not parts:
            return ""
        return f"this computer cannot hold the full quality: {', '.join(parts)}"

    def observe(self, paint_ms: float, pose_period_ms: float = 0.0) -> bool:
        """Judge the last second.

        Args:
            paint_ms: Median painting time.
            pose_period_ms: How long the tracker takes for a pose. Painting need not be faster.

        Returns:
            True when the budget changed.
        """
        self._pose_period_ms = pose_period_ms
        self._slow = self._slow + 1 if paint_ms > TOO_SLOW * self._period_ms(self.budget) else 0
        self._roomy = self._roomy + 1 if self._has_room_above(paint_ms) else 0
        if self._slow >= PATIENCE_DOWN and self._rung + 1 < len(self._ladder):
            return self._move_to(self._rung_that_holds(paint_ms))
        if self._roomy >= PATIENCE_UP:
            return self._move_to(self._rung - 1)
        return False

    def _rung_that_holds(self, paint_ms: float) -> int:
        """Return the first step down that should keep its period, or the last one."""
        for rung in range(self._rung + 1, len(self._ladder)):
            budget = self._ladder[rung]
            if self._expected_ms(budget, paint_ms) <= TOO_SLOW * self._period_ms(budget):
                return rung
        return len(self._ladder) - 1

    def _has_room_above(self, paint_ms: float) -> bool:
        if self._rung == 0:
            return False
        above = self._ladder[self._rung - 1]
        return self._expected_ms(above, paint_ms) < COMFORTABLE * self._period_ms(above)

    def _period_ms(self, budget: RenderBudget) -> float:
        return max(1000.0 / budget.fps, self._pose_period_ms)

    def _expected_ms(self, budget: RenderBudget, paint_ms: float) -> float:
        return paint_ms * _cost(budget) / _cost(self.budget)

    def _move_to(self, rung: int) -> bool:
        self._rung = rung
        self._slow = self._roomy = 0
        return True


def _cost(budget: RenderBudget) -> float:
    """Return what a picture costs, in pixels painted without supersampling."""
    return budget.decode_size**2 * (SUPERSAMPLING_COST if budget.supersampling > 1 else 1.0)


def _even(size: float) -> int:
    return int(size) // 2 * 2
