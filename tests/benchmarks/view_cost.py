"""What does it cost to paint from fewer drawings than the sheet has?

``python tests/benchmarks/view_cost.py`` trains a tiny CoNR on a jointed doll in random colours,
always with four drawings (front, back, both sides), then paints poses it has not seen from all
four, from the best of them for each frame, and, for comparison, from the worst.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

PROJECT_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT_ROOT))

from renderer.conr.config import ConrConfig  # noqa: E402
from renderer.conr.networks import ConrNetworks  # noqa: E402
from renderer.conr.view_choice import choose_views, landmark_histogram, shown  # noqa: E402
from renderer.types import SheetView  # noqa: E402
from tests.fakes.landmark_scene import doll_view, draw_doll  # noqa: E402
from tests.fakes.lively_conr import lively_networks  # noqa: E402

SIZE = 128
YAWS = (0.0, np.pi / 2, np.pi, -np.pi / 2)
CONFIG = ConrConfig(
    stem_width=16,
    parser_widths=(16, 16, 16, 16),
    parser_depths=(1, 1, 1, 1),
    encoder_widths=(16, 16, 16, 16),
    encoder_depths=(1, 1, 1, 1),
    decoder_widths=(4, 4, 4, 4, 4),
    shader_width=32,
    flow_groups=4,
)
POOL = 60
TESTS = 40


def main() -> None:
    """Train, then print a line per number of views."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=600)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    sheets = [_sheet(random) for _ in range(8)]
    targets = [_target(random) for _ in range(POOL + TESTS)]
    networks = _trained(sheets, targets[:POOL], arguments.steps, random)
    print(f"{'drawings':>16} {'L1':>8} {'PSNR dB':>8}")
    for name, count, sign in (
        ("all 4", 4, 1),
        ("best 3", 3, 1),
        ("best 2", 2, 1),
        ("best 1", 1, 1),
        ("worst 2", 2, -1),
        ("worst 1", 1, -1),
    ):
        errors = _errors(networks, sheets, targets[POOL:], count, sign)
        psnr = -10 * np.log10(np.square(errors).mean())
        print(f"{name:>16} {np.abs(errors).mean():8.4f} {psnr:8.2f}", flush=True)


def _sheet(random: np.random.Generator) -> list[SheetView]:
    swing = float(random.uniform(-0.3, 0.3))
    return [
        doll_view(str(index), SIZE, yaw_rad=yaw, swing_rad=swing) for index, yaw in enumerate(YAWS)
    ]


def _target(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    yaw, swing = random.uniform(-np.pi, np.pi), random.uniform(-0.6, 0.9)
    return draw_doll(SIZE, yaw_rad=float(yaw), swing_rad=float(swing))


def _dressed(image: np.ndarray, dress: Tensor) -> Tensor:
    """Mix the colours of a straight RGBA picture; ``[4, S, S]`` premultiplied in [0, 1]."""
    rgba = torch.from_numpy(image).float().permute(2, 0, 1) / 255
    mixed = (torch.einsum("ij,jhw->ihw", dress, 2 * rgba[:3] - 1) / 2 + 0.5).clamp(0, 1)
    return torch.cat([mixed * rgba[3:], rgba[3:]])


def _dress(random: np.random.Generator) -> Tensor:
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return torch.from_numpy(turn).float()


def _wanted(udp: np.ndarray) -> Tensor:
    target = torch.from_numpy(udp).permute(2, 0, 1)[None]
    return torch.cat([target[:, :3] * target[:, 3:], target[:, 3:]], 1)


def _trained(
    sheets: list[list[SheetView]],
    targets: list[tuple[np.ndarray, np.ndarray]],
    steps: int,
    random: np.random.Generator,
) -> ConrNetworks:
    networks = lively_networks(CONFIG, movement=0.3).train()
    optimiser = torch.optim.AdamW(networks.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for step in range(steps):
        dress, sheet = _dress(random), sheets[int(random.integers(len(sheets)))]
        image, udp = targets[int(random.integers(len(targets)))]
        drawings = torch.stack([_dressed(view.image, dress) for view in sheet])
        painted = networks.paint(networks.encode(drawings), _wanted(udp))[0]
        loss = (painted - _dressed(image, dress)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            print(f"step {step}: {loss.item():.5f}", flush=True)
    return networks.eval()


@torch.inference_mode()
def _errors(
    networks: ConrNetworks,
    sheets: list[list[SheetView]],
    targets: list[tuple[np.ndarray, np.ndarray]],
    count: int,
    sign: int,
) -> np.ndarray:
    """Return differences in the figures, painted from the ``count`` best or worst drawings."""
    random = np.random.default_rng(1)
    found = []
    for image, udp in targets:
        dress, sheet = _dress(random), sheets[int(random.integers(len(sheets)))]
        wanted, shows = landmark_histogram(udp), shown(sheet)
        best = choose_views(shows, wanted, 4 - count if sign < 0 else count)
        chosen = best if sign > 0 else tuple(set(range(4)) - set(best))
        drawings = torch.stack([_dressed(sheet[index].image, dress) for index in chosen])
        painted = networks.paint(networks.encode(drawings), _wanted(udp))[0]
        difference = (painted - _dressed(image, dress))[:3]
        found.append(difference[:, torch.from_numpy(udp[..., 3] > 0.5)].numpy().ravel())
    return np.concatenate(found)


if __name__ == "__main__":
    main()
