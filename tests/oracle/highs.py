"""Lexicographic max-min by HiGHS, written from the definition and sharing no code with the kernel.

Level by level: a linear level is solved and its objective kept. A sharing level maximises the common water
mark of the deliveries that can still rise, finds by one solve each which of them can rise no further, freezes
those, and goes on with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

LINEAR, SHARE, VOLUME = 0, 1, 2
OPTIMAL, INFEASIBLE = 0, 1


class OracleError(Exception):
    """HiGHS gave no answer, not even on the second try."""


@dataclass
class Answer:
    """What the solver found; arrays are empty if the step is infeasible."""

    status: int
    x: np.ndarray
    value: np.ndarray
    """What each level attains: minus its objective."""
    mark: np.ndarray
    """Value of each member's variable."""


class Oracle:
    """The program of one stage as a HiGHS model with one more column, the water mark."""

    def __init__(self, problem, stage: int):
        self.problem, self.stage = problem, stage
        self.matrix, self.objective = problem.matrix[stage], problem.objective[stage]
        self.m, self.n = self.matrix.shape
        self.levels = len(self.objective)
        self.members = len(problem.member)
        self.infinity = highspy.kHighsInf
        self.model = self.fresh()

    def fresh(self):
        model = highspy.Highs()
        model.setOptionValue("output_flag", False)
        model.setOptionValue("threads", 1)
        model.setOptionValue("presolve", "off")
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            model.setOptionValue(name, 1e-10)
        for _ in range(self.n + 1):
            model.addVar(0.0, 0.0)
        for row in self.matrix:
            self.add_row(model, row, 0.0, 0.0)
        for v in self.problem.member:  # value - weight x mark >= 0, the weight is set per step
            row = np.zeros(self.n + 1)
            row[: self.n] = self.variable_terms(v)
            row[self.n] = -1.0
            self.add_row(model, row, -self.infinity, self.infinity)
        return model

    @staticmethod
    def add_row(model, row: np.ndarray, lower: float, upper: float) -> None:
        columns = np.flatnonzero(row).astype(np.int32)
        model.addRow(lower, upper, len(columns), columns, row[columns])

    def variable_terms(self, v: int) -> np.ndarray:
        if v >= self.n:
            return self.matrix[v - self.n]
        unit = np.zeros(self.n)
        unit[v] = 1.0
        return unit

    def set_bounds(self, v: int, lower: float, upper: float) -> None:
        lower = min(lower, upper)
        self.lower[v], self.upper[v] = lower, upper
        if v >= self.n:
            self.model.changeRowBounds(v - self.n, lower, upper)
        else:
            self.model.changeColBounds(v, lower, upper)

    def minimise(self, cost: np.ndarray):
        """Return (objective, x) of the least cost, None if infeasible."""
        columns = np.arange(self.n + 1, dtype=np.int32)
        full = np.zeros(self.n + 1)
        full[: len(cost)] = cost
        self.model.changeColsCost(self.n + 1, columns, full)
        status = highspy.HighsModelStatus
        for attempt in range(4):
            if attempt == 1:
                self.model.clearSolver()
            elif attempt == 2:
                self.model.setOptionValue("presolve", "on")
                self.model.clearSolver()
            elif attempt == 3:
                for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
                    self.model.setOptionValue(name, 1e-8)
                self.model.clearSolver()
            self.model.run()
            found = self.model.getModelStatus()
            if found == status.kOptimal or (found == status.kInfeasible and attempt >= 1):
                break
        if found == status.kInfeasible:
            self.restore()
            return None
        if found != status.kOptimal:
            raise OracleError(str(found))
        x = np.array(self.model.getSolution().col_value)
        if attempt > 1:
            self.restore()
        return self.model.getInfo().objective_function_value, x

    def restore(self) -> None:
        self.model.setOptionValue("presolve", "off")
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self.model.setOptionValue(name, 1e-10)

    def allocate(self, lower: np.ndarray, upper: np.ndarray, target: np.ndarray) -> Answer:
        """Return the lexicographic max-min optimum within the bounds."""
        self.lower, self.upper = lower.copy(), upper.copy()
        for v in range(self.n + self.m):
            self.set_bounds(v, lower[v], upper[v])
        self.model.changeColBounds(self.n, 0.0, 0.0)
        first_member = self.m
        for i in range(self.members):
            self.model.changeRowBounds(first_member + i, -self.infinity, self.infinity)
        empty = np.zeros(0)
        if (lower > upper).any() or self.minimise(np.zeros(self.n)) is None:
            return Answer(INFEASIBLE, empty, empty, empty)
        x = empty
        for k in range(self.levels):
            if self.problem.kind[k] == LINEAR:
                x = self.linear_level(k)
            else:
                self.sharing_level(k, target, first_member)
        x = x[: self.n]
        every = np.concatenate([x, self.matrix @ x])
        return Answer(OPTIMAL, every, -self.objective @ x, every[self.problem.member])

    def linear_level(self, k: int) -> np.ndarray:
        found = self.minimise(self.objective[k])
        if found is None:
            raise OracleError(f"level {k} became infeasible")
        best, x = found
        variable = self.problem.variable[k]
        if variable >= 0:
            self.set_bounds(variable, max(self.lower[variable], -best), self.upper[variable])
        else:
            self.stay_on_face()
        return x

    def stay_on_face(self) -> None:
        """Keep the optimum just found: fix whatever has a reduced cost. Exact, unlike a bound on the objective."""
        solution, price = self.model.getSolution(), 1e-9
        for j in np.flatnonzero(np.abs(np.array(solution.col_dual)[: self.n]) > price):
            value = min(max(solution.col_value[j], self.lower[j]), self.upper[j])
            self.set_bounds(j, value, value)
        for i in np.flatnonzero(np.abs(np.array(solution.row_dual)[: self.m]) > price):
            v = self.n + i
            value = min(max(solution.row_value[i], self.lower[v]), self.upper[v])
            self.set_bounds(v, value, value)

    def sharing_level(self, k: int, target: np.ndarray, first_row: int) -> None:
        problem = self.problem
        group = range(problem.member_start[k], problem.member_start[k + 1])
        weight, cap, active = {}, {}, []
        for i in group:
            v = problem.member[i]
            weight[i] = target[i] if problem.kind[k] == SHARE else 1.0 / problem.member_scale[i]
            cap[i] = min(self.upper[v], target[i])
            if cap[i] > self.lower[v] and target[i] > 0.0:
                active.append(i)
        while active:
            top = min(cap[i] / weight[i] for i in active)
            self.model.changeColBounds(self.n, 0.0, top)
            for i in active:
                self.model.changeCoeff(first_row + i, self.n, -weight[i])
                self.model.changeRowBounds(first_row + i, 0.0, self.infinity)
            cost = np.zeros(self.n + 1)
            cost[self.n] = -1.0
            found = self.minimise(cost)
            if found is None:
                raise OracleError("water mark became infeasible")
            mark = max(0.0, min(-found[0], top))
            for i in active:
                self.model.changeRowBounds(first_row + i, -self.infinity, self.infinity)
            self.model.changeColBounds(self.n, 0.0, 0.0)
            hard = {i: self.lower[problem.member[i]] for i in active}
            for i in active:
                v = problem.member[i]
                self.set_bounds(v, max(hard[i], mark * weight[i]), self.upper[v])
            frozen = [i for i in active if not self.can_rise(i, mark * weight[i], cap[i])]
            if not frozen:
                raise OracleError("nobody is blocked")
            active = [i for i in active if i not in frozen]
            for i in active:
                v = problem.member[i]
                self.set_bounds(v, max(hard[i], mark * weight[i]), self.upper[v])

    def can_rise(self, i: int, value: float, cap: float) -> bool:
        v = self.problem.member[i]
        if value >= cap * (1.0 - 1e-9):
            return False
        if self.lower[v] > value + 1e-9 * (
            1.0 + value
        ):  # held up by its hard minimum: the mark passes below it
            return True
        found = self.minimise(-self.variable_terms(v))
        if found is None:
            raise OracleError("floors became infeasible")
        return -found[0] > value + 2e-9 * (1.0 + value)
