"""Planned reserves: blocks of the calendar, the program they add, and what they do to the peer's network."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks import peer_case
from tests import rowkit
from tests.reference import lexicographic
from waterbal.kernel import tables as kernel
from waterbal.kernel.pointer import Table
from waterbal.kernel.program import workspace
from waterbal.kernel.simulate import advance, begin
from waterbal.model.rows import ReserveOptions
from waterbal.network.build import Network, build
from waterbal.network.outlook import outlook
from waterbal.network.program import LINEAR, SHARE
from waterbal.network.simulate import simulate

PLANNED = ReserveOptions(mode="planned", dependability=0.95)


@pytest.fixture(scope="module")
def inputs() -> peer_case.Inputs:
    return peer_case.generate(60, 1000)


def test_one_reset_gives_one_block_up_to_it():
    months = outlook(rowkit.axis(12), [1])
    assert months.blocks == 1
    assert months.months()[:, 0].tolist() == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


def test_blocks_are_cut_at_every_reset():
    months = outlook(rowkit.axis(12), [1, 7])
    january, august = months.months()[0], months.months()[7]
    assert january.tolist() == [5, 6]  # February-June, then July-December
    assert august.tolist() == [4, 6]  # September-December, then January-June
    assert months.renewed(7)[0].tolist() == [0.0, 1.0]
    assert months.renewed(1)[0].tolist() == [0.0, 0.0]
    assert months.renewed(1)[7].tolist() == [0.0, 1.0]


def test_last_month_before_the_only_reset_looks_nowhere():
    months = outlook(rowkit.axis(24), [4])
    assert months.months()[2, 0] == 0.0
    assert months.months()[3, 0] == 11.0


@pytest.mark.parametrize("step", ["dekad", "day"])
def test_a_month_is_counted_by_the_part_still_ahead(step):
    axis = rowkit.axis(40, step=step)
    months = outlook(axis, [1])
    days_left = months.months()[0, 0]
    length = {"dekad": 10.0, "day": 1.0}[step]
    assert days_left == pytest.approx(11.0 + (31.0 - length) / 31.0)


def test_planned_sums_follow_the_record_and_repeat_its_last_year():
    axis = rowkit.axis(24)
    months = outlook(axis, [7])
    values = np.arange(24.0)
    assert months.planned(values)[0, 0] == sum(range(1, 6))
    assert months.planned(values)[18, 0] == sum(range(19, 24)) + sum(range(12, 18))


def test_quantiles_are_of_sums_not_sums_of_quantiles():
    axis = rowkit.axis(48)
    months = outlook(axis, [1])
    values = np.zeros(48)
    for year, month in enumerate((1, 3, 5)):  # each year is wet in another month
        values[12 * year + month] = 10.0
    assert months.quantile(values, 0.5)[0, 0] == 10.0


def drive(network: Network, steps: list[int]):
    """Advance one member and yield the step, the state and the status at chosen steps."""
    state, work = network.workspace(), workspace(network.problem)
    members = kernel.Members(
        np.zeros(1, dtype=np.int64),
        np.ones((1, len(network.rows.demands))),
        np.ones((1, len(network.rows.sources))),
        np.ones(1),
    )
    tables = [
        Table(fields)
        for fields in (
            network.problem, network.reduction, network.layout, network.coefficients, network.forcing,
            members, state, work,
        )
    ]  # fmt: skip
    begin(tables[2], tables[6], 0)
    for t in range(max(steps) + 1):
        status = advance(*tables, 0, t)
        assert status == 0
        if t in steps:
            yield t, state


def judged_flows(network: Network, state: kernel.State, t: int) -> np.ndarray:
    """Solve the step's program as assembled, before presolve, by the independent judge; return link flows."""
    program, places = network.build.program, network.build.places
    g = int(network.forcing.stage[0, t])
    width = len(program.columns)
    problem = lexicographic.Problem()
    for j, name in enumerate(program.columns):
        problem.variable(name, state.lower[j], state.upper[j])
    for i, terms in enumerate(program.row_terms):
        low, high = state.lower[width + i], state.upper[width + i]
        if np.isfinite(low) or np.isfinite(high):
            problem.row({j: float(v[g]) for j, v in terms.items()}, low, high)
    levels = []
    for level in program.levels:
        if level.kind == LINEAR:
            terms = {j: -float(v[g]) for j, v in level.terms.items()}
            levels.append(lexicographic.Level("linear", terms=terms))
            continue
        members = []
        for d in level.deliveries:
            delivery = places.deliveries[d]
            request = delivery.share * state.request[delivery.demand]
            part = problem.variable(f"delivery {delivery.name}", 0.0, request)
            terms = {j: float(v[g]) for j, v in delivery.terms.items()}
            problem.row({**terms, part: -1.0}, 0.0, 0.0)
            if request > 0.0:
                members.append((part, request if level.kind == SHARE else 1.0))
        levels.append(lexicographic.Level("fill", members=members))
    return lexicographic.solve(problem, levels)[: len(network.rows.links)]


@pytest.mark.parametrize("resets", [(1, 1, 1), (7, 11, 1)])
def test_steps_with_look_ahead_equal_the_judge_on_the_unreduced_program(inputs, resets):
    network = build(peer_case.rows(inputs, 3, peer_case.Options(PLANNED, strict=False, resets=resets)))
    for t, state in drive(network, [0, 4, 7, 10, 28, 31, 35]):
        flows = judged_flows(network, state, t)
        gain = network.coefficients.gain[network.forcing.stage[0, t]]
        supply = np.zeros(len(network.build.index.vertex))
        np.add.at(supply, network.layout.link_head, gain * flows)
        first = supply.size - state.supply.size
        np.testing.assert_allclose(state.supply, supply[first:], rtol=1e-6, atol=1e-6, err_msg=f"step {t}")
        np.testing.assert_allclose(state.flow[: flows.size], flows, rtol=1e-6, atol=1e-5, err_msg=f"step {t}")


@pytest.mark.parametrize("seed", range(40))
def test_random_systems_with_look_ahead_equal_the_judge(seed):
    rows = dataclasses.replace(rowkit.random_rows(seed), reserve=PLANNED)
    network = build(rows)
    steps = sorted({0, 1, rows.axis.size // 2, rows.axis.size - 1})
    for t, state in drive(network, steps):
        flows = judged_flows(network, state, t)
        np.testing.assert_allclose(state.flow[: flows.size], flows, rtol=1e-6, atol=1e-5, err_msg=f"step {t}")


def shares(variants, series, sector: str, month: slice) -> float:
    """Supplied share of a sector's need in chosen steps, over all variants."""
    at = [k for k, demand in enumerate(variants[0].demands) if demand.kind == sector]
    need = sum(rows.demands[k].gross[month].sum() for rows in variants for k in at)
    return float(series["supply"][:, month][:, :, at].sum() / need)


def unused(variants, series) -> float:
    """Mean quota volume that lapses per year [Mm3]."""
    given = sum(quota.volume.sum() / 12.0 for rows in variants for quota in rows.quotas)
    years = sum(rows.axis.size / 12 for rows in variants)
    return float(given - series["quota_used"].sum()) / years / peer_case.UNIT


def test_planned_reserves_protect_residents_through_the_year(inputs):
    whole, december = slice(None), slice(11, None, 12)
    results = {}
    for mode in ("none", "planned"):
        options = peer_case.Options(ReserveOptions(mode=mode), strict=False)
        variants = [peer_case.rows(inputs, scenario, options) for scenario in range(20)]
        results[mode] = variants, simulate(build(variants)).series
    assert shares(*results["none"], "res", december) < 0.60
    assert shares(*results["planned"], "res", december) >= 0.999
    assert shares(*results["planned"], "ag", whole) >= 0.52
    assert unused(*results["planned"]) <= 16.0
    assert (results["planned"][1]["reserve_kept"] <= results["planned"][1]["reserve_need"] + 1e-6).all()


def test_a_reserve_never_reaches_across_its_reset(inputs):
    rows = peer_case.rows(inputs, 1, peer_case.Options(PLANNED, strict=False))
    series = simulate(build(rows)).series
    assert series["reserve_need"][0, 11::12].max() == 0.0
    assert series["reserve_need"][0, :11].min() > 0.0


def planned(kit: rowkit.Kit, scale: float = 1.0) -> np.ndarray:
    """Supply (time, demand) of a hand-made system with planned reserves."""
    rows = dataclasses.replace(kit.rows(), reserve=ReserveOptions(mode="planned"))
    result = simulate(build(rows), np.zeros(1, dtype=np.int64), np.full((1, len(rows.demands)), scale))
    assert result.totals.status[0] == 0
    return result.series["supply"][0]


@pytest.mark.parametrize("counted", ["s", "s_n", "n_m"])
def test_a_quota_is_kept_wherever_it_counts(counted):
    kit = rowkit.Kit(24).source("s", 1e3).node("n").node("m").link("s>n").link("n>m")
    kit.demand("res", 20.0).link("m>res")
    kit.demand("farm", kit.cycle([90] * 3 + [0] * 9)).link("m>farm").share("res").share("farm")
    kit.quota("q", [counted], 300.0)
    np.testing.assert_allclose(planned(kit)[:, 0], 20.0)


def test_sources_of_different_zones_are_not_pooled():
    kit = (
        rowkit.Kit(12)
        .source("river", 20.0)
        .store("r", 200.0, initial=150.0, curve=((0.0, 200.0), (0.0, 0.0)))
    )
    kit.source("sa", 40.0).source("sb", 2.0).node("na").node("nb").link("river>r")
    kit.link("sa>na").link("sb>nb").link("r>na").link("r>nb")
    kit.demand("res_a", 10.0).demand("res_b", 10.0).link("na>res_a").link("nb>res_b")
    kit.demand("farm", kit.cycle([60] * 3 + [0] * 9)).link("r>farm").share("res_a", "res_b").share("farm")
    np.testing.assert_allclose(planned(kit)[:, :2], 10.0)


def test_no_bound_cuts_what_a_large_scale_or_a_heavy_loss_asks_for():
    kit = rowkit.Kit(3).source("s", 1e6).link("s>a").demand("a", 10.0).share("a")
    np.testing.assert_allclose(planned(kit, 50.0)[:, 0], 500.0)
    kit = rowkit.Kit(3).source("s", 1e6).link("s>a", loss=0.97).demand("a", 10.0).share("a")
    np.testing.assert_allclose(planned(kit)[:, 0], 10.0)


def test_members_that_the_tables_do_not_have_are_refused():
    network = build(rowkit.random_rows(1))
    demands = len(network.rows.demands)
    with pytest.raises(ValueError, match="shape"):
        simulate(network, np.zeros(4, dtype=np.int64), np.ones((1, demands)))
    with pytest.raises(ValueError, match="variant"):
        simulate(network, np.array([3]))
    with pytest.raises(ValueError, match="finite"):
        simulate(network, np.zeros(1, dtype=np.int64), np.full((1, demands), np.nan))


@pytest.mark.parametrize(
    ("aquifer", "attainable"),
    [({"initial_depth": 5.0}, 120.0), ({"initial_depth": 0.0, "fresh_share": 0.1}, 112.0)],
    ids=["storage", "fresh share"],
)
def test_an_aquifer_that_cannot_give_is_not_counted_on(aquifer, attainable):
    """The quota of 100 and what the aquifer has, 20 in all or 1 a month, go to the residents."""
    fresh = aquifer.get("fresh_share", 1.0) < 1.0
    kit = rowkit.Kit(12).source("s", 1e3, unit_cost=1.0).node("n").link("s>n")
    kit.aquifer("g", limit=10.0, storage_per_metre=2.0 if not fresh else 100.0, floor_depth=15.0, **aquifer)
    kit.link("g>res", fresh=fresh).demand("res", 10.0).link("n>res")
    kit.demand("farm", kit.cycle([0, 0, 60, 60, 60, 0, 0, 0, 0, 0, 0, 0])).link("n>farm")
    kit.share("res").share("farm").quota("q", ["s"], 100.0)
    supply = planned(kit)[:, 0]
    assert supply.sum() == pytest.approx(attainable)


def test_works_that_came_late_are_counted_on_once_they_are_there():
    years = 10
    kit = rowkit.Kit(12 * years).source("s", 1e3, unit_cost=1.0).node("n").link("s>n")
    wells = np.concatenate([np.zeros(72), np.full(48, 20.0)])
    kit.source("wells", {"conveyance": wells}).link("wells>res").demand("res", 20.0).link("n>res")
    kit.demand("farm", kit.cycle([0, 0, 60, 60, 60] + [0] * 7)).link("n>farm")
    kit.share("res").share("farm").quota("q", ["s"], 100.0)
    supply = planned(kit)
    assert supply[-12:, 1].sum() == pytest.approx(100.0)
    np.testing.assert_allclose(supply[-12:, 0], 20.0)


@pytest.mark.parametrize("homes", [1.0, 2.0, 4.1])
def test_a_class_with_unequal_losses_is_kept_what_all_of_it_takes(tmp_path, homes):
    """Homes lose 0.3 on the way and the mill nothing: 1/0.7 + 4 a day of a permit of 10, whatever farms would take."""
    import waterbal

    text = f"""
schema_version: 1
name: {{zh: 两户, en: Two users}}
provenance: {{source: test, grade: assumed}}
time: {{start: 2001-01, end: 2003-12, step: month, planning_year: 2025}}
zones: {{town: {{}}}}
sources: {{river: {{type: river_intake, zone: town, capacity: 20 万m3/d}}}}
links: {{r_h: {{from: river, to: homes, loss: 0.3}}, r_m: {{from: river, to: mill}}, r_f: {{from: river, to: farms}}}}
demands:
  homes: {{type: public, zone: town, need: {homes} 万m3/d}}
  mill: {{type: industry, zone: town, need: 4 万m3/d}}
  farms: {{type: irrigation, zone: town, need: 9 万m3/d}}
quotas: {{permit: {{of: [river], volume: 3650 万m3/yr, reset_month: 1}}}}
priorities: [{{demands: [homes, mill]}}, {{demands: [farms]}}]
"""
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    found = waterbal.load(path).run()
    ids = list(found["demand_id"].values.astype(str))
    supply = found["water_supply"].transpose("time", "demand", ...).values.reshape(36, 3).sum(axis=0) / 3.0
    assert supply[ids.index("homes")] == pytest.approx(homes * 365.0, rel=1e-6)
    assert supply[ids.index("mill")] == pytest.approx(4 * 365.0, rel=1e-6)
    left = 3650.0 - (homes / 0.7 + 4.0) * 365.0
    assert supply[ids.index("farms")] == pytest.approx(left, rel=2e-2, abs=2.0)


def test_a_capacity_under_planned_reserves_is_that_of_the_model_written_so(tmp_path):
    """Homes grow, the mill does not: what is kept for both follows the mix, and the permit of 10 is used up at 4.2."""
    from waterbal.capacity.assessment import Demand, assess
    from waterbal.capacity.search import Options

    text = """
schema_version: 1
name: {zh: 两户, en: Two users}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2003-12, step: month, planning_year: 2025}
zones: {town: {}}
sources: {river: {type: river_intake, zone: town, capacity: 20 万m3/d}}
links: {r_h: {from: river, to: homes, loss: 0.3}, r_m: {from: river, to: mill}, r_f: {from: river, to: farms}}
demands:
  homes: {type: residential, zone: town, people: 10 万人, norm: 100 L/(person d), guarantee: 0.7}
  mill: {type: industry, zone: town, need: 4 万m3/d, guarantee: 0.7}
  farms: {type: irrigation, zone: town, need: 3 万m3/d}
quotas: {permit: {of: [river], volume: 3650 万m3/yr, reset_month: 1}}
priorities: [{demands: [homes, mill]}, {demands: [farms]}]
capacity: {drivers: {people: {grows: [residential]}}}
"""
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    found = assess(path, (), Demand(options=Options(1e-3, 4, 1), details=False))
    assert float(found["capacity_scale"].values[0, 0]) == pytest.approx((10.0 - 4.0) * 0.7, abs=2e-3)


def test_what_is_given_back_to_another_place_is_not_counted_on(tmp_path):
    """Of two of one class, one gives back to a plant that feeds the next class, the other not: no half each."""
    import waterbal

    summer, winter = "[0,0,0,2,2,2,2,2,2,0,0,0]", "[2,2,2,0,0,0,0,0,0,2,2,2]"
    stock = round((2 * 365.25 + 182.25 + 365.25 * 0.9) / 31, 4)
    text = f"""
schema_version: 1
name: {{zh: 回用, en: Reuse}}
provenance: {{source: test, grade: assumed}}
time: {{start: 2001-01, end: 2003-12, step: month, planning_year: 2025}}
zones: {{town: {{}}}}
climate: {{rain: 0 mm/d, et0: 0 mm/d}}
sources:
  river: {{type: catchment, zone: town, runoff: {{by_month: [{stock}, 0,0,0,0,0,0,0,0,0,0,0], unit: 万m3/d}}}}
  one: {{type: reclaimed, zone: town, capacity: 100 万m3/d, recovery: 1, use_rate: 1}}
  other: {{type: reclaimed, zone: town, capacity: 100 万m3/d, recovery: 1, use_rate: 1}}
stores:
  lake: {{type: reservoir, zone: town, capacity: 5000 万m3, dead: 0 万m3, initial_share: 0, evaporation_factor: 1,
    shape: {{full_area: 0.01 km2, exponent: 0}}, seepage: 0 mm/d}}
links:
  fill: {{from: river, to: lake}}
  l_a: {{from: lake, to: a}}
  l_b: {{from: lake, to: b}}
  l_c: {{from: lake, to: c}}
  o_c: {{from: one, to: c}}
  o_w: {{from: other, to: w}}
  l_v: {{from: lake, to: v}}
demands:
  a: {{type: public, zone: town, need: {{by_month: {summer}, unit: 万m3/d}}, returns: [{{to: one, share: 0.5}}]}}
  b: {{type: public, zone: town, need: {{by_month: {winter}, unit: 万m3/d}}, returns: [{{to: other, share: 0.5}}]}}
  c: {{type: public, zone: town, need: 1 万m3/d}}
  v: {{type: industry, zone: town, need: 1 万m3/d}}
  w: {{type: irrigation, zone: town, need: 0.01 万m3/d}}
priorities: [{{demands: [a, b]}}, {{demands: [c]}}, {{demands: [v]}}, {{demands: [w]}}]
"""
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    found = waterbal.load(path).run()
    ids = list(found["demand_id"].values.astype(str))
    need, supply = (
        found[name].transpose("time", "demand", ...).values.reshape(36, 5)
        for name in ("water_demand", "water_supply")
    )
    for id in ("a", "b", "c"):
        assert supply[:, ids.index(id)] == pytest.approx(need[:, ids.index(id)], rel=1e-6)
    v = ids.index("v")
    assert supply[:, v].sum() / need[:, v].sum() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("other", [0.5, 0.3])
def test_each_way_keeps_its_own_loss(tmp_path, other):
    """Each of two users has one lake without loss and one with: a mean of the ways would keep half as much again."""
    import waterbal

    flow = f"{{by_month: [{round(1.01 * 1.5 * 365.25 / 31, 4)}, 0,0,0,0,0,0,0,0,0,0,0], unit: 万m3/d}}"
    lakes = "".join(
        f"  lake{k}: {{type: reservoir, zone: town, capacity: 5000 万m3, dead: 0 万m3, initial_share: 0,\n"
        "    seepage: 0 mm/d, shape: {full_area: 0.01 km2, exponent: 0}, evaporation_factor: 1}\n"
        for k in (0, 1)
    )
    rivers = "".join(f"  river{k}: {{type: catchment, zone: town, runoff: {flow}}}\n" for k in (0, 1))
    text = f"""
schema_version: 1
name: {{zh: 两湖, en: Two lakes}}
provenance: {{source: test, grade: assumed}}
time: {{start: 2001-01, end: 2003-12, step: month, planning_year: 2025}}
zones: {{town: {{}}}}
climate: {{rain: 0 mm/d, et0: 0 mm/d}}
sources:
{rivers}stores:
{lakes}links:
  f0: {{from: river0, to: lake0}}
  f1: {{from: river1, to: lake1}}
  a0: {{from: lake0, to: a}}
  a1: {{from: lake1, to: a, loss: 0.5}}
  b0: {{from: lake0, to: b, loss: {other}}}
  b1: {{from: lake1, to: b}}
  v0: {{from: lake0, to: v}}
  v1: {{from: lake1, to: v}}
demands:
  a: {{type: public, zone: town, need: 1 万m3/d}}
  b: {{type: public, zone: town, need: 1 万m3/d}}
  v: {{type: industry, zone: town, need: 1 万m3/d}}
priorities: [{{demands: [a, b]}}, {{demands: [v]}}]
"""
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    found = waterbal.load(path).run()
    share = found["water_supply"].sum("time") / found["water_demand"].sum("time")
    assert share.values.ravel() == pytest.approx(1.0, abs=2e-3)
