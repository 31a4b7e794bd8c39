"""The figure for which VMD motions are played: an MMD model of usual proportions.

A VMD tells where a model's foot goes and how its bones turn, not how long they are. The figure is
20 units high and rests in MMD's A-pose, 35 degrees; units are those of the file (8 cm), axes the
project's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_multiply, quat_rotate
from udp_live.loaders.mmd_names import FINGERS, SIDES

Float = NDArray[np.float64]
Place = tuple[float, float, float]

# Bone -> parent and place; parents first. "左" stands for either side.
TRUNK: dict[str, tuple[str | None, Place]] = {
    "全ての親": (None, (0.0, 0.0, 0.0)),
    "センター": ("全ての親", (0.0, 8.0, 0.0)),
    "グルーブ": ("センター", (0.0, 8.2, 0.0)),
    "腰": ("グルーブ", (0.0, 12.0, 0.0)),
    "下半身": ("腰", (0.0, 12.0, 0.0)),
    "上半身": ("腰", (0.0, 12.2, 0.0)),
    "上半身2": ("上半身", (0.0, 13.6, 0.0)),
    "首": ("上半身2", (0.0, 16.3, 0.0)),
    "頭": ("首", (0.0, 17.2, 0.0)),
}
SIDE: dict[str, tuple[str, Place]] = {
    "左肩P": ("上半身2", (0.3, 15.9, 0.0)),
    "左肩": ("左肩P", (0.3, 15.9, 0.0)),
    "左腕": ("左肩", (1.3, 15.6, 0.0)),
    "左腕捩": ("左腕", (2.4, 14.83, 0.0)),
    "左ひじ": ("左腕捩", (3.5, 14.06, 0.0)),
    "左手捩": ("左ひじ", (4.55, 13.32, 0.0)),
    "左手首": ("左手捩", (5.6, 12.59, 0.0)),
    "左足": ("下半身", (0.9, 10.8, 0.0)),
    "左ひざ": ("左足", (0.9, 6.0, 0.1)),
    "左足首": ("左ひざ", (0.9, 1.4, -0.2)),
    "左足先EX": ("左足首", (0.9, 0.4, 1.1)),
    "左足IK親": ("全ての親", (0.9, 0.0, -0.2)),
    "左足IK": ("左足IK親", (0.9, 1.4, -0.2)),
    "左つま先IK": ("左足IK", (0.9, 0.0, 1.3)),
}
THUMB: tuple[Place, ...] = ((5.7, 12.4, 0.25), (6.0, 12.15, 0.5), (6.25, 11.9, 0.65))
# The first joint of each finger, and how far apart its joints lie along the arm.
KNUCKLES: dict[str, Place] = {
    "Index": (6.3, 12.1, 0.28),
    "Middle": (6.33, 12.08, 0.0),
    "Ring": (6.3, 12.1, -0.18),
    "Little": (6.22, 12.16, -0.4),
}
PHALANX: Place = (0.3, -0.21, 0.0)
HIPS_PLACE = np.array((0.0, 11.4, 0.0))  # half way from the waist to the legs, as in a VRM


@dataclass(frozen=True, slots=True)
class FigureBone:
    """A bone of the figure: its parent and its place at rest."""

    parent: str | None
    place: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MovedFigure:
    """All bones at every frame, by name.

    Attributes:
        rotations: ``[T, 4]`` turns from rest, world axes.
        positions: ``[T, 3]`` in MMD's unit.
    """

    rotations: dict[str, Float] = field(repr=False)
    positions: dict[str, Float] = field(repr=False)


def figure() -> dict[str, FigureBone]:
    """Return the bones of the figure, parents first."""
    bones = {name: FigureBone(above, np.array(at)) for name, (above, at) in TRUNK.items()}
    for side, (letter, _) in SIDES.items():
        mirror = np.array((1.0 if side == "left" else -1.0, 1.0, 1.0))
        for name, (above, at) in {**SIDE, **_fingers()}.items():
            bones[name.replace("左", letter)] = FigureBone(
                above.replace("左", letter), np.array(at) * mirror
            )
    return bones


def moved_figure(
    bones: Mapping[str, FigureBone], locals_: Mapping[str, tuple[Float, Float]], frames: int
) -> MovedFigure:
    """Accumulate the movements of the bones down the figure.

    Args:
        bones: Parents first.
        locals_: ``[T, 3]`` positions from rest and ``[T, 4]`` rotations of the bones that move.
        frames: T.
    """
    moved = MovedFigure({}, {})
    still = np.tile(np.array((0.0, 0.0, 0.0, 1.0)), (frames, 1))
    for name, bone in bones.items():
        shift, turn = locals_.get(name, (np.zeros((1, 3)), still))
        if bone.parent is None:
            moved.rotations[name], moved.positions[name] = turn, bone.place + shift
            continue
        above = moved.rotations[bone.parent]
        offset = bone.place - bones[bone.parent].place + shift
        moved.rotations[name] = quat_multiply(above, turn)
        moved.positions[name] = moved.positions[bone.parent] + quat_rotate(above, offset)
    return moved


def _fingers() -> dict[str, tuple[str, Place]]:
    """Return the joints of the left hand's fingers."""
    joints: dict[str, tuple[str, Place]] = {}
    above = "左手首"
    for number, place in enumerate(THUMB):
        joints[f"左親指{number}"] = (above, place)
        above = f"左親指{number}"
    for finger, (names, _) in FINGERS.items():
        above = "左手首"
        for number in range(3):
            x, y, z = np.array(KNUCKLES[finger]) + number * np.array(PHALANX)
            joints[f"左{names[0]}{number + 1}"] = (above, (float(x), float(y), float(z)))
            above = f"左{names[0]}{number + 1}"
    return joints
