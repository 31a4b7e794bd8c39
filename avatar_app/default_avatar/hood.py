"""The hood that lies down behind the neck, its fox ears, and the drawstrings."""

from collections.abc import Mapping

import numpy as np

from avatar_app.default_avatar.hoodie import trunk_points
from avatar_app.default_avatar.lofting import (
    Box,
    WeightField,
    bound,
    circle,
    curve,
    loft,
    placed,
    unit_uvs,
)
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.surfaces import (
    Double,
    Surface,
    merge,
    mirrored,
    sample_spline,
    smoothstep,
)
from avatar_app.default_avatar.weight_fields import torso_and_arms

HOOD_BOX: Box = (0.51, 0.44, 0.99, 0.80)
EAR_BOX: Box = (0.51, 0.82, 0.74, 0.99)
STRING_BOX: Box = (0.76, 0.82, 0.99, 0.90)

# The hood's cross-section: outwards from the neck and up, in units of the hood's size at its
# middle. It climbs the collar, dips into the bag, rolls over the outer lip and returns below.
PROFILE = (
    (0.004, -0.034), (-0.002, -0.012), (-0.003, 0.012), (0.004, 0.032), (0.014, 0.038),
    (0.025, 0.028), (0.035, 0.010), (0.050, 0.004), (0.064, 0.016), (0.077, 0.022),
    (0.092, 0.010), (0.102, -0.022), (0.101, -0.060), (0.086, -0.096), (0.060, -0.112),
    (0.034, -0.100), (0.014, -0.066), (0.004, -0.034),
)  # fmt: skip
LINED = 8  # profile points up to here show the yellow lining
# angle from behind in degrees -> size, height of the collar's foot, distance from the neck
SIZES = ((0, 1.0), (35, 0.96), (70, 0.78), (100, 0.55), (130, 0.36), (152, 0.22))
HEIGHTS = ((0, 1.218), (40, 1.218), (80, 1.214), (110, 1.203), (135, 1.184), (152, 1.163))
RADII = ((0, 0.056), (60, 0.059), (100, 0.060), (130, 0.058), (152, 0.068))

STRING_X = 0.055
STRING_JOINTS = 3


def _hood() -> Surface:
    angle = np.linspace(-152.0, 152.0, 25)
    size, height, radius = (curve(table, np.abs(angle)) for table in (SIZES, HEIGHTS, RADII))
    out, up = np.array(PROFILE).T
    turned = np.radians(angle)
    # the bag reaches further behind than to the sides
    reach = radius[:, None] + size[:, None] * out
    x = -np.sin(turned)[:, None] * reach
    z = -0.016 - np.cos(turned)[:, None] * reach
    # an animal-ear hood sags between its ears
    sag = -0.012 * np.cos(2.0 * turned)[:, None] * np.clip(out - 0.05, 0.0, 1.0) / 0.05
    y = height[:, None] + size[:, None] * (up + sag)
    points = np.stack([x, y, z], axis=-1)
    uvs = unit_uvs(angle, np.arange(len(PROFILE)))
    ends = [points[:1].mean(axis=1, keepdims=True), points[-1:].mean(axis=1, keepdims=True)]
    closed = [np.broadcast_to(end, points[:1].shape) for end in ends]
    uvs = np.concatenate([uvs[:1], uvs, uvs[-1:]])
    return loft(np.concatenate([closed[0], points, closed[1]]), placed(uvs, HOOD_BOX))


def _hood_field(positions: Double) -> Mapping[str, Double]:
    """Follow the jacket underneath, the arms only a little."""
    return torso_and_arms(positions * (0.62, 1.0, 1.0))


# The left ear hangs from the bag's side: root, middle, tip.
EAR_PATH = np.array(
    [
        (0.066, 1.170, -0.106),
        (0.112, 1.178, -0.150),
        (0.154, 1.160, -0.176),
        (0.184, 1.116, -0.184),
    ]
)
EAR_WIDTHS = (
    (0.0, 0.040),
    (0.22, 0.047),
    (0.50, 0.039),
    (0.82, 0.019),
    (0.95, 0.007),
    (1.0, 0.001),
)


def _ear() -> Surface:
    share = np.linspace(0.0, 1.0, 9)
    path = sample_spline(EAR_PATH, len(share))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    face = np.array((0.25, 0.35, -0.9))  # the ear's inside looks backwards
    side = np.cross(tangent, face)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    outward = np.cross(side, tangent)
    width = curve(EAR_WIDTHS, share)[:, None, None]
    angle = circle(12)
    cosine, sine = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    # hollow on the inside, round on the back
    depth = np.where(cosine > 0, 0.10 - 0.25 * (1.0 - np.abs(sine)), 0.34)
    ring = width * sine * side[:, None] + width * depth * cosine * outward[:, None]
    uvs = unit_uvs(share, angle)
    return loft(path[:, None] + ring, placed(uvs, EAR_BOX))


def _ear_bones(side: str) -> tuple[str, ...]:
    return tuple(f"{side}HoodEar{k}" for k in range(3))


def _mirror(side: str) -> Double:
    return np.array((1.0 if side == "left" else -1.0, 1.0, 1.0))


def _chain_field(root: WeightField, path: Double, bones: tuple[str, ...]) -> WeightField:
    """Return a field that hands over from ``root`` to a chain along its path."""

    def field(positions: Double) -> Mapping[str, Double]:
        segments = np.diff(path, axis=0)
        starts = np.concatenate([[0.0], np.cumsum(np.linalg.norm(segments, axis=1))])
        dense = np.linspace(0.0, 1.0, 60)
        fine = np.stack([np.interp(dense * starts[-1], starts, c) for c in path.T], axis=1)
        nearest = np.argmin(np.linalg.norm(positions[:, None] - fine[None], axis=2), axis=1)
        place = dense[nearest] * (len(bones) - 1)
        held = 1.0 - smoothstep(0.0, 0.45, place)
        shares = {bone: share * held for bone, share in root(positions).items()}
        for index, bone in enumerate(bones[:-1]):
            mine = np.clip(1.0 - np.abs(place - 0.5 - index), 0.0, 1.0)
            mine = np.where((index == 0) & (place < 0.5), 1.0, mine)
            mine = np.where((index == len(bones) - 2) & (place > index + 0.5), 1.0, mine)
            shares[bone] = shares.get(bone, np.zeros(len(place))) + mine * (1.0 - held)
        return shares

    return field


def _string_path() -> Double:
    """Return the left drawstring: out of the collar and down the jacket's front."""
    heights = np.array((1.160, 1.140, 1.110, 1.075, 1.040, 1.005))
    columns = trunk_points()[:, :6].reshape(-1, 3)
    front = []
    for y in heights:
        cost = np.abs(columns[:, 1] - y) + 0.6 * np.abs(columns[:, 0] - STRING_X - 0.010)
        front.append(columns[np.argsort(cost)[:3], 2].max())
    z = np.maximum.accumulate(np.array(front)) + 0.009
    x = STRING_X + np.array((0.000, 0.003, 0.006, 0.008, 0.009, 0.009))
    return np.stack([x, heights, z], axis=1)


def _string() -> Surface:
    share = np.array((0.0, 0.18, 0.36, 0.54, 0.70, 0.80, 0.83, 0.86, 0.91, 0.96, 0.99, 1.0))
    path = _string_path()
    dense = sample_spline(path, 101)[(share * 100).astype(int)]
    # a cord, then a leaf-green tip like a small bud
    radius = curve(
        (
            (0.0, 0.0030),
            (0.80, 0.0030),
            (0.83, 0.0050),
            (0.91, 0.0064),
            (0.97, 0.0045),
            (1.0, 0.0006),
        ),
        share,
    )
    angle = circle(6)
    x, z = np.sin(angle), np.cos(angle)
    ring = np.stack([x, np.zeros_like(x), z], axis=1)[None] * radius[:, None, None]
    points = (dense[:, None] + ring)[::-1]
    uvs = unit_uvs(-share[::-1], angle)
    return loft(points, placed(uvs, STRING_BOX))


def _string_bones(side: str) -> tuple[str, ...]:
    return tuple(f"{side}String{k}" for k in range(STRING_JOINTS + 1))


def _string_joints() -> Double:
    return sample_spline(_string_path(), STRING_JOINTS + 1)


def hood_springs() -> list[SpringBones]:
    """Return the chains of the ears and drawstrings."""
    chains = []
    ear_path = sample_spline(EAR_PATH, 3)
    for side in ("left", "right"):
        ear = (ear_path * _mirror(side)).astype(np.float32)
        chains.append(
            SpringBones("upperChest", _ear_bones(side), ear, stiffness=2.2, drag=0.35,
                        gravity_power=0.0, hit_radius=0.02)
        )  # fmt: skip
        string = (_string_joints() * _mirror(side)).astype(np.float32)
        chains.append(
            SpringBones("upperChest", _string_bones(side), string, stiffness=1.4, drag=0.35,
                        gravity_power=0.10, hit_radius=0.008)
        )  # fmt: skip
    return chains


def hood_parts() -> list[Part]:
    """Model hood, ears and drawstrings."""
    parts = [bound("hood", "Hoodie", _hood(), _hood_field)]
    ear, string = _ear(), _string()
    for side, ear_surface, string_surface in (
        ("left", ear, string),
        ("right", mirrored(ear), mirrored(string)),
    ):
        ear_path = sample_spline(EAR_PATH, 3) * _mirror(side)
        field = _chain_field(_hood_field, ear_path, _ear_bones(side))
        parts.append(bound(f"{side}HoodEar", "Hoodie", ear_surface, field))
        joints = _string_joints() * _mirror(side)
        field = _chain_field(torso_and_arms, joints, _string_bones(side))
        parts.append(bound(f"{side}String", "Hoodie", merge([string_surface]), field))
    return parts
