"""The decoder's ink is the rasterizer's ink."""

import numpy as np
import pytest
import torch

from renderer.guided.ink import ink_coverage, slope_factor_at
from tests.fakes.landmark_scene import FACE_WINDOW, draw_doll
from udp_live.rasterizer.ink import SLOPE_FACTOR, ink_mask


@pytest.mark.parametrize("width_px", [0.0, 0.7, 1.4, 3.3])
@pytest.mark.parametrize("window", [(0.5, 0.5, 1.0), FACE_WINDOW])
def test_the_tensor_rule_equals_the_numpy_rule(
    width_px: float, window: tuple[float, float, float]
) -> None:
    _, udp = draw_doll(90, yaw_rad=0.6, swing_rad=0.4, window=window)
    occupied = udp[..., 3] > 0.5
    planes = torch.from_numpy(udp[..., :3].transpose(2, 0, 1).copy())
    ink = ink_coverage(planes, torch.from_numpy(occupied), width_px, SLOPE_FACTOR).numpy()
    byte = (width_px + 1) / 255  # the tensor rule counts in them
    np.testing.assert_allclose(ink[occupied], ink_mask(udp, width_px)[occupied], atol=1.01 * byte)


def test_a_smaller_slope_factor_draws_more_lines() -> None:
    _, udp = draw_doll(64, yaw_rad=0.6)
    planes = torch.from_numpy(udp[..., :3].transpose(2, 0, 1).copy())
    occupied = torch.from_numpy(udp[..., 3] > 0.5)
    few, many = (ink_coverage(planes, occupied, 1.5, factor) for factor in (2.5, 1.0))
    assert torch.all(many >= few)
    assert many.sum() > few.sum()


def test_maps_as_fine_as_a_drawings_subpixels_follow_its_rule() -> None:
    assert slope_factor_at(1) < slope_factor_at(2) < slope_factor_at(3) == SLOPE_FACTOR
    assert slope_factor_at(4) == SLOPE_FACTOR
