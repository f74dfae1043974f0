"""The disclosure gate, attacked: what no product of a run gives away, however its products are put together."""

import ast
import collections
import csv
import dataclasses
import datetime as dt
import html
import io
import itertools
import json
import pathlib
import re
import sqlite3
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.offline
import pypdf
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import maabar
import synthetic
from maabar import (
    account,
    audience,
    coarsen,
    errors,
    papers,
    pictures,
    quantities,
    reasons,
    release,
    report,
    scenario,
    situation,
    storage,
    texts,
)
from maabar.formats import exports, pdfout
from maabar.report import sheet

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "maabar"
LATER = dt.timedelta(days=400)
MEMBERS = 12


@pytest.fixture(scope="module")
def raqqa() -> scenario.Scenario:
    return scenario.load("raqqa-2017")


@pytest.fixture(scope="module")
def run(raqqa: scenario.Scenario) -> xr.Dataset:
    return synthetic.dataset(raqqa, MEMBERS)


def products(
    facts: scenario.Scenario, run: xr.Dataset, reader: str, folder: pathlib.Path, today: dt.date | None = None
) -> dict[str, bytes]:
    """Every product of a run for an audience: name -> content."""
    folder.mkdir(parents=True, exist_ok=True)
    view = synthetic.view(facts, run, reader, with_whatifs=True, home=folder, today=today or facts.end + LATER)
    out = folder / "out"
    made = [*exports.write(view, "all", out), *papers.write(view, out, {})]
    for language in texts.LANGUAGES:
        made.append(report.write(view, out / f"report-{language}.html", lang=language))
        told = situation.of(view, language)
        made.append(sheet.write(view, told, out / f"situation-{language}.html"))
        made.append(pdfout.write(view, told, out / f"situation-{language}.pdf"))
    told = [reasons.of(view, f"{name}/{place}", None) for name, place in view.cells()]
    content = b"".join(reasons.content(view, one, form) for one in told for form in reasons.FORMS)
    made.append(release.publish(view, out / "why.txt", content, "why"))
    for name in ("inside", "displaced_total", "arrivals", "killed"):
        picture = pictures.content(view, name, "*", "svg")
        made.append(release.publish(view, out / f"{name}.svg", picture, "plot"))
    return {path.name: path.read_bytes() for path in made}


def readable(name: str, content: bytes, folder: pathlib.Path) -> str:
    """Everything in a product that can be read, packed or not."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return html.unescape("\n".join(packed.read(one).decode() for one in packed.namelist()))
    path = folder / name
    path.write_bytes(content)
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    if name.endswith(".gpkg"):
        with sqlite3.connect(path) as base:
            return "\n".join(base.iterdump())
    if name.endswith(".nc"):
        with xr.open_dataset(path, engine="h5netcdf") as read:
            labels = [str(read[one].values.tolist()) for one in read.variables if read[one].dtype.kind in "OUST"]
            return "\n".join([str(read.attrs), *(str(read[one].attrs) for one in read.variables), *labels])
    text = content.decode("utf-8-sig")
    return html.unescape(text.replace(plotly.offline.get_plotlyjs(), "")) if name.endswith(".html") else text


def swapped(run: xr.Dataset, axis: str, names: tuple[str, ...], order: list[int]) -> xr.Dataset:
    """The run with the values of places or ways put in another order."""
    other = run.copy()
    for name in names:
        other[name] = run[name].copy(data=np.take(run[name].values, order, run[name].get_axis_num(axis)))
    return other


# Who may see ways


def test_the_use_of_crossings_cannot_be_ranked_from_all_public_products_together(
    raqqa: scenario.Scenario, run: xr.Dataset, tmp_path: pathlib.Path
) -> None:
    """Whatever is read from the products, it is the same whichever crossing is used most: no attack beats chance.

    The people who leave by the ways of a class, and who wait at the waypoints, are shuffled among these ways and among
    these waypoints, twice; every byte of every public product stays. The team's products do change.
    """
    rng = np.random.default_rng(5)
    use = run.copy()
    use["departures"] = run["departures"] * rng.integers(0, 50, run.sizes["route"])
    classes = [(start, mode) for start, mode in zip(_zones(use), use["route_mode"].values, strict=True)]
    waits = np.flatnonzero(use["place_kind"].values == "waypoint")
    before = products(raqqa, use, "public", tmp_path / "before")
    for attempt in range(2):
        ways = np.arange(run.sizes["route"])
        for one in set(classes):
            at = [position for position, other in enumerate(classes) if other == one]
            ways[at] = rng.permutation(at)
        places = np.arange(run.sizes["place"])
        places[waits] = rng.permutation(waits)
        shuffled = swapped(use, "route", ("departures",), ways.tolist())
        shuffled = swapped(shuffled, "place", ("present", "arrivals", "unsheltered", "fighters"), places.tolist())
        assert not shuffled.identical(use)
        assert _flow_by_class(shuffled).equals(_flow_by_class(use))
        assert products(raqqa, shuffled, "public", tmp_path / str(attempt)) == before
    internal = [products(raqqa, one, "internal", tmp_path / f"internal {at}") for at, one in enumerate((use, shuffled))]
    assert internal[0]["raqqa-2017-internal.csv"] != internal[1]["raqqa-2017-internal.csv"]


def _zones(run: xr.Dataset) -> list[tuple[str, str]]:
    zone = dict(zip(run["place"].values.tolist(), run["place_zone"].values.tolist(), strict=True))
    kind = dict(zip(run["place"].values.tolist(), run["place_kind"].values.tolist(), strict=True))
    return [
        (zone[start] or kind[start], zone[end] or kind[end])
        for start, end in zip(run["route_from"].values.tolist(), run["route_to"].values.tolist(), strict=True)
    ]


def _flow_by_class(run: xr.Dataset) -> xr.DataArray:
    return xr.concat([quantities.corridor(run, one) for one in quantities.PARTS["departures"][1]], "corridor")


@pytest.mark.parametrize("reader", ["public", "partner"])
def test_no_product_names_a_crossing_a_way_or_a_hidden_home(
    raqqa: scenario.Scenario, run: xr.Dataset, tmp_path: pathlib.Path, reader: str
) -> None:
    made = products(raqqa, run, reader, tmp_path)
    whole = {name: readable(name, content, tmp_path).casefold() for name, content in made.items()}
    kinds = ("waypoint", "home") if reader == "public" else ("waypoint",)
    open_words = " ".join(
        word.casefold()
        for one in (*raqqa.places, *raqqa.zones, *raqqa.rivers)
        if getattr(one, "kind", "zone") not in kinds
        for word in (
            getattr(one, "id", ""),
            one.name,
            one.name_ar,
            getattr(one, "admin1", ""),
            getattr(one, "admin2", ""),
            getattr(one, "admin2_ar", ""),
        )
    )
    hidden = {
        word.casefold()
        for place in raqqa.places
        if place.kind in kinds
        for word in (place.id, place.name, place.name_ar)
        if len(word) > 5 and word.casefold() not in open_words
    } | {route.id.casefold() for route in raqqa.routes}
    assert len(hidden) > 100
    likely = {(name, word) for name, text in whole.items() for word in hidden if word in text}
    # In Arabic an article and short words are written onto a name.
    found = {
        (name, word)
        for name, word in likely
        if re.search(rf"(?<![a-z0-9_]){re.escape(word)}(?![a-z0-9_])", whole[name])
    }
    assert found == set()


def test_a_text_that_names_a_hidden_place_in_either_language_is_left_out_in_both(raqqa: scenario.Scenario) -> None:
    bridge = next(one for one in raqqa.places if one.kind == "waypoint" and one.name_ar.startswith("ال"))
    within = f"قُتل اثنان عند {bridge.name_ar.replace('ال', 'لل', 1)} أمس"
    facts = dataclasses.replace(
        raqqa,
        summary="Two were killed.",
        summary_ar=within,
        limits=(f"Nobody knows {bridge.name}.", "Nobody knows."),
        limits_ar=("لا أحد يعلم.", "لا نعلم."),
        variants=(dataclasses.replace(raqqa.variants[0], title="A", title_ar=within, rationale_ar=within),),
    )
    read = synthetic.view(facts, synthetic.dataset(facts, 2), "public").facts
    assert (read.summary, read.summary_ar) == ("", "")
    assert (read.limits, read.limits_ar) == (("Nobody knows.",), ("لا نعلم.",))
    (what_if,) = read.variants
    assert (what_if.title, what_if.title_ar) == ("What-if 1", "افتراض 1")
    assert what_if.rationale_ar == texts.of("ar")("gate.withheld")


def test_districts_have_arabic_names_where_the_scenario_has_them(raqqa: scenario.Scenario, run: xr.Dataset) -> None:
    names = {one.name: one.name_ar for one in synthetic.view(raqqa, run, "public").facts.places}
    assert names["Ar-Raqqa (district)"] == "منطقة الرقة"
    assert all(re.search("[\u0600-\u06ff]", name) for name in names.values())


def test_the_positions_of_crossings_and_homes_are_in_no_public_product(
    raqqa: scenario.Scenario, run: xr.Dataset, tmp_path: pathlib.Path
) -> None:
    made = products(raqqa, run, "public", tmp_path)
    places = json.loads(made["raqqa-2017-public.geojson"])["features"]
    assert {one["geometry"]["type"] for one in places} == {"Point"}
    shown = np.array([one["geometry"]["coordinates"] for one in places])
    assert np.array_equal(shown, np.round(shown, 1))
    exact = {f"{axis:.3f}" for one in raqqa.places if one.kind in ("waypoint", "home") for axis in (one.lat, one.lon)}
    # The numbers of a chart as SVG are places on paper.
    whole = [readable(name, content, tmp_path) for name, content in made.items() if not name.endswith(".svg")]
    told = {one for one in exact if any(one in text for text in whole)}
    lines = {f"{axis:.3f}" for line in raqqa.rivers for point in line.points for axis in point}
    assert {one for one in told if not one.endswith("00") and one not in lines and not one.startswith("0.")} == set()


def test_the_public_gets_no_price_no_guide_no_fighter_and_ways_only_late(
    raqqa: scenario.Scenario, run: xr.Dataset
) -> None:
    on_the_last_day = synthetic.view(raqqa, run, "public", today=raqqa.end)
    for name in ("price", "guides", "fighters", "fighters_lost", "intercepted", "paid"):
        assert not on_the_last_day.holds(name)
        assert name not in on_the_last_day.dataset
    late = on_the_last_day.series("departures", "*")
    days = audience.AUDIENCES["public"].delay_days
    assert np.isnan(late[:, -days:]).all()
    assert np.isfinite(late[:, :-days]).all()
    assert not synthetic.view(raqqa, run, "public", today=raqqa.start).holds("departures")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> maabar.Run:
    """A forecast of the town that `maabar new` writes, learned from its reports."""
    folder = tmp_path_factory.mktemp("learned")
    scenario.template(folder / "town")
    return maabar.load(folder / "town").forecast(dt.date(2030, 5, 15), 20, members=60, seed=2, out=folder / "run")


@pytest.mark.parametrize("reader", ["public", "partner"])
def test_why_names_nothing_hidden_and_no_small_count_and_says_the_exported_number(
    learned: maabar.Run, tmp_path: pathlib.Path, reader: str
) -> None:
    """Asked of every number that an audience has, as text and as JSON."""
    view, facts = learned.view(reader), learned.scenario
    assert learned.calibration is not None
    kinds = ("waypoint", "home") if reader == "public" else ("waypoint",)
    shown = {one.id for one in view.facts.reports}, {one.id for one in view.facts.sources}
    hidden = {one.id for one in facts.reports} - shown[0] | {one.id for one in facts.sources} - shown[1]
    hidden |= {word.casefold() for one in facts.places if one.kind in kinds for word in (one.id, one.name)}
    hidden |= {route.id for route in facts.routes}
    exports.write(view, "csv", tmp_path)
    table = pd.read_csv(tmp_path / f"town-{reader}.csv").set_index(["quantity", "place", "date"])
    compared = 0
    for quantity, place in view.cells():
        found = reasons.of(view, f"{quantity}/{place}", learned.calibration.posterior)
        for form in reasons.FORMS:
            told = reasons.content(view, found, form).decode()
            assert view.marking in told
            assert {
                one for one in hidden if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", told.casefold())
            } == set()
        told_of = [row.source for row in learned.calibration.posterior.told.rows if row.report in shown[0]]
        assert {one.source: one.reports for one in found.without} == collections.Counter(told_of)
        numbers = [found.median, found.low, found.high]
        numbers += [number for one in found.without for number in (one.median, one.low, one.high)]
        if found.unit.startswith("person"):
            assert all(np.isnan(number) or number == 0 or number >= view.least for number in numbers)
        key = (quantity, place, str(facts.start + dt.timedelta(days=facts.days - 1)))
        if quantities.quantity(quantity).kind == "stock" and key in table.index:
            exported = float(table.loc[key, "median"])
            assert found.median == exported or (np.isnan(found.median) and np.isnan(exported))
            compared += 1
    assert compared > 2


def test_why_for_an_audience_is_refused_logged_and_marked(learned: maabar.Run, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RunError, match="the audience public does not see price"):
        learned.why("price", audience="public")
    with pytest.raises(errors.RunError, match="sees arrivals at district-north"):
        learned.why("arrivals/north-camp", audience="public")
    with pytest.raises(errors.RunError, match="--exact"):
        learned.why("killed", exact=1, audience="public")
    with pytest.raises(errors.RunError, match=r"ends in \.txt or \.json"):
        learned.why("killed", audience="public", out=tmp_path / "why.pdf")
    learned.why("killed", audience="public", out=tmp_path / "why.json")
    told = json.loads((tmp_path / "why.json").read_text())
    assert (told["audience"], told["marking"]) == ("public", audience.AUDIENCES["public"].marking)
    entry = json.loads((learned.path / release.LOG).read_text().splitlines()[-1])
    assert (entry["product"], entry["audience"], entry["file"]) == ("why", "public", str(tmp_path / "why.json"))
    assert learned.why("price").to_dict()["median"] > 0


@pytest.mark.parametrize("reader", ["public", "partner", "internal"])
def test_what_was_learned_tells_of_no_hidden_source_report_or_parameter(
    learned: maabar.Run, tmp_path: pathlib.Path, reader: str
) -> None:
    """Who reports on guides and fighters, how much, and what the calibration says of it, is the team's."""
    assert learned.calibration is not None
    facts = learned.scenario
    seen = {one.source for one in learned.view(reader).facts.reports}
    unseen = next((one.id for one in facts.sources if one.id not in seen), "nobody")
    kept = {one.id for one in learned.view(reader).facts.reports}
    lost = next((one.id for one in facts.reports if one.id not in kept), "e0")
    bias = account.Learned("x", "1", (0.9, 1.0, 1.1), (0.9, 1.0, 1.1), 0.5, True)
    shown = next(iter(seen))
    biases = tuple(
        dataclasses.replace(bias, name=f"{source} on {measure}: factor", source=source, measure=measure)
        for source, measure in ((shown, "present"), (shown, "guides"), (shown, "intercepted"), (unseen, "present"))
    )
    told = dataclasses.replace(
        learned.calibration.account, biases=biases, worthless=(lost,), conflicts=(lost,),
        warnings=(f"1 of 9 numbers are held worthless, contradicted by others: {lost}.",
                  "less than 1 % of the prior spread is left of interception: more members are needed"),
    )  # fmt: skip
    about = learned.manifest | {"forecast": learned.manifest["forecast"] | {"notes": [f"in doubt: {lost}"]}}
    beside = release.Beside(told, learned.planner())
    view = release.view(learned.dataset, facts, about, reader, home=tmp_path, beside=beside)
    page = html.unescape(report.render(view))
    whole = page + "".join(one.text for one in papers.documents(view, {}))
    names = [row.name for row in view.beside.account.biases] if view.beside.account else []
    if reader == "internal":
        assert names == [row.name for row in biases]
        assert "interception: more members" in whole
        return
    assert names == [biases[0].name]
    assert "is left of (withheld): more members" in page
    if reader == "public":
        assert "held worthless, contradicted by others: (withheld)." in page
        spoken = re.sub(r"<script.*?</script>", "", whole, flags=re.DOTALL)
        assert re.search(rf"(?<!\w){re.escape(lost)}(?!\w)", spoken) is None
    assert unseen == "nobody" or f"{unseen} on" not in whole
    assert "on guides" not in whole
    assert "on intercepted" not in whole


# Masked cells


def test_people_in_a_masked_cell_cannot_be_told_apart_by_any_product(tmp_path: pathlib.Path) -> None:
    """Three people more at one place and three less at another, both below the mask: every public byte is the same."""
    facts = synthetic.siege()
    run = synthetic.dataset(facts, MEMBERS)
    ids = run["place"].values.tolist()
    first, second, *_ = (ids.index(place.id) for place in facts.places if place.kind in quantities.SETTLING)
    few = run.copy()
    present = run["present"].values.copy()
    present[:, :, first], present[:, :, second] = 2, 8
    few["present"] = run["present"].copy(data=present)
    other = few.copy()
    moved = present.copy()
    moved[:, :, first], moved[:, :, second] = 5, 5
    other["present"] = few["present"].copy(data=moved)
    for reader, same in (("public", True), ("partner", False), ("internal", False)):
        made = [products(facts, one, reader, tmp_path / f"{reader} {at}") for at, one in enumerate((few, other))]
        assert (made[0] == made[1]) is same, reader


def test_a_masked_cell_is_not_given_back_by_the_total_that_holds_it(tmp_path: pathlib.Path) -> None:
    """All released numbers of one day together leave every masked cell as wide as its mask.

    A cell of 0 to 9 beside others whose sum is told, and a count of the whole run that has the cell in it: for each
    true value of the cell there is a run with these same products.
    """
    facts = synthetic.siege()
    run = synthetic.dataset(facts, MEMBERS)
    camp = next(at for at, place in enumerate(facts.places) if place.kind == "camp")
    seen = []
    for people in range(10):
        one = run.copy()
        present = run["present"].values.copy()
        present[:, :, camp] = people
        one["present"] = run["present"].copy(data=present)
        one["displaced_total"] = run["displaced_total"] // 10 * 10 + people
        seen.append(products(facts, one, "public", tmp_path / str(people)))
    assert all(one == seen[0] for one in seen[1:])


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60), st.sampled_from([5, 10]))
def test_steps_keep_size_and_hide_what_is_within_them(counts: list[int], least: int) -> None:
    whole = np.array(counts, dtype=float)
    told = coarsen.stepped(whole, least)
    assert np.abs(told - whole).max() < least
    assert np.array_equal(told, coarsen.stepped(np.floor(whole / least) * least, least))
    assert (told[whole < least] == 0).all()


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60))
def test_days_of_a_flow_add_up_to_its_told_total_and_tell_no_more(flow: list[int]) -> None:
    values = xr.DataArray(np.array([flow], dtype=float), dims=("member", "day"))
    told = coarsen.released(values, "flow", 10).values[0]
    assert np.array_equal(told.cumsum(), coarsen.stepped(np.cumsum(flow).astype(float), 10))


def test_numbers_have_three_digits_and_small_counts_none() -> None:
    view = synthetic.view(synthetic.siege(), synthetic.dataset(synthetic.siege()), "public")
    numbers = np.array([0.0, 9.0, 10.0, 1234.0, 123456.0, np.nan])
    assert view.told(numbers, "person").tolist()[2:5] == [10.0, 1230.0, 123000.0]
    assert np.isnan(view.told(numbers, "person")[[0, 1, 5]]).all()
    assert [view.printed(one, "person") for one in (3.0, 1234.0)] == ["<10", "1,230"]
    assert view.rounded(3.0, "person") is None


@given(st.floats(0, 1e9))
def test_one_number_is_rounded_as_many_are(number: float) -> None:
    for name in ("public", "partner", "internal"):
        view = VIEWS[name]
        one = view.rounded(number, "person")
        many = view.told(np.array([number]), "person")[0]
        assert (one is None and np.isnan(many)) or one == many


VIEWS = {name: synthetic.view(synthetic.siege(), synthetic.dataset(synthetic.siege(), 3), name)
         for name in audience.AUDIENCES}  # fmt: skip


# Nothing goes round the gate


def test_a_view_is_made_by_the_gate_alone() -> None:
    view = VIEWS["internal"]
    fields = {one.name: getattr(view, one.name) for one in dataclasses.fields(view)}
    with pytest.raises(TypeError, match=r"made by release\.view alone"):
        release.View(**fields | {"key": object()})
    with pytest.raises(TypeError, match="made of a View"):
        release.publish(synthetic.dataset(synthetic.siege()), pathlib.Path("x"), b"", "csv")  # type: ignore[arg-type]


OPENERS = {
    "write_text", "write_bytes", "to_csv", "to_excel", "to_file", "to_netcdf", "write_html", "write_image", "savefig",
    "open", "atomic", "write", "write_json", "writestr",
}  # fmt: skip
# What else these modules write, and where to: memory, a scratch file that is read back, or a file that is the team's.
INSIDE = {
    "report/hindcasts.py": {"write"}, "formats/hubout.py": {"to_csv"}, "formats/csvout.py": {"to_csv"},
    "formats/netcdfout.py": {"to_netcdf"}, "pictures.py": {"savefig"},
}  # fmt: skip
PRODUCTS = ("figures.py", "pictures.py", "papers.py", "situation.py", "sketch.py", "spoken.py", "report/", "formats/")


def test_every_product_is_written_by_publish() -> None:
    """No module of reports, pictures, papers and exports opens a file for writing but by `release.publish`."""
    files = [path for path in PACKAGE.rglob("*.py") if str(path.relative_to(PACKAGE)).startswith(PRODUCTS)]
    files = [path for path in files if path.parent.name != "formats" or path.name.endswith("out.py")]
    assert len(files) > 20
    for path in files:
        name = str(path.relative_to(PACKAGE))
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        used = {ast.unparse(call.func) for call in calls}
        reading = {ast.unparse(call.func) for call in calls if _reads(call)}
        writes = {one.rpartition(".")[2] for one in used - reading if one not in HANDED} & OPENERS
        assert writes <= INSIDE.get(name, set()), (name, writes)
        if path.name.endswith("out.py"):
            assert "release.publish" in used or "csvout.dictionary" in used, name


# Calls that hand a view on to a writer of this list.
HANDED = ("hindcasts.write", "sheet.write", "sheet.write_string", "exports.write")


def _reads(call: ast.Call) -> bool:
    """Whether a call opens a file only to read it, or memory."""
    words = [one.value for one in call.args if isinstance(one, ast.Constant)]
    target = ast.unparse(call.func)
    return target.endswith(".open") and not any("w" in str(word) or "a" in str(word) for word in words)


def test_every_format_takes_a_view_and_nothing_else() -> None:
    import importlib
    import inspect

    for module, function, _ in exports.FORMATS.values():
        writer: Callable[..., Any] = getattr(importlib.import_module(f"maabar.formats.{module}"), function)
        first = next(iter(inspect.signature(writer).parameters.values()))
        assert (first.name, first.annotation) == ("view", "release.View")


def test_every_quantity_has_a_rule_and_a_misuse_for_each_audience() -> None:
    rows = list(csv.DictReader(io.StringIO((PACKAGE / "released.csv").read_text(encoding="utf-8"))))
    recorded = {row.name for row in quantities.QUANTITIES.values() if row.variable and not row.part}
    assert {row["quantity"] for row in rows} >= recorded
    order = audience.GRAINS
    for row in rows:
        assert order.index(row["public"]) <= order.index(row["partner"]), row["quantity"]
        assert len(row["misuse"]) > 20


# The release log


def test_each_file_is_noted_before_it_is_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(release.WHO, "desk-3")
    facts = synthetic.siege()
    view = synthetic.view(facts, synthetic.dataset(facts, 3), "partner", home=tmp_path)
    path = release.publish(view, tmp_path / "far" / "x.csv", b"abc", "csv", "maabar export …")
    (entry,) = release.releases(tmp_path)
    assert path.read_bytes() == b"abc"
    assert entry["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (entry["who"], entry["audience"], entry["product"], entry["bytes"]) == ("desk-3", "partner", "csv", 3)
    assert (entry["file"], entry["command"]) == (str(path), "maabar export …")
    assert dt.datetime.fromisoformat(entry["when"]).tzinfo is not None


def test_without_the_log_nothing_is_released(tmp_path: pathlib.Path) -> None:
    facts = synthetic.siege()
    (tmp_path / release.LOG).mkdir()
    view = synthetic.view(facts, synthetic.dataset(facts, 3), home=tmp_path)
    with pytest.raises(errors.RunError, match="nothing is released without it"):
        release.publish(view, tmp_path / "x.csv", b"abc", "csv")
    assert not (tmp_path / "x.csv").exists()


def test_a_full_disk_leaves_a_note_and_no_half_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: pathlib.Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    facts = synthetic.siege()
    view = synthetic.view(facts, synthetic.dataset(facts, 3), home=tmp_path)
    monkeypatch.setattr(storage, "write", full)
    with pytest.raises(errors.RunError, match="disk"):
        release.publish(view, tmp_path / "x.csv", b"abc", "csv")
    assert [entry["product"] for entry in release.releases(tmp_path)] == ["csv"]


def test_a_damaged_line_of_the_log_is_told_and_the_others_are_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / release.LOG).write_text('{"product": "csv"}\n{"prod\n', encoding="utf-8")
    assert release.releases(tmp_path) == [{"product": "csv"}, {"damaged": "releases.jsonl:2"}]
    assert release.releases(tmp_path / "none") == []


def test_each_product_of_each_audience_carries_its_marking(
    raqqa: scenario.Scenario, run: xr.Dataset, tmp_path: pathlib.Path
) -> None:
    for reader, known in audience.AUDIENCES.items():
        made = products(raqqa, run, reader, tmp_path / reader)
        whole = {name: readable(name, content, tmp_path) for name, content in made.items()}
        for name, text in whole.items():
            if name.startswith("20") and not name.endswith("dictionary.csv"):
                continue  # a hub allows no further column: its dictionary says it
            if name.endswith((".pdf", ".svg")) or "-ar." in name:
                continue  # Arabic, and letters drawn as shapes: tested where they are made
            assert known.marking in text or known.mark in text, (reader, name)
        others = [one for other, one in audience.AUDIENCES.items() if other != reader]
        assert not any(one.marking in text for one, text in itertools.product(others, whole.values()))
