"""What pywr's costs leave open: exchanges of water that cost nothing and change what is stored.

A solution is changed into another of the same cost along a way that goes with some edges and against others, from one
end (a source, a storage, the way out) to another. If the prices on such a way and of its ends cancel out, pywr's
answer is that of its solver. Ways are looked for among all edges, as if each carried water: what is found may be no
tie in any step, but where nothing is found there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_TURNS = 100_000
"""Most edges that are followed before the search is given up."""


@dataclass(frozen=True)
class End:
    """Where water comes from or goes to."""

    place: str
    """Node that it is at."""
    name: str
    """How it is called in messages."""
    price: float
    """Of a unit taken."""
    lasting: bool
    """Whether later steps depend on how much is taken."""


class Exchange:
    """Places between which water is exchanged, those without a price between them taken as one."""

    def __init__(self, edges: dict[tuple[str, str], float], places: list[str], small: float) -> None:
        self.small = small
        self.group = {place: place for place in places}
        for (tail, head), price in edges.items():
            if abs(price) <= small:
                self.group[self.root(tail)] = self.root(head)
        self.ways: dict[str, list[tuple[int, str, float]]] = {}
        for number, ((tail, head), price) in enumerate(edges.items()):
            if abs(price) > small:
                self.ways.setdefault(self.root(tail), []).append((number, self.root(head), price))
                self.ways.setdefault(self.root(head), []).append((number, self.root(tail), -price))
        self.turns = 0

    def root(self, place: str) -> str:
        """Give the one place that stands for all that are as good as it."""
        while self.group[place] != place:
            self.group[place] = self.group[self.group[place]]
            place = self.group[place]
        return place

    def ties(self, ends: list[End]) -> list[tuple[End, End]] | None:
        """Give pairs of ends between which an exchange costs nothing; None if there are too many ways to tell."""
        at: dict[str, list[End]] = {}
        for end in ends:
            at.setdefault(self.root(end.place), []).append(end)
        found: dict[tuple[str, str], tuple[End, End]] = {}
        for end in ends:
            waiting: list[tuple[str, float, frozenset[int]]] = [
                (self.root(end.place), end.price, frozenset())
            ]
            while waiting:
                place, cost, used = waiting.pop()
                self.turns += 1
                if self.turns > MOST_TURNS:
                    return None
                for other in at.get(place, []):
                    if other is not end and abs(cost - other.price) <= self.small:
                        first, second = sorted((end, other), key=lambda one: one.name)
                        found[first.name, second.name] = (first, second)
                waiting += [
                    (head, cost + price, used | {number})
                    for number, head, price in self.ways.get(place, [])
                    if number not in used
                ]
        return list(found.values())
