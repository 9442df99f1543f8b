"""Kernel tables from an assembled model: the only place that builds kernel arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any

import numpy as np

from waterbal.kernel import tables as kernel
from waterbal.model.rows import Floats, Ints, QuotaRow, Rows, TimeAxis
from waterbal.network.assemble import Assembly
from waterbal.network.index import Index, Stages, returns
from waterbal.network.lookahead import LookAhead


def floats(values: Any) -> Floats:
    """Return a writable C-contiguous float64 copy."""
    return np.array(values, dtype=np.float64, order="C")


def integers(values: Any) -> Ints:
    """Return a writable C-contiguous int64 copy."""
    return np.array(values, dtype=np.int64, order="C")


def zeros(*groups: tuple[int, str], shape: tuple[int, ...] = ()) -> dict[str, Floats]:
    """Return zeroed arrays by name for groups of (last dimension, names), after leading dimensions."""
    return {name: np.zeros((*shape, width)) for width, names in groups for name in names.split()}


def starts(groups: Iterable[Sized]) -> Ints:
    """Return the offsets of ragged groups stored one after the other."""
    return integers(np.concatenate([[0], np.cumsum([len(group) for group in groups], dtype=np.int64)]))


def joined(groups: Iterable[Any]) -> Floats:
    """Return ragged groups stored one after the other."""
    parts = [np.asarray(group, dtype=np.float64) for group in groups]
    return floats(np.concatenate(parts)) if parts else np.zeros(0)


def layout(build: Assembly, scale: float, ahead: LookAhead) -> kernel.Layout:
    """Build the layout table.

    Parameters
    ----------
    build : Assembly
        Assembled program.
    scale : float
        Volume of one kernel unit [1e4 m3].
    ahead : LookAhead
        Columns, rows and levels of the look-ahead.
    """
    rows, index, places, program = build.rows, build.index, build.places, build.program

    def place(marks: Iterable[int | None]) -> Ints:
        return integers([program.number(mark) for mark in marks])

    def aquifer(name: str | None) -> int:
        return index.aquifers[name] if name is not None else -1

    entries = [entry for group in places.quota_entries for entry in group]
    flat_returns = returns(rows)
    lags = [
        (index.sources[s.id], index.demands[d], share) for s in rows.sources for d, share in s.lagged_supply
    ]
    return kernel.Layout(
        link_tail=integers([index.vertex[link.tail] for link in rows.links]),
        link_head=integers([index.vertex[link.head] for link in rows.links]),
        link_loss_aquifer=integers([aquifer(link.loss_to) for link in rows.links]),
        link_loss_recharge=floats([link.loss_recharge for link in rows.links]),
        source_row=place(places.source_row),
        source_loss_aquifer=integers([aquifer(source.loss_to) for source in rows.sources]),
        source_loss_recharge=floats([source.loss_recharge for source in rows.sources]),
        lag_source=integers([s for s, _, _ in lags]),
        lag_demand=integers([d for _, d, _ in lags]),
        lag_share=floats([share for _, _, share in lags]),
        aquifer_row=place(places.aquifer_row),
        aquifer_fresh_row=place(places.aquifer_fresh_row),
        aquifer_tier_start=starts([a.tier_depth for a in rows.aquifers]),
        tier_depth=joined(a.tier_depth for a in rows.aquifers),
        tier_factor=joined(a.tier_factor for a in rows.aquifers),
        aquifer_constant=floats(
            [
                [
                    a.storage_per_metre / scale,
                    a.initial_depth,
                    a.floor_depth,
                    a.extinction_depth,
                    a.hysteresis,
                    a.fresh_share,
                ]
                for a in rows.aquifers
            ]
        ).reshape(-1, 6),
        node_capacity_row=place(places.node_capacity_row),
        node_balance_row=place(places.node_balance_row),
        node_output_row=place(places.node_output_row),
        node_overflow=integers([node.overflow for node in rows.nodes]),
        node_outlet=integers([node.outlet for node in rows.nodes]),
        store_row=place(places.store_row),
        store_zone=integers([[program.number(z) for z in zones] for zones in places.store_zone]).reshape(
            -1, 2
        ),
        store_initial=floats([store.initial / scale for store in rows.stores]),
        store_passes=integers([store.passes for store in rows.stores]),
        store_seepage_aquifer=integers([aquifer(store.seepage_to) for store in rows.stores]),
        store_seepage_recharge=floats([store.seepage_recharge for store in rows.stores]),
        curve_start=starts([store.curve_volume for store in rows.stores]),
        curve_volume=joined(store.curve_volume / scale for store in rows.stores),
        curve_area=joined(store.curve_area * (0.1 / scale) for store in rows.stores),
        demand_row=place(places.demand_row),
        delivery_demand=integers([delivery.demand for delivery in places.deliveries]),
        delivery_share=floats([delivery.share for delivery in places.deliveries]),
        delivery_variable=place(delivery.variable for delivery in places.deliveries),
        return_demand=integers([demand for demand, _, _ in flat_returns]),
        return_vertex=integers([index.vertex[to] for _, to, _ in flat_returns]),
        quota_row=place(places.quota_row),
        quota_start=starts(places.quota_entries),
        quota_link=integers([link for link, _, _ in entries]),
        quota_weight=floats([weight for _, weight, _ in entries]),
        quota_source=integers([source for _, _, source in entries]),
        quota_carry=floats([quota.carry_over for quota in rows.quotas]),
        restriction_start=starts([r.threshold for r in rows.restrictions]),
        restriction_threshold=joined(r.threshold for r in rows.restrictions),
        restriction_store_start=starts([r.stores for r in rows.restrictions]),
        restriction_store=integers([index.stores[s] for r in rows.restrictions for s in r.stores]),
        restriction_factor=restriction_factors(rows, index),
        extra_variable=place(ahead.variables),
        ahead_row=place(ahead.store_rows),
        ahead_store=integers(ahead.stores),
        ahead_well_row=place(row for row, _, _ in ahead.wells),
        ahead_well_aquifer=integers([aquifer for _, aquifer, _ in ahead.wells]),
        ahead_well_share=floats([share for _, _, share in ahead.wells]),
        offer_variable=place(ahead.offer_rows),
        offer_start=starts(ahead.offer_sources),
        offer_source=integers([s for group in ahead.offer_sources for s in group]),
        need_variable=place(ahead.need_rows),
        need_start=starts(ahead.need_demands),
        need_demand=integers([d for group in ahead.need_demands for d in group]),
        level_need=integers(ahead.level_need).reshape(-1, 2),
    )


def restriction_factors(rows: Rows, index: Index) -> Floats:
    """Return ndarray (tier of all restrictions, demand) [-]."""
    tiers = sum(r.threshold.size for r in rows.restrictions)
    factors = np.ones((tiers, len(rows.demands)))
    first = 0
    for r in rows.restrictions:
        for demand, factor in r.factor.items():
            factors[first : first + r.threshold.size, index.demands[demand]] = factor
        first += r.threshold.size
    return factors


def coefficients(stages: Stages) -> kernel.Coefficients:
    """Build the coefficient table."""
    return kernel.Coefficients(
        gain=floats(stages.gain),
        yield_=floats(stages.yield_),
        usable=floats(stages.usable),
        recovery=floats(stages.recovery),
    )


def smallest(limits: dict[str, Floats]) -> Floats:
    """Return the smallest of several limits, step by step."""
    return functools.reduce(np.minimum, limits.values())


OF_THE_PLAN = ("stage", "extra_lower", "extra_upper", "planned_offer", "planned_need")
"""Forcing that comes with the program, not with the weather."""


def plan(stages: Stages, scale: float, ahead: LookAhead) -> dict[str, Any]:
    """Build the part of the forcing table that comes with the program.

    Parameters
    ----------
    stages : Stages
        Distinct coefficients.
    scale : float
        Volume of one kernel unit [1e4 m3].
    ahead : LookAhead
        Bounds of the look-ahead.
    """
    lower, upper = ahead.bounds(scale)
    offers, needs = floats(ahead.offers(scale)), floats(ahead.needs(scale))
    tables = (integers(stages.of_step), floats(lower), floats(upper), offers, needs)
    return dict(zip(OF_THE_PLAN, tables, strict=True))


def forcing(variants: Sequence[Rows], scale: float, roof: Sequence[Floats]) -> dict[str, Any]:
    """Build the rest of the forcing table; volumes in kernel units.

    Parameters
    ----------
    variants : sequence of Rows
        One per variant; or a single one of several samples, which are then the variants.
    scale : float
        Volume of one kernel unit [1e4 m3].
    roof : sequence of ndarray (variant) [1e4 m3]
        Volume that no flow exceeds, per variant or sample.
    """
    axis = variants[0].axis

    def table(group: str, value: Callable[[Any], Floats], unit: float) -> Floats:
        return stacked([[value(row) for row in getattr(rows, group)] for rows in variants], axis.size, unit)

    return {
        "days": floats([axis.days]),
        "source_limit": table("sources", lambda r: smallest(r.limits), scale),
        "aquifer_limit": table("aquifers", lambda r: smallest(r.limits), scale),
        "aquifer_recharge": table("aquifers", lambda r: r.recharge, scale),
        "aquifer_phreatic": table("aquifers", lambda r: r.phreatic, scale),
        "node_capacity": table("nodes", lambda r: r.capacity, scale),
        "node_output": table("nodes", lambda r: r.output_limit, scale),
        "store_capacity": table("stores", lambda r: r.capacity, scale),
        "store_dead": table("stores", lambda r: r.dead, scale),
        "store_inflow": table("stores", lambda r: r.inflow, scale),
        "store_evaporation": table("stores", lambda r: r.evaporation, 1.0),
        "store_rain": table("stores", lambda r: r.rain, 1.0),
        "store_seepage": table("stores", lambda r: r.seepage, 1.0),
        "store_reserve": table("stores", lambda r: r.dead * 0.0 if r.reserve is None else r.reserve, scale),
        "link_upper": table("links", lambda r: r.capacity, scale),
        "link_lower": table("links", lambda r: r.minimum, scale),
        "demand": table("demands", lambda r: r.gross, scale),
        "return_share": stacked([[share for _, _, share in returns(rows)] for rows in variants], axis.size),
        "quota_volume": table("quotas", lambda r: r.volume, scale),
        "quota_reset": table("quotas", lambda r: quota_starts(r, axis), 1.0),
        "quota_initial": np.ascontiguousarray(
            stacked(
                [[quota_left_at_start(q, rows.axis) for q in rows.quotas] for rows in variants], 1, scale
            )[:, 0, :]
        ),
        "roof": floats(np.concatenate(roof) / scale),
    }


def stacked(variants: Sequence[Sequence[Floats]], steps: int, unit: float = 1.0) -> Floats:
    """Stack the arrays of elements, last axis the element.

    Parameters
    ----------
    variants : sequence of sequences of ndarray
        Per variant the arrays of its elements, (time) or (sample, time).
    steps : int
        Number of steps.
    unit : float
        Divisor.

    Returns
    -------
    ndarray (variant, time, element)
        Variants of all samples one after the other; a single one if all are the same in every sample.
    """
    tables = []
    for arrays in variants:
        count = max((array.shape[0] for array in arrays if array.ndim == 2), default=1)
        table = np.empty((count, steps, len(arrays)))
        for i, array in enumerate(arrays):
            table[:, :, i] = array
        table /= unit
        tables.append(table)
    return tables[0] if len(tables) == 1 else np.concatenate(tables)


def quota_starts(quota: QuotaRow, axis: TimeAxis) -> Floats:
    """Mark the first step of each quota year, ndarray (time), 1 or 0."""
    first = np.concatenate([[False], axis.month[1:] != axis.month[:-1]])
    return (first & (axis.month == quota.reset_month)).astype(np.float64)


def quota_left_at_start(quota: QuotaRow, axis: TimeAxis) -> Floats:
    """Return what is left of a quota before the first step, ndarray (1) or (sample, 1) [1e4 m3]."""
    if quota.initial is not None:
        return np.array([quota.initial])
    return quota.volume[..., :1] * (12 - (int(axis.month[0]) - quota.reset_month) % 12) / 12.0


def state(build: Assembly, reduced: int, targets: int) -> kernel.State:
    """Allocate the state and scratch of one thread; variables that nothing bounds stay unbounded."""
    rows, size = build.rows, build.program.size
    stores, aquifers, nodes = len(rows.stores), len(rows.aquifers), len(rows.nodes)
    sources, demands, quotas = len(rows.sources), len(rows.demands), len(rows.quotas)
    vertices = len(build.index.vertex)
    arrays: dict[str, Any] = zeros(
        (stores, "storage end_volume surface_volume available rain evaporation seepage spill"),
        (aquifers, "ground depth phreatic pumpable pumping recharge overflow"),
        (quotas, "left used"),
        (demands, "need request supply"),
        (sources, "offer lagged withdrawal"),
        (nodes, "processed bypass process_loss discharge"),
        (vertices, "outgoing incoming"),
        (size, "lower upper flow"),
        (reduced, "reduced_lower reduced_upper"),
        (targets, "target"),
        (1, "residual"),
    )
    counts = {"tier": aquifers, "restriction": len(rows.restrictions), "elapsed": 1}
    arrays |= {name: np.zeros(width, dtype=np.int64) for name, width in counts.items()}
    scratch = kernel.State(**arrays)
    scratch.lower[:] = -np.inf
    scratch.upper[:] = np.inf
    return scratch
