"""What a project gets on the terms that are offered: a river that is the same every day, reckoned by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import ON_CONDITION, REFUSED, Verdict, admit
from waterbal.capacity.admission_change import Remedy
from waterbal.capacity.admission_supply import Supply
from waterbal.report import admission as words
from waterbal.report.page.admissions import read
from waterbal.report.sheets import admissions as sheets

MODEL = """
schema_version: 1
name: {zh: 城, en: City}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2020-12, step: month, planning_year: 2030}
zones: {town: {name: {zh: 城区, en: Town}}}
sources:
  river: {type: catchment, zone: town, runoff: 45 万m3/d}
  re: {type: reclaimed, zone: town, capacity: 80 万m3/d, recovery: 1}
works: {plant: {type: treatment, zone: town, capacity: 80 万m3/d, own_use: 0}}
links: {a: {from: river, to: plant}, b: {from: plant, to: homes}, c: {from: plant, to: mills},
        f: {from: river, to: farms}, r: {from: re, to: farms}}
demands:
  homes: {type: residential, zone: town, need: 30 万m3/d, guarantee: 0.9, returns: [{to: re, share: 0.05}]}
  mills: {type: industry, zone: town, need: 10 万m3/d, guarantee: 0.9}
  farms: {type: irrigation, zone: town, need: 4 万m3/d}
priorities: [{demands: [homes]}, {demands: [mills]}, {demands: [farms]}]
reserve: {mode: none}
"""
DAYS = 365.25
NEED = 2500.0
TOLERANCE = 0.005
OFFERED: dict[str, Any] = {
    "annual": f"{NEED:g} 万m3/yr", "accepts": None, "served_with": "mills", "curtailable_with": "farms",
    "start_year": 2030, "feeds": [{"from": "plant"}, {"from": "re", "planned": False}],
}  # fmt: skip


def judged(folder: Path, rules: dict[str, Any] | None = None, **changes: Any) -> Verdict:
    """Judge 6.84 a day where a river of 45 serves 40 before it."""
    (folder / "model.yaml").write_text(MODEL)
    desk = kit.office(folder, rules__norms={}, ledger__capacity="99999 万m3/yr", **(rules or {}))
    paths = [kit.project(folder, **{**OFFERED, **changes})]
    return admit(folder / "model.yaml", paths, commitments=desk, tolerance=TOLERANCE).verdicts[0]


def offered(verdict: Verdict) -> dict[str, Remedy]:
    return {remedy.kind: remedy for remedy in verdict.remedies}


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """A project that states no guarantee."""
    return judged(tmp_path_factory.mktemp("free"))


def test_what_reclaimed_water_cannot_give_is_said(free: Verdict) -> None:
    """Homes give back 1.5 a day, whatever is asked of the plant."""
    remedy = offered(free)["reclaimed"]
    (gets,) = remedy.gets
    assert gets.part_need == pytest.approx(remedy.amount, rel=1e-3)  # of years of 365 and 366 days
    assert gets.part_supplied == pytest.approx(1.5 * DAYS, rel=1e-9)
    assert gets.part_share == pytest.approx(1.5 * DAYS / remedy.amount, rel=1e-3)
    firm = NEED - remedy.amount
    assert gets.supplied == pytest.approx(firm + 1.5 * DAYS, rel=1e-3)
    assert gets.share == pytest.approx((firm + 1.5 * DAYS) / NEED, rel=1e-3)
    assert (gets.years_short, gets.years) == (20, 20)
    assert (gets.steps_cut, gets.steps) == (pytest.approx(12.0, rel=1e-3), pytest.approx(12.0, rel=1e-3))
    line = next(line for line in words.change_lines(free, "en") if "reclaimed water alone" in line)
    assert "short in 20 of 20 years" in line and f"{gets.part_share:.1%}" in line


def test_a_later_class_that_gets_nothing_is_not_offered(free: Verdict) -> None:
    assert "curtailed" not in offered(free)
    (idle,) = free.idle
    (gets,) = idle.gets
    left = (45.0 - 40.0) * DAYS - (NEED - idle.amount)  # shared with the farms
    assert gets.part_supplied is not None and 0.0 <= gets.part_supplied <= left + 1e-3 * NEED
    assert gets.part_share is not None and gets.part_share < 0.1
    told = words.change_lines(free, "en")
    at = next(k for k, line in enumerate(told) if line.startswith("Not offered"))
    assert "less than 10%" in told[at] and "later class" in told[at + 1]


def test_with_a_guarantee_of_its_own_nothing_but_a_smaller_project_is_left(tmp_path: Path) -> None:
    verdict = judged(tmp_path, guarantee=0.9)
    assert verdict.verdict == REFUSED and verdict.condition is None
    assert list(offered(verdict)) == ["size"]
    (gets,) = offered(verdict)["size"].gets
    assert (gets.share, gets.years_short, gets.steps_cut) == (pytest.approx(1.0), 0, 0.0)
    assert gets.need <= (45.0 - 40.0) * DAYS * (1.0 + 1e-6)


def test_rules_may_say_how_much_of_a_part_must_come(tmp_path: Path) -> None:
    """Reclaimed water gives 0.80 of its part, the later class next to nothing."""
    strict = judged(tmp_path, {"rules__supplied_at_least": 0.9})
    assert strict.verdict == REFUSED and {one.kind for one in strict.idle} == {"reclaimed", "curtailed"}
    lenient = judged(tmp_path, {"rules__supplied_at_least": 0.0})
    assert lenient.verdict == ON_CONDITION and not lenient.idle and "curtailed" in offered(lenient)


def test_page_and_workbook_say_what_the_terminal_says(free: Verdict, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL)
    paths = [kit.project(tmp_path, **OFFERED)]
    found = json.loads(json.dumps(admit(tmp_path / "model.yaml", paths, tolerance=0.05).as_dict()))
    (verdict,) = read(found).verdicts
    assert verdict.condition is not None and isinstance(verdict.condition.gets[0], Supply)
    said = words.gets_words(verdict.condition.gets, "zh")
    assert "20 年中 20 年缺水" in said
    register = sheets.sheets([found])[0]
    place = [column.id for column in register.columns].index("condition")
    assert said in register.rows[0].cells[place].zh


def test_without_a_value_added_a_project_is_last_and_the_reason_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(MODEL)
    plain: dict[str, Any] = {**OFFERED, "annual": "10 万m3/yr", "curtailable_with": None}
    homes = kit.project(tmp_path, **plain, id="flats", type="residential", industry=None, value_added=None)
    works = kit.project(tmp_path, **plain, id="works_two", value_added="1 万元")
    found = admit(tmp_path / "model.yaml", [homes, works], seek=False)
    assert [v.project for v in found.verdicts] == ["works_two", "flats"]
    assert any("last in the rank" in line and "flats" in line for line in words.note_lines(found, "en"))


def test_a_plant_that_is_too_small_is_no_way(tmp_path: Path) -> None:
    """It has water enough, 15 a day, and gives 1.5: more cannot be asked of it, however little of it must come."""
    text = MODEL.replace("capacity: 80 万m3/d, recovery", "capacity: 1.5 万m3/d, recovery").replace(
        "0.05}", "0.5}"
    )
    (tmp_path / "model.yaml").write_text(text)
    desk = kit.office(
        tmp_path, rules__norms={}, rules__supplied_at_least=0.0, ledger__capacity="99999 万m3/yr"
    )
    for amount, status in ((1.4, "pass"), (1.6, "fail")):
        project = kit.project(
            tmp_path,
            **{
                **OFFERED,
                "annual": f"{amount * DAYS} 万m3/yr",
                "feeds": [{"from": "re"}],
                "value_added": "99 亿元",
            },
        )
        found = admit(tmp_path / "model.yaml", [project], commitments=desk, seek=False).verdicts[0]
        assert next(test for test in found.tests if test.id == "peak").status == status
