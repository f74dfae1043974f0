"""What is known of the exports that maabar reads: their variants, their headings, and how their sources are judged.

Out: the rows of importvariants.csv, importcolumns.csv, importsources.csv and acledkinds.csv beside this file.
Headings are compared without case, spaces and punctuation, HXL tags whatever the order of their attributes, so that
the spellings of years of exports need one entry each.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Field:
    """A column that is read.

    must      whether a table without it is another one
    headings  as published, the usual one first
    folded    the same as they are compared, HXL tags among them
    """

    name: str
    must: bool
    headings: tuple[str, ...]
    folded: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """One layout of a source; `refusal` says why it cannot be used and what to take instead, '' if it can."""

    source: str
    name: str
    source_id: str
    title: str
    refusal: str
    fields: tuple[Field, ...]

    @property
    def needed(self) -> str:
        """The headings that tell it, as published."""
        return ", ".join(field.headings[0] for field in self.fields if field.must)


@dataclass(frozen=True)
class Source:
    """Who reports, as a row of sources.csv, with why it has its letter and what its terms ask."""

    id: str
    name: str
    kind: str
    reliability: str
    interest: str
    url: str
    rationale: str
    terms: str


@dataclass(frozen=True)
class AcledKind:
    """What a type of event of ACLED becomes: a kind of event, '' for none, and the cause of its deaths."""

    type: str
    subtype: str
    kind: str
    cause: str
    rationale: str


def folded(heading: str) -> str:
    """A heading as it is compared; a HXL tag with its attributes in order; bilingual headings by their Latin part."""
    text = heading.strip().casefold()
    if text.startswith("#"):
        tag, *attributes = re.split(r"\s*\+\s*", text.replace(" ", ""))
        return "+".join([tag, *sorted(attributes)])
    return re.sub(r"[^a-z0-9]+", "", text, flags=re.ASCII) or re.sub(r"[\W_]+", "", text)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@functools.cache
def variants(source: str) -> tuple[Variant, ...]:
    """The layouts of a source, in the order in which they are tried."""
    fields: dict[str, list[Field]] = {}
    for row in _rows("importcolumns.csv"):
        if row["source"] == source:
            headings = tuple(row["headings"].split(";"))
            tags = tuple(filter(None, row["hxl"].split(";")))
            known = tuple(dict.fromkeys(map(folded, headings + tags)))
            fields.setdefault(row["variant"], []).append(Field(row["field"], row["need"] == "must", headings, known))
    return tuple(
        Variant(**row, name=name, fields=tuple(fields[name]))
        for row in _rows("importvariants.csv")
        if row["source"] == source
        for name in [row.pop("variant")]
    )


@functools.cache
def formats() -> tuple[str, ...]:
    """The sources that can be imported."""
    return tuple(dict.fromkeys(row["source"] for row in _rows("importvariants.csv")))


@functools.cache
def sources() -> dict[str, Source]:
    """Who reports, by id."""
    return {row["id"]: Source(**row) for row in _rows("importsources.csv")}


@functools.cache
def acled_kinds() -> dict[tuple[str, str], AcledKind]:
    """What ACLED's types become, by folded type and subtype; subtype '' for all others of the type."""
    found = [AcledKind(**row) for row in _rows("acledkinds.csv")]
    return {(folded(one.type), folded(one.subtype)): one for one in found}
