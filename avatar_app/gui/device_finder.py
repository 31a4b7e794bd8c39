"""Look for webcams on a thread of its own, because some systems take seconds to tell."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QThreadPool, Signal

logger = logging.getLogger(__name__)

Webcams = list[tuple[str, str]]
WAIT_MS = 5000


class DeviceFinder(QObject):
    """Call ``find`` in the background and tell what it found.

    Signals:
        found(list[tuple[str, str]]): Address and name of each webcam.
    """

    found = Signal(object)

    def __init__(self, find: Callable[[], Webcams], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._find = find
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def look(self) -> None:
        """Begin to look, unless a look is under way."""
        if self._pool.activeThreadCount() == 0:
            self._pool.start(self._look)

    def close(self) -> None:
        """Wait for a look that is under way. Blocks up to a few seconds."""
        self._pool.waitForDone(WAIT_MS)

    def _look(self) -> None:
        try:
            webcams = self._find()
        except OSError:
            logger.exception("webcams could not be listed")
            webcams = []
        self.found.emit(webcams)
