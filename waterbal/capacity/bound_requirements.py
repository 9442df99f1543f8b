"""Requirements as rows of the program that knows the future, with the misses that may happen as shares.

A year is good or not; here it may be good in part: with v in [0, 1] the share of it that is missed and u in [0, scale]
the scale times that share, what must be delivered is A (scale - u) + B (1 - v), and no more than the allowed number of
years is missed in all. Every choice of missed years is such a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.capacity.bound_program import ABSENT, SHARE, Terms
from waterbal.capacity.bound_record import Record, arrivals, outflow
from waterbal.model.rows import Floats, Ints, RequirementRow
from waterbal.network.requirements import years

ROUNDING = 1e-6
"""Share of a need that may be short before anything is missed, as the kernel counts."""


@dataclass(frozen=True)
class Periods:
    """When something is judged, and which of it a miss covers."""

    groups: list[Ints]
    """Steps that are judged together, each ndarray (step)"""
    period: Ints
    """ndarray (group) period that a group belongs to: it is missed as a whole"""


def require(build: Record, item: RequirementRow, allowed: int, top: float) -> Ints:
    """Add a requirement.

    Parameters
    ----------
    build : Record
        Program of the record.
    item : RequirementRow
        What is required.
    allowed : int
        Years or steps that may be missed.
    top : float
        Scale that is not exceeded.

    Returns
    -------
    ndarray (1)
        Column that is what is short of it, 0 unless its bound is raised.
    """
    short = build.program.add_columns(1, 0.0, 0.0)
    if item.kind == "aquifer_depth":
        _ground(build, item, allowed, short)
    elif item.kind == "load":
        _load(build, item, allowed, short, top)
    else:
        _delivery(build, item, allowed, short, top)
    return short


def judged_steps(build: Record, kind: str) -> Periods:
    """Return what is judged together: complete years, or steps whose misses count by year or one by one."""
    axis = build.rows.axis
    size = build.size - build.warm_up
    year, _ = years(axis)
    if kind in ("annual", "annual_depth"):
        groups = [np.flatnonzero(year == y) for y in range(int(year.max(initial=-1)) + 1)]
        groups = [steps for steps in groups if steps[-1] < size]
        return Periods(groups, np.arange(len(groups)))
    groups = [np.array([t]) for t in range(size)]
    if kind == "step":
        return Periods(groups, np.arange(size))
    return Periods(groups, np.concatenate([[0], np.cumsum(np.diff(year[:size]) != 0)]))


def _kept(item: RequirementRow, tolerance: float) -> float:
    """Return the share of a need that must be delivered."""
    if item.kind == "annual":
        return 1.0 - tolerance - ROUNDING
    if item.kind == "step":
        return 1.0 - ROUNDING
    rounding = ROUNDING * max(1.0, abs(item.limit)) if item.kind == "step_depth" else ROUNDING
    return 1.0 - item.limit - rounding


def _delivery(build: Record, item: RequirementRow, allowed: int, short: Ints, top: float) -> None:
    """Add what must be delivered to a group of demands, year by year or step by step."""
    program, names = build.program, build.names
    demands = [(names.demands[id], _kept(item, tolerance)) for id, tolerance in item.members]
    when = judged_steps(build, item.kind)
    need = np.zeros((len(when.groups), 2))
    asked = np.zeros(len(when.groups), dtype=bool)
    for d, share in demands:
        gross = build.rows.demands[d].gross
        sums = np.array([gross[steps].sum() for steps in when.groups])
        need += share * sums[:, None] * build.need[d]
        asked |= sums > 0.0
    chosen = np.flatnonzero(asked)
    periods, of = np.unique(when.period[chosen], return_inverse=True)
    if chosen.size == 0 or allowed >= periods.size:
        return
    need = need[chosen]
    constant, slope = need[:, 0], need[:, 1]
    terms: Terms = [
        (np.broadcast_to(build.scale, chosen.shape), -slope),
        (np.broadcast_to(short, chosen.shape), np.abs(constant) + np.abs(slope) * max(1.0, _low(build))),
    ]
    fewer: Terms = [(np.broadcast_to(build.scale, chosen.shape), -SHARE * slope)]
    if allowed > 0:
        u, v = _misses(build, periods.size, allowed, slope, constant, top)
        terms += [(u[of], slope), (v[of], constant)]
        fewer += [(u[of], SHARE * slope), (v[of], SHARE * constant)]
    places = program.add_rows(chosen.size, terms, lower=constant)
    for k, place in zip(chosen, places, strict=True):
        steps = when.groups[k] + build.warm_up
        for d, _ in demands:
            program.add_entries(np.full(steps.size, place), build.supply[d][steps], 1.0)
    program.mark(item.id, places, -SHARE * constant, fewer, lower=True)


def _low(build: Record) -> float:
    """Return the smallest scale."""
    return float(build.program.lower[0][0])


def _misses(
    build: Record, count: int, allowed: int, slope: Floats, constant: Floats, top: float
) -> tuple[Ints, Ints]:
    """Add shares of periods that are missed, and the scale times them; ``ABSENT`` where nothing depends on them."""
    program = build.program
    absent = np.full(count, ABSENT)
    u, v = absent, absent
    scale = np.broadcast_to(build.scale, (count,))
    if slope.any():
        u = program.add_columns(count)
        program.add_rows(count, [(u, 1.0), (scale, -1.0)], upper=0.0)
        total = program.add_rows(1, [(build.scale, -float(allowed))], upper=0.0)
        program.add_entries(np.full(count, total[0]), u, 1.0)
    if constant.any():
        v = program.add_columns(count, 0.0, 1.0)
        total = program.add_rows(1, [], upper=float(allowed))
        program.add_entries(np.full(count, total[0]), v, 1.0)
    if slope.any() and constant.any() and np.isfinite(top):  # u = scale x v at v = 0 and v = 1
        program.add_rows(count, [(u, 1.0), (v, -top)], upper=0.0)
        program.add_rows(count, [(scale, 1.0), (u, -1.0), (v, top)], upper=top)
    return u, v


def _ground(build: Record, item: RequirementRow, allowed: int, short: Ints) -> None:
    """Keep the storage of an aquifer above that of the deepest level."""
    program, a = build.program, build.names.aquifers[item.members[0][0]]
    aquifer = build.rows.aquifers[a]
    deepest = item.limit + ROUNDING * max(1.0, abs(item.limit))
    least = (aquifer.floor_depth - deepest) * aquifer.storage_per_metre
    when = judged_steps(build, item.kind)
    periods = np.unique(when.period).size
    if least <= 0.0 or allowed >= periods:
        return
    count = len(when.groups)
    ground = build.ground[a][build.warm_up :]
    terms: Terms = [(ground, 1.0), (np.broadcast_to(short, (count,)), least)]
    if allowed > 0:
        _, v = _misses(build, periods, allowed, np.zeros(1), np.ones(1), np.inf)
        terms.append((v[when.period], least))
    places = program.add_rows(count, terms, lower=least)
    program.mark(item.id, places, -SHARE * item.limit * aquifer.storage_per_metre, lower=True)


def _load(build: Record, item: RequirementRow, allowed: int, short: Ints, top: float) -> None:
    """Keep what works discharge below a load; one that may be missed is left out, since a miss has no largest load."""
    if allowed > 0:
        return
    program, names = build.program, build.names
    days = build.at(build.rows.axis.days)
    most = item.limit + ROUNDING * max(1.0, abs(item.limit))
    terms: Terms = [(np.broadcast_to(short, (build.size,)), -max(1.0, abs(item.limit)))]
    for (id, weight), untreated in zip(item.members, item.untreated, strict=True):
        node = build.rows.nodes[names.nodes[id]]
        if not (node.outlet or node.overflow):
            continue
        recovery = build.at(node.recovery)
        arriving = arrivals(build, names, id)
        inflow = _processed(build, id, top) if node.overflow else arriving
        terms += [(columns, weight * recovery * c / days) for columns, c in inflow]
        if node.overflow:  # what is not treated by-passes
            terms += [(columns, untreated * c / days) for columns, c in arriving]
            terms += [(columns, -untreated * c / days) for columns, c in inflow]
        terms += [(columns, -weight * c / days) for columns, c in outflow(build, names, id)]
    record = slice(build.warm_up, None)
    cut: Terms = [
        (columns[record], np.broadcast_to(np.asarray(c, dtype=np.float64), (build.size,))[record])
        for columns, c in terms
    ]
    places = program.add_rows(build.size - build.warm_up, cut, upper=most)
    program.mark(item.id, places, SHARE * abs(item.limit))


def _processed(build: Record, id: str, top: float) -> Terms:
    """Add what works with an overflow process: the smaller of inflow and capacity, above its chord."""
    program, names = build.program, build.names
    node = build.rows.nodes[names.nodes[id]]
    capacity, usable = build.at(node.capacity), build.at(node.usable)
    inflow = arrivals(build, names, id)
    columns = program.add_columns(build.size, 0.0, capacity)
    name, finite = f"nodes.{id}.capacity", np.where(np.isfinite(capacity), capacity, 0.0)
    program.mark(name, columns, SHARE * finite, of_rows=False)
    negative = [(c, -np.asarray(value, dtype=np.float64)) for c, value in inflow]
    program.add_rows(build.size, [(columns, 1.0), *negative], upper=0.0)
    taken = [(c, -np.asarray(value, dtype=np.float64)) for c, value in outflow(build, names, id)]
    program.add_rows(build.size, [(columns, usable), *taken], lower=0.0)
    most = largest_inflow(build, id, top)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(most > capacity, capacity / most, 1.0)
    part = np.where(np.isfinite(part), part, 0.0)
    places = program.add_rows(build.size, [(columns, 1.0), *[(c, part * v) for c, v in negative]], lower=0.0)
    more = np.where(part < 1.0, np.minimum(SHARE * part, 1.0 - part), 0.0)  # more capacity is a steeper chord
    program.mark(name, places, 0.0, [(c, more * v) for c, v in negative], lower=True)
    return [(columns, 1.0)]


def largest_inflow(build: Record, id: str, top: float) -> Floats:
    """Return what can reach works at a scale, ndarray (position) [1e4 m3]; infinite where a link has no capacity."""
    names, rows = build.names, build.rows
    total = np.zeros(build.size)
    for j in names.incoming[names.vertex[id]]:
        total = total + build.at(rows.links[j].gain) * build.at(rows.links[j].capacity)
    for d, demand in enumerate(rows.demands):
        for to, share in demand.returns:
            if to == id:
                factor = build.need[d][0] + build.need[d][1] * top
                total = total + build.at(share) * build.at(demand.gross) * build.cut[d] * factor
    return total


def depends_on_top(build: Record, items: Sequence[RequirementRow]) -> bool:
    """Tell whether a smaller scale that is not exceeded would make the program tighter."""
    overflowing = {node.id for node in build.rows.nodes if node.overflow}
    for item in items:
        if item.kind == "load" and any(id in overflowing for id, _ in item.members):
            return True
        if item.kind in ("annual", "step", "annual_depth", "step_depth"):
            factors = [build.need[build.names.demands[id]] for id, _ in item.members]
            if any(f[1] for f in factors) and any(f[0] for f in factors):
                return True
    return False
