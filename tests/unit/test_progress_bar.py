import io

from avatar_app.commands.progress_bar import ProgressBar
from tests.fakes.engine_parts import FakeClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_share_rate_and_time_left() -> None:
    screen, clock = Terminal(), FakeClock()
    bar = ProgressBar(screen, clock)
    bar.begin("painting", 100)
    for _ in range(20):
        clock.advance(0.5)
        bar.advance()
    last = screen.getvalue().split("\r")[-1]
    assert "painting [#####" in last
    assert "20/100 (20%)  2.0 frames/s, 0:40 left" in last
    assert "\n" not in screen.getvalue()
    bar.end()
    assert screen.getvalue().endswith("\n")


def test_elsewhere_a_plain_line_comes_now_and_then() -> None:
    stream, clock = io.StringIO(), FakeClock()
    bar = ProgressBar(stream, clock)
    bar.begin("tracking", 100)
    for _ in range(60):
        clock.advance(0.5)
        bar.advance()
    bar.end()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == "tracking 0/100 (0%)"
    assert lines[1].startswith("tracking 30/100 (30%)  2.0 frames/s")
    assert lines[-1] == "tracking 60/60 (100%)"


def test_frames_of_an_earlier_run_do_not_count_into_the_rate() -> None:
    screen, clock = Terminal(), FakeClock()
    bar = ProgressBar(screen, clock)
    bar.begin("painting", 1000, done=900)
    clock.advance(1.0)
    bar.advance()
    assert "901/1000 (90%)  1.0 frames/s, 1:39 left" in screen.getvalue()


def test_a_guessed_total_is_never_exceeded() -> None:
    screen = Terminal()
    bar = ProgressBar(screen, FakeClock())
    bar.begin("tracking", 2)
    for _ in range(5):
        bar.advance()
    bar.end()
    assert "5/5 (100%)" in screen.getvalue().split("\r")[-1]


def test_text_can_come_between_and_a_guess_of_the_total_can_change() -> None:
    screen, clock = Terminal(), FakeClock()
    bar = ProgressBar(screen, clock, unit="steps")
    bar.begin("training", 10)
    bar.make_way()
    assert screen.getvalue().endswith("\r\x1b[K")
    clock.advance(0.01)
    bar.advance(total=40)
    assert "1/40 (2%)  100.0 steps/s" in screen.getvalue().split("\r")[-1]
