"""A painting as a folder of PNGs with straight alpha; complete ones are kept."""

from pathlib import Path

from avatar_app.output.compositor import Compositor
from avatar_app.output.disk_file import disk_errors
from avatar_app.output.png_recording import write_png
from avatar_app.rendering.painting import Painting
from avatar_app.rendering.progress import Progress

PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"


class PictureFolder:
    """Write each picture of a painting to a file of its name."""

    def __init__(self, folder: Path, painting: Painting) -> None:
        """Prepare the folder, which exists."""
        self._folder, self._painting = folder, painting

    def clear(self) -> None:
        """Remove the pictures of an earlier run."""
        with disk_errors(self._folder):
            for path in self._paths:
                path.unlink(missing_ok=True)

    def paint(self, compositor: Compositor, progress: Progress) -> None:
        """Paint every picture that is missing.

        Args:
            compositor: Puts the background under the pictures, if there is one.
            progress: Is told of every picture.

        Raises:
            OutputError: The disk is full.
            RendererError: A picture cannot be painted.
        """
        there = [is_complete_png(path) for path in self._paths]
        progress.begin("painting", len(there), sum(there))
        for place, path in enumerate(self._paths):
            if there[place]:
                self._painting.pass_over(place)
                continue
            write_png(path, compositor.composite(self._painting.paint(place)))
            progress.advance()
        progress.end()

    @property
    def _paths(self) -> list[Path]:
        return [self._folder / f"{name}.png" for name in self._painting.names]


def is_complete_png(path: Path) -> bool:
    """Tell whether a file starts and ends as a PNG does."""
    try:
        with path.open("rb") as file:
            if file.read(len(PNG_START)) != PNG_START:
                return False
            file.seek(-len(PNG_END), 2)
            return file.read() == PNG_END
    except OSError:
        return False
