"""Step by step: states, the problem of the step, what follows from its solution."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Mapping

import numpy as np

from waterbal.model.rows import AquiferRow, Rows, StoreRow

from .lexicographic import Infeasible, Level, Problem, solve

MM_KM2 = 0.1
"""[1e4 m3] of 1 mm on 1 km2."""

FIELDS = {
    "link": ("link_flow",),
    "source": ("source_withdrawal", "source_available"),
    "aquifer": (
        "aquifer_pumping", "aquifer_storage", "aquifer_depth", "aquifer_recharge", "aquifer_evaporation",
        "aquifer_overflow", "aquifer_tier",
    ),
    "demand": ("supply", "request"),
    "store": ("storage", "store_inflow", "store_rain", "store_evaporation", "store_seepage", "spill"),
    "node": ("node_inflow", "node_bypass", "node_loss", "node_discharge"),
    "quota": ("quota_used", "quota_left"),
    "restriction": ("restriction_tier",),
    "level": ("reserve_need", "reserve_kept"),
}  # fmt: skip
"""Outputs by element, arrays (time, element) [1e4 m3] unless they are depths [m] or tiers."""


def _area(store: StoreRow, volume: float) -> float:
    return float(np.interp(volume, store.curve_volume, store.curve_area))


def _depth(aquifer: AquiferRow, storage: float) -> float:
    return aquifer.floor_depth - storage / aquifer.storage_per_metre


class _Run:
    """State of one run and the outputs it has written."""

    def __init__(self, rows: Rows, scale: Mapping[str, float]):
        self.rows, self.scale = rows, scale
        self.volume = {s.id: float(s.initial) for s in rows.stores}
        self.storage = {a.id: (a.floor_depth - a.initial_depth) * a.storage_per_metre for a in rows.aquifers}
        self.tier = {a.id: 0 for a in rows.aquifers}
        self.left: dict[str, float] = {}
        self.supplied: dict[str, float] | None = None
        self.supplied_days = 1.0

    # ---- states before the allocation

    def start_quotas(self) -> None:
        """Quotas at the start of a run, and again at the start of the record after a warm-up."""
        month = int(self.rows.axis.month[0])
        for q in self.rows.quotas:
            months = (q.reset_month - month) % 12 or 12
            self.left[q.id] = float(q.initial if q.initial is not None else q.volume[0] * months / 12)

    def renew_quotas(self, t: int) -> None:
        month = self.rows.axis.month
        for q in self.rows.quotas:
            if t == 0:
                continue
            if month[t] == q.reset_month and month[t - 1] != q.reset_month:
                unused = max(self.left[q.id], 0.0)
                self.left[q.id] = q.volume[t] + min(q.carry_over * q.volume[t], unused)
            else:
                self.left[q.id] += q.volume[t] - q.volume[t - 1]

    def restrictions(self, t: int) -> tuple[list[int], dict[str, float]]:
        """Tier of each restriction and the requests of the demands."""
        stores = {s.id: s for s in self.rows.stores}
        request = {d.id: float(d.gross[t]) * self.scale.get(d.id, 1.0) for d in self.rows.demands}
        tiers = []
        for r in self.rows.restrictions:
            active = sum(max(self.volume[i] - stores[i].dead[t], 0.0) for i in r.stores)
            room = sum(stores[i].capacity[t] - stores[i].dead[t] for i in r.stores)
            index = active / room if room > 0 else 1.0
            tier = sum(1 for threshold in r.threshold if index < threshold)
            if tier:
                for demand, factor in r.factor.items():
                    request[demand] *= float(factor[tier - 1])
            tiers.append(tier)
        return tiers, request

    def losses(self, t: int, store: StoreRow, mean: float) -> dict[str, float]:
        """Water balance of a store before links, with the area at volume ``mean``."""
        area = _area(store, mean)
        rain = store.rain[t] * area * MM_KM2
        evaporation = store.evaporation[t] * area * MM_KM2
        seepage = store.seepage[t] * area * MM_KM2
        before = self.volume[store.id] + store.inflow[t] + rain
        if before < evaporation + seepage:
            factor = before / (evaporation + seepage)
            evaporation, seepage = evaporation * factor, seepage * factor
            available = 0.0
        else:
            available = before - evaporation - seepage
        return {"rain": rain, "evaporation": evaporation, "seepage": seepage, "available": float(available)}

    def aquifer_limit(self, t: int, aquifer: AquiferRow) -> dict[str, float]:
        """Tier, phreatic evaporation and pumping limit from the start of the step."""
        storage = self.storage[aquifer.id]
        depth = _depth(aquifer, storage)
        tier = self.tier[aquifer.id]
        while tier < len(aquifer.tier_depth) and depth > aquifer.tier_depth[tier]:
            tier += 1
        while tier > 0 and depth < aquifer.tier_depth[tier - 1] - aquifer.hysteresis:
            tier -= 1
        shallow = max(0.0, 1.0 - depth / aquifer.extinction_depth) if aquifer.extinction_depth > 0 else 0.0
        evaporation = min(float(aquifer.phreatic[t]) * shallow, max(storage, 0.0))
        limit = min(float(v[t]) for v in aquifer.limits.values())
        limit *= float(aquifer.tier_factor[tier - 1]) if tier else 1.0
        limit = max(0.0, min(limit, storage - evaporation))
        return {"tier": tier, "evaporation": evaporation, "limit": limit}

    def source_limit(self, t: int, source) -> float:
        limits = [float(v[t]) for v in source.limits.values()]
        if source.lagged_supply:
            lagged = 0.0
            if self.supplied is not None:
                per_day = sum(share * self.supplied[d] for d, share in source.lagged_supply)
                lagged = per_day / self.supplied_days * float(self.rows.axis.days[t])
            limits.append(lagged)
        return min(limits)

    # ---- one step

    def step(self, t: int) -> dict[str, np.ndarray]:
        rows = self.rows
        self.renew_quotas(t)
        tiers, request = self.restrictions(t)
        aquifers = {a.id: self.aquifer_limit(t, a) for a in rows.aquifers}
        sources = {s.id: self.source_limit(t, s) for s in rows.sources}
        mean = dict(self.volume)
        end: dict[str, float] = {}
        for turn in range(max([s.passes for s in rows.stores], default=1)):
            if turn:
                again = [s for s in rows.stores if s.passes > turn]
                for s in again:
                    mean[s.id] = 0.5 * (self.volume[s.id] + end[s.id])
            stores = {s.id: self.losses(t, s, mean[s.id]) for s in rows.stores}
            answer = allocate(
                rows,
                t,
                request,
                {i: x["available"] for i, x in stores.items()},
                sources,
                {i: x["limit"] for i, x in aquifers.items()},
                {q.id: max(self.left[q.id], 0.0) for q in rows.quotas},
            )
            before, end = end, {s.id: answer["end", s.id] for s in rows.stores}
            if turn and all(abs(end[i] - before[i]) <= 1e-9 * max(abs(end[i]), 1e-9) for i in end):
                break
        return self.finish(t, tiers, request, sources, aquifers, stores, answer)

    def finish(self, t, tiers, request, sources, aquifers, stores, answer) -> dict[str, np.ndarray]:
        rows = self.rows
        flow = {link.id: answer["flow", link.id] for link in rows.links}
        arriving = {link.id: flow[link.id] * link.gain[t] for link in rows.links}
        supply = {
            d.id: sum((arriving[x.id] for x in rows.links if x.head == d.id), 0.0) for d in rows.demands
        }
        returned: dict[str, float] = {}
        for d in rows.demands:
            for target, share in d.returns:
                returned[target] = returned.get(target, 0.0) + share[t] * supply[d.id]

        def out_of(i: str) -> float:
            return sum((flow[x.id] for x in rows.links if x.tail == i), 0.0)

        def into(i: str) -> float:
            return sum((arriving[x.id] for x in rows.links if x.head == i), 0.0) + returned.get(i, 0.0)

        withdrawal = {s.id: out_of(s.id) / s.yield_[t] if s.yield_[t] > 0 else 0.0 for s in rows.sources}
        pumping = {a.id: out_of(a.id) for a in rows.aquifers}
        used = {}
        for q in rows.quotas:
            amount = {**flow, **withdrawal, **pumping}
            used[q.id] = sum((weight * amount[i] for i, weight in q.members), 0.0)
            self.left[q.id] -= used[q.id]

        spill = {}
        for s in rows.stores:
            spill[s.id] = stores[s.id]["available"] + into(s.id) - out_of(s.id) - answer["end", s.id]
            self.volume[s.id] = answer["end", s.id]

        nodes = {}
        for node in rows.nodes:
            processed = min(into(node.id), node.capacity[t]) if node.overflow else into(node.id)
            nodes[node.id] = (
                processed,
                into(node.id) - processed,
                processed * (1 - node.recovery[t]),
                processed * node.recovery[t] - out_of(node.id),
            )

        recharge, overflow = {}, {}
        for a in rows.aquifers:
            gained = float(a.recharge[t]) + returned.get(a.id, 0.0)
            for x in rows.links:
                if x.loss_to == a.id:
                    gained += x.loss_recharge * (1 - x.gain[t]) * flow[x.id]
            for s in rows.sources:
                if s.loss_to == a.id:
                    gained += s.loss_recharge * (1 - s.yield_[t]) * withdrawal[s.id]
            for r in rows.stores:
                if r.seepage_to == a.id:
                    gained += r.seepage_recharge * stores[r.id]["seepage"]
            recharge[a.id] = gained
            after = self.storage[a.id] + gained - aquifers[a.id]["evaporation"] - pumping[a.id]
            full = a.floor_depth * a.storage_per_metre
            overflow[a.id] = max(0.0, after - full)
            self.storage[a.id] = after - overflow[a.id]
            self.tier[a.id] = int(aquifers[a.id]["tier"])
        self.supplied, self.supplied_days = supply, float(rows.axis.days[t])

        need, kept = np.zeros(len(rows.levels)), np.zeros(len(rows.levels))
        for k, level in enumerate(rows.levels):
            if level.kind == "reserve" and rows.reserve.mode != "none":
                for s in rows.stores:
                    if s.id in level.members and s.reserve is not None:
                        need[k] += s.reserve[t]
                        kept[k] += min(answer["end", s.id], s.reserve[t])

        def each(elements, pick) -> np.ndarray:
            return np.array([float(pick(e)) for e in elements])

        return {
            "link_flow": each(rows.links, lambda x: flow[x.id]),
            "source_withdrawal": each(rows.sources, lambda s: withdrawal[s.id]),
            "source_available": each(rows.sources, lambda s: sources[s.id]),
            "aquifer_pumping": each(rows.aquifers, lambda a: pumping[a.id]),
            "aquifer_storage": each(rows.aquifers, lambda a: self.storage[a.id]),
            "aquifer_depth": each(rows.aquifers, lambda a: _depth(a, self.storage[a.id])),
            "aquifer_recharge": each(rows.aquifers, lambda a: recharge[a.id]),
            "aquifer_evaporation": each(rows.aquifers, lambda a: aquifers[a.id]["evaporation"]),
            "aquifer_overflow": each(rows.aquifers, lambda a: overflow[a.id]),
            "aquifer_tier": each(rows.aquifers, lambda a: aquifers[a.id]["tier"]),
            "supply": each(rows.demands, lambda d: supply[d.id]),
            "request": each(rows.demands, lambda d: request[d.id]),
            "storage": each(rows.stores, lambda s: self.volume[s.id]),
            "store_inflow": each(rows.stores, lambda s: s.inflow[t]),
            "store_rain": each(rows.stores, lambda s: stores[s.id]["rain"]),
            "store_evaporation": each(rows.stores, lambda s: stores[s.id]["evaporation"]),
            "store_seepage": each(rows.stores, lambda s: stores[s.id]["seepage"]),
            "spill": each(rows.stores, lambda s: spill[s.id]),
            "node_inflow": each(rows.nodes, lambda n: nodes[n.id][0]),
            "node_bypass": each(rows.nodes, lambda n: nodes[n.id][1]),
            "node_loss": each(rows.nodes, lambda n: nodes[n.id][2]),
            "node_discharge": each(rows.nodes, lambda n: nodes[n.id][3]),
            "quota_used": each(rows.quotas, lambda q: used[q.id]),
            "quota_left": each(rows.quotas, lambda q: self.left[q.id]),
            "restriction_tier": np.array([float(x) for x in tiers]),
            "reserve_need": need,
            "reserve_kept": kept,
        }


def allocate(
    rows: Rows,
    t: int,
    request: Mapping[str, float],
    available: Mapping[str, float],
    source_limit: Mapping[str, float],
    aquifer_limit: Mapping[str, float],
    quota_left: Mapping[str, float],
) -> dict[tuple[str, str], float]:
    """Optimum of the problem of step ``t``; keys (``flow``, link) and (``end``, store)."""
    size = sum(request.values())
    unit = size / 1000.0 if size > 0 else 1.0
    """Volumes are counted in this unit so that the solver's tolerances mean the same everywhere."""
    p = Problem()
    inf = np.inf
    flow = {x.id: p.variable(f"flow {x.id}", x.minimum[t] / unit, x.capacity[t] / unit) for x in rows.links}
    for x in rows.links:
        if x.minimum[t] > x.capacity[t]:
            raise Infeasible
    part: dict[str, tuple[int, float]] = {}
    """Delivery variables by demand id or ``id/tier``, with their targets."""
    for d in rows.demands:
        arrival = p.variable(f"arrival {d.id}", 0.0, request[d.id] / unit)
        part[d.id] = arrival, request[d.id] / unit
        p.row({arrival: -1.0, **{flow[x.id]: x.gain[t] for x in rows.links if x.head == d.id}}, 0.0, 0.0)
        if d.tiers:
            split = {arrival: -1.0}
            for share, label in d.tiers:
                target = share * request[d.id] / unit
                j = p.variable(f"arrival {d.id}/{label}", 0.0, target)
                part[f"{d.id}/{label}"] = j, target
                split[j] = 1.0
            p.row(split, 0.0, 0.0)

    def out_of(i: str, factor: float = 1.0) -> dict[int, float]:
        return {flow[x.id]: factor for x in rows.links if x.tail == i}

    def into(i: str, factor: float = 1.0) -> dict[int, float]:
        terms = {flow[x.id]: factor * x.gain[t] for x in rows.links if x.head == i}
        for d in rows.demands:
            for target, share in d.returns:
                if target == i:
                    j = part[d.id][0]
                    terms[j] = terms.get(j, 0.0) + factor * share[t]
        return terms

    def plus(*expressions: dict[int, float]) -> dict[int, float]:
        total: dict[int, float] = {}
        for terms in expressions:
            for j, value in terms.items():
                total[j] = total.get(j, 0.0) + value
        return total

    withdrawal: dict[str, dict[int, float]] = {}
    for s in rows.sources:
        if s.yield_[t] > 0:
            withdrawal[s.id] = out_of(s.id, 1.0 / s.yield_[t])
            p.row(out_of(s.id), -inf, s.yield_[t] * source_limit[s.id] / unit)
        else:
            withdrawal[s.id] = {}
            p.row(out_of(s.id), -inf, 0.0)
    for a in rows.aquifers:
        withdrawal[a.id] = out_of(a.id)
        p.row(out_of(a.id), -inf, aquifer_limit[a.id] / unit)
        fresh = {flow[x.id]: 1.0 for x in rows.links if x.tail == a.id and x.fresh}
        p.row(fresh, -inf, a.fresh_share * aquifer_limit[a.id] / unit)
    for node in rows.nodes:
        capacity, usable = node.capacity[t] / unit, node.usable[t]
        balance = plus(out_of(node.id), into(node.id, -usable))
        exact = not node.outlet and not node.overflow
        p.row(balance, 0.0 if exact else -inf, 0.0)
        if node.overflow:
            p.row(out_of(node.id), -inf, usable * capacity if usable > 0 else 0.0)
        else:
            p.row(into(node.id), -inf, capacity)
        p.row(out_of(node.id), -inf, node.output_limit[t] / unit)
    end = {}
    for r in rows.stores:
        there = available[r.id] / unit
        end[r.id] = p.variable(f"end {r.id}", min(r.dead[t] / unit, there), r.capacity[t] / unit)
        p.row(plus(into(r.id), out_of(r.id, -1.0), {end[r.id]: -1.0}), -there, inf)
    for q in rows.quotas:
        terms: dict[int, float] = {}
        for i, weight in q.members:
            member = {flow[i]: 1.0} if i in flow else withdrawal[i]
            terms = plus(terms, {j: weight * value for j, value in member.items()})
        p.row(terms, -inf, quota_left[q.id] / unit)

    levels: list[Level] = []
    for level in rows.levels:
        if level.kind == "demands":
            members = [part[name] for name in level.members]
            if level.sharing == "first_listed":
                levels += [Level("linear", {j: -1.0}) for j, _ in members]
            elif level.sharing == "equal_volume":
                alike = [(j, 1.0 if target > 0 else 0.0) for j, target in members]
                levels.append(Level("fill", members=alike))
            else:
                levels.append(Level("fill", members=members))
        elif rows.reserve.mode != "none":
            goal = {}
            for r in rows.stores:
                if r.id in level.members and r.reserve is not None:
                    j = p.variable(f"kept {r.id} {len(levels)}", 0.0, r.reserve[t] / unit)
                    p.row({end[r.id]: 1.0, j: -1.0}, 0.0, inf)
                    goal[j] = -1.0
            levels.append(Level("linear", goal))
    cost = {flow[x.id]: x.unit_cost for x in rows.links}
    for s in [*rows.sources, *rows.aquifers]:
        cost = plus(cost, {j: s.unit_cost * value for j, value in withdrawal[s.id].items()})
    for node in rows.nodes:
        if not node.overflow:
            cost = plus(cost, into(node.id, node.unit_cost))
        elif node.usable[t] > 0:
            cost = plus(cost, out_of(node.id, node.unit_cost / node.usable[t]))
    for r in rows.stores:
        cost = plus(cost, {end[r.id]: -r.value})
    levels.append(Level("linear", {j: value for j, value in cost.items() if value}))
    levels.append(Level("linear", dict.fromkeys(end.values(), -1.0)))
    levels.append(Level("linear", {flow[x.id]: 0.5 + crc32(x.id.encode()) / 2**32 for x in rows.links}))
    x = solve(p, levels) * unit
    return {
        **{("flow", i): float(x[j]) for i, j in flow.items()},
        **{("end", i): float(x[j]) for i, j in end.items()},
    }


def simulate(rows: Rows, scale: Mapping[str, float] | None = None) -> dict[str, np.ndarray]:
    """Run one member: arrays (time, element) [1e4 m3] named as the engine's output.

    ``scale`` multiplies demands by id. A step that has no solution ends the run: ``status`` is 1 there
    and in all that follow, and the arrays are not-a-number.
    """
    run = _Run(rows, scale or {})
    run.start_quotas()
    steps: list[dict[str, np.ndarray]] = []
    size = rows.axis.size
    status = np.zeros(size)
    try:
        for t in range(rows.axis.warm_up):
            run.step(t)
        run.start_quotas()
        run.supplied = None
        for t in range(size):
            steps.append(run.step(t))
    except Infeasible:
        status[len(steps) :] = 1
    sizes = {
        "link": len(rows.links),
        "source": len(rows.sources),
        "aquifer": len(rows.aquifers),
        "demand": len(rows.demands),
        "store": len(rows.stores),
        "node": len(rows.nodes),
        "quota": len(rows.quotas),
        "restriction": len(rows.restrictions),
        "level": len(rows.levels),
    }
    out = {}
    for element, names in FIELDS.items():
        for name in names:
            out[name] = np.full((size, sizes[element]), np.nan)
            for t, step in enumerate(steps):
                out[name][t] = step[name]
    out["status"] = status
    return out
