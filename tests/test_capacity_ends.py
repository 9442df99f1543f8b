"""Ranges of uncertain inputs are checked before anything is searched; a failure later keeps what was searched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from tests import capacitykit as kit
from waterbal.capacity import extras
from waterbal.capacity.assessment import Demand, assess, options
from waterbal.capacity.unfinished import UnfinishedError
from waterbal.errors import ConfigError, Issue, Message, UsageError

STORE = """\
stores: {lake: {type: reservoir, zone: town, capacity: 100 万m3, dead: 1 万m3, initial: 90 万m3, seepage: 0 mm/d,
  shape: {full_area: 0.1 km2, exponent: 0.1}, evaporation_factor: 0, value: 1 元/m3}}
"""
RANGES = """\
sampling:
  method: latin_hypercube
  size: 0
  seed: 1
  nominal: true
  factors:
    norm: {times: demands.homes.norm, low: 0.9, high: 1.2}
    dam: {times: stores.lake.capacity, low: 0.8, high: 1.1}
    share: {set: demands.homes.network_loss, low: 0.05, high: 1.5}
"""


def study(folder: Path, ranges: str) -> Path:
    """A town with a lake that begins nearly full."""
    body = kit.TOWN.replace(
        "links:", "links:\n  river_lake: {from: river, to: lake}\n  lake_homes: {from: lake, to: homes}"
    )
    kit.town(folder, body=STORE + body)
    return kit.write(folder, kit.STUDY.split("measures:")[0] + ranges, "study.yaml")


def demand(*names: str) -> Demand:
    return Demand(details=False, extras=names, risk_realizations=0, options=options(0.01, 0))


def test_every_end_that_is_not_valid_is_told_before_anything_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waterbal.capacity.assessment.survey", lambda *_: pytest.fail("searched"))
    with pytest.raises(ConfigError) as caught:
        assess(study(tmp_path, RANGES), demand=demand("sensitivity"))
    told = {issue.where: issue for issue in caught.value.issues}
    assert sorted(told) == ["sampling.factors.dam", "sampling.factors.share"]
    dam, share = told["sampling.factors.dam"], told["sampling.factors.share"]
    assert "low end of dam, 0.8: stores.lake: initial volume is above capacity" in dam.message
    assert "取下限 0.8" in dam.said("zh") and "初始蓄水大于总库容" in dam.said("zh")
    assert "high end of share, 1.5" in share.message
    lines = (tmp_path / "study.yaml").read_text().splitlines()
    assert "dam:" in lines[dam.line - 1] and "share:" in lines[share.line - 1]


def test_an_end_at_which_nothing_of_a_driver_is_left_is_told_before_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is valid without people; what is asked of it is not."""
    monkeypatch.setattr("waterbal.capacity.assessment.survey", lambda *_: pytest.fail("searched"))
    folk = "    folk: {set: demands.homes.people, unit: 万人, low: 0, high: 50}\n"
    with pytest.raises(ConfigError) as caught:
        assess(study(tmp_path, RANGES.split("    norm:")[0] + folk), demand=demand("sensitivity"))
    (issue,) = caught.value.issues
    assert "low end of folk, 0.0" in issue.message and "the plan has none of 'people'" in issue.message


def failing(_: extras.Baseline) -> xr.Dataset:
    raise UsageError(Issue(Message("不行", "no good")))


def test_what_was_searched_is_written_and_told_where_an_extra_fails(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extras.EXTRAS, "bound", failing)  # type: ignore[misc]
    model, target = kit.town(tmp_path), tmp_path / "c.nc"
    asked = ("capacity", model, "--no-details", "--with", "bound", "--with", "frontier", "-o", target)
    code, out, err = cli(*asked, "--lang", "zh")
    assert code == UsageError.exit_code
    assert "完全预见的上限" in err and "不行" in err
    assert "可同时承载的组合" in out  # what comes after it is told too
    with xr.open_dataset(target) as kept:
        assert "frontier_point_carried" in kept and "capacity_scale" in kept
        assert json.loads(kept.attrs["not_told"])["bound"][0]["en"] == "no good"
    code, out, _ = cli(*asked, "--json")
    assert code == UsageError.exit_code
    assert json.loads(out)["not_told"]["bound"] == ["no good"]
    with pytest.raises(UnfinishedError, match="bound could not be told: no good") as caught:
        assess(model, demand=demand("bound"))
    assert caught.value.found is not None and "capacity_scale" in caught.value.found
