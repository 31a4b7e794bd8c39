"""Widths of the CoNR networks: the published size, and small ones for tests and training."""

import json
from dataclasses import asdict, dataclass
from typing import Any

STAGES = 4  # of a ResNet
SHADER_BLOCKS = 6  # at 1/32, 1/16, 1/8, 1/4, 1/2 and 1/1 of the picture's side
MAX_WIDTH = 1 << 16  # no network comes near; what lies beyond overflows when shapes are made
SIDE_STEP = 128  # pictures have sides that are multiples of this: 1/32, halved twice more


@dataclass(frozen=True, slots=True)
class ConrConfig:
    """Channel counts of the four networks; the defaults are the published ones.

    Attributes:
        stem_width: Of both backbones' first convolution, of F4 and T4, and of the last message.
        parser_widths: Output channels of the sheet parser's stages, fine to coarse.
        parser_depths: Bottlenecks per stage.
        encoder_widths: Output channels of the target pose encoder's stages, fine to coarse.
        encoder_depths: Basic blocks per stage.
        decoder_widths: Output channels of the U-Nets' upsampling blocks, coarse to fine.
        shader_width: Channels inside a shader block.
        flow_groups: Groups of message channels that are warped together.
    """

    stem_width: int = 64
    parser_widths: tuple[int, ...] = (256, 512, 1024, 2048)
    parser_depths: tuple[int, ...] = (3, 4, 6, 3)
    encoder_widths: tuple[int, ...] = (64, 128, 256, 512)
    encoder_depths: tuple[int, ...] = (2, 2, 2, 2)
    decoder_widths: tuple[int, ...] = (512, 384, 256, 128, 32)
    shader_width: int = 224
    flow_groups: int = 16

    def __post_init__(self) -> None:
        widths, depths = (
            (self.parser_widths, self.encoder_widths),
            (self.parser_depths, self.encoder_depths),
        )
        if any(len(sizes) != STAGES for sizes in widths + depths):
            raise ValueError(f"unexpected number of stages: {self}; give {STAGES}")
        if len(self.decoder_widths) != STAGES + 1:
            raise ValueError(f"unexpected decoder_widths: {self.decoder_widths}; give 5")
        if min(self._all_sizes()) < 1 or max(self._all_sizes()) > MAX_WIDTH:
            raise ValueError(f"unexpected width: {self}; give 1 to {MAX_WIDTH}")
        if any(width % 4 for width in self.parser_widths):
            raise ValueError(f"unexpected parser_widths: {self.parser_widths} not divisible by 4")
        if any(width % self.flow_groups for width in self.message_widths):
            raise ValueError(f"unexpected flow_groups: {self.flow_groups} do not divide messages")

    @classmethod
    def tiny(cls) -> "ConrConfig":
        """Return a size that a processor runs in milliseconds: for tests and toy training."""
        return cls(
            stem_width=8,
            parser_widths=(8, 12, 16, 24),
            parser_depths=(1, 1, 1, 1),
            encoder_widths=(8, 8, 12, 16),
            encoder_depths=(1, 1, 1, 1),
            decoder_widths=(16, 12, 8, 8, 8),
            shader_width=24,
            flow_groups=4,
        )

    @property
    def feature_widths(self) -> tuple[int, ...]:
        """Channels of the sheet features F0 to F4, coarse to fine."""
        return (*reversed(self.parser_widths), self.stem_width)

    @property
    def target_widths(self) -> tuple[int, ...]:
        """Channels of the target features T0 to T4, coarse to fine."""
        return (*reversed(self.encoder_widths), self.stem_width)

    @property
    def message_widths(self) -> tuple[int, ...]:
        """Channels of the six blocks' messages."""
        return (*self.feature_widths, self.stem_width)

    def to_json(self) -> str:
        """Write the widths as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ConrConfig":
        """Read widths written by ``to_json``.

        Raises:
            ValueError: The text is no JSON object of just these fields.
        """
        values = json.loads(text)
        if not isinstance(values, dict) or set(values) != set(cls.__dataclass_fields__):
            raise ValueError(f"unexpected network size: {text[:80]}")
        return cls(**{name: _whole_numbers(value) for name, value in values.items()})

    def _all_sizes(self) -> tuple[int, ...]:
        lists = (self.parser_widths, self.parser_depths, self.encoder_widths, self.encoder_depths)
        single = (self.stem_width, self.shader_width, self.flow_groups)
        return (*single, *self.decoder_widths, *(size for sizes in lists for size in sizes))


def _whole_numbers(value: Any) -> Any:
    """Return an int or a tuple of ints, or raise ValueError."""
    if isinstance(value, list):
        return tuple(_whole_numbers(part) for part in value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"unexpected width: {value!r}")
    return value
