"""Body landmarks brought into the avatar's axes: +X the avatar's left, +Y up, +Z to the viewer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.one_euro import OneEuroConfig, OneEuroFilter
from udp_live.retargeting.quaternion import Vec, middle, subtract, to_vec
from udp_live.types import BodyTracking

# MediaPipe's body landmarks.
NOSE = 0
LANDMARKS = {
    "left": {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}
    | {"heel": 29, "toes": 31},
    "right": {"shoulder": 12, "elbow": 14, "wrist": 16, "hip": 24, "knee": 26, "ankle": 28}
    | {"heel": 30, "toes": 32},
}
# Trunk and arms tell how large the person is in the picture.
SCALE_LANDMARKS = (NOSE, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24)
MARGIN = 0.02  # of the picture, within which a landmark still counts as inside
MIN_SPREAD_M = 0.05
FILTER = OneEuroConfig(min_cutoff_hz=2.0, beta=40.0)
WORLD_FILTER = OneEuroConfig(min_cutoff_hz=1.5, beta=6.0)


@dataclass(frozen=True, slots=True)
class BodyView:
    """One moment of the body.

    Attributes:
        joints: 33 points, metres as if the person stood in the picture's plane; x and y follow
            the picture exactly, z comes from the tracker's idea of depth.
        visibility: 33 values in [0, 1], 0 outside the picture.
    """

    joints: tuple[Vec, ...]
    visibility: tuple[float, ...]

    def joint(self, side: str, name: str) -> Vec:
        """Return a joint by the person's side and name."""
        return self.joints[LANDMARKS[side][name]]

    def seen(self, side: str, name: str) -> float:
        """Return a joint's visibility."""
        return self.visibility[LANDMARKS[side][name]]

    def pair_seen(self, name: str) -> float:
        """Return the lower visibility of a joint on both sides."""
        return min(self.seen("left", name), self.seen("right", name))

    def centre(self, name: str) -> Vec:
        """Return the point between both sides' joints."""
        return middle(self.joint("left", name), self.joint("right", name))

    def line(self, name: str) -> Vec:
        """Return the vector from the right side's joint to the left side's."""
        return subtract(self.joint("left", name), self.joint("right", name))


class BodyViewer:
    """Smooth body landmarks and bring them into the avatar's axes."""

    def __init__(self) -> None:
        self._image_filter = OneEuroFilter(FILTER)
        self._depth_filter = OneEuroFilter(WORLD_FILTER)

    def view(self, body: BodyTracking, image_size: tuple[int, int], dt_s: float) -> BodyView:
        """Return the next moment, ``dt_s`` seconds after the one before."""
        width, height = image_size
        aspect = np.array([1.0, height / width])
        plane = self._image_filter.smooth(body.landmarks[:, :2] * aspect, dt_s)
        world = self._depth_filter.smooth(body.world_landmarks, dt_s)
        metres = _metres_per_width(plane, world)
        points = np.empty((len(plane), 3))
        points[:, 0] = (plane[:, 0] - 0.5) * metres
        points[:, 1] = (0.5 * aspect[1] - plane[:, 1]) * metres
        points[:, 2] = -world[:, 2]
        inside = np.all(np.abs(body.landmarks[:, :2] - 0.5) <= 0.5 + MARGIN, axis=1)
        visibility = np.where(inside, body.visibility, 0.0)
        return BodyView(tuple(map(to_vec, points.tolist())), tuple(visibility.tolist()))

    def forget(self) -> None:
        """Start anew with the next moment."""
        self._image_filter.forget()
        self._depth_filter.forget()


def _metres_per_width(plane: NDArray[np.float64], world: NDArray[np.float64]) -> float:
    """Compare the person's size in the picture with the tracker's metres."""
    points = list(SCALE_LANDMARKS)
    in_picture = plane[points] - plane[points].mean(axis=0)
    in_world = world[points, :2] - world[points, :2].mean(axis=0)
    picture = float(np.sqrt(np.sum(in_picture**2)))
    metres = max(float(np.sqrt(np.sum(in_world**2))), MIN_SPREAD_M)
    return metres / max(picture, 1e-4)
