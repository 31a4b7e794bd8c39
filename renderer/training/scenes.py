"""What a pair shows: drawing style, sheet views, poses, expressions, viewpoints, framings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from renderer.evaluation import TURNS_DEG, random_pose
from renderer.sheet.sheet_drawing import BODY_PLAN, PlannedView, plan_sheet
from renderer.sheet.sheet_poses import SheetPose
from udp_live.linalg import quat_from_axis_angle, quat_multiply, quat_slerp
from udp_live.motion.clip import MotionClip
from udp_live.rasterizer.toon_pass import ToonStyle
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, Viewpoint

FRAMINGS = (Framing.FULL, Framing.HALF, Framing.BUST, Framing.FACE)
FRAMING_CHANCES = (0.32, 0.2, 0.33, 0.15)
FRONTAL_SHARE = 0.6  # of the targets: where an avatar is seen from in practice
FRONTAL_YAW_DEG, FRONTAL_PITCH_DEG = 45.0, 15.0
ANY_PITCH_DEG = 35.0
MOST_ZOOM, MOST_PAN = 0.2, 0.08  # logarithm; heights of the picture
MOTION_SHARE = 0.5  # of the poses that come from recorded motion, where there is any
CLIP_FPS = 30.0
RANDOM_MOTION_S = 0.6  # from one random pose to the next
FLAT_THRESHOLD = -2.0  # below any cosine: no shade anywhere
DRAWING_YAW_DEG, DRAWING_PITCH_DEG = 12.0, 8.0  # how far a drawing strays from its plan
BODY_NAMES = tuple(planned.name for planned in BODY_PLAN)
PLAIN_VIEWS = ("front", "back", "left", "right")
PLAIN_SHARE = 0.3  # of the sheets show just these, as most people draw them
# What the others show first, in the order in which people draw; the rest follows at random.
FIRST_VIEWS = (("front", "bust"), ("back", "bust", "three-quarter-left", "three-quarter-right"))


@dataclass(frozen=True, slots=True)
class Shot:
    """One target: pose and viewpoint."""

    pose: RigPose = field(repr=False)
    viewpoint: Viewpoint


def random_style(random: np.random.Generator, supersampling: int) -> ToonStyle:
    """Draw a drawing style: flat, two tones or soft; with or without outlines."""
    kind = random.choice(("flat", "two-tone", "soft"), p=(0.3, 0.45, 0.25))
    threshold, softness = {
        "flat": (FLAT_THRESHOLD, 0.1),
        "two-tone": (random.uniform(-0.3, 0.35), random.uniform(0.03, 0.15)),
        "soft": (random.uniform(-0.1, 0.3), random.uniform(0.6, 1.6)),
    }[str(kind)]
    inked = random.random() < 0.7
    dark, tinted = random.uniform(0.05, 0.6), random.uniform(-0.08, 0.08, 3)
    tint = np.clip(dark + tinted, 0.0, 1.0)
    side, up = random.uniform(-0.8, 0.8), random.uniform(0.3, 1.0)
    return ToonStyle(
        ink_width=float(random.uniform(0.0015, 0.007)) if inked else 0.0,
        ink_tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        light_direction=(float(side), float(up), float(random.uniform(0.2, 0.8))),
        shade_threshold=float(threshold),
        shade_softness=float(softness),
        supersampling=supersampling,
    )


def random_plan(
    rig: Rig, random: np.random.Generator, views: tuple[int, int]
) -> tuple[PlannedView, ...]:
    """Draw the views of a sheet, with an expression view or two where the rig has expressions.

    Args:
        rig: Whose expressions to offer.
        random: Draws.
        views: Fewest and most views.
    """
    if views[0] <= len(PLAIN_VIEWS) <= views[1] and random.random() < PLAIN_SHARE:
        return tuple(planned for planned in BODY_PLAN if planned.name in PLAIN_VIEWS)
    count = int(random.integers(views[0], views[1] + 1))
    faces = [planned for planned in plan_sheet(rig) if planned.expression is not None]
    wanted = int(random.integers(0, 3)) if count > 2 else 0
    drawn_faces = _drawn(random, faces, min(wanted, len(faces)))
    names = _view_names(random, count - len(drawn_faces))
    by_name = {planned.name: planned for planned in BODY_PLAN}
    bodies = [_strayed(by_name[name], random) for name in names]
    return (*bodies, *drawn_faces)


def _view_names(random: np.random.Generator, count: int) -> list[str]:
    chosen: list[str] = []
    for offered in FIRST_VIEWS[:count]:
        left = [name for name in offered if name not in chosen]
        chosen.append(str(random.choice(left)))
    rest = [name for name in BODY_NAMES if name not in chosen]
    order = random.permutation(len(rest))[: count - len(chosen)]
    return [*chosen, *(rest[place] for place in order)]


def _drawn(
    random: np.random.Generator, offered: Sequence[PlannedView], count: int
) -> list[PlannedView]:
    return [offered[place] for place in random.permutation(len(offered))[:count]]


def _strayed(planned: PlannedView, random: np.random.Generator) -> PlannedView:
    """Return a planned view seen from nearly there."""
    yaw, pitch = random.normal(size=2).clip(-2, 2) * 0.5
    return replace(
        planned,
        yaw_deg=planned.yaw_deg + DRAWING_YAW_DEG * float(yaw),
        pitch_deg=planned.pitch_deg + DRAWING_PITCH_DEG * float(pitch),
        pose=SheetPose.A_POSE if random.random() < 0.3 else planned.pose,
    )


def framed_viewpoints(rig: Rig) -> dict[Framing, Viewpoint]:
    """Return the frontal viewpoint of each framing; measuring the mesh is worth doing once."""
    return {framing: frame_viewpoint(rig, framing) for framing in FRAMINGS}


def random_viewpoint(framed: Mapping[Framing, Viewpoint], random: np.random.Generator) -> Viewpoint:
    """Draw framing, zoom, shift and side: mostly the front, sometimes all round."""
    viewpoint = framed[FRAMINGS[int(random.choice(len(FRAMINGS), p=FRAMING_CHANCES))]]
    shown = viewpoint.height_m / float(np.exp(random.uniform(-MOST_ZOOM, MOST_ZOOM)))
    right, up = random.uniform(-MOST_PAN, MOST_PAN, 2) * shown
    x, y, z = viewpoint.target
    viewpoint = replace(viewpoint, target=(x - float(right), y - float(up), z), height_m=shown)
    if random.random() < FRONTAL_SHARE:
        yaw, pitch = random.uniform(-1, 1, 2) * (FRONTAL_YAW_DEG, FRONTAL_PITCH_DEG)
    else:
        yaw, pitch = random.uniform(-1, 1, 2) * (180.0, ANY_PITCH_DEG)
    return replace(
        viewpoint,
        yaw_rad=math.radians(float(yaw)),
        pitch_rad=math.radians(float(pitch)),
        field_of_view_rad=float(random.uniform(0.15, 0.6)),
    )


def random_shots(
    rig: Rig,
    random: np.random.Generator,
    frames: int,
    *,
    motions: Sequence[MotionClip],
    framed: Mapping[Framing, Viewpoint],
) -> tuple[Shot, ...]:
    """Draw consecutive frames of one motion under one viewpoint.

    Args:
        rig: Poses are for it.
        random: Draws.
        frames: At least 1.
        motions: Recorded motions to take poses from; may be empty.
        framed: From ``framed_viewpoints`` of the rig.
    """
    viewpoint = random_viewpoint(framed, random)
    if motions and random.random() < MOTION_SHARE:
        poses = _recorded_poses(rig, random, motions, frames)
    else:
        poses = _random_poses(rig, random, frames)
    return tuple(Shot(pose, viewpoint) for pose in poses)


def _random_poses(rig: Rig, random: np.random.Generator, frames: int) -> list[RigPose]:
    start = _with_random_face(rig, random_pose(rig, random), random)
    end = _with_random_face(rig, random_pose(rig, random), random)
    first = random.uniform(0, 1 - (frames - 1) / (CLIP_FPS * RANDOM_MOTION_S))
    shares = [first + frame / (CLIP_FPS * RANDOM_MOTION_S) for frame in range(frames)]
    return [between(start, end, share) for share in shares]


def _recorded_poses(
    rig: Rig, random: np.random.Generator, motions: Sequence[MotionClip], frames: int
) -> list[RigPose]:
    motion = motions[int(random.integers(len(motions)))]
    start = float(random.uniform(0, motion.duration_s))
    face = _with_random_face(rig, random_pose(rig, random), random)
    poses = [motion.sample(rig, start + frame / CLIP_FPS, loop=True) for frame in range(frames)]
    # The hips stay: motions walk out of the picture.
    return [replace(face, bone_rotations=pose.bone_rotations) for pose in poses]


def _with_random_face(rig: Rig, pose: RigPose, random: np.random.Generator) -> RigPose:
    """Return the pose with up to two expressions in part."""
    weights = np.zeros(len(rig.expressions), np.float32)
    offered = [i for i, expression in enumerate(rig.expressions) if expression.morphs]
    count = int(random.integers(0, 3))
    for place in random.permutation(len(offered))[:count]:
        weights[offered[place]] = random.choice((1.0, random.uniform(0, 1)))
    return replace(pose, expression_weights=weights)


def between(start: RigPose, end: RigPose, share: float) -> RigPose:
    """Return the pose on the way from one to another, ``share`` in [0, 1]."""
    part = np.float32(share)
    return RigPose(
        quat_slerp(start.bone_rotations, end.bone_rotations, part).astype(np.float32),
        start.root_translation + part * (end.root_translation - start.root_translation),
        start.expression_weights + part * (end.expression_weights - start.expression_weights),
        start.gaze + part * (end.gaze - start.gaze),
    )


def turned_joints(rig: Rig, pose: RigPose, turn_deg: float, random: np.random.Generator) -> RigPose:
    """Return the pose with every joint of a performer turned a little, at most ``turn_deg``."""
    rotations = pose.bone_rotations.copy()
    for name in TURNS_DEG:
        bone = rig.skeleton.humanoid.get(name)
        if bone is None:
            continue
        axis = random.normal(size=3)
        axis /= np.linalg.norm(axis)
        turn = quat_from_axis_angle(axis, math.radians(turn_deg) * random.uniform(-1, 1))
        rotations[bone] = quat_multiply(turn, rotations[bone])
    return replace(pose, bone_rotations=rotations.astype(np.float32))
