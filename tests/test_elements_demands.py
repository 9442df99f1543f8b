"""Demands against arithmetic done by hand and the published cases."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from tests.elementkit import YEAR, one, rows
from waterbal.model.elements.demands.irrigation import effective_rain

PROFILE = [0.92, 0.9, 0.95, 0.97, 1.01, 1.07, 1.1, 1.1, 1.04, 1.0, 0.97, 0.97]
AQUIFER = {
    "ground": {
        "type": "aquifer", "zone": "town", "area": "10 km2", "specific_yield": 0.05, "initial_depth": "3 m",
        "floor_depth": "10 m", "wells": "1 万m3/d",
    }
}  # fmt: skip


def demand(fields, **sections):
    return one("demands", fields, **sections)


def test_residents_gross_from_net():
    row = demand(
        {"type": "residential", "people": "100 万人", "norm": "120 L/(person d)", "network_loss": 0.09}
    )
    assert row.net.sum() == pytest.approx(4380.0)
    assert row.gross.sum() == pytest.approx(4813.19, abs=0.01)
    assert (row.kind, row.zone, row.guarantee, row.tolerance, row.failure_depth) == (
        "residential", "town", 0.0, 0.0, 1.0,
    )  # fmt: skip


def test_a_leap_year_has_one_more_day_of_people_and_the_same_year_of_industry():
    leap = YEAR | {"start": "2004-01", "end": "2004-12"}
    people = {"type": "residential", "people": "100 万人", "norm": "120 L/(person d)"}
    assert demand(people, time=leap).net.sum() == pytest.approx(4380.0 * 366 / 365)
    mill = {"type": "industry", "value_added": "10 亿元", "intensity": "9 m3/万元", "profile": PROFILE}
    assert demand(mill, time=leap).net.sum() == pytest.approx(90.0)
    assert demand(mill).net.sum() == pytest.approx(90.0)


def test_the_profile_moves_water_between_months_and_keeps_the_year():
    row = demand({"type": "public", "people": "10 万人", "norm": "60 L/(person d)", "profile": PROFILE})
    assert row.net.sum() == pytest.approx(10 * 60 * 365 / 1000)
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    rate = row.net / days
    np.testing.assert_allclose(rate / rate[0], np.array(PROFILE) / PROFILE[0])


def test_a_norm_of_the_largest_day_is_converted_once_and_has_the_leakage_in_it():
    row = demand(
        {"type": "residential", "people": "10 万人", "norm": "260 L/(person d)", "norm_basis": "max_day",
         "peak_factor": 1.3, "network_loss": 0.1}
    )  # fmt: skip
    assert row.gross.sum() == pytest.approx(10 * 200 * 365 / 1000)
    assert row.net.sum() == pytest.approx(0.9 * 730.0)


def test_requirement_with_loss():
    row = demand({"type": "public", "need": {"annual": "44.8 万m3/yr"}, "network_loss": 0.45})
    assert row.gross.sum() == pytest.approx(81.4545, abs=1e-3)


def test_leakage_to_groundwater():
    row = demand(
        {"type": "public", "need": {"annual": "5 万m3/yr"}, "network_loss": 0.2, "leakage_to": "ground",
         "leakage_share": 1.0, "returns": [{"to": "outside", "share": 0.5}]},
        sources=AQUIFER,
    )  # fmt: skip
    assert row.gross.sum() == pytest.approx(6.25)
    returned = dict(row.returns)
    assert (returned["ground"] * row.gross).sum() == pytest.approx(1.25)
    assert (returned["outside"] * row.gross).sum() == pytest.approx(2.5)


def test_rural_people_and_livestock_leak_alike():
    row = demand(
        {"type": "rural", "people": "25 万人", "norm": "75 L/(person d)", "livestock": "250 万m3/yr",
         "network_loss": 0.075}
    )  # fmt: skip
    assert row.gross.sum() == pytest.approx((25 * 75 * 365 / 1000 + 250) / 0.925)


def test_intensity_path_and_its_floor():
    path = {"from": 2020, "initial": "20 m3/万元", "decline": 0.05}
    mill = {"type": "industry", "value_added": "1 亿元"}
    at_2030 = YEAR | {"planning_year": 2030}
    assert demand(mill | {"intensity": path}, time=at_2030).net.sum() == pytest.approx(11.9747, abs=1e-4)
    held = demand(mill | {"intensity": path | {"floor": "15 m3/万元"}}, time=at_2030)
    assert held.net.sum() == pytest.approx(15.0)
    assert demand(mill | {"intensity": path, "share": 0.6}, time=at_2030).net.sum() == pytest.approx(
        0.6 * 11.97474
    )
    assert demand(mill | {"intensity": {2025: "10 m3/万元", 2035: "6 m3/万元"}}, time=at_2030).net.sum() == (
        pytest.approx(8.0)
    )


def test_lake():
    row = demand(
        {"type": "lake_ecology", "area": "5 km2", "evaporation_factor": 1.0, "seepage": "2 mm/d"},
        climate={"rain": f"{600 / 365} mm/d", "et0": f"{1000 / 365} mm/d"},
    )
    assert row.net.sum() == pytest.approx(565.0, abs=0.01)


def test_the_exchange_of_a_lake_flows_on_and_evaporation_does_not():
    row = demand(
        {"type": "lake_ecology", "area": "2 km2", "evaporation_factor": 1.1, "exchange": "1000 mm/yr",
         "flows_on": {"to": "outside", "share": 0.55}},
        climate={"rain": "1 mm/d", "et0": "3 mm/d"},
    )  # fmt: skip
    assert row.net.sum() == pytest.approx(2 * 0.1 * (365 * 2.3 + 1000))
    assert (dict(row.returns)["outside"] * row.gross).sum() == pytest.approx(0.55 * 200.0)


def test_rain_above_evaporation_needs_no_water():
    row = demand(
        {"type": "lake_ecology", "area": "5 km2", "evaporation_factor": 1.0},
        climate={"rain": "5 mm/d", "et0": "3 mm/d"},
    )
    assert row.net.sum() == 0.0


def test_effective_rain_is_that_of_cropwat():
    given = np.array([0.0, 50.0, 100.0, 250.0, 300.0])
    np.testing.assert_allclose(effective_rain(given), [0.0, 46.0, 84.0, 150.0, 155.0])


def test_irrigation_by_hand():
    row = demand(
        {"type": "irrigation", "area": "100 km2", "deficit_factor": 0.56, "efficiency": 0.66,
         "groundwater_contribution": {"by_month": [5] * 12, "unit": "mm"},
         "crops": {"wheat": {"kc": [1.0] * 12, "share": 0.7}, "vegetables": {"kc": [0.5] * 12, "share": 0.3}}},
        climate={"rain": "1 mm/d", "et0": "4 mm/d"},
    )  # fmt: skip
    january = 0.7 * max(0, 124 - 31 * (125 - 6.2) / 125 - 5) + 0.3 * max(0, 62 - 31 * (125 - 6.2) / 125 - 5)
    assert row.net[0] == pytest.approx(100 * 0.1 * january * 0.56 / 0.66)
    assert row.weather_driver is not None
    np.testing.assert_allclose(row.weather_driver, 100 * 0.1 * 0.56 / 0.66)


def test_one_millimetre_on_one_mu_is_two_thirds_of_a_cubic_metre():
    row = demand(
        {"type": "irrigation", "area": "1 万亩", "efficiency": 1.0,
         "crops": {"bare": {"kc": [1.0] * 12, "share": 1.0}}},
        climate={"rain": "0 mm/d", "et0": f"{1 / 365} mm/d"},
    )  # fmt: skip
    assert row.net.sum() == pytest.approx(2 / 3)


def test_canal_loss_and_field_return_reach_the_aquifer_and_fall_with_saving():
    fields = {
        "type": "irrigation", "area": "100 km2", "field_efficiency": 0.9, "canal_efficiency": 0.75,
        "canal_loss_to": "ground", "canal_loss_recharge": 0.4, "returns": [{"to": "ground", "share": 0.1}],
        "crops": {"wheat": {"kc": [1.0] * 12, "share": 1.0}},
    }  # fmt: skip
    weather = {"rain": "0 mm/d", "et0": "2 mm/d"}
    before = demand(fields, sources=AQUIFER, climate=weather)
    after = demand(fields | {"measures": [{"from": 1990, "saving": 0.2}]}, sources=AQUIFER, climate=weather)
    np.testing.assert_allclose(dict(before.returns)["ground"], 0.1 + 0.25 * 0.4)
    recharge = [(dict(row.returns)["ground"] * row.gross).sum() for row in (before, after)]
    assert before.gross.sum() == pytest.approx(100 * 0.1 * 730 / 0.675)
    assert recharge[1] == pytest.approx(0.8 * recharge[0])


def test_measures_hold_from_their_year_and_the_last_one_counts():
    fields = {"type": "public", "need": "1 万m3/d",
              "measures": [{"from": 2002, "saving": 0.1}, {"from": 2003, "saving": 0.18}]}  # fmt: skip
    row = demand(fields, time={"start": "2001-01", "end": "2003-12", "step": "month"})
    np.testing.assert_allclose(row.net.reshape(3, 12).sum(1) / 365, [1.0, 0.9, 0.82])


def test_green_and_roads():
    row = demand(
        {"type": "green", "area": "12 km2", "depth": "280 mm/yr", "road_area": {"value": "80 km2", "times": 0.1},
         "road_depth": "200 mm/yr", "profile": [0, 0, 0.6, 1.5, 2.2, 2.2, 1.2, 1.2, 1.4, 1.1, 0.6, 0]}
    )  # fmt: skip
    assert row.net.sum() == pytest.approx(12 * 28 + 8 * 20)
    assert row.net[0] == 0.0


def test_a_river_flow_runs_on():
    row = demand({"type": "river_ecology", "flow": "0.1 m3/s", "consumed_share": 0.2, "flows_to": "outside"})
    assert row.net.sum() == pytest.approx(0.1 * 86400 * 365 / 1e4)
    np.testing.assert_allclose(dict(row.returns)["outside"], 0.8)


def test_a_direct_need_as_rate_year_and_series():
    assert demand({"type": "industry", "need": "2 万m3/d"}).gross.sum() == pytest.approx(730.0)
    yearly = {"annual": "120 万m3/yr", "profile": [0] * 11 + [1]}
    assert demand({"type": "industry", "need": yearly}).gross[11] == pytest.approx(120.0)
    spec = {"q": {"file": "x.csv", "column": "x", "kind": "volume", "units": "m3"}}
    crop = {"x": {"type": "irrigation", "zone": "town", "need": {"series": "q"}}}
    lowered = rows({"q": np.arange(12.0)}, series=spec, demands=crop)
    np.testing.assert_array_equal(lowered.demands[0].gross, np.arange(12.0))


def test_targets_are_those_of_the_last_planning_year():
    time = {"start": "2030-01", "end": "2035-12", "step": "month"}
    row = demand({"type": "industry", "need": "1 万m3/d", "guarantee": {2025: 0.5, 2035: 0.75},
                  "tolerance": 0.2, "failure_depth": 0.8}, time=time)  # fmt: skip
    assert (row.guarantee, row.tolerance, row.failure_depth) == (0.75, 0.2, 0.8)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "residential", "people": "1 万人"}, "norm missing"),
        ({"type": "residential", "people": "1 万人", "norm": "100 L/(p d)", "need": "1 万m3/d"}, "two ways"),
        ({"type": "residential", "people": "1 万人", "norm": "100 L/(p d)", "norm_basis": "max_day"}, "peak_factor"),
        ({"type": "industry"}, "either need or value_added, intensity"),
        ({"type": "irrigation", "area": "1 km2", "crops": {"c": {"kc": [1.0] * 12, "share": 1.0}}}, "efficiency"),
        ({"type": "public", "need": "1 万m3/d", "tiers": [{"label": "a", "share": 0.5}]}, "do not add up to 1"),
        ({"type": "public", "need": "1 万m3/d",
          "measures": [{"from": 2030, "saving": 0.1}, {"from": 2025, "saving": 0.2}]}, "order of years"),
        ({"type": "public", "need": "1 万m3/d", "leakage_to": "g", "leakage_share": 1.0}, "needs network_loss"),
        ({"type": "green", "area": "1 km2", "depth": "1 mm/yr", "road_area": "1 km2"}, "belong together"),
        ({"type": "river_ecology", "flow": "1 m3/s", "consumed_share": 0.2, "flows_to": "outside",
          "returns": [{"to": "outside", "share": 0.1}]}, "consumed_share and flows_to"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        demand(fields)
