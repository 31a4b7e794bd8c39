import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from udp_live.motion.openpose.time_filters import running_maximum, running_median, smooth


@pytest.mark.parametrize("sigma", [0.6, 2.0, 9.0])
def test_smoothing_is_a_gaussian_that_holds_the_ends(
    rng: np.random.Generator, sigma: float
) -> None:
    values = rng.normal(size=(40, 3, 2))

    expected = gaussian_filter1d(values, sigma, axis=0, mode="nearest", truncate=3.0)

    np.testing.assert_allclose(smooth(values, sigma), expected, atol=0.02)


def test_no_width_changes_nothing(rng: np.random.Generator) -> None:
    values = rng.normal(size=(5, 2))

    np.testing.assert_array_equal(smooth(values, 0.0), values)


def test_one_frame_stays_as_it_is() -> None:
    values = np.array([[3.0, 4.0]])

    np.testing.assert_allclose(smooth(values, 5.0), values)
    np.testing.assert_allclose(running_median(values, 21), values)


@pytest.mark.parametrize("frames", [3, 7])
def test_running_median_and_maximum_agree_with_scipy(rng: np.random.Generator, frames: int) -> None:
    values = rng.normal(size=30)

    np.testing.assert_array_equal(
        running_median(values, frames), median_filter(values, frames, mode="nearest")
    )
    np.testing.assert_array_equal(
        running_maximum(values, frames), maximum_filter1d(values, frames, mode="nearest")
    )


def test_lifting_loads_no_scipy() -> None:
    """Another thread may just be loading torch, which breaks scipy's way of telling arrays."""
    code = "import sys, udp_live.motion.openpose as o; print('scipy' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
