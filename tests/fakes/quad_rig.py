"""One square that faces +Z on one bone: the smallest rig that can be drawn."""

import numpy as np

from udp_live.rig.rig import Material, Mesh, MeshPart, Rig, Skeleton

FRONT = ((0, 1, 2), (0, 2, 3))


def quad_rig(*materials: Material, gap_m: float = 0.2) -> Rig:
    """Stack one square of 1 m per material, the first in front, ``gap_m`` behind one another.

    Square i is centred on (0, 0.5, -i * gap_m). All hang on one bone, the hips.
    """
    count = len(materials)
    corners = np.array(((-0.5, 0.0), (0.5, 0.0), (0.5, 1.0), (-0.5, 1.0)), np.float32)
    positions = np.concatenate(
        [np.column_stack((corners, np.full(4, -i * gap_m, np.float32))) for i in range(count)]
    ).astype(np.float32)
    uvs = np.tile(np.array(((0, 1), (1, 1), (1, 0), (0, 0)), np.float32), (count, 1))
    weights = np.zeros((4 * count, 4), np.float32)
    weights[:, 0] = 1.0
    return Rig(
        name="quads",
        skeleton=Skeleton(
            names=("hips",),
            parents=np.array((-1,), np.int32),
            rest_positions=np.array(((0.0, 0.5, 0.0),), np.float32),
            humanoid={"hips": 0},
        ),
        mesh=Mesh(
            positions=positions,
            normals=np.tile(np.array((0.0, 0.0, 1.0), np.float32), (4 * count, 1)),
            uvs=uvs,
            joints=np.zeros((4 * count, 4), np.uint16),
            weights=weights,
            triangles=np.concatenate([np.array(FRONT, np.uint32) + 4 * i for i in range(count)]),
            parts=tuple(MeshPart(f"quad.{i}", 2 * i, 2, i) for i in range(count)),
        ),
        materials=materials,
    )
