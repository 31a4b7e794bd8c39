import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.commands.motion_drawing import (
    LEAF,
    PANEL,
    YUZU,
    Window,
    draw_motion,
    draw_picture,
    window_around,
)
from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

IMAGE_SIZE = (640, 480)
HEIGHT = 200


def body(**seen: tuple[float, float]) -> BodyTracking:
    """Return a body of which only some joints are seen: j11=(x, y)."""
    landmarks = np.full((33, 3), 0.5, np.float32)
    visibility = np.zeros(33, np.float32)
    for name, place in seen.items():
        landmarks[int(name[1:]), :2] = place
        visibility[int(name[1:])] = 1.0
    return BodyTracking(landmarks, landmarks, visibility)


def hand(x: float, y: float) -> HandTracking:
    landmarks = np.zeros((21, 3), np.float32)
    landmarks[:, 0] = x + 0.4 * np.linspace(0.0, 1.0, 21)
    landmarks[:, 1] = y
    return HandTracking(landmarks, landmarks, 1.0)


def face(x: float, y: float) -> FaceTracking:
    turn = np.linspace(0.0, 2.0 * np.pi, 478)
    landmarks = np.stack([x + 0.05 * np.cos(turn), y + 0.1 * np.sin(turn), 0.0 * turn], axis=1)
    return FaceTracking(landmarks.astype(np.float32), None, np.eye(4, dtype=np.float32))


def near(drawing: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.intp]:
    """Return the columns that hold a colour."""
    is_colour = np.abs(drawing.astype(int) - colour).max(axis=2) < 24
    return np.flatnonzero(is_colour.any(axis=0))


def test_nobody_is_an_empty_panel_in_the_shape_of_the_picture() -> None:
    drawing = draw_motion(TrackedMotion(IMAGE_SIZE), HEIGHT, mirror=False)
    assert drawing.shape == (HEIGHT, round(HEIGHT * 4 / 3), 3)
    assert np.all(drawing == PANEL)


def test_a_hand_is_drawn_in_leaf_green_where_it_was_seen() -> None:
    motion = TrackedMotion(IMAGE_SIZE, left_hand=hand(0.2, 0.5))
    columns = near(draw_motion(motion, HEIGHT, mirror=False), LEAF) / round(HEIGHT * 4 / 3)
    assert columns.min() == pytest.approx(0.2, abs=0.03)
    assert columns.max() == pytest.approx(0.6, abs=0.03)


def test_a_mirror_swaps_left_and_right() -> None:
    motion = TrackedMotion(IMAGE_SIZE, face=face(0.7, 0.3), right_hand=hand(0.2, 0.5))
    plain = draw_motion(motion, HEIGHT, mirror=False).astype(int)
    mirrored = draw_motion(motion, HEIGHT, mirror=True).astype(int)
    assert np.abs(plain - mirrored).max() > 100
    assert np.abs(plain - mirrored[:, ::-1]).mean() < 2.0


def test_only_limbs_with_both_ends_in_sight_are_drawn() -> None:
    arm = TrackedMotion(IMAGE_SIZE, body=body(j11=(0.6, 0.2), j13=(0.6, 0.8)))
    half = TrackedMotion(IMAGE_SIZE, body=body(j11=(0.6, 0.2)))
    row = HEIGHT // 2
    assert len(near(draw_motion(arm, HEIGHT, mirror=False)[row : row + 1], YUZU))
    assert not len(near(draw_motion(half, HEIGHT, mirror=False)[row : row + 1], YUZU))


def test_the_window_holds_everything_that_is_seen_in_any_moment() -> None:
    window = window_around(
        [
            TrackedMotion(IMAGE_SIZE, face=face(0.5, 0.3)),
            TrackedMotion(IMAGE_SIZE, body=body(j16=(0.2, 0.7), j25=(0.9, 1.4))),
        ]
    )
    assert 0.0 <= window.left < 0.2
    assert 0.55 < window.right < 0.8
    assert 0.0 <= window.top < 0.2
    assert 0.7 < window.bottom <= 1.0


def test_the_window_of_nobody_is_the_whole_picture() -> None:
    assert window_around([TrackedMotion(IMAGE_SIZE)]) == Window()


def test_a_picture_is_cut_like_the_drawing_of_its_landmarks() -> None:
    window = Window(0.5, 0.0, 1.0, 0.5)
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:240, 320:480] = 200
    cut = draw_picture(picture, HEIGHT, window, mirror=False)
    drawing = draw_motion(TrackedMotion(IMAGE_SIZE), HEIGHT, window, mirror=False)
    assert cut.shape == drawing.shape
    assert cut[:, : cut.shape[1] // 2 - 1].min() == 200
    assert cut[:, cut.shape[1] // 2 + 1 :].max() == 0
    assert draw_picture(picture, HEIGHT, window, mirror=True)[0, -1, 0] == 200
