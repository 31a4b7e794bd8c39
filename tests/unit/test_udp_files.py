"""One map in one file: what is read, what is written, what is refused with which sentence."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.fakes.udp_drawing import disc_map, exr_bytes, rgba_planes
from udp_live.errors import UdpFileError
from udp_live.types import UdpMap
from udp_live.udp_files import read_udp, read_udp_size, write_udp
from udp_live.udp_files.limits import MAX_SIDE_PX

PROJECT_ROOT = Path(__file__).parents[2]
MAP = disc_map()
TORN = (0, 4, 5, 100, 310, 330, 400, 700, -200, -1)  # where files are cut off


def write_npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def npy_header(text: str) -> bytes:
    """A ``.npy`` member of an npz that is all header."""
    padded = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def refusal(path: Path) -> str:
    with pytest.raises(UdpFileError) as caught:
        read_udp(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["0001.npz", "0001.exr", "0001", "0001.NPZ"])
@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_what_was_written_is_read_again(tmp_path: Path, name: str, dtype: Any) -> None:
    write_udp(tmp_path / name, MAP, dtype)
    assert np.array_equal(read_udp(tmp_path / name).xyzv, MAP.xyzv)
    assert read_udp_size(tmp_path / name) == (40, 30)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_npz_is_as_conr_reads_it(tmp_path: Path) -> None:
    write_udp(tmp_path / "0001.npz", MAP)
    with np.load(tmp_path / "0001.npz", allow_pickle=False) as archive:
        assert archive.files == ["i"]
        assert archive["i"].shape == (30, 40, 4)
        assert archive["i"].dtype == np.float16
    assert (tmp_path / "0001.npz").stat().st_size < MAP.xyzv.nbytes // 4


def test_exr_is_as_conr_reads_it(tmp_path: Path) -> None:
    """CoNR decodes bytes with OpenCV, whatever the name; channels arrive as B, G, R, A."""
    write_udp(tmp_path / "0001", MAP)
    script = (
        "import os; os.environ['OPENCV_IO_ENABLE_OPENEXR'] = '1'\n"
        "import sys, cv2, numpy as np\n"
        "data = np.fromfile(sys.argv[1], np.uint8)\n"
        "image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)\n"
        "np.save(sys.argv[2], cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA))\n"
    )
    argv = [sys.executable, "-c", script, str(tmp_path / "0001"), str(tmp_path / "seen.npy")]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    assert np.array_equal(np.load(tmp_path / "seen.npy"), MAP.xyzv)


@pytest.mark.parametrize("dtype", [">f2", "<f4", "<f8", ">f8"])
def test_any_float_is_read_from_npz(tmp_path: Path, dtype: str) -> None:
    path = write_npz(tmp_path / "0001.npz", i=MAP.xyzv.astype(dtype))
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)


@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24"])
@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_lossless_exr_is_read_in_rows_and_tiles(
    tmp_path: Path, compression: str, tile: int | None, dtype: str
) -> None:
    path = tmp_path / "0001.exr"
    path.write_bytes(exr_bytes(rgba_planes(MAP, dtype), compression, tile=tile))
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)


def test_exr_channels_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "0001.exr"
    planes = {f"Layer.Combined.{letter}": plane for letter, plane in rgba_planes(MAP).items()}
    planes["Depth"] = np.zeros((30, 40), np.float32)
    path.write_bytes(exr_bytes(planes))
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)


def test_a_cropped_exr_is_put_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "0001.exr"
    crop = UdpMap(MAP.xyzv[5:27, 10:31].copy())
    path.write_bytes(
        exr_bytes(
            rgba_planes(crop),
            dataWindow=(np.array([10, 5], np.int32), np.array([30, 26], np.int32)),
            displayWindow=(np.array([0, 0], np.int32), np.array([39, 29], np.int32)),
        )
    )
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)
    assert read_udp_size(path) == (40, 30)


def test_maps_of_live3d_v2_are_read(tmp_path: Path) -> None:
    planes = np.moveaxis(MAP.xyzv, 2, 0)[None]
    path = write_npz(tmp_path / "0001.npz", udp=planes, img=np.zeros((1, 3, 30, 40)))
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)
    assert read_udp_size(path) == (40, 30)


@pytest.mark.parametrize("name", ["0001.npz", "0001.exr"])
def test_an_empty_map_is_a_map(tmp_path: Path, name: str) -> None:
    write_udp(tmp_path / name, UdpMap(np.zeros((30, 40, 4), np.float32)))
    assert not read_udp(tmp_path / name).xyzv.any()


def test_what_lies_outside_the_figure_does_not_matter(tmp_path: Path) -> None:
    spoilt = MAP.xyzv.copy()
    spoilt[MAP.xyzv[..., 3] == 0, :3] = np.nan
    spoilt[0, 0, 3] = -0.01
    path = write_npz(tmp_path / "0001.npz", i=spoilt)
    assert np.array_equal(read_udp(path).xyzv, MAP.xyzv)


def test_a_little_overshoot_is_clipped_and_so_are_a_few_stray_pixels(tmp_path: Path) -> None:
    over = MAP.xyzv.copy()
    over[15, 14:26, 0] = 1.04
    over[15, 20, 1] = -3.0
    path = write_npz(tmp_path / "0001.npz", i=over)
    read = read_udp(path).xyzv
    assert (read.min(), read.max()) == (0.0, 1.0)
    assert read[15, 20, 1] == 0.0


def test_numbers_of_another_scale_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "0001.npz", i=255 * MAP.xyzv)
    assert "values from 0 to 255" in refusal(path)


@pytest.mark.parametrize(("channel", "where"), [(0, "the figure"), (3, "its mask")])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_number_in_the_figure_is_refused(
    tmp_path: Path, channel: int, where: str, value: float
) -> None:
    spoilt = MAP.xyzv.copy()
    spoilt[15, 20, channel] = value
    assert f"NaN or infinity in {where}" in refusal(write_npz(tmp_path / "1.npz", i=spoilt))


def test_float64_too_large_for_float32_is_refused(tmp_path: Path) -> None:
    assert "NaN or infinity" in refusal(
        write_npz(tmp_path / "1.npz", i=MAP.xyzv.astype(np.float64) * 1e300)
    )


@pytest.mark.parametrize(
    ("suffix", "dtype", "name"),
    [(".png", np.uint8, "PNG"), (".png", np.uint16, "PNG"), (".jpg", np.uint8, "JPEG")],
)
def test_pictures_of_whole_numbers_are_refused_with_what_to_give(
    tmp_path: Path, suffix: str, dtype: Any, name: str
) -> None:
    path = tmp_path / f"0001{suffix}"
    cv2.imwrite(str(path), np.zeros((30, 40, 3), dtype))
    sentence = refusal(path)
    assert f"{name} picture" in sentence
    assert "float EXR" in sentence


def test_an_npz_without_the_key_names_what_it_holds(tmp_path: Path) -> None:
    sentence = refusal(write_npz(tmp_path / "1.npz", pose=MAP.xyzv, image=MAP.xyzv))
    assert "no array 'i'" in sentence
    assert "pose, image" in sentence


class Trap:
    """Unpickling it would be noticed."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


def test_pickled_objects_are_refused_unread(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "1.npz", i=np.array([Trap()], object))
    assert "pickled objects" in refusal(path)
    assert not Trap.sprung


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.complex64, np.bool_])
def test_other_numbers_than_floats_are_refused(tmp_path: Path, dtype: Any) -> None:
    path = write_npz(tmp_path / "1.npz", i=np.zeros((30, 40, 4), dtype))
    assert np.dtype(dtype).name in refusal(path)


@pytest.mark.parametrize("shape", [(4,), (30, 40), (30, 40, 3), (2, 30, 40, 4), (0, 40, 4)])
def test_other_shapes_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    refusal(write_npz(tmp_path / "1.npz", i=np.zeros(shape, np.float16)))


def test_several_maps_in_one_file_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "1.npz", udp=np.zeros((2, 4, 30, 40), np.float32))
    assert "one map in each file" in refusal(path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f2', 'fortran_order': False, 'shape': (90000, 90000, 4), }",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (16, 16, 4), }",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (-1, 16, 4), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (16, 16, 4), }",
        "{'descr': '<f2', 'shape': (16, 16, 4), }",
        "(((((",
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "1.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("i.npy", npy_header(header))
    refusal(path)


def test_a_map_that_unpacks_to_absurd_size_is_refused_before(tmp_path: Path) -> None:
    path = tmp_path / "1.npz"
    shape = (MAX_SIDE_PX + 1, 16, 4)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        buffer = io.BytesIO()
        np.save(buffer, np.zeros(shape, np.float16))
        archive.writestr("i.npy", buffer.getvalue())
    assert f"1 to {MAX_SIDE_PX} px" in refusal(path)


def test_an_exr_without_mask_is_refused_with_what_to_do(tmp_path: Path) -> None:
    planes = rgba_planes(MAP)
    del planes["A"]
    path = tmp_path / "1.exr"
    path.write_bytes(exr_bytes(planes))
    assert "without channel A" in refusal(path)
    assert "save it with alpha" in refusal(path)


def test_an_exr_of_whole_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.exr"
    path.write_bytes(exr_bytes({c: np.zeros((30, 40), np.uint32) for c in "RGBA"}))
    assert "whole numbers" in refusal(path)


@pytest.mark.parametrize("compression", ["B44", "B44A", "DWAA", "DWAB"])
def test_an_exr_that_lost_precision_is_refused(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "1.exr"
    path.write_bytes(exr_bytes(rgba_planes(MAP), compression))
    assert "ZIP, PIZ or none" in refusal(path)


def test_an_exr_of_absurd_size_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    data = exr_bytes(rgba_planes(MAP))
    window = np.array([0, 0, 39, 29], "<i4").tobytes()
    path = tmp_path / "1.exr"
    path.write_bytes(data.replace(window, np.array([0, 0, 99999, 99999], "<i4").tobytes()))
    assert "100000x100000 px" in refusal(path)


@pytest.mark.parametrize("kind", ["npz", "exr"])
@pytest.mark.parametrize("end", TORN)
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, kind: str, end: int) -> None:
    path = tmp_path / f"1.{kind}"
    write_udp(path, MAP)
    path.write_bytes(path.read_bytes()[:end])
    refusal(path)


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)
    assert "not found" in refusal(tmp_path / "0001.npz")
    (tmp_path / "empty.npz").touch()
    assert "is empty" in refusal(tmp_path / "empty.npz")


def test_a_name_that_no_disk_can_hold_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path / ("0" * 300))


def test_a_file_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(UdpFileError, match="cannot write UDP"):
        write_udp(tmp_path / "nowhere" / "0001.npz", MAP)
    with pytest.raises(ValueError, match=r"give \.npz or \.exr"):
        write_udp(tmp_path / "0001.png", MAP)


MUTATE = """
import sys
from pathlib import Path
import numpy as np
from udp_live.errors import UdpFileError
from udp_live.udp_files import read_udp, read_udp_size

for name in sys.argv[1:]:
    path = Path(name)
    whole = path.read_bytes()
    for number in range(60):
        rng = np.random.default_rng(number)
        torn = bytearray(whole)
        for place in rng.integers(len(torn) if number % 2 else 400, size=1 + number % 7):
            torn[place] = rng.integers(256)
        path.write_bytes(torn)
        for read in (read_udp_size, read_udp):
            try:
                read(path)
            except UdpFileError:
                pass
"""


def test_damaged_bytes_end_neither_in_a_crash_nor_in_a_strange_error(tmp_path: Path) -> None:
    """In a process of its own, because a crash in the EXR library would end this one."""
    write_udp(tmp_path / "a.npz", MAP)
    write_udp(tmp_path / "b.exr", MAP)
    (tmp_path / "c.exr").write_bytes(exr_bytes(rgba_planes(MAP, "f4"), "PIZ"))
    (tmp_path / "d.exr").write_bytes(exr_bytes(rgba_planes(MAP), "RLE", tile=16))
    argv = [sys.executable, "-c", MUTATE, *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(
        argv, check=False, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
