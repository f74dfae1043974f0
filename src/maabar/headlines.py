"""What a run says in five numbers.

In: the Dataset of a run. Out: headlines, each a median with its 80 % interval over members (of fewer than ten: the
lowest and highest) and the same in words, in English or another language of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from maabar import observe, quantities, texts


@dataclass(frozen=True)
class Headline:
    """One number of the first page: median and 80 % interval over members, and the same in words.

    when      the day or period it is about, '' where the label says it
    text      the median as it is printed; counts of people below 10 are masked
    interval  the interval as it is printed, '' for a single member; a whole phrase for fewer than ten
    """

    key: str
    label: str
    when: str
    median: float
    low: float
    high: float
    unit: str
    text: str
    interval: str
    sentence: str


@dataclass(frozen=True)
class Voice:
    """How headlines are said: how a number of a unit is printed, in which language, names of places and zones in it."""

    number: observe.Words
    words: texts.Texts
    names: Mapping[str, str]

    def printed(self, number: float, unit: str) -> str:
        """A number of a unit, printed."""
        return self.words.isolated(self.number(number, unit))

    def on(self, dataset: xr.Dataset | xr.DataArray, day: int) -> str:
        """`on 6 Jun 2017`."""
        return self.words("headline.on", date=self.words.day(quantities.date_of(dataset, day)))


def of(
    dataset: xr.Dataset,
    number: observe.Words = observe.printed,
    words: texts.Texts | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Headline]:
    """Five numbers that any run has, each with its 80 % interval and a sentence.

    number  how a number of a unit is printed
    words   the language; None: English
    names   names of places and zones in it, by id; those of the run where it says none

    People still inside at the end (or, once nobody is, the day the last left; without a siege, people at camps and
    refuges), displacement movements, people killed by all causes, arrivals at the busiest camp or refuge, and the
    highest median price of passage (without a market, the most people on the way).
    """
    voice = Voice(number, words or texts.of("en"), names or {})
    displaced = quantities.series(dataset, "displaced_total").isel(day=-1)
    killed = quantities.series(dataset, "killed").sum("day")
    whole = voice.words("headline.whole")
    return [
        _inside(dataset, voice),
        _headline("displaced", displaced, "person", whole, voice),
        _headline("killed", killed, "person", whole, voice),
        _busiest(dataset, voice),
        _dearest(dataset, voice),
    ]


def _headline(key: str, values: xr.DataArray, unit: str, when: str, voice: Voice, place: str = "") -> Headline:
    label = voice.words(f"headline.{key}", place=place)
    median, low, high = quantities.interval(values)
    text, first, last = (voice.printed(number, unit) for number in (median, low, high))
    text = text if unit in ("person", "1") else f"{text} {unit}"
    interval, middle = _spread_words(first, last, values.size, voice.words)
    sentence = f"{label} {when}: {text} ({middle})."
    return Headline(key, label, when, median, low, high, unit, text, interval, sentence)


def _spread_words(low: str, high: str, members: int, words: texts.Texts) -> tuple[str, str]:
    """The interval of a headline: as it stands alone, and within a sentence."""
    if members == 1:
        return "", words("headline.single")
    said = observe.between(low, high, members, words)
    return (said if members < quantities.FEW else words.spread(low, high)), said


def _inside(dataset: xr.Dataset, voice: Voice) -> Headline:
    """The first headline: inside at the end, or the day half had left, or people at camps and refuges."""
    when = voice.on(dataset, -1)
    if not dataset.sizes.get("zone", 0):
        kinds = dataset["place_kind"].values
        settled = (
            dataset["present"].isel(place=np.flatnonzero(np.isin(kinds, quantities.SETTLING)), day=-1).sum("place")
        )
        return _headline("settled", settled, "person", when, voice)
    inside = quantities.series(dataset, "inside")
    if float(inside.isel(day=-1).median()) >= observe.SMALL:
        return _headline("inside", inside.isel(day=-1), "person", when, voice)
    return _half_gone(inside, voice.words)


def _half_gone(inside: xr.DataArray, words: texts.Texts) -> Headline:
    """The first day from which at most half of those inside on the first day still are, for a siege that empties."""
    many = (inside > 0.5 * inside.isel(day=0)).values
    end = many.shape[1] - 1
    days = np.where(many.any(axis=1), np.minimum(end, end + 1 - many[:, ::-1].argmax(axis=1)), 0)
    ranks = np.quantile(days, quantities.levels(len(days)), method="nearest")
    low, _, median, _, high = (int(day) for day in ranks)
    first, text, last = (words.day(quantities.date_of(inside, day)) for day in (low, median, high))
    interval, middle = _spread_words(first, last, len(days), words)
    label = words("headline.half_gone")
    sentence = f"{label} {text} ({middle})."
    return Headline("half_gone", label, "", median, low, high, "day", text, interval, sentence)


def _busiest(dataset: xr.Dataset, voice: Voice) -> Headline:
    """Arrivals over the run at the camp or refuge with the most, by the median."""
    kinds = dataset["place_kind"].values
    totals = dataset["arrivals"].isel(place=np.flatnonzero(np.isin(kinds, quantities.SETTLING))).sum("day")
    at = int(totals.median("member").argmax("place"))
    name = voice.names.get(str(totals["place"].values[at]), str(totals["place_name"].values[at]))
    when = voice.words("headline.whole_passing")
    return _headline("arrivals", totals.isel(place=at), "person", when, voice, name)


def _dearest(dataset: xr.Dataset, voice: Voice) -> Headline:
    """The day and zone with the highest median price, or the day with the most people on the way."""
    if dataset.sizes.get("zone", 0) and "price" in dataset:
        by_zone = [quantities.series(dataset, "price", str(zone)) for zone in dataset["zone"].values]
        medians = np.stack([prices.fillna(0.0).median("member").values for prices in by_zone])
        zone, day = (int(at) for at in np.unravel_index(int(medians.argmax()), medians.shape))
        known = dataset["zone_name" if "zone_name" in dataset.coords else "zone"].values
        name = voice.names.get(str(dataset["zone"].values[zone]), str(known[zone]))
        date = voice.words.day(quantities.date_of(dataset, day))
        when = voice.words("headline.price_on", zone=name, date=date)
        money = str(dataset.attrs.get("currency", ""))
        return _headline("price", by_zone[zone].isel(day=day), money, when, voice)
    travelling = quantities.series(dataset, "travelling")
    day = int(travelling.median("member").argmax("day"))
    return _headline("travelling", travelling.isel(day=day), "person", voice.on(dataset, day), voice)
