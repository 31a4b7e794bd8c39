"""Shapes that a hand makes: relaxed, open, a fist, numbers, a victory sign."""

from collections.abc import Iterable

from avatar_app.default_avatar.keyframes import Quaternions, mirrored_turn, turned

FINGERS = ("Index", "Middle", "Ring", "Little")
SEGMENTS = ("Proximal", "Intermediate", "Distal")
SPREAD_DEG = (-9.0, -1.0, 7.0, 15.0)

# curl of the three joints in degrees
STRAIGHT = (2.0, 4.0, 3.0)
LOOSE = (18.0, 24.0, 14.0)
CURLED = (78.0, 92.0, 58.0)
BENT = (30.0, 34.0, 20.0)

# thumb: metacarpal about y and z, then the outer joints about y
THUMB_OUT = (-14.0, 4.0, -4.0, -4.0)
THUMB_LOOSE = (6.0, -6.0, 10.0, 14.0)
THUMB_FOLDED = (38.0, -26.0, 30.0, 48.0)


def hand_shape(
    side: str,
    curls: Iterable[tuple[float, float, float]],
    thumb: tuple[float, float, float, float],
    *,
    spread: float = 1.0,
) -> dict[str, Quaternions]:
    """Return local rotations ``[4]`` of all finger joints.

    Args:
        side: ``left`` or ``right``.
        curls: Degrees of the three joints of index, middle, ring and little finger.
        thumb: Degrees, as in ``THUMB_OUT``.
        spread: How far straight fingers stand apart; 1 is an open hand.
    """
    turns: dict[str, Quaternions] = {}
    for finger, fan, curl in zip(FINGERS, SPREAD_DEG, curls, strict=True):
        # bent fingers close up
        apart = fan * spread * max(1.0 - curl[0] / 60.0, 0.0)
        turns[f"{finger}Proximal"] = turned(("y", apart), ("z", -curl[0]))
        for segment, angle in zip(SEGMENTS[1:], curl[1:], strict=True):
            turns[f"{finger}{segment}"] = turned(("z", -angle))
    turns["ThumbMetacarpal"] = turned(("y", thumb[0]), ("z", thumb[1]))
    turns["ThumbProximal"] = turned(("y", thumb[2]))
    turns["ThumbDistal"] = turned(("y", thumb[3]))
    if side == "right":
        turns = {joint: mirrored_turn(turn) for joint, turn in turns.items()}
    return {f"{side}{joint}": turn for joint, turn in turns.items()}


def hand_shapes(side: str) -> dict[str, dict[str, Quaternions]]:
    """Return every shape by name."""

    def raised(count: int) -> list[tuple[float, float, float]]:
        return [STRAIGHT] * count + [CURLED] * (4 - count)

    loose = [tuple(c * k for c in LOOSE) for k in (0.8, 1.0, 1.15, 1.3)]
    return {
        "relaxed": hand_shape(side, [(a, b, c) for a, b, c in loose], THUMB_LOOSE, spread=0.3),
        "open": hand_shape(side, raised(4), THUMB_OUT),
        "soft": hand_shape(side, [(8.0, 12.0, 8.0)] * 4, THUMB_LOOSE, spread=0.5),
        "fist": hand_shape(side, raised(0), THUMB_FOLDED),
        "one": hand_shape(side, raised(1), THUMB_FOLDED, spread=0.0),
        "two": hand_shape(side, raised(2), THUMB_FOLDED, spread=1.6),
        "three": hand_shape(side, raised(3), THUMB_FOLDED, spread=1.2),
        "four": hand_shape(side, raised(4), THUMB_FOLDED, spread=1.0),
        "five": hand_shape(side, raised(4), THUMB_OUT, spread=1.2),
        "bent": hand_shape(side, [BENT] * 4, THUMB_LOOSE, spread=0.2),
    }
