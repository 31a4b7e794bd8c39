"""A character put to the test: its sheet, as right or wrong as wanted, and what draws targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import moderngl
import numpy as np
from numpy.typing import NDArray

from renderer.engines.base import Decoder
from renderer.evaluation.cases import Case, clip_cases, random_cases
from renderer.evaluation.contest import (
    Comparison,
    Contest,
    FlickerScore,
    PerceptualDistance,
    evaluate,
    evaluate_clip,
)
from renderer.evaluation.evaluation_set import first_views
from renderer.registration.proxy_drawer import GlProxyDrawer
from renderer.registration.proxy_landmarks import fitted_avatar
from renderer.sheet.sheet_drawing import SHEET_SIZE_PX, draw_sheet
from renderer.training.wrong_landmarks import (
    EXACT,
    Wrongness,
    dropped_regions,
    warped_udp,
    wrong_proxy,
)
from renderer.types import CharacterSheet, InkStyle, SheetView
from udp_live.rasterizer.toon_pass import ToonRasterizer, ToonStyle
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.framing import Framing
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

FRAMINGS = (Framing.FULL, Framing.BUST)
CLIP_FRAMES = 5


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What a trial is like.

    Attributes:
        wrongness: Of the landmarks.
        views: Drawings of the sheet.
        size_px: Side of the painted pictures.
        supersampling: Side of the decoder's maps over the side of the pictures.
        sheet_size_px: Side of the square that drawings are made in.
        ink: Outlines of drawings and truth.
        lit: False paints every colour flat, without light and shade that move with the pose.
        expressions: False leaves all faces neutral, as the drawings' are.
        fits_proxy: Fit the proxy's shape to the drawings before anything is painted.
        seed: Of poses and of what is wrong.
    """

    wrongness: Wrongness = EXACT
    views: int = 4
    size_px: int = 256
    supersampling: int = 2
    sheet_size_px: int = SHEET_SIZE_PX
    ink: InkStyle = field(default_factory=InkStyle)
    lit: bool = True
    expressions: bool = True
    fits_proxy: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a decoder made of a trial."""

    comparisons: tuple[Comparison, ...]
    flickers: tuple[FlickerScore, ...]


class Trial:
    """A sheet of a rig, and the rasterizers for its targets.

    The sheet's landmarks and those of the targets are seen through the same proxy, the pictures
    show the true rig. *Render thread only.*
    """

    def __init__(
        self, context: moderngl.Context, rig: Rig, options: TrialOptions, draw: int = 0
    ) -> None:
        """Draw the sheet.

        Args:
            context: Current on this thread.
            rig: The true character.
            options: See there.
            draw: Number of the sheet: others have the same drawings and other wrong landmarks.
        """
        rig = rig if options.lit else unlit(rig)
        self.rig = rig
        self._options = options
        self._draw = draw
        random = np.random.default_rng((options.seed, draw))
        proxy = wrong_proxy(rig, options.wrongness, random)
        style = ToonStyle(ink_width=options.ink.width, ink_tint=options.ink.tint)
        side = (options.sheet_size_px, options.sheet_size_px)
        self._toon = ToonRasterizer(context, rig, side, style)
        self._udp = UdpRasterizer(context, proxy, side)
        plan = first_views(options.views)
        sheet = draw_sheet(proxy, _DrawingHand(self._toon, self._udp), plan, options.ink)
        self._toon.close()
        self.sheet = _with_wrong_views(sheet, options.wrongness, random)
        if options.fits_proxy:
            proxy, self.sheet = fitted_avatar(proxy, self.sheet, GlProxyDrawer(context))
            self._udp.close()
            self._udp = UdpRasterizer(context, proxy, side)
        self._toon = ToonRasterizer(context, rig, (options.size_px, options.size_px), style)
        map_side = (options.size_px * options.supersampling,) * 2
        self._udp.resize(map_side)
        self._true_udp = UdpRasterizer(context, rig, map_side)
        coarse = replace(style, supersampling=options.supersampling)
        self._coarse_toon = ToonRasterizer(context, rig, (options.size_px,) * 2, coarse)

    def contest(self, decoder: Decoder) -> Contest:
        """Let a decoder encode the sheet and return its contest."""
        return Contest(
            self.rig,
            self._toon,
            self._udp,
            decoder,
            decoder.encode(self.sheet),
            self._options.supersampling,
            self._coarse_toon,
        )

    def run(
        self,
        contest: Contest,
        pictures: int,
        clips: int,
        perceptual: PerceptualDistance | None = None,
    ) -> TrialResult:
        """Measure a contest of this trial.

        Args:
            contest: From ``contest``.
            pictures: Random poses, half of them full figures, half of them busts.
            clips: Of consecutive frames, divided alike.
            perceptual: Asked about every picture; None leaves its distance out.
        """
        flickers = [
            flicker
            for frames in self.clips(clips)
            for flicker in evaluate_clip(contest, frames, self._true_udp)
        ]
        comparisons = tuple(evaluate(contest, self.cases(pictures), perceptual))
        return TrialResult(comparisons, tuple(flickers))

    def cases(self, count: int) -> Iterator[Case]:
        """Yield random poses, the same for every decoder."""
        for framing, share in zip(FRAMINGS, _halves(count), strict=True):
            yield from random_cases(
                self.rig, framing, share, self._seed(), expressions=self._options.expressions
            )

    def exhibit_cases(self) -> Iterator[Case]:
        """Yield what is worth looking at closely: a full figure, a bust, a face that moves."""
        for framing in FRAMINGS:
            yield next(random_cases(self.rig, framing, 1, self._seed()))
        lively = random_cases(
            self.rig, Framing.FACE, 2, self._seed(), expressions=self._options.expressions
        )
        yield list(lively)[1]

    def clips(self, count: int) -> Iterator[tuple[Case, ...]]:
        """Yield clips, the same for every decoder."""
        for framing, share in zip(FRAMINGS, _halves(count), strict=True):
            for number in range(share):
                yield clip_cases(self.rig, framing, CLIP_FRAMES, self._seed() + number)

    def draw_truth(self, pose: RigPose, viewpoint: Viewpoint) -> NDArray[np.uint8]:
        """Return the true picture, ``[S, S, 4]`` uint8 straight RGBA."""
        return self._toon.draw(pose, viewpoint)

    def draw_true_map(self, pose: RigPose, viewpoint: Viewpoint) -> UdpMap:
        """Return the true figure's UDP map, as large as the decoder's maps."""
        return self._true_udp.draw(pose, viewpoint)

    def close(self) -> None:
        """Release all GPU memory; the context stays open."""
        for rasterizer in (self._toon, self._udp, self._true_udp, self._coarse_toon):
            rasterizer.close()

    def _seed(self) -> int:
        return self._options.seed + 1000 * self._draw


def unlit(rig: Rig) -> Rig:
    """Return the rig with the colours of its textures alone, wherever the light comes from."""
    return replace(rig, materials=tuple(replace(m, lit=False) for m in rig.materials))


class _DrawingHand:
    """Draw the true character, and through another rasterizer the proxy that it is taken for."""

    def __init__(self, toon: ToonRasterizer, udp: UdpRasterizer) -> None:
        self._toon = toon
        self._udp = udp

    def draw_with_udp(
        self, pose: RigPose, viewpoint: Viewpoint
    ) -> tuple[NDArray[np.uint8], UdpMap]:
        """Return straight RGBA and a UDP map that may be wrong."""
        return self._toon.draw(pose, viewpoint), self._udp.draw(pose, viewpoint)


def _halves(count: int) -> tuple[int, int]:
    return (count + 1) // 2, count // 2


def _with_wrong_views(
    sheet: CharacterSheet, wrongness: Wrongness, random: np.random.Generator
) -> CharacterSheet:
    """Return the sheet with its UDP shifted against the drawings and with holes in it."""
    views: Sequence[SheetView] = [_wrong(view, wrongness, random) for view in sheet.views]
    return replace(sheet, views=tuple(views))


def _wrong(view: SheetView, wrongness: Wrongness, random: np.random.Generator) -> SheetView:
    udp = view.udp
    if wrongness.warp_rms > 0:
        udp = warped_udp(udp, wrongness.warp_rms, random)
    drops = int(random.integers(0, wrongness.drops + 1))
    return replace(view, udp=dropped_regions(udp, drops, random))
