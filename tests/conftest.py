"""Shared fixtures: seeds, strict floating point, paths, Qt without a screen."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PROJECT_ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-golden",
        action="store_true",
        help="rewrite the reference images in tests/golden; look at them before you commit",
    )


@pytest.fixture(autouse=True, scope="session")
def signals_as_from_a_terminal() -> None:
    """Hear signals that whoever started the tests ignores, as ``nohup`` and ``&`` do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def strict_floating_point() -> Iterator[None]:
    """Turn NaN-producing arithmetic into an error; underflow to zero is fine."""
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260101)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Third-party characters, motions and clips; only on a developer's machine."""
    folder = PROJECT_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("third-party development data is not on this machine")
    return folder
