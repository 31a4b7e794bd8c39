"""Reduces the bones of an MMD model to what a person's pose drives.

MMD models move their skin by helpers: control bones above the hips, copies of the legs that take
over another bone's rotation ("D bones"), bones that take a part of it (twists, elbows) and bones
that an IK solver turns after an arm. Poses here turn humanoid bones alone, so helpers are folded
into them, skin weights and children alike:

* All bones above the hips are the hips; whatever hangs on them hangs on the hips.
* A bone that takes another's rotation in full is that bone.
* A bone that takes a part of a humanoid bone's rotation gives that share of its weights to it and
  the rest to its own parent; linear blending of matrices stands in for the half turn.
* A bone at the place of a humanoid bone that IK points after one of its children is that bone.
* Everything else, twists of bones that nobody turns among it, keeps to its parent.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import RigFormatError
from udp_live.loaders.bone_names import guess_humanoid
from udp_live.loaders.mmd_names import mmd_humanoid
from udp_live.loaders.pmx_model import PmxBone
from udp_live.rig.humanoid import REQUIRED_BONES, humanoid_parent

METRES_PER_UNIT = 0.08
# MMD is left-handed and its people face -Z: mirroring z makes both right.
TO_WORLD = np.array((METRES_PER_UNIT, METRES_PER_UNIT, -METRES_PER_UNIT))
SAME_PLACE_M = 0.002
WHOLE_RATIO = 0.99
LEAST_RATIO = 0.05

Shares = tuple[tuple[int, float], ...]  # bone of the file, share; sums to 1


class PmxBones:
    """The bones of a file, reduced.

    Attributes:
        humanoid: VRM 1.0 bone name to bone of the file.
        positions: ``[B, 3]`` float64, metres, world; the hips lie half way down to the legs.
        shares: Which bones move the skin of each bone.
        parents: Parent of each bone after folding, -1 for roots. Folded bones have one too.
    """

    def __init__(self, bones: Sequence[PmxBone], where: str) -> None:
        self._bones = bones
        self._where = where
        self._check_circles([bone.parent for bone in bones])
        self.positions = np.array([bone.position for bone in bones]) * TO_WORLD
        self.humanoid = self._humanoid()
        self._lower_hips()
        self._driven = set(self.humanoid.values())
        self._above_hips = set(self._path_up(self.humanoid["hips"])[1:]) - self._driven
        self._followers = self._ik_followers()
        self.shares: list[Shares] = [((bone, 1.0),) for bone in range(len(bones))]
        for bone in sorted(range(len(bones)), key=lambda bone: len(self._path_up(bone))):
            self.shares[bone] = self._fold(bone)
        self.parents = [self._folded_parent(bone) for bone in range(len(bones))]
        self._check_circles(self.parents)
        self._adopt_stray_limbs()
        self._check_circles(self.parents)

    def is_folded(self, bone: int) -> bool:
        """Tell whether a bone became part of others."""
        return self.shares[bone] != ((bone, 1.0),)

    def main(self, bone: int) -> int:
        """Return the bone that moves most of a bone's skin."""
        return max(self.shares[bone], key=lambda share: share[1])[0]

    def children(self) -> dict[int, list[int]]:
        """Return the bones below each bone after folding, folded ones left out."""
        below: dict[int, list[int]] = {}
        for bone, parent in enumerate(self.parents):
            if not self.is_folded(bone):
                below.setdefault(parent, []).append(bone)
        return below

    def _humanoid(self) -> dict[str, int]:
        """Find the humanoid by MMD's names, or else by those of other programs."""
        parents = [bone.parent for bone in self._bones]
        guesses = [mmd_humanoid((bone.name, bone.english) for bone in self._bones)]
        for names in ([b.name for b in self._bones], [b.english for b in self._bones]):
            guesses.append(guess_humanoid(dict(enumerate(names)), parents))
        found = max(guesses, key=lambda guess: len(guess.keys() & set(REQUIRED_BONES)))
        missing = [bone for bone in REQUIRED_BONES if bone not in found]
        if missing:
            raise RigFormatError(
                f"{self._where}: not a humanoid rig, missing bones: {', '.join(missing)}; "
                "give its bones the usual Japanese names in PmxEditor"
            )
        if len(set(found.values())) != len(found):
            raise RigFormatError(f"{self._where}: one bone is two parts of the body; rename it")
        return found

    def _lower_hips(self) -> None:
        """Put the pivot of the hips where a VRM has it.

        MMD's lower body turns about the waist, in the same place as the upper body.
        """
        hips, places = self.humanoid["hips"], self.positions
        legs = 0.5 * sum(places[self.humanoid[f"{side}UpperLeg"]] for side in ("left", "right"))
        if places[hips, 1] > legs[1]:
            places[hips] = 0.5 * (places[hips] + legs)

    def _ik_followers(self) -> dict[int, int]:
        """Return the bones that IK points after a humanoid bone in the same place."""
        followers: dict[int, int] = {}
        for goal, bone in enumerate(self._bones):
            if len(bone.ik_links) != 1 or bone.ik_links[0] < 0:
                continue
            link = bone.ik_links[0]
            for above in self._driven.intersection(self._path_up(goal)) - {link}:
                apart = self.positions[above] - self.positions[link]
                if np.abs(apart).max() < SAME_PLACE_M:
                    followers[link] = above
        return followers

    def _fold(self, bone: int) -> Shares:
        """Return what a bone's skin hangs on; its parents are folded already."""
        if bone in self._driven:
            return ((bone, 1.0),)
        if bone in self._above_hips:
            return ((self.humanoid["hips"], 1.0),)
        if bone in self._followers:
            return ((self._followers[bone], 1.0),)
        return self._appended(bone)

    def _appended(self, bone: int) -> Shares:
        """Share a bone out by the rotation that it takes over from a humanoid bone."""
        source, ratio = self._bones[bone].append_source, self._bones[bone].append_ratio
        driver = self.main(source) if source >= 0 and ratio >= LEAST_RATIO else -1
        if driver not in self._driven or bone in self._path_up(driver):
            return ((bone, 1.0),)
        parent = self._bones[bone].parent
        above = self.main(parent) if parent >= 0 else driver
        if ratio >= WHOLE_RATIO or above == driver:
            return ((driver, 1.0),)
        return ((driver, ratio), (above, 1.0 - ratio))

    def _folded_parent(self, bone: int) -> int:
        """Return the parent after folding; nothing is left above the hips."""
        hips = self.humanoid["hips"]
        if bone == hips:
            return -1
        parent = self._bones[bone].parent
        return self.main(parent) if parent >= 0 else hips

    def _adopt_stray_limbs(self) -> None:
        """Hang humanoid bones below their humanoid parents."""
        for name, bone in self.humanoid.items():
            above = humanoid_parent(name, self.humanoid)
            if above is None:
                continue
            seen = bone
            while seen >= 0 and seen != self.humanoid[above]:
                seen = self.parents[seen]
            if seen < 0:
                self.parents[bone] = self.humanoid[above]

    def _path_up(self, bone: int) -> list[int]:
        """Return a bone and what is above it in the file."""
        path = []
        while bone >= 0:
            path.append(bone)
            bone = self._bones[bone].parent
        return path

    def _check_circles(self, parents: Sequence[int]) -> None:
        """Refuse bones that hang from themselves."""
        state = [0] * len(parents)  # 1 on the way up, 2 reaches a root
        for start in range(len(parents)):
            path, bone = [], start
            while bone >= 0 and state[bone] == 0:
                state[bone] = 1
                path.append(bone)
                bone = parents[bone]
            if bone >= 0 and state[bone] == 1:
                raise RigFormatError(
                    f"{self._where}: bone {bone} hangs from itself; repair it in PmxEditor"
                )
            for passed in path:
                state[passed] = 2


def folded_weights(
    bones: NDArray[np.int64], weights: NDArray[np.float32], shares: Sequence[Shares]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Hand the skin weights of folded bones on.

    Args:
        bones: ``[V, 4]`` bones of the file, -1 where free.
        weights: ``[V, 4]`` float32.
        shares: Of every bone, at most two.

    Returns:
        ``[V, 4]`` bones and float32 weights whose rows sum to 1; of more than four bones the
        strongest stay. A vertex without weights hangs on the first bone.
    """
    targets = np.zeros((len(shares), 2), np.int64)
    parts = np.zeros((len(shares), 2), np.float32)
    for bone, parted in enumerate(shares):
        for slot, (target, part) in enumerate(parted):
            targets[bone, slot], parts[bone, slot] = target, part
    used = (bones >= 0) & (weights > 0.0)
    safe = np.where(used, bones, 0)
    wide_bones = targets[safe].reshape(len(bones), 8)
    wide = (parts[safe] * np.where(used, weights, 0.0)[:, :, None]).reshape(len(bones), 8)
    for slot in range(7, 0, -1):  # add equal bones up in their first slot
        same = (wide_bones[:, :slot] == wide_bones[:, slot : slot + 1]) & (wide[:, :slot] > 0.0)
        first = np.argmax(same, axis=1)
        rows = np.flatnonzero(same.any(axis=1))
        wide[rows, first[rows]] += wide[rows, slot]
        wide[rows, slot] = 0.0
    best = np.argsort(-wide, axis=1, kind="stable")[:, :4]
    kept = np.take_along_axis(wide, best, axis=1)
    chosen = np.take_along_axis(wide_bones, best, axis=1)
    lost = kept.sum(axis=1) <= 1e-6
    kept[lost, 0] = 1.0
    chosen[lost, 0] = targets[0, 0]
    chosen = np.where(kept > 0.0, chosen, chosen[:, :1])
    return chosen, (kept / kept.sum(axis=1, keepdims=True)).astype(np.float32)
