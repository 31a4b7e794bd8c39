"""Numbers the bones that a rig keeps of an MMD model."""

from collections.abc import Iterable, Sequence

import numpy as np

from udp_live.loaders.pmx_bones import PmxBones
from udp_live.loaders.pmx_springs import PmxSprings
from udp_live.loaders.rig_controls import SpringSource
from udp_live.rig.rig import Skeleton, SpringChain, SpringCollider


class PmxSkeleton:
    """The kept bones, parents first, bare ends of springs last.

    Attributes:
        index: Bone of the rig by bone of the file.
    """

    def __init__(self, bones: PmxBones, skinned: Iterable[int], springs: PmxSprings) -> None:
        self._bones = bones
        self._springs = springs
        wanted = {*skinned, *bones.humanoid.values()}
        wanted.update(bone for chain in springs.chains for bone in chain.nodes)
        wanted.update(collider.node for collider in springs.colliders)
        depths = self._depths(wanted)
        self._kept = sorted(depths, key=lambda bone: (depths[bone], bone))
        self.index = {bone: place for place, bone in enumerate(self._kept)}
        self._ends = {bone: len(self._kept) + place for place, bone in enumerate(springs.ends)}

    def skeleton(self, names: Sequence[str]) -> Skeleton:
        """Return the bones at rest; ``names`` are those of the file."""
        ends = [*self._springs.ends.values()]
        parents = [self.index.get(self._bones.parents[bone], -1) for bone in self._kept]
        parents += [self.index[bone] for bone in self._springs.ends]
        positions = np.concatenate((self._bones.positions[self._kept], np.reshape(ends, (-1, 3))))
        return Skeleton(
            names=self._unique(names),
            parents=np.array(parents, np.int32),
            rest_positions=positions.astype(np.float32),
            humanoid={name: self.index[bone] for name, bone in self._bones.humanoid.items()},
        )

    def springs(self) -> tuple[SpringChain, ...]:
        """Return the chains in the rig's bones; each ends in a bare bone."""
        return tuple(self._chain(chain) for chain in self._springs.chains)

    def colliders(self) -> tuple[SpringCollider, ...]:
        """Return the colliders in the rig's bones."""
        return tuple(
            SpringCollider(self.index[c.node], c.offset, c.tail, c.radius)
            for c in self._springs.colliders
        )

    def _chain(self, source: SpringSource) -> SpringChain:
        extra = () if source.has_end else (self._ends[source.nodes[-1]],)
        more = len(extra)
        return SpringChain(
            bones=tuple(self.index[bone] for bone in source.nodes) + extra,
            hit_radii=source.hit_radii + source.hit_radii[-1:] * more,
            stiffness=source.stiffness + source.stiffness[-1:] * more,
            gravity_power=source.gravity_power + source.gravity_power[-1:] * more,
            drag=source.drag + source.drag[-1:] * more,
            gravity_direction=source.gravity_direction,
            colliders=source.colliders,
        )

    def _depths(self, wanted: set[int]) -> dict[int, int]:
        """Return how far below a root the wanted bones and all above them are."""
        depths: dict[int, int] = {}
        for start in wanted:
            path, bone = [], start
            while bone >= 0 and bone not in depths:
                path.append(bone)
                bone = self._bones.parents[bone]
            depth = depths[bone] if bone >= 0 else -1
            for passed in reversed(path):
                depth += 1
                depths[passed] = depth
        return depths

    def _unique(self, names: Sequence[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for bone in self._kept:
            name = names[bone] or f"bone {bone}"
            found[name if name not in found else f"{name} ({bone})"] = None
        for bone in self._springs.ends:
            found[f"bone {bone} end"] = None
        return tuple(found)
