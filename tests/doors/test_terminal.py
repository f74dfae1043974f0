"""What people see while they wait."""

import io

import pytest

from maabar import terminal


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_a_time_span_is_told_in_words(seconds: float, words: str) -> None:
    assert terminal.duration(seconds) == words


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock whose time is the one number in this list."""
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def told(lines: terminal.Lines) -> list[str]:
    assert isinstance(lines.stream, io.StringIO)
    return lines.stream.getvalue().splitlines()


def test_a_long_stage_is_told_by_tenths_with_the_time_left(clock: list[float]) -> None:
    lines = terminal.Lines(io.StringIO())
    for done in range(0, 41, 2):
        lines("members", done, 40)
        clock[0] += 2.0
    assert told(lines) == [
        "simulating members",
        *(f"simulating members: {4 * k} of 40, about {40 - 4 * k} s left" for k in range(1, 10)),
        "simulating members: 40 of 40, done in 40 s",
    ]


def test_a_short_stage_is_told_by_its_beginning_and_end(clock: list[float]) -> None:
    lines = terminal.Lines(io.StringIO())
    for done in range(11):
        lines("results", done, 10)
    assert told(lines) == ["writing results", "writing results: 10 of 10, done in 0 s"]


def test_a_resumed_stage_says_what_is_there_and_counts_time_from_there(clock: list[float]) -> None:
    lines = terminal.Lines(io.StringIO())
    lines("members", 20, 40)
    clock[0] += 5.0
    lines("members", 30, 40)
    assert told(lines) == [
        "simulating members: 20 of 40 are already there",
        "simulating members: 30 of 40, about 5 s left",
    ]


def test_progress_that_cannot_be_written_is_dropped() -> None:
    class Refusing(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    with terminal.progress(Refusing()) as progress:
        progress("members", 0, 2)
        progress("members", 2, 2)


def test_nothing_is_told_where_there_is_no_stream_of_errors() -> None:
    with terminal.progress(None) as progress:
        progress("members", 1, 2)


def test_nothing_is_told_when_a_machine_listens() -> None:
    stream = io.StringIO()
    with terminal.progress(stream, quiet=True) as progress:
        progress("members", 1, 2)
    assert stream.getvalue() == ""


def test_a_terminal_gets_one_bar_a_stage() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with terminal.progress(stream) as progress:
        for stage, total in (("compile", 1), ("members", 20)):
            progress(stage, 0, total)
            progress(stage, total, total)
    assert "compiling the model, once (about 20 s)" in stream.getvalue()
    assert "20/20" in stream.getvalue()
