"""A flat figure of capsules with exact landmarks, drawn in torch: pairs to train decoders on."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Capsule:
    """One limb between two joints in the rest pose, units of the picture's side.

    Attributes:
        start: Joint about which it swings.
        end: Other end.
        radius: Half its thickness.
        swing: Most that it turns to either side, radians.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    radius: float
    swing: float


# Drawn in this order: arms and head lie over the body.
FIGURE = (
    Capsule((0.44, 0.66), (0.40, 0.92), 0.055, 0.35),  # right leg
    Capsule((0.56, 0.66), (0.60, 0.92), 0.055, 0.35),  # left leg
    Capsule((0.50, 0.42), (0.50, 0.64), 0.115, 0.10),  # body
    Capsule((0.39, 0.38), (0.20, 0.55), 0.050, 0.60),  # right arm
    Capsule((0.61, 0.38), (0.80, 0.55), 0.050, 0.60),  # left arm
    Capsule((0.50, 0.24), (0.50, 0.18), 0.120, 0.25),  # head
)


@dataclass(frozen=True, slots=True)
class DrawnFigure:
    """One picture of the figure.

    Attributes:
        image: ``[4, S, S]`` premultiplied RGBA in [0, 1].
        udp: ``[4, S, S]`` landmark times occupancy, then occupancy, in [0, 1].
        parts: ``[S, S]`` int64, which capsule is on top; -1 where there is none.
    """

    image: Tensor
    udp: Tensor
    parts: Tensor


def random_pose(generator: torch.Generator) -> Tensor:
    """Draw an angle for each capsule, ``[6]`` radians."""
    turns = torch.rand(len(FIGURE), generator=generator) * 2 - 1
    return turns * torch.tensor([capsule.swing for capsule in FIGURE])


def draw_figure(size: int, angles: Tensor, colours: Tensor) -> DrawnFigure:
    """Draw the figure.

    Args:
        size: Height and width in pixels.
        angles: ``[6]`` radians, how far each capsule is turned out of the rest pose.
        colours: ``[6, 3]`` in [0, 1], one per capsule.
    """
    centres = (torch.arange(size) + 0.5) / size
    pixels = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), -1)  # [S, S, 2]
    parts = torch.full((size, size), -1)
    landmark = torch.zeros(size, size, 3)
    for index, capsule in enumerate(FIGURE):
        start, end = torch.tensor(capsule.start), torch.tensor(capsule.end)
        turn = _turned(angles[index])
        rest = (pixels - start) @ turn + start  # where each pixel was in the rest pose
        along = ((rest - start) @ (end - start)) / (end - start).square().sum()
        nearest = start + along.clamp(0, 1)[..., None] * (end - start)
        distance = (rest - nearest).norm(dim=-1)
        inside = distance < capsule.radius
        depth = (capsule.radius**2 - distance.square()).clamp(min=0).sqrt()
        parts[inside] = index
        landmark[inside] = torch.cat([rest, 0.5 - 2 * depth[..., None]], -1)[inside]
    seen = (parts >= 0)[..., None]
    udp = torch.cat([landmark * seen, seen], -1).permute(2, 0, 1)
    return DrawnFigure(_painted(parts, colours), udp, parts)


def recoloured(figure: DrawnFigure, colours: Tensor) -> DrawnFigure:
    """Dress a figure anew, ``[6, 3]`` in [0, 1]."""
    return DrawnFigure(_painted(figure.parts, colours), figure.udp, figure.parts)


def _painted(parts: Tensor, colours: Tensor) -> Tensor:
    seen = (parts >= 0)[..., None]
    return torch.cat([colours[parts.clamp(min=0)] * seen, seen], -1).permute(2, 0, 1)


def _turned(angle: Tensor) -> Tensor:
    """Matrix that turns row vectors of posed pixels back to the rest pose."""
    cosine, sine = torch.cos(angle), torch.sin(angle)
    return torch.stack([torch.stack([cosine, -sine]), torch.stack([sine, cosine])])
