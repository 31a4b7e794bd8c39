"""How well a decoder paints: its pictures against the rig's own toon drawing."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.engines.base import Decoder
from renderer.sheet.sheet_drawing import with_expression
from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.rig.expressions import effective_expression_weights
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.landmarks import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

GREY = 128.0  # background under which the L1 error is measured

# Largest turns about X (nod), Y (turn) and Z (tilt) that a performer makes, degrees, from the
# canonical A-pose. A right-side bone turns the same way as the left one, mirrored.
TURNS_DEG: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "spine": (10, 10, 8),
        "chest": (8, 10, 8),
        "neck": (10, 18, 10),
        "head": (15, 25, 12),
        "leftUpperArm": (30, 35, 45),
        "rightUpperArm": (30, 35, 45),
        "leftLowerArm": (15, 60, 25),
        "rightLowerArm": (15, 60, 25),
        "leftHand": (20, 20, 25),
        "rightHand": (20, 20, 25),
        "leftUpperLeg": (20, 10, 12),
        "rightUpperLeg": (20, 10, 12),
        "leftLowerLeg": (20, 0, 0),
        "rightLowerLeg": (20, 0, 0),
    }
)
VIEW_YAW_DEG = 30.0
VIEW_PITCH_DEG = 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """One picture to paint: what it shows, the pose, from where."""

    name: str
    pose: RigPose = field(repr=False)
    viewpoint: Viewpoint = field(repr=False)


@dataclass(frozen=True, slots=True)
class Score:
    """How one picture came out.

    Attributes:
        name: Of the case.
        psnr_db: Over straight colours where the true alpha exceeds one half.
        l1: Mean absolute difference over grey, in [0, 1], entire picture.
        decode_ms: Time of the decoder.
    """

    name: str
    psnr_db: float
    l1: float
    decode_ms: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A score with the pictures behind it: straight truth, premultiplied painting."""

    score: Score
    truth: NDArray[np.uint8] = field(repr=False)
    painted: NDArray[np.uint8] = field(repr=False)


def random_pose(rig: Rig, random: np.random.Generator) -> RigPose:
    """Return a pose within the joint limits of ``TURNS_DEG``, with random gaze."""
    pose = canonical_pose(rig)
    rotations = pose.bone_rotations.copy()
    for name, limits in TURNS_DEG.items():
        bone = rig.skeleton.humanoid.get(name)
        if bone is None:
            continue
        for axis, limit in enumerate(limits):
            angle = math.radians(limit) * float(random.uniform(-1, 1))
            turn = quat_from_axis_angle(tuple(np.eye(3)[axis]), angle)
            rotations[bone] = quat_multiply(turn, rotations[bone])
    gaze = random.uniform(-0.3, 0.3, 2).astype(np.float32)
    return replace(pose, bone_rotations=rotations.astype(np.float32), gaze=gaze)


def random_cases(rig: Rig, framing: Framing, count: int, seed: int = 0) -> Iterator[Case]:
    """Yield random poses from random viewpoints, every other one with a random expression."""
    random = np.random.default_rng(seed)
    viewpoint = frame_viewpoint(rig, framing)
    names = [e.name for e in rig.expressions if e.morphs]
    for index in range(count):
        pose = random_pose(rig, random)
        if names and index % 2:
            pose = with_expression(rig, pose, names[int(random.integers(len(names)))])
            weight = np.float32(random.uniform(0, 1))
            pose = replace(pose, expression_weights=pose.expression_weights * weight)
        yaw, pitch = random.uniform(-1, 1, 2)
        yield Case(
            f"{framing.value} {index}",
            pose,
            replace(
                viewpoint,
                yaw_rad=math.radians(VIEW_YAW_DEG * yaw),
                pitch_rad=math.radians(VIEW_PITCH_DEG * pitch),
            ),
        )


def expression_cases(rig: Rig, framing: Framing) -> Iterator[Case]:
    """Yield every expression of the rig at full weight, seen from the front."""
    for expression in rig.expressions:
        pose = with_expression(rig, canonical_pose(rig), expression.name)
        yield Case(f"{framing.value} {expression.name}", pose, frame_viewpoint(rig, framing))


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
    """

    rig: Rig
    toon: ToonDrawer
    udp: UdpDrawer
    decoder: Decoder
    encoding: Any = field(repr=False)
    supersampling: int = 1


def evaluate(contest: Contest, cases: Iterable[Case]) -> Iterator[Comparison]:
    """Paint every case and compare it with the rig's own toon drawing."""
    for case in cases:
        truth = contest.toon.draw(case.pose, case.viewpoint)
        udp_map = contest.udp.draw(case.pose, case.viewpoint)
        expressions = expression_weights(contest.rig, case.pose)
        start = time.perf_counter()
        painted = contest.decoder.decode(
            contest.encoding, udp_map, expressions, contest.supersampling
        )
        decode_ms = (time.perf_counter() - start) * 1e3
        score = Score(case.name, figure_psnr(truth, painted), image_l1(truth, painted), decode_ms)
        yield Comparison(score, truth, painted)


def expression_weights(rig: Rig, pose: RigPose) -> dict[str, float]:
    """Return the weights that act on the mesh, by name, as decoders want them."""
    weights = effective_expression_weights(rig, pose)
    return {e.name: float(w) for e, w in zip(rig.expressions, weights, strict=True) if w > 0}


def figure_psnr(truth: NDArray[np.uint8], painted: NDArray[np.uint8]) -> float:
    """Return the PSNR of straight colours in the figure, dB; infinite where equal or empty.

    Args:
        truth: ``[H, W, 4]`` uint8 straight RGBA.
        painted: ``[H, W, 4]`` uint8 premultiplied RGBA.
    """
    inside = truth[..., 3] > 127
    if not inside.any():
        return math.inf
    alpha = np.maximum(painted[inside][:, 3:].astype(np.float64), 1)
    straight = np.minimum(painted[inside][:, :3] * 255.0 / alpha, 255)
    error = float(np.mean((straight - truth[inside][:, :3]) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255.0**2 / error)


def image_l1(truth: NDArray[np.uint8], painted: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference over grey, in [0, 1]; arguments as figure_psnr."""
    difference = over_grey(painted, premultiplied=True) - over_grey(truth, premultiplied=False)
    return float(np.mean(np.abs(difference))) / 255


def over_grey(picture: NDArray[np.uint8], *, premultiplied: bool) -> NDArray[np.float64]:
    """Return an RGBA picture over the grey background, ``[H, W, 3]`` in [0, 255]."""
    alpha = picture[..., 3:] / 255.0
    colour = picture[..., :3] * (1.0 if premultiplied else alpha)
    return np.asarray(colour + GREY * (1 - alpha), np.float64)
