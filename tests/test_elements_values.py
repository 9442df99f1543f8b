"""Numbers: forms, units, bounds, provenance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.elementkit import YEAR, model, river, rows, town
from waterbal.model.base import Provenance, Strict
from waterbal.model.quantities import Area, MonthShares, Profile, Rate, Share
from waterbal.model.timeline import Time
from waterbal.model.values import Number


class Part(Strict):
    provenance: Provenance | None = None
    rate: Rate | None = None
    share: Share | None = None
    area: Area | None = None
    shares: MonthShares | None = None
    profile: Profile | None = None
    inner: Part | None = None


def read(provenance: Any = {"source": "s", "grade": "assumed"}, **fields: Any) -> Part:  # noqa: B006
    return Part.model_validate({"provenance": provenance, **fields} if provenance else fields)


def message(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        read(**fields)
    return "; ".join(
        f"{error['msg']} | {error.get('ctx', {}).get('expected', '')} | {error.get('ctx', {}).get('nearest', '')}"
        for error in caught.value.errors()
    )


def axis(**time: Any):
    return Time.model_validate(YEAR | time).axis()


def test_a_scalar_is_converted_to_the_unit_used_inside():
    assert read(rate="1 m3/s").rate.scalar() == pytest.approx(8.64)
    assert read(rate={"value": 20, "unit": "万m3/d"}).rate.scalar() == 20
    assert read(share="12 %").share.scalar() == pytest.approx(0.12)
    assert read(area="15 万亩").area.scalar() == pytest.approx(100.0)


def test_years_are_interpolated_and_nothing_is_extrapolated():
    rate = read(rate={2025: "10 万m3/d", 2035: "20 万m3/d"}).rate
    assert rate.at(axis(planning_year=2030)).tolist() == [15.0] * 12
    with pytest.raises(ValueError, match="2025 to 2035"):
        rate.at(axis(planning_year=2036))


def test_months_follow_the_calendar():
    rate = read(rate={"by_month": list(range(1, 13)), "unit": "万m3/d"}).rate
    assert rate.at(axis(start="2001-11", end="2002-02")).tolist() == [11, 12, 1, 2]
    assert read(rate=[f"{k} 万m3/d" for k in range(12)]).rate.by_month == tuple(range(12))
    assert read(share={"by_month": dict.fromkeys(range(1, 13), 0.5)}).share.by_month == (0.5,) * 12


def test_factors_multiply_and_keep_their_own_provenance():
    raw = {
        "value": {"by_year": {2030: "5 km2"}, "grade": "found", "source": "map"},
        "times": [0.45, {"value": 0.5, "grade": "derived", "source": "split"}],
    }
    area = read(area=raw).area
    assert area.at(axis(planning_year=2030))[0] == pytest.approx(1.125)
    assert (area.grade, area.source) == ("found", "map")
    assert [(f.grade, f.source) for f in area.factors] == [("found", "map"), ("derived", "split")]


def test_provenance_is_inherited_from_the_innermost_part_that_states_it():
    part = read(
        {"source": "file", "grade": "assumed"},
        rate="1 万m3/d",
        share={"value": 0.2, "grade": "found", "source": "own"},
        inner={"provenance": {"source": "section", "grade": "derived"}, "rate": "2 万m3/d"},
    )
    assert (part.rate.grade, part.rate.source) == ("assumed", "file")
    assert (part.share.grade, part.share.source) == ("found", "own")
    assert (part.inner.rate.grade, part.inner.rate.source) == ("derived", "section")
    assert "how firm it is" in message(provenance=None, rate="1 万m3/d")


def test_a_range_has_the_unit_of_its_value():
    part = read(rate={"value": "1 m3/s", "low": "0.5 m3/s", "high": "2 m3/s"})
    assert (part.rate.low, part.rate.high) == (pytest.approx(4.32), pytest.approx(17.28))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rate": 20}, ["unit is missing", "a flow rate such as '20 万m3/d'"]),
        ({"rate": "20 km2"}, ["is an area"]),
        ({"rate": "20 万m3/dd"}, ["unknown unit"]),
        ({"rate": "-1 万m3/d"}, ["-1 is too small", "at least 0"]),
        ({"share": 1.2}, ["1.2 is too large", "at most 1"]),
        ({"rate": [1, 2, 3]}, ["not twelve"]),
        ({"rate": {"valu": "1 万m3/d"}}, ["unknown key 'valu'", "| value"]),
        ({"rate": {"source": "x"}}, ["exactly one of"]),
        ({"rate": {"value": "1 万m3/d", "by_year": {2030: "1 万m3/d"}}}, ["exactly one of"]),
        ({"rate": {"value": "1 万m3/d", "grade": "fonud"}}, ["grade 'fonud' is unknown", "| found"]),
        ({"area": [1] * 12}, ["unit is missing"]),
        ({"area": ["1 km2"] * 12}, ["by by_month cannot stand here"]),
        ({"rate": {"by_year": {"soon": "1 万m3/d"}}}, ["'soon' is not a year"]),
        ({"shares": [0.1] * 12}, ["add up to 1.2", "a sum of 1"]),
        ({"profile": [0] * 12}, ["all twelve values are 0"]),
        ({"rate": True}, ["is not a number"]),
        ({"rat": "1 万m3/d"}, ["Extra inputs"]),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, Any], words: list[str]):
    text = message(**fields)
    for word in words:
        assert word in text


def test_a_found_number_names_its_source():
    found = {"rate": {"value": "1 万m3/d", "grade": "found"}}
    with pytest.raises(ValidationError, match="no source"):
        read(**found)


def test_every_number_of_a_model_is_listed_with_its_provenance():
    built = model(
        sources={"river": river()},
        links={"pipe": {"from": "river", "to": "use", "capacity": "3 万m3/d", "loss": "1 %"}},
        works={"plant": {"type": "treatment", "capacity": [{"from": 2001, "capacity": "1 万m3/d"}]}},
        demands={
            "use": town(need={"annual": "100 万m3/yr"}),
            "mill": {
                "type": "industry", "zone": "town", "value_added": "10 亿元",
                "intensity": {"from": 2000, "initial": "9 m3/万元", "decline": 0.02},
            },
        },
        quotas={"q": {"of": ["river"], "volume": {"value": "5 亿m3/yr", "grade": "found", "source": "decree"},
                      "reset_month": 7, "cut": 0.8}},
    )  # fmt: skip
    listed = {entry.path: entry for entry in built.assumptions()}
    assert set(listed) == {
        "climate.rain", "climate.et0", "sources.river.runoff", "links.pipe.capacity", "links.pipe.loss",
        "works.plant.capacity.0.capacity", "demands.use.need.annual", "demands.mill.value_added",
        "demands.mill.intensity.initial", "demands.mill.intensity.decline", "quotas.q.volume", "quotas.q.cut",
    }  # fmt: skip
    quota = listed["quotas.q.volume"]
    assert (quota.value, quota.unit, quota.grade, quota.source) == (50000.0, "1e4 m3/yr", "found", "decree")


def test_a_series_is_listed_as_what_it_is_read_from():
    series = {"q": {"file": "a.csv", "column": "flow", "units": "m3/s", "kind": "rate", "source": "gauge"}}
    built = model(series=series, sources={"river": river(runoff={"series": "q"})})
    entry = built.assumptions()[-1]
    assert (entry.path, entry.value, entry.unit, entry.grade) == ("series.q", "a.csv: flow", "m3/s", "found")


def test_a_number_evaluates_to_a_new_array():
    number = Number("rate", series="q")
    values = np.ones(12)
    number.at(axis(), {"q": values})[0] = 5.0
    assert values[0] == 1.0


def test_a_series_of_volumes_and_one_of_rates_give_the_same_source():
    days = axis().days
    spec = {"file": "a.csv", "column": "flow", "units": "m3/s", "kind": "rate"}
    source = {"river": river(runoff={"series": "q"})}
    by_rate = rows({"q": np.full(12, 2.0)}, series={"q": spec}, sources=source)
    by_volume = rows(
        {"q": 2.0 * days}, series={"q": spec | {"kind": "volume", "units": "m3"}}, sources=source
    )
    np.testing.assert_allclose(
        by_rate.sources[0].limits["hydrology"], by_volume.sources[0].limits["hydrology"]
    )
