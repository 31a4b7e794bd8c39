import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from renderer.conr.config import ConrConfig
from renderer.conr.networks import random_networks
from renderer.conr.weights.checkpoints import SourceFile, read_checkpoints
from renderer.conr.weights.weights_file import (
    FORMAT,
    load_networks,
    read_header,
    save_networks,
    save_tensors,
)
from renderer.errors import WeightsError
from tests.fakes.conr_files import TINY, write_states

SOURCES = {"shader.pth": SourceFile("shader (1).pth", 1234, "ab" * 32)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "weights" / "conr.safetensors"
    save_networks(random_networks(TINY, 3), path, SOURCES)
    return path


def _rewrite(path: Path, **metadata: str) -> None:
    """Change the file's metadata and leave its tensors."""
    good = {"format": FORMAT, "config": TINY.to_json(), "source": "{}"}
    save_file(load_file(path), path, {**good, **metadata})


def test_networks_come_back_as_they_were(path: Path) -> None:
    before, after = random_networks(TINY, 3), load_networks(path)
    assert after.config == TINY
    assert not after.training
    state = after.state_dict()
    assert all(torch.equal(state[key], value) for key, value in before.state_dict().items())
    assert {tensor.device.type for tensor in state.values()} == {"cpu"}


def test_loaded_networks_can_be_trained_on(path: Path) -> None:
    assert all(parameter.requires_grad for parameter in load_networks(path).parameters())


def test_the_header_says_size_source_and_parameters(path: Path) -> None:
    header = read_header(path)
    assert header.size == path.stat().st_size
    assert dict(header.sources) == SOURCES
    count = sum(value.numel() for value in random_networks(TINY).parameters())
    assert header.parameters == count


def test_checkpoints_become_one_file(tmp_path: Path) -> None:
    states = write_states(tmp_path / "pth")
    read = read_checkpoints(tmp_path / "pth", TINY)
    path = tmp_path / "conr.safetensors"
    save_tensors(read.tensors, path, read.config, read.sources)
    state = load_networks(path).shader.state_dict()
    assert all(torch.equal(state[key], value) for key, value in states["shader.pth"].items())
    assert dict(read_header(path).sources) == dict(read.sources)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [path.name]


def test_tensors_that_do_not_fit_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "conr.safetensors"
    with pytest.raises(WeightsError, match="missing"):
        save_tensors({}, path, TINY, {})
    assert not path.exists()


def test_a_failed_write_keeps_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr("renderer.conr.weights.weights_file.save_file", full)
    with pytest.raises(WeightsError, match="No space left on device; check the disk"):
        save_networks(random_networks(TINY, 4), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"not found: .*weights add FOLDER"):
        load_networks(tmp_path / "conr.safetensors")


@pytest.mark.parametrize("kept", [0, 4, 40, 5000])
def test_a_cut_off_file_is_damaged(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"is damaged: .*delete it"):
        load_networks(path)


def test_another_programs_file_is_refused(path: Path) -> None:
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(WeightsError, match="has another format: 'None'"):
        read_header(path)


@pytest.mark.parametrize(
    "config",
    [
        "{}",
        "no json",
        "[" * 9000,
        "1" * 20_000,
        json.dumps({**json.loads(TINY.to_json()), "stem_width": "8"}),
        json.dumps({**json.loads(TINY.to_json()), "parser_depths": [1, 1, 1, 10**9]}),
        json.dumps({**json.loads(TINY.to_json()), "shader_width": 32}),
        json.dumps({**json.loads(TINY.to_json()), "shader_width": 2**40}),
        json.dumps({**json.loads(TINY.to_json()), "shader_width": 10**30}),
        ConrConfig().to_json(),
    ],
)
def test_a_wrong_size_in_the_header_is_damage(path: Path, config: str) -> None:
    _rewrite(path, config=config)
    with pytest.raises(WeightsError, match="is damaged"):
        load_networks(path)


INFINITE = '{"a": {"name": "b", "size": Infinity, "sha256": ""}}'


@pytest.mark.parametrize("source", ["[", "[1]", '{"a": 3}', '{"a": {"name": "b"}}', INFINITE])
def test_wrong_sources_in_the_header_are_damage(path: Path, source: str) -> None:
    _rewrite(path, source=source)
    with pytest.raises(WeightsError, match="is damaged"):
        read_header(path)


def test_other_types_and_numbers_that_are_not_finite_are_damage(path: Path) -> None:
    tensors = load_file(path)
    metadata = {"format": FORMAT, "config": TINY.to_json(), "source": "{}"}
    tensors["rgba_head.conv_rgba.0.bias"][1] = float("inf")
    save_file(tensors, path, metadata)
    with pytest.raises(WeightsError, match=r"conv_rgba\.0\.bias holds numbers that are not"):
        load_networks(path)
    save_file({name: tensor.half() for name, tensor in tensors.items()}, path, metadata)
    with pytest.raises(WeightsError, match="it holds F16, expected F32"):
        load_networks(path)


def test_an_absurdly_large_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.conr.weights.weights_file.MAX_FILE_BYTES", 1000)
    with pytest.raises(WeightsError, match="too large"):
        load_networks(path)
