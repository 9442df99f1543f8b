"""Sources against arithmetic done by hand and the published cases."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from tests.elementkit import YEAR, one, rows, town
from waterbal.model.rows import NodeRow, SourceRow

DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], float)
RIVER = {"q": {"file": "x.csv", "column": "q", "kind": "rate", "units": "m3/s"}}
RAIN = {"p": {"file": "x.csv", "column": "p", "kind": "depth", "units": "mm"}}
PHI = [0.05, 0.06, 0.14, 0.13, 0.11, 0.1, 0.05, 0.05, 0.07, 0.09, 0.08, 0.07]


def source(fields, data=None, **sections):
    return one("sources", fields, data, **sections)


def test_limits_of_a_river_intake_stay_apart():
    flow = np.full(12, 864.0)
    flow[0], flow[1] = 500.0, 691.2
    row = source(
        {"type": "river_intake", "capacity": "8 m3/s", "open_share": [0.5] * 12, "flow": {"series": "q"},
         "floor": "80 m3/s", "permitted_share": 0.03, "plan": {"of": "q_yellow", "shares": PHI, "part": 0.5},
         "settling_loss": 0.05},
        {"q": flow}, series=RIVER,
        quotas={"q_yellow": {"of": ["x"], "volume": "7165 万m3/yr", "reset_month": 7, "cut": 0.8}},
    )  # fmt: skip
    gate = 8 * 8.64 * 0.5 * DAYS
    np.testing.assert_allclose(row.limits["conveyance"], gate)
    np.testing.assert_allclose(row.limits["hydrology"][2:], 0.03 * (864 - 691.2) * DAYS[2:])
    assert row.limits["hydrology"][:2].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(row.limits["plan"], np.array(PHI) * 7165 * 0.8 * 0.5)
    np.testing.assert_allclose(row.yield_, 0.95)
    assert set(row.limits) == {"conveyance", "hydrology", "plan"}


def test_a_closed_gate_is_a_matter_of_the_river():
    """Plans for later read the conveyance; they must not learn there when the river will be too low."""
    river = {"flow": {"series": "q"}, "floor": "80 m3/s", "permitted_share": 0.03, "close_below": "90 m3/s"}
    fields = {"type": "river_intake", "capacity": "8 m3/s", **river}
    row = source(fields, {"q": np.array([85.0, 95.0] + [100.0] * 10) * 8.64}, series=RIVER)
    np.testing.assert_allclose(row.limits["conveyance"], 8 * 8.64 * DAYS)
    assert row.limits["hydrology"][0] == 0.0
    np.testing.assert_allclose(row.limits["hydrology"][1], 0.03 * 15 * 8.64 * DAYS[1])


def test_the_plan_of_a_month_is_shared_by_its_dekads():
    quota = {"q_yellow": {"of": ["x"], "volume": "100 万m3/yr", "reset_month": 1}}
    fields = {"type": "river_intake", "capacity": "1 m3/s", "plan": {"of": "q_yellow", "shares": PHI}}
    row = source(fields, quotas=quota, time=YEAR | {"step": "dekad"})
    assert row.limits["plan"].sum() == pytest.approx(100.0)
    np.testing.assert_allclose(row.limits["plan"][3:6], 6.0 * np.array([10, 10, 8]) / 28)


def test_a_transfer_pays_its_allotment_and_is_open_in_its_months():
    fields = {
        "type": "transfer", "capacity": "2 m3/s", "months": [10, 11, 12, 1, 2, 3, 4, 5], "loss": 0.05,
        "allotment": "1000 万m3/yr", "reset_month": 10, "fixed_price": "0.8 元/m3", "cost": "0.5 元/m3",
    }  # fmt: skip
    lowered = rows(sources={"yz": fields})
    row, quota = lowered.sources[0], lowered.quotas[0]
    assert row.limits["conveyance"][5:9].tolist() == [0.0] * 4
    np.testing.assert_allclose(row.limits["conveyance"][0], 2 * 8.64 * 31)
    assert row.fixed_cost is not None
    cost = [row.fixed_cost.sum() + row.unit_cost * taken for taken in (0.0, 1000.0)]
    assert cost == pytest.approx([800.0, 1300.0])
    assert (quota.id, quota.members, quota.reset_month) == ("yz_allotment", [("yz", 1.0)], 10)
    assert quota.volume.tolist() == [1000.0] * 12


def test_a_catchment_gives_upstream_and_the_river_their_water_first():
    fields = {"type": "catchment", "runoff": "10 万m3/d", "upstream_share": 0.2, "instream_share": 0.1,
              "instream_flow": "2 万m3/d", "usable_share": 0.5, "capacity": "1 万m3/d"}  # fmt: skip
    row = source(fields)
    np.testing.assert_allclose(row.limits["hydrology"], 0.5 * (10 - 2 - 2) * DAYS)
    np.testing.assert_allclose(row.limits["conveyance"], DAYS)


def test_annual_runoff_answers_to_annual_rain_and_keeps_its_mean():
    months = [0.025] * 5 + [0.1, 0.28, 0.28, 0.14] + [0.025] * 3
    annual = np.array([400.0, 600.0, 800.0])
    rain = np.repeat(annual / 12, 12)
    row = source(
        {"type": "catchment", "usable_share": 0.12,
         "rain_response": {"mean": "5219 万m3/yr", "exponent": 2.5, "months": months}},
        {"p": rain}, series=RAIN, climate={"rain": "p"}, time=YEAR | {"end": "2003-12"},
    )  # fmt: skip
    runoff = row.limits["hydrology"].reshape(3, 12).sum(1) / 0.12
    assert runoff.mean() == pytest.approx(5219.0)
    assert runoff[2] / runoff[0] == pytest.approx(2**2.5)
    np.testing.assert_allclose(row.limits["hydrology"][6], 0.28 * 0.12 * runoff[0])


def test_an_aquifer_by_hand():
    row = source(
        {"type": "aquifer", "area": "126 km2", "specific_yield": 0.05, "initial_depth": "3.5 m",
         "floor_depth": "20 m", "wells": "3 万m3/d", "rain_recharge": 0.18, "lateral_inflow": "500 万m3/yr",
         "phreatic_factor": 0.9, "extinction_depth": "4 m", "fresh_share": 0.25,
         "tiers": [{"depth": "6 m", "factor": 0.8}, {"depth": "8 m", "factor": 0.5}]},
        climate={"rain": "2 mm/d", "et0": "3 mm/d"},
    )  # fmt: skip
    assert row.storage_per_metre == pytest.approx(630.0)
    assert row.recharge.sum() == pytest.approx(0.18 * 730 * 126 * 0.1 + 500)
    assert row.phreatic.sum() == pytest.approx(0.9 * 1095 * 126 * 0.1)
    assert (row.tier_depth.tolist(), row.tier_factor.tolist()) == ([6.0, 8.0], [0.8, 0.5])
    assert (row.fresh_share, row.floor_depth, row.limits["conveyance"][0]) == (0.25, 20.0, 93.0)


def test_roof_with_first_flush():
    rain, events = np.full(12, 50.0), np.array([4, 3, 3, 3, 3, 4, 4, 4, 3, 3, 3, 3.0])
    fields = {"type": "rain_harvest", "area": "1 km2", "runoff_coefficient": 0.85, "first_flush": "2 mm"}
    row = source(fields | {"events": events.tolist()}, {"p": rain}, series=RAIN, climate={"rain": "p"})
    assert row.limits["hydrology"].sum() == pytest.approx(44.2)
    tank = fields | {"events": events.tolist(), "tank": "8 mm"}
    held = source(tank, {"p": rain}, series=RAIN, climate={"rain": "p"}).limits["hydrology"]
    np.testing.assert_allclose(held, 0.1 * np.minimum(0.85 * (50 - 2 * events), 8 * events))


def test_rain_harvest_by_capture_share():
    row = source(
        {
            "type": "rain_harvest",
            "area": "80 km2",
            "equipped_share": 0.1,
            "runoff_coefficient": 0.65,
            "capture": 0.3,
        },
        climate={"rain": f"{550 / 365} mm/d"},
    )
    assert row.limits["hydrology"].sum() == pytest.approx(80 * 0.1 * 0.65 * 0.3 * 55)


def test_a_daily_run_counts_wet_days():
    rain = np.zeros(31)
    rain[[3, 10]] = 10.0, 1.0
    row = source(
        {"type": "rain_harvest", "area": "1 km2", "runoff_coefficient": 1.0, "first_flush": "2 mm"},
        {"p": rain}, series=RAIN, climate={"rain": "p"}, time={"start": "2001-01", "end": "2001-01", "step": "day"},
    )  # fmt: skip
    assert row.limits["hydrology"].sum() == pytest.approx(0.8)


def test_reclaimed_water_has_a_use_rate_and_a_season():
    season = [0.6, 0.6, *[1.0] * 9, 0.6]
    fields = {"type": "reclaimed", "capacity": [{"from": 2001, "capacity": "4 万m3/d"}], "recovery": 0.92,
              "use_rate": 0.6, "season": season}  # fmt: skip
    row = source(fields)
    assert isinstance(row, NodeRow) and row.outlet and row.overflow
    np.testing.assert_allclose(row.usable, 0.6)
    np.testing.assert_allclose(row.output_limit, np.array(season) * 0.92 * 4 * DAYS)
    assert source(fields | {"use_rate": 0.95}).usable[0] == pytest.approx(0.92)


def test_sewers_collect_a_part_and_the_rest_is_booked():
    lowered = rows(
        sources={"plant": {"type": "reclaimed", "capacity": "4 万m3/d", "recovery": 0.9, "collection": 0.75}},
        demands={"use": town(network_loss=0.1, returns=[{"to": "plant", "share": 0.8}])},
    )
    returned = dict(lowered.demands[0].returns)
    np.testing.assert_allclose(returned["plant"], 0.9 * 0.8 * 0.75)
    np.testing.assert_allclose(returned["plant_uncollected"], 0.9 * 0.8 * 0.25)
    sink = next(node for node in lowered.nodes if node.id == "plant_uncollected")
    assert sink.outlet and sink.usable[0] == 0.0


def test_a_lagged_plant_is_a_source_bounded_by_the_supply_of_the_step_before():
    lowered = rows(
        sources={"plant": {"type": "reclaimed", "capacity": "4 万m3/d", "recovery": 0.9, "use_rate": 0.6,
                           "collection": 0.8, "lag": 1}},
        demands={"use": town(network_loss=0.1, returns=[{"to": "plant", "share": 0.5}])},
    )  # fmt: skip
    row = lowered.sources[0]
    assert [(name, pytest.approx(share)) for name, share in row.lagged_supply] == [
        ("use", 0.9 * 0.5 * 0.8 * 0.6)
    ]
    assert [name for name, _ in lowered.demands[0].returns] == ["plant_effluent"]


@pytest.mark.parametrize(("feed", "kind"), [("sea", SourceRow), ("links", NodeRow)])
def test_desalination_is_stated_by_its_product(feed, kind):
    row = source({"type": "desalination", "feed": feed, "capacity": "3 万m3/d", "recovery": 0.75,
                  "cost": "4 元/m3", "energy": "2 kWh/m3"})  # fmt: skip
    assert isinstance(row, kind)
    feed_limit = row.limits["conveyance"] if isinstance(row, SourceRow) else row.capacity
    np.testing.assert_allclose(feed_limit, 4.0 * DAYS)
    assert (row.unit_cost, row.energy) == (pytest.approx(3.0), pytest.approx(1.5))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "river_intake", "capacity": "1 m3/s", "floor": "80 m3/s"}, "flow, floor and permitted_share"),
        ({"type": "river_intake", "capacity": "1 m3/s", "plan": {"of": "q", "shares": [0.1] * 12}}, "add up to 1.2"),
        ({"type": "catchment"}, "either runoff or rain_response"),
        ({"type": "rain_harvest", "area": "1 km2", "runoff_coefficient": 0.6}, "either capture or first_flush"),
        ({"type": "transfer", "capacity": "1 m3/s", "months": [1, 1], "allotment": "1 万m3/yr",
          "reset_month": 1}, "given twice"),
        ({"type": "reclaimed", "recovery": 0.9, "capacity": [{"from": 2030, "capacity": "1 万m3/d"},
                                                             {"from": 2025, "capacity": "2 万m3/d"}]}, "of years"),
        ({"type": "reclaimed", "capacity": "1 万m3/d", "recovery": 0.9, "basis": "max_day"}, "peak_factor"),
        ({"type": "aquifer", "area": "1 km2", "specific_yield": 0.05, "initial_depth": "3 m", "floor_depth": "9 m",
          "wells": "1 万m3/d", "tiers": [{"depth": "8 m", "factor": 0.5}, {"depth": "6 m", "factor": 0.8}]},
         "increasing depth"),
        ({"type": "wells"}, "does not match any of the expected tags"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        source(fields)
