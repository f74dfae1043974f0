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
import functools
import json
import os
import pathlib
import shlex
import sys
import time
import traceback
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, ParamSpec

import typer

from maabar import __version__, errors, terminal

DONE, BUG, INTERRUPTED = 0, 1, 130
ISSUES = "the project's issue tracker"
HARM = (
    "results.nc and summary.csv are internal (routes and prices in full); "
    "report.html is for the public; see docs/harm.md"
)
Arguments = ParamSpec("Arguments")
# What typer raises for words it cannot use; it names no class of its own for all of them.
Misuse: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="maabar",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclasses.dataclass
class _Options:
    """What was asked before the name of the command, and whether the answer is for machines."""

    debug: bool = False
    as_json: bool = False


options = _Options()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Named = Annotated[str, typer.Argument(metavar="SCENARIO", help="A folder, or the name of a shipped scenario.")]


def _version(asked: bool) -> None:
    if asked:
        terminal.say(f"maabar {__version__}")
        raise typer.Exit(DONE)


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
    """
    options.debug = debug


def _command(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Make a command of a function: errors become messages and exit codes."""

    @functools.wraps(function)
    def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        options.as_json = bool(named.get("as_json", False))
        try:
            function(*arguments, **named)
        except errors.MaabarError as fault:
            _fail(fault)
        except KeyboardInterrupt:
            _fail(errors.Cancelled("stopped"))
        except Exception as bug:  # noqa: BLE001 - the one place where whatever is left becomes a message
            _fail(bug)

    return app.command(no_args_is_help=False)(guarded)


def _fail(fault: BaseException) -> NoReturn:
    """Say what is wrong and exit."""
    raise typer.Exit(_told(fault))


def _told(fault: BaseException) -> int:
    """Say what is wrong on standard error, and on standard output too if that is read by a machine; the exit code."""
    code = fault.exit_code if isinstance(fault, errors.MaabarError) else BUG
    faults = fault.faults if isinstance(fault, errors.InputError) else ()
    message = str(fault) if isinstance(fault, errors.MaabarError) else _apology(fault)
    if options.as_json:
        _print_error(code, message, [dataclasses.asdict(one) | {"message": str(one)} for one in faults])
    if options.debug:
        terminal.warn("".join(traceback.format_exception(fault)))
    terminal.warn(message)
    if len(faults) > 1:
        terminal.warn(f"{len(faults)} faults")
    return code


def _misused(fault: Any) -> int:
    """Show how a command is used, and tell a machine too; the exit code."""
    if "--json" in sys.argv:
        _print_error(fault.exit_code, fault.format_message(), [])
    with contextlib.suppress(OSError):
        fault.show()
    return int(fault.exit_code)


def _print_error(code: int, message: str, faults: list[dict[str, Any]]) -> None:
    """The one object for machines when something is wrong; dropped if even that cannot be written."""
    with contextlib.suppress(errors.RunError):
        _print_json({"status": "error", "exit_code": code, "message": message, "faults": faults})


def _apology(bug: BaseException) -> str:
    """What to say when maabar itself is at fault."""
    again = "" if options.debug else f"; to see where, run: {shlex.join(['maabar', '--debug', *sys.argv[1:]])}"
    return (
        f"maabar met a fault of its own ({type(bug).__name__}: {bug}){again}\n"
        f"Please report it with this message to {ISSUES}."
    )


def _print_json(content: dict[str, Any]) -> None:
    terminal.say(json.dumps(content, ensure_ascii=False, allow_nan=False))


def _whole(text: Any) -> Any:
    """A whole number where the text is one; `runs.check` refuses anything else in its own words."""
    try:
        return int(text)
    except ValueError:
        return text


@_command
def new(
    folder: Annotated[
        pathlib.Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty.")
    ],
    as_json: Json = False,
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
        _print_json({"status": "done", "folder": str(folder), "files": [path.name for path in written]})
        return
    terminal.say(f"{folder}: wrote {', '.join(path.name for path in written)}")
    terminal.say(f"\nNow edit the files (README.md explains each), then:\n  maabar check {_quoted(folder)}")
    terminal.say(f"  maabar run {_quoted(folder)}")


def _quoted(path: pathlib.Path | str) -> str:
    return shlex.quote(str(path))


@_command
def check(name: Named, as_json: Json = False) -> None:
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
        _print_json({"status": "done", "scenario": facts.name, "faults": [], **counts})
        return
    terminal.say(f"{facts.name}: no faults ({', '.join(f'{count} {word}' for word, count in counts.items())})")


@_command
def run(
    name: Named,
    variant: Annotated[
        str | None, typer.Option(help="A what-if of the scenario; without it, the scenario as it was.")
    ] = None,
    members: Annotated[int, typer.Option(parser=_whole, metavar="INTEGER", help="Members of the ensemble.")] = 200,
    seed: Annotated[int, typer.Option(parser=_whole, metavar="INTEGER", help="Seed of all random numbers.")] = 1,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Folder of the run; one that was begun is finished. [default: runs/…]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(parser=_whole, metavar="INTEGER", help="Threads. [default: all processors]")
    ] = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler to use instead.")] = None,
    expected: Annotated[bool, typer.Option("--expected", help="Expected values instead of random draws.")] = False,
    no_what_ifs: Annotated[
        bool, typer.Option("--no-what-ifs", help="Leave out the what-ifs: several times faster.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Simulate a scenario and write its results and a report.

    The same scenario, seed and version give the same results.nc on any number of workers. Ctrl-C keeps what is
    finished; the same command with the same --out goes on from there.

    \b
    Examples:
      maabar run raqqa-2017
      maabar run raqqa-2017 --members 20 --no-what-ifs
      maabar run my-town --variant corridor --seed 7 --out runs/corridor
    """
    from maabar import api, runs

    begun = time.monotonic()
    runs.check(members=members, seed=seed, workers=workers)
    loaded = api.load(name)
    folder = out or runs.default_folder(loaded.facts)
    plan = runs.Plan(loaded.facts, variant, members, seed, expected)
    again = plan.command(folder, *(["--no-what-ifs"] if no_what_ifs else []))
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        made = loaded.run(
            members=members, seed=seed, out=folder, variant=variant, expected=expected, what_ifs=not no_what_ifs,
            workers=workers, cluster=cluster, on_progress=progress, command=again,
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
    rest = f"all results are there; for the report: maabar report {_quoted(made.path)}"
    try:
        return pathlib.Path(made.report())
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
        _print_json({**found, **{key: about[key] for key in keys}, "headlines": told})
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
    as_json: Json = False,
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
    from maabar import api

    base = api.open_run(folders[0])
    found = {str(other): api.compare(base, other) for other in folders[1:]}
    if as_json:
        listed = {path: [dataclasses.asdict(one) for one in differences] for path, differences in found.items()}
        notes = {path: differences.note for path, differences in found.items()}
        _print_json({"status": "done", "base": str(folders[0]), "differences": listed, "notes": notes})
        return
    for differences in found.values():
        terminal.say(str(differences))


@_command
def report(
    folder: Annotated[pathlib.Path, typer.Argument(metavar="RUN", help="A run folder.")],
    out: Annotated[
        pathlib.Path | None, typer.Option(help="File to write. [default: report.html in the run folder]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the report of a finished run again.

    \b
    Example:
      maabar report runs/raqqa-2017-20261122T101500
    """
    from maabar import api

    made = api.open_run(folder)
    _ = made.scenario
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        progress("report", 0, 1)
        path = made.report(out)
        progress("report", 1, 1)
    if as_json:
        _print_json({"status": "done", "folder": str(folder), "report": str(path)})
        return
    terminal.say(f"report: {path}")


def main() -> None:
    """The command `maabar`."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sys.exit(_ended())
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)


def _ended() -> int:
    """The exit code of the command that was typed."""
    try:
        return app(standalone_mode=False) or DONE
    except Misuse as misuse:
        return _misused(misuse)
    except errors.MaabarError as fault:
        return _told(fault)
    except OSError as refusal:
        # typer itself writes --help.
        return _told(terminal.refused(refusal))
    except SystemExit as ended:
        # typer ends with 1 when nobody reads its --help any more.
        if isinstance(ended.__context__, BrokenPipeError):
            return DONE
        raise
