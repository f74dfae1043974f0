"""What the reader of tables makes of files as people save them."""

import datetime as dt
import pathlib

import pytest

from maabar import cells, errors, tables, units

COLUMNS = (
    cells.Column("id", "id", required=True),
    cells.Column("name"),
    cells.Column("km", "number", above=0, what="a distance"),
    cells.Column("day", "date"),
    cells.Column("open", "flag", default=True),
)


def read(folder: pathlib.Path, content: str | bytes) -> tuple[list[tables.Row], list[str]]:
    """Rows and messages of a file ways.csv in a folder called town."""
    path = folder / "town" / "ways.csv"
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    faults: list[errors.Fault] = []
    rows = tables.read(path, COLUMNS, faults, key=("id",))
    return rows, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    "content",
    [
        "id,name,km\na,معبر,3\n",
        "\ufeffid,name,km\na,معبر,3\n",
        "id,name,km\r\na,معبر,3\r\n",
        "id,name,km\ra,معبر,3\r",
        "\n\n ID , Name,KM \n\n a , معبر , 3 \n,,\n",
        "id,name,km\n#loc+code,#loc+name,#geo+km\na,معبر,3\n",
        "id,name,km\n#loc+code,,\na,معبر,3\n",
        "km,name,id\n٣,معبر,a",
        'id,name,km\n"a","معبر",3.0\n',
        "id,name,km,,\na,معبر,3,,\n",
    ],
)
def test_a_table_is_read_as_spreadsheets_save_it(content: str, tmp_path: pathlib.Path) -> None:
    rows, messages = read(tmp_path, content)
    assert messages == []
    assert [row.values for row in rows] == [{"id": "a", "name": "معبر", "km": 3.0, "day": None, "open": True}]


def test_blank_and_absent_cells_have_the_default(tmp_path: pathlib.Path) -> None:
    rows, messages = read(tmp_path, "id,open,km\na,,\nb\nc,no,1\n")
    assert messages == []
    assert [(row["id"], row["open"], row["km"], row["name"]) for row in rows] == [
        ("a", True, None, ""),
        ("b", True, None, ""),
        ("c", False, 1.0, ""),
    ]


def test_extra_columns_are_kept_as_text(tmp_path: pathlib.Path) -> None:
    rows, messages = read(tmp_path, "id,fact_id,ملاحظة\na,RQ001,نص\n")
    assert messages == []
    assert rows[0].extra == {"fact_id": "RQ001", "ملاحظة": "نص"}


def test_a_row_knows_the_line_it_begins_on(tmp_path: pathlib.Path) -> None:
    rows, _ = read(tmp_path, 'id,name\n\na,"two\nlines"\nb,one\n')
    assert [row.line for row in rows] == [3, 5]
    assert rows[0]["name"] == "two\nlines"


def test_a_row_of_hash_signs_is_a_tag_row_only_under_the_header(tmp_path: pathlib.Path) -> None:
    _, messages = read(tmp_path, "id\na\n#b\n")
    assert messages == [
        "town/ways.csv:3: column 'id': found '#b', expected an id of small letters, digits and hyphens; write b"
    ]


def test_a_faulty_row_stays_with_neutral_values(tmp_path: pathlib.Path) -> None:
    rows, messages = read(tmp_path, "id,km,day\na,-3,2017-06-31\nB c,1,\n")
    assert [(row["id"], row["km"], row["day"], row.faulty) for row in rows] == [
        ("a", 0.0, dt.date.min, True),
        ("B c", 1.0, None, True),
    ]
    assert messages == [
        "town/ways.csv:2: column 'km': found '-3', expected a distance above 0; write a value that is allowed",
        "town/ways.csv:2: column 'day': found '2017-06-31', expected a date like 2017-06-06; June 2017 has 30 days",
        "town/ways.csv:3: column 'id': found 'B c', expected an id of small letters, digits and hyphens; write b-c",
    ]


def test_rows_before_an_unreadable_one_are_checked_too(tmp_path: pathlib.Path) -> None:
    rows, messages = read(tmp_path, 'id,km\na,0\nb,"1" x\nc,1\n')
    assert len(rows) == 1
    assert messages == [
        "town/ways.csv:2: column 'km': found '0', expected a distance above 0; write a value that is allowed",
        "town/ways.csv:3: found a row that cannot be read (',' expected after '\"'), expected cells between commas; "
        "close every quote, and double the quotes inside a quoted cell",
    ]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("22,849", "write 22849"),
        ("1 234 567.5", "write 1234567.5"),
        ("3,5", "write 3.5"),
        ("٣٫٥", "write 3.5"),
        ("5%", "write 5 without the sign, or 0.05 where a share is asked for"),
        ("20-50", "write one number here, such as 20"),
        ("nan", "write it in digits, with a decimal point if needed"),
        ("-inf", "write it in digits, with a decimal point if needed"),
        ("1e400", "write a number below 1e308"),
        ("1_000", "write it in digits, with a decimal point if needed"),
        ("0x10", "write it in digits, with a decimal point if needed"),
        ("", "write it in digits, with a decimal point if needed"),
    ],
)
def test_a_text_that_is_no_number_is_told_how_to_be_one(text: str, cure: str) -> None:
    with pytest.raises(errors.Unreadable) as caught:
        units.parse_number(text)
    assert str(caught.value) == f"found '{text}', expected a number; {cure}"


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("-0.5", -0.5), (" 1e3 ", 1000), ("٢٢٨", 228), (".5", 0.5)])
def test_a_number_is_read(text: str, number: float) -> None:
    assert units.parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("2017-02-30", "February 2017 has 28 days"),
        ("2016-13-01", "there is no month 13; write year-month-day"),
        ("1017-01-01", "write a year from 1900 to 2199"),
        ("2017-6-6", "write 2017-06-06"),
        ("2017-06-06T10:00", "write 2017-06-06"),
        ("06/07/2017", "write year-month-day: 2017-06-07 or 2017-07-06"),
        ("31.12.2017", "write year-month-day: 2017-12-31"),
        ("99.99.2017", "write year-month-day"),
        ("20170606", "write year-month-day"),
        ("June 2017", "write year-month-day"),
    ],
)
def test_a_text_that_is_no_date_is_told_how_to_be_one(text: str, cure: str) -> None:
    with pytest.raises(errors.Unreadable) as caught:
        units.parse_date(text)
    assert str(caught.value) == f"found '{text}', expected a date like 2017-06-06; {cure}"


def test_a_date_is_read_in_western_and_arabic_digits() -> None:
    assert units.parse_date("2016-02-29") == units.parse_date(" ٢٠١٦-٠٢-٢٩ ") == dt.date(2016, 2, 29)
