"""Writes VRM animation files (``.vrma``, VRMC_vrm_animation 1.0)."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.loaders.gltf_file import BINARY_CHUNK, GLB_MAGIC, JSON_CHUNK, Json
from udp_live.motion.clip import MotionClip
from udp_live.motion.vrma import EXTENSION
from udp_live.rig.expressions import BLINKS, MOUTHS
from udp_live.rig.humanoid import HUMANOID_PARENTS, humanoid_parent
from udp_live.rig.rig import Skeleton
from udp_live.whole_file import write_whole

Float = NDArray[np.float32]

X_AXIS, Y_AXIS = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
EMOTIONS = ("happy", "angry", "sad", "relaxed", "surprised", "neutral")
VRM_PRESETS = frozenset((*EMOTIONS, *BLINKS, *MOUTHS))


@dataclass(frozen=True, slots=True)
class _Channel:
    """One animated property of a node, ``[T, 3 or 4]``."""

    node: int
    path: str
    values: Float


def save_vrma(path: Path, clip: MotionClip, skeleton: Skeleton) -> None:
    """Write a clip as a VRM animation; an existing file is replaced in one step.

    Args:
        path: Usually ends in ``.vrma``.
        clip: Any clip.
        skeleton: Gives the T-pose rest positions of the file's bones; it must have hips.
    """
    humanoid = {b: skeleton.humanoid[b] for b in HUMANOID_PARENTS if b in skeleton.humanoid}
    numbers = {bone: index for index, bone in enumerate(humanoid)}
    nodes = [_bone_node(bone, humanoid, numbers, skeleton) for bone in humanoid]
    extension: dict[str, Json] = {
        "specVersion": "1.0",
        "humanoid": {"humanBones": {bone: {"node": i} for bone, i in numbers.items()}},
    }
    hips_rest = skeleton.rest_positions[humanoid["hips"]]
    scale = np.float32(hips_rest[1] / clip.hips_height_m)
    channels = [
        _Channel(numbers[bone], "rotation", clip.rotations[:, column])
        for column, bone in enumerate(clip.bone_names)
        if bone in numbers
    ]
    channels.append(_Channel(0, "translation", hips_rest + scale * clip.hips_translation))
    for column, name in enumerate(clip.expression_names):
        kind = "preset" if name in VRM_PRESETS else "custom"
        extension.setdefault("expressions", {}).setdefault(kind, {})[name] = {"node": len(nodes)}
        shown = np.zeros((len(clip.rotations), 3), np.float32)
        shown[:, 0] = clip.expression_weights[:, column]
        channels.append(_Channel(len(nodes), "translation", shown))
        nodes.append({"name": name})
    if np.any(clip.gaze):
        extension["lookAt"] = {"node": len(nodes)}
        channels.append(_Channel(len(nodes), "rotation", _gaze_rotations(clip.gaze)))
        nodes.append({"name": "lookAt"})
    roots = [0, *range(len(humanoid), len(nodes))]
    _write_glb(path, _document(nodes, roots, extension), channels, clip.fps)


def _bone_node(
    bone: str, humanoid: dict[str, int], numbers: dict[str, int], skeleton: Skeleton
) -> dict[str, Json]:
    """Return a bone's glTF node, unrotated at rest."""
    parent = humanoid_parent(bone, humanoid)
    position = skeleton.rest_positions[humanoid[bone]]
    if parent is not None:
        position = position - skeleton.rest_positions[humanoid[parent]]
    node: dict[str, Json] = {"name": bone, "translation": [float(v) for v in position]}
    children = [numbers[b] for b in humanoid if humanoid_parent(b, humanoid) == bone]
    if children:
        node["children"] = children
    return node


def _gaze_rotations(gaze: Float) -> Float:
    """Return ``[T, 4]`` rotations that turn +Z to the gaze."""
    yaw = quat_from_axis_angle(Y_AXIS, gaze[:, 0])
    return np.asarray(quat_multiply(yaw, quat_from_axis_angle(X_AXIS, -gaze[:, 1])), np.float32)


def _document(
    nodes: list[dict[str, Json]], roots: list[int], extension: dict[str, Json]
) -> dict[str, Json]:
    return {
        "asset": {"version": "2.0", "generator": "Kigurumi"},
        "extensionsUsed": [EXTENSION],
        "extensions": {EXTENSION: extension},
        "scene": 0,
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
    }


def _write_glb(path: Path, document: dict[str, Json], channels: list[_Channel], fps: float) -> None:
    """Append the channels' data to the document and write both as GLB."""
    times = (np.arange(len(channels[0].values)) / fps).astype(np.float32)
    blob, views, accessors = bytearray(), [], []

    def append(values: NDArray[Any], kind: str, **bounds: Json) -> int:
        data = np.ascontiguousarray(values, "<f4").tobytes()
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(data)})
        blob.extend(data)
        entry = {"bufferView": len(views) - 1, "componentType": 5126, "count": len(values)}
        accessors.append({**entry, "type": kind, **bounds})
        return len(accessors) - 1

    clock = append(times, "SCALAR", min=[float(times[0])], max=[float(times[-1])])
    samplers, targets = [], []
    for number, channel in enumerate(channels):
        output = append(channel.values, "VEC4" if channel.path == "rotation" else "VEC3")
        samplers.append({"input": clock, "output": output, "interpolation": "LINEAR"})
        target = {"node": channel.node, "path": channel.path}
        targets.append({"sampler": number, "target": target})
    document["animations"] = [{"channels": targets, "samplers": samplers}]
    document |= {"buffers": [{"byteLength": len(blob)}], "bufferViews": views}
    document["accessors"] = accessors
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(blob)
    glb = struct.pack("<4sIIII", GLB_MAGIC, 2, total, len(text), JSON_CHUNK) + text
    glb += struct.pack("<II", len(blob), BINARY_CHUNK) + bytes(blob)
    write_whole(path, glb)
