"""Animation tracks of a glTF file."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_slerp, vec_normalize
from udp_live.loaders.gltf_accessor import read_floats
from udp_live.loaders.gltf_file import GltfFile, Json

Float = NDArray[np.float32]

TRACK_WIDTHS = {"translation": 3, "rotation": 4}


@dataclass(frozen=True, slots=True)
class Track:
    """One animated property of a node.

    Attributes:
        times: ``[K]`` float32 seconds, rising.
        values: ``[K, 3 or 4]`` float32.
        tangents: In and out tangents ``[2, K, 3 or 4]`` of a cubic spline, or None.
        is_step: Values jump instead of moving.
    """

    times: Float = field(repr=False)
    values: Float = field(repr=False)
    tangents: Float | None = field(repr=False)
    is_step: bool

    def vectors(self, times: NDArray[np.float64]) -> Float:
        """Sample the track at ``[T]`` seconds: ``[T, 3 or 4]`` float32, held at both ends."""
        first, second, share = self._neighbours(times)
        if self.tangents is not None:
            return self._spline(first, second, share)
        step = self.values[second] - self.values[first]
        return np.asarray(self.values[first] + step * share[:, None], np.float32)

    def rotations(self, times: NDArray[np.float64]) -> Float:
        """Sample a rotation track: ``[T, 4]`` float32 unit quaternions."""
        if self.tangents is not None:
            return np.asarray(vec_normalize(self.vectors(times)), np.float32)
        first, second, share = self._neighbours(times)
        unit = vec_normalize(self.values)
        return np.asarray(quat_slerp(unit[first], unit[second], share), np.float32)

    def _neighbours(
        self, times: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], Float]:
        """Return the keys before and after each moment and how far it is between them."""
        last = len(self.times) - 1
        first = np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, last)
        second = np.minimum(first + 1, last)
        gaps = np.maximum(self.times[second] - self.times[first], 1e-6)
        share = np.clip((times - self.times[first]) / gaps, 0.0, 1.0).astype(np.float32)
        return first, second, np.zeros_like(share) if self.is_step else share

    def _spline(self, first: NDArray[np.intp], second: NDArray[np.intp], share: Float) -> Float:
        """Return Hermite values (glTF 2.0, appendix C.5)."""
        into, out = self.tangents if self.tangents is not None else (self.values, self.values)
        t = share[:, None]
        gaps = (self.times[second] - self.times[first])[:, None]
        square, cube = t * t, t * t * t
        spline: Float = (
            (2 * cube - 3 * square + 1) * self.values[first]
            + gaps * (cube - 2 * square + t) * out[first]
            + (3 * square - 2 * cube) * self.values[second]
            + gaps * (cube - square) * into[second]
        )
        return spline


def read_tracks(gltf: GltfFile, index: Json) -> dict[tuple[int, str], Track]:
    """Return the translation and rotation tracks of an animation by node and path."""
    animation = gltf.item("animations", index)
    tracks: dict[tuple[int, str], Track] = {}
    for channel in animation.get("channels", []):
        target = channel["target"]
        if target.get("path") in TRACK_WIDTHS and "node" in target:
            gltf.item("nodes", target["node"])
            sampler = animation["samplers"][channel["sampler"]]
            key = (target["node"], target["path"])
            tracks[key] = _read_track(gltf, sampler, TRACK_WIDTHS[target["path"]])
    return tracks


def _read_track(gltf: GltfFile, sampler: dict[str, Json], width: int) -> Track:
    times = read_floats(gltf, sampler["input"], 1)[:, 0]
    values = read_floats(gltf, sampler["output"], width)
    interpolation = sampler.get("interpolation", "LINEAR")
    tangents = None
    if interpolation == "CUBICSPLINE" and len(values) == 3 * len(times):
        parts = values.reshape(-1, 3, width)
        values, tangents = parts[:, 1], parts[:, 0::2].transpose(1, 0, 2)
    if not len(times) or len(values) != len(times) or np.any(np.diff(times) < 0.0):
        raise gltf.error("an animation track is empty or out of order")
    return Track(times, values, tangents, is_step=interpolation == "STEP")
