"""Pairs without end, rendered from rigs: the same seed and index give the same pair."""

import zlib
from collections import OrderedDict
from collections.abc import Sequence

import moderngl
import numpy as np

from renderer.training.drawn_sheet import DrawnSheet, SheetSettings, Stream
from renderer.training.identities import Identity
from renderer.training.material_cells import with_material_cells
from renderer.training.pair_options import PairOptions
from renderer.training.swapped_parts import common_things, with_swapped_parts
from renderer.training.training_pair import TrainingPair
from renderer.training.variants import make_variant
from udp_live.motion.clip import MotionClip
from udp_live.rig.rig import Rig

__all__ = ["PairOptions", "PairSource", "TrainingPair"]

SWAPPED_SHARE = 0.6  # of the variants of rigs that share their bones with others
OPEN_SHEETS = 3  # uploaded at a time; a trainer walks through the targets of one or two


class PairSource:
    """Render training pairs.

    *Render thread only.*

    Targets of one sheet are cheap one after another: ``targets_per_sheet`` consecutive indices
    share it, and the last few sheets stay uploaded.
    """

    def __init__(
        self,
        context: moderngl.Context,
        identities: Sequence[Identity],
        seed: int,
        options: PairOptions | None = None,
        motions: Sequence[MotionClip] = (),
    ) -> None:
        """Prepare; nothing is drawn yet.

        Args:
            context: From ``open_context``, current on this thread.
            identities: Characters, at least one.
            seed: Of everything that is drawn by chance.
            options: None takes the defaults.
            motions: Recorded motions that some of the poses come from.
        """
        if not identities:
            raise ValueError("no characters to render pairs from")
        self._context = context
        self._identities = tuple(identities)
        self._seed = seed
        self._options = options or PairOptions()
        self._motions = tuple(motions)
        # Faces that move are what the decoder is for, so they come more often.
        weights = [1.0 + bool(identity.rig.expressions) for identity in identities]
        self._chances = np.array(weights) / sum(weights)
        self._split_rigs: dict[str, Rig] = {}
        self._open: OrderedDict[int, DrawnSheet] = OrderedDict()

    @property
    def options(self) -> PairOptions:
        """What the pairs are like."""
        return self._options

    def pair(self, index: int) -> TrainingPair:
        """Render pair ``index``, from 0 on without end."""
        if index < 0:
            raise ValueError(f"unexpected index: {index} is negative")
        number, target = divmod(index, self._options.targets_per_sheet)
        return self._sheet(number).pair(target)

    def clip(self, number: int) -> tuple[TrainingPair, ...]:
        """Render the consecutive frames of clip ``number``.

        The sheets of clips are those with ``is_clip_sheet``; see ``TrainingPair.clip``.

        Raises:
            ValueError: This number's sheet holds pictures on their own.
        """
        per_sheet = self._options.targets_per_sheet // self._options.clip_frames
        if not self.is_clip_sheet(number // per_sheet):
            raise ValueError(f"unexpected clip: sheet {number // per_sheet} has no clips")
        first = number * self._options.clip_frames
        return tuple(self.pair(first + frame) for frame in range(self._options.clip_frames))

    def is_clip_sheet(self, sheet_number: int) -> bool:
        """Tell whether the targets of a sheet are frames of clips."""
        random = np.random.default_rng((self._seed, sheet_number, Stream.KIND))
        return bool(random.random() < self._options.clip_share)

    def close(self) -> None:
        """Release all GPU memory; the context stays open."""
        while self._open:
            self._open.popitem()[1].close()

    def _sheet(self, number: int) -> DrawnSheet:
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        while len(self._open) >= OPEN_SHEETS:
            self._open.popitem(last=False)[1].close()
        identity, rig = self._character(number)
        settings = SheetSettings(
            identity,
            number,
            (self._seed, number),
            self.is_clip_sheet(number),
            self._options,
            self._motions,
        )
        self._open[number] = DrawnSheet(self._context, rig, settings)
        return self._open[number]

    def _character(self, number: int) -> tuple[str, Rig]:
        """Return name and rig of the character on a sheet."""
        random = np.random.default_rng((self._seed, number, Stream.CHARACTER))
        identity = self._identities[int(random.choice(len(self._identities), p=self._chances))]
        variant = int(random.integers(self._options.variants))
        rig = self._with_other_parts(identity, variant) if variant else self._cells(identity)
        return f"{identity.name}#{variant}", make_variant(rig, variant)

    def _with_other_parts(self, identity: Identity, variant: int) -> Rig:
        """Return the character, perhaps with parts of another one that shares its bones."""
        rig = self._cells(identity)
        random = np.random.default_rng((variant, zlib.crc32(identity.name.encode())))
        donors = [
            other
            for other in self._identities
            if other is not identity and common_things(identity.rig, other.rig)
        ]
        if not donors or random.random() > SWAPPED_SHARE:
            return rig
        donor = donors[int(random.integers(len(donors)))]
        return with_swapped_parts(rig, self._cells(donor), random)

    def _cells(self, identity: Identity) -> Rig:
        if identity.name not in self._split_rigs:
            self._split_rigs[identity.name] = with_material_cells(identity.rig)
        return self._split_rigs[identity.name]
