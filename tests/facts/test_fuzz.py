"""No content of a scenario's files leads to anything but a scenario or an InputError.

The scenario is the template; Hypothesis replaces, cuts, repeats and spoils parts of one file at a time.
"""

import pathlib
import shutil
import tomllib

import damage
import hypothesis
import pytest
from hypothesis import strategies

from maabar import errors, keylines, scenario, units

ODD = (
    "", " ", ",", '"', "\n", "\r", "\0", "\ufeff", "=", "[", "]", "{", "}", "#", ">", "*", "-1", "0", "1e400", "nan",
    "٣", "'''", '"""', "\\", "[[zones]]", "[variants.x]", "true", "2030-02-30", "2030-03-01", "town", "old-town",
    "old-town>orchard", "9" * 400, "é", "\u202e", "x" * 200_000, "a.b.c = 1", "[parameters]", "given",
)  # fmt: skip
SETTINGS = hypothesis.settings(
    max_examples=400,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)


@pytest.fixture
def town(tmp_path: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(tmp_path / "town", ignore_errors=True)
    return damage.town(tmp_path)


def survives(root: pathlib.Path, name: str, content: bytes) -> None:
    """Load the scenario with one file replaced, and put the file back."""
    original = (root / name).read_bytes()
    (root / name).write_bytes(content)
    faults: tuple[errors.Fault, ...] | None = None
    try:
        scenario.load(root)
    except errors.InputError as error:
        faults = error.faults
    finally:
        (root / name).write_bytes(original)
    assert faults is None or len(faults) > 0
    assert all(str(fault).isprintable() for fault in faults or ())


@SETTINGS
@hypothesis.given(name=strategies.sampled_from(damage.FILES), content=strategies.binary(max_size=400))
def test_random_bytes_are_survived(town: pathlib.Path, name: str, content: bytes) -> None:
    survives(town, name, content)


@SETTINGS
@hypothesis.given(
    name=strategies.sampled_from(damage.FILES),
    edits=strategies.lists(
        strategies.tuples(strategies.floats(0, 1), strategies.integers(0, 40), strategies.sampled_from(ODD)), max_size=4
    ),
)
def test_random_edits_are_survived(town: pathlib.Path, name: str, edits: list[tuple[float, int, str]]) -> None:
    text = (town / name).read_text(encoding="utf-8")
    for where, length, odd in edits:
        start = int(where * len(text))
        text = text[:start] + odd + text[start + length :]
    survives(town, name, text.encode("utf-8", "surrogatepass"))


@SETTINGS
@hypothesis.given(
    name=strategies.sampled_from([file for file in damage.FILES if file.endswith(".csv")]),
    cells=strategies.lists(
        strategies.tuples(strategies.integers(0, 11), strategies.integers(0, 16), strategies.sampled_from(ODD)),
        min_size=1,
        max_size=6,
    ),
)
def test_random_cells_are_survived(town: pathlib.Path, name: str, cells: list[tuple[int, int, str]]) -> None:
    rows = [line.split(",") for line in (town / name).read_text(encoding="utf-8").splitlines()]
    for row, column, odd in cells:
        line = rows[row % len(rows)]
        line[column % len(line)] = odd
    survives(town, name, "\n".join(",".join(line) for line in rows).encode())


VALUES = strategies.recursive(
    strategies.sampled_from(
        ["1", "-1", "0.5", "true", '"open"', '"town"', "2030-03-02", "nan", "inf", "''", "07:00:00"]
    ),
    lambda inner: (
        strategies.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | strategies.dictionaries(
            strategies.sampled_from(["name", "id", "from", "kind", "prior", "x"]), inner, max_size=3
        ).map(lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}")
    ),
    max_leaves=6,
)


@SETTINGS
@hypothesis.given(line=strategies.integers(0, 70), value=VALUES)
def test_settings_of_any_type_are_survived(town: pathlib.Path, line: int, value: str) -> None:
    lines = (town / damage.T).read_text(encoding="utf-8").split("\n")
    keyed = [number for number, text in enumerate(lines) if " = " in text and not text.startswith((" ", "#"))]
    number = keyed[line % len(keyed)]
    lines[number] = lines[number].partition(" = ")[0] + " = " + value
    survives(town, damage.T, "\n".join(lines).encode())


@SETTINGS
@hypothesis.given(values=strategies.lists(VALUES, min_size=1, max_size=5))
def test_the_line_of_every_key_is_found(values: list[str]) -> None:
    text = "".join(f'# comment\n[[tables]]\n"a.b" = {value} # x\nc.d = """\n"{{[\n"""\n' for value in values)
    assert tomllib.loads(text)
    lines = keylines.lines(text)
    for number in range(len(values)):
        assert lines[("tables", number)] == 6 * number + 2
        assert lines[("tables", number, "a.b")] == 6 * number + 3
        assert lines[("tables", number, "c", "d")] == 6 * number + 4


@hypothesis.given(text=strategies.text(max_size=30))
def test_any_text_is_a_number_a_date_or_unreadable(text: str) -> None:
    for parse in (units.parse_number, units.parse_date):
        message = ""
        try:
            parse(text)
        except errors.Unreadable as error:
            message = str(error)
        assert message.isprintable()
