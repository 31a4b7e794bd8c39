"""Reads VRM animation files (``.vrma``, VRMC_vrm_animation 1.0)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError, RigFormatError
from udp_live.linalg import (
    quat_conjugate,
    quat_from_matrix,
    quat_multiply,
    quat_rotate,
)
from udp_live.loaders.gltf_animation import Track, read_tracks
from udp_live.loaders.gltf_file import BROKEN_DATA, GltfFile, Json, read_gltf
from udp_live.loaders.gltf_nodes import NodeTree, read_nodes
from udp_live.motion.clip import MotionClip
from udp_live.rig.humanoid import HUMANOID_PARENTS

Float = NDArray[np.float32]

EXTENSION = "VRMC_vrm_animation"
CLIP_FPS = 30.0
MAX_DURATION_S = 3600.0
FORWARD = np.array((0.0, 0.0, 1.0), np.float32)


def load_vrma(path: Path) -> MotionClip:
    """Load the first animation of a ``.vrma`` file, resampled to 30 frames per second.

    Raises:
        MotionFormatError: The file is missing, broken, or no VRM animation.
    """
    try:
        gltf = read_gltf(path)
        extension = gltf.extension(EXTENSION)
        if extension is None or not gltf.items("animations"):
            raise MotionFormatError(
                f"{path}: holds no VRM animation; choose a .vrma file ({EXTENSION})"
            )
        return _Reader(gltf, extension).clip()
    except RigFormatError as error:
        raise MotionFormatError(str(error)) from error
    except BROKEN_DATA as error:
        detail = f"{type(error).__name__}: {error}"
        raise MotionFormatError(
            f"{path}: broken motion data ({detail}); export it again"
        ) from error


class _Reader:
    """Samples the tracks of a VRM animation onto the frames of a clip."""

    def __init__(self, gltf: GltfFile, extension: dict[str, Json]) -> None:
        self._gltf = gltf
        self._tree: NodeTree = read_nodes(gltf)
        self._tracks = read_tracks(gltf, 0)
        duration = max((float(t.times[-1]) for t in self._tracks.values()), default=0.0)
        if not 0.0 <= duration <= MAX_DURATION_S:
            raise gltf.error(f"lasts {duration:.0f} s, at most {MAX_DURATION_S:.0f} s")
        self._times = np.arange(round(duration * CLIP_FPS) + 1) / CLIP_FPS
        humanoid = extension.get("humanoid", {}).get("humanBones", {})
        self._bones: dict[str, int] = {
            name: bone["node"] for name, bone in humanoid.items() if name in HUMANOID_PARENTS
        }
        for node in self._bones.values():
            gltf.item("nodes", node)
        if "hips" not in self._bones:
            raise gltf.error("a VRM animation without hips")
        expressions = extension.get("expressions", {})
        named = {**expressions.get("custom", {}), **expressions.get("preset", {})}
        self._expressions: dict[str, int] = {name: e["node"] for name, e in named.items()}
        self._look_at: Json = extension.get("lookAt", {}).get("node")

    def clip(self) -> MotionClip:
        """Return the whole animation."""
        hips = self._tree.world[self._bones["hips"]][:3, 3]
        names = tuple(
            name for name, node in self._bones.items() if (node, "rotation") in self._tracks
        )
        rotations = [self._rotation(self._bones[name]) for name in names]
        weights = [self._expression(node) for node in self._expressions.values()]
        count = len(self._times)
        return MotionClip(
            fps=CLIP_FPS,
            bone_names=names,
            rotations=_stacked(rotations, (count, 0, 4)),
            hips_translation=self._hips_translation(self._bones["hips"], hips),
            hips_height_m=max(float(hips[1]), 1e-3),
            expression_names=tuple(self._expressions),
            expression_weights=_stacked(weights, (count, 0)),
            gaze=self._gaze(),
        )

    def _track(self, node: int, path: str) -> Track | None:
        return self._tracks.get((node, path))

    def _world_rest(self, node: int) -> NDArray[np.float64]:
        """Return a node's rest rotation in world space, identity above the roots."""
        if node < 0:
            return np.array((0.0, 0.0, 0.0, 1.0))
        linear = self._tree.world[node][:3, :3]
        scale = np.linalg.norm(linear, axis=0)
        if not scale.all():
            raise self._gltf.error("a bone has a scale of zero")
        return np.asarray(quat_from_matrix(linear / scale), np.float64)

    def _rotation(self, node: int) -> Float:
        """Return ``[T, 4]`` world-aligned rotations relative to rest."""
        local = self._tracks[node, "rotation"].rotations(self._times)
        parent_rest = self._world_rest(self._tree.parents[node])
        turned = quat_multiply(
            quat_multiply(parent_rest, local), quat_conjugate(self._world_rest(node))
        )
        return np.asarray(turned, np.float32)

    def _hips_translation(self, node: int, rest: NDArray[np.float64]) -> Float:
        """Return ``[T, 3]`` world movement of the hips from rest."""
        track = self._track(node, "translation")
        if track is None:
            return np.zeros((len(self._times), 3), np.float32)
        parent = self._tree.parents[node]
        world = self._tree.world[parent] if parent >= 0 else np.eye(4)
        moved = track.vectors(self._times) @ world[:3, :3].T + world[:3, 3]
        return np.asarray(moved - rest, np.float32)

    def _expression(self, node: int) -> Float:
        """Return ``[T]`` weights: the x of the node's translation."""
        track = self._track(node, "translation")
        if track is None:
            return np.zeros(len(self._times), np.float32)
        return np.asarray(np.clip(track.vectors(self._times)[:, 0], 0.0, 1.0), np.float32)

    def _gaze(self) -> Float:
        """Return ``[T, 2]`` yaw and pitch of the lookAt node's rotation."""
        track = None if self._look_at is None else self._track(self._look_at, "rotation")
        if track is None:
            return np.zeros((len(self._times), 2), np.float32)
        x, y, z = quat_rotate(track.rotations(self._times), FORWARD[None]).T
        gaze = np.stack((np.arctan2(x, z), np.arcsin(np.clip(y, -1.0, 1.0))), axis=-1)
        return np.asarray(gaze, np.float32)


def _stacked(columns: list[Float], empty: tuple[int, ...]) -> Float:
    return np.stack(columns, axis=1) if columns else np.zeros(empty, np.float32)
