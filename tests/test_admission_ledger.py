"""The ledger over the years: what grows, what begins later, what falls, and what is written into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_ledger import read_office, volume_in
from waterbal.capacity.admission_record import record
from waterbal.capacity.admission_terms import Test as Judged
from waterbal.capacity.admission_verdict import Admission
from waterbal.errors import ConfigError
from waterbal.report.admission import change_lines

VAST = kit.MODEL.replace("volume: 3650 万m3/yr", "volume: 365000 万m3/yr").replace("9 万m3/d", "90 万m3/d")
VAST = VAST.replace("{series: river}", "100 万m3/d")
"""Water for all; only the ledger binds."""
GROWS = {"by_year": {2025: 0.5, 2029: 1.0}}


def judged(folder: Path, desk: Path, *projects: Path, text: str = VAST, **options: Any) -> Admission:
    return admit(kit.write_model(folder, text), list(projects), commitments=desk, seek=False, **options)


def desk_of(folder: Path, capacity: Any = "1000 万m3/yr", *, name: str = "office", **more: Any) -> Path:
    """An office with 900 in use; more commitments beside."""
    used = [{"id": "used", "status": "in_use", "annual": "900 万m3/yr"}, *more.pop("committed", [])]
    fields = {key if "__" in key else f"ledger__{key}": value for key, value in more.items()}
    return kit.office(
        folder, name, ledger__capacity=capacity, ledger__headroom=0.0, ledger__committed=used, **fields
    )


def ledger_of(admission: Admission, project: str = "b") -> Judged:
    verdict = next(v for v in admission.verdicts if v.project == project)
    return next(test for test in verdict.tests if test.id == "ledger")


def small(folder: Path, id: str, annual: float, **changes: Any) -> Path:
    value = {"value_added": {"a": "100 亿元", "b": "50 亿元"}[id]}
    return kit.project(folder, id=id, annual=f"{annual} 万m3/yr", **(value | changes))


@pytest.mark.parametrize(
    ("capacity", "committed", "year", "left"),
    [
        ("1000 万m3/yr", [{"id": "next", "status": "approved", "annual": "60 万m3/yr", "from": 2028}], 2028, 40.0),
        ({"by_year": {2025: "1000 万m3/yr", 2030: "940 万m3/yr"}}, [], 2030, 40.0),
        (
            "1000 万m3/yr",
            [{"id": "next", "status": "approved", "annual": {"by_year": {2025: "0 万m3/yr", 2027: "55 万m3/yr"}}}],
            2027,
            45.0,
        ),
    ],
    ids=["begins-later", "falls", "grows"],
)  # fmt: skip
def test_all_later_years_of_the_ledger_count(
    tmp_path: Path, capacity: Any, committed: list[Any], year: int, left: float
) -> None:
    """60 fit into the 100 of 2025, and not into what is left afterwards; the model need not reach that year."""
    found = ledger_of(
        judged(tmp_path, desk_of(tmp_path, capacity, committed=committed), small(tmp_path, "b", 60))
    )
    assert [(e.value, e.limit, e.met) for e in found.evidence] == [
        (60.0, pytest.approx(100.0), True), (60.0, pytest.approx(left), False),
    ]  # fmt: skip
    assert str(year) in found.evidence[1].what.en
    fits = ledger_of(
        judged(tmp_path, desk_of(tmp_path, capacity, committed=committed), small(tmp_path, "b", left))
    )
    assert fits.status == "pass"


def test_what_grows_is_recorded_as_it_grows(tmp_path: Path) -> None:
    """80 of which half comes in 2025 leave 60 then, together or one after the other."""
    capacity = {"by_year": {2025: "1000 万m3/yr", 2029: "1100 万m3/yr"}}
    a, b = small(tmp_path, "a", 80, build_up=GROWS), small(tmp_path, "b", 60)
    together = ledger_of(judged(tmp_path, desk_of(tmp_path, capacity), a, b))
    desk = desk_of(tmp_path, capacity, name="own")
    assert record(judged(tmp_path, desk, a), desk) == ["a"]
    after = ledger_of(judged(tmp_path, desk, b))
    for found in (together, after):
        assert found.status == "pass"
        assert found.evidence[0].limit == pytest.approx(60.0)
    ledger = read_office(desk).office.ledger
    assert ledger is not None
    entry = ledger.committed[-1]
    assert [volume_in(entry.annual, year) for year in (2025, 2027, 2029)] == pytest.approx([40.0, 60.0, 80.0])


def test_reclaimed_water_that_the_ledger_does_not_count_is_not_recorded(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, counts_reclaimed=False)
    text = VAST.replace("capacity: 10 万m3/d, recovery", "capacity: 90 万m3/d, recovery")
    feeds = [{"from": "plant", "grade": "reclaimed"}]
    found = judged(tmp_path, desk, small(tmp_path, "a", 300, feeds=feeds), text=text)
    assert ledger_of(found, "a").evidence[0].value == 0.0
    record(found, desk)
    ledger = read_office(desk).office.ledger
    assert ledger is not None
    assert ledger.remaining(2030) == pytest.approx(100.0)


def test_planning_years_are_judged_in_their_order(tmp_path: Path) -> None:
    late = small(tmp_path, "b", 60, start_year=2035)
    found = [
        judged(tmp_path, desk_of(tmp_path), late, years=years).verdicts[0]
        for years in ((2030, 2040), (2040, 2030))
    ]
    assert found[0].tests == found[1].tests
    horizon = next(test for test in found[0].tests if test.id == "horizon")
    assert horizon.reason is not None
    assert horizon.reason.en == "built out in 2035; 2040 is the last planning year"


def test_typical_years_have_no_guarantee_rates(tmp_path: Path) -> None:
    text = kit.MODEL.replace(
        "grades:",
        "hydrology: {kind: typical_years, sites: [river], index: river, probabilities: [0.5, 0.75]}\ngrades:",
    )
    with pytest.raises(ConfigError, match="typical years have no frequency of their own"):
        judged(tmp_path, desk_of(tmp_path), small(tmp_path, "b", 60), text=text)


def changes(admission: Admission) -> dict[str, float]:
    return {remedy.kind: remedy.amount for remedy in admission.verdicts[0].remedies}


def test_nobody_saves_more_than_all_of_them_need(tmp_path: Path) -> None:
    """Homes and farms need 8 a day together; the ledger has 100 left for a project that names no user."""
    path = kit.write_model(tmp_path, VAST)
    for annual, offered in ((3000.0, True), (3030.0, False)):
        project = small(tmp_path, "b", annual, value_added="3000 亿元")
        found = admit(path, [project], commitments=desk_of(tmp_path))
        assert ("offset" in changes(found)) == offered
        assert found.verdicts[0].verdict == ("conditional" if offered else "refused")
        if offered:
            assert changes(found)["offset"] == pytest.approx(2900.0)
            assert not found.verdicts[0].condition.named  # type: ignore[union-attr]
            assert any("offset.demand" in line for line in change_lines(found.verdicts[0], "en"))


def test_of_the_ledger_alone_every_year_is_known(tmp_path: Path) -> None:
    """60 fit as soon as the ledger, which has 100 - 70 left and 10 more each year, has 60: in 2028."""
    capacity = {"by_year": {2025: "1000 万m3/yr", 2035: "1100 万m3/yr"}}
    taken = [{"id": "next", "status": "approved", "annual": "70 万m3/yr"}]
    desk, project = desk_of(tmp_path, capacity, committed=taken), small(tmp_path, "b", 60)
    found = admit(kit.write_model(tmp_path, VAST), [project], commitments=desk, years=(2025, 2035))
    assert changes(found)["start"] == 3.0
    later = small(tmp_path, "b", 60, start_year=2028)
    judged_alone = judged(tmp_path, desk, later, years=(2028, 2035))
    assert ledger_of(judged_alone).status == "pass"
    early = judged(tmp_path, desk, small(tmp_path, "b", 60, start_year=2027), years=(2035,))
    assert ledger_of(early).status == "fail"  # also where no planning year is as early


def test_the_rules_bound_what_is_agreed_to_be_saved(tmp_path: Path) -> None:
    offset = {"demand": "homes", "annual": "40 万m3/yr"}
    for share, status in ((0.5, "fail"), (0.7, "pass")):
        desk = desk_of(tmp_path, rules__offset_at_most=share)
        found = ledger_of(judged(tmp_path, desk, small(tmp_path, "b", 60, offset=offset)))
        assert found.status == status


def test_savings_of_reclaimed_water_are_none_where_it_does_not_count(tmp_path: Path) -> None:
    text = VAST.replace(
        "  homes: {", "  park: {type: green, zone: town, need: 1 万m3/d, accepts: [reclaimed]}\n  homes: {"
    )
    text = text.replace("  main:", "  plant_park: {from: plant, to: park}\n  main:").replace(
        "{demands: [farms]}", "{demands: [farms]}, {demands: [park]}"
    )
    project = small(tmp_path, "b", 120, offset={"demand": "park", "annual": "30 万m3/yr"})
    for counts, taken in ((True, 90.0), (False, 120.0)):
        desk = desk_of(tmp_path, counts_reclaimed=counts)
        assert ledger_of(judged(tmp_path, desk, project, text=text)).evidence[0].value == pytest.approx(taken)


def test_more_saved_than_taken_leaves_a_ledger_that_can_be_read(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    found = judged(
        tmp_path, desk, small(tmp_path, "b", 60, offset={"demand": "homes", "annual": "80 万m3/yr"})
    )
    assert record(found, desk) == ["b"]
    ledger = read_office(desk).office.ledger
    assert ledger is not None and ledger.remaining(2025) == pytest.approx(100.0)
