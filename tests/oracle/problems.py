"""Random step problems of many shapes, for comparing the allocation kernel with a solver.

A ``Network`` is a constant program; ``draw`` gives bounds and targets of one step. Features are combined at
random around a named shape, so that a failure says what it takes to reproduce it: the shape and the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.kernel.program import Problem

LINEAR, SHARE, VOLUME = 0, 1, 2

SHAPES = (
    "tree", "trunk", "mesh", "reuse", "reuse_near_one", "quotas", "stores", "reserves", "minimum",
    "zeros", "integers", "scaled", "direct", "tiers", "listed", "stages", "single", "crowd", "everything",
)  # fmt: skip


@dataclass
class Step:
    """One step to allocate: stage, bounds by variable, target by member."""

    stage: int
    lower: np.ndarray
    upper: np.ndarray
    target: np.ndarray


@dataclass
class Draft:
    """A program under construction; every coefficient is one number per stage."""

    stages: int
    columns: list[float] = field(default_factory=list)  # typical upper bound
    rows: list[dict[int, np.ndarray]] = field(default_factory=list)
    levels: list[tuple[int, dict[int, np.ndarray], int, list[tuple[int, float]]]] = field(
        default_factory=list
    )

    def column(self, size: float) -> int:
        self.columns.append(size)
        return len(self.columns) - 1

    def row(self, terms: dict[int, np.ndarray]) -> int:
        self.rows.append(terms)
        return len(self.rows) - 1

    def problem(self) -> Problem:
        n, m = len(self.columns), len(self.rows)
        matrix = np.zeros((self.stages, m, n))
        for i, terms in enumerate(self.rows):
            for j, value in terms.items():
                matrix[:, i, j] += value
        objective = np.zeros((self.stages, len(self.levels), n))
        member, scale, start, kind, variable = [], [], [0], [], []
        for k, (level_kind, terms, level_variable, members) in enumerate(self.levels):
            for j, value in terms.items():
                objective[:, k, j] -= value
            kind.append(level_kind)
            variable.append(level_variable)
            member += [v for v, _ in members]
            scale += [s for _, s in members]
            start.append(len(member))
        return Problem(
            matrix,
            objective,
            np.array(kind, np.int64),
            np.array(variable, np.int64),
            np.array(start, np.int64),
            np.array(member, np.int64),
            np.array(scale, np.float64),
            np.zeros(matrix.shape[1] + matrix.shape[2], np.int64),
        )


@dataclass
class Delivery:
    """Something a class shares out: its variable, what it delivers, and its need."""

    variable: int  # -1 - row while rows are still being added
    scale: float
    terms: dict[int, np.ndarray]
    need: float
    zone: int = 0


class Network:
    """A random network of one shape and the rules by which its steps are drawn."""

    def __init__(self, shape: str, seed: int):
        self.shape, self.seed = shape, seed
        self.rng = np.random.default_rng([SHAPES.index(shape), seed])
        rng = self.rng
        every = shape == "everything"

        def has(name: str, chance: float = 0.0) -> bool:
            return shape == name or rng.random() < (0.5 if every else chance)

        self.draft = Draft(2 if has("stages", 0.1) else 1)
        self.one = np.ones(self.draft.stages)
        self.zones = int(rng.integers(8, 16)) if shape == "crowd" else int(rng.integers(2, 6))
        self.classes = 1 if shape == "single" else int(rng.integers(1, 7))
        self.features = {
            "reuse": has("reuse", 0.3), "near_one": has("reuse_near_one"), "quotas": has("quotas", 0.2),
            "stores": has("stores", 0.3), "reserves": has("reserves", 0.2), "minimum": has("minimum", 0.05),
            "zeros": has("zeros", 0.1), "integers": has("integers", 0.1), "scaled": has("scaled"),
            "direct": has("direct", 0.3), "tiers": has("tiers", 0.15), "listed": has("listed", 0.15),
            "trunk": has("trunk", 0.2), "mesh": has("mesh", 0.3),
        }  # fmt: skip
        self.fixed_rows: list[int] = []  # balances: [0, 0]
        self.sized_rows: list[tuple[int, float]] = []  # [0, about size]
        self.open_rows: list[int] = []  # [0, roof]
        self.store_rows: list[tuple[int, float]] = []
        self.links: list[int] = []
        self.costs: dict[int, float] = {}
        self.kept: list[int] = []
        self.deliveries: list[list[Delivery]] = [[] for _ in range(self.classes)]
        self.reserves: list[tuple[int, list[int]]] = []
        self.into: dict[object, dict[int, np.ndarray]] = {}
        self.out: dict[object, list[int]] = {}
        self.build()
        self.problem = self.draft.problem()

    # construction ---------------------------------------------------------------------------------------

    def gain(self) -> np.ndarray:
        rng = self.rng
        if self.features["integers"] and rng.random() < 0.7:
            return self.one.copy()
        base = rng.uniform(0.97, 1.0) if self.features["near_one"] else rng.uniform(0.75, 1.0)
        return np.minimum(1.0, base * rng.uniform(0.9, 1.0, self.draft.stages))

    def link(self, tail: object, head: object, size: float) -> int:
        j = self.draft.column(size * self.rng.uniform(0.3, 1.5))
        self.links.append(j)
        self.costs[j] = round(self.rng.uniform(0.0, 3.0), 1)
        self.out.setdefault(tail, []).append(j)
        self.into.setdefault(head, {})[j] = self.gain()
        return j

    def build(self) -> None:
        rng, f = self.rng, self.features
        total = 20.0 * self.zones
        sources = [("source", s) for s in range(int(rng.integers(1, 5)))]
        stores = [("store", s) for s in range(int(rng.integers(1, 4)))] if f["stores"] else []
        plants = [("plant", p) for p in range(1 if f["trunk"] else int(rng.integers(1, 4)))]
        hubs = [("hub", z) for z in range(self.zones)]
        for source in sources + stores:
            fed = plants if f["trunk"] else [p for p in plants if rng.random() < 0.7] or plants[:1]
            for plant in fed:
                self.link(source, plant, total / 2)
        for store in stores:
            self.link(sources[int(rng.integers(len(sources)))], store, total / 4)
        for z, hub in enumerate(hubs):
            chosen = [p for p in plants if rng.random() < 0.6] or [plants[int(rng.integers(len(plants)))]]
            for plant in chosen:
                self.link(plant, hub, 25.0)
            if f["mesh"] and z and rng.random() < 0.7:
                self.link(hubs[z - 1], hub, 10.0)
                self.link(hub, hubs[z - 1], 10.0)
        demands = self.add_demands(hubs, sources + stores)
        works = self.add_reuse(demands) if f["reuse"] or f["near_one"] else []
        for source in sources:
            row = self.draft.row(dict.fromkeys(self.out.get(source, []), self.one))
            self.sized_rows.append((row, total * rng.uniform(0.1, 1.0)))
        for plant in plants:
            self.sized_rows.append(
                (self.draft.row(dict(self.into.get(plant, {}))), total * rng.uniform(0.3, 1.2))
            )
            self.balance(plant, rng.uniform(0.9, 1.0))
        for hub in hubs:
            self.balance(hub, 1.0)
        for store in stores:
            self.add_store(store, total / 4)
        self.finish_demands(demands)
        self.finish_reuse(works, demands)
        if f["quotas"]:
            self.add_quotas(sources, total)
        self.add_levels()

    def balance(self, node: object, usable: float) -> None:
        terms = {j: usable * g for j, g in self.into.get(node, {}).items()}
        for j in self.out.get(node, []):
            terms[j] = terms.get(j, 0.0 * self.one) - 1.0
        self.fixed_rows.append(self.draft.row(terms))

    def add_demands(self, hubs: list, stocks: list) -> list[tuple[object, int, int, float]]:
        demands = []
        for c in range(self.classes):
            for z, hub in enumerate(hubs):
                if rng_skip(self.rng, 0.15):
                    continue
                demand = ("demand", c, z)
                need = float(self.rng.uniform(1.0, 15.0))
                self.link(hub, demand, need * 1.5)
                if not self.features["direct"] and self.rng.random() < 0.4:
                    self.link(stocks[int(self.rng.integers(len(stocks)))], demand, need * 0.7)
                demands.append((demand, c, z, need))
        return demands

    def add_reuse(self, demands: list) -> list[object]:
        works = [("reuse", z) for z in range(self.zones) if self.rng.random() < 0.8]
        for work in works:
            targets = [d for d, _, z, _ in demands if z == work[1] or self.rng.random() < 0.2]
            for demand in targets:
                if self.rng.random() < 0.6:
                    self.link(work, demand, 8.0)
        return [work for work in works if work in self.out]

    def finish_reuse(self, works: list, demands: list) -> None:
        for work in works:
            top = 0.99 if self.features["near_one"] else 0.8
            terms: dict[int, np.ndarray] = {}
            for demand, _, z, _ in demands:
                if z == work[1] and self.rng.random() < 0.7:
                    share = (
                        self.rng.uniform(0.7, top)
                        if self.features["near_one"]
                        else self.rng.uniform(0.2, top)
                    )
                    for j, g in self.into[demand].items():
                        terms[j] = terms.get(j, 0.0 * self.one) + share * g
            for j in self.out[work]:
                terms[j] = terms.get(j, 0.0 * self.one) - 1.0
            self.open_rows.append(self.draft.row(terms))
            self.sized_rows.append((self.draft.row(dict.fromkeys(self.out[work], self.one)), 10.0))

    def add_store(self, store: object, size: float) -> None:
        terms = dict(self.into.get(store, {}))
        for j in self.out.get(store, []):
            terms[j] = terms.get(j, 0.0 * self.one) - 1.0
        zones = [self.draft.column(size)]
        if self.features["reserves"]:
            zones.append(self.draft.column(size * 0.5))
            self.reserves.append((int(self.rng.integers(self.classes)), [zones[1]]))
        for zone in zones:
            terms[zone] = -self.one
        self.kept += zones
        self.store_rows.append((self.draft.row(terms), size))

    def finish_demands(self, demands: list) -> None:
        rng = self.rng
        for demand, c, _, need in demands:
            arrivals = self.into[demand]
            if len(arrivals) == 1 and self.features["direct"] and rng.random() < 0.7:
                ((j, g),) = arrivals.items()
                if self.draft.stages == 1:  # the only link is the delivery; its need is met at need / gain
                    self.deliveries[c].append(Delivery(j, float(g[0]), {j: g}, need))
                    continue
            if self.features["tiers"] and rng.random() < 0.6:
                shares = rng.dirichlet([1.0, 1.0])
                parts = [self.draft.column(need * 2) for _ in shares]
                self.fixed_rows.append(self.draft.row(dict(arrivals) | dict.fromkeys(parts, -self.one)))
                for tier, (part, share) in enumerate(zip(parts, shares, strict=True)):
                    level = min(self.classes - 1, c + tier)
                    self.deliveries[level].append(Delivery(part, 1.0, {part: self.one}, need * share))
                continue
            factor = float(rng.choice([1.0, 1.0, 0.5, 2.5]))
            row = self.draft.row({j: factor * g for j, g in arrivals.items()})
            self.deliveries[c].append(Delivery(-1 - row, 1.0 / factor, dict(arrivals), need))

    def add_quotas(self, sources: list, total: float) -> None:
        rng = self.rng
        every: dict[int, np.ndarray] = {}
        for source in sources:
            counted = [j for j in self.out.get(source, []) if rng.random() < 0.8]
            if counted:
                terms = {j: self.one * round(rng.uniform(0.8, 1.3), 2) for j in counted}
                self.sized_rows.append((self.draft.row(terms), total * rng.uniform(0.1, 0.6)))
                every |= terms
        if every:
            self.sized_rows.append((self.draft.row(every), total * rng.uniform(0.2, 0.9)))

    def add_levels(self) -> None:
        rng, draft = self.rng, self.draft
        n = len(draft.columns)
        self.members: list[Delivery] = []
        for c, deliveries in enumerate(self.deliveries):
            for delivery in deliveries:
                if delivery.variable < 0:
                    delivery.variable = n - 1 - delivery.variable
            listed = self.features["listed"] and rng.random() < 0.5
            parts = [(d.variable, d.scale) for d in deliveries]
            if listed:
                for d in deliveries:
                    terms = {j: g / d.scale for j, g in d.terms.items()} if d.variable >= n else d.terms
                    value = terms if d.variable >= n else {d.variable: self.one}
                    draft.levels.append((LINEAR, value, d.variable, []))
                    self.members.append(d)
            elif deliveries:
                terms = {}
                for d in deliveries:
                    for j, g in d.terms.items():
                        terms[j] = terms.get(j, 0.0 * self.one) + g
                kind = VOLUME if rng.random() < 0.25 else SHARE
                draft.levels.append((kind, terms, -1, parts))
                self.members += deliveries
            for after, zones in self.reserves:
                if after == c:
                    draft.levels.append((LINEAR, dict.fromkeys(zones, self.one), zones[0], []))
        self.listed_members = [d for d in self.members if not self.shares(d)]
        self.shared_members = [d for d in self.members if self.shares(d)]
        cost = {j: -self.one * value for j, value in self.costs.items()}
        draft.levels.append((LINEAR, cost, -1, []))
        if self.kept:
            draft.levels.append((LINEAR, dict.fromkeys(self.kept, self.one), -1, []))
        tie = {j: -self.one * weight for j, weight in enumerate(rng.uniform(0.5, 1.5, n))}
        draft.levels.append((LINEAR, tie, -1, []))

    def shares(self, delivery: Delivery) -> bool:
        return any(v == delivery.variable for level in self.draft.levels for v, _ in level[3])

    # steps ----------------------------------------------------------------------------------------------

    def draw(self, rng: np.random.Generator) -> Step:
        """Draw the bounds and targets of one step."""
        draft, f = self.draft, self.features
        n, m = len(draft.columns), len(draft.rows)
        lower, upper = np.zeros(n + m), np.zeros(n + m)
        size = 10.0 ** rng.uniform(-3, 3, n + m) if f["scaled"] else np.ones(n + m)
        wet = rng.uniform(0.2, 1.3)

        def sized(v: int, typical: float) -> float:
            value = typical * size[v] * rng.uniform(0.3, 1.5)
            if f["zeros"] and rng.random() < 0.2:
                value = 0.0
            return float(np.round(value / 5.0) * 5.0 if f["integers"] else value)

        for j, typical in enumerate(draft.columns):
            upper[j] = sized(j, typical)
            if rng.random() < 0.1:
                upper[j] = 1e4  # unlimited
        roof = 1e5 if f["scaled"] else 1e4
        for row, typical in self.sized_rows:
            upper[n + row] = sized(n + row, typical) * wet
        for row in self.open_rows:
            upper[n + row] = roof
        for row, typical in self.store_rows:
            lower[n + row] = -sized(n + row, typical) * wet
            upper[n + row] = roof if rng.random() < 0.7 else lower[n + row]
        stage = int(rng.integers(draft.stages))
        target = np.zeros(len(self.shared_members))
        dry = rng.uniform(0.3, 1.8)
        for i, d in enumerate(self.shared_members):
            target[i] = self.need(rng, d, sized, dry)
            upper[d.variable] = (
                target[i] if d.variable >= n or rng.random() < 0.5 else (min(upper[d.variable], target[i]))
            )
        for d in self.listed_members:
            upper[d.variable] = min(upper[d.variable] or np.inf, self.need(rng, d, sized, dry))
        if f["minimum"]:
            for j in rng.choice(self.links, int(rng.integers(1, 4)), replace=False):
                lower[j] = upper[j] * rng.uniform(0.01, 0.9) if upper[j] < 1e3 else 1.0
            if rng.random() < 0.3 and len(target):
                i = int(rng.integers(len(target)))
                v = self.shared_members[i].variable
                lower[v] = upper[v] * rng.uniform(0.0, 0.6)
        return Step(stage, lower, upper, target)

    def need(self, rng: np.random.Generator, d: Delivery, sized, dry: float) -> float:
        value = sized(d.variable, d.need) * dry
        return 0.0 if rng.random() < 0.07 else value / d.scale


def rng_skip(rng: np.random.Generator, chance: float) -> bool:
    """Return whether to leave something out."""
    return bool(rng.random() < chance)


def instances(shape: str, seed: int, steps: int) -> tuple[Network, list[Step]]:
    """Return a random network and some steps of it."""
    network = Network(shape, seed)
    rng = np.random.default_rng([SHAPES.index(shape), seed, 1])
    return network, [network.draw(rng) for _ in range(steps)]
