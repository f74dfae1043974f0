"""No content of an export leads to anything but sound rows or a refusal with its faults; the quirks of real exports."""
# ruff: noqa: E501 - a row and a message are one line

import dataclasses
import pathlib
import shutil

import hypothesis
import pytest
from hypothesis import strategies

import exports
from exports import bring, clashes, strikes
from maabar import errors
from maabar.formats import importing, importtables, placing, sheets

PIECES = ("", " ", ",", ";", "\t", '"', "\n", "\r", "\0", "\ufeff", "#", "-", "-1", "0", "1e400", "nan", "1,234", "٣", "43831",
          "04/05/2030", "13/05/2030", "2030-03-05", "2030-02-30", "North Camp", "old-town", "NVL", "Conflict", "Battles", "3",
          "9" * 40, "é", "\u202e", "x" * 200_000, "=1+1", "#N/A", "Round", "sep=;", "'", "0.1", "*")  # fmt: skip
EXPORTS = {
    "acled": [strikes({}, {"geo_precision": "2"}, {"event_date": "13/03/2030"})],
    "ucdp": [clashes({}, {"type_of_violence": "3"})],
    "unhcr": [
        "date,individuals\n2030-04-01,5\n2030-04-02,7\n",
        "geomaster_name,centroid_lat,centroid_lon,date,individuals\nNorth Camp,0.42,0.18,2030-04-01,5\n",
        "Year,Country of origin,Country of asylum,Refugees under UNHCR's mandate\n2030,Neverland,Border City,5\n",
    ],
    "dtm": [
        "Site name,Latitude,Longitude,Individuals\n#loc,#geo+lat,#geo+lon,#affected\nNorth Camp,0.42,0.18,500\n",
        "admin0Pcode,admin2Pcode,numPresentIdpInd,reportingDate\nNVL,NVL01,5,2030-04-01\nNVL,,5,2030-04-01\n",
        "FMP name,Survey date,Total individuals\nOrchard,2030-04-01,6\n",
    ],
    "idmc": [
        "id,figure,iso3,displacement_type,displacement_start_date,displacement_end_date,latitude,longitude\n"
        "1,5,NVL,Conflict,2030-04-01,2030-05-30,0.1,0.1\n",
        "iso3,year,new_displacement,total_displacement\nNVL,2030,5,6\n",
    ],
}
SETTINGS = hypothesis.settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
WISHES = importing.Wishes(country="NVL", date=exports.day("2030-04-10"), place="")


@pytest.fixture
def town(tmp_path: pathlib.Path) -> pathlib.Path:
    if not (tmp_path / "my-town").exists():
        exports.town(tmp_path)
    return tmp_path


def survives(folder: pathlib.Path, source: str, content: bytes, name: str, place: str) -> None:
    """Import bytes: sound rows (convert checks them itself), or a refusal in one line each."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    path = folder / name
    path.write_bytes(content)
    said: list[str] = []
    try:
        importing.convert(source, path, out, folder / "my-town", dataclasses.replace(WISHES, place=place))
    except errors.InputError as refusal:
        said = [str(fault) for fault in refusal.faults]
    except errors.RunError as refusal:
        said = [str(refusal)]
    assert out.exists() != bool(said)
    assert all(one.isprintable() for one in said)


@SETTINGS
@hypothesis.given(source=strategies.sampled_from(sorted(EXPORTS)), content=strategies.binary(max_size=300))
def test_random_bytes_are_survived(town: pathlib.Path, source: str, content: bytes) -> None:
    survives(town, source, content, "export.csv", "")


@SETTINGS
@hypothesis.given(
    source=strategies.sampled_from(sorted(EXPORTS)),
    which=strategies.integers(0, 2),
    edits=strategies.lists(
        strategies.tuples(strategies.floats(0, 1), strategies.integers(0, 30), strategies.sampled_from(PIECES)),
        max_size=4,
    ),
    place=strategies.sampled_from(("", "north-camp")),
)
def test_damaged_exports_are_survived(
    town: pathlib.Path, source: str, which: int, edits: list[tuple[float, int, str]], place: str
) -> None:
    content = EXPORTS[source][which % len(EXPORTS[source])]
    for where, cut, piece in edits:
        at = round(where * len(content))
        content = content[:at] + piece + content[at + cut :]
    survives(town, source, content.encode(), "export.csv", place)


@hypothesis.settings(SETTINGS, max_examples=60)
@hypothesis.given(
    edits=strategies.lists(
        strategies.tuples(strategies.floats(0, 1), strategies.binary(min_size=1, max_size=6)), min_size=1, max_size=4
    )
)
def test_damaged_workbooks_are_survived(town: pathlib.Path, edits: list[tuple[float, bytes]]) -> None:
    whole = exports.put(town, [line.split(",") for line in strikes({}, {}).splitlines()], "whole.xlsx").read_bytes()
    for where, piece in edits:
        at = round(where * len(whole))
        whole = whole[:at] + piece + whole[at + len(piece) :]
    survives(town, "acled", whole, "export.xlsx", "")


def everything(made: exports.Brought) -> list[object]:
    return [made.events, made.reports]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: "sep=,\n" + text,
        lambda text: "My export\n\n,,\n" + text,
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.upper().replace("EXPLOSIONS/REMOTE VIOLENCE", "Explosions/Remote violence"),
        lambda text: text.replace("2030-03-04", "04/03/2030").replace("2030-03-13", "13/03/2030"),
        lambda text: text.replace("2030-03-04", "3/4/2030").replace("2030-03-13", "3/13/2030"),
        lambda text: text.replace("2030-03-04", "47546").replace("2030-03-13", "47555.0"),
        lambda text: text.replace("2030-03-04", "2030-03-04T00:00:00").replace("2030-03-13", "13 March 2030"),
        lambda text: text.replace("2030-03-04", "٢٠٣٠-٠٣-٠٤"),
        lambda text: text.replace("event_date", "Event Date").replace("sub_event_type", "SUB-EVENT TYPE"),
        lambda text: text + text.splitlines()[0] + "\n",
        lambda text: "\n".join([text.splitlines()[0], ",".join(["#x"] * 12), *text.splitlines()[1:]]) + "\n",
        lambda text: text.replace("Zahrat al-Wadi", "زهرة الوادي"),
        lambda text: text.replace("geo_precision", "geo_precision\0"),
    ],
    ids=["mark", "crlf", "semicolons", "tabs", "sep", "preamble", "blank lines", "capitals", "day first", "month first",
         "days of a spreadsheet", "clocks and words", "Arabic digits", "spaces in headings", "header again", "tags", "Arabic",
         "NUL"],
)  # fmt: skip
def test_a_quirk_of_real_exports_changes_nothing(tmp_path: pathlib.Path, change: object) -> None:
    content = strikes({}, {"event_date": "2030-03-13"}, {"event_date": "2030-03-13"})
    plain = everything(bring(tmp_path, "acled", content))
    assert everything(bring(tmp_path, "acled", change(content))) == plain  # type: ignore[operator]


def test_a_workbook_is_read_as_text_is_with_its_own_dates_and_numbers(tmp_path: pathlib.Path) -> None:
    content = strikes({}, {"event_date": "2030-03-13"})
    rows: list[list[object]] = [list(line.split(",")) for line in content.splitlines()]
    for row in rows[1:]:
        row[1] = exports.dt.datetime.fromisoformat(f"{row[1]}T00:00:00")
        row[6:11] = [float(str(cell)) for cell in row[6:11]]
    rows.insert(0, ["Our export", None, 7])
    assert everything(bring(tmp_path, "acled", rows)) == everything(bring(tmp_path, "acled", content))


def test_of_several_sheets_the_one_that_fits_is_read(tmp_path: pathlib.Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["README"])
    data = book.create_sheet("Data")
    for line in strikes({}).splitlines():
        data.append(line.split(","))
    book.save(tmp_path / "book.xlsx")
    made = bring(tmp_path, "acled", (tmp_path / "book.xlsx").read_bytes(), name="export.xlsx")
    assert len(made.events) == 1
    assert f"{tmp_path.name}/export.xlsx: a workbook of 2 sheets: only 'Data' is read" in made.said


def test_names_in_another_encoding_are_read_and_named(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes({"location": "Zahrat é"}).encode("cp1252"))
    assert made.table("import-rows.csv")[0]["where"] == "Zahrat é"
    assert (
        made.said[0]
        == f"{tmp_path.name}/export.csv: text that is not UTF-8: read as Windows-1252: check names with accents"
    )


def test_tags_alone_are_a_header_too(tmp_path: pathlib.Path) -> None:
    content = "#site+name,#geo+lat,#geo+lon,#date+survey,#affected+ind+idps\nNorth Camp,0.42,0.18,2030-04-01,50\n"
    assert bring(tmp_path, "dtm", content).reports[0][6] == "50"


def test_distances_are_great_circles() -> None:
    import numpy as np

    quarter = placing.kilometres(0.0, 0.0, np.array([0.0, 90.0, 0.0]), np.array([90.0, 0.0, 180.0]))
    assert quarter == pytest.approx([10_007.557, 10_007.557, 20_015.115], abs=0.01)
    # Across the date line, and one degree of longitude at 60° north: half of one at the equator.
    near = placing.kilometres(60.0, 179.5, np.array([60.0]), np.array([-179.5]))
    assert near == pytest.approx([55.6], abs=0.05)


@hypothesis.given(strategies.text(max_size=20))
def test_folding_a_heading_twice_changes_nothing(heading: str) -> None:
    once = importtables.folded(heading)
    assert importtables.folded(once) == once


def test_every_variant_of_every_source_is_complete() -> None:
    for source in importtables.formats():
        for variant in importtables.variants(source):
            assert any(field.must for field in variant.fields)
            assert bool(variant.refusal) != bool(variant.source_id in importtables.sources())
    assert set(importing.READERS) == set(importtables.formats())
    assert all(one.rationale and one.terms for one in importtables.sources().values())


def test_a_header_too_deep_is_not_looked_for(tmp_path: pathlib.Path) -> None:
    content = "x\n" * (sheets.DEEPEST_HEADER + 1) + strikes({})
    assert "check the file" in exports.faults(tmp_path, "acled", content)[0]
