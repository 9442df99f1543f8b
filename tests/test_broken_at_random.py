"""Inputs broken at random: every one is read or refused, none ends in another kind of error."""

from __future__ import annotations

import copy
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.tongue import has_its_chinese
from waterbal.api import load
from waterbal.demand.lowering import lower
from waterbal.errors import WaterbalError
from waterbal.model.load import load_config, load_model

BASE = Path(__file__).parent / "broken"
JUNK = [
    None, True, False, 0, -1, 2001, 1e300, -0.5, "", "x", "20 mm", "1e999 m", "@x", "lake", "2001-01", 10**30,
    [], [1], ["lake"], [None] * 12, [{}] * 12, [[1]] * 12, [{"from": 2001}], [{"from": 2001, "capacity": 1}],
    {}, {"a": 1}, {1: 1}, {2001: 1}, {"value": 1}, {"by_year": {2001: [1]}}, {"by_year": 3}, {"by_month": {}},
    {"series": 3}, {"value": {"value": {"value": 1}}}, {"times": 3, "value": 1}, {"times": [{}], "value": 1},
    {"value": 1, "low": "x"}, {"value": 1, "source": [1]}, {"value": 1, "grade": 3}, {"unit": 3, "value": 1},
    {"type": "x"}, {"annual": {"annual": 1}, "profile": 3}, {"decline": 1}, {"points": 3},
    {"by_quota_year": {"x": 1}, "otherwise": 1}, {"provenance": {"grade": [1]}},
]  # fmt: skip
CHARACTERS = "\t\n :,{}[]&*!|>'\"%@`#-?0.eE~水，：\x00\x85\u2028\ufeff\\"


def _paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in list(keys):
            yield from _paths(value[key], (*path, key))


@pytest.mark.parametrize("seed", range(4))
def test_a_wrong_value_anywhere(seed):
    draw = random.Random(seed)
    config = load_model(BASE / "base.yaml").config
    places = [path for path in _paths(config) if path]
    outcomes = {"read": 0, "refused": 0}
    for _ in range(120):
        broken = copy.deepcopy(config)
        *above, last = draw.choice(places)
        part = broken
        for key in above:
            part = part[key]
        part[last] = copy.deepcopy(draw.choice(JUNK))
        try:
            model = load_config(broken).model
        except WaterbalError as error:
            assert error.issues
            assert all(issue.where or issue.message.startswith("and ") for issue in error.issues)
            has_its_chinese(error)
            outcomes["refused"] += 1
        else:
            lower(model, dict.fromkeys(model.series, np.ones(model.time.axis().size)))
            outcomes["read"] += 1
    assert outcomes["refused"] > 60
    assert outcomes["read"] > 0


def _garble(text: str, draw: random.Random) -> str:
    for _ in range(draw.choice([1, 1, 2, 5])):
        place, kind = draw.randrange(len(text)), draw.randrange(4)
        if kind == 0:
            text = text[:place] + draw.choice(CHARACTERS) + text[place:]
        elif kind == 1:
            text = text[:place] + text[place + draw.randrange(1, 5) :]
        elif kind == 2:
            lines = text.split("\n")
            lines.insert(draw.randrange(len(lines)), lines.pop(draw.randrange(len(lines))))
            text = "\n".join(lines)
        else:
            text = text[:place] + draw.choice(CHARACTERS) + text[place + 1 :]
    return text


@pytest.mark.parametrize("name", ["base.yaml", "base.yaml ", "climate.csv", "parameters.csv"])
def test_a_garbled_file(tmp_path, name):
    draw = random.Random(name)
    name = name.strip()
    refused = 0
    for file in BASE.glob("*.*"):
        shutil.copy(file, tmp_path / file.name)
    text = (BASE / name).read_text(encoding="utf-8")
    for _ in range(60):
        garbled = _garble(text, draw)
        (tmp_path / name).write_text(garbled, encoding="utf-8")
        try:
            load(tmp_path / "base.yaml")
        except WaterbalError as error:
            refused += 1
            for issue in error.issues:
                assert issue.message
                if not issue.file.endswith(name):
                    continue
                assert issue.line <= garbled.count("\n") + garbled.count("\x85") + garbled.count("\u2028") + 2
    assert refused > 15
