"""The whole record of a lowered model as rows of one linear program that knows the future.

Whatever a simulation does is feasible here: what it decides (priorities, reserves, restrictions, the order of sources)
is free, and what is not linear is replaced by lines that it stays within. A drought rule may only lower a need; of a
quota that is cut or raised inside its year, what has been used is within the largest entitlement so far, and what is
carried over within what was left of it.
"""

from __future__ import annotations

import numpy as np

from waterbal.capacity.bound_aquifers import add_aquifers
from waterbal.capacity.bound_program import SHARE, Terms, each
from waterbal.capacity.bound_record import Record, arrivals, before, link_arrivals, moves, outflow, raised
from waterbal.capacity.bound_stores import add_stores
from waterbal.model.rows import Floats, Ints, QuotaRow, Rows, SourceRow
from waterbal.network.index import Index
from waterbal.network.tables import quota_left_at_start, quota_starts, smallest


def record(rows: Rows, need: Floats, offer: Floats, low: float, high: float, steps: int) -> Record:
    """Build the program of the first steps of a record, without requirements.

    Parameters
    ----------
    rows : Rows
        Of one realization.
    need : ndarray (demand, 2) [-]
        Factor on needs: constant part, and part per unit of the scale.
    offer : ndarray (source, 2) [-]
        The same for what sources offer.
    low, high : float
        Range of the scale.
    steps : int
        Steps of the record that count.
    """
    warm_up = rows.axis.warm_up
    positions = np.concatenate([np.arange(warm_up), np.arange(steps)]).astype(np.int64)
    build = Record(rows, positions, warm_up, need, offer)
    build.scale = build.program.add_columns(1, low, high)
    names = build.names
    _links(build)
    _demands(build, names)
    _sources(build, names)
    _nodes(build, names)
    add_stores(build, names)
    add_aquifers(build, names)
    _quotas(build, names)
    return build


def _links(build: Record) -> None:
    for link in build.rows.links:
        least, most = build.at(link.minimum), build.at(link.capacity)
        columns = build.program.add_columns(build.size, least, most)
        build.flow.append(columns)
        finite = np.where(np.isfinite(most), most, 0.0)
        build.program.mark(f"links.{link.id}.capacity", columns, SHARE * finite, of_rows=False)
        if least.any():
            build.program.mark(f"links.{link.id}.minimum", columns, SHARE * least, of_rows=False, lower=True)


def _demands(build: Record, names: Index) -> None:
    """Supply is what arrives, and at most the need: a drought rule may only ask for less."""
    cut = np.ones(len(build.rows.demands))
    for rule in build.rows.restrictions:
        for id, factor in rule.factor.items():
            cut[names.demands[id]] *= max(1.0, float(np.max(factor, initial=1.0)))
    build.cut = cut.tolist()
    for d, demand in enumerate(build.rows.demands):
        need = build.at(demand.gross) * cut[d]
        constant, slope = build.need[d]
        most = need * constant if slope == 0.0 else np.inf
        columns = build.program.add_columns(build.size, 0.0, most)
        build.supply.append(columns)
        terms = [(columns, -1.0), *link_arrivals(build, names, demand.id)]
        build.program.add_rows(build.size, terms, 0.0, 0.0)
        if slope != 0.0:
            terms = [(columns, 1.0), (build.all_scale(), -slope * need)]
            build.program.add_rows(build.size, terms, upper=constant * need)


def _sources(build: Record, names: Index) -> None:
    program = build.program
    for s, source in enumerate(build.rows.sources):
        out = outflow(build, names, source.id)
        if not out:
            continue
        share = build.at(source.yield_)
        constant, slope = build.offer[s]
        limit = share * build.at(smallest(source.limits))
        terms = [*out, (build.all_scale(), -slope * limit)]
        places = program.add_rows(build.size, terms, upper=constant * limit)
        for name, change in moves(source, "sources"):
            more = share * build.at(change)
            program.mark(name, places, constant * more, [(build.all_scale(), slope * more)])
        if source.lagged_supply:
            _lag(build, names, source, out)


def _lag(build: Record, names: Index, source: SourceRow, out: Terms) -> None:
    """Bound a source by what demands got one step earlier; by nothing where there is no earlier step."""
    days = build.at(build.rows.axis.days)
    pace = np.concatenate([[0.0], days[1:] / days[:-1]]) * build.at(source.yield_)
    pace[build.begins()] = 0.0
    lagged: Terms = [
        (before(build.supply[names.demands[d]]), -share * pace) for d, share in source.lagged_supply
    ]
    build.program.add_rows(build.size, [*out, *lagged], upper=0.0)


def _nodes(build: Record, names: Index) -> None:
    program = build.program
    for node in build.rows.nodes:
        inflow, out = arrivals(build, names, node.id), outflow(build, names, node.id)
        usable, capacity = build.at(node.usable), build.at(node.capacity)
        released = node.outlet or node.overflow
        balance = each(inflow, usable) + each(out, -1.0)
        places = program.add_rows(build.size, balance, 0.0, np.inf if released else 0.0)
        name = f"nodes.{node.id}"
        if released:  # the row is 0 <= usable x inflow - out: more of it lowers its bound
            more = np.minimum(usable * (1.0 + SHARE), build.at(node.recovery)) - usable
            program.mark(f"{name}.usable", places, 0.0, each(inflow, -more), lower=True)
        if not node.overflow and np.isfinite(node.capacity).any():
            places = program.add_rows(build.size, inflow, upper=capacity)
            program.mark(f"{name}.capacity", places, SHARE * np.where(np.isfinite(capacity), capacity, 0.0))
        if not out:
            continue
        limits = {"output": build.at(node.output_limit)}
        if node.overflow:
            limits["capacity"] = np.where(usable > 0.0, usable, 1.0) * capacity
            limits["capacity"][usable <= 0.0] = 0.0
        bound = smallest(limits)
        if not np.isfinite(bound).any():
            continue
        places = program.add_rows(build.size, out, upper=bound)
        finite = np.isfinite(bound)
        for kind in limits:
            with np.errstate(invalid="ignore"):
                change = np.where(finite, raised(limits, kind), 0.0)
            program.mark(f"{name}.{kind}", places, change)
        if node.overflow:
            more = np.minimum(usable * (1.0 + SHARE), build.at(node.recovery))
            with np.errstate(invalid="ignore"):
                gained = np.minimum(limits["output"], more * capacity) - bound
            program.mark(f"{name}.usable", places, np.where(finite & (usable > 0.0), gained, 0.0))


def _quotas(build: Record, names: Index) -> None:
    for quota in build.rows.quotas:
        entries: Terms = []
        for member, weight in quota.members:
            source = names.sources.get(member, -1)
            divisor = build.at(build.rows.sources[source].yield_) if source >= 0 else 1.0
            if member in names.links:
                entries.append((build.flow[names.links[member]], weight / divisor))
            else:
                entries += each(outflow(build, names, member), weight / divisor)
        begins = set(build.begins().tolist())
        renewed = np.flatnonzero(build.at(quota_starts(quota, build.rows.axis)) > 0.0).tolist()
        edges = sorted(begins | {u for u in renewed if u not in begins})
        carried: Ints | None = None
        for first, last in zip(edges, [*edges[1:], build.size], strict=True):
            carried = _quota_year(build, quota, entries, first, last, None if first in begins else carried)


def _quota_year(
    build: Record, quota: QuotaRow, entries: Terms, first: int, last: int, carried: Ints | None
) -> Ints | None:
    """Bound what is used in a quota year, and return the column of what is carried into the next.

    Where the entitlement changes inside the year, use up to each step is within the largest one so far.
    """
    program, volume = build.program, build.at(quota.volume)[first:last]
    fresh = carried is None and first in set(build.begins().tolist())
    begin = float(quota_left_at_start(quota, build.rows.axis).ravel()[0]) if fresh else float(volume[0])
    largest = np.maximum.accumulate(begin + volume - volume[0])
    more = SHARE * np.maximum.accumulate(begin + volume - volume[0])
    ends = np.flatnonzero(np.append(np.diff(largest) > 0.0, True))
    coefficients = [
        (columns[first:last], np.broadcast_to(c, (build.size,))[first:last]) for columns, c in entries
    ]
    left: Ints | None = None
    for k in ends:
        row = program.add_rows(1, [], upper=max(float(largest[k]), 0.0))
        for columns, coefficient in coefficients:
            program.add_entries(np.full(k + 1, row[0]), columns[: k + 1], coefficient[: k + 1])
        if carried is not None:
            program.add_entries(row, carried, -1.0)
        program.mark(f"quotas.{quota.id}.volume", row, float(more[k]))
        left = row
    if quota.carry_over <= 0.0 or last >= build.size:
        return None
    coming = float(build.at(quota.volume)[last])
    kept = program.add_columns(1, 0.0, max(quota.carry_over * coming, 0.0))
    program.mark(f"quotas.{quota.id}.volume", kept, SHARE * quota.carry_over * coming, of_rows=False)
    assert left is not None
    program.add_entries(left, kept, 1.0)
    return kept
