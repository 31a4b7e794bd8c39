"""Where finished pictures go: virtual cameras and recordings. Adapters load on demand."""

from avatar_app.output.base import FrameSink
from avatar_app.output.null_sink import NullSink

__all__ = ["FrameSink", "NullSink"]
