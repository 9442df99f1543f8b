"""Users with two sources, projects with two feeds, water that comes back: what quotas and works are charged with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_verdict import Verdict
from waterbal.errors import ConfigError
from waterbal.report.admission import change_lines

YEAR = 365.25
"""[1e4 m3/yr] of 1 [1e4 m3/d]"""
HEAD = """
schema_version: 1
name: {zh: 双源, en: Two ways}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2020-12, step: month, planning_year: 2025}
zones: {town: {}}
"""
SHIFTS = (
    HEAD
    + """
sources:
  river: {type: river_intake, zone: town, capacity: 10 万m3/d}
  wells: {type: river_intake, zone: town, capacity: 1 万m3/d, cost: 1 元/m3}
works: {plant: {type: treatment, zone: town, capacity: %s 万m3/d}}
links:
  r_p: {from: river, to: plant}
  p_a: {from: plant, to: a}
  p_b: {from: plant, to: b}
  w_b: {from: wells, to: b}
demands:
  a: {type: public, zone: town, need: 1 万m3/d, guarantee: 0.9}
  b: {type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.9}
quotas: {permit: {of: [river], volume: %s 万m3/yr, reset_month: 1}}
priorities: [{demands: [a, b]}]
"""
)
"""``a`` has the plant alone; ``b`` takes its water there, which is free, and could pump 0.8 itself."""
RETURNS = (
    HEAD
    + """
sources:
  river: {type: river_intake, zone: town, capacity: 10 万m3/d, cost: 1 元/m3}
  reuse: {type: reclaimed, zone: town, capacity: 10 万m3/d, recovery: 1, use_rate: 1}
links: {r_h: {from: river, to: homes}, r_f: {from: river, to: fab}, u_f: {from: reuse, to: fab}}
demands:
  homes: {type: public, zone: town, need: 1 万m3/d, guarantee: 0.9}
  fab: {type: industry, zone: town, need: 0.8 万m3/d, guarantee: 0.9}
quotas: {permit: {of: [river], volume: %s 万m3/yr, reset_month: 1}}
priorities: [{demands: [homes]}, {demands: [fab]}]
"""
)
"""1.8 of the river; what a project gives back goes to ``fab``, which then takes less of it."""
TWO = (
    HEAD
    + """
sources:
  river: {type: river_intake, zone: town, capacity: 10 万m3/d}
  wells: {type: river_intake, zone: town, capacity: 10 万m3/d}
works:
  one: {type: treatment, zone: town, capacity: %s 万m3/d}
  two: {type: treatment, zone: town, capacity: %s 万m3/d}
links:
  r_1: {from: river, to: one}
  w_2: {from: wells, to: two}
  o_a: {from: one, to: a}
  t_b: {from: two, to: b}
demands:
  a: {type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.9}
  b: {type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.9}
quotas:
  rivers: {of: [river], volume: %s 万m3/yr, reset_month: 1}
  pumping: {of: [wells], volume: %s 万m3/yr, reset_month: 1}
priorities: [{demands: [a, b]}]
"""
)
"""0.2 are left of either way, 0.4 of both."""


def judged(folder: Path, model: str, amount: float, *feeds: str, **changes: Any) -> Verdict:
    """Judge a project of an amount [1e4 m3/d]."""
    path = kit.write_model(folder, model)
    changes = {"served_with": "a", "accepts": None, "guarantee": None} | changes
    project = kit.project(
        folder, annual=f"{amount * YEAR} 万m3/yr", value_added="900 亿元",
        feeds=[{"from": feed} for feed in feeds], **changes,
    )  # fmt: skip
    return admit(path, [project], commitments=kit.office(folder), seek=False).verdicts[0]


def statuses(verdict: Verdict) -> dict[str, str]:
    return {test.id: test.status for test in verdict.tests}


@pytest.mark.parametrize(
    ("plant", "permit", "amount", "failing"),
    [
        (2.0, 99.0, 0.5, set()), (2.0, 99.0, 0.99, set()), (2.0, 99.0, 1.01, {"peak"}),
        (9.0, 2.0, 0.5, set()), (9.0, 2.0, 0.99, set()), (9.0, 2.0, 1.01, {"caps"}),
    ],
)  # fmt: skip
def test_who_can_take_other_water_makes_room(
    tmp_path: Path, plant: float, permit: float, amount: float, failing: set[str]
) -> None:
    """Works or a permit of 2 hold the 1 of ``a`` and 1 of a project; ``b`` then pumps all of its 0.8."""
    verdict = judged(tmp_path, SHIFTS % (plant, permit * YEAR), amount, "plant")
    found = statuses(verdict)
    assert {id for id in ("caps", "peak") if found[id] == "fail"} == failing


@pytest.mark.parametrize(("permit", "status"), [(1.91, "pass"), (1.89, "fail")])
def test_what_a_project_gives_back_makes_room(tmp_path: Path, permit: float, status: str) -> None:
    """A project of 1 gives back 0.9, so that the river gives 1 + 1 and ``fab`` nothing but 0.8 - 0.8: of 2.8, 0.8."""
    back = {"share": 0.9, "to": "reuse", "quality": {"cod": "40 g/m3"}}
    room = permit * YEAR + 0.1 * YEAR
    verdict = judged(tmp_path, RETURNS % room, 1.0, "river", served_with="homes", returns=back)
    assert statuses(verdict)["caps"] == status


@pytest.mark.parametrize(("amount", "status"), [(0.395, "pass"), (0.41, "fail")])
@pytest.mark.parametrize("limit", ["caps", "peak"])
def test_two_ways_hold_what_is_left_of_both(tmp_path: Path, limit: str, amount: float, status: str) -> None:
    works, quotas = (9.0, 1.0) if limit == "caps" else (1.0, 9.0)
    model = TWO % (works, works, quotas * YEAR, quotas * YEAR)
    verdict = judged(tmp_path, model, amount, "one", "two")
    found = next(test for test in verdict.tests if test.id == limit)
    assert found.status in ({"pass", "not_applicable"} if status == "pass" else {"fail"})
    if status == "fail":
        scale = YEAR if limit == "caps" else 1.0
        assert max(e.value or 0.0 for e in found.evidence) == pytest.approx(1.01 * scale, rel=5e-3)


# ---- works in years that may fail, gates, minimum flows

WORKS = (
    HEAD
    + """
sources: {river: {type: river_intake, zone: town, capacity: %s 万m3/d}}
works: {plant: {type: treatment, zone: town, capacity: %s 万m3/d}}
links: {r_p: {from: river, to: plant}, p_a: {from: plant, to: a}, p_f: {from: plant, to: farms}}
demands:
  a: {type: public, zone: town, need: 1.8 万m3/d, guarantee: 0.8}
  farms: {type: irrigation, zone: town, need: {annual: %s 万m3/yr, profile: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]}}
priorities: [{demands: [a]}, {demands: [farms]}]
"""
)


def peak_of(verdict: Verdict) -> Any:
    return next(test for test in verdict.tests if test.id == "peak")


def test_an_outage_of_a_month_says_nothing_of_the_capacity(tmp_path: Path) -> None:
    """Works of 5 have a fifth left in June 2005; 1.8 are used, and 0.01 more are no harm in any other month."""
    outage = "outages: {repair: {of: [plant], year: 5, month: 6, months: 1, left: 0.2}}\n"
    verdict = judged(tmp_path, WORKS % (50, 5, 0) + outage, 0.01, "plant")
    assert peak_of(verdict).status == "pass"
    assert peak_of(verdict).evidence[0].limit == pytest.approx(5.0)
    strict = judged(tmp_path, WORKS % (50, 5, 0) + outage, 3.19, "plant", guarantee=0.95)
    assert (
        statuses(strict)["peak"] == "fail"
    )  # what may not fail in any of 20 years has to pass in June 2005, too


@pytest.mark.parametrize(("amount", "status"), [(3.15, "pass"), (3.25, "fail")])
def test_who_has_no_guarantee_has_no_claim_to_works(tmp_path: Path, amount: float, status: str) -> None:
    """Farms fill the works in April with what others leave; the project comes before them."""
    assert peak_of(judged(tmp_path, WORKS % (50, 5, 300), amount, "plant")).status == status


@pytest.mark.parametrize(("amount", "status"), [(0.19, "pass"), (0.21, "fail")])
def test_the_gate_of_an_intake_is_a_capacity(tmp_path: Path, amount: float, status: str) -> None:
    verdict = judged(tmp_path, WORKS % (2, 50, 0), amount, "plant", served_with="farms")
    assert peak_of(verdict).status == status
    gate = next(e for e in peak_of(verdict).evidence if "river" in e.what.en)
    assert (gate.limit, gate.value) == (pytest.approx(2.0), pytest.approx(1.8 + amount, rel=1e-3))


def test_what_a_project_gets_as_it_asks_is_told(tmp_path: Path) -> None:
    """Beside the farms, which take all of April, a project of the last class lacks part of its need then."""
    text = WORKS % (50, 5, 300)
    verdict = judged(tmp_path, text, 0.5, "plant", served_with="farms")
    assert verdict.gets[0].share < 1.0
    lines = change_lines(verdict, "en")
    if verdict.verdict != "refused":
        assert any(line.startswith("As it asks, the project gets") for line in lines)


DAM = (
    HEAD
    + """
climate: {rain: 0 mm/d, et0: 0 mm/d}
stores:
  dam: {type: reservoir, zone: town, capacity: 60 万m3, dead: 0 万m3, initial: 60 万m3, evaporation_factor: 0,
    shape: {full_area: 0.1 km2, exponent: 0}, seepage: 0 mm/d, rain_on_surface: false,
    inflow: {by_month: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], unit: 万m3/d}}
works: {reach: {type: junction, outlet: true}}
links: {d_a: {from: dam, to: a}, d_r: {from: dam, to: reach, minimum: 0.06 万m3/d}, r_e: {from: reach, to: eco}}
demands:
  a: {type: public, zone: town, need: 0.06 万m3/d, guarantee: 0.6}
  eco: {type: river_ecology, zone: town, flow: 0.06 万m3/d, consumed_share: 0.1, flows_to: outside}
priorities: [{demands: [a]}, {demands: [eco]}]
reserve: {mode: none}
"""
)
"""62 flow into a dam of 60 in winter; 0.12 a day are taken in 300 days without, of which half must run."""


def test_a_minimum_flow_out_of_reach_is_a_verdict(tmp_path: Path) -> None:
    """A project empties the dam before autumn, so that the river cannot run: it is refused, not the model."""
    verdict = judged(tmp_path, DAM, 0.4, "dam")
    assert verdict.verdict == "refused"
    hydrology = next(test for test in verdict.tests if test.id == "hydrology")
    assert (hydrology.status, hydrology.evidence) == ("fail", ())
    assert hydrology.reason is not None and "minimum flow cannot be met" in hydrology.reason.en
    assert statuses(verdict)["ledger"] != "not_applicable"
    assert judged(tmp_path, DAM, 0.01, "dam").verdict != "refused"


def test_a_class_to_be_cut_in_comes_later(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not come after the one in which it is served"):
        judged(tmp_path, WORKS % (50, 50, 0), 0.1, "plant", served_with="farms", curtailable_with="a")


def test_what_is_agreed_is_no_more_than_can_be_saved(tmp_path: Path) -> None:
    offset = {"demand": "a", "annual": "16 万m3/yr", "at_most": "10 万m3/yr"}
    with pytest.raises(ConfigError, match="is more than at_most"):
        judged(tmp_path, WORKS % (50, 50, 0), 0.1, "plant", offset=offset)


# ---- allotments of transfers

CANAL = (
    HEAD
    + """
sources: {canal: {type: transfer, name: {zh: 渠, en: Canal}, zone: town, capacity: 10 万m3/d, months: [1, 2, 3],
                  allotment: 100 万m3/yr, reset_month: 1}}
links: {c_a: {from: canal, to: a}}
demands: {a: {type: public, zone: town, need: {annual: 60 万m3/yr, profile: [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]}}}
priorities: [{demands: [a]}]
"""
)


@pytest.mark.parametrize(("amount", "status"), [(39.0, "pass"), (41.0, "fail")])
def test_the_allotment_of_a_transfer_is_a_quota(tmp_path: Path, amount: float, status: str) -> None:
    profile = [1, 1, 1, *[0] * 9]
    verdict = judged(tmp_path, CANAL, amount / YEAR, "canal", profile=profile)
    found = next(test for test in verdict.tests if test.id == "caps")
    assert found.status == status
    assert found.evidence[0].value == pytest.approx(60.0 + amount, rel=1e-3)
    assert found.evidence[0].what.en.startswith("Canal: allotment")


# ---- what must not be let in by the back door


def caps_of(verdict: Verdict) -> Any:
    return next(test for test in verdict.tests if test.id == "caps")


THREE = (
    HEAD
    + """
sources:
  river: {type: river_intake, zone: town, capacity: 10 万m3/d}
  wells: {type: river_intake, zone: town, capacity: 1 万m3/d}
links:
  r_a: {from: river, to: a}
  r_b: {from: river, to: b, capacity: 0.5 万m3/d}
  w_b: {from: wells, to: b}
  w_s: {from: wells, to: s}
demands:
  a: {type: public, zone: town, need: 1.5 万m3/d}
  s: {type: public, zone: town, need: 1 万m3/d}
  b: {type: public, zone: town, need: 1.5 万m3/d}
quotas: {permit: {of: [river], volume: 732 万m3/yr, reset_month: 1}}
priorities: [{demands: [a]}, {demands: [s]}, {demands: [b]}]
reserve: {mode: none}
"""
)


def test_what_one_user_gains_is_nothing_that_another_has(tmp_path: Path) -> None:
    """Wells that ``s`` saves go to ``b``, whom its pipe bounds; the permit of 2 a day has 2 and the project's 0.5."""
    offset = {"demand": "s", "annual": f"{0.5 * YEAR} 万m3/yr"}
    found = caps_of(judged(tmp_path, THREE, 0.5, "river", offset=offset))
    assert found.status == "fail"
    assert found.evidence[0].value > 2.3 * YEAR


def test_entitlements_are_of_the_years_that_use_is_of(tmp_path: Path) -> None:
    """Quota years from July; the broken ones at both ends are granted more, and do not count."""
    cut = "cut: {by_quota_year: {2000: 1, 2020: 1}, otherwise: 0.4}"
    text = SHIFTS % (99.0, 730.5)
    text = text.replace(
        "volume: 730.5 万m3/yr, reset_month: 1", f"volume: 1826.25 万m3/yr, reset_month: 7, {cut}"
    )
    found = caps_of(judged(tmp_path, text, 1.5, "plant"))
    assert found.evidence[0].limit == pytest.approx(0.4 * 1826.25)


def test_works_that_are_closed_are_not_full(tmp_path: Path) -> None:
    """The river gives the project less than it asks for; a second pipe that is open in summer alone is no hindrance."""
    text = (WORKS % (2, 50, 0)).replace(
        "links: {", "links: {r_s: {from: river, to: side, months: [6, 7, 8]}, "
    )
    text = text.replace("plant: {", "side: {type: treatment, zone: town, capacity: 9 万m3/d}, plant: {")
    text = text.replace(
        "river: {type: river_intake, zone: town, capacity: 2 万m3/d}",
        "river: {type: catchment, zone: town, runoff: 2 万m3/d}",
    )
    for feeds in (("plant",), ("plant", "side")):
        assert statuses(judged(tmp_path, text, 0.5, *feeds, served_with="farms"))["peak"] in (
            "pass",
            "not_applicable",
        )


def test_quotas_by_record_and_ways_that_others_close(tmp_path: Path) -> None:
    """A saver whose returns keep a minimum flow, and plans that follow a quota cut by the river of each record."""
    text = RETURNS % 900
    text = text.replace("u_f: {from: reuse, to: fab}", "u_f: {from: reuse, to: fab, minimum: 0.4 万m3/d}")
    text = text.replace(
        "guarantee: 0.9}\n  fab", "guarantee: 0.9, returns: [{to: reuse, share: 0.4}]}\n  fab"
    )
    back = {"share": 0.9, "to": "reuse", "quality": {"cod": "40 g/m3"}}
    offset = {"demand": "homes", "annual": f"{0.2 * YEAR} 万m3/yr"}
    verdict = judged(tmp_path, text, 1.0, "river", served_with="homes", returns=back, offset=offset)
    assert caps_of(verdict).status == "pass"


def test_what_lapses_of_a_reserve_is_no_room(tmp_path: Path) -> None:
    """Reserves keep a tenth too much of a permit, which lapses; a project by works with a spring lacks 50 and more."""
    text = (WORKS % (10, 9, 0)).replace("need: 1.8 万m3/d", "need: 0.8 万m3/d")
    text = text.replace(
        "works: {", "quotas: {permit: {of: [river], volume: 400 万m3/yr, reset_month: 1}}\nworks: {"
    )
    text = text.replace("links: {", "links: {o_p: {from: spring, to: plant}, ").replace(
        "r_p: ", "r_a: {from: river, to: a}, r_p: "
    )
    text = text.replace("p_a: {from: plant, to: a}, ", "")
    text = text.replace(
        "sources: {", "sources: {spring: {type: catchment, zone: town, runoff: 0.2 万m3/d, cost: 1 元/m3}, "
    )
    text += "reserve: {mode: planned, scale: 1.1}\n"
    profile = [2] * 6 + [0] * 6
    found = caps_of(judged(tmp_path, text, 0.5, "plant", served_with="farms", profile=profile))
    assert found.status == "fail"
    assert found.evidence[0].value == pytest.approx(0.8 * YEAR + 0.5 * YEAR - 0.2 * 181.25, rel=5e-3)


@pytest.mark.parametrize("part", [0.0, 0.01])
def test_what_is_promised_counts_wherever_part_of_the_project_passes(tmp_path: Path, part: float) -> None:
    """Approved 200 and the project's 182.6 beside 365.25 of a permit of 600, whether or not wells give a drop."""
    text = (WORKS % (10, 9, 0)).replace("need: 1.8 万m3/d", "need: 1 万m3/d")
    text = text.replace(
        "works: {", "quotas: {permit: {of: [river], volume: 600 万m3/yr, reset_month: 1}}\nworks: {"
    )
    text = text.replace("links: {", "links: {w_p: {from: wells, to: plant}, ")
    text = text.replace(
        "sources: {",
        f"sources: {{wells: {{type: river_intake, zone: town, capacity: {part} 万m3/d, cost: 9 元/m3}}, ",
    )
    path = kit.write_model(tmp_path, text)
    project = kit.project(
        tmp_path, annual=f"{0.5 * YEAR} 万m3/yr", value_added="900 亿元", accepts=None, served_with="a",
        feeds=[{"from": "plant"}], guarantee=None,
    )  # fmt: skip
    desk = kit.office(
        tmp_path, ledger__committed=[{"id": "x", "status": "approved", "annual": "200 万m3/yr"}]
    )
    found = caps_of(admit(path, [project], commitments=desk, seek=False).verdicts[0])
    assert found.status == "fail"
    assert found.evidence[0].value == pytest.approx(1.5 * YEAR + 200.0, rel=1e-2)


LAKE = (
    HEAD
    + """
climate: {rain: 0 mm/d, et0: 0 mm/d}
sources:
  river: {type: river_intake, zone: town, capacity: 20 万m3/d}
  spring: {type: catchment, zone: town, runoff: 12 万m3/d}
stores:
  lake: {type: reservoir, zone: town, capacity: 4000 万m3, dead: 0 万m3, shape: {full_area: 1 km2, exponent: 0.1},
    initial_share: 0.9, evaporation_factor: 0, seepage: 0 mm/d, rain_on_surface: false}
links:
  r_c: {from: river, to: c}
  s_l: {from: spring, to: lake, capacity: 12 万m3/d, months: [6, 7, 8]}
  l_a: {from: lake, to: a}
  r_l: {from: river, to: lake, capacity: 0.001 万m3/d}
demands:
  a: {type: public, zone: town, need: 1 万m3/d, guarantee: 0.8}
  c: {type: public, zone: town, need: 0.1 万m3/d}
quotas: {permit: {of: [river], volume: 37.5 万m3/yr, reset_month: 1}}
priorities: [{demands: [a, c]}]
reserve: {mode: none}
"""
)


def test_a_lake_that_another_water_fills_every_summer_is_not_drawn_down(tmp_path: Path) -> None:
    """It is lower in December than without the project, and full again in August; the permit adds next to nothing."""
    found = caps_of(judged(tmp_path, LAKE, 0.5, "lake"))
    assert found.status == "pass"
    assert found.evidence[0].value < 37.5


FULL_WORKS = (
    HEAD
    + """
sources: {river: {type: river_intake, zone: town, capacity: 10 万m3/d}}
works: {one: {type: treatment, zone: town, capacity: 1 万m3/d}}
links: {r_o: {from: river, to: one}, o_s: {from: one, to: s}, o_b: {from: one, to: b}}
demands:
  s: {type: public, zone: town, need: 1 万m3/d, guarantee: 0.9}
  b: {type: public, zone: town, need: 0.5 万m3/d}
quotas: {permit: {of: [river], volume: 401.8 万m3/yr, reset_month: 1}}
priorities: [{demands: [s]}, {demands: [b]}]
"""
)


def test_what_works_held_back_is_no_room_in_a_permit(tmp_path: Path) -> None:
    """``b`` gets through the works what ``s`` saves; the permit of 1.1 a day has 1 + 0.5 to give."""
    offset = {"demand": "s", "annual": f"{0.5 * YEAR} 万m3/yr"}
    found = caps_of(judged(tmp_path, FULL_WORKS, 0.5, "river", served_with="b", offset=offset))
    assert found.status == "fail"
    assert found.evidence[0].value > 1.25 * YEAR


def test_plans_of_many_records_are_those_of_each(tmp_path: Path) -> None:
    """More records than are held at a time, of which each has a plan of its own: the quota is cut by its river."""
    points = "[{flow: 2000 万m3/yr, factor: 0.8}, {flow: 3650 万m3/yr, factor: 1}]"
    rule = f"cut: {{flow: {{series: river}}, years: 1, first: 1, points: {points}}}"
    text = HEAD.replace("2020-12", "2010-12") + f"""
series: {{river: {{file: river.csv, column: river, units: 1e4 m3/d, kind: rate}}}}
hydrology: {{kind: resampled, method: block, block: 1, seed: 1, sites: [river]}}
sources:
  river: {{type: river_intake, zone: town, capacity: 10 万m3/d,
    plan: {{of: permit, shares: [0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.09, 0.09, 0.09, 0.09]}}}}
links: {{r_a: {{from: river, to: a}}}}
demands: {{a: {{type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.5}}}}
quotas: {{permit: {{of: [river], volume: {YEAR} 万m3/yr, reset_month: 1, {rule}}}}}
priorities: [{{demands: [a]}}]
reserve: {{mode: none}}
"""  # fmt: skip
    path = kit.write_model(tmp_path, text)
    project = kit.project(
        tmp_path, annual=f"{0.1 * YEAR} 万m3/yr", value_added="900 亿元", accepts=None, served_with="a",
        feeds=[{"from": "river"}], guarantee=None,
    )  # fmt: skip
    found = admit(path, [project], commitments=kit.office(tmp_path), seek=False, realizations=130)
    gate = next(e for e in peak_of(found.verdicts[0]).evidence if "river" in e.what.en)
    assert gate.limit is not None and 0.08 * 0.8 * YEAR / 31 <= gate.limit <= 0.09 * YEAR / 30


@pytest.mark.parametrize("users", [1, 3])
def test_what_several_lack_is_more_than_what_is_left_for_one(tmp_path: Path, users: int) -> None:
    """Reserves let 15 of a permit of 400 lapse; a project by works with a spring lacks more, and so do all together."""
    names = [f"x{n}" for n in range(users)]
    more = "".join(f", r_{name}: {{from: river, to: {name}}}" for name in names)
    text = (
        HEAD
        + f"""
sources:
  river: {{type: river_intake, zone: town, capacity: 10 万m3/d}}
  spring: {{type: catchment, zone: town, runoff: 0.2 万m3/d, cost: 1 元/m3}}
works: {{plant: {{type: treatment, zone: town, capacity: 9 万m3/d}}}}
quotas: {{permit: {{of: [river], volume: 400 万m3/yr, reset_month: 1}}}}
links: {{r_a: {{from: river, to: a}}, r_p: {{from: river, to: plant}}, o_p: {{from: spring, to: plant}}{more}}}
demands:
  a: {{type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.9}}
"""
        + "".join(
            f"  {name}: {{type: public, zone: town, need: {{annual: {90.0 / users} 万m3/yr, "
            "profile: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]}}\n"
            for name in names
        )
        + f"priorities: [{{demands: [a]}}, {{demands: [{', '.join(names)}]}}]\nreserve: {{mode: planned, scale: 1.1}}\n"
    )
    profile = [2] * 6 + [0] * 6
    found = caps_of(judged(tmp_path, text, 0.18, "plant", served_with=names[0], profile=profile))
    assert found.status == "fail"
    assert found.evidence[0].value > 400.0


WELLS = (
    HEAD
    + """
climate: {rain: 0 mm/d, et0: 0 mm/d}
sources:
  wells: {type: aquifer, zone: town, area: 900 km2, specific_yield: 0.1, initial_depth: 1 m, floor_depth: 50 m,
    wells: 2 万m3/d}
links: {w_a: {from: wells, to: a}}
demands: {a: {type: public, zone: town, need: 1.8 万m3/d, guarantee: 0.8}}
quotas: {permit: {of: [wells], weights: {wells: 2}, volume: %s 万m3/yr, reset_month: 1}}
priorities: [{demands: [a]}]
"""
)


@pytest.mark.parametrize(("amount", "status"), [(0.19, "pass"), (0.21, "fail")])
def test_wells_are_a_capacity(tmp_path: Path, amount: float, status: str) -> None:
    verdict = judged(tmp_path, WELLS % 9999, amount, "wells", served_with="a")
    assert peak_of(verdict).status == status


@pytest.mark.parametrize(("permit", "status"), [(3.84, "pass"), (3.76, "fail")])
def test_what_lacks_counts_by_the_weight_of_the_quota(tmp_path: Path, permit: float, status: str) -> None:
    """Each volume counts twice: 2 x (1.8 + 0.1), also of what ``a`` goes short of behind the project."""
    found = caps_of(judged(tmp_path, WELLS % (permit * YEAR), 0.1, "wells", served_with="a"))
    assert found.status == status
    assert found.evidence[0].value == pytest.approx(3.8 * YEAR, rel=1e-3)
