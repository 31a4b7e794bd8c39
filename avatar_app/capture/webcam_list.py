"""Which webcams this computer has, by name."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys/class/video4linux")
PROBED = 6  # indices tried where the system gives no list


@dataclass(frozen=True, slots=True)
class Webcam:
    """A capture device: the index that OpenCV opens it by, and its name."""

    index: int
    name: str


def list_webcams(sysfs: Path = SYSFS) -> list[Webcam]:
    """List webcams; on Linux by name, elsewhere by trying the first few indices."""
    if platform.system() == "Linux":
        return list_linux_webcams(sysfs)
    return probe_webcams(_opens)


def list_linux_webcams(sysfs: Path) -> list[Webcam]:
    """Read capture nodes from sysfs; a device's second node carries only metadata."""
    webcams = []
    for node in sysfs.glob("video*"):
        number = node.name.removeprefix("video")
        if number.isdigit() and _read(node / "index", "0") == "0":
            webcams.append(Webcam(int(number), _read(node / "name", node.name)))
    return sorted(webcams, key=lambda webcam: webcam.index)


def probe_webcams(opens: Callable[[int], bool]) -> list[Webcam]:
    """Try the first few indices."""
    return [Webcam(index, f"webcam {index}") for index in range(PROBED) if opens(index)]


def _read(path: Path, default: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return default


def _opens(index: int) -> bool:
    import cv2

    device = cv2.VideoCapture(index)
    opened = bool(device.isOpened())
    device.release()
    return opened
