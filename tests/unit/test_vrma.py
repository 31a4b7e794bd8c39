from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.gltf_draft import GltfDraft, tiny_draft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import MotionFormatError
from udp_live.linalg import (
    quat_from_axis_angle,
    quat_from_rotation_vector,
    quat_multiply,
    quat_rotate,
)
from udp_live.motion import MotionClip, load_vrma, save_vrma

Y_AXIS = (0.0, 1.0, 0.0)


def random_clip(rng: np.random.Generator, frames: int = 12) -> MotionClip:
    bones = ("hips", "chest", "leftUpperArm", "rightLowerLeg")
    turns = quat_from_rotation_vector(rng.normal(scale=0.5, size=(frames, len(bones), 3)))
    return MotionClip(
        fps=30.0,
        bone_names=bones,
        rotations=turns.astype(np.float32),
        hips_translation=rng.normal(scale=0.1, size=(frames, 3)).astype(np.float32),
        hips_height_m=0.8,
        expression_names=("blinkLeft", "aa", "starEyes"),
        expression_weights=rng.uniform(size=(frames, 3)).astype(np.float32),
        gaze=rng.uniform(-0.5, 0.5, size=(frames, 2)).astype(np.float32),
    )


def test_a_clip_survives_the_round_trip(tmp_path: Path, rng: np.random.Generator) -> None:
    clip = random_clip(rng)
    save_vrma(tmp_path / "clip.vrma", clip, tiny_rig().skeleton)
    loaded = load_vrma(tmp_path / "clip.vrma")
    assert loaded.bone_names == clip.bone_names
    assert set(loaded.expression_names) == set(clip.expression_names)
    columns = [loaded.expression_names.index(name) for name in clip.expression_names]
    dots = np.abs(np.sum(loaded.rotations * clip.rotations, axis=-1))
    np.testing.assert_allclose(dots, 1.0, atol=1e-5)
    np.testing.assert_allclose(loaded.hips_translation, clip.hips_translation, atol=1e-5)
    np.testing.assert_allclose(
        loaded.expression_weights[:, columns], clip.expression_weights, atol=1e-5
    )
    np.testing.assert_allclose(loaded.gaze, clip.gaze, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.vrma"]


def test_hips_keep_their_proportion_on_a_skeleton_of_another_size(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    clip = replace(random_clip(rng), hips_height_m=1.6)
    save_vrma(tmp_path / "clip.vrma", clip, tiny_rig().skeleton)
    loaded = load_vrma(tmp_path / "clip.vrma")
    assert loaded.hips_height_m == pytest.approx(0.8)
    np.testing.assert_allclose(loaded.hips_translation, clip.hips_translation / 2, atol=1e-5)


def animated_draft(node: str, path: str, output: int, draft: GltfDraft, **sampler: str) -> None:
    """Make a draft a VRM animation with one track over two seconds."""
    clock = draft.accessor(np.float32([0.0, 1.0, 2.0]))
    target = {"node": draft.node_index(node), "path": path}
    draft.document["animations"] = [
        {
            "channels": [{"sampler": 0, "target": target}],
            "samplers": [{"input": clock, "output": output, **sampler}],
        }
    ]
    bones = {bone: {"node": index} for bone, index in tiny_rig().skeleton.humanoid.items()}
    draft.document["extensions"] = {"VRMC_vrm_animation": {"humanoid": {"humanBones": bones}}}


def test_rotations_are_told_in_world_axes_whatever_the_nodes_axes(tmp_path: Path) -> None:
    draft = tiny_draft()
    rest = quat_from_axis_angle((0.6, 0.0, 0.8), 1.1)
    draft.node("neck")["rotation"] = rest.tolist()
    turn = quat_from_axis_angle(Y_AXIS, 0.7)
    # The head's own rest, and a turn about the world's vertical given in its parent's axes.
    head_rest = quat_from_axis_angle((0.0, 0.0, 1.0), -0.4)
    draft.node("head")["rotation"] = head_rest.tolist()
    axis = quat_rotate(rest * (-1, -1, -1, 1), np.array(Y_AXIS))
    local = quat_multiply(quat_from_axis_angle(axis, 0.7), head_rest)
    output = draft.accessor(np.stack((head_rest, local, local)).astype(np.float32))
    animated_draft("head", "rotation", output, draft)
    clip = load_vrma(draft.write_glb(tmp_path / "clip.vrma"))
    assert clip.bone_names == ("head",)
    np.testing.assert_allclose(clip.rotations[0, 0], (0, 0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(clip.rotations[30, 0], turn, atol=1e-5)


def test_steps_jump_and_splines_bend(tmp_path: Path) -> None:
    rest = tiny_rig().skeleton.rest_positions[0]
    heights = {}
    for kind, rows in (
        ("STEP", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        ("CUBICSPLINE", [[0] * 3, [0] * 3, [0, 1, 0], [0] * 3, [0, 1, 0], [0] * 3] + [[0] * 3] * 3),
    ):
        draft = tiny_draft()
        values = np.array(rows, np.float32)
        values[slice(None) if kind == "STEP" else slice(1, None, 3)] += rest
        animated_draft("hips", "translation", draft.accessor(values), draft, interpolation=kind)
        clip = load_vrma(draft.write_glb(tmp_path / "clip.vrma"))
        heights[kind] = clip.hips_translation[:, 1]
    np.testing.assert_allclose(heights["STEP"][[0, 29, 30, 59, 60]], (0, 0, 1, 1, 0), atol=1e-6)
    # Hermite: at half time half way plus an eighth of the tangent that leaves.
    assert heights["CUBICSPLINE"][15] == pytest.approx(0.625, abs=1e-5)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"extensions": {}}, "holds no VRM animation"),
        ({"animations": []}, "holds no VRM animation"),
        ({"nodes": [{"translation": [10**400, 0, 0]}]}, "broken motion data"),
        (
            {
                "animations": [
                    {
                        "channels": [{"sampler": 9, "target": {"node": 0, "path": "rotation"}}],
                        "samplers": [],
                    }
                ]
            },
            "broken motion data",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, fields: dict, reason: str) -> None:
    draft = tiny_draft()
    output = draft.accessor(np.tile(np.float32([0, 0, 0, 1]), (3, 1)))
    animated_draft("head", "rotation", output, draft)
    draft.document |= fields
    with pytest.raises(MotionFormatError, match=reason):
        load_vrma(draft.write_glb(tmp_path / "clip.vrma"))


def test_a_bone_without_size_is_refused(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.node("head")["scale"] = [1.0, 0.0, 1.0]
    animated_draft("head", "rotation", draft.accessor(np.float32([[0, 0, 0, 1]] * 3)), draft)
    with pytest.raises(MotionFormatError, match="scale of zero"):
        load_vrma(draft.write_glb(tmp_path / "clip.vrma"))


def test_absurd_durations_are_refused(tmp_path: Path) -> None:
    draft = tiny_draft()
    animated_draft("head", "rotation", draft.accessor(np.float32([[0, 0, 0, 1]] * 3)), draft)
    clock = draft.accessor(np.float32([0.0, 1.0, 1e9]))
    draft.document["animations"][0]["samplers"][0]["input"] = clock
    with pytest.raises(MotionFormatError, match="lasts"):
        load_vrma(draft.write_glb(tmp_path / "clip.vrma"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionFormatError, match="check the path"):
        load_vrma(tmp_path / "none.vrma")


@pytest.mark.parametrize(("name", "bones"), [("idle_loop", 21), ("three-vrm_test", 1)])
def test_published_animations_load(shared_data: Path, name: str, bones: int) -> None:
    clip = load_vrma(shared_data / "motions" / "vrma" / f"{name}.vrma")
    assert len(clip.bone_names) == bones
    assert 0.5 < clip.hips_height_m < 1.5
    pose = clip.sample(tiny_rig(), 1.0)
    np.testing.assert_allclose(np.linalg.norm(pose.bone_rotations, axis=1), 1.0, atol=1e-5)
