"""What the network learns from, kept on disk: training must not wait for rendering.

One safetensors file per sheet, named by its number, holds the targets of that sheet:

- ``slots`` ``[T, K, 5, S, S]`` uint8 and ``picture`` ``[T, 6, S, S]`` uint8, in 1/255: see Slots;
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
from renderer.guided.encoder import encode_sheet
from renderer.guided.filled_picture import fill, look_up
from renderer.guided.guided_decoder import figure_box
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.slots import PICTURE_CHANNELS, Slots, gather_slots
from renderer.training.pair_options import PairOptions
from renderer.training.training_pair import TrainingPair
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

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
    """

    path: Path
    identity: str
    boxes: tuple[tuple[int, int, int, int], ...] = field(repr=False)
    clip_frames: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Samples:
    """A batch.

    Attributes:
        slots: ``[B, K, 5, S, S]`` float32, as in Slots.
        picture: ``[B, 9, S, S]`` float32, as in Slots.
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


def write_shards(source: Pairs, folder: Path, sheets: range) -> Iterator[Path]:
    """Render the targets of sheets and write one file each; files that exist are kept.

    Args:
        source: Of the pairs.
        folder: Made where missing.
        sheets: Their numbers.

    Yields:
        Each file once it is there. A sheet that cannot be encoded is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in sheets:
        path = folder / f"sheet-{number:06}.safetensors"
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
    encoding = encode_sheet(pairs[0].sheet)
    targets = [make_target(encoding, pair) for pair in pairs]
    tensors = {name: torch.stack([target[name] for target in targets]) for name in targets[0]}
    header = {
        "identity": pairs[0].identity,
        "clip_frames": source.options.clip_frames if source.is_clip_sheet(number) else 1,
        "is_exact": pairs[0].is_exact,
        "boxes": tensors["box"].tolist(),
    }
    with replaced(path) as temporary:
        save_file(tensors, temporary, {"header": json.dumps(header)})


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
                    for name in ("slots", "picture", "landmark", "truth")
                }
        except DAMAGE as error:
            raise _damaged(shard.path, error) from error
        return _unpacked(cut)

    def whole(self, shard: Shard, target: int) -> Samples:
        """Read the figure of a target, its sides grown to multiples of 32 where there is room."""
        top, bottom, left, right = shard.boxes[target]
        rows, columns = (
            slice(a, a + -(-(b - a) // 32) * 32) for a, b in ((top, bottom), (left, right))
        )
        return self.read(shard, target, rows, columns)

    def draw(self, random: np.random.Generator, crop_px: int) -> tuple[Samples, bool]:
        """Draw two crops of one sheet, and whether they are consecutive frames of a clip."""
        shard = self.shards[int(random.integers(len(self.shards)))]
        targets = len(shard.boxes)
        is_clip = shard.clip_frames > 1
        if is_clip:
            starts = [t for t in range(targets - 1) if (t + 1) % shard.clip_frames]
            first = starts[int(random.integers(len(starts)))]
            rows, columns = self._crop(random, shard, first, crop_px)
            both = [(first, rows, columns), (first + 1, rows, columns)]
        else:
            chosen = random.integers(targets, size=2)
            both = [(int(t), *self._crop(random, shard, int(t), crop_px)) for t in chosen]
        return join([self.read(shard, *one) for one in both]), is_clip

    def _crop(
        self, random: np.random.Generator, shard: Shard, target: int, crop_px: int
    ) -> tuple[slice, slice]:
        """Choose a crop inside the picture, its middle inside the figure's box."""
        top, bottom, left, right = shard.boxes[target]
        height, width = _picture_size(shard)
        sides = []
        for low, high, size in ((top, bottom, height), (left, right, width)):
            middle = int(random.integers(low, max(high, low + 1)))
            start = min(max(middle - crop_px // 2, 0), max(size - crop_px, 0))
            sides.append(slice(start, start + crop_px))
        return sides[0], sides[1]


def _picture_size(shard: Shard) -> tuple[int, int]:
    with safe_open(str(shard.path), framework="pt") as file:
        *_, height, width = file.get_slice("truth").get_shape()
    return int(height), int(width)


def _unpacked(cut: Mapping[str, Tensor]) -> Samples:
    picture = torch.cat([cut["picture"].float() / 255, cut["landmark"].float()], 1)
    return Samples(cut["slots"].float() / 255, picture, cut["truth"].float() / 255)


def _read_head(path: Path) -> Shard:
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads(file.metadata()["header"])
        boxes = tuple(tuple(int(v) for v in box) for box in header["boxes"])
        return Shard(
            path,
            str(header["identity"]),
            boxes,  # type: ignore[arg-type]
            int(header["clip_frames"]),
            bool(header["is_exact"]),
        )
    except DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, reason: object) -> RendererError:
    return RendererError(f"{path} is damaged: {str(reason)[:200]}; delete it and render anew")
