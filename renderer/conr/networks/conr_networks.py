"""CoNR as a whole: the four networks, what they make of a sheet, and how they paint a frame."""

import torch
from torch import Tensor, nn

from renderer.conr.config import SHADER_BLOCKS, ConrConfig
from renderer.conr.networks.rgba_head import RgbaHead
from renderer.conr.networks.shader import Shader, ShaderKernels
from renderer.conr.networks.shading import SheetFeatures, shade, share_of_sheet
from renderer.conr.networks.unet import ParserNet, PoseEncoder
from renderer.conr.networks.warp import shrink

NETWORK_OF_FILE = {
    "udpparsernet.pth": "parser",
    "target_pose_encoder.pth": "pose_encoder",
    "shader.pth": "shader",
    "rgbadecodernet.pth": "rgba_head",
}


class ConrNetworks(nn.Module):
    """The networks of CoNR (Lin et al., IJCAI 2023), keys as in the published files."""

    def __init__(self, config: ConrConfig) -> None:
        super().__init__()
        self.config = config
        self.parser = ParserNet(config)
        self.pose_encoder = PoseEncoder(config)
        self.shader = Shader(config)
        self.rgba_head = RgbaHead(config)

    def detect(self, images: Tensor) -> Tensor:
        """Detect the UDP of drawings.

        Args:
            images: ``[B, 3, H, W]`` premultiplied RGB in [0, 1], sides divisible by 32.

        Returns:
            ``[B, 4, H, W]`` landmark and occupancy in [0, 1].
        """
        return self.parser.detect(images)

    def encode(self, drawings: Tensor, kernels: ShaderKernels | None = None) -> SheetFeatures:
        """Encode the drawings of a sheet.

        Args:
            drawings: ``[N, 4, H, W]`` premultiplied RGBA in [0, 1], sides divisible by 128.
            kernels: Of the shader, cut before; None cuts them now, as training must.
        """
        colour, alpha = drawings[:, :3], drawings[:, 3:]
        coarse, *features = self.parser(colour)
        # Trained with colours multiplied by alpha once more: squared on soft edges.
        references = torch.cat([colour * alpha, alpha], 1)
        first = (kernels or self.shader.kernels())[0]
        return SheetFeatures(
            tuple(shrink(references, 2**level) for level in range(SHADER_BLOCKS - 2, -1, -1)),
            tuple(features),
            share_of_sheet(first, references, coarse),
        )

    def paint(
        self, sheet: SheetFeatures, target: Tensor, kernels: ShaderKernels | None = None
    ) -> Tensor:
        """Paint one frame.

        Args:
            sheet: Of as many views as wanted, of the target's size.
            target: ``[1, 4, H, W]`` landmark times occupancy, then occupancy, in [0, 1].
            kernels: As in ``encode``.

        Returns:
            ``[1, 4, H, W]`` premultiplied RGBA in [0, 1].
        """
        message = shade(kernels or self.shader.kernels(), sheet, self.pose_encoder(target))
        painted: Tensor = self.rgba_head(message.to(target.dtype))
        return painted


def expected_shapes(config: ConrConfig) -> dict[str, dict[str, tuple[int, ...]]]:
    """Return file name to key to shape of the checkpoints that fit ``config``."""
    with torch.device("meta"):
        networks = ConrNetworks(config)
    return {
        file: {
            key: tuple(value.shape)
            for key, value in networks.get_submodule(network).state_dict().items()
        }
        for file, network in NETWORK_OF_FILE.items()
    }


def random_networks(config: ConrConfig, seed: int = 0) -> ConrNetworks:
    """Make untrained networks in which norms, slopes and flows differ from their defaults.

    For tests and for measuring speed without the published weights.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        networks = ConrNetworks(config)
        for name, parameter in networks.named_parameters():
            if ".norm." in name or parameter.ndim == 1:  # scales, shifts, slopes, biases
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return networks.eval()
