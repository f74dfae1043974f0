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

from maabar import quantities, skillcard, verify

Floats = NDArray[np.float64]
BANDS = ((1, 7), (8, 14), (15, 30), (31, 60))  # lead [day], both included
ALL = (BANDS[0][0], BANDS[-1][1])
RESAMPLES = 2000


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
        lengths = {name: np.shape(getattr(self, name))[-1] for name in ("quantity", "origin", "lead", "low", "high")}
        lengths |= {name: np.shape(members)[-1] for name, members in self._members().items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"cases differ in length: {lengths}")
        if (self.low > self.high).any():
            raise ValueError("a case has low above high")

    def _members(self) -> dict[str, Floats]:
        return {"forecast": self.forecast, **self.baselines}


def joined(parts: Sequence[Cases]) -> Cases:
    """The cases of many origins as one; fewer members, and baselines that a part lacks, are filled up with NaN."""
    names = dict.fromkeys(name for part in parts for name in part.baselines)
    empty = [np.full((1, len(part.low)), np.nan) for part in parts]
    return Cases(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(Cases)[:5]),
        forecast=_filled([part.forecast for part in parts]),
        baselines={
            name: _filled([part.baselines.get(name, none) for part, none in zip(parts, empty, strict=True)])
            for name in names
        },
    )


def _filled(samples: Sequence[Floats]) -> Floats:
    """Members side by side: (largest m, n)."""
    most = max(len(members) for members in samples)
    fill = [np.pad(one, ((0, most - len(one)), (0, 0)), constant_values=np.nan) for one in samples]
    return np.concatenate(fill, axis=1)


@dataclasses.dataclass(frozen=True)
class Scored:
    """The scores of each case: crps, log_score and pit (n), within (levels, n), and baselines: their crps (n)."""

    crps: Floats
    log_score: Floats
    pit: Floats
    within: Floats
    baselines: Mapping[str, Floats]


def scored(cases: Cases, rng: np.random.Generator) -> Scored:
    """The scores of each case; NaN where the forecast says nothing."""
    logs = np.full(len(cases.low), np.nan)
    for name in np.unique(cases.quantity):
        here = cases.quantity == name
        logs[here] = verify.log_score(
            cases.forecast[:, here], cases.low[here], cases.high[here], scale=verify.scale_of(str(name))
        )  # fmt: skip
    return Scored(
        crps=verify.crps(cases.forecast, cases.low, cases.high),
        log_score=logs,
        pit=verify.pit(cases.forecast, cases.low, cases.high, rng),
        within=verify.coverage(cases.forecast, cases.low, cases.high),
        baselines={name: verify.crps(members, cases.low, cases.high) for name, members in cases.baselines.items()},
    )


def of(cases: Cases, rng: np.random.Generator, *, title: str = "", currency: str = "currency") -> skillcard.Skill:
    """The table of skill: a row for each quantity and band of lead times, and one for all of them."""
    found = scored(cases, rng)
    known, inside = np.isfinite(found.crps), (cases.lead >= BANDS[0][0]) & (cases.lead <= BANDS[-1][1])
    rows = []
    for name in dict.fromkeys(str(word) for word in cases.quantity):
        here = known & inside & (cases.quantity == name)
        bands = [band for band in BANDS if (here & _within(cases.lead, band)).any()]
        for band in [*bands, (BANDS[0][0], BANDS[-1][1])][: len(bands) + (len(bands) > 1)]:
            rows.append(_row(name, band, cases.origin, found, here & _within(cases.lead, band), rng, currency))
    reasons = {
        f"lead outside of {BANDS[0][0]} to {BANDS[-1][1]} days": int((known & ~inside).sum()),
        "no number forecast or reported": int((~known).sum()),
    }
    return skillcard.Skill(title, tuple(rows), {reason: count for reason, count in reasons.items() if count})


def _within(lead: NDArray[np.int64], band: tuple[int, int]) -> NDArray[np.bool_]:
    return (band[0] <= lead) & (lead <= band[1])


def _row(
    name: str,
    band: tuple[int, int],
    origin: NDArray[np.int64],
    found: Scored,
    here: NDArray[np.bool_],
    rng: np.random.Generator,
    currency: str,
) -> skillcard.Row:
    """The row of one quantity and band, from the cases that are `here`."""
    told, values, origins = quantities.quantity(name), found.pit[here], origin[here]
    within = found.within[:, here]
    shares = [float(row.mean()) if np.isfinite(row).all() else None for row in within]
    return skillcard.Row(
        quantity=name,
        label=told.label,
        unit=currency if told.unit == "currency" else told.unit,
        lead=band,
        cases=int(here.sum()),
        origins=len(np.unique(origins)),
        crps=float(found.crps[here].mean()),
        log_score=float(found.log_score[here].mean()),
        coverage={f"{100 * level:.0f}": share for level, share in zip(verify.LEVELS, shares, strict=True)},
        pit=tuple(int(count) for count in np.histogram(values, verify.BINS, (0, 1))[0]),
        flat=verify.flat(values, origins, rng),
        against={
            other: against
            for other, errors in found.baselines.items()
            if (against := _against(found.crps[here], errors[here], origins, rng)) is not None
        },
    )


def _against(
    own: Floats, other: Floats, origins: NDArray[np.int64], rng: np.random.Generator
) -> skillcard.Against | None:
    """The forecast beside a baseline, over the cases in which that can be made; None if there are none.

    skill = 1 − CRPS / CRPS of the baseline; its 80 % interval resamples whole origins, and needs verify.FEWEST_BLOCKS.
    """
    both = np.isfinite(own) & np.isfinite(other)
    if not both.any():
        return None
    names, block = np.unique(origins[both], return_inverse=True)
    sums = np.stack([np.bincount(block, errors[both]) for errors in (own, other)])
    mine, theirs = (float(total) / both.sum() for total in sums.sum(axis=1))
    skill = 1 - mine / theirs if theirs > 0 else None
    low = high = None
    if skill is not None and len(names) >= verify.FEWEST_BLOCKS:
        again = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES) @ sums.T
        again = again[again[:, 1] > 0]
        low, high = (
            float(end) for end in np.quantile(1 - again[:, 0] / again[:, 1], (quantities.LOW, quantities.HIGH))
        )
    return skillcard.Against(int(both.sum()), mine, theirs, skill, low, high)
