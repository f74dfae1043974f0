"""How good forecasts were: the table by quantity and lead time, beside forecasts that need no model.

In: `Cases`, forecasts as samples with what was reported later, from as many origins as there are, and the baselines
made at the same origins. Out: a `skillcard.Skill`. Scores of one quantity are averaged in its unit, so that large
numbers weigh more; the logarithmic score is on the scale of `verify.SCALES` and has no unit.

    skill = 1 − CRPS of the forecast / CRPS of the baseline

over the cases in which the baseline can be made: above 0 the forecast is better, 1 is perfect. Its 80 % interval
resamples whole origins, because forecasts made on one day share their luck.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from maabar import counts, quantities, skillcard, verify

Floats = NDArray[np.float64]
BANDS = ((1, 7), (8, 14), (15, 30), (31, 60), (61, 120), (121, 400))  # lead [day], both included
ALL = (BANDS[0][0], BANDS[-1][1])
RESAMPLES = 2000
COLUMNS = ("quantity", "origin", "lead", "low", "high")


@dataclasses.dataclass(frozen=True)
class Cases:
    """Forecasts and what was reported later of the same place and day.

    quantity   (n) str     words of the evidence vocabulary
    origin     (n) int     day on which the forecast was made
    lead       (n) int     days from the origin to the day that it is about
    low, high  (n) float   what was reported
    forecast   (m, n)      its members
    baselines  (m', n)     members of the forecasts it is laid beside, by name; NaN where one cannot be made
    """

    quantity: NDArray[np.str_]
    origin: NDArray[np.int64]
    lead: NDArray[np.int64]
    low: Floats
    high: Floats
    forecast: Floats
    baselines: Mapping[str, Floats] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError for arrays that do not fit each other."""
        members = {"forecast": self.forecast, **self.baselines}
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        lengths |= {name: samples.shape[1] for name, samples in members.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"cases differ in length: {lengths}")
        if (self.low > self.high).any():
            raise ValueError("a case has low above high")


def joined(parts: Sequence[Cases]) -> Cases:
    """The cases of many origins as one; fewer members, and baselines that a part lacks, are filled up with NaN."""
    names = dict.fromkeys(name for part in parts for name in part.baselines)
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    lacking = [np.full((1, len(part.low)), np.nan) for part in parts]
    baselines = {
        name: _filled([part.baselines.get(name, none) for part, none in zip(parts, lacking, strict=True)])
        for name in names
    }
    return Cases(**columns, forecast=_filled([part.forecast for part in parts]), baselines=baselines)


def _filled(samples: Sequence[Floats]) -> Floats:
    """Members side by side: (largest m, n)."""
    most = max(len(members) for members in samples)
    fill = [np.pad(one, ((0, most - len(one)), (0, 0)), constant_values=np.nan) for one in samples]
    return np.concatenate(fill, axis=1)


@dataclasses.dataclass(frozen=True)
class Scored:
    """The scores of each case: crps, log_score, pit and origin (n), within (levels, n); baselines: their crps (n)."""

    crps: Floats
    log_score: Floats
    pit: Floats
    origin: NDArray[np.int64]
    within: Floats
    baselines: Mapping[str, Floats]

    def at(self, chosen: NDArray[np.bool_]) -> Scored:
        """Those of some cases."""
        parts = (self.crps[chosen], self.log_score[chosen], self.pit[chosen], self.origin[chosen])
        return Scored(*parts, self.within[:, chosen], {name: crps[chosen] for name, crps in self.baselines.items()})


def scored(cases: Cases, rng: np.random.Generator) -> Scored:
    """The scores of each case; NaN where the forecast says nothing."""
    low, high, logs = cases.low, cases.high, np.full(len(cases.low), np.nan)
    for name in np.unique(cases.quantity):
        here, scale = cases.quantity == name, verify.scale_of(str(name))
        logs[here] = verify.log_score(cases.forecast[:, here], low[here], high[here], scale=scale)
    return Scored(
        crps=verify.crps(cases.forecast, low, high),
        log_score=logs,
        pit=verify.pit(cases.forecast, low, high, rng),
        origin=cases.origin,
        within=verify.coverage(cases.forecast, low, high),
        baselines={name: verify.crps(members, low, high) for name, members in cases.baselines.items()},
    )


def of(cases: Cases, rng: np.random.Generator, *, title: str = "", currency: str = "currency") -> skillcard.Skill:
    """The table of skill: a row for each quantity and band of leads, then one for all where it has several bands.

    currency  the unit of money, as rows name it
    Raises errors.InputError for an unknown quantity.
    """
    found = scored(cases, rng)
    known, inside = np.isfinite(found.crps), _within(cases.lead, ALL)
    rows = []
    for name in dict.fromkeys(cases.quantity.tolist()):
        here = known & inside & (cases.quantity == name)
        bands = [band for band in BANDS if (here & _within(cases.lead, band)).any()]
        whole = [(bands[0][0], bands[-1][1])] if len(bands) > 1 else []
        for band in bands + whole:
            rows.append(_row(name, band, found.at(here & _within(cases.lead, band)), rng, currency))
    reasons = {
        f"lead outside {ALL[0]} to {ALL[1]} days": int((known & ~inside).sum()),
        "nothing forecast or nothing reported": int((~known).sum()),
    }
    return skillcard.Skill(title, tuple(rows), {reason: count for reason, count in reasons.items() if count})


def _within(lead: NDArray[np.int64], band: tuple[int, int]) -> NDArray[np.bool_]:
    return (band[0] <= lead) & (lead <= band[1])


def _row(name: str, band: tuple[int, int], found: Scored, rng: np.random.Generator, currency: str) -> skillcard.Row:
    """The row of the cases of one quantity and band."""
    told = quantities.quantity(name)
    beside = {other: _against(found.crps, crps, found.origin, rng) for other, crps in found.baselines.items()}
    return skillcard.Row(
        quantity=name,
        label=told.label,
        unit=currency if told.unit == "currency" else told.unit,
        lead=band,
        cases=len(found.crps),
        origins=len(np.unique(found.origin)),
        crps=float(found.crps.mean()),
        log_score=float(found.log_score.mean()),
        coverage={
            f"{100 * level:.0f}": counts.mean(row) for level, row in zip(verify.LEVELS, found.within, strict=True)
        },
        pit=tuple(int(count) for count in np.histogram(found.pit, verify.BINS, (0, 1))[0]),
        flat=verify.flat(found.pit, found.origin, rng),
        against={other: one for other, one in beside.items() if one is not None},
    )


def _against(
    own: Floats, other: Floats, origin: NDArray[np.int64], rng: np.random.Generator
) -> skillcard.Against | None:
    """The forecast beside a baseline, from the CRPS of each (n); None if that can be made in no case.

    With fewer than `verify.FEWEST_BLOCKS` origins the skill has no interval.
    """
    both = np.isfinite(own) & np.isfinite(other)
    if not both.any():
        return None
    names, block = np.unique(origin[both], return_inverse=True)
    sums = np.stack([np.bincount(block, errors[both]) for errors in (own, other)])
    mine, theirs = (sums.sum(axis=1) / both.sum()).tolist()
    skill = 1 - mine / theirs if theirs > 0 else None
    low = high = None
    if skill is not None and len(names) >= verify.FEWEST_BLOCKS:
        again = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES) @ sums.T
        again = again[again[:, 1] > 0]
        ends = np.quantile(1 - again[:, 0] / again[:, 1], (quantities.LOW, quantities.HIGH))
        low, high = float(ends[0]), float(ends[1])
    return skillcard.Against(int(both.sum()), mine, theirs, skill, low, high)
