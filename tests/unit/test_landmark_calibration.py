from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar_app.paths import shipped_avatars_folder
from renderer.conr.landmarks.calibration import calibrate
from renderer.conr.landmarks.calibration_verdict import judge, looks_like_a_figure
from renderer.conr.landmarks.landmark_convention import LandmarkConvention, named_convention
from renderer.conr.landmarks.mirror_plane import find_mirror_plane
from renderer.conr.landmarks.surface_cloud import SurfaceCloud, rig_cloud, sequence_cloud
from renderer.errors import WeightsError
from renderer.types import LandmarkBox
from tests.fakes.tiny_rig import tiny_rig
from udp_live.loaders import load_rig
from udp_live.types import UdpMap

Float = np.ndarray
SAME_BODY = 0.012  # landmark units: 1.4 % of a figure's height
OTHER_BODY = (0.06, 0.015, 0.05)  # x, y, z


@pytest.fixture(scope="module")
def figure() -> SurfaceCloud:
    """The default avatar, as the reference and, sampled anew, as the figure of a sequence."""
    return rig_cloud(load_rig(Path(shipped_avatars_folder() / "yuzu" / "proxy.glb")), seed=1)


@pytest.fixture(scope="module")
def shown() -> SurfaceCloud:
    return rig_cloud(load_rig(Path(shipped_avatars_folder() / "yuzu" / "proxy.glb")), seed=2)


def pushed(
    cloud: SurfaceCloud,
    convention: LandmarkConvention,
    body: Callable[[Float], Float] = lambda points: points,
    noise: float = 0.0,
) -> SurfaceCloud:
    """Return the surface as a sequence in ``convention`` shows it, of a body built otherwise."""
    random = np.random.default_rng(3)
    points = convention.apply(body(cloud.points))
    step = np.float32(0.01)
    tangents = [
        (convention.apply(body(cloud.points + step * part)) - points) / step
        for part in (cloud.right, cloud.down)
    ]
    points = points + random.normal(0, noise, points.shape).astype(np.float32)
    low, high = np.percentile(points, (0.2, 99.8), axis=0).astype(np.float32)
    ends = np.stack([points.min(axis=0), points.max(axis=0)])
    return SurfaceCloud(points, tangents[0], tangents[1], low, high, ends)


def other_body(points: Float) -> Float:
    """Longer legs, broader, a deeper head."""
    x, y, z = np.moveaxis(points, -1, 0)
    y = np.interp(y, [0.08, 0.45, 0.92], [0.08, 0.49, 0.92])
    x = 0.5 + 1.06 * (x - 0.5)
    z = 0.5 + (z - 0.5) * np.interp(y, [0.6, 0.9], [0.95, 1.1])
    return np.stack([x, y, z], axis=-1).astype(np.float32)


def box_of(cloud: SurfaceCloud, body: Callable[[Float], Float] = lambda p: p) -> LandmarkBox:
    points = body(cloud.points)
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return LandmarkBox((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def errors(found: LandmarkConvention, truth: LandmarkConvention, ours: SurfaceCloud) -> Float:
    """Return the rms error along each of our axes, in our landmark units."""
    back = found.invert(truth.apply(ours.points))
    return np.sqrt(np.mean((back - ours.points) ** 2, axis=0))


RANDOM = (
    LandmarkConvention("random", (2, 0, 1), (-1.7, 0.6, 2.1), (1.2, 0.3, -0.4)),
    LandmarkConvention("random", (1, 2, 0), (0.8, 1.5, -2.4), (0.1, -0.2, 1.6)),
    LandmarkConvention("random", (0, 1, 2), (-1.0, -0.9, -3.0), (1.0, 1.1, 2.1)),
)


@pytest.mark.parametrize("truth", RANDOM, ids=["zxy", "yzx", "xyz"])
def test_any_order_and_direction_of_axes_is_recovered(
    truth: LandmarkConvention, shown: SurfaceCloud, figure: SurfaceCloud
) -> None:
    calibration = calibrate(pushed(shown, truth, noise=0.002), figure)
    found = calibration.fit.convention()
    assert found.axes == truth.axes
    assert np.sign(found.scale).tolist() == np.sign(truth.scale).tolist()
    assert errors(found, truth, figure).max() < SAME_BODY
    verdict = judge(calibration, pushed(shown, truth), figure)
    assert verdict.convention == found


@pytest.mark.parametrize("name", ["A", "A'", "B"])
def test_a_candidate_is_told_from_the_others_on_another_body(
    name: str, shown: SurfaceCloud, figure: SurfaceCloud
) -> None:
    truth = named_convention(name, box_of(shown, other_body))
    theirs = pushed(shown, truth, other_body, noise=0.002)
    calibration = calibrate(theirs, figure)
    assert (errors(calibration.fit.convention(), truth, figure) < OTHER_BODY).all()
    verdict = judge(calibration, theirs, figure)
    assert verdict.convention.name == name
    assert looks_like_a_figure(calibration)


def test_the_fit_says_how_good_it_is(shown: SurfaceCloud, figure: SurfaceCloud) -> None:
    good = calibrate(pushed(shown, named_convention("A")), figure)
    assert errors(good.fit.convention(), named_convention("A"), figure).max() < SAME_BODY
    assert good.fit.residual < 0.025
    assert good.lead > 1.2
    assert good.agreement > 0.4
    assert good.seen > 0.9


def test_a_back_that_is_never_shown_is_a_warning(shown: SurfaceCloud, figure: SurfaceCloud) -> None:
    outward = np.cross(shown.down, shown.right)
    front = outward[:, 2] > -0.2 * np.linalg.norm(outward, axis=1)
    facing = replace(
        shown, points=shown.points[front], right=shown.right[front], down=shown.down[front]
    )
    theirs = pushed(facing, named_convention("A"))
    calibration = calibrate(theirs, figure)
    assert calibration.back_seen < 0.5 < calibration.seen
    told = judge(calibration, theirs, figure).warnings
    assert any("back is hardly seen" in warning for warning in told)


def test_what_is_no_figure_is_not_trusted(figure: SurfaceCloud, rng: np.random.Generator) -> None:
    frames = []
    for _ in range(3):
        xyzv = rng.random((96, 96, 4)).astype(np.float32)
        for _ in range(3):  # as smooth as a photograph
            xyzv = (xyzv + np.roll(xyzv, 1, 0) + np.roll(xyzv, 1, 1) + np.roll(xyzv, -1, 0)) / 4
        xyzv[..., 3] = 1.0
        frames.append(UdpMap(xyzv.astype(np.float32)))
    theirs = sequence_cloud(frames)
    calibration = calibrate(theirs, figure)
    assert not looks_like_a_figure(calibration)
    assert "does not look like a UDP sequence" in judge(calibration, theirs, figure).warnings[0]


def test_clipped_depth_is_not_taken_for_a_min_max(
    shown: SurfaceCloud, figure: SurfaceCloud
) -> None:
    truth = named_convention("A'", box_of(shown))
    theirs = replace(pushed(shown, truth), clipped=np.array([False, True, False]))
    verdict = judge(calibrate(theirs, figure), theirs, figure)
    assert verdict.convention.name == "A"
    assert {m.name for m in verdict.misfits if m.misfit == np.inf} == {"A'", "B"}


def test_an_empty_or_flat_sequence_is_one_sentence(figure: SurfaceCloud) -> None:
    with pytest.raises(WeightsError, match="shows 0 points of a figure, at least 400"):
        sequence_cloud([UdpMap(np.zeros((64, 64, 4), np.float32))])
    with pytest.raises(WeightsError, match="shows 0 points"):
        sequence_cloud([])
    with pytest.raises(WeightsError, match="nearly all values of the sequence are 0 or 1"):
        sequence_cloud([UdpMap(np.ones((64, 64, 4), np.float32))])
    flat = sequence_cloud([UdpMap(np.full((64, 64, 4), 0.6, np.float32))])
    with pytest.raises(WeightsError, match="an axis of the sequence hardly changes"):
        calibrate(flat, figure)


def test_noise_is_one_sentence(figure: SurfaceCloud, rng: np.random.Generator) -> None:
    xyzv = rng.random((96, 96, 4)).astype(np.float32)
    xyzv[..., 3] = 1.0
    with pytest.raises(WeightsError, match="values jump from pixel to pixel"):
        calibrate(sequence_cloud([UdpMap(xyzv)]), figure)


def test_values_that_are_no_numbers_are_left_out() -> None:
    ramp = np.linspace(0.2, 0.8, 64, dtype=np.float32)
    xyzv = np.ones((64, 64, 4), np.float32)
    xyzv[..., 0], xyzv[..., 1], xyzv[..., 2] = ramp, ramp[:, None], 0.5
    xyzv[20:30, 20:30, 1] = np.nan
    cloud = sequence_cloud([UdpMap(xyzv)])
    assert np.isfinite(cloud.points).all()
    assert np.isfinite(cloud.right).all()


def test_pixels_at_contours_are_left_out() -> None:
    xyzv = np.zeros((64, 64, 4), np.float32)
    ramp = np.linspace(0.4, 0.6, 40, dtype=np.float32)
    xyzv[10:50, 10:50] = 0.5
    xyzv[10:50, 10:50, 0], xyzv[10:50, 10:50, 1] = ramp, ramp[:, None]
    xyzv[10:50, 10:50, 3] = 1.0
    xyzv[10, 10:50, :3] = 0.9  # blended by another program
    cloud = sequence_cloud([UdpMap(xyzv)])
    assert cloud.points.max() < 0.7


def test_a_figure_mirrors_itself_from_side_to_side_whatever_the_axes(shown: SurfaceCloud) -> None:
    for truth in RANDOM:
        plane = find_mirror_plane(pushed(shown, truth))
        assert truth.axes[plane.axis] == 0
        middle = truth.offset[plane.axis] + 0.5 * truth.scale[plane.axis]
        assert plane.middle == pytest.approx(middle, abs=0.01)
        assert plane.asymmetry < 0.5 * plane.rival_asymmetry


def test_normals_of_a_rig_point_out() -> None:
    cloud = rig_cloud(tiny_rig())
    outward = np.cross(cloud.down, cloud.right)
    soles = cloud.points[:, 1] < cloud.low[1] + 1e-3
    tops = cloud.points[:, 1] > cloud.high[1] - 1e-3
    assert np.median(outward[soles, 1]) < 0 < np.median(outward[tops, 1])
