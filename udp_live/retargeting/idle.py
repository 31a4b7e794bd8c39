"""What a living body does by itself: breathe, sway, blink, glance about."""

import math

from udp_live.retargeting.quaternion import (
    X_AXIS,
    Quat,
    about,
    from_rotation_vector,
    multiply,
)

BREATH_PERIOD_S = 3.8
BREATH_RAD = math.radians(0.9)
SHOULDER_BREATH_RAD = math.radians(1.2)
SWAY_RAD = math.radians(1.4)
HEAD_SWAY_RAD = math.radians(2.2)
BLINK_EVERY_S = 3.6
BLINK_JITTER_S = 1.6
BLINK_CLOSE_S, BLINK_OPEN_S = 0.08, 0.17
GLANCE_EVERY_S = 2.7
GLANCE_RAD = (math.radians(7.0), math.radians(3.0))


def _chance(index: int, salt: float) -> float:
    """Return a number in [0, 1) that looks random and is the same in each run."""
    return math.modf(abs(math.sin(index * 12.9898 + salt) * 43758.5453))[0]


def breath(time_s: float) -> float:
    """Return the depth of breath in [-1, 1]; breathing in is quicker than breathing out."""
    phase = 2.0 * math.pi * time_s / BREATH_PERIOD_S
    return math.sin(phase + 0.35 * math.sin(phase))


def breathing_chest(time_s: float) -> Quat:
    """Return the small turn that breathing adds to the chest."""
    return about(X_AXIS, -BREATH_RAD * breath(time_s))


def breathing_lift(time_s: float) -> float:
    """Return the small lift of the shoulders, radians."""
    return SHOULDER_BREATH_RAD * 0.5 * (1.0 + breath(time_s))


def spine_sway(time_s: float) -> Quat:
    """Return how the trunk sways while nobody moves it."""
    return from_rotation_vector(
        (
            0.4 * SWAY_RAD * math.sin(0.61 * time_s),
            0.6 * SWAY_RAD * math.sin(0.37 * time_s + 1.0),
            SWAY_RAD * math.sin(0.53 * time_s),
        )
    )


def head_sway(time_s: float) -> Quat:
    """Return how the head moves while nobody moves it, in world axes."""
    slow = from_rotation_vector(
        (
            0.5 * HEAD_SWAY_RAD * math.sin(0.47 * time_s + 0.5),
            HEAD_SWAY_RAD * math.sin(0.29 * time_s),
            0.7 * HEAD_SWAY_RAD * math.sin(0.41 * time_s + 2.0),
        )
    )
    return multiply(slow, about(X_AXIS, 0.3 * BREATH_RAD * breath(time_s)))


def idle_blink(time_s: float) -> float:
    """Return how far both eyes are closed, in [0, 1]."""
    index = math.floor(time_s / BLINK_EVERY_S)
    start = index * BLINK_EVERY_S + BLINK_JITTER_S * _chance(index, 1.7)
    since = time_s - start
    if since < 0.0 or since > BLINK_CLOSE_S + BLINK_OPEN_S:
        return 0.0
    if since < BLINK_CLOSE_S:
        return since / BLINK_CLOSE_S
    return 1.0 - (since - BLINK_CLOSE_S) / BLINK_OPEN_S


def idle_gaze(time_s: float) -> tuple[float, float]:
    """Return yaw and pitch of a wandering look, radians."""
    index = math.floor(time_s / GLANCE_EVERY_S)
    settled = min((time_s - index * GLANCE_EVERY_S) / 0.12, 1.0)

    def target(i: int) -> tuple[float, float]:
        if _chance(i, 3.1) < 0.4:
            return (0.0, 0.0)
        return (
            GLANCE_RAD[0] * (2.0 * _chance(i, 5.3) - 1.0),
            GLANCE_RAD[1] * (2.0 * _chance(i, 7.9) - 1.0),
        )

    before, after = target(index - 1), target(index)
    return (
        before[0] + (after[0] - before[0]) * settled,
        before[1] + (after[1] - before[1]) * settled,
    )
