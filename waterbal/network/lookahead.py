"""Planned reserves: a contracted look-ahead of needs against quotas, stores and dependable inflow.

After every class of the priority list comes a level that serves the same class later, in the blocks until
the quotas renew, from what the step leaves in stores and quotas, with dependable inflow and within the works.
Block flows are never deliveries; they only keep water back from the classes that follow.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from waterbal.model.rows import Floats, Rows, StoreRow
from waterbal.network.assemble import Assembly
from waterbal.network.contract import Contracted, Users, contract
from waterbal.network.outlook import Outlook, expected, largest_by_date, outlook
from waterbal.network.program import LINEAR, Level, Terms, add

UNLIMITED = 1e12
"""Stands for an infinite capacity in sums [1e4 m3]; bounds are cut to the run's roof."""


@dataclass
class LookAhead:
    """Columns and rows added for later blocks, with their bounds, and the levels that follow the classes."""

    steps: int
    variants: int
    levels: dict[int, Level] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    variables: list[int] = field(default_factory=list)
    """Columns and row marks whose bounds come from ``lower`` and ``upper``."""
    lower: list[Floats] = field(default_factory=list)
    """ndarray (variant, time) [1e4 m3] per variable."""
    upper: list[Floats] = field(default_factory=list)
    store_rows: list[int] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)
    wells: list[tuple[int, int, float]] = field(default_factory=list)
    """(row, aquifer, share of what may be pumped): bounded also by the aquifer's level tier and storage."""
    offer_rows: list[int] = field(default_factory=list)
    offer_sources: list[list[int]] = field(default_factory=list)
    offer: list[Floats] = field(default_factory=list)
    """ndarray (variant, time) [1e4 m3] per entry of ``offer_sources``."""
    need_rows: list[int] = field(default_factory=list)
    need_demands: list[list[int]] = field(default_factory=list)
    need: list[Floats] = field(default_factory=list)
    """ndarray (variant, time) [1e4 m3] per entry of ``need_demands``."""
    level_need: list[tuple[int, int]] = field(default_factory=list)
    largest: float = 0.0
    """Planned needs and stocks of all blocks together [1e4 m3]."""

    def bound(self, variable: int, lower: Floats | float, upper: Floats | float) -> None:
        """Give a variable its bounds, ndarrays (variant, time) or numbers [1e4 m3]."""
        shape = (self.variants, self.steps)
        self.variables.append(variable)
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), shape))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), shape))

    def bounds(self, scale: float) -> tuple[Floats, Floats]:
        """Return ndarrays (variant, time, extra) in kernel units; the kernel cuts them to its roof."""
        if not self.variables:
            empty = np.zeros((self.variants, self.steps, 0))
            return empty, empty
        lower = np.stack(self.lower, axis=-1) / scale
        upper = np.stack(self.upper, axis=-1) / scale
        return lower, upper

    def needs(self, scale: float) -> Floats:
        """Return ndarray (variant, time, entry) in kernel units."""
        return self._entries(self.need, scale)

    def offers(self, scale: float) -> Floats:
        """Return ndarray (variant, time, entry) in kernel units."""
        return self._entries(self.offer, scale)

    def planned_offers(self) -> Iterator[tuple[int, Floats]]:
        """Give each row that bounds sources, and what these give together; ndarray (variant, time) [1e4 m3]."""
        first = 0
        for row, sources in zip(self.offer_rows, self.offer_sources, strict=True):
            yield row, np.sum(self.offer[first : first + len(sources)], axis=0)
            first += len(sources)

    def _entries(self, values: list[Floats], scale: float) -> Floats:
        if not values:
            return np.zeros((self.variants, self.steps, 0))
        return np.stack(values, axis=-1) / scale


@dataclass
class Block:
    """Columns of one block."""

    number: int
    out: dict[int, Terms] = field(default_factory=dict)
    """What leaves every group."""
    into: dict[int, Terms] = field(default_factory=dict)
    """What reaches every group."""
    by_link: dict[int, Terms] = field(default_factory=dict)
    """Flow attributed to every link of the step, for quotas."""
    delivered: dict[int, Terms] = field(default_factory=dict)
    """Deliveries by number of the users."""
    kept: dict[int, int] = field(default_factory=dict)
    """Column of the active end volume of every store."""


def look_ahead(build: Assembly, variants: Sequence[Rows]) -> LookAhead:
    """Add the look-ahead of a model whose reserve mode is ``planned``; otherwise return an empty one.

    Parameters
    ----------
    build : Assembly
        Program with all rows of the step; columns and rows are added to it.
    variants : sequence of Rows
        Lowered models with the same elements, under the weather that statistics are taken from; they may have
        samples (realization, time).
    """
    ahead = LookAhead(build.rows.axis.size, len(variants))
    if build.rows.reserve.mode != "planned":
        return ahead
    months = outlook(build.rows.axis, [quota.reset_month for quota in build.rows.quotas])
    contracted = contract(build)
    blocks: list[Block] = []
    for b in range(months.blocks):
        block = add_block(build, ahead, contracted, months, variants, b)
        add_stores(build, ahead, contracted, months, variants, block, blocks[-1] if blocks else None)
        add_nodes(build, ahead, contracted, months, variants, block)
        add_sources(build, ahead, contracted, months, variants, block)
        add_quotas(build, ahead, months, variants, block)
        blocks.append(block)
    add_needs(build, ahead, contracted, months, variants, blocks)
    return ahead


def stack(variants: Sequence[Rows], value: Sequence[Floats], block: int) -> Floats:
    """Return column ``block`` of one ndarray (time, block) per variant, ndarray (variant, time)."""
    return np.stack([table[:, block] for table in value])


def finite(values: Floats) -> Floats:
    """Replace infinite capacities by a large number."""
    return np.minimum(values, UNLIMITED)


def add_block(
    build: Assembly,
    ahead: LookAhead,
    contracted: Contracted,
    months: Outlook,
    variants: Sequence[Rows],
    number: int,
) -> Block:
    """Add the flow columns of a block, bounded by what the links can carry in it."""
    block, count = Block(number), build.stages.count

    def flow(name: str, links: list[int], tail: int) -> int:
        column = build.program.column(f"look_ahead[{number}].{name}")
        capacity = [
            months.planned(finite(functools.reduce(np.add, [rows.links[j].capacity for j in links])))
            for rows in variants
        ]
        ahead.bound(column, 0.0, stack(variants, capacity, number))
        add(block.out.setdefault(tail, {}), column, 1.0, count)
        for j in links:
            add(block.by_link.setdefault(j, {}), column, 1.0 / len(links), count)
        return column

    for k, pipe in enumerate(contracted.pipes):
        column = flow(f"pipes[{k}]", pipe.links, pipe.tail)
        add(block.into.setdefault(pipe.head, {}), column, pipe.gain, count)
    for u, users in enumerate(contracted.users):
        terms: Terms = {}
        for supply in users.supplies:
            column = flow(f"users[{u}]", supply.links, supply.tail)
            add(terms, column, supply.gain, count)
        block.delivered[u] = terms
        for target, share in users.returns:
            for column, gain in terms.items():
                add(block.into.setdefault(target, {}), column, share * gain, count)
    return block


def add_stores(
    build: Assembly,
    ahead: LookAhead,
    contracted: Contracted,
    months: Outlook,
    variants: Sequence[Rows],
    block: Block,
    before: Block | None,
) -> None:
    """Add active end volumes and balances of reservoirs; the first block starts from what the step keeps."""
    probability = 1.0 - build.rows.reserve.dependability
    for s, store in enumerate(build.rows.stores):
        group, number = contracted.group[build.index.vertex[store.id]], block.number
        column = build.program.column(f"look_ahead[{number}].stores.{store.id}")
        block.kept[s] = column
        active = [rows.stores[s].capacity - rows.stores[s].dead for rows in variants]
        length = np.maximum(months.months(), 1e-9)
        steps = [months.planned(np.ones(build.rows.axis.size)) for _ in variants]
        mean = [months.planned(a) / np.maximum(n, 1e-9) for a, n in zip(active, steps, strict=True)]
        room = [np.where(length > 1e-6, m, a[:, None]) for m, a in zip(mean, active, strict=True)]
        ahead.bound(column, 0.0, stack(variants, room, number))
        terms: Terms = {}
        for sign, part in ((1.0, block.into.get(group, {})), (-1.0, block.out.get(group, {}))):
            for j, value in part.items():
                add(terms, j, sign * value, build.stages.count)
        add(terms, column, -1.0, build.stages.count)
        carried: tuple[int | None, ...] = build.places.store_zone[s] if before is None else (before.kept[s],)
        for place in carried:
            if place is not None:
                add(terms, place, 1.0, build.stages.count)
        row = build.program.row(f"look_ahead[{number}].stores.{store.id}.balance", terms)
        inflow = [
            np.maximum(months.quantile(net_inflow(rows.stores[s]), probability), 0.0) for rows in variants
        ]
        ahead.bound(row, -stack(variants, inflow, number), UNLIMITED)
        if before is None:
            ahead.store_rows.append(row)
            ahead.stores.append(s)
        ahead.largest += float(store.capacity.max())


def net_inflow(store: StoreRow) -> Floats:
    """Return natural inflow plus rain less evaporation and seepage on the half-full surface."""
    area = float(np.interp(0.5 * store.curve_volume[-1], store.curve_volume, store.curve_area))
    return store.inflow + 0.1 * area * (store.rain - store.evaporation - store.seepage)


def add_nodes(
    build: Assembly,
    ahead: LookAhead,
    contracted: Contracted,
    months: Outlook,
    variants: Sequence[Rows],
    block: Block,
) -> None:
    """Add balances and capacities of pools and works."""
    count, b = build.stages.count, block.number
    for group, members in contracted.pools.items():
        n = members[0]
        node = build.rows.nodes[n]
        into, out = block.into.get(group, {}), block.out.get(group, {})
        usable = build.stages.usable[:, n]
        terms: Terms = {}
        for j, value in into.items():
            add(terms, j, usable * value, count)
        for j, value in out.items():
            add(terms, j, -value, count)
        if terms:
            row = build.program.row(f"look_ahead[{b}].works.{node.id}", terms)
            ahead.bound(row, 0.0, UNLIMITED if node.outlet or node.overflow else 0.0)
        capacity = [finite(rows.nodes[n].capacity) for rows in variants]
        output = [finite(rows.nodes[n].output_limit) for rows in variants]
        if node.overflow:
            output = [
                np.minimum(o, c * rows.nodes[n].usable)
                for o, c, rows in zip(output, capacity, variants, strict=True)
            ]
        elif np.isfinite(node.capacity).any() and into:
            row = build.program.row(f"look_ahead[{b}].works.{node.id}.capacity", dict(into))
            ahead.bound(row, 0.0, stack(variants, [months.planned(c) for c in capacity], b))
        if any((o < UNLIMITED).any() for o in output) and out:
            row = build.program.row(f"look_ahead[{b}].works.{node.id}.output", dict(out))
            ahead.bound(row, 0.0, stack(variants, [months.planned(o) for o in output], b))


def add_sources(
    build: Assembly,
    ahead: LookAhead,
    contracted: Contracted,
    months: Outlook,
    variants: Sequence[Rows],
    block: Block,
) -> None:
    """Add what sources and aquifers dependably give."""
    probability, b = 1.0 - build.rows.reserve.dependability, block.number
    groups: dict[int, list[int]] = {}
    for s, source in enumerate(build.rows.sources):
        groups.setdefault(contracted.group[build.index.vertex[source.id]], []).append(s)
    for group, members in groups.items():
        out = block.out.get(group, {})
        if not out:
            continue
        first = build.rows.sources[members[0]]
        row = build.program.row(f"look_ahead[{b}].sources.{first.id}", dict(out))
        ahead.offer_rows.append(row)
        ahead.offer_sources.append(members)
        for s in members:
            total = [
                dependable(rows.sources[s].limits, months, probability) * rows.sources[s].yield_[:, None]
                for rows in variants
            ]
            ahead.offer.append(stack(variants, total, b))
        if first.lagged_supply:
            add_reuse(build, ahead, contracted, block, members[0], dict(out))
    for a, aquifer in enumerate(build.rows.aquifers):
        out = block.out.get(contracted.group[build.index.vertex[aquifer.id]], {})
        if not out:
            continue
        row = build.program.row(f"look_ahead[{b}].aquifers.{aquifer.id}", dict(out))
        total = [dependable(rows.aquifers[a].limits, months, probability) for rows in variants]
        ahead.bound(row, 0.0, stack(variants, total, b))
        ahead.wells.append((row, a, 1.0))
        fresh = fresh_part(build, block, a)
        if fresh and aquifer.fresh_share < 1.0:
            mark = build.program.row(f"look_ahead[{b}].aquifers.{aquifer.id}.fresh", fresh)
            ahead.bound(mark, 0.0, stack(variants, total, b))
            ahead.wells.append((mark, a, aquifer.fresh_share))


def fresh_part(build: Assembly, block: Block, aquifer: int) -> Terms:
    """Return what a block takes from an aquifer through links that must not carry brackish water."""
    terms: Terms = {}
    vertex = build.index.vertex[build.rows.aquifers[aquifer].id]
    for link in build.index.outgoing[vertex]:
        if build.rows.links[link].fresh:
            for j, value in block.by_link.get(link, {}).items():
                add(terms, j, value, build.stages.count)
    return terms


def dependable(limits: dict[str, Floats], months: Outlook, probability: float) -> Floats:
    """Return the total that a source gives in all but a share of years, ndarray (time, block) [1e4 m3]."""
    known = [finite(value) for kind, value in limits.items() if kind != "hydrology"]
    if "hydrology" not in limits:
        return months.planned(smallest(known))
    # works that came during the record do not make its early years dry
    built = [largest_by_date(value, months.axis) for value in known]
    total = months.quantile(smallest([limits["hydrology"], *built]), probability)
    if known:
        total = np.minimum(total, months.planned(smallest(known)))
    return total


def smallest(values: Sequence[Floats]) -> Floats:
    """Return the smallest of several series, step by step."""
    return functools.reduce(np.minimum, values)


def add_reuse(
    build: Assembly, ahead: LookAhead, contracted: Contracted, block: Block, source: int, out: Terms
) -> None:
    """Bound a source that lags behind deliveries by the deliveries of its block."""
    terms = {j: -value for j, value in out.items()}
    row = build.rows.sources[source]
    for name, share in row.lagged_supply:
        demand = build.index.demands[name]
        for u, users in enumerate(contracted.users):
            for part, weight in zip(users.deliveries, users.weights, strict=True):
                if part.demand == demand:
                    for j, gain in block.delivered[u].items():
                        add(terms, j, share * weight * gain, build.stages.count)
    mark = build.program.row(f"look_ahead[{block.number}].sources.{row.id}.reuse", terms)
    ahead.bound(mark, 0.0, UNLIMITED)


def add_quotas(
    build: Assembly, ahead: LookAhead, months: Outlook, variants: Sequence[Rows], block: Block
) -> None:
    """Add what a block takes from the present quota and from the one renewed by then."""
    count, b = build.stages.count, block.number
    length = months.months()[:, b]
    for q, quota in enumerate(build.rows.quotas):
        terms: Terms = {}
        for link, weight, source in build.places.quota_entries[q]:
            divisor = build.stages.yield_[:, source] if source >= 0 else 1.0
            for j, value in block.by_link.get(link, {}).items():
                add(terms, j, value * weight / divisor, count)
        if not terms:
            continue
        after = months.renewed(quota.reset_month)[:, b]
        present = build.program.column(f"look_ahead[{b}].quotas.{quota.id}")
        ahead.bound(present, 0.0, np.where(after > 0.0, 0.0, UNLIMITED))
        add(terms, present, -1.0, count)
        row = build.program.row(f"look_ahead[{b}].quotas.{quota.id}.renewed", terms)
        renewed = np.stack(
            [expected(rows.quotas[q].volume, months.axis) * after * length / 12.0 for rows in variants]
        )
        ahead.bound(row, -UNLIMITED, renewed)
        add(build.program.row_terms[~build.places.quota_row[q]], present, 1.0, count)


def add_needs(
    build: Assembly,
    ahead: LookAhead,
    contracted: Contracted,
    months: Outlook,
    variants: Sequence[Rows],
    blocks: list[Block],
) -> None:
    """Bound deliveries of later blocks by planned needs, and add one level after each class."""
    by_entry: dict[int, list[tuple[int, Users]]] = {}
    for u, users in enumerate(contracted.users):
        by_entry.setdefault(users.entry, []).append((u, users))
    entries = sorted(by_entry)
    if not build.rows.reserve.last_class:
        entries = entries[:-1]
    planned: dict[int, list[Floats]] = {}
    names = []
    for entry in sorted(by_entry):
        first = len(ahead.need_rows)
        level_terms: Terms = {}
        for u, users in by_entry[entry]:
            for block in blocks:
                row = build.program.row(
                    f"look_ahead[{block.number}].priorities[{entry}].users[{u}]", dict(block.delivered[u])
                )
                ahead.need_rows.append(row)
                ahead.need_demands.append([part.demand for part in users.deliveries])
                for part in users.deliveries:
                    if part.demand not in planned:
                        planned[part.demand] = planned_needs(build, months, variants, part.demand)
                    need = stack(variants, planned[part.demand], block.number)
                    ahead.need.append(part.share * build.rows.reserve.scale * need)
                    ahead.largest += float(need.max(initial=0.0))
                for j, value in block.delivered[u].items():
                    add(level_terms, j, value, build.stages.count)
        if entry in entries:
            name = f"priorities[{entry}].look_ahead"
            ahead.levels[entry] = Level(name, LINEAR, level_terms, build.program.row(name, level_terms))
            ahead.level_need.append((first, len(ahead.need_rows)))
            names.append(name)
    ahead.names = tuple(names)


def planned_needs(build: Assembly, months: Outlook, variants: Sequence[Rows], demand: int) -> list[Floats]:
    """Return the planned need of a demand, one ndarray (time, block) [1e4 m3] per variant.

    A need that does not depend on the weather is read from the plan; a weather-driven one is the stated
    quantile of the record's need per driver, times the driver of the day: the coming weather is unknown.
    """
    result = []
    for rows in variants:
        row = rows.demands[demand]
        if row.weather_driver is None:
            result.append(months.planned(row.gross))
            continue
        driver = row.weather_driver
        nothing = np.full(np.broadcast_shapes(row.gross.shape, driver.shape), np.nan)
        per_driver = np.divide(row.gross, driver, out=nothing, where=driver > 0.0)
        total = months.quantile(per_driver, rows.reserve.need_quantile)
        result.append(total * expected(driver, months.axis)[:, None])
    return result
