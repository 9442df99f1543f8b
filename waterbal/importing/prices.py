"""Prices of links, sources and stores: costs moved along the network until none is below 0."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.errors import Message, in_language
from waterbal.importing.component import Component
from waterbal.importing.listing import quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    OUTLET,
    SOURCE,
    STORE,
    Node,
    downstream,
    upstream,
)
from waterbal.importing.ties import End, Exchange

OUT = Message("放水处", "letting water go at")


@dataclass
class Prices:
    """What decides where classes of uses leave it open."""

    source_price: dict[str, float] = field(default_factory=dict)
    edge_price: dict[tuple[str, str], float] = field(default_factory=dict)
    store_value: dict[str, float] = field(default_factory=dict)


class Pricing:
    """Prices what one component leaves open."""

    def __init__(self, part: Component, prices: Prices) -> None:
        self.part, self.prices = part, prices

    def price(self) -> None:
        """Move costs along the network until none is below 0 and water that only leaves costs nothing."""
        free, any_way = self.part.ways_out(limited=False), self.part.ways_out(limited=True)
        potential = dict(any_way)
        for node in self.part.nodes:
            forced = node.forced and node.limit is not None and bool(np.any(node.limit.plain > 0.0))
            if forced:
                self._check_forced(node, free, any_way)
        for node in self.part.nodes:  # those without a way out follow from what is above them
            if potential[node.name] == np.inf:
                bounds = [0.0]
                if node.kind == SOURCE and not node.forced:
                    bounds.append(-node.cost)
                if node.kind == STORE:
                    bounds.append(node.cost)
                for tail in self.part.network.tails(node.name):
                    if tail.kind != OUTLET:
                        bounds.append((potential[tail.name] - self.part.step(node)) / node.gain)
                potential[node.name] = max(bounds)
        self._price_edges(potential, any_way)
        self._price_ends(potential, any_way)
        self._find_ties(any_way)

    def _check_forced(self, node: Node, free: dict[str, float], any_way: dict[str, float]) -> None:
        """Refuse inflow that may find no way out, which pywr cannot solve and this program would let go."""
        if free[node.name] == np.inf and not self._absorbed(node):
            message = Message(
                f"{quoted(node.name)} 的来水没有足够宽的出路排出系统：没有用完时 pywr 无解",
                f"the inflow of {quoted(node.name)} has no way out of the system that "
                "is wide enough: where it is not all used, pywr finds no solution",
            )
            self.part.listing.refuse(
                node.path, message, Message("其下一个不限流量的 output", "an unlimited output below it")
            )
            return
        for below in downstream(self.part.network, node.name):
            if (
                below.kind in (SOURCE, STORE)
                and any_way[below.name] < free[below.name] - self.part.small
                and free[node.name] < np.inf
            ):
                message = Message(
                    f"{quoted(below.name)} 的水经一条受限但费用更低的出路流出，低于不受限的那条",
                    f"water from {quoted(below.name)} leaves by a "
                    "limited way that costs less than the unlimited one",
                )
                self.part.listing.refuse(below.path, message + "; there is no counterpart")

    def _absorbed(self, node: Node) -> bool:
        """Tell whether all of an inflow always goes to the one demand that it can reach."""
        below = [other for other in downstream(self.part.network, node.name) if other is not node]
        ends = [other for other in below if other.kind in (DEMAND, OUTLET)]
        if any(other.kind in (STORE, GAUGE) for other in below) or len(ends) != 1:
            return False
        above = [
            other for other in upstream(self.part.network, ends[0].name) if other.kind in (SOURCE, STORE)
        ]
        return above == [node] and all(self.part.wide(other) for other in below)

    def _price_edges(self, potential: dict[str, float], any_way: dict[str, float]) -> None:
        """Price the edges."""
        for node in self.part.nodes:
            for tail in self.part.network.tails(node.name):
                if node.kind == OUTLET:
                    continue
                if node.kind == DEMAND:
                    highest = max(potential[other.name] for other in self.part.network.tails(node.name))
                    price = highest - potential[tail.name]
                else:
                    price = self.part.step(node) + node.gain * potential[node.name] - potential[tail.name]
                self.prices.edge_price[tail.name, node.name] = price if price > self.part.small else 0.0

    def _price_ends(self, potential: dict[str, float], any_way: dict[str, float]) -> None:
        """Price what sources give and what storages keep."""
        for node in self.part.of(SOURCE):
            price = 0.0 if node.forced else node.cost + potential[node.name]
            if price < -self.part.small:
                message = Message(
                    f"水源 {quoted(node.name)} 仅仅取出再放走也有价值（费用 {node.cost:g}）",
                    f"source {quoted(node.name)} is worth taking just to be let go (cost {node.cost:g})",
                )
                self.part.listing.refuse((*node.path, "cost"), message + "; there is no counterpart")
            self.prices.source_price[node.name] = price if price > self.part.small else 0.0
        for node in self.part.of(STORE):
            value = potential[node.name] - node.cost
            self.prices.store_value[node.name] = value if value > self.part.small else 0.0
            if any_way[node.name] == np.inf or value > self.part.small:
                continue
            if value < -self.part.small:
                message = Message(
                    f"storage {quoted(node.name)} 有必要放空到系统之外；这没有对应",
                    f"storage {quoted(node.name)} is worth emptying "
                    "out of the system; there is no counterpart",
                )
            else:
                message = Message(
                    f"storage {quoted(node.name)} 存水与放水的费用相同：pywr 没有规定",
                    f"whether storage {quoted(node.name)} keeps its water "
                    "or lets it go costs the same: pywr leaves it open",
                )
            self.part.listing.refuse(
                (*node.path, "cost"),
                message,
                Message("storage 的费用低于出路的费用", "a cost of the storage below that of the way out"),
            )

    def _find_ties(self, any_way: dict[str, float]) -> None:
        """Refuse exchanges that cost nothing and change what is stored or left of a licence; remark on the rest."""
        licensed = {name for licence in self.part.licences for name in licence.members}
        prices = self.prices.source_price | self.prices.store_value
        ends = [
            End(
                node.name,
                self.part.called(node),
                prices[node.name] / self.part.scale[node.name],
                node.kind == STORE or node.name in licensed,
            )
            for node in self.part.of(SOURCE, STORE)
            if not node.forced
        ]
        edges = {
            (tail, head): price / self.part.scale[tail]
            for (tail, head), price in self.prices.edge_price.items()
            if tail in self.part.scale
        }
        exchange = Exchange(edges, [node.name for node in self.part.nodes], self.part.small)
        leaving = {exchange.root(node.name): node for node in self.part.nodes if any_way[node.name] < np.inf}
        ends += [End(node.name, OUT + f" {quoted(node.name)}", 0.0, False) for node in leaving.values()]
        found = exchange.ties(ends)
        if found is None:
            message = Message(
                "费用不同的路径太多，无法判断 pywr 没有规定哪些",
                "there are too many ways with different costs to tell what pywr leaves open",
            )
            self.part.listing.refuse(self.part.nodes[0].path, message)
        for one, other in found or []:
            text = Message(
                f"{in_language(one.name, 'zh')} 与 {in_language(other.name, 'zh')} 可以无代价互换，pywr 没有规定",
                f"{one.name} and {other.name} can be exchanged at no cost, which pywr leaves open",
            )
            if one.lasting or other.lasting:
                place = self.part.network.nodes[one.place if one.lasting else other.place].path
                self.part.listing.refuse(
                    place,
                    text + Message("；而后续时段取决于它", "; later steps depend on it"),
                    Message("不同的费用", "costs that differ"),
                )
            elif not any(end.name.startswith(OUT) for end in (one, other)):
                self.part.listing.note(text + Message("；这里按固定规则决定", "; here a fixed rule decides"))
