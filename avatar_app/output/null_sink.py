"""An output that keeps nothing: for measurements."""

from avatar_app.engine.frames import AvatarFrame


class NullSink:
    """Count frames and forget them."""

    name = "none"
    keeps_alpha = True
    wants_repeats = False

    def __init__(self) -> None:
        self.count = 0

    def send(self, frame: AvatarFrame) -> None:
        """Count one frame."""
        self.count += 1

    def close(self) -> None:
        """Do nothing."""
