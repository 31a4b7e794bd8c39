"""Eyelids: from raw readings of two noisy eyes to blinks, winks and open eyes."""

import math

from udp_live.retargeting.limits import clamp, smoothstep

# What counts as open differs between people, and with glasses and webcams that look up or down. It
# is learned while the eyes are not shut: wider at once, narrower the slower the nearer to shut, so
# that squinting fades and a blink or a long wink stays.
OPEN_AT_MOST = 0.45
LEARN_WIDER_S, LEARN_SQUINT_S, LEARN_NARROW_S = 0.25, 0.6, 1.5
SQUINT, NARROW = 0.5, 0.8  # closings up to which the latter two count

LEAST_BLINK_RANGE = 0.30
BLINK_RANGE = (0.32, 0.88)  # of the way from open to shut
# Eyes that close alike blink together. Raw readings that rise by so much more on one side wink.
WINK_RISE = (0.14, 0.28)
# A wink pulls down the other lid by this share.
WINK_PULL = 0.45
# Beyond this head yaw the farther eye is hidden by the nose and follows the nearer one.
HIDING_YAW = (math.radians(22.0), math.radians(38.0))


class OpenLid:
    """Learns how far closed one eye of this user reads while it is open."""

    def __init__(self, first: float) -> None:
        self._open = min(first, OPEN_AT_MOST)

    def rise(self, raw: float) -> float:
        """Return how much more closed the eye reads than when it is open."""
        return raw - self._open

    def closing(self, raw: float, shut: float, dt_s: float) -> float:
        """Return how far the eye is closed, in [0, 1], and learn from it."""
        reach = max(shut - self._open, LEAST_BLINK_RANGE)
        closing = (raw - self._open) / reach
        time_s = LEARN_WIDER_S
        if closing > 0.0:
            time_s = LEARN_SQUINT_S if closing < SQUINT else LEARN_NARROW_S
        if closing < NARROW:
            share = 1.0 - math.exp(-dt_s / time_s)
            self._open = min(self._open + share * (raw - self._open), OPEN_AT_MOST)
        return clamp(closing, 0.0, 1.0)


class EyeLids:
    """Both eyes of one user."""

    def __init__(self) -> None:
        self._lids: tuple[OpenLid, OpenLid] | None = None

    def close(
        self, raw: tuple[float, float], shut: float, *, yaw: float, detail: float, dt_s: float
    ) -> tuple[float, float]:
        """Return how far the left and the right eye are shut, in [0, 1].

        Args:
            raw: Readings of the left and the right eye, 0 wide open.
            shut: The reading of a shut eye.
            yaw: Head yaw relative to the webcam, towards the person's left positive, radians.
            detail: How well the eyes can be read; at 0 they only blink together.
            dt_s: Time since the last moment.
        """
        if self._lids is None:
            self._lids = (OpenLid(raw[0]), OpenLid(raw[1]))
        rises = [lid.rise(value) for lid, value in zip(self._lids, raw, strict=True)]
        left, right = (
            lid.closing(value, shut, dt_s) for lid, value in zip(self._lids, raw, strict=True)
        )
        hidden = smoothstep(abs(yaw), *HIDING_YAW)
        if yaw > 0.0:
            left += hidden * (right - left)
        else:
            right += hidden * (left - right)
        apart = smoothstep(abs(rises[0] - rises[1]), *WINK_RISE) * detail * (1.0 - hidden)
        return join_blinks(left, right, apart)


def join_blinks(left: float, right: float, apart: float) -> tuple[float, float]:
    """Let both eyes blink alike, or keep the open eye of a wink open.

    Args:
        left: Closing of the left eye in [0, 1].
        right: Closing of the right eye.
        apart: 0 for a blink of both, 1 for a wink.
    """
    together = 0.5 * (left + right)
    shown = []
    for own, other in ((left, right), (right, left)):
        pulled = own if own >= other else max(own - WINK_PULL * other, 0.0)
        shown.append(smoothstep(together + apart * (pulled - together), *BLINK_RANGE))
    return shown[0], shown[1]
