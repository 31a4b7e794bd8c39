"""What the network learns from, kept on disk: training must not wait for rendering.

One safetensors file per sheet, named by its number, holds the targets of that sheet:

- ``slots`` ``[T, K, 5, S, S]`` uint8 and ``picture`` ``[T, 19, S, S]`` uint8, in 1/255: see Slots;
- ``landmark`` ``[T, 3, S, S]`` float16: the other channels of ``Slots.picture``;
- ``truth`` ``[T, 4, S, S]`` uint8: straight RGBA;
- ``box`` ``[T, 4]`` int32: first and last row, first and last column of the figure, plus one.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import pad

from renderer.errors import RendererError, SheetError
from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.filled_picture import fill, look_up
from renderer.guided.guided_decoder import figure_box
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.slots import PICTURE_CHANNELS, Slots, gather_slots
from renderer.training.pair_options import PairOptions
from renderer.training.training_pair import TrainingPair
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

KEPT = ("slots", "picture", "landmark", "truth")
PLANES = PICTURE_CHANNELS - 3  # of a picture, without the landmark
DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError)


@dataclass(frozen=True, slots=True)
class Shard:
    """What a file holds, without its tensors.

    Attributes:
        path: The file.
        identity: Of the character.
        boxes: Figure in each target: rows from, to, columns from, to.
        clip_frames: Consecutive targets that are frames of one clip; 1 for single pictures.
        is_exact: The landmarks are those of the true character.
        size: Height and width of the pictures.
    """

    path: Path
    identity: str
    boxes: tuple[tuple[int, int, int, int], ...] = field(repr=False)
    clip_frames: int
    is_exact: bool
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a crop is.

    Attributes:
        shard: Its number in the store.
        target: Its number in the shard.
        row: First one.
        column: First one.
    """

    shard: int
    target: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Samples:
    """A batch.

    Attributes:
        slots: ``[B, K, 5, S, S]`` float32, as in Slots.
        picture: ``[B, 22, S, S]`` float32, as in Slots.
        truth: ``[B, 4, S, S]`` float32 straight RGBA in [0, 1].
    """

    slots: Tensor
    picture: Tensor
    truth: Tensor

    def to(self, device: torch.device) -> "Samples":
        """Copy to a device."""
        return Samples(*(t.to(device) for t in (self.slots, self.picture, self.truth)))


class Pairs(Protocol):
    """Where pairs come from: a PairSource."""

    @property
    def options(self) -> PairOptions:
        """What the pairs are like."""

    def pair(self, index: int) -> TrainingPair:
        """Return pair ``index``."""

    def is_clip_sheet(self, sheet_number: int) -> bool:
        """Tell whether the targets of a sheet are frames of clips."""


def join(parts: Sequence[Samples]) -> Samples:
    """Put batches together."""
    return Samples(
        torch.cat([part.slots for part in parts]),
        torch.cat([part.picture for part in parts]),
        torch.cat([part.truth for part in parts]),
    )


def shard_path(folder: Path, number: int) -> Path:
    """Return where the samples of a sheet lie."""
    return folder / f"sheet-{number:06}.safetensors"


def write_shards(source: Pairs, folder: Path, sheets: range) -> Iterator[Path]:
    """Render the targets of sheets and write one file each; files that exist are kept.

    Args:
        source: Of the pairs.
        folder: Made where missing.
        sheets: Their numbers.

    Yields:
        Each file once it is there. A sheet that cannot be encoded is left out.

    Raises:
        RendererError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in sheets:
        path = shard_path(folder, number)
        if not path.is_file():
            try:
                _write_shard(source, path, number)
            except SheetError as error:
                logger.info("sheet %d left out: %s", number, error)
                continue
        yield path


def _write_shard(source: Pairs, path: Path, number: int) -> None:
    per_sheet = source.options.targets_per_sheet
    pairs = [source.pair(number * per_sheet + target) for target in range(per_sheet)]
    encoding = cached_encoding(pairs[0].sheet, folder=None)
    targets = [make_target(encoding, pair) for pair in pairs]
    tensors = {name: torch.stack([target[name] for target in targets]) for name in targets[0]}
    header = {
        "identity": pairs[0].identity,
        "clip_frames": source.options.clip_frames if source.is_clip_sheet(number) else 1,
        "is_exact": pairs[0].is_exact,
        "boxes": tensors["box"].tolist(),
    }
    try:
        with replaced(path) as temporary:
            save_file(tensors, temporary, {"header": json.dumps(header)})
    except (OSError, SafetensorError) as error:
        raise RendererError(
            f"cannot write {path}: {str(error)[:200]}; make room, then type the same command again"
        ) from error


@torch.inference_mode()
def make_target(encoding: SheetEncoding, pair: TrainingPair) -> dict[str, Tensor]:
    """Return the tensors of one target, without their first axis."""
    scale = pair.supersampling
    size = pair.truth.shape[:2]
    udp = torch.from_numpy(pair.udp_map.xyzv)
    sides = figure_box(udp[..., 3], scale) or (slice(0, 0), slice(0, 0))
    rows, columns = sides
    if rows.stop > rows.start:
        figure = udp[
            rows.start * scale : rows.stop * scale, columns.start * scale : columns.stop * scale
        ]
        found = look_up(
            encoding, figure.contiguous(), pair.expressions, udp.shape[0], scale, apart=True
        )
        slots = gather_slots(found, fill(found))
    else:
        slots = Slots(torch.zeros(2, 5, *size), torch.zeros(PICTURE_CHANNELS, *size))
        rows, columns = slice(0, size[0]), slice(0, size[1])
    room = (columns.start, size[1] - columns.stop, rows.start, size[0] - rows.stop)
    whole, picture = pad(slots.slots, room), pad(slots.picture, room)
    return {
        "slots": _bytes(whole),
        "picture": _bytes(picture[:PLANES]),
        "landmark": picture[PLANES:].half(),
        "truth": torch.from_numpy(pair.truth.transpose(2, 0, 1).copy()),
        "box": torch.tensor([rows.start, rows.stop, columns.start, columns.stop]).int(),
    }


def _bytes(values: Tensor) -> Tensor:
    return (values.clamp(0, 1) * 255).round().to(torch.uint8)


class SampleStore:
    """Samples in a folder; read only, and only what a crop needs. One thread."""

    def __init__(self, folder: Path) -> None:
        """Look at the files.

        Raises:
            RendererError: There are none, or they are damaged.
        """
        paths = sorted(folder.glob("sheet-*.safetensors")) if folder.is_dir() else []
        self.shards = tuple(_read_head(path) for path in paths)
        if not self.shards:
            raise RendererError(f"no training samples in {folder}; render some first")

    def __len__(self) -> int:
        """Count the targets."""
        return sum(len(shard.boxes) for shard in self.shards)

    @property
    def identities(self) -> tuple[str, ...]:
        """Names of the rigs, each once."""
        return tuple(sorted({shard.identity.split("#")[0] for shard in self.shards}))

    def read(self, shard: Shard, target: int, rows: slice, columns: slice) -> Samples:
        """Read a crop of a target.

        Raises:
            RendererError: The file is damaged.
        """
        try:
            with safe_open(str(shard.path), framework="pt") as file:
                cut = {
                    name: file.get_slice(name)[target : target + 1, ..., rows, columns]
                    for name in KEPT
                }
        except DAMAGE as error:
            raise _damaged(shard.path, error) from error
        return unpacked(cut)

    def whole(self, shard: Shard, target: int) -> Samples:
        """Read the figure of a target, its sides grown to multiples of 32 where there is room."""
        top, bottom, left, right = shard.boxes[target]
        rows, columns = (
            slice(a, a + -(-(b - a) // 32) * 32) for a, b in ((top, bottom), (left, right))
        )
        return self.read(shard, target, rows, columns)

    def choose(self, random: np.random.Generator, crop_px: int) -> tuple[list[Place], bool]:
        """Choose two crops of one sheet; tell whether they are consecutive frames of a clip."""
        number = int(random.integers(len(self.shards)))
        shard = self.shards[number]
        targets = len(shard.boxes)
        is_clip = shard.clip_frames > 1
        if is_clip:
            starts = [t for t in range(targets - 1) if (t + 1) % shard.clip_frames]
            first = starts[int(random.integers(len(starts)))]
            corner = self._corner(random, shard, first, crop_px)
            return [Place(number, first + later, *corner) for later in (0, 1)], True
        chosen = [int(target) for target in random.integers(targets, size=2)]
        return [Place(number, t, *self._corner(random, shard, t, crop_px)) for t in chosen], False

    def gather(self, places: Sequence[Place], crop_px: int) -> Samples:
        """Read crops.

        Raises:
            RendererError: A file is damaged, or its pictures are smaller.
        """
        parts = []
        for place in places:
            rows, columns = (slice(a, a + crop_px) for a in (place.row, place.column))
            part = self.read(self.shards[place.shard], place.target, rows, columns)
            if part.truth.shape[-2:] != (crop_px, crop_px):
                raise too_small(crop_px, part.truth)
            parts.append(part)
        return join(parts)

    def _corner(
        self, random: np.random.Generator, shard: Shard, target: int, crop_px: int
    ) -> tuple[int, int]:
        """Choose a crop inside the picture, its middle inside the figure's box."""
        top, bottom, left, right = shard.boxes[target]
        corner = []
        for low, high, size in ((top, bottom, shard.size[0]), (left, right, shard.size[1])):
            middle = int(random.integers(low, max(high, low + 1)))
            corner.append(min(max(middle - crop_px // 2, 0), max(size - crop_px, 0)))
        return corner[0], corner[1]


def unpacked(cut: Mapping[str, Tensor]) -> Samples:
    """Turn what a file holds into what the network sees."""
    picture = torch.cat([cut["picture"].float() / 255, cut["landmark"].float()], 1)
    return Samples(cut["slots"].float() / 255, picture, cut["truth"].float() / 255)


def too_small(crop_px: int, truth: Tensor) -> RendererError:
    """Return the error for crops that the pictures ``[..., H, W]`` have no room for."""
    height, width = truth.shape[-2:]
    return RendererError(
        f"crops of {crop_px} pixels do not fit into samples of {height} x {width}; "
        "give a smaller --crop, or render larger samples"
    )


def _read_head(path: Path) -> Shard:
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads(file.metadata()["header"])
            *_, height, width = file.get_slice("truth").get_shape()
            planes = file.get_slice("picture").get_shape()[1]
            if planes != PLANES:
                raise ValueError(f"it holds {planes} planes a picture, expected {PLANES}")
        boxes = tuple(tuple(int(v) for v in box) for box in header["boxes"])
        return Shard(
            path,
            str(header["identity"]),
            boxes,  # type: ignore[arg-type]
            int(header["clip_frames"]),
            bool(header["is_exact"]),
            (int(height), int(width)),
        )
    except DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, reason: object) -> RendererError:
    return RendererError(f"{path} is damaged: {str(reason)[:200]}; delete it and render anew")
