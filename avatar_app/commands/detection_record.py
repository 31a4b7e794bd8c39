"""What ``detect-udp`` leaves behind: UDP files, a point cloud, a picture of what was seen."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.commands.contact_sheet import Card, contact_sheet, encode_palette_png
from avatar_app.commands.report import write_whole
from avatar_app.output.disk_file import disk_errors
from avatar_app.output.udp_recording import replaceable_files
from avatar_app.rendering.landmark_choice import CANONICAL
from renderer.conr.landmarks.landmark_convention import LandmarkConvention
from renderer.conr.udp_detector import OCCUPIED
from renderer.sheet.ply_file import write_ply
from renderer.sheet.point_cloud import PointCloud, gather_points, merge_clouds
from renderer.types import SheetView
from udp_live.types import UdpMap
from udp_live.udp_files import SequenceNotes, write_notes, write_udp

Image = NDArray[np.uint8]

CARD_PX = 360
MAX_CARDS = 64  # more than that show nothing any more
STAGE = (24, 48, 57)  # sRGB behind drawings and UDP
CLOUD_SPACING = 1 / 400  # landmark units; detected landmarks are no finer


@dataclass(frozen=True, slots=True)
class DetectionOutput:
    """Where detections go.

    Attributes:
        folder: For one UDP file each.
        suffix: ``.npz`` or ``.exr``.
        ply: For a point cloud of all, or None.
        picture: PNG that shows each UDP beside its drawing, or None.
        overwrite: Replace what was detected before.
    """

    folder: Path
    suffix: str
    ply: Path | None = None
    picture: Path | None = None
    overwrite: bool = False


class DetectionRecord:
    """Take detections one by one and write them."""

    def __init__(
        self,
        output: DetectionOutput,
        convention: LandmarkConvention | None,
        notes: SequenceNotes,
        *,
        is_film: bool,
    ) -> None:
        """Look at the folder; it is made, or cleared, for the first detection.

        Args:
            output: Where to.
            convention: Of the network's landmarks; None where they are written as they are.
            notes: What is known of all; their ``landmarks`` tell which ones are written.
            is_film: The files are numbered frames, among which no older ones may stay.

        Raises:
            OutputError: The folder holds what is not to be lost.
            ValueError: There is no convention and it is needed.
        """
        self._is_canonical = notes.landmarks == CANONICAL
        if convention is None and (self._is_canonical or output.ply is not None):
            raise ValueError("unexpected convention: None, but our landmarks are wanted")
        self._output, self._convention, self._notes = output, convention, notes
        self._old = _old_files(output, is_film=is_film)
        self._cloud = PointCloud(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
        self._cards: list[Card] = []
        self._card_every = 1
        self.count = 0

    def add(self, name: str, image: Image, detected: UdpMap) -> None:
        """Write one detection.

        Args:
            name: File name without suffix.
            image: ``[H, W, 4]`` uint8 straight RGBA.
            detected: In the network's landmarks, with a soft mask.

        Raises:
            OutputError, UdpFileError: The folder or the file cannot be written.
        """
        if self.count == 0:
            self._prepare_folder()
        written = detected
        if self._convention is not None:
            canonical = self._convention.invert_map(_occupied(detected))
            written = canonical if self._is_canonical else detected
            self._gather(SheetView(name, image, canonical.xyzv))
        write_udp(self._output.folder / f"{name}{self._output.suffix}", written)
        if self._output.picture is not None and self.count % self._card_every == 0:
            self._keep_card(_card(name, image, detected))
        self.count += 1

    def add_empty(self, name: str, image: Image) -> None:
        """Write the empty map of a frame in which nobody is seen."""
        self.add(name, image, UdpMap(np.zeros(image.shape, np.float32)))

    def finish(self) -> None:
        """Write what belongs to all detections together.

        Raises:
            UdpFileError, SheetError, OutputError: A file cannot be written.
        """
        output = self._output
        write_notes(output.folder, self._notes)
        if output.ply is not None:
            write_ply(output.ply, self._cloud)
        if output.picture is not None:
            write_whole(output.picture, encode_palette_png(contact_sheet(self._cards)))

    def _prepare_folder(self) -> None:
        with disk_errors(self._output.folder):
            self._output.folder.mkdir(parents=True, exist_ok=True)
            for path in self._old:
                path.unlink(missing_ok=True)

    def _gather(self, view: SheetView) -> None:
        if self._output.ply is not None:
            points = gather_points([view], None, CLOUD_SPACING)
            self._cloud = merge_clouds([self._cloud, points], CLOUD_SPACING)

    def _keep_card(self, card: Card) -> None:
        """Keep cards of evenly spread pictures, however many there will be."""
        self._cards.append(card)
        if len(self._cards) > MAX_CARDS:
            self._cards = self._cards[::2]
            self._card_every *= 2


def _old_files(output: DetectionOutput, *, is_film: bool) -> list[Path]:
    """Return what a new film takes the place of; drawings only replace those of their name."""
    with disk_errors(output.folder):
        if not output.folder.exists():
            return []
        if output.overwrite and not is_film:
            return []
        return replaceable_files(output.folder, overwrite=output.overwrite)


def _occupied(detected: UdpMap) -> UdpMap:
    xyzv = detected.xyzv.copy()
    xyzv[..., 3] = xyzv[..., 3] >= OCCUPIED
    xyzv[xyzv[..., 3] == 0] = 0
    return replace(detected, xyzv=xyzv)


def _card(name: str, image: Image, detected: UdpMap) -> Card:
    """Put a drawing and its UDP, with x, y and z as red, green and blue, side by side."""
    xyzv = detected.xyzv
    figure = np.flatnonzero(image[..., 3].max(axis=0)), np.flatnonzero(image[..., 3].max(axis=1))
    columns, rows = (slice(part[0], part[-1] + 1) if len(part) else slice(None) for part in figure)
    drawing = _on_stage(image[rows, columns, :3], image[rows, columns, 3:] / np.float32(255))
    udp = _on_stage(255 * xyzv[rows, columns, :3], xyzv[rows, columns, 3:])
    return Card((drawing, udp), name.encode("ascii", "replace").decode()[:24])


def _on_stage(colour: NDArray[Any], alpha: NDArray[np.float32]) -> Image:
    """Lay a picture of any size onto a square card."""
    stage = np.array(STAGE, np.float32)
    laid = stage + (colour.astype(np.float32) - stage) * alpha
    height, width = laid.shape[:2]
    room = round(0.9 * CARD_PX)
    scale = room / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(laid, size, interpolation=kind)
    card = np.broadcast_to(stage, (CARD_PX, CARD_PX, 3)).copy()
    top, left = (CARD_PX - size[1]) // 2, (CARD_PX - size[0]) // 2
    card[top : top + size[1], left : left + size[0]] = small
    return np.asarray(np.rint(card), np.uint8)
