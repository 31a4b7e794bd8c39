"""Zoom and shift of the avatar in its picture, as the mouse changes them. No Qt."""

from dataclasses import dataclass

MIN_ZOOM, MAX_ZOOM = 0.25, 8.0
MAX_PAN = 4.0  # picture heights; further out nothing is left to find
WHEEL_STEP = 1.12  # magnification per notch of the wheel


@dataclass(frozen=True, slots=True)
class Viewport:
    """Magnification on top of the framing, and shift.

    Attributes:
        zoom: 1 shows the framing as it is.
        pan: Shift of the avatar to the right and up, in picture heights.
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)

    def zoomed(self, steps: float, at: tuple[float, float]) -> "Viewport":
        """Zoom by notches of the wheel so that the point ``at`` stays where it is.

        Args:
            steps: Positive magnifies.
            at: The point under the pointer, from the picture's centre, right and up, in
                picture heights.
        """
        zoom = _limited(self.zoom * WHEEL_STEP**steps, MIN_ZOOM, MAX_ZOOM)
        growth = zoom / self.zoom
        pan = [fixed + (shift - fixed) * growth for fixed, shift in zip(at, self.pan, strict=True)]
        return Viewport(zoom, _limited_pan(*pan))

    def shifted(self, right: float, up: float) -> "Viewport":
        """Move the avatar by a part of the picture's height."""
        return Viewport(self.zoom, _limited_pan(self.pan[0] + right, self.pan[1] + up))

    @property
    def is_neutral(self) -> bool:
        """True when the framing is shown as it is."""
        return abs(self.zoom - 1.0) < 1e-3 and max(map(abs, self.pan)) < 1e-3


def _limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _limited_pan(right: float, up: float) -> tuple[float, float]:
    return _limited(right, -MAX_PAN, MAX_PAN), _limited(up, -MAX_PAN, MAX_PAN)
