"""A proxy is fitted to the outlines of its character's drawings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.default_avatar.vrm_writer import write_vrm
from renderer.evaluation.trial import Trial, TrialOptions
from renderer.registration.proxy_drawer import GlProxyDrawer
from renderer.registration.proxy_fit import ProxyFit, fit_proxy
from renderer.registration.proxy_landmarks import fitted_avatar, refitted_sheet
from renderer.registration.proxy_view import proxy_views
from renderer.sheet.avatar_archive import pack_avatar, unpack_avatar
from renderer.sheet.avatar_file import load_avatar, save_avatar
from renderer.sheet.sheet_drawing import PlannedView, draw_sheet
from renderer.training.wrong_landmarks import NOISY, displaced, warped_udp
from renderer.types import CharacterSheet, SheetView
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.toon_pass import ToonRasterizer
from udp_live.rig.framing import Framing
from udp_live.rig.landmarks import MARGIN, canonical_pose, landmark_space
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices

RIG = tiny_rig()
SIDE_PX = 256
PLAN = (
    PlannedView("front", Framing.FULL),
    PlannedView("back", Framing.FULL, 180),
    PlannedView("left", Framing.FULL, 90),
    PlannedView("bust-from-above", Framing.BUST, 0, 45),
    PlannedView("happy", Framing.BUST, expression="happy"),
)


@pytest.fixture(scope="module")
def proxy() -> Rig:
    """The character as somebody else would model it, 1.5 % off."""
    return displaced(RIG, 0.015, np.random.default_rng(3))


@contextmanager
def _brief_context() -> Iterator[moderngl.Context]:
    """A context for what several tests share; it is gone before theirs is opened."""
    try:
        context = open_context()
    except GlContextError as error:
        pytest.skip(str(error))
    yield context
    context.release()


@pytest.fixture(scope="module")
def sheet(proxy: Rig) -> CharacterSheet:
    """Drawings of the character with the landmarks of the proxy, warped besides."""
    with _brief_context() as context:
        toon = ToonRasterizer(context, RIG, (SIDE_PX, SIDE_PX))
        drawn = draw_sheet(proxy, _Hand(toon, GlProxyDrawer(context), proxy), PLAN)
        toon.close()
    random = np.random.default_rng(1)
    views = [replace(v, udp=warped_udp(v.udp, 0.005, random)) for v in drawn.views]
    return replace(drawn, views=tuple(views))


@pytest.fixture(scope="module")
def fit(proxy: Rig, sheet: CharacterSheet) -> ProxyFit:
    with _brief_context() as context:
        found = fit_proxy(proxy, sheet, GlProxyDrawer(context))
    assert found is not None
    return found


class _Hand:
    def __init__(self, toon: ToonRasterizer, drawer: GlProxyDrawer, proxy: Rig) -> None:
        self._toon, self._drawer, self._proxy = toon, drawer, proxy

    def draw_with_udp(self, pose, viewpoint):  # type: ignore[no-untyped-def]
        udp = self._drawer.draw(self._proxy, pose, viewpoint, SIDE_PX)
        return self._toon.draw(pose, viewpoint), udp


def _error(rig: Rig) -> float:
    """Root mean square distance from the character's surface, heights."""
    moves = _standing(rig) - _standing(RIG)
    size = float(np.sqrt(np.mean(np.sum(moves**2, axis=1))))
    return size * MARGIN / landmark_space(RIG).scale


def _standing(rig: Rig) -> NDArray[np.float32]:
    return skin_vertices(rig, canonical_pose(rig))[0]


def _overlap(view: SheetView) -> float:
    drawn, known = view.image[..., 3] > 127, view.udp[..., 3] > 0.5
    return float((drawn & known).sum() / (drawn | known).sum())


def test_a_wrong_proxy_comes_near_its_character(proxy: Rig, fit: ProxyFit) -> None:
    assert _error(fit.rig) < 0.5 * _error(proxy)
    assert fit.apart_after < 0.5 * fit.apart_before


def test_drawings_get_the_landmarks_of_the_fitted_proxy(
    context: moderngl.Context, proxy: Rig, sheet: CharacterSheet, fit: ProxyFit
) -> None:
    redrawn = refitted_sheet(proxy, fit, sheet, GlProxyDrawer(context))
    for old, new in zip(sheet.views[:4], redrawn.views, strict=False):
        assert _overlap(new) > max(0.95, _overlap(old))
    assert [view.image.shape for view in redrawn.views] == [v.image.shape for v in sheet.views]
    face = redrawn.views[4]
    assert not face.udp[face.image[..., 3] == 0].any()


def test_eyes_are_found_from_warped_landmarks(proxy: Rig, sheet: CharacterSheet) -> None:
    found = proxy_views(proxy, sheet.views)
    assert [one.view.name for one in found] == [view.name for view in sheet.views]
    assert all(one.is_framed for one in found[:3])
    pitches = [one.viewpoint.pitch_rad for one in found]
    np.testing.assert_allclose(pitches, (0, 0, 0, np.radians(45), 0), atol=np.radians(6))


def test_a_right_proxy_stays_as_it_is(context: moderngl.Context) -> None:
    toon = ToonRasterizer(context, RIG, (SIDE_PX, SIDE_PX))
    right = draw_sheet(RIG, toon, PLAN[:3])
    toon.close()
    rig, sheet = fitted_avatar(RIG, right, GlProxyDrawer(context))
    assert rig is RIG
    assert sheet is right


def test_drawings_of_another_figure_do_not_bend_the_proxy(
    context: moderngl.Context, sheet: CharacterSheet
) -> None:
    random = np.random.default_rng(0)
    scribbled = []
    for view in sheet.views:
        image = view.image.copy()
        coarse = random.random((8, 8)).astype(np.float32)
        blotches = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        image[..., 3] = 255 * (blotches > 0.5)
        scribbled.append(replace(view, image=image))
    drawer = GlProxyDrawer(context)
    assert fit_proxy(RIG, replace(sheet, views=tuple(scribbled)), drawer) is None


def test_drawings_without_landmarks_leave_nothing_to_fit(
    context: moderngl.Context, sheet: CharacterSheet
) -> None:
    views = tuple(replace(view, udp=np.zeros_like(view.udp)) for view in sheet.views)
    assert fit_proxy(RIG, replace(sheet, views=views), GlProxyDrawer(context)) is None


def test_empty_drawings_leave_nothing_to_fit(
    context: moderngl.Context, sheet: CharacterSheet
) -> None:
    views = tuple(replace(view, image=np.zeros_like(view.image)) for view in sheet.views)
    assert fit_proxy(RIG, replace(sheet, views=views), GlProxyDrawer(context)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 8192), (4096, 1), (40, 4096)])
def test_drawings_of_odd_shapes_are_left_out(sheet: CharacterSheet, shape: tuple[int, int]) -> None:
    image, udp = np.full((*shape, 4), 255, np.uint8), np.ones((*shape, 4), np.float16)
    (found,) = proxy_views(RIG, [SheetView("odd", image, udp), sheet.views[0]])
    assert found.view is sheet.views[0]


def test_trials_paint_through_the_fitted_proxy(context: moderngl.Context) -> None:
    seen = []
    for fits_proxy in (False, True):
        options = TrialOptions(NOISY, size_px=64, sheet_size_px=192, fits_proxy=fits_proxy)
        trial = Trial(context, RIG, options)
        seen.append(min(_overlap(view) for view in trial.sheet.views))
        trial.close()
    assert seen[1] > 0.9 > seen[0]


def test_the_command_writes_an_avatar_that_keeps_its_new_shape(
    context: moderngl.Context, proxy: Rig, sheet: CharacterSheet, tmp_path: Path
) -> None:
    mesh = tmp_path / "mesh.glb"
    sheet = replace(sheet, views=sheet.views[:3])
    write_vrm(proxy, mesh)
    about = {"name": "Boxy", "author": "", "licence": "CC0", "framing": Framing.FULL}
    save_avatar(tmp_path / "boxy", **about, sheet=sheet, proxy=mesh)  # type: ignore[arg-type]
    options = ("--output", str(tmp_path / "new"))
    command = ("avatar", "fit-proxy", str(tmp_path / "boxy"), *options)
    arguments = parse_arguments(command)
    arguments.gl_backend = None
    assert run_command(arguments) == 0
    before, after = load_avatar(tmp_path / "boxy").rig, load_avatar(tmp_path / "new").rig
    assert _error(after) < 0.6 * _error(before)
    assert run_command(arguments) == 2  # the folder exists now
    pack_avatar(tmp_path / "new", tmp_path / "new.kigurumi")
    unpack_avatar(tmp_path / "new.kigurumi", tmp_path / "again")
    packed = load_avatar(tmp_path / "again").rig
    np.testing.assert_array_equal(packed.mesh.positions, after.mesh.positions)
