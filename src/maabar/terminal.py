"""What people see while they wait: a bar with the time left on a terminal, a line every tenth of the way elsewhere.

In: calls (stage, done, total) from the runs below. Out: text on the stream of errors, so that results can be piped on.
A reader who leaves early (`| head -1`) stops nothing: what cannot be told is dropped, and the work goes on. Only
results that the system refuses to take, as on a full disk, are an error.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from maabar import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    import rich.progress

WORDS = {
    "compile": "compiling the model, once (about 20 s)",
    "members": "simulating members",
    "calibrate": "learning from the reports",
    "anchor": "finding the state at the origin",
    "hindcast": "forecasting from each origin",
    "why": "learning again without one source",
    "results": "writing results",
    "what-ifs": "what-ifs",
    "report": "writing the report",
}
TENTHS = 10
SHORTEST_PAUSE = 1.0  # s between two lines


def duration(seconds: float) -> str:
    """A time span in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def say(text: str) -> None:
    """A line of results on standard output, dropped if nobody reads any more. Raises RunError if it is refused."""
    refusal = _written(sys.stdout, text)
    if refusal is not None and not isinstance(refusal, BrokenPipeError):
        raise refused(refusal)


def warn(text: str) -> None:
    """A line on the stream of errors, dropped if it cannot be written."""
    _written(sys.stderr, text)


def refused(fault: OSError) -> errors.RunError:
    """Why the output could not be written."""
    why = "no space left on the device" if fault.errno == errno.ENOSPC else str(fault.strerror or fault)
    return errors.RunError(f"cannot write to the output: {why}; send it elsewhere")


def _written(stream: TextIO | None, text: str) -> OSError | None:
    """Write a line; returns what the system said if it refused, after which nothing more is sent there."""
    if stream is None:
        return None
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except OSError as fault:
        _silence(stream)
        return fault
    return None


def _silence(stream: TextIO) -> None:
    """Send whatever is still written to a stream nowhere, also at the end of the process."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Lines:
    """Progress as plain lines: one when a stage begins, one for each further tenth, one at its end.

    Lines come at least `SHORTEST_PAUSE` apart, so that short stages do not fill a log.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.stage = ""
        self.begun, self.spoken, self.first, self.told = 0.0, 0.0, 0, 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note progress; write a line if it is time for one."""
        now, words, tenth = time.monotonic(), WORDS.get(stage, stage), done * TENTHS // max(total, 1)
        if stage != self.stage:
            self.stage, self.begun, self.spoken, self.first, self.told = stage, now, now, done, tenth
            resumed = f": {done} of {total} are already there" if 0 < done < total else ""
            self._say(f"{words}{resumed}")
        elif tenth > self.told and done < total and now - self.spoken >= SHORTEST_PAUSE:
            self.spoken, self.told = now, tenth
            left = (now - self.begun) / max(done - self.first, 1) * (total - done)
            self._say(f"{words}: {done} of {total}, about {duration(left)} left")
        elif tenth > self.told and done == total > 1:
            self.told = tenth
            self._say(f"{words}: {done} of {total}, done in {duration(now - self.begun)}")

    def _say(self, line: str) -> None:
        _written(self.stream, line)


class Bar:
    """Progress as one bar for each stage, with the time left."""

    def __init__(self, shown: "rich.progress.Progress") -> None:
        self.shown = shown
        self.tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note progress; the bar redraws itself."""
        if stage not in self.tasks:
            length = None if stage == "compile" else total
            self.tasks[stage] = self.shown.add_task(WORDS.get(stage, stage), total=length, completed=done)
        elif stage == "compile":
            self.shown.update(self.tasks[stage], total=1, completed=1)
        else:
            self.shown.update(self.tasks[stage], completed=done, total=total)


@contextlib.contextmanager
def progress(stream: TextIO | None, *, quiet: bool = False) -> "Iterator[Callable[[str, int, int], None]]":
    """Something to call with (stage, done, total) while the block lasts."""
    if quiet or stream is None:
        yield lambda stage, done, total: None
    elif not stream.isatty():
        yield Lines(stream)
    else:
        import rich.console
        import rich.progress

        columns = (
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TimeRemainingColumn(elapsed_when_finished=True),
        )
        with rich.progress.Progress(*columns, console=rich.console.Console(file=stream)) as shown:
            yield Bar(shown)
