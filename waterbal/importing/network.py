"""The flow network of a pywr model: nodes, what follows what, and licences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from waterbal.importing.parameters import Value
from waterbal.model.marks import Path

SOURCE, JUNCTION, GAUGE, DEMAND, OUTLET, STORE = "source", "junction", "gauge", "demand", "outlet", "store"


@dataclass(eq=False)
class Node:
    """A node of the flow network."""

    name: str
    id: str
    kind: str
    type: str
    path: Path
    cost: float = 0.0
    """Cost of a unit that flows through, net of loss; of a unit stored; of a unit supplied."""
    limit: Value | None = None
    """Largest flow, net of loss; None where unlimited."""
    minimum: float = 0.0
    forced: bool = False
    """True for water that arrives whether it is wanted or not."""
    gain: float = 1.0
    need: Value | None = None
    """Minimum flow of a gauge."""
    benefit: float = 0.0
    """Of the minimum flow of a gauge, over what flows beside it."""
    capacity: float = 0.0
    dead: float = 0.0
    initial: float = 0.0


@dataclass
class Licence:
    """A yearly licence."""

    name: str
    id: str
    path: Path
    members: list[str]
    volume: float
    initial: float
    reset_month: int


@dataclass
class Network:
    """A network read from a model."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Aggregated nodes and storages: names of their members."""
    _after: dict[str, list[Node]] = field(default_factory=dict)
    _before: dict[str, list[Node]] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Node]:
        """Give the nodes of some kinds."""
        return [node for node in self.nodes.values() if node.kind in kinds]

    def heads(self, name: str) -> list[Node]:
        """Give the nodes that water goes to from a node."""
        return self._after.get(name, [])

    def tails(self, name: str) -> list[Node]:
        """Give the nodes that water comes from."""
        return self._before.get(name, [])

    def connect(self, tail: Node, head: Node) -> None:
        """Let water go from one node to another."""
        if head not in self.heads(tail.name):
            self.edges.append((tail.name, head.name))
            self._after.setdefault(tail.name, []).append(head)
            self._before.setdefault(head.name, []).append(tail)

    def order(self) -> list[Node] | None:
        """Give the nodes so that water only goes to later ones; None where it can go round."""
        waiting = {name: len(self.tails(name)) for name in self.nodes}
        ready = [name for name, count in waiting.items() if count == 0]
        found: list[Node] = []
        while ready:
            name = ready.pop(0)
            found.append(self.nodes[name])
            for node in self.heads(name):
                waiting[node.name] -= 1
                if waiting[node.name] == 0:
                    ready.append(node.name)
        return found if len(found) == len(self.nodes) else None


def upstream(network: Network, name: str) -> Iterator[Node]:
    """Give all nodes that water can come from, itself first."""
    return _reached(network, name, network.tails)


def downstream(network: Network, name: str) -> Iterator[Node]:
    """Give all nodes that water can go to, itself first."""
    return _reached(network, name, network.heads)


def _reached(network: Network, name: str, beside: Callable[[str], Iterable[Node]]) -> Iterator[Node]:
    seen, waiting = {name}, [name]
    while waiting:
        here = waiting.pop()
        yield network.nodes[here]
        for node in beside(here):
            if node.name not in seen:
                seen.add(node.name)
                waiting.append(node.name)
