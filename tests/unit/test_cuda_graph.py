"""The logic around CUDA graphs, with a recorder that needs no GPU."""

import pytest
import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters import cuda_graph
from renderer.conr.painters.cuda_graph import GraphPainter
from renderer.conr.painters.frame_painter import FramePainter
from renderer.conr.painters.painter import Painter
from tests.fakes.lively_conr import figures, lively_networks
from tests.fakes.rerun_recorder import RerunRecorder

SIDE = 128


@pytest.fixture(scope="module")
def eager() -> Painter:
    return FramePainter(
        lively_networks(ConrConfig.tiny()), torch.device("cpu"), dtype=torch.float32
    )


@pytest.fixture
def recorder() -> RerunRecorder:
    return RerunRecorder()


@pytest.fixture
def painter(eager: Painter, recorder: RerunRecorder) -> GraphPainter:
    return GraphPainter(eager, recorder)


def encoded(painter: Painter, count: int, seed: int = 0) -> tuple[SheetFeatures, Tensor]:
    given = figures(count, SIDE, SIDE, seed=seed)
    return painter.encode(given.drawings), given.target


def test_it_runs_where_and_how_the_wrapped_painter_runs(painter: GraphPainter) -> None:
    assert (painter.device.type, painter.dtype) == ("cpu", torch.float32)


def test_each_frame_shows_its_own_target_and_sheet(painter: GraphPainter, eager: Painter) -> None:
    (one, here), (other, there) = encoded(eager, 2, seed=1), encoded(eager, 2, seed=2)
    for sheet, target in ((one, here), (one, there), (other, there), (one, here)):
        assert torch.equal(painter.paint(sheet, target), eager.paint(sheet, target))


def test_a_shape_is_recorded_once_and_then_replayed(
    painter: GraphPainter, eager: Painter, recorder: RerunRecorder
) -> None:
    for count in (1, 2, 1, 2, 1):
        sheet, target = encoded(eager, count)
        assert torch.equal(painter.paint(sheet, target), eager.paint(sheet, target))
    assert (recorder.recorded, recorder.replayed) == (2, 5)


def test_the_same_sheet_is_not_copied_again(painter: GraphPainter, eager: Painter) -> None:
    sheet, target = encoded(eager, 1)
    picture = painter.paint(sheet, target).clone()
    with torch.inference_mode():
        sheet.first_share.zero_()
    assert torch.equal(painter.paint(sheet, target), picture)


def test_few_recordings_are_kept(
    painter: GraphPainter,
    eager: Painter,
    recorder: RerunRecorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cuda_graph, "KEPT_GRAPHS", 1)
    for count in (1, 2, 1):
        painter.paint(*encoded(eager, count))
    assert recorder.recorded == 3


def test_what_cannot_be_recorded_is_painted_without_and_said_once(
    eager: Painter, caplog: pytest.LogCaptureFixture
) -> None:
    painter = GraphPainter(eager, RerunRecorder(error="operation not permitted"))
    for seed in range(3):
        sheet, target = encoded(eager, 1, seed)
        assert torch.equal(painter.paint(sheet, target), eager.paint(sheet, target))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "operation not permitted" in caplog.text
