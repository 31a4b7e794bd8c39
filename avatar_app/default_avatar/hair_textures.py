"""Painted hair: dark roots, aqua tips, strand lines and the angel ring."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import palette
from avatar_app.default_avatar.hair import HAIR_MATERIAL
from avatar_app.default_avatar.hair_shape import COLUMN_COUNT, LOCK_COLUMNS, RING_V
from avatar_app.default_avatar.painting import Canvas, blend, coordinates, edge, fill, finish, ramp
from udp_live.rig.rig import Material

BODY_STOPS: list[tuple[float, palette.Color]] = [
    (0.0, palette.HAIR), (0.45, palette.HAIR), (0.72, (52, 122, 136)), (1.0, palette.HAIR_TIP),
]  # fmt: skip


def _strands(across: Canvas, v: Canvas, column: Canvas) -> Canvas:
    """Fine lines along the hair, in [0, 1]; each column has its own rhythm."""
    bend = across + 0.012 * np.sin(v * 5 + column * 2.1)
    rhythm = np.sin(bend * 41 + column * 1.7) * np.sin(bend * 23 + column * 0.9)
    lines: Canvas = np.clip((rhythm - 0.45) / 0.35, 0, 1)
    return lines


def paint_hair(size: int = 1024) -> NDArray[np.uint8]:
    """Paint four lock columns and the cap's column side by side."""
    canvas = fill(size, size, palette.HAIR)
    u, v = coordinates(canvas)
    column = np.floor(u * COLUMN_COUNT)
    across = u * COLUMN_COUNT - column
    is_cap = column == LOCK_COLUMNS
    canvas[:] = ramp(np.clip(v + 0.03 * np.sin(across * 19 + column), 0, 1), BODY_STOPS)
    lines = _strands(across, v, column)
    blend(canvas, palette.HAIR_DARK, 0.38 * lines * np.clip(1.15 - v, 0, 1))
    blend(
        canvas,
        palette.HAIR_LIGHT,
        0.22 * _strands(across + 0.37, v, column + 3) * np.clip((v - 0.30) / 0.15, 0, 1),
    )
    _ring(canvas, across, v, column)
    inner = np.where(is_cap, 0.0, np.clip((np.abs(across - 0.5) - 0.23) / 0.04, 0, 1))
    blend(canvas, canvas * (0.62, 0.68, 0.78), inner)
    rim = np.where(is_cap, 0.0, edge(np.abs(np.abs(across - 0.5) - 0.25) - 0.016, 0.02))
    blend(canvas, palette.HAIR_DARK, 0.75 * rim)
    blend(canvas, palette.HAIR_DARK, np.where(is_cap, 0.85 * np.clip((v - 0.4) / 0.2, 0, 1), 0.0))
    return finish(canvas)


def _ring(canvas: Canvas, across: Canvas, v: Canvas, column: Canvas) -> None:
    """Lay the soft highlight band with its ragged edges over the hair."""
    ragged = 0.012 * np.sin(across * 21 + column * 2.3) + 0.006 * np.sin(across * 47 + column)
    distance = np.abs(v - RING_V - 0.35 * ragged) - 0.020 - ragged
    blend(canvas, palette.HAIR_LIGHT, 0.75 * edge(distance, 0.008))
    core = np.abs(v - RING_V) - 0.006 - 0.8 * ragged
    blend(canvas, (190, 240, 236), 0.6 * edge(core, 0.007))


def hair_materials() -> dict[str, Material]:
    """Material of all hair by name."""
    material = Material(
        HAIR_MATERIAL, image=paint_hair(), shade_color=palette.HAIR_SHADE, double_sided=True
    )
    return {material.name: material}
