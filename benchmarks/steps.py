"""Programs of single steps as they occur in a run: recorded once, then given to any solver."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.kernel._jit import jit
from waterbal.kernel.sharing import allocate
from waterbal.kernel.simplex import Problem, Work, reset, workspace
from waterbal.kernel.simulate import advance, begin
from waterbal.kernel.tables import Members
from waterbal.model.rows import Floats, Ints
from waterbal.network.build import Network
from waterbal.network.tables import floats, integers


@dataclass(frozen=True)
class Steps:
    """Bounds of the presolved program in each recorded step, and the kernel's answer."""

    problem: Problem
    stage: Ints
    """ndarray (step)"""
    lower: Floats
    """ndarray (step, variable) [kernel volume]; columns, then rows"""
    upper: Floats
    target: Floats
    """ndarray (step, delivery)"""
    answer: Floats
    """ndarray (step, variable)"""

    @property
    def size(self) -> int:
        """Number of steps."""
        return int(self.stage.size)


def record(network: Network, count: int) -> Steps:
    """Simulate the first member of a network step by step and keep the program of each step.

    Parameters
    ----------
    network : Network
        Its first variant is simulated.
    count : int
        Steps at most.
    """
    problem, state, work = network.problem, network.workspace(), workspace(network.problem)
    members = Members(integers([0]), floats(np.ones((1, len(network.rows.demands)))))
    stages = network.forcing.stage[0]
    reset(problem, int(stages[0]), work)
    begin(network.layout, state, 0)
    kept: list[tuple[Floats, Floats, Floats, Floats]] = []
    size = min(count, network.rows.axis.size)
    for t in range(size):
        status = advance(
            problem, network.reduction, network.layout, network.coefficients, network.forcing, members, state,
            work, 0, t,
        )  # fmt: skip
        if status != 0:
            raise RuntimeError(f"step {t} ended with status {status}")
        kept.append(snapshot(state.reduced_lower, state.reduced_upper, state.target, work))
    lower, upper, target, answer = (np.array(values) for values in zip(*kept, strict=True))
    return Steps(problem, integers(stages[:size]), lower, upper, target, answer)


def snapshot(lower: Floats, upper: Floats, target: Floats, work: Work) -> tuple[Floats, Floats, Floats, Floats]:
    """Copy what the step was solved with."""
    return lower.copy(), upper.copy(), target.copy(), work.x.copy()


def first_stage(steps: Steps) -> Steps:
    """Return the steps up to the first change of the matrix."""
    end = int(np.argmax(steps.stage != steps.stage[0])) or steps.size
    series = (steps.stage, steps.lower, steps.upper, steps.target, steps.answer)
    return Steps(steps.problem, *(values[:end] for values in series))


@jit
def allocate_all(problem: Any, stage: Any, lower: Any, upper: Any, target: Any, work: Any) -> int:
    """Allocate recorded steps one after the other; return the worst status."""
    worst = 0
    for t in range(stage.size):
        worst = max(worst, allocate(problem, stage[t], lower[t], upper[t], target[t], work))
    return worst


def replay(steps: Steps, times: int = 20) -> float:
    """Return the CPU time the kernel needs to allocate all recorded steps once, cold start included [s]."""
    arguments = steps.problem, steps.stage, steps.lower, steps.upper, steps.target
    work = workspace(steps.problem)
    begin = time.process_time()
    for _ in range(times):
        reset(steps.problem, int(steps.stage[0]), work)
        if allocate_all(*arguments, work) != 0:
            raise RuntimeError("a recorded step could not be allocated again")
    return (time.process_time() - begin) / times
