"""The guided decoder: paints UDP maps by looking landmarks up in the sheet, without weights."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.engines.gl_texture_reader import GlTextureReader
from renderer.engines.read_back import read_back
from renderer.errors import AcceleratorError
from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.expression_choice import choose_expressions
from renderer.guided.fill import FILL_TRUST, fill_holes, soft_mask
from renderer.guided.ink import ink_coverage
from renderer.guided.lookup import Lookup, Painted
from renderer.guided.samples import Samples, find_samples, shrink
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet, LandmarkBox
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

RIM_PX = 2  # room around the figure for its soft edge
DETAIL = 1.0  # sheet pixels per picture pixel that a level must offer; more of them alias
NEUTRAL_HINT = 0.01  # where an expression's drawing does not show a landmark, others may
UNSURE_TRUST = 0.1  # below it other levels are asked
HIDING_INK = 0.5  # under more of it a wrong colour does not show
REGION_RIM = 0.15  # share of a face region's width over which its drawing fades in


class GuidedDecoder:
    """Copy each landmark's colour from where the sheet shows it best.

    No state between frames: the same UDP map and weights give the same picture. One thread at
    a time.
    """

    name = "guided"

    def __init__(self, device: torch.device, cache_folder: Path | None = None) -> None:
        self._device = device
        self._cache_folder = cache_folder
        self._textures = GlTextureReader(device)

    @property
    def device(self) -> str:
        """Torch name of the device: ``cpu``, ``cuda:0`` ..."""
        return str(self._device)

    @property
    def reads_textures(self) -> bool:
        """Whether maps should stay on the GPU."""
        return self._device.type == "cuda"

    def encode(self, sheet: CharacterSheet) -> SheetEncoding:
        """Prepare a sheet; see Decoder."""
        encoding = cached_encoding(sheet, self._cache_folder)
        try:
            return encoding.to(self._device)
        except torch.OutOfMemoryError as error:
            raise AcceleratorError(
                f"{self._device} has too little free memory for the sheet; close other programs "
                "that use it or choose the device 'cpu'"
            ) from error

    @torch.inference_mode()
    def decode(
        self,
        encoding: SheetEncoding,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        scale = supersampling
        if not 1 <= scale <= 4:
            raise ValueError(f"unexpected supersampling: {scale} not in 1..4")
        pixels = torch.from_numpy(udp.xyzv) if isinstance(udp, UdpMap) else self._textures.read(udp)
        height, width = pixels.shape[:2]
        if height % scale or width % scale:
            raise ValueError(f"unexpected UDP size: {width}x{height} is no multiple of {scale}")
        picture = np.zeros((height // scale, width // scale, 4), np.uint8)
        box = figure_box(pixels[..., 3], scale)
        if box is None:
            return picture
        rows, columns = (slice(side.start * scale, side.stop * scale) for side in box)
        figure = pixels[rows, columns].contiguous().to(self._device)
        picture[box] = read_back(paint(encoding, figure, expressions, height, scale))
        return picture

    def close(self) -> None:
        """Let go of the rasterizer's texture."""
        self._textures.close()


def figure_box(occupancy: Tensor, scale: int) -> tuple[slice, slice] | None:
    """Return the picture's rows and columns with the figure and a rim, None for an empty map."""
    sides = []
    for covered in _covered_lines(occupancy):
        lines = np.flatnonzero(covered)
        if lines.size == 0:
            return None
        stop = min(int(lines[-1]) // scale + 1 + RIM_PX, covered.size // scale)
        sides.append(slice(max(int(lines[0]) // scale - RIM_PX, 0), stop))
    return sides[0], sides[1]


def _covered_lines(occupancy: Tensor) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows and which columns show the figure."""
    if occupancy.device.type == "cpu":
        here = occupancy.numpy() > 0.5  # numpy is six times as fast at this as torch
        return here.any(1), here.any(0)
    there = occupancy > 0.5
    both = torch.cat([there.any(1), there.any(0)]).cpu().numpy()  # one trip, not two
    return both[: len(there)], both[len(there) :]


def paint(
    encoding: SheetEncoding,
    udp: Tensor,
    expressions: Mapping[str, float],
    map_height: int,
    scale: int = 1,
) -> Tensor:
    """Paint a cropped UDP map.

    Args:
        encoding: On the device of ``udp``.
        udp: ``[sH, sW, 4]`` float32.
        expressions: Weights of the rig pose.
        map_height: Of the whole map, to which the line width refers.
        scale: Subpixels along each side of a pixel.

    Returns:
        ``[H, W, 4]`` uint8 premultiplied RGBA.
    """
    planes = udp.permute(2, 0, 1).contiguous()
    landmark, occupied = planes[:3], planes[3] > 0.5
    ink = ink_coverage(landmark, occupied, encoding.ink.width * map_height)
    step = typical_step(landmark, occupied)
    samples = find_samples(landmark, occupied, ink, scale, step)
    level = pick_level(encoding.densities, step * scale)
    lookup = Lookup(encoding, level)
    painted = lookup.paint(encoding.body, samples.landmark)
    _ask_levels_beside(encoding, level, samples, painted)
    _paint_regions(encoding, lookup, samples.landmark, expressions, painted)
    trust = painted.trust.square()
    trust /= trust + FILL_TRUST**2
    plain = samples.sum(torch.cat([painted.colour * trust, trust[None]]))
    tint = torch.tensor(encoding.ink.tint, device=udp.device)[:, None]
    shade = 1 - (1 - tint) * samples.ink
    inked = samples.sum(painted.colour.mul_(trust).mul_(shade))
    covered = samples.sum(torch.ones_like(trust)[None])[0]
    filled = fill_holes(plain)
    shade = 1 - (1 - tint[:, None]) * shrink(ink, scale)
    # What is not trusted of a pixel takes the filled colour, under the pixel's mean ink.
    missing = (covered - plain[3]).clamp_min_(1e-3)
    colour = (inked + filled * shade * missing) / (plain[3] + missing)
    alpha = shrink(soft_mask(occupied), scale)
    result = torch.cat([colour * alpha, alpha[None] * 255]).add_(0.5).clamp_(0, 255)
    result = result.to(torch.uint8).permute(1, 2, 0).contiguous()
    return torch.minimum(result, result[..., 3:])


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
    encoding: SheetEncoding, level: int, samples: Samples, painted: Painted
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
        painted.colour.index_copy_(1, unsure, closer.colour.index_select(1, better))
        painted.trust.index_copy_(0, unsure, closer.trust.index_select(0, better))


def _paint_regions(
    encoding: SheetEncoding,
    lookup: Lookup,
    landmark: Tensor,
    expressions: Mapping[str, float],
    painted: Painted,
) -> None:
    """Paint over the face regions from the drawings of the active expressions."""
    for region, box in encoding.regions.items():
        tables = {e.expression: e.table for e in encoding.expressions if e.region == region}
        shares = choose_expressions(expressions, region, tables.keys())
        if not shares:
            continue
        depth = _depth_in_box(box, landmark)
        inside = (depth > 0).nonzero().view(-1)
        if inside.numel() == 0:
            continue
        fade = depth.index_select(0, inside)
        wanted = landmark.index_select(1, inside)
        neutral = Painted(
            painted.colour.index_select(1, inside), painted.trust.index_select(0, inside)
        )
        parts = [neutral]
        factors = [(1 - fade * sum(shares.values())).clamp_min_(NEUTRAL_HINT)]
        for expression, share in shares.items():
            parts.append(lookup.paint(tables[expression], wanted))
            factors.append(fade * share)
        weights = [f * p.trust.clamp_max(1) for f, p in zip(factors, parts, strict=True)]
        total = torch.stack(weights).sum(0).clamp_min(1e-12)
        colour = torch.stack([p.colour * w for p, w in zip(parts, weights, strict=True)]).sum(0)
        painted.colour.index_copy_(1, inside, colour / total)
        painted.trust.index_copy_(0, inside, total)


def _depth_in_box(box: LandmarkBox, landmark: Tensor) -> Tensor:
    """Return 0 outside a box, 1 well inside, ``[N]``; a ramp along its faces."""
    depth = torch.ones_like(landmark[0])
    for axis in range(3):
        low, high = box.low[axis], box.high[axis]
        rim = max(REGION_RIM * (high - low), 1e-6)
        nearest = torch.minimum(landmark[axis] - low, high - landmark[axis])
        depth = torch.minimum(depth, nearest / rim)
    return depth.clamp_(0, 1)
