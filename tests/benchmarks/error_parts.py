"""What is the error of a decoder made of?

``python tests/benchmarks/error_parts.py --rig FILE ...`` paints random poses of each character
from a sheet with exact landmarks and splits the squared error in the figure by kind of pixel:

- *expression*: what an expression moves that no drawing shows;
- *ink*: outlines and rims, where sampling and not colour decides;
- *unseen*: surface that no drawing shows;
- *seen*: all the rest, of which light that moves with the pose is a part.

Each kind is told by its share of the figure, its share of the squared error, the PSNR inside of it
and the PSNR that the figure would have if that kind were painted without error. ``--markdown``
writes the rows of a table.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.spatial import cKDTree

PROJECT_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT_ROOT))

from avatar_app.commands.evaluate_rigs import rig_names  # noqa: E402
from avatar_app.commands.evaluated_decoder import (  # noqa: E402
    EVALUATED,
    open_evaluated_decoder,
)
from renderer.evaluation import Case, Comparison, evaluate  # noqa: E402
from renderer.evaluation.trial import Trial, TrialOptions  # noqa: E402
from renderer.guided.ink import ink_coverage  # noqa: E402
from renderer.metrics.colour_error import figure_mask  # noqa: E402
from renderer.types import CharacterSheet, InkStyle  # noqa: E402
from udp_live.loaders.rig_file import load_rig  # noqa: E402
from udp_live.rasterizer.gl_context import open_context  # noqa: E402

Mask = NDArray[np.bool_]

KINDS = ("expression", "ink", "unseen", "seen")
SEEN_WITHIN = 0.004  # landmark units; a pixel of a figure 250 pixels tall
INKED = 0.05  # coverage
MOVED = 8  # of 255; less is what light does
MOST_DB = 99.0


class Splitter:
    """Splits the error of one character's pictures."""

    def __init__(self, trial: Trial, options: TrialOptions) -> None:
        """Look at what the trial's drawings show."""
        self._trial = trial
        self._options = options
        self._drawn = cKDTree(_landmarks(trial.sheet))

    def split(self, case: Case, comparison: Comparison) -> NDArray[np.float64]:
        """Return share of the figure and squared error over the figure per kind, ``[4, 2]``."""
        figure = figure_mask(comparison.truth)
        error = _square_error(comparison)
        left = figure.copy()
        parts = []
        for mask in (self._expression(case, comparison), *self._ink_and_unseen(case), figure):
            here = mask & left
            left &= ~here
            parts.append((here.sum() / figure.sum(), error[here].sum() / figure.sum()))
        return np.asarray(parts)

    def _expression(self, case: Case, comparison: Comparison) -> Mask:
        """Return what the expression changes in the true picture."""
        weights = case.pose.expression_weights
        if not weights.any():
            return np.zeros(comparison.truth.shape[:2], bool)
        neutral = replace(case.pose, expression_weights=np.zeros_like(weights))
        other = self._trial.draw_truth(neutral, case.viewpoint).astype(int)
        changed = np.abs(other - comparison.truth.astype(int)).max(axis=2) > MOVED
        return binary_dilation(changed)

    def _ink_and_unseen(self, case: Case) -> tuple[Mask, Mask]:
        scale = self._options.supersampling
        udp = self._trial.draw_true_map(case.pose, case.viewpoint).xyzv
        planes = torch.from_numpy(np.ascontiguousarray(udp.transpose(2, 0, 1)))
        width_px = self._options.ink.width * udp.shape[0]
        ink = ink_coverage(planes[:3], planes[3] > 0.5, width_px).numpy()
        side = udp.shape[0] // scale
        ink = ink.reshape(side, scale, side, scale).mean(axis=(1, 3))
        pixels = udp[scale // 2 :: scale, scale // 2 :: scale]
        far = np.full((side, side), np.inf)
        here = pixels[..., 3] > 0.5
        far[here] = self._drawn.query(pixels[here][:, :3])[0]
        return ink > INKED, far > SEEN_WITHIN


def _landmarks(sheet: CharacterSheet) -> NDArray[np.float32]:
    shown = [view.udp[view.udp[..., 3] > 0.5][:, :3] for view in sheet.views]
    return np.concatenate(shown).astype(np.float32)


def _square_error(comparison: Comparison) -> NDArray[np.float64]:
    """Return the mean squared difference of straight colours, ``[H, W]``."""
    alpha = np.maximum(comparison.painted[..., 3:].astype(np.float64), 1)
    straight = np.minimum(comparison.painted[..., :3] * 255.0 / alpha, 255)
    return np.mean((straight - comparison.truth[..., :3]) ** 2, axis=2)


def _decibels(square_error: float) -> float:
    return MOST_DB if square_error <= 0 else 10 * math.log10(255**2 / square_error)


def _rows(name: str, splits: Sequence[NDArray[np.float64]]) -> Iterator[tuple[str, ...]]:
    """Yield a row for the whole figure and one per kind."""
    whole = [part[:, 1].sum() for part in splits]
    mean_db = float(np.mean([_decibels(error) for error in whole]))
    yield name, "all", "100 %", "100 %", f"{mean_db:.1f}", ""
    area = np.mean([part[:, 0] for part in splits], axis=0)
    error = np.mean([part[:, 1] for part in splits], axis=0)
    for kind, label in enumerate(KINDS):
        if area[kind] == 0:
            continue
        without = [_decibels(part[:, 1].sum() - part[kind, 1]) for part in splits]
        yield (
            "",
            label,
            f"{100 * area[kind]:.1f} %",
            f"{100 * error[kind] / error.sum():.0f} %",
            f"{_decibels(error[kind] / area[kind]):.1f}",
            f"{np.mean(without):.1f}",
        )


def main() -> None:
    """Print a table per character."""
    arguments = _arguments()
    options = TrialOptions(
        views=arguments.views,
        supersampling=arguments.supersampling,
        ink=InkStyle(width=0.0) if arguments.no_ink else InkStyle(),
        lit=not arguments.unlit,
    )
    decoder = open_evaluated_decoder(arguments.decoder, "auto")
    context = open_context()
    line = (
        "| {} | {} | {} | {} | {} | {} |" if arguments.markdown else "{:28} {:10}" + " {:>16}" * 4
    )
    heads = ("character", "kind", "of the figure", "of the error", "dB", "dB without it")
    print(line.format(*heads))
    if arguments.markdown:
        print("|---" * len(heads) + "|")
    for name, path in rig_names(arguments.rig).items():
        trial = Trial(context, load_rig(path), options)
        splitter, contest = Splitter(trial, options), trial.contest(decoder)
        cases = list(trial.cases(arguments.poses))
        found = evaluate(contest, cases)
        splits = [splitter.split(case, shown) for case, shown in zip(cases, found, strict=True)]
        for row in _rows(name, splits):
            print(line.format(*row), flush=True)
        trial.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rig", type=Path, action="append", required=True)
    parser.add_argument("--decoder", choices=EVALUATED, default="lookup")
    parser.add_argument("--poses", type=int, default=12)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--supersampling", type=int, choices=(1, 2, 3, 4), default=2)
    parser.add_argument("--unlit", action="store_true")
    parser.add_argument("--no-ink", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
