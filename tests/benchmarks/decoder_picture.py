"""Draw the README's picture of what the network repairs.

``python tests/benchmarks/decoder_picture.py --output docs/decoders.png`` paints the default avatar
from four of its drawings (front, back, left, right) with the look-up alone and with the network,
beside the truth: a bust and a face in poses that no drawing shows. Each card is enlarged about
where the two differ most.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

PROJECT_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT_ROOT))

from avatar_app.commands.contact_sheet import (  # noqa: E402
    Card,
    contact_sheet,
    encode_palette_png,
    on_stage,
)
from avatar_app.commands.evaluated_decoder import open_evaluated_decoder  # noqa: E402
from avatar_app.commands.report import write_whole  # noqa: E402
from avatar_app.engine import EngineConfig, EngineParts  # noqa: E402
from avatar_app.paths import DEFAULT_AVATAR_NAME, find_avatar  # noqa: E402
from renderer.evaluation import Comparison, evaluate  # noqa: E402
from renderer.evaluation.trial import Trial, TrialOptions  # noqa: E402
from udp_live.rasterizer.gl_context import open_context  # noqa: E402

Picture = NDArray[np.uint8]

DECODERS = {"look-up": "lookup", "with network": "guided"}
CELL_PX = 256
DETAIL_PX = 96  # of the painted picture, in a card of its own


def cards(shown: dict[str, list[Comparison]]) -> list[Card]:
    """Return a card per case with all decoders and the truth, and one of a detail of it."""
    made = []
    label = " / ".join((*shown, "truth"))
    for row in zip(*shown.values(), strict=True):
        pictures = [comparison.painted for comparison in row] + [premultiplied(row[0].truth)]
        made.append(Card(tuple(on_stage(picture, CELL_PX) for picture in pictures), label))
        top, left = detail(row[0], row[-1])
        parts = [picture[top : top + DETAIL_PX, left : left + DETAIL_PX] for picture in pictures]
        made.append(Card(tuple(on_stage(part, CELL_PX) for part in parts), label))
    return made


def premultiplied(truth: Picture) -> Picture:
    """Return straight RGBA as decoders paint it."""
    colour = np.rint(truth[..., :3] * (truth[..., 3:] / 255.0)).astype(np.uint8)
    return np.concatenate([colour, truth[..., 3:]], axis=2)


def detail(first: Comparison, last: Comparison) -> tuple[int, int]:
    """Return the upper left corner of the square in which two paintings differ most."""
    difference = np.abs(first.painted.astype(float) - last.painted).sum(axis=2)
    if not difference.any():  # without a network there is one painting only
        difference = np.abs(first.painted.astype(float) - premultiplied(first.truth)).sum(axis=2)
    mean = uniform_filter(difference, DETAIL_PX, mode="constant")
    middle = np.unravel_index(int(mean.argmax()), mean.shape)
    row, column = (
        int(np.clip(place - DETAIL_PX // 2, 0, side - DETAIL_PX))
        for place, side in zip(middle, mean.shape, strict=True)
    )
    return row, column


def main() -> None:
    """Paint, lay out, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    avatar = EngineParts().load_avatar(EngineConfig(avatar=find_avatar(DEFAULT_AVATAR_NAME)))
    context = open_context()
    options = TrialOptions(
        views=arguments.views, size_px=arguments.size, expressions=False, seed=arguments.seed
    )
    trial = Trial(context, avatar.rig, options)
    shown = {}
    for label, name in DECODERS.items():
        decoder = open_evaluated_decoder(name, "auto")
        shown[label] = list(evaluate(trial.contest(decoder), trial.exhibit_cases()))[1:]
        decoder.close()
    trial.close()
    write_whole(arguments.output, encode_palette_png(contact_sheet(cards(shown))))


if __name__ == "__main__":
    main()
