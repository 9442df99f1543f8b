"""One rule for guarantee rates: wherever a rate of several records is told, their years are counted together."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

import waterbal
from tests.chartkit import FEW, city
from waterbal.capacity.trial import Ground
from waterbal.errors import UsageError
from waterbal.report import balance, scenarios
from waterbal.report.compare_results import Reader
from waterbal.report.material import Material, opened
from waterbal.report.page import states
from waterbal.report.page.blocks import States
from waterbal.report.page.subject import Subject
from waterbal.report.sheets import Sheet, sheets
from waterbal.results import metrics, netcdf
from waterbal.results.terms import sector
from waterbal.scenarios.study import load

RECORDS = 4
HORIZON = "2035"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter city swept over its planning years, with sums by year."""
    made = tmp_path_factory.mktemp("rates")
    study = city(made / "city") / "scenarios.yaml"
    waterbal.sweep(study, made / "sweep", only=FEW, realizations=RECORDS, keep="yearly").close()
    return made


@pytest.fixture(scope="module")
def material(folder: Path) -> Iterator[Material]:
    with opened([folder / "sweep" / "results.nc"]) as found:
        yield found


def place(file: xr.Dataset) -> int:
    return file["scenario_id"].values.astype(str).tolist().index(f"{HORIZON}-as_is-none-record")


@pytest.fixture(scope="module")
def judged(folder: Path) -> xr.Dataset:
    """Good years and years of each record and demand at the last planning year, from the sums by year alone."""
    with xr.open_dataset(folder / "sweep" / "results.nc") as file:
        own = file.isel(scenario=place(file))
        need, supply = own["yearly_water_demand"], own["yearly_water_supply"]
        allowed = (own["shortage_tolerance"] + 1e-6) * need
        asked = need > 0.0
        good = asked & (need - supply <= allowed)
        told = xr.Dataset({"good": good.sum("year"), "years": asked.sum("year")})
        told["pooled"] = told["good"].sum("realization") / (told["years"].sum("realization") + 1)
        told["lowest"] = (told["good"] / (told["years"] + 1)).min("realization")
        told["sector"], told["demand"] = (own[f"demand_{name}"].astype(str) for name in ("sector", "id"))
        return told.load()


def by_sector(judged: xr.Dataset, name: str) -> dict[str, float]:
    """Every sector of the city has one demand, whose rate is that of the sector."""
    kinds = judged["sector"].values.astype(str).tolist()
    assert len(set(kinds)) == len(kinds)
    return dict(zip(kinds, judged[name].values.tolist(), strict=True))


def test_the_records_differ_so_that_rules_do(judged):
    mean = (judged["good"] / (judged["years"] + 1)).mean("realization")
    assert (np.abs(mean - judged["pooled"]) > 0.005).any()
    assert (judged["lowest"] < judged["pooled"] - 0.005).any()


def one(found: list[Sheet], id: str) -> Sheet:
    return next(sheet for sheet in found if sheet.id == id)


def test_tables_tell_the_rate_of_all_years_together(material, judged):
    found = sheets(material)
    pooled, lowest = by_sector(judged, "pooled"), by_sector(judged, "lowest")
    overview = one(found, "T1b")
    row = next(row for row in overview.rows if row.cells[0].en == HORIZON)
    told = {kind: row.cells[overview.column(f"reliable.{kind}")] for kind in pooled}
    assert told == {kind: pytest.approx(rate, abs=5.01e-4) for kind, rate in pooled.items()}
    series = one(found, "T6")
    rows = {r.cells[1].en: r for r in series.rows if r.cells[0].en == HORIZON}
    for kind, rate in pooled.items():
        cells = rows[sector(kind).en].cells
        assert cells[series.column("reliability_annual")] == told[kind]
        assert cells[series.column("lowest")] == pytest.approx(lowest[kind], abs=5.01e-4)
        assert rate >= lowest[kind]


def test_warning_levels_go_by_the_rate_of_all_years_together(material, judged):
    section = states.section(Subject(material, "en"))
    assert section is not None
    words = [
        line
        for block in section.blocks
        if isinstance(block, States)
        for s in block.states
        for line in s.lines
    ]
    file = material.sweeps[0]
    assert str(file.attrs["baseline"]).startswith(HORIZON)
    required = file["guarantee_required"].values[place(file)]
    missed = judged["pooled"].values < required
    assert missed.any() and not missed.all()
    assert sorted(words) == sorted(
        f"{sector(str(kind)).en} {rate:.1%} < {asked:.0%} (lowest of a realization {low:.1%})"
        for kind, rate, asked, low in zip(
            judged["sector"].values[missed], judged["pooled"].values[missed], required[missed],
            judged["lowest"].values[missed], strict=True,
        )
    )  # fmt: skip


def test_the_terminal_tells_the_rate_of_all_years_together(material, judged):
    console = Console(file=io.StringIO(), width=400)
    scenarios.render(material.sweeps[0], "en", console)
    line = next(line for line in console.file.getvalue().splitlines() if HORIZON in line)
    pooled, lowest = by_sector(judged, "pooled"), by_sector(judged, "lowest")
    for kind in scenarios.SECTORS:
        if kind in pooled:
            assert f"{pooled[kind]:.1%} ({lowest[kind]:.1%})" in line


def test_capacities_count_the_plan_the_same_way(folder, judged):
    """Requirements of the capacity at the plan itself, counted by the kernel while it simulates."""
    study = load(folder / "city" / "scenarios.yaml")
    number = [scenario.id for scenario in study.scenarios].index(f"{HORIZON}-as_is-none-record")
    ground = Ground(study.case(number), RECORDS)
    missed = ground.plan().missed
    pooled = dict(zip(judged["demand"].values.astype(str), judged["pooled"].values, strict=True))
    compared = 0
    for i, item in enumerate(ground.question.requirements):
        if item.kind == "annual" and len(item.members) == 1:
            years = int(ground.asked[:, i].sum())
            assert (years - missed[:, i].sum()) / (years + 1) == pytest.approx(pooled[item.members[0][0]])
            compared += 1
    assert compared >= 3


def test_a_run_of_one_record_tells_m_over_n_plus_one(folder):
    netcdf.write(waterbal.load(folder / "city" / "model.yaml").run(), folder / "balance.nc")
    with waterbal.open_result(folder / "balance.nc") as file:
        series = file[["water_demand", "water_supply"]].isel(scenario=0, realization=0)
        need, supply = (
            v.groupby("time.year").sum("time") for v in (series["water_demand"], series["water_supply"])
        )
        good = (need > 0) & (need - supply <= (file["shortage_tolerance"] + 1e-6) * need)
        rate = good.sum("year") / ((need > 0).sum("year") + 1)
        rates = dict(zip(file["demand_sector"].values.astype(str), rate.values.tolist(), strict=True))
        told = {line["sector"]["id"]: line for line in balance.as_dict(file)["needs"][:-1]}
        section = states.section(Subject(Material(runs=(file,)), "en"))
    assert {kind: line["reliability_annual"] for kind, line in told.items()} == pytest.approx(rates)
    words = [
        line
        for block in section.blocks
        if isinstance(block, States)
        for s in block.states
        for line in s.lines
    ]
    assert len(words) == sum(line["guarantee"] == "not_met" for line in told.values())
    assert all(
        any(f"{rate:.1%} <" in word for rate in rates.values()) and "lowest" not in word for word in words
    )


def test_records_without_need_and_of_other_lengths():
    """Closed form: 4 of 4, 1 of 2 and no year with need are 5 of 6, so 5/7; the mean of 4/5 and 1/3 is not told."""
    from waterbal.results.pooled import annual

    rates, years = metrics.plotting_position([4, 1, 0], [4, 2, 0]), np.array([4.0, 2.0, 0.0])
    file = xr.Dataset({
        "reliability_annual": (("scenario", "realization", "demand"), rates.reshape(1, 3, 1)),
        "years_with_need": (("scenario", "realization", "demand"), years.reshape(1, 3, 1)),
    })  # fmt: skip
    found = annual(file, "demand")
    assert (found.pooled.item(), found.lowest.item(), found.years.item()) == (5 / 7, 1 / 3, 6)


def test_what_two_results_are_compared_by_is_the_same_rate(material, judged):
    results = material.sweeps[0]
    ids = results["scenario_id"].values.astype(str).tolist()
    reader, own = Reader(results, ids), ids[place(results)]
    told = {
        key.id: value.value
        for key, value in reader.values("sweep").items()
        if (key.scenario, key.group, key.measure) == (own, "demand", "reliability")
    }
    demands = judged["demand"].values.tolist()
    assert told == {
        id: pytest.approx(rate) for id, rate in zip(demands, judged["pooled"].values, strict=True)
    }


def test_notebooks_get_the_same_rate(material, judged):
    results = material.sweeps[0]
    told = results.waterbal.guarantee("demand").isel(scenario=place(results))
    np.testing.assert_allclose(told.values, judged["pooled"].values)
    by_axis = results.waterbal.guarantee("sector").waterbal.grid().sel(horizon=int(HORIZON))
    found = dict(zip(by_axis["sector_id"].values.tolist(), by_axis.squeeze().values.tolist(), strict=True))
    assert found == {kind: pytest.approx(rate) for kind, rate in by_sector(judged, "pooled").items()}
    with pytest.raises(UsageError, match="no guarantee rates by 'town'"):
        results.waterbal.guarantee("town")
