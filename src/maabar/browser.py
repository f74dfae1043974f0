"""The command serve: the same work in a browser on this machine.

A plain function that `cli` makes a command of.
"""

import pathlib
import secrets
import socket
import webbrowser
from typing import Annotated

import typer

from maabar import errors, guard, terminal

PORT = 8765
CURE = "serve: needs starlette and uvicorn, which are not installed; install them with: pip install 'maabar[app]'"


def serve(
    folder: Annotated[
        pathlib.Path, typer.Argument(metavar="[DIR]", help="The folder with your scenarios. [default: here]")
    ] = pathlib.Path("."),
    port: Annotated[
        int, typer.Option(parser=guard.whole, metavar="INTEGER", help="Port of 127.0.0.1; 0: any that is free.")
    ] = PORT,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = False,
) -> None:
    """Work in a browser: edit scenarios, run, calibrate and forecast, compare, and make reports and files for others.

    It serves one folder, to this machine alone, and needs no network. The link that it prints holds a key of this
    start: whoever has it sees everything in the folder. Runs go on while you look elsewhere; Ctrl-C ends the door,
    stops what runs, and keeps what is finished.

    \b
    Examples:
      maabar serve
      maabar serve sieges --port 9000 --open
    """
    try:
        import uvicorn

        from maabar.app import fence, pages
    except ImportError as missing:
        raise errors.RunError(CURE) from missing

    if not folder.is_dir():
        raise errors.RunError(f"DIR: found {errors.quote(str(folder))}, expected a folder that is there; make it first")
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise errors.RunError(f"--port: found '{port}', expected a whole number from 0 to 65535")
    door = _listening(port)
    number = door.getsockname()[1]
    token = secrets.token_urlsafe(24)
    made = pages.Pages(folder)
    app = fence.Fence(made.app(), token, (f"127.0.0.1:{number}", f"localhost:{number}"))
    link = f"http://127.0.0.1:{number}/?token={token}"
    terminal.say(f"{folder.resolve()}\nopen: {link}\nCtrl-C ends it")
    if open_:
        webbrowser.open(link)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    try:
        server.run(sockets=[door])
    except KeyboardInterrupt:
        terminal.warn("ended")
    finally:
        made.jobs.close()


def _listening(port: int) -> socket.socket:
    """A socket on 127.0.0.1. Raises errors.RunError if the port is taken."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
        door.listen(128)
    except OSError as fault:
        door.close()
        raise errors.RunError(
            f"--port: found {port}, which is taken or not allowed ({fault.strerror}); choose another, or 0 for any"
        ) from fault
    return door
