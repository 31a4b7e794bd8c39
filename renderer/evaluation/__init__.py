"""How well a decoder paints: cases, contests against the truth, sets of them, summaries.

What draws test sheets is in ``trial`` and is not re-exported, because it stands on
``renderer.training``, which stands on this package.
"""

from renderer.evaluation.cases import (
    TURNS_DEG,
    Case,
    clip_cases,
    expression_cases,
    expression_weights,
    random_cases,
    random_pose,
)
from renderer.evaluation.contest import (
    Comparison,
    Contest,
    FlickerScore,
    PerceptualDistance,
    Score,
    evaluate,
    evaluate_clip,
    score,
)
from renderer.metrics import figure_psnr, image_l1, over_grey

__all__ = [
    "TURNS_DEG",
    "Case",
    "Comparison",
    "Contest",
    "FlickerScore",
    "PerceptualDistance",
    "Score",
    "clip_cases",
    "evaluate",
    "evaluate_clip",
    "expression_cases",
    "expression_weights",
    "figure_psnr",
    "image_l1",
    "over_grey",
    "random_cases",
    "random_pose",
    "score",
]
