"""Runs made up without the engine: every variable of a results file, with plausible shapes and no model behind them."""

import dataclasses
import datetime as dt
import itertools
import pathlib
import tempfile
from typing import Any

import numpy as np
import xarray as xr

from maabar import differences, evidence, parameters, release, scenario

CAUSES = ["strike", "mine", "crossing", "execution"]
FATES = ["killed", "withdrawn", "surrendered"]


def siege() -> scenario.Scenario:
    """The scenario that `maabar new` writes."""
    return scenario.load(scenario.TEMPLATE)


def open_network(places: int = 30) -> scenario.Scenario:
    """A country without a siege: towns in conflict, camps, no zone, no market, no evidence, no Arabic names."""
    base = siege()
    kinds = ["home"] * (places // 2) + ["camp"] * (places // 4) + ["refuge"] * (places - places // 2 - places // 4)
    template = base.places[0]
    made = tuple(
        dataclasses.replace(
            template, id=f"{kind}-{at}", name=f"Town {at}", name_ar="", kind=kind, zone="", admin2="",
            lat=10 + 0.37 * (at % 6), lon=20 + 0.41 * (at // 6), population=5000 if kind == "home" else 0,
        )
        for at, kind in enumerate(kinds)
    )  # fmt: skip
    route = base.routes[0]
    routes = tuple(
        dataclasses.replace(route, start=a.id, end=b.id, id=f"{a.id}>{b.id}", mode="road", guided=False)
        for a, b in itertools.pairwise(made)
    )
    return dataclasses.replace(
        base, title="An open conflict", title_ar="", places=made, routes=routes, zones=(), events=(), reports=(),
        sources=(), variants=(), rivers=(), days=40, departures="given",
    )  # fmt: skip


def dataset(facts: scenario.Scenario, members: int = 20, seed: int = 1) -> xr.Dataset:
    """A run of this scenario out of thin air; counts fall at homes and rise elsewhere."""
    rng = np.random.default_rng(seed)
    m, t, places = members, facts.days, facts.places
    home = np.array([place.kind == "home" for place in places])
    start = np.array([place.population for place in places], dtype=float) * home
    left = np.exp(-np.outer(rng.gamma(20, 0.05, m) * 2.5, np.arange(t) / t))[:, :, None]
    share = rng.dirichlet(np.where(home, 1e-9, 1.0), m)[:, None, :]
    present = start * left + (start.sum() * 0.9) * (1 - left) * share * ~home
    gone = start.sum() * (1 - left[:, :, 0])
    flow = np.diff(gone, axis=1, prepend=0)
    links = [(r.start, r.end, r.mode) for r in facts.routes] + [(r.end, r.start, r.mode) for r in facts.routes]
    zones = [zone.id for zone in facts.zones]
    zone_of = [place.zone for place in places]
    inside = np.stack([present[:, :, [z == zone for z in zone_of]].sum(2) for zone in zones], 2) if zones else None
    inside = np.zeros((m, t, 0)) if inside is None else inside
    weights = np.array([0.6, 0.3, 0.0005, 0.02])
    found = parameters.table()
    drawn = np.array(
        [[p.quantile(u) for p, u in zip(found.values(), rng.random(len(found)), strict=True)] for _ in range(m)]
    )
    mdp, mdz, md = ("member", "day", "place"), ("member", "day", "zone"), ("member", "day")
    values: dict[str, tuple[tuple[str, ...], Any]] = {
        "present": (mdp, present),
        "unsheltered": (mdp, present * ~home * 0.1),
        "arrivals": (mdp, flow[:, :, None] * share),
        "fighters": (mdp, 500 * left * home * (1 if zones else 0)),
        "departures": (("member", "day", "route"), flow[:, :, None] * np.ones(len(links)) / len(links)),
        "inside": (mdz, inside),
        "trapped": (mdz, inside * 0.4),
        "turned_away": (mdz, inside * 0.01),
        "price": (
            mdz,
            30000 * (1 + np.arange(t) / t)[None, :, None] * rng.gamma(20, 0.05, (m, 1, 1)) * np.ones(len(zones)),
        ),
        "guides": (mdz, inside * 0.001),
        "travelling": (md, flow * 0.4),
        "held": (md, flow * 0.02),
        "displaced_total": (md, gone),
        "intercepted": (md, flow * 0.05),
        "paid": (md, flow * 1000.0),
        "killed": (("member", "day", "cause"), flow[:, :, None] * 0.02 * weights),
        "fighters_lost": (("member", "day", "fate"), flow[:, :, None] * 0.001 * np.ones(3)),
    }
    whole = {
        name: (axes, array if name in ("price", "paid") else array.astype(np.int32))
        for name, (axes, array) in values.items()
    }
    whole["parameters"] = (("member", "parameter"), drawn)
    coords: dict[str, Any] = {
        "member": np.arange(m),
        "day": np.datetime64(facts.start, "ns") + np.arange(t).astype("timedelta64[D]"),
        "place": [place.id for place in places],
        "route": [f"{a}>{b}" + (f":{mode}" if mode == "boat" else "") for a, b, mode in links],
        "zone": np.array(zones, dtype=object),
        "cause": CAUSES,
        "fate": FATES,
        "parameter": list(found),
        "lat": ("place", [place.lat for place in places]),
        "lon": ("place", [place.lon for place in places]),
    }
    coords |= {
        f"place_{name}": ("place", [getattr(place, name) for place in places])
        for name in ("name", "name_ar", "kind", "zone")
    }
    coords |= {
        name: ("route", [link[at] for link in links])
        for at, name in enumerate(("route_from", "route_to", "route_mode"))
    }
    attrs = {
        "title": facts.title, "currency": facts.currency, "scenario": facts.name, "variant": "", "seed": seed,
        "maabar_version": "0.1.0", "start": facts.start.isoformat(),
    }  # fmt: skip
    return xr.Dataset(whole, coords, attrs)


def whatifs(facts: scenario.Scenario, run: xr.Dataset) -> xr.Dataset:
    """Outcomes of the run and of its variants, the latter shifted a little at random."""
    rng = np.random.default_rng(7)
    base = differences.outcomes(run)
    tables = {differences.BASELINE: base}
    for at, variant in enumerate(facts.variants):
        tables[variant.name] = base * (1 + 0.1 * (at - 1) + 0.05 * rng.standard_normal((run.sizes["member"], 1)))
    return differences.whatifs(tables)


def manifest(facts: scenario.Scenario, members: int) -> dict[str, Any]:
    """What a finished run says of itself."""
    return {
        "status": "finished", "seed": 1, "members": members, "mode": "random", "version": "0.1.0", "conserved": True,
        "scenario": {"name": facts.name, "path": "/home/someone/secret-folder", "digest": facts.digest},
        "versions": {"maabar": "0.1.0", "python": "3.11", "machine": "a-machine"}, "variant": "",
        "command": "maabar run /home/someone/secret-folder", "started": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip


def reports(facts: scenario.Scenario, *rows: dict[str, Any]) -> scenario.Scenario:
    """The scenario with these reports as its only evidence, all by one source of grade B."""
    source = evidence.Source("press", "A newspaper", "press", "B", "", "")
    made = []
    for at, row in enumerate(rows):
        filled: dict[str, Any] = {
            "id": f"r{at}", "reported_on": facts.end, "begins": facts.start, "ends": facts.start, "place": "*",
            "quantity": "inside", "form": "exact", "low": None, "best": None, "high": None, "unit": "person",
            "source": "press", "credibility": 2, "group": "", "note": "",
        }  # fmt: skip
        made.append(evidence.Report(**(filled | row)))
    return dataclasses.replace(facts, sources=(source,), reports=tuple(made))


def day(facts: scenario.Scenario, number: int) -> dt.date:
    """The date of a day of the run, counted from 0."""
    return facts.start + dt.timedelta(days=number)


def view(
    facts: scenario.Scenario,
    run: xr.Dataset,
    audience: str = "internal",
    *,
    with_whatifs: bool = False,
    home: pathlib.Path | None = None,
    today: dt.date | None = None,
) -> release.View:
    """A run as an audience may see it."""
    return release.view(
        run,
        facts,
        manifest(facts, run.sizes["member"]),
        audience,
        home=home or pathlib.Path(tempfile.mkdtemp()),
        what_ifs=whatifs(facts, run) if with_whatifs and facts.variants else None,
        today=today,
    )
