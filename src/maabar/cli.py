"""The command line: words in, text and exit codes out.

Results go to standard output, progress and errors to standard error. With --json standard output holds one JSON
object and nothing else, also when something is wrong. A reader who leaves early stops nothing. Exit codes, all here:

    0    done
    1    a fault of maabar itself
    2    your files, folders or arguments
    3    calibration found no answer
    130  stopped by Ctrl-C; finished members are kept

Heavy libraries are imported inside the commands that need them, so that --help answers at once.
"""

import contextlib
import dataclasses
import os
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from maabar import __version__, browser, errors, foresee, guard, handing, imports, options, terminal

HARM = (
    "these numbers, results.nc and summary.csv are internal (routes and prices in full); "
    "report.html is for the public; see docs/harm.md"
)

app = typer.Typer(
    name="maabar",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        terminal.say(f"maabar {__version__}")
        raise typer.Exit(guard.DONE)


@app.callback()
def _all_commands(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error arose.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Who stays, who leaves, by which way, at what price and risk, and where they arrive.

    maabar simulates flight from places that people cannot freely leave, from graded field reports.

    \b
    A first run, with a report to open in a browser:
      maabar run raqqa-2017
    Your own place:
      maabar new my-town
      maabar check my-town
      maabar run my-town
    A conflict from Flee, beside what was counted:
      maabar import flee mali2012 mali
      maabar run mali --out runs/mali
      maabar score runs/mali
    """
    guard.options.debug = debug


def _command(function: Callable[..., None], name: str | None = None) -> Callable[..., None]:
    """Make a command of a function, under its own name unless told otherwise."""
    return app.command(name, no_args_is_help=False)(guard.guarded(function))


@_command
def new(
    folder: Annotated[
        pathlib.Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty.")
    ],
    as_json: options.Json = False,
) -> None:
    """Write a small commented scenario to start from.

    It is a made-up besieged town that runs as it is; change it line by line into yours.

    \b
    Example:
      maabar new my-town
    """
    from maabar import scenario

    written = scenario.template(folder)
    if as_json:
        guard.print_json({"status": "done", "folder": str(folder), "files": [path.name for path in written]})
        return
    terminal.say(f"{folder}: wrote {', '.join(path.name for path in written)}")
    terminal.say(f"\nNow edit the files (README.md explains each), then:\n  maabar check {guard.quoted(folder)}")
    terminal.say(f"  maabar run {guard.quoted(folder)}")


@_command
def check(name: options.Named, as_json: options.Json = False) -> None:
    """Read a scenario and name every fault with its file, line, column and cure.

    Nothing is run and nothing is written. The exit code is 2 if there is any fault.

    \b
    Examples:
      maabar check my-town
      maabar check raqqa-2017 --json
    """
    from maabar import scenario

    facts = scenario.load(name)
    counts = {
        "places": len(facts.places),
        "routes": len(facts.routes),
        "events": len(facts.events),
        "reports": len(facts.reports),
        "sources": len(facts.sources),
        "variants": len(facts.variants),
        "days": facts.days,
    }
    if as_json:
        guard.print_json({"status": "done", "scenario": facts.name, "faults": [], **counts})
        return
    terminal.say(f"{facts.name}: no faults ({', '.join(f'{count} {word}' for word, count in counts.items())})")


@_command
def run(
    name: options.Named,
    variant: Annotated[
        str | None, typer.Option(help="A what-if of the scenario; without it, the scenario as it was.")
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(
            parser=guard.whole, metavar="INTEGER", help="Members of the ensemble. [default: 200, or the posterior's]"
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=guard.whole, metavar="INTEGER", help="Seed of all random numbers. [default: 1, or the posterior's]"
        ),
    ] = None,
    out: options.RunOut = None,
    posterior: options.PosteriorFolder = None,
    workers: options.Workers = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler to use instead.")] = None,
    expected: Annotated[bool, typer.Option("--expected", help="Expected values instead of random draws.")] = False,
    no_what_ifs: Annotated[
        bool, typer.Option("--no-what-ifs", help="Leave out the what-ifs: several times faster.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Simulate a scenario and write its results and a report.

    The same scenario, seed and version give the same results.nc on any number of workers. Ctrl-C keeps what is
    finished; the same command with the same --out goes on from there.

    \b
    Examples:
      maabar run raqqa-2017
      maabar run raqqa-2017 --members 20 --no-what-ifs
      maabar run my-town --variant corridor --seed 7 --out runs/corridor
      maabar run my-town --posterior posteriors/my-town
    """
    from maabar import api, runs

    begun = time.monotonic()
    known = (runs.MEMBERS if members is None else members, runs.SEED if seed is None else seed)
    runs.check(members=known[0], seed=known[1], workers=workers)
    loaded = api.load(name)
    folder = out or runs.default_folder(loaded.facts)
    learned = None if posterior is None else loaded.calibration(posterior)
    if learned is not None:
        known = runs.of_posterior(learned.posterior.members, learned.posterior.seed, members, seed)
    plan = runs.Plan(loaded.facts, variant, *known, expected)
    more = [] if posterior is None else ["--posterior", str(posterior)]
    again = plan.command(folder, *more, *(["--no-what-ifs"] if no_what_ifs else []))
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        made = loaded.run(
            members=known[0], seed=known[1], out=folder, variant=variant, expected=expected, what_ifs=not no_what_ifs,
            workers=workers, cluster=cluster, posterior=learned, on_progress=progress, command=again,
        )  # fmt: skip
        progress("report", 0, 1)
        report = _report_of(made)
        progress("report", 1, 1)
    try:
        _show_run(made, report, time.monotonic() - begun, as_json=as_json)
    except errors.RunError as fault:
        raise errors.RunError(f"{fault}; all results are in {made.path}") from fault
    if not made.manifest["conserved"]:
        raise AssertionError(f"people were not conserved in members {made.manifest['not_conserved'][:10]}")


def _report_of(made: Any) -> pathlib.Path:
    """Write the report of a run that has just been made; whatever happens here, its results are kept."""
    rest = f"all results are there; for the report: maabar report {guard.quoted(made.path)}"
    try:
        return pathlib.Path(made.report(command=guard.typed()))
    except KeyboardInterrupt:
        raise errors.Cancelled(f"{made.path}: stopped; {rest}") from None
    except errors.RunError as fault:
        raise errors.RunError(f"{fault}; {rest}") from fault


def _show_run(made: Any, report: pathlib.Path, seconds: float, *, as_json: bool) -> None:
    """The headline numbers of a run, and where its report lies."""
    about, lines = made.manifest, made.headlines()
    if as_json:
        told = [dataclasses.asdict(line) for line in lines]
        keys = ("variant", "mode", "seed", "members", "conserved", "timings")
        found = {
            "status": "done",
            "folder": str(made.path),
            "report": str(report),
            "scenario": about["scenario"]["name"],
        }
        guard.print_results({**found, **{key: about[key] for key in keys}, "headlines": told})
        return
    variant = f", variant {about['variant']}" if about["variant"] else ""
    members = "1 member" if about["members"] == 1 else f"{about['members']} members"
    terminal.say(
        f"{about['scenario']['title']}{variant}: {members}, seed {about['seed']}, {terminal.duration(seconds)}\n"
    )
    for line in lines:
        terminal.say(f"  {line.sentence}")
    terminal.say(f"\nreport: {report}\n{HARM}")


@_command
def compare(
    folders: Annotated[list[pathlib.Path], typer.Argument(metavar="RUN RUN...", help="Run folders, the base first.")],
    as_json: options.Json = False,
) -> None:
    """Differences of runs from the first one, member by member, with 80 % intervals.

    Runs with the same seed share their random numbers, so the differences are due to what was changed. With fewer than
    ten pairs of members there is no interval.

    \b
    Example:
      maabar run my-town --out runs/base
      maabar run my-town --variant corridor --out runs/corridor
      maabar compare runs/base runs/corridor
    """
    if len(folders) < 2:
        raise errors.RunError("compare: found one run, expected two or more; name the base first, then the others")
    from maabar import ran

    base = ran.open_run(folders[0])
    found = {str(other): ran.compare(base, other) for other in folders[1:]}
    if as_json:
        listed = {path: [dataclasses.asdict(one) for one in differences] for path, differences in found.items()}
        notes = {path: differences.note for path, differences in found.items()}
        guard.print_results({"status": "done", "base": str(folders[0]), "differences": listed, "notes": notes})
        return
    for differences in found.values():
        terminal.say(str(differences))


@_command
def score(
    folder: options.RunFolder,
    out: Annotated[
        pathlib.Path | None, typer.Option(metavar="FILE", help="Also write the score here, as JSON.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """How far a run is from what was counted, beside guesses that need no model.

    Where departures are given, the error is the share of people in another camp than where they were counted: ard is
    the mean over days of the sum of |simulated - counted| over the camps, divided by all counted; ard_rescaled the same
    with the simulated total set to the counted one (0 is perfect, 2 is everybody in the wrong camp). The naive splits
    share the counted total equally, by listed capacity, as on day 30, or as at the last counts. CRPS [person] and the
    share of counts within the 80 % interval judge the members. Where departures are simulated, every report that can
    be laid beside the run is scored instead.

    \b
    Examples:
      maabar score runs/mali
      maabar score runs/mali --json
    """
    from maabar import ran, storage

    found = ran.open_run(folder).score()
    content = {"status": "done", "folder": str(folder), **found.to_dict()}
    if out is not None:
        try:
            storage.write_json(out, content)
        except OSError as fault:
            raise errors.RunError(storage.explained(fault, out.parent)) from fault
    if as_json:
        guard.print_json(content)
        return
    terminal.say(str(found))
    if out is not None:
        terminal.say(f"\nscore: {out}")


for _commands in (foresee.COMMANDS, handing.COMMANDS):
    for _function in _commands:
        _command(_function)
_command(imports.bring, "import")
_command(browser.serve)


def main() -> None:
    """The command `maabar`."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sys.exit(guard.ended(app))
    except KeyboardInterrupt:
        os._exit(guard.INTERRUPTED)
