"""The guided network's engines on a GPU, against single precision on the processor."""

from pathlib import Path

import pytest
import torch

from renderer.guided.graph_engine import GraphEngine
from renderer.guided.network_engine import ENGINE_NAMES, open_engine
from renderer.guided.torch_engine import TorchEngine
from tests.fakes.lively_guided import guided_inputs, lively_guided
from tests.fakes.rerun_recorder import RerunRecorder

pytestmark = pytest.mark.gpu

SAME_PICTURE = 1e-4
HALF_PRECISION_DB = 45.0


@pytest.mark.parametrize("name", ENGINE_NAMES)
@pytest.mark.usefixtures("single_precision")
def test_engines_paint_like_the_processor(gpu: torch.device, tmp_path: Path, name: str) -> None:
    network = lively_guided()
    engine = open_engine(name, network, gpu, tmp_path)
    plain = TorchEngine(network, torch.device("cpu"))
    # Recordings see an empty rim beyond the picture's end.
    expecting = plain if name == "onnx" else GraphEngine(plain, RerunRecorder())
    for count, height, width in ((2, 200, 130), (2, 90, 70), (3, 37, 51), (2, 200, 130)):
        given = guided_inputs(count, height, width)
        painted = engine.refine(*(tensor.to(gpu) for tensor in given)).cpu()
        difference = painted - expecting.refine(*given)
        if name == "half":
            assert -10 * float(difference.square().mean().log10()) >= HALF_PRECISION_DB
        else:
            assert float(difference.abs().max()) <= SAME_PICTURE
