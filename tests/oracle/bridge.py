"""Calls into the kernel from Python, as the simulation makes them from compiled code."""

from __future__ import annotations

from waterbal.kernel import sharing, simplex
from waterbal.kernel._jit import jit


@jit
def allocate(problem, stage, lower, upper, target, work):
    """Allocate one step."""
    return sharing.allocate(problem, stage, lower, upper, target, work)


@jit
def reset(problem, stage, work):
    """Forget the basis."""
    simplex.reset(problem, stage, work)


@jit
def solve(problem, stage, lower, upper, work):
    """Solve one step as a lexicographic program, without sharing."""
    if work.state[simplex.STAGE] != stage:
        simplex.reset(problem, stage, work)
    work.lower[:] = lower
    work.upper[:] = upper
    return simplex.solve(problem, work)
