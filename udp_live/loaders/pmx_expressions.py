"""Turns the morphs of an MMD model into expressions.

Morphs with MMD's usual names become VRM presets; moods are blends of brows, eyes and mouth. All
others stay expressions under their own names, so that motions made for the model find them. Of
group morphs the vertex morphs count; UV, bone and material morphs are left out.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.mmd_names import (
    CLOSES_EYES,
    MORPH_BLENDS,
    MORPH_PRESETS,
    plain_name,
)
from udp_live.loaders.morph_names import PRESET_NAMES
from udp_live.loaders.pmx_bones import TO_WORLD
from udp_live.loaders.pmx_model import PmxModel, PmxMorph
from udp_live.rig.rig import Expression, MorphTarget, Override

Binds = tuple[tuple[int, float], ...]  # morph target, weight at 1.0


def read_expressions(
    model: PmxModel, new_index: NDArray[np.int64]
) -> tuple[tuple[MorphTarget, ...], tuple[Expression, ...]]:
    """Return the morph targets of a model and the expressions made of them.

    Args:
        model: The file.
        new_index: ``[V]`` index of each vertex of the file in the mesh, -1 where it was left out.
    """
    targets: list[MorphTarget] = []
    target_of: dict[int, int] = {}
    for number, morph in enumerate(model.morphs):
        target = _target(f"{number} {morph.name}", morph, new_index)
        if target is not None:
            target_of[number] = len(targets)
            targets.append(target)
    named = _named_binds(model.morphs, target_of)
    presets = _presets(named)
    spent = {names for preset, names in _single_names(named).items() if preset in MORPH_PRESETS}
    expressions = [
        Expression(
            name=name,
            morphs=binds,
            override_blink=Override.BLOCK if name in CLOSES_EYES else Override.NONE,
        )
        for name, binds in presets.items()
    ]
    expressions.extend(
        Expression(name=name, morphs=binds)
        for name, binds in named.items()
        if name not in spent and name not in presets
    )
    return tuple(targets), tuple(expressions)


def _target(name: str, morph: PmxMorph, new_index: NDArray[np.int64]) -> MorphTarget | None:
    """Return what a vertex morph moves of the mesh, or None."""
    if morph.vertices is None or morph.offsets is None:
        return None
    vertices = new_index[morph.vertices]
    seen = vertices >= 0
    moved, inverse = np.unique(vertices[seen], return_inverse=True)
    if not len(moved):
        return None
    offsets = np.zeros((len(moved), 3))
    np.add.at(offsets, inverse, morph.offsets[seen] * TO_WORLD)
    return MorphTarget(
        name=name,
        vertices=moved.astype(np.uint32),
        position_offsets=offsets.astype(np.float32),
        normal_offsets=np.zeros((len(moved), 3), np.float32),
    )


def _named_binds(morphs: Sequence[PmxMorph], target_of: Mapping[int, int]) -> dict[str, Binds]:
    """Return what each morph moves, by the first name that nobody else has."""
    named: dict[str, Binds] = {}
    for number, morph in enumerate(morphs):
        members = ((number, 1.0),) if morph.vertices is not None else morph.members
        binds: dict[int, float] = {}
        for member, share in members:
            if member in target_of:
                binds[target_of[member]] = binds.get(target_of[member], 0.0) + share
        name = plain_name(morph.name) or plain_name(morph.english)
        if binds and name:
            named.setdefault(name, tuple(binds.items()))
    return named


def _single_names(named: Mapping[str, Binds]) -> dict[str, str]:
    """Return which morph is which preset."""
    return {
        preset: found
        for preset, names in MORPH_PRESETS.items()
        if (found := next((name for name in names if name in named), None)) is not None
    }


def _presets(named: Mapping[str, Binds]) -> dict[str, Binds]:
    """Return the VRM expressions, single morphs first, then moods, then names of other programs."""
    presets = {preset: named[name] for preset, name in _single_names(named).items()}
    for preset, parts in MORPH_BLENDS.items():
        found = [
            next(((name, weight) for name, weight in part if name in named), None) for part in parts
        ]
        if found[0] is not None:
            presets[preset] = _blend(named, [choice for choice in found if choice is not None])
    by_letters = {re.sub(r"[^a-z]", "", name.lower()): name for name in reversed(list(named))}
    for preset, choices in PRESET_NAMES.items():
        for choice in choices:
            if preset not in presets and all(letters in by_letters for letters in choice):
                names = [(by_letters[letters], 1.0) for letters in choice]
                presets[preset] = _blend(named, names)
    return presets


def _blend(named: Mapping[str, Binds], names: Sequence[tuple[str, float]]) -> Binds:
    binds: dict[int, float] = {}
    for name, weight in names:
        for target, share in named[name]:
            binds[target] = binds.get(target, 0.0) + weight * share
    return tuple(binds.items())
