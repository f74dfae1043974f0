"""maabar: calibrated simulation and forecast of civilian flight from besieged places.

    import maabar
    run = maabar.load("raqqa-2017").run(members=200, seed=1)
    run.headlines()

Public names are loaded on first use, so that importing maabar is quick and touches no file.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maabar import errors as errors
    from maabar.api import Scenario as Scenario
    from maabar.api import import_flee as import_flee
    from maabar.api import import_rows as import_rows
    from maabar.api import load as load
    from maabar.api import run as run
    from maabar.ran import Calibration as Calibration
    from maabar.ran import Run as Run
    from maabar.ran import compare as compare
    from maabar.ran import open_run as open_run

__version__ = "0.1.0"
__all__ = [
    "Calibration",
    "Run",
    "Scenario",
    "__version__",
    "compare",
    "errors",
    "import_flee",
    "import_rows",
    "load",
    "open_run",
    "run",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'maabar' has no attribute '{name}'")
    import importlib

    if name == "errors":
        return importlib.import_module("maabar.errors")
    home = "maabar.ran" if name in ("Calibration", "Run", "compare", "open_run") else "maabar.api"
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
