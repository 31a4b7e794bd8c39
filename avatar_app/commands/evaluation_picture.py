"""The contact sheet of ``evaluate``: drawings, target, what decoders painted, the error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.evaluation import figure_psnr, over_grey
from renderer.sheet.sheet_files import encode_png

Picture = NDArray[np.uint8]

ERROR_GAIN = 3.0  # errors are too faint to see as they are
PAPER, INK = 250, (40, 40, 40)
CAPTION_PX = 26
LEAST_CELL_PX = 512  # smaller pictures are enlarged, so that seams, hair tips and eyes show


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One row.

    Attributes:
        label: Of the character, ASCII.
        drawings: ``[H, W, 4]`` uint8 straight RGBA, of any sizes.
        truth: ``[S, S, 4]`` uint8 straight RGBA.
        painted: ``[S, S, 4]`` uint8 premultiplied RGBA by the decoder's name; the error is the
            last one's.
    """

    label: str
    drawings: tuple[Picture, ...] = field(repr=False)
    truth: Picture = field(repr=False)
    painted: Mapping[str, Picture] = field(repr=False)


def draw_exhibits(exhibits: Sequence[Exhibit]) -> bytes:
    """Return a PNG with one captioned row per exhibit, at least one, all of one size."""
    picture = np.concatenate([_row(exhibit) for exhibit in exhibits])
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return encode_png(np.concatenate([picture, opaque], axis=2))


def _row(exhibit: Exhibit) -> Picture:
    side = exhibit.truth.shape[0] * _enlargement(exhibit)
    truth = over_grey(exhibit.truth, premultiplied=False)
    cells = [
        _captioned(_drawings(exhibit.drawings, side), exhibit.label),
        _captioned(_enlarged(truth, side), "target"),
    ]
    painted = truth
    for name, picture in exhibit.painted.items():
        painted = over_grey(picture, premultiplied=True)
        caption = f"{name}{_decibels(exhibit.truth, picture)}"
        cells.append(_captioned(_enlarged(painted, side), caption))
    error = np.minimum(np.abs(painted - truth) * ERROR_GAIN, 255)
    cells.append(_captioned(_enlarged(error, side), f"error x {ERROR_GAIN:g}"))
    return np.concatenate(cells, axis=1)


def _enlargement(exhibit: Exhibit) -> int:
    return max(LEAST_CELL_PX // exhibit.truth.shape[0], 1)


def _enlarged(picture: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return the picture with larger pixels, each still to be seen."""
    times = side // picture.shape[0]
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)


def _decibels(truth: Picture, painted: Picture) -> str:
    psnr = figure_psnr(truth, painted)
    return f" {psnr:.1f} dB" if math.isfinite(psnr) else ""


def _drawings(drawings: Sequence[Picture], side: int) -> NDArray[np.float64]:
    """Lay drawings out on a square sheet of paper, ``[side, side, 3]``."""
    columns = math.ceil(math.sqrt(len(drawings)))
    cell = side // columns
    sheet = np.full((side, side, 3), float(PAPER))
    for place, drawing in enumerate(drawings):
        row, column = divmod(place, columns)
        scale = cell / max(drawing.shape[:2])
        size = (max(round(drawing.shape[1] * scale), 1), max(round(drawing.shape[0] * scale), 1))
        rgba = drawing.astype(np.float64)
        rgba[..., :3] *= rgba[..., 3:] / 255
        small = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA)
        top = row * cell + (cell - size[1]) // 2
        left = column * cell + (cell - size[0]) // 2
        paper = PAPER * (1 - small[..., 3:] / 255)
        sheet[top : top + size[1], left : left + size[0]] = small[..., :3] + paper
    return sheet


def _captioned(picture: NDArray[np.float64], text: str) -> Picture:
    """Return the picture with a line of text above it."""
    caption = np.full((CAPTION_PX, picture.shape[1], 3), PAPER, np.uint8)
    place = (4, CAPTION_PX - 7)
    cv2.putText(caption, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    shown = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return np.concatenate([caption, shown])
