"""Scenario files broken at random: every one is read or refused, none ends in another kind of error."""

from __future__ import annotations

import copy
import random

import pytest
import yaml

from tests.studykit import AXES, HEAD, write
from tests.test_broken_at_random import JUNK, _garble, _paths
from tests.tongue import has_its_chinese
from waterbal.errors import WaterbalError
from waterbal.scenarios.labels import scenario_coordinates
from waterbal.scenarios.study import load

TEXT = (
    HEAD
    + AXES
    + """\
provenance: {source: test, grade: assumed}
base: {demands.parks.depth: 300 mm/yr}
realizations: 1
baseline: {horizon: 2030, works: old, lawn: 1.0}
exclude: [{horizon: 2025, works: new}]
sampling:
  method: sobol
  size: 2
  seed: 1
  nominal: true
  factors:
    people: {times: demands.households.people, low: 0.8, high: 1.2}
    own_use: {set: works.plant.own_use, distribution: triangular, low: 0.01, mode: 0.03, high: 0.1}
    loss: {set: demands.households.network_loss, distribution: normal, mean: 0.09, sd: 0.02, low: 0.05, high: 0.2}
    days: {times: demands.parks.area, distribution: discrete, values: [0.5, 1, 2], weights: [1, 2, 1]}
  correlations: [{of: [people, loss], correlation: 0.4}]
"""
)
LIST = (
    HEAD
    + AXES
    + """\
baseline: {horizon: 2030, works: old, lawn: 1.0}
scenarios:
  - {values: {horizon: [2025, 2030]}}
  - {id: other, name: {zh: 另, en: other}, values: {lawn: 0.5}}
"""
)


def _attempt(path) -> bool:
    """Load a study and use it; tell whether it was refused."""
    try:
        made = load(path)
    except WaterbalError as error:
        assert error.issues
        assert all(issue.message for issue in error.issues)
        has_its_chinese(error)
        return True
    assert made.scenarios
    scenario_coordinates(made)
    made.fingerprint()
    made.case(len(made.scenarios) - 1)
    return False


@pytest.mark.parametrize("text", [TEXT, LIST], ids=["product", "list"])
def test_a_sound_file_is_read(tmp_path, text):
    assert not _attempt(write(tmp_path, text))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("text", [TEXT, LIST], ids=["product", "list"])
def test_a_wrong_value_anywhere(tmp_path, text, seed):
    draw = random.Random(seed)
    content = yaml.safe_load(text)
    places = [path for path in _paths(content) if path]
    refused = 0
    for _ in range(60):
        broken = copy.deepcopy(content)
        *above, last = draw.choice(places)
        part = broken
        for key in above:
            part = part[key]
        part[last] = copy.deepcopy(draw.choice([*JUNK, ["old", "new"], {"horizon": 2025}, {"old": None}, 64]))
        refused += _attempt(write(tmp_path, yaml.safe_dump(broken, sort_keys=False, allow_unicode=True)))
    assert refused > 30


@pytest.mark.parametrize("seed", range(2))
def test_a_garbled_file(tmp_path, seed):
    draw = random.Random(seed)
    refused = sum(_attempt(write(tmp_path, _garble(TEXT, draw))) for _ in range(60))
    assert refused > 15
