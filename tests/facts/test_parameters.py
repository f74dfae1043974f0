"""The table of parameters and the quantiles of its priors."""

import dataclasses
import itertools
import pathlib

import hypothesis
import pytest
from hypothesis import strategies

from maabar import errors, parameters

SHARES = [step / 200 for step in range(201)]
TABLE = parameters.table()


@pytest.mark.parametrize("name", TABLE)
def test_quantiles_rise_within_the_bounds(name: str) -> None:
    parameter = TABLE[name]
    values = [parameter.quantile(u) for u in SHARES]
    assert all(lower <= upper for lower, upper in itertools.pairwise(values))
    assert parameter.lower <= values[0]
    assert values[-1] <= parameter.upper
    if parameter.prior.family != "fixed":
        assert values[50] < values[150]
        assert (values[0], values[-1]) == (parameter.lower, parameter.upper)


@pytest.mark.parametrize(
    ("prior", "default", "lower", "upper"),
    [
        ("lognormal 0.3", 4.0, 1e-9, 1e9),
        ("normal 2", -3.0, -1e3, 1e3),
        ("logitnormal 0.5", 0.2, 0.0, 1.0),
        ("fixed", 7, 0, 9),
    ],
)
def test_the_median_is_the_default_where_the_bounds_are_far(
    prior: str, default: float, lower: float, upper: float
) -> None:
    family, _ = parameters.parse_prior(prior)
    assert family.quantile(0.5, default, lower, upper) == pytest.approx(default, rel=1e-12)


def test_quantiles_are_those_of_the_normal_distribution() -> None:
    one_sigma = 0.8413447460685429
    assert parameters.Prior("normal", 2.0).quantile(one_sigma, 1.0, -100, 100) == pytest.approx(3.0)
    assert parameters.Prior("lognormal", 0.5).quantile(one_sigma, 1.0, 0, 1e9) == pytest.approx(1.6487212707001282)
    assert parameters.Prior("logitnormal", 1.0).quantile(one_sigma, 0.5, 0, 1) == pytest.approx(0.7310585786300049)
    assert parameters.Prior("uniform").quantile(0.25, 3.0, 2.0, 6.0) == 3.0


def test_truncation_gives_the_quantile_of_what_is_left() -> None:
    half = parameters.Prior("normal", 1.0)
    assert half.quantile(0.5, 0.0, 0.0, 50.0) == pytest.approx(0.6744897501960817)
    assert half.quantile(0.0, 0.0, 0.0, 50.0) == 0.0
    assert parameters.Prior("lognormal", 1.0).quantile(1e-12, 1.0, 0.9, 1.1) == pytest.approx(0.9)


@hypothesis.given(
    family=strategies.sampled_from(["lognormal", "normal", "logitnormal", "uniform", "fixed"]),
    sd=strategies.floats(1e-3, 10),
    default=strategies.floats(0.01, 0.99),
    margins=strategies.tuples(strategies.floats(0, 0.01), strategies.floats(0, 0.01)),
    u=strategies.floats(0, 1),
)
def test_no_quantile_leaves_the_bounds(
    family: parameters.Family, sd: float, default: float, margins: tuple[float, float], u: float
) -> None:
    lower, upper = default - margins[0], default + margins[1]
    assert lower <= parameters.Prior(family, sd).quantile(u, default, lower, upper) <= upper


def test_a_prior_may_drift() -> None:
    assert parameters.parse_prior("lognormal 0.3; drift 0.05") == (parameters.Prior("lognormal", 0.3), 0.05)
    assert parameters.parse_prior(" Uniform ") == (parameters.Prior("uniform"), 0.0)


def test_the_table_has_a_source_for_every_number() -> None:
    assert all(parameter.unit and parameter.source for parameter in TABLE.values())
    assert next(iter(TABLE)) == "speed_road"


def test_changing_the_table_that_was_given_out_changes_nothing() -> None:
    parameters.table().clear()
    assert list(parameters.table()) == list(TABLE)


def test_an_override_changes_what_it_names() -> None:
    changed = parameters.overridden(
        TABLE["price_start"], parameters.Override(default=9.0, prior=parameters.Prior("fixed"))
    )
    assert (changed.default, changed.prior.family) == (9.0, "fixed")
    assert (
        dataclasses.replace(changed, default=TABLE["price_start"].default, prior=TABLE["price_start"].prior)
        == (TABLE["price_start"])
    )


def test_a_table_of_parameters_with_faults_names_them_all(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "town" / "parameters.csv"
    path.parent.mkdir()
    path.write_text(
        "name,unit,default,lower,upper,prior,source,note\n"
        "a,1,0,0,1,lognormal 0.3,assumption,\n"
        "b,1,2,0,1,fixed,assumption,\n"
        "c,1,1,0,1,logitnormal 0.3,assumption,\n"
        "d,1,1,2,1,fixed,assumption,\n"
        "e,1,1,0,1,gaussian 3,assumption,\n"
        "a,,1,0,1,fixed,,\n",
        encoding="utf-8",
    )
    with pytest.raises(errors.InputError) as caught:
        parameters.read(path)
    assert str(caught.value).split("\n") == [
        "town/parameters.csv:7: column 'unit': found a blank cell, expected a text; fill it",
        "town/parameters.csv:7: column 'source': found a blank cell, expected a text; fill it",
        "town/parameters.csv:2: column 'prior': found 'lognormal' with a default of 0 or less, "
        "expected a default above 0; use a normal prior, or a default above 0",
        "town/parameters.csv:3: column 'default': found '2', expected a number from 0 to 1; "
        "write a value within the bounds",
        "town/parameters.csv:4: column 'prior': found 'logitnormal', expected a default between 0 and 1; "
        "use a normal prior, or a default between 0 and 1",
        "town/parameters.csv:5: column 'lower': found '2', expected a lower bound up to 1; exchange the bounds",
        "town/parameters.csv:6: column 'prior': found 'gaussian 3', expected fixed, uniform, or lognormal, normal or "
        "logitnormal with a standard deviation, then perhaps '; drift' and one; write for example lognormal 0.3",
    ]
