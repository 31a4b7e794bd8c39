"""Colours for what no drawing shows: from the same surface nearby in the picture.

Filling across the picture would run hair into the face. Landmarks tell surfaces apart: what lies on
one surface is close in landmark space, and close to the plane that touches it there.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.guided.samples import Samples

KNOWN_TRUST = 0.5  # firmer colours need no help and may help others
MAIN_SHARE = 0.4  # of its pixel that a sample needs to be worth the search
WHOLE_SHARE = 0.74  # sources fill their pixel: at the rim of a surface paint is mixed
LITTLE_INK = 0.3
SEARCH_PX = (2, 4, 8, 14, 24, 40)
SMOOTH_PX = (1, 2, 4)  # then neighbours agree with each other: sparse search leaves specks
DIRECTIONS = 6
GUESS_FIRM = 0.5  # a guess counts for its neighbours like paint half known
NEAR = 0.003  # landmark units; sources closer than this weigh alike
OFF_PLANE = 0.3  # height over the touching plane, per distance, that a curved surface may have
LAYER = 0.0008  # height that it may have at no distance
SURFACE_JUMP = 0.02  # neighbours further apart say nothing about a surface's slope
FAINT = 1e-3  # half trusted is what a source of this weight says; 1 is one close by
CHUNK = 4096  # more temporaries leave the processor's cache


def fill_surfaces(samples: Samples, colour: Tensor, firm: Tensor) -> tuple[Tensor, Tensor]:
    """Paint samples that no drawing shows like their own surface beside them.

    Args:
        samples: Where.
        colour: ``[3, N]``.
        firm: ``[N]`` in [0, 1], how far each colour is to be kept.

    Returns:
        Colours and firmness like those given, better where firmness was small.
    """
    unknown = ((firm < KNOWN_TRUST) & (samples.share > MAIN_SHARE)).nonzero().view(-1)
    if unknown.numel() == 0:
        return colour, firm
    known = _KnownPaint.of(samples, colour, firm)
    size = CHUNK if colour.device.type == "cpu" else unknown.numel()
    parts = [unknown[start : start + size] for start in range(0, unknown.numel(), size)]
    guesses = [known.near(samples, part, SEARCH_PX) for part in parts]
    for part, (found, weight) in zip(parts, guesses, strict=True):
        known.learn(samples, part, found, GUESS_FIRM * weight / (weight + FAINT))
    guesses = [known.near(samples, part, SMOOTH_PX) for part in parts]
    found, weight = (torch.cat(each, -1) for each in zip(*guesses, strict=True))
    before = firm.index_select(0, unknown)
    gain = (1 - before) * weight / (weight + FAINT)
    after = (before + gain).clamp_min_(1e-9)
    mixed = (colour.index_select(1, unknown) * before + found * gain) / after
    return colour.index_copy(1, unknown, mixed), firm.index_copy(0, unknown, after)


@dataclass(frozen=True, slots=True)
class _KnownPaint:
    """The picture's surfaces and what is known of their paint, with a rim for the search.

    Attributes:
        landmark: Three planes ``[P]`` of the rimmed picture.
        occupied: ``[P]``, 1 where there is a landmark.
        colour: Three planes ``[P]``.
        firm: ``[P]``, 0 where the paint is not known well.
        stride: Length of a row.
    """

    landmark: tuple[Tensor, ...]
    occupied: Tensor
    colour: tuple[Tensor, ...]
    firm: Tensor
    stride: int

    @classmethod
    def of(cls, samples: Samples, colour: Tensor, firm: Tensor) -> "_KnownPaint":
        """Spread samples over the pixels."""
        rim = max(SEARCH_PX)
        height, width = samples.size
        stride = width + 2 * rim
        planes = colour.new_zeros((8, (height + 2 * rim) * stride))
        place = _rimmed(samples.pixel, width)
        main = (samples.share > MAIN_SHARE).nonzero().view(-1)
        whole = (samples.share > WHOLE_SHARE) & (firm > KNOWN_TRUST) & (samples.ink < LITTLE_INK)
        chosen = whole.nonzero().view(-1)
        rows = (*samples.landmark, torch.ones_like(firm)), (*colour, firm)
        for group, index, values in zip(planes.view(2, 4, -1), (main, chosen), rows, strict=True):
            to = place.index_select(0, index)
            for plane, value in zip(group, values, strict=True):
                plane.index_copy_(0, to, value.index_select(0, index))
        x, y, z, occupied, red, green, blue, known = planes.unbind(0)
        return cls((x, y, z), occupied, (red, green, blue), known, stride)

    def learn(self, samples: Samples, part: Tensor, colour: Tensor, firm: Tensor) -> None:
        """Remember colours ``[3, M]`` of samples and how firm they are."""
        place = _rimmed(samples.pixel.index_select(0, part), samples.size[1])
        for plane, values in zip((*self.colour, self.firm), (*colour, firm), strict=True):
            plane.index_copy_(0, place, values)

    def near(
        self, samples: Samples, part: Tensor, radii_px: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        """Return colours ``[3, M]`` of the surfaces of samples, and how much supports them."""
        place = _rimmed(samples.pixel.index_select(0, part), samples.size[1])
        wanted = samples.landmark.index_select(1, part)
        normal = self._normal(place, wanted)
        source = (place + _offsets(radii_px, self.stride, place.device)).view(-1)
        square = self.firm.new_zeros((source.numel() // part.numel(), part.numel()))
        height = torch.zeros_like(square)
        for plane, middle, along in zip(self.landmark, wanted, normal, strict=True):
            step = plane.index_select(0, source).view_as(square).sub_(middle)
            height.addcmul_(step, along.expand_as(step))
            square.addcmul_(step, step)
        weight = height.square_().div_(square * OFF_PLANE**2 + LAYER**2).neg_().exp_()
        weight.mul_(square.mul_(NEAR**-2).add_(1).square_().reciprocal_())
        weight.mul_(self.firm.index_select(0, source).view_as(weight))
        total = weight.sum(0)
        colour = torch.stack(
            [
                plane.index_select(0, source).view_as(weight).mul_(weight).sum(0)
                for plane in self.colour
            ]
        )
        return colour / total.clamp_min(1e-20), total

    def _normal(self, place: Tensor, wanted: Tensor) -> Tensor:
        """Return the unit normal of the surface at each place, ``[3, M]``; zero if unclear."""
        (across, clear_across), (down, clear_down) = (
            self._step(place, wanted, shift) for shift in (1, self.stride)
        )
        normal = torch.linalg.cross(across, down, dim=0)
        length = normal.square().sum(0).sqrt_()
        clear = clear_across & clear_down
        return torch.where(clear, normal / length.clamp_min(1e-12), torch.zeros_like(normal))

    def _step(self, place: Tensor, wanted: Tensor, shift: int) -> tuple[Tensor, Tensor]:
        """Return the smaller step to either neighbour, ``[3, M]``, and whether it is small."""
        steps, squares = [], []
        for towards in (shift, -shift):
            beside = place + towards
            step = torch.stack([plane.index_select(0, beside) for plane in self.landmark]) - wanted
            steps.append(step)
            empty = 1 - self.occupied.index_select(0, beside)
            squares.append(step.square().sum(0) + empty)
        first = squares[0] < squares[1]
        step = torch.where(first, steps[0], -steps[1])
        return step, torch.minimum(*squares) < SURFACE_JUMP**2


def _rimmed(pixel: Tensor, width: int) -> Tensor:
    """Turn flat indices of the picture into those of the picture with a rim."""
    rim = max(SEARCH_PX)
    return (pixel // width + rim) * (width + 2 * rim) + pixel % width + rim


def _offsets(radii_px: tuple[int, ...], stride: int, device: torch.device) -> Tensor:
    """Return where sources are sought: on rings around a place, ``[R * D, 1]`` int64."""
    offsets = []
    for ring, radius in enumerate(radii_px):
        for direction in range(DIRECTIONS):
            angle = (direction + 0.5 * (ring % 2)) * math.tau / DIRECTIONS
            row, column = round(radius * math.sin(angle)), round(radius * math.cos(angle))
            offsets.append(row * stride + column)
    return torch.tensor(offsets, device=device)[:, None]
