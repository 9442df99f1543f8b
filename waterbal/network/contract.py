"""The contracted network of the look-ahead: pools instead of junctions, classes instead of users.

Junctions joined by links that can never bind become one pool. Junctions, minor sources and demands that play
the same part, as the zones of a city do (supplied from the same pools, serving the same classes, through links
that can never bind, with about the same losses and returns), become one; parallel links become one. Losses inside a
pool are carried to the deliveries. What is merged takes together what its parts take for their needs, and returns the
mean by need: exact for the plan's mix of needs, an approximation for others; it only decides how much is kept back,
never what is delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from waterbal.model.rows import Floats, NodeRow, SourceRow
from waterbal.network.assemble import Assembly, Delivery
from waterbal.network.index import returns

MARGIN = 1.2
"""A link cannot bind if its capacity exceeds the need it can serve by this factor in every step."""

ALIKE = 2
"""Decimals to which losses and returned shares are the same for demands that are merged."""

LEAST_GAIN = 1e-3
"""A link that loses more than all but this share is taken to lose no more [-]."""

MINOR = 0.01
"""A source that gives less than this share of the total need is minor."""


@dataclass
class Pipe:
    """Links between two groups."""

    tail: int
    head: int
    links: list[int]
    gain: Floats
    """ndarray (stage)"""


@dataclass
class Supply:
    """What one pool delivers to one demand group."""

    tail: int
    links: list[int]
    gain: Floats
    """ndarray (stage)"""


@dataclass
class Users:
    """Demands of one priority entry that the same pools supply."""

    entry: int
    deliveries: list[Delivery]
    weights: list[float]
    """Share of each delivery in the mean need."""
    supplies: list[Supply]
    returns: list[tuple[int, Floats]] = field(default_factory=list)
    """(group, ndarray (stage) share of the delivered volume)"""


@dataclass
class Contracted:
    """Groups of vertices with the pipes between them and the users they supply."""

    group: list[int]
    """Group of every vertex."""
    pools: dict[int, list[int]]
    """Nodes of every pool, by group."""
    pipes: list[Pipe]
    users: list[Users]


def contract(build: Assembly) -> Contracted:
    """Contract an assembled network.

    Parameters
    ----------
    build : Assembly
        Program with all its rows.

    Returns
    -------
    Contracted
    """
    binding = binding_links(build)
    group, factor = pool_nodes(build, binding)
    role = roles(build, group, binding, factor)
    group = merge_roles(build, group, role)
    demand_vertices = {build.index.vertex[demand.id] for demand in build.rows.demands}
    counted = counted_links(build)
    pipes: dict[tuple[int, int, int], list[int]] = {}
    for j, link in enumerate(build.rows.links):
        tail, head = build.index.vertex[link.tail], build.index.vertex[link.head]
        if head not in demand_vertices and group[tail] != group[head]:
            pipes.setdefault((group[tail], group[head], j if j in counted else -1), []).append(j)
    merged = [
        Pipe(tail, head, links, np.mean([path_gain(build, factor, j) for j in links], axis=0))
        for (tail, head, _), links in pipes.items()
    ]
    pools: dict[int, list[int]] = {}
    for n, node in enumerate(build.rows.nodes):
        pools.setdefault(group[build.index.vertex[node.id]], []).append(n)
    return Contracted(group, pools, merged, group_users(build, group, role, factor))


def path_gain(build: Assembly, factor: list[Floats], link: int) -> Floats:
    """Return a link's gain times the losses inside the pool at its tail, ndarray (stage)."""
    return factor[build.index.vertex[build.rows.links[link].tail]] * build.stages.gain[:, link]


def binding_links(build: Assembly) -> list[bool]:
    """Tell which links can bind: capacity below the need beyond them and below the water before them."""
    rows, index = build.rows, build.index
    size = rows.axis.size
    need = [np.zeros(size) for _ in index.vertex]
    for demand in rows.demands:
        for vertex in upstream(build, index.vertex[demand.id]):
            need[vertex] = need[vertex] + demand.gross
    water = offers(build)
    binding = []
    for j, link in enumerate(rows.links):
        gain = max(float(build.stages.gain[:, j].min()), LEAST_GAIN)
        before = sum(water[v] for v in upstream(build, index.vertex[link.tail]))
        largest = np.minimum(MARGIN * need[index.vertex[link.head]] / gain, before)
        apart = link.head in index.stores or j in counted_links(build)
        binding.append(apart or bool(np.any(link.capacity < largest)))
    return binding


def counted_links(build: Assembly) -> set[int]:
    """Return the links that a quota counts by name; merging them with others would blur what it counts."""
    members = {member for quota in build.rows.quotas for member, weight in quota.members if weight != 0.0}
    return {j for name, j in build.index.links.items() if name in members}


def offers(build: Assembly) -> list[Floats]:
    """Return the most that each vertex can add to the flow, ndarray (time) per vertex [1e4 m3]."""
    rows = build.rows
    offer = [np.zeros(rows.axis.size) for _ in build.index.vertex]
    for source in rows.sources:
        offer[build.index.vertex[source.id]] = source.yield_ * np.minimum.reduce(list(source.limits.values()))
    for aquifer in rows.aquifers:
        offer[build.index.vertex[aquifer.id]] = np.minimum.reduce(list(aquifer.limits.values()))
    for store in rows.stores:
        offer[build.index.vertex[store.id]] = np.full(rows.axis.size, np.inf)
    for target in {to for demand in rows.demands for to, _ in demand.returns if to in build.index.nodes}:
        node = rows.nodes[build.index.nodes[target]]
        treated = np.multiply(
            node.capacity, node.usable, where=node.usable > 0.0, out=np.zeros_like(node.usable)
        )
        offer[build.index.vertex[target]] = np.minimum(treated, node.output_limit)
    return offer


def upstream(build: Assembly, vertex: int) -> set[int]:
    """Return the vertices from which links lead to a vertex, itself included."""
    reached, pending = {vertex}, [vertex]
    while pending:
        for j in build.index.incoming[pending.pop()]:
            tail = build.index.vertex[build.rows.links[j].tail]
            if tail not in reached:
                reached.add(tail)
                pending.append(tail)
    return reached


def is_junction(node: NodeRow) -> bool:
    """Tell whether a node neither limits nor loses water."""
    unlimited = np.isinf(node.capacity).all() and np.isinf(node.output_limit).all()
    lossless = bool(np.all(node.usable == 1.0) and np.all(node.recovery == 1.0))
    return bool(unlimited and lossless and not node.overflow)


def pool_nodes(build: Assembly, binding: list[bool]) -> tuple[list[int], list[Floats]]:
    """Merge junctions; return the group of every vertex and the gain from its pool's head to it."""
    rows, index = build.rows, build.index
    group = list(range(len(index.vertex)))
    factor = [np.ones(build.stages.count) for _ in group]
    junction = {index.vertex[node.id] for node in rows.nodes if is_junction(node)}
    fed_by_returns = {index.vertex[to] for demand in rows.demands for to, _ in demand.returns}
    both_ways = {
        (index.vertex[link.tail], index.vertex[link.head])
        for j, link in enumerate(rows.links)
        if not binding[j]
    }
    for j, link in enumerate(rows.links):
        tail, head = index.vertex[link.tail], index.vertex[link.head]
        if binding[j] or tail not in junction or head not in junction or group[tail] == group[head]:
            continue
        ring = (head, tail) in both_ways
        only = len(index.incoming[head]) == 1 and head not in fed_by_returns
        if not ring and not only:
            continue
        step = np.ones(build.stages.count) if ring else factor[tail] * build.stages.gain[:, j]
        old = group[head]
        for vertex, of in enumerate(group):
            if of == old:
                group[vertex] = group[tail]
                factor[vertex] = factor[vertex] * step
    return group, factor


def is_minor(build: Assembly, source: SourceRow) -> bool:
    """Tell whether a source gives so little that merging it with its like cannot matter."""
    offer = float(np.minimum.reduce(list(source.limits.values())).sum())
    return offer < MINOR * sum(float(demand.gross.sum()) for demand in build.rows.demands)


def roles(build: Assembly, group: list[int], binding: list[bool], factor: list[Floats]) -> list[int]:
    """Number the part that each vertex plays: vertices with the same number may be merged.

    The coarsest partition in which vertices of one part have links to and from the same parts. Links that can
    bind and works keep a part of their own; sources of one part count against the same quotas.
    """
    rows, index = build.rows, build.index
    entries: dict[int, set[tuple[int, float]]] = {}
    by_name = {delivery.name: delivery for delivery in build.places.deliveries}
    for number, entry in enumerate(rows.levels):
        for name in entry.members if entry.kind == "demands" else ():
            delivery = by_name[name]
            vertex = index.vertex[rows.demands[delivery.demand].id]
            entries.setdefault(vertex, set()).add((number, delivery.share))
    counted: dict[str, list[tuple[str, float]]] = {}
    for quota in rows.quotas:
        for member, weight in quota.members:
            if weight != 0.0:
                counted.setdefault(member, []).append((quota.id, weight))
    part: list[object] = list(range(len(group)))
    for source in rows.sources:
        if not source.lagged_supply and is_minor(build, source):
            part[index.vertex[source.id]] = f"source {counted.get(source.id, [])}"
    for node in rows.nodes:
        if is_junction(node):
            part[group[index.vertex[node.id]]] = f"junction {node.outlet}"
    for demand in rows.demands:
        part[index.vertex[demand.id]] = f"demand {sorted(entries.get(index.vertex[demand.id], ()))}"
    marks = [
        (j if binding[j] else -1, round(float(path_gain(build, factor, j).mean()), ALIKE))
        for j in range(len(rows.links))
    ]
    ends = [
        (group[index.vertex[link.tail]], group[index.vertex[link.head]], mark)
        for link, mark in zip(rows.links, marks, strict=True)
    ]
    given_back = [
        (
            index.vertex[rows.demands[d].id],
            group[index.vertex[to]],
            round(float(build.stages.return_share[:, k].mean()), ALIKE),
        )
        for k, (d, to, _) in enumerate(returns(rows))
    ]
    role, count = numbered(part, group), 0
    while len(set(role)) != count:
        count = len(set(role))
        around: list[set[tuple[str, int, object]]] = [set() for _ in group]
        for tail, head, mark in ends:
            if tail != head:
                around[tail].add(("to", role[head], mark))
                around[head].add(("from", role[tail], mark))
        for demand_vertex, place, share in given_back:
            around[demand_vertex].add(("gives back to", role[place], share))
            around[place].add(("is given back by", role[demand_vertex], share))
        role = numbered([(role[v], frozenset(around[group[v]])) for v in range(len(group))], group)
    return role


def numbered(part: Sequence[object], group: list[int]) -> list[int]:
    """Give equal parts equal numbers; a vertex takes the part of its pool."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(part[group[v]], len(numbers)) for v in range(len(group))]


def merge_roles(build: Assembly, group: list[int], role: list[int]) -> list[int]:
    """Merge the pools and minor sources that play the same part; demands are merged as users."""
    demands = {build.index.vertex[demand.id] for demand in build.rows.demands}
    first: dict[int, int] = {}
    return [v if v in demands else first.setdefault(role[v], group[v]) for v in range(len(group))]


def group_users(build: Assembly, group: list[int], role: list[int], factor: list[Floats]) -> list[Users]:
    """Merge the deliveries of each priority entry whose demands play the same part."""
    by_name = {delivery.name: delivery for delivery in build.places.deliveries}
    merged: dict[tuple[int, int], list[Delivery]] = {}
    for number, entry in enumerate(build.rows.levels):
        for name in entry.members if entry.kind == "demands" else ():
            delivery = by_name[name]
            vertex = build.index.vertex[build.rows.demands[delivery.demand].id]
            merged.setdefault((number, role[vertex]), []).append(delivery)
    return [merge_users(build, group, factor, number, parts) for (number, _), parts in merged.items()]


def merge_users(
    build: Assembly, group: list[int], factor: list[Floats], entry: int, parts: list[Delivery]
) -> Users:
    """Add up by mean need what merged deliveries take for theirs, and average what they return."""
    rows, index = build.rows, build.index
    weights = np.array([part.share * rows.demands[part.demand].gross.mean() for part in parts])
    weights = weights / weights.sum() if weights.sum() > 0.0 else np.full(len(parts), 1.0 / len(parts))
    counted = counted_links(build)
    links: dict[tuple[int, int], list[int]] = {}
    taken: dict[tuple[int, int], Floats] = {}
    totals: dict[tuple[int, int], float] = {}
    shares: dict[int, Floats] = {}
    for part, weight in zip(parts, weights, strict=True):
        demand = rows.demands[part.demand]
        for j in index.incoming[index.vertex[demand.id]]:
            way = (group[index.vertex[rows.links[j].tail]], j if j in counted else -1)
            links.setdefault(way, []).append(j)
            taken[way] = taken.get(way, 0.0) + weight / np.maximum(path_gain(build, factor, j), LEAST_GAIN)
            totals[way] = totals.get(way, 0.0) + weight
        for k, (d, to, _) in enumerate(returns(build.rows)):
            if d == part.demand:
                target = group[index.vertex[to]]
                shares[target] = shares.get(target, 0.0) + weight * build.stages.return_share[:, k]
    supplies = [
        Supply(way[0], used, totals[way] / taken[way] if totals[way] > 0.0 else np.ones(build.stages.count))
        for way, used in links.items()
    ]
    return Users(entry, parts, [float(w) for w in weights], supplies, list(shares.items()))
