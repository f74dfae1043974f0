"""How the law is compiled: one decorator, one cache folder that notices every edit.

Goes in: a plain Python function of numbers and arrays. Comes out: the same function compiled by Numba, without the
global interpreter lock, serial, with IEEE arithmetic. Numba's own cache does not notice an edit in *another* file
that a function calls into, so the cache folder is named by a digest of every file of the package that holds compiled
code. It lies in the user's cache folder, or in a temporary one where that cannot be written.
"""

import getpass
import hashlib
import os
import pathlib
import platform
import tempfile
from collections.abc import Callable
from typing import Any

import numba
import platformdirs
from numba.core import config as _config

config: Any = _config
COMPILED_FILES = (
    "compiled", "rng", "draw", "journeys", "choice", "market", "passage", "besieger", "leaving", "bundles", "engine",
    "painting", "world",
)  # fmt: skip


def digest() -> str:
    """Sixteen hexadecimal digits that change when any compiled file or the release of Numba does."""
    here = pathlib.Path(__file__).parent
    found = hashlib.sha256(f"{numba.__version__} {platform.machine()}".encode())
    for name in COMPILED_FILES:
        path = here / f"{name}.py"
        found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()[:16]


def cache_folder() -> pathlib.Path:
    """The folder of the compiled code; MAABAR_CACHE moves it."""
    asked = os.environ.get("MAABAR_CACHE")
    bases = [pathlib.Path(asked)] if asked else []
    bases += [
        platformdirs.user_cache_path("maabar"),
        pathlib.Path(tempfile.gettempdir()) / f"maabar-{getpass.getuser()}",
    ]
    for base in bases:
        folder = base / digest()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return bases[-1]


FOLDER = cache_folder()


def function(plain: Callable[..., Any]) -> Any:
    """Compile `plain` on first use and keep the result in the cache folder.

    The function may not allocate arrays: it is compiled without reference counting (`_nrt=False`), because counting
    the references to every array taken from a bundle took 60 % of a day's time.

    Numba reads its cache folder from a global setting when the decorator runs; the setting is put back at once, so that
    other users of Numba in the same process are left alone.
    """
    return _compiled(plain, forceinline=False)


def inlined(plain: Callable[..., Any]) -> Any:
    """The same for the few functions that run once for every group of people on the way.

    They are copied to where they are called: handing over a bundle of thirty arrays took half of their time.
    """
    return _compiled(plain, forceinline=True)


def _compiled(plain: Callable[..., Any], *, forceinline: bool) -> Any:
    before = config.CACHE_DIR
    config.CACHE_DIR = str(FOLDER)
    try:
        compile_: Any = numba.njit
        options = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": False, "forceinline": forceinline}
        wrapped = compile_(**options, _nrt=False)(plain)
    finally:
        config.CACHE_DIR = before
    return wrapped
