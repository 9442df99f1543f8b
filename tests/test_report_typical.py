"""Reports of sweeps whose realizations are typical years, and of sweeps of several scenarios with every step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import waterbal
from waterbal import starter
from waterbal.report import scenarios
from waterbal.report.material import Material
from waterbal.report.page.page import build
from waterbal.report.sheets import Sheet, sheets
from waterbal.results import pooled

STUDY = """\
schema_version: 1
name: {zh: 典型年, en: Typical years}
model: model.yaml
provenance: {source: test, grade: assumed}
realizations: REALIZATIONS
base: {hydrology: HYDROLOGY}
axes:
  growth:
    values:
      plan: {}
      more: {set: {demands.households.people: 40 万人}}
baseline: {growth: plan}
"""
TYPICAL = (
    "{kind: typical_years, sites: [runoff, rain], index: runoff, probabilities: [0.25, 0.75], first_month: 7}"
)


def swept(folder: Path, keep: Any, hydrology: str, realizations: int, study: str = STUDY) -> xr.Dataset:
    """Sweep the starter city."""
    for path in starter.MODEL.parent.glob("*"):
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    text = study.replace("HYDROLOGY", hydrology).replace("REALIZATIONS", str(realizations))
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with waterbal.sweep(folder / "study.yaml", folder / keep, keep=keep, threads=1) as found:
        return found.load()


@pytest.fixture(scope="module", params=["yearly", "full"])
def typical(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> xr.Dataset:
    """A sweep of two scenarios in two typical years."""
    return swept(tmp_path_factory.mktemp("typical"), request.param, TYPICAL, 2)


def table(results: xr.Dataset, id: str) -> Sheet:
    """Make one table."""
    return next(sheet for sheet in sheets(Material(sweeps=(results,))) if sheet.id == id)


def column(sheet: Sheet, id: str) -> list[Any]:
    """Read a column of a table."""
    place = [column.id for column in sheet.columns].index(id)
    return [row.cells[place] for row in sheet.rows]


def test_each_typical_year_is_told_apart(typical: xr.Dataset) -> None:
    sheet = table(typical, "T1")
    labels = dict.fromkeys(str(cell.zh) for cell in column(sheet, "probability"))
    assert list(labels) == ["P=25%", "P=75%"]
    years = dict.fromkeys(str(cell.zh) for cell in column(sheet, "picked"))
    assert list(years) == [f"典型年 {year} 年（各年平均）" for year in typical["hydrology_year"].values]
    needs = [row.cells for row in sheet.rows if getattr(row.cells[4], "en", "") == "District" and row.total]
    place = [c.id for c in sheet.columns].index("need.total")
    mean = typical["mean_annual_demand"].isel(scenario=0).sum("demand").values
    assert [cells[place] for cells in needs] == pytest.approx(mean, abs=1.0)
    assert np.ptp(mean) > 2.0  # else a mean of both would pass as well
    assert any("典型年情景" in note.zh for note in sheet.notes)
    assert not any("全部水文样本的平均" in note.zh or "P=m/(n+1)" in note.zh for note in sheet.notes)


def test_every_scenario_has_a_line_for_each_typical_year(typical: xr.Dataset) -> None:
    sheet = table(typical, "T1b")
    assert [cell.en for cell in column(sheet, "scenario")] == [
        "plan, P = 25%", "plan, P = 75%", "more, P = 25%", "more, P = 75%",
    ]  # fmt: skip
    mean = typical["mean_annual_supply"].sum("demand").values.ravel()
    assert column(sheet, "supply") == pytest.approx(mean, abs=1.0)


def test_copies_of_a_year_are_no_long_series(typical: xr.Dataset) -> None:
    sheet = table(typical, "T6")
    assert not sheet.rows and "没有长系列统计" in sheet.notes[0].zh


def test_the_page_says_that_it_is_a_typical_year(typical: xr.Dataset) -> None:
    for language, said, unsaid in (
        ("zh", "plan，典型年 P=25%：典型年（各重复年平均）需水", "多年平均需水"),
        ("en", "plan, typical year P = 25%: in the typical year (mean of its copies)", "in the mean year"),
    ):
        text = build(Material(sweeps=(typical,)), language)
        assert unsaid not in text
        assert (said in text) == ("time" in typical.dims)


def test_quotas_of_several_scenarios_are_told_with_every_step(tmp_path: Path) -> None:
    results = swept(tmp_path, "full", "{kind: observed, sites: [runoff, rain, et0]}", 1)
    assert results["quota_reset_month"].dims == ("scenario", "quota")
    binding = [cell for cell in column(table(results, "T4"), "binding") if cell is not None]
    left, volume = (
        results[f"quota_{name}"].isel(scenario=0, realization=0).values for name in ("remaining", "volume")
    )
    month = results["time"].dt.month.values
    used_up = 0
    for q, reset in enumerate(results["quota_reset_month"].isel(scenario=0).values):
        last = np.flatnonzero(month == (reset - 2) % 12 + 1)
        share = float((left[q, last] <= 1e-6 * volume[q, last]).mean())
        name = str(results["quota_name_en"].values[q])
        told = [cell.en for cell in binding if f"{name} used up" in cell.en]
        assert bool(told) == (share > 0.0)
        assert all(f"{name} used up in {100 * share:.0f}%" in one for one in told)
        used_up += bool(told)
    assert used_up


MIXED = f"""\
schema_version: 1
name: {{zh: 两种水文, en: Two methods}}
model: model.yaml
provenance: {{source: test, grade: assumed}}
realizations: 2
axes:
  method:
    values:
      series: {{set: {{hydrology: {{kind: resampled, sites: [runoff, rain], seed: 1}}}}}}
      years: {{set: {{hydrology: {TYPICAL}}}}}
  growth:
    values:
      plan: {{}}
      more: {{set: {{demands.households.people: 40 万人}}}}
baseline: {{method: series, growth: plan}}
"""


def test_series_and_typical_years_are_told_beside_each_other(tmp_path: Path) -> None:
    results = swept(tmp_path, "yearly", "", 2, MIXED)
    told = scenarios.summarise(results)
    lines = {line["en"]: line for line in told["scenarios"]}
    assert list(lines) == [
        "series, plan", "series, more", "years, plan, P = 25%", "years, plan, P = 75%", "years, more, P = 25%",
        "years, more, P = 75%",
    ]  # fmt: skip
    alone = pooled.annual(results.isel(scenario=[1]), "sector").pooled[0]
    homes = results["sector_id"].values.tolist().index("residential")
    assert lines["series, more"]["sectors"]["residential"]["rate"] == pytest.approx(alone[homes])
    assert lines["years, more, P = 75%"]["sectors"]["residential"]["rate"] is None
    axes = {axis["id"]: {value["en"]: value for value in axis["values"]} for axis in told["axes"]}
    assert list(axes["method"]) == ["series", "years, P = 25%", "years, P = 75%"]
    assert list(axes["growth"]) == [
        f"{growth}{year}" for growth in ("plan", "more") for year in ("", ", P = 25%", ", P = 75%")
    ]
    assert list(axes["hydrology_probability"]) == ["P = 25%", "P = 75%"]
    assert all(axis["matched"] for axis in told["axes"])
    both = [lines[f"series, {growth}"]["need"] for growth in ("plan", "more")]
    assert axes["method"]["series"]["need"] == pytest.approx(np.mean(both))
    for language, words in (("zh", ("个水文样本平均", "各典型年分列")), ("en", ("mean of 2", "by itself"))):
        text = build(Material(sweeps=(results,)), language)
        assert all(word in text for word in words)
    assert len(table(results, "T1b").rows) == 6 and len(table(results, "T6").rows) > 2


def test_drivers_of_a_baseline_with_changes_are_not_those_of_the_model(tmp_path: Path) -> None:
    """The model has 30 (1e4) people in 2030, the baseline 40: also in typical years it is left blank."""
    results = swept(tmp_path, "yearly", TYPICAL, 2, STUDY.replace("growth: plan}", "growth: more}"))
    sheet = table(results, "T3")
    sectors = [getattr(cell, "en", "") for cell in column(sheet, "sector")]
    amounts = [a for a, s in zip(column(sheet, "amount"), sectors, strict=True) if s == "Residential"]
    assert amounts and all(amount is None for amount in amounts)


def test_a_typical_year_that_failed_is_left_out(tmp_path: Path) -> None:
    dry = TYPICAL.replace("0.75]", "0.95], skew_ratio: 2")
    minimum = "links.river_lake.minimum: {by_month: [0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0], unit: 万m3/d}"
    study = STUDY.replace("base: {hydrology: HYDROLOGY}", f"base: {{hydrology: HYDROLOGY, {minimum}}}")
    results = swept(tmp_path, "yearly", dry, 2, study)
    assert results["member_status"].values.astype(bool).tolist() == [[False, True], [False, True]]
    labels = {str(cell.en) for cell in column(table(results, "T1"), "probability")}
    assert labels == {"P = 25%"}
    for id in ("T1", "T3", "T4", "T5"):
        told = [note.en for note in table(results, id).notes if "did not end well" in note.en]
        assert len(told) == 1 and told[0].count("P = 95%") == 2 and "P = 25%" not in told[0]
    supply = column(table(results, "T1b"), "supply")
    assert [value is None for value in supply] == [False, True, False, True]
    assert "P = 25%" in build(Material(sweeps=(results,)), "en")
