"""Calls into the kernel from Python, as the simulation makes them from compiled code."""

from __future__ import annotations

from waterbal.kernel import allocation, simplex
from waterbal.kernel._jit import jit
from waterbal.kernel.pointer import Table
from waterbal.kernel.program import STAGE


def allocate(problem, stage, lower, upper, target, work):
    """Allocate one step."""
    return _allocate(Table(problem), stage, lower, upper, target, Table(work))


def foreseen(problem, stage, lower, upper, target, work):
    """Allocate one step with its levels foreseen; return whether that has led to an answer."""
    return _foreseen(Table(problem), stage, lower, upper, target, Table(work))


def level_by_level(problem, stage, lower, upper, target, work):
    """Allocate one step with its levels gone through one by one."""
    return _level_by_level(Table(problem), stage, lower, upper, target, Table(work))


def reset(problem, stage, work):
    """Forget the basis."""
    _reset(Table(problem), stage, Table(work))


def solve(problem, stage, lower, upper, work):
    """Solve one step as a lexicographic program, without sharing."""
    work.lower[:], work.upper[:] = lower, upper
    return _solve(Table(problem), stage, Table(work))


@jit
def _allocate(problem, stage, lower, upper, target, work):
    return allocation.allocate(problem, stage, lower, upper, target, work)


@jit
def _foreseen(problem, stage, lower, upper, target, work):
    allocation.enter_stage(problem, stage, work)
    return allocation.foreseen(problem, lower, upper, target, work)


@jit
def _level_by_level(problem, stage, lower, upper, target, work):
    allocation.enter_stage(problem, stage, work)
    return allocation.level_by_level(problem, stage, lower, upper, target, work)


@jit
def _reset(problem, stage, work):
    simplex.reset(problem, stage, work)


@jit
def _solve(problem, stage, work):
    if work.state[STAGE] != stage:
        simplex.reset(problem, stage, work)
    return simplex.solve(problem, work)
