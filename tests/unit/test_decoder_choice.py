"""CoNR runs live only where a GPU is, unless somebody insists."""

import pytest
import torch

from avatar_app.engine.decoder_choice import real_time_decoder


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
