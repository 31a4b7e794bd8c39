"""What MikuMikuDance calls the bones of a person and the morphs of a face.

Names are compared after NFKC normalisation, so that full-width and half-width digits, letters and
kana are the same.
"""

import unicodedata
from collections.abc import Iterable

SIDES = {"left": ("左", "L"), "right": ("右", "R")}

# VRM bone -> names in order of preference, Japanese before English.
CENTRE_BONES: dict[str, tuple[str, ...]] = {
    "hips": ("下半身", "lower body", "腰", "センター", "center"),
    "spine": ("上半身", "upper body"),
    "chest": ("上半身2", "upper body 2", "upper body2"),
    "upperChest": ("上半身3", "upper body 3", "upper body3"),
    "neck": ("首", "neck"),
    "head": ("頭", "head"),
}
# The same for one side; "左" or "_L" is put to them.
SIDE_BONES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Eye": (("目",), ("eye",)),
    "Shoulder": (("肩",), ("shoulder",)),
    "UpperArm": (("腕",), ("arm",)),
    "LowerArm": (("ひじ", "肘"), ("elbow",)),
    "Hand": (("手首",), ("wrist",)),
    "UpperLeg": (("足",), ("leg",)),
    "LowerLeg": (("ひざ", "膝"), ("knee",)),
    "Foot": (("足首",), ("ankle",)),
    "Toes": (("足先EX", "つま先EX", "つま先"), ("toe",)),
    "ThumbMetacarpal": (("親指0",), ("thumb0",)),
    "ThumbProximal": (("親指1",), ("thumb1",)),
    "ThumbDistal": (("親指2",), ("thumb2",)),
}
FINGERS = {
    "Index": (("人指", "人差指"), "fore"),
    "Middle": (("中指",), "middle"),
    "Ring": (("薬指",), "third"),
    "Little": (("小指",), "little"),
}
FINGER_BONES = ("Proximal", "Intermediate", "Distal")

# Expression -> names in order of preference. These morphs are the expression and nothing else.
MORPH_PRESETS: dict[str, tuple[str, ...]] = {
    "aa": ("あ", "ああ", "あ2", "発音「あ」", "a"),
    "ih": ("い", "いい", "発音「い」", "i"),
    "ou": ("う", "うう", "発音「う」", "u"),
    "ee": ("え", "ええ", "発音「え」", "e"),
    "oh": ("お", "おお", "発音「お」", "o"),
    "blink": ("まばたき", "目_閉じ", "blink", "eyeBlink"),
    "blinkLeft": ("ウィンク2", "ウインク2", "eyeBlinkLeft", "ウィンク", "ウインク", "wink"),
    "blinkRight": (
        *("ウィンク2右", "ウインク2右", "eyeBlinkRight"),
        *("ウィンク右", "ウインク右", "wink right"),
    ),
}
# Expression -> parts that make it up; each part is a list of names in order of preference with
# their strength. MMD's morphs move brows, eyes or mouth alone. The first part is essential.
MorphChoice = tuple[tuple[str, float], ...]
MORPH_BLENDS: dict[str, tuple[MorphChoice, ...]] = {
    "happy": (
        (("笑い", 1.0), ("smile", 1.0)),
        (("にこり", 1.0),),
        (("にっこり", 1.0), ("口角上げ", 1.0), ("にやり", 0.7)),
    ),
    "angry": (
        (("怒り", 1.0), ("angry", 1.0)),
        (("む", 1.0), ("への字", 1.0), ("口角下げ", 1.0), ("∧", 0.7)),
    ),
    "sad": (
        (("困る", 1.0), ("悲しい", 1.0), ("sad", 1.0)),
        (("口角下げ", 1.0), ("結び", 1.0), ("への字", 0.7), ("∧", 0.5)),
    ),
    "surprised": ((("びっくり", 1.0), ("驚き", 1.0), ("surprise", 1.0)), (("上", 1.0),)),
    "relaxed": (
        (("にこり", 1.0), ("なごみ", 1.0)),
        (("にっこり", 0.7), ("口角上げ", 0.7), ("にやり", 0.5)),
    ),
    "browUp": ((("上", 1.0), ("眉上", 1.0)),),
    "browDown": ((("下", 1.0), ("眉下", 1.0)),),
    "smile": ((("にっこり", 1.0), ("口角上げ", 1.0), ("にやり", 1.0)),),
}
# With these on, the eyes are closed already.
CLOSES_EYES = frozenset({"happy"})
# Morphs of a motion -> expression and strength for rigs that have no morph of that name.
MORPH_STAND_INS: dict[str, tuple[str, float]] = {
    "ウィンク": ("blinkLeft", 1.0),
    "ウィンク右": ("blinkRight", 1.0),
    "笑い": ("happy", 1.0),
    "にこり": ("relaxed", 1.0),
    "なごみ": ("relaxed", 1.0),
    "にやり": ("smile", 1.0),
    "にっこり": ("smile", 1.0),
    "口角上げ": ("smile", 1.0),
    "怒り": ("angry", 1.0),
    "困る": ("sad", 1.0),
    "悲しい": ("sad", 1.0),
    "びっくり": ("surprised", 1.0),
    "驚き": ("surprised", 1.0),
    "上": ("browUp", 1.0),
    "下": ("browDown", 1.0),
    "ワ": ("aa", 0.8),
    "ω": ("smile", 0.6),
    "口わらい": ("smile", 1.0),
    "見開き": ("surprised", 0.6),
    # Of MMDAgent's "Mei"
    "口_微笑": ("smile", 1.0),
    "目_微笑": ("happy", 1.0),
    "眉_微笑": ("relaxed", 0.5),
    "眉_困る": ("sad", 0.7),
    "目_困る": ("sad", 0.7),
    "眉_怒る": ("angry", 0.7),
    "目_怒る": ("angry", 0.7),
    "眉_上": ("browUp", 1.0),
    "眉_下": ("browDown", 1.0),
}


def plain_name(name: str) -> str:
    """Return a name in the form in which this module compares names."""
    return unicodedata.normalize("NFKC", name).strip()


def side_names(side: str, bone: str) -> tuple[str, ...]:
    """Return what a bone of ``SIDE_BONES`` is called on one side, best first."""
    japanese, letter = SIDES[side]
    own, english = SIDE_BONES[bone]
    return tuple(japanese + name for name in own) + tuple(f"{name}_{letter}" for name in english)


def finger_names(side: str, finger: str, joint: int) -> tuple[str, ...]:
    """Return what a finger's joint (1, 2, 3 from the hand) is called, best first."""
    japanese, letter = SIDES[side]
    own, english = FINGERS[finger]
    return (*(f"{japanese}{name}{joint}" for name in own), f"{english}{joint}_{letter}")


def bone_names() -> dict[str, tuple[str, ...]]:
    """Return the names of every humanoid bone, best first."""
    names = dict(CENTRE_BONES)
    for side in SIDES:
        names |= {side + bone: side_names(side, bone) for bone in SIDE_BONES}
        for finger in FINGERS:
            for joint, bone in enumerate(FINGER_BONES, 1):
                names[f"{side}{finger}{bone}"] = finger_names(side, finger, joint)
    return names


def mmd_humanoid(bones: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Find the VRM humanoid among bones with the usual names.

    Args:
        bones: Japanese and English name of each bone, in order.

    Returns:
        VRM 1.0 bone name to index; a bone serves once.
    """
    by_name: dict[str, int] = {}
    pairs = [(plain_name(own), plain_name(english).lower()) for own, english in bones]
    for place in (0, 1):
        for number, pair in enumerate(pairs):
            by_name.setdefault(pair[place], number)
            by_name.setdefault(pair[place].lower(), number)
    found: dict[str, int] = {}
    for bone, names in bone_names().items():
        choices = (by_name.get(name, by_name.get(name.lower())) for name in names)
        index = next((i for i in choices if i is not None and i not in found.values()), None)
        if index is not None:
            found[bone] = index
    return found
