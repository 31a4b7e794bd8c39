"""A tiny CoNR learns to dress a figure it is shown: gradients, warps and messages work as a whole.

Every step shows a newly dressed figure in two poses and asks for a third. Colours cannot be learnt
by heart, so they have to travel from the drawings through the shader.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks import ConrNetworks
from tests.fakes.capsule_figure import FIGURE, DrawnFigure, draw_figure, random_pose, recoloured
from tests.fakes.lively_conr import lively_networks

SIZE = 128
VIEWS = 2
STEPS = 160
LEARNING_RATE = 3e-3
POSES = 40
PALETTE = torch.tensor(
    [
        [0.90, 0.15, 0.15],
        [0.15, 0.75, 0.20],
        [0.15, 0.25, 0.90],
        [0.95, 0.85, 0.15],
        [0.80, 0.20, 0.80],
        [0.10, 0.80, 0.85],
        [0.95, 0.95, 0.95],
        [0.15, 0.15, 0.15],
    ]
)
CONFIG = ConrConfig(
    stem_width=8,
    parser_widths=(8, 8, 8, 8),
    parser_depths=(1, 1, 1, 1),
    encoder_widths=(8, 8, 8, 8),
    encoder_depths=(1, 1, 1, 1),
    decoder_widths=(4, 4, 4, 4, 4),
    shader_width=24,
    flow_groups=2,
)


@dataclass(frozen=True, slots=True)
class Task:
    """Drawings to paint from, and the picture that is wanted."""

    drawings: Tensor
    wanted: DrawnFigure
    colours: Tensor


class Wardrobe:
    """Figures in random poses, dressed anew for every task."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        plain = PALETTE[: len(FIGURE)]
        self._figures = [
            draw_figure(SIZE, random_pose(self._generator), plain) for _ in range(POSES)
        ]

    def task(self) -> Task:
        colours = PALETTE[torch.randperm(len(PALETTE), generator=self._generator)[: len(FIGURE)]]
        chosen = torch.randperm(POSES, generator=self._generator)[: VIEWS + 1].tolist()
        *views, wanted = (recoloured(self._figures[index], colours) for index in chosen)
        return Task(torch.stack([view.image for view in views]), wanted, colours)


@dataclass(frozen=True, slots=True)
class Trained:
    """The networks after training, and the loss of every step."""

    networks: ConrNetworks
    losses: list[float]


@pytest.fixture(scope="module")
def trained() -> Iterator[Trained]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # such small layers gain nothing from a second one
    yield train()
    torch.set_num_threads(threads)


def train(steps: int = STEPS) -> Trained:
    networks = lively_networks(CONFIG, movement=0.2).train()
    needed = [
        parameter
        for name, parameter in networks.named_parameters()
        if name.split(".")[1] not in ("upsample_blocks", "final_conv")
    ]
    optimizer = torch.optim.Adam(needed, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    wardrobe = Wardrobe(seed=1)
    losses = []
    for _ in range(steps):
        task = wardrobe.task()
        loss = (painted(networks, task) - task.wanted.image).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(needed, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return Trained(networks.eval(), losses)


def painted(networks: ConrNetworks, task: Task) -> Tensor:
    return networks.paint(networks.encode(task.drawings), task.wanted.udp[None])[0]


def test_training_lowers_the_loss_to_a_fifth(trained: Trained) -> None:
    losses = torch.tensor(trained.losses)
    assert losses[-20:].mean() < losses[:20].mean() / 5


def test_every_part_gets_its_own_colour_from_the_drawings(trained: Trained) -> None:
    wardrobe = Wardrobe(seed=2)  # other poses, other clothes
    right, total = 0, 0
    for _ in range(6):
        task = wardrobe.task()
        with torch.no_grad():
            picture = painted(trained.networks, task)
        for part, colour in enumerate(task.colours):
            covered = task.wanted.parts == part
            mean = picture[:3, covered].mean(1) / picture[3, covered].mean()
            nearest = task.colours[(task.colours - mean).norm(dim=1).argmin()]
            right += int(torch.equal(nearest, colour))
            total += 1
    assert right >= 0.9 * total


def test_the_silhouette_is_that_of_the_target(trained: Trained) -> None:
    task = Wardrobe(seed=3).task()
    with torch.no_grad():
        alpha = painted(trained.networks, task)[3]
    seen = task.wanted.parts >= 0
    assert ((alpha > 0.5) == seen).float().mean() > 0.95


def test_other_clothes_give_another_picture(trained: Trained) -> None:
    task = Wardrobe(seed=4).task()
    turned = Task(task.drawings[:, [2, 0, 1, 3]], task.wanted, task.colours)
    with torch.no_grad():
        before, after = (painted(trained.networks, given) for given in (task, turned))
    seen = task.wanted.parts >= 0
    assert (before - after)[:3, seen].abs().mean() > 0.15
