"""One sample for every surface that shows in a pixel."""

import pytest
import torch

from renderer.guided.samples import Samples, find_samples

STEP = 0.001


def sample(landmark: torch.Tensor, occupied: torch.Tensor, scale: int = 2) -> Samples:
    return find_samples(landmark, occupied, torch.zeros_like(landmark[0]), scale, STEP)


def smooth(side: int = 8) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([columns * STEP, rows * STEP, torch.zeros(side, side)]) + 0.4


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_smooth_surface_takes_one_sample_per_pixel(scale: int) -> None:
    samples = sample(smooth(), torch.ones(8, 8, dtype=torch.bool), scale)
    assert samples.pixel.tolist() == list(range((8 // scale) ** 2))
    assert samples.share.tolist() == [1.0] * len(samples.pixel)
    assert float(samples.landmark[0, 0]) == pytest.approx(0.4 + STEP * (scale - 1) / 2)


def test_a_silhouette_takes_one_sample_with_its_share() -> None:
    occupied = torch.ones(8, 8, dtype=torch.bool)
    occupied[:, :3] = False
    samples = sample(smooth(), occupied)
    assert samples.pixel[:3].tolist() == [1, 2, 3]
    assert samples.share[:3].tolist() == [0.5, 1.0, 1.0]
    assert float(samples.landmark[0, 0]) == pytest.approx(0.4 + 3 * STEP)


def test_two_surfaces_in_a_pixel_are_sampled_apart() -> None:
    landmark = smooth()
    landmark[2, :, 5:] = 0.9
    samples = sample(landmark, torch.ones(8, 8, dtype=torch.bool))
    mixed = samples.pixel == 2
    assert samples.share[mixed].tolist() == [0.5, 0.5]
    assert samples.landmark[2, mixed].tolist() == pytest.approx([0.4, 0.9])


def test_the_shares_of_a_pixel_add_up_to_what_is_covered() -> None:
    torch.manual_seed(1)
    occupied = torch.rand(12, 12) > 0.4
    samples = sample(torch.rand(3, 12, 12), occupied, 3)
    covered = samples.sum(torch.ones(1, len(samples.pixel)))[0]
    wanted = occupied.view(4, 3, 4, 3).float().mean((1, 3))
    torch.testing.assert_close(covered, wanted)


def test_an_empty_map_gives_no_samples() -> None:
    samples = sample(smooth(), torch.zeros(8, 8, dtype=torch.bool))
    assert samples.pixel.numel() == 0
    assert samples.sum(torch.ones(2, 0)).shape == (2, 4, 4)
