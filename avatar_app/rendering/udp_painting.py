"""Pictures painted from a folder of Ultra-Dense Pose (UDP) files."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.config import SUPERSAMPLING
from avatar_app.errors import SourceError
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.udp_crop import UdpCrop, square_around
from renderer.conr.landmarks.landmark_convention import LandmarkConvention
from renderer.engines import Decoder
from udp_live.types import UdpMap
from udp_live.udp_files import UdpSequence


@dataclass(frozen=True, slots=True)
class UdpFormat:
    """How a sequence is read and painted.

    Attributes:
        size: Side of what the decoder paints, pixels.
        fps: Frames per second.
        on_canvas: The pictures have the sequence's own size, otherwise that of the decoder.
        convention: Whose landmarks the files hold; None means our own.
    """

    size: int
    fps: float
    on_canvas: bool = False
    convention: LandmarkConvention | None = None


class UdpPainting:
    """Paint a UDP sequence through one fixed crop; see Painting. One thread at a time."""

    def __init__(
        self,
        sequence: UdpSequence,
        crop: UdpCrop,
        decoder: Decoder,
        encoding: Any,
        form: UdpFormat,
    ) -> None:
        """Prepare to paint.

        Args:
            sequence: What to paint.
            crop: The square that is painted.
            decoder: Paints.
            encoding: Of the character sheet, from ``decoder``.
            form: Size, rate, landmarks.
        """
        self._sequence, self._crop = sequence, crop
        self._decoder, self._encoding = decoder, encoding
        self._form = form
        self.size = sequence.size if form.on_canvas else (form.size, form.size)
        self.names = sequence.names
        self.times_s = [index / form.fps for index in range(len(sequence))]
        self.end_s = len(sequence) / form.fps

    def paint(self, index: int) -> NDArray[np.uint8]:
        """Paint one frame; see Painting.

        Raises:
            UdpFileError: The frame cannot be read.
        """
        udp_map = self._sequence.read(index)
        if self._form.convention is not None:
            udp_map = self._form.convention.invert_map(udp_map)
        picture = self._decode(udp_map)
        if self._form.on_canvas:
            return self._crop.put_back(picture, self._sequence.size)
        return picture

    def pass_over(self, index: int) -> None:
        """Do nothing: a frame does not depend on others."""

    def _decode(self, udp_map: UdpMap) -> NDArray[np.uint8]:
        # A map that is hardly larger than the picture has no smoother edges to offer.
        scale = SUPERSAMPLING if self._crop.side >= SUPERSAMPLING * self._form.size else 1
        cut = self._crop.cut(udp_map, self._form.size * scale)
        return self._decoder.decode(self._encoding, cut, {}, scale)


def measure_crop(sequence: UdpSequence, progress: Progress) -> UdpCrop:
    """Read the whole sequence for the square that all of its figures fill.

    Raises:
        SourceError: Every frame is empty.
        UdpFileError: A frame cannot be read.
    """
    progress.begin("measuring", len(sequence))
    box = sequence.figure_box(progress.advance)
    progress.end()
    if box is None:
        raise SourceError("no figure in any frame of the UDP sequence: nothing to paint")
    return square_around(box)
