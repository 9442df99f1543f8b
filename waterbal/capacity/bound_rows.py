"""The whole record of a lowered model as rows of one linear program that knows the future.

Whatever a simulation does is feasible here: what it decides (priorities, reserves, restrictions, the order of sources)
is free, and what is not linear is replaced by lines that it stays within. Where the kernel takes

- the surface A of a store, a lies between the hulls of its curve; evaporation and seepage are (e + s) a, or what water
  there is where that is less: (e + s) a - max over V of ((e + s) A(V) - V) <= loss <= (e + s) a, and never less than
  the smallest share of the volume;
- a dead volume D that only losses can bring down: V >= D - q with q <= D (1 - V / capacity) and q growing by no more
  than the losses of a step;
- the tier of an aquifer, its factor is below the concave hull of its steps; phreatic evaporation is convex in storage;
- a quota that may be cut or raised inside its year, what has been used is within the largest entitlement so far, and
  what is carried over within what was left of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.capacity.bound_program import ABSENT, SHARE, Program, Terms, each, hull
from waterbal.model.rows import AquiferRow, Floats, Ints, QuotaRow, Rows, SourceRow, StoreRow
from waterbal.network.index import Index, index
from waterbal.network.tables import quota_left_at_start, quota_starts, smallest

MILLIMETRE = 0.1
"""[1e4 m3] of 1 mm on 1 km2."""


@dataclass
class Record:
    """The program of a record with the columns that requirements are about; positions are warm-up, then record."""

    rows: Rows
    steps: Ints
    """ndarray (position) step of the record that each position has the weather of"""
    warm_up: int
    need: Floats
    """ndarray (demand, 2) factor on need: constant, and per unit of the scale [-]"""
    offer: Floats
    """ndarray (source, 2) factor on what sources offer"""
    program: Program = field(default_factory=Program)
    scale: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """ndarray (1) column of the scale"""
    flow: list[Ints] = field(default_factory=list)
    """Per link ndarray (position)"""
    supply: list[Ints] = field(default_factory=list)
    """Per demand"""
    cut: list[float] = field(default_factory=list)
    """Per demand, largest factor of a drought rule, at least 1 [-]"""
    ground: list[Ints] = field(default_factory=list)
    """Per aquifer, storage at the end of a step"""
    volume: list[Ints] = field(default_factory=list)
    """Per store, at the end of a step"""
    loss: list[Ints] = field(default_factory=list)
    """Per store, evaporation and seepage"""

    @property
    def size(self) -> int:
        """Number of positions."""
        return int(self.steps.size)

    @property
    def names(self) -> Index:
        """Numbers of elements and links."""
        return index(self.rows)

    def begins(self) -> Ints:
        """Return the positions at which quotas and lags begin anew: that of the warm-up and that of the record."""
        return np.unique([0, self.warm_up])

    def at(self, values: Floats) -> Floats:
        """Return the value of a series at every position."""
        return np.asarray(values, dtype=np.float64)[self.steps]

    def all_scale(self) -> Ints:
        """Return the column of the scale once for every position."""
        return np.broadcast_to(self.scale, (self.size,))


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
    _stores(build, names)
    _aquifers(build, names)
    _quotas(build, names)
    return build


def before(columns: Ints) -> Ints:
    """Return the columns of the step before, ``ABSENT`` for the first."""
    return np.concatenate([[ABSENT], columns[:-1]])


def outflow(build: Record, names: Index, id: str) -> Terms:
    """Give what links take from an element."""
    return [(build.flow[j], 1.0) for j in names.outgoing[names.vertex[id]]]


def link_arrivals(build: Record, names: Index, id: str) -> Terms:
    """Give what links bring to an element."""
    return [(build.flow[j], build.at(build.rows.links[j].gain)) for j in names.incoming[names.vertex[id]]]


def returned(build: Record, id: str) -> Terms:
    """Give what demands return to an element."""
    return [
        (build.supply[d], build.at(share))
        for d, demand in enumerate(build.rows.demands)
        for to, share in demand.returns
        if to == id
    ]


def arrivals(build: Record, names: Index, id: str) -> Terms:
    """Give what links and returns bring to an element."""
    return link_arrivals(build, names, id) + returned(build, id)


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


def _raised(limits: dict[str, Floats], kind: str) -> Floats:
    """Return by how much the smallest of several limits grows when one of them does, ndarray (time)."""
    return smallest({**limits, kind: limits[kind] * (1.0 + SHARE)}) - smallest(limits)


def _moves(row: SourceRow | AquiferRow, section: str) -> list[tuple[str, Floats]]:
    """List every limit of a source or aquifer with what raising it brings, and all of them together."""
    found = [(f"{section}.{row.id}.{kind}", _raised(row.limits, kind)) for kind in row.limits]
    if len(row.limits) > 1:
        found.append((f"{section}.{row.id}", SHARE * smallest(row.limits)))
    return found


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
        for name, change in _moves(source, "sources"):
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
                change = np.where(finite, _raised(limits, kind), 0.0)
            program.mark(f"{name}.{kind}", places, change)
        if node.overflow:
            more = np.minimum(usable * (1.0 + SHARE), build.at(node.recovery))
            with np.errstate(invalid="ignore"):
                raised = np.minimum(limits["output"], more * capacity) - bound
            program.mark(f"{name}.usable", places, np.where(finite & (usable > 0.0), raised, 0.0))


def _stores(build: Record, names: Index) -> None:
    for store in build.rows.stores:
        capacity = build.at(store.capacity)
        dead = np.minimum(build.at(store.dead), capacity)
        least = _lowest(build, store, capacity, dead)
        columns = build.program.add_columns(build.size, least, capacity)
        active = SHARE * np.maximum(capacity - dead, 0.0)
        build.program.mark(f"stores.{store.id}.capacity", columns, active, of_rows=False)
        build.volume.append(columns)
        inflow = np.maximum(build.at(store.inflow), 0.0)
        surface, loss = _losses(build, store, columns, capacity)
        build.loss.append(loss)
        start = np.zeros(build.size)
        start[0] = store.initial
        rain = MILLIMETRE * build.at(store.rain)
        terms: Terms = [
            (columns, 1.0), (before(columns), -1.0), (surface, -rain), (loss, 1.0),
            *outflow(build, names, store.id), *each(arrivals(build, names, store.id), -1.0),
        ]  # fmt: skip
        places = build.program.add_rows(build.size, terms, upper=inflow + start)
        build.program.mark(f"stores.{store.id}.inflow", places, SHARE * inflow)
        if dead.any():
            _dead(build, store, columns, loss, capacity, dead)


def _curve(store: StoreRow) -> tuple[Floats, Floats]:
    """Return the area curve up to the largest volume there can be: volumes, and areas [km2]."""
    most = max(float(np.max(store.capacity)), store.initial)
    inside = store.curve_volume < most
    volume = np.append(store.curve_volume[inside], most)
    return volume, np.interp(volume, store.curve_volume, store.curve_area)


def _losses(build: Record, store: StoreRow, volume: Ints, capacity: Floats) -> tuple[Ints, Ints]:
    """Add surface and losses of a store; the surface is that of the start, or of a mean with the end."""
    program = build.program
    depth = MILLIMETRE * (build.at(store.evaporation) + build.at(store.seepage))
    rain = MILLIMETRE * build.at(store.rain)
    if not depth.any() and not rain.any():
        none = np.full(build.size, ABSENT)
        return none, none
    x, y = _curve(store)
    surface = program.add_columns(build.size, float(y.min()), float(y.max()))
    loss = program.add_columns(build.size, 0.0, depth * float(y.max()))
    first = np.zeros(build.size)
    first[0] = store.initial
    own = 1.0 if store.passes == 1 else 0.5
    other = np.zeros(build.size) if store.passes == 1 else 0.5 * capacity
    for sign in (1.0, -1.0):
        for constant, slope in hull(x, y, sign):
            end = other if (slope > 0.0) == (sign > 0.0) else 0.0
            side = constant + slope * (own * first + end)
            terms: Terms = [(surface, 1.0), (before(volume), -slope * own)]
            upper, lower = (side, -np.inf) if sign > 0.0 else (np.inf, side)
            program.add_rows(build.size, terms, lower, upper)
    program.add_rows(build.size, [(loss, 1.0), (surface, -depth)], upper=0.0)
    short = _overdrawn(build, store, depth)
    program.add_rows(build.size, [(loss, 1.0), (surface, -depth)], lower=-short)
    if (short > 0.0).any() and (build.at(store.inflow) >= 0.0).all():
        with np.errstate(divide="ignore"):
            ratio = float(np.min(y[x > 0.0] / x[x > 0.0], initial=np.inf))
        least = np.minimum(1.0, own * depth * ratio) if np.isfinite(ratio) else np.zeros(build.size)
        program.add_rows(build.size, [(loss, 1.0), (before(volume), -least)], lower=least * first)
    return surface, loss


def _overdrawn(build: Record, store: StoreRow, depth: Floats) -> Floats:
    """Return by how much losses may exceed the water there is, ndarray (position)."""
    x, y = _curve(store)
    held = x
    if store.passes > 1:  # the surface is that of V / 2 + (end of the step) / 2, at most
        x = np.sort(np.append(x, 0.5 * x[-1]))
        y = np.interp(x, *_curve(store))
        held = np.maximum(2.0 * x - x[-1], 0.0)
    net = depth - MILLIMETRE * build.at(store.rain)
    return np.asarray(
        np.max(np.maximum(net[:, None] * y - held - build.at(store.inflow)[:, None], 0.0), axis=1)
    )


def _lowest(build: Record, store: StoreRow, capacity: Floats, dead: Floats) -> Floats:
    """Return a volume that no end of a step is below: links leave the dead volume, only losses take of it."""
    x, y = _curve(store)
    net = MILLIMETRE * (build.at(store.rain) - build.at(store.evaporation) - build.at(store.seepage))
    inflow = build.at(store.inflow)
    low = store.initial
    found = np.zeros(build.size)
    for u in range(build.size):
        at = np.append(low, x[x > low])
        area = np.interp(at, x, y)
        if store.passes > 1:
            at, area = np.full(2, low), np.array([y.min(), y.max()])
        available = float(np.min(at + inflow[u] + net[u] * area))
        low = max(min(dead[u], available, capacity[u]), 0.0)
        found[u] = low
    return found * (1.0 - 1e-9)


def _dead(build: Record, store: StoreRow, volume: Ints, loss: Ints, capacity: Floats, dead: Floats) -> None:
    """Add what is missing of a dead volume: it grows by losses alone, and is nothing when the store is full."""
    program = build.program
    missing = program.add_columns(build.size, 0.0, dead)
    program.add_rows(build.size, [(volume, 1.0), (missing, 1.0)], lower=dead)
    places = program.add_rows(build.size, [(missing, capacity), (volume, dead)], upper=dead * capacity)
    active = SHARE * np.maximum(capacity - dead, 0.0)
    program.mark(f"stores.{store.id}.capacity", places, active * dead, [(missing, -active)])
    start = np.zeros(build.size)
    start[0] = max(float(dead[0]) - store.initial, 0.0)
    raised = np.maximum(np.diff(dead, prepend=dead[:1]), 0.0)
    vanished = np.maximum(-build.at(store.inflow), 0.0)
    terms: Terms = [(missing, 1.0), (before(missing), -1.0), (loss, -1.0)]
    program.add_rows(build.size, terms, upper=start + raised + vanished)


def _aquifers(build: Record, names: Index) -> None:
    rows, program = build.rows, build.program
    for aquifer in rows.aquifers:
        full = aquifer.floor_depth * aquifer.storage_per_metre
        start = np.zeros(build.size)
        start[0] = (aquifer.floor_depth - aquifer.initial_depth) * aquifer.storage_per_metre
        ground = program.add_columns(build.size, 0.0, max(full, 0.0))
        build.ground.append(ground)
        out, gained = outflow(build, names, aquifer.id), _recharge(build, names, aquifer.id)
        rain = np.maximum(build.at(aquifer.recharge), 0.0)
        rise: Terms = [(ground, 1.0), (before(ground), -1.0), *out, *each(gained, -1.0)]
        places = program.add_rows(build.size, rise, upper=rain + start)
        program.mark(f"aquifers.{aquifer.id}.recharge", places, SHARE * rain)
        part, fixed = _phreatic(build, aquifer, full, start)
        if part.any() or fixed.any():
            places = program.add_rows(build.size, [*rise, (before(ground), part)], upper=rain + start + fixed)
            program.mark(f"aquifers.{aquifer.id}.recharge", places, SHARE * rain)
        if not out:
            continue
        program.add_rows(build.size, [*out, (before(ground), part - 1.0)], upper=start + fixed)
        program.add_rows(build.size, [*out, (before(ground), -1.0)], upper=start)
        _pumping(build, aquifer, ground, start, full, out, 1.0)
        fresh: Terms = [
            (build.flow[j], 1.0) for j in names.outgoing[names.vertex[aquifer.id]] if rows.links[j].fresh
        ]
        if fresh and aquifer.fresh_share < 1.0:
            share = aquifer.fresh_share
            program.add_rows(build.size, [*fresh, (before(ground), -share)], upper=share * start)
            _pumping(build, aquifer, ground, start, full, fresh, share)


def _phreatic(build: Record, aquifer: AquiferRow, full: float, start: Floats) -> tuple[Floats, Floats]:
    """Return the line that phreatic evaporation is at least: part of storage at the start, and what is added.

    The second is a change of the right-hand side: minus the constant of the line, and the line itself where the
    storage at the start is a number.
    """
    depth, most = aquifer.extinction_depth, build.at(aquifer.phreatic)
    none = np.zeros(build.size)
    if depth <= 0.0 or not most.any() or aquifer.floor_depth < depth or most.max() > full:
        return none, none
    part = most / (depth * aquifer.storage_per_metre)
    constant = most * (1.0 - aquifer.floor_depth / depth)
    fixed = -constant
    line = constant[0] + part[0] * start[0]
    fixed[0] = -min(max(line, 0.0), most[0], max(start[0], 0.0))
    part = part.copy()
    return part, fixed


def _pumping(
    build: Record, aquifer: AquiferRow, ground: Ints, start: Floats, full: float, out: Terms, share: float
) -> None:
    """Bound pumping by its limits times the largest factor that the storage at the start allows."""
    program = build.program
    limit = share * build.at(smallest(aquifer.limits))
    for constant, slope in _factors(aquifer, full):
        terms: Terms = [*out, (before(ground), -slope * limit)]
        places = program.add_rows(build.size, terms, upper=limit * (constant + slope * start))
        for name, change in _moves(aquifer, "aquifers"):
            more = share * build.at(change)
            moved = more * (constant + slope * start)
            program.mark(name, places, moved, [(before(ground), slope * more)])


def _factors(aquifer: AquiferRow, full: float) -> list[tuple[float, float]]:
    """Return lines above the factor of the tier that a storage calls for, (constant, slope)."""
    factor = np.concatenate([[1.0], aquifer.tier_factor])
    if factor.size == 1 or (np.diff(factor) > 0.0).any() or full <= 0.0:
        return [(float(factor.max()), 0.0)]
    threshold = (aquifer.floor_depth - aquifer.tier_depth) * aquifer.storage_per_metre
    above = (threshold > 0.0) & (threshold < full)
    x = np.concatenate([[0.0], threshold[above][::-1], [max(full, threshold.max())]])
    y = np.concatenate(
        [[factor[int(above.sum() + (threshold >= full).sum())]], factor[:-1][above][::-1], [1.0]]
    )
    return [*hull(x, y, 1.0), (1.0, 0.0)]


def _recharge(build: Record, names: Index, id: str) -> Terms:
    """Give what reaches an aquifer beside rain: returns, and losses of links, sources and stores."""
    rows = build.rows
    terms = arrivals(build, names, id)
    for j, link in enumerate(rows.links):
        if link.loss_to == id:
            terms.append((build.flow[j], link.loss_recharge * (1.0 - build.at(link.gain))))
    for source in rows.sources:
        if source.loss_to == id:
            share = build.at(source.yield_)
            part = source.loss_recharge * (1.0 - share) / share
            terms += each(outflow(build, names, source.id), part)
    for s, store in enumerate(rows.stores):
        if store.seepage_to == id:
            down, up = build.at(store.seepage), build.at(store.evaporation)
            part = np.divide(down, down + up, out=np.zeros(build.size), where=down + up > 0.0)
            terms.append((build.loss[s], store.seepage_recharge * part))
    return terms


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
