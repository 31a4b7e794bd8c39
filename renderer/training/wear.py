"""What happens to drawings before anyone uses them: shaky lines, other colours, JPEG, resizing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.training.wrong_landmarks import smooth_shift

Picture = NDArray[np.uint8]

JITTER_KNOTS = 24  # along each side of the picture: a hand's tremor, not a warp


@dataclass(frozen=True, slots=True)
class Wear:
    """How much a drawing suffered.

    Attributes:
        jitter_rms: Shake of the lines over the picture's height.
        tone: Largest change of a colour's gain and offset, in [0, 1].
        jpeg_quality: 1 to 100; 0 for none.
        resized: Side of the picture in between, over its own side; 1 for none.
        soft_alpha: Blur of the cut-out over the picture's height; 0 for none.
    """

    jitter_rms: float = 0.0
    tone: float = 0.0
    jpeg_quality: int = 0
    resized: float = 1.0
    soft_alpha: float = 0.0


UNWORN = Wear()
UNWORN_SHARE = 0.5  # of the sheets


def random_wear(random: np.random.Generator) -> Wear:
    """Draw the wear of a sheet; each kind is present in about half of the worn ones."""
    if random.random() < UNWORN_SHARE:
        return UNWORN
    jitter, tone, jpeg, size, alpha = random.random(5) < 0.5
    return Wear(
        jitter_rms=float(random.uniform(0.0003, 0.0015)) if jitter else 0.0,
        tone=float(random.uniform(0.01, 0.06)) if tone else 0.0,
        jpeg_quality=int(random.integers(60, 96)) if jpeg else 0,
        resized=float(random.uniform(0.5, 0.9)) if size else 1.0,
        soft_alpha=float(random.uniform(0.0008, 0.0024)) if alpha else 0.0,
    )


def worn(picture: Picture, wear: Wear, random: np.random.Generator) -> Picture:
    """Return the worn drawing.

    Args:
        picture: ``[H, W, 4]`` uint8 straight RGBA.
        wear: How much.
        random: Draws what each drawing of a sheet has of its own.

    Returns:
        Of the same shape and kind; where alpha is 0 the colour is 0 too.
    """
    if wear == UNWORN:
        return picture
    rgba = _premultiplied(picture)
    if wear.jitter_rms > 0:
        rgba = _shaken(rgba, wear.jitter_rms, random)
    if wear.resized < 1:
        rgba = _resized(rgba, wear.resized)
    if wear.soft_alpha > 0:
        rgba = _softened(rgba, wear.soft_alpha * picture.shape[0])
    straight = _straight(rgba)
    if wear.tone > 0:
        straight = _toned(straight, wear.tone, random)
    if wear.jpeg_quality > 0:
        straight = _compressed(straight, wear.jpeg_quality)
    straight[straight[..., 3] == 0] = 0
    return straight


def _premultiplied(picture: Picture) -> NDArray[np.float32]:
    rgba = picture.astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba


def _straight(rgba: NDArray[np.float32]) -> Picture:
    rgba = np.clip(rgba, 0, 255)
    rgba[..., :3] *= 255 / np.maximum(rgba[..., 3:], 1)
    return np.asarray(np.rint(np.minimum(rgba, 255)), np.uint8)


def _shaken(
    rgba: NDArray[np.float32], rms: float, random: np.random.Generator
) -> NDArray[np.float32]:
    height, width = rgba.shape[:2]
    shift = smooth_shift((height, width), rms * height, JITTER_KNOTS, random)
    rows, columns = np.indices((height, width), dtype=np.float32)
    x, y = columns + shift[..., 0], rows + shift[..., 1]
    return np.asarray(cv2.remap(rgba, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def _resized(rgba: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    height, width = rgba.shape[:2]
    small = (max(round(width * factor), 1), max(round(height * factor), 1))
    shrunk = cv2.resize(rgba, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR))


def _softened(rgba: NDArray[np.float32], blur_px: float) -> NDArray[np.float32]:
    """Blur the cut-out but not what is well inside it."""
    blurred = cv2.GaussianBlur(rgba, (0, 0), blur_px)
    edge = np.abs(blurred[..., 3:] - rgba[..., 3:]) > 2
    return np.asarray(np.where(edge, blurred, rgba), np.float32)


def _toned(picture: Picture, amount: float, random: np.random.Generator) -> Picture:
    """Change gain and offset of each channel, as another scanner or another day would."""
    gain = 1 + random.uniform(-amount, amount, 3)
    offset = random.uniform(-amount, amount) * 255 * 0.5
    toned = np.clip(picture[..., :3] * gain + offset, 0, 255)
    return np.dstack((np.rint(toned).astype(np.uint8), picture[..., 3]))


def _compressed(picture: Picture, quality: int) -> Picture:
    """Send the colours through JPEG, over white, as drawings are; alpha is cut out later."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    over = picture[..., :3] * alpha + 255 * (1 - alpha)
    bgr = np.ascontiguousarray(np.rint(over).astype(np.uint8)[..., ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    rgb = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    straight = (rgb - 255 * (1 - alpha)) / np.maximum(alpha, 1 / 255)
    opaque = np.where(alpha > 0.5, straight, picture[..., :3])
    colours = np.rint(np.clip(opaque, 0, 255)).astype(np.uint8)
    return np.dstack((colours, picture[..., 3]))
