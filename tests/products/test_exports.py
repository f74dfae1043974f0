"""Exports, read back with what people read them with; and the same number in each of them."""

import datetime as dt
import io
import json
import math
import pathlib
import sys
import zipfile
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas
import pyogrio
import pytest
import xarray as xr

import synthetic
from maabar import errors, quantities, release, report, scenario
from maabar.formats import csvout, exports, geoout, hapiout, hubout, tidy

FACTS = synthetic.siege()
RUN = synthetic.dataset(FACTS, 40)
TODAY = FACTS.end + dt.timedelta(days=400)
VIEWS = {
    name: synthetic.view(FACTS, RUN, name, today=TODAY, with_whatifs=True) for name in ("public", "partner", "internal")
}


@pytest.fixture(scope="module", params=["public", "partner", "internal"])
def view(request: pytest.FixtureRequest) -> release.View:
    return VIEWS[request.param]


def written(view: release.View, name: str, folder: pathlib.Path, **options: Any) -> list[pathlib.Path]:
    return exports.write(view, name, folder, **options)


def expected(view: release.View, name: str, place: str) -> np.ndarray:
    """Low, median and high of a quantity at a place by day, as its audience gets them."""
    members = view.series(name, place)
    exact = np.full((3, members.shape[1]), np.nan)
    known = np.isfinite(members).any(axis=0)
    exact[:, known] = np.nanquantile(members[:, known], (0.1, 0.5, 0.9), axis=0)
    return view.told(exact, quantities.quantity(name).unit)


# CSV


def test_the_table_holds_every_released_number(view: release.View, tmp_path: pathlib.Path) -> None:
    path, _ = written(view, "csv", tmp_path)
    table = pandas.read_csv(path, encoding="utf-8-sig", parse_dates=["date"], keep_default_na=True)
    assert list(table.columns) == list(tidy.COLUMNS)
    told = 0
    for (name, place), rows in table.groupby(["quantity", "place"]):
        numbers = expected(view, str(name), str(place))
        days = ((rows["date"] - pandas.Timestamp(FACTS.start)).dt.days).to_numpy()
        for at, column in enumerate(("low", "median", "high")):
            assert np.allclose(rows[column].to_numpy(), numbers[at, days], rtol=1e-9, equal_nan=True), (name, place)
        told += 1
    assert told >= 15
    assert set(table["marking"]) == {view.audience.mark}


def test_spreadsheets_know_the_encoding_and_arabic_stays_whole(tmp_path: pathlib.Path) -> None:
    path, dictionary = written(VIEWS["partner"], "csv", tmp_path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert dictionary.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pandas.read_csv(path, encoding="utf-8-sig")
    assert "المخيم الشمالي" in set(table["place_name_ar"])
    assert all(label in set(table["quantity_name_ar"]) for label in (quantities.quantity("present").label_ar,))


def test_every_column_and_every_masked_cell_is_explained(view: release.View, tmp_path: pathlib.Path) -> None:
    path, dictionary = written(view, "csv", tmp_path)
    table = pandas.read_csv(path, encoding="utf-8-sig")
    told = pandas.read_csv(dictionary, encoding="utf-8-sig")
    assert told.loc[told["about"] == "column", "name"].tolist() == list(table.columns)
    assert view.marking in told["meaning"].tolist()
    people = table[table["unit"] == "person"]
    is_empty = people[["low", "median", "high"]].isna().any(axis=1)
    assert (people.loc[is_empty, "masked_below"] == view.least).all()
    numbers = people[["low", "median", "high"]].to_numpy()
    assert numbers[np.isfinite(numbers)].min() >= view.least
    assert is_empty.any() or not view.least


def test_a_row_of_hashtags_stands_under_the_header_where_it_is_wanted(tmp_path: pathlib.Path) -> None:
    for name in ("csv", "hapi"):
        path = written(VIEWS["public"], name, tmp_path / name, hxl=True)[0]
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        tags = lines[1].split(",")
        assert len(tags) == len(lines[0].split(","))
        assert "#adm2+code+v_pcode" in tags or "#adm2+code" in tags
        plain = written(VIEWS["public"], name, tmp_path / f"{name} plain")[0].read_text(encoding="utf-8-sig")
        assert [lines[0], *lines[2:]] == plain.splitlines()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_text_is_a_formula(text: str) -> None:
    content = csvout.encoded(pandas.DataFrame({"a": [text], "b": [-1.5]})).decode("utf-8-sig")
    assert f"'{text}" in content
    assert ",-1.5" in content


# Workbook


def test_the_workbook_opens_with_its_sheets_and_says_the_same_as_the_table(
    view: release.View, tmp_path: pathlib.Path
) -> None:
    (path,) = written(view, "xlsx", tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["read me", "data", "places", "quantities", "dictionary"]
    header, *rows = book["data"].iter_rows(values_only=True)
    table = tidy.table(view, with_ways=False)
    assert len(rows) == len(table)
    assert [row[header.index("quantity")] for row in rows] == table["quantity"].tolist()
    medians = [math.nan if row[header.index("median")] is None else row[header.index("median")] for row in rows]
    assert np.allclose(medians, table["median"].to_numpy(), equal_nan=True)
    assert all(isinstance(row[header.index("date")], dt.datetime) for row in rows[:50])
    assert all(sheet.oddHeader.center.text.endswith(view.marking) for sheet in book)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_same_run_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    for name in exports.formats(exports.ALL):
        once, again = (written(VIEWS["partner"], name, tmp_path / str(at)) for at in range(2))
        assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again], name


# Maps


def test_points_are_read_by_geopandas_where_their_places_are(view: release.View, tmp_path: pathlib.Path) -> None:
    path = written(view, "geojson", tmp_path)[0]
    frame = geopandas.read_file(path)
    points = frame[frame.geometry.geom_type == "Point"]
    assert points["place"].tolist() == [place.id for place in view.facts.places]
    assert points.crs.to_epsg() == 4326
    for place, geometry in zip(view.facts.places, points.geometry, strict=True):
        assert (geometry.x, geometry.y) == (place.lon, place.lat)
    assert (frame.geometry.geom_type == "LineString").any() == view.is_internal


def test_the_geopackage_has_its_layers_for_qgis(view: release.View, tmp_path: pathlib.Path) -> None:
    (path,) = written(view, "gpkg", tmp_path)
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    assert layers == ["places", *(["ways"] if view.is_internal else []), "series", "about"]
    series = pyogrio.read_dataframe(path, layer="series")
    table = tidy.table(view, with_ways=False)
    assert len(series) == len(table)
    assert np.allclose(series["median"].astype(float), table["median"], equal_nan=True)
    assert view.marking in pyogrio.read_dataframe(path, layer="about")["meaning"].tolist()


def test_without_the_map_libraries_the_cure_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geopandas", None)
    for name in ("gpkg", "all"):
        with pytest.raises(errors.RunError, match=r"pip install 'maabar\[gis\]'"):
            written(VIEWS["public"], name, tmp_path)
    assert list(tmp_path.iterdir()) == []


# HDX HAPI


def test_the_humanitarian_table_has_its_columns_and_the_people_present_at_the_end_of_each_month(
    view: release.View, tmp_path: pathlib.Path
) -> None:
    path, _ = written(view, "hapi", tmp_path)
    table = pandas.read_csv(path, encoding="utf-8-sig", parse_dates=["reference_period_end"])
    # Columns of HAPI's table `idps`, in its order
    official = [
        "location_code", "has_hrp", "in_gho", "provider_admin1_name", "provider_admin2_name", "admin1_code",
        "admin1_name", "admin2_code", "admin2_name", "admin_level", "reporting_round", "assessment_type", "operation",
        "population", "reference_period_start", "reference_period_end", "dataset_hdx_id", "resource_hdx_id", "warning",
        "error",
    ]  # fmt: skip
    assert list(table.columns)[: len(official)] == official
    assert set(table["warning"]) == {view.marking}
    north = table[table["admin2_name"] == "North"]
    assert len(north) == len(hapiout.months(view)) >= 3
    place = next(one.id for one in view.facts.places if one.admin2 == "North")
    for _, row in north.iterrows():
        day = (row["reference_period_end"].date() - FACTS.start).days
        median = expected(view, "present", place)[1, day]
        assert (math.isnan(median) and pandas.isna(row["population"])) or row["population"] == round(median)


def test_the_districts_of_raqqa_have_their_p_codes() -> None:
    facts = scenario.load("raqqa-2017")
    view = synthetic.view(facts, synthetic.dataset(facts, 12), "public", today=facts.end + dt.timedelta(days=400))
    rows = hapiout.rows(view)
    codes = {(row["admin2_name"], row["admin2_code"]) for row in rows}
    assert ("Tell Abiad", "SY1102") in codes
    assert all(row["admin2_code"].startswith(row["admin1_code"]) for row in rows if row["admin2_code"])
    assert {row["location_code"] for row in rows} == {"SYR"}


# Forecast hub


def test_the_hub_table_has_its_columns_levels_and_weeks(view: release.View, tmp_path: pathlib.Path) -> None:
    path, dictionary = written(view, "hub", tmp_path)
    table = pandas.read_csv(path)
    assert list(table.columns) == [
        "reference_date", "target", "horizon", "location", "target_end_date", "output_type", "output_type_id", "value",
    ]  # fmt: skip
    assert path.name.startswith(str(FACTS.start - dt.timedelta(days=1)))
    keys = ["target", "horizon", "location"]
    for _, rows in table.groupby(keys):
        assert rows["output_type_id"].tolist() == list(hubout.LEVELS)
        assert (rows["value"].diff().dropna() >= 0).all()
    assert not table.duplicated([*keys, "output_type_id"]).any()
    ends = pandas.to_datetime(table["target_end_date"]) - pandas.to_datetime(table["reference_date"])
    assert (ends.dt.days == 7 * table["horizon"]).all()
    assert "output_type_id" in dictionary.read_text(encoding="utf-8-sig")
    flow = table[(table["target"] == "wk inc arrivals") & (table["location"] == "*") & (table["output_type_id"] == 0.5)]
    weeks = view.series("arrivals", "*")[:, : 7 * len(flow)].reshape(40, -1, 7).sum(axis=2)
    told = np.nan_to_num(view.told(np.quantile(weeks, 0.5, axis=0), "person"))
    assert np.allclose(flow.sort_values("horizon")["value"].to_numpy(), told)


# netCDF


def test_the_netcdf_follows_the_cf_conventions_and_holds_the_same_numbers(
    view: release.View, tmp_path: pathlib.Path
) -> None:
    (path,) = written(view, "netcdf", tmp_path)
    with xr.open_dataset(path, engine="h5netcdf") as found:
        assert found.attrs["Conventions"] == "CF-1.11"
        assert found.attrs["marking"] == view.marking
        assert found["time"].values[0].astype("datetime64[D]") == np.datetime64(FACTS.start)
        assert found["present"].attrs["units"] == "1"
        assert set(found["lat"].attrs) >= {"standard_name", "units"}
        at = found["place"].values.tolist().index(view.facts.places[-1].id)
        median = found["present"].sel(quantile=0.5).values[at]
        assert np.allclose(median, expected(view, "present", view.facts.places[-1].id)[1], rtol=1e-6, equal_nan=True)
        assert "member" not in found.dims


# One statement of each number


@pytest.mark.parametrize("reader", ["public", "partner", "internal"])
@pytest.mark.parametrize("name", ["present", "inside", "arrivals", "displaced_total", "killed"])
def test_a_number_is_the_same_in_every_product(reader: str, name: str, tmp_path: pathlib.Path) -> None:
    """The median of one day in the table, the workbook, the GeoPackage, netCDF and what the report writes of it."""
    view = VIEWS[reader]
    place = next(where for one, where in view.cells() if one == name and view.series(one, where).any())
    day = view.dataset.sizes["day"] - 1
    median = expected(view, name, place)[1, day]
    date = FACTS.end.isoformat()
    table = pandas.read_csv(written(view, "csv", tmp_path)[0], encoding="utf-8-sig")
    layer = pyogrio.read_dataframe(written(view, "gpkg", tmp_path)[0], layer="series")
    sheet = pandas.read_excel(written(view, "xlsx", tmp_path)[0], sheet_name="data")
    sheet["date"] = sheet["date"].dt.strftime("%Y-%m-%d")
    for frame in (table, layer, sheet):
        (row,) = frame[(frame["quantity"] == name) & (frame["place"] == place) & (frame["date"] == date)]["median"]
        assert row == median or (pandas.isna(row) and math.isnan(median))
    with xr.open_dataset(written(view, "netcdf", tmp_path)[0], engine="h5netcdf") as cf:
        total = f"{name}_total" if f"{name}_total" in cf and place == "*" else name
        values = cf[total].sel(quantile=0.5).isel(time=day)
        found = values.values if values.ndim == 0 else values.values[cf[values.dims[0]].values.tolist().index(place)]
        assert np.isclose(found, median, rtol=1e-6, equal_nan=True)
    if name in ("displaced_total", "killed"):
        words = view.printed(float(np.quantile(view.series(name, "*")[:, -1], 0.5)), "person")
        assert words == (f"<{view.least}" if math.isnan(median) else f"{median:,.0f}") or reader == "internal"


def test_the_headline_of_the_report_is_the_number_of_the_table(tmp_path: pathlib.Path) -> None:
    view = VIEWS["public"]
    table = pandas.read_csv(written(view, "csv", tmp_path)[0], encoding="utf-8-sig")
    rows = table[(table["quantity"] == "displaced_total") & (table["date"] == FACTS.end.isoformat())]
    assert f"{rows['median'].item():,.0f}" in report.render(view)


# Refusals


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cvs", {}, "--format: found 'cvs', expected csv, xlsx, geojson, hapi, hub, netcdf, gpkg, flee or all; did you "
         "mean 'csv'?"),
        ("xlsx", {"hxl": True}, "--hxl: found with --format xlsx, expected with csv or hapi; leave it out"),
        ("all", {"member": 3}, "--member: found with --format all, expected with flee; leave it out"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.RunError) as caught:
        exports.check(name, options)
    assert str(caught.value) == message


def test_all_is_every_format_that_anybody_may_have(tmp_path: pathlib.Path) -> None:
    made = written(VIEWS["public"], "all", tmp_path, hxl=True)
    assert len({path.name for path in made}) == len(made)
    assert {path.suffix for path in made} == {".csv", ".xlsx", ".geojson", ".gpkg", ".nc"}
    logged = release.releases(VIEWS["public"].home)
    assert {pathlib.Path(entry["file"]) for entry in logged} >= set(made)


def test_few_members_are_told_as_lowest_and_highest() -> None:
    view = synthetic.view(FACTS, RUN.isel(member=slice(4)), "partner", today=TODAY)
    table = tidy.table(view)
    assert set(table["low_high"]) == {"lowest and highest of 4"}
    points = [properties for _, properties in geoout.places(view)]
    assert {one["low_high"] for one in points} == {"lowest and highest of 4"}


def test_an_open_conflict_is_exported_too(tmp_path: pathlib.Path) -> None:
    facts = synthetic.open_network()
    view = synthetic.view(facts, synthetic.dataset(facts), "public", today=facts.end + dt.timedelta(days=90))
    made = written(view, "all", tmp_path)
    table = pandas.read_csv(made[0], encoding="utf-8-sig")
    assert "inside" not in set(table["quantity"])
    assert json.loads(next(path for path in made if path.suffix == ".geojson").read_text())["features"]
    with zipfile.ZipFile(io.BytesIO(next(path for path in made if path.suffix == ".xlsx").read_bytes())) as packed:
        assert packed.testzip() is None
