"""Pictures of any kind become RGBA; broken and absurd ones become a sentence."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.errors import SheetError
from renderer.sheet.colour_key import key_out
from renderer.sheet.picture_file import read_picture
from tests.fakes.alpha_video import draw_figure, on_green

GREY = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (20, 1))
# A PNG of 32 x 16 px with a palette: red, and green at half transparency. Made by hand below.
PALETTE, PALETTE_ALPHA = bytes([255, 0, 0, 0, 255, 0]), bytes([255, 128])


def write(path: Path, image: NDArray[np.generic], *options: int) -> Path:
    done, data = cv2.imencode(path.suffix, image, list(options))
    assert done
    path.write_bytes(data.tobytes())
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def palette_png(alpha: bytes) -> bytes:
    rows = b"".join(b"\0" + bytes([0] * 16 + [1] * 16) for _ in range(16))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 16, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", PALETTE),
            chunk(b"tRNS", alpha) if alpha else b"",
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


def test_straight_rgba_comes_as_it_is(tmp_path: Path) -> None:
    image = draw_figure()
    path = write(tmp_path / "a.png", image[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(read_picture(path), image)


def test_grey_gets_colours_and_is_opaque(tmp_path: Path) -> None:
    found = read_picture(write(tmp_path / "a.png", GREY))
    np.testing.assert_array_equal(found[..., 1], GREY)
    assert (found[..., 3] == 255).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_become_eight(tmp_path: Path, channels: int) -> None:
    deep = np.stack([GREY.astype(np.uint16) * 257] * channels, axis=-1)
    np.testing.assert_array_equal(read_picture(write(tmp_path / "a.png", deep))[..., 0], GREY)


@pytest.mark.parametrize("alpha", [b"", PALETTE_ALPHA])
def test_a_palette_becomes_colours_with_its_alpha(tmp_path: Path, alpha: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(palette_png(alpha))
    found = read_picture(path)
    assert found.shape == (16, 32, 4)
    assert found[3, 3].tolist() == [255, 0, 0, 255]
    assert found[3, 20].tolist() == [0, 255, 0, 128 if alpha else 255]


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_jpeg_and_webp_are_read_too(tmp_path: Path, name: str) -> None:
    image = np.full((48, 80, 3), (30, 120, 220), np.uint8)
    found = read_picture(write(tmp_path / name, image))
    assert found.shape == (48, 80, 4)
    np.testing.assert_allclose(found[20, 40], (220, 120, 30, 255), atol=4)


def test_webp_keeps_alpha_and_every_kind_of_header_is_understood(tmp_path: Path) -> None:
    image = draw_figure()[..., [2, 1, 0, 3]]
    lossless = write(tmp_path / "a.webp", image, cv2.IMWRITE_WEBP_QUALITY, 101)
    np.testing.assert_array_equal(read_picture(lossless), draw_figure())
    lossy = read_picture(write(tmp_path / "b.webp", image, cv2.IMWRITE_WEBP_QUALITY, 80))
    np.testing.assert_array_equal(lossy[..., 3] > 127, draw_figure()[..., 3] > 127)


def huge_png() -> bytes:
    data = bytearray(palette_png(b""))
    data[16:24] = struct.pack(">II", 100_000, 100_000)
    return bytes(data)


def huge_jpeg(folder: Path) -> bytes:
    data = bytearray(write(folder / "h.jpg", np.zeros((20, 20, 3), np.uint8)).read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "picture not found"),
        ("empty", "is empty"),
        ("text", "is no PNG, JPEG or WebP picture"),
        ("cut", "cannot be decoded"),
        ("cut-jpeg", "is no PNG, JPEG or WebP picture"),
        ("huge-png", "is 100000x100000 px"),
        ("huge-jpeg", "is 60000x60000 px"),
        ("small", "is 8x8 px"),
    ],
)
def test_a_broken_picture_is_one_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    content = {
        "empty": b"",
        "text": b"hello, this is no picture at all",
        "cut": palette_png(b"")[:50],
        "cut-jpeg": b"\xff\xd8\xff\xe0\x00",
        "huge-png": huge_png(),
        "huge-jpeg": huge_jpeg(tmp_path),
        "small": write(tmp_path / "s.png", np.zeros((8, 8), np.uint8)).read_bytes(),
    }
    path = tmp_path / "picture"
    if name != "missing":
        path.write_bytes(content[name])
    with pytest.raises(SheetError, match=sentence):
        read_picture(path)


def test_a_plain_background_is_cut_out_and_its_colour_leaves_the_rim() -> None:
    figure = draw_figure()
    keyed = key_out(on_green(figure), (0, 255, 0))
    np.testing.assert_array_equal(keyed, figure)
    rim = np.array([[[115, 217, 75, 255]]], np.uint8)  # half skin, half green
    colour = key_out(rim, (0, 255, 0))
    assert colour[0, 0, 3] == 255
    faint = np.array([[[40, 245, 26, 255]]], np.uint8)
    assert 0 < key_out(faint, (0, 255, 0))[0, 0, 3] < 255
    assert key_out(faint, (0, 255, 0))[0, 0, 1] < 245
