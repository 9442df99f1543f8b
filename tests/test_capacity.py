"""Capacities through the public API, against closed forms and against models rebuilt by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests.capacitykit import CAPACITY, HEAD, STUDY, TOWN, town, write
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.binding import critical_start, worths
from waterbal.capacity.judging import trials
from waterbal.capacity.limits import limits, relaxing
from waterbal.capacity.search import STATUS, Options, run
from waterbal.capacity.survey import begin
from waterbal.capacity.trial import Ground
from waterbal.errors import ConfigError, UsageError
from waterbal.report.capacity_tables import tables
from waterbal.report.capacity_verdict import Verdict
from waterbal.report.sheets import measures

QUICK = Demand(options=Options(1e-3, 5, 2), details=False)


def scale(found: xr.Dataset, direction: str, scenario: int = 0) -> float:
    return float(
        found["capacity_scale"].values[scenario, list(found["direction_id"].values).index(direction)]
    )


def status(found: xr.Dataset, direction: str, scenario: int = 0) -> str:
    at = list(found["direction_id"].values).index(direction)
    return STATUS[int(found["capacity_status"].values[scenario, at])]


def test_one_source_two_drivers(tmp_path):
    """4 lambda + 2 = 10, 4 + 2 lambda = 10, 6 lambda = 10."""
    found = assess(town(tmp_path), (), QUICK)
    assert scale(found, "people") == pytest.approx(2.0, abs=1e-3)
    assert scale(found, "production") == pytest.approx(3.0, abs=1e-3)
    assert scale(found, "mix") == pytest.approx(10.0 / 6.0, abs=1e-3)
    assert float(found["capacity_people"][0]) == pytest.approx(80.0, abs=0.1)
    assert float(found["capacity_production"][0]) == pytest.approx(150.0, abs=0.2)
    assert (found["exceedance_probability"].values[0] == 0.0).all()
    for direction in ("people", "production", "mix"):
        assert status(found, direction) == "found"


def test_scaled_drivers_are_a_model_with_those_drivers(tmp_path):
    """The independent judge: the drivers written into the file, and the run's own metrics."""
    path = town(tmp_path)
    found = assess(path, (), QUICK)
    for direction, field, plan in (
        ("people", "demands.homes.people", 40.0),
        ("production", "demands.mill.need", 2.0),
    ):
        unit = "万人" if direction == "people" else "万m3/d"
        for factor, met in ((1.0, True), (1.002, False)):
            value = plan * scale(found, direction) * factor
            balance = waterbal.load(path, [f"{field}={value} {unit}"]).run()
            assert bool((balance["guarantee_state"] == 1).all()) == met


@pytest.mark.parametrize(
    ("storage", "firm"), [(1, 1.5), (2.5, 2.1666667), (4, 2.6666667), (5, 3.0), (7.5, 3.5), (10, 4.0)]
)
def test_firm_yield_of_a_cyclic_record(tmp_path, storage, firm):
    """Loucks and van Beek, table 11.2: the largest draw without failure, the record run eight times."""
    inflow = [1, 3, 3, 5, 8, 6, 7, 2, 1] * 8
    months = [f"{2001 + k // 12}-{k % 12 + 1:02d}-01" for k in range(len(inflow))]
    lines = ["date,inflow,one"] + [f"{m},{q},1" for m, q in zip(months, inflow, strict=True)]
    (tmp_path / "flow.csv").write_text("\n".join(lines) + "\n")
    head = HEAD.replace("end: 2003-12", "end: 2006-12")
    body = f"""\
series:
  inflow: {{file: flow.csv, column: inflow, units: 万m3, kind: volume}}
  one: {{file: flow.csv, column: one, units: 万m3, kind: volume}}
sources: {{river: {{type: catchment, zone: town, runoff: {{series: inflow}}}}}}
stores:
  lake: {{type: reservoir, zone: town, capacity: {storage} 万m3, dead: 0 万m3, value: 1 元/m3,
    shape: {{full_area: 0.01 km2, exponent: 0}}, initial_share: 1, evaporation_factor: 1, seepage: 0 mm/d}}
links: {{direct: {{from: river, to: users}}, into: {{from: river, to: lake}}, out: {{from: lake, to: users}}}}
demands: {{users: {{type: public, zone: town, need: {{series: one}}}}}}
priorities: [{{demands: [users]}}]
capacity:
  drivers: {{people: {{grows: [public], people: 1 万人}}}}
  requirements: {{never: {{of: [public], step_depth: 0}}}}
"""
    found = assess(write(tmp_path, head + body), (), QUICK)
    assert scale(found, "people") == pytest.approx(firm, abs=1e-3)
    assert scale(found, "people") <= firm + 1e-5


@pytest.mark.parametrize(("storage", "firm"), [(20, 5.0), (40, 10.0)])
def test_delivery_window(tmp_path, storage, firm):
    """15 a month from October to May: the yield that storage carries through the summer."""
    head = HEAD.replace("start: 2001-01, end: 2003-12", "start: 2001-10, end: 2005-09")
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    flow = ", ".join(repr(15 / d) if m in (1, 2, 3, 4, 5, 10, 11, 12) else "0" for m, d in enumerate(days, 1))
    need = ", ".join(repr(1 / d) for d in days)
    body = f"""\
sources: {{yangtze: {{type: catchment, zone: town, runoff: {{by_month: [{flow}], unit: 万m3/d}}}}}}
stores:
  basin: {{type: reservoir, zone: town, capacity: {storage} 万m3, dead: 0 万m3, value: 1 元/m3,
    shape: {{full_area: 0.01 km2, exponent: 0}}, initial: 0 万m3, evaporation_factor: 1, seepage: 0 mm/d}}
links: {{direct: {{from: yangtze, to: users}}, into: {{from: yangtze, to: basin}}, out: {{from: basin, to: users}}}}
demands: {{users: {{type: public, zone: town, need: {{by_month: [{need}], unit: 万m3/d}}}}}}
priorities: [{{demands: [users]}}]
capacity:
  drivers: {{people: {{grows: [public], people: 1 万人}}}}
  requirements: {{never: {{of: [public], step_depth: 0}}}}
"""
    found = assess(write(tmp_path, head + body), (), QUICK)
    # February of a leap year has 29/28 of the water of the others, needs included
    assert scale(found, "people") == pytest.approx(firm, abs=2e-3)


def test_limits_that_are_not_water(tmp_path):
    more = (
        CAPACITY
        + """\
    city: {name: {zh: 建成区, en: built land}, grows: [green], area: 30 km2}
  limits:
    built: {name: {zh: 建设用地, en: built land}, driver: city, at_most: 60}
    density: {name: {zh: 密度, en: density}, driver: people, per: city, at_most: 1.5}
    floor: {name: {zh: 底线, en: floor}, driver: production, at_least: 20}
"""
    )
    body = TOWN.replace("priorities: [{demands: [homes]}, {demands: [mill]}]", "").replace(
        "links:\n", "links:\n  river_park: {from: river, to: park}\n"
    ) + """\
  park: {type: green, zone: town, need: 0.1 万m3/d, guarantee: 0.5}
priorities: [{demands: [homes]}, {demands: [mill]}, {demands: [park]}]
"""  # fmt: skip
    found = assess(town(tmp_path, more, body), (), QUICK)
    assert status(found, "people") == "limited"
    assert scale(found, "people") == pytest.approx(45.0 / 40.0)  # 1.5 x 30 km2
    assert status(found, "city") == "limited"
    assert scale(found, "city") == 2.0
    at = [list(found["direction_id"].values).index(d) for d in ("people", "city")]
    assert [str(found["binding_limit_id"].values[0, k]) for k in at] == ["density", "built"]
    assert found["capacity_fails"].values[0, at[0]] != found["capacity_fails"].values[0, at[0]]


@pytest.mark.parametrize(
    ("limit", "base", "more"),
    [
        ("{driver: people, at_most: 60}", 1.5, 0.015),
        ("{driver: people, per: production, at_most: 1}", 50 / 40, 0.0125),
        ("{driver: production, per: people, at_least: 1.2}", 50 / 48, 50 / 48 / 0.99 - 50 / 48),
        ("{driver: production, at_least: 20}", 2.0, 0.0),  # does not bound people
    ],
)
def test_one_percent_of_a_limit_that_is_not_water_is_in_the_ranking(tmp_path, limit, base, more):
    """People are 40 x scale, production 50; the river carries twice the people."""
    text = CAPACITY + "  limits: {own: {name: {zh: 限, en: own limit}, " + limit[1:] + "}\n"
    told = assess(town(tmp_path, text), (), Demand(options=Options(1e-3, 3, 1), focus="people"))
    worth = dict(zip(told["limit_id"].values.tolist(), told["limit_worth"].values.tolist(), strict=True))
    names = dict(zip(told["limit_id"].values.tolist(), told["limit_name_zh"].values.tolist(), strict=True))
    (id,) = (id for id in worth if id.startswith("capacity.limits.own."))
    assert scale(told, "people") == pytest.approx(base, abs=1e-3)
    assert worth[id] == pytest.approx(more, abs=2e-4)
    assert names[id] == "限"
    if more:  # then more water is worth nothing
        assert worth.get("sources.river.conveyance", 0.0) == 0.0


def test_a_yearly_failure_is_dated_by_its_shortage_and_what_binds_next_by_all_that_led_to_it(tmp_path):
    """A lake drawn down from the second summer on is short in May of the third year and full again in December."""
    inflow = np.tile([8.0, 8, 8, 8, 8, 30, 40, 30, 8, 8, 8, 8], 6)
    inflow[18:29] = 4.0
    months = [f"{2001 + k // 12}-{k % 12 + 1:02d}-01" for k in range(inflow.size)]
    lines = ["date,inflow,ten", *(f"{month},{q},10" for month, q in zip(months, inflow, strict=True))]
    (tmp_path / "flow.csv").write_text("\n".join(lines) + "\n")
    body = """\
series:
  inflow: {file: flow.csv, column: inflow, units: 万m3, kind: volume}
  ten: {file: flow.csv, column: ten, units: 万m3, kind: volume}
sources:
  river: {type: catchment, zone: town, runoff: {series: inflow}}
  spring: {type: river_intake, capacity: 0.001 万m3/d}
stores:
  lake: {type: reservoir, zone: town, capacity: 60 万m3, dead: 0 万m3, value: 1 元/m3,
    shape: {full_area: 0.01 km2, exponent: 0}, initial_share: 1, evaporation_factor: 1, seepage: 0 mm/d}
links:
  into: {from: river, to: lake}
  out: {from: lake, to: users}
  pipe: {from: spring, to: users}
demands: {users: {type: public, zone: town, need: {series: ten}, guarantee: 0.8}}
priorities: [{demands: [users]}]
capacity: {drivers: {people: {grows: [public], people: 1 万人}}}
"""
    path = write(tmp_path, HEAD.replace("end: 2003-12", "end: 2006-12") + body)
    write(
        tmp_path,
        STUDY.split("axes:")[0]
        + """\
axes: {lake: {name: {zh: 水库, en: lake}, values: {now: {}}}}
baseline: {lake: now}
measures:
  spring: {name: {zh: 泉, en: spring}, set: {sources.spring.capacity: 0.002 万m3/d}, cost: 10 万元/yr}
""",
        "study.yaml",
    )
    told = assess(path, (), Demand(options=Options(1e-4, 3, 1)))
    known = json.loads(told.attrs["first_failure"])
    # a bucket by the month, independently: full until July 2002, empty in the month that the failure is dated by
    need = 10.0 * float(told["capacity_fails"][0, 0])
    spring = 0.001 * np.array(
        [
            (np.datetime64(months[k][:7]) + 1).astype("datetime64[D]") - np.datetime64(months[k])
            for k in range(inflow.size)
        ]
    ).astype(float)
    kept, short, full = 60.0, -1, -1
    for k, q in enumerate(inflow):
        kept = min(kept + q + spring[k] - need, 60.0)
        if kept < 0.0:
            short = k
            break
        full = k if kept > 60.0 * 0.999 else full
    assert (known["date"], known["critical_from"]) == (months[short], months[full + 1])
    assert not months[short].endswith("12-01") and known["critical_months"] == short - full
    assert str(told["binding_date_id"].values[0, 0]) == months[short]
    # with one cheap measure taken, what is told to bind next is what is worth most by the ranking of all limits
    relief = assess(tmp_path / "study.yaml", (), Demand(options=Options(1e-4, 3, 1), next_limits=1))
    after = assess(path, ["sources.spring.capacity=0.002 万m3/d"], Demand(options=Options(1e-4, 3, 1)))
    worth = dict(zip(after["limit_id"].values.tolist(), after["limit_worth"].values.tolist(), strict=True))
    able = {path: value for path, value in worth.items() if not path.endswith("hydrology")}
    assert (
        str(relief["relief_next_limit_id"].values[0])
        == max(able, key=able.__getitem__)
        == "stores.lake.capacity"
    )


def test_groundwater_level_and_receiving_water(tmp_path):
    """20 a day may be pumped until the table falls too deep; effluent is diluted by 100 a day."""
    body = """\
sources:
  wells: {type: aquifer, zone: town, area: 100 km2, wells: 20 万m3/d, specific_yield: 0.1, initial_depth: 3 m,
    floor_depth: 40 m, lateral_inflow: 1095 万m3/yr, rain_recharge: 0, phreatic_factor: 0, extinction_depth: 1 m}
links: {pipe: {from: wells, to: homes}}
works: {drain: {type: wastewater, zone: town, capacity: 100 万m3/d, recovery: 1}}
demands:
  homes: {type: residential, zone: town, people: 10 万人, norm: 100 L/(person d), returns: [{to: drain, share: 0.5}]}
priorities: [{demands: [homes]}]
capacity:
  drivers: {people: {grows: [residential]}}
"""
    level = "  groundwater: {wells: {deepest: 5 m}}\n"
    water = """\
  receiving_waters:
    ditch: {design_flow: 2 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3, inflows: {drain: 0.05 kg/m3},
      untreated: {drain: 0.3 kg/m3}}
"""
    # 100 km2 x 0.1 = 1000 (1e4 m3/m): two metres are 2000 over 1095 days beyond the inflow of 3 a day
    found = assess(write(tmp_path, HEAD + body + level), (), QUICK)
    days = 3 * 365
    assert scale(found, "people") == pytest.approx(3.0 + 2000.0 / days, abs=2e-3)
    details = Demand(options=Options(1e-3, 3, 1), focus="people")
    found = assess(tmp_path / "model.yaml", (), details)
    worth = dict(zip(found["limit_id"].values.tolist(), found["limit_worth"].values.tolist(), strict=True))
    assert worth["capacity.groundwater.wells.deepest"] == pytest.approx(
        0.05 * 1000 / days, abs=2e-3
    )  # 5 cm more
    assert json.loads(found.attrs["first_failure"])["name_en"] == "wells"
    assert any(line.startswith("先破坏：wells地下水埋深，") for line in Verdict(found, "zh").lines())
    # q (0.05 - 0.03) <= 2 (0.03 - 0.01): q = 2 a day, half of what is used
    found = assess(write(tmp_path, HEAD + body + water), (), QUICK)
    assert scale(found, "people") == pytest.approx(4.0, abs=1e-3)
    found = assess(tmp_path / "model.yaml", (), details)
    worth = dict(zip(found["limit_id"].values.tolist(), found["limit_worth"].values.tolist(), strict=True))
    assert worth["capacity.receiving_waters.ditch.load"] == pytest.approx(
        0.04, abs=2e-4
    )  # 1 % of what may be discharged


@pytest.mark.parametrize(
    ("capacity", "carried"),
    [(1.0, (0.04 + 0.25 * 1.0) / (0.27 * 0.5)), (1.5, (0.04 + 0.25 * 1.5) / 0.135), (2.5, 4.0)],
)
def test_what_by_passes_the_works_is_load_at_its_own_content(tmp_path, capacity, carried):
    """(q - k) (0.3 - 0.03) + k (0.05 - 0.03) <= 2 (0.03 - 0.01) with q = s / 2: smaller works carry less, not more."""
    body = f"""\
sources: {{river: {{type: river_intake, capacity: 100 万m3/d}}}}
links: {{pipe: {{from: river, to: homes}}}}
works: {{drain: {{type: wastewater, zone: town, capacity: {capacity} 万m3/d, recovery: 1}}}}
demands:
  homes:
    {{type: residential, zone: town, people: 10 万人, norm: 100 L/(person d), guarantee: 0.7,
      returns: [{{to: drain, share: 0.5}}]}}
priorities: [{{demands: [homes]}}]
capacity:
  drivers: {{people: {{grows: [residential]}}}}
  receiving_waters:
    ditch: {{design_flow: 2 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3, inflows: {{drain: 0.05 kg/m3}},
      untreated: {{drain: 0.3 kg/m3}}}}
"""
    asked = Demand(options=Options(1e-3, 5, 2), details=False, extras=("bound",), focus="people")
    found = assess(write(tmp_path, HEAD + body), (), asked)
    assert scale(found, "people") == pytest.approx(carried, abs=1e-3)
    assert float(found["bound_scale"]) >= scale(found, "people") - 1e-3
    if capacity < 2.0:  # a small by-pass is bounded closely by the chord of what is treated
        assert float(found["bound_scale"]) < 8.0
    conditions = json.loads(found.attrs["capacity_conditions"])
    assert "untreated by-pass of drain 300 mg/L" in json.dumps(conditions, ensure_ascii=False)


def test_works_without_the_content_of_their_by_pass_are_refused(tmp_path):
    body = """\
sources:
  river: {type: river_intake, capacity: 100 万m3/d}
  plant: {type: reclaimed, zone: town, capacity: 100 万m3/d, recovery: 1}
links: {pipe: {from: river, to: homes}, reused: {from: plant, to: homes}}
demands:
  homes: {type: residential, zone: town, people: 10 万人, norm: 100 L/(person d), returns: [{to: plant, share: 0.5}]}
priorities: [{demands: [homes]}]
capacity:
  drivers: {people: {grows: [residential]}}
  receiving_waters:
    ditch: {design_flow: 2 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3, inflows: {plant: 0.05 kg/m3},
      untreated: {plnt: 0.3 kg/m3}}
"""
    with pytest.raises(ConfigError) as error:
        assess(write(tmp_path, HEAD + body), (), QUICK)
    missing, unknown = sorted(error.value.issues, key=lambda issue: issue.line)
    assert missing.where.endswith("receiving_waters.ditch.inflows.plant")
    assert "concentration is missing" in missing.message
    assert unknown.where.endswith("untreated.plnt")
    assert unknown.nearest == "plant"


def test_reuse_lowers_the_load_and_is_counted_on_both_sides(tmp_path):
    body = """\
sources:
  river: {type: river_intake, capacity: 100 万m3/d}
  plant: {type: reclaimed, zone: town, capacity: 100 万m3/d, recovery: 1}
links: {pipe: {from: river, to: homes}, reused: {from: plant, to: mill}}
demands:
  homes: {type: residential, zone: town, people: 10 万人, norm: 100 L/(person d), returns: [{to: plant, share: 0.5}]}
  mill: {type: industry, zone: town, need: 0.4 万m3/d}
priorities: [{demands: [homes]}, {demands: [mill]}]
capacity:
  drivers: {people: {grows: [residential]}}
  receiving_waters:
    ditch: {design_flow: 2 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3, inflows: {plant: 0.05 kg/m3},
      untreated: {plant: 0.3 kg/m3}}
"""
    found = assess(write(tmp_path, HEAD + body), (), QUICK)
    assert scale(found, "people") == pytest.approx((2.0 + 0.4) / 0.5, abs=2e-3)


def test_limits_that_contradict_each_other_carry_nothing(tmp_path):
    """A floor above the roof, and a limit on something that does not grow along a direction."""
    more = CAPACITY + "  limits: {f: {driver: people, at_least: 50}, r: {driver: people, at_most: 45}}\n"
    found = assess(town(tmp_path, more), (), QUICK)
    for direction in ("people", "production", "mix"):
        assert status(found, direction) == "infeasible_at_zero"
        assert np.isnan(scale(found, direction))


def test_load_limits_do_not_depend_on_the_size_of_other_needs(tmp_path):
    """q (0.0015 - 0.001) <= 0.2 (0.001 - 0.0005): q = 0.2 a day, twice the plan, however much others take."""
    for other in (1, 3000):
        body = f"""\
sources: {{river: {{type: river_intake, capacity: 9000 万m3/d}}}}
links: {{pipe: {{from: river, to: homes}}, canal: {{from: river, to: mill}}}}
works: {{drain: {{type: wastewater, zone: town, capacity: 100 万m3/d, recovery: 1}}}}
demands:
  homes: {{type: residential, zone: town, people: 2 万人, norm: 100 L/(person d), returns: [{{to: drain, share: 0.5}}]}}
  mill: {{type: industry, zone: town, need: {other} 万m3/d}}
priorities: [{{demands: [homes]}}, {{demands: [mill]}}]
capacity:
  drivers: {{people: {{grows: [residential]}}}}
  receiving_waters:
    ditch: {{design_flow: 0.2 万m3/d, background: 0.0005 kg/m3, standard: 0.001 kg/m3,
      inflows: {{drain: 0.0015 kg/m3}},
      untreated: {{drain: 0.3 kg/m3}}}}
"""
        found = assess(write(tmp_path, HEAD + body), (), QUICK)
        assert scale(found, "people") == pytest.approx(2.0, abs=2e-3)


def test_probability_is_of_what_counts_along_the_direction(tmp_path):
    more = CAPACITY + "  directions: {first: {along: {people: 1}, judged_by: [residential]}}\n"
    body = TOWN.replace("capacity: 10 万m3/d", "capacity: 5 万m3/d")
    found = assess(town(tmp_path, more, body), (), QUICK)
    at = list(found["direction_id"].values).index
    values = found["exceedance_probability"].values[0]
    assert values[at("mix")] == 1.0
    assert values[at("first")] == 0.0
    assert scale(found, "first") == pytest.approx(1.25, abs=1e-3)


def test_scenarios_may_require_different_things(tmp_path):
    town(tmp_path)
    study = write(
        tmp_path, STUDY.replace("half: {set: {", "half: {set: {demands.homes.guarantee: 0, "), "study.yaml"
    )
    found = assess(study, (), QUICK)
    ids = found["binding_requirement_id"].values
    assert str(ids[0, 0]) == "demands.homes.guarantee" or str(ids[0, 0]) == "demands.mill.guarantee"
    assert set(map(str, ids[1])) == {"demands.mill.guarantee"}


def test_a_warm_up_tells_scenarios_apart(tmp_path):
    town(tmp_path)
    study = write(
        tmp_path, STUDY.replace("same: {set: {", "same: {set: {time.warm_up: 1 years, "), "study.yaml"
    )
    found = assess(study, (), QUICK)
    assert [str(same) for same in found["same_as_id"].values] == ["", "", ""]


def test_a_measure_that_changes_the_plan_is_refused(tmp_path):
    town(tmp_path)
    study = write(
        tmp_path, STUDY.replace("demands.homes.norm: 0.8", "demands.homes.people: 0.8"), "study.yaml"
    )
    with pytest.raises(UsageError, match="changes the plan of people"):
        assess(study, (), Demand(options=Options(1e-3, 0, 0)))


def test_a_quota_is_relaxed_with_the_plans_that_share_it_out(tmp_path):
    even = ", ".join(["0.08333333333333333"] * 12)
    body = (
        TOWN.replace(
            "{type: river_intake, capacity: 10 万m3/d}",
            f"{{type: river_intake, capacity: 100 万m3/d, plan: {{of: permit, shares: [{even}]}}}}",
        )
        + "quotas: {permit: {of: [river], volume: 3650 万m3/yr, reset_month: 1}}\n"
    )
    told = assess(town(tmp_path, body=body), (), Demand(options=Options(1e-3, 2, 1), focus="people"))
    worth = dict(zip(told["limit_id"].values, told["limit_worth"].values, strict=True))
    assert worth["quotas.permit.volume"] > 0.02


def test_direction_judged_by_some_leaves_the_rest_what_is_left(tmp_path):
    more = (
        CAPACITY
        + """\
  directions:
    first: {name: {zh: 先保生活, en: homes first}, along: {people: 1}, judged_by: [residential]}
    two: {along: {people: 1, production: 0.5}}
"""
    )
    found = assess(town(tmp_path, more), (), QUICK)
    assert scale(found, "first") == pytest.approx(2.5, abs=1e-3)  # 10 / 4
    assert scale(found, "two") == pytest.approx(2.0, abs=1e-3)  # 4 s + s = 10


@pytest.mark.parametrize(("growth", "through"), [((2, 1), False), ((2, 2), True)])
def test_a_direction_in_other_proportions_is_not_set_against_the_plan(tmp_path, growth, through):
    """5.5 carry 4 s + 2 s / 2 = 5.5 at s = 1.1, but not the plan, which needs 6; equal growth of 2 is growth of 1."""
    people, production = growth
    more = CAPACITY + f"  directions: {{two: {{along: {{people: {people}, production: {production}}}}}}}\n"
    body = TOWN.replace("capacity: 10 万m3/d", "capacity: 5.5 万m3/d")
    asked = Demand(
        realizations=1,
        directions=("two",),
        focus="two",
        extras=("risk",),
        options=Options(1e-3, 5, 2),
        details=False,
    )
    found = assess(town(tmp_path, more, body), (), asked)
    assert scale(found, "two") == pytest.approx(5.5 / 6 if through else 1.1, abs=1e-3)
    assert float(
        found["capacity_amount"].sel(driver=found["driver_id"] == "production").squeeze()
    ) == pytest.approx(50 * (5.5 / 6 if through else 0.55), rel=2e-3)
    assert float(found["exceedance_probability"].values[0, 0]) == 1.0
    assert float(found["risk_exceedance"].values[0]) == 1.0
    assert int(found["risk_exceedance_disagree"].values[0]) == (0 if through else -1)
    told = Verdict(found, "en")
    room = told.plan.headroom(0, 0, told.scale(0, 0), exact=False)
    assert room == ("-8.4 %" if through else "the plan is not along it")
    assert any("people 1, production 0.5" in line for line in told.lead()) != through


def test_a_guarantee_beyond_the_sample_is_refused_with_the_years_it_takes(tmp_path):
    path = town(tmp_path, body=TOWN.replace("guarantee: 0.7}\n  mill", "guarantee: 0.95}\n  mill"))
    with pytest.raises(ConfigError) as error:
        assess(path, (), QUICK)
    (issue,) = error.value.issues
    assert issue.where == "demands.homes.guarantee"
    assert "3 years without failure support at most 0.75" in issue.message
    assert "19 years" in issue.expected
    assert issue.line > 0


@pytest.mark.parametrize(("start", "end"), [("2001-01", "2001-06"), ("2001-04", "2002-03")])
def test_a_record_without_a_complete_year_is_refused(tmp_path, start, end):
    """Nothing could be missed in it, so that everything seemed to be carried without bounds."""
    head = HEAD.replace("start: 2001-01, end: 2003-12", f"start: {start}, end: {end}")
    path = town(tmp_path, head=head)
    with pytest.raises(ConfigError) as error:
        assess(path, (), QUICK)
    (issue,) = error.value.issues
    assert issue.where == "time"
    assert issue.line > 0
    assert "no complete calendar year" in issue.message
    by_steps = TOWN.replace("guarantee: 0.7", "guarantee: 0")
    steps = CAPACITY + "  requirements: {all: {of: [residential, industry], step: 0.7}}\n"
    found = assess(town(tmp_path, steps, by_steps, head), (), QUICK)
    assert scale(found, "people") == pytest.approx(2.0, abs=1e-3)  # steps are judged without a year


def test_no_probability_where_a_record_alone_is_too_short(tmp_path):
    """Ten years support 0.909; three such records support 0.95 together, but none alone."""
    from waterbal import starter

    starter.copy(tmp_path / "city")
    path = tmp_path / "city" / "scenarios.yaml"
    only = ("horizon=2030,works=as_is,saving=none,climate=record",)
    asked = Demand(
        realizations=3, only=only, directions=("land",), options=Options(1e-2, 0, 0), details=False
    )
    known = assess(path, (), asked)
    assert np.isfinite(known["exceedance_probability"].values).all()
    strict = assess(path, ["demands.households.guarantee=0.95"], asked)
    assert np.isnan(strict["exceedance_probability"].values).all()
    assert np.isfinite(strict["capacity_scale"].values).all()


def test_infeasible_without_growth_and_unbounded_are_no_numbers(tmp_path):
    short = town(tmp_path, body=TOWN.replace("capacity: 10 万m3/d", "capacity: 1.5 万m3/d"))
    found = assess(short, (), QUICK)
    assert status(found, "people") == "infeasible_at_zero"
    assert np.isnan(scale(found, "people"))
    assert np.isnan(found["capacity_people"].values[0])
    assert (found["exceedance_probability"].values[0] == 1.0).all()
    dry = TOWN.replace("need: 2 万m3/d", "need: 0 万m3/d")
    found = assess(town(tmp_path, body=dry), (), QUICK)
    assert status(found, "production") == "unbounded"
    assert np.isnan(scale(found, "production"))


def test_naive_formula_beside_the_simulation(tmp_path):
    """Available over needed at plan: a river of 4.5 or 10 for needs of 6."""
    for river in (4.5, 10.0):
        path = town(tmp_path, body=TOWN.replace("capacity: 10 万m3/d", f"capacity: {river} 万m3/d"))
        found = assess(path, (), QUICK)
        assert float(found["naive_scale"][0]) == pytest.approx(river / 6.0)
        assert float(found["mean_need"][0]) == pytest.approx(6.0 * 365.2425, rel=1e-3)
        assert scale(found, "mix") == pytest.approx(river / 6.0, abs=1e-3)


@pytest.mark.parametrize(("river", "naive"), [(30.0, 5.0), (600.0, 100.0), (1e6, np.inf)])
def test_the_naive_formula_ends_where_the_water_does_not_at_a_multiple_of_the_plan(tmp_path, river, naive):
    path = town(tmp_path, body=TOWN.replace("capacity: 10 万m3/d", f"capacity: {river} 万m3/d"))
    assert float(assess(path, (), QUICK)["naive_scale"][0]) == pytest.approx(naive)


def test_worth_of_limits_and_what_fails_first(tmp_path):
    case = waterbal.load(town(tmp_path))
    ground = Ground(case, 1)
    found = run([begin(ground, "people")], trials(ground), Options(1e-3, 3, 1))[0]
    all_limits = {limit.path: limit for limit in limits(case.rows())}
    assert "sources.river.conveyance" in all_limits
    (worth,) = worths(ground, "people", found, [all_limits["sources.river.conveyance"]])
    assert worth.change == pytest.approx(0.1 / 4.0, abs=2e-4)  # 1 % of 10 over 4 a day
    relaxed = relaxing(all_limits["sources.river.conveyance"], 0.01)(case.rows())
    assert relaxed.sources[0].limits["conveyance"][0] == pytest.approx(
        1.01 * case.rows().sources[0].limits["conveyance"][0]
    )
    told = assess(town(tmp_path), (), Demand(options=Options(1e-3, 3, 1), focus="people"))
    known = json.loads(told.attrs["first_failure"])
    assert known["sector"] in ("residential", "industry")
    assert list(told["limit_id"].values) == ["sources.river.conveyance"]


def test_more_of_a_limit_never_carries_less_where_no_rule_makes_it(tmp_path):
    base = scale(assess(town(tmp_path), (), QUICK), "mix")
    for more in ("sources.river.capacity=11 万m3/d", "links.river_mill.capacity=50 万m3/d"):
        assert scale(assess(town(tmp_path), [more], QUICK), "mix") >= base - 1e-3


def test_scenarios_alike_but_for_a_factor_of_two_are_not_the_same(tmp_path):
    """Needs and capacities twice as large beside a receiving water that is not: (0.5 x 4 k - 0.4) 0.02 <= 6 x 0.02.

    The tables of both are the same numbers in units that differ by two.
    """
    body = """\
sources:
  river: {type: river_intake, capacity: 100 万m3/d}
  plant: {type: reclaimed, zone: town, capacity: 100 万m3/d, recovery: 1}
links: {pipe: {from: river, to: homes}, reused: {from: plant, to: mill}}
demands:
  homes: {type: residential, zone: town, people: 40 万人, norm: 100 L/(person d), returns: [{to: plant, share: 0.5}]}
  mill: {type: industry, zone: town, need: 0.4 万m3/d}
priorities: [{demands: [homes]}, {demands: [mill]}]
capacity:
  drivers: {people: {grows: [residential]}}
  receiving_waters:
    ditch: {design_flow: 6 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3, inflows: {plant: 0.05 kg/m3},
      untreated: {plant: 0.3 kg/m3}}
"""
    write(tmp_path, HEAD + body)
    larger = (
        "demands.homes.norm: 200 L/(person d), demands.mill.need: 0.8 万m3/d, "
        "sources.river.capacity: 200 万m3/d, sources.plant.capacity: 200 万m3/d"
    )
    axes = f"axes: {{use: {{values: {{low: {{}}, high: {{set: {{{larger}}}}}}}}}}}\nbaseline: {{use: low}}\n"
    study = write(tmp_path, STUDY[: STUDY.index("axes:")] + axes, "study.yaml")
    found = assess(study, (), QUICK)
    assert scale(found, "people", 0) == pytest.approx(3.2, abs=1e-3)
    assert scale(found, "people", 1) == pytest.approx(1.7, abs=1e-3)


def bounded(folder, realizations: int, *rates: tuple[str, str]) -> xr.Dataset:
    """The town on a river that is drawn, three years at a time, with other guarantee rates, and its bound."""
    tables = [", ".join([value] * 12) for value in ("2.0", "0.3", "0.5")]
    series = (
        "series: {{flow: {{kind: seasonal_lognormal, mu: [{}], sd: [{}], r: [{}], units: m3/s, seed: 11}}}}\n"
    )
    river = "{river: {type: catchment, zone: town, runoff: {series: flow}}}"
    body = TOWN.replace("{river: {type: river_intake, capacity: 10 万m3/d}}", river)
    for old, new in rates:
        body = body.replace(old, new)
    asked = Demand(
        realizations=realizations, options=Options(1e-3, 3, 1), details=False, extras=("bound",), focus="mix"
    )
    return assess(town(folder, body=series.format(*tables) + body), (), asked)


def test_a_record_too_short_for_a_rate_is_bounded_without_a_miss(tmp_path):
    """Three years support no rate of 0.85: judged by itself, simulated and bounded, such a record may miss nothing."""
    found = bounded(
        tmp_path, 8, ("norm: 100 L/(person d), guarantee: 0.7", "norm: 100 L/(person d), guarantee: 0.85")
    )
    assert scale(found, "mix") > 1.0  # 24 years together do support it
    assert 0.0 < float(found["bound_simulated"]) <= float(found["bound_scale"]) + 1e-3


def test_the_bound_of_one_of_many_records_is_not_that_of_a_record_that_may_miss_every_year(tmp_path):
    """Ninety years together may miss 17 at 0.8, more than a record has. Without a store, foresight is worth nothing."""
    found = bounded(tmp_path, 30, ("guarantee: 0.7", "guarantee: 0.8"))
    assert float(found["bound_simulated"]) < scale(found, "mix")  # all together may miss years of this record
    assert float(found["bound_scale"]) == pytest.approx(float(found["bound_simulated"]), rel=2e-3)


def test_study_relief_portfolio_and_scenarios_of_the_same_numbers(tmp_path):
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-3, 3, 1), focus="people", budget=400.0))
    assert scale(found, "people", 0) == pytest.approx(2.0, abs=1e-3)
    assert scale(found, "people", 1) == pytest.approx(0.75, abs=1e-3)
    assert scale(found, "people", 2) == scale(found, "people", 0)
    assert str(found["same_as_id"].values[2]) == str(found["scenario_id"].values[0])
    change = dict(zip(found["measure_id"].values, found["relief_change"].values, strict=True))
    assert change["saving"] == pytest.approx(0.5, abs=2e-3)  # 8 / 3.2 - 2
    assert change["gate"] == pytest.approx(0.5, abs=2e-3)  # 10 / 4 - 2
    assert change["nothing"] == 0.0
    assert [str(m) for m in found["measure_id"].values] == [
        "saving",
        "gate",
        "nothing",
    ]  # most per cost first
    portfolio = json.loads(found.attrs["portfolio"])
    assert set(portfolio["measures"]) == {"saving", "gate"}
    assert portfolio["change"] == pytest.approx(10.0 / 3.2 - 2.0, abs=2e-3)
    assert portfolio["exhaustive"]
    assert portfolio["next"] in ("demands.homes.guarantee", "demands.mill.guarantee")


def test_what_is_required_and_there_already_is_not_paid_again(tmp_path):
    """A second gate requires the first, which the scenario has: it costs its own 60, and the budget buys it."""
    town(tmp_path)
    second = (
        "second: {times: {sources.river.capacity: 1.2}, cost: 60 万元/yr, lead_years: 1, requires: [gate]}"
    )
    text = STUDY.replace("\nmeasures:\n", f"\nmeasures:\n  {second}\n")
    text = text.replace("full: {}", "full: {set: {sources.river.capacity: 12 万m3/d}}")
    study = write(tmp_path, text, "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-3, 3, 1), focus="people", budget=90.0))
    at = [str(name) for name in found["measure_id"].values].index("second")
    assert float(found["relief_cost"][at]) == 60.0
    assert float(found["relief_lead_time"][at]) == 1.0
    assert float(found["relief_change"][at]) == pytest.approx(0.2 * 12 / 4, abs=2e-3)
    assert json.loads(found.attrs["portfolio"])["measures"] == ["second"]
    half = assess(study, (), Demand(options=Options(1e-3, 3, 1), focus="people", only=("river=half",)))
    at = [str(name) for name in half["measure_id"].values].index("gate+second")
    assert float(half["relief_cost"][at]) == 360.0


def test_a_change_smaller_than_the_search_can_tell_is_no_effect(tmp_path):
    town(tmp_path)
    sliver = "\n  sliver: {times: {sources.river.capacity: 1.00035}, cost: 1 万元/yr}\n"
    study = write(tmp_path, STUDY.replace("\nmeasures:\n", "\nmeasures:" + sliver, 1), "study.yaml")
    for tolerance, told in ((1e-3, 0.0), (1e-5, 0.0035 / 4.0)):  # 0.035 % of 10, over 4 a day
        found = assess(study, (), Demand(options=Options(tolerance, 3, 1), focus="people"))
        change = dict(zip(found["measure_id"].values, found["relief_change"].values, strict=True))
        assert change["sliver"] == pytest.approx(told, abs=2e-5 if told else 0.0)


def test_of_sets_that_carry_the_same_the_cheapest_is_best(tmp_path):
    town(tmp_path)
    sliver = "\n  sliver: {times: {sources.river.capacity: 1.00035}, cost: 1 万元/yr}\n"
    study = write(tmp_path, STUDY.replace("\nmeasures:\n", "\nmeasures:" + sliver, 1), "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-3, 3, 1), focus="people", budget=120.0))
    portfolio = json.loads(found.attrs["portfolio"])
    assert portfolio["measures"] == ["saving"] and portfolio["change"] == pytest.approx(0.5, abs=2e-3)


def test_a_measure_that_is_there_already_is_told_apart_from_one_without_effect(tmp_path):
    town(tmp_path)
    there = (
        "  there: {name: {zh: 已有, en: there}, set: {sources.river.capacity: 10 万m3/d}, cost: 10 万元/yr}\n"
    )
    study = write(tmp_path, STUDY + there, "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-2, 0, 0), focus="people"))
    present = dict(zip(found["measure_id"].values, found["relief_present"].values, strict=True))
    assert present == {"saving": 0, "gate": 0, "nothing": 0, "there": 1}
    table = next(t for t in tables(Verdict(found, "en")) if str(t.title).startswith("Relief"))
    cells = {row[0]: row for row in zip(*(column.cells for column in table.columns), strict=True)}
    assert cells["there"][1:] == ("in the scenario already", "", "", "", "")
    assert cells["useless"][1] == "no effect alone"
    filed = {row.cells[1].en: row.cells for row in measures.sheet([found]).rows}
    assert (filed["there"][2], filed["there"][-1].en) == (None, "in the scenario already")


def test_a_measure_without_a_cost_is_said_to_be_left_out_of_the_portfolio(tmp_path):
    from waterbal.report.capacity import portfolio

    town(tmp_path)
    study = write(tmp_path, STUDY.replace(", cost: 300 万元/yr", ""), "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-2, 0, 0), focus="people", budget=400.0))
    assert json.loads(found.attrs["portfolio"])["unpriced"] == ["gate"]
    for language, words in (
        ("en", "left out for want of a cost: larger gate"),
        ("zh", "未给出费用而未计入：扩闸"),
    ):
        assert words in portfolio(Verdict(found, language))[0]


def test_a_factor_that_the_scenario_has_is_not_applied_twice(tmp_path):
    """The norm is 0.8 of 100 L in the scenario; the measure is the same 0.8, and carries nothing more."""
    town(tmp_path)
    text = STUDY.replace("full: {}", "full: {times: {demands.homes.norm: 0.8}}")
    found = assess(
        write(tmp_path, text, "study.yaml"), (), Demand(options=Options(1e-2, 0, 0), focus="people")
    )
    at = list(found["measure_id"].values).index("saving")
    assert scale(found, "people") == pytest.approx(2.5, abs=1e-2)
    assert (int(found["relief_present"][at]), float(found["relief_change"][at])) == (1, 0.0)


def test_factors_of_measures_do_not_undo_each_other(tmp_path):
    """What the scenario has stays so beside another factor, in any order, and where it is one part of a measure."""
    town(tmp_path)
    both = "times: {demands.homes.norm: 0.8, sources.river.capacity: 0.5}"
    more = f"  taps: {{times: {{demands.homes.norm: 0.9}}}}\n  half: {{{both}}}\n"
    text = STUDY.replace("full: {}", "full: {times: {demands.homes.norm: 0.8}}").replace(
        "\nmeasures:\n", f"\nmeasures:\n{more}"
    )
    study = waterbal.scenarios.study.load(write(tmp_path, text, "study.yaml"), ())

    def norm(*names: str) -> float:
        return float(study.loaded(0, names).model.demands["homes"].norm.scalar())

    assert norm("taps", "saving") == norm("saving", "taps") == pytest.approx(0.9 * norm())
    assert norm("half") == norm()
    river = study.loaded(0, ["half"]).model.sources["river"]
    assert river.capacity.scalar() == pytest.approx(5.0)


def test_a_measure_that_another_took_back_is_made_again(tmp_path):
    """A balance that begins with the present norm ends with the saving that the scenario has."""
    town(tmp_path)
    text = STUDY.replace("full: {}", "full: {times: {demands.homes.norm: 0.8}}").replace(
        "\nmeasures:\n", "\nmeasures:\n  back: {set: {demands.homes.norm: 100 L/(person d)}}\n"
    )
    study = waterbal.scenarios.study.load(write(tmp_path, text, "study.yaml"), ())

    def norm(*names: str) -> float:
        return float(study.loaded(0, names).model.demands["homes"].norm.scalar())

    plain = norm()
    assert norm("saving") == plain
    assert norm("back") == pytest.approx(plain / 0.8)
    assert norm("back", "saving") == pytest.approx(plain)


def test_works_that_help_only_together_are_found_among_many_sets(tmp_path):
    """A gate and a permit carry nothing alone; ten measures make more sets within the budget than are all tried."""
    body = TOWN + "quotas: {permit: {of: [river], volume: 3650 万m3/yr, reset_month: 1}}\n"
    town(tmp_path, body=body)
    many = "".join(
        f"  save{k}: {{times: {{demands.homes.norm: {1 - 0.002 * (k + 1)}}}, cost: 10 万元/yr}}\n"
        for k in range(9)
    )
    works = (
        "  gate: {set: {sources.river.capacity: 20 万m3/d}, cost: 50 万元/yr}\n"
        "  permit: {set: {quotas.permit.volume: 7300 万m3/yr}, cost: 50 万元/yr}\n"
    )
    text = STUDY[: STUDY.index("measures:")] + "measures:\n" + many + works
    study = write(tmp_path, text, "study.yaml")
    found = assess(study, (), Demand(options=Options(1e-3, 0, 0), focus="people", budget=120.0))
    told = json.loads(found.attrs["portfolio"])
    assert not told["exhaustive"]
    assert {"gate", "permit"} <= set(told["measures"])
    assert told["change"] == pytest.approx(
        18 / (4 * 0.982 * 0.984) - 2.0, abs=2e-3
    )  # with the two best savings


def test_a_budget_below_the_cheapest_measure_is_refused(tmp_path):
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    with pytest.raises(UsageError) as error:
        assess(study, (), Demand(options=Options(1e-3, 0, 0), budget=40.0))
    assert "below the cheapest measure" in str(error.value)
    assert "'nothing'" in str(error.value)


def test_critical_period_begins_when_the_stores_were_last_full():
    from tests.rowkit import Kit
    from waterbal.model.rows import LevelRow
    from waterbal.network.build import build
    from waterbal.network.simulate import simulate

    kit = Kit(24)
    kit.source("river", kit.cycle([9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 9]))
    kit.store("lake", capacity=6.0, initial=6.0)
    kit.link("river>homes").link("river>lake").link("lake>homes")
    kit.demand("homes", 1.0)
    kit.levels.append(LevelRow("demands", ["homes"]))
    rows = kit.rows()
    simulation = simulate(build(rows), keep=True)
    short = np.flatnonzero(simulation.series["supply"][0, :, 0] < 1.0 - 1e-6)
    start = critical_start(rows, simulation, int(short[0]))
    full = simulation.series["storage"][0, :, 0] >= 6.0 - 1e-2
    assert full[start - 1]
    assert not full[start : short[0]].any()


def test_water_without_limit_is_told_in_words_where_the_formula_has_no_number(tmp_path):
    found = assess(
        town(tmp_path, body=TOWN.replace("capacity: 10 万m3/d", "capacity: 1e6 万m3/d")), (), QUICK
    )
    assert Verdict(found, "zh").naive(0) == "不受限"
    assert "inf" not in "\n".join(Verdict(found, "en").lines())
