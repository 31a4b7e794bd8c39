"""One drawing speaks for each face region."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from renderer.guided.encoder import _view_patches, encode_sheet
from renderer.guided.face_region import depth_in_box, region_trust
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.types import CharacterSheet, LandmarkBox, SheetView
from tests.fakes.landmark_scene import FACE_WINDOW, LEFT_EYE, NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap

DECODER = GuidedDecoder(torch.device("cpu"))
SPEAKER, OTHER = 200, 40


def _grey(view: SheetView, grey: int) -> SheetView:
    """Paint all that a drawing shows in one grey."""
    image = view.image.copy()
    image[..., :3] = grey * (image[..., 3:] > 0)
    return replace(view, image=image)


def _eye(views: tuple[SheetView, ...], yaw_rad: float = 0.0) -> float:
    """Paint a doll's left eye from a sheet and return its mean grey."""
    sheet = CharacterSheet(views, {"leftEye": LEFT_EYE}, NO_INK)
    _, udp = draw_doll(128, window=FACE_WINDOW, yaw_rad=yaw_rad)
    painted = DECODER.decode(encode_sheet(sheet), UdpMap(udp), {})
    depth = depth_in_box(LEFT_EYE, torch.from_numpy(udp[..., :3]).permute(2, 0, 1))
    return float(painted[..., 0][(depth.numpy() >= 1) & (udp[..., 3] > 0)].mean())


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_larger_drawing_speaks_alone_for_an_eye(names: tuple[str, str]) -> None:
    large = _grey(doll_view(names[0], 160, window=FACE_WINDOW), SPEAKER)
    small = _grey(doll_view(names[1], 128, window=FACE_WINDOW), OTHER)
    assert _eye((large, small)) == pytest.approx(SPEAKER, abs=3)


def test_the_drawing_that_looks_at_an_eye_speaks_whatever_the_picture_is_turned() -> None:
    front = _grey(doll_view("front", 128, window=FACE_WINDOW), SPEAKER)
    turned = _grey(doll_view("turned", 128, window=FACE_WINDOW, yaw_rad=-0.5), OTHER)
    assert _eye((front, turned), yaw_rad=-0.3) == pytest.approx(SPEAKER, abs=8)


def test_others_speak_for_what_the_speaker_does_not_show() -> None:
    large = _grey(doll_view("large", 256, window=FACE_WINDOW), SPEAKER)
    image = large.image.copy()
    hidden = large.udp[..., 0] > sum((LEFT_EYE.low[0], LEFT_EYE.high[0])) / 2
    image[hidden] = 0
    small = _grey(doll_view("small", 128, window=FACE_WINDOW), OTHER)
    views = (replace(large, image=image), small)
    assert OTHER + 40 < _eye(views) < SPEAKER - 40
    sheet = CharacterSheet(views, {"leftEye": LEFT_EYE}, NO_INK)
    _, udp = draw_doll(128, window=FACE_WINDOW)
    painted = DECODER.decode(encode_sheet(sheet), UdpMap(udp), {})
    outer = (udp[..., 0] > 0.59) & (udp[..., 0] < 0.61) & (np.abs(udp[..., 1] - 0.885) < 0.02)
    assert painted[..., 0][outer].mean() == pytest.approx(OTHER, abs=4)


def test_outside_the_regions_drawings_blend_as_ever() -> None:
    one = _grey(doll_view("one", 128, window=FACE_WINDOW), SPEAKER)
    other = _grey(doll_view("other", 128, window=FACE_WINDOW), OTHER)
    sheet = CharacterSheet((one, other), {"leftEye": LEFT_EYE}, NO_INK)
    _, udp = draw_doll(128, window=FACE_WINDOW)
    painted = DECODER.decode(encode_sheet(sheet), UdpMap(udp), {})
    middle = (np.abs(udp[..., 0] - 0.5) < 0.02) & (np.abs(udp[..., 1] - 0.8) < 0.02)
    assert OTHER + 40 < painted[..., 0][middle].mean() < SPEAKER - 40


def test_speakers_of_overlapping_regions_do_not_silence_each_other() -> None:
    eye = doll_view("eye", 96, window=(0.57, 0.885, 0.2))
    face = doll_view("face", 192, window=FACE_WINDOW)
    regions = {"leftEye": LEFT_EYE, "face": LandmarkBox((0.3, 0.7, 0.5), (0.7, 1.0, 0.75))}
    sheet = CharacterSheet((eye, face), regions, NO_INK)
    patches = [_view_patches(view, index, sheet)[0] for index, view in enumerate(sheet.views)]
    for patch, trust in zip(patches, region_trust(patches, regions), strict=True):
        depth = depth_in_box(LEFT_EYE, torch.from_numpy(patch.surface.landmark)).numpy()
        assert trust[depth >= 1].min() == 1


def test_a_region_that_no_drawing_shows_changes_nothing() -> None:
    back = _grey(doll_view("back", 128, window=FACE_WINDOW, yaw_rad=np.pi), SPEAKER)
    assert _eye((back,)) == pytest.approx(SPEAKER, abs=3)
