"""The tables that ``evaluate`` prints of a set: a row per character, photo L1 by drawings."""

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, float]
ByViews = Mapping[int, Mapping[str, Any]]  # number of drawings to identities and means

COLUMNS = (
    *(("figure_psnr", "fig dB", 7), ("worst_figure_psnr", "worst", 6), ("figure_l1", "fig L1", 7)),
    *(("image_l1", "img L1", 7), ("figure_ssim", "SSIM", 6), ("alpha_iou", "IoU", 6)),
    *(("boundary_px", "edge px", 7), ("union_psnr", "uni dB", 6), ("lpips", "LPIPS", 6)),
    *(("flicker", "flicker", 7), ("flicker_resampled", "of res.", 7), ("decode_ms", "ms", 6)),
)
FOUR_DIGITS = ("l1", "ssim", "iou", "lpips")


def heading() -> str:
    """Return the line above the rows."""
    return f"{'character':32} {'drawings':>8} " + " ".join(f"{h:>{w}}" for _, h, w in COLUMNS)


def row(name: str, views: int, figures: Figures) -> str:
    """Return the line of a character, or of the means of all."""
    cells = [_cell(key, figures.get(key), width) for key, _, width in COLUMNS]
    return f"{name[-32:]:32} {views:>8} " + " ".join(cells)


def photo_l1_table(rows: Mapping[str, ByViews]) -> str:
    """Return the mean L1 over the picture by number of drawings, in the shape of CoNR's table.

    Args:
        rows: By what painted, at least one, all with the same numbers of drawings.
    """
    counts = list(next(iter(rows.values())))
    lines = [f"{'photo L1, drawings':24}" + "".join(f"{count:>9}" for count in counts)]
    for name, by_views in rows.items():
        values = (by_views[count]["means"]["image_l1"] for count in counts)
        lines.append(f"{name:24}" + "".join(f"{value:9.4f}" for value in values))
    return "\n".join(lines)


def _cell(key: str, value: float | None, width: int) -> str:
    if value is None:
        return f"{'-':>{width}}"
    digits = 4 if key.endswith(FOUR_DIGITS) else 2
    return f"{value:{width}.{digits}f}"
