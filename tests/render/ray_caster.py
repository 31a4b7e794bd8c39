"""The numpy twin of the UDP pass: one ray per pixel against every triangle."""

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.framing import clip_from_world
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices
from udp_live.types import RigPose, Viewpoint

MISS = np.inf


def cast_udp(
    rig: Rig, pose: RigPose, viewpoint: Viewpoint, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Return ``[H, W, 4]`` float32 landmark and occupancy of opaque materials."""
    origins, directions = _rays(viewpoint, size)
    corners = skin_vertices(rig, pose)[0][rig.mesh.triangles].astype(float)
    culled = np.zeros(len(corners), bool)
    for part in rig.mesh.parts:
        one_sided = not rig.materials[part.material].double_sided
        culled[part.first : part.first + part.count] = one_sided
    distance, u, v = _intersect(origins, directions, corners, culled)
    nearest = np.argmin(distance, axis=1)
    rays = np.arange(len(origins))
    u, v = u[rays, nearest, None], v[rays, nearest, None]
    a, b, c = (canonical_landmarks(rig)[rig.mesh.triangles[nearest, i]] for i in range(3))
    hit = np.isfinite(distance[rays, nearest])
    landmarks = np.where(hit[:, None], a * (1 - u - v) + b * u + c * v, 0.0)
    udp = np.concatenate((landmarks, hit[:, None]), axis=1)
    return udp.reshape(size[1], size[0], 4).astype(np.float32)


def _rays(
    viewpoint: Viewpoint, size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width, height = size
    world_from_clip = np.linalg.inv(clip_from_world(viewpoint, width / height).astype(float))
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    flat = np.stack((2 * x.ravel() - 1, 1 - 2 * y.ravel()), axis=1)
    ends = []
    for depth in (-1.0, 1.0):
        clip = np.column_stack((flat, np.full(len(flat), depth), np.ones(len(flat))))
        world = clip @ world_from_clip.T
        ends.append(world[:, :3] / world[:, 3:])
    return ends[0], ends[1] - ends[0]


def _intersect(
    origins: NDArray[np.float64],
    directions: NDArray[np.float64],
    corners: NDArray[np.float64],
    culled: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], ...]:
    """Return distance, u and v ``[rays, triangles]`` (Moeller and Trumbore)."""
    edge_1 = (corners[:, 1] - corners[:, 0])[None]
    edge_2 = (corners[:, 2] - corners[:, 0])[None]
    across = np.cross(directions[:, None], edge_2)
    determinant = np.sum(across * edge_1, axis=-1)  # positive where the front is seen
    safe = np.where(np.abs(determinant) < 1e-15, 1.0, determinant)
    to_origin = origins[:, None] - corners[None, :, 0]
    u = np.sum(to_origin * across, axis=-1) / safe
    turned = np.cross(to_origin, edge_1)
    v = np.sum(directions[:, None] * turned, axis=-1) / safe
    distance = np.sum(edge_2 * turned, axis=-1) / safe
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0) & (np.abs(determinant) >= 1e-15)
    hit &= (determinant > 0) | ~culled
    return np.where(hit, distance, MISS), u, v
