"""The one judge of an allocation: bounds, conservation, shares and levels against the oracle's answer."""

from __future__ import annotations

import numpy as np

from tests.oracle.highs import INFEASIBLE, OPTIMAL, Answer
from tests.oracle.problems import Step

TOLERANCE = 1e-6
"""Accepted difference of a level or delivery, relative to 1 + its size."""
BALANCE = 1e-9
"""Accepted violation of a bound or a row, relative to 1 + its size."""


def complaints(
    problem, step: Step, status: int, x: np.ndarray, share: np.ndarray, truth: Answer
) -> list[str]:
    """Return what is wrong with an allocation, worst first; empty if it is right.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.
    step : Step
        Bounds and targets.
    status : int
        Status reported.
    x : ndarray (variable)
        Values of columns, then rows.
    share : ndarray (member)
        Shares reported.
    truth : Answer
        The oracle's answer.
    """
    if status != truth.status:
        return [f"status {status}, should be {truth.status}"]
    if truth.status == INFEASIBLE:
        return []
    assert truth.status == OPTIMAL
    matrix, objective = problem.matrix[step.stage], problem.objective[step.stage]
    n = matrix.shape[1]
    found = []
    size = 1.0 + np.abs(matrix) @ np.abs(x[:n])
    residual = np.abs(matrix @ x[:n] - x[n:]) / size
    if not residual.max(initial=0.0) <= BALANCE:
        found.append(f"row {residual.argmax()} is off by {residual.max():.1e}: water appears or vanishes")
    outside = np.maximum(step.lower - x, x - step.upper) / (1.0 + np.abs(x))
    if not outside.max() <= BALANCE:
        found.append(f"variable {outside.argmax()} is out of its bounds by {outside.max():.1e}")
    level = -objective @ x[:n]
    off = np.abs(level - truth.value) / (1.0 + np.abs(truth.value))
    for k in np.flatnonzero(~(off <= TOLERANCE)):
        found.append(f"level {k} attains {level[k]}, should be {truth.value[k]}")
    delivered = x[problem.member]
    off = np.abs(delivered - truth.mark) / (1.0 + np.abs(truth.mark))
    for i in np.flatnonzero(~(off <= TOLERANCE)):
        found.append(f"delivery {i} is {delivered[i]}, should be {truth.mark[i]}")
    wanted = step.target > 0.0
    expected = np.where(wanted, np.minimum(1.0, delivered / np.where(wanted, step.target, 1.0)), 1.0)
    if not np.abs(share - expected).max(initial=0.0) <= BALANCE:
        found.append("shares reported do not match deliveries")
    return found
