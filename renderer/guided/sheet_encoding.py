"""What the guided decoder keeps of a sheet: one atlas of all drawings and tables into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch
from torch import Tensor

from renderer.types import InkStyle, LandmarkBox

CANDIDATE_FIELDS = 15  # x, y, landmark (3), pixel_from_landmark (6), normal (3), share
BRICK = 8
LANDMARK_SCALE = 65535.0  # ticks per landmark unit; a landmark of 0 is at tick -TICK_ORIGIN
TICK_ORIGIN = 32768
USABLE_SCALE = 32767


@dataclass(frozen=True, slots=True)
class LandmarkTable:
    """Candidates for every place of a box in landmark space.

    Attributes:
        low: ``[3]`` corner of the box.
        cell: Edge length of a voxel, landmark units.
        brick_of_cell: ``[X, Y, Z]`` int32, one cell is a brick of ``BRICK`` voxels a side. Its row
            in ``row_of_voxel``, or, where no drawing shows anything, ``-1 - r`` with ``r`` the row
            of ``candidates`` nearest to it.
        row_of_voxel: ``[bricks, BRICK ** 3]`` int32, row of ``candidates``, the nearest known one
            for voxels that no drawing shows.
        candidates: ``[levels, R, K, 15]`` float32: atlas x, y, their landmark in ticks (3), atlas
            pixels per tick (2x3, row by row), the surface's unit normal in landmark space (3),
            share in the blend in [0, 1], best first.
    """

    low: tuple[float, float, float]
    cell: float
    brick_of_cell: Tensor = field(repr=False)
    row_of_voxel: Tensor = field(repr=False)
    candidates: Tensor = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExpressionTable:
    """Candidates inside one face region from the drawings of one expression."""

    region: str
    expression: str
    table: LandmarkTable


@dataclass(frozen=True, slots=True)
class SheetEncoding:
    """A sheet made ready for look-ups; opaque to everyone but the guided decoder.

    Attributes:
        landmark: ``[HA, WA, 4]`` int16, landmark in ticks, then usable weight times USABLE_SCALE;
            0 weight in the gutters.
        colour: ``[HA, WA, 4]`` uint8, straight sRGB, last channel unused.
        densities: Atlas pixels per landmark unit that each level of the tables aims at, falling.
        body: Table over the entire landmark space.
        expressions: Tables over the face regions.
        regions: Boxes of the face regions.
        ink: Outline style to draw with.
        key: Content hash of the sheet.
    """

    landmark: Tensor = field(repr=False)
    colour: Tensor = field(repr=False)
    densities: tuple[float, ...]
    body: LandmarkTable = field(repr=False)
    expressions: tuple[ExpressionTable, ...] = field(repr=False)
    regions: Mapping[str, LandmarkBox] = field(default_factory=lambda: MappingProxyType({}))
    ink: InkStyle = field(default_factory=InkStyle)
    key: str = ""

    def to(self, device: torch.device) -> "SheetEncoding":
        """Copy the tables to a device; returns self where they already are."""
        if self.landmark.device == device:
            return self
        return replace(
            self,
            landmark=self.landmark.to(device),
            colour=self.colour.to(device),
            body=_table_to(self.body, device),
            expressions=tuple(
                replace(entry, table=_table_to(entry.table, device)) for entry in self.expressions
            ),
        )


def _table_to(table: LandmarkTable, device: torch.device) -> LandmarkTable:
    return replace(
        table,
        brick_of_cell=table.brick_of_cell.to(device),
        row_of_voxel=table.row_of_voxel.to(device),
        candidates=table.candidates.to(device),
    )
