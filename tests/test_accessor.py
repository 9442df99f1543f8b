"""``ds.waterbal``: what a result is, its tables as data frames, and what it was made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import waterbal
from tests import chartkit
from waterbal.errors import UsageError
from waterbal.results import netcdf

VALUES = ["need", "supply", "shortage"]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return chartkit.city(tmp_path_factory.getbasetemp() / "city")


@pytest.fixture(scope="module")
def path(city):
    target = city / "balance.nc"
    netcdf.write(waterbal.load(city / "model.yaml", ["demands.households.people=40 万人"]).run(), target)
    return target


@pytest.fixture(scope="module")
def run(path):
    with waterbal.open_result(path) as found:
        yield found


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    found = {keep: waterbal.open_result(chartkit.sweep(base, keep)) for keep in ("metrics", "yearly", "full")}
    yield found
    for results in found.values():
        results.close()


@pytest.fixture(scope="module")
def capacities(tmp_path_factory):
    with waterbal.open_result(chartkit.capacities(tmp_path_factory.getbasetemp())) as found:
        yield found


def test_the_balance_is_the_mean_of_the_years(run):
    table = run.waterbal.balance()
    assert list(table) == ["zone", "sector", *VALUES, "shortage_share"]
    long = run[["water_demand", "water_supply", "water_shortage"]].isel(scenario=0, realization=0)
    frame = long.groupby("time.year").sum().mean("year").to_dataframe()
    own = frame.groupby(["demand_zone", "demand_sector"])[
        ["water_demand", "water_supply", "water_shortage"]
    ].sum()
    told = table.set_index(["zone", "sector"])[VALUES]
    for key, line in own.iterrows():
        assert told.loc[key].tolist() == pytest.approx(line.tolist())
    assert len(told) == len(own) == 5
    assert (table["shortage_share"] * table["need"]).tolist() == pytest.approx(table["shortage"].tolist())
    named = run.waterbal.balance(["sector"], language="zh")
    assert named["sector"].tolist() == ["居民生活", "工业", "河道内生态", "绿化与道路", "农田灌溉"]
    whole = run.waterbal.balance([])
    assert len(whole) == 1
    assert whole[VALUES].iloc[0].tolist() == pytest.approx(table[VALUES].sum().tolist())


def test_one_year_of_the_balance(run):
    table = run.waterbal.balance(["demand"], year=2003).set_index("demand")
    own = run["water_supply"].sel(time="2003").sum("time").values[0, 0]
    assert table.loc[run["demand_id"].values, "supply"].tolist() == pytest.approx(own.tolist())
    with pytest.raises(UsageError, match="no year 1999; expected a complete year from 2001 to 2010"):
        run.waterbal.balance(year=1999)


def test_mistakes_of_by(run):
    with pytest.raises(UsageError, match=r"by 'sectr'.*did you mean 'sector'"):
        run.waterbal.balance(["zone", "sectr"])
    with pytest.raises(UsageError, match="a list of"):
        run.waterbal.balance("zone")
    with pytest.raises(UsageError, match=r"by 'zones'.*did you mean 'zone'"):
        run.waterbal.shortages("zones")


def test_sweeps_tell_the_same_whatever_they_keep(sweeps):
    tables = {keep: found.waterbal.balance(["sector", "realization"]) for keep, found in sweeps.items()}
    table = tables["metrics"]
    assert list(table)[:5] == ["scenario", "horizon", "works", "saving", "climate"]
    assert len(table) == 3 * 2 * 5
    for other in (tables["yearly"], tables["full"]):
        pd.testing.assert_frame_equal(table, other, check_exact=False, rtol=1e-9, atol=1e-6)
    both = sweeps["metrics"].waterbal.balance(["sector"])
    mean = table.groupby(["scenario", "sector"], sort=False)["need"].mean()
    assert both["need"].tolist() == pytest.approx(mean.tolist())
    years = [sweeps[keep].waterbal.balance([], year=2004) for keep in ("yearly", "full")]
    pd.testing.assert_frame_equal(*years, check_exact=False, rtol=1e-9, atol=1e-6)
    with pytest.raises(UsageError, match="keep: yearly"):
        sweeps["metrics"].waterbal.balance(year=2004)


def test_members_that_failed_are_left_out(sweeps):
    whole = sweeps["metrics"]
    status = whole["member_status"].copy(deep=True)
    status[0, 0], status[1, :] = 1, 3
    told = whole.assign(member_status=status).waterbal.balance([], language="en")
    assert len(told) == 2
    own = whole["mean_annual_demand"].values[0, 1].sum()
    assert told["need"].iloc[0] == pytest.approx(own)


def test_the_budget_balances(run, sweeps):
    table = run.waterbal.budget()
    sides = table.groupby("side")["volume"].sum()
    assert sides["in"] == pytest.approx(sides["out"] + sides["storage"], rel=1e-9)
    own = run["district_budget"].isel(scenario=0, realization=0).groupby("time.year").sum().mean("year")
    assert table["volume"].tolist() == pytest.approx(own.values.tolist())
    year = run.waterbal.budget(year=2005, language="zh").set_index("term")["volume"]
    assert year["弃水"] == pytest.approx(float(run["spill"].sel(time="2005").sum()))
    some = sweeps["yearly"].waterbal.budget()
    assert len(some) == 3 * len(table)
    with pytest.raises(UsageError, match="keep: yearly"):
        sweeps["metrics"].waterbal.budget()


def test_shortages_are_the_events_of_the_metrics(run, sweeps):
    for results, by in ((run, "demand"), (run, "sector"), (sweeps["full"], "demand")):
        table = results.waterbal.shortages(by)
        groups = [c for c in ("scenario", "realization", by) if c in table]
        prefix = "" if by == "demand" else f"{by}_"
        told = table.groupby(groups).agg(
            count=("steps", "size"), longest=("steps", "max"), largest=("shortage", "max"),
            deepest=("largest_share", "max"),
        )  # fmt: skip
        assert len(told)
        for key, line in told.iterrows():
            keys = dict(zip(groups, key if isinstance(key, tuple) else (key,), strict=True))
            ids = results["scenario_id"].values.tolist()
            one = results.isel(
                scenario=ids.index(keys.get("scenario", ids[0])),
                realization=int(keys.get("realization", 0)),
            ).isel({by: results[f"{by}_id"].values.tolist().index(keys[by])})  # fmt: skip
            own = [float(one[prefix + name]) for name in
                   ("event_count", "event_longest", "event_volume_maximum", "failure_depth_step")]  # fmt: skip
            assert line.tolist() == pytest.approx(own)
        failing = float((results["event_count" if by == "demand" else f"{by}_event_count"] > 0).sum())
        assert len(told) == failing
    first = run.waterbal.shortages().iloc[0]
    steps = run["time"].values.astype("datetime64[D]")
    assert np.datetime64(first["first"], "D") in steps
    with pytest.raises(UsageError, match="keep: full"):
        sweeps["yearly"].waterbal.shortages()


def test_no_shortage_is_an_empty_table(run):
    calm = run.assign(water_supply=run["water_demand"])
    table = calm.waterbal.shortages()
    assert len(table) == 0
    assert "shortage_share" in table


def test_what_a_run_was_made_from(run, path, sweeps):
    assert run.waterbal.config["demands"]["households"]["people"]["value"] == "40 万人"
    assert "sources.wells.area" in run.waterbal.assumed
    stored = run.waterbal.rebuild()
    assert stored.overrides == ("demands.households.people=40 万人",)
    assert set(stored.series) == {"rain", "et0", "runoff"}
    with pytest.raises(UsageError, match="a result of `waterbal run`, opened from its file"):
        sweeps["metrics"].waterbal.rebuild()


def test_a_result_says_what_it_is(run, sweeps, capacities):
    text = repr(run.waterbal)
    need, supply = (float(run[f"water_{v}"].sum()) / 10 for v in ("demand", "supply"))
    assert f"need {need:,.0f}, supplied {supply:,.0f} 1e4 m3/yr: {1 - supply / need:.1%} short" in text
    assert "1 scenario x 1 realization, 2001-01-01 to 2010-12-31 by month" in text
    assert f"{len(run.waterbal.assumed)} inputs" in text
    assert "示例城市" in text
    assert "3 scenarios x 2 realizations" in repr(sweeps["metrics"].waterbal)
    base = capacities["scenario_id"].values.tolist().index(capacities.attrs["baseline"])
    mix = capacities["direction_id"].values.tolist().index("mix")
    scale = float(capacities["capacity_scale"].values[base, mix])
    assert f"{scale:.1%} of the plan (assumed) is carried" in repr(capacities.waterbal)
    alone = capacities["direction_id"].values.tolist().index("production")
    other = capacities.isel(direction=[alone])
    assert "infeasible at zero" in repr(other.waterbal)
    assert "axes sel() grid()" in repr(run[["water_supply"]].drop_attrs().waterbal)


def test_the_table_for_notebooks_shows_texts_as_they_are(run):
    bad = run.assign_attrs(title="<script>alert(1)</script>")
    page = bad.waterbal._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<tr>") == len(repr(run.waterbal).splitlines()) - 1


def test_capacities_have_no_balance(capacities):
    for call in (capacities.waterbal.balance, capacities.waterbal.budget, capacities.waterbal.shortages):
        with pytest.raises(UsageError, match=r"capacities cannot tell.*expected a result of `waterbal run`"):
            call()
