"""A glTF file under construction: starts as the tiny rig, tests bend it before it is written."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.fakes.tiny_rig import tiny_rig
from udp_live.loaders.rig_placement import placed_rig
from udp_live.rig.rig import Rig

COMPONENT_TYPES = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
ELEMENT_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class GltfDraft:
    """A document with its binary chunk."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "buffers": [],
            "bufferViews": [],
            "accessors": [],
        }
        self.blob = bytearray()

    def view(self, data: bytes) -> int:
        """Append bytes as a buffer view."""
        self.blob.extend(b"\0" * (-len(self.blob) % 4))
        views = self.document["bufferViews"]
        views.append({"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data)})
        self.blob.extend(data)
        return len(views) - 1

    def accessor(self, values: np.ndarray, **extra: Any) -> int:
        """Append an array as an accessor."""
        values = np.ascontiguousarray(values)
        width = values.shape[1] if values.ndim == 2 else 1
        self.document["accessors"].append(
            {
                "bufferView": self.view(values.tobytes()),
                "componentType": COMPONENT_TYPES[values.dtype.str[1:]],
                "count": len(values),
                "type": ELEMENT_TYPES[width],
                **extra,
            }
        )
        return len(self.document["accessors"]) - 1

    def node(self, name: str) -> dict[str, Any]:
        """Return a node by name."""
        return next(node for node in self.document["nodes"] if node["name"] == name)

    def node_index(self, name: str) -> int:
        """Return a node's index by name."""
        return self.document["nodes"].index(self.node(name))

    def write_glb(self, path: Path) -> Path:
        """Write one binary file."""
        self.document["buffers"] = [{"byteLength": len(self.blob)}]
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        blob = bytes(self.blob) + b"\0" * (-len(self.blob) % 4)
        total = 12 + 8 + len(text) + 8 + len(blob)
        data = struct.pack("<4sIIII", b"glTF", 2, total, len(text), 0x4E4F534A) + text
        path.write_bytes(data + struct.pack("<II", len(blob), 0x004E4942) + blob)
        return path

    def write_gltf(self, path: Path, *, buffer_uri: str | None = None) -> Path:
        """Write JSON with the buffer as data URI, or as a file beside it."""
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.blob).decode()
        if buffer_uri is not None:
            (path.parent / buffer_uri).write_bytes(self.blob)
            uri = buffer_uri
        self.document["buffers"] = [{"byteLength": len(self.blob), "uri": uri}]
        path.write_text(json.dumps(self.document))
        return path


def tiny_draft(rig: Rig | None = None) -> GltfDraft:
    """Return the tiny rig as a plain skinned glTF whose bones have the VRM names."""
    rig = rig or tiny_rig()
    draft = GltfDraft()
    skeleton = rig.skeleton
    nodes: list[dict[str, Any]] = []
    for index, name in enumerate(skeleton.names):
        parent = int(skeleton.parents[index])
        position = skeleton.rest_positions[index]
        if parent >= 0:
            position = position - skeleton.rest_positions[parent]
            nodes[parent].setdefault("children", []).append(index)
        nodes.append({"name": name, "translation": position.tolist()})
    bones = len(nodes)
    nodes.append({"name": "body", "mesh": 0, "skin": 0})
    binds = np.tile(np.eye(4, dtype=np.float32), (bones, 1, 1))
    binds[:, 3, :3] = -skeleton.rest_positions
    matrices = draft.accessor(binds.reshape(-1, 16))
    draft.document |= {
        "nodes": nodes,
        "scenes": [{"nodes": [0, bones]}],
        "scene": 0,
        "skins": [{"joints": list(range(bones)), "inverseBindMatrices": matrices}],
        "meshes": [{"primitives": _primitives(draft, rig), "extras": {"targetNames": []}}],
        "materials": [
            {"name": "skin", "pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.5, 0.25, 1.0]}},
            {
                "name": "cloth",
                "doubleSided": True,
                "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}},
            },
        ],
        "textures": [{"source": 0}],
        "images": [
            {"bufferView": draft.view(png(rig.materials[1].image)), "mimeType": "image/png"}
        ],
    }
    names = [target.name for target in rig.mesh.morph_targets]
    draft.document["meshes"][0]["extras"]["targetNames"] = names
    return draft


def _primitives(draft: GltfDraft, rig: Rig) -> list[dict[str, Any]]:
    mesh = rig.mesh
    attributes = {
        "POSITION": draft.accessor(mesh.positions),
        "NORMAL": draft.accessor(mesh.normals),
        "TEXCOORD_0": draft.accessor(mesh.uvs),
        "JOINTS_0": draft.accessor(mesh.joints),
        "WEIGHTS_0": draft.accessor(mesh.weights),
    }
    targets = []
    for target in mesh.morph_targets:
        offsets = np.zeros_like(mesh.positions)
        offsets[target.vertices] = target.position_offsets
        targets.append({"POSITION": draft.accessor(offsets)})
    return [
        {
            "attributes": attributes,
            "targets": targets,
            "material": part.material,
            "indices": draft.accessor(
                mesh.triangles[part.first : part.first + part.count].reshape(-1)
            ),
        }
        for part in mesh.parts
    ]


def vrm1_draft() -> GltfDraft:
    """Return the tiny rig as a VRM 1.0 avatar with every control this project reads."""
    draft = tiny_draft()
    rig = tiny_rig()
    body = draft.node_index("body")
    draft.document["extensions"] = {
        "VRMC_vrm": {
            "specVersion": "1.0",
            "meta": {
                "name": "Tiny",
                "authors": ["Ann", "Bo"],
                "licenseUrl": "https://vrm.dev/licenses/1.0/",
            },
            "humanoid": {
                "humanBones": {name: {"node": bone} for name, bone in rig.skeleton.humanoid.items()}
            },
            "expressions": {
                "preset": {
                    "blink": {"morphTargetBinds": [{"node": body, "index": 0, "weight": 1.0}]},
                    "happy": {
                        "morphTargetBinds": [{"node": body, "index": 1, "weight": 0.5}],
                        "isBinary": True,
                        "overrideBlink": "block",
                        "overrideMouth": "blend",
                    },
                },
                "custom": {"wow": {}},
            },
            "lookAt": {
                "type": "bone",
                "offsetFromHeadBone": [0.0, 0.1, 0.05],
                "rangeMapHorizontalInner": {"inputMaxValue": 90.0, "outputScale": 9.0},
            },
        },
        "VRMC_springBone": {
            "specVersion": "1.0",
            "colliders": [
                {"node": rig.skeleton.humanoid["head"], "shape": {"sphere": {"radius": 0.1}}},
                {
                    "node": rig.skeleton.humanoid["chest"],
                    "shape": {"capsule": {"radius": 0.2, "tail": [0.0, 0.3, 0.0]}},
                },
            ],
            "colliderGroups": [{"colliders": [1, 0]}],
            "springs": [
                {
                    "joints": [
                        {"node": bone, "hitRadius": 0.02, "stiffness": 0.5, "gravityPower": 0.1}
                        for bone in rig.springs[0].bones
                    ],
                    "colliderGroups": [0],
                }
            ],
        },
    }
    return draft


def vrm0_draft() -> GltfDraft:
    """Return the tiny rig as a VRM 0.x avatar, which faces -Z in the file."""
    draft = tiny_draft(_turned_tiny_rig())
    humanoid = tiny_rig().skeleton.humanoid
    head = humanoid["head"]
    draft.document["extensions"] = {
        "VRM": {
            "meta": {"title": "Tiny", "author": "Ann", "licenseName": "CC0"},
            "humanoid": {
                "humanBones": [{"bone": name, "node": bone} for name, bone in humanoid.items()]
            },
            "firstPerson": {
                "lookAtTypeName": "BlendShape",
                "firstPersonBoneOffset": {"x": 0.0, "y": 0.1, "z": 0.08},
                "lookAtHorizontalOuter": {"xRange": 60.0, "yRange": 1.0},
            },
            "blendShapeMaster": {
                "blendShapeGroups": [
                    {
                        "name": "Blink",
                        "presetName": "blink",
                        "binds": [{"mesh": 0, "index": 0, "weight": 100}],
                    },
                    {
                        "name": "A",
                        "presetName": "a",
                        "binds": [{"mesh": 0, "index": 1, "weight": 50}],
                    },
                    {"name": "Surprised", "presetName": "unknown", "isBinary": True},
                ]
            },
            "secondaryAnimation": {
                "boneGroups": [
                    {
                        "bones": [draft.node_index("tail.0")],
                        "stiffiness": 2.0,
                        "dragForce": 0.3,
                        "hitRadius": 0.01,
                        "gravityPower": 0.2,
                        "gravityDir": {"x": 0.0, "y": -1.0, "z": 0.0},
                        "colliderGroups": [0],
                    }
                ],
                "colliderGroups": [
                    {
                        "node": head,
                        "colliders": [{"offset": {"x": 0.03, "y": 0.1, "z": 0.07}, "radius": 0.1}],
                    }
                ],
            },
            "materialProperties": [
                {
                    "name": "skin",
                    "shader": "VRM/MToon",
                    "floatProperties": {"_BlendMode": 1, "_Cutoff": 0.4, "_CullMode": 0},
                    "vectorProperties": {
                        "_Color": [1.0, 0.8, 0.6, 1.0],
                        "_ShadeColor": [0.5, 0.4, 0.6, 1.0],
                    },
                },
                {"name": "cloth", "shader": "VRM_USE_GLTFSHADER"},
            ],
        }
    }
    return draft


def _turned_tiny_rig() -> Rig:
    """Return the tiny rig turned to face -Z."""
    return placed_rig(tiny_rig(), turned=True, free_scale=False)


def png(image: np.ndarray) -> bytes:
    """Encode RGBA as PNG."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))[1].tobytes()
