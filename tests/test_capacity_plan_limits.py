"""What a plan that breaks a limit that is not water is told to be, and what a capacity is said to hold under."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests import capacitykit as kit
from tests import frontierkit
from tests.test_risk import LONG, drought, drought_holds
from waterbal.api import load
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.plan_limits import broken
from waterbal.capacity.question import Direction, Driver, Limit, Question
from waterbal.capacity.search import Options
from waterbal.capacity.trial import Ground
from waterbal.model.base import Label
from waterbal.network.requirements import misses
from waterbal.report.capacity import Verdict, as_dict, horizons_table, star

RIVER, HOMES, MILL = 10.0, 4.0, 2.0
"""What the river gives and the plan takes a day [1e4 m3]; 40 (1e4) people, 50 (1e8 yuan) of production."""
ROOF = ("people", "{driver: people, at_most: 30}")
FLOOR = ("production", "{driver: production, at_least: 60}")
PER = ("people", "{driver: people, per: production, at_most: 0.5}")
QUICK = Demand(options=Options(1e-3, 3, 1), details=False)


def limited(folder, *limits):
    own = ", ".join(
        f"own{k}: {{name: {{zh: 限{k}, en: own limit {k}}}, {text[1:]}" for k, (_, text) in enumerate(limits)
    )
    return kit.town(folder, kit.CAPACITY + f"  limits: {{{own}}}\n")


def at(found, name, direction):
    return found[name].values[0, found["direction_id"].values.astype(str).tolist().index(direction)]


@pytest.mark.parametrize(
    ("limit", "scales", "lowest"),
    [
        (ROOF, {"people": 0.75, "production": None, "mix": 0.75}, {"mix": 0.0}),
        (FLOOR, {"people": None, "production": (RIVER - HOMES) / MILL, "mix": RIVER / (HOMES + MILL)}, {"mix": 1.2}),
        (PER, {"people": 25.0 / 40.0, "production": 3.0, "mix": 0.0}, {"production": 1.6}),
    ],
)  # fmt: skip
def test_a_plan_beyond_a_limit_is_too_much_in_every_record_and_along_every_direction(
    tmp_path, limit, scales, lowest
):
    """Amounts of the plan against the bound tell it, whatever the direction; the river would do for the plan."""
    found = assess(limited(tmp_path, limit), (), QUICK)
    for direction, scale in scales.items():
        told = [float(at(found, f"exceedance_{end}", direction)) for end in ("probability", "low", "high")]
        assert told == [1.0, 1.0, 1.0]
        assert not at(found, "plan_holds", direction).any()
        assert at(found, "plan_state", direction) == 0
        if scale is None:
            assert np.isnan(at(found, "capacity_scale", direction))
        else:
            assert at(found, "capacity_scale", direction) == pytest.approx(scale, abs=1e-3)
    for direction, smallest in lowest.items():
        assert at(found, "lowest_scale", direction) == pytest.approx(smallest, abs=1e-12)
    assert found["plan_limit_id"].values.tolist() == ["own0"]
    rows = as_dict(found)["capacities"]
    assert [row["plan_limits"] for row in rows] == [["own0"]] * len(rows)
    assert {row["exceedance_probability"] for row in rows} == {1.0}
    for language, words in (
        ("zh", "规划本身（规模 1）不满足“限0”"),
        ("en", "does not meet the limit own limit 0"),
    ):
        v = Verdict(found, language)
        assert sum(words in line for line in v.lines()) == 1
        assert v.probability(0, v.focus).startswith("100 %")
        assert "–" not in v.probability(0, v.focus)  # no interval


def test_a_plan_within_its_limits_is_counted_in_records(tmp_path):
    """At the limit itself, too."""
    at_limit = [
        ("people", "{driver: people, at_most: 40}"),
        ("production", "{driver: production, at_least: 50}"),
    ]
    found = assess(limited(tmp_path, *at_limit), (), QUICK)
    assert found["plan_limit_id"].values.tolist() == [""]
    assert float(at(found, "exceedance_probability", "mix")) == 0.0
    assert float(at(found, "exceedance_high", "mix")) == pytest.approx(0.975)  # one record
    assert at(found, "plan_state", "mix") == 1
    assert float(at(found, "capacity_scale", "mix")) == 1.0


FARMS = """\
sources: {river: {type: river_intake, capacity: 100 万m3/d}}
links: {a: {from: river, to: homes}, b: {from: river, to: farms}}
demands:
  homes: {type: residential, zone: town, people: 40 万人, norm: 100 L/(person d), guarantee: 0.7}
  farms: {type: irrigation, zone: town, area: 14 万亩, efficiency: 1,
    crops: {wheat: {share: 1, kc: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}}
priorities: [{demands: [homes]}, {demands: [farms]}]
capacity:
  drivers: {people: {grows: [residential]}, land: {grows: [irrigation]}}
  limits: {farm: {name: {zh: 红线, en: most farmland}, driver: land, at_most: 14}}
"""
"""Farmland of 14 (1e4 mu), which is 93.33 km2 inside, takes 9.3 of the 100 (1e4 m3/d) that the river gives."""


def test_a_plan_exactly_at_a_limit_in_other_units_is_tried_and_on_the_frontier(tmp_path):
    path = kit.write(tmp_path, kit.HEAD.replace("et0: 0 mm/d", "et0: 0.1 mm/d") + FARMS)
    found = assess(path, (), replace(QUICK, extras=("frontier",), focus="land"))
    for direction in ("land", "mix"):
        assert float(at(found, "highest_scale", direction)) == 1.0
        assert float(at(found, "capacity_scale", direction)) == 1.0
        assert int(at(found, "plan_state", direction)) == 1
    assert found["frontier_plan_place"].values.tolist() == ["inside"]


def asked(amounts, weights, bound):
    """A question of drivers with some amounts that all grow together under one limit."""
    label = Label(zh="限", en="limit")
    drivers = {id: Driver(id, label, "people", amount, 0.0, (), ()) for id, amount in amounts.items()}
    mix = Direction("mix", label, dict.fromkeys(amounts, 1.0))
    return Question(drivers, (Limit("own", label, weights, bound),), {"mix": mix}, (), {}, 0.9)


@pytest.mark.parametrize("amount", [0.1, 7.0, 14.0, 1234.5])
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("off", [-1e-6, -1e-13, 0.0, 1e-13, 1e-6])
def test_room_and_the_limits_that_a_plan_breaks_agree(amount, sign, off):
    """A roof or a floor that the plan misses by rounding leaves scale 1; by more, it does so on one side only."""
    question = asked({"a": amount * (1.0 + off)}, {"a": sign}, sign * amount)
    low, _, high, _ = question.room("mix")
    beyond = sign * off > 1e-7
    assert bool(broken(question)) == beyond
    assert (low <= 1.0 <= high) == (not beyond)
    edge = high if sign > 0.0 else low
    assert edge == (
        pytest.approx(1.0 / (1.0 + off), rel=1e-12) if abs(off) > 1e-7 else pytest.approx(1.0, abs=2e-13)
    )


def test_a_ratio_that_growth_keeps_ends_no_growth():
    """Three of a for one of b at most or at least, as the plan has: 3 x 0.1 is 0.30000000000000004 to a computer."""
    for sign in (1.0, -1.0):
        weights = {"a": sign, "b": -3.0 * sign}
        assert asked({"a": 0.3, "b": 0.1}, weights, 0.0).room("mix") == (0.0, "", np.inf, "")
    assert asked({"a": 0.3, "b": 0.1}, {"a": 1.0, "b": -2.0}, 0.0).room("mix") == (0.0, "", 0.0, "own")


def test_headroom_is_none_where_the_plan_is_below_a_floor_and_smaller_scales_end_there(tmp_path):
    found = assess(limited(tmp_path, FLOOR), (), QUICK)
    v = Verdict(found, "en")
    lines = v.lines()
    assert "for all together, 166.6 % of the plan" in lines[1]
    assert any("own limit 0 asks for 120.0 % of the plan or more" in line for line in lines)
    assert list(horizons_table(v).columns[2].cells) == ["the plan itself breaks own limit 0"]
    assert "own limit 0, which is not water, is met at no scale" in v.stops(0, 0)


def test_a_limit_that_ends_the_growth_is_not_called_water_and_a_mix_without_scale_is_told(tmp_path):
    """Production may not go below 20 and people per production is too high at every mix: people end at 25 of 40."""
    floor = ("production", "{driver: production, at_least: 20}")
    found = assess(limited(tmp_path, PER, floor), (), Demand(options=Options(1e-3, 3, 1)))
    lead = Verdict(found, "en").lead()
    assert found.attrs["details_direction"] == "people"
    assert "for people, the scale ends at 62.5 % of the plan" in lead[0]
    assert "not water but own limit 0 that ends it" in lead[0]
    assert "the water carries" not in lead[0]
    assert "no scale is carried for all together" in lead[1]


def test_limits_that_contradict_each_other_are_both_named(tmp_path):
    roof, floor = ("people", "{driver: people, at_most: 45}"), ("people", "{driver: people, at_least: 50}")
    found = assess(limited(tmp_path, roof, floor), (), QUICK)
    v = Verdict(found, "en")
    assert v.stops(0, v.focus) == "no scale meets both own limit 1 and own limit 0, which are not water"
    assert float(at(found, "exceedance_probability", "mix")) == 1.0
    assert found["plan_limit_id"].values.tolist() == ["own1"]


def test_no_record_is_tried_for_a_plan_that_a_limit_forbids(tmp_path, cli):
    """Of many records, of records alone, on the page and in the tables: 100 %, by the limit."""
    limits = {"land": {"driver": "people", "at_most": 9.0, "name": {"zh": "用地", "en": "land"}}}
    path = frontierkit.write(tmp_path, frontierkit.drawn_town(10.0, limits=limits), years=LONG)
    code, out, _ = cli(
        "capacity", path, "--realizations", "4", "--audit", "1", "--risk-realizations", "30", "--with", "risk",
        "--json", "-o", tmp_path / "c.nc",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)["overshoot"]["model"]
    assert {name: told[name] for name in ("probability", "low", "high", "records", "more_needed")} == {
        "probability": 1.0, "low": 1.0, "high": 1.0, "records": 0.0, "more_needed": 0.0,
    }  # fmt: skip
    from waterbal.report.charts import exceedance
    from waterbal.report.material import opened
    from waterbal.report.page import verdict
    from waterbal.report.page.subject import Subject
    from waterbal.report.sheets.four_limits import sheet

    with xr.open_dataset(tmp_path / "c.nc") as kept:
        assert kept["risk_exceedance"].values.tolist() == [1.0]
        assert kept["risk_exceedance_exact"].values.tolist() == [[1.0, 1.0]]
        assert int(kept["risk_exceedance_failures"].values[0]) == 0  # by hydrology
    with opened([tmp_path / "c.nc"]) as material:
        drawn = exceedance(material.capacities[0], "en").to_plotly_json()
        assert any("breaks land" in note["text"] for note in drawn["layout"]["annotations"])
        blocks = verdict.section(Subject(material, "en", ["c.nc"])).blocks
        card = next(block for block in blocks if hasattr(block, "states")).states[0]
        assert "P(plan > capacity) 100 % (by land, not by hydrology)" in card.lines
        table = sheet(material.capacities)
        column = [c.id for c in table.columns].index("probability")
        assert [row.cells[column].zh for row in table.rows] == ["100 %（因用地，与水文无关）"]


def test_samples_whose_plan_breaks_a_floor_count_as_too_much(tmp_path):
    """Production of 50 times 0.9 to 1.2 against a floor of 55: below 1.1 the plan breaks it."""
    more = kit.CAPACITY + "  limits: {f: {driver: production, at_least: 55}}\n"
    kit.town(tmp_path, more)
    text = kit.STUDY.split("axes:")[0] + (
        "sampling:\n  size: 4\n  seed: 3\n  factors:\n"
        "    size: {name: {zh: 产值, en: made}, times: capacity.drivers.production.value_added, low: 0.9, high: 1.2}\n"
    )
    demand = Demand(directions=("mix",), options=Options(1e-3, 0, 0), details=False)
    found = assess(kit.write(tmp_path, text, "study.yaml"), (), demand)
    made = 50.0 * found["size"].values
    assert 0 < (made < 55.0).sum() < made.size  # else the test says nothing
    assert found["plan_limit_id"].values.tolist() == ["f" if amount < 55.0 else "" for amount in made]
    assert (found["capacity_scale"].values >= 1.0).all()
    assert found["samples_short"].values[:, 0].tolist() == [int((made < 55.0).sum())] * made.size


# ---- what a capacity holds under


CONDITIONS = """\
capacity:
  drivers:
    people: {name: {zh: 人口, en: people}, grows: [residential]}
    production: {name: {zh: 产值, en: production}, grows: [industry], value_added: 50 亿元}
  limits:
    crowd: {name: {zh: 密度, en: density}, driver: people, per: production, at_most: 1.5}
    least: {name: {zh: 底线, en: least}, driver: production, at_least: 20}
  requirements:
    deep: {name: {zh: 不深, en: never deep}, of: [residential, industry], depth: 0.3, step: 0.6}
  receiving_waters:
    ditch: {name: {zh: 渠, en: ditch}, design_flow: 20 万m3/d, background: 15 mg/L, standard: 30 mg/L,
      inflows: {drain: 50 mg/L}, untreated: {drain: 300 mg/L}}
  directions:
    first: {name: {zh: 先, en: homes first}, along: {people: 1}, judged_by: [residential]}
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    body = kit.TOWN.replace(
        "guarantee: 0.7}\n  mill", "guarantee: 0.7, tolerance: 0.02, failure_depth: 0.4}\n  mill"
    )
    body = body.replace(
        "guarantee: 0.7, tolerance", "returns: [{to: drain, share: 0.5}], guarantee: 0.7, tolerance"
    )
    body += "works: {drain: {type: wastewater, zone: town, capacity: 100 万m3/d, recovery: 1}}\n"
    path = kit.town(tmp_path_factory.mktemp("told"), CONDITIONS, body)
    found = assess(path, (), Demand(options=Options(0.005, 7, 2), details=False))
    return json.loads(found.attrs["capacity_conditions"]), found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_that_a_capacity_is_judged_by_is_among_its_conditions(told, language):
    """Every number of the model's section ``capacity`` and of its demands, and how was searched."""
    conditions, found = told
    own = {name: text[language] for name, text in conditions.items()}
    assert "70 %" in own["target"]
    assert "2 %" in own["target"]  # tolerated in a year
    assert "40 %" in own["target"]  # failure depth
    assert "30 %" in own["requirements"]
    assert "60 %" in own["requirements"]
    for number in ("30 mg/L", "15 mg/L", "20 "):
        assert number in own["waters"]
    assert "≤ 1.5" in own["limits"]
    assert "≥ 20" in own["limits"]
    assert {"zh": "先：只计居民生活的要求", "en": "homes first: those of Residential only"}[language] in own[
        "counts"
    ]
    assert "0.005" in own["search"]
    assert " 7 " in f" {own['search']} "
    assert all(text.strip() for text in own.values())
    assert found.attrs["search_audit_below"] == 7


def test_levels_of_groundwater_are_among_the_conditions(tmp_path):
    body = """\
sources:
  wells: {type: aquifer, zone: town, area: 100 km2, wells: 20 万m3/d, specific_yield: 0.1, initial_depth: 3 m,
    floor_depth: 40 m, lateral_inflow: 1095 万m3/yr, rain_recharge: 0, phreatic_factor: 0, extinction_depth: 1 m}
links: {pipe: {from: wells, to: homes}}
demands: {homes: {type: residential, zone: town, people: 10 万人, norm: 100 L/(person d)}}
priorities: [{demands: [homes]}]
capacity:
  drivers: {people: {grows: [residential]}}
  groundwater: {wells: {name: {zh: 井, en: the wells}, deepest: 5 m}}
"""
    from waterbal.capacity.conditions import conditions

    ground = Ground(load(kit.write(tmp_path, kit.HEAD + body)), 1)
    told = conditions(ground.case, ground.question, 1, Options())
    assert told["levels"] == {"zh": "井 埋深不超过 5 m", "en": "the wells no deeper than 5 m"}
    assert told["target"] == {"zh": "无", "en": "none"}  # no guarantee: said, not left empty
    assert told["horizon"]["en"].endswith("1 record of 2001–2003")
    assert told["rules"]["en"].startswith("1 class of priority")


def test_records_together_are_told_how_they_count(tmp_path):
    """What never happens in 10 years may happen floor(41 / 11 ...) times in 40: m / (N + 1) with N = 40."""
    more = {"requirements": {"deep": {"of": ["town"], "depth": 0.9}}}
    ground = frontierkit.ground(tmp_path, frontierkit.drawn_town(10.0, **more), 4, years=LONG)
    from waterbal.capacity.conditions import conditions

    text = conditions(ground.case, ground.question, 4, Options())["together"]["en"]
    may = max(m for m in range(41) if (40 - m) / 41 >= 10 / 11 - 1e-12)
    assert int(misses(40, 10 / 11)) == may
    assert f"here {may} time" in text
    assert "once in 11 years" in text
    assert ground.allowed_in_all[-1] == may
    assert "together" not in conditions(ground.case, ground.question, 1, Options())


# ---- how was searched


def test_what_was_not_looked_at_is_said(tmp_path):
    path = kit.town(tmp_path)
    coarse = assess(path, (), Demand(options=Options(0.2, 0, 0), details=False))
    v = Verdict(coarse, "en")
    scale = v.scale(0, v.focus)
    exact = RIVER / (HOMES + MILL)
    assert scale <= exact <= scale + 0.2  # what the mark says
    assert v.scale_text(0, v.focus) == f"{scale:.3f} (+0.2)"
    assert any("--audit 0" in line for line in v.lead())
    assert f"{100 * scale:.1f} % (+20 %)" in v.lead()[0]
    assert as_dict(coarse)["search"] == {"tolerance": 0.2, "audit_below": 0, "audit_above": 0}
    fine = Verdict(assess(path, (), QUICK), "en")
    assert not any("--audit" in line or "(+" in line for line in fine.lead())


def test_a_plan_that_holds_although_something_smaller_fails_is_said_to_hold(tmp_path):
    """Need of 1.09 of that whose rationing is told in ``drought``: scale 1 holds, 10 / 9.5 / 1.09 does not."""
    assert drought_holds(1.09)
    assert not drought_holds(1.06)
    drought(tmp_path)
    found = assess(
        tmp_path / "model.yaml", ["demands.town.need.annual=130.8 万m3/yr"],
        Demand(options=Options(1e-3, 40, 10), details=False),
    )  # fmt: skip
    assert float(found["capacity_scale"].values[0, 0]) == pytest.approx(10.0 / 9.5 / 1.09, abs=1e-3)
    assert int(found["plan_state"].values[0, 0]) == 1
    v = Verdict(found, "en")
    assert any("the plan itself (scale 1) holds, but the smaller 96.6 % fails" in line for line in v.lead())
    assert next(iter(horizons_table(v).columns[2].cells)).endswith("(the plan itself holds)")
    assert star(v) == ["* not monotone: something larger holds again"]


def test_a_file_that_an_older_waterbal_wrote_still_opens(tmp_path):
    found = assess(limited(tmp_path, FLOOR), (), QUICK)
    newer = [
        n for n in found.data_vars if str(n).startswith(("plan_limit", "plan_state", "lowest_", "highest_"))
    ]
    assert len(newer) == 8
    older = found.drop_vars(newer)
    for name in ("search_tolerance", "search_audit_below", "search_audit_above", "capacity_conditions"):
        del older.attrs[name]
    waterbal.results.netcdf.write(older, tmp_path / "c.nc")
    with waterbal.open_result(tmp_path / "c.nc") as kept:
        v = Verdict(kept, "zh")
        assert "166.6 %" in v.lines()[1]
        assert list(horizons_table(v).columns[2].cells) == ["+66.6 %"]
        assert as_dict(kept)["capacities"][0]["plan_limits"] == []


def test_records_that_are_one_begun_in_other_years_are_said_to_be_no_independent_ones(tmp_path):
    from tests import admissionkit
    from waterbal.capacity.conditions import conditions

    text = admissionkit.MODEL + "capacity: {drivers: {people: {grows: [residential], people: 40 万人}}}\n"
    plain, rotated = (
        load(admissionkit.write_model(tmp_path, text.replace("grades: [", f"hydrology: {kind}\ngrades: [")))
        for kind in ("{kind: observed, sites: [river]}", "{kind: observed, sites: [river], rotate: true}")
    )
    words = "one record begun in other years, not independent ones"
    for case, records, said in ((rotated, 4, True), (rotated, 1, False), (plain, 1, False)):
        told = conditions(
            case, Ground(case, records).question, records, Options(audit_below=0, audit_above=0)
        )
        assert (words in told["horizon"]["en"]) is said
        assert told["search"]["en"] == "to 0.001 of the plan; no other scales tried"
