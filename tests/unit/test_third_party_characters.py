"""Real characters from several programs, when they are on this machine."""

from pathlib import Path

import numpy as np
import pytest

from udp_live.linalg import vec_normalize
from udp_live.loaders import load_rig
from udp_live.rig import canonical_landmarks, canonical_pose, landmark_space, posed_joints

CHARACTERS = (
    "godette/Godette_vrm_v4.vrm",
    "kaykit/Barbarian.glb",
    "kaykit/Knight.glb",
    "kaykit/Rogue.glb",
    "mesh2motion/human-male.glb",
    "mesh2motion/human-sintel.glb",
    "mesh2motion/human-sophia.glb",
    "quaternius/Adventurer.gltf",
    "quaternius/SciFi.gltf",
    "quaternius/Soldier.gltf",
    "seed_san/seed_san_preview_NO_JACKET_TEXTURE.glb",
    "sophia/sophia.glb",
)


@pytest.mark.parametrize("name", CHARACTERS)
def test_characters_load_and_stand_in_the_a_pose(shared_data: Path, name: str) -> None:
    path = shared_data / "characters" / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    rig = load_rig(path)
    bones = rig.skeleton.humanoid
    rest = rig.skeleton.rest_positions
    assert rest[bones["leftUpperLeg"], 0] > rest[bones["rightUpperLeg"], 0]
    assert 1.0 < landmark_space(rig).scale / 1.2 < 2.6
    posed = posed_joints(rig.skeleton, canonical_pose(rig)).positions
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = vec_normalize(posed[bones[f"{side}Hand"]] - posed[bones[f"{side}UpperArm"]])
        np.testing.assert_allclose(arm, (sign * 0.8192, -0.5736, 0.0), atol=1e-3)
    landmarks = canonical_landmarks(rig)
    assert np.isfinite(landmarks).all()
    # Feet point to the front.
    feet = [bones[f"{side}Foot"] for side in ("left", "right")]
    soles = landmarks[np.isin(rig.mesh.joints[:, 0], feet)]
    assert soles[:, 2].max() - landmark_space(rig).landmarks(rest[feet[0]])[2] > 0.01
