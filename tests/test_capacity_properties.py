"""What must be true of every capacity: more water never carries less where no rule makes it, threads change nothing."""

from __future__ import annotations

import numpy as np
import pytest

import waterbal
from tests.capacitykit import HEAD, write
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.binding import worths
from waterbal.capacity.judging import trials
from waterbal.capacity.limits import limits
from waterbal.capacity.search import Options, Search, run
from waterbal.capacity.survey import begin
from waterbal.capacity.trial import Ground

QUICK = Demand(options=Options(1e-3, 6, 3), details=False)


def lake(tmp_path, flows, storage=30.0, pipe=100.0, need=1.0, more="") -> object:
    """One user behind a river and a reservoir."""
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    flow = ", ".join(f"{q / d:.9f}" for q, d in zip(flows, days, strict=True))
    body = f"""\
sources: {{river: {{type: catchment, zone: town, runoff: {{by_month: [{flow}], unit: 万m3/d}}}}}}
stores:
  lake: {{type: reservoir, zone: town, capacity: {storage} 万m3, dead: 0 万m3, value: 1 元/m3, initial_share: 0.5,
    shape: {{full_area: 0.01 km2, exponent: 0}}, evaporation_factor: 1, seepage: 0 mm/d}}
links:
  into: {{from: river, to: lake}}
  direct: {{from: river, to: users, capacity: {pipe} 万m3/d}}
  out: {{from: lake, to: users, capacity: {pipe} 万m3/d}}
demands: {{users: {{type: public, zone: town, need: {need} 万m3/d}}}}
priorities: [{{demands: [users]}}]
capacity:
  drivers: {{people: {{grows: [public], people: 1 万人}}}}
  requirements: {{served: {{of: [public], annual: 0.5, step_depth: 0.3}}}}
"""
    return write(tmp_path, HEAD + body + more)


def capacity(path, *overrides) -> float:
    found = assess(path, overrides, QUICK)
    assert not found["capacity_non_monotone"].values.any()
    return float(found["capacity_scale"].values[0, 0])


@pytest.mark.parametrize("seed", range(8))
def test_more_of_anything_never_carries_less_with_one_user(tmp_path, seed):
    rng = np.random.default_rng(seed)
    flows = rng.gamma(1.5, 20.0, 12)
    base = capacity(lake(tmp_path, flows, pipe=2.0))
    for more in (
        lake(tmp_path, flows * 1.1, pipe=2.0),
        lake(tmp_path, flows, storage=36.0, pipe=2.0),
        lake(tmp_path, flows, pipe=2.4),
    ):
        assert capacity(more) >= base - 1e-3


FARMS = """\
sources: {river: {type: catchment, zone: town, runoff: {by_month: [9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9], unit: 万m3/d}}}
stores:
  lake: {type: reservoir, zone: town, capacity: 400 万m3, dead: 0 万m3, value: 1 元/m3, initial_share: 1,
    shape: {full_area: 0.01 km2, exponent: 0}, evaporation_factor: 1, seepage: 0 mm/d}
links:
  into: {from: river, to: lake}
  homes_main: {from: lake, to: homes}
  farm_canal: {from: lake, to: farms, capacity: 6 万m3/d}
demands:
  homes: {type: public, zone: town, need: {by_month: [1, 1, 1, 1, 1, 1, 3, 3, 3, 1, 1, 1], unit: 万m3/d}}
  farms: {type: industry, zone: town, need: {by_month: [0, 0, 20, 20, 0, 0, 0, 0, 0, 0, 0, 0], unit: 万m3/d}}
priorities: [{demands: [homes]}, {demands: [farms]}]
capacity:
  drivers: {people: {grows: [homes], people: 10 万人}}
  requirements: {homes: {of: [homes], step_depth: 0}}
"""
"""Farms drain the lake in spring through their canal; the homes need it in summer, and nothing is reserved."""


def test_a_larger_canal_can_carry_fewer_people_and_the_table_says_so(tmp_path):
    ground = Ground(waterbal.load(write(tmp_path, HEAD + FARMS)), 1)
    found = run([begin(ground, "people")], trials(ground), Options(1e-3, 5, 2))[0]
    known = {limit.path: limit for limit in limits(ground.case.rows())}
    (worth,) = worths(ground, "people", found, [known["links.farm_canal.capacity"]])
    assert worth.change < 0.0
    wider = Ground(waterbal.load(write(tmp_path, HEAD + FARMS.replace("6 万m3/d}", "6.6 万m3/d}"))), 1)
    less = run([begin(wider, "people")], trials(wider), Options(1e-3, 5, 2))[0]
    assert less.scale < found.scale


def test_rationing_does_not_raise_the_capacity(tmp_path):
    """A drought plan that asks for less when the lake is low is a shortage, not a saving."""
    flows = [60, 50, 40, 10, 5, 5, 10, 15, 20, 30, 40, 50]
    plain = capacity(lake(tmp_path, flows))
    plan = "drought: {cut: {stores: [lake], tiers: [{below: 0.6, factors: {public: 0.5}}]}}\n"
    rationed = capacity(lake(tmp_path, flows, more=plan))
    assert rationed <= plain + 1e-3


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The sample city under ten drawn hydrologies."""
    from waterbal import starter
    from waterbal.scenarios import study

    folder = tmp_path_factory.mktemp("city") / "city"
    starter.copy(folder)
    return study.load(folder / "scenarios.yaml")


def test_threads_and_the_order_of_trials_decide_nothing(drawn):
    answers = []
    for threads in (1, 2, 3):
        ground = Ground(drawn.case(drawn.baseline), 10, threads)
        answers.append(run([begin(ground, "mix")], trials(ground), Options(1e-3, 4, 2))[0])
    assert answers[0].tried == answers[1].tried == answers[2].tried
    assert (answers[0].item, answers[0].realization, answers[0].step) == (
        answers[2].item, answers[2].realization, answers[2].step,
    )  # fmt: skip


def test_all_records_together_are_the_sum_of_their_misses(drawn):
    """The search stops trials early; counting every record to its end gives the same verdict."""
    ground = Ground(drawn.case(drawn.baseline), 10)
    patient = Ground(drawn.case(drawn.baseline), 10, stop=False)
    holds = trials(ground)
    low, _, high, _ = ground.question.room("mix")
    verdicts = []
    for scale in np.linspace(0.6, 1.1, 11):
        full = patient.trial("mix", np.full(10, scale), np.arange(10), pooled=True)
        verdict = bool((full.missed.sum(axis=0) <= ground.allowed_in_all).all())
        assert holds([Search("mix", -1, low, high)], [scale])[0] == verdict
        verdicts.append(verdict)
    assert len(set(verdicts)) == 2


def test_a_record_alone_is_its_own_run(drawn):
    """The guarantee state of the run of that record says the same, for rates that one record supports."""
    case = drawn.case(drawn.baseline)
    ground = Ground(case, 3)
    items = ground.question.requirements
    chosen = [i for i, item in enumerate(items) if item.kind == "annual" and ground.allowed[0, i] >= 0]
    assert chosen
    patient = Ground(case, 3, stop=False)
    trial = patient.plan()
    for k in range(3):
        balance = waterbal.load(
            drawn.model_path, [c.text for c in drawn.scenarios[drawn.baseline].edits], k
        ).run()
        ids = [str(i) for i in balance["demand_id"].values.astype(str)]
        for i in chosen:
            name = items[i].members[0][0]
            met = int(balance["guarantee_state"].values.reshape(-1, len(ids))[0, ids.index(name)]) == 1
            assert met == (trial.missed[k, i] <= ground.allowed[k, i])
