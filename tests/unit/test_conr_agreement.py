"""The batched, cached networks against CoNR's published form, on lively random weights.

The published form works view by view, keeps nothing and cuts nothing off; both get the same
weights. Pictures may differ by rounding alone: the published form itself moves by 1e-6 to 5e-6
between single and double precision.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, ConrNetworks, expected_shapes
from renderer.conr.networks.shading import shade
from renderer.conr.painters.frame_painter import FramePainter
from tests.fakes.lively_conr import ConrInput, figures, lively_weights
from tests.reference.published_conr import Means, PublishedConr, ViewState

SAME_PICTURE = 1e-5
SAME_MESSAGE = 5e-5  # messages are not squashed into [0, 1]; theirs spread by about 1
SAME_DETECTION = 5e-5  # instance norms over few pixels divide by small deviations
HALF_PRECISION_DB = 45.0
COUNTS = (1, 3, 4, 8)
CASES = [(size, count) for size in ((128, 128), (256, 128)) for count in COUNTS]
CASES += [((128, 256), 3), ((384, 256), 4)]

PARAMETERS = {
    "udpparsernet.pth": 57_220_420,
    "target_pose_encoder.pth": 26_963_745,
    "shader.pth": 96_135_096,
    "rgbadecodernet.pth": 84_484,
}
NEEDED = 130_944_124
PUBLISHED_GFLOP = (202, 149)  # one view at 256: first frame, later frames


class WatchedConr(PublishedConr):
    """The published form; keeps what the last block's views carried."""

    states: list[ViewState]

    def _mix(self, states: list[ViewState]) -> Means:
        self.states = states
        return super()._mix(states)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Run tiny networks in one thread; waiting for others would take most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def config() -> ConrConfig:
    return ConrConfig.tiny()


@pytest.fixture(scope="module")
def published(config: ConrConfig) -> WatchedConr:
    return WatchedConr(lively_weights(expected_shapes(config), config.flow_groups), 4)


@pytest.fixture
def networks(config: ConrConfig) -> ConrNetworks:
    files = lively_weights(expected_shapes(config), config.flow_groups)
    networks = ConrNetworks(config).eval()
    for file, name in NETWORK_OF_FILE.items():
        networks.get_submodule(name).load_state_dict(files[file])
    return networks


def painted(networks: ConrNetworks, given: ConrInput) -> Tensor:
    with torch.inference_mode():
        return networks.paint(networks.encode(given.drawings), given.target)[0]


def painted_as(networks: ConrNetworks, given: ConrInput, dtype: torch.dtype) -> Tensor:
    painter = FramePainter(networks, torch.device("cpu"), dtype)
    return painter.paint(painter.encode(given.drawings), given.target)[0]


def as_published(published: PublishedConr, given: ConrInput) -> Tensor:
    with torch.inference_mode():
        return published.paint(*published_arguments(given))


def published_arguments(given: ConrInput) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return given.drawings[:, :3], given.drawings[:, 3:], given.landmarks, given.occupancy


def psnr_db(picture: Tensor, truth: Tensor) -> float:
    return float(-10 * torch.log10(((picture - truth) ** 2).mean()))


def test_the_yardstick_moves_pixels_opens_masks_and_paints_contrast(
    published: WatchedConr,
) -> None:
    picture = as_published(published, figures(3, 256, 256))
    views = published.states
    assert torch.cat([view.flow for view in views]).std() > 2.0
    assert torch.cat([view.mask for view in views]).std() > 0.2
    assert torch.cat([view.message for view in views]).std() > 0.5
    assert picture.std(dim=(1, 2)).max() > 0.05
    assert picture[3].max() - picture[3].min() > 0.3


@pytest.mark.parametrize(("size", "count"), CASES)
def test_pictures_agree_with_the_published_form(
    networks: ConrNetworks, published: PublishedConr, size: tuple[int, int], count: int
) -> None:
    given = figures(count, *size, seed=count)
    difference = painted(networks, given) - as_published(published, given)
    assert difference.abs().max() <= SAME_PICTURE


@pytest.mark.parametrize("count", COUNTS)
def test_the_shaders_message_agrees_with_the_published_form(
    networks: ConrNetworks, published: PublishedConr, count: int
) -> None:
    given = figures(count, 256, 128, seed=count)
    with torch.inference_mode():
        sheet = networks.encode(given.drawings)
        message = shade(networks.shader.kernels(), sheet, networks.pose_encoder(given.target))
        expected = published.message(*published_arguments(given))
    assert expected.std() > 0.2
    assert (message - expected).abs().max() <= SAME_MESSAGE


def test_one_sheet_encoding_serves_every_target(
    networks: ConrNetworks, published: PublishedConr
) -> None:
    first, second = figures(4, 128, 128, seed=1), figures(4, 128, 128, seed=2)
    moved = ConrInput(first.drawings, second.landmarks, second.occupancy)
    with torch.inference_mode():
        sheet = networks.encode(first.drawings)
        networks.paint(sheet, first.target)
        picture = networks.paint(sheet, moved.target)[0]
    difference = picture - as_published(published, moved)
    assert difference.abs().max() <= SAME_PICTURE


def test_the_order_of_views_has_no_effect(networks: ConrNetworks) -> None:
    given = figures(4, 128, 256)
    turned = ConrInput(given.drawings[[2, 0, 3, 1]], given.landmarks, given.occupancy)
    difference = painted(networks, given) - painted(networks, turned)
    assert difference.abs().max() <= SAME_PICTURE


@pytest.mark.parametrize("size", [(128, 128), (64, 160), (256, 96)])
def test_the_detector_agrees_with_the_published_form(
    networks: ConrNetworks, published: PublishedConr, size: tuple[int, int]
) -> None:
    images = figures(3, *size).drawings[:, :3]
    with torch.inference_mode():
        expected = torch.stack([published.detect(image) for image in images])
        detected = networks.detect(images)
    assert expected.std(dim=(2, 3)).min() > 0.1
    assert (detected - expected).abs().max() <= SAME_DETECTION


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_close_to_single_precision(
    networks: ConrNetworks, dtype: torch.dtype
) -> None:
    given = figures(4, 256, 256)
    picture = painted_as(networks, given, dtype)
    assert psnr_db(picture, painted(networks, given)) >= HALF_PRECISION_DB


def test_the_prepared_form_agrees_with_the_published_form(
    networks: ConrNetworks, published: PublishedConr
) -> None:
    given = figures(4, 128, 256)
    difference = painted_as(networks, given, torch.float32) - as_published(published, given)
    assert difference.abs().max() <= SAME_PICTURE


def test_the_prepared_form_holds_no_parameter_that_no_frame_needs(networks: ConrNetworks) -> None:
    painter = FramePainter(networks, torch.device("cpu"), torch.float32)
    held = {name for name, _ in painter.networks.named_parameters()}
    assert not [name for name in held if "upsample_blocks" in name or "final_conv" in name]
    assert not [name for name in held if ".conv0.0." in name or ".conv_last.2." in name]
    assert networks.parser.final_conv.weight.shape[0] == 4  # the given ones stay whole
    assert networks.shader.decoder_blocks[0].get_submodule("conv0.0").weight.ndim == 4


def test_gradients_reach_every_parameter_that_paints_and_no_other(
    networks: ConrNetworks,
) -> None:
    given = figures(2, 128, 128)
    networks.paint(networks.encode(given.drawings), given.target).square().sum().backward()
    silent = {
        name
        for name, parameter in networks.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().any()
    }
    decoders = ("upsample_blocks", "final_conv")
    unneeded = {name for name, _ in networks.named_parameters() if name.split(".")[1] in decoders}
    assert silent == unneeded


def test_gradients_reach_the_detector(networks: ConrNetworks) -> None:
    networks.detect(figures(1, 128, 128).drawings[:, :3]).square().sum().backward()
    silent = {name for name, value in networks.parser.named_parameters() if value.grad is None}
    assert not silent


def test_outputs_that_nothing_reads_get_no_gradient(
    networks: ConrNetworks, config: ConrConfig
) -> None:
    given = figures(2, 128, 128)
    networks.paint(networks.encode(given.drawings), given.target).square().sum().backward()
    state = dict(networks.shader.named_parameters())
    for block, width in enumerate(config.message_widths):
        gradient = state[f"decoder_blocks.{block}.conv_last.2.bias"].grad
        assert gradient is not None
        dead = [len(gradient) - width - 1]  # the mask for features
        if block == len(config.message_widths) - 1:
            dead += [0, 1, len(gradient) - width - 2]  # nothing follows that could move
        silent = [index for index, value in enumerate(gradient.tolist()) if value == 0.0]
        assert silent == sorted(dead)


def test_every_key_and_shape_is_that_of_the_published_files(shared_data: Path) -> None:
    file = shared_data.parent / "reference" / "conr_state_dict.json"
    published = json.loads(file.read_text(encoding="utf-8"))
    expected = {
        name: {key: tuple(shape) for key, shape in keys.items()} for name, keys in published.items()
    }
    assert expected_shapes(ConrConfig()) == expected
    assert sum(map(len, expected.values())) == 486


def test_keys_and_shapes_have_the_digest_of_the_published_ones() -> None:
    lists = {
        file: {key: list(shape) for key, shape in keys.items()}
        for file, keys in expected_shapes(ConrConfig()).items()
    }
    digest = hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()
    assert digest == "971428e8357cfff202d16604a555231bade5212d3bfbae7f5cced128c6e5eac9"


def test_parameters_are_as_many_as_published() -> None:
    with torch.device("meta"):
        networks = ConrNetworks(ConrConfig())
    counts = {
        file: sum(value.numel() for value in networks.get_submodule(name).parameters())
        for file, name in NETWORK_OF_FILE.items()
    }
    assert counts == PARAMETERS
    painting = (
        networks.parser.backbone,
        networks.pose_encoder.backbone,
        networks.shader,
        networks.rgba_head,
    )
    assert sum(value.numel() for part in painting for value in part.parameters()) == NEEDED


def test_the_published_form_costs_what_the_papers_code_costs() -> None:
    files = {
        file: {key: torch.empty(shape, device="meta") for key, shape in keys.items()}
        for file, keys in expected_shapes(ConrConfig()).items()
    }
    published = PublishedConr(files)
    with torch.device("meta"):
        sheet = torch.empty(1, 3, 256, 256), torch.empty(1, 1, 256, 256)
        target = torch.empty(3, 256, 256), torch.empty(1, 256, 256)
    costs = []
    for recompute_sheet in (True, False):
        with FlopCounterMode(display=False) as counter:
            published.paint(*sheet, *target, recompute_sheet=recompute_sheet)
        costs.append(round(counter.get_total_flops() / 1e9))
    assert tuple(costs) == PUBLISHED_GFLOP
