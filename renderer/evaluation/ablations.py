"""The guided decoder with a part taken out, as CoNR's paper does with its own (section 4.3).

The network, if there is one, stays the one that was trained with all parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderer.engines.base import Decoder
from renderer.guided.sheet_encoding import LandmarkTable, SheetEncoding
from renderer.types import CharacterSheet, SheetView
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

Udp = NDArray[np.float32]

LEAST_SAMPLES = 16  # of a figure that has a size
FRAMED = 0.9  # share of a figure's heights that a drawing must show to lie on all of it


class WithoutMessages:
    """Paint each pixel from its best drawing alone: no other is asked, nobody tells anything.

    Holes are filled and edges soft, as ever.
    """

    name = "without-messages"
    reads_textures = False

    def __init__(self, decoder: Decoder) -> None:
        """Take the messages out of a decoder.

        Args:
            decoder: ``guided`` or ``lookup``; closed with this one.
        """
        self._decoder = decoder

    @property
    def device(self) -> str:
        """Torch name of the device."""
        return self._decoder.device

    def encode(self, sheet: CharacterSheet) -> SheetEncoding:
        """Prepare a sheet; see Decoder."""
        encoding: SheetEncoding = self._decoder.encode(sheet)
        return replace(
            encoding,
            body=_best_alone(encoding.body),
            expressions=tuple(
                replace(entry, table=_best_alone(entry.table)) for entry in encoding.expressions
            ),
        )

    def decode(
        self,
        encoding: SheetEncoding,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        return self._decoder.decode(encoding, udp, expressions, supersampling)

    def close(self) -> None:
        """Close the decoder."""
        self._decoder.close()


@dataclass(frozen=True, slots=True)
class RigidDrawing:
    """A drawing to be laid on figures as it is.

    Attributes:
        landmark: ``[H, W, 3]`` float32, beyond the figure the nearest one.
        places: ``[N, 2]`` row and column of what is drawn.
        heights: ``[N]`` float32, how high on the body that is.
    """

    landmark: Udp = field(repr=False)
    places: NDArray[np.intp] = field(repr=False)
    heights: Udp = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnwarpedEncoding:
    """An encoding, and the neutral drawings that may be laid on a figure as they are."""

    encoding: Any
    drawings: tuple[RigidDrawing, ...]


class WithoutWarping:
    """Lay a drawing on the figure as it is: shifted and scaled as a whole, never bent.

    The figure keeps its silhouette. Inside it the decoder gets the drawing's landmarks in place of
    the figure's, so that the drawing's colours stay where they are; of all drawings the one whose
    landmarks lie nearest to the figure's.
    """

    name = "without-warping"
    reads_textures = False

    def __init__(self, decoder: Decoder) -> None:
        """Take the warping out of a decoder, which is closed with this one."""
        self._decoder = decoder

    @property
    def device(self) -> str:
        """Torch name of the device."""
        return self._decoder.device

    def encode(self, sheet: CharacterSheet) -> UnwarpedEncoding:
        """Prepare a sheet; see Decoder."""
        neutral = tuple(view for view in sheet.views if view.expression is None)
        return UnwarpedEncoding(self._decoder.encode(sheet), rigid_drawings(neutral or sheet.views))

    def decode(
        self,
        encoding: UnwarpedEncoding,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        if not isinstance(udp, UdpMap):
            raise TypeError("unexpected UDP texture: ablations read maps only")
        laid = UdpMap(unwarped(udp.xyzv, encoding.drawings))
        return self._decoder.decode(encoding.encoding, laid, expressions, supersampling)

    def close(self) -> None:
        """Close the decoder."""
        self._decoder.close()


class Ablation(Protocol):
    """Takes a part out of a decoder."""

    def __call__(self, decoder: Decoder) -> Decoder:
        """Return the decoder without it; closing it closes the decoder."""


ABLATION_BY_NAME: Mapping[str, Ablation] = MappingProxyType(
    {WithoutWarping.name: WithoutWarping, WithoutMessages.name: WithoutMessages}
)


def rigid_drawings(views: Sequence[SheetView]) -> tuple[RigidDrawing, ...]:
    """Return the drawings that show anything."""
    drawings = []
    for view in views:
        udp = view.udp.astype(np.float32)
        places = np.argwhere(udp[..., 3] > 0.5)
        if len(places) < LEAST_SAMPLES:
            continue
        rows, columns = distance_transform_edt(
            udp[..., 3] <= 0.5, return_distances=False, return_indices=True
        )
        heights = udp[places[:, 0], places[:, 1], 1]
        drawings.append(RigidDrawing(udp[rows, columns, :3], places, heights))
    return tuple(drawings)


def unwarped(target: Udp, drawings: Sequence[RigidDrawing]) -> Udp:
    """Return a figure that has the landmarks of the drawing that fits best, laid on it rigidly.

    Args:
        target: ``[H, W, 4]`` float32; what is occupied stays so.
        drawings: To choose from; without any that shows as much of the body as the figure does,
            landmarks stay as they are.
    """
    occupied = target[..., 3] > 0.5
    places = np.argwhere(occupied)
    if len(places) < LEAST_SAMPLES:
        return target
    wanted = target[occupied][:, :3]
    best, least = wanted, np.inf
    for drawing in drawings:
        found = _laid(drawing, places, wanted)
        miss = np.inf if found is None else float(np.mean(np.abs(found - wanted)))
        if found is not None and miss < least:
            best, least = found, miss
    result = target.copy()
    result[occupied, :3] = best
    return result


def _laid(drawing: RigidDrawing, places: NDArray[np.intp], wanted: Udp) -> Udp | None:
    """Return the landmarks of a drawing that lies on a figure, ``[N, 3]``.

    Height in the picture and height on the body tell the scale; what the two show of the body in
    common tells the shift.

    Args:
        drawing: See there.
        places: ``[N, 2]`` row and column of the figure's samples.
        wanted: ``[N, 3]`` their landmarks.

    Returns:
        None for a drawing that shows less of the body than the figure does.
    """
    low, high = wanted[:, 1].min(), wanted[:, 1].max()
    common = (drawing.heights >= low) & (drawing.heights <= high)
    heights, drawn = drawing.heights[common], drawing.places[common]
    if len(drawn) < LEAST_SAMPLES or np.ptp(heights) < FRAMED * (high - low):
        return None
    scale = _slope(heights, drawn) / _slope(wanted[:, 1], places)
    moved = np.rint((places - places.mean(axis=0)) * scale + drawn.mean(axis=0)).astype(np.intp)
    rows, columns = (np.clip(moved[:, i], 0, drawing.landmark.shape[i] - 1) for i in (0, 1))
    return np.asarray(drawing.landmark[rows, columns], np.float32)


def _slope(heights: NDArray[np.float32], places: NDArray[np.intp]) -> float:
    """Return by how many rows a landmark's height moves it down the picture, negative."""
    centred = heights - heights.mean()
    spread = float(np.sum(centred**2))
    slope = float(np.sum(centred * places[:, 0])) / max(spread, 1e-12)
    return min(slope, -1e-6)


def _best_alone(table: LandmarkTable) -> LandmarkTable:
    return replace(table, candidates=table.candidates[:, :, :1].clone())
