"""Nodes of a network that can take water from each other, and what a unit of water is worth at each of them."""

from __future__ import annotations

import numpy as np

from waterbal.errors import Message
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    JUNCTION,
    OUTLET,
    SOURCE,
    STORE,
    Network,
    Node,
    upstream,
)

SMALL = 1e-9
"""Costs that differ by less, relative to the largest, count as equal."""


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


class Component:
    """Nodes that can take water from each other."""

    def __init__(self, network: Network, nodes: list[Node], listing: Listing) -> None:
        self.network, self.listing = network, listing
        names = {node.name for node in nodes}
        in_order = network.order() or []
        self.nodes = [node for node in in_order if node.name in names]
        self.licences = [licence for licence in network.licences if names & set(licence.members)]
        self.scale: dict[str, float] = {}
        self.benefit: dict[str, float] = {}
        self.largest = 1.0

    def valued(self) -> bool:
        """Find what a unit is worth at each node, losses set aside; tell whether they can be."""
        if not self._scaled():
            return False
        self.benefit = {
            node.name: (node.benefit if node.kind == GAUGE else -node.cost) / self.scale[node.name]
            for node in self.nodes
        }
        self.largest = max([1.0, *(abs(value) for value in self.benefit.values())])
        return True

    def of(self, *kinds: str) -> list[Node]:
        """Nodes of some kinds."""
        return [node for node in self.nodes if node.kind in kinds]

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

    @property
    def small(self) -> float:
        """Difference that still counts as none."""
        return SMALL * self.largest

    def called(self, node: Node) -> Message:
        """Name of a node with what it is."""
        kind = {
            GAUGE: Message("最小流量", "the minimum flow of"),
            DEMAND: Message("用户", "demand"),
            STORE: Message("水库", "storage"),
            SOURCE: Message("水源", "source"),
            OUTLET: Message("出口", "outlet"),
        }
        return kind.get(node.kind, Message("节点", "node")) + f" {quoted(node.name)}"

    def refuse_use(self, node: Node, message: str) -> None:
        """Refuse a use whose order depends on more than its benefit."""
        key = "mrf_cost" if node.kind == GAUGE else "cost"
        self.listing.refuse(
            (*node.path, key),
            message
            + Message(
                "；pywr 在二者之间权衡，固定的次序做不到",
                "; pywr weighs one against the other, and no fixed order does the same",
            ),
        )

    @staticmethod
    def step(node: Node) -> float:
        """Cost of a unit that enters a node."""
        return node.cost * node.gain if node.kind in (JUNCTION, GAUGE) else 0.0

    def ways_out(self, limited: bool) -> dict[str, float]:
        """Cost of the cheapest way out of the system from each node; infinite where there is none."""
        cost: dict[str, float] = {}
        for node in reversed(self.nodes):
            best = node.cost if node.kind == OUTLET else np.inf
            for head in self.network.heads(node.name):
                if head.kind != DEMAND and (limited or self.wide(head)):
                    best = min(best, self.step(head) + head.gain * cost[head.name])
            cost[node.name] = best
        return cost

    def wide(self, node: Node) -> bool:
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
