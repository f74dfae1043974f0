"""The one table that the exports are made of: each released quantity at each place on each day, with its spread.

In: a released view. Out: a pandas table with a row for each quantity, place and day, and the meaning of its columns.
Cells that are masked are empty, and `masked_below` says so; what is below the mask throughout is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, release

if TYPE_CHECKING:
    import pandas

SPREAD = ("low", "q25", "median", "q75", "high")
# Column -> what it means, HXL hashtag
COLUMNS = {
    "marking": ("who may have this row", "#meta+marking"),
    "quantity": ("word of the quantity; killed:mine is a part of killed", "#indicator+code"),
    "quantity_name": ("the same in English", "#indicator+name"),
    "quantity_name_ar": ("the same in Arabic", "#indicator+name+i_ar"),
    "kind": ("stock: at the end of the day; flow: during the day; cumulative: since the first day", "#indicator+type"),
    "unit": ("unit of the numbers", "#indicator+unit"),
    "place": ("id or P-code of the place, zone or way; * is everywhere", "#loc+code"),
    "place_name": ("its name", "#loc+name"),
    "place_name_ar": ("its name in Arabic", "#loc+name+i_ar"),
    "place_kind": ("home, camp, refuge (host place), zone, way, or all", "#loc+type"),
    "iso3": ("country, ISO 3166-1 alpha-3", "#country+code+v_iso3"),
    "admin1_pcode": ("P-code of the first-level unit", "#adm1+code+v_pcode"),
    "admin1_name": ("its name", "#adm1+name"),
    "admin2_pcode": ("P-code of the second-level unit", "#adm2+code+v_pcode"),
    "admin2_name": ("its name", "#adm2+name"),
    "date": ("the day, ISO 8601", "#date"),
    "low": ("quantile 0.1 of the members, or the lowest, as low_high says; empty where masked", "#indicator+value+low"),
    "q25": ("quantile 0.25 of the members; empty where masked", "#indicator+value+q25"),
    "median": ("median of the members; empty where masked", "#indicator+value+median"),
    "q75": ("quantile 0.75 of the members; empty where masked", "#indicator+value+q75"),
    "high": ("quantile 0.9 of the members, or the highest; empty where masked", "#indicator+value+high"),
    "low_high": ("what low and high are", "#meta+interval"),
    "masked_below": ("where cells are empty: they are at least 0 and below this number", "#meta+mask"),
}  # fmt: skip
PLACE = (
    "place_name", "place_name_ar", "place_kind", "iso3", "admin1_pcode", "admin1_name", "admin2_pcode", "admin2_name",
)  # fmt: skip


def described(view: release.View) -> dict[str, dict[str, str]]:
    """What is known of each place, zone and way, by id, under the names of `PLACE`."""
    found = {"*": dict.fromkeys(PLACE, "") | {"place_name": "everywhere", "place_kind": "all"}}
    if "route" in view.dataset.dims:
        found |= {str(one): dict.fromkeys(PLACE, "") | {"place_name": str(one), "place_kind": "way"}
                  for one in view.dataset["route"].values}  # fmt: skip
    for zone in view.facts.zones:
        found[zone.id] = dict.fromkeys(PLACE, "") | {
            "place_name": zone.name, "place_name_ar": zone.name_ar, "place_kind": "zone",
        }  # fmt: skip
    for one in view.facts.places:
        values = (one.name, one.name_ar, one.kind, one.iso3, one.admin1_pcode, one.admin1, one.admin2_pcode, one.admin2)
        found[one.id] = dict(zip(PLACE, values, strict=True))
    return found


def unit_of(view: release.View, row: quantities.Quantity) -> str:
    """The unit of a quantity: person, or the currency of the scenario."""
    return view.facts.currency if row.unit == "currency" else row.unit


def spreads(
    view: release.View, levels: tuple[float, ...]
) -> Iterator[tuple[quantities.Quantity, str, NDArray[np.float64], NDArray[np.bool_]]]:
    """Each released quantity and place with quantiles over members, (quantile, day), and which of them are masked.

    Unknown and masked ones are NaN. A quantity that is 0 or masked on every day in every member is left out.
    """
    if "route" in view.dataset.dims:
        view.dataset["departures"].load()
    for name, place in view.cells():
        row = quantities.quantity(name)
        members = view.series(name, place)
        if not np.nan_to_num(members).any():
            continue
        known = np.isfinite(members).any(axis=0)
        exact = np.full((len(levels), members.shape[1]), np.nan)
        quantile = np.quantile if np.isfinite(members).all() else np.nanquantile
        exact[:, known] = quantile(members[:, known], levels, axis=0)
        found = view.told(exact, row.unit)
        yield row, place, found, np.isnan(found) & np.isfinite(exact)


def table(view: release.View, *, with_ways: bool = True) -> pandas.DataFrame:
    """The rows of the export, with the columns of `COLUMNS`.

    with_ways  also single ways, where the audience sees them
    """
    import pandas

    members, days = view.dataset.sizes["member"], view.dataset["day"].values.astype("datetime64[D]")
    places, parts = described(view), []
    for row, place, values, masked in spreads(view, quantities.levels(members)):
        if places[place]["place_kind"] == "way" and not with_ways:
            continue
        kept = np.isfinite(values).any(axis=0) | masked.any(axis=0)
        part = pandas.DataFrame({"date": days[kept].astype(str)} | dict(zip(SPREAD, values[:, kept], strict=True)))
        part["masked_below"] = np.where(masked[:, kept].any(axis=0), float(view.least), np.nan)
        part = part.assign(
            quantity=row.name, quantity_name=row.label, quantity_name_ar=row.label_ar, kind=row.kind,
            unit=unit_of(view, row), place=place, **places[place],
        )  # fmt: skip
        parts.append(part)
    whole = pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame(columns=list(COLUMNS))
    whole = whole.assign(marking=view.audience.mark, low_high=interval(members))
    return whole[list(COLUMNS)]


def interval(members: int) -> str:
    """What `low` and `high` are of so many members."""
    return "quantiles 0.1 and 0.9" if members >= quantities.FEW else f"lowest and highest of {members}"


def about(view: release.View) -> list[tuple[str, str]]:
    """What a reader should know of a file before using it: (what, how)."""
    said = view.about
    rows = [
        ("marking", view.marking),
        ("title", view.facts.title),
        ("what it is", "a simulation, not a count: quantiles over members of an ensemble"),
        ("scenario", f"{view.facts.name} (sha256 {said['scenario'].get('digest', '')})"),
        ("variant", str(said.get("variant", ""))),
        ("first and last day", f"{view.facts.start} to {view.facts.end}"),
        ("members and seed", f"{said.get('members', '')}, seed {said.get('seed', '')}"),
        ("made with", f"maabar {said.get('version', '')}"),
        *(("note", note) for note in view.noted()),
    ]
    return [(what, how) for what, how in rows if how]


def stem(view: release.View) -> str:
    """How files are called: raqqa-2017-public."""
    variant = str(view.about.get("variant", ""))
    return "-".join(filter(None, (view.facts.name, variant, view.audience.name)))


def day_of(view: release.View, at: int) -> dt.date:
    """The date of a position on the day axis."""
    return quantities.date_of(view.dataset, at)


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
