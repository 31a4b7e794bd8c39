"""Training pairs: the same by seed and index, exact where they say so, wrong as they say."""

from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest
from scipy.spatial import cKDTree

from renderer.training.identities import Identity, Split, load_identities, split_of
from renderer.training.pairs import PairOptions, PairSource, TrainingPair
from renderer.training.scenes import random_style
from renderer.training.variants import make_variant
from renderer.training.wear import UNWORN, Wear, worn
from renderer.training.wrong_landmarks import (
    EXACT,
    NOISY,
    TWICE_NOISY,
    Wrongness,
    displaced,
    dropped_regions,
    random_wrongness,
    smooth_shift,
    warped_udp,
    without_parts,
)
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rasterizer.toon_pass import ToonRasterizer
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.landmarks import MARGIN, canonical_landmarks, landmark_space
from udp_live.rig.reference_poses import canonical_pose

SMALL = PairOptions(
    size_px=48,
    sheet_size_px=96,
    supersampling=1,
    toon_supersampling=1,
    views=(3, 3),
    targets_per_sheet=4,
    clip_frames=2,
    clip_share=0.0,
    variants=4,
)
MakeSource = Callable[..., PairSource]


@pytest.fixture
def make_source(context: moderngl.Context) -> Iterator[MakeSource]:
    """Build sources of one character with ``SMALL`` options, changed by keywords."""
    sources: list[PairSource] = []

    def make(seed: int = 7, **changes: object) -> PairSource:
        values = {name: getattr(SMALL, name) for name in SMALL.__slots__} | changes
        identities = [Identity("fakes/tiny", tiny_rig())]
        sources.append(PairSource(context, identities, seed, PairOptions(**values)))
        return sources[-1]

    yield make
    for source in sources:
        source.close()


def _same(first: TrainingPair, second: TrainingPair) -> bool:
    views = zip(first.sheet.views, second.sheet.views, strict=True)
    return (
        first.identity == second.identity
        and first.expressions == second.expressions
        and np.array_equal(first.truth, second.truth)
        and np.array_equal(first.udp_map.xyzv, second.udp_map.xyzv)
        and all(np.array_equal(a.image, b.image) and np.array_equal(a.udp, b.udp) for a, b in views)
    )


def test_the_same_seed_and_index_give_the_same_pair_in_any_order(make_source: MakeSource) -> None:
    order = [0, 1, 5, 9, 13, 17]
    first = {index: make_source().pair(index) for index in order}
    source = make_source()
    second = {index: source.pair(index) for index in reversed(order)}
    assert all(_same(first[index], second[index]) for index in order)


def test_another_seed_gives_another_pair(make_source: MakeSource) -> None:
    assert not _same(make_source(seed=1).pair(0), make_source(seed=2).pair(0))


def test_consecutive_targets_share_one_sheet_and_differ(make_source: MakeSource) -> None:
    source = make_source()
    first, second, later = source.pair(0), source.pair(1), source.pair(4)
    assert first.sheet is second.sheet
    assert first.sheet is not later.sheet
    assert not np.array_equal(first.truth, second.truth)


def test_frames_of_a_clip_move_little_under_one_viewpoint(make_source: MakeSource) -> None:
    source = make_source(clip_share=1.0, clip_frames=4)
    frames = source.clip(0)
    assert [pair.frame for pair in frames] == [0, 1, 2, 3]
    assert {pair.clip for pair in frames} == {0}
    truths = [pair.truth.astype(int) for pair in frames]
    step = np.abs(truths[1] - truths[0]).mean()
    assert 0 < step < np.abs(truths[3] - truths[0]).mean() < 40


def test_single_pictures_belong_to_no_clip(make_source: MakeSource) -> None:
    source = make_source()
    assert source.pair(0).clip is None
    with pytest.raises(ValueError, match="has no clips"):
        source.clip(0)


def _looked_up_errors(pair: TrainingPair) -> np.ndarray:
    """Return colour errors of the target's landmarks looked up in the sheet, where found."""
    views = [view for view in pair.sheet.views if view.expression is None]
    landmarks = np.concatenate([view.udp[view.udp[..., 3] > 0][:, :3] for view in views])
    colours = np.concatenate([view.image[view.udp[..., 3] > 0] for view in views])
    udp = pair.udp_map.xyzv
    seen = udp[..., 3] > 0
    # Away from the target's edges, where a picture is a mixture of two surfaces.
    seen &= pair.truth[..., 3] == 255
    wanted = udp[seen][:, :3]
    distances, nearest = cKDTree(landmarks.astype(np.float32)).query(wanted)
    found = (distances < 0.004) & (colours[nearest, 3] == 255)
    difference = colours[nearest, :3].astype(int) - pair.truth[seen][:, :3]
    return np.abs(difference).max(axis=1)[found]


def test_exact_pairs_find_the_targets_colour_in_the_sheet(make_source: MakeSource) -> None:
    source = make_source(wrongness=EXACT, wear=UNWORN, sheet_size_px=256)
    pairs = [source.pair(index) for index in (0, 5, 9)]
    errors = np.concatenate([_looked_up_errors(pair) for pair in pairs])
    assert all(pair.is_exact for pair in pairs)
    assert len(errors) > 100
    assert np.median(errors) <= 6
    # Outlines lie elsewhere in each view.
    assert np.mean(errors <= 25) > 0.7


def test_noisy_pairs_miss_it_more_often(make_source: MakeSource) -> None:
    medians = []
    for wrongness in (EXACT, Wrongness(warp_rms=0.06)):
        source = make_source(wrongness=wrongness, wear=UNWORN, sheet_size_px=256)
        found = np.concatenate([_looked_up_errors(source.pair(i)) for i in (0, 5, 9)])
        medians.append(found.mean())
    assert medians[1] > 1.5 * medians[0]


@pytest.mark.parametrize("rms", [0.01, 0.02])
def test_a_displaced_proxy_is_off_by_the_stated_share_of_its_height(
    rms: float, rng: np.random.Generator
) -> None:
    rig = tiny_rig()
    moved = displaced(rig, rms, rng)
    moves = moved.mesh.positions - rig.mesh.positions
    height = landmark_space(rig).scale / MARGIN
    assert np.sqrt(np.mean(np.sum(moves**2, axis=1))) / height == pytest.approx(rms, rel=0.01)
    assert np.abs(canonical_landmarks(moved) - canonical_landmarks(rig)).max() > rms / MARGIN


def test_a_warped_udp_is_shifted_by_the_stated_rms_and_smoothly(rng: np.random.Generator) -> None:
    side = 200
    rows, columns = np.indices((side, side), dtype=np.float32) / side
    udp = np.stack((columns, rows, rows * 0 + 0.5, rows * 0 + 1), axis=-1)
    warped = warped_udp(udp, 0.02, rng)
    inside = warped[..., 3] > 0
    shift = (warped - udp)[inside][:, :2]
    assert np.sqrt(np.mean(np.sum(shift**2, axis=1))) == pytest.approx(0.02, rel=0.25)
    field = smooth_shift((side, side), 4.0, 5, rng)
    assert np.abs(np.diff(field, axis=0)).max() < 0.6


def test_dropped_regions_are_holes_on_the_figure(rng: np.random.Generator) -> None:
    udp = np.zeros((100, 100, 4), np.float16)
    udp[20:80, 30:70] = 0.5
    dropped = dropped_regions(udp, 3, rng)
    lost = (udp[..., 3] > 0) & (dropped[..., 3] == 0)
    assert 0.002 < lost.mean() < 0.2
    assert np.array_equal(dropped[~lost], udp[~lost])


def test_a_part_is_missing_in_the_proxy_alone(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    proxy = without_parts(rig, rng)
    lost = len(rig.mesh.triangles) - len(proxy.mesh.triangles)
    assert lost in (12, 24, 36)  # boxes of the figure
    assert sum(part.count for part in proxy.mesh.parts) == len(proxy.mesh.triangles)


def test_half_of_the_mixture_is_exact_and_none_of_it_is_beyond_twice_noisy(
    rng: np.random.Generator,
) -> None:
    drawn = [random_wrongness(rng) for _ in range(1000)]
    assert 0.45 < np.mean([wrongness.is_exact for wrongness in drawn]) < 0.55
    assert max(wrongness.proxy_rms for wrongness in drawn) <= TWICE_NOISY.proxy_rms
    assert max(wrongness.warp_rms for wrongness in drawn) <= TWICE_NOISY.warp_rms
    assert pytest.approx(2 * NOISY.warp_rms) == TWICE_NOISY.warp_rms


def test_styles_change_pixels(context: moderngl.Context, rng: np.random.Generator) -> None:
    rig = tiny_rig()
    pictures = []
    for _ in range(4):
        toon = ToonRasterizer(context, rig, (64, 64), random_style(rng, 1))
        pictures.append(toon.draw(canonical_pose(rig), frame_viewpoint(rig, Framing.FULL)))
        toon.close()
    assert len({picture.tobytes() for picture in pictures}) == 4


def test_variants_look_different_and_are_repeatable(context: moderngl.Context) -> None:
    rig = tiny_rig()
    pictures = []
    for number in (0, 1, 2, 3, 3):
        variant = make_variant(rig, number)
        toon = ToonRasterizer(context, variant, (64, 64))
        pictures.append(toon.draw(canonical_pose(rig), frame_viewpoint(rig, Framing.FULL)))
        toon.close()
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert np.array_equal(pictures[3], pictures[4])


@pytest.mark.parametrize(
    "wear",
    [
        Wear(jitter_rms=0.01),
        Wear(tone=0.1),
        Wear(jpeg_quality=60),
        Wear(resized=0.5),
        Wear(soft_alpha=0.015),
    ],
)
def test_wear_changes_a_drawing_a_little(wear: Wear, rng: np.random.Generator) -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[8:56, 8:56] = (90, 140, 200, 255)
    picture[20:30, 20:44, :3] = (220, 80, 60)
    changed = worn(picture, wear, rng)
    # A cut-out's colour counts by its alpha.
    shown = [p[..., :3].astype(float) * p[..., 3:] / 255 for p in (picture, changed)]
    difference = np.abs(shown[1] - shown[0])
    assert changed.shape == picture.shape
    assert 0 < difference.mean() < 12
    assert not changed[changed[..., 3] == 0].any()


def test_held_out_characters_never_come_out_of_train(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held_out = ("Godette_vrm_v4.vrm", "human-SOPHIA.glb", "sophia.glb", "human-sintel.glb")
    for name in held_out:
        assert split_of(f"mesh2motion/{name}") is Split.TEST
    assert split_of("Sophia/body.glb") is Split.TEST
    paths = [tmp_path / name for name in held_out]
    for path in paths:
        path.write_bytes(b"not a model")
    assert load_identities(paths, Split.TRAIN) == ()
    assert load_identities(paths, Split.VALIDATION) == ()
    assert not caplog.records  # not even opened


def test_splits_are_disjoint_and_none_is_empty() -> None:
    splits = [split_of(name) for name in ("kaykit/Knight", "kaykit/Rogue", "sophia/sophia")]
    assert splits == [Split.TRAIN, Split.VALIDATION, Split.TEST]


def test_a_model_that_cannot_be_loaded_is_skipped_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(b"not a model")
    assert load_identities([path], Split.TRAIN) == ()
    assert "broken.glb" in caplog.text


@pytest.mark.parametrize(
    "changes",
    [{"views": (0, 4)}, {"views": (5, 4)}, {"clip_frames": 5}, {"size_px": 0}, {"variants": 0}],
)
def test_impossible_options_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        PairOptions(**changes)
