"""The contract of everything that receives finished pictures."""

from typing import Protocol

from avatar_app.engine.frames import AvatarFrame


class FrameSink(Protocol):
    """Receive frames in order: a virtual camera, a recording.

    A sink belongs to the thread that opened it. Images are premultiplied RGBA; a sink that cannot
    carry alpha gets opaque ones, because the compositor has put the background under them.
    """

    @property
    def name(self) -> str:
        """What the user knows the output by."""
        ...

    @property
    def keeps_alpha(self) -> bool:
        """True when the sink wants frames without a background colour."""
        ...

    @property
    def wants_repeats(self) -> bool:
        """True when the last frame is to be sent again while no new one comes."""
        ...

    def send(self, frame: AvatarFrame) -> None:
        """Hand over one frame.

        Raises:
            OutputError: The output is gone or full; the sink takes no more frames.
        """
        ...

    def close(self) -> None:
        """Finish files and release devices; calling it twice does no harm.

        Raises:
            OutputError: The output could not be finished.
        """
        ...
