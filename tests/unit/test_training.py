"""Training lowers the loss, continues where it stopped, and keeps the best network."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from renderer.errors import RendererError
from renderer.guided.network import GuidedConfig, GuidedNetwork
from renderer.guided.slots import COLOUR, INK, PAINT, PICTURE_CHANNELS, TINT, UDP, mirrored
from renderer.training import training_state
from renderer.training.augmentation import augmented
from renderer.training.curves import Curves
from renderer.training.held_samples import HeldSamples
from renderer.training.losses import LossWeights
from renderer.training.preview import draw_preview
from renderer.training.sample_store import Samples, SampleStore, join, write_shards
from renderer.training.trainer import Guides, StepNews, Trainer, TrainerConfig, learning_rate
from renderer.training.training_pair import TrainingPair
from renderer.training.validation import Verdict, validate
from renderer.training.vgg import Vgg
from tests.fakes.doll_pairs import DollPairs
from udp_live.types import UdpMap

NETWORK = GuidedConfig((8, 12, 16), (8, 8))
CONFIG = TrainerConfig(
    NETWORK, steps=20, batch=4, crop_px=48, validate_every=10, validate_on=3, learning_rate=3e-3
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other after every small operation take most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SampleStore:
    folder = tmp_path_factory.mktemp("samples")
    assert len(list(write_shards(DollPairs(), folder, range(2)))) == 2
    return SampleStore(folder)


def nothing(news: StepNews) -> None:
    """Say nothing."""


def trained(store: SampleStore, config: TrainerConfig = CONFIG) -> list[StepNews]:
    heard: list[StepNews] = []
    Trainer(config, store, store).run(heard.append)
    return heard


def mean_loss(news: Sequence[StepNews]) -> float:
    return float(np.mean([step.loss for step in news]))


def test_twenty_steps_lower_the_loss(store: SampleStore) -> None:
    heard = trained(store)
    assert len(heard) == 20
    assert mean_loss(heard[-5:]) < 0.97 * mean_loss(heard[:5])
    assert heard[-1].active is not None
    assert heard[-1].active > 0.5


def test_a_run_continues_bit_alike(store: SampleStore, tmp_path: Path) -> None:
    whole = Trainer(CONFIG, store, store)
    whole.run(nothing)
    first = Trainer(CONFIG, store, store)

    def stop(news: StepNews) -> None:
        if news.step == 7:
            first.save(tmp_path / "state.safetensors")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(stop)
    second = Trainer(CONFIG, store, store)
    second.resume(tmp_path / "state.safetensors")
    assert second.step == 7
    second.run(nothing)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name
    for name, tensor in whole.best.state_dict().items():
        assert torch.equal(tensor, second.best.state_dict()[name]), name


def test_a_state_of_other_settings_is_refused(store: SampleStore, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    Trainer(CONFIG, store, store).save(path)
    other = Trainer(TrainerConfig(NETWORK, steps=30, crop_px=48), store, store)
    with pytest.raises(RendererError, match=r"other settings.*steps 20, now 30"):
        other.resume(path)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04 nothing"])
def test_a_damaged_state_is_refused(store: SampleStore, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(data)
    with pytest.raises(RendererError, match="cannot continue"):
        Trainer(CONFIG, store, store).resume(path)


def test_the_best_network_is_kept_not_the_last(store: SampleStore) -> None:
    trainer = Trainer(CONFIG, store, store)
    trainer.run(nothing)
    verdict = validate(trainer.best, store, CONFIG.validate_on, torch.device("cpu"))
    assert verdict.metrics["psnr_db"] == pytest.approx(
        trainer.best_verdict.metrics["psnr_db"], abs=1e-3
    )
    assert {"exact_psnr_db", "noisy_psnr_db", "filled_psnr_db", "l1"} <= verdict.metrics.keys()


def test_validation_passes_over_pictures_that_show_nothing(tmp_path: Path) -> None:
    class Strayed(DollPairs):
        def pair(self, index: int) -> TrainingPair:
            pair = super().pair(index)
            if index % 4:
                return pair
            nothing = UdpMap(np.zeros_like(pair.udp_map.xyzv))
            return replace(pair, udp_map=nothing, truth=np.zeros_like(pair.truth))

    list(write_shards(Strayed(), tmp_path, range(1)))
    verdict = validate(GuidedNetwork(NETWORK).eval(), SampleStore(tmp_path), 4, torch.device("cpu"))
    assert np.isfinite(verdict.metrics["psnr_db"])


def test_gains_with_true_and_wrong_landmarks_weigh_alike() -> None:
    metrics = {"psnr_db": 21.0, "filled_psnr_db": 20.1}
    assert Verdict(metrics).balanced_gain_db == pytest.approx(0.9)
    metrics |= {"exact_psnr_db": 30.0, "exact_filled_psnr_db": 30.5}
    metrics |= {"noisy_psnr_db": 20.0, "noisy_filled_psnr_db": 19.0}
    assert Verdict(metrics).balanced_gain_db == pytest.approx(0.25)


def test_rendered_sheets_are_kept(store: SampleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: DollPairs, index: int) -> TrainingPair:
        raise AssertionError

    monkeypatch.setattr(DollPairs, "pair", refuse)
    folder = store.shards[0].path.parent
    assert len(list(write_shards(DollPairs(), folder, range(2)))) == 2


def test_samples_come_back_as_they_were_written(store: SampleStore) -> None:
    truth = DollPairs().pair(1).truth
    sample = store.read(store.shards[0], 1, slice(8, 40), slice(0, 64))
    assert sample.slots.shape == (1, 2, 5, 32, 64)
    assert sample.picture.shape == (1, PICTURE_CHANNELS, 32, 64)
    expected = torch.from_numpy(truth[8:40].transpose(2, 0, 1).copy()) / 255
    torch.testing.assert_close(sample.truth[0], expected)


def test_clips_are_drawn_as_consecutive_frames(store: SampleStore) -> None:
    random = np.random.default_rng(5)
    drawn = [store.choose(random, 48) for _ in range(20)]
    assert {is_clip for _, is_clip in drawn} == {True, False}
    for (first, second), is_clip in drawn:
        assert first.shard == second.shard
        if is_clip:
            assert second.target == first.target + 1
            assert (first.row, first.column) == (second.row, second.column)


def test_an_empty_folder_and_a_damaged_file_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(RendererError, match="no training samples"):
        SampleStore(tmp_path)
    (tmp_path / "sheet-000000.safetensors").write_bytes(b"nothing")
    with pytest.raises(RendererError, match="is damaged"):
        SampleStore(tmp_path)


def test_samples_of_another_version_are_told_of(store: SampleStore, tmp_path: Path) -> None:
    tensors = load_file(store.shards[0].path)
    with safe_open(store.shards[0].path, framework="pt") as file:
        header = file.metadata()
    tensors["picture"] = tensors["picture"][:, :6].contiguous()
    save_file(tensors, tmp_path / "sheet-000000.safetensors", header)
    with pytest.raises(RendererError, match=r"6 planes a picture.*render anew"):
        SampleStore(tmp_path)


def test_mirrored_and_recoloured_samples_stay_consistent(store: SampleStore) -> None:
    sample = store.read(store.shards[0], 1, slice(0, 64), slice(0, 64))
    randoms = [np.random.default_rng(number) for number in range(12)]
    many = augmented(join([sample] * 12), randoms)
    seen = set()
    for one in range(12):
        other = Samples(*(t[one : one + 1] for t in (many.slots, many.picture, many.truth)))
        is_mirrored = not torch.equal(other.truth[:, 3], sample.truth[:, 3])
        back = other.truth.flip(-1) if is_mirrored else other.truth
        order = [
            int((back[0, c] - sample.truth[0, :3]).abs().sum((-1, -2)).argmin()) for c in (0, 1, 2)
        ]
        seen.add((is_mirrored, *order))
        picture = mirrored(other.picture) if is_mirrored else other.picture
        for first in (COLOUR, PAINT, TINT):
            planes = [first + c for c in order]
            assert torch.equal(picture[:, first : first + 3], sample.picture[:, planes])
        for rest in (slice(INK, TINT), slice(UDP, None)):
            assert torch.equal(picture[:, rest], sample.picture[:, rest])
        slots = other.slots.flip(-1) if is_mirrored else other.slots
        assert torch.equal(slots[:, :, :3], sample.slots[:, :, order])
    assert len(seen) > 4


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(1.0, p / 100) for p in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[100] == pytest.approx(0.02)


def test_curves_go_on_where_the_run_continues(store: SampleStore, tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    curves = Curves(path, 0, every=5)
    for news in trained(store):
        curves.add(news)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [5, 10, 15, 20]
    assert float(rows[1]["psnr_db"]) > 5
    Curves(path, 10)
    assert len(path.read_text().splitlines()) == 3


def test_previews_show_truth_and_both_pictures(store: SampleStore) -> None:
    trainer = Trainer(CONFIG, store, store)
    picture = draw_preview(trainer.best, store, count=2, cell_px=64)
    assert picture.shape == (128, 320, 3)
    assert picture.std() > 10


@pytest.mark.parametrize("change", [{"batch": 3}, {"crop_px": 50}, {"steps": 0}])
def test_settings_that_cannot_be_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        TrainerConfig(NETWORK, **change)  # type: ignore[arg-type]


def test_samples_held_in_memory_are_those_of_the_files(store: SampleStore) -> None:
    held = HeldSamples(store, torch.device("cpu"))
    random = np.random.default_rng(2)
    places = [place for _ in range(4) for place in store.choose(random, 32)[0]]
    one, other = store.gather(places, 32), held.gather(places, 32)
    assert torch.equal(one.slots, other.slots)
    assert torch.equal(one.picture, other.picture)
    assert torch.equal(one.truth, other.truth)


def test_crops_larger_than_the_samples_are_refused(store: SampleStore) -> None:
    places, _ = store.choose(np.random.default_rng(0), 96)
    for source in (store, HeldSamples(store, torch.device("cpu"))):
        with pytest.raises(RendererError, match="smaller --crop"):
            source.gather(places, 96)


def test_a_sample_that_breaks_while_it_trains_is_told_of(tmp_path: Path) -> None:
    list(write_shards(DollPairs(), tmp_path, range(1)))
    store = SampleStore(tmp_path)
    store.shards[0].path.write_bytes(b"nothing")
    with pytest.raises(RendererError, match="is damaged"):
        Trainer(CONFIG, store, store).run(nothing)
    with pytest.raises(RendererError, match="is damaged"):
        HeldSamples(store, torch.device("cpu"))


def test_a_loss_that_is_no_number_ends_the_run(store: SampleStore) -> None:
    trainer = Trainer(CONFIG, store, store)
    with torch.no_grad():
        next(trainer.network.parameters()).fill_(torch.nan)
    with pytest.raises(RendererError, match="step 1 is not a number"):
        trainer.run(nothing)
    assert trainer.step == 0


def test_a_teacher_draws_its_pupil_towards_itself(store: SampleStore) -> None:
    teacher = GuidedNetwork(GuidedConfig((8, 8), (8,)))
    with torch.no_grad():
        teacher.picture_head.bias.fill_(3.0)
    heavy = replace(CONFIG, loss=LossWeights(teacher=20.0))
    heard: list[StepNews] = []
    Trainer(heavy, store, store, guides=Guides(teacher=teacher)).run(heard.append)
    told = [news.parts["teacher"] for news in heard]
    assert np.mean(told[-5:]) < 0.97 * np.mean(told[:5])
    assert "teacher" not in trained(store, replace(CONFIG, steps=1))[0].parts


def test_the_perceptual_term_counts_where_there_are_weights(store: SampleStore) -> None:
    heard: list[StepNews] = []
    config = replace(CONFIG, steps=2, batch=2, crop_px=32)
    vgg = Vgg().eval().requires_grad_(False)
    Trainer(config, store, store, guides=Guides(vgg=vgg)).run(heard.append)
    news = heard[0]
    weighted = sum(getattr(config.loss, name) * part for name, part in news.parts.items())
    assert news.parts["vgg"] > 0
    assert news.loss == pytest.approx(weighted, rel=1e-4)


def test_a_full_disk_leaves_the_state_as_it_was(
    store: SampleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"before")

    def refuse(*arguments: object) -> None:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr(training_state, "save_file", refuse)
    with pytest.raises(RendererError, match=r"No space left.*make room"):
        Trainer(CONFIG, store, store).save(path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_with_a_teacher_is_not_continued_without(store: SampleStore, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    Trainer(CONFIG, store, store, guides=Guides(teacher=GuidedNetwork(NETWORK))).save(path)
    with pytest.raises(RendererError, match="teacher True, now False"):
        Trainer(CONFIG, store, store).resume(path)
