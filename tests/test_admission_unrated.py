"""Promised water, and who has no guarantee: what is approved later, saved twice, filled once, protected by no rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_terms import Test as Judged
from waterbal.capacity.admission_verdict import Verdict
from waterbal.errors import ConfigError

YEAR = 365.25
TWO = """
schema_version: 1
name: {zh: 两户, en: Two users}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2020-12, step: month, planning_year: 2025}
zones: {town: {}}
series: {river: {file: river.csv, column: river, units: 1e4 m3/d, kind: rate}}
sources:
  river: {type: catchment, zone: town, runoff: {series: river}}
works:
  plant: {type: treatment, zone: town, capacity: PLANT 万m3/d, own_use: 0}
links:
  r_p: {from: river, to: plant}
  p_a: {from: plant, to: a}
  p_b: {from: plant, to: b}
demands:
  a: {type: public, zone: town, need: 1 万m3/d, guarantee: 0.9}
  b: {type: industry, zone: town, need: 0.3 万m3/d}
quotas:
  permit: {of: [river], volume: PERMIT 万m3/yr, reset_month: 1}
  town: {of: [river], volume: 2000 万m3/yr, reset_month: 1}
priorities: [{demands: [a]}, {demands: [b]}]
reserve: {mode: none}
"""
"""Two users of 1 and 0.3 a day."""


def two(folder: Path, plant: float = 9.0, permit: float = 7000.0, flow: float = 10.0) -> Path:
    text = TWO.replace("PLANT", str(plant)).replace("PERMIT", str(permit))
    return kit.write_model(folder, text, dict.fromkeys(range(2001, 2021), flow))


def asking(folder: Path, rate: float, **changes: Any) -> Path:
    given = {
        "annual": f"{rate * YEAR} 万m3/yr",
        "served_with": "a",
        "accepts": None,
        "feeds": [{"from": "plant"}],
    }
    return kit.project(folder, value_added="900 亿元", **(given | changes))


def entry(id: str, rate: float, **changes: Any) -> dict[str, Any]:
    """A project that is approved."""
    need = {"annual": f"{rate * YEAR} 万m3/yr", "feeds": [{"from": "plant"}], "value_added": "900 亿元"}
    content = {**kit.PROJECT, **need, "id": id, "served_with": "b", **changes}
    own = {key: value for key, value in content.items() if key != "accepts"}
    return {"id": id, "status": "approved", "annual": "0 万m3/yr", "project": own}


def judged(
    folder: Path, model: Path, *projects: Path, committed: list[Any] | None = None, **more: Any
) -> Verdict:
    more = {"ledger__capacity": "1000000 万m3/yr", **more}
    desk = kit.office(folder, ledger__committed=committed or [], **more)
    return admit(model, list(projects), commitments=desk, seek=False).verdicts[-1]


def test_of(verdict: Verdict, id: str) -> Judged:
    return next(test for test in verdict.tests if test.id == id)


test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("begins", [2025, 2027])
def test_what_is_approved_counts_in_quotas_from_whenever_it_begins(tmp_path: Path, begins: int) -> None:
    """475 in use, 110 asked for, 400 approved: 984 of 700, now or in two years that no future has."""
    promised = {"id": "next", "status": "approved", "annual": "400 万m3/yr", "from": begins}
    found = test_of(
        judged(tmp_path, two(tmp_path, permit=700), asking(tmp_path, 0.3), committed=[promised]), "caps"
    )
    assert found.status == "fail"
    assert found.evidence[0].value == pytest.approx(1.6 * YEAR + 400.0)


def test_an_approved_project_that_begins_after_the_last_future_counts_in_quotas(tmp_path: Path) -> None:
    """One that begins in 2040, which no future has, takes 400 of the 700 from then on."""
    later = entry("later", 400.0 / YEAR, start_year=2040)
    path = two(tmp_path, permit=700)
    desk = kit.office(tmp_path, ledger__committed=[later], ledger__capacity="1000000 万m3/yr")
    found = admit(path, [asking(tmp_path, 0.3)], commitments=desk, seek=False, years=[2025]).verdicts[0]
    assert test_of(found, "caps").evidence[0].value == pytest.approx(1.6 * YEAR + 400.0)
    assert test_of(found, "caps").status == "fail"


def test_what_it_saves_is_not_taken_by_a_project_that_begins_after_the_last_future(tmp_path: Path) -> None:
    offset = {"offset": {"demand": "a", "annual": f"{0.4 * YEAR} 万m3/yr"}}
    later = entry("later", 0.5, start_year=2040, **offset)
    desk = kit.office(tmp_path, ledger__committed=[later], ledger__capacity="1000000 万m3/yr")
    path = two(tmp_path, permit=700)
    found = admit(path, [asking(tmp_path, 0.3)], commitments=desk, seek=False, years=[2025]).verdicts[0]
    assert test_of(found, "caps").evidence[0].value == pytest.approx((1.6 + 0.1) * YEAR)


def test_before_the_next_future_what_begins_with_it_does_not_count(tmp_path: Path) -> None:
    """In 2025 the permit has no room for what begins in 2030, when the permit is larger."""
    path = two(tmp_path)
    grows = "{by_year: {2025: 700 万m3/yr, 2029: 700 万m3/yr, 2030: 1200 万m3/yr}}"
    path.write_text(path.read_text().replace("volume: 7000.0 万m3/yr", f"volume: {grows}"))
    promised = {"id": "next", "status": "approved", "annual": "400 万m3/yr", "from": 2030}
    desk = kit.office(tmp_path, ledger__committed=[promised], ledger__capacity="1000000 万m3/yr")
    project = asking(tmp_path, 0.3, build_up={"by_year": {2025: 0.9, 2030: 1.0}})
    found = admit(path, [project], commitments=desk, seek=False, years=[2025, 2030]).verdicts[0]
    now = test_of(found, "caps").evidence[0]
    assert (now.value, now.met) == (pytest.approx((1.3 + 0.27) * YEAR), True)
    later = [e for e in test_of(found, "horizon").evidence if "permit" in e.what.en]
    assert [(e.value, e.met) for e in later] == [(pytest.approx(1.6 * YEAR + 400.0), True)]


def test_an_approved_volume_counts_in_the_quotas_that_it_names(tmp_path: Path) -> None:
    promised = {"id": "next", "status": "approved", "annual": "400 万m3/yr"}
    values = {}
    for named in (None, ["town"]):
        one = promised if named is None else {**promised, "quotas": named}
        tests = judged(tmp_path, two(tmp_path), asking(tmp_path, 0.3), committed=[one])
        values[str(named)] = [e.value for e in test_of(tests, "caps").evidence]
    use = 1.6 * YEAR
    assert values["None"] == [pytest.approx(use + 400.0)] * 2
    assert values["['town']"] == [pytest.approx(use), pytest.approx(use + 400.0)]


def test_quotas_of_a_commitment_are_those_of_the_model_and_of_volumes_without_a_project(
    tmp_path: Path,
) -> None:
    wrong = {"id": "next", "status": "approved", "annual": "400 万m3/yr", "quotas": ["permitt"]}
    with pytest.raises(
        ConfigError, match=r"office.yaml:\d+:\d+.*'permitt' is not a quota.*did you mean 'permit'"
    ):
        judged(tmp_path, two(tmp_path), asking(tmp_path, 0.3), committed=[wrong])
    for other in ({"status": "in_use"}, {"project": entry("next", 0.1)["project"]}):
        with pytest.raises(ConfigError, match="quotas belongs to an approved volume without a project"):
            judged(
                tmp_path,
                two(tmp_path),
                asking(tmp_path, 0.3),
                committed=[{**wrong, "quotas": ["permit"], **other}],
            )


def test_projects_together_save_no_more_than_a_user_needs(tmp_path: Path) -> None:
    """The first saves 0.8 of the 1 a day at a; nobody can save 0.8 there again."""
    offset = {"offset": {"demand": "a", "annual": f"{0.8 * YEAR} 万m3/yr"}}
    found = judged(
        tmp_path, two(tmp_path), asking(tmp_path, 0.8, **offset), committed=[entry("first", 0.8, **offset)]
    )
    ledger = test_of(found, "ledger")
    assert ledger.status == "fail"
    assert (ledger.evidence[0].value, ledger.evidence[0].limit) == (
        pytest.approx(1.6 * YEAR), pytest.approx(YEAR),
    )  # fmt: skip
    less = {"offset": {"demand": "a", "annual": f"{0.2 * YEAR} 万m3/yr"}}
    fits = judged(
        tmp_path, two(tmp_path), asking(tmp_path, 0.2, **less), committed=[entry("first", 0.8, **offset)]
    )
    assert test_of(fits, "ledger").status == "pass"


def test_a_ledger_whose_projects_save_more_than_a_user_needs_is_refused(tmp_path: Path) -> None:
    offset = {"offset": {"demand": "a", "annual": f"{0.8 * YEAR} 万m3/yr"}}
    twice = [entry("first", 0.8, **offset), entry("second", 0.8, **offset)]
    with pytest.raises(
        ConfigError, match=r"office.yaml:\d+:\d+.*584.4 is to be saved where 365.25 is needed"
    ):
        judged(tmp_path, two(tmp_path), asking(tmp_path, 0.1), committed=twice)


FILLING = """
climate: {rain: 0 mm/d, et0: 0 mm/d}
stores:
  lake: {type: reservoir, zone: town, capacity: 4000 万m3, dead: 0 万m3, initial_share: 0.1, evaporation_factor: 0,
    shape: {full_area: 1 km2, exponent: 0.1}, seepage: 0 mm/d, rain_on_surface: false}
links:
  r_l: {from: river, to: lake}
  l_p: {from: lake, to: plant}
"""


@pytest.mark.parametrize(("permit", "status"), [(1.7, "pass"), (1.5, "fail")])
def test_filling_that_is_given_up_is_drawn_from_nobody(tmp_path: Path, permit: float, status: str) -> None:
    """The lake rises with the project too, by 0.1 of the permit of 1.7 a day; of 1.5 it is drawn down."""
    path = two(tmp_path, permit=permit * YEAR)
    text = path.read_text().replace("\nlinks:\n  r_p: {from: river, to: plant}\n", FILLING)
    path.write_text(text)
    found = test_of(judged(tmp_path, path, asking(tmp_path, 0.3)), "caps")
    assert found.status == status
    if status == "fail":
        assert found.evidence[0].value == pytest.approx(1.6 * YEAR, rel=1e-3)


def test_a_project_without_a_guarantee_that_goes_short_always_is_not_simply_admitted(tmp_path: Path) -> None:
    """The river has 1.4: of the 1.8 asked for, b and the project, served together, lack half; no rate protects them."""
    found = judged(tmp_path, two(tmp_path, flow=1.4), asking(tmp_path, 0.5, served_with="b"))
    test = test_of(found, "hydrology")
    assert (found.verdict, test.status) == ("conditional", "conditional")
    assert test.reason is not None
    assert "b has no guarantee" in test.reason.en and "goes short itself" in test.reason.en
    rate = next(e for e in test.evidence if "no guarantee" in e.what.en)
    assert (rate.before, rate.value, rate.met) == (pytest.approx(20 / 21), 0.0, None)
    fits = judged(tmp_path, two(tmp_path, flow=1.81), asking(tmp_path, 0.5, served_with="b"))
    assert test_of(fits, "hydrology").status == "pass"


@pytest.mark.parametrize("scarce", ["river", "plant"])
def test_a_promised_project_without_a_guarantee_keeps_its_water(tmp_path: Path, scarce: str) -> None:
    """About 2 a day for a, b and the 0.6 promised: 0.7 more leave half of that."""
    model = two(tmp_path, flow=2.01) if scarce == "river" else two(tmp_path, plant=2.01)
    found = judged(tmp_path, model, asking(tmp_path, 0.7), committed=[entry("promised", 0.6)])
    test = test_of(found, "hydrology")
    assert (found.verdict, test.status) == ("refused", "fail")
    harmed = [e for e in test.evidence if e.met is False]
    assert [e.value for e in harmed] == [0.0]
    assert (
        test_of(
            judged(tmp_path, model, asking(tmp_path, 0.1), committed=[entry("promised", 0.6)]), "hydrology"
        ).status
        == "pass"
    )


def test_the_part_of_a_promised_project_that_may_be_cut_is_cut(tmp_path: Path) -> None:
    """It was let in on being cut in the class of b; a project that takes that water harms nobody."""
    text = (
        two(tmp_path, flow=2.0)
        .read_text()
        .replace("[{demands: [a]}, {demands: [b]}]", "[{demands: [a]}, {demands: [b]}, {demands: [c]}]")
    )
    text = text.replace(
        "  b: {type: industry", "  c: {type: irrigation, zone: town, need: 0.1 万m3/d}\n  b: {type: industry"
    )
    (tmp_path / "model.yaml").write_text(text.replace("  p_b: ", "  p_c: {from: plant, to: c}\n  p_b: "))
    promised = entry("promised", 0.5, curtailable_with="c", guarantee=0.5) | {"terms": {"curtailed": 1.0}}
    found = judged(tmp_path, tmp_path / "model.yaml", asking(tmp_path, 0.4), committed=[promised])
    test = test_of(found, "hydrology")
    assert not [e for e in test.evidence if e.met is False]


def test_a_quota_above_its_volume_without_the_project_is_said_to_be_met_for_that(tmp_path: Path) -> None:
    """Promised water alone passes the permit; a project that brings its saving adds nothing."""
    promised = {"id": "next", "status": "approved", "annual": "900 万m3/yr"}
    offset = {"demand": "a", "annual": f"{0.3 * YEAR} 万m3/yr"}
    found = test_of(
        judged(
            tmp_path, two(tmp_path, permit=700), asking(tmp_path, 0.3, offset=offset), committed=[promised]
        ), "caps",
    )  # fmt: skip
    assert found.evidence[0].met is True
    assert found.evidence[0].value == pytest.approx(1.3 * YEAR + 900.0)
    assert "adds nothing" in found.evidence[0].what.en


MINED = FILLING.replace("initial_share: 0.1", "initial_share: 1")


def test_a_lake_that_is_drawn_down_for_good_is_told_without_any_quota(tmp_path: Path) -> None:
    """1.3 of the 1.4 a day that come are used; 0.5 more take 0.4 a day out of 4000, which last the record."""
    text = two(tmp_path, flow=1.4).read_text().replace("\nlinks:\n  r_p: {from: river, to: plant}\n", MINED)
    (tmp_path / "model.yaml").write_text(text)
    found = judged(tmp_path, tmp_path / "model.yaml", asking(tmp_path, 0.5, guarantee=0.95))
    test = test_of(found, "hydrology")
    assert (found.verdict, test.status) == ("conditional", "conditional")
    told = next(e for e in test.evidence if "out of storage" in e.what.en)
    assert told.value == pytest.approx(0.4 * YEAR, rel=0.06)  # the last December, before the last days of it
    fits = judged(tmp_path, tmp_path / "model.yaml", asking(tmp_path, 0.09, guarantee=0.95))
    assert test_of(fits, "hydrology").status == "pass"


WELLS = """
schema_version: 1
name: {zh: 井, en: Wells}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2020-12, step: month, planning_year: 2025}
zones: {town: {}}
climate: {rain: 0 mm/d, et0: 0 mm/d}
series: {river: {file: river.csv, column: river, units: 1e4 m3/d, kind: rate}}
sources:
  wells: {type: aquifer, zone: town, area: 10 km2, specific_yield: 0.05, initial_depth: 5 m, floor_depth: 80 m,
          wells: 10 万m3/d, lateral_inflow: 300 万m3/yr}
links: {w_a: {from: wells, to: a}}
demands: {a: {type: public, zone: town, need: 0.8 万m3/d, guarantee: 0.9}}
priorities: [{demands: [a]}]
reserve: {mode: none}
"""


def test_groundwater_that_is_mined_is_told(tmp_path: Path) -> None:
    """300 come in a year, 292 are pumped; 0.5 a day more lower the table for as long as the record lasts."""
    model = kit.write_model(tmp_path, WELLS)
    found = judged(tmp_path, model, asking(tmp_path, 0.5, feeds=[{"from": "wells"}]))
    test = test_of(found, "hydrology")
    assert test.status == "conditional"
    told = next(e for e in test.evidence if "out of storage" in e.what.en)
    assert told.value == pytest.approx(1.3 * YEAR - 300.0, rel=0.06)


def test_a_project_that_is_not_there_shapes_nothing(tmp_path: Path) -> None:
    """What is kept back for a, whose pipe loses a fifth, is not reckoned with the pipe of who is not there."""
    import waterbal
    from waterbal.capacity.admission_futures import Request, outlook
    from waterbal.capacity.project import read_project

    text = TWO.replace("PLANT", "9").replace("PERMIT", "470").replace("reserve: {mode: none}", "")
    text = text.replace("p_a: {from: plant, to: a}", "p_a: {from: plant, to: a, loss: 0.2}")
    model = kit.write_model(tmp_path, text, {})
    files = [
        read_project(asking(tmp_path, rate, id=id, feeds=[{"from": "plant"}]))
        for id, rate in (("one", 0.4), ("other", 3.0))
    ]
    future = outlook(Request(model), files).futures[0]
    plain = waterbal.load(model).run()
    mine = future.run(())
    users = [row.id for row in future.rows.demands]
    for id in ("a", "b"):
        at = list(plain["demand_id"].values.astype(str)).index(id)
        expected = plain["water_supply"].transpose("time", "demand", ...).values.squeeze()[:, at]
        assert mine.supply[0, :, users.index(id)] == pytest.approx(expected)
    alone = outlook(Request(model), files[:1]).futures[0].run((("one", 0.5),))
    among = future.run((("one", 0.5),))
    assert among.supply[0][:, [users.index(id) for id in ("a", "b", "one")]] == pytest.approx(alone.supply[0])
    assert among.supply[0, :, users.index("other")].max() == 0.0


def test_an_overdrawn_ledger_needs_no_more_than_the_project_takes(tmp_path: Path) -> None:
    """Nothing is left, and less than nothing: a project that saves all it takes fits, and no larger saving is asked."""
    desk = kit.office(tmp_path, ledger__committed=[], ledger__capacity="100 万m3/yr", ledger__headroom=0.0,
                      ledger__growth_reserved="300 万m3/yr")  # fmt: skip
    project = asking(tmp_path, 0.3, offset={"demand": "a"})
    found = admit(two(tmp_path), [project], commitments=desk).verdicts[0]
    amounts = {remedy.kind: remedy.amount for remedy in found.remedies}
    assert found.verdict == "conditional"
    assert amounts["offset"] == pytest.approx(0.3 * YEAR)


def test_a_saving_that_is_enough_and_not_too_much_is_found(tmp_path: Path) -> None:
    """Saving at a makes room in the plant, and leaves less of what a gives back to b: between 0.15 and 0.2 both fit."""
    text = (
        TWO.replace("PLANT", "1.25")
        .replace("PERMIT", "7000")
        .replace("p_b: {from: plant", "w_b: {from: reuse")
    )
    text = text.replace(
        "sources:\n",
        "sources:\n  reuse: {type: reclaimed, zone: town, capacity: 5 万m3/d, recovery: 1, use_rate: 1}\n",
    )
    text = text.replace(
        "need: 1 万m3/d, guarantee: 0.9", "need: 1 万m3/d, guarantee: 0.9, returns: [{to: reuse, share: 0.5}]"
    )
    model = kit.write_model(
        tmp_path, text.replace("need: 0.3 万m3/d", "need: 0.4 万m3/d, guarantee: 0.9"), {}
    )
    desk = kit.office(tmp_path, ledger__committed=[], ledger__capacity="1000000 万m3/yr")
    found = admit(model, [asking(tmp_path, 0.4, offset={"demand": "a"})], commitments=desk).verdicts[0]
    offset = next(remedy for remedy in found.remedies if remedy.kind == "offset")
    assert 0.15 * YEAR <= offset.amount <= 0.2 * YEAR
    assert offset.amount - offset.tolerance <= 0.1501 * YEAR


def test_names_that_a_project_brings_with_it_are_its_own(tmp_path: Path) -> None:
    text = (
        two(tmp_path)
        .read_text()
        .replace("r_p: {from: river, to: plant}", "factory_from_plant: {from: river, to: plant}")
    )
    (tmp_path / "model.yaml").write_text(text)
    with pytest.raises(ConfigError, match="brings 'factory_from_plant' into the model, which has it already"):
        judged(tmp_path, tmp_path / "model.yaml", asking(tmp_path, 0.3))
    cut = {"curtailable_with": "b"}
    both = asking(tmp_path, 0.1, id="x", **cut), asking(tmp_path, 0.1, id="x_curtailed")
    with pytest.raises(ConfigError, match=r"'x_curtailed' is already given by .*x\.yaml"):
        judged(tmp_path, two(tmp_path), *both)
