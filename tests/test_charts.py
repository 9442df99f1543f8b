"""Figures of results: what they draw is what the files hold, they close, and names stay names."""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests import chartkit
from tests.conftest import ROOT
from waterbal.errors import UsageError
from waterbal.report import charts
from waterbal.report.capacity_extras import risk_lines
from waterbal.report.charts import layers, style
from waterbal.report.charts.sankey import CUT
from waterbal.report.plots import OF, Plots
from waterbal.report.summary import summarise
from waterbal.results.named import named, numbered

CHINESE = re.compile(r"[\u3400-\u9fff]")
RUN = OF["run"]
CAPACITY = OF["capacity"]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return chartkit.city(tmp_path_factory.getbasetemp() / "city")


@pytest.fixture(scope="module")
def run(city):
    return waterbal.load(city / "model.yaml").run()


@pytest.fixture(scope="module")
def jinan():
    return waterbal.load(ROOT / "configs" / "jinan" / "model.yaml", ["time.planning_year=2035"]).run()


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    with waterbal.open_result(chartkit.sweep(tmp_path_factory.getbasetemp(), "full")) as found:
        yield found


@pytest.fixture(scope="module")
def capacities(tmp_path_factory):
    with waterbal.open_result(chartkit.capacities(tmp_path_factory.getbasetemp())) as found:
        yield found


def draw(name: str, results: Any, language: str = "en", **options: Any) -> Any:
    return getattr(charts, name)(results, language, **options)


def texts(value: Any) -> list[str]:
    """List every text anywhere in a figure."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, part in value.items() if key != "family" for text in texts(part)]
    if isinstance(value, list | tuple | np.ndarray):
        return [text for part in value for text in texts(part)]
    return []


def by_year(series: Any) -> Any:
    """Sum the steps of each calendar year of twelve months with xarray."""
    months = series["time"].to_series().dt.month.groupby(series["time"].to_series().dt.year).nunique()
    whole = months.index[months == 12]
    return series.isel(scenario=0, realization=0).groupby("time.year").sum().sel(year=whole)


# ---------------------------------------------------------------- from source to fate


def flows(figure: Any) -> tuple[dict[str, float], dict[str, float], dict[tuple[str, str], float]]:
    """Read what enters and leaves every node, and every flow, from the figure as plotly gets it."""
    trace = json.loads(figure.to_json())["data"][0]
    node, link = trace["node"], trace["link"]
    arrives: dict[str, float] = defaultdict(float)
    leaves: dict[str, float] = defaultdict(float)
    pairs = {}
    for tail, head, value in zip(link["source"], link["target"], link["value"], strict=True):
        tail, head = node["customdata"][tail], node["customdata"][head]
        leaves[tail] += value
        arrives[head] += value
        pairs[tail, head] = value
    return arrives, leaves, pairs


@pytest.mark.parametrize("which", ["run", "jinan"])
def test_the_diagram_from_source_to_fate_closes_and_ends_in_the_budget(which, request):
    assert closes(request.getfixturevalue(which)) > 8


@pytest.mark.long
@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "library").glob("*.yaml")), ids=lambda path: path.stem
)
def test_figures_of_the_library(path):
    results = waterbal.load(path).run()
    closes(results)
    for name in RUN:
        for language in ("zh", "en"):
            try:
                draw(name, results, language).to_json()
            except UsageError as error:
                assert "the model has no" in str(error)


def closes(results: Any) -> int:
    """Recompute closure from the figure, and its ends from the budget; gives the number of inner nodes."""
    arrives, leaves, pairs = flows(draw("sankey", results))
    inner = arrives.keys() & leaves.keys()
    for node in inner:
        assert arrives[node] == pytest.approx(leaves[node], rel=1e-9), node
    starts, ends = leaves.keys() - inner, arrives.keys() - inner
    assert sum(leaves[n] for n in starts) == pytest.approx(sum(arrives[n] for n in ends), rel=1e-9)
    for back in CUT.values():
        assert arrives.get(f"cut.to_{back}", 0.0) == pytest.approx(
            leaves.get(f"cut.from_{back}", 0.0), rel=1e-9
        )

    mean = by_year(results["district_budget"]).mean("year")
    budget = dict(zip(results["term_id"].values.tolist(), mean.values.tolist(), strict=True))
    sources = set(results["source_id"].values.tolist()) if "source_id" in results else set()
    taken = sum(v for n, v in leaves.items() if n in starts and set(n.split("+")) <= sources)
    assert taken == pytest.approx(budget.pop("withdrawal"), rel=1e-9)
    for kind in ("store", "aquifer"):
        gained = arrives.get(f"end.{kind}_filled", 0.0) - leaves.get(f"end.{kind}_drawn", 0.0)
        assert gained == pytest.approx(budget.pop(f"{kind}_change"), abs=1e-8)
    for term, volume in budget.items():
        end = arrives.get(f"end.{term}", 0.0) + leaves.get(f"end.{term}", 0.0)
        assert end == pytest.approx(volume, rel=1e-9, abs=1e-9), term
    known = {n.removeprefix("end.").replace("_filled", "_change").replace("_drawn", "_change")
             for n in (*starts, *ends) if n.startswith("end.")}  # fmt: skip
    assert known <= {*budget, "store_change", "aquifer_change"}

    supplied = by_year(results["water_supply"]).mean("year").values
    for kind in set(results["demand_sector"].values.tolist()):
        told = sum(v for n, v in arrives.items() if n.startswith("user.") and n.split(".")[-1] == kind)
        assert told == pytest.approx(supplied[results["demand_sector"].values == kind].sum(), rel=1e-9)
    assert all(volume > 0.0 for volume in pairs.values())
    return len(inner)


def test_a_storage_change_is_a_place_of_its_own(run):
    arrives, leaves, _ = flows(draw("sankey", run))
    volume = run["storage_volume"].values[0, 0, 0]
    years = run.sizes["time"] / 12
    change = arrives.get("end.store_filled", 0.0) - leaves.get("end.store_drawn", 0.0)
    first = float(run["district_budget"].sel(term=run["term_id"] == "store_change").values[0, 0, 0, 0])
    assert change == pytest.approx((volume[-1] - volume[0] + first) / years, rel=1e-9)


# ---------------------------------------------------------------- network


def test_every_link_is_drawn_with_its_mean_flow(jinan):
    figure = draw("network", jinan)
    told = next(t for t in figure.data if t.mode == "markers" and len(t.x) == jinan.sizes["link"])
    mean = by_year(jinan["link_flow"] - jinan["link_loss"]).mean("year").values
    assert [row[3] for row in told.customdata] == pytest.approx(mean, abs=0.051)
    curves = sum(
        list(t.x).count(None) for t in figure.data if t.mode == "lines" and t.visible != "legendonly"
    )
    assert curves == jinan.sizes["link"]


def test_links_at_their_capacity_are_bottlenecks(run):
    figure = draw("network", run)
    days = run["step_days"].values
    flow = dict(zip(run["link_id"].values.tolist(), run["link_flow"].values[0, 0], strict=True))
    full = {
        name: float((flow[name] >= (1.0 - 1e-6) * rate * days).mean())
        for name, rate in (("lake_farms", 20), ("river_lake", 25), ("reuse_factories", 2), ("lake_plant", 12))
    }
    told = next(t for t in figure.data if t.mode == "markers" and len(t.x) == run.sizes["link"])
    busy = {row[0]: row[4] for row in told.customdata}
    called = dict(zip(run["link_id"].values.tolist(), run["link_name_en"].values.tolist(), strict=True))
    assert called["lake_farms"] == "Flat Lake → Farms" and len(busy) == run.sizes["link"]
    for name, share in full.items():
        assert busy[called[name]] == pytest.approx(share, abs=1e-3)
    red = sum(
        list(t.x).count(None) for t in figure.data if t.mode == "lines" and t.line.color == style.VERMILLION
    )
    assert red == sum(share >= 0.1 for share in busy.values()) >= 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_labels_of_the_network_do_not_overlap(jinan, language):
    figure = draw("network", jinan, language)
    layout = figure.layout
    wide = (layout.width - layout.margin.l - layout.margin.r) / (
        layout.xaxis.range[1] - layout.xaxis.range[0]
    )
    tall = (layout.height - layout.margin.t - layout.margin.b) / (
        layout.yaxis.range[1] - layout.yaxis.range[0]
    )
    boxes = []
    for trace in figure.data:
        if trace.mode == "markers+text":
            for x, y, text in zip(trace.x, trace.y, trace.text, strict=True):
                lines = text.split("<br>")
                width = 6.0 * max(style.columns(line) for line in lines)
                height = 13.0 * len(lines)
                left, middle = (x - layout.xaxis.range[0]) * wide, -y * tall
                if trace.textposition == "middle right":
                    boxes.append((left + 8, middle - 7, left + 8 + width, middle + 7, text))
                else:
                    boxes.append((left - width / 2, middle - 8 - height, left + width / 2, middle - 8, text))
    assert len(boxes) > 90
    assert all(box[0] >= -layout.margin.l and box[2] <= layout.width for box in boxes)
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one[4], other[4])


def test_layers_follow_the_water_even_round_a_circle():
    arcs = [("spring", "works"), ("works", "town"), ("works", "lake"), ("lake", "works"), ("well", "town")]
    place = layers.layers(["spring", "works", "lake", "well", "town"], arcs, ["town"])
    assert place["spring"] < place["works"] < place["town"]
    assert place["lake"] < place["town"]
    assert place["well"] == place["town"] - 1


def test_no_two_elements_of_a_layer_overlap_and_crossings_go():
    arcs = [("a", "z"), ("b", "y"), ("c", "x")]
    size = {"a": 1.0, "b": 2.0, "c": 1.0, "x": 1.0, "y": 1.0, "z": 1.0}
    place = {name: 0 if name < "m" else 1 for name in size}
    height = layers.heights(place, arcs, [1.0] * 3, size)
    for layer in ("abc", "xyz"):
        order = sorted(layer, key=height.__getitem__)
        for one, other in pairwise(order):
            assert height[other] - height[one] >= 0.5 * (size[one] + size[other]) - 1e-12
    assert sorted("abc", key=height.__getitem__) == [
        {"z": "a", "y": "b", "x": "c"}[name] for name in sorted("xyz", key=height.__getitem__)
    ]


# ---------------------------------------------------------------- series


def test_supply_adds_up_by_month_and_year(run):
    figure = draw("supply", run)
    bars = [t for t in figure.data if t.type == "bar"]
    given = sum(
        by_year(run[v]).sum(run[v].dims[2])
        for v in ("source_withdrawal", "aquifer_pumping", "reclaimed_supply")
    )
    yearly = np.sum([t.y for t in bars if t.xaxis != "x2"], axis=0)
    assert yearly == pytest.approx(given.values)
    monthly = np.sum([t.y for t in bars if t.xaxis == "x2"], axis=0)
    assert monthly.sum() == pytest.approx(given.values.mean())
    river = run["source_withdrawal"].isel(scenario=0, realization=0, source=0)
    july = river.values[river["time.month"].values == 7].mean()
    assert next(t for t in bars if t.name == "North River" and t.xaxis == "x2").y[6] == pytest.approx(july)


def test_sources_and_sectors_have_one_colour_everywhere(run):
    supply, sankey = draw("supply", run), draw("sankey", run)
    node = sankey.data[0].node
    colour = dict(zip(node.label, node.color, strict=True))
    bars = {t.name: t.marker.color for t in supply.data if t.type == "bar"}
    assert len(bars) == 3
    assert all(colour[name] == own for name, own in bars.items())
    assert colour["Town · Industry"] == style.SECTORS["industry"]


def test_the_shortage_map_is_the_shortage(full):
    for sector in (None, "irrigation"):
        figure = draw("shortage_map", full, sector=sector, scenario=1, realization=1)
        one = full.isel(scenario=1, realization=1)
        here = slice(None) if sector is None else one["demand_sector"].values == sector
        need, short = (one[name][here].sum("demand") for name in ("water_demand", "water_shortage"))
        heat = figure.data[0]
        for year, month in ((2002, 7), (2006, 4), (2010, 12)):
            at = f"{year}-{month:02d}"
            row, column = list(heat.y).index(year), month - 1
            wanted, missing = float(need.sel(time=at).sum()), float(short.sel(time=at).sum())
            assert list(heat.customdata[row][column][[0, 2]]) == pytest.approx([wanted, missing], abs=0.006)
            if wanted > 0.0:
                assert heat.z[row][column] == pytest.approx(missing / wanted)
            else:
                assert np.isnan(heat.z[row][column])
    with pytest.raises(UsageError, match="did you mean 'irrigation'"):
        draw("shortage_map", full, sector="irigation")


def test_traces_of_stores_aquifers_and_quotas(run):
    stored = {t.name: t for t in draw("storages", run).data}
    assert stored["Volume stored"].y == pytest.approx(run["storage_volume"].values[0, 0, 0], abs=6e-4)
    assert set(stored["Dead storage"].y) == {200.0}
    assert len(stored["Dead storage"].x) == 2  # a step that goes on adds nothing
    assert set(stored["Largest allowed (flood-limited / full)"].y) == {6000.0}

    ground = draw("groundwater", run)
    assert ground.data[0].y == pytest.approx(run["groundwater_depth"].values[0, 0, 0], abs=6e-4)
    assert ground.layout.yaxis.range[0] > ground.layout.yaxis.range[1] == 0.0  # depth grows downward
    assert ground.layout.annotations[0].text == "tier 1: 12 m (x0.6)"

    told = {line["en"]: line for line in summarise(run)["quotas"]}
    figure = draw("quotas", run)
    for k, line in enumerate(told.values()):
        bars = [t for t in figure.data if t.type == "bar" and t.yaxis == ("y" if k == 0 else f"y{k + 1}")]
        assert max(max(bar.y) for bar in bars) == pytest.approx(line["largest_use"])
        empty = [bar for bar in bars if bar.marker.color == style.VERMILLION]
        assert sum(len(bar.x) for bar in empty) == line["years_used_up"]
        assert sum(len(bar.x) for bar in bars) == line["years"]
    titles = [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert titles[0] == "North River: permit (years begin in month 7; 2000, 2010: not whole, not drawn)"
    assert titles[1] == "Wells: permit"


# ---------------------------------------------------------------- capacities


def points(figure: Any) -> list[tuple[float, float]]:
    return [p for t in figure.data if t.type == "scatter" for p in zip(t.x, t.y, strict=True)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_capacities_that_are_none_or_unbounded_are_named_not_drawn(capacities, language):
    scale, status = capacities["capacity_scale"].values.copy(), capacities["capacity_status"].values.copy()
    assert (status == 3).sum() >= 6
    status[0, 2], scale[0, 2] = 2, 1024.0
    changed = capacities.assign(
        capacity_scale=(("scenario", "direction"), scale),
        capacity_status=(("scenario", "direction"), status, capacities["capacity_status"].attrs),
    )
    figure = draw("capacity", changed, language)
    known = sorted(scale[status < 2])
    assert sorted(x for x, _ in points(figure)) == pytest.approx(known)
    words = " ".join(note.text for note in figure.layout.annotations)
    assert ("不受限" if language == "zh" else "not bounded") in words
    assert ("不成立" if language == "zh" else "none carried") in words
    assert figure.layout.xaxis.range[1] < 2.0
    ranges = [t for t in figure.data if t.type == "bar"]
    years = capacities["planning_year"].values
    own = {
        (
            scale[years == y, d][status[years == y, d] < 2].min(),
            scale[years == y, d][status[years == y, d] < 2].max(),
        )
        for y in set(years)
        for d in range(scale.shape[1])
        if (status[years == y, d] < 2).sum() > 1
    }
    drawn = {(b, b + x) for t in ranges for b, x in zip(t.base, t.x, strict=True)}
    assert np.array(sorted(drawn)) == pytest.approx(np.array(sorted(own)))


def test_the_baseline_is_marked(capacities):
    figure = draw("capacity", capacities)
    ids = capacities["scenario_id"].values.tolist()
    base = ids.index(capacities.attrs["baseline"])
    year = int(capacities["planning_year"].values[base])
    told = next(t for t in figure.data if t.name == f"{year} (baseline)" and t.marker.symbol == "circle")
    found = capacities["capacity_scale"].values[base]
    assert list(told.x) == pytest.approx(found[np.isfinite(found)])


def test_the_frontier_marks_alternatives_and_plans(capacities):
    figure = draw("frontier", capacities, "zh")
    groups = {t.name: t for t in figure.data}
    alone = groups["单项极限（不可同时达到）"]
    assert alone.marker.symbol == "diamond-open"
    carried = capacities["frontier_alternative_carried"].values
    assert np.column_stack([alone.x, alone.y]) == pytest.approx(carried[np.isfinite(carried).all(axis=1)])
    plans = groups["规划"]
    assert list(plans.text) == ["2025", "2035"]
    assert np.column_stack([plans.x, plans.y]) == pytest.approx(capacities["frontier_plan_amount"].values)
    points = capacities["frontier_point_carried"].values
    known = np.isfinite(points).all(axis=1)
    dominated = capacities["frontier_point_dominated"].values == 1
    assert len(groups["可同时承载（前沿点）"].x) == (known & ~dominated).sum()
    assert ("被其他点支配" in groups) == (known & dominated).any()


def test_a_point_of_the_frontier_that_is_a_direction_has_its_capacity(capacities):
    """One question has one answer: to the last bit, not within the tolerance of two searches."""
    base = capacities["scenario_id"].values.tolist().index(capacities.attrs["baseline"])
    amounts = dict(
        zip(
            capacities["direction_id"].values.tolist(),
            capacities["capacity_amount"].values[base],
            strict=True,
        )
    )
    of = {kind: capacities[f"frontier_{kind}_carried"].values for kind in ("point", "alternative", "plan")}
    even = np.isclose(capacities["frontier_point_along"].values, 1.0).all(axis=1)
    assert even.sum() == 1
    assert of["point"][even][0] == pytest.approx(amounts["mix"], rel=1e-12)
    for along, carried in zip(capacities["frontier_plan_along"].values, of["plan"], strict=True):
        assert not np.isclose(along, 1.0).all() or carried == pytest.approx(amounts["mix"], rel=1e-12)
    for driver, alone in zip(capacities["frontier_driver"].values.tolist(), of["alternative"], strict=True):
        assert alone == pytest.approx(amounts[driver], rel=1e-12, nan_ok=True)


def test_plans_that_stand_together_share_a_label(capacities):
    amount = capacities["frontier_plan_amount"]
    near = amount.copy(data=np.stack([amount.values[0], amount.values[0] * 1.01]))
    plans = next(
        t for t in draw("frontier", capacities.assign(frontier_plan_amount=near)).data if t.name == "Plans"
    )
    assert list(plans.text) == ["2025 / 2035", ""]
    assert [about.split("<br>")[0] for about in plans.customdata] == ["2025", "2035"]


def test_many_pairs_of_drivers_stand_below_each_other_on_a_narrow_screen(capacities):
    drivers = ("frontier_driver", "frontier_point_carried", "frontier_plan_amount", "frontier_plan_carried")
    assert all(name in capacities for name in drivers)
    third = capacities.isel(frontier_driver=[0, 1, 0])
    third = third.assign_coords(frontier_driver=["people", "production", "third"])
    third.attrs["frontier_drivers"] = "people, production, third"
    drawn = draw("frontier", third)
    narrow = drawn.layout.meta["narrow"]
    assert drawn.layout.width and narrow["width"] is None
    domains = [narrow[f"yaxis{key}.domain"] for key in ("", "2", "3")]
    assert all(below[1] < above[0] for above, below in pairwise(domains))
    assert narrow["height"] > drawn.layout.height


def test_relief_and_limits_are_bars_of_the_file(capacities):
    bar = draw("relief", capacities).data[0]
    names = [row[0] for row in bar.customdata]
    wanted = dict(
        zip(capacities["measure_name_en"].values.tolist(), capacities["relief_change"].values, strict=True)
    )
    assert dict(zip(names, bar.x, strict=True)) == pytest.approx(wanted)
    assert list(bar.x) == sorted(bar.x)
    assert "300 ×1e4 yuan/yr" in bar.customdata[names.index("larger gate")][1]
    worth = capacities["limit_worth"].values
    figure = draw("limits", capacities)
    drawn = [x for t in figure.data for x in t.x]
    assert sorted(drawn) == pytest.approx(sorted(worth[np.abs(worth) > 1e-9]))


def test_the_tornado_goes_from_the_nominal_to_both_ends(capacities):
    figure = draw("tornado", capacities)
    nominal = capacities.attrs["sensitivity_nominal"]
    for bar, end in zip(figure.data, ("low", "high"), strict=True):
        at = capacities[f"sensitivity_input_at_{end}"].values[::-1]
        assert np.asarray(bar.base + bar.x) == pytest.approx(at)
        assert bar.base == nominal
    at = capacities["sensitivity_input_at_high"].copy(data=np.array([np.inf, 0.0]))
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    error = capacities.attrs["sensitivity_tolerance"]  # of the plan, as the axis is
    assert (band.x0 + band.x1) / 2.0 == pytest.approx(capacities.attrs["sensitivity_nominal"])
    assert band.x1 - band.x0 == pytest.approx(2.0 * error) and f"±{error:g}" in figure.layout.xaxis.title.text
    narrow = figure.layout.meta["narrow"]["xaxis.title.text"]
    assert all(part.count("<") == part.count("br>") for part in narrow.split("<br>"))  # no mark is cut in two
    endless = capacities.assign_attrs(sensitivity_nominal=np.inf)
    assert not [shape for shape in draw("tornado", endless).layout.shapes if shape.type == "rect"]
    named = draw("tornado", capacities.assign(sensitivity_input_at_high=at))
    assert np.isnan(named.data[1].x).all()
    assert {note.text for note in named.layout.annotations} == {
        "at high: not bounded",
        "at high: none carried",
    }


@pytest.mark.parametrize("lost", ["sensitivity_input_moves_plan", "sensitivity_ranges", "sensitivity_"])
def test_a_tornado_of_an_older_file_says_what_to_make(capacities, lost):
    kept = capacities.drop_vars([name for name in capacities.variables if str(name).startswith(lost)])
    kept.attrs = {key: value for key, value in capacities.attrs.items() if not key.startswith(lost)}
    told = "an older waterbal wrote" if "sensitivity_input_swing" in kept else "capacity` --with sensitivity"
    with pytest.raises(UsageError, match=told):
        Plots(kept).tornado()
    with pytest.raises(UsageError, match="no inputs were moved along 'nowhere'"):
        Plots(capacities).tornado(direction="nowhere")


def test_exceedance_is_the_share_of_records(capacities):
    figure = draw("exceedance", capacities)
    curves = [t for t in figure.data if t.mode == "lines" and t.line.width > 1]
    scale, status = (capacities[f"risk_realization_{part}"].values for part in ("scale", "status"))
    for h, curve in enumerate(curves):
        own = np.where(status[h] == 3, -np.inf, scale[h])
        for x, y in zip(curve.x, curve.y, strict=True):
            assert y == pytest.approx((own >= x).mean())
        axis = figure.layout["yaxis" + curve.yaxis[1:]]
        assert axis.domain[0] >= 0.0 and all(
            axis.domain[1] <= figure.layout["yaxis" + other.yaxis[1:]].domain[0] for other in curves[:h]
        )  # bands of years do not lie over each other
        over = float(capacities["risk_exceedance"].values[h])
        assert f"of {own.size} records; the plan fails in {over:.0%}" in curve.name
    marks = [t for t in figure.data if t.mode == "markers"]
    low, high = capacities["risk_exceedance_exact"].values[0]
    error = marks[0].error_y
    assert [marks[0].y[0] + error.array[0], marks[0].y[0] - error.arrayminus[0]] == pytest.approx(
        [1 - low, 1 - high]
    )


def test_the_balances_fall_from_the_first_gap_to_the_last(capacities):
    figure = draw("balances", capacities)
    gap = capacities["balances_water_shortage"].sum(("balances_zone", "balances_sector")).values[:, 0]
    falls = [t for t in figure.data if t.type == "waterfall"]
    assert len(falls) == 2
    for fall in falls:
        assert fall.x[0] == pytest.approx(gap[0])
        assert fall.x[0] + sum(fall.x[1:-1]) == pytest.approx(gap[-1], abs=1e-6)
    names = [[y.split(". ")[1] for y in fall.y[1:-1]] for fall in falls]
    assert names[0] == names[1][::-1] == capacities["balances_measure_name_en"].values.tolist()
    supply, short = (t for t in figure.data if t.type == "bar")
    need = capacities["balances_water_demand"].sum(("balances_zone", "balances_sector")).values[:, 0]
    assert np.asarray(supply.x) + np.asarray(short.x) == pytest.approx(need)
    for k, fall in enumerate(falls, 2):
        beside = [note for note in figure.layout.annotations if note.xref == f"x{k}"]
        assert [note.text for note in beside] == list(fall.text)
        level = np.cumsum(fall.x[:-1])
        right = [gap[0], *np.maximum(level[:-1], level[1:]), gap[-1]]
        assert [note.x for note in beside] == pytest.approx(right)  # beside the step, away from the names
        assert max(right) < figure.layout[f"xaxis{k}"].range[1]


def test_scenarios_at_a_glance(full):
    heat = draw("scenarios", full).data[0]
    need, supply = (
        full[name].groupby("time.year").sum().groupby(full["demand_sector"]).sum()
        for name in ("water_demand", "water_supply")
    )
    good = ((need - supply <= 1e-6 * need) & (need > 0)).sum(("realization", "year"))
    rates = (good / ((need > 0).sum(("realization", "year")) + 1)).transpose("scenario", "demand_sector")
    told = rates.sel(demand_sector=full["sector_id"].values).values
    assert np.asarray(heat.z)[:, :-1] == pytest.approx(told, abs=6e-5)
    own = (full["sector_reliability_annual"]).min("realization").values
    assert np.asarray(heat.customdata)[:, :-1] == pytest.approx(own, abs=6e-5)
    needed, given = (full[f"mean_annual_{n}"].sum(("demand", "realization")) for n in ("demand", "supply"))
    supplied = given / needed
    assert np.asarray(heat.z)[:, -1] == pytest.approx(supplied.values, abs=6e-5)


def test_of_many_scenarios_the_worst_are_drawn(full):
    small = full[[
        "member_status", "sector_reliability_annual", "sector_years_with_need", "mean_annual_demand",
        "mean_annual_supply",
    ]]  # fmt: skip
    many = small.isel(scenario=np.arange(520) % small.sizes["scenario"])
    figure = draw("scenarios", many)
    assert len(figure.data[0].z) == 500
    assert figure.layout.height < 1800
    assert "20 scenarios" in figure.layout.annotations[0].text


# ---------------------------------------------------------------- all figures


def everything(results: Any, name: str, language: str) -> list[Any]:
    return [draw(each, results, language) for each in OF[name]]


@pytest.fixture(scope="module")
def of_kind(run, full, capacities):
    return {"run": run, "sweep": full, "capacity": capacities}


@pytest.mark.parametrize("name", ["run", "sweep", "capacity"])
def test_figures_speak_one_language_and_are_the_same_every_time(of_kind, name):
    for figure in everything(of_kind[name], name, "en"):
        assert not [text for text in texts(figure.to_plotly_json()) if CHINESE.search(text)]
    again = everything(of_kind[name], name, "zh")
    for figure, other in zip(everything(of_kind[name], name, "zh"), again, strict=True):
        assert any(CHINESE.search(text) for text in texts(figure.to_plotly_json()))
        assert figure.to_json() == other.to_json()
        assert figure.layout.title.text is None
        assert figure.layout.font.family.startswith('"Noto Sans SC"')
        assert "uid" not in figure.to_json()
    assert not charts.CONFIG["displaylogo"]


@pytest.mark.parametrize("name", ["run", "sweep", "capacity"])
def test_names_are_data(of_kind, name):
    results = of_kind[name]
    bad = "<a href='javascript:alert(1)'>%{x}&amp;</a>"
    labels = {
        key: c.copy(data=np.full(c.shape, bad)) for key, c in results.variables.items()
        if re.search(r"_name(_zh|_en)?$", str(key))
    }  # fmt: skip
    changed = results.assign_coords({k: v for k, v in labels.items() if k in results.coords})
    changed = changed.assign({k: v for k, v in labels.items() if k not in results.coords})
    found = 0
    for figure in everything(changed, name, "zh"):
        for text in texts(figure.to_plotly_json()):
            assert "<a" not in text
            if "&lt;a" in text:
                found += 1
                assert "&amp;amp;" in text or "…" in text or "<br>" in text
        for trace in figure.data:
            assert "&lt;a" not in (getattr(trace, "hovertemplate", "") or "")
    assert found > 10


def test_a_result_of_another_kind_says_what_to_make(of_kind):
    for name in dict.fromkeys((*RUN, *CAPACITY, "scenarios")):
        for own, results in of_kind.items():
            if name not in OF[own]:
                with pytest.raises(UsageError, match=r"expected a result of `waterbal"):
                    draw(name, results)


def test_what_was_not_asked_for_is_named(capacities, tmp_path):
    less = capacities.drop_vars([n for n in capacities.variables if str(n).startswith(("frontier", "risk"))])
    with pytest.raises(UsageError, match="waterbal capacity` --with frontier"):
        draw("frontier", less)
    with pytest.raises(UsageError, match="waterbal capacity` --with risk"):
        draw("exceedance", less)


def test_a_model_of_sources_and_users_alone(tmp_path):
    results = waterbal.load(chartkit.town(tmp_path / "small").with_name("model.yaml")).run()
    arrives, leaves, _ = flows(draw("sankey", results))
    assert sum(leaves[n] for n in leaves if n not in arrives) == pytest.approx(
        sum(arrives[n] for n in arrives if n not in leaves), rel=1e-9
    )
    assert len(draw("network", results).data) > 2
    assert len(draw("supply", results, "zh").data) == 4
    for name, element in (("storages", "reservoir"), ("groundwater", "aquifer"), ("quotas", "quota")):
        with pytest.raises(UsageError, match=f"the model has no {element}s"):
            draw(name, results)


def test_members_that_are_not_there(full):
    with pytest.raises(UsageError, match="no scenario 'x'"):
        draw("supply", full, scenario="x")
    with pytest.raises(UsageError, match="no realization 7"):
        draw("supply", full, realization=7)
    one = draw("supply", full.isel(scenario=1))
    assert one.to_json() == draw("supply", full, scenario=str(full["scenario_id"].values[1])).to_json()


def test_every_figure_is_a_method_of_the_accessor(run):
    figures = {name for name in charts.__all__ if name.islower()}
    assert figures == {name for names in OF.values() for name in names}
    for name in figures:
        method = getattr(Plots, name)
        assert method.__doc__ == getattr(charts, name).__doc__
        assert list(inspect.signature(method).parameters)[:2] == ["self", "language"]
    assert run.waterbal.plot.supply("zh").to_json() == draw("supply", run, "zh").to_json()
    assert "sankey()" in repr(run.waterbal.plot)
    with pytest.raises(UsageError, match="no language 'fr'; expected zh or en"):
        run.waterbal.plot.sankey("fr")


def test_plotly_is_loaded_only_when_something_is_drawn():
    for path in Path(charts.__file__).parent.glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not re.match(r"(import|from) (plotly|scipy|xarray)", line), path


def test_no_line_begins_with_what_closes():
    text = "无单独作用，1,815 万元/年，4 年见效（规划的倍数）。"
    for width in range(4, 40):
        lines = style.wrap(text, width).split("<br>")
        assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
        assert not [line for line in lines if line[0] in "，。、；：）"]


def test_how_sure_the_capacity_is_is_told_in_words(capacities):
    told = {language: risk_lines(capacities, language) for language in ("zh", "en")}
    years = [str(year) for year in capacities["risk_horizon"].values]
    known = [k for k in range(len(years)) if np.isfinite(capacities["risk_ensemble_scale"].values[k])]
    assert known and len(told["zh"]) == len(told["en"]) == len(years) + len(known)
    for language, lines in told.items():
        alone = [line for line in lines if ("records alone" if language == "en" else "各样本单独") in line]
        assert [line.startswith(year) for line, year in zip(alone, years, strict=True)] == [True] * len(years)
        for line, scales in zip(alone, capacities["risk_realization_scale"].values, strict=True):
            assert f"{scales.min():.3f}–{scales.max():.3f}" in line
        for line, k in zip([line for line in lines if line not in alone], known, strict=True):
            more = int(capacities["risk_ensemble_more_needed"].values[k])
            assert line.startswith(years[k]) and f"{capacities['risk_ensemble_scale'].values[k]:.3f}" in line
            assert (f"{more:,}" in line) if more > 0 else ("±" in line or more < 0)


def test_capacities_indexed_by_names_are_numbered_again(capacities):
    """Balances and frontiers have indexes of their own, which names take the place of."""
    for language in ("", "zh", "en"):
        named_ = named(named(capacities, language), "zh")
        assert "balances_balance" in named_.coords
        xr.testing.assert_identical(numbered(named_), capacities)
