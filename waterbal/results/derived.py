"""Results that follow from flows and rows: limits and which one binds, areas, costs, energy, reuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from waterbal.model.rows import Floats, Ints, Rows
from waterbal.results.terms import BINDING, LIMITS
from waterbal.results.view import RETURN_FLOW, View

AT_LIMIT = 1e-6
"""[-] a withdrawal within this share of a limit is held back by it."""


def water_shortage(seen: View) -> Floats:
    """Return the unrestricted need that is not supplied, ndarray (member, time, demand) [1e4 m3]."""
    return np.maximum(seen.need - seen.run.supply, 0.0)


def water_area(seen: View) -> Floats:
    """Return the water surface at the end of each step, ndarray (member, time, store) [km2]."""
    area = np.zeros_like(seen.run.storage)
    for s, row in enumerate(seen.rows.stores):
        area[:, :, s] = np.interp(seen.run.storage[:, :, s], row.curve_volume, row.curve_area)
    return area


def limit_table(seen: View, group: str) -> Floats:
    """Collect the limits of sources or aquifers.

    Returns
    -------
    ndarray (member, time, element, kind) [1e4 m3]
        Kinds as in ``LIMITS``; nan where an element has no such limit.
    """
    table = [seen.limit(group, kind, np.nan) for kind in LIMITS if kind != RETURN_FLOW]
    lagged = np.full_like(table[0], np.nan)
    if group == "sources":
        for s in range(lagged.shape[2]):
            limit = seen.lagged(s)
            if limit is not None:
                lagged[:, :, s] = limit
    return np.stack([*table, lagged], axis=3)


def _exhausted(seen: View, group: str) -> np.ndarray:
    """Tell where a quota of an element has nothing left, ndarray (member, time, element)."""
    found = np.zeros(seen.zeros(group).shape, dtype=bool)
    number = seen.number(group)
    for q, quota in enumerate(seen.rows.quotas):
        volume = seen.variants[0].quotas[q].volume
        empty = seen.run.quota_left[:, :, q] <= AT_LIMIT * np.maximum(volume, 1e-300)
        for member, weight in quota.members:
            if member in number and weight > 0.0:
                found[:, :, number[member]] |= empty
    return found


def _smallest(limits: Floats) -> tuple[Floats, Ints]:
    """Return the smallest of the limits and its flag, ndarray (member, time, element)."""
    filled = np.where(np.isnan(limits), np.inf, limits)
    return filled.min(axis=3, initial=np.inf), filled.argmin(axis=3) + 1


def source_binding_limit(seen: View) -> Ints:
    """Return what held each withdrawal back, ndarray (member, time, source), position in ``BINDING``.

    A limit of the source itself comes before a quota that is used up.
    """
    taken = seen.run.source_withdrawal
    smallest, kind = _smallest(limit_table(seen, "sources"))
    held = taken >= smallest * (1.0 - AT_LIMIT)
    quota = np.where(_exhausted(seen, "sources"), BINDING.index("quota"), 0)
    return np.where(held, kind, quota)


def aquifer_binding_limit(seen: View) -> Ints:
    """Return what held pumping back, ndarray (member, time, aquifer), position in ``BINDING``."""
    run = seen.run
    smallest, kind = _smallest(limit_table(seen, "aquifers"))
    factor = np.ones_like(run.aquifer_tier)
    for a, row in enumerate(seen.rows.aquifers):
        factors = np.concatenate([[1.0], row.tier_factor])
        factor[:, :, a] = factors[run.aquifer_tier[:, :, a].astype(np.int64)]
    stored = seen.before("aquifers") - run.aquifer_evaporation
    kind = np.where(factor < 1.0, BINDING.index("level_tier"), kind)
    quota = np.where(_exhausted(seen, "aquifers"), BINDING.index("quota"), 0)
    dry = run.aquifer_pumping >= stored * (1.0 - AT_LIMIT)
    other = np.where(dry, BINDING.index("storage"), quota)
    held = run.aquifer_pumping >= smallest * factor * (1.0 - AT_LIMIT)
    return np.where(held, kind, other)


def amount(group: str, price: str, volume: Callable[[View], Floats]) -> Callable[[View], Floats]:
    """Make a function that values a volume, ndarray (member, time, element) [1e4 yuan] or [1e4 kWh]."""

    def value(seen: View) -> Floats:
        total = seen.constants(group, lambda row: getattr(row, price))[:, None, :] * volume(seen)
        if price == "unit_cost" and group == "sources":
            total = total + seen.series(group, _fixed_cost)
        return total

    return value


def _fixed_cost(row: Any) -> Floats:
    return row.fixed_cost if row.fixed_cost is not None else np.zeros_like(row.yield_)


def reuse_nodes(rows: Rows) -> frozenset[str]:
    """Find works that hold returned water only: they receive returns, and links only from such works."""
    nodes = {row.id for row in rows.nodes}
    fed = {to for demand in rows.demands for to, _ in demand.returns if to in nodes}
    tails = {name: {link.tail for link in rows.links if link.head == name} for name in nodes}
    found = {name for name in fed if tails[name] <= fed}
    while True:
        more = {n for n in nodes - found if tails[n] and tails[n] <= found}
        if not more:
            return frozenset(found)
        found |= more


def reclaimed_supply(seen: View) -> Floats:
    """Return what links take from works of returned water to anything else, ndarray (member, time, node)."""
    reuse, total, number = reuse_nodes(seen.rows), seen.zeros("nodes"), seen.number("nodes")
    for j, link in enumerate(seen.rows.links):
        if link.tail in reuse and link.head not in reuse:
            total[:, :, number[link.tail]] += seen.run.link_flow[:, :, j]
    return total


def quota_weights(seen: View, group: str) -> Floats:
    """Return the weight of each element in each quota, ndarray (quota, element) [-]."""
    number = seen.number(group)
    table = np.zeros((len(seen.rows.quotas), len(number)))
    for q, quota in enumerate(seen.rows.quotas):
        for member, weight in quota.members:
            if member in number:
                table[q, number[member]] += weight
    return table
