"""Rounding that keeps sums: printed parts add up to printed totals, and no number is off by a whole unit.

Totals of totals are rounded to the nearest; every other number is rounded up or down such that every sum holds
exactly (controlled rounding, Cox & Ernst 1982). In tables whose sums form a network, which rows, columns and trees of
subtotals do, such a rounding always exists and the linear program that seeks it has whole solutions; other systems
of sums are solved as integer programs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Sum = tuple[int, Sequence[int]]
"""Number of a total and the numbers of its parts."""

WHOLE = 1e-7
"""[-] of the last printed decimal: a value this close to a printable number is that number."""

REACH = (0, 1, 2, 4)
"""Printable numbers beyond the neighbours that are tried, in turn, where no nearer ones meet all sums."""

NODES = 1000
"""Branches of an integer program that are looked at before the next reach is tried."""

GAP = 0.01
"""[-] by which the distance of an integer solution from the values may miss the least there is."""

HEAVIER = 8.0
"""How much rather a total is rounded to the nearest than any of its parts."""


def nearest(value: float, decimals: int = 0) -> float:
    """Round half away from zero, as spreadsheets do.

    Parameters
    ----------
    value : float
        Number; nan stays nan.
    decimals : int
        Decimals kept.
    """
    if not math.isfinite(value):
        return value
    scale = 10.0**decimals
    scaled = abs(value) * scale
    whole = math.floor(scaled + 0.5 + min(1e-12 * max(scaled, 1.0), 1e-3))
    return math.copysign(whole / scale, value) if whole else 0.0


def volumes(need: float, supply: float) -> tuple[float, float]:
    """Round a need and what is supplied of it as every table does: need and gap to the nearest, supply is the rest.

    Parameters
    ----------
    need, supply : float
        Volumes [1e4 m3].

    Returns
    -------
    tuple of float
        Need and supply, whose difference is the gap as printed.
    """
    asked = nearest(need)
    return asked, asked - min(nearest(max(need - supply, 0.0)), asked)


def largest_remainder(
    values: Sequence[float] | Floats, decimals: int = 0, total: float | None = None
) -> Floats:
    """Round parts so that they add up to their rounded total.

    Parameters
    ----------
    values : sequence of float
        Parts.
    decimals : int
        Decimals kept.
    total : float, optional
        Printed total; the nearest to their sum if not given.

    Returns
    -------
    ndarray (part)
        Each rounded up or down.
    """
    scale = 10.0**decimals
    scaled = _snapped(np.asarray(values, dtype=np.float64) * scale)
    low = np.floor(scaled)
    wanted = nearest(float(scaled.sum())) if total is None else nearest(total * scale)
    missing = int(wanted - low.sum())
    order = np.argsort(-(scaled - low), kind="stable")
    low[order[: max(missing, 0)]] += 1.0
    return (low + 0.0) / scale


def controlled(
    values: Sequence[float] | Floats,
    sums: Sequence[Sum],
    decimals: int = 0,
    fixed: Sequence[int] = (),
    at_least: Sequence[tuple[int, int]] = (),
) -> Floats:
    """Round numbers such that every sum among them holds exactly.

    Parameters
    ----------
    values : ndarray (number)
        True values; every sum holds for them.
    sums : sequence of (total, parts)
        Which number is the sum of which others.
    decimals : int
        Decimals kept.
    fixed : sequence of int
        Numbers that are rounded to the nearest whatever the others are, totals of totals. They must not depend on
        each other.
    at_least : sequence of (larger, smaller)
        Numbers whose order is kept: the first is not less than the second, before and after.

    Returns
    -------
    ndarray (number)
        Each rounded up or down, a number that is printable as it is kept.
    """
    scale = 10.0**decimals
    scaled = _snapped(np.asarray(values, dtype=np.float64) * scale)
    low = np.floor(scaled)
    high = np.ceil(scaled)
    for number in fixed:
        low[number] = high[number] = nearest(float(scaled[number]))
    free = scaled != 0.0
    free[list(fixed)] = False
    for reach in REACH:
        down = np.where(low < 0.0, reach, np.minimum(reach, low)) * free  # a volume stays one
        found = _solve(scaled, low - down, high + reach * free, sums, at_least)
        if found is not None:
            return (found + 0.0) / scale
    raise ValueError("the sums contradict each other")


def two_way(table: Floats, decimals: int = 0) -> Floats:
    """Round a table and its margins.

    Parameters
    ----------
    table : ndarray (row, column)
        True values without totals.
    decimals : int
        Decimals kept.

    Returns
    -------
    ndarray (row + 1, column + 1)
        With totals of rows in the last column and of columns in the last row; every row and column adds up exactly and
        the total of all is the nearest to the true one.
    """
    rows, columns = table.shape
    whole = np.zeros((rows + 1, columns + 1))
    whole[:-1, :-1] = table
    whole[:-1, -1] = table.sum(axis=1)
    whole[-1] = whole[:-1].sum(axis=0)
    number: npt.NDArray[np.int64] = np.arange(whole.size, dtype=np.int64).reshape(whole.shape)
    sums: list[Sum] = [(int(line[-1]), line[:-1].tolist()) for line in number]
    sums += [(int(line[-1]), line[:-1].tolist()) for line in number.T]
    return controlled(whole.ravel(), sums, decimals, [int(number[-1, -1])]).reshape(whole.shape)


class Together:
    """Numbers that are rounded together, and the sums among them."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.sums: list[Sum] = []
        self.fixed: list[int] = []
        self.order: list[tuple[int, int]] = []

    def add(self, values: Floats) -> Ints:
        """Add numbers; return their places, in the shape of the values."""
        own: Ints = np.arange(values.size).reshape(values.shape) + len(self.values)
        self.values.extend(values.ravel().tolist())
        return own

    def equal(self, total: int, parts: Ints) -> None:
        """Add a sum."""
        self.sums.append((int(total), parts.ravel().tolist()))

    def table(self, part: Floats, totals: Ints | None = None, fixed: bool = False) -> Ints:
        """Add a table by zone with the district below and totals, own ones or those of another table."""
        own = self.add(np.vstack([part, part.sum(axis=0)]))
        for column in own.T:
            self.equal(column[-1], column[:-1])
        if totals is None:
            rows = part.sum(axis=1)
            totals = self.add(np.append(rows, rows.sum()))
            self.equal(totals[-1], totals[:-1])
            if fixed:
                self.fixed.append(int(totals[-1]))
        for total, line in zip(totals, own, strict=True):
            self.equal(total, line)
        return np.column_stack([own, totals])

    def gap(self, larger: int, smaller: int) -> int:
        """Add the difference of two totals, rounded to the nearest: equal gaps are printed alike; returns its place."""
        (place,) = self.add(np.array([max(self.values[larger] - self.values[smaller], 0.0)]))
        self.equal(larger, np.array([smaller, place]))
        self.fixed.append(int(place))
        return int(place)

    def at_most(self, smaller: Ints, larger: Ints) -> None:
        """Keep the numbers at some places from becoming more than those at others."""
        self.order += [(int(a), int(b)) for a, b in zip(larger.ravel(), smaller.ravel(), strict=True)]

    def rounded(self, decimals: int = 0) -> Floats:
        """Round everything; the numbers in the order in which they were added.

        Raises
        ------
        ValueError
            If the sums contradict each other.
        """
        return controlled(self.values, self.sums, decimals, self.fixed, self.order)


def _snapped(scaled: Floats) -> Floats:
    """Take numbers that differ from a printable one by less than arithmetic does as that one."""
    whole = np.round(scaled)
    near = np.abs(scaled - whole) <= WHOLE * np.maximum(1.0, 1e-6 * np.abs(scaled))
    return np.asarray(np.where(near, whole, scaled) + 0.0)


def _solve(
    scaled: Floats, low: Floats, high: Floats, sums: Sequence[Sum], at_least: Sequence[tuple[int, int]]
) -> Floats | None:
    """Choose whole numbers between bounds that meet all sums and lie close to the values; None if there are none."""
    from scipy import sparse
    from scipy.optimize import linprog

    if not sums and not at_least:
        return np.asarray(np.clip(np.floor(scaled + 0.5), low, high))
    count = [len(parts) + 1 for _, parts in sums]
    matrix = sparse.csr_matrix(
        (
            np.array([sign for _, parts in sums for sign in (1.0, *[-1.0] * len(parts))]),
            (np.repeat(np.arange(len(sums)), count), [n for total, parts in sums for n in (total, *parts)]),
        ),
        shape=(len(sums), len(scaled)),
    )
    moved = -(matrix @ low)
    ordered = [(a, b) for a, b in at_least if low[a] < high[b]]
    lines = np.repeat(np.arange(len(ordered)), 2)
    places = np.array(ordered, dtype=np.int64).ravel()
    less = sparse.csr_matrix(
        (np.tile([-1.0, 1.0], len(ordered)), (lines, places)), shape=(len(ordered), len(scaled))
    )
    apart = -(less @ low)
    room = np.round(high - low).astype(np.int64)
    owner = np.repeat(np.arange(len(scaled)), room)  # a variable for each unit above the lower bound
    unit = np.arange(owner.size) - np.repeat(np.cumsum(room) - room, room)
    steps = sparse.csr_matrix(
        (np.ones(owner.size), (owner, np.arange(owner.size))), (len(scaled), owner.size)
    )
    if not owner.size:  # nothing is left to choose
        return low if not moved.any() and (apart >= 0.0).all() else None
    reached = low[owner] + unit
    cost = _weights(len(scaled), sums)[owner] * (
        np.abs(reached + 1.0 - scaled[owner]) - np.abs(reached - scaled[owner])
    )
    equal, least = (matrix @ steps, moved), (less @ steps, apart)
    answer = linprog(
        cost, A_ub=least[0], b_ub=apart, A_eq=equal[0], b_eq=moved, bounds=(0.0, 1.0), method="highs-ds"
    )
    if answer.x is None:
        return None
    above = steps @ answer.x
    if np.abs(above - np.round(above)).max(initial=0.0) >= 1e-6:
        whole = _whole(cost, equal, least)
        if whole is None:
            return None
        above = steps @ whole
    return np.asarray(low + np.round(above))


def _whole(cost: Floats, equal: tuple[Any, Floats], less: tuple[Any, Floats]) -> Floats | None:
    """Solve as an integer program, where the linear one has no whole solution."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    answer = milp(
        cost,
        constraints=[
            LinearConstraint(equal[0], equal[1], equal[1]),
            LinearConstraint(less[0], -np.inf, less[1]),
        ],
        bounds=Bounds(0.0, 1.0),
        integrality=np.ones_like(cost),
        options={"node_limit": NODES, "mip_rel_gap": GAP},
    )
    return None if answer.x is None else np.asarray(answer.x)


def _weights(count: int, sums: Sequence[Sum]) -> Floats:
    """Weigh totals heavier than their parts."""
    height = np.zeros(count)
    for _ in range(len(sums)):
        before = height.copy()
        for total, parts in sums:
            height[total] = max(height[total], 1.0 + max((before[p] for p in parts), default=0.0))
        if (height == before).all():
            break
    return np.asarray(HEAVIER**height)
