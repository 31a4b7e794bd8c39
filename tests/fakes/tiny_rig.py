"""A small humanoid made of boxes: enough of a rig for fast tests of everything around it."""

import numpy as np

from udp_live.rig.rig import (
    Expression,
    LookAt,
    LookAtRange,
    Material,
    Mesh,
    MeshPart,
    MorphTarget,
    Override,
    Rig,
    Skeleton,
    SpringChain,
    SpringCollider,
)

CENTRE_BONES = (
    ("hips", None, (0.0, 0.80, 0.0)),
    ("spine", "hips", (0.0, 0.90, 0.0)),
    ("chest", "spine", (0.0, 1.02, 0.0)),
    ("neck", "chest", (0.0, 1.22, 0.0)),
    ("head", "neck", (0.0, 1.28, 0.0)),
)
LEFT_BONES = (
    ("Eye", "head", (0.04, 1.38, 0.08)),
    ("Shoulder", "chest", (0.03, 1.18, 0.0)),
    ("UpperArm", "Shoulder", (0.12, 1.18, 0.0)),
    ("LowerArm", "UpperArm", (0.34, 1.18, 0.0)),
    ("Hand", "LowerArm", (0.55, 1.18, 0.0)),
    ("UpperLeg", "hips", (0.08, 0.76, 0.0)),
    ("LowerLeg", "UpperLeg", (0.08, 0.42, 0.0)),
    ("Foot", "LowerLeg", (0.08, 0.08, 0.0)),
)
TAIL_BONES = (
    ("tail.0", "head", (0.0, 1.45, -0.12)),
    ("tail.1", "tail.0", (0.0, 1.33, -0.16)),
    ("tail.2", "tail.1", (0.0, 1.20, -0.18)),
    ("tail.end", "tail.2", (0.0, 1.08, -0.18)),
)
# bone, centre, size, material (0 skin, 1 cloth)
CENTRE_BOXES = (
    ("hips", (0.0, 0.82, 0.0), (0.28, 0.16, 0.18), 1),
    ("spine", (0.0, 0.96, 0.0), (0.24, 0.12, 0.15), 1),
    ("chest", (0.0, 1.12, 0.0), (0.28, 0.20, 0.17), 1),
    ("neck", (0.0, 1.25, 0.0), (0.08, 0.08, 0.08), 0),
    ("head", (0.0, 1.42, 0.0), (0.24, 0.28, 0.24), 0),
    ("tail.0", (0.0, 1.39, -0.15), (0.05, 0.12, 0.05), 1),
    ("tail.1", (0.0, 1.265, -0.17), (0.05, 0.12, 0.05), 1),
    ("tail.2", (0.0, 1.14, -0.18), (0.05, 0.12, 0.05), 1),
)
LEFT_BOXES = (
    ("Eye", (0.05, 1.40, 0.11), (0.05, 0.06, 0.03), 0),
    ("UpperArm", (0.23, 1.18, 0.0), (0.22, 0.09, 0.09), 1),
    ("LowerArm", (0.445, 1.18, 0.0), (0.21, 0.08, 0.08), 0),
    ("Hand", (0.62, 1.18, 0.0), (0.14, 0.04, 0.09), 0),
    ("UpperLeg", (0.08, 0.59, 0.0), (0.13, 0.34, 0.14), 1),
    ("LowerLeg", (0.08, 0.25, 0.0), (0.11, 0.34, 0.12), 0),
    ("Foot", (0.08, 0.04, 0.04), (0.10, 0.08, 0.22), 1),
)
FACES = ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1))  # axis, sign
VERTICES_PER_BOX = 24


def tiny_rig() -> Rig:
    """Build a rig in T-pose: 21 humanoid bones, a spring tail, blink, aa, two materials."""
    skeleton = _skeleton()
    mesh = _mesh(skeleton)
    return Rig(
        name="tiny",
        skeleton=skeleton,
        mesh=mesh,
        materials=_materials(),
        expressions=(
            Expression("blink", ((0, 1.0),)),
            Expression("aa", ((1, 1.0),)),
            Expression("happy", ((0, 0.4),), override_blink=Override.BLOCK),
        ),
        look_at=_look_at(),
        springs=(
            SpringChain(
                bones=tuple(skeleton.names.index(name) for name, _, _ in TAIL_BONES),
                hit_radii=(0.02,) * 4,
                stiffness=(0.8,) * 4,
                gravity_power=(0.3,) * 4,
                drag=(0.4,) * 4,
                colliders=(0,),
            ),
        ),
        colliders=(
            SpringCollider(skeleton.humanoid["head"], (0.0, 0.14, 0.0), (0.0, 0.14, 0.0), 0.11),
        ),
        licence="CC0-1.0",
        author="the tests",
    )


def _skeleton() -> Skeleton:
    rows = [*CENTRE_BONES]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, parent, (x, y, z) in LEFT_BONES:
            sided = parent if parent in ("head", "chest", "hips") else side + parent
            rows.append((side + name, sided, (sign * x, y, z)))
    humanoid_count = len(rows)
    rows.extend(TAIL_BONES)
    names = tuple(name for name, _, _ in rows)
    return Skeleton(
        names=names,
        parents=np.array([names.index(p) if p else -1 for _, p, _ in rows], np.int32),
        rest_positions=np.array([position for _, _, position in rows], np.float32),
        humanoid={name: index for index, name in enumerate(names[:humanoid_count])},
    )


def _mesh(skeleton: Skeleton) -> Mesh:
    boxes = [*CENTRE_BOXES]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        boxes.extend(
            (side + bone, (sign * x, y, z), size, material)
            for bone, (x, y, z), size, material in LEFT_BOXES
        )
    boxes.sort(key=lambda box: box[3])
    made = [_box(np.array(centre), np.array(size)) for _, centre, size, _ in boxes]
    positions, normals, uvs = (np.concatenate([box[i] for box in made]) for i in range(3))
    bones = [skeleton.names.index(box[0]) for box in boxes]
    joints = np.zeros((len(positions), 4), np.uint16)
    joints[:, 0] = np.repeat(bones, VERTICES_PER_BOX)
    weights = np.zeros((len(positions), 4), np.float32)
    weights[:, 0] = 1.0
    _soften_joints(skeleton, positions, joints, weights)
    triangles = np.concatenate([box[3] + VERTICES_PER_BOX * i for i, box in enumerate(made)])
    skin_count = 12 * sum(box[3] == 0 for box in boxes)
    return Mesh(
        positions=positions,
        normals=normals,
        uvs=uvs,
        joints=joints,
        weights=weights,
        triangles=triangles.astype(np.uint32),
        parts=(
            MeshPart("skin", 0, skin_count, 0),
            MeshPart("cloth", skin_count, len(triangles) - skin_count, 1),
        ),
        morph_targets=(
            _squash("eyes_closed", positions, joints, (skeleton, "leftEye", "rightEye"), 0.1),
            _squash("mouth_open", positions, joints, (skeleton, "neck"), 1.3),
        ),
    )


def _box(centre: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return positions, normals, uvs and triangles of a box with 4 vertices per face."""
    positions, normals, triangles = [], [], []
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    for axis, sign in FACES:
        first = len(positions)
        for u, v in corners:
            corner = np.empty(3)
            corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3] = sign, u * sign, v
            positions.append(centre + 0.5 * size * corner)
            normals.append(np.eye(3)[axis] * sign)
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    uvs = np.tile(np.array(((0, 1), (1, 1), (1, 0), (0, 0)), np.float32), (len(FACES), 1))
    return (
        np.array(positions, np.float32),
        np.array(normals, np.float32),
        uvs,
        np.array(triangles),
    )


def _soften_joints(
    skeleton: Skeleton, positions: np.ndarray, joints: np.ndarray, weights: np.ndarray
) -> None:
    """Share the vertices at elbows and knees half and half with the parent bone."""
    for name in ("leftLowerArm", "rightLowerArm", "leftLowerLeg", "rightLowerLeg"):
        bone = skeleton.names.index(name)
        along = int(np.ptp(positions[joints[:, 0] == bone], axis=0).argmax())
        near = np.abs(positions[:, along] - skeleton.rest_positions[bone, along]) < 1e-3
        ring = near & (joints[:, 0] == bone)
        joints[ring, 1] = skeleton.parents[bone]
        weights[ring, :2] = 0.5


def _squash(
    name: str,
    positions: np.ndarray,
    joints: np.ndarray,
    where: tuple,
    factor: float,
) -> MorphTarget:
    """Scale the height of some bones' vertices about their centre."""
    skeleton, *bones = where
    indices = [skeleton.names.index(bone) for bone in bones]
    vertices = np.flatnonzero(np.isin(joints[:, 0], indices)).astype(np.uint32)
    offsets = np.zeros((len(vertices), 3), np.float32)
    heights = positions[vertices, 1]
    offsets[:, 1] = (heights - heights.mean()) * (factor - 1.0)
    return MorphTarget(name, vertices, offsets, np.zeros_like(offsets))


def _materials() -> tuple[Material, ...]:
    checker = np.full((8, 8, 4), 255, np.uint8)
    odd = np.indices((8, 8)).sum(axis=0) % 2 == 1
    checker[odd] = (60, 90, 200, 255)
    checker[~odd] = (230, 120, 60, 255)
    return (
        Material("skin", base_color=(1.0, 0.85, 0.75, 1.0)),
        Material("cloth", image=checker, double_sided=True),
    )


def _look_at() -> LookAt:
    full = LookAtRange(input_max_rad=1.0, output=0.3)
    return LookAt("bone", (0.0, 0.1, 0.08), inner=full, outer=full, down=full, up=full)
