"""What the encoder makes of paint under outlines."""

import numpy as np

from renderer.guided.encoder import _brightest_beside


def test_paint_lifted_from_a_line_is_bounded_by_the_paint_beside_it() -> None:
    painted = np.full((3, 9, 9), 100, np.float32)
    free = np.ones((9, 9), np.bool_)
    free[:, 4] = False
    painted[:, :, 4] = 40
    assert np.all(_brightest_beside(painted, free, 2)[:, :, 4] == 100)


def test_paint_lifted_far_from_free_paint_has_no_bound() -> None:
    painted = np.full((3, 9, 9), 40, np.float32)
    assert np.all(_brightest_beside(painted, np.zeros((9, 9), np.bool_), 2) == 255)
