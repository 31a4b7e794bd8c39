"""The perceptual term takes torchvision's file of VGG-19, and nothing else."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from renderer.errors import WeightsError
from renderer.training.vgg import Vgg, find_vgg_file, load_vgg


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """Return random weights under torchvision's names, with some of the layers left unused."""
    random = torch.Generator().manual_seed(0)
    shapes = {name: tensor.shape for name, tensor in Vgg().state_dict().items()}
    found = {
        name: torch.randn(shape, generator=random) * (2 / max(shape[1:].numel(), 1)) ** 0.5
        for name, shape in shapes.items()
    }
    return found | {"features.34.weight": torch.zeros(2), "classifier.0.bias": torch.zeros(2)}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, weights: dict[str, Tensor]) -> Path:
    path = tmp_path_factory.mktemp("hub") / "checkpoints" / "vgg19-dcbb9e9d.pth"
    path.parent.mkdir()
    torch.save(weights, path)
    return path


@pytest.fixture
def pictures() -> Tensor:
    return torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(1))


def test_the_layers_are_those_of_the_file(path: Path, pictures: Tensor) -> None:
    network = load_vgg(path)
    names = network.state_dict().keys()
    assert {"features.0.weight", "features.28.bias"} <= names
    assert len(names) == 26
    sizes = [tuple(seen.shape[1:]) for seen in network(pictures)]
    assert sizes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]


def test_equal_pictures_look_equal_and_the_difference_has_a_gradient(
    path: Path, pictures: Tensor
) -> None:
    network = load_vgg(path)
    assert float(network.distance(pictures, pictures)) == 0
    other = (pictures + 0.1).requires_grad_()
    near, far = network.distance(other, pictures), network.distance(1 - pictures, pictures)
    assert 0 < near.item() < far.item()
    near.backward()
    assert other.grad is not None
    assert float(other.grad.abs().max()) > 0
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_file_is_found_where_torch_keeps_what_it_fetches(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(path.parents[1]))
    assert find_vgg_file() == path
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert find_vgg_file() is None


def test_other_files_are_refused(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    path = tmp_path / "vgg19-0.pth"
    with pytest.raises(WeightsError, match="no weights of VGG-19"):
        load_vgg(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(WeightsError, match="no weights of VGG-19"):
        load_vgg(path)
    for wrong in (
        {"features.0.weight": weights["features.0.weight"]},
        weights | {"features.0.bias": torch.zeros(3)},
        weights | {"features.0.bias": torch.full((64,), torch.nan)},
        [1, 2],
    ):
        torch.save(wrong, path)
        with pytest.raises(WeightsError, match="no weights of VGG-19"):
            load_vgg(path)
