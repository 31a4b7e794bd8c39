"""Poses for tests."""

from dataclasses import replace

import numpy as np

from udp_live.linalg import vec_normalize
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose


def random_pose(rig: Rig, rng: np.random.Generator, *, bend: float = 0.3) -> RigPose:
    """Turn every bone a little, shift the root, and mix all expressions."""
    rest = rest_pose(rig)
    noise = rng.normal(0.0, bend, rest.bone_rotations.shape)
    return replace(
        rest,
        bone_rotations=vec_normalize(rest.bone_rotations + noise).astype(np.float32),
        root_translation=rng.normal(0.0, 0.05, 3).astype(np.float32),
        expression_weights=rng.random(len(rig.expressions)).astype(np.float32),
        gaze=rng.normal(0.0, 0.2, 2).astype(np.float32),
    )
