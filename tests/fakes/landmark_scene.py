"""A jointed doll of ellipsoids with analytic landmarks: truth for look-up tests without OpenGL."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderer.types import CharacterSheet, InkStyle, LandmarkBox, SheetView

Float = NDArray[np.float32]

NO_INK = InkStyle(width=0.0)
MOUTH = LandmarkBox((0.46, 0.80, 0.60), (0.54, 0.84, 0.70))
LEFT_EYE = LandmarkBox((0.53, 0.86, 0.58), (0.61, 0.91, 0.70))
RIGHT_EYE = LandmarkBox((0.39, 0.86, 0.58), (0.47, 0.91, 0.70))


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """One limb: centre and radii in landmark units, joint about which it swings."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    joint: tuple[float, float, float] = (0.5, 0.5, 0.5)
    swing: float = 0.0


DOLL = (
    Ellipsoid((0.5, 0.45, 0.5), (0.13, 0.24, 0.09)),
    Ellipsoid((0.5, 0.85, 0.5), (0.14, 0.14, 0.14)),
    Ellipsoid((0.5, 0.90, 0.49), (0.155, 0.12, 0.16)),
    Ellipsoid((0.72, 0.55, 0.5), (0.13, 0.05, 0.05), (0.60, 0.60, 0.5), 1.0),
    Ellipsoid((0.28, 0.55, 0.5), (0.13, 0.05, 0.05), (0.40, 0.60, 0.5), -1.0),
    Ellipsoid((0.56, 0.14, 0.5), (0.05, 0.13, 0.05)),
    Ellipsoid((0.44, 0.14, 0.5), (0.05, 0.13, 0.05)),
)


def _turn(yaw_rad: float, roll_rad: float) -> NDArray[np.float64]:
    """World from limb: roll about Z, seen from a yaw about Y."""
    cy, sy, cr, sr = np.cos(yaw_rad), np.sin(yaw_rad), np.cos(roll_rad), np.sin(roll_rad)
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    return np.asarray(yaw @ roll)


def doll_colour(landmark: Float, mood: str | None = None) -> Float:
    """Paint a landmark: smooth gradients, stripes, a face; ``[..., 3]`` in [0, 1]."""
    x, y, z = (landmark[..., i] for i in range(3))
    colour = np.stack([0.3 + 0.5 * y, 0.4 + 0.4 * x, 0.8 - 0.4 * z], -1)
    stripe = (np.sin(70 * y) > 0.4) & (y < 0.7)
    colour[stripe] *= np.array([0.9, 0.6, 0.55])
    for box, moods, paint in (
        (MOUTH, ("aa",), (0.9, 0.1, 0.1)),
        (LEFT_EYE, ("blink",), (0.1, 0.9, 0.1)),
        (RIGHT_EYE, ("blink",), (0.1, 0.1, 0.9)),
    ):
        centre, half = (np.add(box.low, box.high) / 2, np.subtract(box.high, box.low) / 2)
        inside = np.sum(((landmark - centre) / (0.7 * half)) ** 2, -1) < 1
        colour[inside] = paint if mood in moods else np.asarray((0.15, 0.12, 0.2))
    return np.asarray(colour, np.float32)


def draw_doll(
    size: int,
    *,
    yaw_rad: float = 0.0,
    swing_rad: float = 0.0,
    window: tuple[float, float, float] = (0.5, 0.5, 1.0),
    mood: str | None = None,
) -> tuple[NDArray[np.uint8], Float]:
    """Draw the doll seen from ``yaw_rad`` with raised arms; straight RGBA and UDP ``[S, S, 4]``.

    Args:
        size: Height and width in pixels.
        yaw_rad: 0 front, pi/2 its left side.
        swing_rad: How far the arms turn upwards.
        window: Centre x, centre y and height of the shown square, landmark units.
        mood: Expression to paint into the face.
    """
    cx, cy, height = window
    step = height / size
    grid_x = cx - height / 2 + (np.arange(size) + 0.5) * step - 0.5
    grid_y = cy + height / 2 - (np.arange(size) + 0.5) * step - 0.5
    x, y = np.meshgrid(grid_x, grid_y)
    depth = np.full((size, size), -np.inf)
    landmark = np.zeros((size, size, 3))
    for limb in DOLL:
        world = _turn(yaw_rad, limb.swing * swing_rad)
        joint, offset = np.subtract(limb.joint, 0.5), np.subtract(limb.centre, limb.joint)
        middle = _turn(yaw_rad, 0.0) @ joint + world @ offset
        scale = world.T / np.asarray(limb.radii)[:, None]
        start = np.stack([x - middle[0], y - middle[1], np.zeros_like(x)], -1) @ scale.T
        ray = scale[:, 2]
        a, b, c = ray @ ray, start @ ray, np.sum(start**2, -1) - 1
        under = b**2 - a * c
        z = middle[2] + (-b + np.sqrt(np.maximum(under, 0))) / a
        front = (under > 0) & (z > depth)
        depth[front] = z[front]
        local = np.stack([x - middle[0], y - middle[1], z - middle[2]], -1) @ world
        landmark[front] = (local + limb.centre)[front]
    seen = np.isfinite(depth)
    udp = np.concatenate([landmark * seen[..., None], seen[..., None]], -1).astype(np.float32)
    colour = doll_colour(udp[..., :3], mood) * seen[..., None]
    image = np.concatenate([colour, seen[..., None]], -1)
    return np.asarray(np.rint(image * 255), np.uint8), udp


def doll_view(name: str, size: int = 256, **draw: object) -> SheetView:
    """Draw one sheet view of the doll; ``draw`` as in ``draw_doll``."""
    image, udp = draw_doll(size, **draw)  # type: ignore[arg-type]
    mood = draw.get("mood")
    return SheetView(
        name,
        image,
        udp.astype(np.float16),
        float(draw.get("yaw_rad", 0.0)),  # type: ignore[arg-type]
        mood if isinstance(mood, str) else None,
    )


FACE_WINDOW = (0.5, 0.85, 0.45)


def doll_sheet(size: int = 256) -> CharacterSheet:
    """Six neutral views and two expression views."""
    yaws = {"front": 0.0, "left": np.pi / 2, "back": np.pi, "right": -np.pi / 2, "three": 0.7}
    views = [doll_view(name, size, yaw_rad=float(yaw)) for name, yaw in yaws.items()]
    views.append(doll_view("bust", size, window=FACE_WINDOW))
    views.append(doll_view("bust-aa", size, window=FACE_WINDOW, mood="aa"))
    views.append(doll_view("bust-blink", size, window=FACE_WINDOW, mood="blink"))
    regions = {"mouth": MOUTH, "leftEye": LEFT_EYE, "rightEye": RIGHT_EYE}
    return CharacterSheet(tuple(views), regions, NO_INK)
