"""From where a point cloud is looked at, as the mouse changes it. No Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MIN_ZOOM, MAX_ZOOM = 0.4, 12.0
MAX_PITCH_RAD = math.radians(85)
MAX_PAN = 8.0  # picture sides
WHEEL_STEP = 1.12  # magnification per notch of the wheel
TURN_RAD = 2.6  # per picture side that the pointer is dragged


@dataclass(frozen=True, slots=True)
class CloudView:
    """A turntable: turned about the upright axis, tilted, magnified, shifted.

    Attributes:
        yaw_rad: 0 looks at the front, pi/2 at the character's left side.
        pitch_rad: Positive looks down.
        zoom: 1 shows the whole cloud.
        pan: Shift of the cloud to the right and up, in sides of the picture.
    """

    yaw_rad: float = math.radians(-28)
    pitch_rad: float = math.radians(9)
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)

    def dragged(self, right: float, down: float) -> "CloudView":
        """Turn with the pointer, which moved by parts of the picture's side."""
        pitch = min(max(self.pitch_rad + TURN_RAD * down, -MAX_PITCH_RAD), MAX_PITCH_RAD)
        return replace(self.turned(-TURN_RAD * right), pitch_rad=pitch)

    def turned(self, angle_rad: float) -> "CloudView":
        """Walk around the cloud, to its left side positive."""
        return replace(self, yaw_rad=math.remainder(self.yaw_rad + angle_rad, 2 * math.pi))

    def zoomed(self, steps: float, at: tuple[float, float]) -> "CloudView":
        """Zoom by notches of the wheel so that the point ``at`` stays where it is.

        Args:
            steps: Positive magnifies.
            at: The point under the pointer, from the picture's centre, right and up, in sides.
        """
        zoom = min(max(self.zoom * WHEEL_STEP**steps, MIN_ZOOM), MAX_ZOOM)
        growth = zoom / self.zoom
        right, up = (
            fixed + (shift - fixed) * growth for fixed, shift in zip(at, self.pan, strict=True)
        )
        return replace(self, zoom=zoom).shifted(right - self.pan[0], up - self.pan[1])

    def shifted(self, right: float, up: float) -> "CloudView":
        """Move the cloud by parts of the picture's side."""
        pan = [
            min(max(value, -MAX_PAN), MAX_PAN) for value in (self.pan[0] + right, self.pan[1] + up)
        ]
        return replace(self, pan=(pan[0], pan[1]))

    def rotation(self) -> NDArray[np.float32]:
        """Return ``[3, 3]`` from landmark axes to right, up and towards the viewer."""
        sy, cy = math.sin(self.yaw_rad), math.cos(self.yaw_rad)
        sp, cp = math.sin(self.pitch_rad), math.cos(self.pitch_rad)
        return np.array(
            [[cy, 0, -sy], [-sp * sy, cp, -sp * cy], [cp * sy, sp, cp * cy]], np.float32
        )
