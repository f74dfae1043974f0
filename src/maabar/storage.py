"""What a run keeps on disk while it works, and how nothing finished is ever lost.

Every file is written beside its place and moved there in one step (`atomic`), so that a killed process leaves
either the whole file or none. A block of members is an `npz` after a checksum of its bytes (`Store`), so that a
truncated or damaged block is noticed and computed again. One process at a time works in a folder (`lock`): the lock
belongs to the operating system and dies with the process, even under kill -9. `explained` turns what the operating
system refuses into words with a cure.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import pathlib
import sys
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors

Arrays = dict[str, NDArray[Any]]
CHECKSUM_BYTES = 32
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def atomic(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """An open file that becomes `path` in one step when the block ends, and vanishes if it fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "w+b", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def write(path: pathlib.Path, content: bytes) -> None:
    """Write a small file in one step.

    A write to a nearly full disk may stop half way without an error, so it is repeated until all is there or refused.
    """
    with atomic(path) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]


def write_json(path: pathlib.Path, content: dict[str, Any]) -> None:
    """Write a JSON object for people and machines, in one step."""
    write(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def checksum(path: pathlib.Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """Finished pieces of work in a folder, each under a key; a damaged piece counts as missing."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> pathlib.Path:
        return self.folder / f"{key}.block"

    def save(self, key: str, arrays: Arrays) -> None:
        """Keep named arrays under a key."""
        self.folder.mkdir(parents=True, exist_ok=True)
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **arrays)
        content = packed.getvalue()
        write(self._path(key), hashlib.sha256(content).digest() + content)

    def load(self, key: str) -> Arrays | None:
        """The arrays kept under a key, or None if they are missing, truncated or damaged."""
        try:
            stored = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        content = stored[CHECKSUM_BYTES:]
        if hashlib.sha256(content).digest() != stored[:CHECKSUM_BYTES]:
            return None
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return dict(arrays)
        except (ValueError, zipfile.BadZipFile):
            return None

    def __contains__(self, key: str) -> bool:
        return self.load(key) is not None

    def clear(self) -> None:
        """Remove the folder with all its pieces."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()


def _try_to_lock(file: IO[bytes]) -> bool:
    """Take the operating system's lock on an open file, without waiting."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def lock(folder: pathlib.Path) -> Iterator[None]:
    """Keep a folder to this process; raises RunError if another one is at work there."""
    path = folder / ".lock"
    with open(path, "a+b") as file:
        if not _try_to_lock(file):
            file.seek(0)
            owner = file.read().decode(errors="replace").strip() or "unknown"
            raise errors.RunError(
                f"{folder}: another maabar (process {owner}) is writing here; "
                "wait until it ends, or choose another folder with --out"
            )
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def explained(fault: OSError, folder: pathlib.Path) -> str:
    """What the operating system refused, and the cure, in one sentence without a final stop."""
    if fault.errno in FULL:
        return f"{folder}: the disk is full; free some space or choose a folder on another disk with --out"
    if fault.errno in UNWRITABLE:
        return f"{folder}: this folder cannot be written to; choose another folder with --out"
    if isinstance(fault, (NotADirectoryError, FileExistsError)):
        return f"{folder}: this is a file, or lies below a file, and not a folder; choose another folder with --out"
    return f"{folder}: {fault.strerror or fault}; choose another folder with --out"


@contextlib.contextmanager
def appending(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """An open file at whose end is written, by one process at a time; what is there is never changed."""
    with open(path, "ab", buffering=0) as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield file
        os.fsync(file.fileno())
