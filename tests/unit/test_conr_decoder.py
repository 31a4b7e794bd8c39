"""CoNR as a decoder: which drawings it paints from, and how maps become pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from renderer.conr.config import ConrConfig
from renderer.conr.conr_decoder import ConrDecoder, open_conr
from renderer.errors import SheetError, WeightsError
from renderer.types import CharacterSheet, SheetView, ViewOptions
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from tests.fakes.lively_conr import lively_networks
from udp_live.types import UdpMap

CPU = torch.device("cpu")
NETWORKS = lively_networks(ConrConfig.tiny())
FRONT, LEFT, BACK = (
    doll_view(name, 96, yaw_rad=yaw) for name, yaw in (("a", 0.0), ("b", 1.57), ("c", 3.14))
)
SMILE = doll_view("smile", 96, mood="aa")


def _sheet(*views: SheetView) -> CharacterSheet:
    return CharacterSheet(views, {}, NO_INK)


def _decoder(**options: int) -> ConrDecoder:
    return ConrDecoder(NETWORKS, CPU, options=ViewOptions(**options))


def _map(size: int = 64, **draw: float) -> UdpMap:
    return UdpMap(draw_doll(size, **draw)[1])


def test_the_order_of_drawings_makes_no_difference() -> None:
    decoder = _decoder()
    pictures = [
        decoder.decode(decoder.encode(_sheet(*views)), _map(), {}).astype(int)
        for views in ((FRONT, LEFT, BACK), (BACK, FRONT, LEFT))
    ]
    np.testing.assert_array_equal(*pictures)


def test_a_strong_expression_is_painted_from_its_drawing() -> None:
    decoder = _decoder()
    encoding = decoder.encode(_sheet(FRONT, BACK, SMILE))
    assert encoding.drawings.names == ("a", "c")
    neutral, weak, strong = (
        decoder.decode(encoding, _map(), {"aa": weight}) for weight in (0.0, 0.3, 0.9)
    )
    np.testing.assert_array_equal(neutral, weak)
    smiling = SheetView("smile", SMILE.image, SMILE.udp)
    replaced = decoder.decode(decoder.encode(_sheet(smiling, BACK)), _map(), {})
    np.testing.assert_array_equal(strong, replaced)
    assert np.abs(strong.astype(int) - neutral).max() > 2  # a mouth of a few pixels


def test_a_sheet_of_expressions_alone_is_painted_from() -> None:
    decoder = _decoder()
    encoding = decoder.encode(_sheet(SMILE))
    assert decoder.decode(encoding, _map(), {"aa": 1.0})[..., 3].any()


def test_so_many_drawings_as_wanted_are_taken_and_together_they_show_most() -> None:
    again = doll_view("a2", 96, yaw_rad=0.05)
    names = _decoder(count=2).encode(_sheet(FRONT, again, BACK)).drawings.names
    assert names in {("a", "c"), ("a2", "c")}


def test_views_chosen_per_frame_are_those_that_show_it() -> None:
    decoder = _decoder(per_frame=1)
    encoding = decoder.encode(_sheet(FRONT, BACK))
    for yaw, view in ((0.0, FRONT), (3.1, BACK)):
        alone = decoder.decode(decoder.encode(_sheet(view)), _map(yaw_rad=yaw), {})
        np.testing.assert_array_equal(decoder.decode(encoding, _map(yaw_rad=yaw), {}), alone)


def test_features_on_disk_paint_the_same_picture(tmp_path: Path) -> None:
    pictures = []
    for _ in range(2):
        decoder = ConrDecoder(NETWORKS, CPU, cache_folder=tmp_path)
        pictures.append(decoder.decode(decoder.encode(_sheet(FRONT, BACK)), _map(), {}))
    np.testing.assert_array_equal(*pictures)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_convention_beside_the_weights_changes_what_the_networks_see(tmp_path: Path) -> None:
    sheet = _sheet(FRONT, BACK)
    (tmp_path / "conr.toml").write_text('version = 1\nname = "B"\n')
    plain, other = (
        ConrDecoder(NETWORKS, CPU, weights_folder=folder) for folder in (None, tmp_path)
    )
    assert (plain.encode(sheet).convention.name, other.encode(sheet).convention.name) == ("A", "B")
    one, two = (decoder.decode(decoder.encode(sheet), _map(), {}) for decoder in (plain, other))
    assert np.abs(one.astype(int) - two).max() > 10


def test_opaque_and_empty_drawings_are_refused_by_name() -> None:
    opaque = FRONT.image.copy()
    opaque[..., 3] = 255
    for image in (opaque, np.zeros_like(opaque)):
        with pytest.raises(SheetError, match="'front' cannot be painted from"):
            _decoder().encode(_sheet(SheetView("front", image, FRONT.udp)))


def test_a_map_that_does_not_divide_into_pixels_is_refused() -> None:
    decoder = _decoder()
    encoding = decoder.encode(_sheet(FRONT))
    with pytest.raises(ValueError, match="unexpected supersampling"):
        decoder.decode(encoding, UdpMap(np.zeros((15, 16, 4), np.float32)), {}, supersampling=2)


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_without_weights_a_sentence_says_how_to_get_them(folder: Path | None) -> None:
    with pytest.raises(WeightsError, match=r"not found.*weights fetch conr"):
        open_conr(folder, CPU, None)
