"""Finds VRM expressions among morph targets that are merely named like them."""

import re
from collections.abc import Iterable

from udp_live.loaders.gltf_file import GltfFile
from udp_live.loaders.rig_controls import ExpressionSource

# Expression -> names in order of preference, letters only, lower case. A tuple is a set of morph
# targets that act together.
PRESET_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "aa": (("aa",), ("lipa",), ("fclmtha",), ("moutha",), ("visemeaa",), ("jawopen",)),
    "ih": (("ih",), ("lipi",), ("fclmthi",), ("mouthi",), ("visemei",)),
    "ou": (("ou",), ("lipu",), ("fclmthu",), ("mouthu",), ("visemeu",), ("mouthpucker",)),
    "ee": (("ee",), ("lipe",), ("fclmthe",), ("mouthe",), ("visemee",)),
    "oh": (("oh",), ("lipo",), ("fclmtho",), ("moutho",), ("visemeo",), ("mouthfunnel",)),
    "blinkLeft": (("blinkleft",), ("blinkl",), ("fcleyeclosel",), ("eyeblinkleft",)),
    "blinkRight": (("blinkright",), ("blinkr",), ("fcleyecloser",), ("eyeblinkright",)),
    "blink": (
        ("blinkl", "blinkr"),
        ("blinkleft", "blinkright"),
        ("eyeblinkleft", "eyeblinkright"),
        ("fcleyeclose",),
        ("blink",),
        ("eyeclose",),
    ),
    "happy": (("happy",), ("facehappy",), ("fclalljoy",), ("mouthsmileleft", "mouthsmileright")),
    "angry": (("angry",), ("faceangry",), ("fclallangry",)),
    "sad": (("sad",), ("facesad",), ("fclallsorrow",)),
    "relaxed": (("relaxed",), ("facerelax",), ("fclallfun",)),
    "surprised": (("surprised",), ("facesurprise",), ("fclallsurprised",)),
    "lookUp": (("lookup",),),
    "lookDown": (("lookdown",),),
    "lookLeft": (("lookleft",),),
    "lookRight": (("lookright",),),
}


def guess_expressions(gltf: GltfFile, nodes: Iterable[int]) -> tuple[ExpressionSource, ...]:
    """Return the expressions that the morph targets of the given mesh nodes can show."""
    targets: dict[str, list[tuple[int, int, float]]] = {}
    for node in nodes:
        mesh = gltf.item("meshes", gltf.item("nodes", node)["mesh"])
        extras = mesh.get("extras")
        names = extras.get("targetNames", []) if isinstance(extras, dict) else []
        for number, name in enumerate(names):
            letters = re.sub(r"[^a-z]", "", str(name).lower())
            targets.setdefault(letters, []).append((node, number, 1.0))
    expressions = []
    for preset, choices in PRESET_NAMES.items():
        for choice in choices:
            if all(name in targets for name in choice):
                binds = tuple(bind for name in choice for bind in targets[name])
                expressions.append(ExpressionSource(preset, binds))
                break
    return tuple(expressions)
