"""Features of drawings survive on disk, and only whole ones of the same networks are used."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from renderer.conr import feature_cache
from renderer.conr.config import ConrConfig
from renderer.conr.feature_cache import FeatureCache, networks_digest
from renderer.conr.networks import random_networks
from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters.frame_painter import FramePainter

NETWORKS = random_networks(ConrConfig.tiny())
DIGEST = networks_digest(NETWORKS)
DTYPE = torch.float16


@pytest.fixture(scope="module")
def square() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (128, 128, 4), np.uint8)


@pytest.fixture(scope="module")
def features(square: NDArray[np.uint8]) -> SheetFeatures:
    drawing = torch.from_numpy(square).permute(2, 0, 1)[None].float() / 255
    return FramePainter(NETWORKS, torch.device("cpu"), torch.bfloat16).encode(drawing)


def test_what_was_written_is_read(
    tmp_path: Path, square: NDArray[np.uint8], features: SheetFeatures
) -> None:
    FeatureCache(tmp_path / "new", DIGEST, DTYPE).write(square, features)
    found = FeatureCache(tmp_path / "new", DIGEST, DTYPE).read(square)
    assert found is not None
    for one, other in zip(found.references, features.references, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(found.features, features.features, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(found.first_share, features.first_share)


def test_another_drawing_type_or_network_finds_nothing(
    tmp_path: Path, square: NDArray[np.uint8], features: SheetFeatures
) -> None:
    FeatureCache(tmp_path, DIGEST, DTYPE).write(square, features)
    other = square.copy()
    other[0, 0, 0] ^= 1
    assert FeatureCache(tmp_path, DIGEST, DTYPE).read(other) is None
    assert FeatureCache(tmp_path, DIGEST, torch.float32).read(square) is None
    others = networks_digest(random_networks(ConrConfig.tiny(), seed=5))
    assert others != DIGEST
    assert FeatureCache(tmp_path, others, DTYPE).read(square) is None


@pytest.mark.parametrize("kept", [0, 40, 0.5, 0.99])
def test_a_damaged_file_is_not_used(
    tmp_path: Path, square: NDArray[np.uint8], features: SheetFeatures, kept: float
) -> None:
    cache = FeatureCache(tmp_path, DIGEST, DTYPE)
    cache.write(square, features)
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if kept < 1 else int(kept)])
    assert cache.read(square) is None


def test_features_of_another_size_under_the_right_name_are_not_used(
    tmp_path: Path, square: NDArray[np.uint8], features: SheetFeatures
) -> None:
    cache = FeatureCache(tmp_path, DIGEST, DTYPE)
    cache.write(square, features)
    larger = np.zeros((256, 256, 4), np.uint8)
    cache.write(larger, features)
    assert cache.read(larger) is None


def test_a_folder_that_cannot_be_written_costs_only_the_time(
    tmp_path: Path,
    square: NDArray[np.uint8],
    features: SheetFeatures,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        FeatureCache(tmp_path / "file", DIGEST, DTYPE).write(square, features)
    assert "not cached" in caplog.text


def test_without_a_folder_nothing_is_kept(
    square: NDArray[np.uint8], features: SheetFeatures
) -> None:
    cache = FeatureCache(None, DIGEST, DTYPE)
    cache.write(square, features)
    assert cache.read(square) is None


def test_the_oldest_files_make_room(
    tmp_path: Path, features: SheetFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_cache, "KEPT_FILES", 2)
    cache = FeatureCache(tmp_path, DIGEST, DTYPE)
    for shade in range(4):
        cache.write(np.full((128, 128, 4), shade, np.uint8), features)
    assert len(list(tmp_path.iterdir())) == 2


def test_large_files_make_room_sooner_but_the_newest_stays(
    tmp_path: Path, features: SheetFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path, DIGEST, DTYPE)
    cache.write(np.zeros((128, 128, 4), np.uint8), features)
    (path,) = tmp_path.iterdir()
    size = path.stat().st_size
    for kept_bytes, count in ((2 * size, 2), (size // 2, 1)):
        monkeypatch.setattr(feature_cache, "KEPT_BYTES", kept_bytes)
        for shade in range(4):
            newest = np.full((128, 128, 4), shade, np.uint8)
            cache.write(newest, features)
        assert len(list(tmp_path.iterdir())) == count
        assert cache.read(newest) is not None
