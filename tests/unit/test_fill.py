"""Holes close with the colours around them; outlines are soft."""

import torch

from renderer.guided.fill import fill_holes, soft_mask


def test_trusted_colours_stay() -> None:
    colour = torch.rand(3, 21, 34) * 255
    filled = fill_holes(torch.cat([colour, torch.ones(1, 21, 34)]))
    torch.testing.assert_close(filled, colour, atol=1e-3, rtol=0)


def test_a_hole_takes_the_colour_around_it() -> None:
    weighted = torch.full((4, 40, 40), 100.0)
    weighted[3] = 1
    weighted[:, 10:30, 10:30] = 0
    filled = fill_holes(weighted)
    torch.testing.assert_close(filled, torch.full((3, 40, 40), 100.0), atol=0.1, rtol=0)


def test_a_picture_without_any_trust_is_no_error() -> None:
    assert torch.isfinite(fill_holes(torch.zeros(4, 5, 7))).all()


def test_a_straight_edge_is_half_covered_on_both_sides_at_most() -> None:
    occupied = torch.zeros(8, 8, dtype=torch.bool)
    occupied[:, 4:] = True
    row = soft_mask(occupied)[4]
    assert row.tolist() == sorted(row.tolist())
    assert row[2] == 0
    assert row[6] == 1


def test_a_lone_pixel_does_not_vanish() -> None:
    occupied = torch.zeros(5, 5, dtype=torch.bool)
    occupied[2, 2] = True
    assert soft_mask(occupied)[2, 2] == 0.5
