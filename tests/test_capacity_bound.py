"""The foresight bound: never below a simulated capacity, equal to closed forms, and its duals are what limits give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.rowkit import Kit, random_rows
from waterbal.api import load
from waterbal.capacity.bound import Bound, foresight_bound
from waterbal.capacity.bound_program import hull
from waterbal.capacity.bound_requirements import ROUNDING
from waterbal.capacity.question import Direction, Driver, Limit, Question
from waterbal.capacity.search import FOUND, INFEASIBLE, LIMITED, UNBOUNDED, Options, Search, run
from waterbal.capacity.trial import Ground
from waterbal.errors import UsageError, WaterbalError
from waterbal.kernel import judge
from waterbal.model.base import Label
from waterbal.model.rows import RequirementRow, Rows, realization
from waterbal.network.build import build
from waterbal.network.requirements import RATED, UNLIMITED, asked, requirement_tables, years
from waterbal.network.simulate import simulate

NAME = Label(zh="人", en="people")
POLICIES = ("none", "curve", "planned")
MODELS = 66
EXACT = 5e-6
"""Relative: what may be short of a need without a miss, and the tolerance of the solver."""


# ---- questions without a model file


def ask(
    rows: Rows,
    items: list[RequirementRow],
    grows: list[str] | None = None,
    sources: tuple[int, ...] = (),
    limits: tuple[Limit, ...] = (),
    judged: tuple[bool, ...] = (),
) -> Question:
    """One driver, ``g``, that grows alone; all demands grow with it if none is named."""
    names = [d.id for d in rows.demands]
    demands = tuple(names.index(d) for d in grows) if grows is not None else tuple(range(len(names)))
    driver = Driver("g", NAME, "people", 1.0, 0.0, demands, sources)
    return Question(
        {"g": driver}, limits, {"g": Direction("g", NAME, {"g": 1.0}, judged)}, tuple(items), {}, 0.9
    )


def annual(*demands: str, tolerance: float = 0.0, id: str = "all") -> RequirementRow:
    return RequirementRow(id, "annual", [(d, tolerance) for d in demands])


def step(*demands: str, id: str = "steps") -> RequirementRow:
    return RequirementRow(id, "step", [(d, 0.0) for d in demands])


def bound(rows: Rows, items, allowed=None, **more) -> Bound:
    options = {k: more.pop(k) for k in ("method", "years") if k in more}
    misses = np.zeros(len(items), dtype=np.int64) if allowed is None else np.asarray(allowed)
    return foresight_bound(rows, ask(rows, items, **more), "g", misses, **{"method": "simplex", **options})


def worth(found: Bound) -> dict[str, float]:
    return {dual.limit: dual.change for dual in found.duals}


# ---- trials of the simulation


class Simulated:
    """Whether everything holds in a simulation at given scales; ``wrong`` changes the rows that it sees."""

    def __init__(self, rows: Rows, question: Question, allowed, policy: str, wrong=None):
        seen = rows if wrong is None else wrong(rows)
        self.network = build(replace(seen, reserve=replace(seen.reserve, mode=policy)))
        self.question, self.rows = question, rows
        self.table = requirement_tables(
            self.network, question.requirements, np.asarray(allowed)[None, :], stop=True
        )

    def holds(self, scales) -> np.ndarray:
        scales = np.asarray(scales, float)
        needs, offers = self.question.scales("g", scales, self.rows)
        ran = simulate(
            self.network, np.zeros(scales.size, dtype=np.int64), needs, source_scale=offers,
            requirements=self.table, keep=False, threads=1,
        )  # fmt: skip
        assert set(ran.totals.status.tolist()) <= {0, 1}
        return (ran.totals.status == 0) & (ran.outcome.lost == -1)

    def capacity(self) -> float:
        """Largest scale that was seen to hold, 0 if none."""
        found = run(
            [Search("g", 0, 0.0, np.inf)], lambda _, scales: [bool(x) for x in self.holds(scales)],
            Options(audit_below=2, audit_above=2),
        )[0]  # fmt: skip
        return max([scale for scale, held in found.tried.items() if held], default=0.0)


def above(found: Bound, simulated: Simulated) -> tuple[list[float], float]:
    """Scales that hold in a simulation although the bound says that none there can, and its capacity."""
    if found.status == UNBOUNDED:
        return [], np.nan
    if found.status == INFEASIBLE:
        scales = np.array([0.0, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0])
        return scales[simulated.holds(scales)].tolist(), np.nan
    scales = found.scale * np.array([1.001, 1.01, 1.1, 1.5, 3.0]) + 1e-6
    wrong = scales[simulated.holds(scales)].tolist()
    best = simulated.capacity()
    return [*wrong, best] if best > found.scale * (1.0 + 1e-6) + 1e-7 else wrong, best


def random_question(rows: Rows, seed: int) -> tuple[Question, np.ndarray]:
    """Some demands and sources grow; requirements of every kind, and how often they may be missed."""
    rng = np.random.default_rng(1000 + seed)
    names = [d.id for d in rows.demands]
    grow = [d for d in range(len(names)) if rng.random() < 0.7] or [0]
    rain = tuple(s for s in range(len(rows.sources)) if rng.random() < 0.15)
    kinds = ["annual", "annual", "step", "annual_depth", "step_depth"]
    items = []
    for i in range(int(rng.integers(1, 4))):
        kind = str(rng.choice(kinds)) if years(rows.axis)[1].any() else "step"
        own = [names[k] for k in grow] if rng.random() < 0.6 else names
        chosen = rng.choice(own, min(len(own), int(rng.integers(1, 3))), replace=False)
        members = [(str(m), float(rng.choice([0.0, 0.05, 0.3]))) for m in chosen]
        items.append(RequirementRow(f"r{i}", kind, members, limit=float(rng.choice([0.1, 0.3, 0.6]))))
    for a in rows.aquifers:
        if rng.random() < 0.4:
            deepest = float(rng.uniform(a.initial_depth, a.floor_depth))
            items.append(RequirementRow("level", "aquifer_depth", [(a.id, 1.0)], limit=deepest))
    if any(n.id == "sewage" for n in rows.nodes) and rng.random() < 0.4:
        weight, limit = float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.05, 1.0))
        items.append(
            RequirementRow("load", "load", [("sewage", weight)], limit=limit, untreated=[1.5 * weight])
        )
    count = asked(rows, items)[0]
    allowed = [
        int(rng.integers(0, max(1, n // 3) + 1)) if item.kind in RATED else int(rng.integers(0, 5) == 0)
        for n, item in zip(count, items, strict=True)
    ]
    return ask(rows, items, [names[k] for k in grow], rain), np.array(allowed)


def random_case(seed: int) -> tuple[Rows, Question, np.ndarray]:
    size = int(np.random.default_rng(seed).integers(14, 40))
    rows = random_rows(seed, size=size, minimum=seed % 4 == 0)
    return rows, *random_question(rows, seed)


@pytest.fixture(scope="module")
def random_bounds():
    cases = [random_case(seed) for seed in range(MODELS)]
    return [
        (*case, foresight_bound(*case[:2], "g", case[2], method="simplex" if k % 2 else "ipm"))
        for k, case in enumerate(cases)
    ]


def test_no_simulation_does_better(random_bounds):
    told, best = [], []
    for seed, (rows, question, allowed, found) in enumerate(random_bounds):
        told.append(found.status)
        for policy in POLICIES:
            wrong, capacity = above(found, Simulated(rows, question, allowed, policy))
            assert wrong == [], (seed, policy, found)
            if found.status == FOUND and found.scale > 0.0:
                best.append(capacity / found.scale)
    assert told.count(FOUND) > 0.7 * MODELS  # or the test says little
    assert INFEASIBLE in told and UNBOUNDED in told
    assert np.quantile(best, 0.9) > 0.9  # and bounds that are close


def offering_more(rows: Rows) -> Rows:
    """A leak: sources give a tenth more than they have."""
    return replace(
        rows,
        sources=[replace(s, limits={k: 1.1 * v for k, v in s.limits.items()}) for s in rows.sources],
    )


def counting_twice(rows: Rows) -> Rows:
    """A leak: what reaches a demand is counted twice."""
    ends = {d.id for d in rows.demands}
    return replace(rows, links=[replace(x, gain=2.0 * x.gain) if x.head in ends else x for x in rows.links])


def forgetting_quotas(rows: Rows) -> Rows:
    """A leak: quotas are not kept."""
    return replace(rows, quotas=[replace(q, volume=100.0 * q.volume, initial=None) for q in rows.quotas])


@pytest.mark.parametrize("leak", [offering_more, counting_twice, forgetting_quotas])
def test_a_leak_in_the_simulation_is_caught(random_bounds, leak):
    caught = 0
    for rows, question, allowed, found in random_bounds:
        caught += bool(above(found, Simulated(rows, question, allowed, "none", leak))[0])
        if caught >= 3:
            return
    raise AssertionError(f"caught {caught} times in {len(random_bounds)} models")


def test_what_may_be_short_is_what_the_kernel_takes():
    assert ROUNDING == judge.ROUNDING


# ---- closed forms


def storage_yield(inflow, storage: float, cycles: int = 2) -> Rows:
    """A reservoir that starts full, one need of 1 in every step."""
    k = Kit(cycles * len(inflow))
    k.store("lake", capacity=storage, initial=storage, inflow=np.tile(inflow, cycles))
    k.demand("town", 1.0).link("lake>town").share("town")
    return k.rows()


INFLOW = [1, 3, 3, 5, 8, 6, 7, 2, 1]
YIELDS = [(0, 1), (1, 1.5), (2.5, 13 / 6), (4, 8 / 3), (5, 3), (7.5, 3.5), (10, 4)]


@pytest.mark.parametrize(("storage", "expected"), YIELDS)
def test_firm_yield_of_the_sequent_peak(storage, expected):
    """Loucks & van Beek, table 11.2: a record repeated without a miss; the full start does not matter then."""
    rows = storage_yield(INFLOW, storage)
    found = bound(rows, [step("town")])
    assert found.scale == pytest.approx(expected, rel=EXACT)
    simulated = Simulated(rows, ask(rows, [step("town")]), [0], "none")
    assert simulated.holds([found.scale * (1.0 - 1e-5)])[0] and not simulated.holds([found.scale * 1.001])[0]


@pytest.mark.parametrize(("storage", "expected"), [(0, 0), (20, 5), (40, 10)])
def test_delivery_window(storage, expected):
    """15 a month from October to May: storage of 40 carries 10 all year."""
    k = Kit(36, start="2001-10")
    k.source("transfer", k.cycle([15, 15, 15, 15, 15, 0, 0, 0, 0, 15, 15, 15])).store("lake", storage)
    k.demand("town", 1.0).link("transfer>town").link("transfer>lake").link("lake>town").share("town")
    found = bound(k.rows(), [step("town")])
    assert found.scale == pytest.approx(expected, rel=EXACT, abs=1e-9)


def four_axes() -> Rows:
    """One year in one step: norms, sources and reuse of the case ``four_axes`` (people, land, production, city)."""
    k = Kit(12)
    part = 1.0 / 12.0
    for id, volume in {"yellow": 12000, "yangtze": 3000, "ground": 2500}.items():
        k.source(id, volume * part)
    k.node("sewage", capacity=2500 * part, outlet=True, overflow=True)
    needs = {"people": 50 * 100, "land": 220 * 25, "production": 12 * 150, "city": 40 * 120}
    returned = {"people": 0.4, "production": 0.3}
    for id, need in needs.items():
        k.demand(id, need * part, returns=[("sewage", returned[id])] if id in returned else [])
        for source in ("yellow", "yangtze", "ground"):
            if (source, id) != ("yangtze", "land"):
                k.link(f"{source}>{id}")
    for id in ("production", "city"):  # reclaimed water stays within its shares of their needs in every test
        k.link(f"sewage>{id}")
    return k.share(*needs).rows()


def test_four_axes_mix():
    """All four grow alike: 17,500 of fresh water and 2,500 reclaimed carry 17,100 per unit of the scale."""
    rows = four_axes()
    found = bound(rows, [annual("people", "land", "production", "city")])
    assert found.scale == pytest.approx(20000 / 17100, rel=EXACT)  # 1.169591
    per_source = worth(found)
    assert per_source["sources.yellow.hydrology"] == pytest.approx(120 / 17100, rel=1e-4)
    assert per_source["nodes.sewage.capacity"] == pytest.approx(25 / 17100, rel=1e-4)


@pytest.mark.parametrize(("axis", "expected"), [("land", 38.1818 / 25), ("production", 391.667 / 150)])
def test_four_axes_alone(axis, expected):
    """One axis grows, the others stay at plan."""
    names = ["people", "land", "production", "city"]
    found = bound(four_axes(), [annual(n, id=n) for n in names], grows=[axis])
    assert found.scale == pytest.approx(expected, rel=1e-4)


def test_people_alone_are_bound_by_density_not_by_water():
    limit = Limit("density", NAME, {"g": 1.0}, 1.2)
    names = ["people", "land", "production", "city"]
    items = [annual(n, id=n) for n in names]
    found = bound(four_axes(), items, grows=["people"], limits=(limit,))
    assert (found.status, found.limit, found.duals) == (LIMITED, "density", ())
    assert found.scale == pytest.approx(1.2)
    water = bound(four_axes(), items, grows=["people"])
    assert water.scale == pytest.approx(7900 / 5000, rel=EXACT)


def monthly(limit, gross=1.0, size: int = 12, **more) -> Kit:
    """A river and a town."""
    k = Kit(size)
    return k.source("river", limit, **more).demand("town", gross).link("river>town").share("town")


def test_a_lake_loses_what_evaporates_and_keeps_its_dead_volume():
    k = Kit(12).store("lake", 0.0, inflow=10.0, evaporation=10.0, curve=((0.0, 1000.0), (5.0, 5.0)))
    k.demand("town", 1.0).link("lake>town").share("town")
    assert bound(k.rows(), [step("town")]).scale == pytest.approx(10.0 - 5.0, rel=EXACT)  # 5 km2 x 10 mm
    k = Kit(12).store("lake", 10.0, dead=4.0, initial=10.0)
    k.demand("town", 1.0).link("lake>town").share("town")
    assert bound(k.rows(), [step("town")]).scale == pytest.approx(6.0 / 12.0, rel=EXACT)


def test_an_aquifer_gives_its_storage_and_recharge():
    k = Kit(12).aquifer("ground", storage_per_metre=1.0, recharge=2.0)
    k.demand("town", 1.0).link("ground>town").share("town")
    found = bound(k.rows(), [step("town")])
    assert found.scale == pytest.approx(
        (25.0 + 11 * 2.0) / 12.0, rel=EXACT
    )  # the last recharge comes too late
    assert worth(found)["aquifers.ground.recharge"] == pytest.approx(0.01 * 22.0 / 12.0, rel=1e-4)
    level = RequirementRow("level", "aquifer_depth", [("ground", 1.0)], limit=10.0)
    found = bound(k.rows(), [step("town"), level])
    assert found.scale == pytest.approx((5.0 + 12 * 2.0) / 12.0, rel=EXACT)
    assert worth(found)["level"] == pytest.approx(0.1 / 12.0, rel=1e-4)


def test_phreatic_evaporation_and_tiers_count():
    k = Kit(12).aquifer(
        "ground",
        storage_per_metre=1.0,
        initial_depth=0.0,
        floor_depth=30.0,
        phreatic=6.0,
        extinction_depth=30.0,
    )
    k.demand("town", 1.0).link("ground>town").share("town")
    wet = bound(k.rows(), [step("town")]).scale
    storage, lost = 30.0, 0.0
    for _ in range(12):  # what is drawn evenly and what evaporates, 6 x storage / 30 a step
        evaporated = 0.2 * storage
        lost, storage = lost + evaporated, storage - evaporated - wet
    assert storage == pytest.approx(0.0, abs=1e-3) and lost > 5.0
    k = Kit(12).aquifer("ground", limit=10.0, storage_per_metre=100.0, tiers=[(4.0, 0.5)])
    k.demand("town", 1.0).link("ground>town").share("town")
    assert 5.0 <= bound(k.rows(), [step("town")]).scale < 10.0  # beyond the tier from the start: 5 is true


@pytest.mark.parametrize(("carry", "expected"), [(0.0, 60 / 24), (0.1, 66 / 24), (0.5, 120 / 36)])
def test_a_quota_carries_over(carry, expected):
    k = monthly(100.0, np.repeat([1.0, 2.0], 12), 24).quota("cap", ["river"], 60.0, carry_over=carry)
    found = bound(k.rows(), [step("town")])
    assert found.scale == pytest.approx(expected, rel=EXACT)
    assert worth(found)["quotas.cap.volume"] == pytest.approx(0.01 * expected, rel=1e-4)
    simulated = Simulated(k.rows(), ask(k.rows(), [step("town")]), [0], "none")
    assert simulated.capacity() == pytest.approx(expected, abs=2e-3)


def test_a_cut_inside_a_quota_year_leaves_what_was_there_before():
    volume = np.where(np.arange(12) < 6, 60.0, 30.0)
    k = monthly(100.0, np.where(np.arange(12) < 6, 2.0, 0.0)).quota("cap", ["river"], volume)
    assert bound(k.rows(), [annual("town")]).scale == pytest.approx(5.0, rel=EXACT)


def test_a_load_is_that_of_the_shortest_month():
    k = Kit(12).source("river", 1000.0).node("works", outlet=True)
    k.demand("town", 1.0, returns=[("works", 0.5)]).link("river>town").share("town")
    load = RequirementRow("water", "load", [("works", 2.0)], limit=3.0, untreated=[5.0])
    found = bound(k.rows(), [step("town"), load])
    assert found.scale == pytest.approx(3.0 * 28, rel=EXACT)
    assert worth(found)["water"] == pytest.approx(0.03 * 28, rel=1e-4)


def test_a_lagged_source_gives_what_was_delivered_a_step_before():
    k = monthly(10.0).source("reuse", 100.0, lagged_supply=[("town", 0.5)])
    k.link("reuse>town")
    found = bound(k.rows(), [annual("town")])  # x1 <= 10, x2 <= 10 + x1 / 2 x 28 / 31 ...
    days, got = k.axis.days, [10.0]
    for t in range(1, 12):
        got.append(10.0 + 0.5 * got[-1] * days[t] / days[t - 1])
    assert found.scale <= sum(got) / 12.0 * (1.0 + EXACT)
    assert found.scale > 10.0
    assert bound(k.rows(), [step("town")]).scale == pytest.approx(10.0, rel=EXACT)


# ---- misses


def two_years(first: float, second: float, gross: float = 1.0 / 12.0) -> Kit:
    return monthly(np.repeat([first / 12.0, second / 12.0], 12), gross, 24)


def test_allowed_misses_of_what_grows():
    """Water for 10 and 4 years' needs: u1 >= s - 10, u2 >= s - 4, u1 + u2 <= s gives s <= 14; the truth is 10."""
    rows = two_years(10.0, 4.0).rows()
    assert bound(rows, [annual("town")]).scale == pytest.approx(4.0, rel=EXACT)
    found = bound(rows, [annual("town")], [1])
    assert found.scale == pytest.approx(14.0, rel=EXACT)
    simulated = Simulated(rows, ask(rows, [annual("town")]), [1], "none")
    assert simulated.capacity() == pytest.approx(10.0, abs=2e-3)
    assert bound(rows, [annual("town")], [2]).status == UNBOUNDED


def test_allowed_misses_of_what_stays():
    """A need of 6 that stays may fail in one year of two: the other, without a miss, gets 4."""
    k = two_years(10.0, 4.0).demand("farm", 0.5).link("river>farm").share("farm")
    items = [annual("town", id="a"), annual("farm", id="b")]
    assert bound(k.rows(), items, [0, 1], grows=["town"]).scale == pytest.approx(4.0, rel=EXACT)
    found = bound(k.rows(), items, [0, 0], grows=["town"])
    assert (found.status, found.limit) == (INFEASIBLE, "b")


def test_allowed_misses_of_a_group_of_both():
    """Town and farm together, s + 6: one year of two may fail; u = s v at the ends keeps s below (10 - 6) + ..."""
    k = two_years(10.0, 4.0).demand("farm", 0.5).link("river>farm").share("farm")
    found = bound(k.rows(), [annual("town", "farm")], [1], grows=["town"])
    simulated = Simulated(
        k.rows(), ask(k.rows(), [annual("town", "farm")], grows=["town"]), [1], "none"
    ).capacity()
    assert simulated == pytest.approx(4.0, abs=2e-3)
    assert simulated <= found.scale <= 8.0 * (1.0 + EXACT)  # 2 (s + 6) - (s + 6) <= 14


def test_tolerance_depth_and_steps():
    rows = two_years(10.0, 4.0).rows()
    assert bound(rows, [annual("town", tolerance=0.2)]).scale == pytest.approx(5.0, rel=EXACT)
    depth = RequirementRow("d", "annual_depth", [("town", 0.0)], limit=0.5)
    assert bound(rows, [depth]).scale == pytest.approx(8.0, rel=EXACT)
    deep = RequirementRow("d", "step_depth", [("town", 0.0)], limit=0.5)
    assert bound(rows, [deep]).scale == pytest.approx(8.0, rel=EXACT)
    assert bound(rows, [step("town")], [12]).scale == pytest.approx(14.0, rel=EXACT)


def test_what_is_not_judged_and_what_cannot_be_supported():
    rows = two_years(10.0, 4.0).rows()
    items = [annual("town", id="a"), RequirementRow("d", "annual_depth", [("town", 0.0)], limit=0.5)]
    assert bound(rows, items, judged=(False, True)).scale == pytest.approx(8.0, rel=EXACT)
    assert bound(rows, items, [UNLIMITED, 0]).scale == pytest.approx(8.0, rel=EXACT)
    found = bound(rows, items, [-1, 0])
    assert (found.status, found.limit) == (INFEASIBLE, "a")


# ---- the beginning of a record, and bad input


def test_the_first_years_are_a_bound_too():
    k = monthly(np.repeat([10.0, 7.0, 4.0], 12), 1.0, 36)
    scales = [bound(k.rows(), [annual("town")], years=n).scale for n in (1, 2, 3)]
    assert scales == pytest.approx([10.0, 7.0, 4.0], rel=EXACT)
    assert bound(k.rows(), [annual("town")], years=30).scale == scales[-1]


def test_a_minimum_flow_that_cannot_be_met_is_named():
    k = Kit(3).source("river", 3.0).demand("town", 10.0).link("river>town", minimum=5.0).share("town")
    found = bound(k.rows(), [step("town")])
    assert (found.status, found.limit) == (INFEASIBLE, "minimum flow")


def test_all_that_is_wrong_is_told_at_once():
    rows = two_years(10.0, 4.0).rows()
    question = ask(rows, [annual("town")])
    with pytest.raises(UsageError) as told:
        foresight_bound(rows, question, "nowhere", np.zeros(3, dtype=np.int64), method="guess", years=0)
    assert len(told.value.issues) == 4
    doubled = replace(rows, demands=[replace(d, gross=np.stack([d.gross, d.gross])) for d in rows.demands])
    with pytest.raises(UsageError, match="2 realizations"):
        foresight_bound(doubled, question, "g", np.zeros(1, dtype=np.int64))


def test_a_solver_that_gives_up_says_so():
    rows = random_rows(5, size=120, large=True)
    question = ask(rows, [step(rows.demands[0].id)])
    with pytest.raises(WaterbalError, match="foresight bound was not found"):
        foresight_bound(rows, question, "g", np.zeros(1, dtype=np.int64), method="simplex", seconds=1e-3)


# ---- duals


def raised(rows: Rows, path: str) -> Rows:
    """The same system with one limit a hundredth larger."""
    section, id, part = path.split(".")

    def more(row):
        if row.id != id:
            return row
        if section in ("sources", "aquifers") and part in row.limits:
            return replace(row, limits={**row.limits, part: 1.01 * row.limits[part]})
        if section == "quotas":
            initial = None if row.initial is None else 1.01 * row.initial
            return replace(row, volume=1.01 * row.volume, initial=initial)
        if section == "stores" and part == "capacity":
            return replace(row, capacity=row.capacity + 0.01 * np.maximum(row.capacity - row.dead, 0.0))
        if part == "usable":
            return replace(row, usable=np.minimum(1.01 * row.usable, row.recovery))
        field = "output_limit" if part == "output" else part
        return replace(row, **{field: 1.01 * getattr(row, field)})

    return replace(rows, **{section: [more(row) for row in getattr(rows, section)]})


def every_limit(rows: Rows) -> list[str]:
    paths = [f"sources.{s.id}.{kind}" for s in rows.sources for kind in s.limits]
    paths += [f"links.{x.id}.capacity" for x in rows.links]
    paths += [f"nodes.{n.id}.{part}" for n in rows.nodes for part in ("capacity", "output")]
    return paths + [f"quotas.{q.id}.volume" for q in rows.quotas]


def test_duals_are_what_more_of_a_limit_gives():
    """A reservoir, a river with two limits, a works and a quota share the load; no dual is a matter of chance."""
    k = Kit(24)
    k.source("river", {"hydrology": k.cycle([9, 9, 9, 9, 2, 1, 1, 1, 2, 9, 9, 9]), "plan": 7.3})
    k.store("lake", 6.1, dead=0.9, initial=5.0).node("works", capacity=5.2, recovery=0.9)
    k.source("well", 1.7).quota("cap", ["well"], 11.0)
    k.link("river>lake", loss=0.05).link("lake>works").link("works>town").link("well>town", capacity=1.1)
    k.demand("town", k.cycle([3, 3, 3, 4, 6, 7, 7, 6, 4, 3, 3, 3])).share("town")
    rows = k.rows()
    found = bound(rows, [step("town")])
    told = worth(found)
    assert len(told) >= 4 and found.status == FOUND
    for path in [*every_limit(rows), "stores.lake.capacity"]:
        change = bound(raised(rows, path), [step("town")]).scale - found.scale
        assert change == pytest.approx(told.get(path, 0.0), rel=0.02, abs=1e-7), path


def linear(question: Question, rows: Rows) -> bool:
    """Whether no coefficient of the program comes from an earlier bound, which changes with the limit too."""
    grows = {rows.demands[d].id for d in question.drivers["g"].demands}
    mixed = [
        0 < len({m for m, _ in item.members} & grows) < len(item.members) for item in question.requirements
    ]
    return not any(mixed) and all(item.kind != "load" for item in question.requirements)


def test_a_bound_gains_no_more_than_its_duals_say():
    """The bound is concave in every limit: one percent more gives at most what the dual promises."""
    compared = promised = kept = 0
    for seed in range(60):
        rows, question, allowed = random_case(seed)
        if not linear(question, rows):
            continue
        found = foresight_bound(rows, question, "g", allowed, method="simplex")
        if found.status != FOUND or found.scale <= 0.0 or question.drivers["g"].sources:
            continue
        told = worth(found)
        for path in every_limit(rows):
            better = foresight_bound(raised(rows, path), question, "g", allowed, method="simplex")
            change = np.inf if better.status == UNBOUNDED else better.scale - found.scale
            assert change <= told.get(path, 0.0) * 1.001 + 2e-6 * found.scale, (seed, path, found)
            assert change >= -2e-6 * found.scale
            promised += told.get(path, 0.0) > 1e-5 * found.scale
            kept += change > 0.5 * told.get(path, 0.0) > 1e-5 * found.scale
            compared += 1
        if compared > 150:
            break
    assert compared > 150 and promised > 10 and kept > 0.5 * promised


def test_limits_of_a_source_that_bind_together_are_told_together():
    k = monthly({"hydrology": 5.0, "plan": 5.0})
    told = worth(bound(k.rows(), [step("town")]))
    assert set(told) == {"sources.river", "steps"}
    assert told["sources.river"] == pytest.approx(0.05, rel=1e-4)
    told = worth(bound(monthly({"hydrology": 5.0, "plan": 5.02}).rows(), [step("town")]))
    assert told["sources.river.hydrology"] == pytest.approx(0.02, rel=1e-3)


def test_rain_that_grows_with_the_city():
    """Need s, rain 0.4 s and 6 of river: s = 10; more rain counts in proportion to the scale."""
    k = monthly(6.0).source("rain", 0.4).link("rain>town")
    found = bound(k.rows(), [step("town")], sources=(1,))
    assert found.scale == pytest.approx(10.0, rel=EXACT)
    assert worth(found)["sources.rain.hydrology"] == pytest.approx(0.01 * 0.4 * 10.0 / 0.6, rel=1e-4)


def test_simplex_and_interior_point_agree(random_bounds):
    for rows, question, allowed, found in random_bounds[:20]:
        for method in ("simplex", "ipm"):
            again = foresight_bound(rows, question, "g", allowed, method=method)
            assert again.status == found.status
            assert again.scale == pytest.approx(found.scale, rel=1e-5, abs=1e-6, nan_ok=True)


def test_lines_of_a_hull_bound_a_curve():
    rng = np.random.default_rng(3)
    for _ in range(50):
        x = np.sort(rng.uniform(0.0, 100.0, int(rng.integers(1, 12))))
        y = np.cumsum(rng.uniform(0.0, 5.0, x.size))
        at = np.sort(np.append(np.linspace(x[0], x[-1], 200), x))
        for sign in (1.0, -1.0):
            lines = [c + s * at for c, s in hull(x, y, sign)]
            assert 1 <= len(lines) <= 3
            for line in lines:
                assert (sign * (line - np.interp(at, x, y)) >= -1e-9).all()
            assert all((sign * (line - np.interp(at, x, y))).min() < 1e-9 for line in lines)


# ---- the Jinan model


def test_jinan_is_bound_and_its_duals_name_limits():
    case = load(Path(__file__).parents[1] / "configs" / "jinan" / "model.yaml", ["time.planning_year=2035"])
    ground = Ground(case, 1)
    rows = realization(case.rows(), 0)
    found = foresight_bound(rows, ground.question, "people", ground.allowed[0], years=2)
    assert found.status == FOUND
    assert not ground.trial("people", np.array([found.scale * 1.001]), np.array([0])).holds[0]
    groups = ("sources", "nodes", "stores", "aquifers", "links", "quotas", "demands")
    known = {f"{group}.{row.id}" for group in groups for row in getattr(rows, group)}
    assert found.duals and all(".".join(d.limit.split(".")[:2]) in known for d in found.duals)
    assert [d.change for d in found.duals] == sorted((d.change for d in found.duals), reverse=True)
