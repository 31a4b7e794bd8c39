"""Tests that need an NVIDIA GPU: ``./run test -m gpu``. Without one they are errors, not skips."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(scope="session")
def gpu() -> torch.device:
    if not torch.cuda.is_available():
        pytest.fail("torch sees no CUDA device: these tests need an NVIDIA GPU and its driver")
    return torch.device("cuda", torch.cuda.current_device())


@pytest.fixture
def single_precision() -> Iterator[None]:
    """Keep float32 convolutions from being computed with ten bits of mantissa."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before
