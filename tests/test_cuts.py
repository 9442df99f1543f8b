"""Cuts: what proofs of infeasibility say of other steps, and what remembering them is worth."""

import numpy as np
import pytest

from tests.oracle import bridge, problems
from waterbal.kernel.program import CUTS, OPTIMAL, PIVOTS, SLOTS, workspace
from waterbal.kernel.sharing import LINEAR

SEEDS = range(3)
STEPS = 15
PASSES = 5
"""Times that steps are repeated; the limit of cuts in one step can leave some to be learned in the next pass."""


def allocated(problem, steps, work):
    """The steps that have an answer, with it, from one workspace."""
    kept = []
    for step in steps:
        if bridge.allocate(problem, step.stage, step.lower, step.upper, step.target, work) == OPTIMAL:
            kept.append((step, work.x.copy()))
    return kept


def remembered(problem, work):
    """Every cut as the stage whose matrix it holds for, and the coefficients of all variables."""
    rows = []
    for k, count in enumerate(work.cut_count):
        start, end = problem.member_start[k], problem.member_start[k + 1]
        for s in range(count):
            row = np.zeros(work.x.size)
            size = work.cut_size[k, s]
            np.add.at(row, work.cut_variable[k, s, :size], work.cut_value[k, s, :size])
            if problem.kind[k] == LINEAR:
                row[problem.variable[k]] -= work.cut_own[k, s]
            else:
                np.subtract.at(row, problem.member[start:end], work.cut_pull[k, s, : end - start])
            rows.append((work.cut_stage[k, s], row))
    return rows


@pytest.mark.parametrize("shape", ("tree", "mesh", "crowd", "quotas", "reuse", "stages"))
def test_a_cut_vanishes_for_all_flows(shape):
    """Also for flows of other steps than the one whose proof it was: that is what makes it valid in them."""
    found = 0
    for seed in SEEDS:
        network, steps = problems.instances(shape, seed, STEPS)
        work = workspace(network.problem)
        answers = allocated(network.problem, steps, work)
        cuts = remembered(network.problem, work)
        found += len(cuts)
        for step, x in answers:
            for stage, cut in cuts:
                if stage == step.stage:
                    assert abs(cut @ x) <= 1e-9 * (1.0 + np.abs(cut) @ np.abs(x))
    assert found > 0


@pytest.mark.parametrize("shape", ("tree", "mesh", "quotas", "reuse", "stages"))
def test_steps_seen_before_need_no_new_cut(shape):
    learned = 0
    for seed in range(6):
        network, steps = problems.instances(shape, seed, STEPS)
        work, problem = workspace(network.problem), network.problem
        truth = allocated(problem, steps, workspace(problem))
        for _ in range(PASSES):
            before = work.counter[CUTS]
            for step, x in truth:
                if bridge.foreseen(problem, step.stage, step.lower, step.upper, step.target, work):
                    member = problem.member
                    np.testing.assert_allclose(work.x[member], x[member], rtol=1e-9, atol=1e-9)
        if work.cut_count.max() < SLOTS:  # none had to make room
            assert work.counter[CUTS] == before
            learned += before
    assert learned > 0


def test_most_steps_are_foreseen():
    """Even of random ones that have nothing to do with each other, and with fewer pivots than going through levels."""
    steps, foreseen, pivots, slow_pivots = 0, 0, 0, 0
    for shape in problems.SHAPES:
        for seed in SEEDS:
            network, drawn = problems.instances(shape, seed, STEPS)
            work, other = workspace(network.problem), workspace(network.problem)
            for step in drawn:
                given = network.problem, step.stage, step.lower, step.upper, step.target
                if bridge.level_by_level(*given, other) == OPTIMAL:
                    steps += 1
                    foreseen += bridge.foreseen(*given, work)
            pivots += work.counter[PIVOTS]
            slow_pivots += other.counter[PIVOTS]
    assert foreseen >= 0.8 * steps
    assert pivots < slow_pivots
