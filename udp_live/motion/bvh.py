"""Reads BVH motion capture whose zero pose is a standing figure (CMU and its kin)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError
from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.loaders.bone_names import guess_humanoid
from udp_live.motion.clip import MotionClip
from udp_live.motion.humanoid_turns import humanoid_turns
from udp_live.rig.humanoid import REQUIRED_BONES
from udp_live.rig.rig import Skeleton

Float = NDArray[np.float32]

MAX_FILE_BYTES = 200 << 20
MAX_JOINTS = 1000
HIPS_HEIGHT_M = 0.9  # BVH has no unit; a person's hips are about there
AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}


@dataclass(frozen=True, slots=True)
class _Joint:
    """A joint or end site: its parent's index, offset and channels in file order."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Recording:
    """A parsed file: joints, seconds per frame, ``[T, channels]`` values."""

    joints: list[_Joint]
    frame_time_s: float
    values: NDArray[np.float64] = field(repr=False)


def load_bvh(path: Path) -> MotionClip:
    """Load a BVH file whose joints have common names and whose zero pose stands upright.

    Raises:
        MotionFormatError: The file is missing, broken, or its skeleton is not understood.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise MotionFormatError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB; cut it")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MotionFormatError(f"cannot read {path}: {reason}; check the path") from error
    try:
        recording = _parse(iter(text.split()))
        _check_channels(recording.joints)
    except (IndexError, StopIteration, RuntimeError, ValueError) as error:
        raise MotionFormatError(f"{path}: not a usable BVH file ({error}); export again") from error
    skeleton = _skeleton(recording.joints)
    missing = [bone for bone in REQUIRED_BONES if bone not in skeleton.humanoid]
    if missing:
        raise MotionFormatError(
            f"{path}: no joints found for {', '.join(missing)}; rename them as in Mixamo"
        )
    if not _stands(skeleton):
        raise MotionFormatError(
            f"{path}: with all angles at zero the figure does not stand upright facing +Z; "
            "convert the file to .vrma"
        )
    return _clip(recording, skeleton)


def _parse(words: Iterator[str]) -> _Recording:
    """Read the hierarchy, then the motion."""
    joints: list[_Joint] = []
    path: list[int] = []
    name, offset, channels = "", (0.0, 0.0, 0.0), tuple[str, ...]()
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name, channels = next(words), ()
        elif word == "{":
            parent = path[-1] if path else -1
            path.append(len(joints))
            joints.append(_Joint(name, parent, offset, ()))
        elif word == "OFFSET":
            offset = (float(next(words)), float(next(words)), float(next(words)))
            joints[path[-1]] = _Joint(name, joints[path[-1]].parent, offset, ())
        elif word == "CHANNELS":
            channels = tuple(next(words) for _ in range(int(next(words))))
            last = joints[path[-1]]
            joints[path[-1]] = _Joint(last.name, last.parent, last.offset, channels)
        elif word == "}":
            path.pop()
        elif word == "MOTION":
            break
        if len(joints) > MAX_JOINTS:
            raise ValueError(f"more than {MAX_JOINTS} joints")
    return _parse_motion(joints, words)


def _parse_motion(joints: list[_Joint], words: Iterator[str]) -> _Recording:
    """Read ``Frames: N  Frame Time: s`` and the values."""
    next(words)
    frames = int(next(words))
    next(words), next(words)
    frame_time_s = float(next(words))
    values = np.array([float(word) for word in words])
    width = sum(len(joint.channels) for joint in joints)
    if not 1e-4 <= frame_time_s <= 1.0:
        raise ValueError(f"{frame_time_s} seconds per frame")
    if frames < 1 or width == 0 or len(values) < frames * width or not np.isfinite(values).all():
        raise ValueError(f"{len(values)} values for {frames} frames of {width}")
    return _Recording(joints, frame_time_s, values[: frames * width].reshape(frames, width))


def _check_channels(joints: list[_Joint]) -> None:
    for joint in joints:
        for channel in joint.channels:
            if channel[0].upper() not in AXES:
                raise ValueError(f"joint {joint.name} has an unknown channel {channel}")


def _skeleton(joints: list[_Joint]) -> Skeleton:
    """Return the zero pose as a skeleton."""
    positions = np.zeros((len(joints), 3), np.float32)
    for index, joint in enumerate(joints):
        above = positions[joint.parent] if joint.parent >= 0 else 0.0
        positions[index] = above + np.array(joint.offset)
    parents = [joint.parent for joint in joints]
    named = {index: joint.name for index, joint in enumerate(joints) if joint.channels}
    return Skeleton(
        names=tuple(f"{index} {joint.name}" for index, joint in enumerate(joints)),
        parents=np.array(parents, np.int32),
        rest_positions=positions,
        humanoid=guess_humanoid(named, parents),
    )


def _stands(skeleton: Skeleton) -> bool:
    """Tell whether the zero pose is upright and faces +Z: the head above, the left at +X."""
    at = {bone: skeleton.rest_positions[index] for bone, index in skeleton.humanoid.items()}
    up = at["head"] - at["hips"]
    down = at["leftFoot"] - at["hips"]
    upright = up[1] > 0.8 * np.linalg.norm(up) and down[1] < -0.8 * np.linalg.norm(down)
    return bool(upright and at["leftUpperLeg"][0] > at["rightUpperLeg"][0])


def _clip(recording: _Recording, skeleton: Skeleton) -> MotionClip:
    """Tell the recording relative to the T-pose, in the humanoid's bones."""
    humanoid = skeleton.humanoid
    world, root = _world_rotations(recording)
    bones, rotations = humanoid_turns(skeleton, world)
    hips = skeleton.rest_positions[humanoid["hips"]]
    hips_height = float(hips[1] - skeleton.rest_positions[:, 1].min())
    frames = len(recording.values)
    moved = root - np.array((root[0, 0], hips_height, root[0, 2]))
    return MotionClip(
        fps=1.0 / recording.frame_time_s,
        bone_names=bones,
        rotations=rotations,
        hips_translation=(moved * HIPS_HEIGHT_M / hips_height).astype(np.float32),
        hips_height_m=HIPS_HEIGHT_M,
        expression_names=(),
        expression_weights=np.zeros((frames, 0), np.float32),
        gaze=np.zeros((frames, 2), np.float32),
    )


def _world_rotations(
    recording: _Recording,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``[T, J, 4]`` turns from the zero pose in world axes and ``[T, 3]`` root positions."""
    frames = len(recording.values)
    world = np.zeros((frames, len(recording.joints), 4))
    root = np.zeros((frames, 3))
    column = 0
    for index, joint in enumerate(recording.joints):
        if joint.parent >= 0:
            turn = world[:, joint.parent]
        else:
            turn = np.broadcast_to(np.array((0.0, 0.0, 0.0, 1.0)), (frames, 4))
        for channel in joint.channels:
            axis, kind = channel[0].upper(), channel[1:].lower()
            values = recording.values[:, column]
            column += 1
            if kind == "rotation":
                angles = values * math.pi / 180.0
                turn = quat_multiply(turn, quat_from_axis_angle(AXES[axis], angles))
            elif kind == "position" and joint.parent < 0:
                root[:, "XYZ".index(axis)] = values
        world[:, index] = turn
    return world, root
