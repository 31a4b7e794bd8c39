"""Compare the networks at their published size with the published form, in every precision.

``python tests/benchmarks/agree_official_size.py`` takes minutes and 3 GB on a processor. The
weights are random (tests/fakes/lively_conr.py), so that nothing has to be downloaded: the table
proves that both forms compute the same, and how much rounding costs, not how a picture looks.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

PROJECT_ROOT = Path(__file__).parents[2]
HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def main() -> None:
    """Print one line per number of views."""
    sys.path.insert(0, str(PROJECT_ROOT))
    from renderer.conr.config import ConrConfig
    from renderer.conr.networks import NETWORK_OF_FILE, ConrNetworks, expected_shapes
    from renderer.conr.painters.frame_painter import FramePainter
    from tests.fakes.lively_conr import figures, lively_weights
    from tests.reference.published_conr import PublishedConr

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs=2, default=(256, 256), metavar=("H", "W"))
    parser.add_argument("--views", type=int, nargs="+", default=(1, 3, 4, 8))
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()

    device = torch.device(arguments.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    config = ConrConfig()
    files = lively_weights(expected_shapes(config), config.flow_groups)
    networks = ConrNetworks(config).eval()
    for file, name in NETWORK_OF_FILE.items():
        networks.get_submodule(name).load_state_dict(files[file])
    published = PublishedConr(
        {
            file: {key: value.to(device) for key, value in keys.items()}
            for file, keys in files.items()
        }
    )
    painters = {
        name: FramePainter(networks, device, dtype)
        for name, dtype in ({"fp32": torch.float32} | HALVES).items()
    }
    print(f"{arguments.size[0]}x{arguments.size[1]} on {device}, published size, random weights")
    print("views  max |fp32 - published|  of a detection   picture std   bf16 dB   fp16 dB")
    for count in arguments.views:
        given = figures(count, *arguments.size)
        drawings, target = given.drawings.to(device), given.target.to(device)
        colour, alpha = drawings[:, :3], drawings[:, 3:]
        landmarks, occupancy = given.landmarks.to(device), given.occupancy.to(device)
        with torch.inference_mode():
            truth = published.paint(colour, alpha, landmarks, occupancy)
            detected = networks.to(device).detect(colour[:1])[0] - published.detect(colour[0])
        pictures = {
            name: painter.paint(painter.encode(drawings), target)[0]
            for name, painter in painters.items()
        }
        halves = "".join(f"{psnr_db(pictures[name], truth):10.1f}" for name in HALVES)
        print(
            f"{count:5} {float((pictures['fp32'] - truth).abs().max()):23.1e}"
            f" {float(detected.abs().max()):15.1e} {float(truth.std()):13.3f}{halves}",
            flush=True,
        )


def psnr_db(picture: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio of pictures in [0, 1]."""
    return float(-10 * torch.log10(((picture.float() - truth) ** 2).mean()))


if __name__ == "__main__":
    main()
