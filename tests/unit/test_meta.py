"""Rules about the code itself that no linter knows."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).parents[2]
PACKAGES = ("avatar_app", "renderer", "udp_live")
HEAVY = (
    "avatar_app.engine",
    "torch",
    "mediapipe",
    "cv2",
    "PySide6",
    "moderngl",
    "scipy",
    "onnxruntime",
    "av",
)
MODULES = sorted(path for package in PACKAGES for path in (PROJECT_ROOT / package).rglob("*.py"))


def _relative(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_no_module_is_longer_than_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert "TODO" not in docstring


def test_every_name_in_an_all_list_exists() -> None:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if module.ispkg and ".gui" not in module.name:
                loaded = importlib.import_module(module.name)
                for name in getattr(loaded, "__all__", ()):
                    assert hasattr(loaded, name), f"{module.name}.{name}"


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, main\n"
        "try:\n    main.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert "LOADED []" in result.stdout


def test_nothing_unpickles() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert "import pickle" not in text, _relative(path)
        assert "allow_pickle=True" not in text, _relative(path)
        assert "weights_only=False" not in text, _relative(path)
