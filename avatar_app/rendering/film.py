"""Make a film of a painting: segment by segment, joined at the end, with sound."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar_app.errors import OutputError
from avatar_app.output.compositor import Compositor
from avatar_app.output.disk_file import DiskFile, disk_errors
from avatar_app.output.held_interrupt import hold_interrupts
from avatar_app.output.video_encoding import TIME_BASE
from avatar_app.rendering.painting import Painting
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.segments import Segments, to_ticks
from avatar_app.rendering.sound import Sound, Soundtrack, packet_time

# With its index in front a film begins to play before all of it has come over the net.
CONTAINER_OPTIONS = {".mp4": {"movflags": "+faststart"}, ".webm": {}}
ALPHA_MARK = "alpha_mode"  # without it players of WebM pass over the alpha


class Film:
    """Write one film file; what an earlier run has left in the folder is gone on with."""

    def __init__(
        self,
        path: Path,
        folder: Path,
        painting: Painting,
        sound: Soundtrack | None = None,
    ) -> None:
        """Prepare a film.

        Args:
            path: Ends in ``.mp4`` or ``.webm``.
            folder: For segments; it exists.
            painting: The pictures.
            sound: What is heard; None for a silent film.
        """
        self._path, self._painting, self._sound = path, painting, sound
        self._ticks = to_ticks(painting.times_s)
        self._part = folder / f"film{path.suffix}"
        self._segments = Segments(folder, path.suffix, self._ticks, painting.size)

    def paint(self, compositor: Compositor, progress: Progress) -> None:
        """Paint every segment that is missing.

        Args:
            compositor: Puts the background under the pictures.
            progress: Is told of every picture.

        Raises:
            OutputError: The disk is full.
            RendererError: A picture cannot be painted.
        """
        missing = [at for at in range(len(self._segments)) if not self._segments.has(at)]
        there = set(range(len(self._segments))) - set(missing)
        done = sum(len(self._segments.places(at)) for at in there)
        progress.begin("painting", len(self._ticks), done)
        for at in range(missing[-1] + 1 if missing else 0):
            if at in there:
                for place in self._segments.places(at):
                    self._painting.pass_over(place)
            else:
                self._segments.write(at, self._pictures(at, compositor, progress))
        progress.end()

    def finish(self) -> None:
        """Join the segments and the sound into the file, which then has its name.

        Raises:
            OutputError: The disk is full.
            SourceError: The sound cannot be read.
        """
        with disk_errors(self._path):
            file = DiskFile(self._part)
            try:
                self._write(file)
            finally:
                file.close()
            file.check()
            self._part.replace(self._path)

    def _pictures(
        self, segment: int, compositor: Compositor, progress: Progress
    ) -> Iterator[NDArray[np.uint8]]:
        composite = (
            compositor.composite if self._segments.keeps_alpha else compositor.composite_opaque
        )
        for place in self._segments.places(segment):
            yield composite(self._painting.paint(place))
            progress.advance()

    def _write(self, file: DiskFile) -> None:
        with ExitStack() as stack:
            first = stack.enter_context(av.open(str(self._segments.path(0))))
            film: Any = av.open(
                file,
                "w",
                format=self._path.suffix.removeprefix("."),
                options=CONTAINER_OPTIONS[self._path.suffix],
                io_open=file.read_back,
            )
            stack.callback(_close, film)
            template = first.streams.video[0]
            stream = film.add_stream_from_template(template)
            stream.time_base = TIME_BASE
            if self._segments.keeps_alpha:
                stream.metadata[ALPHA_MARK] = "1"
            tracks = [self._packets(stream)]
            if self._sound is not None:
                sound = stack.enter_context(Sound(self._sound, self._path.suffix))
                sound.join(film)
                tracks.append(sound.packets())
            for packet in heapq.merge(*tracks, key=packet_time):
                with hold_interrupts():
                    film.mux(packet)
                file.check()

    def _packets(self, stream: Any) -> Iterator[Any]:
        """Yield the packets of all segments, each with the time and duration of its picture."""
        ends = [*self._ticks[1:], _end_tick(self._ticks, self._painting.end_s)]
        for segment in range(len(self._segments)):
            with av.open(str(self._segments.path(segment))) as container:
                packets = [packet for packet in container.demux(video=0) if packet.size]
            places = self._segments.places(segment)
            if len(packets) != len(places):
                raise OutputError(f"segment {segment} of {self._path} changed while it was joined")
            for packet, place in zip(packets, places, strict=True):
                packet.time_base = TIME_BASE
                packet.pts = packet.dts = self._ticks[place]
                packet.duration = ends[place] - self._ticks[place]
                packet.stream = stream
                yield packet


def _close(film: Any) -> None:
    with hold_interrupts():
        film.close()


def _end_tick(ticks: Sequence[int], end_s: float) -> int:
    """Return when the last picture ends, later than it begins."""
    return max(round(end_s / TIME_BASE), ticks[-1] + 1)
