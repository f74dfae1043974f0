"""docs/benchmarks.md from what benchmarks/against_flee.py measured: `render(found)`.

Goes in: the object that it saves as measured.json. Comes out: the page. Nothing is measured here and no sentence on the
page depends on how the numbers fell out: they stand in the tables.
"""

from statistics import mean

HEAD = """\
# Benchmarks

Flee and maabar on the same input, on one machine. This page was written by `make bench`; do not edit it by hand.

{about}

The cases are published Flee instances, read as they are. *Flee 3.1* is the release that can be installed, run by
`benchmarks/flee_case.py` with all its agents{settings}, seeds {seeds}. *maabar* read the same folders
(`maabar import flee`) and ran its ensemble of {members} with the same seeds and one set of defaults for every case.
Those defaults were chosen with these cases in view; Flee's are its own.

"""
COST = """\
## Time and memory

Processor seconds: of Flee from reading the input to the last day, of maabar for one member over the same days, once the
input is read and the code compiled. Memory is the peak of the process: for maabar of `maabar run --members 1` with its
report, and in brackets of ten members without it. The libraries alone take {flee_mb:.0f} MB (Flee) and
{maabar_mb:.0f} MB (maabar). The last column is the wall clock of the whole command `maabar run`: all members, results,
summary and report.

"""
ERROR = """\
## Who goes where

`ard_rescaled`: mean over days of Σ|s·D/S − d|/D, with s simulated and d counted people in each camp and S and D their
sums; 0 is perfect, 2 is everybody in the wrong camp. "Capacities: none" says that camps have no listed capacity: listed
ones are the camps' highest counts and so tell a model the answer.

Flee 3.1 takes a larger daily total (the national count) than the camps' sum, which fills the listed capacities. Flee's
development head takes the camps' sum, as maabar does: the last two columns compare with its errors as the notes of the
cases give them (`benchmarks/flee_case_notes.csv`). Errors of maabar are of its ensemble's mean; ranges are over seeds.

"""
NAIVE = """\
## Other scores, and splits that need no model

`ard` is not rescaled, so that people still on their way count. CRPS (people) and the coverage of the 80 % interval are
maabar's, over all observations; 0.8 would be right. The splits have the `ard_rescaled` of dividing each day's true
total: equally, by listed capacity, by the shares of day 30, by the counts last seen. No model here sees the last two.

"""
SCALING = """\
## What a member costs

Made-up open conflicts (`benchmarks/scaling.py`), departures given, default parameters, one member, after everything has
been compiled. People were conserved in every run. A cell is a link or a place on a day on which there was anybody.

"""
DRAWING = """\
## How much of a day is drawing

No member can be faster than its random draws. They were counted by a second, uncompiled run of the same member
(`benchmarks/draws.py`) and priced at what each kind costs alone in a compiled loop:

"""


def text(value, digits=3):
    """A number for a cell: so many significant digits, thousands separated; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}" if value < 1 else f"{value:#.{digits}g}".rstrip(".")


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines) + "\n"


def spread(values):
    """Mean and range of a few errors."""
    if not values:
        return "–"
    low, high = min(values), max(values)
    return f"{mean(values):.3f}" + (f" ({low:.3f} to {high:.3f})" if high - low >= 0.0005 else "")


def all_of(runs, key):
    """One number of every run."""
    return [run[key] for run in runs]


def middle(runs, key):
    """The mean of one number over runs, or None."""
    known = [value for value in all_of(runs, key) if value is not None]
    return mean(known) if known else None


def cost(row):
    """A line about time and memory."""
    flee, ours = row["flee"], row["maabar"]
    seconds = middle(flee, "cpu_seconds")
    times = None if seconds is None else seconds / ours["cpu_seconds"]
    people = middle(flee, "agent_days")
    return [
        row["case"], row["capacities"], text(people and people / 1e6), text(seconds), text(ours["cpu_seconds"]),
        text(times), text(middle(flee, "peak_mb")), f"{text(ours['peak_mb'])} ({text(ours['member_peak_mb'])})",
        text(middle(ours["runs"], "wall_seconds")),
    ]  # fmt: skip


def gain(ours, theirs):
    """How much lower an error is, in per cent."""
    return "–" if ours is None or theirs is None else f"{100 * (1 - ours / theirs):+.0f} %"


def error(row):
    """A line about errors."""
    runs, known = row["maabar"]["runs"], row["noted"]
    ours = all_of(runs, "ard_rescaled")
    return [
        row["case"], row["capacities"], text(known.get("3.1")), spread(all_of(row["flee"], "ard_rescaled")),
        spread(ours), text(middle(runs, "ard_rescaled_observed_dates")), text(known.get("head")),
        gain(mean(ours), known.get("head")),
    ]  # fmt: skip


def mean_error(some):
    """The line about the means over cases; no mean where a case is missing."""
    columns = [
        [middle(row["flee"], "ard_rescaled") for row in some],
        [middle(row["maabar"]["runs"], "ard_rescaled") for row in some],
        [middle(row["maabar"]["runs"], "ard_rescaled_observed_dates") for row in some],
        [row["noted"].get("head") for row in some],
    ]
    _, ours, _, theirs = means = [None if None in column else mean(column) for column in columns]
    known = [(a, b) for a, b in zip(columns[1], columns[3], strict=True) if b is not None]
    better = f"lower in {sum(a < b for a, b in known)} of {len(known)}"
    cells = ["–" if number is None else f"**{number:.3f}**" for number in means]
    return ["**mean**", some[0]["capacities"], "", *cells, f"**{gain(ours, theirs)}**, {better}"]


def errors(rows):
    """Lines about errors, each kind of capacities followed by its means."""
    lines = []
    for capacities in dict.fromkeys(row["capacities"] for row in rows):
        some = [row for row in rows if row["capacities"] == capacities]
        lines += [*map(error, some), mean_error(some)]
    return lines


def other(row):
    """A line about the other scores and the naive splits."""
    runs, naive = row["maabar"]["runs"], row["maabar"]["runs"][0]["naive"]
    mine = [middle(runs, key) for key in ("ard", "crps", "coverage_80")]
    splits = [naive[key] for key in ("equal", "capacity", "day30", "last")]
    return [row["case"], row["capacities"], *map(text, (middle(row["flee"], "ard"), *mine, *splits))]


def about(found):
    """The machine, the versions, the date."""
    machine, versions = found["machine"], found["versions"]
    flee = next((run for row in found["rows"] for run in row["flee"]), {"flee": "–", "python": "–", "numpy": "–"})
    return (
        f"Measured on {found['date']} with {machine['processor']}, {machine['processors']} processors, "
        f"{machine['memory']}, {machine['system']}. maabar {versions['maabar']}: Python {found['python']}, "
        f"NumPy {versions['numpy']}, Numba {versions['numba']}. Flee {flee['flee']}: Python {flee['python']}, "
        f"NumPy {flee['numpy']}."
    )


def head(found):
    """The introduction."""
    runs = [run for row in found["rows"] for run in row["flee"]]
    settings = {run.get("settings", "default") for run in runs} - {"default"}
    members = found["rows"][0]["maabar"]["runs"][0]["members"]
    counts = [len(row["maabar"]["runs"]) for row in found["rows"]]
    told = f" and the settings `{settings.pop()}`" if settings else " and Flee's default settings"
    return HEAD.format(about=about(found), settings=told, seeds=f"1 to {max(counts)}", members=members)


def scaling(found):
    """The sections about the cost of a member."""

    def lines(rows, *keys):
        return [[text(row[key]) for key in keys] for row in rows]

    keys = ("places", "routes", "days", "people", "seconds", "cells", "nanoseconds_a_cell")
    names = ("places", "roads", "days", "people", "CPU s", "cells", "ns a cell")
    kinds = [row["draw"] for row in found["cost"]]
    threads = f"Members a second of `{found['scenario']}` by the number of threads:\n\n"
    draws = (
        "A made-up conflict of 20 places and 30 days. Of what is left over about a millisecond is preparing a member,\n"
        "whatever its size; the rest is walking: most groups of people have one way to go and need no draw, so that a\n"
        "day is bound by finding them in memory, 0.1 to 0.2 microseconds a group, and no longer by its draws:\n\n"
    )
    return (
        SCALING + "Against people:\n\n" + table(names, lines(found["people"], *keys))
        + "Against places and roads (rows of routes.csv; each is a route in both directions):\n\n"
        + table(names, lines(found["size"], *keys))
        + threads + table(("threads", "members a second"), lines(found["workers"], "workers", "members_a_second"))
        + DRAWING + table(("draw", "ns"), [[row["draw"], text(row["nanoseconds"])] for row in found["cost"]])
        + draws + table(
            ("people", "CPU s", "of that drawing", "share", *kinds),
            lines(found["draws"], "people", "seconds", "drawing", "share", *kinds),
        )
    )  # fmt: skip


def render(found):
    """The whole page."""
    rows, libraries = found["rows"], found["libraries_mb"]
    flee = "Flee 3.1"
    costs = (
        "case", "capacities", "agent-days, million", f"{flee}, CPU s", "maabar, CPU s", "times less", f"{flee}, MB",
        "maabar, MB", "`maabar run`, s",
    )  # fmt: skip
    wrong = (
        "case", "capacities", f"{flee}, case notes", f"{flee}, measured", "maabar", "maabar, observed dates",
        "Flee head, case notes", "maabar is lower by",
    )  # fmt: skip
    scores = (
        "case", "capacities", f"ard, {flee}", "ard, maabar", "CRPS", "coverage 80 %", "equal", "capacity", "day 30",
        "last seen",
    )  # fmt: skip
    page = head(found) + COST.format(flee_mb=libraries["flee"], maabar_mb=libraries["maabar"])
    page += table(costs, map(cost, rows)) + ERROR + table(wrong, errors(rows)) + NAIVE + table(scores, map(other, rows))
    return (page + scaling(found["scaling"])).rstrip("\n") + "\n"
