"""The guided decoder: paints UDP maps by looking landmarks up in the sheet, without weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.expression_choice import choose_expressions
from renderer.guided.fill import fill_holes, soft_mask
from renderer.guided.ink import ink_coverage
from renderer.guided.lookup import Lookup, Painted
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet, LandmarkBox
from udp_live.types import UdpMap

RIM_PX = 2  # room around the figure for its soft edge
DETAIL = 1.3  # sheet pixels per picture pixel that a level must offer
NEUTRAL_HINT = 0.01  # where an expression's drawing does not show a landmark, others may
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

    @property
    def device(self) -> str:
        """Torch name of the device: ``cpu``, ``cuda:0`` ..."""
        return str(self._device)

    def encode(self, sheet: CharacterSheet) -> SheetEncoding:
        """Prepare a sheet; see Decoder."""
        return cached_encoding(sheet, self._cache_folder).to(self._device)

    @torch.inference_mode()
    def decode(
        self,
        encoding: SheetEncoding,
        udp_map: UdpMap,
        expressions: Mapping[str, float],
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        picture = np.zeros(udp_map.xyzv.shape, np.uint8)
        box = figure_box(udp_map.xyzv[..., 3])
        if box is None:
            return picture
        udp = torch.from_numpy(np.ascontiguousarray(udp_map.xyzv[box])).to(self._device)
        painted = paint(encoding, udp, expressions, picture.shape[0])
        picture[box] = painted.cpu().numpy()
        return picture

    def close(self) -> None:
        """Nothing to release."""


def figure_box(occupancy: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Return rows and columns of the figure with a rim, or None for an empty map."""
    occupied = occupancy > 0.5
    rows, columns = np.flatnonzero(occupied.any(1)), np.flatnonzero(occupied.any(0))
    if rows.size == 0:
        return None
    return (
        slice(max(rows[0] - RIM_PX, 0), rows[-1] + 1 + RIM_PX),
        slice(max(columns[0] - RIM_PX, 0), columns[-1] + 1 + RIM_PX),
    )


def paint(
    encoding: SheetEncoding, udp: Tensor, expressions: Mapping[str, float], picture_height: int
) -> Tensor:
    """Paint a cropped UDP map.

    Args:
        encoding: On the device of ``udp``.
        udp: ``[H, W, 4]`` float32.
        expressions: Weights of the rig pose.
        picture_height: Of the whole picture, to which the line width refers.

    Returns:
        ``[H, W, 4]`` uint8 premultiplied RGBA.
    """
    height, width = udp.shape[:2]
    planes = udp.permute(2, 0, 1).contiguous()
    occupied = planes[3] > 0.5
    pixels = occupied.view(-1).nonzero().view(-1)
    landmark = planes[:3].reshape(3, -1).index_select(1, pixels)
    lookup = Lookup(encoding, pick_level(encoding.densities, planes[:3], occupied))
    painted = lookup.paint(encoding.body, landmark)
    _paint_regions(encoding, lookup, landmark, expressions, painted)
    image = torch.zeros((4, height * width), device=udp.device)
    image[:3].index_copy_(1, pixels, painted.colour)
    image[3].index_copy_(0, pixels, painted.trust)
    image = image.view(4, height, width)
    colour = fill_holes(image[:3], image[3])
    ink = ink_coverage(planes[:3], occupied, encoding.ink.width * picture_height)
    alpha = soft_mask(occupied)
    for channel, tint in enumerate(encoding.ink.tint):
        colour[channel] *= (1 - (1 - tint) * ink) * alpha
    result = torch.cat([colour, alpha[None] * 255]).add_(0.5).clamp_(0, 255)
    result = result.to(torch.uint8).permute(1, 2, 0).contiguous()
    return torch.minimum(result, result[..., 3:])


def pick_level(densities: tuple[float, ...], landmark: Tensor, occupied: Tensor) -> int:
    """Choose the level of the tables whose drawings are as fine as the picture.

    Args:
        densities: Of the levels, falling.
        landmark: ``[3, H, W]``.
        occupied: ``[H, W]`` bool.
    """
    stride = max(1, occupied.shape[0] // 128)
    rows = slice(None, None, stride)
    both = occupied[rows, 1:] & occupied[rows, :-1]
    step = (landmark[:, rows, 1:] - landmark[:, rows, :-1]).square().sum(0)[both]
    if step.numel() < 16:
        return 0
    nearest = float(step.kthvalue(1 + step.numel() // 5).values) ** 0.5
    fits = [level for level, offered in enumerate(densities) if offered * nearest >= DETAIL]
    return fits[-1] if fits else 0


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
