"""Processes that train together come to what one process would; processors stand in for GPUs."""

import multiprocessing
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from torch import Tensor

from renderer.errors import RendererError
from renderer.guided.network import GuidedConfig, GuidedNetwork
from renderer.training import processes as module
from renderer.training.processes import Processes, joined
from renderer.training.sample_store import SampleStore, write_shards
from renderer.training.trainer import Guides, StepNews, Trainer, TrainerConfig
from tests.fakes.doll_pairs import DollPairs

COUNT = 2
DEADLINE_S = 180
NETWORK = GuidedConfig((8, 12), (8,))
CONFIG = TrainerConfig(
    NETWORK, steps=4, batch=8, crop_px=32, validate_every=2, validate_on=2, learning_rate=1e-3
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    list(write_shards(DollPairs(), folder, range(2)))
    return folder


def _meet(rank: int, folder: Path) -> None:
    """Do what the tests look at, as one of two processes."""
    torch.set_num_threads(1)
    module.PATIENCE = timedelta(seconds=DEADLINE_S)
    with joined(Processes(rank, COUNT), CPU, f"file://{folder / 'meeting'}") as processes:
        _train(processes, folder)
        _stop_the_second(processes, folder)


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Path:
    """Let two processes meet and part; fail rather than wait for ever."""
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=_meet, args=(rank, folder), daemon=True) for rank in range(COUNT)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(DEADLINE_S)
    codes = [process.exitcode for process in started]
    for process in started:
        process.kill()
        process.join()
    assert codes == [0] * COUNT
    return folder


def _trainer(folder: Path, processes: Processes | None = None) -> Trainer:
    store = SampleStore(folder)
    torch.manual_seed(5)
    guides = Guides(teacher=GuidedNetwork(NETWORK))
    return Trainer(CONFIG, store, store, guides=guides, processes=processes)


def _train(processes: Processes, folder: Path) -> None:
    trainer, heard = _trainer(folder, processes), []
    trainer.run(heard.append)
    assert [news.verdict is not None for news in heard] == [
        processes.is_first and step % 2 == 0 for step in (1, 2, 3, 4)
    ]
    trainer.save(folder / f"rank-{processes.rank}.safetensors")
    losses = torch.tensor([[news.loss, *news.parts.values()] for news in heard])
    torch.save(losses, folder / f"rank-{processes.rank}.losses")


def test_two_processes_come_to_what_one_would(outcome: Path) -> None:
    folder = outcome
    alone, heard = _trainer(folder), []
    alone.run(heard.append)
    losses = torch.tensor([[news.loss, *news.parts.values()] for news in heard])
    for rank in range(COUNT):
        told = torch.load(folder / f"rank-{rank}.losses", weights_only=True)
        torch.testing.assert_close(told, losses, rtol=2e-3, atol=1e-5)
        other = _trainer(folder)
        other.resume(folder / f"rank-{rank}.safetensors")
        for name, tensor in alone.network.state_dict().items():
            found = other.network.state_dict()[name]
            # Adam turns rounding of tiny gradients into steps; each of 4 is at most 1e-3 long.
            torch.testing.assert_close(found, tensor, rtol=0, atol=5e-4, msg=name)


def _stop_the_second(processes: Processes, folder: Path) -> None:
    trainer = _trainer(folder, processes)

    def hear(news: StepNews) -> None:
        if news.step == 2 and not processes.is_first:
            trainer.should_stop = True

    trainer.run(hear)
    (folder / f"stopped-{processes.rank}").write_text(str(trainer.step))


def test_all_stop_at_the_same_step_where_one_shall(outcome: Path) -> None:
    assert [(outcome / f"stopped-{rank}").read_text() for rank in range(COUNT)] == ["2", "2"]


def test_each_process_draws_its_own_part_of_the_batch(folder: Path) -> None:
    parts = []
    for rank in range(COUNT):
        store = SampleStore(folder)
        samples, _ = Trainer(CONFIG, store, store, processes=Processes(rank, COUNT))._batch(3)
        parts.append(samples.truth)
    whole, _ = _trainer(folder)._batch(3)
    assert torch.equal(torch.cat(parts), whole.truth)
    assert not torch.equal(*parts)


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 6 pictures"):
        Processes(0, 3).share(4)
    with pytest.raises(ValueError, match="unexpected rank"):
        Processes(2, 2)


def test_one_process_needs_nobody() -> None:
    with joined(Processes(), CPU) as processes:
        total: Tensor = processes.total(torch.ones(2))
        assert torch.equal(total, torch.ones(2))
        processes.wait()


def test_processes_that_nobody_told_where_to_meet_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(RendererError, match="torchrun"), joined(Processes(0, 2), CPU):
        pass
