"""The window around a fake engine: starting, choosing, errors, figures, closing."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from avatar_app.engine import EngineState
from avatar_app.errors import CameraUnavailableError
from avatar_app.gui.viewport import Viewport
from avatar_app.settings import AppSettings
from tests.fakes.fake_engine import lively_statistics
from tests.gui.conftest import TIMEOUT_MS, Desk, close

pytestmark = pytest.mark.gui


def test_the_start_button_starts_and_then_stops(desk: Desk, qtbot: QtBot) -> None:
    run = desk.window.panel.run
    qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    assert desk.engine.state is EngineState.RUNNING
    assert run.text() == "Stop"
    assert desk.window.stage.badge.isVisible()
    qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    assert desk.engine.state is EngineState.STOPPED
    assert run.text() == "Start"
    assert not desk.window.stage.badge.isVisible()


def test_a_second_start_works(desk: Desk) -> None:
    for _ in range(2):
        desk.session.toggle()
        assert desk.window.status.sentence.text() == "Live"
        desk.session.toggle()
    assert desk.engine.calls == ["start", "request_stop", "start", "request_stop"]


def test_a_start_while_stopping_waits_for_the_end(desk: Desk) -> None:
    desk.session.start()
    desk.engine.finishes_at_once = False
    desk.session.bridge.stop()
    desk.session.start()
    assert desk.engine.calls == ["start", "request_stop"]
    assert not desk.window.panel.run.isEnabled()
    desk.engine.settle()
    desk.poll()
    assert desk.engine.calls == ["start", "request_stop", "start"]


def test_the_space_bar_starts_and_letters_choose(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(desk.window, Qt.Key.Key_Space)
    qtbot.keyClick(desk.window, Qt.Key.Key_C)
    qtbot.keyClick(desk.window, Qt.Key.Key_M)
    qtbot.keyClick(desk.window, Qt.Key.Key_3)
    assert desk.engine.calls == ["start", "calibrate"]
    assert not desk.engine.config.mirror
    assert desk.engine.config.framing == "full"
    assert desk.window.panel.framing.value == "full"


def test_the_space_bar_flips_a_switch_that_has_the_focus(desk: Desk, qtbot: QtBot) -> None:
    mirror = desk.window.panel.mirror
    mirror.setFocus()
    qtbot.keyClick(mirror, Qt.Key.Key_Space)
    assert not desk.engine.config.mirror
    assert desk.engine.calls == []


def test_every_control_can_be_reached_with_the_tab_key(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk(source="webcam:0")
    desk.session.start()
    panel = desk.window.panel
    wanted = [panel.source, panel.avatar, panel.output, panel.framing.button("bust")]
    wanted += [panel.background.green, panel.mirror, panel.webcam, panel.calibrate, panel.run]
    reached = set()
    for _ in range(30):
        qtbot.keyClick(desk.window.focusWidget(), Qt.Key.Key_Tab)
        reached.add(desk.window.focusWidget())
    assert not [control for control in wanted if control not in reached]


def test_pickers_change_what_the_engine_does(
    desk: Desk, make_avatar: Callable[[str], Path]
) -> None:
    other = make_avatar("mikan")
    panel = desk.window.panel
    panel.avatar.about_to_open.emit()
    panel.avatar.chosen.emit(str(other))
    panel.source.chosen.emit("webcam:2")
    panel.output.chosen.emit("virtual-camera")
    panel.background.green.click()
    panel.framing.button("half").click()
    config = desk.engine.config
    assert config.avatar == other
    assert config.source.address == "webcam:2"
    assert config.outputs == ("virtual-camera",)
    assert config.background == "#00ff00"
    assert config.framing == "half"
    assert panel.avatar.currentText() == "Mikan"
    assert panel.output.currentText() == "Virtual camera"


def test_webcams_are_offered_by_name_and_the_first_one_is_taken(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk()
    with qtbot.waitSignal(desk.session.finder.found, timeout=TIMEOUT_MS):
        desk.session.begin(keep_source=False)
    assert desk.engine.config.source.address == "webcam:0"
    assert desk.window.panel.source.currentText() == "Front webcam"
    assert desk.engine.state is EngineState.RUNNING


def test_without_a_webcam_the_demo_plays(make_desk: Callable[..., Desk], qtbot: QtBot) -> None:
    desk = make_desk(webcams=[], source="webcam:0")
    with qtbot.waitSignal(desk.session.finder.found, timeout=TIMEOUT_MS):
        desk.session.begin(keep_source=False)
    assert desk.engine.config.source.address == "clip:hello"
    assert desk.engine.config.source.loop
    assert desk.engine.state is EngineState.RUNNING


def test_a_remembered_webcam_that_is_gone_gives_way_with_a_notice(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk(AppSettings(source="webcam:7"), source="webcam:7")
    with qtbot.waitSignal(desk.session.finder.found, timeout=TIMEOUT_MS):
        desk.session.begin(keep_source=False)
    assert desk.engine.config.source.address == "webcam:0"
    assert "not connected" in desk.window.banner.text
    assert desk.window.banner.isVisible()


def test_a_webcam_named_on_the_command_line_is_kept(
    make_desk: Callable[..., Desk], qtbot: QtBot
) -> None:
    desk = make_desk(AppSettings(source="webcam:7"), source="webcam:7")
    with qtbot.waitSignal(desk.session.finder.found, timeout=TIMEOUT_MS):
        desk.session.begin(keep_source=True)
    assert desk.engine.config.source.address == "webcam:7"
    assert desk.engine.state is EngineState.RUNNING


def test_an_error_is_a_calm_line_with_a_way_to_try_again(desk: Desk) -> None:
    desk.session.start()
    desk.engine.fail(CameraUnavailableError("webcam busy; close the other program"))
    desk.poll()
    banner = desk.window.banner
    assert banner.isVisible()
    assert banner.text == "Webcam busy; close the other program"
    assert desk.window.status.sentence.text() == "Stopped by a problem"
    banner.retried.emit()
    assert desk.engine.state is EngineState.RUNNING
    assert not banner.isVisible()


def test_a_refused_start_is_told_too(desk: Desk) -> None:
    desk.engine.refusal = CameraUnavailableError("no webcam; plug one in")
    desk.session.start()
    assert desk.window.banner.text == "No webcam; plug one in"


def test_figures_are_shown_during_a_run_alone(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(source="webcam:0")
    status = desk.window.status
    assert not status.rate.isVisible()
    desk.session.start()
    desk.engine.numbers = lively_statistics()
    desk.poll(4)
    assert (status.rate.text, status.latency.text) == ("30 fps", "62 ms")
    assert status.tracking.text == "Face seen"
    desk.engine.numbers = lively_statistics(face_visible=False)
    desk.poll(4)
    assert status.tracking.text == "Looking for a face"
    desk.session.toggle()
    assert not status.rate.isVisible()


def test_notices_stand_in_the_status_line(desk: Desk) -> None:
    desk.session.start()
    desk.engine.notices = ("webcam lost, retrying",)
    desk.poll()
    assert desk.window.status.notices.full_text == "Webcam lost, retrying"
    desk.engine.notices = ()
    desk.poll()
    assert desk.window.status.notices.full_text == ""


def test_zoom_and_drag_reach_the_engine_and_a_framing_resets_them(desk: Desk, qtbot: QtBot) -> None:
    desk.window.stage.preview.viewport_changed.emit(Viewport(2.0, (0.25, -0.5)))
    qtbot.waitUntil(lambda: desk.engine.config.zoom == 2.0, timeout=TIMEOUT_MS)
    assert desk.engine.config.pan == (0.25, -0.5)
    assert desk.window.stage.reset.isVisible()
    desk.window.panel.framing.button("full").click()
    assert (desk.engine.config.zoom, desk.engine.config.pan) == (1.0, (0.0, 0.0))
    assert not desk.window.stage.reset.isVisible()


def test_a_recording_never_takes_the_name_of_an_older_one(desk: Desk) -> None:
    wanted = desk.folder / "stream.mp4"
    desk.session.choose_output("recording", str(wanted))
    desk.session.start()
    assert desk.engine.config.outputs == (str(wanted),)
    assert not desk.engine.config.source.loop
    wanted.write_bytes(b"a finished recording")
    desk.session.toggle()
    desk.session.toggle()
    assert desk.engine.config.outputs == (str(desk.folder / "stream-2.mp4"),)


def test_choices_are_remembered(make_desk: Callable[..., Desk], qtbot: QtBot) -> None:
    desk = make_desk(source="webcam:0")
    desk.session.choose_source("webcam:2")
    desk.session.choose_framing("full")
    desk.session.choose_background("#123456")
    desk.session.choose_mirror(False)
    desk.window.resize(1000, 700)
    close(qtbot, desk)
    settings, notice = desk.store.load()
    assert notice is None
    assert settings.source == "webcam:2"
    assert settings.framing == "full"
    assert (settings.background, settings.background_colour) == ("#123456", "#123456")
    assert not settings.mirror
    assert (settings.window_width, settings.window_height) == (1000, 700)


def test_closing_stops_the_engine_first(desk: Desk, qtbot: QtBot) -> None:
    desk.session.start()
    desk.engine.finishes_at_once = False
    threads = threading.active_count()
    desk.window.close()
    assert not desk.window.isVisible()
    assert desk.engine.state is EngineState.STOPPING
    with qtbot.waitSignal(desk.window.closed, timeout=TIMEOUT_MS):
        desk.engine.settle()
    assert desk.engine.state is EngineState.STOPPED
    assert threading.active_count() <= threads


def test_the_webcam_is_not_shown_unless_wanted(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk()
    assert not desk.window.stage.inset.isVisible()
    desk.window.panel.webcam.click()
    assert desk.window.stage.inset.isVisible()
    assert make_desk(AppSettings(show_webcam=True)).window.stage.inset.isVisible()


def test_the_newest_frame_is_pulled_and_an_ended_run_is_not_shown(desk: Desk) -> None:
    picture = np.full((8, 8, 4), 255, np.uint8)
    desk.session.start()
    desk.engine.paint(picture, frame_id=1)
    desk.engine.paint(picture, frame_id=2)
    preview = desk.window.stage.preview
    preview.pull()
    assert preview.frame is not None
    assert preview.frame.stamp.frame_id == 2
    preview.show_state(EngineState.STARTING)
    assert preview.frame is None


def test_a_second_failure_in_a_row_is_told_again(desk: Desk) -> None:
    told = []
    desk.session.bridge.failed.connect(told.append)
    for sentence in ("first", "second"):
        desk.engine.finishes_at_once = False
        desk.session.start()
        desk.engine.fail(CameraUnavailableError(sentence))
        desk.poll()
    assert told == ["first", "second"]


def test_another_source_in_mid_recording_begins_another_file(desk: Desk) -> None:
    wanted = desk.folder / "stream.mp4"
    desk.session.choose_output("recording", str(wanted))
    desk.session.start()
    desk.session.choose_source("webcam:2")
    assert desk.engine.config.outputs == (str(desk.folder / "stream-2.mp4"),)


def test_a_notice_that_asks_for_something_stands_above_the_preview_while_it_holds(
    desk: Desk,
) -> None:
    sentence = "virtual camera not found: no v4l2loopback device; run 'modprobe v4l2loopback'"
    desk.session.start()
    desk.engine.notices = (sentence,)
    desk.poll()
    assert desk.window.banner.isVisible()
    assert desk.window.status.notices.full_text == ""
    desk.window.banner.hide()
    desk.engine.notices = (sentence, "painting at 256 px")
    desk.poll()
    assert not desk.window.banner.isVisible()  # dismissed is dismissed
    assert desk.window.status.notices.full_text == "Painting at 256 px"
    desk.engine.notices = ()
    desk.poll()
    assert not desk.window.banner.isVisible()


def test_another_source_mends_a_failed_run(desk: Desk) -> None:
    desk.session.start()
    desk.engine.fail(CameraUnavailableError("webcam busy; choose another source"))
    desk.poll()
    desk.window.panel.source.chosen.emit("clip:hello")
    assert desk.engine.state is EngineState.RUNNING
    desk.session.toggle()
    desk.window.panel.source.chosen.emit("webcam:2")
    assert desk.engine.state is EngineState.STOPPED


def test_a_finished_recording_is_told(desk: Desk) -> None:
    wanted = desk.folder / "stream.mp4"
    desk.session.choose_output("recording", str(wanted))
    desk.session.start()
    assert not desk.window.banner.isVisible()
    wanted.write_bytes(b"a finished recording")
    desk.session.toggle()
    assert desk.window.banner.text == f"Saved as {wanted}"


def test_what_is_dropped_is_used_for_what_it_is_good_for(
    desk: Desk, make_avatar: Callable[[str], Path]
) -> None:
    video, image, text = (desk.folder / name for name in ("a.mkv", "room.PNG", "notes.txt"))
    for path in (video, image, text):
        path.write_bytes(b"")
    avatar = make_avatar("mikan")
    for path in (video, image, text, avatar):
        desk.window.take_file(path)
    config = desk.engine.config
    assert config.source.address == str(video)
    assert config.background == str(image)
    assert config.avatar == avatar


def test_commands_ask_and_then_choose(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = desk.window.prompts
    video, picture = str(desk.folder / "dance.mp4"), str(desk.folder / "room.png")
    monkeypatch.setattr(prompts, "ask_video", lambda done: done(video))
    monkeypatch.setattr(prompts, "ask_image", lambda done: done(picture))
    monkeypatch.setattr(prompts, "ask_recording", lambda suffix, done: done(f"/videos/a{suffix}"))
    panel = desk.window.panel
    panel.source.command_chosen.emit("video")
    panel.output.command_chosen.emit(".webm")
    panel.background.image.click()
    config = desk.engine.config
    assert config.source.address == video
    assert config.outputs == ("/videos/a.webm",)
    assert config.background == picture
    assert panel.source.currentText() == "dance.mp4"
    assert panel.output.currentText() == "a.webm"


def test_a_folder_of_keypoints_is_asked_for_and_shown_by_its_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.folder / "waltz"
    monkeypatch.setattr(desk.window.prompts, "_ask_folder", lambda _, done: done(str(folder)))
    desk.window.panel.source.command_chosen.emit("keypoints")
    assert desk.engine.config.source.address == f"openpose:{folder}"
    assert desk.engine.config.source.is_keypoints
    assert desk.window.panel.source.currentText() == "waltz"


def test_details_of_a_long_sentence_wait_in_its_tool_tip(desk: Desk) -> None:
    sentence = f"virtual camera not found: load the module (tried: {'this and that, ' * 20})"
    desk.window.banner.show_error(sentence)
    assert desk.window.banner.text == "Virtual camera not found: load the module."
    assert desk.window.banner.findChild(QLabel, "banner-text").toolTip() == sentence
    desk.window.banner.show_error("webcam busy (by another program)")
    assert desk.window.banner.text == "Webcam busy (by another program)"
