"""Write docs/parameters.md from the package's table of parameters: `python docs/make_parameters.py`."""

import csv
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "src" / "maabar" / "parameters.csv"
PAGE = HERE / "parameters.md"

HEAD = """\
# Parameters

Every number of the law is a row of `src/maabar/parameters.csv`. This page is made from that table by `make docs`; do
not edit it by hand. [model.md](model.md) says where each parameter enters.

A scenario changes a value or a prior under `[parameters]` in `scenario.toml`; a variant changes values only.

| prior | meaning |
|---|---|
| `fixed` | every member uses the default |
| `lognormal SD` | the default is the median; SD is the standard deviation of the logarithm |
| `normal SD` | the default is the mean; SD is the standard deviation |
| `logitnormal SD` | the same on the logit, for a share between 0 and 1 |
| `uniform` | any value between the bounds |

Every prior is cut off at the bounds. A prior may end with `; drift SD`: the parameter then walks at random on its
logarithm, with one step of that standard deviation every `drift_days` days. The unit 1 is a pure number. "Assumption"
as a source means that no figure was found: the value was chosen by hand.

| parameter | unit | default | bounds | prior | meaning | source |
|---|---|---|---|---|---|---|
"""


def cell(text: str) -> str:
    """The text of one table cell, with the characters that would end it escaped."""
    return text.strip().replace("|", "\\|")


def render(rows: list[dict[str, str]]) -> str:
    """The whole page for the rows of parameters.csv."""
    lines = [
        f"| `{row['name']}` | {cell(row['unit'])} | {row['default']} | {row['lower']} to {row['upper']} "
        f"| {cell(row['prior'])} | {cell(row['note'])} | {cell(row['source'])} |"
        for row in rows
    ]
    return HEAD + "\n".join(lines) + "\n"


def page() -> str:
    """The page as it should be now."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return render(list(csv.DictReader(stream)))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(HERE.parent)}")
