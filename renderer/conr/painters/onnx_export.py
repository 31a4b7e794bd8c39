"""The frame part of CoNR (target encoder, shader, RGBA head) as an ONNX model.

The size of the picture is fixed, the number of views is not. The model is written by torch's
TorchScript exporter: the newer one needs a further package and gains nothing for networks without
control flow.
"""

import copy
import hashlib
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from renderer.cache_folder import keep_newest
from renderer.conr.config import SHADER_BLOCKS, SIDE_STEP, ConrConfig
from renderer.conr.networks import ConrNetworks
from renderer.conr.networks.parameter_hash import hash_parameters
from renderer.conr.networks.shading import SheetFeatures, shade
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

OPSET = 16  # the first with GridSample; onnxruntime's CUDA provider has kernels for all of it
FORMAT_VERSION = 1  # raise whenever the network's forward or the names below change
KEPT_MODELS = 3  # per folder; older ones are deleted, each takes up to 0.45 GB
VIEWS = "views"  # name of the dimension that varies
TARGET, OUTPUT = "target", "rgba"


class FrameNetwork(nn.Module):
    """What runs for every frame, with tensors alone as inputs."""

    def __init__(self, networks: ConrNetworks, dtype: torch.dtype) -> None:
        """Copy the parts that are needed, in ``dtype``."""
        super().__init__()
        self.pose_encoder = copy.deepcopy(networks.pose_encoder).to("cpu", dtype)
        self.shader = copy.deepcopy(networks.shader).to("cpu", dtype)
        self.rgba_head = copy.deepcopy(networks.rgba_head).to("cpu", dtype)
        self.eval().requires_grad_(False)
        self._kernels = self.shader.kernels()

    def forward(self, target: Tensor, *sheet: Tensor) -> Tensor:
        """Paint ``[1, 4, S, S]``; ``sheet`` in the order of ``sheet_tensors``."""
        references = len(sheet) - SHADER_BLOCKS + 1  # all but the first share and the features
        features = SheetFeatures(sheet[1 : references + 1], sheet[references + 1 :], sheet[0])
        message = shade(self._kernels, features, self.pose_encoder(target))
        painted: Tensor = self.rgba_head(message.to(target.dtype))
        return painted


def sheet_tensors(sheet: SheetFeatures) -> dict[str, Tensor]:
    """Name the features of a sheet as the model's inputs, in order."""
    named = {"first_share": sheet.first_share}
    named |= {f"reference_{index}": tensor for index, tensor in enumerate(sheet.references)}
    return named | {f"feature_{index}": tensor for index, tensor in enumerate(sheet.features)}


def export_frame(networks: ConrNetworks, side: int, dtype: torch.dtype, path: Path) -> None:
    """Write the frame part as an ONNX model.

    Args:
        networks: Left as they are.
        side: Of the square picture, a multiple of 128.
        dtype: Of weights, target and features: float32 or float16. Flows and output are float32.
        path: File to write.

    Raises:
        OSError: The file cannot be written.
    """
    if side < SIDE_STEP or side % SIDE_STEP:
        raise ValueError(f"unexpected side: {side} is no multiple of {SIDE_STEP}")
    sheet = sheet_tensors(empty_sheet(networks.config, side, dtype))
    target = torch.zeros(1, 4, side, side, dtype=dtype)
    # The exporter warns that it is not the newest, that norms use the picture's own statistics
    # and that sizes become constants: all of that is wanted.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            FrameNetwork(networks, dtype),
            (target, *sheet.values()),
            path,
            input_names=[TARGET, *sheet],
            output_names=[OUTPUT],
            dynamic_axes={name: {0: VIEWS} for name in sheet},
            opset_version=OPSET,
            dynamo=False,
        )


def cached_frame(networks: ConrNetworks, side: int, dtype: torch.dtype, folder: Path) -> Path:
    """Return the file with the model, written now unless the folder has it.

    Args:
        networks: Of which.
        side: See ``export_frame``.
        dtype: See ``export_frame``.
        folder: Created where missing.

    Raises:
        OSError: The folder cannot be written.
    """
    path = folder / f"conr-{frame_digest(networks, side, dtype)}.onnx"
    if not path.is_file():
        logger.info("exporting CoNR to ONNX at %d px, once", side)
        folder.mkdir(parents=True, exist_ok=True)
        with replaced(path) as temporary:
            export_frame(networks, side, dtype, temporary)
        keep_newest(folder, "conr-*.onnx", KEPT_MODELS)
    return path


def frame_digest(networks: ConrNetworks, side: int, dtype: torch.dtype) -> str:
    """Return a hash of everything that the model depends on."""
    kind = f"conr {FORMAT_VERSION} opset {OPSET} torch {torch.__version__} {side} {dtype}"
    digest = hashlib.sha256(kind.encode())
    parts = (networks.pose_encoder.backbone, networks.shader, networks.rgba_head)
    hash_parameters(digest, parts)
    return digest.hexdigest()[:32]


def empty_sheet(config: ConrConfig, side: int, dtype: torch.dtype, views: int = 1) -> SheetFeatures:
    """Make features of the right shapes that are all zero."""

    def zeros(channels: int, scale: int) -> Tensor:
        return torch.zeros(views, channels, side // scale, side // scale, dtype=dtype)

    _, *widths = config.feature_widths
    return SheetFeatures(
        tuple(zeros(4, scale) for scale in (16, 8, 4, 2, 1)),
        tuple(zeros(width, scale) for width, scale in zip(widths, (16, 8, 4, 2), strict=True)),
        zeros(config.shader_width, 64),
    )
