"""The quantities of a run by their evidence names: the one table, and series read through it.

In: the Dataset of a run (dims member, day, place, route, zone, cause, fate). Out: series of one quantity at one place,
and what a period or a quantile makes of them. Every word of the evidence vocabulary is a row of `QUANTITIES`;
observations, scores, plots and column names read it there and nowhere else. A row with no `variable` is an input of a
scenario (a rule, a rent) or of `UNRECORDED`: no run can be compared with it.

How a period is reduced follows from the kind: a stock is averaged over its days, a flow is summed, and a cumulative
count is the difference from the evening before the first day (`displaced since 1 April`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import errors

LOW, HIGH = 0.1, 0.9
QUANTILES = (LOW, 0.25, 0.5, 0.75, HIGH)
FEW = 10  # members; with fewer the lowest and highest are given and no interval
SETTLING = ("camp", "refuge")
UNRECORDED = ("mines",)


@dataclasses.dataclass(frozen=True)
class Quantity:
    """One word of the evidence vocabulary and what a run records for it.

    variable  name in the Dataset; '' for an input of a scenario, which is not compared
    kind      stock (end of day), flow (per day) or cumulative (since the start)
    across    how places or zones are put together: sum or mean
    unit      person, mine, currency or 1
    part      one coordinate of the variable's cause or fate; '' for all of them
    """

    name: str
    variable: str
    kind: str
    across: str
    unit: str
    label: str
    label_ar: str
    part: str = ""


_ROWS = (
    ("inside", "inside", "stock", "sum", "person", "People under siege", "المدنيون تحت الحصار"),
    ("present", "present", "stock", "sum", "person", "People present", "الموجودون"),
    ("unsheltered", "unsheltered", "stock", "sum", "person", "People without shelter", "بلا مأوى"),
    ("arrivals", "arrivals", "flow", "sum", "person", "Arrivals", "الواصلون"),
    ("departures", "departures", "flow", "sum", "person", "People setting out", "المغادرون"),
    ("displaced_total", "displaced_total", "cumulative", "sum", "person", "Displacement movements", "حركات النزوح"),
    ("killed", "killed", "flow", "sum", "person", "Civilians killed", "القتلى المدنيون"),
    ("held", "held", "stock", "sum", "person", "People held", "المحتجزون"),
    ("intercepted", "intercepted", "flow", "sum", "person", "People caught on the way", "من أوقفوا في الطريق"),
    ("trapped", "trapped", "stock", "sum", "person", "People trapped", "العالقون"),
    ("turned_away", "turned_away", "flow", "sum", "person", "People turned away", "من لم يجدوا مهربا"),
    ("travelling", "travelling", "stock", "sum", "person", "People on the way", "في الطريق"),
    ("price", "price", "stock", "mean", "currency", "Price of passage", "أجرة التهريب"),
    ("paid", "paid", "flow", "sum", "currency", "Paid for passage", "المدفوع للمهربين"),
    ("guides", "guides", "stock", "sum", "person", "Guides", "المهربون"),
    ("fighters", "fighters", "stock", "sum", "person", "Fighters of the besieger", "مقاتلو الطرف المحاصر"),
    ("fighters_lost", "fighters_lost", "flow", "sum", "person", "Fighters lost", "خسائر المقاتلين"),
    ("share_to", "arrivals", "flow", "share", "1", "Share of arrivals", "نسبة الواصلين"),
    ("shelter_cost", "", "stock", "mean", "currency", "Cost of shelter", "كلفة المأوى"),
    ("controlled_share", "", "stock", "mean", "1", "Share of the city taken", "نسبة المدينة المنتزعة"),
    ("mines", "", "stock", "sum", "mine", "Landmines on the roads", "الألغام على الطرق"),
    ("policy", "", "stock", "mean", "1", "Rule in force", "قرار ساري"),
)
QUANTITIES = {row[0]: Quantity(*row) for row in _ROWS}
PARTS = {
    "killed": (
        "cause",
        {
            "strike": ("Killed by strikes", "قتلى القصف"),
            "mine": ("Killed by mines", "قتلى الألغام"),
            "crossing": ("Killed at crossings", "قتلى العبور"),
            "execution": ("Executed", "من أعدموا"),
        },
    ),
    "fighters_lost": (
        "fate",
        {
            "killed": ("Fighters killed", "قتلى المقاتلين"),
            "withdrawn": ("Fighters withdrawn", "المنسحبون من المقاتلين"),
            "surrendered": ("Fighters surrendered", "المستسلمون من المقاتلين"),
        },
    ),
    "departures": (
        "corridor",
        {
            "out": ("People setting out from home", "المغادرون من بيوتهم"),
            "onward": ("People moving on", "المتابعون إلى مكان آخر"),
            "back": ("People returning home", "العائدون إلى بيوتهم"),
        },
    ),
}


def quantity(name: str) -> Quantity:
    """The row of a word, with its part when one is named (`killed:strike`). Raises errors.InputError."""
    word, _, part = name.partition(":")
    row = QUANTITIES.get(word)
    if row is None:
        raise _unknown("quantity", name, [*QUANTITIES, *(f"{w}:{p}" for w, (_, parts) in PARTS.items() for p in parts)])
    if not part:
        return row
    labels = PARTS[word][1] if word in PARTS else {}
    if part not in labels:
        raise _unknown("quantity", name, [f"{word}:{p}" for p in labels] or [word])
    label, label_ar = labels[part]
    return dataclasses.replace(row, name=name, label=label, label_ar=label_ar, part=part)


def _unknown(what: str, found: str, allowed: list[str]) -> errors.InputError:
    """The fault of a word on the command line or in a call."""
    cure = errors.suggestion(found, allowed, "choose one of these")
    return errors.InputError(
        [errors.Fault("request", None, what, errors.quote(found), errors.listed(allowed, 30), cure, "the")]
    )


def series(dataset: xr.Dataset, quantity_name: str, place: str = "*") -> xr.DataArray:
    """One quantity at one place, day by day: (member, day) float.

    place  id of a place or of a zone, or `*` for the whole scenario

    A zone quantity asked of one of its homes is that of the zone, except `inside`, which is then the people present at
    the home. What is recorded only for the whole run (killed, held, displaced_total…) is the same for every place.
    A price is unknown (NaN) while nobody is inside. `arrivals` at `*` are those at camps and refuges: who passes a
    waypoint has not arrived. `departures` count links
    that leave a home's zone, or those that leave a given place.
    Raises errors.InputError for an unknown quantity or place and for one that the Dataset does not hold.
    """
    row = quantity(quantity_name)
    if row.name == "inside" and place in _values(dataset, "place"):
        row = QUANTITIES["present"]
    if not row.variable or row.variable not in dataset:
        known = [name for name, other in QUANTITIES.items() if other.variable and other.variable in dataset]
        raise _unknown("quantity", quantity_name, known)
    if row.name.startswith("departures:"):
        return corridor(dataset, row.part)
    values = dataset[row.variable]
    if row.name == "price" and "inside" in dataset:
        values = values.where(dataset["inside"] > 0)
    if row.part:
        values = values.sel({PARTS[row.name.partition(":")[0]][0]: row.part})
    axis = next((dim for dim in ("place", "zone", "route") if dim in values.dims), None)
    chosen = _chosen(dataset, axis, row.name, place)
    if row.across == "share":
        everyone = values.isel(place=_chosen(dataset, "place", "arrivals", "*")).sum("place")
        return values.isel(place=chosen).sum("place") / everyone.where(everyone > 0)
    if axis is not None:
        values = values.isel({axis: chosen})
    return _gathered(values, row).transpose("member", "day").astype(float)


def corridor(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """People who set out on a class of ways, day by day: (member, day).

    out: from a home to anywhere but its own zone; back: from elsewhere to a home; onward: between other places
    """
    if "corridors" in dataset:
        return dataset["corridors"].sel(corridor=name, drop=True).transpose("member", "day").astype(float)
    kinds = dict(zip(_values(dataset, "place"), _values(dataset, "place_kind"), strict=True))
    starts, ends = (np.array([kinds[at] for at in _values(dataset, end)]) for end in ("route_from", "route_to"))
    if name == "out":
        return series(dataset, "departures")
    chosen = (starts != "home") & ((ends == "home") == (name == "back"))
    links = dataset["departures"].isel(route=np.flatnonzero(chosen))
    return links.sum("route").transpose("member", "day").astype(float)


def _gathered(values: xr.DataArray, row: Quantity) -> xr.DataArray:
    """Sum, or mean of what is known, over all axes but member and day; the mean over no zone at all is 0."""
    rest = [dim for dim in values.dims if dim not in ("member", "day")]
    if row.across == "mean" and all(values.sizes[dim] for dim in rest):
        return values.mean(rest)
    return values.sum(rest)


def _values(dataset: xr.Dataset, name: str) -> list[str]:
    """A text coordinate as a list; empty when the dataset has none."""
    return [str(value) for value in dataset[name].values] if name in dataset.coords else []


def _chosen(dataset: xr.Dataset, axis: str | None, name: str, place: str) -> list[int]:
    """Positions on the variable's place, zone or route axis that belong to `place`."""
    places, zones = _values(dataset, "place"), _values(dataset, "zone")
    zone_of = dict(zip(places, _values(dataset, "place_zone"), strict=True))
    routes = _values(dataset, "route")
    if place not in ("*", *places, *zones, *(routes if axis == "route" else ())):
        raise _unknown("place", place, ["*", *places, *zones])
    if axis == "zone":
        return [at for at, zone in enumerate(zones) if place in ("*", zone, *(p for p in places if zone_of[p] == zone))]
    if axis == "place":
        kinds = _values(dataset, "place_kind")
        settling_only = place == "*" and name in ("arrivals", "share_to")
        return [
            at
            for at, one in enumerate(places)
            if place in ("*", one, zone_of[one]) and (not settling_only or kinds[at] in SETTLING)
        ]
    if axis == "route":
        return [routes.index(place)] if place in routes else _leaving(dataset, place, zone_of)
    return []


def _leaving(dataset: xr.Dataset, place: str, zone_of: dict[str, str]) -> list[int]:
    """Positions of the links that lead out of `place` (a place, a zone, or any home) and not into the same zone."""
    kinds = dict(zip(zone_of, _values(dataset, "place_kind"), strict=True))
    found = []
    for at, (start, end) in enumerate(zip(_values(dataset, "route_from"), _values(dataset, "route_to"), strict=True)):
        within = zone_of[start] != "" and zone_of[start] == zone_of[end]
        chosen = kinds[start] == "home" if place == "*" else place in (start, zone_of[start])
        if chosen and not within:
            found.append(at)
    return found


def day_of(values: xr.DataArray | xr.Dataset, date: dt.date) -> int:
    """Position of a date on the day axis; below 0 before the first day, at least the length after the last."""
    return int((np.datetime64(date, "D") - values["day"].values[0].astype("datetime64[D]")).astype(int))


def date_of(values: xr.DataArray | xr.Dataset, day: int) -> dt.date:
    """The date at a position of the day axis."""
    date: dt.date = values["day"].values[day].astype("datetime64[D]").item()
    return date


def since(values: xr.DataArray, begins: dt.date) -> xr.DataArray:
    """A cumulative series counted from the morning of `begins`: days from `begins` on, less the evening before."""
    day = day_of(values, begins)
    if day <= 0:
        return values
    return values.isel(day=slice(day, None)) - values.isel(day=day - 1, drop=True)


def reduced(values: xr.DataArray, kind: str, begins: dt.date, ends: dt.date) -> xr.DataArray:
    """What a report about begins..ends (both included) would have said of a series: (member).

    stock: mean over the days; flow: sum; cumulative: last evening less the evening before the first day.
    Days outside of the run are left out; the caller has made sure that there are some.
    """
    first, last = max(0, day_of(values, begins)), min(values.sizes["day"] - 1, day_of(values, ends))
    if kind == "cumulative":
        before = values.isel(day=first - 1, drop=True) if first > 0 else 0.0
        return values.isel(day=last, drop=True) - before
    period = values.isel(day=slice(first, last + 1))
    return period.mean("day") if kind == "stock" else period.sum("day")


def bins(values: xr.DataArray, width: str) -> NDArray[np.int64]:
    """Positions on the day axis where bins begin: every `day`, every seventh (`week`), or calendar months (`month`)."""
    days = values.sizes["day"]
    if width == "month":
        first = values["day"].values.astype("datetime64[M]")
        return np.flatnonzero(np.concatenate([[True], first[1:] != first[:-1]]))
    return np.arange(0, days, 7 if width == "week" else 1)


def rate(values: xr.DataArray, starts: NDArray[np.int64], per: float) -> xr.DataArray:
    """A flow in bins as people per `per` days: (member, day), where day is the first of the bin.

    Each sum is divided by the days that its bin has, so that months and a short last bin can be compared.
    """
    widths = np.diff(np.append(starts, values.sizes["day"]))
    sums = np.add.reduceat(values.transpose("member", "day").values, starts, axis=1)
    coords = {"member": values["member"], "day": values["day"].values[starts]}
    return xr.DataArray(sums * per / widths, coords=coords, dims=("member", "day"))


def levels(members: int) -> tuple[float, ...]:
    """The quantiles of a spread: `QUANTILES`, the outer two being the lowest and highest of fewer than ten members."""
    return QUANTILES if members >= FEW else (0.0, *QUANTILES[1:-1], 1.0)


def spread(values: xr.DataArray) -> xr.DataArray:
    """Quantiles over members (quantile, day) at `levels`; members without a value are left out, NaN if all are."""
    members = values.transpose("member", "day").values
    known = np.isfinite(members).any(axis=0)
    at = levels(len(members))
    found = np.full((len(at), members.shape[1]), np.nan)
    if known.any():
        quantile = np.quantile if np.isfinite(members).all() else np.nanquantile
        found[:, known] = quantile(members[:, known], at, axis=0)
    coords = {"quantile": list(at), "day": values["day"].values}
    return xr.DataArray(found, coords=coords, dims=("quantile", "day"))


def interval(values: xr.DataArray) -> tuple[float, float, float]:
    """Median and 80 % interval over members: (median, low, high), low and high by `levels`; zeros without a value."""
    return interval_of(values.values)


def interval_of(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """The same of a plain array (m)."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return 0.0, 0.0, 0.0
    low, _, median, _, high = np.quantile(known, levels(values.size))
    return float(median), float(low), float(high)
