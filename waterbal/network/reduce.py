"""Presolve: the smaller program the kernel solves, and the way back to the original variables.

Every original variable is an expression in the remaining columns. A column that is always zero, as works not
yet built are, is left out. A row that is always zero is solved for one of its columns, which then becomes a row
with its own bounds. A row with one column hands its bounds to it, proportional rows share bounds, and a row that
can never bind is dropped and recovered afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from waterbal.kernel import tables as kernel
from waterbal.kernel.program import Problem
from waterbal.model.rows import Floats, Rows
from waterbal.network.assemble import Assembly
from waterbal.network.lookahead import UNLIMITED, LookAhead
from waterbal.network.program import LINEAR, VOLUME
from waterbal.network.tables import floats, integers, starts

NEGLIGIBLE = 1e-12
"""Coefficients smaller than this after elimination are rounding."""
STEEP = 0.1
"""A column may be solved for if its coefficient is at least this share of the row's largest."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class KnownBounds:
    """What is known of bounds at all times, by original variable."""

    zero: Flags
    """Both bounds are 0."""
    lower_open: Flags
    """No lower bound."""
    lower_zero: Flags
    """Lower bound 0."""
    upper_open: Flags
    """No upper bound."""


@dataclass(frozen=True)
class Reduced:
    """A presolved program."""

    problem: Problem
    reduction: kernel.Reduction
    names: tuple[str, ...]


def known_bounds(build: Assembly, variants: Sequence[Rows], ahead: LookAhead) -> KnownBounds:
    """Collect what is known of bounds at all times, from the rows that set them.

    What depends on sampled weather is not known: the program must hold for samples not seen here.
    """
    program, places = build.program, build.places
    size = program.size
    zero, lower_zero = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    lower_open, upper_open = np.ones(size, dtype=bool), np.ones(size, dtype=bool)

    def closed(marks: Iterable[int | None]) -> None:
        numbers = [program.number(mark) for mark in marks if mark is not None]
        lower_open[numbers] = upper_open[numbers] = False
        lower_zero[numbers] = True

    closed(places.source_row + places.aquifer_row + places.quota_row + places.demand_row)
    closed(places.aquifer_fresh_row + places.node_capacity_row + places.node_output_row)
    closed([delivery.variable for delivery in places.deliveries] + ahead.need_rows)
    closed([zone for zones in places.store_zone for zone in zones])
    for j in range(len(build.rows.links)):
        lower_open[j] = False
        lower_zero[j] = all(never(rows.links[j].minimum) for rows in variants)
        upper_open[j] = all(never(np.isfinite(rows.links[j].capacity)) for rows in variants)
        zero[j] = all(never(rows.links[j].capacity) for rows in variants) and lower_zero[j]
    for s, zones in enumerate(places.store_zone):
        absent = all(never(rows.stores[s].capacity) for rows in variants)
        zero[[zone for zone in zones if zone is not None]] = absent
    delivered = {delivery.variable for delivery in places.deliveries}
    for mark, demand in zip(places.demand_row, build.rows.demands, strict=True):
        zero[program.number(mark)] = mark not in delivered and bool(demand.tiers)
    for mark, node in zip(places.node_balance_row, build.rows.nodes, strict=True):
        number = program.number(mark)
        lower_open[number], lower_zero[number] = False, True
        zero[number] = not (node.outlet or node.overflow)
    for mark in places.store_row:
        lower_open[program.number(mark)] = False
    for mark, lower, upper in zip(ahead.variables, ahead.lower, ahead.upper, strict=True):
        number = program.number(mark)
        lower_open[number] = bool((lower <= -UNLIMITED).all())
        lower_zero[number] = bool((lower == 0.0).all())
        upper_open[number] = bool((upper >= UNLIMITED).all())
        zero[number] = not lower.any() and not upper.any()
    for mark, total in ahead.planned_offers():
        number = program.number(mark)
        lower_open[number], lower_zero[number] = False, True
        upper_open[number] = bool((total >= UNLIMITED).all())
        zero[number] = not total.any()
    for mark in ahead.store_rows:
        lower_zero[program.number(mark)] = False
    return KnownBounds(zero, lower_open, lower_zero, upper_open)


def never(values: npt.NDArray[Any]) -> bool:
    """Tell whether values are zero at all times, in samples not seen too."""
    return values.ndim == 1 and not values.any()


def reduce(build: Assembly, known: KnownBounds) -> Reduced:
    """Presolve the program of a step.

    Parameters
    ----------
    build : Assembly
        Program with all levels.
    known : KnownBounds
        What is known of bounds at all times.

    Returns
    -------
    Reduced
        Smaller program with the same optimum, and how to recover the original variables.
    """
    program = build.program
    width = len(program.columns)
    identity = np.broadcast_to(np.eye(width), (program.stages, width, width))
    expression = np.concatenate([identity, program.matrix()], axis=1)
    objective = program.objective()
    columns = [j for j in range(width) if not known.zero[j]]
    expression, objective = expression[:, :, columns], objective[:, :, columns]
    for row in np.flatnonzero(known.zero[width:]) + width:
        eliminate(expression, objective, columns, int(row), known)
    left = [k for k, column in enumerate(columns) if column >= 0]
    expression, objective = expression[:, :, left], objective[:, :, left]
    columns = [columns[k] for k in left]
    target, factor = place_bounds(build, expression, columns, known)
    rows = sorted({int(v) for v in target if v >= 0} - set(columns))
    order = columns + rows
    position = {v: k for k, v in enumerate(order)}
    return Reduced(
        problem=reduced_problem(
            build,
            expression,
            objective,
            rows,
            target,
            factor,
            position,
            floorless(build, known, target, order),
        ),
        reduction=reduction(build, expression, columns, target, factor, position),
        names=tuple(program.variable_name(v) for v in order),
    )


def eliminate(
    expression: Floats, objective: Floats, columns: list[int], row: int, known: KnownBounds
) -> None:
    """Solve a zero row for one of its columns and substitute it everywhere, in place.

    The column is left with zeros and -1 for its number.
    """
    size = np.abs(expression[:, row, :])
    candidates = np.flatnonzero((size > STEEP * size.max(axis=1, keepdims=True)).all(axis=0))
    if candidates.size == 0 or not size.any():
        return
    fill = dict(zip(candidates.tolist(), (expression[0][:, candidates] != 0.0).sum(axis=0), strict=True))
    best = min(candidates.tolist(), key=lambda k: (not known.upper_open[columns[k]], fill[k], k))
    ratio = expression[:, row, :] / expression[:, row, best][:, None]
    part = np.flatnonzero((ratio != 0.0).any(axis=0))
    for table in (expression, objective):
        touched = np.flatnonzero((table[:, :, best] != 0.0).any(axis=0))
        place = np.ix_(np.arange(table.shape[0]), touched, part)
        values = table[place] - table[:, touched, best][:, :, None] * ratio[:, None, part]
        values[np.abs(values) < NEGLIGIBLE] = 0.0
        table[place] = values
        table[:, :, best] = 0.0
    columns[best] = -1


def place_bounds(
    build: Assembly, expression: Floats, columns: list[int], known: KnownBounds
) -> tuple[list[int], Floats]:
    """Decide which variable takes the bounds of every original variable.

    Returns
    -------
    list of int
        Original variable that stands in, itself where it stays, -1 where bounds never bind.
    ndarray (stage, original variable)
        Factor on the bounds.
    """
    stages, size = expression.shape[0], expression.shape[1]
    needed, volumes = needed_rows(build), volume_deliveries(build)
    target, factor = [-1] * size, np.ones((stages, size))
    stays: dict[tuple[int, ...], list[int]] = {}
    for v in columns:
        target[v] = v
    for v in range(size):
        if target[v] == v:
            continue
        terms = expression[:, v, :]
        support = tuple(int(k) for k in np.flatnonzero((terms != 0.0).any(axis=0)))
        implied = bool((terms >= 0.0).all()) and (known.lower_zero[v] or known.lower_open[v])
        never_binds = (implied or known.lower_open[v]) and known.upper_open[v]
        if v not in needed and (not support or never_binds):
            continue
        if len(support) == 1 and (terms[:, support[0]] > 0.0).all() and not varies(terms, v, volumes):
            target[v], factor[:, v] = columns[support[0]], 1.0 / terms[:, support[0]]
            continue
        constant = bool(support) and bool((terms[:, support] != 0.0).all())
        for other in stays.get(support, []) if constant else []:
            ratio = expression[:, other, support] / terms[:, support]
            parallel = (ratio > 0.0).all() and np.allclose(ratio, ratio[:, :1], rtol=1e-12, atol=0.0)
            if parallel and not varies(ratio, v, volumes):
                target[v], factor[:, v] = other, ratio[:, 0]
                break
        else:
            target[v] = v
            stays.setdefault(support, []).append(v)
    return target, factor


def varies(factors: Floats, variable: int, volumes: set[int]) -> bool:
    """Tell whether a delivery shared by volume would change its scale between stages."""
    return variable in volumes and bool(np.ptp(factors, axis=0).any())


def volume_deliveries(build: Assembly) -> set[int]:
    """Return the variables of deliveries shared by volume."""
    program = build.program
    return {
        program.number(build.places.deliveries[d].variable)
        for level in program.levels
        if level.kind == VOLUME
        for d in level.deliveries
    }


def needed_rows(build: Assembly) -> set[int]:
    """Return variables that later sharing classes need frozen, and deliveries of sharing classes."""
    program = build.program
    needed: set[int] = set()
    sharing_follows = False
    for level in reversed(program.levels):
        if level.kind == LINEAR and sharing_follows and level.variable is not None:
            needed.add(program.number(level.variable))
        if level.kind != LINEAR:
            sharing_follows = True
            needed.update(program.number(build.places.deliveries[d].variable) for d in level.deliveries)
    return needed


def reduced_problem(
    build: Assembly,
    expression: Floats,
    objective: Floats,
    rows: list[int],
    target: list[int],
    factor: Floats,
    position: dict[int, int],
    without_floor: Flags,
) -> Problem:
    """Build the kernel's problem in the remaining variables."""
    program, levels = build.program, build.program.levels
    groups = [level.deliveries for level in levels]
    flat = [program.number(build.places.deliveries[d].variable) for group in groups for d in group]
    frozen = []
    for k, level in enumerate(levels):
        number = program.number(level.variable) if level.kind == LINEAR else -1
        frozen.append(position[target[number]] if number >= 0 and target[number] >= 0 else -1)
        if frozen[-1] >= 0:
            objective[:, k, :] *= factor[:, number][:, None]
    return Problem(
        matrix=floats(expression[:, rows, :]),
        objective=floats(objective),
        kind=integers([level.kind for level in levels]),
        variable=integers(frozen),
        member_start=starts(groups),
        member=integers([position[target[v]] for v in flat]),
        member_scale=floats([1.0 / factor[0, v] for v in flat]),
        floorless=integers(without_floor),
    )


def floorless(build: Assembly, known: KnownBounds, target: list[int], order: list[int]) -> Flags:
    """Tell which remaining variables have a lower bound of 0 at all times; ndarray (variable)."""
    zero = known.lower_zero.copy()
    zero[[zone for zones in build.places.store_zone for zone in zones if zone is not None]] = False
    found = []
    for v in order:
        bounds = [i for i, place in enumerate(target) if place == v]
        closed = [i for i in bounds if not known.lower_open[i]]
        found.append(bool(closed) and bool(zero[closed].all()))
    return np.array(found, dtype=bool)


def reduction(
    build: Assembly,
    expression: Floats,
    columns: list[int],
    target: list[int],
    factor: Floats,
    position: dict[int, int],
) -> kernel.Reduction:
    """Build the tables that carry bounds forward and flows back."""
    size = len(target)
    variables, values = [], []
    for v in range(size):
        if target[v] >= 0:
            variables.append([position[target[v]]])
            values.append(1.0 / factor[:, v : v + 1])
        else:
            support = np.flatnonzero((expression[:, v, :] != 0.0).any(axis=0))
            variables.append([position[columns[k]] for k in support])
            values.append(expression[:, v, support])
    program = build.program
    deliveries = [d for level in program.levels for d in level.deliveries]
    members = [program.number(build.places.deliveries[d].variable) for d in deliveries]
    return kernel.Reduction(
        bound_target=integers([position[t] if t >= 0 else -1 for t in target]),
        bound_factor=floats(factor),
        recover_start=starts(variables),
        recover_variable=integers([v for group in variables for v in group]),
        recover_value=floats(np.concatenate(values, axis=1)),
        delivery_factor=floats(factor[:, members]),
        delivery=integers(deliveries),
    )
