"""Lexicographic linear problems, one level at a time, exact to rounding.

A level is solved by HiGHS and then only its *structure* is kept: with an optimal dual solution in hand,
a point is optimal exactly if every variable with a non-zero reduced cost stays at its bound. So those
variables are fixed at their bounds for the levels that follow and no objective value is ever carried
over as a constraint. The vertex of the last level is solved from its basis in extended precision.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np

BASIC = highspy.HighsBasisStatus.kBasic
AT_UPPER = highspy.HighsBasisStatus.kUpper
AT_LOWER = highspy.HighsBasisStatus.kLower

NONZERO = 1e-8
"""Reduced costs below this are ties."""
FEASIBLE = 2e-9
"""Largest violation of a bound of a solved vertex, volumes being of the order of 1000."""


class Infeasible(Exception):
    """The constraints of a step contradict each other."""


class NotSolved(Exception):
    """The solver failed or its answer did not pass the checks: a defect of the judge."""


@dataclass
class Problem:
    """Variables with bounds and rows of linear expressions with bounds."""

    names: list[str] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)

    def variable(self, name: str, lower: float, upper: float) -> int:
        """Add a variable and return its index."""
        self.index[name] = len(self.names)
        self.names.append(name)
        self.lower.append(float(lower))
        self.upper.append(float(upper))
        return self.index[name]

    def row(self, terms: dict[int, float], lower: float, upper: float) -> None:
        """Add ``lower <= sum(coefficient x variable) <= upper``."""
        self.rows.append((dict(terms), float(lower), float(upper)))


@dataclass
class Level:
    """``linear``: minimise ``terms``. ``fill``: max-min of variable / target over ``members``."""

    kind: str
    terms: dict[int, float] = field(default_factory=dict)
    members: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class _Vertex:
    value: np.ndarray
    """Columns, then rows."""
    reduced: np.ndarray
    at_upper: np.ndarray
    basic: np.ndarray


def _refined(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve a dense system to about the precision of long double."""
    if not right.size:
        return right
    inverse = np.linalg.inv(matrix)
    wide, goal = matrix.astype(np.longdouble), right.astype(np.longdouble)
    answer = np.zeros_like(goal)
    for _ in range(5):
        answer = answer + inverse @ (goal - wide @ answer).astype(np.float64)
    return answer


def _run(cost, lower, upper, matrix, row_lower, row_upper, options) -> highspy.HighsBasis:
    n, m = cost.size, row_lower.size
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = n, m
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_, model.row_upper_ = row_lower, row_upper
    where = [np.flatnonzero(line) for line in matrix]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([w.size for w in where])]).astype(np.int32)
    model.a_matrix_.index_ = np.concatenate([*where, []]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([*[line[w] for line, w in zip(matrix, where, strict=True)], []])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-10)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-10)
    solver.setOptionValue("threads", 1)
    for key, value in options.items():
        solver.setOptionValue(key, value)
    solver.passModel(model)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Infeasible
    if status != highspy.HighsModelStatus.kOptimal:
        raise NotSolved(str(status))
    return solver.getBasis()


ATTEMPTS = (
    {"presolve": "off"},
    {"presolve": "off", "simplex_scale_strategy": 0},
    {"presolve": "off", "simplex_strategy": 4},
    {"presolve": "on"},
    {"presolve": "off", "simplex_dual_edge_weight_strategy": 0},
)


def _vertex(cost: dict[int, float], lower, upper, rows) -> _Vertex:
    """Minimise ``cost`` and return the vertex, computed and checked here from the solver's basis."""
    n, m = lower.size, len(rows)
    matrix = np.zeros((m, n))
    for i, (terms, _, _) in enumerate(rows):
        for j, value in terms.items():
            matrix[i, j] += value
    row_lower = np.array([r[1] for r in rows])
    row_upper = np.array([r[2] for r in rows])
    weights = np.zeros(n + m)
    for j, value in cost.items():
        weights[j] += value
    low, high = np.concatenate([lower, row_lower]), np.concatenate([upper, row_upper])
    whole = np.concatenate([matrix, -np.eye(m)], axis=1)
    problems: list[str] = []
    infeasible = 0
    for options in ATTEMPTS:
        try:
            basis = _run(weights[:n], lower, upper, matrix, row_lower, row_upper, options)
        except Infeasible:
            infeasible += 1
            if infeasible == 2:
                raise
            continue
        except NotSolved as error:
            problems.append(str(error))
            continue
        status = [*basis.col_status, *basis.row_status]
        basic = np.array([s == BASIC for s in status])
        at_upper = np.array([s == AT_UPPER for s in status])
        if basic.sum() != m:
            problems.append("no basis")
            continue
        value = np.zeros(n + m, np.longdouble)
        fixed = np.where(at_upper, high, low)
        fixed = np.where(np.isfinite(fixed), fixed, np.where(np.isfinite(low), low, high))
        value[~basic] = np.where(np.isfinite(fixed), fixed, 0.0)[~basic]
        inside = whole[:, basic]
        try:
            value[basic] = _refined(inside, -(whole[:, ~basic].astype(np.longdouble) @ value[~basic]))
            dual = _refined(inside.T, weights[basic])
        except np.linalg.LinAlgError:
            problems.append("singular basis")
            continue
        reduced = (weights - whole.T.astype(np.longdouble) @ dual).astype(np.float64)
        reduced[basic] = 0.0
        violation = float(max(np.max(low - value, initial=0.0), np.max(value - high, initial=0.0)))
        free = ~basic & (high > low)
        wrong = max(
            np.max(-reduced[free & ~at_upper], initial=0.0), np.max(reduced[free & at_upper], initial=0.0)
        )
        if violation > FEASIBLE or wrong > NONZERO:
            problems.append(f"violation {violation:.1e}, wrong sign {wrong:.1e}")
            continue
        return _Vertex(value, reduced, at_upper, basic)
    if infeasible:
        raise Infeasible
    raise NotSolved("; ".join(problems))


def solve(problem: Problem, levels: list[Level]) -> np.ndarray:
    """Optimum of the levels in their order; raises Infeasible.

    A ``fill`` level raises one common share of all members not yet settled, as far as it goes; members
    whose row ``variable >= share x target`` carries a price cannot go higher and are settled there, the
    rest continue. The shares are variables of the problem, so they too follow from the structure.
    """
    lower, upper, rows = list(problem.lower), list(problem.upper), list(problem.rows)

    def keep(vertex: _Vertex) -> None:
        """Confine what follows to the optimal face of a solved level."""
        n = len(lower)
        for j in np.flatnonzero(np.abs(vertex.reduced) > NONZERO):
            if j < n:
                lower[j] = upper[j] = upper[j] if vertex.at_upper[j] else lower[j]
            else:
                terms, low, high = rows[j - n]
                side = high if vertex.at_upper[j] else low
                rows[j - n] = (terms, side, side)

    vertex = None
    for level in levels:
        if level.kind == "linear":
            if not level.terms:
                continue
            vertex = _vertex(level.terms, np.array(lower), np.array(upper), rows)
            keep(vertex)
            continue
        active = [(j, target) for j, target in level.members if target > 0 and upper[j] > lower[j]]
        while active:
            total = sum(target for _, target in active)
            share = len(lower)
            lower.append(0.0)
            upper.append(max(upper[j] / target for j, target in active) * total)
            first = len(rows)
            for j, target in active:
                rows.append(({j: 1.0, share: -target / total}, 0.0, np.inf))
            # The share variable is a volume: the share of each member times the total target.
            vertex = _vertex({share: -1.0}, np.array(lower), np.array(upper), rows)
            n = len(lower)
            top = abs(vertex.reduced[share]) > NONZERO
            prices = np.abs(vertex.reduced[n + first : n + first + len(active)])
            keep(vertex)
            if top:
                break
            settled = prices > NONZERO
            if not settled.any():
                raise NotSolved("no member of the class is settled")
            # Those not settled are free to rise above this share; the row stays as a lower bound.
            active = [member for member, done in zip(active, settled, strict=True) if not done]
    if vertex is None:
        vertex = _vertex({}, np.array(lower), np.array(upper), rows)
    return vertex.value[: len(problem.names)].astype(np.float64)
