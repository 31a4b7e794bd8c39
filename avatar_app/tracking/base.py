"""The contract of every tracker: a camera frame in, what was seen of the person out."""

from typing import Protocol

from avatar_app.engine.frames import CameraFrame, TrackingFrame


class Tracker(Protocol):
    """Find one person's face, body and hands in webcam pictures.

    A tracker is called with the frames of one source in order and may use earlier frames. It
    never mirrors: left and right in the result are the person's own. Somebody who is not seen is
    no error, the fields of ``TrackedMotion`` are None then. The result carries the stamp of the
    frame it was computed from.
    """

    def track(self, frame: CameraFrame) -> TrackingFrame:
        """Look for the person in one frame.

        Raises:
            TrackerError: The tracker cannot work any more.
        """
        ...

    def close(self) -> None:
        """Release everything; calling it twice does no harm."""
        ...
