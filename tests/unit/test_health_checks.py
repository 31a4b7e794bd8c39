from pathlib import Path

import pytest

from avatar_app.capture.webcam_list import Webcam
from avatar_app.commands import health_checks
from avatar_app.errors import VirtualCameraUnavailableError
from avatar_app.output.null_sink import NullSink


def test_webcams_are_named_with_their_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    target = "avatar_app.capture.webcam_list.list_webcams"
    monkeypatch.setattr(target, lambda: [Webcam(2, "Logi C920")])
    finding = health_checks.check_webcams()
    assert (finding.ok, finding.text) == (True, "webcam:2 (Logi C920)")
    monkeypatch.setattr(target, list)
    finding = health_checks.check_webcams()
    assert not finding.ok
    assert not finding.needed
    assert "clip:hello" in finding.text


def test_a_missing_face_model_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_checks, "face_model_file", lambda: tmp_path / "face.task")
    assert "doctor --fetch-models" in health_checks.check_face_model().text
    (tmp_path / "face.task").write_bytes(b"")
    assert health_checks.check_face_model().ok


def test_no_opengl_is_told_with_every_way_that_was_tried() -> None:
    finding = health_checks.check_opengl("no-such-backend")
    assert not finding.ok
    assert finding.needed
    assert "no-such-backend" in finding.text


def test_the_virtual_camera_is_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    target = "avatar_app.output.virtual_camera.open_virtual_camera"
    monkeypatch.setattr(target, lambda size, fps: NullSink())
    assert health_checks.check_virtual_camera().ok

    def refuse(size: int, fps: float) -> NullSink:
        raise VirtualCameraUnavailableError("virtual camera not found: install OBS Studio")

    monkeypatch.setattr(target, refuse)
    finding = health_checks.check_virtual_camera()
    assert not finding.ok
    assert not finding.needed
    assert "OBS" in finding.text


def test_no_avatar_is_a_fault_and_no_clip_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "avatar_names", dict)
    monkeypatch.setattr(health_checks, "clip_names", dict)
    assert health_checks.check_avatars().needed
    assert not health_checks.check_avatars().ok
    assert not health_checks.check_clips().needed
