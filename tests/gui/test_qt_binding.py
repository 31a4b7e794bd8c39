"""The pinned Qt binding itself: a fault that would end a long run, however good our code is."""

import sys

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

pytestmark = pytest.mark.gui


def test_calls_that_return_nothing_do_not_use_up_none() -> None:
    """PySide6 6.12.0 on Python 3.11 dropped a reference to None per call, until it crashed."""
    path, rect = QPainterPath(), QRectF(0, 0, 1, 1)
    path.addRect(rect)
    before = sys.getrefcount(None)
    for _ in range(1000):
        path.addRect(rect)
    assert abs(sys.getrefcount(None) - before) < 100
