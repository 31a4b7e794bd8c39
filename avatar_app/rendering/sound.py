"""The sound of a video on its way into a film: copied where that can be, else encoded."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from avatar_app.errors import SourceError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Soundtrack:
    """Which sound goes into a film, and when.

    Attributes:
        path: A file with sound.
        shift_s: From the clock of that file to that of the film, seconds.
    """

    path: Path
    shift_s: float


# What players expect in a container; anything else is encoded anew.
COPIED_CODECS = {
    ".mp4": ("aac", "mp3", "ac3", "eac3", "alac", "opus"),
    ".webm": ("opus", "vorbis"),
}
ENCODERS = {".mp4": "aac", ".webm": "libopus"}
BIT_RATE = 160_000
AAC_RATES = (48_000, 44_100, 32_000)
OPUS_RATE = 48_000  # Opus has no other inside


class Sound:
    """The first sound of a file; a context manager."""

    def __init__(self, track: Soundtrack, suffix: str) -> None:
        """Open a file's sound.

        Args:
            track: Which sound.
            suffix: Of the film that it goes into: ``.mp4`` or ``.webm``.

        Raises:
            SourceError: The file cannot be read or has no sound.
        """
        self._track, self._suffix = track, suffix
        path = track.path
        try:
            self._container: Any = av.open(str(path))
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"cannot read the sound of {path}: {error}") from error
        streams = self._container.streams.audio
        if not streams:
            self._container.close()
            raise SourceError(f"no sound in {path}")
        self._source = streams[0]
        self._target: Any = None

    def __enter__(self) -> "Sound":
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._container.close()

    @property
    def is_copied(self) -> bool:
        """True when the packets need no encoding."""
        return self._source.codec_context.name in COPIED_CODECS[self._suffix]

    def join(self, film: Any) -> None:
        """Add a stream for the sound to a container that is being written."""
        if self.is_copied:
            self._target = film.add_stream_from_template(self._source)
            return
        context = self._source.codec_context
        rate = OPUS_RATE
        if ENCODERS[self._suffix] == "aac":
            rate = context.sample_rate if context.sample_rate in AAC_RATES else AAC_RATES[0]
        self._target = film.add_stream(ENCODERS[self._suffix], rate=rate)
        self._target.bit_rate = BIT_RATE
        self._target.layout = "mono" if context.channels == 1 else "stereo"

    def packets(self) -> Iterator[Any]:
        """Yield the packets for the stream that ``join`` added, in order."""
        packets = self._copied() if self.is_copied else self._encoded()
        for packet in packets:
            ticks = round(self._track.shift_s / packet.time_base)
            packet.pts += ticks
            packet.dts = packet.pts if packet.dts is None else packet.dts + ticks
            packet.stream = self._target
            yield packet

    def _copied(self) -> Iterator[Any]:
        for packet in self._demuxed():
            if packet.pts is not None and packet.size:
                yield packet

    def _encoded(self) -> Iterator[Any]:
        encoder = self._target.codec_context
        resampler = av.AudioResampler(encoder.format, encoder.layout, encoder.sample_rate)
        for frame in self._decoded():
            for resampled in resampler.resample(frame):
                yield from encoder.encode(resampled)
        for resampled in resampler.resample(None):
            yield from encoder.encode(resampled)
        yield from encoder.encode(None)

    def _decoded(self) -> Iterator[Any]:
        """Decode everything; damaged packets are left out."""
        damaged = 0
        for packet in self._demuxed():
            try:
                yield from self._source.decode(packet)
            except av.error.EOFError:
                break
            except av.error.FFmpegError:
                damaged += 1
        if damaged:
            logger.warning("%s: %d damaged packets of sound left out", self._track.path, damaged)

    def _demuxed(self) -> Iterator[Any]:
        packets = self._container.demux(self._source)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                logger.warning("the sound of %s ends early: %s", self._track.path, error)
                return
            if packet is None:
                return
            yield packet


def sound_start(path: Path) -> float | None:
    """Return when a file's sound starts on the file's clock, seconds; None without sound.

    What comes before 0 is a codec's run-up, which is not heard.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return None
            stream = container.streams.audio[0]
            start = stream.start_time
            return max(float(start * (stream.time_base or 0)), 0.0) if start is not None else 0.0
    except (av.error.FFmpegError, OSError):
        return None


def packet_time(packet: Any) -> Fraction:
    """Return when a packet is due, seconds."""
    return Fraction(packet.dts) * Fraction(packet.time_base)
