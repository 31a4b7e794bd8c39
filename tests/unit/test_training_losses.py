"""A picture is blamed for errors, for flicker while it moves, for what its teacher does not do."""

import numpy as np
import pytest
import torch
from torch import Tensor

from renderer.guided.slots import ALPHA, COLOUR, PICTURE_CHANNELS, UDP
from renderer.metrics.flicker import flicker, match_landmarks
from renderer.training.correspondence import correspondence
from renderer.training.losses import Painting, distance_to_teacher, losses, structure
from udp_live.types import UdpMap

SIDE = 64
CLIP = torch.tensor([True])


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def moving_figure(step_px: int) -> tuple[Tensor, Tensor]:
    """Return picture ``[2, 22, H, W]`` and paint ``[2, 3, H, W]`` of a square that moves right."""
    picture = torch.zeros(2, PICTURE_CHANNELS, SIDE, SIDE)
    paint = torch.full((2, 3, SIDE, SIDE), 0.5)
    y, x = torch.meshgrid(torch.arange(30.0), torch.arange(30.0), indexing="ij")
    landmark = torch.stack([x, y, 0.1 * x]) / 100 - 0.15
    texture = noise(3, 30, 30)
    for frame in (0, 1):
        columns = slice(10 + frame * step_px, 40 + frame * step_px)
        picture[frame, [ALPHA, UDP], 16:46, columns] = 1
        picture[frame, COLOUR:ALPHA] = 0.4
        picture[frame, UDP + 1 :, 16:46, columns] = landmark
        paint[frame, :, 16:46, columns] = texture
    return picture, paint


def truth_of(picture: Tensor, paint: Tensor) -> Tensor:
    return torch.cat([paint, picture[:, 3:4]], 1)


def temporal(colour: Tensor, truth: Tensor, picture: Tensor) -> float:
    painting = Painting(colour, picture[:, 3])
    return float(losses(painting, truth, picture, CLIP)["temporal"])


def test_a_perfect_picture_has_no_loss() -> None:
    picture, paint = moving_figure(3)
    truth = truth_of(picture, paint)
    parts = losses(Painting(paint, truth[:, 3]), truth, picture, CLIP)
    assert max(float(part) for part in parts.values()) < 1e-5


@pytest.mark.parametrize("step_px", [0, 1, 5, 13])
def test_flicker_costs_more_than_an_error_that_moves_along(step_px: int) -> None:
    picture, paint = moving_figure(step_px)
    truth = truth_of(picture, torch.full_like(paint, 0.4))
    moves_along = 0.4 + 0.3 * (paint - 0.5)  # a wrong texture, but it stays on the figure
    blinks = 0.4 + torch.tensor([0.1, -0.1])[:, None, None, None].expand_as(paint)
    assert temporal(moves_along, truth, picture) < 1e-5
    assert temporal(blinks, truth, picture) > 0.1


def test_an_error_that_stays_in_place_while_the_figure_moves_is_flicker() -> None:
    picture, paint = moving_figure(5)
    truth = truth_of(picture, torch.full_like(paint, 0.4))
    dirty_lens = 0.4 + 0.3 * (noise(3, SIDE, SIDE) - 0.5).expand_as(paint)
    assert temporal(dirty_lens, truth, picture) > 0.05


def test_pictures_that_are_no_clip_are_not_compared() -> None:
    picture, paint = moving_figure(5)
    truth = truth_of(picture, paint)
    painting = Painting(noise(2, 3, SIDE, SIDE, seed=4), truth[:, 3])
    parts = losses(painting, truth, picture, torch.tensor([False]))
    assert float(parts["temporal"]) == 0


@pytest.mark.parametrize("step_px", [1, 5, 13])
def test_landmarks_are_found_where_the_measure_of_flicker_finds_them(step_px: int) -> None:
    picture, paint = moving_figure(step_px)
    maps = []
    for one in picture:
        planes = torch.cat([one[UDP + 1 :] + 0.5, one[UDP : UDP + 1]]).permute(1, 2, 0)
        maps.append(UdpMap(np.ascontiguousarray(planes.numpy())))
    slow = match_landmarks(*maps)
    fast = correspondence(picture[:1], picture[1:])
    rows, columns = slow.later.round().astype(int).T
    assert fast.matched[0, 0, rows, columns].mean() > 0.99
    place = fast.earlier.view(SIDE, SIDE)[rows, columns].numpy()
    found = np.stack([place // SIDE, place % SIDE], 1)
    assert np.abs(found - slow.earlier).max() < 1
    pictures = [255.0 * one.permute(1, 2, 0).double().numpy() for one in paint]
    assert flicker(slow, *pictures) < 0.01
    moved = fast.moved(paint[:1])
    inside = picture[1:, 3:4] > 0
    torch.testing.assert_close(moved * inside, paint[1:] * inside)


def test_what_the_earlier_frame_does_not_show_is_not_compared() -> None:
    picture, _ = moving_figure(0)
    picture[0, :, 16:46, 25:40] = 0
    matched = correspondence(picture[:1], picture[1:]).matched[0, 0]
    assert bool((matched[16:46, 10:25] == 1).all())
    assert float(matched[16:46, 28:40].max()) == 0


def test_a_frame_without_a_figure_matches_nothing_but_the_empty_ground() -> None:
    picture, _ = moving_figure(0)
    picture[0] = 0
    matched = correspondence(picture[:1], picture[1:]).matched[0, 0]
    assert torch.equal(matched, 1 - picture[1, UDP])


def test_a_pupil_like_its_teacher_is_not_blamed_and_another_is() -> None:
    picture, paint = moving_figure(2)
    teacher = Painting(paint, picture[:, 3])
    same, colour, alpha = (
        float(distance_to_teacher(pupil, teacher, picture))
        for pupil in (
            teacher,
            Painting((paint + 0.2).clamp(0, 1), picture[:, 3]),
            Painting(paint, 0.5 * picture[:, 3]),
        )
    )
    assert same == pytest.approx(0, abs=1e-6)
    assert min(colour, alpha) > 0.05


def test_structure_is_one_for_equal_pictures_and_less_for_others() -> None:
    one = noise(1, 3, 24, 24, seed=1)
    assert float(structure(one, one).min()) > 0.999
    assert float(structure(one, one.flip(-1)).mean()) < 0.5
