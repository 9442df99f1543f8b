"""Random water systems in pywr's format: sources, mains, storages, gauges, licences, needs, ways out."""

from __future__ import annotations

import random
from typing import Any

Json = dict[str, Any]


def draw(chance: random.Random) -> Json:
    """Draw a model."""
    step = chance.choice([1, "M"])
    end = "2015-02-28" if step == 1 else "2016-12-31"
    nodes, edges = Nodes(chance, 59 if step == 1 else 24).draw()
    time = {"start": "2015-01-01", "end": end, "timestep": step}
    return {"metadata": {"title": "drawn"}, "timestepper": time, "nodes": nodes, "edges": edges}


class Nodes:
    """Nodes of one model."""

    def __init__(self, chance: random.Random, steps: int) -> None:
        self.chance, self.steps = chance, steps
        self.nodes: list[Json] = []

    def draw(self) -> tuple[list[Json], list[list[str]]]:
        """Draw nodes and edges."""
        chance = self.chance
        sources = [self.source(k) for k in range(chance.randint(1, 3))]
        middle = [self.middle(k) for k in range(chance.randint(1, 5))]
        scale = chance.choice([0.1, 1.0, 10.0])
        uses = [self.demand(k, scale, middle) for k in range(chance.randint(1, 4))]
        outs = [
            self.add(f"o{k}", "output", cost=chance.choice([0, 0, 1, 5])) for k in range(chance.randint(1, 2))
        ]
        edges = self.edges(sources, middle, uses, outs)
        inputs = [name for name in sources if name[0] == "i"]
        if inputs and chance.random() < 0.35:
            self.add(
                "licence", "annualvirtualstorage", max_volume=chance.choice([100, 300, 2000]),
                initial_volume_pc=chance.choice([1, 0.5]), reset_month=chance.choice([1, 2, 7]),
                nodes=inputs if chance.random() < 0.5 else [chance.choice(inputs)],
            )  # fmt: skip
        return self.nodes, edges

    def add(self, name: str, type: str, **more: Any) -> str:
        """Add a node and give its name."""
        self.nodes.append({"name": name, "type": type, **more})
        return name

    def value(self, low: float, high: float) -> Any:
        """Draw a constant, a profile or a series."""
        form = self.chance.randrange(3)
        count = (1, 12, self.steps)[form]
        values = [round(self.chance.uniform(low, high), 2) for _ in range(count)]
        if form == 0:
            return values[0]
        return {"type": "monthlyprofile" if form == 1 else "arrayindexed", "values": values}

    def source(self, k: int) -> str:
        """Draw a source."""
        if self.chance.random() < 0.5:
            return self.add(f"c{k}", "catchment", flow=self.value(0, 20))
        cost = self.chance.choice([0, 0, 1, 2, 3, 5, self.chance.uniform(0, 5)])
        return self.add(f"i{k}", "input", max_flow=self.value(0, 15), cost=cost)

    def middle(self, k: int) -> str:
        """Draw a link, a storage or a gauge."""
        chance, kind = self.chance, self.chance.random()
        cost = {"cost": chance.choice([0.1, 1, 0.3, 2])} if chance.random() < 0.35 else {}
        if kind < 0.35:
            return self.add(f"l{k}", "link", **cost)
        if kind < 0.55:
            worth = chance.choice([-1, -2, -4, -0.5, 0, -chance.uniform(0, 30), -chance.uniform(0, 400)])
            low = {"min_volume": 20} if chance.random() < 0.3 else {}
            first = 0.7 if low else chance.choice([0, 0.5, 1, 0.8])
            return self.add(
                f"s{k}",
                "storage",
                max_volume=chance.choice([50, 200, 400]),
                cost=worth,
                initial_volume_pc=first,
                **low,
            )
        if kind < 0.7:
            worth = -chance.choice([5, 20, 200, 3000])
            return self.add(
                f"g{k}", "rivergauge", mrf=self.value(0, 6), mrf_cost=worth, cost=chance.choice([0, 0, 1])
            )
        if kind < 0.76:
            return self.add(f"q{k}", "losslink", loss_factor=chance.choice([0.1, 0.25]), max_flow=20, **cost)
        return self.add(f"l{k}", "link", max_flow=chance.choice([4, 8, 15]), **cost)

    def demand(self, k: int, scale: float, middle: list[str]) -> str:
        """Draw a demand, some of them restricted by a storage."""
        chance = self.chance
        worth = (
            chance.choice([10, 30, 100, 300, 1000, chance.uniform(1, 1000), chance.uniform(1, 3000)]) * scale
        )
        need, storages = self.value(1, 12), [name for name in middle if name[0] == "s"]
        if storages and chance.random() < 0.15:
            monthly = {"type": "monthlyprofile", "values": [0.81, 0.71] * 6}
            curves = [chance.choice([0.83, monthly]), 0.37]
            index = {"type": "controlcurveindex", "storage_node": storages[0], "control_curves": curves}
            factor = {
                "type": "indexedarray",
                "index_parameter": index,
                "params": [1.0, chance.choice([0.8, monthly]), 0.5],
            }
            need = {"type": "aggregated", "agg_func": "product", "parameters": [need, factor]}
        return self.add(f"d{k}", "output", max_flow=need, cost=-worth - 0.01 * k * (chance.random() < 0.8))

    def edges(
        self, sources: list[str], middle: list[str], uses: list[str], outs: list[str]
    ) -> list[list[str]]:
        """Draw edges that go forward only and leave no node out."""
        chance, found = self.chance, set()
        for source in sources:
            for head in chance.sample(middle + uses, min(chance.randint(1, 2), len(middle + uses))):
                found.add((source, head))
            if source[0] == "c":
                found.add((source, chance.choice(outs if chance.random() < 0.6 else middle)))
        for k, name in enumerate(middle):
            below = middle[k + 1 :] + uses + outs
            for head in chance.sample(below, min(chance.randint(1, 3), len(below))):
                found.add((name, head))
            if all(head != name for _, head in found):
                found.add((chance.choice(sources), name))
        for use in uses + outs:
            if all(head != use for _, head in found):
                found.add((chance.choice(sources + middle), use))
        return [list(edge) for edge in sorted(found)]
