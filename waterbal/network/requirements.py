"""Requirement tables of the kernel, and what a record must not miss to meet them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from waterbal.kernel import judge
from waterbal.kernel import tables as kernel
from waterbal.model.rows import Floats, Ints, RequirementRow, Rows, TimeAxis
from waterbal.network.build import Network
from waterbal.network.tables import floats, integers, starts

KINDS = {
    "annual": judge.ANNUAL,
    "step": judge.STEP,
    "annual_depth": judge.ANNUAL_DEPTH,
    "step_depth": judge.STEP_DEPTH,
    "aquifer_depth": judge.AQUIFER_DEPTH,
    "load": judge.LOAD,
}
BY_STEP = ("step",)
"""Kinds whose misses are steps; those of all others are years."""
RATED = ("annual", "step")
"""Kinds that may be missed at a stated rate; the others are never missed in a record of n years."""
UNLIMITED = np.iinfo(np.int64).max


def requirement_tables(
    network: Network, requirements: Sequence[RequirementRow], allowed: Ints, *, stop: bool
) -> kernel.Requirements:
    """Build the table of requirements.

    Parameters
    ----------
    network : Network
        Of the model that the requirements belong to.
    requirements : sequence of RequirementRow
        Items, in order.
    allowed : ndarray (variant, item)
        Misses that may happen; one row for all variants will do.
    stop : bool
        Whether a member ends once an item is lost.
    """
    rows = network.rows
    demands = {row.id: d for d, row in enumerate(rows.demands)}
    nodes = {row.id: n for n, row in enumerate(rows.nodes)}
    aquifers = {row.id: a for a, row in enumerate(rows.aquifers)}
    groups: list[list[tuple[int, float]]] = []
    loads: list[list[tuple[int, float, float]]] = []
    targets, limits = [], []
    for item in requirements:
        limit = item.limit
        if item.kind == "aquifer_depth":
            targets.append(aquifers[item.members[0][0]])
        elif item.kind == "load":
            both = zip(item.members, item.untreated, strict=True)
            loads.append([(nodes[name], weight, untreated) for (name, weight), untreated in both])
            targets.append(len(loads) - 1)
            limit /= network.scale
        else:
            group = [(demands[name], tolerance) for name, tolerance in item.members]
            if group not in groups:
                groups.append(group)
            targets.append(groups.index(group))
        limits.append(limit)
    year, ends = years(rows.axis)
    return kernel.Requirements(
        year_of_step=year,
        year_ends=ends,
        group_start=starts(groups),
        group_demand=integers([d for group in groups for d, _ in group]),
        group_tolerance=floats([tolerance for group in groups for _, tolerance in group]),
        load_start=starts(loads),
        load_node=integers([n for load in loads for n, _, _ in load]),
        load_weight=floats([weight for load in loads for _, weight, _ in load]),
        load_untreated=floats([weight for load in loads for _, _, weight in load]),
        kind=integers([KINDS[item.kind] for item in requirements]),
        target=integers(targets),
        limit=floats(limits),
        allowed=integers(allowed).reshape(-1, len(requirements)),
        stop=integers([stop]),
    )


def no_requirements(steps: int) -> kernel.Requirements:
    """Return the table of a run in which nothing is judged."""
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    start = np.zeros(1, dtype=np.int64)
    return kernel.Requirements(
        year_of_step=np.zeros(steps, dtype=np.int64), year_ends=np.zeros(steps, dtype=np.int64),
        group_start=start, group_demand=none, group_tolerance=nothing,
        load_start=start, load_node=none, load_weight=nothing, load_untreated=nothing,
        kind=none, target=none, limit=nothing, allowed=np.zeros((1, 0), dtype=np.int64), stop=start,
    )  # fmt: skip


def allocate_outcome(requirements: kernel.Requirements, members: int) -> kernel.Outcome:
    """Allocate what tells how requirements were met."""
    items, groups = requirements.kind.size, requirements.group_start.size - 1
    counts = (members, items)
    return kernel.Outcome(
        missed=np.zeros(counts, dtype=np.int64),
        asked=np.zeros(counts, dtype=np.int64),
        first=np.full(counts, -1, dtype=np.int64),
        worst=np.full(counts, -np.inf),
        lost=np.full(members, -1, dtype=np.int64),
        lost_step=np.full(members, -1, dtype=np.int64),
        year_need=np.zeros((members, groups)),
        year_supply=np.zeros((members, groups)),
        year_allowed=np.zeros((members, groups)),
        year_missed=np.zeros(counts, dtype=np.int64),
    )


def unscale(outcome: kernel.Outcome, requirements: kernel.Requirements, scale: float) -> None:
    """Turn loads of kernel units into loads of 1e4 m3, in place."""
    outcome.worst[:, requirements.kind == judge.LOAD] *= scale


def years(axis: TimeAxis) -> tuple[Ints, Ints]:
    """Return the position of each step's complete calendar year, -1 in others, and 1 where such a year ends."""
    known, first = np.unique(axis.year, return_index=True)
    position = np.full(axis.size, -1, dtype=np.int64)
    ends = np.zeros(axis.size, dtype=np.int64)
    count = 0
    for begin, end in zip(first, [*first[1:], axis.size], strict=True):
        if np.unique(axis.month[begin:end]).size == 12:
            position[begin:end] = count
            ends[end - 1] = 1
            count += 1
    assert known.size == first.size
    return position, ends


def quota_years(axis: TimeAxis, reset_month: int) -> Ints:
    """Return the position of each step's complete quota year, which begins with a month; -1 in others."""
    known, year = np.unique(axis.year - (axis.month < reset_month), return_inverse=True)
    whole = np.array([np.unique(axis.month[year == y]).size == 12 for y in range(known.size)])
    number = np.cumsum(whole) - 1
    return np.where(whole[year], number[year], -1)


def asked(rows: Rows, requirements: Sequence[RequirementRow]) -> Ints:
    """Count the years or steps in which each requirement has something to judge.

    Returns
    -------
    ndarray (sample, item)
        Years with need, or steps with need; for aquifers and loads the complete years.
    """
    year, ends = years(rows.axis)
    complete = int(ends.sum())
    known = {row.id: row.gross for row in rows.demands}
    columns = []
    for item in requirements:
        if item.kind in ("aquifer_depth", "load"):
            columns.append(np.array([complete]))
            continue
        need = np.atleast_2d(np.asarray(sum(known[name] for name, _ in item.members)))
        if item.kind in BY_STEP:
            columns.append((need > 0.0).sum(axis=1))
        else:
            with_need = [need[:, year == y].sum(axis=1) > 0.0 for y in range(complete)]
            columns.append(np.sum(with_need, axis=0) if with_need else np.zeros(len(need), dtype=np.int64))
    samples = max((column.size for column in columns), default=1)
    return np.stack([np.broadcast_to(column, samples) for column in columns], axis=1).astype(np.int64)


def misses(count: Ints | int, rate: Floats | float) -> Ints:
    """Return how many of n may be missed so that m / (n + 1) is still the rate or more; -1 if n is too small.

    Where there is nothing to judge, none.
    """
    n = np.asarray(count, dtype=np.int64)
    needed = np.ceil(np.asarray(rate) * (n + 1) - 1e-9).astype(np.int64)
    return np.where(n > 0, np.maximum(n - needed, -1), 0)


def years_needed(rate: float) -> int:
    """Return the smallest n without any miss that supports a rate: n / (n + 1) >= rate."""
    years = rate / (1.0 - rate)
    return math.ceil(years - 1e-9 * max(1.0, years))
