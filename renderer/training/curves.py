"""Curves of a training run as a CSV file that grows by the line."""

import csv
import io
import math
from pathlib import Path

from renderer.training.trainer import StepNews
from udp_live.whole_file import write_whole

PARTS = ("straight", "composite", "gradient", "ssim", "mask", "temporal", "teacher", "vgg")
METRICS = (
    *("psnr_db", "filled_psnr_db", "l1", "filled_l1"),
    *("exact_psnr_db", "exact_filled_psnr_db", "noisy_psnr_db", "noisy_filled_psnr_db"),
)
COLUMNS = ("step", "progress", "learning_rate", "loss", *PARTS, *METRICS, "active")


class Curves:
    """One row per ``every`` steps and per validation."""

    def __init__(self, path: Path, step: int, every: int = 20) -> None:
        """Open the file; rows beyond ``step``, where the run continues, are dropped."""
        self._path, self._every = path, every
        rows = []
        if path.is_file():
            with path.open(newline="") as file:
                rows = [row for row in csv.DictReader(file) if _step_of(row) <= step]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_whole(path, text.getvalue().encode())
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, news: StepNews) -> None:
        """Count a step; losses are averaged over the steps of a row."""
        for name, value in {"loss": news.loss, **news.parts}.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        if self._count < self._every and news.verdict is None:
            return
        row = {name: f"{value / self._count:.5f}" for name, value in self._sums.items()}
        row |= {"step": str(news.step), "progress": f"{news.progress:.5f}"}
        row["learning_rate"] = f"{news.learning_rate:.3g}"
        if news.verdict is not None:
            row |= {name: str(value) for name, value in news.verdict.metrics.items()}
        if news.active is not None:
            row["active"] = f"{news.active:.3f}"
        with self._path.open("a", newline="") as file:
            csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n").writerow(row)
        self._sums, self._count = {}, 0


def _step_of(row: dict[str, str | None]) -> float:
    try:
        return int(row["step"] or "")
    except (KeyError, ValueError):
        return math.inf
