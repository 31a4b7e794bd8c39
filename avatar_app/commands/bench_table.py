"""The table that ``bench`` prints, line by line as rows come in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

SHORT_TYPES = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


def stage_table(row: Row | None) -> str:
    """Format a row of any stage; None gives the heading."""
    if row is None:
        return (
            f"{'stage':34} {'size':>5} {'views':>5} {'device':>8} {'fps':>8} "
            f"{'p50 ms':>8} {'p95 ms':>8} {'GFLOP':>6}"
        )
    gflop = "" if row["gflop"] is None else f"{row['gflop']:.2f}"
    return (
        f"{row['stage']:34} {row['size'] or '':>5} {row['views'] or '':>5} "
        f"{row['device'][:8]:>8} {row['fps']:8.1f} {row['p50_ms']:8.2f} {row['p95_ms']:8.2f} "
        f"{gflop:>6}".rstrip()
    )


def conr_table(row: Row | None) -> str:
    """Format a row with work and share of the device's peak; None gives the heading."""
    if row is None:
        return (
            f"{'stage':28} {'size':>4} {'views':>5} {'type':>4} {'GFLOP':>8} "
            f"{'p50 ms':>9} {'p95 ms':>9} {'peak':>5} {'fps':>8}"
        )
    gflop = "" if row["gflop"] is None else f"{row['gflop']:.2f}"
    share = "" if row.get("share_of_peak") is None else f"{row['share_of_peak']:.0%}"
    dtype = SHORT_TYPES.get(row["dtype"], row["dtype"])
    return (
        f"{row['stage']:28} {row['size'] or '':>4} {row['views'] or '':>5} {dtype:>4} "
        f"{gflop:>8} {row['p50_ms']:9.2f} {row['p95_ms']:9.2f} {share:>5} {row['fps']:8.2f}"
    )


def ratios(rows: Sequence[Row]) -> Iterator[str]:
    """Say how CoNR's frames compare with the published form's."""
    for row in rows:
        if "ratio_to_published" in row:
            dtype = SHORT_TYPES.get(row["dtype"], row["dtype"])
            yield (
                f"{row['size']} px, {row['views']} views, {dtype}: "
                f"{row['ratio_to_published']:.2f} times as fast as the published form, "
                f"{row['ratio_to_published_first']:.2f} times as its first frame"
            )
