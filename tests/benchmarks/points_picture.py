"""Take a picture of the point-cloud window with an avatar's sheet in it; no screen is needed.

``python tests/benchmarks/points_picture.py docs/points.png``
"""

import argparse
import os
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).parents[2]
WINDOW_SIZE = (680, 720)


def main() -> None:
    """Load the points, wait for the fine picture, write what the window shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--avatar", default="yuzu")
    parser.add_argument("--yaw", type=float, default=32.0, help="degrees to the avatar's left")
    parser.add_argument("--pitch", type=float, default=8.0, help="degrees from above")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(PROJECT_ROOT))
    grab_points(arguments)


def grab_points(arguments: argparse.Namespace) -> None:
    """Write the window's picture with a palette."""
    import math

    from avatar_app.commands.contact_sheet import encode_palette_png
    from avatar_app.gui.app import make_application
    from avatar_app.gui.cloud_picture import CloudPicture
    from avatar_app.gui.cloud_view import CloudView
    from avatar_app.gui.cloud_window import CloudWindow
    from avatar_app.gui.cloud_worker import CloudWorker
    from avatar_app.paths import find_avatar
    from tests.benchmarks.window_picture import pixels

    app = make_application([])
    worker = CloudWorker()
    window = CloudWindow(worker)
    window.resize(*WINDOW_SIZE)
    view = CloudView(math.radians(arguments.yaw), math.radians(arguments.pitch))

    def look(picture: CloudPicture) -> None:
        if window.canvas.view != view:
            window.canvas.look_from(view)
        elif picture.view == view and picture.size[0] > 1.5 * window.canvas.width():
            app.processEvents()
            arguments.file.parent.mkdir(parents=True, exist_ok=True)
            shown = pixels(window.grab().toImage())
            arguments.file.write_bytes(encode_palette_png(shown))
            window.close()
            app.quit()

    worker.drawn.connect(look)
    window.show()
    window.show_avatar(find_avatar(arguments.avatar))
    app.exec()
    worker.close()


if __name__ == "__main__":
    main()
