"""Candidates take 32 bytes and lose nothing that shows."""

import numpy as np
import torch

from renderer.guided.candidate_record import (
    FIELDS,
    PIXEL_FROM_LANDMARK,
    SHARE,
    candidate_shares,
    pack_candidates,
    unpack_candidates,
)


def some_candidates() -> np.ndarray:
    random = np.random.default_rng(2)
    fields = random.standard_normal((50, 3, FIELDS)).astype(np.float32)
    fields[..., 0] = random.integers(0, 4096, (50, 3))
    fields[..., 1] = random.integers(0, 400_000, (50, 3))
    fields[..., 2:5] = random.uniform(-32768, 32767, (50, 3, 3))
    fields[..., 5:11] *= 0.02
    fields[..., SHARE] = np.sort(random.uniform(1e-12, 1, (50, 3)) ** 3)[:, ::-1]
    return fields


def unpacked(records: torch.Tensor) -> torch.Tensor:
    """Return ``[15, N]``."""
    found = unpack_candidates(records)
    places = torch.stack([found.column, found.row])
    planes = (found.landmark, found.pixel_from_landmark.flatten(0, 1), found.normal)
    return torch.cat([places, *planes, found.share[None]])


def test_candidates_survive_packing() -> None:
    fields = some_candidates()
    records = torch.from_numpy(pack_candidates(fields)).view(-1, 4)
    assert records.element_size() * records.shape[1] == 32
    found = unpacked(records).T.reshape(fields.shape).numpy()
    np.testing.assert_array_equal(found[..., :2], fields[..., :2])
    np.testing.assert_allclose(found[..., 2:5], fields[..., 2:5], atol=0.5)
    np.testing.assert_allclose(found[..., 5:SHARE], fields[..., 5:SHARE], rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(
        candidate_shares(records[:, -1].contiguous()), found[..., SHARE].ravel()
    )


def test_shares_keep_their_ratios_and_none_vanishes() -> None:
    fields = some_candidates()
    fields[0, :, SHARE] = (1e-15, 1e-30, 0)
    records = torch.from_numpy(pack_candidates(fields)).view(-1, 4)
    shares = unpack_candidates(records).share.numpy().reshape(50, 3)
    ratios, expected = (s[1:, 1:] / s[1:, :1] for s in (shares, fields[..., SHARE]))
    np.testing.assert_allclose(ratios, expected, rtol=1e-3, atol=1e-7)
    assert shares[0, 1] > 0
    assert shares[0, 2] == 0


def test_a_candidate_can_be_told_to_stay_where_it_is() -> None:
    records = torch.from_numpy(pack_candidates(some_candidates())).view(-1, 4)
    records.view(torch.int16)[:, PIXEL_FROM_LANDMARK] = 0
    fields = unpacked(records)
    assert not fields[5:11].any()
    assert fields[11:SHARE].ne(0).any(1).all()
