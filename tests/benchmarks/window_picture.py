"""Take a picture of the real window while it plays the shipped clip; no screen is needed.

``python tests/benchmarks/window_picture.py docs/window.png``
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PROJECT_ROOT = Path(__file__).parents[2]
WINDOW_SIZE = (1080, 680)
BACKGROUND = "#bfe3d8"
LOOK_MS = 20
CLIP_S = 30.0  # the clip's length
LATEST_S = 0.2  # soon after the wanted moment


def main() -> None:
    """Run the window until the wanted moment is in sight, write what it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--at", type=float, default=14.05, help="seconds of the clip")
    parser.add_argument("--size", type=int, default=600, help="side of the avatar's picture")
    parser.add_argument("--framing", default="half")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(PROJECT_ROOT))
    from avatar_app.commands.contact_sheet import encode_palette_png

    with tempfile.TemporaryDirectory() as folder:
        picture = grab_window(arguments, Path(folder))
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    arguments.file.write_bytes(encode_palette_png(picture))


def grab_window(arguments: argparse.Namespace, folder: Path) -> NDArray[np.uint8]:
    """Return the window as ``[H, W, 3]`` uint8 sRGB; settings go into ``folder``."""
    from PySide6.QtCore import QTimer

    from avatar_app.engine import EngineConfig, LiveEngine, SourceConfig
    from avatar_app.gui.app import make_application
    from avatar_app.gui.device_finder import DeviceFinder
    from avatar_app.gui.engine_bridge import EngineBridge
    from avatar_app.gui.main_window import MainWindow
    from avatar_app.gui.session import Session
    from avatar_app.gui.start_config import named_settings
    from avatar_app.paths import DEFAULT_AVATAR_NAME, find_avatar, shipped_avatars_folder
    from avatar_app.settings import AppSettings, SettingsStore

    app = make_application([])
    config = EngineConfig(
        avatar=find_avatar(DEFAULT_AVATAR_NAME),
        source=SourceConfig("clip:hello", loop=True),
        size=arguments.size,
        framing=arguments.framing,
        background=BACKGROUND,
        govern=False,  # a fine picture at whatever rate
    )
    width, height = WINDOW_SIZE
    settings = named_settings(config, AppSettings(window_width=width, window_height=height))
    engine = LiveEngine(config)
    bridge, store = EngineBridge(engine), SettingsStore(folder / "settings.json")
    session = Session(bridge, store, settings, finder=DeviceFinder(list))
    window = MainWindow(session, avatar_folders=[shipped_avatars_folder(), folder])
    window.closed.connect(app.quit)
    pictures: list[NDArray[np.uint8]] = []

    def look() -> None:
        frame = window.stage.preview.frame
        if frame is None or pictures:
            return
        late_s = (frame.stamp.media_s - arguments.at) % CLIP_S
        if late_s < LATEST_S:  # otherwise it comes round again
            for figure in (window.status.rate, window.status.latency):
                figure.hide()  # at this size they say nothing about the app in use
            window.status.layout().activate()
            pictures.append(pixels(window.grab().toImage()))
            window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(LOOK_MS)
    window.present()
    session.begin(keep_source=True)
    app.exec()
    engine.stop()
    return pictures[0]


def pixels(image: object) -> NDArray[np.uint8]:
    """Copy a QImage."""
    from PySide6.QtGui import QImage

    assert isinstance(image, QImage)
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


if __name__ == "__main__":
    main()
