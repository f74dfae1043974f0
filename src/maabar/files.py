"""Reading a user's text file without surprises.

In: a path. Out: its text, or one fault in the list that was given: missing, not a file, a loop of links, unreadable,
too large, empty, not UTF-8, or holding a NUL byte. A byte order mark is dropped. Nothing here raises for a bad file.
Why not `Path.read_text`: a named pipe would hang, a huge file would fill the memory, and its messages name no cure.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path

from maabar import errors

LARGEST_FILE = 64 * 2**20  # byte; a scenario of 10,000 places needs under 5 MB


def shown(path: Path) -> str:
    """How faults name a file: its folder and its name, `raqqa/routes.csv`."""
    folder = Path(os.path.abspath(path)).parent.name
    return f"{folder}/{path.name}" if folder else path.name


def text(
    path: Path, faults: list[errors.Fault], what: str = "a table in UTF-8", limit: int = LARGEST_FILE
) -> str | None:
    """The text of a file, or None and a fault.

    what   the phrase of the messages, e.g. `a table in UTF-8`
    limit  largest size [byte]
    """
    content = _bytes(path, faults, what, limit)
    if content is None:
        return None
    problem = _problem(content)
    if problem is not None:
        line, found, cure = problem
        faults.append(errors.Fault(shown(path), line, None, found, what, cure))
        return None
    return content.decode("utf-8-sig")


def exists(path: Path) -> bool:
    """Whether there is anything by this name, be it a broken link or a folder."""
    return os.path.lexists(path)


def _bytes(path: Path, faults: list[errors.Fault], what: str, limit: int) -> bytes | None:
    """Up to `limit` bytes of a regular file, or None and a fault."""

    def fault(found: str, cure: str) -> None:
        faults.append(errors.Fault(shown(path), None, None, found, what, cure))

    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            fault("a folder" if stat.S_ISDIR(mode) else "something that is not a file", "put a plain file here")
            return None
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        fault(*_refusal(error))
        return None
    if len(content) > limit:
        fault(f"more than {limit // 2**20} MB", "split the file or drop rows that are not needed")
        return None
    return content


def _refusal(error: OSError) -> tuple[str, str]:
    """What was found and the cure when the system will not give a file."""
    if error.errno == errno.ENOENT:
        return "no such file", "add the file, or check its name"
    if error.errno == errno.ELOOP:
        return "a loop of links", "replace the link by the file itself"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "a file that may not be read", "give yourself the right to read it"
    return f"a file that cannot be read ({os.strerror(error.errno or errno.EIO)})", "copy it anew from its origin"


def _problem(content: bytes) -> tuple[int | None, str, str] | None:
    """Line, finding and cure of bytes that are not a text; None when they are."""
    cure = "save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        return None, "an empty file", "fill it, or delete it if it is not needed"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, "UTF-16", cure
    if (position := content.find(b"\0")) >= 0:
        return (
            content.count(b"\n", 0, position) + 1,
            "a NUL byte",
            "the file is damaged or no text: copy it anew or " + cure,
        )
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from after the byte order mark, whose bytes hold no line end: the line is right either way.
        return content.count(b"\n", 0, error.start) + 1, f"the byte 0x{error.object[error.start]:02x}", cure
    return None
