"""Timeless values of the renderer: the drawings of a character and what a decoder keeps of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MAX_VIEWS = 32  # of a sheet


@dataclass(frozen=True, slots=True)
class SheetView:
    """One drawing of the character with its Ultra-Dense Pose.

    Attributes:
        name: File stem, unique in the sheet.
        image: ``[H, W, 4]`` uint8, straight sRGB RGBA, row 0 on top.
        udp: ``[H, W, 4]`` float16 or float32, landmark and occupancy of each pixel.
        yaw_rad: From where the character is seen: 0 front, pi/2 its left side.
        expression: VRM expression that the drawing shows at full weight, None for the neutral face.
    """

    name: str
    image: NDArray[np.uint8] = field(repr=False)
    udp: NDArray[np.float16] | NDArray[np.float32] = field(repr=False)
    yaw_rad: float = 0.0
    expression: str | None = None

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 4 or self.image.dtype != np.uint8:
            raise ValueError(f"unexpected image: {self.image.shape} {self.image.dtype}")
        if self.udp.shape != self.image.shape:
            raise ValueError(f"unexpected udp shape: {self.udp.shape} != {self.image.shape}")


@dataclass(frozen=True, slots=True)
class LandmarkBox:
    """An axis-aligned box in landmark space, ``low`` and ``high`` corners in [0, 1]."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class InkStyle:
    """How outlines are drawn: where landmarks jump, inside the silhouette.

    Attributes:
        width: Line width as a fraction of the picture's height; 0 draws none.
        tint: Colour multiplier of the surface under the line, sRGB.
    """

    width: float = 0.0035
    tint: tuple[float, float, float] = (0.42, 0.30, 0.42)


@dataclass(frozen=True, slots=True)
class CharacterSheet:
    """The drawings a decoder paints from.

    Attributes:
        views: 1 to 32 drawings, any sizes, any order.
        regions: ``mouth``, ``leftEye``, ``rightEye`` ... to the landmark box where expression
            views take over.
        ink: Outline style of the drawings.
    """

    views: tuple[SheetView, ...]
    regions: Mapping[str, LandmarkBox] = field(default_factory=dict)
    ink: InkStyle = field(default_factory=InkStyle)

    def __post_init__(self) -> None:
        if not 1 <= len(self.views) <= MAX_VIEWS:
            raise ValueError(
                f"unexpected number of sheet views: {len(self.views)} not in 1..{MAX_VIEWS}"
            )


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How many drawings CoNR paints from; other decoders ask all of them.

    Attributes:
        count: Of the sheet; those that show most of the figure are taken. The published networks
            were trained with four, and the weight of messages depends on the number.
        per_frame: Of these, only so many that show most of what a frame wants; None takes all.
    """

    count: int = 4
    per_frame: int | None = None

    def __post_init__(self) -> None:
        for number in (self.count, self.per_frame):
            if number is not None and not 1 <= number <= MAX_VIEWS:
                raise ValueError(f"unexpected drawings: {number}; give 1 to {MAX_VIEWS}")
