"""Sensitivity of capacities against a town whose capacity is a formula: people = water x (1 - loss) / norm."""

from __future__ import annotations

import math
import sys
import warnings

import numpy as np
import pytest
import xarray as xr

from tests import frontierkit as kit
from waterbal.capacity.datasets import sensitivity_dataset
from waterbal.capacity.judging import trials
from waterbal.capacity.search import FOUND, INFEASIBLE, Found, Options, run
from waterbal.capacity.sensitivity import Indices, indices, leading, screening, table, together
from waterbal.capacity.survey import begin
from waterbal.capacity.tornado import Bar, Carried, Nominal, Tornado, at_quantile, tornado
from waterbal.capacity.trial import Ground
from waterbal.errors import ConfigError, UsageError
from waterbal.model.base import Label
from waterbal.report import capacity_tornado
from waterbal.scenarios.study import load

FINE = Options(1e-5, 2, 1)
WATER, NORM, LOSS = (8.0, 12.0), (90.0, 150.0), (0.05, 0.15)
STUDY = """\
schema_version: 1
model: model.yaml
name: {zh: 试验, en: Trial}
axes:
  horizon:
    values:
      2030: {set: {time.planning_year: 2030}}
      2035: {set: {time.planning_year: 2035, sources.river.usable_share: 0.9}}
sampling:
  method: METHOD
  size: SIZE
  seed: 3
  factors:
    water: {name: {zh: 来水, en: water}, set: sources.river.runoff, unit: 万m3/d, low: 8, high: 12}
    norm: {set: demands.town.norm, unit: L/(person d), low: 90, high: 150}
    loss: {set: demands.town.network_loss, distribution: triangular, low: 0.05, high: 0.15, mode: 0.1}
    population: {times: demands.town.people, low: 0.7, high: 1.3}
    colour: {times: demands.park.area, low: 0.5, high: 1.5}
"""


def write(folder, size=8, method="sobol", more=""):
    """A town and a park on water of their own each; the park has nothing to do with the town."""
    demands = {
        "town": {"type": "residential", "zone": "town", "people": "50 万人", "norm": "120 L/(person d)",
                 "network_loss": 0.1, "guarantee": 0.5},
        "park": {"type": "green", "zone": "town", "area": "1 km2", "depth": "100 mm/yr"},
    }  # fmt: skip
    kit.write(
        folder,
        {
            "sources": {"river": {"type": "catchment", "runoff": "10 万m3/d"}, "pond": kit.source(100.0)},
            "links": kit.links(river_town="river town", pond_park="pond park"),
            "demands": demands,
            "priorities": [{"demands": ["town"]}, {"demands": ["park"]}],
            "capacity": {
                "drivers": {"people": {"grows": ["town"]}, "city": {"grows": ["park"], "area": "1 km2"}},
            },
        },
    )
    path = folder / "scenarios.yaml"
    path.write_text(STUDY.replace("METHOD", method).replace("SIZE", str(size)) + more, encoding="utf-8")
    return path


def people(water=10.0, norm=120.0, loss=0.1):
    """Capacity [1e4 person]: 1e4 m3/d over L/(person d)."""
    return water * (1.0 - loss) / norm * 1000.0


@pytest.fixture(scope="module")
def nominal(tmp_path_factory):
    study = load(write(tmp_path_factory.mktemp("tornado")))
    return Nominal(study, 0, "people", 1, FINE)


@pytest.fixture(scope="module")
def swings(nominal):
    return tornado(nominal)


def test_bars_are_those_of_the_formula(swings):
    assert swings.driver == "people"
    assert swings.nominal.value == pytest.approx(people(), rel=2e-5)
    bars = {bar.factor: bar for bar in swings.bars}
    expected = {
        "water": (people(water=8.0), people(water=12.0)),
        "norm": (people(norm=90.0), people(norm=150.0)),
        "loss": (people(loss=0.05), people(loss=0.15)),
        "population": (people(), people()),  # the plan moves, not what the water carries
        "colour": (people(), people()),
    }
    for id, ends in expected.items():
        assert (bars[id].at_low.value, bars[id].at_high.value) == pytest.approx(ends, rel=2e-5)
        assert bars[id].at_low.found.status == FOUND
        assert not bars[id].extreme
    assert (bars["water"].low, bars["water"].high) == WATER
    assert (bars["population"].low, bars["population"].high) == (0.7, 1.3)
    assert [bar.factor for bar in swings.bars[:3]] == ["norm", "water", "loss"]
    assert [bar.swing for bar in swings.bars] == sorted((bar.swing for bar in swings.bars), reverse=True)


def test_scales_are_told_where_several_grow_and_move_with_the_plan(nominal):
    mix = Nominal(nominal.study, 0, "mix", 1, FINE)
    base = mix.carried()
    assert base.value == pytest.approx(people() / 50.0, rel=2e-5)
    by_id = {factor.id: factor for factor in mix.factors}
    more = mix.carried(at_quantile(by_id["population"], 1.0))
    assert more.value == pytest.approx(people() / 65.0, rel=2e-5)


def test_an_input_that_moves_the_plan_is_told_apart_from_those_that_are_ranked(nominal):
    """Population scales the plan: multiples of it move though the water carries what it did."""
    own = tornado(Nominal(nominal.study, 0, "mix", 1, FINE))
    bars = {bar.factor: bar for bar in own.bars}
    assert [id for id, bar in bars.items() if bar.moves_plan] == ["population"]
    assert [bar.factor for bar in own.bars][:3] == ["norm", "water", "loss"]  # population would be the second
    assert bars["population"].swing > bars["water"].swing
    assert [one.factor for one in leading(own)] == ["norm", "water", "loss"]
    assert bars["population"].at_low.value * 0.7 == pytest.approx(own.nominal.value, rel=2e-5)


def test_ranges_say_their_unit_source_and_grade(tmp_path):
    (tmp_path / "table.csv").write_text(
        "key,value,low,high,unit,grade,source,note\n"
        "depth.2030,100,90,120,mm/yr,found,gauge of 2020,\n"
        "depth.2035,100,80,150,mm/yr,assumed,plan of the city,\n",
        encoding="utf-8",
    )
    path = write(tmp_path)
    model = (tmp_path / "model.yaml").read_text(encoding="utf-8")
    depth = "'@depth.{year}'"
    assert "100 mm/yr" in model
    (tmp_path / "model.yaml").write_text(
        model.replace("100 mm/yr", depth) + "parameters: [table.csv]\n", encoding="utf-8"
    )
    text = path.read_text(encoding="utf-8").replace(
        "colour: {times: demands.park.area, low: 0.5, high: 1.5}", "depth: {set: 'parameters.depth.{year}'}"
    )
    text = text.replace(
        "low: 90, high: 150}", "low: 90, high: 150, provenance: {source: survey, grade: derived}}"
    )
    text = text.replace("method: sobol\n  size: 8", "size: 0\n  nominal: true")
    path.write_text(text, encoding="utf-8")
    study = load(path)
    assert [scenario.sample for scenario in study.scenarios] == [0, 0]
    for number, (low, high, source) in enumerate(
        [(90.0, 120.0, "gauge of 2020"), (80.0, 150.0, "plan of the city")]
    ):
        bars = {bar.factor: bar for bar in tornado(Nominal(study, number, "people", 1, FINE)).bars}
        own = bars["depth"]
        assert (own.low, own.high, own.unit, own.source, own.grade) == (low, high, "mm/yr", source, "assumed")
        assert (bars["norm"].source, bars["norm"].grade, bars["norm"].unit) == (
            "survey",
            "derived",
            "L/(person d)",
        )
        assert bars["population"].unit == ""
    path.write_text(text.replace("nominal: true", "nominal: false"), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"no samples and no scenario as it is.*1 or more, or nominal: true"
    ):
        load(path)


def test_the_table_ranks_marks_and_tells_what_it_rests_on(tmp_path, cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    path = write(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("method: sobol\n  size: 8", "size: 0\n  nominal: true"),
        encoding="utf-8",
    )
    asked = (
        "capacity",
        path,
        "--only",
        "horizon=2035",
        "--realizations",
        "1",
        "--no-details",
        "--audit",
        "2",
    )
    more = ("--along", "mix", "--along", "people", "--with", "sensitivity", "--lang", "en")
    code, out, _ = cli(*asked, *more, "-o", tmp_path / "c.nc", "--trajectories", "2")
    assert code == 0
    assert "all together, 2035: capacity with one uncertain input" in out
    rows = [line.split() for line in out.splitlines() if line.split()[:1] in (["1"], ["2"], ["3"])]
    assert [row[1] for row in rows] == ["norm", "water", "loss"] * 2  # along the mix and along people
    assert float(rows[0][5]) == pytest.approx(people(9.0, norm=90.0) / 50.0, abs=2e-3)
    assert float(rows[3][2]) == pytest.approx(people(9.0, norm=90.0), abs=0.2)
    assert "not comparable" in next(line for line in out.splitlines() if line.split()[:1] == ["population"])
    assert "the same 1 record of" in out
    assert any(line.split()[:1] == ["2035"] for line in out.splitlines())  # the row of the planning year
    with xr.open_dataset(tmp_path / "c.nc") as kept:
        ids = kept["sensitivity_factor"].values.astype(str).tolist()
        at = dict(zip(ids, range(5), strict=True))
        low = kept["sensitivity_other_at_low"].values[0]  # people
        assert low[at["water"]] == pytest.approx(people(8.0 * 0.9), rel=2e-3)
        assert kept["sensitivity_input_effect"].values[at["norm"]] > 0.0
    for bad, text in (
        (("--trajectories", "1"), "1 paths tell no spread"),
        (("--trajectories", "2"), "--with sensitivity"),
    ):
        code, _, err = cli(*asked, *bad)
        assert code == 2
        assert text in err


def test_any_sample_of_a_scenario_has_the_same_nominal_capacity(nominal):
    study = nominal.study
    for number, scenario in enumerate(study.scenarios):
        if scenario.sample in (1, 5):
            found = Nominal(study, number, "people", 1, FINE).carried()
            water = 10.0 if scenario.values["horizon"] == 2030 else 9.0
            assert found.value == pytest.approx(people(water), rel=2e-5)


def test_sampled_capacities_are_those_of_the_formula(nominal):
    own = nominal.study.scenarios[0].values
    drawn = [s for s in nominal.study.scenarios if s.sample and s.values == own]
    grounds = [Ground(nominal.study.case(s.number), 1) for s in drawn]
    searched = [run([begin(ground, "people")], trials(ground.ready()), FINE)[0] for ground in grounds]
    values, carried = nominal.of_samples(list(zip([s.sampled for s in drawn], searched, strict=True)))
    assert values.shape == (8, 5)
    for row, one in zip(values, carried, strict=True):
        assert one.value == pytest.approx(people(*row[:3]), rel=2e-5)


def test_searches_after_the_first_begin_where_it_ended(nominal):
    fresh = Nominal(nominal.study, 0, "people", 1, Options(1e-3, 0, 0))
    fresh.carried()
    first = fresh.runs
    fresh.at([{"water": 0.52}])
    assert fresh.runs - first < first


def test_quantiles_reach_the_ends_of_every_distribution(tmp_path):
    more = (
        "    stated: {set: demands.park.depth, unit: mm/yr, distribution: discrete, values: [90, 100, 120]}\n"
        "    open: {times: demands.park.depth, distribution: lognormal, mean: 1.0, sd: 0.2}\n"
    )
    text = "\n".join(line for line in STUDY.splitlines() if "colour" not in line)
    path = write(tmp_path)
    path.write_text(text.replace("METHOD", "sobol").replace("SIZE", "8") + "\n" + more.splitlines()[0] + "\n")
    by_id = {factor.id: factor for factor in load(path).factors}
    assert [at_quantile(by_id["stated"], q)[0].value for q in (0.0, 0.5, 1.0)] == [
        "90.0 mm/yr", "100.0 mm/yr", "120.0 mm/yr",
    ]  # fmt: skip
    loss = [at_quantile(by_id["loss"], q)[0].value for q in (0.0, 0.5, 1.0)]
    assert loss == pytest.approx([0.05, 0.1, 0.15])
    path.write_text(text.replace("METHOD", "sobol").replace("SIZE", "8") + "\n" + more.splitlines()[1] + "\n")
    own = {factor.id: factor for factor in load(path).factors}["open"]
    ends = [at_quantile(own, q)[0].value for q in (0.0, 1.0)]
    s = math.sqrt(math.log1p(0.04))
    assert ends[0] == pytest.approx(math.exp(-s * s / 2 - s * 2.3263478740))  # at 0.01: 0 is never drawn
    assert ends[1] == pytest.approx(math.exp(-s * s / 2 + s * 2.3263478740))  # at 0.99: it has no end


# ---- over samples


def first_order(size=200_001):
    """First-order shares of the variance of water x (1 - loss) / norm, by moments of independent factors."""
    q = (np.arange(size) + 0.5) / size
    water = WATER[0] + q * (WATER[1] - WATER[0])
    inverse = 1.0 / (NORM[0] + q * (NORM[1] - NORM[0]))
    half = np.where(q < 0.5, np.sqrt(q / 2.0), 1.0 - np.sqrt((1.0 - q) / 2.0))
    kept = 1.0 - (LOSS[0] + half * (LOSS[1] - LOSS[0]))
    parts = {"water": water, "norm": inverse, "loss": kept}
    square = {name: np.mean(part) ** 2 for name, part in parts.items()}
    total = np.prod([np.mean(part**2) for part in parts.values()]) - np.prod(list(square.values()))
    whole = np.prod(list(square.values()))
    return {name: np.var(part) * whole / square[name] / total for name, part in parts.items()}


@pytest.fixture(scope="module")
def given():
    """Samples of the formula itself."""
    from scipy.stats import qmc, triang

    drawn = qmc.Sobol(5, rng=np.random.default_rng(1)).random(256)
    water = WATER[0] + drawn[:, 0] * (WATER[1] - WATER[0])
    norm = NORM[0] + drawn[:, 1] * (NORM[1] - NORM[0])
    loss = triang.ppf(drawn[:, 2], 0.5, 0.05, 0.1)
    inputs = np.column_stack([water, norm, loss, drawn[:, 3], drawn[:, 4]])
    carried = [Carried(Found(scale=1.0), float(people(*row[:3]))) for row in inputs]
    return indices(["water", "norm", "loss", "population", "colour"], inputs, carried, seed=4, resamples=10)


def test_indices_are_near_the_closed_form(given):
    expected = first_order()
    found = dict(zip(given.factors, given.first, strict=True))
    for name, share in expected.items():
        assert found[name] == pytest.approx(share, abs=0.1)  # of 256 samples
    assert abs(found["population"]) < 0.1
    assert abs(found["colour"]) < 0.1
    assert sum(expected.values()) == pytest.approx(1.0, abs=0.03)
    delta = dict(zip(given.factors, given.delta, strict=True))
    assert delta["norm"] > delta["water"] > delta["loss"]
    assert delta["norm"] > 0.25
    assert abs(delta["colour"]) < 0.08
    assert given.size == 256
    assert given.nothing == 0


def test_salib_leaves_random_numbers_and_warnings_alone(given):
    inputs = np.random.default_rng(2).random((64, 2))
    carried = [Carried(Found(scale=1.0), float(row[0])) for row in inputs]
    np.random.seed(12)  # noqa: NPY002
    before, form, filters = np.random.get_state()[1].copy(), warnings.formatwarning, list(warnings.filters)  # noqa: NPY002
    first = indices(["a", "b"], inputs, carried, 7, resamples=3)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert warnings.formatwarning is form
    assert list(warnings.filters) == filters
    again = indices(["a", "b"], inputs, carried, 7, resamples=3)
    for name in ("first", "first_error", "delta", "delta_error"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.delta, indices(["a", "b"], inputs, carried, 0, resamples=3).delta)


def test_a_capacity_that_nothing_moves_has_indices_of_nothing():
    inputs = np.random.default_rng(2).random((40, 2))
    told = indices(["a", "b"], inputs, [Carried(Found(scale=1.0), 3.0)] * 40, seed=1)
    assert not told.first.any()
    assert not told.delta.any()


def test_elementary_effects_are_those_of_the_formula(nominal):
    """Over one level of four the effect is the difference quotient of the capacity, so its mean is bounded by hand."""
    found = screening(nominal, 4, seed=5)
    assert found.factors == ("water", "norm", "loss", "population", "colour")
    effect = dict(zip(found.factors, found.effect, strict=True))
    slope = [1000.0 * 4.0 * (1.0 - loss) / norm for loss in LOSS for norm in NORM]
    assert min(slope) <= effect["water"] <= max(slope)
    assert effect["population"] < 0.01
    assert effect["colour"] < 0.01
    assert effect["norm"] > effect["loss"] > 1.0
    again = screening(nominal, 4, seed=5)
    assert np.array_equal(found.effect, again.effect)


# ---- the three that matter the most


def test_the_leading_inputs_are_named_with_all_evidence(swings, given, nominal):
    screened = screening(nominal, 3, seed=1)
    led = leading(swings, given, screened)
    assert [one.factor for one in led] == ["norm", "water", "loss"]
    assert [one.agree for one in led[:2]] == [True, True]
    assert led[0].ranks == {"swing": 1, "first": 1, "delta": 1, "effect": 1}
    for part in ("alone 100 .. 60", "S1 0.", "δ 0.", "256 samples", "Morris: μ*"):
        assert part in led[0].evidence.en
    assert "单因素 100 .. 60" in led[0].evidence.zh
    assert led[1].name.zh == "来水"
    assert [one.factor for one in leading(swings)] == ["norm", "water", "loss"]


def test_measures_that_disagree_say_so():
    def bar(id, low, high):
        return Bar(id, Label(zh=id, en=id), 0.0, 1.0, carried(low), carried(high))

    def carried(value):
        return Carried(Found(scale=1.0), value)

    own = Tornado(
        "people", "people", carried(5.0), (bar("a", 0.0, 9.0), bar("b", 0.0, 5.0), bar("c", 5.0, 5.0))
    )
    zero = np.zeros(3)
    other = Indices(("a", "b", "c"), np.array([0.1, 0.7, 0.2]), zero, np.array([0.1, 0.5, 0.2]), zero, 64, 0)
    led = leading(own, other, count=1)
    assert [one.factor for one in led] == ["b"]
    assert not led[0].agree
    assert led[0].ranks == {"swing": 2, "first": 1, "delta": 1}
    assert [one.factor for one in leading(own)] == ["a", "b"]  # c moves nothing
    rows = {line["factor"]: line for line in table(own, other)}
    assert rows["c"]["rank_swing"] == 3
    (note,) = together([("a", "b", 0.8), ("a", "elsewhere", 0.2)], own)
    assert "a and b (rank correlation 0.8)" in note.en and "秩相关 0.8" in note.zh
    assert together([], own) == []
    assert rows["c"]["rank_delta"] == 2
    assert rows["a"]["first"] == 0.1


def test_nothing_carried_counts_as_nothing_and_is_told(tmp_path):
    """A floor of 70 x 1e4 people: what the lowest water carries is below it."""
    path = write(tmp_path)
    text = (tmp_path / "model.yaml").read_text(encoding="utf-8")
    text += "  limits:\n    floor: {driver: people, at_least: 70}\n"
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    nominal = Nominal(load(path), 0, "people", 1, FINE)
    bar = next(bar for bar in tornado(nominal).bars if bar.factor == "water")
    assert bar.at_low.found.status == INFEASIBLE
    assert math.isnan(bar.at_low.found.scale)
    assert bar.at_low.value == 0.0
    assert bar.extreme
    assert bar.swing == pytest.approx(people(water=12.0), rel=1e-4)
    assert "(an end without a capacity)" in leading(tornado(nominal))[0].evidence.en


def test_dataset_ranks_inputs_and_goes_through_netcdf(swings, given, tmp_path):
    told = sensitivity_dataset(swings, given)
    told.to_netcdf(tmp_path / "s.nc")
    assert told["factor"].values[:3].tolist() == ["norm", "water", "loss"]
    assert told["input_swing"].sel(factor="water") == pytest.approx(people(water=4.0), rel=1e-4)
    assert told["input_first"].sel(factor="norm") == given.first[1]
    assert told.attrs["sensitivity_driver"] == "people"
    for name, variable in told.data_vars.items():
        assert variable.attrs["long_name_zh"], name


# ---- bad input


def test_what_tells_nothing_is_refused(tmp_path, nominal):
    few = [Carried(Found(scale=1.0), 1.0)] * 31
    with pytest.raises(UsageError, match=r"31 samples tell nothing of 2 inputs.*32 or more"):
        indices(["a", "b"], np.zeros((31, 2)), few, seed=1)
    with pytest.raises(UsageError, match="nothing stops the capacity in 2 of 40 samples"):
        indices(["a"], np.zeros((40, 1)), few + [Carried(Found(), np.inf)] * 2 + few[:7], seed=1)
    with pytest.raises(UsageError, match="1 trajectories"):
        screening(nominal, 1, seed=1)
    with pytest.raises(UsageError, match=r"no direction 'peple'.*did you mean 'people'"):
        Nominal(nominal.study, 0, "peple", 1).carried()
    with pytest.raises(UsageError, match="there is no scenario 99"):
        Nominal(nominal.study, 99, "people", 1)
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").split("sampling:")[0], encoding="utf-8")
    with pytest.raises(UsageError, match="no input is uncertain"):
        Nominal(load(path), 0, "people", 1)


def test_a_missing_salib_is_told_with_how_to_get_it(monkeypatch):
    inputs = np.random.default_rng(2).random((40, 2))
    carried = [Carried(Found(scale=1.0), float(row[0])) for row in inputs]
    for name in [name for name in sys.modules if name.split(".")[0] == "SALib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(UsageError, match=r"SALib is not installed.*waterbal\[risk\]"):
        indices(["a", "b"], inputs, carried, seed=1)


def test_an_input_that_makes_less_than_the_search_may_err_is_not_numbered():
    low, high = np.array([1.0, 1.0, 1.0]), np.array([1.0005, 1.2, 1.05])
    swings = capacity_tornado.Swings("mix", "", 1.0, low, high, np.zeros(3, bool), 1e-3, first=True)
    assert swings.leading == [1, 2] and swings.order == [1, 2, 0]
