"""What no drawing shows is painted like its own surface."""

import torch
from torch import Tensor

from renderer.guided.samples import Samples
from renderer.guided.surface_fill import fill_surfaces

SKIN, HAIR = 220.0, 40.0


def _face_behind_hair(size: int = 40) -> tuple[Samples, Tensor, Tensor]:
    """Return hair beside skin that lies just behind it; the skin next to the hair is unknown."""
    row, column = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    is_hair = column < size // 2
    landmark = torch.stack([column / 256, row / 256, torch.where(is_hair, 0.51, 0.5)])
    colour = torch.where(is_hair, HAIR, SKIN).expand(3, size, size).clone()
    unknown = (column >= size // 2) & (column < size // 2 + 4)
    colour[:, unknown] = 128.0
    flat = torch.arange(size * size)
    samples = Samples(
        landmark.reshape(3, -1),
        flat,
        torch.ones(size * size),
        torch.zeros(size * size),
        (size,) * 2,
    )
    return samples, colour.reshape(3, -1), (~unknown).float().reshape(-1)


def test_an_unknown_strip_takes_the_colour_of_its_surface_not_of_the_one_before_it() -> None:
    samples, colour, firm = _face_behind_hair()
    filled, after = fill_surfaces(samples, colour, firm)
    unknown = firm == 0
    assert torch.all(filled[:, unknown] > 0.75 * SKIN + 0.25 * HAIR)
    assert torch.all(after[unknown] > 0.5)


def test_known_colours_stay_as_they_are() -> None:
    samples, colour, firm = _face_behind_hair()
    filled, after = fill_surfaces(samples, colour, firm)
    known = firm == 1
    torch.testing.assert_close(filled[:, known], colour[:, known])
    torch.testing.assert_close(after[known], firm[known])


def test_a_surface_without_known_paint_stays_unknown() -> None:
    samples, colour, firm = _face_behind_hair()
    filled, after = fill_surfaces(samples, colour, torch.zeros_like(firm))
    assert torch.all(after < 1e-6)
    assert torch.isfinite(filled).all()


def test_a_picture_of_one_pixel_is_no_error() -> None:
    one = torch.ones(1)
    samples = Samples(
        torch.full((3, 1), 0.5), torch.zeros(1, dtype=torch.int64), one, one * 0, (1, 1)
    )
    filled, after = fill_surfaces(samples, torch.full((3, 1), 9.0), torch.zeros(1))
    assert torch.isfinite(filled).all()
    assert float(after) < 1e-6
