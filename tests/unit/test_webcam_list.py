from pathlib import Path

from avatar_app.capture.webcam_list import Webcam, list_linux_webcams, probe_webcams


def add_node(sysfs: Path, number: int, name: str, index: int) -> None:
    node = sysfs / f"video{number}"
    node.mkdir()
    (node / "name").write_text(f"{name}\n", encoding="utf-8")
    (node / "index").write_text(f"{index}\n", encoding="utf-8")


def test_capture_nodes_are_listed_by_number_and_metadata_nodes_left_out(tmp_path: Path) -> None:
    add_node(tmp_path, 10, "Capture card", 0)
    add_node(tmp_path, 2, "Webcam", 0)
    add_node(tmp_path, 3, "Webcam", 1)
    assert list_linux_webcams(tmp_path) == [Webcam(2, "Webcam"), Webcam(10, "Capture card")]


def test_a_computer_without_webcams_has_an_empty_list(tmp_path: Path) -> None:
    assert list_linux_webcams(tmp_path / "absent") == []


def test_elsewhere_the_indices_that_open_are_listed() -> None:
    assert probe_webcams(lambda index: index in (0, 3)) == [
        Webcam(0, "webcam 0"),
        Webcam(3, "webcam 3"),
    ]
