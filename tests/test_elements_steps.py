"""The same year by month, dekad and day; leap years; warm-up."""

from __future__ import annotations

import numpy as np
import pytest

from tests.elementkit import river, rows
from waterbal.model.timeline import Time

STEPS = ("month", "dekad", "day")
PROFILE = [0.92, 0.9, 0.95, 0.97, 1.01, 1.07, 1.1, 1.1, 1.04, 1.0, 0.97, 0.97]
WEATHER = {
    "p": {"file": "x.csv", "column": "p", "kind": "depth", "units": "mm"},
    "e": {"file": "x.csv", "column": "e", "kind": "depth", "units": "mm"},
}
SINK = {"to": "outside", "share": 0.5}
DEMANDS = {
    "res": {"type": "residential", "zone": "town", "people": {2003: "9 万人", 2005: "11 万人"},
            "norm": "120 L/(p d)", "network_loss": 0.08, "profile": PROFILE},
    "pub": {"type": "public", "zone": "town", "need": {"annual": "120 万m3/yr", "profile": PROFILE}},
    "rur": {"type": "rural", "zone": "town", "people": "5 万人", "norm": "80 L/(p d)", "livestock": "30 万m3/yr"},
    "ind": {"type": "industry", "zone": "town", "value_added": "20 亿元", "intensity": "9 m3/万元",
            "profile": PROFILE},
    "irr": {"type": "irrigation", "zone": "town", "area": "10 万亩", "efficiency": 0.66, "deficit_factor": 0.56,
            "crops": {"wheat": {"kc": [0.4, 0.4, 0.7, 1.1, 1.15, 0.4, 0, 0, 0, 0.5, 0.55, 0.4], "share": 0.7},
                      "rice": {"kc": [0, 0, 0, 0, 0.3, 1.05, 1.2, 1.2, 0.85, 0, 0, 0], "share": 0.3}}},
    "grn": {"type": "green", "zone": "town", "area": "3 km2", "depth": "280 mm/yr", "profile": PROFILE},
    "lake": {"type": "lake_ecology", "zone": "town", "area": "2 km2", "evaporation_factor": 1.1,
             "seepage": "0.5 mm/d", "exchange": "1000 mm/yr", "profile": PROFILE},
    "riv": {"type": "river_ecology", "zone": "town", "flow": "0.1 m3/s", "consumed_share": 0.2,
            "flows_to": "outside", "profile": PROFILE},
}  # fmt: skip
SOURCES = {
    "stream": river(),
    "basin": {"type": "catchment", "zone": "town",
              "rain_response": {"mean": "500 万m3/yr", "exponent": 2.5, "months": [0.025] * 5 + [0.1, 0.28, 0.28, 0.14]
                                + [0.025] * 3}},
    "roofs": {"type": "rain_harvest", "zone": "town", "area": "8 km2", "runoff_coefficient": 0.65, "capture": 0.3},
    "tr": {"type": "transfer", "capacity": "1 m3/s", "months": [1, 2, 3], "allotment": "100 万m3/yr",
           "reset_month": 1, "fixed_price": "1 元/m3"},
    "gw": {"type": "aquifer", "zone": "town", "area": "50 km2", "specific_yield": 0.05, "initial_depth": "3 m",
           "floor_depth": "10 m", "wells": "1 万m3/d", "rain_recharge": 0.2, "lateral_inflow": "50 万m3/yr",
           "phreatic_factor": 1, "extinction_depth": "4 m"},
}  # fmt: skip
STORES = {
    "lk": {"type": "reservoir", "zone": "town", "capacity": "100 万m3", "dead": "10 万m3", "initial_share": 0.5,
           "shape": {"full_area": "1 km2", "exponent": 0.1}, "evaporation_factor": 1.1, "seepage": "0.5 mm/d",
           "inflow": "1 万m3/d"},
}  # fmt: skip


def days_of(start, end):
    first, last = np.datetime64(start, "M"), np.datetime64(end, "M") + 1
    return np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]"))


def lowered(step, start="2003-01", end="2005-12"):
    """The same daily weather, summed to the step."""
    days = days_of(start, end)
    rng = np.random.default_rng(7)
    rain = np.where(rng.random(days.size) < 0.2, rng.exponential(9.0, days.size), 0.0)
    et0 = 3.0 + 2.0 * np.sin(np.arange(days.size) / 58.0)
    time = {"start": start, "end": end, "step": step}
    axis = Time.model_validate(time).axis()
    index = np.searchsorted(axis.start, days, side="right") - 1
    data = {"p": np.bincount(index, rain), "e": np.bincount(index, et0)}
    return rows(
        data, series=WEATHER, climate={"rain": "p", "et0": "e"}, time=time, demands=DEMANDS, sources=SOURCES,
        stores=STORES, links={"a": {"from": "stream", "to": "res", "capacity": "1 万m3/d"}},
    )  # fmt: skip


def yearly(row_axis, values):
    return np.array([values[row_axis.year == year].sum() for year in np.unique(row_axis.year)])


@pytest.fixture(scope="module")
def by_step():
    return {step: lowered(step) for step in STEPS}


@pytest.mark.parametrize("step", STEPS[1:])
def test_the_year_of_every_demand_is_the_same(by_step, step):
    coarse, fine = by_step["month"], by_step[step]
    for a, b in zip(coarse.demands, fine.demands, strict=True):
        np.testing.assert_allclose(
            yearly(fine.axis, b.gross), yearly(coarse.axis, a.gross), rtol=1e-12, err_msg=a.id
        )
        assert np.all(b.gross >= 0.0)


@pytest.mark.parametrize("step", STEPS[1:])
def test_the_year_of_every_supply_is_the_same(by_step, step):
    coarse, fine = by_step["month"], by_step[step]

    def totals(rows):
        found = {}
        for source in rows.sources:
            found |= {f"{source.id} {kind}": limit for kind, limit in source.limits.items()}
            if source.fixed_cost is not None:
                found[f"{source.id} cost"] = source.fixed_cost
        ground, lake = rows.aquifers[0], rows.stores[0]
        found |= {
            "recharge": ground.recharge,
            "phreatic": ground.phreatic,
            "wells": ground.limits["conveyance"],
        }
        found |= {
            "evaporation": lake.evaporation,
            "rain": lake.rain,
            "seepage": lake.seepage,
            "inflow": lake.inflow,
        }
        return {name: yearly(rows.axis, values) for name, values in found.items()}

    expected = totals(coarse)
    for name, total in totals(fine).items():
        np.testing.assert_allclose(total, expected[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("step", STEPS)
def test_a_leap_year_has_its_day(by_step, step):
    axis = by_step[step].axis
    assert yearly(axis, axis.days).tolist() == [365.0, 366.0, 365.0]
    demands = {row.id: yearly(axis, row.net) for row in by_step[step].demands}
    np.testing.assert_allclose(demands["pub"], 120.0)
    np.testing.assert_allclose(demands["ind"], 180.0)
    np.testing.assert_allclose(demands["res"], np.array([9, 10, 11]) * 0.12 * np.array([365, 366, 365]))


def test_dekads_begin_on_days_1_11_and_21():
    axis = Time.model_validate({"start": "2004-02", "end": "2004-03", "step": "dekad"}).axis()
    assert axis.days.tolist() == [10, 10, 9, 10, 10, 11]
    assert axis.month.tolist() == [2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize(
    ("step", "warm_up", "count"),
    [("month", "2 years", 24), ("dekad", "6 months", 18), ("day", "1 year", 365), ("day", "30 steps", 30),
     ("month", 5, 5), ("month", 0, 0), ("month", "3 years", 36)],
)  # fmt: skip
def test_the_warm_up_is_counted_in_steps(step, warm_up, count):
    time = {"start": "2001-01", "end": "2003-12", "step": step, "warm_up": warm_up}
    assert Time.model_validate(time).axis().warm_up == count


def test_a_planning_year_holds_in_every_step():
    axis = Time.model_validate(
        {"start": "2001-01", "end": "2002-12", "step": "month", "planning_year": 2030}
    ).axis()
    assert set(axis.planning_year.tolist()) == {2030}
    own = Time.model_validate({"start": "2001-01", "end": "2002-12", "step": "month"}).axis()
    np.testing.assert_array_equal(own.planning_year, own.year)
