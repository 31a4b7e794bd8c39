"""Fixtures of runs with the shipped avatar."""

from pathlib import Path

import pytest

from avatar_app.paths import avatar_names, clip_names
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests of the module, because encoding a sheet takes seconds."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def default_avatar(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See that avatar, clip and OpenGL are there; files of the user go to ``home``."""
    if "yuzu" not in avatar_names() or "hello" not in clip_names():
        pytest.skip("the default avatar or its clip has not been built")
    try:
        open_context().release()
    except GlContextError as error:
        pytest.skip(str(error))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
