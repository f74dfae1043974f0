"""What surrounds every command: errors become messages and exit codes, for people and for machines.

In: a function that is a command. Out: the same, guarded. Whatever it raises is said on standard error, with --json also
as one object on standard output, and ends with the exit code of its kind (`cli` lists them).
"""

import contextlib
import dataclasses
import functools
import json
import pathlib
import shlex
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec

import typer

from maabar import errors, terminal

DONE, BUG, INTERRUPTED = 0, 1, 130
ISSUES = "the project's issue tracker"
Arguments = ParamSpec("Arguments")
# What typer raises for words it cannot use; it names no class of its own for all of them.
Misuse: Any = typer.BadParameter.__base__


@dataclasses.dataclass
class Options:
    """What was asked before the name of the command, and whether the answer is for machines."""

    debug: bool = False
    as_json: bool = False


options = Options()


def guarded(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """The function as a command: what it raises becomes a message and an exit code."""

    @functools.wraps(function)
    def command(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        options.as_json = bool(named.get("as_json", False))
        try:
            function(*arguments, **named)
        except errors.MaabarError as fault:
            _fail(fault)
        except KeyboardInterrupt:
            _fail(errors.Cancelled("stopped"))
        except Exception as bug:  # noqa: BLE001 - the one place where whatever is left becomes a message
            _fail(bug)

    return command


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
        print_json({"status": "error", "exit_code": code, "message": message, "faults": faults})


def _apology(bug: BaseException) -> str:
    """What to say when maabar itself is at fault."""
    again = "" if options.debug else f"; to see where, run: {shlex.join(['maabar', '--debug', *sys.argv[1:]])}"
    return (
        f"maabar met a fault of its own ({type(bug).__name__}: {bug}){again}\n"
        f"Please report it with this message to {ISSUES}."
    )


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    terminal.say(json.dumps(content, ensure_ascii=False, allow_nan=False))


def print_results(content: dict[str, Any]) -> None:
    """Results as JSON; they are for the team, unless they say for whom."""
    print_json({"audience": "internal"} | content)


def whole(text: Any) -> Any:
    """A whole number where the text is one; what reads it refuses anything else in its own words."""
    try:
        return int(text)
    except ValueError:
        return text


def quoted(path: pathlib.Path | str) -> str:
    """A path as it is typed in a shell."""
    return shlex.quote(str(path))


def typed() -> str:
    """What was typed, for the release log."""
    return shlex.join(["maabar", *sys.argv[1:]])


def ended(app: typer.Typer) -> int:
    """Run the command that was typed; its exit code."""
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
