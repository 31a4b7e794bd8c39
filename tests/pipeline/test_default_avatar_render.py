"""``render`` with the shipped avatar, its springs, OpenGL and decoder."""

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.paths import avatar_names, clip_names
from avatar_app.rendering import segments
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context

SIZE = 96
SEGMENT_FRAMES = 4


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests of the module, because encoding a sheet takes seconds."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "yuzu" not in avatar_names() or "hello" not in clip_names():
        pytest.skip("the default avatar or its clip has not been built")
    try:
        open_context().release()
    except GlContextError as error:
        pytest.skip(str(error))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setattr(segments.Segments.__init__, "__defaults__", (SEGMENT_FRAMES,))


def run(*options: object) -> None:
    arguments = parse_arguments([*map(str, options), "--size", str(SIZE)])
    arguments.gl_backend, arguments.has_screen = None, False
    assert run_command(arguments) == 0


def film_pictures(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as film:
        return [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]


class PowerLossError(Exception):
    """Nothing of ours would raise it."""


def test_springs_swing_on_over_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = ("render", "--source", "clip:hello", "--fps", "2", "--device", "cpu", "--output")
    write = segments.Segments.write

    def write_two(parts: segments.Segments, segment: int, pictures: Any) -> None:
        if segment == 2:
            raise PowerLossError
        write(parts, segment, pictures)

    run(*clip, tmp_path / "whole.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(segments.Segments, "write", write_two)
        with pytest.raises(PowerLossError):
            run(*clip, tmp_path / "parts.mp4")
    run(*clip, tmp_path / "parts.mp4")
    whole = film_pictures(tmp_path / "whole.mp4")
    assert len(whole) > 3 * SEGMENT_FRAMES
    for ours, theirs in zip(film_pictures(tmp_path / "parts.mp4"), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_udp_sequence_of_the_avatar_looks_like_the_avatar(tmp_path: Path) -> None:
    clip = ("--source", "clip:hello", "--fps", "2", "--frames", "3")
    run("udp", *clip, "--output", tmp_path / "udp")
    run("render", "--udp", tmp_path / "udp", "--device", "cpu", "--output", f"{tmp_path}/out/")
    names = [path.stem for path in sorted((tmp_path / "udp").glob("*.npz"))]
    assert [path.stem for path in sorted((tmp_path / "out").glob("*.png"))] == names
    for name in names:
        image = cv2.imread(str(tmp_path / "out" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert image.shape == (SIZE, SIZE, 4)
        figure = image[image[..., 3] > 200][:, :3]
        assert 0.05 < len(figure) / SIZE**2 < 0.5
        assert figure.std(axis=0).min() > 40  # hair, skin and clothes
