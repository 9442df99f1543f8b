"""Programs of single steps as they occur in a run: recorded once, then given to any solver."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.kernel._jit import jit
from waterbal.kernel.allocation import allocate
from waterbal.kernel.pointer import Table
from waterbal.kernel.program import Problem, workspace
from waterbal.kernel.simplex import reset
from waterbal.kernel.simulate import simulate
from waterbal.kernel.tables import Members
from waterbal.model.rows import Floats, Ints
from waterbal.network.build import Network
from waterbal.network.requirements import allocate_outcome, no_requirements
from waterbal.network.simulate import allocate_series, allocate_tally
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
    """Simulate the first variant of a network and keep the program of each step.

    The kernel leaves the program of its last step behind, so step t is taken from a run of t + 1 steps.

    Parameters
    ----------
    network : Network
        Its first variant is simulated, without warm-up.
    count : int
        Steps at most.
    """
    state, work = network.workspace(), workspace(network.problem)
    before = [Table(t) for t in (network.problem, network.reduction, network.layout, network.coefficients)]
    demands, sources = np.ones((1, len(network.rows.demands))), np.ones((1, len(network.rows.sources)))
    members = Members(integers([0]), floats(demands), floats(sources), floats(np.ones(1)))
    tally = allocate_tally(network, 1)
    nothing = no_requirements(network.rows.axis.size)
    after = [
        Table(t)
        for t in (
            members, state, work, allocate_series(network, 1, 1), tally, nothing, allocate_outcome(nothing, 1),
        )
    ]  # fmt: skip
    size = min(count, network.rows.axis.size)
    kept: list[tuple[Floats, ...]] = []
    for t in range(size):
        forcing = network.forcing._replace(days=floats(network.forcing.days[:, : t + 1]))
        simulate(0, 1, 0, 0, *before, Table(forcing), *after)
        if tally.status[0] != 0:
            raise RuntimeError(f"step {t} ended with status {tally.status[0]}")
        program = state.reduced_lower, state.reduced_upper, state.target, work.x
        kept.append(tuple(values.copy() for values in program))
    lower, upper, target, answer = (np.array(values) for values in zip(*kept, strict=True))
    return Steps(network.problem, integers(network.forcing.stage[0, :size]), lower, upper, target, answer)


def first_stage(steps: Steps) -> Steps:
    """Return the steps up to the first change of the matrix."""
    end = int(np.argmax(steps.stage != steps.stage[0])) or steps.size
    series = (steps.stage, steps.lower, steps.upper, steps.target, steps.answer)
    return Steps(steps.problem, *(values[:end] for values in series))


@jit
def allocate_all(problem: Any, stage: Any, lower: Any, upper: Any, target: Any, work: Any, times: int) -> int:
    """Allocate recorded steps one after the other, several times over; return the worst status."""
    worst = 0
    for _ in range(times):
        reset(problem, stage[0], work)
        for t in range(stage.size):
            worst = max(worst, allocate(problem, stage[t], lower[t], upper[t], target[t], work))
    return worst


def replay(steps: Steps, times: int = 20) -> float:
    """Return the CPU time the kernel needs to allocate all recorded steps once, cold start included [s]."""
    arguments = Table(steps.problem), steps.stage, steps.lower, steps.upper, steps.target
    work = Table(workspace(steps.problem))
    started = time.process_time()
    if allocate_all(*arguments, work, times) != 0:
        raise RuntimeError("a recorded step could not be allocated again")
    return (time.process_time() - started) / times
