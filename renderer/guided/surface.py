"""The surface that one drawing shows: landmarks, their gradients, facing, colours."""

from dataclasses import dataclass, field

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
        landmark: ``[H, W, 3]`` float32 in [0, 1].
        colour: ``[H, W, 3]`` float32, straight sRGB in [0, 255].
        usable: ``[H, W]`` float32 in [0, 1], how far the pixel shows paint of that landmark.
    """

    landmark: Float = field(repr=False)
    colour: Float = field(repr=False)
    usable: Float = field(repr=False)

    def cropped(self, keep: Bool) -> "Surface | None":
        """Return the part around the ``keep`` pixels with others unusable; None if empty."""
        rows, columns = np.flatnonzero(keep.any(1)), np.flatnonzero(keep.any(0))
        if rows.size == 0:
            return None
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return Surface(
            self.landmark[box], self.colour[box], np.where(keep[box], self.usable[box], 0)
        )


@dataclass(frozen=True, slots=True)
class SurfaceGradient:
    """How landmarks change from pixel to pixel.

    Attributes:
        pixel_from_landmark: ``[H, W, 2, 3]`` float32, (x, y) pixels per landmark unit.
        facing: ``[H, W]`` float32, 1 where the surface looks at the viewer, towards 0 at its rim.
        density: Pixels per landmark unit where the surface faces the viewer.
    """

    pixel_from_landmark: Float = field(repr=False)
    facing: Float = field(repr=False)
    density: float


def typical_step(landmark: Float, valid: Bool) -> float:
    """Estimate how far landmarks move over one pixel of a surface that faces the viewer."""
    steps = []
    for axis in (0, 1):
        for stride in (4, 1):
            ahead, here = _pair(landmark, stride, axis)
            both = np.logical_and(*_pair(valid, stride, axis))
            if both.sum() >= 16:
                length = np.sqrt(np.sum((ahead - here)[both] ** 2, -1)) / stride
                steps.append(float(np.percentile(length, 20)))
                break
    return max(min(steps, default=1e-3), 1e-6)


def _pair(array: NDArray[np.generic], stride: int, axis: int) -> tuple[NDArray, NDArray]:  # type: ignore[type-arg]
    """Return the array without its first and without its last ``stride`` rows or columns."""
    if axis == 0:
        return array[stride:], array[:-stride]
    return array[:, stride:], array[:, :-stride]


def smooth_landmarks(landmark: Float, valid: Bool) -> Float:
    """Average opposite neighbours of one surface, which undoes the rounding of half precision.

    Args:
        landmark: ``[H, W, 3]`` float32.
        valid: ``[H, W]``, pixels that have a landmark.
    """
    limit = (3 * typical_step(landmark, valid)) ** 2
    total, count = landmark.copy(), np.ones(valid.shape, np.float32)
    height, width = valid.shape
    core = np.s_[1 : height - 1, 1 : width - 1]
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        after = np.s_[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]
        before = np.s_[1 - dy : height - 1 - dy, 1 - dx : width - 1 - dx]
        bend = landmark[after] + landmark[before] - 2 * landmark[core]
        near = np.sum((landmark[after] - landmark[before]) ** 2, -1) < 16 * limit
        near &= np.sum(bend**2, -1) < limit
        near &= valid[core] & valid[after] & valid[before]
        total[core] += np.where(near[..., None], bend + 2 * landmark[core], 0)
        count[core] += 2 * near
    return np.asarray(total / count[..., None], np.float32)


def measure_gradient(surface: Surface) -> SurfaceGradient:
    """Differentiate the landmarks within each surface of the drawing."""
    valid = surface.usable > 0
    step = typical_step(surface.landmark, valid)
    along = [_difference(surface.landmark, valid, axis, JUMP_STEPS * step) for axis in (1, 0)]
    uu, vv = (np.sum(d * d, -1) for d in along)
    uv = np.sum(along[0] * along[1], -1)
    # Singular values of [d/dx d/dy]: the small one is an unforeshortened pixel step.
    middle, radius = (uu + vv) / 2, np.sqrt(((uu - vv) / 2) ** 2 + uv**2)
    small, large = np.sqrt(np.maximum(middle - radius, 0)), np.sqrt(middle + radius)
    known = valid & (uu > 0) & (vv > 0)
    facing = np.where(known, small / np.maximum(large, 1e-9), 0)
    density = 1 / step
    if known.sum() >= 16:
        density = 1 / max(float(np.percentile(small[known], 40)), 0.3 * step)
    floor = (0.1 * step) ** 2
    determinant = np.maximum(uu * vv - uv**2, floor * np.maximum(uu + vv, floor))[..., None]
    inverse = np.stack(
        [
            (vv[..., None] * along[0] - uv[..., None] * along[1]) / determinant,
            (uu[..., None] * along[1] - uv[..., None] * along[0]) / determinant,
        ],
        -2,
    )
    facing = np.clip(facing, GRAZING_FACING, 1) * valid
    return SurfaceGradient(inverse.astype(np.float32), facing.astype(np.float32), density)


def _difference(landmark: Float, valid: Bool, axis: int, jump: float) -> Float:
    """Average the forward and backward differences that stay on one surface; else zero."""
    ahead, here = _pair(landmark, 1, axis)
    step = ahead - here
    same = np.logical_and(*_pair(valid, 1, axis)) & (np.sum(step * step, -1) < jump**2)
    step *= same[..., None]
    total, count = np.zeros_like(landmark), np.zeros(valid.shape, np.float32)
    first, second = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
    total[first] += step
    total[second] += step
    count[first] += same
    count[second] += same
    return np.asarray(total / np.maximum(count, 1)[..., None], np.float32)


def halve(surface: Surface) -> Surface:
    """Shrink to half size, averaging in each 2x2 block the pixels of its best-known surface."""
    height, width = surface.usable.shape
    pad = ((0, height % 2), (0, width % 2), (0, 0))
    blocks = [_blocks(np.pad(a, pad)) for a in (surface.landmark, surface.colour)]
    usable = _blocks(np.pad(surface.usable[..., None], pad))
    landmark, colour = blocks
    first = np.argmax(usable[..., 0], axis=0)[None, ..., None]
    anchor = np.take_along_axis(landmark, first, axis=0)
    jump = JUMP_STEPS * typical_step(surface.landmark, surface.usable > 0)
    near = usable * (np.sum((landmark - anchor) ** 2, -1, keepdims=True) < jump**2)
    total = np.maximum(near.sum(0), 1e-6)
    return Surface(
        ((landmark * near).sum(0) / total).astype(np.float32),
        ((colour * near).sum(0) / total).astype(np.float32),
        (usable.sum(0) / 4)[..., 0].astype(np.float32),
    )


def _blocks(array: Float) -> Float:
    """Split ``[2H, 2W, C]`` into the four pixels of each block: ``[4, H, W, C]``."""
    return np.stack([array[dy::2, dx::2] for dy in (0, 1) for dx in (0, 1)])
