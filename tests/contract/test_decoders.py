"""What every decoder promises, whichever it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from renderer.conr.config import ConrConfig
from renderer.conr.networks import random_networks
from renderer.conr.weights.weights_file import WEIGHTS_NAME, save_networks
from renderer.engines import DECODER_NAMES, Decoder, open_decoder
from renderer.errors import AcceleratorError
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

SHEET = CharacterSheet((doll_view("front", 96), doll_view("back", 80, yaw_rad=3.14)), {}, NO_INK)


@pytest.fixture(params=DECODER_NAMES, scope="module")
def decoder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Decoder]:
    weights = tmp_path_factory.mktemp("weights")
    save_networks(random_networks(ConrConfig.tiny()), weights / WEIGHTS_NAME)
    opened = open_decoder(request.param, "cpu", weights_folder=weights)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def encoding(decoder: Decoder) -> Any:
    return decoder.encode(SHEET)


def _map(size: int, **draw: Any) -> UdpMap:
    return UdpMap(draw_doll(size, **draw)[1])


def test_it_says_what_it_is(decoder: Decoder) -> None:
    assert decoder.name in DECODER_NAMES
    assert decoder.device == "cpu"


@pytest.mark.parametrize(("size", "supersampling"), [(48, 1), (97, 1), (49, 2)])
def test_pictures_are_premultiplied_rgba_of_the_wanted_size(
    decoder: Decoder, encoding: Any, size: int, supersampling: int
) -> None:
    picture = decoder.decode(encoding, _map(size * supersampling), {}, supersampling)
    assert picture.shape == (size, size, 4)
    assert picture.dtype == np.uint8
    assert np.all(picture[..., :3] <= picture[..., 3:])
    assert picture[..., 3].any()


def test_the_same_input_gives_the_same_picture(decoder: Decoder, encoding: Any) -> None:
    one, other = _map(64), _map(64, yaw_rad=0.5)
    first = decoder.decode(encoding, one, {"aa": 0.4})
    decoder.decode(encoding, other, {})
    np.testing.assert_array_equal(decoder.decode(encoding, one, {"aa": 0.4}), first)


def test_an_empty_map_gives_an_empty_picture(decoder: Decoder, encoding: Any) -> None:
    empty = UdpMap(np.zeros((32, 32, 4), np.float32))
    assert not decoder.decode(encoding, empty, {}).any()


def test_unknown_expressions_are_ignored(decoder: Decoder, encoding: Any) -> None:
    udp = _map(48)
    np.testing.assert_array_equal(
        decoder.decode(encoding, udp, {"tongueOut": 1.0}), decoder.decode(encoding, udp, {})
    )


def test_the_map_is_left_as_it_was(decoder: Decoder, encoding: Any) -> None:
    udp = _map(48)
    before = udp.xyzv.copy()
    decoder.decode(encoding, udp, {})
    np.testing.assert_array_equal(udp.xyzv, before)


def test_a_texture_is_painted_like_its_map(decoder: Decoder, encoding: Any) -> None:
    udp = _map(48)
    texture = UdpTexture(0, (48, 48), 4, lambda: udp)
    np.testing.assert_array_equal(
        decoder.decode(encoding, texture, {}), decoder.decode(encoding, udp, {})
    )
    assert not decoder.reads_textures  # on the processor the rasterizer reads back


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown decoder"):
        open_decoder("magic")


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "meta"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(AcceleratorError, match=r"device|GPU"):
        open_decoder("guided", device)
