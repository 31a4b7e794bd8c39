"""The classical picture: colours looked up in the sheet, holes filled, outlines inked.

It needs no weights, works always, and is what every network is judged against.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.guided.expression_choice import choose_expressions
from renderer.guided.face_region import depth_in_box
from renderer.guided.fill import FILL_TRUST, fill_holes, soft_mask
from renderer.guided.ink import ink_coverage, slope_factor_at
from renderer.guided.landmark_table import CANDIDATES
from renderer.guided.lookup import Apart, Lookup, Painted
from renderer.guided.samples import Samples, find_samples, shrink
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.surface_fill import fill_surfaces

DETAIL = 1.0  # sheet pixels per picture pixel that a level must offer; more of them alias
NEUTRAL_HINT = 0.01  # where an expression's drawing does not show a landmark, others may
UNSURE_TRUST = 0.1  # below it other levels are asked
HIDING_INK = 0.5  # under more of it a wrong colour does not show


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A cropped UDP map and what the look-up found for it.

    Attributes:
        occupied: ``[sH, sW]`` bool.
        ink: ``[sH, sW]``, coverage in [0, 1].
        scale: Subpixels along each side of a pixel.
        samples: Landmarks that were looked up.
        painted: Their colours.
        apart: What each candidate shows; None where nobody asked.
        tint: ``[3, 1]`` colour multiplier of ink.
    """

    occupied: Tensor
    ink: Tensor
    scale: int
    samples: Samples
    painted: Painted
    apart: Apart | None
    tint: Tensor


@dataclass(frozen=True, slots=True)
class FilledPicture:
    """The classical picture.

    Attributes:
        colour: ``[3, H, W]`` float32, straight sRGB around [0, 255], beyond the figure too.
        alpha: ``[H, W]`` float32 in [0, 1].
        covered: ``[H, W]``, share of the pixel that the figure takes.
    """

    colour: Tensor
    alpha: Tensor
    covered: Tensor

    def rgba(self) -> Tensor:
        """Return ``[H, W, 4]`` uint8, premultiplied."""
        return premultiplied(self.colour, self.alpha)


def premultiplied(colour: Tensor, alpha: Tensor) -> Tensor:
    """Return ``[H, W, 4]`` uint8 of straight colours ``[3, H, W]`` in [0, 255] and alpha."""
    result = torch.cat([colour * alpha, alpha[None] * 255]).add_(0.5).clamp_(0, 255)
    result = result.to(torch.uint8).permute(1, 2, 0).contiguous()
    return torch.minimum(result, result[..., 3:])


def look_up(
    encoding: SheetEncoding,
    udp: Tensor,
    expressions: Mapping[str, float],
    map_height: int,
    scale: int = 1,
    *,
    apart: bool = False,
) -> LookedUp:
    """Look a cropped UDP map up in a sheet.

    Args:
        encoding: On the device of ``udp``.
        udp: ``[sH, sW, 4]`` float32.
        expressions: Weights of the rig pose.
        map_height: Of the whole map, to which the line width refers.
        scale: Subpixels along each side of a pixel.
        apart: Keep what each candidate shows, for a network to choose from.
    """
    planes = udp.permute(2, 0, 1).contiguous()
    landmark, occupied = planes[:3], planes[3] > 0.5
    width_px = encoding.ink.width * map_height
    ink = ink_coverage(landmark, occupied, width_px, slope_factor_at(scale))
    step = typical_step(landmark, occupied)
    samples = find_samples(landmark, occupied, ink, scale, step)
    level = pick_level(encoding.densities, step * scale)
    lookup = Lookup(encoding, level)
    candidates = Apart.empty(CANDIDATES, samples.landmark) if apart else None
    painted = lookup.paint(encoding.body, samples.landmark, candidates)
    _ask_levels_beside(encoding, level, samples, painted, candidates)
    _paint_regions(encoding, lookup, samples.landmark, expressions, painted, candidates)
    tint = torch.tensor(encoding.ink.tint, device=udp.device)[:, None]
    return LookedUp(occupied, ink, scale, samples, painted, candidates, tint)


def fill(found: LookedUp) -> FilledPicture:
    """Turn looked-up colours into the classical picture."""
    samples, painted = found.samples, found.painted
    colour, trust = fill_surfaces(samples, painted.colour, firm_trust(painted.trust))
    weighted = colour * trust
    plain = samples.sum(torch.cat([weighted, trust[None]]))
    shade = 1 - (1 - found.tint) * samples.ink
    inked = samples.sum(weighted.mul_(shade))
    covered = samples.sum(torch.ones_like(trust)[None])[0]
    filled = fill_holes(plain)
    shade = 1 - (1 - found.tint[:, None]) * shrink(found.ink, found.scale)
    # What is not trusted of a pixel takes the filled colour, under the pixel's mean ink.
    missing = (covered - plain[3]).clamp_min_(1e-3)
    colour = (inked + filled * shade * missing) / (plain[3] + missing)
    return FilledPicture(colour, shrink(soft_mask(found.occupied), found.scale), covered)


def firm_trust(trust: Tensor) -> Tensor:
    """Return how much of a colour is kept before it yields to its surroundings, in [0, 1]."""
    square = trust.square()
    return square / (square + FILL_TRUST**2)


def typical_step(landmark: Tensor, occupied: Tensor) -> float:
    """Estimate how far landmarks move over one pixel of a surface that faces the viewer.

    Args:
        landmark: ``[3, H, W]``.
        occupied: ``[H, W]`` bool.

    Returns:
        Landmark units; 0 for a figure of a few pixels.
    """
    rows = slice(None, None, max(1, occupied.shape[0] // 128))
    both = occupied[rows, 1:] & occupied[rows, :-1]
    step = (landmark[:, rows, 1:] - landmark[:, rows, :-1]).square().sum(0)[both]
    if step.numel() < 16:
        return 0.0
    return math.sqrt(float(step.kthvalue(1 + step.numel() // 5).values))


def pick_level(densities: tuple[float, ...], step: float) -> int:
    """Choose the level of the tables whose drawings are as fine as the picture.

    Args:
        densities: Of the levels, falling.
        step: Typical distance of neighbouring pixels' landmarks.
    """
    fits = [level for level, offered in enumerate(densities) if offered * step >= DETAIL]
    return fits[-1] if fits else 0


def _ask_levels_beside(
    encoding: SheetEncoding,
    level: int,
    samples: Samples,
    painted: Painted,
    apart: Apart | None,
) -> None:
    """Ask the levels beside this one for what its own drawings do not show well.

    Slivers and thin lines get lost in small drawings, and a walk over a large drawing may end at
    another surface where one over a smaller drawing arrives.
    """
    beside = [other for other in (level - 1, level + 1) if 0 <= other < len(encoding.densities)]
    for other in beside:
        unsure = ((painted.trust < UNSURE_TRUST) & (samples.ink < HIDING_INK)).nonzero().view(-1)
        if unsure.numel() == 0:
            return
        closer = Lookup(encoding, other).paint(
            encoding.body, samples.landmark.index_select(1, unsure)
        )
        before = painted.trust.index_select(0, unsure)
        better = (closer.trust > before).nonzero().view(-1)
        unsure = unsure.index_select(0, better)
        colour, trust = closer.colour.index_select(1, better), closer.trust.index_select(0, better)
        painted.colour.index_copy_(1, unsure, colour)
        painted.trust.index_copy_(0, unsure, trust)
        if apart is not None:
            apart.overwrite(unsure, colour, trust)


def _paint_regions(
    encoding: SheetEncoding,
    lookup: Lookup,
    landmark: Tensor,
    expressions: Mapping[str, float],
    painted: Painted,
    apart: Apart | None,
) -> None:
    """Paint over the face regions from the drawings of the active expressions.

    Eyes and mouth are patches of one drawing: a network has nothing to choose there. A second
    candidate may show them with another gaze, white where the iris is.
    """
    for region, box in encoding.regions.items():
        tables = {e.expression: e.table for e in encoding.expressions if e.region == region}
        shares = choose_expressions(expressions, region, tables.keys())
        if not shares and apart is None:
            continue
        depth = depth_in_box(box, landmark)
        inside = (depth > 0).nonzero().view(-1)
        if inside.numel() == 0:
            continue
        shown = Painted(
            painted.colour.index_select(1, inside), painted.trust.index_select(0, inside)
        )
        if shares:
            fade = depth.index_select(0, inside)
            wanted = landmark.index_select(1, inside)
            others = [
                (lookup.paint(tables[expression], wanted), fade * share)
                for expression, share in shares.items()
            ]
            shown = _mixed(shown, 1 - fade * sum(shares.values()), others)
            painted.colour.index_copy_(1, inside, shown.colour)
            painted.trust.index_copy_(0, inside, shown.trust)
        if apart is not None:
            apart.overwrite(inside, shown.colour, shown.trust)


def _mixed(
    neutral: Painted, neutral_share: Tensor, others: Sequence[tuple[Painted, Tensor]]
) -> Painted:
    """Mix what the neutral drawings show with what those of expressions do; shares ``[N]``."""
    parts = [(neutral, neutral_share.clamp_min(NEUTRAL_HINT)), *others]
    weights = [share * part.trust.clamp_max(1) for part, share in parts]
    total = torch.stack(weights).sum(0).clamp_min(1e-12)
    colours = [part.colour * weight for (part, _), weight in zip(parts, weights, strict=True)]
    return Painted(torch.stack(colours).sum(0) / total, total)
