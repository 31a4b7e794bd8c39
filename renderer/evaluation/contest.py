"""A decoder's pictures against the rig's own toon drawing."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.engines.base import Decoder
from renderer.evaluation.cases import Case, expression_weights
from renderer.metrics import (
    alpha_iou,
    boundary_error_px,
    figure_l1,
    figure_psnr,
    figure_ssim,
    flicker,
    image_l1,
    match_landmarks,
    over_grey,
    union_psnr,
)
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Score:
    """How one picture came out; see ``renderer.metrics``.

    Attributes:
        name: Of the case.
        figure_psnr: dB, straight colours where the true alpha exceeds one half.
        figure_l1: In [0, 1], at the same places.
        image_l1: In [0, 1], over grey, entire picture.
        figure_ssim: At most 1, over grey, in the figure.
        alpha_iou: In [0, 1].
        boundary_px: Distance of the outlines.
        union_psnr: dB, over grey, where either picture shows anything.
        decode_ms: Time of the decoder.
        lpips: Perceptual distance, 0 for equal pictures; None where nobody measured it.
    """

    name: str
    figure_psnr: float
    figure_l1: float
    image_l1: float
    figure_ssim: float
    alpha_iou: float
    boundary_px: float
    union_psnr: float
    decode_ms: float
    lpips: float | None = None


@dataclass(frozen=True, slots=True)
class FlickerScore:
    """Mean change of a landmark's paint from frame to frame of a clip, in [0, 1].

    Attributes:
        truth: Of the true drawing.
        painted: Of the decoder's pictures.
        resampled: Of the true drawing with no more samples per pixel than the decoder's maps have.
    """

    truth: float
    painted: float
    resampled: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A score with the pictures behind it: straight truth, premultiplied painting."""

    score: Score
    truth: Picture = field(repr=False)
    painted: Picture = field(repr=False)


class PerceptualDistance(Protocol):
    """What tells how different pictures look: ``renderer.evaluation.lpips.Lpips``."""

    def __call__(self, truth: Picture, painted: Picture) -> float:
        """Compare straight truth and premultiplied painting."""


class UdpDrawer(Protocol):
    """What draws UDP maps: ``udp_live.rasterizer.udp_pass.UdpRasterizer``."""

    def draw(self, pose: RigPose, viewpoint: Viewpoint) -> UdpMap:
        """Return the UDP map, ``Contest.supersampling`` times as large as the pictures."""


class ToonDrawer(Protocol):
    """What draws the truth: ``udp_live.rasterizer.toon_pass.ToonRasterizer``."""

    def draw(self, pose: RigPose, viewpoint: Viewpoint) -> NDArray[np.uint8]:
        """Return straight RGBA."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A decoder and what it is measured against, all of one rig.

    Attributes:
        rig: The rig.
        toon: Draws the truth.
        udp: Draws what the decoder gets.
        decoder: To be measured.
        encoding: Of the rig's sheet, from ``decoder``.
        supersampling: Side of the decoder's maps over the side of the pictures.
        coarse_toon: Draws the truth with as many samples per pixel as the maps have; None where
            no clips are measured.
    """

    rig: Rig
    toon: ToonDrawer
    udp: UdpDrawer
    decoder: Decoder
    encoding: Any = field(repr=False)
    supersampling: int = 1
    coarse_toon: ToonDrawer | None = None


def evaluate(
    contest: Contest, cases: Iterable[Case], perceptual: PerceptualDistance | None = None
) -> Iterator[Comparison]:
    """Paint every case and compare it with the rig's own toon drawing."""
    for case in cases:
        truth = contest.toon.draw(case.pose, case.viewpoint)
        udp_map = contest.udp.draw(case.pose, case.viewpoint)
        start_s = time.perf_counter()
        painted = _painted(contest, case, udp_map)
        decode_ms = (time.perf_counter() - start_s) * 1e3
        found = score(case.name, truth, painted, decode_ms)
        if perceptual is not None:
            found = replace(found, lpips=perceptual(truth, painted))
        yield Comparison(found, truth, painted)


def score(name: str, truth: Picture, painted: Picture, decode_ms: float = 0.0) -> Score:
    """Measure a painted picture (premultiplied) against the truth (straight)."""
    return Score(
        name,
        figure_psnr(truth, painted),
        figure_l1(truth, painted),
        image_l1(truth, painted),
        figure_ssim(truth, painted),
        alpha_iou(truth, painted),
        boundary_error_px(truth, painted),
        union_psnr(truth, painted),
        decode_ms,
    )


def evaluate_clip(
    contest: Contest, frames: Sequence[Case], true_udp: UdpDrawer
) -> Iterator[FlickerScore]:
    """Paint the frames of a clip and measure the flicker of each pair of neighbours.

    Args:
        contest: Paints through its own maps.
        frames: In their order.
        true_udp: Tells where the true figure's landmarks are; maps as large as the contest's.
    """
    before: tuple[UdpMap, list[NDArray[np.float64]]] | None = None
    for case in frames:
        true_map = true_udp.draw(case.pose, case.viewpoint)
        shown = _shown(contest, case)
        if before is not None:
            match = match_landmarks(before[0], true_map, contest.supersampling)
            changes = [flicker(match, *pair) for pair in zip(before[1], shown, strict=True)]
            yield FlickerScore(*changes)
        before = true_map, shown


def _shown(contest: Contest, case: Case) -> list[NDArray[np.float64]]:
    """Return truth, painting and resampled truth over grey."""
    toons = (contest.toon, contest.coarse_toon or contest.toon)
    truth, coarse = (
        over_grey(toon.draw(case.pose, case.viewpoint), premultiplied=False) for toon in toons
    )
    painted = _painted(contest, case, contest.udp.draw(case.pose, case.viewpoint))
    return [truth, over_grey(painted, premultiplied=True), coarse]


def _painted(contest: Contest, case: Case, udp_map: UdpMap) -> Picture:
    expressions = expression_weights(contest.rig, case.pose)
    return contest.decoder.decode(contest.encoding, udp_map, expressions, contest.supersampling)
