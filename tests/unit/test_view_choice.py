"""Drawings are chosen by what they show of what is wanted."""

import numpy as np

from renderer.conr.view_choice import choose_views, landmark_histogram, shown
from tests.fakes.landmark_scene import doll_view, draw_doll

FRONT, LEFT, BACK = (
    doll_view(name, 96, yaw_rad=yaw)
    for name, yaw in (("front", 0.0), ("left", 1.57), ("back", 3.14))
)
VIEWS = (FRONT, LEFT, BACK)


def test_the_drawing_seen_from_the_wanted_side_is_chosen() -> None:
    shows = shown(VIEWS)
    for yaw, index in ((0.1, 0), (1.5, 1), (3.0, 2)):
        wanted = landmark_histogram(draw_doll(80, yaw_rad=yaw)[1])
        assert choose_views(shows, wanted, 1) == (index,)


def test_a_second_drawing_adds_what_the_first_does_not_show() -> None:
    twice = (FRONT, FRONT, BACK)
    everything = np.ones(shown(twice).shape[1], np.float32)
    assert choose_views(shown(twice), everything, 2)[1] == 2


def test_more_drawings_than_there_are_means_all() -> None:
    shows = shown(VIEWS)
    assert choose_views(shows, np.ones(shows.shape[1], np.float32), 9) == (0, 1, 2)


def test_a_drawing_that_shows_nothing_and_an_empty_wish_are_no_trouble() -> None:
    empty = np.zeros((8, 8, 4), np.float32)
    assert not landmark_histogram(empty).any()
    assert choose_views(shown(VIEWS), landmark_histogram(empty), 2) == (0, 1)
