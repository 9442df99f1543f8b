"""The allocation kernel against an independent solver, on random step problems of many shapes."""

import numpy as np
import pytest

from tests.oracle import bridge, broken, checker, problems
from tests.oracle.highs import Oracle
from waterbal.kernel.program import INFEASIBLE, OPTIMAL, PIVOTS, workspace

highspy = pytest.importorskip("highspy")

QUICK_NETWORKS, LONG_NETWORKS, STEPS = 4, 110, 10


def judge(shape, seed, steps, allocate=bridge.allocate, cold=False):
    """Return complaints about every step of one random network, and how many were short."""
    network, drawn = problems.instances(shape, seed, steps)
    problem, oracles, found, short = network.problem, {}, [], 0
    work = workspace(problem)
    for t, step in enumerate(drawn):
        bounds = step.lower.copy(), step.upper.copy()
        if cold:
            bridge.reset(problem, step.stage, work)
        status = allocate(problem, step.stage, step.lower, step.upper, step.target, work)
        if step.stage not in oracles:
            oracles[step.stage] = Oracle(problem, step.stage)
        truth = oracles[step.stage].allocate(step.lower, step.upper, step.target)
        wrong = checker.complaints(problem, step, status, work.x, work.share, truth)
        if not all(np.array_equal(a, b) for a, b in zip(bounds, (step.lower, step.upper), strict=True)):
            wrong.append("bounds were changed")
        short += status == OPTIMAL and bool((work.share < 1.0 - 1e-9).any())
        found += [f"{shape}[{seed}] step {t}: {text}" for text in wrong]
    return found, short


@pytest.mark.parametrize("shape", problems.SHAPES)
def test_agrees_with_the_solver(shape):
    found, short = [], 0
    for seed in range(QUICK_NETWORKS):
        wrong, count = judge(shape, seed, STEPS)
        found += wrong
        short += count
    assert not found, "\n".join(found)
    assert short > 0 or shape == "minimum"


@pytest.mark.parametrize("shape", problems.SHAPES)
def test_going_through_the_levels_agrees_with_the_solver(shape):
    """What steps fall back on whose levels cannot be foreseen."""
    found = []
    for seed in range(QUICK_NETWORKS):
        found += judge(shape, seed, STEPS, bridge.level_by_level)[0]
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("batch", range(5))
@pytest.mark.parametrize("shape", problems.SHAPES)
def test_agrees_with_the_solver_at_length(shape, batch):
    share = LONG_NETWORKS // 5
    found = []
    for seed in range(10_000 + batch * share, 10_000 + (batch + 1) * share):
        found += judge(shape, seed, STEPS, cold=seed % 2 == 0)[0]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", broken.ALL)
def test_the_checker_catches_a_broken_allocator(name):
    caught = any(
        judge(shape, seed, STEPS, broken.ALL[name])[0]
        for shape in ("tree", "mesh", "reuse", "quotas")
        for seed in range(QUICK_NETWORKS)
    )
    assert caught


def answers(network, steps, cold):
    """Return status, values and shares of all steps, from one workspace."""
    work = workspace(network.problem)
    result = []
    for step in steps:
        if cold:
            bridge.reset(network.problem, step.stage, work)
        status = bridge.allocate(network.problem, step.stage, step.lower, step.upper, step.target, work)
        result.append((status, work.x.copy(), work.share.copy()))
    return result


@pytest.mark.parametrize("shape", problems.SHAPES)
def test_warm_and_cold_starts_agree(shape):
    for seed in range(100, 103):
        network, steps = problems.instances(shape, seed, 20)
        pairs = zip(answers(network, steps, cold=False), answers(network, steps, cold=True), strict=True)
        for (status, x, share), (cold_status, cold_x, cold_share) in pairs:
            assert status == cold_status
            if status == OPTIMAL:
                np.testing.assert_allclose(x, cold_x, rtol=1e-8, atol=1e-8)
                np.testing.assert_allclose(share, cold_share, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("shape", ["crowd", "everything", "stages"])
def test_a_reset_workspace_repeats_every_bit(shape):
    network, steps = problems.instances(shape, 7, 15)
    other = problems.instances(shape, 7, 40)[1][15:]
    problem = network.problem
    first = answers(network, steps, cold=False)
    work = workspace(problem)
    for step in other:  # another member's steps leave their traces in the workspace
        bridge.allocate(problem, step.stage, step.lower, step.upper, step.target, work)
    bridge.reset(problem, steps[0].stage, work)
    for step, (status, x, share) in zip(steps, first, strict=True):
        assert status == bridge.allocate(problem, step.stage, step.lower, step.upper, step.target, work)
        if status == OPTIMAL:
            assert x.tobytes() == work.x.tobytes()
            assert share.tobytes() == work.share.tobytes()


def test_an_unmet_minimum_flow_is_named():
    network, _ = problems.instances("tree", 3, 1)
    problem = network.problem
    n = problem.matrix.shape[2]
    step = network.draw(np.random.default_rng(1))
    step.lower[:], step.upper[:n] = 0.0, 50.0
    for row, _ in network.sized_rows:
        step.upper[n + row] = 30.0
    link = network.links[0]
    step.lower[link] = 45.0  # more than its source has
    work = workspace(problem)
    status = bridge.allocate(problem, step.stage, step.lower, step.upper, step.target, work)
    assert status == INFEASIBLE
    assert tuple(work.culprit) == (link, 1)


def test_crossed_bounds_are_named():
    network, (step,) = problems.instances("tree", 3, 1)
    step.lower[5] = step.upper[5] + 1.0
    work = workspace(network.problem)
    status = bridge.allocate(network.problem, step.stage, step.lower, step.upper, step.target, work)
    assert (status, *work.culprit) == (INFEASIBLE, 5, 1)


def test_not_a_number_is_refused():
    network, (step,) = problems.instances("mesh", 2, 1)
    work = workspace(network.problem)
    for bound in (step.lower, step.upper):
        kept, bound[3] = bound[3], np.nan
        status = bridge.allocate(network.problem, step.stage, step.lower, step.upper, step.target, work)
        assert (status, work.culprit[0]) == (INFEASIBLE, 3)
        bound[3] = kept


def test_an_unchanged_step_needs_no_pivot():
    network, steps = problems.instances("mesh", 2, 1)
    work = workspace(network.problem)
    step = steps[0]
    target = step.target * 1e-3  # plenty of water: one solve is enough
    upper = step.upper.copy()
    upper[network.problem.member] = np.minimum(upper[network.problem.member], target)
    for _ in range(2):
        work.counter[:] = 0
        assert bridge.allocate(network.problem, step.stage, step.lower, upper, target, work) == OPTIMAL
    assert work.counter[PIVOTS] == 0
