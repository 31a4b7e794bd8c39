"""Contact sheets: pictures on rounded cards, in rows, as one PNG with a palette."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import av.filter
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

BACKDROP: Colour = (10, 23, 28)
STAGE: Colour = (176, 222, 211)  # behind the avatar: dark hair and cream clothes both stand out
SPOT: Colour = (206, 237, 226)
LABEL: Colour = (234, 243, 242)

GAP_SHARE, CORNER_SHARE, LABEL_SHARE = 0.07, 0.06, 0.13  # of a card's height
WANTED_ASPECT = 1.9  # of the whole sheet
OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Card:
    """Pictures of one height, side by side on one card, with a word below.

    Attributes:
        pictures: Each ``[H, W, 3]`` uint8 sRGB.
        label: ASCII; none is drawn when empty.
    """

    pictures: tuple[Image, ...] = field(repr=False)
    label: str = ""


def contact_sheet(cards: Sequence[Card]) -> Image:
    """Lay cards of one size out in rows; ``[H, W, 3]`` uint8 sRGB."""
    faces = [np.concatenate(card.pictures, axis=1) for card in cards]
    height, width = faces[0].shape[:2]
    gap = round(GAP_SHARE * height)
    label = round(LABEL_SHARE * height) if any(card.label for card in cards) else 0
    step = (height + label + gap, width + gap)
    columns = _columns(len(cards), step)
    rows = math.ceil(len(cards) / columns)
    sheet = np.full((rows * step[0] + gap, columns * step[1] + gap, 3), BACKDROP, np.uint8)
    cover = _rounded(width, height, round(CORNER_SHARE * height))
    for index, (card, face) in enumerate(zip(cards, faces, strict=True)):
        row, column = divmod(index, columns)
        shift = (columns - min(columns, len(cards) - row * columns)) * step[1] // 2
        top, left = gap + row * step[0], gap + column * step[1] + shift
        place = sheet[top : top + height, left : left + width]
        place[:] = np.rint(cover * face + (1.0 - cover) * place)
        _write(sheet, card.label, (left + width // 2, top + height + label // 2), 0.5 * label)
    return sheet


def on_stage(painted: Image, size: int) -> Image:
    """Put a square premultiplied RGBA picture before the stage, ``[size, size, 3]``."""
    stage = np.full((OVERSAMPLING * size, OVERSAMPLING * size, 3), STAGE, np.uint8)
    middle = OVERSAMPLING * size // 2
    cv2.circle(stage, (middle, middle), round(0.86 * middle), SPOT, -1)
    backdrop = _shrunk(stage, size, size).astype(np.float32)
    figure = _shrunk(painted, size, size).astype(np.float32)
    laid = figure[..., :3] + backdrop * (1.0 - figure[..., 3:] / 255.0)
    return np.asarray(np.rint(laid), np.uint8)


def encode_palette_png(picture: Image) -> bytes:
    """Encode ``[H, W, 3]`` uint8 sRGB with the 256 colours that suit it best."""
    height, width = picture.shape[:2]
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 30)
    )
    split, palette = graph.add("split"), graph.add("palettegen", "reserve_transparent=0")
    painter, sink = graph.add("paletteuse", "dither=none"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(painter, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(painter, 0, 1)
    painter.link_to(sink)
    graph.configure()
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame.pts, frame.time_base = 0, Fraction(1, 30)
    graph.push(frame)
    graph.push(None)
    quantised = graph.pull()
    if not isinstance(quantised, av.VideoFrame):
        raise TypeError(f"unexpected frame: {quantised}")
    return _png(quantised)


def _png(frame: "av.VideoFrame") -> bytes:
    stream = io.BytesIO()
    with av.open(stream, "w", format="image2pipe") as container:
        encoder = container.add_stream("png", rate=30)
        encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "pal8"
        encoder.options = {"compression_level": "9", "pred": "none"}
        container.mux(encoder.encode(frame))
        container.mux(encoder.encode(None))
    return stream.getvalue()


def _columns(count: int, step: tuple[int, int]) -> int:
    """Choose how many cards stand in a row: as wide a sheet as wanted, few gaps in the last row."""

    def badness(columns: int) -> float:
        rows = math.ceil(count / columns)
        aspect = columns * step[1] / (rows * step[0])
        return abs(math.log(aspect / WANTED_ASPECT)) + 0.25 * (rows * columns - count)

    return min(range(1, count + 1), key=badness)


def _rounded(width: int, height: int, radius: int) -> NDArray[np.float32]:
    """Return how much of each pixel a rounded rectangle covers, ``[H, W, 1]`` in [0, 1]."""
    large = np.zeros((OVERSAMPLING * height, OVERSAMPLING * width), np.uint8)
    corner = OVERSAMPLING * radius
    right, bottom = large.shape[1] - 1, large.shape[0] - 1
    cv2.rectangle(large, (corner, 0), (right - corner, bottom), 255, -1)
    cv2.rectangle(large, (0, corner), (right, bottom - corner), 255, -1)
    for x in (corner, right - corner):
        for y in (corner, bottom - corner):
            cv2.circle(large, (x, y), corner, (255,), -1)
    return _shrunk(large, width, height)[..., None].astype(np.float32) / np.float32(255.0)


def _write(sheet: Image, text: str, middle: tuple[int, int], height: float) -> None:
    """Write a word about a point."""
    if not text:
        return
    font, scale = cv2.FONT_HERSHEY_DUPLEX, height / 34.0
    (width, rise), _ = cv2.getTextSize(text, font, scale, 1)
    start = (middle[0] - width // 2, middle[1] + rise // 2)
    cv2.putText(sheet, text, start, font, scale, LABEL, 1, cv2.LINE_AA)


def _shrunk(picture: Image, width: int, height: int) -> Image:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
