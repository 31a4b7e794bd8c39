"""Where the landmarks of one frame were in the frame before, found on any device.

The counterpart of ``renderer.metrics.flicker``'s search tree: a search of all landmarks on a coarse
grid, then of the neighbourhood of what was found there, finer and finer. In whole pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.guided.slots import PICTURE_CHANNELS, UDP

LANDMARK = slice(UDP + 1, PICTURE_CHANNELS)  # planes of Slots.picture
OCCUPANCY = UDP
COARSE = 4  # pixels between the landmarks that are compared with all others
LARGE = 256  # pictures larger than this are compared twice as coarsely, for their memory
SAME_STEPS = 2.0  # landmarks further apart than this many pixels' steps are different ones
FAR = 1e3  # from every landmark


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Pixels that show the same landmarks in two frames.

    Attributes:
        earlier: ``[P, H * W]`` int64: flat index, in the earlier frame, of each pixel's landmark.
        matched: ``[P, 1, H, W]`` float32: 1 where it is shown there.
    """

    earlier: Tensor
    matched: Tensor

    def moved(self, planes: Tensor) -> Tensor:
        """Fetch planes ``[P, C, H, W]`` of the earlier frame to where the later one has them."""
        index = self.earlier[:, None].expand(-1, planes.shape[1], -1)
        return planes.flatten(2).gather(2, index).view_as(planes)


@torch.no_grad()
def correspondence(earlier: Tensor, later: Tensor) -> Correspondence:
    """Find each pixel's landmark in the frame before.

    Pixels outside the figure in both frames correspond to themselves: rims must not flicker
    either.

    Args:
        earlier: ``[P, 22, H, W]``, see Slots.
        later: The next frames of the same size.
    """
    height, width = later.shape[-2:]
    shown = later[:, OCCUPANCY].flatten(1) > 0.5  # [P, H * W]
    before, wanted = _landmarks(earlier), later[:, LANDMARK].float()
    here = torch.arange(height * width, device=later.device).expand_as(shown)
    search = _Search(before, wanted.flatten(2), here)
    coarse = COARSE if max(height, width) <= LARGE else 2 * COARSE
    for place in _suggested(_coarse_motion(before, wanted, coarse), coarse, height, width):
        search.consider(place)
    search.look_around(1)
    outside = ~shown & (earlier[:, OCCUPANCY].flatten(1) <= 0)
    matched = shown & (search.distance < SAME_STEPS * _step(before)[:, None]) | outside
    index = torch.where(outside, here, search.best)
    return Correspondence(index, matched.view(-1, 1, height, width).float())


class _Search:
    """The nearest landmark found so far, for each of some points."""

    def __init__(self, before: Tensor, wanted: Tensor, place: Tensor) -> None:
        """Begin at places ``[P, N]`` with wanted landmarks ``[P, 3, N]``."""
        count, _, self._height, self._width = before.shape
        # All pictures in one row: fetching from it is many times as fast as ``gather``.
        self._before, self._wanted = (
            planes.transpose(0, 1).reshape(3, -1) for planes in (before, wanted)
        )
        size = self._height * self._width
        self._start = torch.arange(count, device=wanted.device)[:, None] * size  # [P, 1]
        self.best, self._square = place, self._distance(place)

    @property
    def distance(self) -> Tensor:
        """How far the nearest landmarks are, ``[P, N]``."""
        return self._square.sqrt()

    def consider(self, place: Tensor) -> None:
        """Take places ``[P, N]`` where they are nearer."""
        square = self._distance(place)
        nearer = square < self._square
        self.best = torch.where(nearer, place, self.best)
        self._square = torch.where(nearer, square, self._square)

    def look_around(self, step: int) -> None:
        """Consider what lies ``step`` pixels around the best, then half as far, and so on."""
        while step:
            row, column = self.best // self._width, self.best % self._width
            for dy in (-step, 0, step):
                for dx in (-step, 0, step):
                    y = (row + dy).clamp(0, self._height - 1)
                    self.consider(y * self._width + (column + dx).clamp(0, self._width - 1))
            step //= 2

    def _distance(self, place: Tensor) -> Tensor:
        found = self._before.index_select(1, (place + self._start).view(-1))
        return found.sub_(self._wanted).square_().sum(0).view_as(place)


def _landmarks(picture: Tensor) -> Tensor:
    """Return ``[P, 3, H, W]``, far away where no figure is."""
    shown = picture[:, OCCUPANCY : OCCUPANCY + 1] > 0.5
    return torch.where(shown, picture[:, LANDMARK].float(), FAR)


def _coarse_motion(before: Tensor, wanted: Tensor, coarse: int) -> Tensor:
    """Return where the middle of each cell was: rows and columns by which, ``[2, P, h, w]``."""
    height, width = wanted.shape[-2:]
    rows, columns = (
        torch.arange(coarse // 2, size, coarse, device=wanted.device) for size in (height, width)
    )
    grid = (rows[:, None] * width + columns).flatten()  # [h * w]
    known, points = (planes.flatten(2).index_select(2, grid) for planes in (before, wanted))
    nearest = torch.cdist(points.transpose(1, 2), known.transpose(1, 2)).argmin(2)
    search = _Search(before, points, grid[nearest])
    search.look_around(coarse // 2)
    motion = torch.stack([search.best // width - grid // width, search.best % width - grid % width])
    return motion.view(2, -1, len(rows), len(columns))


def _suggested(motion: Tensor, coarse: int, height: int, width: int) -> Iterator[Tensor]:
    """Suggest places ``[P, H * W]``: what each pixel's cell and the cells around moved by."""
    y = torch.arange(height, device=motion.device)[:, None]
    x = torch.arange(width, device=motion.device)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row = (y // coarse + dy).clamp(0, motion.shape[2] - 1)
            column = (x // coarse + dx).clamp(0, motion.shape[3] - 1)
            down, right = motion[:, :, row, column]  # [P, H, W] each
            place = (y + down).clamp(0, height - 1) * width + (x + right).clamp(0, width - 1)
            yield place.flatten(1)


def _step(before: Tensor) -> Tensor:
    """Return how far landmarks typically move over one pixel, ``[P]``."""
    change = torch.linalg.vector_norm(before.diff(dim=-1), dim=1).flatten(1)
    inside = torch.where((change > 0) & (change < 1), change, torch.nan)
    return inside.nanmedian(1).values.nan_to_num(0.0)
