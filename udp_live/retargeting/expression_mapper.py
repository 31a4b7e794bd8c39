"""Face controls onto the expressions that a rig offers."""

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.face import FaceControls
from udp_live.rig.rig import Override, Rig

VOWELS = ("aa", "ih", "ou", "ee", "oh")
# Stand-ins for controls that a rig lacks, at less than full strength: presets are whole moods.
STAND_INS = {"browUp": ("surprised", 0.5), "browDown": ("angry", 0.5), "smile": ("happy", 0.6)}


class ExpressionMapper:
    """Choose once per rig which expression answers to which control."""

    def __init__(self, rig: Rig) -> None:
        self._count = len(rig.expressions)
        self._targets: dict[str, list[tuple[int, float]]] = {}
        for vowel in VOWELS:
            self._offer(rig, vowel, vowel, 1.0)
        for control in STAND_INS:
            self._offer(rig, control, control, 1.0)
            if control not in self._targets:
                self._stand_in(rig, control)
        sided = [rig.expression_index(name) for name in ("blinkLeft", "blinkRight")]
        self._has_sides = all(index is not None for index in sided)
        for name in ("blinkLeft", "blinkRight") if self._has_sides else ("blink",):
            self._offer(rig, name, name, 1.0)

    def weights(self, face: FaceControls) -> NDArray[np.float32]:
        """Return ``[E]`` float32 in the order of ``Rig.expressions``."""
        values = {
            "blinkLeft": face.blink_left,
            "blinkRight": face.blink_right,
            # One expression for both lids must not close on a wink alone.
            "blink": min(face.blink_left, face.blink_right),
            "browUp": face.brow_up,
            "browDown": face.brow_down,
            "smile": face.smile,
            **{vowel: getattr(face, vowel) for vowel in VOWELS},
        }
        weights = np.zeros(self._count, np.float32)
        for control, targets in self._targets.items():
            for index, factor in targets:
                weights[index] = max(weights[index], factor * values[control])
        return np.clip(weights, 0.0, 1.0)

    def _offer(self, rig: Rig, control: str, expression: str, factor: float) -> None:
        index = rig.expression_index(expression)
        if index is not None:
            self._targets.setdefault(control, []).append((index, factor))

    def _stand_in(self, rig: Rig, control: str) -> None:
        """Take a mood only if it leaves blinks and mouth alone."""
        name, factor = STAND_INS[control]
        index = rig.expression_index(name)
        if index is None:
            return
        mood = rig.expressions[index]
        is_free = mood.override_blink is Override.NONE and mood.override_mouth is Override.NONE
        if is_free and not mood.is_binary:
            self._offer(rig, control, name, factor)
