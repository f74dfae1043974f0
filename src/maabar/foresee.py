"""The commands that learn from reports and look ahead: calibrate, forecast, why, ask.

Each is a plain function that `cli` makes a command of. Results go to standard output, and a forecast is a run folder
that every other command reads.
"""

import pathlib
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from maabar import errors, guard, options, terminal, units

if TYPE_CHECKING:
    from maabar import hindcard

MOST_EXACT = 100  # sources
AHEAD = 30  # days that are forecast unless told
Date = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Learn from reports published by this day.")]


def calibrate(
    name: options.Named,
    until: Date = None,
    members: options.Members = 300,
    seed: options.Seed = 1,
    out: Annotated[
        pathlib.Path | None, typer.Option(metavar="DIR", help="Folder to keep it in. [default: posteriors/…]")
    ] = None,
    workers: options.Workers = None,
    as_json: options.Json = False,
) -> None:
    """Learn from the reports what they leave possible, and say what was learned and what was not.

    Every report counts by the letter of its source; copies count once; reports that contradict each other are weighed,
    not averaged. The posterior is kept in a folder that 'run' and 'forecast' read with --posterior. The exit code is 3
    if the reports cannot be followed.

    \b
    Examples:
      maabar calibrate raqqa-2017 --until 2017-06-30
      maabar calibrate my-town --out posteriors/my-town
      maabar run my-town --posterior posteriors/my-town
    """
    from maabar import api

    loaded = api.load(name)
    day = units.date_of(until, "--until")
    folder = out or pathlib.Path("posteriors") / f"{loaded.facts.name}{f'-{day}' if day else ''}"
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        made = loaded.calibrate(
            until=day, members=members, seed=seed, out=folder, workers=workers, on_progress=progress
        )
    if as_json:
        guard.print_results({"status": "done", "folder": str(folder), **made.account.to_dict()})
        return
    terminal.say(str(made.account))
    terminal.say(f"\nposterior: {folder}\nNow, for example:\n  maabar run {name} --posterior {guard.quoted(folder)}")


def forecast(
    name: options.Named,
    origin: Annotated[str | None, typer.Option(metavar="DATE", help="The last day that is known.")] = None,
    days: Annotated[int, typer.Option(parser=guard.whole, metavar="INTEGER", help="How many days ahead.")] = AHEAD,
    posterior: options.PosteriorFolder = None,
    variant: Annotated[str | None, typer.Option(help="A what-if of the scenario; its events are plans.")] = None,
    given_events: Annotated[
        bool | None,
        typer.Option(
            "--given-events/--drawn-events",
            help="Take the scenario's events after the origin as they are, or draw them. [default: drawn, unless "
            "departures are given]",
        ),
    ] = None,
    beyond: Annotated[bool, typer.Option("--beyond", help="Also beyond the horizon that was tested.")] = False,
    every: Annotated[
        str | None,
        typer.Option(metavar="DAYS", help="Hindcast: from a day of the past every so many days, such as 14d or 2w."),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="With --every: the first day.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="With --every: no day after this one.")] = None,
    members: options.Members = 300,
    seed: options.Seed = 1,
    out: options.RunOut = None,
    workers: options.Workers = None,
    as_json: options.Json = False,
) -> None:
    """Forecast from a day on, using only what was reported by then.

    It learns from the reports known at the origin, starts from the state that they leave possible, and runs ahead. How
    the war goes on after the origin is drawn for each member from its course so far; where departures are given, they
    and all events are those of the scenario. The result is a run: report, score, export and compare read it.

    With --every it forecasts from one day of the past after another and holds each forecast against what was reported
    later, beside forecasts that need no model. What is finished is kept, and the same command goes on from there.

    \b
    Examples:
      maabar forecast raqqa-2017 --origin 2017-06-30 --days 30
      maabar forecast my-town --origin 2017-06-30 --days 14 --variant corridor
      maabar forecast raqqa-2017 --every 14d --days 30
    """
    from maabar import api, runs

    _check_kind(origin, every, since, until, variant)
    loaded = api.load(name)
    if every is not None:
        with terminal.progress(sys.stderr, quiet=as_json) as progress:
            folder = out or hindcast_folder(loaded.facts.name, every, days, since, until, given_events)
            seen = loaded.hindcast(
                every, days, since=since, until=until, posterior=posterior, given_events=given_events, beyond=beyond,
                members=members, seed=seed, out=folder, workers=workers, on_progress=progress,
                command=shlex.join(["maabar", *sys.argv[1:]]),
            )  # fmt: skip
        _show_hindcast(seen, folder, as_json=as_json)
        return
    day = units.date_of(origin, "--origin")
    folder = out or runs.default_folder(loaded.facts)
    again = shlex.join(["maabar", *sys.argv[1:]])
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        made = loaded.forecast(
            day, days, posterior=posterior, variant=variant, given_events=given_events, beyond=beyond, members=members,
            seed=seed, out=folder, workers=workers, on_progress=progress, command=again,
        )  # fmt: skip
        progress("report", 0, 1)
        report = made.report(command=guard.typed())
        progress("report", 1, 1)
    told = made.planner()
    if as_json:
        guard.print_results({"status": "done", "folder": str(folder), "report": str(report), **told.to_dict()})
        return
    terminal.say(str(told))
    terminal.say(f"\nrun: {made.path}\nreport: {report}")


def why(
    folder: options.RunFolder,
    asked: Annotated[str, typer.Argument(metavar="QUANTITY[/PLACE[/DATE]]", help="Such as inside/*/2017-06-30.")],
    exact: Annotated[
        int,
        typer.Option(
            parser=guard.whole, metavar="INTEGER", help="Learn again without the N sources that move it most."
        ),
    ] = 0,
    audience: options.Audience = "internal",
    out: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="FILE", help="Write it too, as .txt or .json, marked and noted in releases.jsonl."),
    ] = None,
    workers: options.Workers = None,
    as_json: options.Json = False,
) -> None:
    """Which reports hold a number up, who disagrees, and how it moves without each source.

    PLACE is a place, a zone or * for everywhere (the default); DATE the evening that is meant, or the end of a sum;
    without it, the last day of the run. How the number moves without a source is computed at once by a linear rule, and
    is rough; with --exact N it is learned again without the N sources that move it most, half a minute or more each.

    \b
    Examples:
      maabar why runs/forecast inside/city/2017-07-14
      maabar why runs/forecast arrivals/ain-issa
      maabar why runs/forecast killed:mine --exact 3
      maabar why runs/forecast displaced_total --audience public --out why.txt
    """
    from maabar import ran

    if not isinstance(exact, int) or not 0 <= exact <= MOST_EXACT:
        found = errors.quote(str(exact))
        raise errors.RunError(f"--exact: found {found}, expected a whole number from 0 to {MOST_EXACT}")
    made = ran.open_run(folder)
    with terminal.progress(sys.stderr, quiet=as_json or not exact) as progress:
        told = made.why(
            asked, exact=exact, workers=workers, on_progress=progress, audience=audience, out=out, command=guard.typed()
        )
    if as_json:
        about = {"status": "done", "folder": str(folder), "audience": audience}
        guard.print_results(about | told.to_dict() | ({} if out is None else {"file": str(out)}))
        return
    terminal.say(str(told))
    if out is not None:
        terminal.say(f"why: {out}")


def ask(
    name: options.Named,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="The last day that is known. [default: of the last report]"),
    ] = None,
    days: Annotated[int, typer.Option(parser=guard.whole, metavar="INTEGER", help="How many days ahead.")] = AHEAD,
    grade: Annotated[str, typer.Option(metavar="LETTER", help="Reliability of the source that would be asked.")] = "B",
    posterior: options.PosteriorFolder = None,
    members: options.Members = 300,
    seed: options.Seed = 1,
    workers: options.Workers = None,
    as_json: options.Json = False,
) -> None:
    """Which next report would narrow the planner's intervals most.

    Every count that could be asked for (people present or arriving at a camp, people inside, departures, prices,
    fighters, movements, deaths) is weighed by what it is expected to tell of arrivals, people inside and deaths in the
    days ahead, whatever it will say. Reports endanger those who make them: ask only those who can count safely.

    \b
    Examples:
      maabar ask my-town
      maabar ask raqqa-2017 --until 2017-06-30 --grade C
    """
    from maabar import api

    loaded = api.load(name)
    day = units.date_of(until, "--until")
    if not isinstance(days, int):
        raise errors.RunError(f"--days: found {errors.quote(str(days))}, expected a whole number")
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        told = loaded.ask(
            day, days, grade=grade, posterior=posterior, members=members, seed=seed, workers=workers,
            on_progress=progress,
        )  # fmt: skip
    if as_json:
        guard.print_results({"status": "done", "scenario": loaded.facts.name, **told.to_dict()})
        return
    terminal.say(str(told))


def _check_kind(
    origin: str | None, every: str | None, since: str | None, until: str | None, variant: str | None
) -> None:
    """Raise errors.RunError for options of a forecast and of a hindcast together, or of neither."""
    if every is None:
        if origin is None:
            raise errors.RunError(
                "--origin: not given; name the last day that is known, such as --origin 2017-06-30, or forecast from "
                "one day of the past after another with --every 14d"
            )
        apart = {"--from": since, "--until": until}
        cure = "expected it only with --every; add --every 14d, or leave it out"
    else:
        apart = {"--origin": origin, "--variant": variant}
        cure = "expected none beside --every, which goes from day to day of what was; leave one of the two out"
    for word, told in apart.items():
        if told is not None:
            raise errors.RunError(f"{word}: found {errors.quote(told)}, {cure}")


def hindcast_folder(
    name: str, every: str, days: object, since: str | None, until: str | None, given: bool | None
) -> pathlib.Path:
    """The folder of a hindcast, by what is asked for, so that the same command goes on where it stopped."""
    parts = [name, f"every-{every}", f"{days}d", since and f"from-{since}", until and f"until-{until}"]
    parts.append({True: "given", False: "drawn", None: None}[given])
    return pathlib.Path("hindcasts") / "-".join(str(part).replace("/", "-") for part in parts if part)


def _show_hindcast(seen: "hindcard.Hindcast", folder: pathlib.Path, *, as_json: bool) -> None:
    """Say what a hindcast found."""
    page = folder / "hindcast.html"
    if as_json:
        guard.print_results({"status": "done", "folder": str(folder), "report": str(page), **seen.to_dict()})
        return
    terminal.say(str(seen))
    terminal.say(f"\nhindcast: {folder}\nreport: {page}")


COMMANDS: tuple[Callable[..., None], ...] = (calibrate, forecast, why, ask)
