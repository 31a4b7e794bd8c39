"""Draw a character sheet from a rig: the sheet of an avatar that exists only as a mesh."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.sheet.face_regions import find_regions
from renderer.sheet.sheet_poses import SheetPose, sheet_pose
from renderer.types import CharacterSheet, InkStyle, LandmarkBox, SheetView
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

SHEET_SIZE_PX = 1024  # side of the square that each view is drawn in before it is cropped
CROP_MARGIN_PX = 8
MAX_EXPRESSION_VIEWS = 11
FACE_MARGIN = 0.02  # landmark units about mouth and eyes that an expression view keeps
# In order of need: what opens a mouth or closes an eye comes first.
DRAWN_EXPRESSIONS = (
    *("blink", "aa", "ih", "ou", "ee", "oh"),
    *("happy", "surprised", "relaxed", "angry", "sad", "smile"),
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
        expression: Shown at full weight, with no other; the view keeps the face alone.
        pose: How the figure stands.
        gaze_deg: Yaw and pitch of the eyes; it bares the white that the iris covers elsewhere.
    """

    name: str
    framing: Framing
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    expression: str | None = None
    pose: SheetPose = SheetPose.A_POSE
    gaze_deg: tuple[float, float] = (0.0, 0.0)


BODY_PLAN = (
    PlannedView("front", Framing.FULL),
    PlannedView("back", Framing.FULL, 180),
    PlannedView("left", Framing.FULL, 90),
    PlannedView("right", Framing.FULL, -90),
    PlannedView("three-quarter-left", Framing.FULL, 40),
    PlannedView("three-quarter-right", Framing.FULL, -40),
    PlannedView("arms-raised-left", Framing.FULL, 115, 20, pose=SheetPose.ARMS_RAISED),
    PlannedView("arms-raised-right", Framing.FULL, -115, 20, pose=SheetPose.ARMS_RAISED),
    PlannedView("bust", Framing.BUST),
    PlannedView("bust-three-quarter-left", Framing.BUST, 45),
    PlannedView("bust-three-quarter-right", Framing.BUST, -45),
    PlannedView("bust-back", Framing.BUST, 180),
    PlannedView("bust-from-above", Framing.BUST, 0, 45, gaze_deg=(0, 45)),
    PlannedView("bust-from-below", Framing.BUST, 0, -35, gaze_deg=(0, -45)),
    PlannedView("bust-left", Framing.BUST, 85),
    PlannedView("bust-right", Framing.BUST, -85),
    PlannedView("bust-hair-lifted", Framing.BUST, pose=SheetPose.HAIR_LIFTED, gaze_deg=(45, 0)),
    PlannedView("bust-hair-lifted-left", Framing.BUST, 50, pose=SheetPose.HAIR_LIFTED),
    PlannedView("bust-hair-lifted-right", Framing.BUST, -50, pose=SheetPose.HAIR_LIFTED),
    PlannedView("palms", Framing.BUST, pose=SheetPose.PALMS_SHOWN, gaze_deg=(-45, 0)),
    PlannedView("palms-back", Framing.BUST, 180, pose=SheetPose.PALMS_SHOWN),
)


def plan_sheet(rig: Rig) -> tuple[PlannedView, ...]:
    """Return the views that show a rig well: its body, its face, its expressions."""
    offered = {expression.name for expression in rig.expressions if expression.morphs}
    custom = [e.name for e in rig.expressions if _is_custom(e.name) and e.name in offered]
    drawn = [name for name in (*DRAWN_EXPRESSIONS, *sorted(custom)) if name in offered]
    drawn = list(dict.fromkeys(drawn))
    if "blink" not in offered:
        drawn += [name for name in ("blinkLeft", "blinkRight") if name in offered]
    drawn = drawn[:MAX_EXPRESSION_VIEWS]
    lower = [name.lower() for name in drawn]
    faces = []
    for index, name in enumerate(drawn):
        # Some disks take "Happy" and "happy" for one file.
        is_file_name = name.isalnum() and lower.index(name.lower()) == index
        stem = f"bust-{name}" if is_file_name else f"expression-{index:02}"
        faces.append(PlannedView(stem, Framing.BUST, expression=name))
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
    regions = find_regions(rig)
    face = _face_box(regions)
    views = [_draw_view(rig, rasterizer, planned, face) for planned in plan or plan_sheet(rig)]
    return CharacterSheet(tuple(views), regions, ink or InkStyle())


def _draw_view(
    rig: Rig, rasterizer: SheetRasterizer, planned: PlannedView, face: LandmarkBox | None
) -> SheetView:
    pose = with_expression(rig, sheet_pose(rig, planned.pose), planned.expression)
    pose = replace(pose, gaze=np.radians(planned.gaze_deg).astype(np.float32))
    viewpoint = replace(
        frame_viewpoint(rig, planned.framing),
        yaw_rad=math.radians(planned.yaw_deg),
        pitch_rad=math.radians(planned.pitch_deg),
    )
    image, udp_map = rasterizer.draw_with_udp(pose, viewpoint)
    udp = udp_map.xyzv.astype(np.float16)
    if planned.expression is not None and face is not None:
        outside = ~_inside(face, udp_map.xyzv)
        image[outside], udp[outside] = 0, 0
    columns = np.flatnonzero(image[..., 3].any(0))
    # Only the sides are cut off: the line width refers to the picture's height.
    first, last = (columns[0], columns[-1] + 1) if columns.size else (0, image.shape[1])
    kept = slice(max(first - CROP_MARGIN_PX, 0), last + CROP_MARGIN_PX)
    return SheetView(
        planned.name,
        np.ascontiguousarray(image[:, kept]),
        np.ascontiguousarray(udp[:, kept]),
        math.radians(planned.yaw_deg),
        planned.expression,
    )


def _face_box(regions: Mapping[str, LandmarkBox]) -> LandmarkBox | None:
    """Return the box about mouth and eyes with a margin, all the way through the head."""
    if not regions:
        return None
    low = np.min([box.low for box in regions.values()], axis=0) - FACE_MARGIN
    high = np.max([box.high for box in regions.values()], axis=0) + FACE_MARGIN
    return LandmarkBox((low[0], low[1], 0.0), (high[0], high[1], 1.0))


def _inside(box: LandmarkBox, xyzv: NDArray[np.float32]) -> NDArray[np.bool_]:
    landmarks = xyzv[..., :3]
    within: NDArray[np.bool_] = np.all((landmarks >= box.low) & (landmarks <= box.high), axis=-1)
    return within & (xyzv[..., 3] > 0)


def with_expression(rig: Rig, pose: RigPose, name: str | None) -> RigPose:
    """Return the pose with one expression at full weight and no other."""
    weights = np.zeros(len(rig.expressions), np.float32)
    index = None if name is None else rig.expression_index(name)
    if index is not None:
        weights[index] = 1.0
    return replace(pose, expression_weights=weights)
