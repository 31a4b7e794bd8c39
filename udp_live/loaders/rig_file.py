"""Reads any supported model file into a ``Rig``."""

from pathlib import Path

import numpy as np

from udp_live.errors import RigFormatError
from udp_live.loaders.bone_names import guess_humanoid
from udp_live.loaders.gltf_file import BROKEN_DATA, MAX_NUMBER, GltfFile, read_gltf
from udp_live.loaders.gltf_materials import read_materials
from udp_live.loaders.gltf_mesh import BakedMesh, MeshBaker, bone_nodes, mesh_nodes
from udp_live.loaders.gltf_nodes import NodeTree, read_nodes
from udp_live.loaders.guessed_gaze import guessed_look_at
from udp_live.loaders.morph_names import guess_expressions
from udp_live.loaders.pmd_file import read_pmd
from udp_live.loaders.pmx_file import read_pmx
from udp_live.loaders.pmx_rig import rig_of_model
from udp_live.loaders.rig_controls import RigControls
from udp_live.loaders.rig_placement import placed_rig
from udp_live.loaders.rig_skeleton import SkeletonBuilder
from udp_live.loaders.vrm0 import read_vrm0
from udp_live.loaders.vrm1 import read_vrm1
from udp_live.rig.humanoid import REQUIRED_BONES
from udp_live.rig.rig import Expression, Rig

MMD_READERS = {b"PMX": read_pmx, b"Pmd": read_pmd}  # by the first bytes


def load_rig(path: Path) -> Rig:
    """Load a VRM 0.x or 1.0 avatar, a GLB or glTF with a humanoid skeleton, or a PMX or PMD model.

    Args:
        path: The content decides about the format, not the suffix.

    Raises:
        RigFormatError: The file is missing, broken, or lacks what an avatar needs.
    """
    try:
        # Numbers beyond float32 are broken data, not something to warn about and draw.
        with np.errstate(over="raise", invalid="raise"):
            read_mmd = MMD_READERS.get(_first_bytes(path))
            return rig_of_model(read_mmd(path), path) if read_mmd else _build_rig(read_gltf(path))
    except BROKEN_DATA as error:
        detail = f"{type(error).__name__}: {error}"
        raise RigFormatError(f"{path}: broken model data ({detail}); export it again") from error


def _first_bytes(path: Path) -> bytes:
    """Return what tells MMD's files; nothing of a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(3)
    except OSError:
        return b""


def _build_rig(gltf: GltfFile) -> Rig:
    tree = read_nodes(gltf)
    if not mesh_nodes(gltf, tree):
        raise gltf.error("contains no mesh")
    controls = _read_controls(gltf, tree)
    _check_humanoid(gltf, controls)
    builder = SkeletonBuilder(gltf, tree, controls, bone_nodes(gltf, tree))
    baker = MeshBaker(gltf, tree, builder.bones)
    for node in mesh_nodes(gltf, tree):
        baker.add_node(node)
    binds = {(n, t) for expression in controls.expressions for n, t, _ in expression.binds}
    baked = baker.finish(binds)
    rig = Rig(
        name=controls.name or gltf.path.stem,
        skeleton=builder.skeleton(),
        mesh=baked.mesh,
        materials=read_materials(gltf, baked.materials),
        expressions=_expressions(controls, baked),
        look_at=builder.look_at(),
        springs=builder.springs(),
        colliders=builder.colliders(),
        licence=controls.licence,
        author=controls.author,
    )
    _check_extent(gltf, rig)
    return placed_rig(rig, turned=controls.turned, free_scale=controls.free_scale)


def _read_controls(gltf: GltfFile, tree: NodeTree) -> RigControls:
    """Read the VRM extension, or guess from names when there is none."""
    vrm1, vrm0 = gltf.extension("VRMC_vrm"), gltf.extension("VRM")
    if vrm1 is not None:
        return read_vrm1(gltf, vrm1)
    if vrm0 is not None:
        return read_vrm0(gltf, vrm0)
    candidates = tree.with_ancestors(bone_nodes(gltf, tree))
    names = {node: str(gltf.item("nodes", node).get("name", "")) for node in candidates}
    humanoid = guess_humanoid(names, tree.parents)
    expressions = guess_expressions(gltf, mesh_nodes(gltf, tree))
    return RigControls(
        humanoid=humanoid,
        expressions=expressions,
        look_at=guessed_look_at(humanoid, {expression.name for expression in expressions}),
        turned=_faces_back(tree, humanoid),
        free_scale=True,
    )


def _faces_back(tree: NodeTree, humanoid: dict[str, int]) -> bool:
    """Tell by the arms whether the avatar faces -Z: its left is then at -X."""
    if not {"leftUpperArm", "rightUpperArm"} <= humanoid.keys():
        return False
    left, right = (tree.world[humanoid[f"{side}UpperArm"]][0, 3] for side in ("left", "right"))
    return bool(left < right)


def _check_humanoid(gltf: GltfFile, controls: RigControls) -> None:
    """Refuse rigs that cannot imitate a person."""
    missing = [bone for bone in REQUIRED_BONES if bone not in controls.humanoid]
    if missing:
        raise RigFormatError(
            f"{gltf.path}: not a humanoid rig, missing bones: {', '.join(missing)}; "
            "assign them in the program that made the model and export it as VRM"
        )
    nodes = list(controls.humanoid.values())
    if len(set(nodes)) != len(nodes):
        raise gltf.error("two humanoid bones are the same node")


def _check_extent(gltf: GltfFile, rig: Rig) -> None:
    """Refuse positions that no unit of length explains."""
    offsets = [target.position_offsets for target in rig.mesh.morph_targets]
    for points in (rig.mesh.positions, rig.skeleton.rest_positions, *offsets):
        if points.size and not np.abs(points).max() <= MAX_NUMBER:
            raise gltf.error("has vertices or bones at absurd distances")


def _expressions(controls: RigControls, baked: BakedMesh) -> tuple[Expression, ...]:
    """Translate (node, target) binds into morph target indices."""
    expressions = []
    for source in controls.expressions:
        morphs = tuple(
            (baked.morphs[node, target], weight)
            for node, target, weight in source.binds
            if (node, target) in baked.morphs
        )
        expressions.append(
            Expression(
                name=source.name,
                morphs=morphs,
                is_binary=source.is_binary,
                override_blink=source.override_blink,
                override_look_at=source.override_look_at,
                override_mouth=source.override_mouth,
            )
        )
    return tuple(expressions)
