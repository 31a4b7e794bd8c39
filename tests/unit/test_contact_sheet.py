import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.commands.contact_sheet import (
    BACKDROP,
    GAP_SHARE,
    STAGE,
    Card,
    contact_sheet,
    encode_palette_png,
    on_stage,
)

SIDE = 100
GAP = round(GAP_SHARE * SIDE)


def card(level: int, label: str = "", pictures: int = 1) -> Card:
    return Card((np.full((SIDE, SIDE, 3), level, np.uint8),) * pictures, label)


def middle(sheet: NDArray[np.uint8], row: int, column: float) -> int:
    """Return the brightness in the middle of a card."""
    x = GAP + column * (SIDE + GAP) + SIDE / 2
    return int(sheet[GAP + row * (SIDE + GAP) + SIDE // 2, round(x), 0])


def test_cards_stand_in_rows_from_left_to_right() -> None:
    sheet = contact_sheet([card(100 + index) for index in range(8)])
    assert sheet.shape == (2 * (SIDE + GAP) + GAP, 4 * (SIDE + GAP) + GAP, 3)
    shown = [middle(sheet, row, column) for row in range(2) for column in range(4)]
    assert shown == list(range(100, 108))


def test_a_last_row_that_is_not_full_stands_in_the_middle() -> None:
    sheet = contact_sheet([card(100 + index) for index in range(5)])
    assert middle(sheet, 0, 2) == 102
    assert [middle(sheet, 1, 0.5), middle(sheet, 1, 1.5)] == [103, 104]


def test_cards_have_round_corners() -> None:
    sheet = contact_sheet([card(200)])
    assert sheet[GAP, GAP].tolist() == list(BACKDROP)
    assert sheet[GAP, GAP + SIDE // 2, 0] == 200


def test_pictures_of_one_card_touch() -> None:
    sheet = contact_sheet([card(200, pictures=2)])
    assert np.all(sheet[GAP + SIDE // 2, GAP : GAP + 2 * SIDE] == 200)


def test_a_label_stands_below_its_card() -> None:
    plain, named = contact_sheet([card(200)]), contact_sheet([card(200, "happy")])
    assert named.shape[0] > plain.shape[0]
    below = named[GAP + SIDE :]
    assert below.max() > 200
    assert np.all(contact_sheet([card(200), card(200, "x")])[GAP + SIDE :, : GAP + SIDE] < 200)


def test_the_stage_shows_through_where_nothing_is_painted() -> None:
    painted = np.zeros((64, 64, 4), np.uint8)
    painted[:, 32:] = (200, 0, 0, 255)
    shown = on_stage(painted, 32)
    assert shown.shape == (32, 32, 3)
    assert shown[0, 0].tolist() == list(STAGE)
    assert shown[16, 24].tolist() == [200, 0, 0]


def test_a_half_covered_pixel_mixes_painting_and_stage() -> None:
    painted = np.full((64, 64, 4), (60, 60, 60, 128), np.uint8)
    expected = np.array(STAGE) * (1 - 128 / 255) + 60
    assert on_stage(painted, 32)[0, 0] == pytest.approx(expected, abs=1)


def test_the_png_has_a_palette_and_the_same_picture(rng: np.random.Generator) -> None:
    colours = rng.integers(0, 256, (40, 3), dtype=np.uint8)
    picture = colours[rng.integers(0, 40, (48, 64))]
    data = encode_palette_png(picture)
    assert data[25] == 3  # PNG's colour type: palette
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(decoded[..., ::-1], picture)
