"""Turns a VMD motion into a ``MotionClip``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError
from udp_live.linalg import quat_conjugate, quat_identity, quat_multiply, quat_rotate, quat_slerp
from udp_live.loaders.mmd_names import (
    FINGER_BONES,
    FINGERS,
    MORPH_PRESETS,
    MORPH_STAND_INS,
    SIDES,
)
from udp_live.loaders.pmx_bones import METRES_PER_UNIT
from udp_live.motion.clip import MotionClip
from udp_live.motion.humanoid_turns import humanoid_turns
from udp_live.motion.vmd_curves import sampled_bone, sampled_morph
from udp_live.motion.vmd_figure import (
    HIPS_PLACE,
    FigureBone,
    MovedFigure,
    figure,
    moved_figure,
)
from udp_live.motion.vmd_file import FPS, BoneKeys, VmdMotion, read_vmd
from udp_live.motion.vmd_legs import bent_leg, pointed_foot
from udp_live.rig.humanoid import HUMANOID_PARENTS
from udp_live.rig.rig import Skeleton

Float = NDArray[np.float64]

FORWARD = np.array((0.0, 0.0, 1.0))
TRUNK_BONES = {
    "hips": "下半身",
    "spine": "上半身",
    "chest": "上半身2",
    "neck": "首",
    "head": "頭",
}
# The upper arm turns with its twist bone, the lower arm with half of its own, see ``_humanoid``.
SIDE_BONES = {
    "Shoulder": "肩",
    "UpperArm": "腕捩",
    "LowerArm": "ひじ",
    "Hand": "手首",
    "UpperLeg": "足",
    "LowerLeg": "ひざ",
    "Foot": "足首",
    "Toes": "足先EX",
    "ThumbMetacarpal": "親指0",
    "ThumbProximal": "親指1",
    "ThumbDistal": "親指2",
}
# Other names that models give to bones of the figure
SYNONYMS = {
    "左肘": "左ひじ",
    "右肘": "右ひじ",
    "左膝": "左ひざ",
    "右膝": "右ひざ",
    "左つま先EX": "左足先EX",
    "右つま先EX": "右足先EX",
    "左人差指1": "左人指1",
    "左人差指2": "左人指2",
    "左人差指3": "左人指3",
    "右人差指1": "右人指1",
    "右人差指2": "右人指2",
    "右人差指3": "右人指3",
}


def load_vmd(path: Path) -> MotionClip:
    """Load the bones and morphs of a VMD file; camera and light are left out.

    Legs follow their IK goals unless the motion turns IK off, or turns legs by hand and has no
    goals. Morphs keep their names, with stand-ins for rigs that lack them.

    Raises:
        MotionFormatError: The file is missing, broken, or moves nothing.
    """
    try:
        # Numbers beyond float32 are broken data, not something to warn about and play.
        with np.errstate(over="raise", invalid="raise"):
            return _played(read_vmd(path))
    except ArithmeticError as error:
        raise MotionFormatError(
            f"{path}: broken numbers ({error}); save the motion again"
        ) from error


def _played(motion: VmdMotion) -> MotionClip:
    """Play a motion on the figure and tell what its body does."""
    frames = motion.last_frame + 1
    bones = figure()
    keyed = {SYNONYMS.get(name, name): keys for name, keys in motion.bones.items()}
    moves = {name: sampled_bone(keyed[name], frames) for name in bones if name in keyed}
    _undo_shoulder_parents(moves)
    moved = moved_figure(bones, moves, frames)
    for letter, _ in SIDES.values():
        _solve_leg(letter, bones, moved, _ik_is_on(motion, keyed, letter, frames))
    return _clip(motion, bones, moves, moved)


def _undo_shoulder_parents(moves: dict[str, tuple[Float, Float]]) -> None:
    """Let the bone above the shoulder lift it without turning the arm, as in MMD."""
    for letter, _ in SIDES.values():
        if f"{letter}肩P" not in moves:
            continue
        back = quat_conjugate(moves[f"{letter}肩P"][1])
        shift, turn = moves.get(f"{letter}腕", (np.zeros((len(back), 3)), None))
        moves[f"{letter}腕"] = (shift, back if turn is None else quat_multiply(back, turn))


def _ik_is_on(
    motion: VmdMotion, keyed: Mapping[str, BoneKeys], letter: str, frames: int
) -> NDArray[np.bool_]:
    """Return at which frames a leg follows its goal, ``[T]``."""
    goal = f"{letter}足IK"
    if goal not in motion.switches:
        by_hand = [keyed[n] for n in (f"{letter}足", f"{letter}ひざ") if n in keyed]
        turns = any(np.abs(keys.rotations[:, :3]).max() > 1e-3 for keys in by_hand)
        return np.full(frames, goal in keyed or not turns)
    is_on = np.ones(frames, bool)
    for frame, state in motion.switches[goal]:
        is_on[frame:] = state
    return is_on


def _solve_leg(
    letter: str,
    bones: Mapping[str, FigureBone],
    moved: MovedFigure,
    is_on: NDArray[np.bool_],
) -> None:
    """Replace a leg's rotations where it follows its goal."""
    hip, knee, ankle, toes = (f"{letter}{bone}" for bone in ("足", "ひざ", "足首", "足先EX"))
    goal, toe_goal = f"{letter}足IK", f"{letter}つま先IK"
    at = {name: bones[name].place for name in (hip, knee, ankle, toe_goal)}
    upper, lower, end = bent_leg(
        moved.positions[hip],
        moved.rotations[hip],
        moved.positions[goal],
        at[knee] - at[hip],
        at[ankle] - at[knee],
    )
    foot = pointed_foot(
        end, moved.rotations[goal], moved.positions[toe_goal], at[toe_goal] - at[ankle]
    )
    own_toes = quat_multiply(quat_conjugate(moved.rotations[ankle]), moved.rotations[toes])
    solved = {hip: upper, knee: lower, ankle: foot, toes: quat_multiply(foot, own_toes)}
    for name, turns in solved.items():
        moved.rotations[name] = np.where(is_on[:, None], turns, moved.rotations[name])


def _clip(
    motion: VmdMotion,
    bones: Mapping[str, FigureBone],
    moves: Mapping[str, tuple[Float, Float]],
    moved: MovedFigure,
) -> MotionClip:
    skeleton, world = _humanoid(bones, moves, moved)
    names, rotations = humanoid_turns(skeleton, world)
    lower = HIPS_PLACE - bones["下半身"].place
    hips = moved.positions["下半身"] + quat_rotate(moved.rotations["下半身"], lower[None])
    start = np.array((hips[0, 0], HIPS_PLACE[1], hips[0, 2]))
    expression_names, weights = _expressions(motion)
    return MotionClip(
        fps=FPS,
        bone_names=names,
        rotations=rotations,
        hips_translation=((hips - start) * METRES_PER_UNIT).astype(np.float32),
        hips_height_m=float(HIPS_PLACE[1]) * METRES_PER_UNIT,
        expression_names=expression_names,
        expression_weights=weights,
        gaze=_gaze(motion),
        stand_ins=MORPH_STAND_INS,
    )


def _humanoid(
    bones: Mapping[str, FigureBone],
    moves: Mapping[str, tuple[Float, Float]],
    moved: MovedFigure,
) -> tuple[Skeleton, NDArray[Any]]:
    """Return the humanoid of the figure and the ``[T, B, 4]`` world rotations of its bones."""
    named = dict(TRUNK_BONES)
    for side, (letter, _) in SIDES.items():
        named |= {side + bone: letter + name for bone, name in SIDE_BONES.items()}
        for finger, (names, _) in FINGERS.items():
            joints = enumerate(FINGER_BONES, 1)
            named |= {f"{side}{finger}{bone}": f"{letter}{names[0]}{n}" for n, bone in joints}
    turns = dict(moved.rotations)
    places = {name: bone.place for name, bone in bones.items()}
    places["下半身"] = HIPS_PLACE
    for letter, _ in SIDES.values():
        places[f"{letter}腕捩"] = places[f"{letter}腕"]
        if f"{letter}手捩" in moves:
            twist = moves[f"{letter}手捩"][1]
            still = np.tile(np.array((0.0, 0.0, 0.0, 1.0)), (len(twist), 1))
            turns[f"{letter}ひじ"] = quat_multiply(
                turns[f"{letter}ひじ"], quat_slerp(still, twist, 0.5)
            )
    order = [bone for bone in HUMANOID_PARENTS if bone in named]
    index = {bone: place for place, bone in enumerate(order)}
    parents = []
    for bone in order:
        above = HUMANOID_PARENTS[bone]
        while above is not None and above not in index:
            above = HUMANOID_PARENTS[above]
        parents.append(-1 if above is None else index[above])
    skeleton = Skeleton(
        names=tuple(order),
        parents=np.array(parents, np.int32),
        rest_positions=np.array([places[named[bone]] for bone in order], np.float32),
        humanoid=index,
    )
    return skeleton, np.stack([turns[named[bone]] for bone in order], axis=1)


def _expressions(motion: VmdMotion) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the expressions that ever show, and their ``[T, E]`` weights."""
    frames = motion.last_frame + 1
    presets = {
        name: preset
        for preset, names in MORPH_PRESETS.items()
        for name in names
        if name not in MORPH_STAND_INS
    }
    found: dict[str, NDArray[np.float32]] = {}
    for name, (keys, weights) in motion.morphs.items():
        if not weights.max() > 0.0:
            continue
        expression = presets.get(name, name)
        sampled = sampled_morph(keys, weights, frames)
        found[expression] = np.maximum(found.get(expression, np.float32(0.0)), sampled)
    empty = np.zeros((frames, 0), np.float32)
    return tuple(found), np.stack(list(found.values()), axis=1) if found else empty


def _gaze(motion: VmdMotion) -> NDArray[np.float32]:
    """Return ``[T, 2]`` yaw and pitch of the look: both eyes together, and each alone."""
    frames = motion.last_frame + 1
    still = quat_identity(frames).astype(np.float64)
    both, left, right = (
        sampled_bone(motion.bones[name], frames)[1] if name in motion.bones else still
        for name in ("両目", "左目", "右目")
    )
    each = quat_slerp(left, right, 0.5)
    x, y, z = quat_rotate(quat_multiply(both, each), FORWARD[None]).T
    gaze = np.stack((np.arctan2(x, z), np.arcsin(np.clip(y, -1.0, 1.0))), axis=-1)
    return np.asarray(gaze, np.float32)
