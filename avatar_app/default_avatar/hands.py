"""Hands: a palm whose knuckle ring splits into four welded fingers, and a thumb."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from avatar_app.default_avatar.lofting import (
    Box,
    bound,
    circle,
    curve,
    loft,
    placed,
    unit_uvs,
    welded,
)
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skeleton import LEFT_BONES
from avatar_app.default_avatar.surfaces import Double, Surface, merge, mirrored, smoothstep
from avatar_app.default_avatar.weight_fields import WRIST_X

PALM_BOX: Box = (0.0, 0.55, 0.3, 0.95)
FINGER_BOX: Box = (0.35, 0.55, 0.65, 0.95)

FINGERS = ("Index", "Middle", "Ring", "Little")
SEGMENTS = ("Proximal", "Intermediate", "Distal")
TIPS = {
    "Index": (0.641, 1.168, 0.026),
    "Middle": (0.651, 1.169, 0.001),
    "Ring": (0.641, 1.167, -0.021),
    "Little": (0.618, 1.163, -0.043),
    "Thumb": (0.575, 1.151, 0.061),
}
THUMB_ROOT = (0.506, 1.167, 0.003)
# Distance from the tip in shares of the finger's length, and radius
FINGER_RADII = (
    (0.00, 0.0016), (0.02, 0.0036), (0.07, 0.0052), (0.16, 0.0062), (0.30, 0.0067), (0.42, 0.0070),
    (0.60, 0.0076), (0.85, 0.0082), (1.00, 0.0086),
)  # fmt: skip
FINGER_SIZE = {"Index": 1.0, "Middle": 1.04, "Ring": 0.98, "Little": 0.85}
THUMB_RADII = (
    (0.0, 0.0150), (0.15, 0.0142), (0.35, 0.0122), (0.52, 0.0102), (0.66, 0.0088), (0.76, 0.0086),
    (0.88, 0.0076), (0.95, 0.0060), (0.985, 0.0036), (1.0, 0.0010),
)  # fmt: skip

# x, centre y, half thickness, z of the thumb's side, z of the little finger's side
PALM_RINGS = (
    (0.476, 1.1720, 0.0165, 0.0105, -0.0305),
    (0.494, 1.1720, 0.0155, 0.0105, -0.0295),
    (0.506, 1.1720, 0.0155, 0.0125, -0.0300),
    (0.520, 1.1720, 0.0160, 0.0180, -0.0335),
    (0.536, 1.1720, 0.0158, 0.0235, -0.0380),
    (0.552, 1.1722, 0.0140, 0.0265, -0.0405),
    (0.566, 1.1725, 0.0118, 0.0275, -0.0410),
)
# the web between the fingers: x, y, z of the nine slots from the index to the little finger
WEB_X = (0.578, 0.582, 0.583, 0.585, 0.584, 0.582, 0.580, 0.577, 0.573)
WEB_Z = (0.0270, 0.0185, 0.0098, 0.0005, -0.0085, -0.0170, -0.0250, -0.0330, -0.0410)
WEB_Y = (1.1730, 1.1738, 1.1742, 1.1745, 1.1740, 1.1730, 1.1715, 1.1695, 1.1680)
WEB_THICKNESS = (0.0060, 0.0086, 0.0066, 0.0090, 0.0066, 0.0086, 0.0062, 0.0074, 0.0052)


def _finger_path(finger: str) -> Double:
    segments = ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else SEGMENTS
    joints = [LEFT_BONES[f"left{finger}{segment}"][1] for segment in segments]
    return np.array([*joints, TIPS[finger]])


def _palm_ring(ring: Sequence[float]) -> Double:
    x, y, thickness, front, back = ring
    slots = np.linspace(0.0, 1.0, 9)
    z = front + (back - front) * slots
    bulge = (1.0 - np.abs(2.0 * slots - 1.0) ** 2.6) ** 0.5 * 0.55 + 0.45
    slanted = x - 0.14 * (x - 0.5) * slots  # the little finger's knuckle lies further back
    bottom = np.stack([slanted, y - thickness * bulge, z], axis=1)
    top = np.stack([slanted, y + thickness * bulge, z], axis=1)[::-1]
    outer = np.array([[slanted[-1], y, back - 0.004]])
    inner = np.array([[x, y, front + 0.004]])
    return np.concatenate([bottom, outer, top, inner, bottom[:1]])


def _web_ring() -> Double:
    x, y, z = np.array(WEB_X), np.array(WEB_Y), np.array(WEB_Z)
    thickness = np.array(WEB_THICKNESS)
    bottom = np.stack([x - 0.003, y - thickness, z], axis=1)
    top = np.stack([x - 0.006, y + thickness, z], axis=1)[::-1]
    outer = np.array([[x[8] - 0.003, y[8], z[8] - 0.003]])
    inner = np.array([[x[0] - 0.003, y[0], z[0] + 0.003]])
    return np.concatenate([bottom, outer, top, inner, bottom[:1]])


def _finger_base(web: Double, finger: int) -> Double:
    """Return the finger's first ring ``[9, 3]``, made of palm vertices and web points."""
    low, high = 2 * finger, 2 * finger + 2

    def side(slot: int) -> Double:
        if slot == 0:
            return np.asarray(web[19])
        if slot == 8:
            return np.asarray(web[9])
        return np.asarray(0.5 * (web[slot] + web[18 - slot]) + (0.003, 0.0, 0.0))

    ring = [web[low], web[low + 1], web[high], side(high)]
    ring += [web[18 - high], web[17 - low], web[18 - low], side(low), web[low]]
    return np.array(ring)


def _along(path: Double, distances: Double) -> tuple[Double, Double]:
    """Return points ``[N, 3]`` and unit directions along a rounded path."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    points = np.stack(
        [curve(list(zip(lengths, c, strict=True)), distances) for c in path.T], axis=1
    )
    step = 1e-3
    ahead = np.stack([np.interp(distances + step, lengths, c) for c in path.T], axis=1)
    behind = np.stack([np.interp(distances - step, lengths, c) for c in path.T], axis=1)
    tangent = ahead - behind
    return points, tangent / np.linalg.norm(tangent, axis=1, keepdims=True)


def _tube(path: Double, distances: Double, radii: Double, angles: Double) -> Double:
    """Return ``[R, C, 3]`` rings about a path; angle 0 is the palm's side."""
    points, tangent = _along(path, distances)
    side = np.array((0.0, 0.0, 1.0)) - tangent * tangent[:, 2:]
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, tangent)
    ring = (
        -np.cos(angles)[None, :, None] * up[:, None] - np.sin(angles)[None, :, None] * side[:, None]
    )
    return np.asarray(points[:, None] + radii[:, None, None] * ring)


def _finger(web: Double, index: int) -> Surface:
    finger = FINGERS[index]
    path = _finger_path(finger)
    joints = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    length = joints[-1]
    middle, last = joints[1], joints[2]
    distances = np.array(
        [0.020, middle - 0.006, middle, middle + 0.006, last - 0.005, last, last + 0.006,
         length - 0.008, length - 0.0035, length - 0.001, length]
    )  # fmt: skip
    radii = FINGER_SIZE[finger] * curve(FINGER_RADII, 1.0 - distances / length)
    # joints are a little thicker
    radii[[2, 5]] *= 1.03
    angles = np.radians(np.array((-45, 0, 45, 90, 135, 180, 225, 270, 315), float))
    rings = np.concatenate([_finger_base(web, index)[None], _tube(path, distances, radii, angles)])
    tip = np.broadcast_to(path[-1] + (path[-1] - path[-2]) * 0.02, (1, 9, 3))
    uvs = unit_uvs(np.concatenate([[0.012], distances, [length + 0.001]]), angles)
    return loft(np.concatenate([rings, tip]), placed(uvs, FINGER_BOX))


def _thumb() -> Surface:
    path = np.concatenate([[THUMB_ROOT], _finger_path("Thumb")])
    length = float(np.sum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    share = np.array((0.0, 0.12, 0.25, 0.36, 0.46, 0.54, 0.64, 0.72, 0.80, 0.90, 0.96, 0.99, 1.0))
    angles = circle(8)
    rings = _tube(path, share * length, curve(THUMB_RADII, share), angles)
    tip = np.broadcast_to(path[-1] + (path[-1] - path[-2]) * 0.02, (1, len(angles), 3))
    uvs = unit_uvs(np.append(share, 1.01), angles)
    return loft(np.concatenate([rings, tip]), placed(uvs, FINGER_BOX))


def _hand() -> Surface:
    web = _web_ring()
    rings = np.concatenate([[_palm_ring(ring) for ring in PALM_RINGS], web[None]])
    uvs = unit_uvs([*(ring[0] for ring in PALM_RINGS), 0.58], np.arange(rings.shape[1]))
    palm = loft(rings, placed(uvs, PALM_BOX))
    return merge([welded(palm, *(_finger(web, k) for k in range(4))), _thumb()])


def _project(points: Double, path: Double) -> tuple[Double, Double]:
    """Return the distance of ``[V, 3]`` points to a polyline and where along it they lie."""
    nearest = np.full(len(points), np.inf)
    place = np.zeros(len(points))
    start = 0.0
    for index, (a, b) in enumerate(pairwise(path)):
        length = float(np.linalg.norm(b - a))
        low = -1.0 if index == 0 else 0.0  # knuckles lie before the first joint
        t = np.clip((points - a) @ (b - a) / length**2, low, 1.0)
        distance = np.linalg.norm(points - a - t[:, None] * (b - a), axis=1)
        closer = distance < nearest
        nearest = np.where(closer, distance, nearest)
        place = np.where(closer, start + t * length, place)
        start += length
    return nearest, place


def _finger_shares(points: Double, finger: str) -> tuple[Double, list[tuple[str, Double]]]:
    path = _finger_path(finger)
    distance, place = _project(points, path)
    joints = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    reach = 0.016 if finger == "Thumb" else 0.011
    rises = [smoothstep(joints[0] - reach, joints[0] + reach, place)]
    rises += [smoothstep(joint - 0.007, joint + 0.007, place) for joint in joints[1:3]]
    segments = ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else SEGMENTS
    shares = [rises[0] * (1.0 - rises[1]), rises[0] * rises[1] * (1.0 - rises[2])]
    shares.append(rises[0] * rises[1] * rises[2])
    return distance, [
        (f"{finger}{segment}", s) for segment, s in zip(segments, shares, strict=True)
    ]


def _hand_field(positions: Double) -> Mapping[str, Double]:
    """Share both hands among forearm, hand and the joints of the nearest finger."""
    left = positions * np.where(positions[:, :1] < 0, (-1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    found = [_finger_shares(left, finger) for finger in (*FINGERS, "Thumb")]
    # a web vertex between two fingers follows both
    closeness = np.array([np.exp(-((distance / 0.0045) ** 2)) for distance, _ in found]) + 1e-12
    closeness /= closeness.sum(axis=0)
    hand = smoothstep(WRIST_X - 0.016, WRIST_X + 0.016, left[:, 0])
    shares: dict[str, Double] = {"LowerArm": 1.0 - hand}
    for near, (_, joints) in zip(closeness, found, strict=True):
        shares |= {bone: near * share * hand for bone, share in joints}
    shares["Hand"] = np.maximum(1.0 - np.sum(list(shares.values()), axis=0), 0.0)
    sides = (("left", positions[:, 0] >= 0), ("right", positions[:, 0] < 0))
    return {f"{side}{bone}": share * mask for side, mask in sides for bone, share in shares.items()}


def hand_parts() -> list[Part]:
    """Model both hands."""
    hand = _hand()
    return [bound("hands", "HandSkin", merge([hand, mirrored(hand)]), _hand_field)]
