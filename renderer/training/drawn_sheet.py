"""One sheet of one character with everything that its targets need, uploaded until closed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import moderngl
import numpy as np
from numpy.typing import NDArray

from renderer.evaluation import expression_weights
from renderer.sheet.sheet_drawing import draw_sheet
from renderer.training.pair_options import PairOptions
from renderer.training.scenes import (
    Shot,
    framed_viewpoints,
    random_plan,
    random_shots,
    random_style,
    turned_joints,
)
from renderer.training.training_pair import TrainingPair
from renderer.training.wear import random_wear, worn
from renderer.training.wrong_landmarks import (
    Wrongness,
    dropped_regions,
    random_wrongness,
    warped_udp,
    wrong_proxy,
)
from renderer.types import CharacterSheet, InkStyle, SheetView
from udp_live.motion.clip import MotionClip
from udp_live.rasterizer.toon_pass import ToonRasterizer
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

FREE_POSE_SHARE = 0.3  # of the drawings, in which the figure does not stand quite as planned
FREE_TURN_DEG = 20.0
# Busts are painted from full figures too, and that takes large drawings.
LARGE_SHARE, LARGE_FACTOR = 0.4, 2


class Stream(IntEnum):
    """Independent streams of chance of one sheet, so that no draw depends on another's number."""

    CHARACTER = 0
    KIND = 1
    SHEET = 2
    SHOTS = 3
    SIZE = 4


@dataclass(frozen=True, slots=True)
class SheetSettings:
    """What decides about a sheet and its targets.

    Attributes:
        identity: Of the character.
        number: Of the sheet.
        seed: Of all chance.
        is_clip: The targets are frames of clips.
        options: Of the source.
        motions: That poses come from.
    """

    identity: str
    number: int
    seed: tuple[int, int]
    is_clip: bool
    options: PairOptions
    motions: Sequence[MotionClip] = field(default=(), repr=False)

    def random(self, *stream: int) -> np.random.Generator:
        """Return a fresh stream of chance."""
        return np.random.default_rng((*self.seed, *stream))


class DrawnSheet:
    """A sheet, and the rasterizers for its targets.

    *Render thread only.*
    """

    def __init__(self, context: moderngl.Context, rig: Rig, settings: SheetSettings) -> None:
        """Draw the sheet.

        Args:
            context: Current on this thread.
            rig: The true character.
            settings: Everything else.
        """
        self._rig = rig
        self._settings = settings
        options = settings.options
        random = settings.random(Stream.SHEET)
        style = random_style(random, options.toon_supersampling)
        drawn = random_wrongness(random)
        self._wrongness = drawn if options.wrongness is None else options.wrongness
        proxy = wrong_proxy(rig, self._wrongness, random)
        is_large = settings.random(Stream.SIZE).random() < LARGE_SHARE
        side = (options.sheet_size_px * (LARGE_FACTOR if is_large else 1),) * 2
        self._udp = UdpRasterizer(context, proxy, side)
        coarse = replace(style, supersampling=options.sheet_supersampling)
        toon = ToonRasterizer(context, rig, side, coarse)
        ink = InkStyle(style.ink_width, style.ink_tint)
        rasterizer = _DrawingHand(rig, toon, self._udp, self._wrongness, random)
        plan = random_plan(rig, random, options.views)
        self._sheet = self._worn(draw_sheet(proxy, rasterizer, plan, ink), random)
        toon.close()
        self._toon = ToonRasterizer(context, rig, (options.size_px, options.size_px), style)
        self._framed = framed_viewpoints(rig)
        self._udp.resize((options.size_px * options.supersampling,) * 2)

    def pair(self, target: int) -> TrainingPair:
        """Render target ``target`` of the sheet."""
        settings, options = self._settings, self._settings.options
        frames = options.clip_frames if settings.is_clip else 1
        group, frame = divmod(target, frames)
        shot = self._shot(group, frames, frame)
        clips_before = settings.number * (options.targets_per_sheet // options.clip_frames)
        return TrainingPair(
            sheet=self._sheet,
            udp_map=self._udp.draw(shot.pose, shot.viewpoint),
            expressions=expression_weights(self._rig, shot.pose),
            truth=self._toon.draw(shot.pose, shot.viewpoint),
            identity=settings.identity,
            supersampling=options.supersampling,
            clip=clips_before + group if settings.is_clip else None,
            frame=frame,
            sheet_number=settings.number,
            is_exact=self._wrongness.is_exact,
        )

    def close(self) -> None:
        """Release all GPU memory; the context stays open."""
        self._toon.close()
        self._udp.close()

    def _shot(self, group: int, frames: int, frame: int) -> Shot:
        random = self._settings.random(Stream.SHOTS, group)
        return random_shots(
            self._rig, random, frames, motions=self._settings.motions, framed=self._framed
        )[frame]

    def _worn(self, sheet: CharacterSheet, random: np.random.Generator) -> CharacterSheet:
        drawn = random_wear(random)
        wear = drawn if self._settings.options.wear is None else self._settings.options.wear
        views = []
        for view in sheet.views:
            udp = view.udp
            if self._wrongness.warp_rms > 0:
                udp = warped_udp(udp, self._wrongness.warp_rms, random)
            drops = int(random.integers(0, self._wrongness.drops + 1))
            udp = dropped_regions(udp, drops, random)
            views.append(replace(view, image=worn(view.image, wear, random), udp=udp))
        return replace(sheet, views=_told(views))


class _DrawingHand:
    """Draw the true character, and through another rasterizer the proxy that it is taken for."""

    def __init__(
        self,
        rig: Rig,
        toon: ToonRasterizer,
        udp: UdpRasterizer,
        wrongness: Wrongness,
        random: np.random.Generator,
    ) -> None:
        self._rig = rig
        self._toon = toon
        self._udp = udp
        self._turn_deg = wrongness.pose_turn_deg
        self._random = random

    def draw_with_udp(
        self, pose: RigPose, viewpoint: Viewpoint
    ) -> tuple[NDArray[np.uint8], UdpMap]:
        """Return straight RGBA and a UDP map that may be wrong."""
        if self._random.random() < FREE_POSE_SHARE:
            pose = turned_joints(self._rig, pose, FREE_TURN_DEG, self._random)
        taken_for = pose
        if self._turn_deg > 0:
            taken_for = turned_joints(self._rig, pose, self._turn_deg, self._random)
        return self._toon.draw(pose, viewpoint), self._udp.draw(taken_for, viewpoint)


def _told(views: Sequence[SheetView]) -> tuple[SheetView, ...]:
    """Return the views that show anything; all of them if none does."""
    shown = tuple(view for view in views if view.image[..., 3].any() and view.udp[..., 3].any())
    return shown or tuple(views)
