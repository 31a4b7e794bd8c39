"""Signals that come while a library calls back."""

import signal
import threading

import pytest

from avatar_app.output.held_interrupt import hold_interrupts


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    done = []

    def work() -> None:
        with hold_interrupts():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with hold_interrupts():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_threads_that_get_no_signals_are_left_alone() -> None:
    done = []

    def hold() -> None:
        with hold_interrupts():
            done.append("all of it")

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert done
