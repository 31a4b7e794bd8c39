"""LPIPS in plain torch: its formula, and what it says of files that are not its weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from renderer.errors import WeightsError
from renderer.evaluation.lpips import BACKBONE_FILE, HEADS_FILE, Lpips, lpips_folder
from renderer.metrics import over_grey
from tests.fakes.lpips_files import random_alexnet, random_heads, write_lpips_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lpips_files(tmp_path)
    return tmp_path


def pictures(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    truth, painted = rng.integers(0, 256, (2, 70, 64, 4)).astype(np.uint8)
    painted[..., :3] = np.minimum(painted[..., :3], painted[..., 3:])
    return truth, painted


def test_equal_pictures_look_equal(folder: Path, rng: np.random.Generator) -> None:
    truth = pictures(rng)[0]
    truth[..., 3] = 255
    assert Lpips(folder)(truth, truth) == 0


def test_the_distance_is_the_papers_formula(folder: Path, rng: np.random.Generator) -> None:
    truth, painted = pictures(rng)
    seen = []
    for picture in (over_grey(truth, premultiplied=False), over_grey(painted, premultiplied=True)):
        x = torch.from_numpy(picture).float().permute(2, 0, 1)[None] / 255 * 2 - 1
        shift = torch.tensor([-0.030, -0.088, -0.188])[None, :, None, None]
        scale = torch.tensor([0.458, 0.448, 0.450])[None, :, None, None]
        x = (x - shift) / scale
        levels = []
        for layer in random_alexnet():
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                levels.append(x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10))
        seen.append(levels)
    expected = 0.0
    for one, other, head in zip(*seen, random_heads().values(), strict=True):
        expected += float(((one - other) ** 2 * head).sum(1).mean())
    assert Lpips(folder)(truth, painted) == pytest.approx(expected, rel=1e-4)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / HEADS_FILE).unlink()
    with pytest.raises(WeightsError, match=r"weights of LPIPS not found: no .*alex\.pth"):
        Lpips(folder)


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    torch.save(
        {**random_heads(), "lin2.model.1.weight": torch.rand(1, 7, 1, 1)}, folder / HEADS_FILE
    )
    with pytest.raises(WeightsError, match="of another network: lin2"):
        Lpips(folder)


def test_weights_that_are_not_numbers_are_refused(folder: Path) -> None:
    bad = random_heads()["lin1.model.1.weight"].clone().fill_(float("nan"))
    torch.save({**random_heads(), "lin1.model.1.weight": bad}, folder / HEADS_FILE)
    with pytest.raises(WeightsError, match="not finite"):
        Lpips(folder)


def test_noise_is_no_checkpoint(folder: Path, rng: np.random.Generator) -> None:
    (folder / BACKBONE_FILE).write_bytes(rng.bytes(500))
    with pytest.raises(WeightsError, match="alexnet"):
        Lpips(folder)


def test_tiny_pictures_are_refused(folder: Path) -> None:
    tiny = np.zeros((20, 20, 4), np.uint8)
    with pytest.raises(ValueError, match="unexpected size"):
        Lpips(folder)(tiny, tiny)


def test_torchs_own_folder_is_taken_where_it_has_both_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = folder / "hub"
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(hub))
    assert lpips_folder() is None
    (hub / "checkpoints").mkdir(parents=True)
    (folder / BACKBONE_FILE).rename(hub / "checkpoints" / BACKBONE_FILE)
    assert lpips_folder() is None
    (folder / HEADS_FILE).rename(hub / "checkpoints" / HEADS_FILE)
    assert lpips_folder() == hub / "checkpoints"
