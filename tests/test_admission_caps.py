"""What a saving elsewhere counts towards a cap, against closed forms of a town on one capped river."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_terms import Test as Judged

YEAR = 365.25
"""[1e4 m3/yr] of 1 [1e4 m3/d]; also what the project needs."""
TOWN = """
schema_version: 1
name: {{zh: 小城, en: Town}}
provenance: {{source: test, grade: assumed}}
time: {{start: 2001-01, end: 2020-12, step: month, planning_year: 2025}}
zones: {{town: {{name: {{zh: 城区, en: Town}}}}}}
sources:
  river: {{type: river_intake, capacity: 90 万m3/d, cost: {costs[0]} 元/m3}}
  other: {{type: river_intake, capacity: {other} 万m3/d, cost: {costs[1]} 元/m3}}
links:
  river_mills: {{from: river, to: mills{by_river}}}
  other_mills: {{from: other, to: mills, capacity: {by_other} 万m3/d}}
  river_farms: {{from: river, to: farms}}
  other_farms: {{from: other, to: farms}}
  other_park: {{from: other, to: park}}
demands:
  park: {{type: green, zone: town, need: 1 万m3/d}}
  mills: {{type: industry, zone: town, need: 3 万m3/d}}
  farms: {{type: irrigation, zone: town, need: {farms}}}
quotas: {{permit: {{of: [river], volume: {volume} 万m3/yr, reset_month: 1}}}}
priorities: [{{demands: [park]}}, {{demands: [mills]}}, {{demands: [farms]}}]
reserve: {{mode: none}}
"""
WIDE: dict[str, Any] = {
    "by_river": "", "by_other": 0.5, "other": 1.5, "costs": (0.5, 0.1), "farms": "4 万m3/d", "volume": 7 * YEAR,
}  # fmt: skip
"""Park 1 of ``other``; mills 0.5 of it and 2.5 of the river; farms 4 of the river: 6.5 of 7 are used."""
PARTLY = WIDE | {
    "by_river": ", capacity: 2 万m3/d", "by_other": 1.5, "other": 5, "costs": (0.1, 0.5), "volume": 6.5 * YEAR,
}  # fmt: skip
"""Mills take the 2 of the river that their pipe carries, and 1 of ``other``, which is dearer: 6 of 6.5 are used."""
FULL = WIDE | {
    "farms": "{annual: 1000 万m3/yr, profile: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12]}",
    "volume": 2.5 * YEAR + 600,
}
"""Mills take 2.5 all the year, farms in December what is left of the permit, 600 of 1000."""


def caps(folder: Path, town: dict[str, Any], demand: str, saved: float) -> Judged:
    """Judge a project that takes 1 of the river and saves something at a user [1e4 m3/d]."""
    path = kit.write_model(folder, TOWN.format(**town))
    offset = {"demand": demand, "annual": f"{saved * YEAR} 万m3/yr"}
    project = kit.project(
        folder, accepts=None, feeds=[{"from": "river"}], served_with="mills", offset=offset if saved else None
    )
    verdict = admit(path, [project], commitments=kit.office(folder), seek=False).verdicts[0]
    return next(test for test in verdict.tests if test.id == "caps")


LEAP = (15 * (6 * 365 + YEAR) + 5 * 7 * YEAR) / 20 / YEAR
"""Of 6 a day and the project's YEAR: in leap years the cap of 7 is used up, in others a little is left."""
CASES = [
    pytest.param(WIDE, "mills", 0.0, 7.5, None, id="without"),
    pytest.param(WIDE, "mills", 0.6, 6.9, 0.6, id="mills-keep-their-half-of-the-other"),
    pytest.param(WIDE, "farms", 0.6, 6.9, 0.6, id="farms-have-the-river-alone"),
    pytest.param(PARTLY, "mills", 1.2, 6.5, 0.2, id="mills-go-on-with-the-dearer-source"),
    pytest.param(PARTLY, "mills", 2.0, 6.0, 1.0, id="and-then-the-river"),
    pytest.param(WIDE, "park", 0.5, LEAP, 0.0, id="what-the-park-saves-of-the-other-goes-to-the-farms"),
]
"""Town, who saves, what is saved, use of the cap with the project, what is freed of the cap [1e4 m3/d]."""


@pytest.mark.parametrize(("town", "demand", "saved", "total", "freed"), CASES)
def test_a_saving_counts_by_what_it_frees_of_the_cap(
    tmp_path: Path, town: dict[str, Any], demand: str, saved: float, total: float, freed: float | None
) -> None:
    found = caps(tmp_path, town, demand, saved)
    assert found.evidence[0].value == pytest.approx(total * YEAR, rel=1e-6)
    assert found.status == ("pass" if total * YEAR <= town["volume"] else "fail")
    told = [e.value for e in found.evidence[1:]]
    assert told == ([] if freed is None else [pytest.approx(freed * YEAR, abs=1e-6 * YEAR)])


def test_what_works_use_themselves_counts_towards_a_cap(tmp_path: Path) -> None:
    """Homes take 5 / 0.9, farms 3, the project 1 / 0.9; a permit between that and 1 less of own use is too small."""
    for room, status in ((1.12, "pass"), (1.05, "fail")):
        volume = (5.0 / 0.9 + 3.0 + room) * YEAR
        text = kit.MODEL.replace("capacity: 9 万m3/d, own_use: 0}", "capacity: 90 万m3/d, own_use: 0.1}")
        path = kit.write_model(tmp_path, text.replace("3650 万m3/yr", f"{volume} 万m3/yr"), {})
        verdict = admit(path, [kit.project(tmp_path)], commitments=kit.office(tmp_path), seek=False).verdicts[
            0
        ]
        found = next(test for test in verdict.tests if test.id == "caps")
        assert found.evidence[0].value == pytest.approx((6.0 / 0.9 + 3.0) * YEAR, rel=1e-6)
        assert found.status == status


def test_of_a_cap_that_is_used_up_a_saving_frees_what_others_no_longer_lack(tmp_path: Path) -> None:
    found = caps(tmp_path, FULL, "mills", 1.0)  # farms are given the 365.25, of the 400 that they lack
    assert found.evidence[1].value == pytest.approx(YEAR, rel=1e-6)
    assert found.evidence[0].value == pytest.approx(FULL["volume"], rel=1e-6)
    assert found.status == "pass"


def test_who_is_short_saves_nothing_on_paper(tmp_path: Path) -> None:
    found = caps(tmp_path, FULL, "farms", 300 / YEAR)  # farms get 600 of 1000, and then 600 of 700
    assert found.evidence[1].value == pytest.approx(0.0, abs=1e-6)
    assert found.evidence[0].value == pytest.approx(FULL["volume"] + YEAR, rel=1e-6)
    assert found.status == "fail"


def test_what_is_promised_and_not_simulated_is_added_beside_a_saving(tmp_path: Path) -> None:
    path = kit.write_model(tmp_path, TOWN.format(**WIDE))
    project = kit.project(
        tmp_path, accepts=None, feeds=[{"from": "river"}], served_with="mills",
        offset={"demand": "mills", "annual": f"{0.6 * YEAR} 万m3/yr"},
    )  # fmt: skip
    promised = [
        {"id": "sold", "status": "approved", "annual": "30 万m3/yr"},
        {"id": "done", "status": "built", "annual": "500 万m3/yr"},
    ]
    desk = kit.office(tmp_path, ledger__committed=promised)
    verdict = admit(path, [project], commitments=desk, seek=False).verdicts[0]
    found = next(test for test in verdict.tests if test.id == "caps")
    assert found.evidence[0].value == pytest.approx(6.9 * YEAR + 30.0, rel=1e-6)
