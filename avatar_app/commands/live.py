"""Drive an avatar live by webcam, video or motion clip, into a virtual camera or a file."""

import argparse
import logging
import math
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live_options import add_live_options, engine_config, resolve_outputs
from avatar_app.commands.report import write_report
from avatar_app.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from avatar_app.engine import EngineConfig, EngineStatistics, LiveEngine
    from avatar_app.errors import OutputError

    LostOutputs = dict[str, OutputError]

logger = logging.getLogger(__name__)

LOOK_S = 0.05
PATIENCE_S = 4.0  # after so long a silent terminal looks dead
# A polite kill, and a terminal that is closed; Windows has no SIGHUP.
STOP_SIGNALS = (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("live", help="drive an avatar live", description=__doc__)
    add_live_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until the source ends, a limit is reached or Ctrl-C."""
    wants_window, outputs = resolve_outputs(arguments.output, has_screen=arguments.has_screen)
    config = engine_config(arguments, outputs)
    if wants_window:
        _refuse_with_window(arguments)
        if len(outputs) > 1:
            raise UsageError(
                f"the window has one output at a time; give one of {', '.join(outputs)}"
            )
        return open_window(replace(config, source=replace(config.source, loop=True)))
    if not arguments.output:
        print("no screen for a window: painting without output; see --output")
    with interrupted_by_stop_signals():
        if arguments.every_frame:
            statistics, lost = _run_inline(config, arguments)
        else:
            statistics, lost = _run_live(config, arguments)
    _tell(statistics, config, lost)
    if arguments.report is not None:
        write_report(arguments.report, statistics, config)
    for error in (lost[output] for output in config.outputs if output in lost):
        raise error
    return 0


def run_window(arguments: argparse.Namespace) -> int:
    """Open the window with the default configuration."""
    if not arguments.has_screen:
        raise UsageError(
            "no screen for the window; give a sub-command, such as "
            "'live --source clip:hello --output hello.mp4', see --help"
        )
    return open_window(None, arguments.gl_backend)


def open_window(config: "EngineConfig | None", gl_backend: str | None = None) -> int:
    """Open the window; without a configuration it begins with what was used last."""
    from avatar_app.gui.app import run_window as run_qt

    return run_qt(config, gl_backend=gl_backend)


@contextmanager
def interrupted_by_stop_signals() -> "Iterator[None]":
    """Let a polite kill end the run like Ctrl-C does, so that files get finished."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # What is ignored stays so: nohup wants it.
    heeded = [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = [(number, signal.signal(number, interrupt)) for number in heeded]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> "Iterator[None]":
    """Ignore Ctrl-C while files are finished, which takes a second or two."""
    numbers = (signal.SIGINT, *STOP_SIGNALS)
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _run_inline(
    config: "EngineConfig", arguments: argparse.Namespace
) -> "tuple[EngineStatistics, LostOutputs]":
    from avatar_app.engine import InlineRun

    inline = InlineRun(config)
    try:
        for count, frame in enumerate(inline.frames(), start=1):
            # The source's own time, so that two runs end at the same frame.
            if _is_over(arguments, count, frame.stamp.media_s):
                break
    except KeyboardInterrupt:
        logger.warning("interrupted")
    finally:
        with uninterrupted():
            inline.close()
    return inline.statistics(), inline.lost_outputs


def _run_live(
    config: "EngineConfig", arguments: argparse.Namespace
) -> "tuple[EngineStatistics, LostOutputs]":
    from avatar_app.engine import EngineState, LiveEngine

    engine = LiveEngine(config)
    engine.start()
    try:
        _watch(engine, config, arguments)
    except KeyboardInterrupt:
        logger.warning("interrupted")
    finally:
        with uninterrupted():
            engine.stop()
    if engine.state is EngineState.FAILED and engine.error is not None:
        raise engine.error
    return engine.statistics(), engine.lost_outputs


def _watch(engine: "LiveEngine", config: "EngineConfig", arguments: argparse.Namespace) -> None:
    from avatar_app.engine import EngineState

    begin_s: float | None = None
    patience_end_s = time.monotonic() + PATIENCE_S
    while not engine.wait(LOOK_S):
        if engine.state is not EngineState.RUNNING:
            if time.monotonic() > patience_end_s:
                print("still loading: the first start with an avatar takes longer", flush=True)
                patience_end_s = math.inf
            continue
        begin_s = time.monotonic() if begin_s is None else begin_s
        lost = engine.lost_outputs
        if config.outputs and all(address in lost for address in config.outputs):
            raise lost[config.outputs[0]]
        if _is_over(arguments, engine.statistics().frames_out, time.monotonic() - begin_s):
            return


def _is_over(arguments: argparse.Namespace, frames: int, seconds: float) -> bool:
    if arguments.frames is not None and frames >= arguments.frames:
        return True
    return arguments.seconds is not None and seconds >= arguments.seconds


def _refuse_with_window(arguments: argparse.Namespace) -> None:
    for option in ("frames", "seconds", "every_frame", "report"):
        if getattr(arguments, option):
            name = option.replace("_", "-")
            raise UsageError(f"--{name} does not go with the window; give another --output")


def _tell(statistics: "EngineStatistics", config: "EngineConfig", lost: "LostOutputs") -> None:
    latency = statistics.latency
    age = f", latency {latency.p50_ms:.0f} ms" if latency else ""
    face = statistics.face_found
    seen = f", face found in {face:.0%} of frames" if face is not None else ""
    print(
        f"{statistics.frames_out} frames at {statistics.measured_fps:.1f} fps{age}{seen}; "
        f"{statistics.decoder or 'no'} decoder on {statistics.device or 'nothing'}"
    )
    for output in config.outputs if statistics.frames_out else ():
        if output in lost:
            continue
        print(f"wrote {output}" if output != "virtual-camera" else "sent to the virtual camera")
