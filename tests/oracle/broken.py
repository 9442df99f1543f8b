"""Allocators with one deliberate defect each, to show that the checker would notice.

Same interface as the kernel: ``allocate(problem, stage, lower, upper, target, work) -> status``.
"""

from __future__ import annotations

import numpy as np

from tests.oracle import bridge

OPTIMAL = 0
LINEAR = 0


def report(problem, target, work) -> None:
    """Make the shares fit the deliveries, so that only the defect shows."""
    delivered = work.x[problem.member]
    wanted = target > 0.0
    work.share[:] = np.where(wanted, np.minimum(1.0, delivered / np.where(wanted, target, 1.0)), 1.0)


def leaking(problem, stage, lower, upper, target, work) -> int:
    """Lose a hundred thousandth of the largest flow on its way."""
    status = bridge.allocate(problem, stage, lower, upper, target, work)
    if status == OPTIMAL:
        n = problem.matrix.shape[2]
        work.x[int(np.argmax(work.x[:n]))] *= 1.0 - 1e-5
    return status


def closing_by_remainder(problem, stage, lower, upper, target, work) -> int:
    """Round all flows, then compute every row from them: residuals vanish, limits and shares are wrong."""
    status = bridge.allocate(problem, stage, lower, upper, target, work)
    if status == OPTIMAL:
        n = problem.matrix.shape[2]
        work.x[:n] = np.round(work.x[:n], 2)
        work.x[n:] = problem.matrix[stage] @ work.x[:n]
        report(problem, target, work)
    return status


def ignoring_a_priority(problem, stage, lower, upper, target, work) -> int:
    """Serve the second level before the first."""
    order = np.arange(len(problem.kind))
    order[:2] = order[1::-1]
    members, start = [], [0]
    for k in order:
        members += range(problem.member_start[k], problem.member_start[k + 1])
        start.append(len(members))
    turned = problem._replace(
        objective=np.ascontiguousarray(problem.objective[:, order]),
        kind=problem.kind[order],
        variable=problem.variable[order],
        member_start=np.array(start, np.int64),
        member=problem.member[members],
        member_scale=problem.member_scale[members],
    )
    work.state[0] = -1
    status = bridge.allocate(turned, stage, lower, upper, target[members], work)
    work.state[0] = -1
    if status == OPTIMAL:
        report(problem, target, work)
    return status


def serving_without_sharing(problem, stage, lower, upper, target, work) -> int:
    """Maximise the sum of each class and let chance decide who gets it."""
    status = bridge.solve(problem, stage, lower, upper, work)
    if status == OPTIMAL:
        report(problem, target, work)
    return status


def serving_the_ineligible(problem, stage, lower, upper, target, work) -> int:
    """Serve a delivery over a link that does not exist: a new column from the first source's row."""
    status = bridge.allocate(problem, stage, lower, upper, target, work)
    if status != OPTIMAL or not len(problem.member):
        return status
    n = problem.matrix.shape[2]
    short = target - work.x[problem.member]
    i = int(np.argmax(short))
    v = problem.member[i]
    if short[i] > 0.0 and v >= n:
        work.x[v] += short[i]
        report(problem, target, work)
    return status


ALL = {
    "leaking": leaking,
    "closing_by_remainder": closing_by_remainder,
    "ignoring_a_priority": ignoring_a_priority,
    "serving_without_sharing": serving_without_sharing,
    "serving_the_ineligible": serving_the_ineligible,
}
