"""Places and zones made as coarse as an audience may see them, and a run in these places.

In: the facts and the Dataset of a run, and an audience. Out: a `Grouping`, facts that hold only what it names, and a
Dataset of released quantities. Nothing is hidden here: what an audience does not see is left out.

Counts are released in whole steps of `least` people (k). A stock is known as one of [0, k), [k, 2k), …; of a flow its
running total is. Every released number, however it is summed or differenced over days, places, causes or members, is
made of these and of nothing else, so that none of them gives back what a step hides: two runs that differ only within
steps are one and the same to every reader. A step stands for its middle, the first for 0.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import audience, quantities, scenario, texts

Floats = NDArray[np.float64]
Audience = audience.Audience
REST, ELSEWHERE = "other-zones", "other-places"
HOMES = "homes"
DEGREES = 1  # decimals of a position, some 10 km
# Parameters with one of these words tell of guides, prices and ways.
PRIVATE = ("guide", "price", "passage", "interception", "executed", "mine_factor", "crossing_factor", "money")


@dataclasses.dataclass(frozen=True)
class Group:
    """A released place: the places whose people it counts, by their ids; a home of a besieged zone has that zone's."""

    place: scenario.Place
    members: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Area:
    """A released zone: the zones it counts, by their ids."""

    zone: scenario.Zone
    members: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Grouping:
    """The places and zones of a scenario as an audience sees them."""

    groups: tuple[Group, ...]
    areas: tuple[Area, ...]

    def place(self, place_id: str) -> str | None:
        """The released place or zone that is exactly this one; None if it is hidden or part of a larger one."""
        if place_id == "*":
            return place_id
        for one in self.areas:
            if one.members == (place_id,):
                return one.zone.id
        found = (one.place.id for one in self.groups if one.members == (place_id,) and one.place.kind != "home")
        homes = (one.place.id for one in self.groups if one.place.id == place_id)
        return next(found, None) or next(homes, None)


def grouping(facts: scenario.Scenario, reader: Audience) -> Grouping:
    """The released places and zones of an audience."""
    zones = areas(facts, reader.grain("inside"))
    if reader.grain("present") == "place":
        return Grouping(tuple(Group(one, (one.id,)) for one in facts.places if one.kind != "waypoint"), zones)
    return Grouping((*_homes(facts, zones), *_districts(facts)), zones)


def areas(facts: scenario.Scenario, grain: str) -> tuple[Area, ...]:
    """The zones that are told apart; of one left alone, its figure could be had by subtraction."""
    if grain == "zone" or len(facts.zones) < 2:
        return tuple(Area(zone, (zone.id,)) for zone in facts.zones)
    told = _published(facts)
    rest = [zone for zone in facts.zones if zone.id not in told]
    if len(rest) == 1 and told:
        rest = [zone for zone in facts.zones if zone in rest or zone.id == told[-1]]
    alone = [zone for zone in facts.zones if zone not in rest]
    merged = scenario.Zone(REST, *_called("rest" if alone else "all"), "")
    return (*(Area(zone, (zone.id,)) for zone in alone), *([Area(merged, tuple(z.id for z in rest))] if rest else []))


def _published(facts: scenario.Scenario) -> list[str]:
    """Zones whose number of people inside publishers have put out already, those with most reports first."""
    trusted = {one.id for one in facts.sources if one.reliability in audience.PUBLISHED_GRADES}
    counts = Counter(one.place for one in facts.reports if one.quantity == "inside" and one.source in trusted)
    zones = {zone.id for zone in facts.zones}
    return [place for place, count in counts.most_common() if place in zones and count >= audience.PUBLISHED_REPORTS]


def _homes(facts: scenario.Scenario, zones: Sequence[Area]) -> list[Group]:
    """One home for each released zone, which counts who is inside it, and one for all homes without a zone."""
    made = []
    for area in zones:
        there = [one for one in facts.places if one.kind == "home" and one.zone in area.members]
        if there:
            place = _merged(there, f"home-{area.zone.id}", (area.zone.name, area.zone.name_ar), "home")
            made.append(Group(dataclasses.replace(place, zone=area.zone.id), area.members))
    free = [one for one in facts.places if one.kind == "home" and not one.zone]
    return made + ([Group(_merged(free, HOMES, _called("homes"), "home"), _ids(free))] if free else [])


def _districts(facts: scenario.Scenario) -> list[Group]:
    """Camps and host places by second-level district, in the order of the places."""
    units: dict[str, list[scenario.Place]] = defaultdict(list)
    for place in facts.places:
        if place.kind in quantities.SETTLING:
            units[place.admin2 or place.admin2_pcode].append(place)
    made = []
    for name, there in units.items():
        kinds = {one.kind for one in there}
        kind = kinds.pop() if len(kinds) == 1 else "refuge"
        code = next((one.admin2_pcode for one in there if one.admin2_pcode), "")
        key = code or (f"district-{_slug(name)}" if name else ELSEWHERE)
        made.append(Group(_merged(there, key, _district(name, there), kind), _ids(there)))
    return made


def _called(key: str) -> tuple[str, str]:
    """What a group of places is called, in English and in Arabic."""
    return texts.of("en")(f"group.{key}"), texts.of("ar")(f"group.{key}")


def _district(name: str, there: Sequence[scenario.Place]) -> tuple[str, str]:
    """What a second-level district is called; '' in Arabic where the scenario does not say."""
    if not name:
        return _called("elsewhere")
    arabic = next((one.admin2_ar for one in there if one.admin2_ar), "")
    return texts.of("en")("group.district", name=name), arabic and texts.of("ar")("group.district", name=arabic)


def is_private(name: str) -> bool:
    """Whether a parameter tells of guides, prices or ways."""
    return any(word in name for word in PRIVATE)


def _ids(places: Iterable[scenario.Place]) -> tuple[str, ...]:
    return tuple(one.id for one in places)


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())


def _merged(there: Sequence[scenario.Place], key: str, called: tuple[str, str], kind: str) -> scenario.Place:
    """Several places as one, at their centre to some ten kilometres, without a capacity.

    called  in English and in Arabic
    """
    lat, lon = (round(sum(axis) / len(there), DEGREES) for axis in zip(*((p.lat, p.lon) for p in there), strict=True))
    first = there[0]
    shared = {
        name: getattr(first, name) if len({getattr(one, name) for one in there}) == 1 else ""
        for name in ("iso3", "admin1", "admin1_pcode", "admin2", "admin2_pcode", "admin2_ar")
    }
    return dataclasses.replace(
        first, id=key, name=called[0], name_ar=called[1], kind=kind, zone="", lat=lat, lon=lon, population=0,
        capacity=None, shelter_cost=0.0, dwell_days=None, pull=0.0, pcode="", source="", line=0, extra={}, **shared,
    )  # fmt: skip


def stepped(counts: Floats, least: int) -> Floats:
    """Counts as the middle of the step of `least` people that they are in, the first step as 0; unchanged for none."""
    if not least:
        return counts
    lower = np.floor(counts / least) * least
    return np.where(lower > 0, lower + least // 2, 0.0)


def released(values: xr.DataArray, kind: str, least: int) -> xr.DataArray:
    """A series in steps of `least` people; of a flow (per day) the running total is brought to steps."""
    if kind != "flow":
        return values.copy(data=stepped(values.values, least))
    days = values.get_axis_num("day")
    total = stepped(values.values.cumsum(axis=days), least)
    return values.copy(data=np.diff(total, axis=days, prepend=0.0))


def dataset(raw: xr.Dataset, there: Grouping, reader: Audience, today: dt.date) -> xr.Dataset:
    """The run in released places and quantities, counts in steps.

    today  results on ways out are known for days at least `delay_days` before it
    """
    made: dict[str, xr.DataArray] = {}
    for name in raw.data_vars:
        row = quantities.QUANTITIES.get(str(name))
        grain = "none" if row is None else reader.grain(row.name)
        if row is None or grain in ("none", "corridor"):
            continue
        values = _grouped(raw, row.name, there, grain)
        made[row.name] = released(values, row.kind, reader.least) if row.unit == "person" else values
    if reader.grain("present") == "admin2" and "present" in made:
        made["present"] = _besieged_only(made, there)
    if "departures" in raw and reader.grain("departures") == "corridor":
        made |= _corridors(raw, reader, today)
    if "parameters" in raw:
        kept = [name for name in raw["parameter"].values.astype(str) if not is_private(name)]
        made["parameters"] = raw["parameters"].sel(parameter=kept)
    attributes = {
        key: raw.attrs[key] for key in ("title", "scenario", "variant", "currency", "start") if key in raw.attrs
    }
    return xr.Dataset({name: values.drop_attrs() for name, values in made.items()}, _labels(raw, there), attributes)


def _grouped(raw: xr.Dataset, name: str, there: Grouping, grain: str) -> xr.DataArray:
    """A recorded quantity in released places or zones, or for the whole run."""
    values = raw[name].astype(float)
    axes = [dim for dim in values.dims if dim not in ("place", "zone", "route")]
    values = values.transpose(*axes, ...)
    if name == "travelling":
        waypoints = raw["place_kind"].values == "waypoint"
        values = values + raw["present"].isel(place=np.flatnonzero(waypoints)).sum("place")
    if grain == "total" and len(values.dims) > len(axes):
        return values.sum([dim for dim in values.dims if dim not in axes])
    if "place" in values.dims:
        return _summed(values, "place", _members(raw, there, name), [one.place.id for one in there.groups])
    if "zone" in values.dims:
        positions = [np.flatnonzero(np.isin(raw["zone"].values.astype(str), one.members)) for one in there.areas]
        return _summed(values, "zone", positions, [one.zone.id for one in there.areas])
    return values.drop_vars([name for name in values.coords if name not in values.dims])


def _members(raw: xr.Dataset, there: Grouping, name: str) -> list[NDArray[np.intp]]:
    """Positions of the recorded places that each released place counts; homes put together count who is present."""
    ids = raw["place"].values.astype(str)
    none = np.zeros(0, dtype=np.intp)
    return [
        none if one.place.kind == "home" and one.place.id not in ids and name != "present"
        else np.flatnonzero(np.isin(ids, one.members))
        for one in there.groups
    ]  # fmt: skip


def _besieged_only(made: dict[str, xr.DataArray], there: Grouping) -> xr.DataArray:
    """People present, where those at the homes of a released zone are those inside it."""
    present = made["present"].copy()
    zones = [area.zone.id for area in there.areas]
    for at, one in enumerate(there.groups):
        if one.place.zone in zones:
            present[..., at] = made["inside"][..., zones.index(one.place.zone)]
    return present


def _summed(values: xr.DataArray, axis: str, positions: Sequence[NDArray[np.intp]], labels: list[str]) -> xr.DataArray:
    """Sums along the last axis over each of the positions."""
    array = values.values
    sums = [array[..., at].sum(axis=-1) for at in positions]
    stacked = np.stack(sums, axis=-1) if sums else array[..., :0]
    coords = {dim: values[dim].values for dim in values.dims if dim != axis} | {axis: np.array(labels, dtype=object)}
    return xr.DataArray(stacked, coords=coords, dims=values.dims)


def _corridors(raw: xr.Dataset, reader: Audience, today: dt.date) -> dict[str, xr.DataArray]:
    """Departures by class of way, unknown for days that are too recent; empty if all are."""
    classes = list(quantities.PARTS["departures"][1])
    days = raw["day"].values.astype("datetime64[D]")
    known = days <= np.datetime64(today - dt.timedelta(days=reader.delay_days), "D")
    if not known.any():
        return {}
    series = [released(quantities.corridor(raw, one), "flow", reader.least).where(known[None, :]) for one in classes]
    plain = [one.drop_vars([name for name in one.coords if name not in one.dims]) for one in series]
    return {"departures": plain[0], "corridors": xr.concat(plain, "corridor").assign_coords(corridor=classes)}


def _labels(raw: xr.Dataset, there: Grouping) -> dict[str, object]:
    """The coordinates of a released Dataset."""
    found: dict[str, object] = {"member": raw["member"].values, "day": raw["day"].values}
    places = [one.place for one in there.groups]
    found["place"] = np.array([one.id for one in places], dtype=object)
    for name in ("name", "name_ar", "kind", "zone"):
        found[f"place_{name}"] = ("place", np.array([getattr(one, name) for one in places], dtype=object))
    for name in ("lat", "lon"):
        found[name] = ("place", np.array([getattr(one, name) for one in places], dtype=float))
    if there.areas:
        found["zone"] = np.array([one.zone.id for one in there.areas], dtype=object)
        found["zone_name"] = ("zone", np.array([one.zone.name for one in there.areas], dtype=object))
    return found
