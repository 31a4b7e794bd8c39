"""What runs the decoders: their common contract, and the factory that opens one by name."""

from renderer.engines.base import DECODER_NAMES, Decoder, open_decoder

__all__ = ["DECODER_NAMES", "Decoder", "open_decoder"]
