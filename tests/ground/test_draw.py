"""Draws have the law their name says, to five sigma; and a wrong law would be noticed."""

import math

import numba
import numpy as np
import pytest
from scipy import stats

from maabar import draw, rng

DRAWS = 100_000
# Two-sided, five sigma; and a χ² whose chance is that of five sigma.
SIGMA = 5.0
CHANCE = float(2 * stats.norm.sf(SIGMA))


@numba.njit
def _binomials(n, p, draws):
    stream, found = np.empty(4, np.uint64), np.empty(draws)
    parent = rng.key(np.uint64(7), np.uint64(1))
    for i in range(draws):
        found[i] = draw.binomial(stream, parent, 3, i, n, p, False)
    return found


@numba.njit
def _hypergeometrics(good, bad, drawn, draws):
    stream, found = np.empty(4, np.uint64), np.empty(draws)
    for i in range(draws):
        rng.start(stream, rng.key(np.uint64(7), np.uint64(2)), 4, i)
        found[i] = draw.hypergeometric(stream, good, bad, drawn, False)
    return found


@numba.njit
def _multinomials(n, weight, draws):
    stream, found = np.empty(4, np.uint64), np.empty((draws, len(weight)))
    for i in range(draws):
        rng.start(stream, rng.key(np.uint64(7), np.uint64(3)), 5, i)
        draw.multinomial(stream, n, weight, len(weight), found[i], False)
    return found


@numba.njit
def _gammas(shape, draws):
    stream, found = np.empty(4, np.uint64), np.empty(draws)
    for i in range(draws):
        rng.start(stream, rng.key(np.uint64(7), np.uint64(4)), 6, i)
        found[i] = rng.gamma(stream, shape)
    return found


def chance_of(found, law) -> float:
    """Chance of a χ² as large as that of the counts found, cells with fewer than 8 expected put together."""
    values, counts = np.unique(found, return_counts=True)
    expected = law.pmf(values) * len(found)
    full = expected >= 8
    rest = len(found) - expected[full].sum()
    cells = np.append(counts[full], counts[~full].sum())
    want = np.append(expected[full], max(rest, 1e-9))
    if rest < 8:
        cells, want = cells[:-1], want[:-1] * cells[:-1].sum() / want[:-1].sum()
    return float(stats.chi2.sf(((cells - want) ** 2 / want).sum(), max(1, len(cells) - 1)))


@pytest.mark.parametrize(
    ("n", "p"),
    [(1, 0.3), (3, 0.2), (12, 0.5), (13, 0.7), (40, 0.3), (50, 0.1), (100, 0.3), (1000, 0.5), (10**6, 0.3),
     (10**7, 1e-6), (10**7, 0.999), (20, 0.5), (21, 0.499)],
)  # fmt: skip
def test_a_binomial_draw_has_the_binomial_law(n: int, p: float) -> None:
    found, law = _binomials(float(n), p, DRAWS), stats.binom(n, p)
    assert abs(found.mean() - law.mean()) < SIGMA * law.std() / math.sqrt(DRAWS)
    assert chance_of(found, law) > CHANCE


def test_a_binomial_with_a_slightly_wrong_chance_is_noticed() -> None:
    assert chance_of(_binomials(40.0, 0.3, DRAWS), stats.binom(40, 0.31)) < CHANCE


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [(5, 7, 6), (100, 300, 50), (100, 300, 350), (10**5, 2 * 10**5, 10**4), (3, 1000, 900), (2, 3, 2)],
)
def test_a_draw_without_replacement_has_the_hypergeometric_law(good: int, bad: int, drawn: int) -> None:
    found, law = (
        _hypergeometrics(float(good), float(bad), float(drawn), DRAWS),
        stats.hypergeom(good + bad, good, drawn),
    )
    assert abs(found.mean() - law.mean()) < SIGMA * law.std() / math.sqrt(DRAWS)
    assert chance_of(found, law) > CHANCE


@pytest.mark.parametrize("n", [1, 3, 8, 9, 200, 10**6], ids=lambda n: f"{n} people")
def test_each_share_of_a_multinomial_is_binomial_and_all_are_given_out(n: int) -> None:
    weight = np.array([0.0, 2.0, 0.5, 1.5, 0.0])
    found = _multinomials(float(n), weight, 20_000)
    assert (found.sum(axis=1) == n).all()
    assert (found[:, weight == 0] == 0).all()
    for i in np.flatnonzero(weight):
        assert chance_of(found[:, i], stats.binom(n, weight[i] / weight.sum())) > CHANCE


@pytest.mark.parametrize("shape", [0.5, 3.3])
def test_a_gamma_draw_has_the_gamma_law(shape: float) -> None:
    assert stats.kstest(_gammas(shape, DRAWS), "gamma", args=(shape,)).pvalue > CHANCE


def test_uniforms_depend_on_seed_member_step_and_entity_and_on_nothing_else() -> None:
    entities = np.arange(50, dtype=np.uint64)
    found = rng.uniforms(1, 2, rng.PARAMETER, entities, 40)
    assert (rng.uniforms(1, 2, rng.PARAMETER, entities[10:20], 7) == found[:7, 10:20]).all()
    assert (rng.uniforms(1, 3, rng.PARAMETER, entities, 40) != found).all()
    assert (rng.uniforms(2, 2, rng.PARAMETER, entities, 40) != found).all()
    assert (rng.uniforms(1, 2, rng.DRIFT, entities, 40) != found).all()


def test_uniforms_are_uniform_and_neighbouring_streams_are_unrelated() -> None:
    found = rng.uniforms(5, 0, rng.CHOICE, np.arange(300, dtype=np.uint64), 300)
    assert stats.kstest(found.ravel(), "uniform").pvalue > CHANCE
    for one, next_one in ((found[:-1], found[1:]), (found[:, :-1], found[:, 1:])):
        assert abs(np.corrcoef(one.ravel(), next_one.ravel())[0, 1]) < SIGMA / math.sqrt(one.size)


def test_expected_values_are_the_means() -> None:
    stream = np.empty(4, np.uint64)
    assert draw.binomial(stream, np.uint64(1), 1, 1, 10.0, 0.25, True) == 2.5
    assert draw.hypergeometric(stream, 30.0, 70.0, 10.0, True) == 3.0
    assert draw.whole(stream, np.uint64(1), 1, 1, 2.25, True) == 2.25
    taken = np.empty(2)
    draw.multinomial(stream, 8.0, np.array([1.0, 3.0]), 2, taken, True)
    assert taken.tolist() == [2.0, 6.0]


def test_a_number_made_whole_keeps_its_mean() -> None:
    stream = np.empty(4, np.uint64)
    found = np.array([draw.whole(stream, np.uint64(9), 1, i, 2.25, False) for i in range(20_000)])
    assert set(found) == {2.0, 3.0}
    assert abs(found.mean() - 2.25) < SIGMA * math.sqrt(0.25 * 0.75 / 20_000)
