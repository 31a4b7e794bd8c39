"""How gaze moves the eyes of models that do not say."""

import math
from collections.abc import Container

from udp_live.rig.expressions import LOOKS
from udp_live.rig.rig import LookAt, LookAtRange

# People rarely turn their eyes further; drawn eyes need less for the same look.
GUESSED_GAZE_RAD = math.radians(35.0)
GUESSED_EYE_TURN_RAD = math.radians(12.0)


def guessed_look_at(humanoid: Container[str], expressions: set[str]) -> LookAt | None:
    """Let gaze drive look expressions, or else eye bones, where there are any."""
    if set(LOOKS) <= expressions:
        kind, full = "expression", LookAtRange(GUESSED_GAZE_RAD, 1.0)
    elif "leftEye" in humanoid and "rightEye" in humanoid:
        kind, full = "bone", LookAtRange(GUESSED_GAZE_RAD, GUESSED_EYE_TURN_RAD)
    else:
        return None
    return LookAt(kind, (0.0, 0.0, 0.0), inner=full, outer=full, down=full, up=full)
