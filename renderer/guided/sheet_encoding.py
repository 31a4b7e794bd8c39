"""What the guided decoder keeps of a sheet: one atlas of all drawings and tables into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch
from torch import Tensor

from renderer.types import InkStyle, LandmarkBox

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
        candidates: ``[levels, R, K, 4]`` int64, records of ``candidate_record``, best first.
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
        landmark: ``[P]`` int64, for each atlas pixel four int16: landmark in ticks, then usable
            weight times USABLE_SCALE; 0 weight in the gutters.
        colour: ``[P]`` int32, four uint8: straight sRGB, last one unused.
        row_start: ``[rows]`` int32, where column 0 of an atlas row would be; a row's pixels follow
            those of the row before it, and only as many are there as the drawing needs.
        densities: Atlas pixels per landmark unit that each level of the tables aims at, falling.
        body: Table over the entire landmark space.
        expressions: Tables over the face regions.
        regions: Boxes of the face regions.
        ink: Outline style to draw with.
        key: Content hash of the sheet.
    """

    landmark: Tensor = field(repr=False)
    colour: Tensor = field(repr=False)
    row_start: Tensor = field(repr=False)
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
            row_start=self.row_start.to(device),
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
