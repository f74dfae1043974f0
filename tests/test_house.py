"""The order of the layers, what importing costs, and the habits that a machine can hold."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from maabar import compiled

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "maabar"

# DESIGN: a file imports only from the layers before its own, or from its own.
LAYERS: dict[str, tuple[str, ...]] = {
    "ground": ("errors", "rng", "draw", "units", "compiled", "files", "texts"),
    "facts": (
        "parameters",
        "scenario",
        "evidence",
        "tables",
        "checks",
        "facts",
        "events",
        "network",
        "settings",
        "keylines",
        "cells",
        "header",
        "reach",
    ),
    "world": ("painting", "world", "outlook"),
    "law": ("choice", "market", "passage", "besieger", "bundles", "journeys", "leaving", "engine"),
    "runs": ("ensemble", "run", "runs", "results", "storage", "summary", "workers"),
    "judgement": (
        "quantities",
        "observe",
        "headlines",
        "differences",
        "whatifs",
        "counts",
        "scorecard",
        "score",
        "reliability",
        "smoother",
        "importance",
        "calibrate",
        "reading",
        "retold",
        "telling",
        "mixture",
        "density",
        "likelihood",
        "posterior",
        "verify",
        "baselines",
        "skillcard",
        "skill",
        "forecast",
        "keep",
        "account",
        "planner",
        "influence",
        "why",
        "ask",
        "later",
        "naive",
        "hindcard",
        "hindcast",
    ),
    "products": (
        "audience",
        "coarsen",
        "redact",
        "release",
        "phrases",
        "figures",
        "spoken",
        "sketch",
        "pictures",
        "situation",
        "report",
        "papers",
        "reasons",
        "formats",
    ),
    "doors": (
        "ran",
        "api",
        "cli",
        "foresee",
        "imports",
        "app",
        "browser",
        "handing",
        "hindsight",
        "options",
        "guard",
        "comparison",
        "terminal",
        "app",
        "__main__",
        "__init__",
    ),
}
LAYER_OF = {module: depth for depth, modules in enumerate(LAYERS.values()) for module in modules}
FILES = sorted(PACKAGE.rglob("*.py"))
# The front door alone gives out names.
INNER_FILES = [path for path in FILES if path != PACKAGE / "__init__.py"]
# At run time nothing may be imported that is not declared; these come with a declared one.
SUPPLIED = {
    "pandas": "xarray",
    "llvmlite": "numba",
    "markupsafe": "jinja2",
    "shapely": "geopandas",
    "markdown_it": "rich",
}


def name_of(path: Path) -> str:
    """The module or subpackage a file belongs to: 'report' for report.py and for report/page.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and full dotted name of everything a file imports, wherever in the file it does so."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}") for alias in node.names]
    return found


def own_modules(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and first-level module name of every import from inside the package."""
    found = []
    for line, dotted in imports(tree):
        parts = dotted.split(".")
        if parts[0] == "maabar" and len(parts) > 1:
            found.append((line, parts[1]))
    return found


def backward(source: str, module: str) -> list[str]:
    """The imports in `source`, a file of `module`, that reach into a later layer."""
    return [
        f"line {line}: {module} imports {target}"
        for line, target in own_modules(ast.parse(source))
        if LAYER_OF.get(target, -1) > LAYER_OF[module]
    ]


def test_every_module_has_a_layer() -> None:
    unplaced = {name_of(path) for path in FILES} - set(LAYER_OF)
    assert not unplaced, f"modules without a layer in LAYERS: {sorted(unplaced)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_its_own_layer_or_those_before(path: Path) -> None:
    assert backward(path.read_text(encoding="utf-8"), name_of(path)) == []


def test_no_module_imports_itself_by_a_detour() -> None:
    needs: dict[str, set[str]] = {}
    for path in INNER_FILES:
        own = {target for _, target in own_modules(tree_of(path)) if target in LAYER_OF}
        needs.setdefault(name_of(path), set()).update(own - {name_of(path)})
    order = graphlib.TopologicalSorter(needs)
    order.prepare()


def test_the_layer_test_can_fail() -> None:
    source = "def later():\n    from maabar import report\n"
    assert backward(source, "engine") == ["line 2: engine imports report"]


@pytest.mark.parametrize("path", INNER_FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_modules_of_the_package_and_not_names_from_them(path: Path) -> None:
    relative = [f"line {line}: {dotted}" for line, dotted in imports(tree_of(path)) if dotted.startswith(".")]
    names = [
        f"line {node.lineno}: from {node.module} import {alias.name}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("maabar.")
        for alias in node.names
        if not (ROOT / "src" / Path(*(node.module or "").split(".")) / f"{alias.name}.py").exists()
    ]
    assert relative + names == []


def test_every_file_with_compiled_code_is_watched_by_the_cache() -> None:
    decorated = {
        name_of(path)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith("compiled.function") for decorator in node.decorator_list)
    }
    assert len(decorated) >= 5
    assert decorated <= set(compiled.COMPILED_FILES)


def test_only_the_command_line_prints() -> None:
    calls = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in FILES
        if name_of(path) != "cli"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == []


def test_no_except_is_bare() -> None:
    handlers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in [*FILES, *sorted((ROOT / "tests").rglob("*.py"))]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert handlers == []


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def test_nine_functions_in_ten_have_at_most_45_lines() -> None:
    sizes = sorted(
        code_lines(node)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert sizes[int(0.9 * len(sizes))] <= 45


def test_no_file_is_longer_than_500_lines() -> None:
    long = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}


def test_everything_imported_at_run_time_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (lines for name, lines in project["optional-dependencies"].items() if name not in ("test", "dev"))
    required = [*project["dependencies"], *(line for lines in extras for line in lines)]
    declared = {re.split(r"[^A-Za-z0-9_]", line)[0].lower() for line in required}
    supplied = {name for name, by in SUPPLIED.items() if by in declared}
    known = declared | supplied | set(sys.stdlib_module_names) | {"maabar"}
    used = {dotted.split(".")[0].lower() for path in FILES for _, dotted in imports(tree_of(path))}
    assert used - known == set()


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a fresh interpreter."""
    report = "; import sys; sys.stderr.write(' '.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_importing_maabar_loads_neither_numpy_nor_the_command_line() -> None:
    heavy = {"numpy", "typer", "rich", "numba", "xarray", "pandas", "plotly", "scipy", "h5py", "h5netcdf", "jinja2"}
    assert loaded_by("import maabar") & heavy == set()


def test_the_import_test_can_fail() -> None:
    assert "numpy" in loaded_by("import numpy")


HELP = """
import sys
import tomllib
from maabar import cli
sys.argv = ['maabar', {arguments}]
try:
    cli.main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize("command", ["", "new", "check", "run", "compare", "report"])
def test_help_loads_no_heavy_library(command: str) -> None:
    arguments = ", ".join(repr(word) for word in [*command.split(), "--help"])
    loaded = loaded_by(HELP.format(arguments=arguments) + "\npass")
    assert loaded & {"numba", "xarray", "pandas", "plotly", "scipy", "h5py", "distributed"} == set()


def test_importing_maabar_writes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", "-c", "import maabar"], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_public_names_are_these() -> None:
    import maabar

    assert sorted(maabar.__all__) == PUBLIC
    assert all(hasattr(maabar, name) for name in PUBLIC)


PUBLIC = [
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


def test_the_version_is_the_same_in_every_place() -> None:
    import maabar

    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    citation = re.search(r"^version: (.+)", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert project is not None
    assert citation is not None
    assert project[1] == citation[1] == maabar.__version__


def test_the_wheel_carries_every_data_file() -> None:
    kinds = {path.suffix for path in PACKAGE.rglob("*") if path.is_file()} - {".py", ".pyc", ".nbi", ".nbc"}
    assert kinds <= {".csv", ".toml", ".j2", ".css", ".js", ".md", ".html", ".svg", ".typed", ".typ", ".ttf", ".txt"}
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'packages = ["src/maabar"]' in settings


def test_the_lower_bounds_that_are_tested_are_those_that_are_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = dict(re.fullmatch(r"(\w+)>=([\d.]+)", line).groups() for line in project["dependencies"])
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    assert {name: tested[name].startswith(bound) for name, bound in promised.items()} == dict.fromkeys(promised, True)
