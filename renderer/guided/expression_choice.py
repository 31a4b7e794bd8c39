"""Which drawing a face region is painted from, given the expression weights of a rig pose."""

from collections.abc import Collection, Mapping

MOUTH_SHAPES = frozenset({"aa", "ih", "ou", "ee", "oh"})
BLINKS = {"leftEye": ("blink", "blinkLeft"), "rightEye": ("blink", "blinkRight")}
NEUTRAL_SCORE = 0.5  # an expression takes over when it is more than half there
CROSSFADE = 0.12  # narrow: two mouths at once look like neither


def shows_in(expression: str, region: str) -> bool:
    """Tell whether a drawing of the expression says anything new about the region.

    Mouth shapes speak for the mouth, blinks for their eye, moods for everything.
    """
    if expression in MOUTH_SHAPES:
        return region == "mouth"
    if expression in ("blink", "blinkLeft", "blinkRight"):
        return expression in BLINKS.get(region, ())
    return True


def choose_expressions(
    weights: Mapping[str, float], region: str, drawn: Collection[str]
) -> dict[str, float]:
    """Share a region out among the drawn expressions; what remains to 1 is the neutral face.

    The strongest wins outright, except in a narrow band where two are nearly equal. There is no
    memory, so the same weights always give the same picture.

    Args:
        weights: Expression weights in [0, 1]; others count as 0.
        region: Face region, ``mouth``, ``leftEye`` ...
        drawn: Expressions that have a drawing for this region.

    Returns:
        Positive shares of the drawn expressions, sum at most 1.
    """
    scores = {name: _score(weights, region, name, drawn) for name in sorted(drawn)}
    best = max([NEUTRAL_SCORE, *scores.values()])
    shares = {name: max(0.0, score - best + CROSSFADE) for name, score in scores.items()}
    total = sum(shares.values()) + max(0.0, NEUTRAL_SCORE - best + CROSSFADE)
    return {name: share / total for name, share in shares.items() if share > 0}


def _score(weights: Mapping[str, float], region: str, name: str, drawn: Collection[str]) -> float:
    """Return the weight of an expression, ``blink`` standing in for the blink of one eye."""
    score = weights.get(name, 0.0)
    if name == "blink" and region in BLINKS:
        one_eyed = BLINKS[region][1]
        if one_eyed not in drawn:
            score = max(score, weights.get(one_eyed, 0.0))
    if name in ("blinkLeft", "blinkRight"):
        score = max(score, weights.get("blink", 0.0))
    return score
