"""``proxy.shape``: how far the vertices of an avatar's proxy mesh are moved to fit its drawings.

The SHA-256 of the mesh's file (32 bytes), then ``[V, 3]`` float32, little-endian: metres in the
rest pose, vertex by vertex as the loader has them.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderer.errors import AvatarFileError
from udp_live.rig.landmarks import canonical_landmarks, landmark_space
from udp_live.rig.rig import Rig
from udp_live.whole_file import write_whole

HASH_BYTES = 32
BYTES_PER_VERTEX = 12
REMEDY = "delete it or fit the proxy again"


def shape_name(proxy: str) -> str:
    """Return the name of the file that belongs to a proxy mesh's name or path."""
    return f"{proxy.removesuffix('.glb')}.shape"


def with_saved_shape(rig: Rig, proxy: Path) -> Rig:
    """Return a proxy in the shape that lies beside its file; as it is where there is none.

    Its landmarks stay those of the mesh that the file holds.

    Args:
        rig: As loaded.
        proxy: Its file.

    Raises:
        AvatarFileError: The shape belongs to another mesh or is damaged.
    """
    path = Path(shape_name(str(proxy)))
    if not path.is_file():
        return rig
    moves = _read_moves(path, proxy, len(rig.mesh.positions))
    if not float(np.abs(moves).max(initial=0.0)) < landmark_space(rig).scale:
        raise AvatarFileError(f"{path} moves the mesh out of all proportion; {REMEDY}")
    landmarks = canonical_landmarks(rig)
    mesh = replace(rig.mesh, positions=rig.mesh.positions + moves, landmarks=landmarks)
    return replace(rig, mesh=mesh)


def save_shape(moves: NDArray[np.float32], proxy: Path) -> None:
    """Write how far vertices move beside the mesh that they belong to, in one step.

    Args:
        moves: ``[V, 3]`` metres in the rest pose.
        proxy: The mesh's file.

    Raises:
        AvatarFileError: The file cannot be written.
    """
    path = Path(shape_name(str(proxy)))
    try:
        content = _hash(proxy) + np.ascontiguousarray(moves, "<f4").tobytes()
        write_whole(path, content)
    except OSError as error:
        raise AvatarFileError(f"cannot write {path}: {error}") from error


def _read_moves(path: Path, proxy: Path, vertices: int) -> NDArray[np.float32]:
    expected = HASH_BYTES + vertices * BYTES_PER_VERTEX
    try:
        found = path.stat().st_size
        if found != expected:
            raise AvatarFileError(
                f"{path} has {found} bytes, but its mesh needs {expected}; {REMEDY}"
            )
        content = path.read_bytes()
        is_right = content[:HASH_BYTES] == _hash(proxy)
    except OSError as error:
        raise AvatarFileError(f"cannot read {path}: {error}") from error
    if not is_right:
        raise AvatarFileError(f"{path} belongs to another mesh than {proxy.name}; {REMEDY}")
    return np.frombuffer(content, "<f4", offset=HASH_BYTES).reshape(-1, 3).astype(np.float32)


def _hash(proxy: Path) -> bytes:
    return hashlib.sha256(proxy.read_bytes()).digest()
