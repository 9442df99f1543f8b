"""What the command line and the file say of a sweep."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

import waterbal
from tests.citykit import write_city
from waterbal.report import scenarios

STUDY = """
schema_version: 1
name: {zh: 甲城方案, en: Scenarios of a city}
model: model.yaml
provenance: {source: test, grade: assumed}
realizations: 3
axes:
  growth:
    name: {zh: 人口, en: People}
    values:
      low: {name: {zh: 低, en: Low}, set: {demands.homes.people: 20 万人}}
      high: {name: {zh: 高, en: High}, set: {demands.homes.people: 60 万人}}
  cut:
    name: {zh: 指标折减, en: Quota cut}
    values:
      1.0:
      0.6: {set: {quotas.permit.cut: 0.6}}
exclude: [{growth: low, cut: 0.6}]
baseline: {growth: high, cut: 1.0}
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    write_city(folder)
    (folder / "study.yaml").write_text(STUDY)
    command = ["sweep", str(folder / "study.yaml"), "-o", str(folder / "out"), "--lang", "zh"]
    told = subprocess.run(
        [sys.executable, "-m", "waterbal", *command], capture_output=True, text=True, check=True
    )
    with waterbal.open_result(folder / "out" / "results.nc") as results:
        yield results.load(), told.stdout, folder / "out" / "results.nc"


def test_the_command_tells_what_the_scenarios_come_to(swept):
    results, printed, _ = swept
    for text in ("甲城方案", "各方案供水情况", "各维度的影响", "指标折减", "3 个水文样本"):
        assert text in printed
    short = 1 - results["mean_annual_supply"].sum() / results["mean_annual_demand"].sum()
    line = scenarios.summarise(results)
    weights = np.array([one["need"] for one in line["scenarios"]])
    shares = np.array([one["short"] for one in line["scenarios"]])
    assert float((weights * shares).sum() / weights.sum()) == pytest.approx(float(short))


def test_axes_average_the_scenarios_that_have_a_value(swept):
    told = scenarios.summarise(swept[0])
    assert [axis["id"] for axis in told["axes"]] == ["growth", "cut"]
    by_id = {(one["values"]["growth"], one["values"]["cut"]): one for one in told["scenarios"]}
    assert set(by_id) == {("low", 1.0), ("high", 1.0), ("high", 0.6)}
    growth, cut = told["axes"]
    # without the combination that is left out, a plain mean would blame the cut for what growth does
    assert [(v["value"], v["scenarios"]) for v in cut["values"]] == [(1.0, 1), (0.6, 1)]
    assert cut["values"][0]["short"] == pytest.approx(by_id["high", 1.0]["short"])
    assert cut["values"][1]["sectors"] == by_id["high", 0.6]["sectors"]
    assert [(v["value"], v["scenarios"]) for v in growth["values"]] == [("low", 1), ("high", 1)]
    assert growth["values"][0]["short"] == pytest.approx(by_id["low", 1.0]["short"])
    assert cut["matched"] and cut["left_out"] == 1
    assert "其他取值都相同" in swept[1]


def test_rates_count_the_years_of_all_realizations_together(swept):
    results, _, _ = swept
    told = scenarios.summarise(results)
    rates, years = (results[f"sector_{name}"].values for name in ("reliability_annual", "years_with_need"))
    kinds = results["sector_id"].values.tolist()
    assert (years > 1.0).any()
    for s, line in enumerate(told["scenarios"]):
        for kind in kinds:
            values, count = rates[s, :, kinds.index(kind)], years[s, :, kinds.index(kind)]
            good = sum(round(p * (n + 1)) for p, n in zip(values, count, strict=True))
            assert line["sectors"][kind]["rate"] == pytest.approx(good / (count.sum() + 1))
            assert line["sectors"][kind]["lowest"] == values.min()


def test_members_that_failed_are_left_out_and_told(swept):
    results = swept[0].copy(deep=True)
    results["member_status"][0, 1] = 1
    for name in ("mean_annual_demand", "mean_annual_supply", "sector_reliability_annual"):
        results[name][0, 1] = np.nan
    told = scenarios.summarise(results)
    assert told["failed"] == 1
    good = swept[0]["mean_annual_demand"].values[0].sum(axis=-1)[[0, 2]]
    assert told["scenarios"][0]["need"] == pytest.approx(good.mean())
    console = Console(file=io.StringIO(), width=150)
    scenarios.render(results, "en", console)
    assert "1 members did not end well" in console.file.getvalue()


@pytest.mark.long
def test_the_file_follows_the_conventions(swept):
    from compliance_checker.runner import CheckSuite, ComplianceChecker

    CheckSuite.load_all_available_checkers()
    out = swept[2].with_suffix(".txt")
    passed, errors = ComplianceChecker.run_checker(
        ds_loc=str(swept[2]), checker_names=["cf:1.11"], verbose=0, criteria="strict", output_filename=str(out),
        output_format="text",
    )  # fmt: skip
    assert passed and not errors, out.read_text()


def test_grid_unfolds_the_axes(swept):
    grid = swept[0].waterbal.grid()
    assert dict(grid["district_reliability_volumetric"].sizes) == {"growth": 2, "cut": 2, "realization": 3}
    one = grid["district_reliability_volumetric"].sel(growth="high", cut=0.6)
    position = swept[0]["cut"].values.tolist().index(0.6)
    np.testing.assert_array_equal(one.values, swept[0]["district_reliability_volumetric"].values[position])
    assert np.isnan(grid["district_reliability_volumetric"].sel(growth="low", cut=0.6)).all()
