"""Draw a character sheet from a rig: the sheet of an avatar that exists only as a mesh."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.sheet.face_regions import find_regions
from renderer.types import CharacterSheet, InkStyle, SheetView
from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.landmarks import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

SHEET_SIZE_PX = 1024  # side of the square that each view is drawn in before it is cropped
CROP_MARGIN_PX = 8
RAISED_ARM_RAD = math.radians(75)  # above the A-pose: shows armpits and flanks
HAIR_LIFT_RAD = math.radians(65)
MAX_EXPRESSION_VIEWS = 12
DRAWN_EXPRESSIONS = (
    *("blink", "aa", "ih", "ou", "ee", "oh"),
    *("happy", "angry", "sad", "relaxed", "surprised", "smile"),
)
# They move what other views show anyway: one eyelid, the gaze, the brows.
PLAIN_EXPRESSIONS = frozenset(
    {"neutral", "blinkLeft", "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight"}
    | {"browUp", "browDown", "browInnerUp"}
)


class SheetRasterizer(Protocol):
    """What draws: ``udp_live.rasterizer.toon_pass.ToonRasterizer``."""

    def draw_with_udp(
        self, pose: RigPose, viewpoint: Viewpoint
    ) -> tuple[NDArray[np.uint8], UdpMap]:
        """Return straight RGBA and the UDP map of the same pixels."""


@dataclass(frozen=True, slots=True)
class PlannedView:
    """One view to draw.

    Attributes:
        name: File stem.
        framing: How much of the figure.
        yaw_deg, pitch_deg: From where, as in Viewpoint.
        expression: Shown at full weight, with no other.
        arms_raised: Arms above the canonical A-pose.
        hair_lifted: Hair swung out from the head: temples, ears, forehead, collar.
    """

    name: str
    framing: Framing
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    expression: str | None = None
    arms_raised: bool = False
    hair_lifted: bool = False


BODY_PLAN = (
    PlannedView("front", Framing.FULL),
    PlannedView("back", Framing.FULL, 180),
    PlannedView("left", Framing.FULL, 90),
    PlannedView("right", Framing.FULL, -90),
    PlannedView("three-quarter-left", Framing.FULL, 40),
    PlannedView("three-quarter-right", Framing.FULL, -40),
    PlannedView("arms-raised-left", Framing.FULL, 115, 20, None, arms_raised=True),
    PlannedView("arms-raised-right", Framing.FULL, -115, 20, None, arms_raised=True),
    PlannedView("from-below", Framing.FULL, 0, -50, None, arms_raised=True),
    PlannedView("bust", Framing.BUST),
    PlannedView("bust-three-quarter-left", Framing.BUST, 45),
    PlannedView("bust-three-quarter-right", Framing.BUST, -45),
    PlannedView("bust-back", Framing.BUST, 180),
    PlannedView("bust-from-above", Framing.BUST, 0, 45),
    PlannedView("bust-from-below", Framing.BUST, 0, -35),
    PlannedView("bust-left", Framing.BUST, 85),
    PlannedView("bust-right", Framing.BUST, -85),
    PlannedView("bust-hair-lifted", Framing.BUST, hair_lifted=True),
    PlannedView("bust-hair-lifted-left", Framing.BUST, 50, hair_lifted=True),
    PlannedView("bust-hair-lifted-right", Framing.BUST, -50, hair_lifted=True),
)


def plan_sheet(rig: Rig) -> tuple[PlannedView, ...]:
    """Return the views that show a rig well: its body, its face, its expressions."""
    offered = {expression.name for expression in rig.expressions if expression.morphs}
    custom = [e.name for e in rig.expressions if _is_custom(e.name) and e.name in offered]
    drawn = [name for name in (*DRAWN_EXPRESSIONS, *sorted(custom)) if name in offered]
    drawn = list(dict.fromkeys(drawn))
    if "blink" not in offered:
        drawn += [name for name in ("blinkLeft", "blinkRight") if name in offered]
    faces = [
        PlannedView(f"expression-{index:02}", Framing.BUST, expression=name)
        if not name.isalnum()
        else PlannedView(f"bust-{name}", Framing.BUST, expression=name)
        for index, name in enumerate(drawn[:MAX_EXPRESSION_VIEWS])
    ]
    return (*BODY_PLAN, *faces)


def _is_custom(name: str) -> bool:
    """Tell whether an expression is none of VRM's own."""
    return name not in PLAIN_EXPRESSIONS and name not in DRAWN_EXPRESSIONS


def draw_sheet(
    rig: Rig,
    rasterizer: SheetRasterizer,
    plan: Sequence[PlannedView] | None = None,
    ink: InkStyle | None = None,
) -> CharacterSheet:
    """Draw the sheet of a rig.

    *Render thread only.*

    Args:
        rig: To draw.
        rasterizer: Of this rig, square; ``SHEET_SIZE_PX`` is a good size.
        plan: Views; None draws those of ``plan_sheet``.
        ink: Style with which ``rasterizer`` draws outlines.
    """
    views = [_draw_view(rig, rasterizer, planned) for planned in plan or plan_sheet(rig)]
    return CharacterSheet(tuple(views), find_regions(rig), ink or InkStyle())


def _draw_view(rig: Rig, rasterizer: SheetRasterizer, planned: PlannedView) -> SheetView:
    pose = raised_pose(rig) if planned.arms_raised else canonical_pose(rig)
    pose = lifted_hair(rig, pose) if planned.hair_lifted else pose
    pose = with_expression(rig, pose, planned.expression)
    viewpoint = replace(
        frame_viewpoint(rig, planned.framing),
        yaw_rad=math.radians(planned.yaw_deg),
        pitch_rad=math.radians(planned.pitch_deg),
    )
    image, udp_map = rasterizer.draw_with_udp(pose, viewpoint)
    columns = np.flatnonzero(image[..., 3].any(0))
    # Only the sides are cut off: the line width refers to the picture's height.
    first, last = (columns[0], columns[-1] + 1) if columns.size else (0, image.shape[1])
    kept = slice(max(first - CROP_MARGIN_PX, 0), last + CROP_MARGIN_PX)
    return SheetView(
        planned.name,
        np.ascontiguousarray(image[:, kept]),
        udp_map.xyzv[:, kept].astype(np.float16),
        math.radians(planned.yaw_deg),
        planned.expression,
    )


def with_expression(rig: Rig, pose: RigPose, name: str | None) -> RigPose:
    """Return the pose with one expression at full weight and no other."""
    weights = np.zeros(len(rig.expressions), np.float32)
    index = None if name is None else rig.expression_index(name)
    if index is not None:
        weights[index] = 1.0
    return replace(pose, expression_weights=weights)


def lifted_hair(rig: Rig, pose: RigPose) -> RigPose:
    """Return the pose with every spring chain on the head swung outwards and up."""
    skeleton = rig.skeleton
    head = skeleton.humanoid.get("head")
    if head is None:
        return pose
    rotations = pose.bone_rotations.copy()
    for root in {chain.bones[0] for chain in rig.springs}:
        outward = skeleton.rest_positions[root] - skeleton.rest_positions[head]
        outward = outward * np.array((1.0, 0.0, 1.0))
        length = float(np.linalg.norm(outward))
        if _hangs_from(rig, root, head) and length > 1e-4:
            axis = np.cross((0.0, -1.0, 0.0), outward / length)
            turn = quat_from_axis_angle(axis, HAIR_LIFT_RAD)
            rotations[root] = quat_multiply(turn, rotations[root])
    return replace(pose, bone_rotations=rotations.astype(np.float32))


def _hangs_from(rig: Rig, bone: int, ancestor: int) -> bool:
    while bone >= 0 and bone != ancestor:
        bone = int(rig.skeleton.parents[bone])
    return bone == ancestor


def raised_pose(rig: Rig) -> RigPose:
    """Return the canonical A-pose with both arms raised above the shoulders."""
    pose = canonical_pose(rig)
    rotations = pose.bone_rotations.copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        bone = rig.skeleton.humanoid.get(f"{side}UpperArm")
        if bone is not None:
            turn = quat_from_axis_angle((0.0, 0.0, 1.0), sign * RAISED_ARM_RAD)
            rotations[bone] = quat_multiply(turn, rotations[bone])
    return replace(pose, bone_rotations=rotations.astype(np.float32))
