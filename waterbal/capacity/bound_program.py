"""A linear program with named limits: built in blocks over time, solved by HiGHS, and what its limits are worth."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from waterbal.errors import Issue, Message, WaterbalError
from waterbal.model.rows import Floats, Ints

SHARE = 0.01
"""Share by which a limit is raised to tell its worth [-]."""
METHODS = {"simplex": "highs-ds", "ipm": "highs-ipm"}
"""Methods of HiGHS by name."""
OPTIMAL, INFEASIBLE, UNBOUNDED_OR_INFEASIBLE = 0, 2, 4
"""How scipy says that HiGHS ended."""
ABSENT = -1
"""Stands for a column where a term has none."""

Terms = list[tuple[Ints, Floats | float]]
"""Columns, ndarray (row), ``ABSENT`` where there is none, and their coefficients."""


@dataclass(frozen=True)
class Mark:
    """How bounds of rows or columns move when a limit is raised by ``SHARE`` of itself."""

    limit: str
    of_rows: bool
    sign: float
    """Sign of the dual of the bound that is meant: -1 of an upper bound, 1 of a lower one."""
    places: Ints
    """ndarray (bound) numbers of rows or columns"""
    change: Floats
    """ndarray (bound) change of the bound, apart from ``terms``"""
    terms: Terms
    """Further change, by the value of columns: of limits that are coefficients."""


@dataclass(frozen=True)
class Solution:
    """Optimum of a program; nan and empty where there is none."""

    feasible: bool
    value: float
    column: Floats
    """ndarray (column)"""
    column_dual: Floats
    """ndarray (column) change of the objective per unit of the bound that is active"""
    row_dual: Floats
    """ndarray (row)"""
    degenerate: bool
    """Whether something lies on a bound by chance, so that duals are not unique."""
    seconds: float
    iterations: int


@dataclass
class Program:
    """A linear program under construction."""

    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    row_lower: list[Floats] = field(default_factory=list)
    row_upper: list[Floats] = field(default_factory=list)
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(self, count: int, lower: Floats | float = 0.0, upper: Floats | float = np.inf) -> Ints:
        """Add columns and return their numbers, ndarray (count)."""
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), (count,)))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (count,)))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def add_rows(
        self, count: int, terms: Terms, lower: Floats | float = -np.inf, upper: Floats | float = np.inf
    ) -> Ints:
        """Add rows ``lower <= sum of coefficient x column <= upper`` and return their numbers, ndarray (count)."""
        numbers = np.arange(self.rows, self.rows + count)
        for columns, coefficient in terms:
            self.add_entries(numbers, columns, coefficient)
        self.row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), (count,)))
        self.row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (count,)))
        self.rows += count
        return numbers

    def add_entries(self, rows: Ints, columns: Ints, coefficient: Floats | float) -> None:
        """Add to coefficients of rows, one column in each."""
        values = np.broadcast_to(np.asarray(coefficient, dtype=np.float64), rows.shape)
        columns = np.broadcast_to(columns, rows.shape)
        there = (columns != ABSENT) & (values != 0.0)
        self.entries.append((rows[there], columns[there], values[there]))

    def mark(
        self,
        limit: str,
        places: Ints,
        change: Floats | float,
        terms: Sequence[tuple[Ints, Floats | float]] = (),
        *,
        of_rows: bool = True,
        lower: bool = False,
    ) -> None:
        """Note that a limit moves the upper, or the lower, bounds of rows, or of columns."""
        moved = np.broadcast_to(np.asarray(change, dtype=np.float64), places.shape)
        self.marks.append(Mark(limit, of_rows, 1.0 if lower else -1.0, places, moved, list(terms)))

    def matrix(self) -> Any:
        """Return the coefficients, sparse (row, column)."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        return sparse.csc_matrix((values, (rows, columns)), shape=(self.rows, self.columns))

    def bounds(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return bounds of columns and of rows, lower and upper each."""
        lower, upper = np.concatenate(self.lower), np.concatenate(self.upper)
        return lower, upper, np.concatenate(self.row_lower), np.concatenate(self.row_upper)

    def minimise(self, cost: Floats, method: str, seconds: float) -> Solution:
        """Find the optimum with HiGHS, which comes with scipy.

        Parameters
        ----------
        cost : ndarray (column)
            Objective.
        method : str
            ``simplex`` (dual) or ``ipm`` (interior point with crossover to a vertex).
        seconds : float
            Time after which to give up [s].

        Raises
        ------
        WaterbalError
            If it ends with neither an optimum nor a proof that there is none.
        """
        from scipy.optimize import linprog

        lower, upper, row_lower, row_upper = self.bounds()
        matrix = self.matrix().tocsr()
        equal = row_lower == row_upper
        above, below = np.isfinite(row_upper) & ~equal, np.isfinite(row_lower) & ~equal
        begin = time.perf_counter()

        def solve(objective: Floats) -> Any:
            return linprog(
                objective,
                A_ub=sparse.vstack([matrix[above], -matrix[below]]).tocsc(),
                b_ub=np.concatenate([row_upper[above], -row_lower[below]]),
                A_eq=matrix[equal].tocsc(),
                b_eq=row_upper[equal],
                bounds=np.stack([lower, upper], axis=1),
                method=METHODS[method],
                options={"presolve": True, "time_limit": float(seconds)},
            )

        found = solve(cost)
        if found.status == UNBOUNDED_OR_INFEASIBLE:  # without an objective it can only be the latter
            empty = solve(np.zeros_like(cost))
            found = empty if empty.status == INFEASIBLE else found
        spent = time.perf_counter() - begin
        if found.status == INFEASIBLE:
            none = np.zeros(0)
            return Solution(False, np.nan, none, none, none, False, spent, 0)
        if found.status != OPTIMAL:
            message = Message(
                f"{spent:.0f} 秒内没有求得预知来水的上限：{found.message}",
                f"the foresight bound was not found in {spent:.0f} s: {found.message}",
            )
            expected = Message(
                "更长时间、另一种方法或更少年份", "more time, the other method, or fewer years"
            )
            raise WaterbalError(Issue(message, expected=expected))
        count = int(above.sum())
        row_dual = np.zeros(self.rows)
        row_dual[above] = found.ineqlin.marginals[:count]
        row_dual[below] -= found.ineqlin.marginals[count:]
        row_dual[equal] = found.eqlin.marginals
        column, row = np.asarray(found.x), matrix @ found.x
        active = _on_bound(column, lower, upper) + _on_bound(row, row_lower, row_upper)
        return Solution(
            True, float(found.fun), column, found.lower.marginals + found.upper.marginals, row_dual,
            active > self.columns, spent, int(found.nit),
        )  # fmt: skip

    def worth(self, solution: Solution) -> dict[str, float]:
        """Return by how much the objective changes for ``SHARE`` more of each limit, by the duals."""
        found: dict[str, float] = {}
        for mark in self.marks:
            change = mark.change.copy()
            for columns, coefficient in mark.terms:
                value = np.where(columns == ABSENT, 0.0, solution.column[columns])
                change = change + coefficient * value
            dual = (solution.row_dual if mark.of_rows else solution.column_dual)[mark.places]
            own = np.where(mark.sign * dual > 0.0, dual, 0.0)
            found[mark.limit] = found.get(mark.limit, 0.0) + float(own @ change)
        return found


def _on_bound(value: Floats, lower: Floats, upper: Floats) -> int:
    """Count what lies on one of its bounds; as many as there are columns do at a vertex that is not degenerate."""
    room = 1e-9 * (1.0 + np.abs(value))
    return int(((value - lower < room) | (upper - value < room)).sum())


def hull(x: Floats, y: Floats, sign: float, most: int = 3) -> list[tuple[float, float]]:
    """Return lines that a piecewise linear function stays below (sign 1) or above (sign -1).

    Parameters
    ----------
    x, y : ndarray (point)
        The function, x increasing.
    sign : float
        1 for the concave hull, -1 for the convex one.
    most : int
        Largest number of lines; any of them is true without the others.

    Returns
    -------
    list of (constant, slope)
    """
    corners: list[int] = []
    for k in range(x.size):
        while len(corners) > 1 and _inside(x, sign * y, corners[-2], corners[-1], k):
            corners.pop()
        corners.append(k)
    if len(corners) == 1:
        return [(float(y[0]), 0.0)]
    lines = [
        (float(y[a] - (y[b] - y[a]) / (x[b] - x[a]) * x[a]), float((y[b] - y[a]) / (x[b] - x[a])))
        for a, b in itertools.pairwise(corners)
    ]
    if len(lines) <= most:
        return lines
    return [lines[k] for k in np.unique(np.linspace(0, len(lines) - 1, most).round().astype(int))]


def _inside(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    """Tell whether point b is not above the line from a to c."""
    return bool((y[b] - y[a]) * (x[c] - x[a]) <= (y[c] - y[a]) * (x[b] - x[a]))


def each(terms: Iterable[tuple[Ints, Floats | float]], factor: Floats | float) -> Terms:
    """Return terms times a factor."""
    return [(columns, coefficient * factor) for columns, coefficient in terms]
