"""Sweeps and capacities side by side, and shortages in them explained, against numbers read and worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netCDF4
import openpyxl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests import capacitykit
from waterbal import api
from waterbal.capacity import explain, explain_member
from waterbal.cli.main import app
from waterbal.errors import UsageError
from waterbal.report import compare, compare_print
from waterbal.results import netcdf

LIBRARY = Path(__file__).parent.parent / "configs" / "library"
MORE = "demands.homes.people=80 万人"
"""Twice the people: 8 of the 5 (1e4 m3/d) that half the river gives."""


def command(*arguments: object, status: int = 0) -> str:
    told = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert told.exit_code == status, told.output
    return told.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town, its study, and two sweeps and capacities of it that differ in the people."""
    folder = tmp_path_factory.mktemp("studies")
    capacitykit.town(folder)
    study = capacitykit.write(folder, capacitykit.STUDY, "scenarios.yaml")
    for name, more in (("a", ()), ("b", ("--set", MORE))):
        command("sweep", study, "-o", folder / name, "--keep", "yearly", "--threads", 1, *more, "-q")
        command(
            "capacity", study, "-o", folder / f"{name}.nc", "--along", "people", "--audit", 0, "--tolerance", 0.02,
            "--no-details", "--only", "river=half", *more, "-q",
        )  # fmt: skip
    return folder


def of(found: compare.Comparison, **wanted: str) -> dict[str, Any]:
    (line,) = [line for line in found.results if all(line[key] == value for key, value in wanted.items())]
    return line


def test_sweeps_are_compared_scenario_by_scenario(folder: Path) -> None:
    found = compare.files(folder / "a" / "results.nc", folder / "b" / "results.nc")
    assert {"path": "demands.homes.people", "first": "40 万人", "second": "80 万人"} in found.inputs
    assert found.kind == "sweep" and not found.only_first and not found.only_second
    supplied = []
    for name in ("a", "b"):
        with netCDF4.Dataset(folder / name / "results.nc") as file:
            ids = netCDF4.chartostring(file["demand_id"][:]).tolist()
            years = file["yearly_water_supply"][:, :, ids.index("mill")].mean(axis=(1, 2))
            scenarios = netCDF4.chartostring(file["scenario_id"][:]).tolist()
        supplied.append(dict(zip(scenarios, years.tolist(), strict=True)))
    half, full = (next(id for id in supplied[0] if river in id) for river in ("half", "full"))
    line = of(found, scenario="river=half", group="demand", id="mill", measure="supply")
    assert (line["first"], line["second"]) == pytest.approx((supplied[0][half], supplied[1][half]))
    assert supplied[0][full] == supplied[1][full]
    assert not [one for one in found.results if one["scenario"] == "river=full" and one["id"] == "mill"]
    # by hand: of 10 a day the mill still gets its 2; of 5 a day it had 1 and has none
    days = 1095 / 3
    line = of(found, scenario="river=half", group="sector", id="industry", measure="shortage")
    assert (line["first"], line["second"]) == pytest.approx((1 * days, 2 * days))


def test_yearly_means_are_those_of_the_accessor(folder: Path) -> None:
    paths = [folder / name / "results.nc" for name in ("a", "b")]
    found = compare.files(*paths)
    for number, path in enumerate(paths):
        with netcdf.open_result(path) as results:
            table = results.waterbal.balance(by=["sector"], language="")
        for line in found.results:
            if line["group"] == "sector" and line["measure"] in ("need", "supply", "shortage"):
                here = table[
                    (table["river"] == line["scenario"].removeprefix("river="))
                    & (table["sector"] == line["id"])
                ]
                told = line["first" if number == 0 else "second"]
                assert told == pytest.approx(float(here[line["measure"]].iloc[0]))


def test_years_that_are_not_complete_do_not_count() -> None:
    """A record that begins in July: only the calendar year from the next January on is looked at."""
    span = ("time.start=2001-07", "time.end=2003-06")
    one = api.load(LIBRARY / "shared_trunk.yaml", span).run()
    other = one.copy(deep=True)
    other["water_supply"].values[..., 6:18] *= 0.5  # July 2001 is step 0
    other["water_supply"].values[..., :6] *= 0.25
    mean = float(one["water_supply"].values[0, 0, :, 6:18].sum())
    line = of(compare.compare(one, other), group="all", measure="supply")
    assert (line["first"], line["second"]) == pytest.approx((mean, 0.5 * mean))


def test_capacities_are_compared_by_direction(folder: Path) -> None:
    found = compare.files(folder / "a.nc", folder / "b.nc")
    assert found.kind == "capacity"
    # by hand: the mill keeps its 2 of 5 a day, so the homes have 3, of the 4 or 8 of the plan
    line = of(found, scenario="river=half", group="direction", id="people", measure="scale")
    assert (line["first"], line["second"]) == pytest.approx((0.75, 0.375), abs=0.03)
    with netCDF4.Dataset(folder / "b.nc") as file:
        assert (
            float(file["exceedance_probability"][:].max()) == 1.0
        )  # of what half the river carries, plan is more


def test_nothing_is_said_twice(folder: Path) -> None:
    found = compare.files(folder / "a" / "results.nc", folder / "b" / "results.nc")
    for line in found.telling:
        others = [
            other for other in found.telling
            if other is not line and other["scenario"] == line["scenario"] and other["measure"] == line["measure"]
            and line["change"] is not None and other["change"] is not None
        ]  # fmt: skip
        # the district beside its only sector that changes is the one repetition
        same = [other for other in others if abs(other["change"]) == pytest.approx(abs(line["change"]))]
        assert all("all" in (other["group"], line["group"]) for other in same), line
    assert not [line for line in found.telling if line["group"] == "demand"]  # one user in each sector
    assert {line["repeats"] for line in found.results if line["group"] == "demand"} >= {
        "sector residential need"
    }


def test_the_workbook_has_inputs_and_results_as_numbers(folder: Path, tmp_path: Path) -> None:
    pair = [folder / "a" / "results.nc", folder / "b" / "results.nc"]
    command("compare", *pair, "--xlsx", tmp_path / "new" / "changes.xlsx", "-q")
    book = openpyxl.load_workbook(tmp_path / "new" / "changes.xlsx")
    assert len(book.sheetnames) == 3
    inputs, results = (book[name] for name in book.sheetnames[1:])
    cells = [[cell.value for cell in row] for row in inputs.iter_rows()]
    assert any(row[:3] == ["demands.homes.people", "40 万人", "80 万人"] for row in cells)
    found = compare.files(*pair)
    rows = [[cell.value for cell in row] for row in results.iter_rows(min_row=5)]
    for number, line in enumerate(found.telling):
        assert rows[number][4:6] == pytest.approx([line["first"], line["second"]])
        assert all(isinstance(value, int | float) for value in rows[number][4:7])
    command("compare", *pair, "--xlsx", tmp_path / "changes.txt", status=2)


def test_a_member_of_a_sweep_is_explained_from_its_study(folder: Path) -> None:
    asked = ("--demand", "mill", "--time", "2002-03", "--json", "-q")
    path, study = folder / "a" / "results.nc", folder / "scenarios.yaml"
    with netcdf.open_result(path) as results:
        half = next(id for id in results["scenario_id"].values.tolist() if "half" in id)
    told = json.loads(command("explain", path, *asked, "--study", study, "--scenario", half))
    assert told["shortage"] == pytest.approx(31.0) and told["scenario"] == half  # 1 of 2 a day, in March
    assert told["cause"].startswith("sources.river")
    full = json.loads(command("explain", path, *asked, "--study", study))
    assert full["shortage"] == 0.0 and full["cause"] is None  # the baseline is the full river


def test_a_capacity_is_explained_from_its_study(folder: Path) -> None:
    with netcdf.open_result(folder / "b.nc") as results:
        half = next(id for id in results["scenario_id"].values.tolist() if "half" in id)
    told = command(
        "explain", folder / "b.nc", "--demand", "homes", "--time", "2001-01", "--json", "-q",
        "--study", folder / "scenarios.yaml", "--scenario", half,
    )  # fmt: skip
    assert json.loads(told)["shortage"] == pytest.approx(31 * 3.0)  # 8 a day are needed, 5 are there


def test_a_changed_study_is_refused(folder: Path, tmp_path: Path) -> None:
    capacitykit.town(tmp_path)
    changed = capacitykit.STUDY.replace("capacity: 5 万m3/d", "capacity: 6 万m3/d")
    study = capacitykit.write(tmp_path, changed, "scenarios.yaml")
    with netcdf.open_result(folder / "a" / "results.nc") as results:
        half = next(id for id in results["scenario_id"].values.tolist() if "half" in id)
    path = folder / "a" / "results.nc"
    with pytest.raises(Exception, match="was changed since"):
        explain_member.member(path, half, 0, study)


def test_everything_that_is_wrong_is_told_before_the_run_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("case_of", "rebuild"):
        monkeypatch.setattr(api, name, lambda *given: pytest.fail("the run was made again"))
    path = folder / "a" / "results.nc"
    with pytest.raises(UsageError) as caught:
        explain_member.member(path, "hal", 7, None, "mil", "2031-05")
    told = {issue.where: issue for issue in caught.value.issues}
    assert set(told) == {"--scenario", "--realization", "--study", "--demand", "--time"}
    assert "half" in told["--scenario"].nearest or "half" in told["--scenario"].expected.split(",")[0]
    assert told["--demand"].nearest == "mill"
    assert told["--time"].expected == "a time from 2001-01 to 2003-12" and told["--time"].nearest == ""


def test_names_most_alike_come_first() -> None:
    names = [f"{year}-{works}" for year in (2025, 2030, 2035) for works in ("old", "new", "both")]
    with pytest.raises(UsageError) as caught:
        explain.find_demand(names, "both")
    (issue,) = caught.value.issues
    assert set(issue.expected.split(" (")[0].split(", ")[:3]) == {"2025-both", "2030-both", "2035-both"}
    assert issue.expected.endswith("(and 1 more)")
    assert "（另有 1 个）" in issue.said("zh") and "more" not in issue.said("zh")


def test_what_scenarios_change_is_told_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with netcdf.open_result(folder / "a" / "results.nc") as results:
        one = results.load()
    changes = json.loads(one.attrs["waterbal_changes"])
    assert len(changes) > 1
    for path, ids in (("links.trunk.capacity", list(changes)), ("demands.mill.need", list(changes)[:1])):
        for id in ids:
            changes[id][path] = "9 万m3/d"
    other = one.assign_attrs(waterbal_changes=json.dumps(changes))
    lines = [line for line in compare.compare(one, other).inputs if "scenarios" in line]
    assert sorted(lines, key=lambda line: line["path"]) == [
        {"path": "demands.mill.need", "first": None, "second": "9 万m3/d", "scenarios": list(changes)[:1],
         "of_all": False},
        {"path": "links.trunk.capacity", "first": None, "second": "9 万m3/d", "scenarios": list(changes),
         "of_all": True},
    ]  # fmt: skip
    compare_print.render(compare.compare(one, other), ("a", "b"), "en", Console(width=160))
    told = capsys.readouterr().out
    assert told.count("links.trunk.capacity") == 1
    assert f"links.trunk.capacity (all {len(changes)} scenarios of both)" in told
    assert f"demands.mill.need (scenarios: {next(iter(changes))})" in told
    # what the model itself has in the second, and with it every scenario, is told with the model
    model = json.loads(one.attrs["waterbal_config"])
    model["links"]["trunk"] = {"capacity": "9 万m3/d"}
    both = other.assign_attrs(waterbal_config=json.dumps(model))
    told_of = [line for line in compare.compare(one, both).inputs if line["path"] == "links.trunk.capacity"]
    assert len(told_of) == 1 and "scenarios" not in told_of[0]


def _values(results: Any, **values: list[Any]) -> Any:
    """Give the scenarios of a result other axes, with ids and names to match."""
    for name, column in values.items():
        results = results.assign_coords({name: ("scenario", column, {"scenario_axis": "given"})})
    ids = ["-".join(map(str, row)) for row in zip(*values.values(), strict=True)]
    known = json.loads(results.attrs["waterbal_changes"])
    changes = {id: known[old] for id, old in zip(ids, results["scenario_id"].values.tolist(), strict=True)}
    results["scenario_id"] = ("scenario", ids)
    results["scenario_name_zh"] = ("scenario", [f"方案{id}" for id in ids])
    results["scenario_name_en"] = ("scenario", [f"plan {id}" for id in ids])
    return results.drop_vars("river").assign_attrs(
        waterbal_changes=json.dumps(changes), waterbal_config_scenario=ids[0]
    )


def test_scenarios_that_are_no_pair_are_named_and_their_inputs_are_not_listed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        netcdf.open_result(folder / "a" / "results.nc") as a,
        netcdf.open_result(folder / "b" / "results.nc") as b,
    ):
        one = _values(a.load(), horizon=[2025, 2030, 2035], saving=["current"] * 3)
        other = _values(b.load(), horizon=[2035, 2040, 2045], saving=["target"] * 3)
    found = compare.compare(one, other)
    assert not found.results
    assert not [line for line in found.inputs if line["path"].startswith("demands.") or "scenarios" in line]
    assert found.unlike == (
        ("2025-current", "2030-current", "2035-current"),
        ("2035-target", "2040-target", "2045-target"),
    )
    json.dumps(found.as_dict(), allow_nan=False)
    for language, first, plan in (
        ("zh", "两个结果没有相同的方案，没有可对比的结果。", "方案"),
        ("en", "The two results have no scenario in common: there is no result to compare.", "plan "),
    ):
        compare_print.render(found, ("a", "b"), language, Console(width=160))
        lines = capsys.readouterr().out.splitlines()
        assert lines[2] == first
        assert f"{plan}2025-current" in lines[3] and f"{plan}2035-current" in lines[3]
        assert f"{plan}2035-target" in lines[4] and f"{plan}2040-target" in lines[4]
        assert "target" not in lines[3] and "current" not in lines[4]
        assert not [line for line in lines if line.startswith("│ demands.") or "horizon=" in line]


def test_scenarios_are_paired_by_the_axes_that_both_have(folder: Path) -> None:
    """One result without the axis of savings, in another order; the horizon alone tells its scenarios apart."""
    with (
        netcdf.open_result(folder / "a" / "results.nc") as a,
        netcdf.open_result(folder / "b" / "results.nc") as b,
    ):
        first, second = a.load(), b.load()
    one = _values(first, horizon=[2025, 2030, 2035])
    other = _values(second.isel(scenario=[2, 1, 0]), horizon=[2035, 2030, 2025], saving=["none"] * 3)
    found, plain = compare.compare(one, other), compare.compare(first, second)
    assert found.unlike is None and not found.only_first and not found.only_second
    names = dict(
        zip(
            ("horizon=2025", "horizon=2030", "horizon=2035"),
            (f"river={v}" for v in first["river"].values),
            strict=True,
        )
    )
    told = {
        (names[one["scenario"]], one["group"], one["id"], one["measure"]): one["change"]
        for one in found.results
    }
    assert told == {
        (one["scenario"], one["group"], one["id"], one["measure"]): one["change"] for one in plain.results
    }
    # the files hold the configurations of 2025 and of 2035, which are no pair
    assert found.not_compared == ("2025", "2035-none")
    (line,) = [line for line in found.inputs if line["path"] == "demands.homes.people"]
    assert line["scenarios"] == ["2025", "2030", "2035"] and line["of_all"] and line["first"] is None
    # two scenarios of one horizon cannot both be the one of the other result
    doubtful = _values(second, horizon=[2025, 2025, 2040], saving=["none", "deep", "deep"])
    assert compare.compare(one, doubtful).unlike is not None


def test_scenarios_drivers_and_flags_are_told_by_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A planner reads names; ids stay for programs."""
    with netcdf.open_result(folder / "b.nc") as results:
        one = results.load()
    other = one.copy(deep=True)
    half = [str(id) for id in one["scenario_id"].values].index(
        next(str(id) for id in one["scenario_id"].values if "half" in str(id))
    )
    people = [str(id) for id in one["direction_id"].values].index("people")
    unbounded = one["capacity_status"].attrs["flag_meanings"].split().index("unbounded")
    other["capacity_status"][half, people] = unbounded
    other["capacity_amount"][half, people] *= 1.5
    found = compare.compare(one, other)
    line = next(line for line in found.results if line["measure"] == "status")
    assert line["scenario"].endswith("half") and line["second"] == "unbounded"
    assert line["second_zh"] == "水资源不构成约束" and line["scenario_zh"] == "half"
    compare_print.render(found, ("a", "b"), "zh", Console(width=200))
    told = capsys.readouterr().out
    rows = [line for line in told.splitlines() if line.startswith("│")]
    assert any("水资源不构成约束" in row for row in rows) and not any("unbounded" in row for row in rows)
    assert any("（万人）" in row for row in rows) and not any("river=" in row for row in rows)
    other["driver_id"] = other["driver_id"].astype("U16")
    other["driver_id"][list(one["driver_id"].values).index("people")] = "residents"
    compare_print.render(compare.compare(one, other), ("a", "b"), "zh", Console(width=200))
    told = capsys.readouterr().out
    assert "只在 a 中：增长方向“" in told and "direction " not in told
