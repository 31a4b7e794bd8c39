"""The sets that decoders are measured on: how many drawings, and how right their landmarks are."""

from dataclasses import dataclass
from types import MappingProxyType

from renderer.sheet.sheet_drawing import BODY_PLAN, PlannedView
from renderer.training.wrong_landmarks import EXACT, NOISY, TWICE_NOISY, Wrongness

# What a person draws first; the rest of the plan follows in its own order.
FIRST_VIEWS = (
    *("front", "back", "left", "right", "bust"),
    *("three-quarter-left", "three-quarter-right", "bust-back"),
)
DEFAULT_VIEWS = 4
MOST_VIEWS = len(BODY_PLAN)
VIEW_COUNTS = (1, 2, 4, 8)
# How wrong a sheet is depends much on the draw, so wrong ones are drawn three times.
DRAWS = 3


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """One kind of test sheet.

    Attributes:
        name: As the command line has it.
        wrongness: Of the landmarks of sheet and target.
        draws: Sheets of each character, with equal drawings and landmarks wrong in other ways.
        view_counts: Numbers of drawings to measure with; None leaves that to the user.
    """

    name: str
    wrongness: Wrongness = EXACT
    draws: int = 1
    view_counts: tuple[int, ...] | None = None


SETS = MappingProxyType(
    {
        chosen.name: chosen
        for chosen in (
            EvaluationSet("exact"),
            EvaluationSet("noisy", NOISY, DRAWS),
            EvaluationSet("twice-noisy", TWICE_NOISY, DRAWS),
            EvaluationSet("views", view_counts=VIEW_COUNTS),
        )
    }
)


def first_views(count: int) -> tuple[PlannedView, ...]:
    """Return the drawings of a sheet of ``count`` views, 1 to ``MOST_VIEWS``: front first."""
    if not 1 <= count <= MOST_VIEWS:
        raise ValueError(f"unexpected views: {count} not in 1..{MOST_VIEWS}")
    by_name = {planned.name: planned for planned in BODY_PLAN}
    names = (*FIRST_VIEWS, *(name for name in by_name if name not in FIRST_VIEWS))
    return tuple(by_name[name] for name in names[:count])
