import numpy as np

from udp_live.motion.openpose.depth_signs import steadiest_choices
from udp_live.motion.openpose.tracks import steady_tracks

FPS = 30.0


def track(xs: list[float | None]) -> np.ndarray:
    """Return [T, 137, 3] with one keypoint, None where it was not found."""
    points = np.zeros((len(xs), 137, 3), np.float32)
    for frame, x in enumerate(xs):
        if x is not None:
            points[frame, 0] = (x, 40.0, 0.8)
    return points


def test_up_is_positive_and_a_steady_point_stays() -> None:
    places, seen = steady_tracks(track([10.0] * 5), FPS)

    np.testing.assert_allclose(places[:, 0], [(10.0, -40.0)] * 5, atol=1e-6)
    assert (seen[:, 0] == 1.0).all()


def test_a_short_gap_is_bridged_along_a_line() -> None:
    places, seen = steady_tracks(track([0.0, 10.0, None, None, 40.0, 50.0]), FPS)

    np.testing.assert_allclose(places[2:4, 0, 0], (20.0, 30.0), atol=1.0)
    assert (seen[:, 0] == 1.0).all()


def test_a_long_gap_is_not_seen() -> None:
    _, seen = steady_tracks(track([5.0, *[None] * 10, 5.0]), FPS)

    assert seen[:, 0].tolist() == [1.0, *[0.0] * 10, 1.0]


def test_what_was_lost_at_an_end_is_not_seen_there() -> None:
    _, seen = steady_tracks(track([None, None, 5.0, None]), FPS)

    assert seen[:, 0].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_a_spike_of_one_frame_is_taken_out() -> None:
    places, _ = steady_tracks(track([5.0, 5.0, 300.0, 5.0, 5.0]), FPS)

    np.testing.assert_allclose(places[:, 0, 0], 5.0, atol=1e-6)


def test_a_never_found_keypoint_has_visibility_zero() -> None:
    places, seen = steady_tracks(track([1.0, 2.0]), FPS)

    assert not seen[:, 1:].any()
    assert np.isfinite(places).all()


def test_a_choice_is_kept_through_a_moment_that_speaks_against_it() -> None:
    way = np.array(((0.6, 0.0, 0.8), (0.6, 0.0, -0.8)))
    directions = np.repeat(way[None, :, None], 9, axis=0)
    costs = np.tile((0.0, 0.5), (9, 1))
    costs[4] = (0.5, 0.0)

    assert steadiest_choices(costs, directions).tolist() == [0] * 9


def test_a_choice_changes_where_nothing_turns() -> None:
    flat = np.array(((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)))
    way = np.array(((0.6, 0.0, 0.8), (0.6, 0.0, -0.8)))
    directions = np.repeat(way[None, :, None], 9, axis=0)
    directions[4] = flat[:, None]
    costs = np.tile((0.0, 5.0), (9, 1))
    costs[5:] = (5.0, 0.0)

    assert steadiest_choices(costs, directions).tolist()[:4] == [0] * 4
    assert steadiest_choices(costs, directions).tolist()[5:] == [1] * 4
