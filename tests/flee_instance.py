"""A small made-up Flee instance, ways to change it one small step at a time, and what importing it then says.

Ten days, two camps abroad, one hub, two towns with conflict; no row of it is of a real place.
"""

import csv
import pathlib
import shutil
from collections.abc import Callable

from maabar import errors, scenario
from maabar.formats import fleein

PERIOD, PLACES, ROUTES = "input_csv/sim_period.csv", "input_csv/locations.csv", "input_csv/routes.csv"
CLOSED, FIGHTS = "input_csv/closures.csv", "input_csv/conflicts.csv"
CORRECTED = "input_csv/registration_corrections.csv"
LAYOUT, EAST, WEST = "source_data/data_layout.csv", "source_data/east.csv", "source_data/west.csv"
DAYS = range(10)
FILES = {
    PERIOD: "StartDate,2030-01-01\nLength,10\n",
    PLACES: (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Aral,North,Homeland,10.0,20.0,conflict_zone,0,5000\n"
        "Bren,North,Homeland,10.5,20.5,town,,3000\n"
        "Corr,South,Homeland,11.0,21.0,conflict_zone,4,2000\n"
        "Dell,East,Homeland,11.5,21.5,forwarding_hub,,\n"
        "East_Camp,Border,Neverland,12.0,22.0,camp,,2000\n"
        "West_Camp,Border,Neverland,12.5,22.5,camp,,0\n"
    ),
    ROUTES: (
        "#name1,name2,distance,forced_redirection\n"
        "Aral,Bren,40,\n"
        "Bren,Corr,50,\n"
        "Bren,Dell,60,\n"
        "Dell,East_Camp,20,\n"
        "Corr,West_Camp,70,\n"
    ),
    CLOSED: "#closure_type,name1,name2,closure_start,closure_end\ncountry,Homeland,Neverland,0,3\n",
    FIGHTS: "#Day,Aral,Bren,Corr\n" + "".join(f"{day},1,0,{int(day >= 4)}\n" for day in DAYS),
    CORRECTED: "East_Camp,2030-01-08,normalize\n",
    LAYOUT: "total,refugees.csv\nEast_Camp,east.csv\nWest_Camp,west.csv\n",
    "source_data/refugees.csv": "2030-01-01,999,1,2\n",
    EAST: "2029-12-22,20\n2030-01-05,160\n2030-01-08,80\n2030-01-20,920\n",
    WEST: "2030-01-01,0\n2030-01-06,50\n",
}
Step = Callable[[pathlib.Path], None]
Meaning = dict[str, list[tuple[str, ...]]]


def instance(folder: pathlib.Path) -> pathlib.Path:
    """The instance, in a folder called made-up."""
    root = folder / "made-up"
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def imported(root: pathlib.Path, **options: object) -> tuple[fleein.Notes, pathlib.Path]:
    """The notes of importing an instance, and the scenario; it has no fault."""
    out = root.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    notes = fleein.convert(root, out, **options)  # type: ignore[arg-type]
    scenario.load(out)
    return notes, out


def faults_of(root: pathlib.Path) -> list[str]:
    """The messages of importing an instance that has faults; nothing is written."""
    out = root.parent / "out"
    try:
        fleein.convert(root, out)
    except errors.InputError as error:
        assert not out.exists()
        assert not [path for path in out.parent.iterdir() if "part" in path.name]
        return [str(fault) for fault in error.faults]
    return []


def table(out: pathlib.Path, name: str) -> list[dict[str, str]]:
    """A table of a scenario."""
    with (out / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def meaning(out: pathlib.Path) -> Meaning:
    """What a scenario says, whatever the order and the lines of the files it was made from."""
    kept = {
        "places.csv": ("id", "kind", "lat", "lon", "population", "capacity", "country"),
        "routes.csv": ("from", "to", "km", "one_way"),
        "events.csv": ("from", "until", "kind", "target", "value"),
        "inflow.csv": ("date", "persons"),
        "evidence.csv": ("id", "place", "form", "best", "note"),
    }
    return {name: sorted(tuple(row[key] for key in keys) for row in table(out, name)) for name, keys in kept.items()}


def edit(file: str, old: str, new: str, *, everywhere: bool = False) -> Step:
    """Replace the first (or every) occurrence of a text, which must be there."""

    def step(root: pathlib.Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        (root / file).write_text(text.replace(old, new, -1 if everywhere else 1), encoding="utf-8")

    return step


def put(file: str, content: str | bytes) -> Step:
    """Write a whole file."""

    def step(root: pathlib.Path) -> None:
        (root / file).write_bytes(content if isinstance(content, bytes) else content.encode())

    return step


def add(file: str, *lines: str) -> Step:
    """Append lines."""

    def step(root: pathlib.Path) -> None:
        with (root / file).open("a", encoding="utf-8", newline="") as opened:
            opened.write("".join(f"{line}\n" for line in lines))

    return step


def drop(*names: str) -> Step:
    """Delete files or folders."""

    def step(root: pathlib.Path) -> None:
        for name in names:
            shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()

    return step


def ren(file: str, name: str) -> Step:
    """Rename a file or folder."""

    def step(root: pathlib.Path) -> None:
        (root / file).rename(root / name)

    return step


def recode(encoding: str, *names: str) -> Step:
    """Save files in another encoding."""

    def step(root: pathlib.Path) -> None:
        for name in names or FILES:
            (root / name).write_bytes((root / name).read_text(encoding="utf-8").encode(encoding))

    return step


def everywhere(old: str, new: str) -> Step:
    """Replace a text in all files."""

    def step(root: pathlib.Path) -> None:
        for name in FILES:
            content = (root / name).read_bytes().replace(old.encode(), new.encode())
            (root / name).write_bytes(content)

    return step


def steps(*several: Step) -> Step:
    """One after the other."""

    def step(root: pathlib.Path) -> None:
        for one in several:
            one(root)

    return step
