"""How much a part of the person counts right now: eased in when seen, out when lost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PresenceConfig:
    """Times of easing.

    Attributes:
        hold_s: A part that was lost for no longer than this stays as it was.
        ease_s: Duration of easing in and of easing out.
    """

    hold_s: float = 0.25
    ease_s: float = 0.3


class Presence:
    """The weight of one part, in [0, 1]."""

    def __init__(self, config: PresenceConfig) -> None:
        self._config = config
        self._amount = 0.0
        self._missing_s = 0.0

    @property
    def weight(self) -> float:
        """Smooth at both ends."""
        return self._amount * self._amount * (3.0 - 2.0 * self._amount)

    @property
    def is_gone(self) -> bool:
        """Whether nothing of the part is left, so that filters may forget it."""
        return self._amount == 0.0

    def see(self, is_seen: bool, dt_s: float) -> float:
        """Advance by ``dt_s`` and return the weight."""
        self._missing_s = 0.0 if is_seen else self._missing_s + dt_s
        step = dt_s if is_seen else 0.0
        if self._missing_s > self._config.hold_s:
            step = -dt_s
        self._amount = min(max(self._amount + step / self._config.ease_s, 0.0), 1.0)
        return self.weight


class Sight:
    """Whether a landmark counts as visible, with hysteresis against flicker."""

    SEEN_ABOVE = 0.6
    LOST_BELOW = 0.4

    def __init__(self) -> None:
        self._is_seen = False

    def judge(self, visibility: float) -> bool:
        """Return whether it is visible now."""
        limit = self.LOST_BELOW if self._is_seen else self.SEEN_ABOVE
        self._is_seen = visibility > limit
        return self._is_seen
