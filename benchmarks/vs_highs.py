"""The programs of single steps in the kernel and in HiGHS, warm on both sides.

``python -m benchmarks.vs_highs --json`` records the programs of a run (the shared case, or ``--model``) and
solves them again in order with

* the kernel: exact lexicographic optimum, max-min sharing included;
* HiGHS as one program whose objective adds up all levels with weights, as most engines do;
* HiGHS level by level, each level fixed before the next: the lexicographic optimum without max-min sharing,
  thus less work than the kernel does where classes share.

HiGHS keeps its model and basis between steps; only bounds are changed. Its time is CPU time of the calls.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import highspy
import numpy as np

from benchmarks import common
from benchmarks.peer_case import generate, rows
from benchmarks.steps import Steps, first_stage, record, replay
from waterbal.kernel.sharing import LINEAR
from waterbal.model.rows import Floats
from waterbal.network.build import Network, build

LEVEL_SLACK = 1e-9
"""By how much a level that was fixed may be missed [kernel volume]."""
WEIGHT_STEP = 7.0
"""Difference between the weights of neighbouring levels, as in the shared case."""
AGREEMENT = 1e-6
WAYS = ("weighted", "sequential")


class Highs:
    """A HiGHS model of the step's program, kept between steps."""

    def __init__(self, steps: Steps) -> None:
        problem = steps.problem
        matrix, self.objective = problem.matrix[0], scaled(problem.objective[0])
        self.rows, self.columns = matrix.shape
        self.levels = self.objective.shape[0]
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self.solver.setOptionValue(name, 1e-9)
        self.solver.setOptionValue("presolve", "off")
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(model(np.vstack([matrix, self.objective])))
        self.column_indices = np.arange(self.columns, dtype=np.int32)
        self.row_indices = np.arange(self.rows, dtype=np.int32)
        self.weighted = weights(problem.variable, self.levels) @ self.objective

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Set the bounds of a step."""
        n = self.columns
        self.solver.changeColsBounds(n, self.column_indices, lower[:n].copy(), upper[:n].copy())
        self.solver.changeRowsBounds(self.rows, self.row_indices, lower[n:].copy(), upper[n:].copy())

    def solve(self, costs: Floats) -> Floats | None:
        """Minimise the costs; None without an optimum."""
        self.solver.changeColsCost(self.columns, self.column_indices, costs)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.solver.getSolution().col_value)

    def solve_weighted(self) -> Floats | None:
        """Solve one program with the weighted sum of levels."""
        return self.solve(self.weighted)

    def solve_sequential(self) -> Floats | None:
        """Solve level by level."""
        flows = None
        for k in range(self.levels):
            flows = self.solve(self.objective[k].copy())
            if flows is None:
                break
            attained = float(self.objective[k] @ flows)
            slack = LEVEL_SLACK * (1.0 + abs(attained))
            self.solver.changeRowBounds(self.rows + k, -highspy.kHighsInf, attained + slack)
        for k in range(self.levels):
            self.solver.changeRowBounds(self.rows + k, -highspy.kHighsInf, highspy.kHighsInf)
        return flows


def scaled(objective: Floats) -> Floats:
    """Return objectives whose largest coefficient is 1."""
    largest = np.abs(objective).max(axis=1, keepdims=True)
    return np.asarray(objective / np.where(largest > 0.0, largest, 1.0))


def model(matrix: Floats) -> highspy.HighsLp:
    """Return a program with free rows and columns and no costs."""
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    for side, sign in (("lower", -1.0), ("upper", 1.0)):
        setattr(program, f"col_{side}_", np.full(matrix.shape[1], sign * highspy.kHighsInf))
        setattr(program, f"row_{side}_", np.full(matrix.shape[0], sign * highspy.kHighsInf))
    program.col_cost_ = np.zeros(matrix.shape[1])
    columns, places = np.nonzero(matrix.T)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.concatenate(
        [[0], np.cumsum(np.bincount(columns, minlength=matrix.shape[1]))]
    )
    program.a_matrix_.index_ = places
    program.a_matrix_.value_ = matrix.T[columns, places]
    return program


def weights(variable: np.ndarray, levels: int) -> Floats:
    """Return weights that fall from level to level; the last two, cost and tie-break, weigh little."""
    found = 1000.0 - WEIGHT_STEP * np.arange(levels)
    found[-2:] = 1.0, 1e-3
    return np.asarray(found, dtype=float)


def time_highs(steps: Steps, way: str) -> tuple[float, float, list[Floats | None]]:
    """Solve all steps in HiGHS; return CPU seconds, seconds inside its solver, and flows."""
    highs = Highs(steps)
    solve = highs.solve_weighted if way == "weighted" else highs.solve_sequential
    answers: list[Floats | None] = []
    before = highs.solver.getRunTime()

    def solve_all() -> None:
        for t in range(steps.size):
            highs.bound(steps.lower[t], steps.upper[t])
            answers.append(solve())

    return common.cpu_seconds(solve_all), highs.solver.getRunTime() - before, answers


def comparable_levels(steps: Steps) -> int:
    """Return how many levels have one answer for all: those before the first one that shares by max-min."""
    sharing = np.flatnonzero(steps.problem.kind != LINEAR)
    return int(sharing[0]) if sharing.size else int(steps.problem.kind.size) - 1


def differing(steps: Steps, answers: Sequence[Floats | None]) -> tuple[float, int]:
    """Compare levels with the kernel's; return the largest relative difference and how many steps differ.

    A step without an optimum differs by any measure and is counted, but has no difference.
    """
    objective = scaled(steps.problem.objective[0])[: comparable_levels(steps)]
    worst, count = 0.0, 0
    for t, flows in enumerate(answers):
        if flows is None:
            count += 1
            continue
        ours = objective @ steps.answer[t, : flows.size]
        apart = float(np.max(np.abs(objective @ flows - ours) / (1.0 + np.abs(ours)), initial=0.0))
        worst = max(worst, apart)
        count += apart > AGREEMENT
    return worst, count


def measure(network: Network, name: str, count: int, repeats: int) -> common.Report:
    """Time all ways in turns on the same steps."""
    steps = first_stage(record(network, count))
    replay(steps)
    times: dict[str, list[float]] = {"kernel": [], **{way: [] for way in WAYS}}
    inside: dict[str, list[float]] = {way: [] for way in WAYS}
    report: common.Report = {}
    for _ in range(repeats):
        times["kernel"].append(replay(steps))
        for way in WAYS:
            spent, solving, answers = time_highs(steps, way)
            times[way].append(spent)
            inside[way].append(solving)
            worst, differ = differing(steps, answers)
            report[way] = {"largest_level_difference": worst, "steps_that_differ": differ}
    micro = {way: common.median(values, 9) / steps.size * common.MICRO for way, values in times.items()}
    for way in WAYS:
        report[way] |= {
            "cpu_us_per_step": round(micro[way], 2),
            "solver_us_per_step": round(common.median(inside[way], 9) / steps.size * common.MICRO, 2),
            "ratio": round(micro[way] / micro["kernel"], 2),
        }
    return {
        "benchmark": "vs_highs",
        "machine": common.machine("highspy"),
        "case": name,
        "steps": steps.size,
        "repeats": repeats,
        "program": list(network.problem.matrix.shape[1:]),
        "levels": int(network.problem.kind.size),
        "sharing_levels": int(np.count_nonzero(network.problem.kind != LINEAR)),
        "levels_compared": comparable_levels(steps),
        "kernel": {"cpu_us_per_step": round(micro["kernel"], 3)},
        **report,
    }


def case(path: Path | None) -> tuple[Network, str]:
    """Return the network to take steps from, and its name."""
    if path is None:
        return build(rows(generate(), 0)), "shared case, strict order"
    from waterbal.api import load

    return load(path).network(), path.parent.name if path.stem == "model" else path.stem


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report."""
    options = common.parser("the step programs of waterbal against HiGHS")
    options.add_argument("--model", type=Path, help="model file; default: the case shared with pywr")
    options.add_argument("--steps", type=int, default=240)
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args(arguments)
    network, name = case(given.model)
    common.finish(measure(network, name, given.steps, given.repeats), given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
