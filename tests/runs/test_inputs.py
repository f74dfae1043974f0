"""What makes members differ: the unknown pull of single places."""

import numpy as np
import pytest

import worlds
from maabar import ensemble, scenario, world


def test_unknown_pulls_start_with_their_deviation_and_take_steps_of_their_drift() -> None:
    luck = np.random.default_rng(1).standard_normal((4, 5000))
    pulls = ensemble.pulls(luck, 40, 0.8, 0.3, 10)
    assert pulls.shape == (40, 5000)
    assert pulls[0].std() == pytest.approx(0.8, rel=0.05)
    assert (pulls[10] - pulls[9]).std() == pytest.approx(0.3, rel=0.05)
    assert np.array_equal(pulls[0], pulls[9])


def test_members_differ_in_unknown_pulls_unless_parameters_stand_at_their_defaults(tmp_path: object) -> None:
    compiled = world.compile(scenario.load(worlds.write(worlds.HOURS, tmp_path)))  # type: ignore[arg-type]
    found = ensemble.settings(compiled)
    drawn = ensemble.prior_inputs(compiled, found, range(6), 1, sample=True)
    assert not ensemble.prior_inputs(compiled, found, range(6), 1, sample=False).pull.any()
    assert len(np.unique(drawn.pull[:, 0, 0])) == 6
    later = ensemble.prior_inputs(compiled, found, range(4, 6), 1, sample=True)
    assert np.array_equal(drawn.pull[4:], later.pull)
