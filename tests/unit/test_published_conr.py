"""The published form itself: its cost is the paper's code's cost, its quirks are what they say."""

import torch

from tests.reference.published_conr import resized_flow, warped


def test_a_flow_counts_pixels_to_the_right_and_down() -> None:
    picture = torch.arange(48.0).reshape(1, 1, 6, 8)
    flow = torch.zeros(1, 2, 6, 8)
    flow[:, 0], flow[:, 1] = 2.0, 1.0
    moved = warped(picture, flow)
    torch.testing.assert_close(moved[..., :5, :6], picture[..., 1:, 2:], atol=1e-4, rtol=0)


def test_beyond_the_border_the_border_goes_on() -> None:
    picture = torch.rand(1, 2, 4, 4)
    moved = warped(picture, torch.full((1, 2, 4, 4), -50.0))
    torch.testing.assert_close(moved, picture[..., :1, :1].expand_as(picture))


def test_each_group_of_channels_follows_its_own_flow() -> None:
    picture = torch.rand(1, 4, 4, 6)
    flow = torch.zeros(1, 4, 4, 6)
    flow[:, 2] = 1.0  # x of the second group
    moved = warped(picture, flow, groups=2)
    torch.testing.assert_close(moved[:, :2], picture[:, :2])
    torch.testing.assert_close(moved[:, 2:, :, :-1], picture[:, 2:, :, 1:], atol=1e-5, rtol=1e-5)


def test_a_resized_flow_still_points_to_the_same_place() -> None:
    torch.testing.assert_close(
        resized_flow(torch.full((1, 2, 4, 4), 1.5), (8, 8)), torch.full((1, 2, 8, 8), 3.0)
    )
