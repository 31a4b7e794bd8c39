"""CoNR runs live only where a GPU is, unless somebody insists."""

from pathlib import Path

import pytest
import torch

from avatar_app.commands.cli import parse_arguments
from avatar_app.commands.live_options import engine_config
from avatar_app.engine import EngineParts, decoder_choice
from avatar_app.engine.decoder_choice import real_time_decoder
from avatar_app.errors import UsageError
from avatar_app.paths import guided_network_file, weights_folder
from renderer.types import ViewOptions


@pytest.mark.parametrize(
    ("gpus", "name", "device", "expected"),
    [
        (0, "conr", "auto", "guided"),
        (0, "conr-onnx", "auto", "guided"),
        (1, "conr", "auto", "conr"),
        (0, "conr", "cpu", "conr"),
        (0, "guided", "auto", "guided"),
    ],
)
def test_without_a_gpu_the_guided_decoder_takes_over(
    monkeypatch: pytest.MonkeyPatch, gpus: int, name: str, device: str, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert real_time_decoder(name, device) == expected


def test_the_wanted_drawings_reach_the_decoder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(decoder_choice, "open_decoder", lambda *values: opened.append(values))
    arguments = parse_arguments(
        ["live", "--source", "clip:hello", "--drawings", "6", "--drawings-per-frame", "2"]
    )
    arguments.gl_backend = None
    config = engine_config(arguments, ())
    EngineParts(tmp_path).open_decoder(config)
    network = guided_network_file()
    assert opened == [("guided", None, tmp_path, weights_folder(), ViewOptions(6, 2), network)]


@pytest.mark.parametrize("number", ["0", "33"])
def test_impossible_numbers_of_drawings_are_refused(number: str) -> None:
    arguments = parse_arguments(["live", "--source", "clip:hello", "--drawings", number])
    arguments.gl_backend = None
    with pytest.raises(UsageError, match=f"unexpected drawings: {number}; give 1 to 32"):
        engine_config(arguments, ())
