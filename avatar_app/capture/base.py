"""The contract of everything that delivers pictures of the person."""

from typing import Protocol

from avatar_app.engine.frames import CameraFrame


class Camera(Protocol):
    """A source of camera frames: a webcam, or a video file that stands in for one.

    Frames are RGB, row 0 on top and never mirrored. ``frame_id`` counts from 0 without gaps,
    ``captured_ns`` is the moment the frame became available, ``media_s`` runs from 0. A camera
    belongs to the thread that opened it.
    """

    @property
    def name(self) -> str:
        """What the user knows the source by."""
        ...

    @property
    def ended(self) -> bool:
        """True when no frame will ever come again; a webcam never ends."""
        ...

    def read(self, timeout_s: float) -> CameraFrame | None:
        """Return the next frame, or None when none came within about ``timeout_s``.

        Raises:
            CameraLostError: The device went away; open it again to go on.
            SourceError: The file cannot be read on.
        """
        ...

    def close(self) -> None:
        """Release the device or file; calling it twice does no harm."""
        ...
