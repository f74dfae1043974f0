"""The verb of a hindcast, for Python and the command line: from words to a folder with tables and a page.

In: a scenario and words or dates. Out: a `hindcard.Hindcast`, and in its folder hindcast.json, .csv and .html.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pathlib
import tempfile

from maabar import facts, hindcard, hindcast, report, runs, units


def make(
    scenario: facts.Scenario,
    every: int | str = 14,
    days: int = 30,
    *,
    since: dt.date | str | None = None,
    until: dt.date | str | None = None,
    posterior: str | os.PathLike[str] | None = None,
    given_events: bool | None = None,
    beyond: bool = False,
    members: int = 300,
    seed: int = 1,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    on_progress: hindcast.Progress | None = None,
    command: str | None = None,
) -> hindcard.Hindcast:
    """Forecast from one day of the past after another, and hold each forecast against what was reported later.

    every         days between origins (14, 14d, 2w);  days: how many days ahead of each
    since, until  first origin, and no origin after it; None: as far as there are reports
    posterior     folder of an earlier hindcast, whose calibrations are used where it has them
    given_events  take the scenario's events after an origin as they are; None: only where departures are given
    beyond        also beyond the days ahead at which coverage was tested
    out           folder that keeps everything; what was begun there is finished. None: nothing is kept

    Raises errors.RunError for impossible days, without reports to learn from or to test with, or if the folder holds
    something else; errors.ConvergenceError if no origin's reports can be followed; errors.Cancelled after Ctrl-C.
    """
    runs.check(members=members, seed=seed, workers=workers)
    asked = hindcast.plan(
        scenario, every=units.parse_span(every, "--every"), days=days, since=units.date_of(since, "--from"),
        until=units.date_of(until, "--until"), given=given_events, beyond=beyond, members=members, seed=seed,
    )  # fmt: skip
    known = None if posterior is None else pathlib.Path(posterior)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="maabar-")) if out is None else out
        )
        found = hindcast.run(
            asked, folder, workers=workers, calibrations=known, on_progress=on_progress or runs.silent,
            command=command or "",
        )  # fmt: skip
        if out is not None:
            found.write(folder)
            report.write_hindcast(found, scenario, folder / "hindcast.html")
    return found
