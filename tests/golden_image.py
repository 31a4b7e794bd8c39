"""Compare drawings with reference images of an earlier, looked-at version."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

GOLDEN_FOLDER = Path(__file__).parent / "golden"
EDGE_STEP = 0.05  # a jump between neighbours that only an edge can make
UDP_TOLERANCE = 2e-4
COLOR_TOLERANCE = 1.01 / 255
DIFFERENCE_GAIN = 20.0


def edge_band(image: Float) -> NDArray[np.bool_]:
    """Find pixels whose 3x3 neighbourhood jumps: silhouettes and inner contours."""
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    views = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.any(np.max(views, axis=0) - np.min(views, axis=0) > EDGE_STEP, axis=-1)


def assert_matches(
    actual: Float, golden: Float, *, interior_atol: float, max_flipped: float = 0.02
) -> None:
    """Smooth pixels must agree tightly; a few edge pixels may flip between driver versions.

    Args:
        actual: ``[H, W, C]`` float32 in [0, 1].
        golden: The reference, alike.
        interior_atol: Greatest difference of a smooth pixel.
        max_flipped: Greatest share of the edge band that may differ.
    """
    assert actual.shape == golden.shape
    band = edge_band(golden)
    np.testing.assert_allclose(actual[~band], golden[~band], atol=interior_atol, rtol=0)
    flipped = np.any(np.abs(actual - golden) > EDGE_STEP, axis=-1)
    if band.any():
        assert flipped[band].mean() <= max_flipped


def write_golden(path: Path, image: Float, *, bits: int) -> None:
    """Write ``[H, W, 4]`` float32 in [0, 1] as a PNG of 8 or 16 bits per channel."""
    top = 2**bits - 1
    pixels = np.round(image * top).astype(np.uint8 if bits == 8 else np.uint16)
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), np.ascontiguousarray(pixels[..., (2, 1, 0, 3)]))


def read_golden(path: Path) -> Float:
    """Read what ``write_golden`` wrote."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, f"no reference {path}; make it with --regenerate-golden"
    top = np.iinfo(pixels.dtype).max
    return pixels[..., (2, 1, 0, 3)].astype(np.float32) / np.float32(top)


def write_difference(name: str, actual: Float, golden: Float, *, bits: int) -> None:
    """Leave actual, expected and amplified difference where people and CI find them."""
    folder = GOLDEN_FOLDER / "diffs"
    write_golden(folder / f"{name}_actual.png", actual, bits=bits)
    write_golden(folder / f"{name}_expected.png", golden, bits=bits)
    if actual.shape == golden.shape:
        difference = np.clip(DIFFERENCE_GAIN * np.abs(actual - golden), 0.0, 1.0)
        difference[..., 3] = 1.0
        write_golden(folder / f"{name}_difference.png", difference, bits=8)
