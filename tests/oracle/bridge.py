"""Calls into the kernel from Python, as the simulation makes them from compiled code."""

from __future__ import annotations

from waterbal.kernel import sharing, simplex
from waterbal.kernel._jit import jit
from waterbal.kernel.pointer import Table


def allocate(problem, stage, lower, upper, target, work):
    """Allocate one step."""
    return _allocate(Table(problem), stage, lower, upper, target, Table(work))


def reset(problem, stage, work):
    """Forget the basis."""
    _reset(Table(problem), stage, Table(work))


def solve(problem, stage, lower, upper, work):
    """Solve one step as a lexicographic program, without sharing."""
    work.lower[:], work.upper[:] = lower, upper
    return _solve(Table(problem), stage, Table(work))


@jit
def _allocate(problem, stage, lower, upper, target, work):
    return sharing.allocate(problem, stage, lower, upper, target, work)


@jit
def _reset(problem, stage, work):
    simplex.reset(problem, stage, work)


@jit
def _solve(problem, stage, work):
    if work.state[simplex.STAGE] != stage:
        simplex.reset(problem, stage, work)
    return simplex.solve(problem, work)
