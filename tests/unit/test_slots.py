"""Slots bring the candidates of each pixel apart; the classical picture stays as it was."""

from dataclasses import replace

import pytest
import torch

from renderer.guided.encoder import encode_sheet
from renderer.guided.face_region import depth_in_box
from renderer.guided.filled_picture import LookedUp, fill, look_up
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.slots import (
    COLOUR,
    INK,
    PAINT,
    PICTURE_CHANNELS,
    SHAPE,
    TINT,
    UDP,
    gather_slots,
    level_of_trust,
    mirrored,
    subpixels,
)
from renderer.types import InkStyle
from tests.fakes.landmark_scene import doll_sheet, draw_doll


@pytest.fixture(scope="module")
def encoding() -> SheetEncoding:
    return encode_sheet(doll_sheet(160))


def found_for(
    encoding: SheetEncoding, expressions: dict[str, float] | None = None, *, apart: bool = True
) -> LookedUp:
    _, udp = draw_doll(96, yaw_rad=0.4)
    return look_up(encoding, torch.from_numpy(udp), expressions or {}, 96, apart=apart)


def test_keeping_candidates_apart_does_not_change_the_classical_picture(
    encoding: SheetEncoding,
) -> None:
    weights = {"aa": 0.7, "blink": 1.0}
    together = fill(found_for(encoding, weights, apart=False)).rgba()
    apart = fill(found_for(encoding, weights)).rgba()
    assert torch.equal(together, apart)


def test_candidates_blend_into_the_looked_up_colour(encoding: SheetEncoding) -> None:
    found = found_for(encoding)
    assert found.apart is not None
    blended = (found.apart.colour * found.apart.share[:, None]).sum(0)
    known = found.apart.share.sum(0) > 0.99
    assert known.float().mean() > 0.9
    torch.testing.assert_close(blended[:, known], found.painted.colour[:, known], atol=0.5, rtol=0)


def test_eyes_and_mouth_leave_a_network_nothing_to_choose(encoding: SheetEncoding) -> None:
    found = found_for(encoding)
    assert found.apart is not None
    first, second = found.apart.colour
    inside = torch.zeros_like(first[0], dtype=torch.bool)
    for box in encoding.regions.values():
        inside |= depth_in_box(box, found.samples.landmark) > 0
    assert inside.any()
    assert torch.equal(first[:, inside], second[:, inside])
    assert torch.equal(first[:, inside], found.painted.colour[:, inside])
    assert not torch.equal(first[:, ~inside], second[:, ~inside])


def test_slots_lie_in_their_ranges_and_show_the_figure(encoding: SheetEncoding) -> None:
    found = found_for(encoding)
    filled = fill(found)
    slots = gather_slots(found, filled)
    assert slots.slots.shape == (2, 5, 96, 96)
    assert slots.picture.shape == (PICTURE_CHANNELS, 96, 96)
    assert 0 <= float(slots.slots.min()) <= float(slots.slots.max()) <= 1
    inside = filled.alpha > 0.99
    apart = (slots.slots[0, :3] - slots.picture[PAINT:INK]).abs().mean(0)[inside]
    assert apart.mean() < 0.05
    assert slots.slots[0, 3][inside].mean() > 0.8


def test_where_nothing_is_drawn_slots_take_the_classical_paint(encoding: SheetEncoding) -> None:
    found = found_for(encoding)
    filled = fill(found)
    slots = gather_slots(found, filled)
    outside = filled.covered == 0
    torch.testing.assert_close(
        slots.slots[1, :3][:, outside], slots.picture[PAINT:INK][:, outside], atol=1e-6, rtol=0
    )
    assert not slots.slots[:, 3:][..., outside].any()


def test_an_active_face_region_is_one_drawing_in_all_slots(encoding: SheetEncoding) -> None:
    found = found_for(encoding, {"blink": 1.0})
    neutral = found_for(encoding)
    assert found.apart is not None
    assert neutral.apart is not None
    changed = (found.painted.colour - neutral.painted.colour).abs().amax(0) > 20
    assert changed.any()
    assert torch.equal(found.apart.colour[0][:, changed], found.apart.colour[1][:, changed])


def test_slots_need_candidates(encoding: SheetEncoding) -> None:
    found = found_for(encoding, apart=False)
    with pytest.raises(ValueError, match="not kept apart"):
        gather_slots(found, fill(found))


def test_paint_under_its_ink_is_the_classical_colour(encoding: SheetEncoding) -> None:
    found = found_for(replace(encoding, ink=InkStyle(0.02, (0.4, 0.3, 0.4))))
    picture = gather_slots(found, fill(found)).picture
    ink = picture[INK:SHAPE].mean(0)
    drawn = picture[PAINT:INK] * (1 - (1 - picture[TINT:UDP]) * ink)
    inside = picture[UDP] > 0.99
    assert ink[inside].max() > 0.5
    apart = (drawn - picture[COLOUR : COLOUR + 3]).abs().amax(0)[inside]
    assert (apart < 0.02).float().mean() > 0.95


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_any_number_of_subpixels_becomes_two_by_two(scale: int) -> None:
    plane = torch.zeros(6 * scale, 4 * scale)
    plane[2 * scale :, scale:] = 1
    four = subpixels(plane, scale)
    assert four.shape == (4, 6, 4)
    assert torch.equal(four.mean(0), four[0])
    assert four[0].sum() == 12


def test_mirrored_pictures_show_what_mirrored_maps_do() -> None:
    torch.manual_seed(0)
    plane = torch.rand(12, 8)
    picture = torch.rand(PICTURE_CHANNELS, 6, 4)
    picture[INK:SHAPE] = subpixels(plane, 2)
    other = mirrored(picture)
    assert torch.equal(other[INK:SHAPE], subpixels(plane.flip(-1), 2))
    assert torch.equal(other[UDP + 1], -picture[UDP + 1].flip(-1))
    assert torch.equal(other[UDP + 2], picture[UDP + 2].flip(-1))
    assert torch.equal(mirrored(other), picture)


def test_trust_is_levelled_by_factors_of_ten() -> None:
    trust = torch.tensor([0.0, 1e-4, 1e-2, 1.0, 3.0])
    torch.testing.assert_close(level_of_trust(trust), torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))
