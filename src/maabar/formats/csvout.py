"""A released view as CSV that spreadsheets open right, with Arabic, beside a dictionary of its columns.

In: a released view. Out: NAME.csv in UTF-8 with a byte order mark, by which Excel knows the encoding, one row for each
quantity, place and day (see `tidy`), and NAME-dictionary.csv. With `hxl` a row of HXL hashtags stands under the header
(hxlstandard.org). Texts that a spreadsheet would take for a formula get an apostrophe in front.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from maabar import release
from maabar.formats import tidy

if TYPE_CHECKING:
    import pandas

BOM = "\ufeff"


def write(view: release.View, folder: pathlib.Path, *, hxl: bool = False, command: str = "") -> list[pathlib.Path]:
    """Write the table and its dictionary into a folder; returns the files.

    hxl      a row of HXL hashtags under the header
    command  what was typed, for the release log
    """
    name = tidy.stem(view)
    tags = {column: tag for column, (_, tag) in tidy.COLUMNS.items()} if hxl else None
    content = encoded(tidy.table(view), tags)
    made = [release.publish(view, folder / f"{name}.csv", content, "csv", command)]
    return [*made, dictionary(view, folder / f"{name}-dictionary.csv", tidy.COLUMNS, "csv", command)]


def encoded(table: pandas.DataFrame, tags: Mapping[str, str] | None = None) -> bytes:
    """A table as the bytes of a CSV file, texts made inert."""
    import pandas

    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{column: table[column].astype("category").cat.rename_categories(tidy.inert)
                           for column in texts})  # fmt: skip
    head = ",".join(table.columns) + "\n"
    if tags is not None:
        head += ",".join(tags.get(column, "") for column in table.columns) + "\n"
    body = pandas.DataFrame(safe).to_csv(index=False, header=False, lineterminator="\n", float_format="%.12g")
    return (BOM + head + body).encode()


def dictionary(
    view: release.View, path: pathlib.Path, columns: Mapping[str, tuple[str, str]], product: str, command: str,
    more: Iterable[tuple[str, str]] = (),
) -> pathlib.Path:  # fmt: skip
    """Write what a file is and what its columns mean.

    columns  column -> (meaning, HXL hashtag)
    more     further lines: (what, how)
    """
    import pandas

    rows = [("file", what, how, "") for what, how in (*tidy.about(view), *more)]
    rows += [("column", column, meaning, tag) for column, (meaning, tag) in columns.items()]
    table = pandas.DataFrame(rows, columns=["about", "name", "meaning", "hxl"])
    return release.publish(view, path, encoded(table), f"{product} dictionary", command)
