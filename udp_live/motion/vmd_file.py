"""Reads VMD, the motion files of MikuMikuDance: bones, morphs and when IK is on.

Written from the public description of the format. Camera, light and shadow are skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError
from udp_live.loaders.mmd_names import plain_name

FPS = 30.0
MAX_FILE_BYTES = 200 << 20
MAX_DURATION_S = 900.0
MAX_NUMBER = 1e5
# Signature -> bytes of the model's name
SIGNATURES = {b"Vocaloid Motion Data 0002": 20, b"Vocaloid Motion Data file": 10}
SIGNATURE_BYTES = 30
BONE_KEY = np.dtype(
    [
        ("name", "S15"),
        ("frame", "<u4"),
        ("position", "<f4", (3,)),
        ("rotation", "<f4", (4,)),
        ("curves", "u1", (64,)),
    ]
)
MORPH_KEY = np.dtype([("name", "S15"), ("frame", "<u4"), ("weight", "<f4")])
CAMERA_BYTES, LIGHT_BYTES, SHADOW_BYTES = 61, 28, 9
SWITCH = np.dtype([("name", "S20"), ("on", "u1")])


@dataclass(frozen=True, slots=True)
class BoneKeys:
    """The K keys of one bone, by ascending frame, in the project's axes.

    Attributes:
        frames: ``[K]`` int64.
        positions: ``[K, 3]`` float64, from rest, in MMD's unit of 8 cm.
        rotations: ``[K, 4]`` float64 xyzw, world-aligned local axes, relative to rest.
        curves: ``[K, 4, 4]`` float64 in [0, 1]: for x, y, z and rotation the two inner points
            (ax, ay, bx, by) of the Bezier curve on which the key is reached.
    """

    frames: NDArray[np.int64] = field(repr=False)
    positions: NDArray[np.float64] = field(repr=False)
    rotations: NDArray[np.float64] = field(repr=False)
    curves: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VmdMotion:
    """A whole file; names are in the plain form of ``mmd_names``.

    Attributes:
        last_frame: Of all keys, 30 a second.
        bones: By name.
        morphs: (``[K]`` frames, ``[K]`` weights) by name.
        switches: (frame, IK goal on or off) by name of the goal, ascending.
    """

    last_frame: int
    bones: Mapping[str, BoneKeys]
    morphs: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    switches: Mapping[str, list[tuple[int, bool]]]


def read_vmd(path: Path) -> VmdMotion:
    """Read a VMD file.

    Raises:
        MotionFormatError: The file is missing, broken, or longer than a quarter of an hour.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise MotionFormatError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB; cut it")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise MotionFormatError(f"cannot read {path}: {reason}; check the path") from error
    return _Reader(path, data).motion()


class _Reader:
    """Reads section after section."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path = path
        self._data = data
        name_bytes = SIGNATURES.get(data[:25])
        if name_bytes is None:
            raise self._error("is no VMD motion")
        self._offset = SIGNATURE_BYTES + name_bytes

    def motion(self) -> VmdMotion:
        bone_rows = self._section(BONE_KEY)
        morph_rows = self._section(MORPH_KEY)
        for size in (CAMERA_BYTES, LIGHT_BYTES, SHADOW_BYTES):
            self._section(np.dtype((np.void, size)))
        switches = self._switches()
        frames = [*bone_rows["frame"].tolist(), *morph_rows["frame"].tolist(), 0]
        if max(frames) > MAX_DURATION_S * FPS:
            raise self._error(f"lasts longer than {MAX_DURATION_S / 60:.0f} minutes")
        if len(frames) == 1:
            raise self._error("moves neither bones nor morphs; it may be a camera motion")
        for numbers in (bone_rows["position"], bone_rows["rotation"], morph_rows["weight"]):
            if not np.abs(numbers).max(initial=0.0) <= MAX_NUMBER:
                raise self._error("holds numbers that are none or absurd")
        return VmdMotion(
            last_frame=max(frames),
            bones={name: _bone_keys(rows) for name, rows in _by_name(bone_rows).items()},
            morphs={
                name: (rows["frame"].astype(np.int64), rows["weight"].astype(np.float64))
                for name, rows in _by_name(morph_rows).items()
            },
            switches=switches,
        )

    def _section(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return the records of a section; later sections may be missing altogether."""
        if self._offset == len(self._data):
            return np.zeros(0, dtype)
        count = int(self._take(np.dtype("<u4"), 1)[0])
        return self._take(dtype, count)

    def _take(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        size = dtype.itemsize * count
        if size > len(self._data) - self._offset:
            raise self._error(f"ends in the middle of its data (byte {self._offset})")
        self._offset += size
        return np.frombuffer(self._data[self._offset - size : self._offset], dtype, count)

    def _switches(self) -> dict[str, list[tuple[int, bool]]]:
        """Read when each IK goal is turned on or off."""
        switches: dict[str, list[tuple[int, bool]]] = {}
        if self._offset == len(self._data):
            return switches
        for _ in range(int(self._take(np.dtype("<u4"), 1)[0])):
            frame, _, count = self._take(np.dtype("<u4,u1,<u4"), 1)[0]
            for name, is_on in self._take(SWITCH, int(count)):
                switches.setdefault(_decoded(name), []).append((int(frame), bool(is_on)))
        return {name: sorted(states) for name, states in switches.items()}

    def _error(self, message: str) -> MotionFormatError:
        return MotionFormatError(f"{self._path}: {message}; save the motion again")


def _by_name(rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Sort keys by name and frame; of several at one frame the last counts."""
    found: dict[str, NDArray[Any]] = {}
    names, inverse = np.unique(rows["name"], return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(names) + 1))
    for number, name in enumerate(names):
        own = rows[order[bounds[number] : bounds[number + 1]]]
        own = own[np.argsort(own["frame"], kind="stable")]
        is_last = np.append(own["frame"][1:] != own["frame"][:-1], True)
        found.setdefault(_decoded(name), own[is_last])
    return found


def _decoded(name: bytes) -> str:
    """Decode Shift-JIS that ends at a zero byte and may be cut inside a character."""
    return plain_name(name.split(b"\0")[0].decode("cp932", errors="ignore"))


def _bone_keys(rows: NDArray[Any]) -> BoneKeys:
    """Mirror z, normalise rotations, and unpack the curves."""
    rotations = rows["rotation"] * np.array((-1.0, -1.0, 1.0, 1.0))
    lengths = np.linalg.norm(rotations, axis=1, keepdims=True)
    rotations = np.where(
        lengths > 1e-6, rotations / np.maximum(lengths, 1e-6), np.array((0.0, 0.0, 0.0, 1.0))
    )
    raw = rows["curves"].astype(np.float64)
    # The file repeats its 16 numbers four times, each time without the first. In the first row
    # MMD overwrites two of them with flags of its own, so they come from the second.
    raw[:, 2:4] = raw[:, 17:19]
    points = raw[:, :16].reshape(-1, 4, 4).transpose(0, 2, 1)
    return BoneKeys(
        frames=rows["frame"].astype(np.int64),
        positions=rows["position"] * np.array((1.0, 1.0, -1.0)),
        rotations=rotations,
        curves=np.clip(points / 127.0, 0.0, 1.0),
    )
