"""A person whose every motion is known: the avatar herself, drawn as a webcam would see her."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.frames import CameraFrame, FrameStamp
from udp_live.motion import MotionClip
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.toon_pass import ToonRasterizer, ToonStyle
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, Viewpoint

WALL = (214, 222, 228)  # plain, lighter than hair and clothes, darker than white cuffs


class DrawnPerson:
    """Draw a motion clip frame by frame.

    *Render thread only.*
    """

    def __init__(self, rig: Rig, clip: MotionClip, size: tuple[int, int]) -> None:
        """Open an OpenGL context.

        Args:
            rig: Whom to draw.
            clip: What she does.
            size: ``(width, height)`` of the pictures, pixels.

        Raises:
            GlContextError: No OpenGL.
        """
        self._rig, self._clip = rig, clip
        self._context = open_context()
        self._toon = ToonRasterizer(self._context, rig, size, ToonStyle(supersampling=1))

    def film(self, number: int, time_s: float, viewpoint: Viewpoint) -> tuple[CameraFrame, RigPose]:
        """Return the picture of one moment of the clip, and the pose that is in it."""
        pose = self._clip.sample(self._rig, time_s)
        image = _before_wall(self._toon.draw(pose, viewpoint))
        return CameraFrame(FrameStamp(number, number, time_s), image), pose

    def close(self) -> None:
        """Release the context."""
        self._toon.close()
        self._context.release()


def _before_wall(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a straight RGBA drawing before the wall, ``[H, W, 3]`` uint8."""
    alpha = drawing[..., 3:] / 255.0
    return np.rint(drawing[..., :3] * alpha + np.array(WALL) * (1.0 - alpha)).astype(np.uint8)
