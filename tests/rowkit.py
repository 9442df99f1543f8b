"""Compact builders of ``Rows`` for tests, and random small systems.

Numbers broadcast to every step; ``cycle`` repeats twelve monthly values. Links are written ``"a>b"``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterbal.model.rows import (
    AquiferRow,
    DemandRow,
    LevelRow,
    LinkRow,
    NodeRow,
    QuotaRow,
    ReserveOptions,
    RestrictionRow,
    Rows,
    SourceRow,
    StoreRow,
    TimeAxis,
)

INF = np.inf


def axis(size: int = 1, start: str = "2001-01", step: str = "month", warm_up: int = 0) -> TimeAxis:
    """Time axis of ``size`` steps; dekads begin on days 1, 11 and 21."""
    first = np.datetime64(start, "M")
    if step == "month":
        edges = (first + np.arange(size + 1)).astype("datetime64[D]")
    elif step == "dekad":
        k = np.arange(size + 1)
        edges = (first + k // 3).astype("datetime64[D]") + 10 * (k % 3)
    else:
        edges = first.astype("datetime64[D]") + np.arange(size + 1)
    begin = edges[:-1]
    year = begin.astype("datetime64[Y]").astype(int) + 1970
    month = begin.astype("datetime64[M]").astype(int) % 12 + 1
    return TimeAxis(
        step=step,
        start=begin,
        end=edges[1:],
        days=np.diff(edges).astype(float),
        year=year.astype(np.int64),
        month=month.astype(np.int64),
        planning_year=year.astype(np.int64),
        warm_up=warm_up,
    )


class Kit:
    """Collects elements over one axis; ``rows()`` gives the lowered model."""

    def __init__(self, size: int = 1, **options):
        self.axis = axis(size, **options)
        self.sources: list[SourceRow] = []
        self.nodes: list[NodeRow] = []
        self.stores: list[StoreRow] = []
        self.aquifers: list[AquiferRow] = []
        self.links: list[LinkRow] = []
        self.demands: list[DemandRow] = []
        self.quotas: list[QuotaRow] = []
        self.restrictions: list[RestrictionRow] = []
        self.levels: list[LevelRow] = []
        self.reserve = ReserveOptions()

    def series(self, value) -> np.ndarray:
        """One value per step from a number or a sequence."""
        return np.broadcast_to(np.asarray(value, float), (self.axis.size,)).copy()

    def cycle(self, monthly) -> np.ndarray:
        """Twelve values by calendar month."""
        return np.asarray(monthly, float)[self.axis.month - 1]

    def source(self, id, limit=100.0, yield_=1.0, **more):
        limits = limit if isinstance(limit, dict) else {"hydrology": limit}
        self.sources.append(
            SourceRow(
                id=id,
                limits={k: self.series(v) for k, v in limits.items()},
                yield_=self.series(yield_),
                **more,
            )
        )
        return self

    def node(self, id, capacity=INF, recovery=1.0, usable=None, output_limit=INF, **more):
        self.nodes.append(
            NodeRow(
                id=id,
                capacity=self.series(capacity),
                recovery=self.series(recovery),
                usable=self.series(recovery if usable is None else usable),
                output_limit=self.series(output_limit),
                **more,
            )
        )
        return self

    def store(
        self, id, capacity=100.0, dead=0.0, initial=0.0, inflow=0.0, evaporation=0.0, rain=0.0, seepage=0.0,
        curve=((0.0, 1000.0), (1.0, 1.0)), reserve=None, **more,
    ):  # fmt: skip
        self.stores.append(
            StoreRow(
                id=id,
                capacity=self.series(capacity),
                dead=self.series(dead),
                initial=float(initial),
                inflow=self.series(inflow),
                evaporation=self.series(evaporation),
                rain=self.series(rain),
                seepage=self.series(seepage),
                curve_volume=np.asarray(curve[0], float),
                curve_area=np.asarray(curve[1], float),
                reserve=None if reserve is None else self.series(reserve),
                **more,
            )
        )
        return self

    def aquifer(
        self, id, limit=100.0, storage_per_metre=100.0, initial_depth=5.0, floor_depth=30.0, recharge=0.0,
        phreatic=0.0, extinction_depth=4.0, tiers=(), **more,
    ):  # fmt: skip
        """``tiers``: (depth, factor) pairs."""
        limits = limit if isinstance(limit, dict) else {"conveyance": limit}
        self.aquifers.append(
            AquiferRow(
                id=id,
                limits={k: self.series(v) for k, v in limits.items()},
                storage_per_metre=storage_per_metre,
                initial_depth=initial_depth,
                floor_depth=floor_depth,
                recharge=self.series(recharge),
                phreatic=self.series(phreatic),
                extinction_depth=extinction_depth,
                tier_depth=np.array([d for d, _ in tiers], float),
                tier_factor=np.array([f for _, f in tiers], float),
                **more,
            )
        )
        return self

    def link(self, ends, capacity=INF, minimum=0.0, loss=0.0, id=None, **more):
        tail, head = ends.split(">")
        self.links.append(
            LinkRow(
                id=id or f"{tail}_{head}",
                tail=tail,
                head=head,
                capacity=self.series(capacity),
                minimum=self.series(minimum),
                gain=1.0 - self.series(loss),
                **more,
            )
        )
        return self

    def demand(self, id, gross=10.0, returns=(), kind="industry", zone="town", **more):
        need = self.series(gross)
        self.demands.append(
            DemandRow(
                id=id,
                kind=kind,
                zone=zone,
                net=need,
                gross=need,
                returns=[(target, self.series(share)) for target, share in returns],
                **more,
            )
        )
        return self

    def quota(self, id, members, volume, reset_month=1, **more):
        pairs = [(m, 1.0) if isinstance(m, str) else m for m in members]
        self.quotas.append(QuotaRow(id, pairs, self.series(volume), reset_month, **more))
        return self

    def restrict(self, id, stores, threshold, factor):
        self.restrictions.append(
            RestrictionRow(
                id, list(stores), np.asarray(threshold, float),
                {k: np.asarray(v, float) for k, v in factor.items()},
            )
        )  # fmt: skip
        return self

    def share(self, *members, sharing="equal_share"):
        """A level of demands."""
        self.levels.append(LevelRow("demands", list(members), sharing))
        return self

    def keep(self, *stores):
        """A reserve level; turns the reserve mode to ``curve``."""
        self.levels.append(LevelRow("reserve", list(stores)))
        self.reserve = ReserveOptions(mode="curve")
        return self

    def rows(self) -> Rows:
        return Rows(
            axis=self.axis, sources=self.sources, nodes=self.nodes, stores=self.stores,
            aquifers=self.aquifers, links=self.links, demands=self.demands, quotas=self.quotas,
            restrictions=self.restrictions, levels=self.levels, reserve=self.reserve,
        )  # fmt: skip


# ---- changes of a model that have a known effect


def shorter(rows: Rows, size: int) -> Rows:
    """The first ``size`` steps."""
    full = rows.axis.size

    def cut(value):
        if isinstance(value, np.ndarray) and value.shape == (full,):
            return value[:size].copy()
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items()}
        if isinstance(value, list):
            return [cut(v) for v in value]
        if isinstance(value, tuple):
            return tuple(cut(v) for v in value)
        return value

    keep = {"curve_volume", "curve_area", "tier_depth", "tier_factor", "threshold", "factor"}

    def every(elements):
        return [replace(e, **{k: cut(v) for k, v in vars(e).items() if k not in keep}) for e in elements]

    return replace(
        rows, axis=replace(rows.axis, **{k: cut(v) for k, v in vars(rows.axis).items()}),
        sources=every(rows.sources), nodes=every(rows.nodes), stores=every(rows.stores),
        aquifers=every(rows.aquifers), links=every(rows.links), demands=every(rows.demands),
        quotas=every(rows.quotas),
    )  # fmt: skip


def scaled(rows: Rows, k: float) -> Rows:
    """The same system with every volume ``k`` times as large (areas too, depths not)."""

    def times(values):
        return {name: k * v for name, v in values.items()}

    return replace(
        rows,
        sources=[replace(s, limits=times(s.limits)) for s in rows.sources],
        nodes=[replace(n, capacity=k * n.capacity, output_limit=k * n.output_limit) for n in rows.nodes],
        stores=[
            replace(
                s, capacity=k * s.capacity, dead=k * s.dead, initial=k * s.initial, inflow=k * s.inflow,
                curve_volume=k * s.curve_volume, curve_area=k * s.curve_area,
                reserve=None if s.reserve is None else k * s.reserve, area_full=k * s.area_full,
            )
            for s in rows.stores
        ],
        aquifers=[
            replace(
                a, limits=times(a.limits), storage_per_metre=k * a.storage_per_metre,
                recharge=k * a.recharge, phreatic=k * a.phreatic,
            )
            for a in rows.aquifers
        ],
        links=[replace(x, capacity=k * x.capacity, minimum=k * x.minimum) for x in rows.links],
        demands=[replace(d, net=k * d.net, gross=k * d.gross) for d in rows.demands],
        quotas=[
            replace(q, volume=k * q.volume, initial=None if q.initial is None else k * q.initial)
            for q in rows.quotas
        ],
    )  # fmt: skip


def with_unused_source(rows: Rows) -> Rows:
    """The same system and a source that leads nowhere useful: a closed link to the first demand."""
    kit = Kit()
    kit.axis = rows.axis
    kit.source("unused_source", 50.0).link(f"unused_source>{rows.demands[0].id}", capacity=0.0)
    return replace(rows, sources=[*rows.sources, *kit.sources], links=[*rows.links, *kit.links])


# ---- random small systems


def random_rows(seed: int, size: int | None = None, minimum: bool = False, large: bool = False) -> Rows:
    """A random system: sources, works, perhaps stores, reuse, an aquifer, quotas, all rules.

    Numbers are drawn on coarse grids, so ties and degenerate vertices are common, or from a continuum.
    Every system has a solution, because every node that receives returns lets them go, unless ``minimum``
    gives some links a minimum flow. ``large`` systems have three times as many elements.
    """
    more = 3 if large else 1
    rng = np.random.default_rng(seed)
    step = str(rng.choice(["month", "month", "dekad", "day"]))
    steps = size if size is not None else int(rng.integers(6, 25))
    k = Kit(
        steps, start=f"20{rng.integers(1, 20):02d}-{rng.integers(1, 13):02d}", step=step,
        warm_up=int(rng.choice([0, 0, 0, 3])) if steps > 3 else 0,
    )  # fmt: skip
    coarse = rng.random() < 0.5

    def amount(low, high, shape=None):
        x = rng.uniform(low, high, shape)
        return np.round(x) if coarse else x

    def ratio(low, high):
        x = rng.uniform(low, high)
        return float(np.round(x * 20) / 20 if coarse else x)

    def price():
        return float(rng.integers(0, 5)) / 4 if coarse else float(rng.uniform(0, 2))

    def chance(p):
        return rng.random() < p

    def varying(low, high):
        """Constant, by calendar month, or by step."""
        if chance(0.4):
            return amount(low, high)
        if chance(0.5):
            return k.cycle(amount(low, high, 12))
        return amount(low, high, steps)

    moving = chance(0.3)

    def fraction(low, high):
        """A share that changes once during the run, or by season, in some systems."""
        first = ratio(low, high)
        if not moving or chance(0.5):
            return first
        later = k.axis.month > 6 if chance(0.5) else np.arange(steps) >= steps // 2
        return np.where(later, ratio(low, high), first)

    def capacity():
        if chance(0.4):
            return INF
        value = k.series(varying(5, 40))
        if chance(0.3):
            value[k.axis.month % 4 == int(rng.integers(0, 4))] = 0.0
        return value

    demands = [f"user_{i}" for i in range(more * int(rng.integers(1, 6)))]
    aquifer = chance(0.45)
    stores = [f"lake_{i}" for i in range(more * int(rng.choice([0, 1, 1, 2])))]
    works = [f"plant_{i}" for i in range(more * int(rng.choice([0, 1, 1, 2])))]
    sewage = chance(0.6)
    sinks_of_returns: list[str] = []
    if sewage:
        k.node(
            "sewage", capacity=capacity() if chance(0.5) else amount(5, 40), recovery=fraction(0.8, 1.0),
            outlet=True, overflow=True, unit_cost=price() if chance(0.5) else 0.0,
        )  # fmt: skip
        sinks_of_returns.append("sewage")
        node = k.nodes[-1]
        if chance(0.4):
            k.nodes[-1] = replace(node, usable=node.recovery * fraction(0.4, 1.0))
        if chance(0.3):
            k.nodes[-1] = replace(k.nodes[-1], output_limit=k.series(varying(0, 20)))
    if aquifer:
        tiers = sorted(float(x) for x in rng.uniform(3, 12, int(rng.integers(0, 3))))
        per_metre = float(amount(2, 60))
        k.aquifer(
            "ground",
            limit={"legal": varying(2, 30), "conveyance": amount(5, 30)},
            storage_per_metre=per_metre,
            initial_depth=ratio(1, 10),
            floor_depth=ratio(12, 30),
            recharge=varying(0, 12),
            phreatic=varying(0, 4),
            extinction_depth=ratio(2, 6),
            tiers=[(d, float(f)) for d, f in zip(tiers, (0.6, 0.25), strict=False)],
            hysteresis=ratio(0, 1),
            fresh_share=ratio(0.3, 1.0),
            unit_cost=price(),
        )
        sinks_of_returns.append("ground")
    for i in range(more * int(rng.integers(1, 5))):
        limits = {"hydrology": varying(0, 50) * (1000.0 if chance(0.05) else 1.0)}
        if chance(0.4):
            limits["plan"] = varying(5, 40)
        if chance(0.3):
            limits["conveyance"] = amount(5, 40)
        loss_to = "ground" if aquifer and chance(0.4) else None
        k.source(
            f"river_{i}", limits, yield_=1.0 if chance(0.5) else fraction(0.8, 0.95), unit_cost=price(),
            loss_to=loss_to, loss_recharge=ratio(0, 1) if loss_to else 0.0,
        )  # fmt: skip
        if chance(0.15):
            lagged = [(str(rng.choice(demands)), ratio(0.2, 0.9))]
            k.sources[-1] = replace(k.sources[-1], lagged_supply=lagged)
    for name in works:
        recovery = fraction(0.85, 1.0)
        outlet = chance(0.3)
        k.node(name, capacity=capacity(), recovery=recovery, unit_cost=price(), outlet=outlet)
        if outlet and chance(0.5):
            k.nodes[-1] = replace(k.nodes[-1], usable=k.nodes[-1].recovery * fraction(0.5, 1.0))
    for name in stores:
        size_ = float(amount(30, 150))
        full = k.series(size_)
        if chance(0.3):
            full = np.where((k.axis.month >= 6) & (k.axis.month <= 9), 0.7 * size_, size_)
        late = chance(0.15)
        if late:
            full = full * (np.arange(steps) >= steps // 3)
        dead = np.minimum(full, float(amount(0, 15)))
        curve = ((0.0, 0.4 * size_, size_), (0.2, ratio(1, 3), ratio(3, 6)))
        loss_to = "ground" if aquifer and chance(0.5) else None
        k.store(
            name, capacity=full, dead=dead, initial=0.0 if late else float(amount(0, size_)),
            inflow=varying(0, 20) if chance(0.7) else 0.0, evaporation=varying(0, 150),
            rain=varying(0, 120), seepage=varying(0, 30), curve=curve, seepage_to=loss_to,
            seepage_recharge=ratio(0, 1) if loss_to else 0.0,
            reserve=np.minimum(full, varying(5, 80)) if chance(0.6) else None,
            value=price() if chance(0.2) else 0.0, passes=int(rng.choice([1, 1, 4])),
        )  # fmt: skip
        sinks_of_returns.append(name)

    dense = 0.4 if large else 1.0

    def connect(tail, head):
        loss_to = "ground" if aquifer and chance(0.3) else None
        k.link(
            f"{tail}>{head}", capacity=capacity(), loss=0.0 if chance(0.4) else fraction(0.02, 0.3),
            unit_cost=price() if chance(0.5) else 0.0, loss_to=loss_to,
            loss_recharge=ratio(0, 1) if loss_to else 0.0, fresh=tail == "ground" and chance(0.5),
        )  # fmt: skip
        if minimum and chance(0.08):
            x = k.links[-1]
            k.links[-1] = replace(x, minimum=np.minimum(x.capacity, varying(0, 6)))

    rivers = [s.id for s in k.sources]
    for tail in [*rivers, *(["ground"] if aquifer else [])]:
        for head in [*works, *stores, *demands]:
            if chance(0.45 * dense):
                connect(tail, head)
    for tail in stores:
        for head in [*works, *demands]:
            if chance(0.5 * dense):
                connect(tail, head)
    if len(stores) >= 2 and chance(0.5):
        connect(stores[0], stores[1])
    for tail in works:
        for head in [*demands, *(stores if chance(0.2) else [])]:
            if chance(0.6 * dense):
                connect(tail, head)
    if sewage:
        for head in [*demands, *works, *(stores if chance(0.3) else [])]:
            if chance(0.4 * dense):
                connect("sewage", head)
    if len(works) >= 2 and chance(0.4):
        connect(works[0], works[1])
    if not k.links:
        connect(rivers[0], demands[0])

    for name in demands:
        returns, rest = [], 0.9
        for target in sinks_of_returns:
            if chance(0.6):
                share = np.minimum(rest, fraction(0.1, 0.8))
                returns.append((target, share))
                rest = rest - share
        tiers = [(0.4, "base"), (0.6, "rest")] if chance(0.15) else []
        k.demand(name, 0.0 if chance(0.05) else varying(0, 25), returns=returns, tiers=tiers)

    entities = [*rivers, *(["ground"] if aquifer else []), *(x.id for x in k.links)]
    groups: list[list[tuple[str, float]]] = []
    for i in range(more * int(rng.choice([0, 1, 2, 3]))):
        if groups and chance(0.5):
            members = [*groups[-1], (str(rng.choice(entities)), 1.0)]
        else:
            chosen = rng.choice(entities, min(len(entities), int(rng.integers(1, 4))), replace=False)
            members = [(str(x), 1.0 if chance(0.7) else ratio(0.5, 1.5)) for x in chosen]
        members = list(dict(members).items())
        groups.append(members)
        days = {"month": 30.0, "dekad": 10.0, "day": 1.0}[step]
        yearly = float(amount(40, 300)) * min(365 / days, steps) / 12
        volume = k.series(yearly)
        if chance(0.4):
            volume = np.where(k.axis.year == k.axis.year[0], volume, 0.7 * volume)
        k.quota(
            f"quota_{i}", members, volume, reset_month=int(rng.integers(1, 13)),
            carry_over=ratio(0, 0.5) if chance(0.5) else 0.0,
            initial=float(amount(0, 100)) if chance(0.2) else None,
        )  # fmt: skip

    if stores and chance(0.4):
        factor = {name: [0.9, 0.6] for name in demands if chance(0.6)}
        k.restrict("drought", stores, [0.5, 0.2], factor)

    order: list[str] = []
    for d in k.demands:
        order += [f"{d.id}/{label}" for _, label in d.tiers] or [d.id]
    rng.shuffle(order)
    keepers = [s.id for s in k.stores if s.reserve is not None]
    while order:
        count = min(len(order), int(rng.integers(1, 5)))
        rule = str(rng.choice(["equal_share", "equal_share", "equal_volume", "first_listed"]))
        k.share(*order[:count], sharing=rule)
        order = order[count:]
        if keepers and chance(0.5):
            k.keep(*keepers)
            keepers = []
    if chance(0.15):
        k.reserve = ReserveOptions(mode="none")
    return k.rows()
