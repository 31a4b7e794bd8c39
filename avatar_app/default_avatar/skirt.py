"""The pleated skirt and the spring bones that make it sway."""

from itertools import pairwise

import numpy as np

from avatar_app.default_avatar.lofting import Box, bound, circle, curve, inner_shell, loft, placed
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.surfaces import Double, Surface, merge, smoothstep
from avatar_app.default_avatar.weight_fields import trunk

SKIRT_BOX: Box = (0.0, 0.41, 1.0, 0.72)
SKIRT_INSIDE_BOX: Box = (0.60, 0.76, 0.98, 0.88)

CHAINS = 10
PLEATS = 20
PLEAT_COLUMNS = 3
JOINT_HEIGHTS = (0.925, 0.835, 0.735, 0.622)

# y, half width, half depth, pleat depth
RINGS = (
    (0.622, 0.205, 0.172, 0.0130),
    (0.670, 0.196, 0.163, 0.0116),
    (0.725, 0.182, 0.150, 0.0096),
    (0.780, 0.166, 0.135, 0.0076),
    (0.835, 0.147, 0.119, 0.0054),
    (0.884, 0.124, 0.099, 0.0030),
    (0.918, 0.105, 0.082, 0.0004),
    (0.930, 0.102, 0.079, 0.0000),
    (0.962, 0.097, 0.074, 0.0000),
)
BAND_Y = 0.918
CENTRE_Z = -0.004


def _radii(height: Double) -> tuple[Double, Double, Double]:
    rows = np.array(RINGS)
    width, depth, pleat = (
        curve(list(zip(rows[:, 0], rows[:, k], strict=True)), height) for k in (1, 2, 3)
    )
    return width, depth, pleat


def _outside() -> Surface:
    rows = np.array(RINGS)[:, 0]
    angle = circle(PLEATS * PLEAT_COLUMNS)
    # a knife pleat: a broad face that rises, then a short return under the next one
    phase = np.tile((-0.8, 0.1, 1.0), PLEATS)
    shift = np.tile((0.0, 0.1, 0.55), PLEATS)
    phase, shift = np.append(phase, phase[0]), np.append(shift, shift[0])
    angle = angle + shift * 2.0 * np.pi / (PLEATS * PLEAT_COLUMNS)
    width, depth, pleat = (value[:, None] for value in _radii(rows))
    x = (width + pleat * phase) * np.sin(angle)
    z = CENTRE_Z + (depth + pleat * phase) * np.cos(angle)
    # the hem dips a little behind and on the pleats' faces
    y = rows[:, None] + 0.0 * angle
    points = np.stack([x, y, z], axis=-1)
    u = np.linspace(0.0, 1.0, len(angle))[None, :]
    v = ((rows[-1] - rows) / (rows[-1] - rows[0]))[:, None]
    uvs = np.stack(np.broadcast_arrays(u, v), axis=-1)
    return loft(points, placed(uvs, SKIRT_BOX))


def _cloth() -> Surface:
    outside = _outside()
    inside = inner_shell(outside, 0.004)
    low, high = np.array(SKIRT_INSIDE_BOX[:2]), np.array(SKIRT_INSIDE_BOX[2:])
    whole = np.array(SKIRT_BOX)
    unit = (inside.uvs - whole[:2]) / (whole[2:] - whole[:2])
    uvs = (low + unit * (high - low)).astype(np.float32)
    lining = Surface(inside.positions, inside.normals, uvs, inside.triangles)
    columns = PLEATS * PLEAT_COLUMNS + 1
    hem = loft(
        np.stack([inside.positions[:columns], outside.positions[:columns]]).astype(np.float64),
        np.stack([outside.uvs[:columns]] * 2).astype(np.float64),
    )
    return merge([outside, lining, hem])


def _chain_angle(chain: int) -> float:
    return 2.0 * np.pi * (chain + 0.5) / CHAINS


def _bone(chain: int, joint: int) -> str:
    return f"skirt{chain}_{joint}"


def _leg_share(positions: Double, around: Double) -> Double:
    """Return how far the cloth follows the thigh below it, most in front, where knees rise.

    Springs alone meet a raised thigh too late and from either side.
    """
    front = np.clip(np.cos(around), 0.0, 1.0)
    side = np.abs(np.sin(around))
    reach = 0.20 + 0.56 * front**0.8 + 0.30 * side**2 * (1.0 - front)
    return np.asarray(reach * (1.0 - smoothstep(0.690, 0.865, positions[:, 1])))


def _sway(positions: Double) -> dict[str, Double]:
    """Share the cloth among the thighs, the nearest two chains and, by height, their bones."""
    x, y, z = positions.T
    width, depth, _ = _radii(y)
    angle = np.arctan2(x / width, (z - CENTRE_Z) / depth)
    around = angle / (2.0 * np.pi) * CHAINS - 0.5
    belt = smoothstep(0.855, 0.925, y)
    shares = {bone: share * belt for bone, share in trunk(positions, top="spine").items()}
    leg = _leg_share(positions, angle) * (1.0 - belt)
    left = smoothstep(-0.045, 0.045, x)
    shares["leftUpperLeg"], shares["rightUpperLeg"] = leg * left, leg * (1.0 - left)
    loose = 1.0 - belt - leg
    middles = [0.5 * (a + b) for a, b in pairwise(JOINT_HEIGHTS)]
    drop = np.interp(-y, [-m for m in middles], np.arange(len(middles), dtype=float))
    for chain in range(CHAINS):
        distance = np.abs((around - chain + CHAINS / 2) % CHAINS - CHAINS / 2)
        near = 1.0 - smoothstep(0.0, 1.0, distance)
        for joint in range(len(middles)):
            mine = np.clip(1.0 - np.abs(drop - joint), 0.0, 1.0)
            shares[_bone(chain, joint)] = loose * near * mine
    return shares


def skirt_springs() -> list[SpringBones]:
    """Return the chains that hang from the hips around the skirt."""
    heights = np.array(JOINT_HEIGHTS)
    width, depth, _ = _radii(heights)
    chains = []
    for chain in range(CHAINS):
        angle = _chain_angle(chain)
        x, z = width * np.sin(angle), CENTRE_Z + depth * np.cos(angle)
        names = tuple(_bone(chain, joint) for joint in range(len(heights)))
        positions = np.stack([x, heights, z], axis=1).astype(np.float32)
        chains.append(
            SpringBones(
                "hips",
                names,
                positions,
                stiffness=1.1,
                drag=0.45,
                gravity_power=0.12,
                hit_radius=0.018,
            )
        )
    return chains


def skirt_parts() -> list[Part]:
    """Model the skirt."""
    return [bound("skirt", "Cloth", _cloth(), _sway)]
