"""The rig's triangles in GPU memory, posed by matrices and morph offsets."""

from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from udp_live.errors import GlContextError
from udp_live.rig.expressions import morph_weights
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import AlphaMode, Material, Mesh, Rig
from udp_live.rig.skinning import joint_matrices, skin_vertices
from udp_live.types import RigPose

JOINTS_BINDING = 0
BYTES_PER_JOINT = 48  # three rows of four float32


@dataclass(frozen=True, slots=True)
class DrawGroup:
    """A run of the index buffer that is drawn in one call.

    Attributes:
        material: Index of the material.
        is_cut: The material's alpha decides per pixel whether there is a surface.
        double_sided: Back faces are drawn too.
        first: First index (not triangle).
        count: Number of indices.
    """

    material: int
    is_cut: bool
    double_sided: bool
    first: int
    count: int


class GlMesh:
    """Vertex buffers, joint matrices and morph offsets of one rig.

    *Render thread only.*
    """

    def __init__(self, context: moderngl.Context, rig: Rig) -> None:
        self._context = context
        self._rig = rig
        _require_bones_fit(context, rig.skeleton.bone_count)
        mesh = rig.mesh
        _, canonical_normals = skin_vertices(rig, canonical_pose(rig))
        triangles, self.groups = _grouped_triangles(rig)
        self._indices = context.buffer(triangles.tobytes())
        self._joints = context.buffer(reserve=rig.skeleton.bone_count * BYTES_PER_JOINT)
        self._offsets = context.buffer(np.zeros((len(mesh.positions), 3), np.float32).tobytes())
        self._content = [
            (self._offsets, "3f", "in_offset"),
            *(
                (context.buffer(np.ascontiguousarray(array, dtype).tobytes()), layout, name)
                for array, dtype, layout, name in (
                    (mesh.positions, np.float32, "3f", "in_position"),
                    (canonical_normals, np.float32, "3f", "in_normal"),
                    (mesh.uvs, np.float32, "2f", "in_uv"),
                    (canonical_landmarks(rig), np.float32, "3f", "in_landmark"),
                    (mesh.joints, np.uint16, "4u2", "in_joints"),
                    (mesh.weights, np.float32, "4f", "in_weights"),
                )
            ),
        ]
        self._morphed = _MorphedSpan(mesh)
        self._vertex_arrays: list[moderngl.VertexArray] = []

    @property
    def shader_constants(self) -> dict[str, int]:
        """Defines that ``shaders/skinning.glsl`` needs."""
        return {"BONE_COUNT": self._rig.skeleton.bone_count}

    def vertex_array(self, program: moderngl.Program) -> moderngl.VertexArray:
        """Bind the mesh to a program that includes ``skinning.glsl``; closed with the mesh."""
        program["Joints"] = JOINTS_BINDING
        array = self._context.vertex_array(
            program, self._content, self._indices, index_element_size=4, skip_errors=True
        )
        self._vertex_arrays.append(array)
        return array

    def set_pose(self, pose: RigPose) -> None:
        """Upload joint matrices, and morph offsets when they differ from the last ones."""
        matrices = joint_matrices(self._rig, pose)
        self._joints.write(np.ascontiguousarray(matrices[:, :3, :], np.float32).tobytes())
        self._joints.bind_to_uniform_block(JOINTS_BINDING)
        offsets = self._morphed.offsets(morph_weights(self._rig, pose))
        if offsets is not None:
            self._offsets.write(offsets.tobytes(), offset=self._morphed.first * 12)

    def close(self) -> None:
        """Release all GPU memory."""
        for array in self._vertex_arrays:
            array.release()
        for buffer, _, _ in self._content:
            buffer.release()
        self._indices.release()
        self._joints.release()


class _MorphedSpan:
    """Sum morph targets over the only run of vertices that any of them moves."""

    def __init__(self, mesh: Mesh) -> None:
        self._targets = mesh.morph_targets
        moved = [target.vertices for target in self._targets if len(target.vertices)]
        self.first = int(min((vertices.min() for vertices in moved), default=0))
        self._count = int(max((vertices.max() for vertices in moved), default=-1)) + 1 - self.first
        self._last = np.zeros(len(self._targets), np.float32)

    def offsets(self, weights: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Return ``[count, 3]`` offsets from vertex ``first`` on, or None when nothing changed."""
        if self._count <= 0 or np.array_equal(weights, self._last):
            return None
        self._last = weights.copy()
        total = np.zeros((self._count, 3), np.float32)
        for index in np.flatnonzero(weights):
            target = self._targets[index]
            total[target.vertices - self.first] += weights[index] * target.position_offsets
        return total


def _require_bones_fit(context: moderngl.Context, count: int) -> None:
    most = context.info["GL_MAX_UNIFORM_BLOCK_SIZE"] // BYTES_PER_JOINT
    if count > most:
        raise GlContextError(
            f"the rig has {count} bones, but this OpenGL driver takes {most}; update the driver "
            "or remove bones from the rig"
        )


def is_cut(material: Material) -> bool:
    """Say whether the material's alpha can leave holes in the surface."""
    if material.alpha_mode is AlphaMode.OPAQUE:
        return False
    texture_low = 255 if material.image is None else int(material.image[..., 3].min())
    return material.base_color[3] * texture_low / 255 < cutoff(material)


def cutoff(material: Material) -> float:
    """Return the alpha below which a UDP pass sees no surface."""
    return material.alpha_cutoff if material.alpha_mode is AlphaMode.MASK else 0.5


def _grouped_triangles(rig: Rig) -> tuple[NDArray[np.uint32], tuple[DrawGroup, ...]]:
    """Sort triangles so that opaque materials come first and equal states lie side by side."""
    cut = [is_cut(material) for material in rig.materials]
    order = sorted(
        rig.mesh.parts,
        key=lambda part: (
            cut[part.material],
            rig.materials[part.material].double_sided,
            part.material,
        ),
    )
    runs: list[NDArray[np.uint32]] = []
    groups: list[DrawGroup] = []
    first = 0
    for part in order:
        run = rig.mesh.triangles[part.first : part.first + part.count]
        runs.append(run)
        previous = groups[-1] if groups else None
        if previous is not None and previous.material == part.material:
            groups[-1] = DrawGroup(
                part.material,
                previous.is_cut,
                previous.double_sided,
                previous.first,
                previous.count + run.size,
            )
        else:
            material = rig.materials[part.material]
            groups.append(
                DrawGroup(part.material, cut[part.material], material.double_sided, first, run.size)
            )
        first += run.size
    triangles = np.concatenate(runs) if runs else np.zeros((0, 3), np.uint32)
    return np.ascontiguousarray(triangles, np.uint32), tuple(groups)
