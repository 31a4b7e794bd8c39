"""Scores as figures of a report: per character, and their means."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median

from renderer.evaluation.contest import FlickerScore, Score

Figures = Mapping[str, float]

MOST_DB = 99.0  # for equal pictures: reports have no room for infinity
MOST_FLICKER = 99.0  # where the truth stands still and the painting does not
MEANS = (
    *("figure_psnr", "figure_l1", "image_l1", "figure_ssim"),
    *("alpha_iou", "boundary_px", "union_psnr"),
)


def summarise(scores: Sequence[Score], flickers: Sequence[FlickerScore]) -> dict[str, float]:
    """Return the figures of one character.

    Args:
        scores: At least one.
        flickers: Of all its clips; without any there are no figures of flicker.

    Returns:
        The means of ``MEANS`` and, where it was measured, of ``lpips``; ``worst_figure_psnr``,
        ``decode_ms`` (the median), ``pictures``; ``flicker``, how often the painting changes as
        much as the truth, and both of its sides; ``flicker_resampled``, the same against a truth
        with as few samples per pixel as the decoder had.
    """
    figures = {name: fmean(_finite(getattr(score, name)) for score in scores) for name in MEANS}
    figures["worst_figure_psnr"] = min(_finite(score.figure_psnr) for score in scores)
    figures["decode_ms"] = median(score.decode_ms for score in scores)
    figures["pictures"] = len(scores)
    distances = [score.lpips for score in scores if score.lpips is not None]
    if distances:
        figures["lpips"] = fmean(distances)
    if flickers:
        truth = fmean(score.truth for score in flickers)
        painted = fmean(score.painted for score in flickers)
        resampled = fmean(score.resampled for score in flickers)
        figures |= {
            "flicker": flicker_ratio(truth, painted),
            "flicker_resampled": flicker_ratio(resampled, painted),
            "flicker_truth": truth,
            "flicker_painted": painted,
        }
    return {name: _rounded(name, value) for name, value in figures.items()}


def means(summaries: Sequence[Figures]) -> dict[str, float]:
    """Return the means over characters, each of which counts alike.

    Args:
        summaries: At least one, from ``summarise``.
    """
    names = [name for name in summaries[0] if all(name in one for one in summaries)]
    figures = {name: fmean(summary[name] for summary in summaries) for name in names}
    figures["worst_figure_psnr"] = min(summary["worst_figure_psnr"] for summary in summaries)
    figures["pictures"] = sum(summary["pictures"] for summary in summaries)
    return {name: _rounded(name, value) for name, value in figures.items()}


def flicker_ratio(truth: float, painted: float) -> float:
    """Return the painting's flicker over the truth's, 1 where neither flickers."""
    if truth == 0:
        return 1.0 if painted == 0 else MOST_FLICKER
    return min(painted / truth, MOST_FLICKER)


def _finite(value: float) -> float:
    return MOST_DB if math.isinf(value) else value


def _rounded(name: str, value: float) -> float:
    if name == "pictures":
        return int(value)
    return round(value, 2 if name.endswith(("psnr", "_ms", "_px")) else 5)
