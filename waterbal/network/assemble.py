"""Rows of a lowered model to the program of a step: balances, limits, quotas, priority levels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from waterbal.model.rows import Floats, LevelRow, Rows
from waterbal.network.index import Index, Stages, returns
from waterbal.network.program import LINEAR, SHARE, VOLUME, Level, Program, Terms, add, combine

KINDS = {"equal_share": SHARE, "equal_volume": VOLUME}


@dataclass
class Delivery:
    """One deliverable part of a demand: all of it, or one of its tiers."""

    name: str
    demand: int
    share: float
    variable: int
    terms: Terms


@dataclass
class Places:
    """Where each physical limit and volume sits in the program: columns and row marks, None where absent."""

    source_row: list[int] = field(default_factory=list)
    aquifer_row: list[int] = field(default_factory=list)
    aquifer_fresh_row: list[int | None] = field(default_factory=list)
    node_capacity_row: list[int | None] = field(default_factory=list)
    node_balance_row: list[int] = field(default_factory=list)
    node_output_row: list[int | None] = field(default_factory=list)
    store_row: list[int] = field(default_factory=list)
    store_zone: list[tuple[int | None, int]] = field(default_factory=list)
    demand_row: list[int] = field(default_factory=list)
    quota_row: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    quota_entries: list[list[tuple[int, float, int]]] = field(default_factory=list)
    """Per quota: (link, weight, source whose yield divides the weight or -1)."""


@dataclass
class Assembly:
    """The program while it is built."""

    rows: Rows
    index: Index
    stages: Stages
    program: Program
    places: Places

    def outflow(self, vertex: str) -> Terms:
        """Terms of the total that links take from a vertex."""
        return {j: np.ones(self.stages.count) for j in self.index.outgoing[self.index.vertex[vertex]]}

    def arrivals(self, vertex: str) -> Terms:
        """Terms of what links and returns bring to a vertex."""
        terms = self.link_arrivals(vertex)
        for k, (demand, to, _) in enumerate(returns(self.rows)):
            if to == vertex:
                share = self.stages.return_share[:, k]
                for column, value in self.link_arrivals(self.rows.demands[demand].id).items():
                    add(terms, column, share * value, self.stages.count)
        return terms

    def link_arrivals(self, vertex: str) -> Terms:
        """Terms of what links bring to a vertex."""
        terms: Terms = {}
        for j in self.index.incoming[self.index.vertex[vertex]]:
            add(terms, j, self.stages.gain[:, j], self.stages.count)
        return terms


def assemble(rows: Rows, index: Index, stages: Stages) -> Assembly:
    """Build the program of a step without the look-ahead levels' columns."""
    build = Assembly(rows, index, stages, Program(stages.count), Places())
    add_columns(build)
    add_source_rows(build)
    add_node_rows(build)
    add_store_rows(build)
    add_demand_rows(build)
    add_quota_rows(build)
    return build


def add_columns(build: Assembly) -> None:
    """Add link flows and kept volumes."""
    program, places = build.program, build.places
    guarded = {store for level in reserves(build) for store in level.members}
    for link in build.rows.links:
        program.column(f"links.{link.id}")
    for store in build.rows.stores:
        reserve = program.column(f"stores.{store.id}.reserve") if store.id in guarded else None
        places.store_zone.append((reserve, program.column(f"stores.{store.id}.volume")))


def reserves(build: Assembly) -> list[LevelRow]:
    """Return the reserve entries of the priority list, none if reserves are off."""
    if build.rows.reserve.mode == "none":
        return []
    return [level for level in build.rows.levels if level.kind == "reserve"]


def add_source_rows(build: Assembly) -> None:
    """Add the totals that sources and aquifers are asked for."""
    program, places, one = build.program, build.places, np.ones(build.stages.count)
    for source in build.rows.sources:
        places.source_row.append(program.row(f"sources.{source.id}", build.outflow(source.id)))
    for aquifer in build.rows.aquifers:
        out = build.outflow(aquifer.id)
        places.aquifer_row.append(program.row(f"aquifers.{aquifer.id}", out))
        fresh = {j: one for j in out if build.rows.links[j].fresh}
        limited = bool(fresh) and aquifer.fresh_share < 1.0
        places.aquifer_fresh_row.append(
            program.row(f"aquifers.{aquifer.id}.fresh", fresh) if limited else None
        )


def add_node_rows(build: Assembly) -> None:
    """Add capacity, balance and output limit of through nodes."""
    program, places, count = build.program, build.places, build.stages.count
    for n, node in enumerate(build.rows.nodes):
        inflow, out = build.arrivals(node.id), build.outflow(node.id)
        bounded = bool(np.isfinite(node.capacity).any())
        limited = bool(np.isfinite(node.output_limit).any())
        balance = combine([(build.stages.usable[:, n], inflow), (-1.0, out)], count)
        capacity_row = output_row = None
        if bounded and not node.overflow:
            capacity_row = program.row(f"works.{node.id}.capacity", inflow)
        if limited or (bounded and node.overflow):
            output_row = program.row(f"works.{node.id}.output", out)
        places.node_capacity_row.append(capacity_row)
        places.node_balance_row.append(program.row(f"works.{node.id}.balance", balance))
        places.node_output_row.append(output_row)


def add_store_rows(build: Assembly) -> None:
    """Add the water balance of every reservoir; the slack is spill."""
    program, places, count = build.program, build.places, build.stages.count
    for store, zones in zip(build.rows.stores, places.store_zone, strict=True):
        kept = {j: np.ones(count) for j in zones if j is not None}
        terms = combine(
            [(1.0, build.arrivals(store.id)), (-1.0, build.outflow(store.id)), (-1.0, kept)], count
        )
        places.store_row.append(program.row(f"stores.{store.id}.balance", terms))


def add_demand_rows(build: Assembly) -> None:
    """Add deliveries; a demand with tiers is the sum of one column per tier."""
    program, places, count = build.program, build.places, build.stages.count
    for d, demand in enumerate(build.rows.demands):
        arrivals = build.link_arrivals(demand.id)
        terms = dict(arrivals)
        tiers = []
        for share, label in demand.tiers:
            column = program.column(f"demands.{demand.id}/{label}")
            terms[column] = -np.ones(count)
            tiers.append(Delivery(f"{demand.id}/{label}", d, share, column, {column: np.ones(count)}))
        row = program.row(f"demands.{demand.id}", terms)
        places.demand_row.append(row)
        if tiers:
            places.deliveries.extend(tiers)
        else:
            places.deliveries.append(Delivery(demand.id, d, 1.0, row, arrivals))


def add_quota_rows(build: Assembly) -> None:
    """Add what each quota counts: source withdrawals before loss, pumping, link flows."""
    program, places, index, count = build.program, build.places, build.index, build.stages.count
    for quota in build.rows.quotas:
        terms: Terms = {}
        entries: list[tuple[int, float, int]] = []
        for member, weight in quota.members:
            source = index.sources.get(member, -1)
            links = [index.links[member]] if member in index.links else index.outgoing[index.vertex[member]]
            for j in links:
                divisor = build.stages.yield_[:, source] if source >= 0 else 1.0
                add(terms, j, weight / divisor, count)
                entries.append((j, weight, source))
        places.quota_entries.append(entries)
        places.quota_row.append(program.row(f"quotas.{quota.id}", terms))


def add_levels(build: Assembly, after: dict[int, Level]) -> None:
    """Add the priority levels in order, each followed by its look-ahead level, then cost, keep, tie-break.

    Parameters
    ----------
    build : Assembly
        Program with all its rows.
    after : dict
        Look-ahead level that follows the entry of the priority list with this number.
    """
    by_name = {delivery.name: i for i, delivery in enumerate(build.places.deliveries)}
    for number, entry in enumerate(build.rows.levels):
        if entry in reserves(build):
            add_reserve_level(build, number, entry)
        elif entry.kind == "demands":
            add_class_levels(build, number, entry, by_name)
        if number in after:
            build.program.levels.append(after[number])
    build.program.levels.append(Level("cost", LINEAR, cost_terms(build)))
    build.program.levels.append(Level("keep", LINEAR, keep_terms(build)))
    build.program.levels.append(Level("tie_break", LINEAR, tie_break_terms(build)))


def add_class_levels(build: Assembly, number: int, entry: LevelRow, by_name: dict[str, int]) -> None:
    """Add a demand class: one sharing level, or one linear level per demand in listed order."""
    deliveries = [by_name[name] for name in entry.members]
    parts = [build.places.deliveries[i] for i in deliveries]
    if entry.sharing == "first_listed" or len(parts) == 1:
        for part in parts:
            build.program.levels.append(
                Level(f"priorities[{number}].{part.name}", LINEAR, part.terms, part.variable)
            )
        return
    terms = combine([(1.0, part.terms) for part in parts], build.stages.count)
    build.program.levels.append(Level(f"priorities[{number}]", KINDS[entry.sharing], terms, None, deliveries))


def add_reserve_level(build: Assembly, number: int, entry: LevelRow) -> None:
    """Add a reserve curve: keep the guarded zone of each store as full as can be."""
    zones = [build.places.store_zone[build.index.stores[store]][0] for store in entry.members]
    terms = {zone: np.ones(build.stages.count) for zone in zones if zone is not None}
    name = f"priorities[{number}].reserve"
    build.program.levels.append(Level(name, LINEAR, terms, build.program.row(name, terms)))


def cost_terms(build: Assembly) -> Terms:
    """Return minus the cost of flows and withdrawals, plus the value of kept water."""
    rows, stages, count = build.rows, build.stages, build.stages.count
    parts: list[tuple[Floats | float, Terms]] = []
    for j, link in enumerate(rows.links):
        parts.append((-link.unit_cost, {j: np.ones(count)}))
    for s, source in enumerate(rows.sources):
        parts.append((-source.unit_cost / stages.yield_[:, s], build.outflow(source.id)))
    for aquifer in rows.aquifers:
        parts.append((-aquifer.unit_cost, build.outflow(aquifer.id)))
    for n, node in enumerate(rows.nodes):
        if node.unit_cost and node.overflow:
            share = np.where(stages.usable[:, n] > 0.0, stages.usable[:, n], 1.0)
            parts.append((-node.unit_cost / share, build.outflow(node.id)))
        elif node.unit_cost:
            parts.append((-node.unit_cost, build.arrivals(node.id)))
    for store, zones in zip(rows.stores, build.places.store_zone, strict=True):
        parts.append((store.value, {j: np.ones(count) for j in zones if j is not None}))
    return {j: value for j, value in combine(parts, count).items() if np.any(value)}


def keep_terms(build: Assembly) -> Terms:
    """Return the total kept volume, so that nothing spills that could be stored."""
    return {
        j: np.ones(build.stages.count) for zones in build.places.store_zone for j in zones if j is not None
    }


def tie_break_terms(build: Assembly) -> Terms:
    """Return minus a fixed weighted sum of link flows; weights depend on the link's id alone."""
    return {j: np.full(build.stages.count, -tie_weight(link.id)) for j, link in enumerate(build.rows.links)}


def tie_weight(link: str) -> float:
    """Return the tie-break weight of a link, in [0.5, 1.5)."""
    return 0.5 + zlib.crc32(link.encode()) / 2**32
