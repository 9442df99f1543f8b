"""Where a weighted optimum and an ordered one are the same: the proof, or why there is none.

pywr minimises the sum of cost x flow in each step. Here classes are served one after the other, and cost decides what
they leave open. Both give the same if no class can be worth less than what serving it may cost elsewhere. In a network
that conserves water (or does so after each flow is divided by the gains on its way), two solutions differ by simple
cycles of one unit, each of which passes every node at most once and ends in at most one supply and one use. So a
class comes first if its benefit is larger than the benefit of any later use, plus all the costs of links that water
may be led over instead (``detour``), plus the benefits of all later minimum flows on the way (``lesser``). What has no
such margin is refused.

Costs that remain are moved along the network (potentials), so that water which goes out of the system anyway costs
nothing, and none is below 0, as prices here cannot be. This changes no optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.errors import Message, in_language
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    JUNCTION,
    OUTLET,
    SOURCE,
    STORE,
    Licence,
    Network,
    Node,
    downstream,
    upstream,
)
from waterbal.importing.ties import End, Exchange

SMALL = 1e-9
"""Costs that differ by less, relative to the largest, count as equal."""


OUT = Message("放水处", "letting water go at")


@dataclass
class Level:
    """One entry of the priority list."""

    kind: str
    """``demands`` or ``reserve``."""
    benefit: float
    members: list[str]


@dataclass
class Order:
    """What decides, in the order of this program."""

    levels: list[Level] = field(default_factory=list)
    source_price: dict[str, float] = field(default_factory=dict)
    edge_price: dict[tuple[str, str], float] = field(default_factory=dict)
    store_value: dict[str, float] = field(default_factory=dict)


def components(network: Network) -> list[list[Node]]:
    """Split the nodes into groups that water or a licence connects."""
    group = {name: name for name in network.nodes}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    pairs = list(network.edges)
    for licence in network.licences:
        known = [name for name in licence.members if name in network.nodes]
        pairs += [(known[0], name) for name in known[1:]]
    for tail, head in pairs:
        group[root(tail)] = root(head)
    found: dict[str, list[Node]] = {}
    for name, node in network.nodes.items():
        found.setdefault(root(name), []).append(node)
    return list(found.values())


def order(network: Network, listing: Listing) -> Order:
    """Order the uses of water and price what is left open; what cannot be proved goes to the listing."""
    result = Order()
    levels: list[Level] = []
    for nodes in components(network):
        levels += Component(network, nodes, listing, result).levels()
    for level in sorted(levels, key=lambda level: -level.benefit):
        result.levels.append(level)
    return result


class Component:
    """Nodes that can take water from each other."""

    def __init__(self, network: Network, nodes: list[Node], listing: Listing, result: Order) -> None:
        self.network, self.listing, self.result = network, listing, result
        names = {node.name for node in nodes}
        in_order = network.order() or []
        self.nodes = [node for node in in_order if node.name in names]
        self.licences = [licence for licence in network.licences if names & set(licence.members)]
        self.scale: dict[str, float] = {}

    def of(self, *kinds: str) -> list[Node]:
        """Nodes of some kinds."""
        return [node for node in self.nodes if node.kind in kinds]

    def levels(self) -> list[Level]:
        """Prove the order of the uses; price the rest."""
        if not self._scaled() or not self._licences_nest():
            return []
        self.benefit = {
            node.name: (node.benefit if node.kind == GAUGE else -node.cost) / self.scale[node.name]
            for node in self.nodes
        }
        self.largest = max([1.0, *(abs(value) for value in self.benefit.values())])
        self._order_uses()
        self._prices()
        return self._ranked()

    # ---- losses and licences

    def _scaled(self) -> bool:
        """Find the factor by which flows at each node are divided so that losses vanish."""
        for node in self.nodes:
            if node.name in self.scale:
                continue
            self.scale[node.name] = 1.0
            waiting = [node]
            while waiting:
                here = waiting.pop()
                after = [(head, self.scale[here.name] * head.gain) for head in self.network.heads(here.name)]
                before = [(tail, self.scale[here.name] / here.gain) for tail in self.network.tails(here.name)]
                for other, scale in after + before:
                    known = self.scale.get(other.name)
                    if known is None:
                        self.scale[other.name] = scale
                        waiting.append(other)
                    elif abs(known - scale) > SMALL * scale:
                        message = Message(
                            f"水经不同路径到达 {quoted(other.name)} 的损失不同",
                            f"water reaches {quoted(other.name)} with different losses on different ways",
                        )
                        self.listing.refuse(
                            other.path,
                            message
                            + Message(
                                "：pywr 会权衡损失与费用，固定的次序做不到",
                                ": pywr weighs the loss against costs, and no fixed order does",
                            ),
                        )
                        return False
        # a unit that leaves a source is `scale` units here: what is worth v here is worth v x scale there
        self.scale = {name: 1.0 / value for name, value in self.scale.items()}
        return True

    def _licences_nest(self) -> bool:
        """Tell whether licences are such that their water is exchanged one to one."""
        sets = [(licence, set(licence.members)) for licence in self.licences]
        for licence, members in sets:
            nodes = [self.network.nodes[name] for name in members if name in self.network.nodes]
            if len(nodes) > 1 and any(node.kind != SOURCE for node in nodes):
                self._refuse_licence(
                    licence, Message("计入几个不是水源的节点", "counts several nodes that are no sources")
                )
                return False
            if len({round(self.scale[node.name], 12) for node in nodes}) > 1:
                self._refuse_licence(
                    licence,
                    Message("计入下游损失不同的水源", "counts sources with different losses below them"),
                )
                return False
            for other, others in sets:
                if other is not licence and members & others and not (members <= others or others <= members):
                    self._refuse_licence(
                        licence,
                        Message(f"与 {quoted(other.name)} 部分重叠", f"overlaps with {quoted(other.name)}"),
                    )
                    return False
        return True

    def _refuse_licence(self, licence: Licence, reason: str) -> None:
        message = Message(
            f"许可 {quoted(licence.name)} {in_language(reason, 'zh')}：此时 pywr 按费用权衡，固定的次序无法表达",
            f"licence {quoted(licence.name)} {reason}: what pywr's costs then weigh, no fixed order can",
        )
        self.listing.refuse((*licence.path, "nodes"), message, key=True)

    # ---- the order of uses

    def _order_uses(self) -> None:
        """Refuse uses whose order depends on more than their benefits."""
        links, sources = self.of(JUNCTION, GAUGE), self.of(SOURCE)
        detour = sum(abs(node.cost) / self.scale[node.name] for node in links)
        if self.licences:
            detour += sum(abs(node.cost) / self.scale[node.name] for node in sources)
        uses, stores, gauges = self.of(DEMAND, GAUGE), self.of(STORE), self.of(GAUGE)
        dumping = max([0.0, *(-self.benefit[node.name] for node in self.of(OUTLET))])
        for use in uses:
            value = self.benefit[use.name]
            lesser = sum(
                self.benefit[g.name] for g in gauges if g is not use and self.benefit[g.name] <= value
            )
            margin = detour + lesser + (dumping if use.kind == GAUGE else 0.0)
            if value <= margin + self._small:
                message = Message(
                    f"{self._called(use).zh} 的价值为 {value:g}，而送水途中的费用可达 {margin:g}",
                    f"{self._called(use)} is worth {value:g}, and serving it may cost {margin:g} on the way",
                )
                self._refuse_use(use, message)
                continue
            for other in [*stores, *sources, *self.of(OUTLET), *uses]:
                if other is not use:
                    self._compare(use, other, value, margin, detour)
        lowest = min((self.benefit[use.name] for use in uses), default=np.inf)
        for store in stores:
            if self.benefit[store.name] > lowest:
                self._check_guarded(store, detour)
        for gauge in gauges:
            if self._ways_out(limited=False)[gauge.name] == np.inf:
                message = Message(
                    f"测站 {quoted(gauge.name)} 以下没有出口能把水全部排出系统",
                    f"nothing below gauge {quoted(gauge.name)} lets all of its water out of the system",
                )
                self.listing.refuse(
                    gauge.path, message, Message("其下一个不限流量的 output", "an unlimited output below it")
                )
            for other in gauges:
                if (
                    other is not gauge
                    and abs(self.benefit[gauge.name] - self.benefit[other.name]) <= self._small
                    and not self._same_supply(gauge, other)
                ):
                    self._refuse_use(
                        gauge,
                        _alike(self._called(gauge), self._called(other)),
                    )

    @property
    def _small(self) -> float:
        return SMALL * self.largest

    def _called(self, node: Node) -> Message:
        kind = {
            GAUGE: Message("最小流量", "the minimum flow of"),
            DEMAND: Message("用户", "demand"),
            STORE: Message("水库", "storage"),
            SOURCE: Message("水源", "source"),
            OUTLET: Message("出口", "outlet"),
        }
        return kind.get(node.kind, Message("节点", "node")) + f" {quoted(node.name)}"

    def _refuse_use(self, node: Node, message: str) -> None:
        key = "mrf_cost" if node.kind == GAUGE else "cost"
        self.listing.refuse(
            (*node.path, key),
            message
            + Message(
                "；pywr 在二者之间权衡，固定的次序做不到",
                "; pywr weighs one against the other, and no fixed order does the same",
            ),
        )

    def _compare(self, use: Node, other: Node, value: float, margin: float, detour: float) -> None:
        """Refuse a use that is neither clearly before nor clearly after another place of water."""
        against = self.benefit[other.name]
        if other.kind == SOURCE:
            against = -against if not other.forced else 0.0  # what taking its water costs
        if other.kind in (DEMAND, GAUGE) and against >= value - self._small:
            if other.kind == DEMAND and use.kind == DEMAND and abs(against - value) <= self._small:
                self._tied(use, other, detour)
            return
        if other.kind == STORE and against > value + self._small:
            lesser = sum(self.benefit[g.name] for g in self.of(GAUGE) if self.benefit[g.name] <= against)
            if against - value > detour + lesser + self._small:
                return  # the storage is filled first
        elif value - against > margin + self._small:
            return
        if other.kind in (SOURCE, OUTLET) and against <= 0.0:
            return
        one, another, apart = self._called(use), self._called(other), margin + self._small
        message = Message(
            f"{one.zh} 的价值为 {value:g}，{another.zh} 为 {against:g}，相差不到 {apart:g}",
            f"{one} is worth {value:g} and {another} {against:g}, less than {apart:g} apart",
        )
        self._refuse_use(use, message)

    def _check_guarded(self, store: Node, detour: float) -> None:
        """Refuse a storage that is filled before some use, if filling it may cost more than it is worth."""
        value = self.benefit[store.name]
        margin = detour + sum(self.benefit[g.name] for g in self.of(GAUGE) if self.benefit[g.name] <= value)
        against = [0.0, *(node.cost / self.scale[node.name] for node in self.of(SOURCE) if not node.forced)]
        against += [
            self.benefit[n.name] for n in self.of(STORE) if self.benefit[n.name] < value - self._small
        ]
        if value - max(against) <= margin + self._small:
            self._refuse_use(
                store,
                Message(
                    f"{self._called(store).zh} 的价值为 {value:g}，而蓄满它的费用可达 {max(against) + margin:g}",
                    f"{self._called(store)} is worth {value:g}, and "
                    f"filling it may cost {max(against) + margin:g}",
                ),
            )

    def _same_supply(self, one: Node, other: Node) -> bool:
        return {n.name for n in self.network.tails(one.name)} == {
            n.name for n in self.network.tails(other.name)
        }

    def _tied(self, one: Node, other: Node, detour: float) -> None:
        """Let two demands of the same benefit share where pywr is indifferent, too."""
        if not self._same_supply(one, other):
            stateful = bool(self.of(STORE, GAUGE)) or bool(self.licences)
            if stateful or detour > self._small or any(node.cost for node in self.of(SOURCE)):
                self._refuse_use(
                    one,
                    _alike(self._called(one), self._called(other)),
                )
                return
        first, second = sorted((one.name, other.name))
        self.listing.note(
            Message(
                f"pywr 没有规定费用相同的用户 {quoted(first)} 与 {quoted(second)} 如何分担缺水；这里按相同比例",
                f"pywr leaves open how demands {quoted(first)} and {quoted(second)}, "
                "which cost the same, share what is short; here their shares are equal",
            )
        )

    def _ranked(self) -> list[Level]:
        """Give the levels of this component: demands, minimum flows, and storages that come before some of them."""
        uses = self.of(DEMAND, GAUGE)
        lowest = min((self.benefit[node.name] for node in uses), default=np.inf)
        guarded = [node for node in self.of(STORE) if self.benefit[node.name] > lowest]
        levels: list[Level] = []
        for node in sorted([*uses, *guarded], key=lambda node: -self.benefit[node.name]):
            kind, value = ("reserve" if node.kind == STORE else "demands"), self.benefit[node.name]
            last = levels[-1] if levels else None
            if last and last.kind == kind and abs(last.benefit - value) <= self._small:
                last.members.append(node.name)
            else:
                levels.append(Level(kind, value, [node.name]))
        return levels

    # ---- prices

    def _prices(self) -> None:
        """Move costs along the network until none is below 0 and water that only leaves costs nothing."""
        free, any_way = self._ways_out(limited=False), self._ways_out(limited=True)
        potential = dict(any_way)
        for node in self.nodes:
            forced = node.forced and node.limit is not None and bool(np.any(node.limit.plain > 0.0))
            if forced:
                self._check_forced(node, free, any_way)
        for node in self.nodes:  # those without a way out follow from what is above them
            if potential[node.name] == np.inf:
                bounds = [0.0]
                if node.kind == SOURCE and not node.forced:
                    bounds.append(-node.cost)
                if node.kind == STORE:
                    bounds.append(node.cost)
                for tail in self.network.tails(node.name):
                    if tail.kind != OUTLET:
                        bounds.append((potential[tail.name] - self._step(node)) / node.gain)
                potential[node.name] = max(bounds)
        self._price_edges(potential, any_way)
        self._price_ends(potential, any_way)
        self._find_ties(any_way)

    @staticmethod
    def _step(node: Node) -> float:
        """Cost of a unit that enters a node."""
        return node.cost * node.gain if node.kind in (JUNCTION, GAUGE) else 0.0

    def _ways_out(self, limited: bool) -> dict[str, float]:
        """Cost of the cheapest way out of the system from each node; infinite where there is none."""
        cost: dict[str, float] = {}
        for node in reversed(self.nodes):
            best = node.cost if node.kind == OUTLET else np.inf
            for head in self.network.heads(node.name):
                if head.kind != DEMAND and (limited or self._wide(head)):
                    best = min(best, self._step(head) + head.gain * cost[head.name])
            cost[node.name] = best
        return cost

    def _wide(self, node: Node) -> bool:
        """Tell whether a node lets through all that can ever come."""
        if node.limit is None:
            return True
        total = np.zeros_like(node.limit.plain)
        for above in upstream(self.network, node.name):
            if above.kind == STORE or (above.kind == SOURCE and above.limit is None):
                return False
            if above.kind == SOURCE and above.limit is not None:
                total = total + above.limit.plain
        smallest = np.min(node.limit.bands, axis=0)
        return bool(np.all(smallest >= total * (1.0 - SMALL)))

    def _check_forced(self, node: Node, free: dict[str, float], any_way: dict[str, float]) -> None:
        """Refuse inflow that may find no way out, which pywr cannot solve and this program would let go."""
        if free[node.name] == np.inf and not self._absorbed(node):
            message = Message(
                f"{quoted(node.name)} 的来水没有足够宽的出路排出系统：没有用完时 pywr 无解",
                f"the inflow of {quoted(node.name)} has no way out of the system that "
                "is wide enough: where it is not all used, pywr finds no solution",
            )
            self.listing.refuse(
                node.path, message, Message("其下一个不限流量的 output", "an unlimited output below it")
            )
            return
        for below in downstream(self.network, node.name):
            if (
                below.kind in (SOURCE, STORE)
                and any_way[below.name] < free[below.name] - self._small
                and free[node.name] < np.inf
            ):
                message = Message(
                    f"{quoted(below.name)} 的水经一条受限但费用更低的出路流出，低于不受限的那条",
                    f"water from {quoted(below.name)} leaves by a "
                    "limited way that costs less than the unlimited one",
                )
                self.listing.refuse(below.path, message + "; there is no counterpart")

    def _absorbed(self, node: Node) -> bool:
        """Tell whether all of an inflow always goes to the one demand that it can reach."""
        below = [other for other in downstream(self.network, node.name) if other is not node]
        ends = [other for other in below if other.kind in (DEMAND, OUTLET)]
        if any(other.kind in (STORE, GAUGE) for other in below) or len(ends) != 1:
            return False
        above = [other for other in upstream(self.network, ends[0].name) if other.kind in (SOURCE, STORE)]
        return above == [node] and all(self._wide(other) for other in below)

    def _price_edges(self, potential: dict[str, float], any_way: dict[str, float]) -> None:
        """Price the edges."""
        for node in self.nodes:
            for tail in self.network.tails(node.name):
                if node.kind == OUTLET:
                    continue
                if node.kind == DEMAND:
                    highest = max(potential[other.name] for other in self.network.tails(node.name))
                    price = highest - potential[tail.name]
                else:
                    price = self._step(node) + node.gain * potential[node.name] - potential[tail.name]
                self.result.edge_price[tail.name, node.name] = price if price > self._small else 0.0

    def _price_ends(self, potential: dict[str, float], any_way: dict[str, float]) -> None:
        """Price what sources give and what storages keep."""
        for node in self.of(SOURCE):
            price = 0.0 if node.forced else node.cost + potential[node.name]
            if price < -self._small:
                message = Message(
                    f"水源 {quoted(node.name)} 仅仅取出再放走也有价值（费用 {node.cost:g}）",
                    f"source {quoted(node.name)} is worth taking just to be let go (cost {node.cost:g})",
                )
                self.listing.refuse((*node.path, "cost"), message + "; there is no counterpart")
            self.result.source_price[node.name] = price if price > self._small else 0.0
        for node in self.of(STORE):
            value = potential[node.name] - node.cost
            self.result.store_value[node.name] = value if value > self._small else 0.0
            if any_way[node.name] == np.inf or value > self._small:
                continue
            if value < -self._small:
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
            self.listing.refuse(
                (*node.path, "cost"),
                message,
                Message("storage 的费用低于出路的费用", "a cost of the storage below that of the way out"),
            )

    # ---- what pywr leaves open

    def _find_ties(self, any_way: dict[str, float]) -> None:
        """Refuse exchanges that cost nothing and change what is stored or left of a licence; remark on the rest."""
        licensed = {name for licence in self.licences for name in licence.members}
        prices = self.result.source_price | self.result.store_value
        ends = [
            End(
                node.name,
                self._called(node),
                prices[node.name] / self.scale[node.name],
                node.kind == STORE or node.name in licensed,
            )
            for node in self.of(SOURCE, STORE)
            if not node.forced
        ]
        edges = {
            (tail, head): price / self.scale[tail]
            for (tail, head), price in self.result.edge_price.items()
            if tail in self.scale
        }
        exchange = Exchange(edges, [node.name for node in self.nodes], self._small)
        leaving = {exchange.root(node.name): node for node in self.nodes if any_way[node.name] < np.inf}
        ends += [End(node.name, OUT + f" {quoted(node.name)}", 0.0, False) for node in leaving.values()]
        found = exchange.ties(ends)
        if found is None:
            message = Message(
                "费用不同的路径太多，无法判断 pywr 没有规定哪些",
                "there are too many ways with different costs to tell what pywr leaves open",
            )
            self.listing.refuse(self.nodes[0].path, message)
        for one, other in found or []:
            text = Message(
                f"{in_language(one.name, 'zh')} 与 {in_language(other.name, 'zh')} 可以无代价互换，pywr 没有规定",
                f"{one.name} and {other.name} can be exchanged at no cost, which pywr leaves open",
            )
            if one.lasting or other.lasting:
                place = self.network.nodes[one.place if one.lasting else other.place].path
                self.listing.refuse(
                    place,
                    text + Message("；而后续时段取决于它", "; later steps depend on it"),
                    Message("不同的费用", "costs that differ"),
                )
            elif not any(end.name.startswith(OUT) for end in (one, other)):
                self.listing.note(text + Message("；这里按固定规则决定", "; here a fixed rule decides"))


def _alike(one: Message, other: Message) -> Message:
    """Say that two uses are worth the same."""
    return Message(
        f"{one.zh} 与 {other.zh} 价值相同，先供谁没有规定",
        f"{one} and {other} are worth the same, which leaves open who is served",
    )
