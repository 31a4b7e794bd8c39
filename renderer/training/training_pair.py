"""What the network learns from: a sheet, a target's Ultra-Dense Pose, the true picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from renderer.types import CharacterSheet
from udp_live.types import UdpMap


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One target of one sheet.

    Attributes:
        sheet: 1 to 8 views, worn, perhaps with wrong landmarks; the same object for all targets
            of a sheet that are asked for one after another.
        udp_map: Of the target, ``supersampling`` times as large as the picture, through the same
            proxy as the sheet's.
        expressions: Weights that act on the target's mesh, by name, those above 0.
        truth: ``[S, S, 4]`` uint8, straight RGBA, of the true character, not worn.
        identity: Name and variant of the character.
        supersampling: Side of ``udp_map`` over the side of ``truth``.
        clip: Number of the clip that this is a frame of, unique in its source; None for a
            picture on its own.
        frame: Number in the clip, from 0 on.
        sheet_number: Of the sheet in its source.
        is_exact: The landmarks are those of the true character.
    """

    sheet: CharacterSheet = field(repr=False)
    udp_map: UdpMap = field(repr=False)
    expressions: Mapping[str, float]
    truth: NDArray[np.uint8] = field(repr=False)
    identity: str
    supersampling: int = 1
    clip: int | None = None
    frame: int = 0
    sheet_number: int = 0
    is_exact: bool = True

    def __post_init__(self) -> None:
        height, width = self.truth.shape[:2]
        wanted = (height * self.supersampling, width * self.supersampling, 4)
        if self.truth.shape[2:] != (4,) or self.truth.dtype != np.uint8:
            raise ValueError(f"unexpected truth: {self.truth.shape} {self.truth.dtype}")
        if self.udp_map.xyzv.shape != wanted:
            raise ValueError(f"unexpected UDP map: {self.udp_map.xyzv.shape} != {wanted}")
