"""An OpenGL context for each test, and reference images."""

from collections.abc import Callable, Iterator

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.golden_image import (
    COLOR_TOLERANCE,
    GOLDEN_FOLDER,
    UDP_TOLERANCE,
    assert_matches,
    read_golden,
    write_difference,
    write_golden,
)
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context

GoldenCheck = Callable[[str, NDArray[np.generic]], None]


@pytest.fixture
def context() -> Iterator[moderngl.Context]:
    """A context of the test's own, which is current, in which the test leaves no error behind."""
    try:
        context = open_context()
    except GlContextError as error:
        pytest.skip(str(error))
    yield context
    error = context.error
    context.release()
    assert error == "GL_NO_ERROR"


@pytest.fixture
def check_golden(request: pytest.FixtureRequest, context: moderngl.Context) -> GoldenCheck:
    """Compare a float32 UDP map or a uint8 picture with its reference, on llvmpipe only."""

    def check(name: str, image: NDArray[np.generic]) -> None:
        is_color = image.dtype == np.uint8
        bits, tolerance = (8, COLOR_TOLERANCE) if is_color else (16, UDP_TOLERANCE)
        actual = image.astype(np.float32) / np.float32(255 if is_color else 1)
        assert 0.02 < actual[..., 3].mean() < 0.98
        if "llvmpipe" not in context.info["GL_RENDERER"]:
            pytest.skip("reference images are llvmpipe's; this is another OpenGL driver")
        path = GOLDEN_FOLDER / f"{name}.png"
        if request.config.getoption("--regenerate-golden"):
            write_golden(path, actual, bits=bits)
        golden = read_golden(path)
        try:
            assert_matches(actual, golden, interior_atol=tolerance)
        except AssertionError:
            write_difference(name, actual, golden, bits=bits)
            raise

    return check
