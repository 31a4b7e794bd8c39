"""The UDP of a drawing as CoNR's parser sees it: the other half of the paper.

The published parser knows drawn, human-like characters on an empty background. What it returns is
in the landmarks that the weights were trained on; ``LandmarkConvention`` turns them into ours.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from renderer.conr.networks import ConrNetworks
from renderer.conr.sheet_input import MIN_FIGURE_SHARE, find_figure, premultiply
from renderer.errors import AcceleratorError
from udp_live.types import UdpMap

Image = NDArray[np.uint8]

PICTURE_SIZE = 512  # side that the networks work at; a face has then about 80 pixels
SIZE_STEP, MIN_SIZE, MAX_SIZE = 32, 64, 2048
OCCUPIED = 0.5  # our maps say 1 or 0; the network was trained with a cross-entropy, even at half


class UdpDetector:
    """Finds each pixel's landmark in a drawing. One thread at a time."""

    def __init__(
        self, networks: ConrNetworks, device: torch.device, size: int = PICTURE_SIZE
    ) -> None:
        """Move the parser to a device.

        Args:
            networks: With weights; they are shared, not copied.
            device: Where to run.
            size: Side of the square that the figure is scaled to, a multiple of 32.

        Raises:
            ValueError: The size is none that the network takes.
            AcceleratorError: The device ran out of memory.
        """
        if size % SIZE_STEP or not MIN_SIZE <= size <= MAX_SIZE:
            raise ValueError(
                f"unexpected size: {size}; give a multiple of {SIZE_STEP} "
                f"from {MIN_SIZE} to {MAX_SIZE}"
            )
        self._size, self._device = size, device
        try:
            self._parser = networks.parser.eval().to(device)
        except torch.OutOfMemoryError as error:
            raise AcceleratorError(f"{device} has no memory for the UDP detector") from error

    def detect(self, image: Image, *, soft: bool = False) -> UdpMap:
        """Detect the UDP of one drawing.

        Args:
            image: ``[H, W, 4]`` uint8 straight sRGB RGBA.
            soft: Keep the mask as the network gives it, in [0, 1] and without a threshold, as
                CoNR's own detector mode does; otherwise occupancy is 1 from ``OCCUPIED`` on,
                else 0.

        Returns:
            A map of the drawing's size in the landmarks of the weights, 0 outside the figure.

        Raises:
            SheetError: No figure can be told from the background.
            AcceleratorError: The device ran out of memory.
        """
        crop = find_figure(image)
        square = self._run(crop.cut(premultiply(image), self._size))
        xyzv = crop.put_back(square, (image.shape[1], image.shape[0]))
        if not soft:
            xyzv[..., 3] = xyzv[..., 3] >= OCCUPIED
        xyzv[xyzv[..., 3] <= 0] = 0
        return UdpMap(xyzv)

    def _run(self, premultiplied: Image) -> NDArray[np.float32]:
        """Return ``[S, S, 4]`` float32 landmark and mask of a square picture."""
        colours = torch.from_numpy(premultiplied[..., :3].transpose(2, 0, 1)[None].copy())
        try:
            with torch.inference_mode():
                found = self._parser.detect(colours.to(self._device, torch.float32) / 255)
        except torch.OutOfMemoryError as error:
            raise AcceleratorError(
                f"{self._device} ran out of memory at {self._size} px; choose a smaller size"
            ) from error
        planes = found[0].to("cpu", torch.float32).numpy()
        return np.ascontiguousarray(planes.transpose(1, 2, 0))


def shows_nobody(image: Image) -> bool:
    """Tell whether an ``[H, W, 4]`` picture has next to nothing on it, as a video's may."""
    return bool((image[..., 3] > 0).mean() < MIN_FIGURE_SHARE)
