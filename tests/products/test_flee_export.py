"""Flee's out.csv: the columns its scripts ask for, numbers that they can read, and the sums that they take."""

import csv
import dataclasses
import datetime as dt
import pathlib
from typing import Any

import numpy as np
import pytest
import xarray as xr

import open_country
import synthetic
from maabar import counts, errors, quantities, scenario, score
from maabar.formats import fleeout

TOTALS = [
    "Total error", "refugees in camps (UNHCR)", "total refugees (simulation)", "raw UNHCR refugee count",
    "refugees in camps (simulation)", "refugee_debt",
]  # fmt: skip
Made = tuple[xr.Dataset, scenario.Scenario]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small open country, and a made-up run of it."""
    facts = scenario.load(open_country.write(tmp_path_factory.mktemp("scenarios") / "land"))
    return synthetic.dataset(facts, members=23), facts


def write(made: Made, folder: pathlib.Path, member: Any = None, audience: str = "internal") -> pathlib.Path:
    dataset, facts = made
    return fleeout.write(synthetic.view(facts, dataset, audience), folder, member=member)[0]


def read(path: pathlib.Path) -> dict[str, list[str]]:
    """The columns of a written table by name."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert len(set(header)) == len(header)
    assert all(len(row) == len(header) for row in rows)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def numbers(table: dict[str, list[str]], column: str) -> np.ndarray:
    return np.array([float(cell) for cell in table[column]])


@pytest.fixture(scope="module")
def table(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return read(write(made, tmp_path_factory.mktemp("runs") / "new" / "flee"))


def test_the_columns_are_those_of_flee_in_its_order(table: dict[str, list[str]]) -> None:
    assert list(table) == [
        "Day", "Date", "Lake sim", "Lake data", "Lake error",
        "Hill_upper sim", "Hill_upper data", "Hill_upper error", *TOTALS,
    ]  # fmt: skip


def test_there_is_a_row_for_every_day(table: dict[str, list[str]], made: Made) -> None:
    facts = made[1]
    assert table["Day"] == [str(day) for day in range(facts.days)]
    assert (table["Date"][0], table["Date"][-1]) == (facts.start.isoformat(), facts.end.isoformat())
    assert all(dt.datetime.strptime(date, "%Y-%m-%d") for date in table["Date"])


def test_everything_but_the_date_is_a_number_and_people_are_whole(table: dict[str, list[str]]) -> None:
    for column in set(table) - {"Date"}:
        assert np.isfinite(numbers(table, column)).all()
        if not column.endswith("error"):
            assert all(str(int(cell)) == cell for cell in table[column]), column


def test_simulated_numbers_are_member_means(table: dict[str, list[str]], made: Made) -> None:
    for name, place in {"Lake": "lake", "Hill_upper": "hill"}.items():
        mean = quantities.series(made[0], "present", place).mean("member").values
        assert np.abs(numbers(table, f"{name} sim") - mean).max() <= 0.5


def test_data_are_the_daily_counts(table: dict[str, list[str]]) -> None:
    lake = np.interp(np.arange(40), [0, 10, 30], [200, 1200, 2200])
    hill = np.interp(np.arange(40), [0, 20, 30], [0, 800, 600])
    assert numbers(table, "Lake data").tolist() == lake.tolist()
    assert numbers(table, "Hill_upper data").tolist() == hill.tolist()


def test_errors_and_totals_follow_from_the_other_columns(table: dict[str, list[str]], made: Made) -> None:
    sim = np.stack([numbers(table, f"{name} sim") for name in ("Lake", "Hill_upper")])
    data = np.stack([numbers(table, f"{name} data") for name in ("Lake", "Hill_upper")])
    off = np.where(data > 0, np.abs(sim / np.maximum(data, 1) - 1), 0)
    assert numbers(table, "Hill_upper error") == pytest.approx(off[1], abs=1e-4)
    total = data.sum(axis=0)
    assert numbers(table, "Total error") == pytest.approx(np.abs(sim - data).sum(axis=0) / total, abs=1e-4)
    assert table["refugees in camps (UNHCR)"] == table["raw UNHCR refugee count"]
    assert numbers(table, "refugees in camps (UNHCR)").tolist() == total.tolist()
    assert numbers(table, "refugees in camps (simulation)").tolist() == sim.sum(axis=0).tolist()
    everybody = made[0]["present"].sum("place") + made[0]["travelling"]
    assert np.abs(numbers(table, "total refugees (simulation)") - everybody.mean("member").values).max() <= 0.5


def test_debt_is_how_far_the_counts_are_below_their_highest(made: Made, tmp_path: pathlib.Path) -> None:
    dataset, facts = made
    rows = [
        {"quantity": "present", "place": place, "begins": synthetic.day(facts, day), "best": people,
         "ends": synthetic.day(facts, day)}
        for place, day, people in (("lake", 0, 50), ("lake", 4, 10), ("lake", 8, 90), ("hill", 0, 5))
    ]  # fmt: skip
    table = read(write((dataset, synthetic.reports(facts, *rows)), tmp_path))
    assert numbers(table, "refugee_debt")[:10].tolist() == [0, 10, 20, 30, 40, 20, 0, 0, 0, 0]


def test_at_a_siege_those_at_home_have_not_fled(tmp_path: pathlib.Path) -> None:
    facts = synthetic.reports(
        synthetic.siege(), {"quantity": "present", "place": "north-camp", "form": "about", "best": 9}
    )
    dataset = synthetic.dataset(facts)
    table = read(write((dataset, facts), tmp_path))
    homes = [place.id for place in facts.places if place.kind == "home"]
    away = dataset["present"].sum("place") - dataset["present"].sel(place=homes).sum("place") + dataset["travelling"]
    assert np.abs(numbers(table, "total refugees (simulation)") - away.mean("member").values).max() <= 0.5


def test_one_member_can_be_asked_for(made: Made, tmp_path: pathlib.Path) -> None:
    table = read(write(made, tmp_path, member=7))
    exact = quantities.series(made[0], "present", "lake").sel(member=7)
    assert numbers(table, "Lake sim").tolist() == exact.values.tolist()


@pytest.mark.parametrize("member", [-1, 23, "x", True])
def test_a_member_that_the_run_has_not_is_refused(made: Made, tmp_path: pathlib.Path, member: Any) -> None:
    with pytest.raises(errors.RunError) as caught:
        write(made, tmp_path / "out", member=member)
    assert str(caught.value) == f"--member: found '{member}', expected a whole number from 0 to 22"
    assert not (tmp_path / "out").exists()


def test_a_scenario_without_counts_is_refused(made: Made, tmp_path: pathlib.Path) -> None:
    dataset, facts = made
    with pytest.raises(errors.RunError) as caught:
        write((dataset, dataclasses.replace(facts, reports=())), tmp_path / "out")
    assert str(caught.value) == (
        f"{facts.path}: found no camp or refuge with counts, expected at least one, as Flee's layout sets every number "
        "beside a count; add reports of people present to evidence.csv, or use summary.csv of the run"
    )
    assert not (tmp_path / "out").exists()


def test_camps_without_counts_are_named(made: Made) -> None:
    assert fleeout.left_out(made[1]) == ["Wood"]


def test_the_error_that_flees_scripts_take_from_the_table_is_that_of_the_score(
    table: dict[str, list[str]], made: Made
) -> None:
    names = [" ".join(column.split()[:-1]) for column in table if " sim" in column and column != TOTALS[4]]
    counted = numbers(table, "refugees in camps (UNHCR)")
    factor = counted / np.maximum(numbers(table, "refugees in camps (simulation)"), 1)
    plain = sum(np.abs(numbers(table, f"{name} sim") - numbers(table, f"{name} data")) for name in names)
    moved = sum(np.abs(numbers(table, f"{name} sim") * factor - numbers(table, f"{name} data")) for name in names)
    found = score.of(*made)
    assert names == ["Lake", "Hill_upper"]
    assert len(counts.of(made[1]).places) == len(names)
    assert found.ard == pytest.approx((plain / counted).mean(), abs=2e-3)
    assert found.ard_rescaled == pytest.approx((moved / counted).mean(), abs=2e-3)


def test_the_file_is_the_same_however_few_members_are_read_at_a_time(
    made: Made, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write(made, tmp_path / "whole").read_bytes()
    monkeypatch.setattr(fleeout, "SLAB", 1)
    assert write(made, tmp_path / "single").read_bytes() == whole


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_a_layout_without_room_for_masks_is_for_the_team_alone(
    made: Made, tmp_path: pathlib.Path, audience: str
) -> None:
    with pytest.raises(errors.RunError) as caught:
        write(made, tmp_path / "out", audience=audience)
    assert str(caught.value) == (
        f"--audience: found '{audience}', expected internal, as Flee's layout has no place for masked counts or a "
        "marking; add --audience internal, or choose another --format"
    )
    assert not (tmp_path / "out").exists()
