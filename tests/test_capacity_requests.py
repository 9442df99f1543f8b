"""What capacities may be asked for: names that results need, planning years of a study, records; and what is left."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import waterbal.capacity
from tests import capacitykit as kit
from waterbal.capacity.admission_futures import Request, outlook
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.horizons import horizon_axes
from waterbal.capacity.search import Options
from waterbal.errors import ConfigError, UsageError
from waterbal.model.check_capacity import RESULTS
from waterbal.report.capacity_verdict import Verdict
from waterbal.scenarios import study as studies
from waterbal.scenarios.records import record_count

QUICK = Demand(options=Options(1e-2, 1, 0), details=False)


# ---- names


def test_the_names_that_results_need_are_those_that_they_write(tmp_path):
    """All names after ``capacity_`` in a result with everything in it, and all that its sources write."""
    kit.town(tmp_path)
    asked = Demand(
        alone=("people",), options=Options(1e-2, 1, 0), budget=400.0, next_limits=1, risk_realizations=1,
        extras=("frontier", "pairs", "risk"),
    )  # fmt: skip
    found = assess(kit.write(tmp_path, kit.STUDY, "study.yaml"), (), asked)
    names = {str(name) for name in [*found.variables, *found.dims]}
    written = {name.removeprefix("capacity_") for name in names if name.startswith("capacity_")}
    assert {"people", "production"} < written
    assert written - {"people", "production"} == set(RESULTS)
    sources = Path(waterbal.capacity.__file__).parent.glob("dataset*.py")
    texts = re.findall(
        r'(?<=put\()\s*f?"capacity_([^"]+)"', "".join(path.read_text("utf-8") for path in sources)
    )
    assert set(texts) == {*RESULTS, "{driver}"}


@pytest.mark.parametrize("name", RESULTS)
def test_a_driver_cannot_have_a_name_that_results_need(cli, tmp_path, name):
    path = kit.town(tmp_path, kit.CAPACITY.replace("people: {name", f"{name}: {{name"))
    line = next(k for k, text in enumerate(path.read_text("utf-8").split("\n")) if f"{name}: {{name" in text)
    for command in ("check", "capacity"):
        code, _, err = cli(command, path)
        assert code == 3
        expected = f"{path}:{line + 1}:5: capacity.drivers.{name}: results have a variable capacity_{name} of their own"
        assert expected in err
        assert err.count("capacity.drivers.") == 1


def test_a_driver_cannot_be_called_as_the_direction_of_all(tmp_path):
    with pytest.raises(ConfigError, match="'mix' is the direction in which all drivers grow alike"):
        assess(kit.town(tmp_path, kit.CAPACITY.replace("people: {name", "mix: {name")), (), QUICK)


# ---- planning years


def years(folder, values, *, own="2030"):
    """Write a model with the planning year 2030, and a study with an axis of planning years."""
    kit.town(folder, head=kit.HEAD.replace("step: month}", "step: month, planning_year: 2030}"))
    text = kit.STUDY.split("measures:")[0].replace(
        "axes:\n", f"axes:\n  horizon: {{name: {{zh: 水平年, en: year}}, values: {{{values}}}}}\n"
    )
    return kit.write(
        folder, text.replace("baseline: {", f"baseline: {{horizon: {own}, "), f"study-{len(values)}.yaml"
    )


def at(year, more=""):
    return f"{year}: {{set: {{time.planning_year: {year}{more}}}}}"


@pytest.mark.parametrize("middle", ["2030: {}", at(2030)])
def test_an_axis_is_planning_years_if_any_value_sets_the_year(tmp_path, middle):
    """A value that changes nothing is the year of the model, which is written in its own file."""
    path = years(tmp_path, f"{at(2025)}, {middle}, {at(2035)}")
    found = assess(
        path, (), Demand(only=("river=full",), options=QUICK.options, details=False, extras=("risk",))
    )
    assert found.attrs["horizon_axis"] == "horizon"
    assert found["risk_horizon"].values.tolist() == ["2025", "2030", "2035"]
    assert [axis.id for axis in horizon_axes(studies.load(path, ()))] == ["horizon"]
    assert [future.year for future in outlook(Request(path), ()).futures] == [2025, 2030, 2035]


def test_of_two_values_of_one_year_the_baseline_is_told(tmp_path):
    """With 400 (1e4) people, who take 40 of the 10 (1e4 m3/d) of the river, the plan is too much with 100 %."""
    many = "many: {set: {time.planning_year: 2030, demands.homes.people: 400 万人}}"
    path = years(tmp_path, f"plain: {{}}, {many}, late: {{set: {{time.planning_year: 2035}}}}", own="plain")
    asked = Demand(only=("river=full",), options=QUICK.options, details=False, extras=("risk",))
    found = assess(path, (), asked)
    assert found["risk_horizon"].values.tolist() == ["2030", "2035"]
    assert found["risk_exceedance"].values.tolist() == [0.0, 0.0]
    own = assess(years(tmp_path, f"plain: {{}}, {many}", own="many"), (), asked)
    assert own["risk_exceedance"].values.tolist() == [1.0]


# ---- records


def test_the_number_of_records_is_what_is_asked_for_or_usual():
    assert [record_count(asked, 4, size) for asked, size in ((None, None), (None, 3), (2, None), (3, 3))] == [
        4,
        3,
        2,
        3,
    ]
    for asked, size, text in (
        (0, None, "0 realizations are none"),
        (-1, 3, "-1 realizations"),
        (4, 3, "has 3"),
    ):
        with pytest.raises(UsageError, match=text):
            record_count(asked, 4, size)


@pytest.mark.parametrize("name", ["model.yaml", "study.yaml"])
def test_no_records_are_refused(cli, tmp_path, name):
    kit.town(tmp_path)
    kit.write(tmp_path, kit.STUDY, "study.yaml")
    code, out, err = cli("capacity", tmp_path / name, "--no-details", "--audit", "0", "--realizations", "0")
    assert (code, out) == (2, "")
    assert "--realizations: 0 realizations are none; expected 1 or more" in err


def test_no_records_are_refused_in_admission(tmp_path):
    head = kit.HEAD.replace("step: month}", "step: month, planning_year: 2030}")
    with pytest.raises(UsageError, match="0 realizations are none"):
        outlook(Request(kit.town(tmp_path, head=head), realizations=0), ())


# ---- what is left


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        ("model.yaml", ("--along", "nowhere"), 2),
        ("model.yaml", ("--realizations", "0"), 2),
        ("model.yaml", ("--budget", "10"), 2),
        ("study.yaml", ("--only", "river=none"), 2),
        ("model.yaml", ("--set", "demands.homes.guarantee=0.99"), 3),
        ("study.yaml", ("--set", "demands.homes.guarantee=0.99"), 3),
        ("model.yaml", ("--set", "demands.house.people=1"), 3),
    ],
)
def test_what_is_refused_leaves_nothing_behind(cli, tmp_path, file, options, code):
    kit.town(tmp_path)
    kit.write(tmp_path, kit.STUDY, "study.yaml")
    before = sorted(tmp_path.iterdir())
    assert cli("capacity", tmp_path / file, *options, "-o", tmp_path / "c.nc")[0] == code
    assert cli("capacity", tmp_path / file, *options, "-o", tmp_path / "new" / "folder" / "c.nc")[0] == code
    assert sorted(tmp_path.iterdir()) == before


def test_where_nothing_can_be_written_is_told_before_the_work(tmp_path):
    """In Python, too; and a folder that is not there is made."""
    path = kit.town(tmp_path)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UsageError, match="is not a folder"):
        assess(path, (), QUICK, output=tmp_path / "file" / "c.nc")
    assess(path, (), QUICK, output=tmp_path / "new" / "folder" / "c.nc")
    assert [one.name for one in (tmp_path / "new" / "folder").iterdir()] == ["c.nc"]


# ---- a plan that moves, a baseline that is left out, a focus that is not searched


def test_a_plan_that_changes_inside_the_record_has_no_scale(tmp_path):
    """40 (1e4) people in 2001 and 44 in 2003: of which year would a scale be?"""
    moving = kit.TOWN.replace("people: 40 万人", "people: {by_year: {2001: 40 万人, 2003: 44 万人}}")
    path = kit.write(tmp_path, kit.HEAD + moving + kit.CAPACITY)
    with pytest.raises(
        ConfigError, match=r"capacity.drivers.people: the plan of people changes from year to year"
    ):
        assess(path, (), QUICK)
    assert float(assess(path, ("time.planning_year=2003",), QUICK)["plan_amount"][0, 0]) == pytest.approx(
        44.0
    )


def test_a_baseline_that_is_left_out_is_stood_for_by_the_nearest(cli, tmp_path):
    kit.town(tmp_path)
    more = "  norm: {name: {zh: 定额, en: norm}, values: {usual: {}, less: {times: {demands.homes.norm: 0.9}}}}\n"
    study = kit.STUDY.replace("baseline: {river: full}", more + "baseline: {river: full, norm: usual}")
    path = kit.write(tmp_path, study, "study.yaml")
    found = assess(path, (), Demand(only=("river=half",), options=Options(1e-2, 1, 0), details=False))
    assert found.attrs["baseline"] == "half-usual"
    told = "\n".join(Verdict(found, "en").lines())
    assert "full-usual, is not among the scenarios chosen: figures are of" in told
    whole = assess(path, (), QUICK)
    assert "is not among the scenarios chosen" not in "\n".join(Verdict(whole, "en").lines())


def test_the_direction_told_is_the_same_with_and_without_details(tmp_path):
    """Neither homes nor mill are served at any scale of both; production alone is carried."""
    kit.town(tmp_path)
    path = tmp_path / "model.yaml"
    more = Demand(directions=("people",), focus="production", options=Options(1e-2, 1, 0))
    for details in (True, False):
        found = assess(path, (), replace(more, details=details))
        assert set(found["direction_id"].values.astype(str)) == {"people", "production"}
        verdict = Verdict(found, "en")
        assert verdict.direction_ids[verdict.focus] == "production"
