"""How far a painted picture is from the true one: plain numpy, the same for every decoder."""

from renderer.metrics.colour_error import (
    figure_l1,
    figure_psnr,
    image_l1,
    over_grey,
    union_psnr,
)
from renderer.metrics.flicker import Match, flicker, match_landmarks
from renderer.metrics.silhouette import alpha_iou, boundary_error_px
from renderer.metrics.structural_similarity import figure_ssim, ssim_map

__all__ = [
    "Match",
    "alpha_iou",
    "boundary_error_px",
    "figure_l1",
    "figure_psnr",
    "figure_ssim",
    "flicker",
    "image_l1",
    "match_landmarks",
    "over_grey",
    "ssim_map",
    "union_psnr",
]
