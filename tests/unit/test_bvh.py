from pathlib import Path

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import MotionFormatError
from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.motion import load_bvh
from udp_live.rig import Rig

X_AXIS, Y_AXIS, Z_AXIS = np.eye(3)
NAMES = {
    "spine": "Spine",
    "chest": "Spine1",
    "neck": "Neck",
    "head": "Head",
    "leftUpperArm": "LeftArm",
    "leftLowerArm": "LeftForeArm",
    "leftHand": "LeftHand",
    "leftUpperLeg": "LeftUpLeg",
    "leftLowerLeg": "LeftLeg",
    "leftFoot": "LeftFoot",
}
NAMES |= {key.replace("left", "right"): NAMES[key].replace("Left", "Right") for key in NAMES}


def bvh_text(
    rig: Rig, angles: dict[str, tuple[float, float, float]], *, scale: float = 100.0
) -> str:
    """Write the tiny rig's skeleton and two frames, the second turned by zxy angles in degrees."""
    skeleton = rig.skeleton
    lines: list[str] = []
    turns: list[str] = []

    def write(bone: int, above: np.ndarray, depth: int) -> None:
        name = skeleton.names[bone]
        x, y, z = (skeleton.rest_positions[bone] - above) * scale
        channels = "3 Zrotation Xrotation Yrotation"
        if depth == 0:
            channels = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
        lines.append(f"{'JOINT' if depth else 'ROOT'} {NAMES.get(name, name)}")
        lines.append(f"{{ OFFSET {x} {y} {z} CHANNELS {channels}")
        turns.extend(str(angle) for angle in angles.get(name, (0.0, 0.0, 0.0)))
        children = np.flatnonzero(skeleton.parents == bone)
        for child in children:
            write(int(child), skeleton.rest_positions[bone], depth + 1)
        if not len(children):
            lines.append("End Site { OFFSET 0 -8 0 }")
        lines.append("}")

    hips = skeleton.rest_positions[0]
    write(0, hips, 0)
    still = " ".join(["0"] * len(turns))
    height = 80.0
    motion = f"10 {height} 20 {still}\n10 {height + 8.8} 20 {' '.join(turns)}"
    header = "HIERARCHY\n" + "\n".join(lines)
    return f"{header}\nMOTION\nFrames: 2\nFrame Time: 0.04\n{motion}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.bvh"


def test_angles_are_applied_in_the_files_order(path: Path) -> None:
    path.write_text(bvh_text(tiny_rig(), {"leftUpperArm": (30.0, 40.0, 50.0)}))
    clip = load_bvh(path)
    assert clip.fps == pytest.approx(25.0)
    turn = quat_from_axis_angle(Z_AXIS, np.radians(30.0))
    turn = quat_multiply(turn, quat_from_axis_angle(X_AXIS, np.radians(40.0)))
    turn = quat_multiply(turn, quat_from_axis_angle(Y_AXIS, np.radians(50.0)))
    found = clip.rotations[1, clip.bone_names.index("leftUpperArm")]
    np.testing.assert_allclose(found, turn, atol=1e-6)
    np.testing.assert_allclose(clip.rotations[0], np.tile((0, 0, 0, 1), (len(clip.bone_names), 1)))


def test_hips_move_from_where_the_recording_began(path: Path) -> None:
    path.write_text(bvh_text(tiny_rig(), {}))
    clip = load_bvh(path)
    # The hips of the figure are 80 above the feet's ends, and rise by 8.8.
    np.testing.assert_allclose(clip.hips_translation[0], (0.0, 0.0, 0.0), atol=1e-2)
    rise = clip.hips_translation[1, 1] - clip.hips_translation[0, 1]
    assert rise / clip.hips_height_m == pytest.approx(8.8 / 80.0, abs=5e-3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a usable BVH file"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0", "not a usable BVH file"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0 0 CHANNELS 3 Zrotation", "not a usable BVH file"),
        (bvh_text(tiny_rig(), {}).replace("Zrotation", "Wrotation"), "unknown channel Wrotation"),
        (bvh_text(tiny_rig(), {}).replace("Frames: 2", "Frames: 90"), "values for 90 frames"),
        (bvh_text(tiny_rig(), {}).replace("0.04", "nan"), "nan seconds per frame"),
        (bvh_text(tiny_rig(), {}).replace("LeftFoot", "Wing"), "no joints found for leftFoot"),
        (bvh_text(tiny_rig(), {}, scale=-100.0), "does not stand upright"),
    ],
)
def test_unusable_files_are_refused(path: Path, text: str, reason: str) -> None:
    path.write_text(text)
    with pytest.raises(MotionFormatError, match=reason):
        load_bvh(path)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(MotionFormatError, match="check the path"):
        load_bvh(path)


def test_motion_capture_of_a_walk_moves_the_legs(shared_data: Path) -> None:
    clip = load_bvh(shared_data / "motions" / "cmu_bvh_30fps" / "02_01.bvh")
    leg = clip.rotations[:, clip.bone_names.index("leftUpperLeg")]
    swing = np.degrees(np.ptp(2.0 * np.arcsin(np.clip(leg[:, 0], -1.0, 1.0))))
    assert 20.0 < swing < 90.0
