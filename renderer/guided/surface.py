"""The surface that one drawing shows: landmarks, their gradients, facing, colours."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]

OPAQUE_ALPHA = 200  # thinner paint is an antialiased rim whose colour may be half background
JUMP_STEPS = 8.0  # neighbours further apart than this many typical pixel steps are two surfaces
GRAZING_FACING = 0.02  # a surface seen from its edge still gets this much say


@dataclass(frozen=True, slots=True)
class Surface:
    """One drawing at one size.

    Attributes:
        landmark: ``[3, H, W]`` float32 in [0, 1].
        colour: ``[3, H, W]`` float32, straight sRGB in [0, 255].
        usable: ``[H, W]`` float32 in [0, 1], how far the pixel shows paint of that landmark.
    """

    landmark: Float = field(repr=False)
    colour: Float = field(repr=False)
    usable: Float = field(repr=False)


@dataclass(frozen=True, slots=True)
class SurfaceGradient:
    """How landmarks change from pixel to pixel.

    Attributes:
        pixel_from_landmark: ``[2, 3, H, W]`` float32, (x, y) pixels per landmark unit.
        facing: ``[H, W]`` float32, 1 where the surface looks at the viewer, towards 0 at its rim.
        density: Pixels per landmark unit where the surface faces the viewer.
    """

    pixel_from_landmark: Float = field(repr=False)
    facing: Float = field(repr=False)
    density: float


def square_length(vectors: Float) -> Float:
    """Return the squared length of ``[3, ...]`` vectors."""
    x, y, z = vectors
    return np.asarray(x * x + y * y + z * z)


def typical_step(landmark: Float, valid: Bool) -> float:
    """Estimate how far landmarks move over one pixel of a surface that faces the viewer."""
    steps = []
    thin = max(1, min(valid.shape) // 128)  # a sample of the lines tells as much as all
    for axis, lines in ((-2, np.s_[..., ::thin]), (-1, np.s_[..., ::thin, :])):
        for stride in (4, 1):
            ahead, here = _pair(landmark[lines], stride, axis)
            both = np.logical_and(*_pair(valid[lines], stride, axis))
            if both.sum() >= 16:
                squares = square_length((ahead - here)[:, both])
                steps.append(float(np.percentile(squares, 20)) ** 0.5 / stride)
                break
    return max(min(steps, default=1e-3), 1e-6)


def _pair(array: NDArray[Any], stride: int, axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the array without its first and without its last ``stride`` rows or columns."""
    if axis == -2:
        return array[..., stride:, :], array[..., :-stride, :]
    return array[..., stride:], array[..., :-stride]


def smooth_landmarks(landmark: Float, valid: Bool) -> Float:
    """Average opposite neighbours of one surface, which undoes the rounding of half precision.

    Args:
        landmark: ``[3, H, W]`` float32.
        valid: ``[H, W]``, pixels that have a landmark.
    """
    height, width = valid.shape
    if min(height, width) < 3:
        return landmark
    limit = np.float32((3 * typical_step(landmark, valid)) ** 2)
    core = np.s_[..., 1 : height - 1, 1 : width - 1]
    middle = landmark[core]
    total, count = np.zeros_like(middle), np.ones(valid[core].shape, np.float32)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        after = np.s_[..., 1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]
        before = np.s_[..., 1 - dy : height - 1 - dy, 1 - dx : width - 1 - dx]
        bend = landmark[after] + landmark[before] - 2 * middle
        near = square_length(landmark[after] - landmark[before]) < 16 * limit
        near &= square_length(bend) < limit
        near &= valid[core] & valid[after] & valid[before]
        total += np.multiply(bend, near, out=bend)
        count += 2 * near
    smooth = landmark.copy()
    smooth[core] += total / count
    return smooth


def measure_gradient(surface: Surface) -> SurfaceGradient:
    """Differentiate the landmarks within each surface of the drawing."""
    valid = surface.usable > 0
    step = typical_step(surface.landmark, valid)
    dx, dy = (_difference(surface.landmark, valid, axis, JUMP_STEPS * step) for axis in (-1, -2))
    xx, yy = square_length(dx), square_length(dy)
    xy = dx[0] * dy[0] + dx[1] * dy[1] + dx[2] * dy[2]
    # Singular values of [d/dx d/dy]: the small one is an unforeshortened pixel step.
    middle, radius = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    small, large = np.sqrt(np.maximum(middle - radius, 0)), np.sqrt(middle + radius)
    known = valid & (xx > 0) & (yy > 0)
    facing = np.clip(np.where(known, small / np.maximum(large, 1e-9), 0), GRAZING_FACING, 1)
    density = 1 / step
    if known.sum() >= 16:
        density = 1 / max(float(np.percentile(small[known], 40)), 0.3 * step)
    floor = np.float32((0.1 * step) ** 2)
    determinant = np.maximum(xx * yy - xy**2, floor * np.maximum(xx + yy, floor))
    inverse = np.stack([yy * dx - xy * dy, xx * dy - xy * dx]) / determinant
    return SurfaceGradient(inverse, (facing * valid).astype(np.float32), density)


def _difference(landmark: Float, valid: Bool, axis: int, jump: float) -> Float:
    """Average the forward and backward differences that stay on one surface; else zero."""
    ahead, here = _pair(landmark, 1, axis)
    step = ahead - here
    same = np.logical_and(*_pair(valid, 1, axis)) & (square_length(step) < jump**2)
    step *= same
    total, count = np.zeros_like(landmark), np.zeros(valid.shape, np.float32)
    for sums, part in ((total, step), (count, same)):
        for side in _pair(sums, 1, axis):
            np.add(side, part, out=side)
    total /= np.maximum(count, 1)
    return total


def halve(surface: Surface) -> Surface:
    """Shrink to half size, averaging in each 2x2 block the pixels of its best-known surface."""
    landmark, colour, usable = (
        _blocks(plane) for plane in (surface.landmark, surface.colour, surface.usable)
    )
    best = np.argmax(usable, axis=0)
    anchor = np.take_along_axis(landmark, best[None, None], axis=0)
    jump = JUMP_STEPS * typical_step(surface.landmark, surface.usable > 0)
    near = usable * np.stack([square_length(block) < jump**2 for block in landmark - anchor])
    total = np.maximum(near.sum(0), np.float32(1e-6))
    near /= total
    return Surface(
        np.sum(landmark * near[:, None], axis=0),
        np.sum(colour * near[:, None], axis=0),
        np.asarray(usable.sum(0) / 4, np.float32),
    )


def _blocks(plane: Float) -> Float:
    """Split ``[..., H, W]`` into the four pixels of each 2x2 block, ``[4, ..., H/2, W/2]``."""
    odd = [(0, 0)] * (plane.ndim - 2) + [(0, size % 2) for size in plane.shape[-2:]]
    padded = np.pad(plane, odd)
    return np.stack([padded[..., dy::2, dx::2] for dy in (0, 1) for dx in (0, 1)])
