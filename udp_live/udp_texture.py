"""An Ultra-Dense Pose (UDP) map that still lies where OpenGL drew it."""

from collections.abc import Callable

from udp_live.types import UdpMap


class UdpTexture:
    """A UDP map on the GPU, for those who can take it from there.

    *Render thread only*, and only until the rasterizer that owns it draws again.

    Attributes:
        name: OpenGL's name of the two-dimensional RGBA texture, first row on top.
        size: ``(width, height)`` in pixels.
        component_bytes: 4 for 32-bit floats, 2 for 16-bit floats.
    """

    def __init__(
        self, name: int, size: tuple[int, int], component_bytes: int, read: Callable[[], UdpMap]
    ) -> None:
        """Describe a texture; ``read`` copies it to the processor."""
        self.name = name
        self.size = size
        self.component_bytes = component_bytes
        self._read = read
        self._before_release: list[Callable[[], None]] = []

    def read(self) -> UdpMap:
        """Copy it to the processor; the map is a fresh array."""
        return self._read()

    def call_before_release(self, callback: Callable[[], None]) -> None:
        """Have something done before OpenGL takes the texture back, once."""
        self._before_release.append(callback)

    def release(self) -> None:
        """Tell those who asked for it; for the owner, who then releases the texture."""
        while self._before_release:
            self._before_release.pop()()
