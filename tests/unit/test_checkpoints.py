import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, expected_shapes
from renderer.conr.weights import checkpoint_file
from renderer.conr.weights.checkpoint_file import read_checkpoint
from renderer.conr.weights.checkpoints import (
    check_network,
    differences,
    read_checkpoints,
    recognise,
)
from renderer.errors import WeightsError
from tests.fakes.conr_files import TINY, CodeInPickle, write_states

SHADER, HEAD = "shader.pth", "rgbadecodernet.pth"
PAGE = (
    b"\n<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head></html>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_states(tmp_path / "conr")
    return tmp_path / "conr"


def test_the_four_files_are_read_under_their_networks_names(tmp_path: Path) -> None:
    written = write_states(tmp_path)
    read = read_checkpoints(tmp_path, TINY)
    assert read.config == TINY
    assert set(read.sources) == set(NETWORK_OF_FILE)
    for file, network in NETWORK_OF_FILE.items():
        for key, tensor in written[file].items():
            assert torch.equal(read.tensors[f"{network}.{key}"], tensor)
    assert len(read.tensors) == sum(map(len, written.values()))


def test_the_sources_say_name_size_and_hash(folder: Path) -> None:
    source = read_checkpoints(folder, TINY).sources[SHADER]
    assert source.name == SHADER
    assert source.size == (folder / SHADER).stat().st_size
    assert source.sha256 == read_checkpoint(folder / SHADER).sha256
    assert len(source.sha256) == 64


def test_the_early_misspelling_is_understood(folder: Path) -> None:
    (folder / "target_pose_encoder.pth").rename(folder / "traget_pose_encoder.pth")
    read = read_checkpoints(folder, TINY)
    assert read.sources["target_pose_encoder.pth"].name == "traget_pose_encoder.pth"
    write_states(folder)
    with pytest.raises(WeightsError, match="twice, under two spellings"):
        read_checkpoints(folder, TINY)


def test_files_one_folder_down_are_found(folder: Path) -> None:
    read_checkpoints(folder.parent, TINY)
    write_states(folder.parent / "old")
    with pytest.raises(WeightsError, match=r"several folders \(conr, old\)"):
        read_checkpoints(folder.parent, TINY)


def test_files_of_other_names_are_recognised_by_what_is_in_them(folder: Path) -> None:
    for index, file in enumerate(NETWORK_OF_FILE):
        (folder / file).rename(folder / f"download ({index}).pth")
    read = read_checkpoints(folder, TINY)
    assert read.sources[SHADER].name == "download (2).pth"


def test_a_prefix_of_distributed_training_is_stripped(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    torch.save({f"module.{key}": value for key, value in state.items()}, folder / HEAD)
    assert "rgba_head.conv_rgba.0.weight" in read_checkpoints(folder, TINY).tensors


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_a_training_checkpoint_is_unwrapped(folder: Path, wrapper: str) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    wrapped = {"epoch": 3, wrapper: state, "optimizer": {"state": {}, "param_groups": [{"lr": 1}]}}
    torch.save(wrapped, folder / HEAD)
    assert "rgba_head.conv_rgba.0.weight" in read_checkpoints(folder, TINY).tensors


def test_a_checkpoint_with_two_networks_is_ambiguous(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    torch.save({"model": state, "average": state}, folder / HEAD)
    with pytest.raises(WeightsError, match=r"several networks \(model, average\)"):
        read_checkpoints(folder, TINY)


def test_the_old_file_format_is_read(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    torch.save(state, folder / HEAD, _use_new_zipfile_serialization=False)
    read = read_checkpoints(folder, TINY)
    assert torch.equal(read.tensors["rgba_head.conv_rgba.0.weight"], state["conv_rgba.0.weight"])


def test_half_precision_becomes_float32(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    torch.save({key: value.half() for key, value in state.items()}, folder / HEAD)
    tensor = read_checkpoints(folder, TINY).tensors["rgba_head.conv_rgba.0.weight"]
    assert tensor.dtype == torch.float32


def test_a_mixed_up_file_is_told_apart(folder: Path) -> None:
    (folder / SHADER).write_bytes((folder / HEAD).read_bytes())
    with pytest.raises(
        WeightsError, match=rf"shader\.pth holds the weights of {HEAD}, expected those of {SHADER}"
    ):
        read_checkpoints(folder, TINY)


def test_differences_name_the_first_of_each_kind(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    state["surplus"] = state.pop("conv_rgba.0.bias")
    state["conv_rgba.0.weight"] = torch.zeros(4, 8, 1, 1)
    torch.save(state, folder / HEAD)
    with pytest.raises(WeightsError, match=r"does not fit rgbadecodernet\.pth") as error_info:
        read_checkpoints(folder, TINY)
    told = str(error_info.value)
    assert "1 missing (conv_rgba.0.bias)" in told
    assert "1 unexpected (surplus)" in told
    assert "1 of another shape (conv_rgba.0.weight is 4x8x1x1, expected 4x8x3x3)" in told


def test_many_differences_are_counted_and_cut_short() -> None:
    told = differences({}, {f"key{i}": (1,) for i in range(9)})
    assert told == "9 missing (key0, key1, key2, ...)"


def test_missing_files_are_named(folder: Path) -> None:
    (folder / SHADER).unlink()
    with pytest.raises(WeightsError, match=r"lacks shader\.pth \(found: .*udpparsernet\.pth"):
        read_checkpoints(folder, TINY)


def test_an_empty_and_a_missing_folder_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"found: no \.pth file"):
        read_checkpoints(tmp_path, TINY)
    with pytest.raises(WeightsError, match="is not a folder; give the folder of the four"):
        read_checkpoints(tmp_path / "gone", TINY)


def test_a_file_in_place_of_the_folder_says_what_to_give(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"is one file; give the folder of all four"):
        read_checkpoints(folder / SHADER, TINY)
    (tmp_path / "weights.zip").write_bytes(b"PK")
    with pytest.raises(WeightsError, match="is an archive: unpack it and give the folder"):
        read_checkpoints(tmp_path / "weights.zip", TINY)


def test_the_files_of_the_successor_are_told_apart(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    renamed = {key.replace("conv_rgba.0", "conv_rgba"): value for key, value in state.items()}
    torch.save(renamed, folder / HEAD)
    with pytest.raises(WeightsError, match="is of Live3D-v2, another network"):
        read_checkpoints(folder, TINY)
    (folder / SHADER).rename(folder / "cinnnet.pth")
    with pytest.raises(WeightsError, match="are of Live3D-v2, another network"):
        read_checkpoints(folder, TINY)


def _page(path: Path) -> None:
    path.write_bytes(PAGE)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _cut_off_old(path: Path) -> None:
    torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-200])


def _noise(path: Path) -> None:
    path.write_bytes(b"these are no weights, whatever the name says " * 20)


def _flipped_inside(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, b"\x80\x02}q." if name.endswith("data.pkl") else data)


def _ordinary_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "weights of another kind")


def _a_list(path: Path) -> None:
    torch.save([torch.zeros(2)], path)


def _no_tensors(path: Path) -> None:
    torch.save({"epoch": 3}, path)


def _whole_numbers(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    torch.save({key: value.to(torch.int8) for key, value in state.items()}, path)


def _not_finite(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    state["conv_rgba.0.bias"][0] = float("nan")
    torch.save(state, path)


def _sparse(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    state["conv_rgba.0.bias"] = state["conv_rgba.0.bias"].to_sparse()
    torch.save(state, path)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_page, "is a web page, not weights: Google Drive"),
        (_empty, "is empty: download it again"),
        (_cut_off, "is cut off or damaged: download it again"),
        (_cut_off_old, "cut off, damaged or no checkpoint: download it again"),
        (_noise, "no checkpoint: download it again"),
        (_flipped_inside, "rgbadecodernet.pth"),
        (_ordinary_zip, "is an ordinary zip archive: unpack it"),
        (_a_list, "holds no state dict: it is a list"),
        (_no_tensors, "holds no tensors"),
        (_whole_numbers, "holds torch.int8, expected float32"),
        (_not_finite, r"conv_rgba.0.bias holds numbers that are not finite \(NaN"),
        (_sparse, "conv_rgba.0.bias is no plain tensor"),
    ],
)
def test_a_broken_file_is_one_sentence(
    folder: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(folder / HEAD)
    with pytest.raises(WeightsError, match=sentence):
        read_checkpoints(folder, TINY)


def test_an_old_file_that_is_cut_off_anywhere_is_one_sentence(folder: Path) -> None:
    path = folder / HEAD
    torch.save({"a.weight": torch.zeros(3, 4)}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    for kept in range(1, len(data), 3):
        path.write_bytes(data[:kept])
        with pytest.raises(WeightsError, match=HEAD):
            read_checkpoint(path)


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("as_zip", [True, False])
def test_code_in_a_file_is_refused_and_does_not_run(
    folder: Path, tmp_path: Path, protocol: int, as_zip: bool
) -> None:
    witness = tmp_path / "witness"
    evil = {"conv_rgba.0.weight": CodeInPickle(witness)}
    if as_zip:
        torch.save(evil, folder / HEAD, pickle_protocol=protocol)
    else:
        (folder / HEAD).write_bytes(pickle.dumps(evil, protocol=protocol))
    with pytest.raises(WeightsError, match="was refused: it holds more than tensors"):
        read_checkpoints(folder, TINY)
    assert not witness.exists()


def test_the_malicious_file_of_these_tests_is_dangerous_to_a_trusting_reader(
    tmp_path: Path,
) -> None:
    witness = tmp_path / "witness"
    pickle.loads(pickle.dumps(CodeInPickle(witness)))
    assert witness.exists()


def test_an_absurdly_large_file_is_not_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_file, "MAX_FILE_BYTES", 2000)
    with pytest.raises(WeightsError, match="is too large for CoNR weights"):
        read_checkpoint(folder / HEAD)


def test_an_archive_that_unpacks_to_too_much_is_not_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(folder / HEAD, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 100_000)
    monkeypatch.setattr(checkpoint_file, "MAX_FILE_BYTES", 50_000)
    with pytest.raises(WeightsError, match="would unpack to more than"):
        read_checkpoint(folder / HEAD)


class Inflated:
    """Pickles as a tensor of 40 GB whose numbers are not in the file."""

    def __reduce__(self) -> tuple[object, ...]:
        storage = torch.zeros(4).storage()
        shape, strides = (10**10,), (1,)
        return torch._utils._rebuild_tensor_v2, (storage, 0, shape, strides, False, OrderedDict())


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_a_tensor_that_is_larger_than_its_file_is_refused(folder: Path) -> None:
    torch.save({"conv_rgba.0.weight": Inflated()}, folder / HEAD)
    with pytest.raises(WeightsError, match="damaged or no checkpoint"):
        read_checkpoints(folder, TINY)


def test_an_expanded_tensor_of_another_shape_costs_no_memory(folder: Path) -> None:
    state = torch.load(folder / HEAD, weights_only=True)
    state["conv_rgba.0.bias"] = torch.zeros(1).expand(10**12)
    torch.save(state, folder / HEAD)
    with pytest.raises(WeightsError, match=r"conv_rgba\.0\.bias is 1000000000000, expected 4"):
        read_checkpoints(folder, TINY)


def test_the_published_size_has_the_published_parameter_counts() -> None:
    expected = expected_shapes(ConrConfig())
    counts = {
        file: sum(torch.Size(shape).numel() for shape in shapes.values())
        for file, shapes in expected.items()
    }
    assert counts == {
        "udpparsernet.pth": 57_220_420,
        "target_pose_encoder.pth": 26_963_745,
        "shader.pth": 96_135_096,
        "rgbadecodernet.pth": 84_484,
    }
    assert [len(shapes) for shapes in expected.values()] == [192, 92, 192, 10]
    assert all(recognise(shapes, expected) == file for file, shapes in expected.items())


def test_a_tiny_file_does_not_pass_for_the_published_size(folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"does not fit .*of another shape"):
        check_network(HEAD, read_checkpoint(folder / HEAD), expected_shapes(ConrConfig()))
