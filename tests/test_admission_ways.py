"""Users with two sources, projects with two feeds, water that comes back: what quotas and works are charged with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_verdict import Verdict

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
