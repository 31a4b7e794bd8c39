"""The point-cloud window: turning, zooming, colours, saving, and what can go wrong."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from avatar_app.engine import EngineState
from avatar_app.gui.cloud_view import CloudView
from avatar_app.gui.cloud_window import LANDMARKS, CloudWindow
from avatar_app.gui.cloud_worker import (
    CloudWorker,
    IsCancelled,
    LoadCancelledError,
    LoadedCloud,
    PictureRequest,
    load_cloud,
    make_levels,
)
from renderer.errors import SheetError
from renderer.sheet.ply_file import read_ply
from renderer.sheet.point_cloud import PointCloud
from renderer.types import CharacterSheet, SheetView
from tests.fakes.engine_parts import FakeClock
from tests.gui.conftest import TIMEOUT_MS, Desk

pytestmark = pytest.mark.gui

AVATAR, OTHER = Path("avatars/kiwi"), Path("avatars/plum")
SPACING = 0.02
Load = Callable[[Path, IsCancelled], LoadedCloud]


def ball(count: int = 4000) -> PointCloud:
    """Orange points on a ball of half a figure's height."""
    directions = np.random.default_rng(3).normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    positions = (0.5 + 0.25 * directions).astype(np.float32)
    return PointCloud(positions, np.full((count, 3), (230, 140, 20), np.uint8))


def load_ball(avatar: Path, is_cancelled: IsCancelled = lambda: False) -> LoadedCloud:
    cloud = ball()
    return LoadedCloud(avatar, cloud, 3, make_levels(cloud, SPACING))


@pytest.fixture
def make_window(qtbot: QtBot, dressed: QApplication) -> Iterator[Callable[[Load], CloudWindow]]:
    """Make windows; afterwards each is closed and must leave no timer and no thread busy."""
    made: list[tuple[CloudWindow, CloudWorker]] = []

    def make(load: Load = load_ball) -> CloudWindow:
        worker = CloudWorker(load)
        window = CloudWindow(worker)
        qtbot.addWidget(window)
        made.append((window, worker))
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window, worker in made:
        window.close()
        worker.close()
        assert not [timer for timer in window.findChildren(QTimer) if timer.isActive()]
        assert worker.is_idle


@pytest.fixture
def window(make_window: Callable[..., CloudWindow], qtbot: QtBot) -> CloudWindow:
    made = make_window()
    made.show_avatar(AVATAR)
    wait_for_picture(made, qtbot)
    return made


def wait_for_picture(window: CloudWindow, qtbot: QtBot) -> None:
    def drawn() -> bool:
        picture = window.canvas.picture
        is_current = picture is not None and picture.view == window.canvas.view
        return is_current or (picture is not None and window.canvas.turns)

    qtbot.waitUntil(drawn, timeout=TIMEOUT_MS)


def drag(window: CloudWindow, qtbot: QtBot, right: int, down: int, button: Qt.MouseButton) -> None:
    start = QPoint(200, 200)
    qtbot.mousePress(window.canvas, button, pos=start)
    qtbot.mouseMove(window.canvas, start + QPoint(right, down))
    qtbot.mouseRelease(window.canvas, button, pos=start + QPoint(right, down))


def roll(window: CloudWindow, notches: int, at: QPointF) -> None:
    event = QWheelEvent(
        at,
        window.canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(window.canvas, event)


def test_an_avatars_points_are_shown_and_counted(window: CloudWindow) -> None:
    assert window.windowTitle() == "Point cloud of Kiwi"
    assert window.figures.text() == "4,000 points from 3 drawings"
    picture = window.canvas.picture
    assert picture is not None
    colour = picture.image[picture.image[..., 3] == 255].max(axis=0)
    assert colour.tolist()[:3] == pytest.approx((230, 140, 20), abs=12)
    shown = window.canvas.grab().toImage().pixelColor(*middle(window))
    assert shown.red() > 150 > shown.blue()


def middle(window: CloudWindow) -> tuple[int, int]:
    return window.canvas.width() // 2, window.canvas.height() // 2


def test_it_turns_by_itself_until_it_is_touched(window: CloudWindow, qtbot: QtBot) -> None:
    before = window.canvas.view
    qtbot.waitUntil(lambda: window.canvas.view.yaw_rad != before.yaw_rad, timeout=TIMEOUT_MS)
    assert not window.reset.isVisible()
    assert window.hint.isVisible()
    drag(window, qtbot, 5, 0, Qt.MouseButton.LeftButton)
    assert not window.canvas.turns
    assert window.reset.isVisible()
    assert not window.hint.isVisible()


def test_a_drag_turns_and_a_double_click_goes_back(window: CloudWindow, qtbot: QtBot) -> None:
    drag(window, qtbot, 1, 0, Qt.MouseButton.LeftButton)
    before = window.canvas.view
    drag(window, qtbot, 100, 50, Qt.MouseButton.LeftButton)
    after = window.canvas.view
    assert after.yaw_rad < before.yaw_rad
    assert after.pitch_rad > before.pitch_rad
    assert after.zoom == before.zoom
    wait_for_picture(window, qtbot)
    qtbot.mouseDClick(window.canvas, Qt.MouseButton.LeftButton)
    assert window.canvas.view.pitch_rad == CloudView().pitch_rad
    assert window.canvas.turns


def test_another_button_and_the_shift_key_shift(window: CloudWindow, qtbot: QtBot) -> None:
    drag(window, qtbot, 1, 0, Qt.MouseButton.LeftButton)
    before = window.canvas.view
    drag(window, qtbot, 60, 30, Qt.MouseButton.RightButton)
    after = window.canvas.view
    assert after.yaw_rad == before.yaw_rad
    assert after.pan[0] > before.pan[0]
    assert after.pan[1] < before.pan[1]


def test_the_wheel_zooms_about_the_pointer(window: CloudWindow, qtbot: QtBot) -> None:
    roll(window, 4, QPointF(window.canvas.width() - 10, 10))
    view = window.canvas.view
    assert view.zoom > 1.5
    assert view.pan[0] < -0.1
    assert view.pan[1] < -0.1
    roll(window, -999, QPointF(0, 0))
    assert view.zoom > window.canvas.view.zoom > 0
    wait_for_picture(window, qtbot)


def test_the_keyboard_turns_zooms_and_begins_anew(window: CloudWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.canvas, Qt.Key.Key_Down)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Plus)
    assert window.canvas.view.pitch_rad > CloudView().pitch_rad
    assert window.canvas.view.zoom > 1
    qtbot.keyClick(window.canvas, Qt.Key.Key_Home)
    assert window.canvas.view.zoom == 1
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_at_rest_a_finer_picture_follows(window: CloudWindow, qtbot: QtBot) -> None:
    drag(window, qtbot, 30, 0, Qt.MouseButton.LeftButton)

    def is_fine() -> bool:
        picture = window.canvas.picture
        return picture is not None and picture.size[0] > 1.5 * window.canvas.width()

    qtbot.waitUntil(is_fine, timeout=TIMEOUT_MS)


def test_points_can_be_coloured_by_their_landmarks(window: CloudWindow, qtbot: QtBot) -> None:
    drag(window, qtbot, 1, 0, Qt.MouseButton.LeftButton)
    wait_for_picture(window, qtbot)
    window.colouring.button(LANDMARKS).click()

    def is_blue_somewhere() -> bool:
        picture = window.canvas.picture
        return picture is not None and picture.image[..., 2].max() > 120

    qtbot.waitUntil(is_blue_somewhere, timeout=TIMEOUT_MS)


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the platform without a screen says so
def test_the_cloud_is_saved_as_ply(window: CloudWindow, qtbot: QtBot, tmp_path: Path) -> None:
    qtbot.mouseClick(window.save, Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    assert dialog.defaultSuffix() == "ply"
    path = tmp_path / "kiwi.ply"
    dialog.fileSelected.emit(str(path))
    qtbot.waitUntil(lambda: window.figures.text().startswith("Saved"), timeout=TIMEOUT_MS)
    assert len(read_ply(path)) == 4000
    dialog.fileSelected.emit(str(path / "below-a-file.ply"))
    qtbot.waitUntil(lambda: "cannot write" in window.figures.text(), timeout=TIMEOUT_MS)
    dialog.reject()


def test_an_empty_sheet_says_so(make_window: Callable[..., CloudWindow], qtbot: QtBot) -> None:
    nothing = PointCloud(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
    window = make_window(
        lambda avatar, _: LoadedCloud(avatar, nothing, 1, make_levels(nothing, 0.1))
    )
    window.show_avatar(AVATAR)
    qtbot.waitUntil(lambda: window.canvas.message[0] == "No point cloud", timeout=TIMEOUT_MS)
    assert "landmark" in window.canvas.message[1]
    assert not window.save.isEnabled()
    window.canvas.grab()
    drag(window, qtbot, 30, 30, Qt.MouseButton.LeftButton)
    assert window.canvas.picture is None


def test_a_broken_avatar_is_a_sentence(
    make_window: Callable[..., CloudWindow], qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_avatar: Path, _is_cancelled: IsCancelled) -> LoadedCloud:
        raise SheetError("sheet view front.png is damaged")

    window = make_window(fail)
    window.show_avatar(AVATAR)
    qtbot.waitUntil(lambda: window.canvas.message[0] == "No point cloud", timeout=TIMEOUT_MS)
    assert window.canvas.message[1] == "Sheet view front.png is damaged"
    assert "front.png is damaged" in caplog.text


def test_the_avatar_chosen_last_is_shown_however_slow_the_first_was(
    make_window: Callable[..., CloudWindow], qtbot: QtBot
) -> None:
    go_on = threading.Event()

    def load(avatar: Path, is_cancelled: IsCancelled) -> LoadedCloud:
        if avatar == AVATAR:
            assert go_on.wait(5)
        return load_ball(avatar)

    window = make_window(load)
    window.show_avatar(AVATAR)
    window.show_avatar(OTHER)
    assert window.canvas.message[0] == "Gathering points…"
    go_on.set()
    wait_for_picture(window, qtbot)
    assert window.windowTitle() == "Point cloud of Plum"
    assert "4,000 points" in window.figures.text()


def test_what_nobody_waits_for_is_given_up(qtbot: QtBot) -> None:
    begun = threading.Event()
    given_up: list[Path] = []

    def load(avatar: Path, is_cancelled: IsCancelled) -> LoadedCloud:
        begun.set()
        while not is_cancelled():
            pass
        given_up.append(avatar)
        raise LoadCancelledError

    worker = CloudWorker(load)
    worker.load(AVATAR)
    assert begun.wait(5)
    worker.load(OTHER)
    qtbot.waitUntil(lambda: given_up == [AVATAR], timeout=TIMEOUT_MS)
    worker.close()
    assert given_up[0] == AVATAR
    assert worker.is_idle


def test_a_huge_sheet_is_given_up_before_its_next_drawing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("renderer.sheet.avatar_file.load_sheet", lambda folder: two_views())
    with pytest.raises(LoadCancelledError):
        load_cloud(AVATAR, lambda: True)
    assert load_cloud(AVATAR).drawings == 2


def two_views() -> CharacterSheet:
    rows, columns = np.mgrid[:20, :20] / 40
    udp = np.stack([columns, rows, rows, np.ones_like(rows)], axis=-1).astype(np.float32)
    image = np.full((20, 20, 4), 255, np.uint8)
    return CharacterSheet((SheetView("front", image, udp), SheetView("back", image, udp)))


def test_many_points_are_drawn_thinned_and_coarser_levels_share_the_centre() -> None:
    levels = make_levels(ball(20_000), 0.005)
    counts = [len(level) for level in levels]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < 0.5 * counts[0]
    assert len({(level.height, level.width) for level in levels}) == 1
    for level in levels:
        np.testing.assert_allclose(level.positions.mean(axis=0), 0, atol=0.02)


def test_beside_a_live_avatar_pictures_keep_their_distance(qtbot: QtBot) -> None:
    clock = FakeClock()
    worker = CloudWorker(load_ball, clock_s=clock)
    scenes = make_levels(ball(), SPACING)
    requests = [
        PictureRequest(scenes, CloudView(yaw_rad=turn), (600, 600), (0, 0, 0), is_fine=False)
        for turn in (0.0, 0.1, 0.2)
    ]
    worker.spare(True)
    with qtbot.waitSignal(worker.drawn, timeout=TIMEOUT_MS):
        worker.draw(requests[0])
    qtbot.waitUntil(lambda: worker.is_idle, timeout=TIMEOUT_MS)
    worker.draw(requests[1])
    worker.draw(requests[2])
    assert worker.is_idle
    with qtbot.waitSignal(worker.drawn, timeout=TIMEOUT_MS) as drawn:
        clock.advance(1.0)
    assert drawn.args[0].view == requests[2].view
    qtbot.waitUntil(lambda: worker.is_idle, timeout=TIMEOUT_MS)
    worker.draw(requests[0])
    assert worker.is_idle
    with qtbot.waitSignal(worker.drawn, timeout=TIMEOUT_MS):
        worker.spare(False)
    worker.close()


def test_the_live_avatar_goes_before_the_points_while_it_runs(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(CloudWorker, "spare", lambda worker, is_sparing: told.append(is_sparing))
    for state, expected in (
        (EngineState.RUNNING, True),
        (EngineState.STOPPED, False),
        (EngineState.STARTING, True),
    ):
        desk.session.bridge.state_changed.emit(state)
        if not told:
            qtbot.mouseClick(desk.window.panel.points, Qt.MouseButton.LeftButton)
        assert told[-1] is expected
    window = desk.window.points.window
    qtbot.waitUntil(lambda: window.canvas.message[0] == "No point cloud", timeout=TIMEOUT_MS)
    assert caplog.text


def test_a_missing_avatar_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="avatar not found"):
        load_cloud(tmp_path / "nobody")


def test_the_button_beside_the_avatar_opens_the_window_and_it_closes_with_the_main_one(
    desk: Desk, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    qtbot.mouseClick(desk.window.panel.points, Qt.MouseButton.LeftButton)
    window = desk.window.points.window
    assert window is not None
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.canvas.message[0] == "No point cloud", timeout=TIMEOUT_MS)
    assert "Yuzu" in window.windowTitle()
    desk.engine.finishes_at_once = True
    with qtbot.waitSignal(desk.window.closed, timeout=TIMEOUT_MS):
        desk.window.close()
    assert not window.isVisible()
    assert "no point cloud" in caplog.text


def test_another_avatar_is_followed_only_while_the_window_is_open(
    desk: Desk, qtbot: QtBot, make_avatar: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    other = make_avatar("mikan")
    qtbot.keyClick(desk.window, Qt.Key.Key_P)
    window = desk.window.points.window
    assert window is not None
    desk.session.choose_avatar(str(other))
    assert "Mikan" in window.windowTitle()
    qtbot.waitUntil(lambda: window.canvas.message[0] == "No point cloud", timeout=TIMEOUT_MS)
    window.close()
    desk.session.choose_avatar(str(desk.folder / "avatars" / "yuzu"))
    assert "Mikan" in window.windowTitle()
    assert caplog.text
