"""Ctrl-C, put off while a library calls back into Python."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Let signals wait until the block has ended, then obey them.

    What a signal raises while FFmpeg writes into a file of ours would come up inside of a callback:
    FFmpeg passes over it, the run would go on, and the bytes would be missing.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not for others
        yield
        return
    caught: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    found = {number: signal.getsignal(number) for number in NUMBERS}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, remember)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if caught:
            signal.raise_signal(caught[0])
