"""Demands whose need follows a storage: parts with constant tiers, and the restrictions that cut them."""

from __future__ import annotations

import numpy as np

from waterbal.errors import Message
from waterbal.importing.ids import Ids
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.network import STORE, Network, Node
from waterbal.importing.parameters import Value
from waterbal.importing.sections import Entry
from waterbal.importing.words import say
from waterbal.model.rows import Floats

MOST_PARTS = 12
"""Most parts that a demand is split into where restrictions change in time."""


def restricted(
    node: Node, limit: Value, network: Network, ids: Ids, listing: Listing, language: str
) -> tuple[list[tuple[str, Floats]], list[Entry]]:
    """Split a demand whose need follows a storage into parts with constant tiers; give their restrictions, too."""
    where = (*node.path, "max_flow")
    full = limit.bands[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = [np.where(full > 0.0, band / full, 1.0) for band in limit.bands[1:]]
    if any(np.any((full == 0.0) & (band > 0.0)) or np.any(band > full) for band in limit.bands[1:]):
        listing.refuse(
            where,
            Message(
                f"storage {quoted(limit.store)} 下降时 {quoted(node.name)} 的需水反而增加；限水只能压减",
                f"the need of {quoted(node.name)} grows as storage "
                f"{quoted(limit.store)} falls; restrictions only cut",
            ),
        )
        return [(node.id, full)], []
    stores = [
        network.nodes[name]
        for name in network.groups.get(limit.store, [limit.store])
        if name in network.nodes
    ]
    thresholds = _thresholds(node, limit, stores, listing)
    if thresholds is None:
        return [(node.id, full)], []
    table = np.round(np.stack([*thresholds, *factors], axis=1), 12)
    rules, which = np.unique(table, axis=0, return_inverse=True)
    which = np.ravel(which)
    if len(rules) > MOST_PARTS:
        message = Message(
            f"{quoted(node.name)} 的限水规则随时间有 {len(rules)} 种形式",
            f"the restrictions of {quoted(node.name)} have {len(rules)} different forms over time",
        )
        listing.refuse(
            where,
            message,
            Message(f"不超过 {MOST_PARTS} 种，例如按月", f"at most {MOST_PARTS}, such as by month"),
        )
        return [(node.id, full)], []
    parts: list[tuple[str, Floats]] = []
    rationing: list[Entry] = []
    for i, rule in enumerate(rules):
        id = node.id if len(rules) == 1 else ids.of(f"{node.id}_{i + 1}")
        first = int(np.flatnonzero(which == i)[0])
        parts.append((id, np.where(which == i, full, 0.0)))
        count = len(thresholds)
        tiers = []
        for below, factor in zip(rule[:count], (f[first] for f in factors), strict=True):
            if below > 0.0:
                tiers.append({"below": float(below), "factors": {id: float(factor)}})
        if tiers:
            comment = say("drought", language, store=quoted(limit.store), name=quoted(node.name))
            body = {"stores": [store.id for store in stores], "tiers": tiers}
            rationing.append(Entry(ids.of(f"{id}_restriction"), body, comment))
    return parts, rationing


def _thresholds(node: Node, limit: Value, stores: list[Node], listing: Listing) -> list[Floats] | None:
    """Turn shares of the largest volume into shares of the active volume."""
    where = (*node.path, "max_flow")
    if not stores or any(store.kind != STORE for store in stores):
        return None  # refused elsewhere
    dead, capacity = sum(store.dead for store in stores), sum(store.capacity for store in stores)
    if dead and (len(stores) > 1 or stores[0].initial < stores[0].dead):
        listing.refuse(
            where,
            Message(
                f"{quoted(limit.store)} 的调度线计入死库容，而限水规则不计",
                f"the control curves of {quoted(limit.store)} count dead storage; restrictions do not",
            ),
        )
        return None
    if any(np.any(curve > 1.0) for curve in limit.curves) or capacity <= dead:
        listing.refuse(
            where,
            Message(
                f"{quoted(limit.store)} 的调度线高于满库水量",
                f"a control curve of {quoted(limit.store)} lies above the full volume",
            ),
        )
        return None
    return [np.maximum(0.0, (curve * capacity - dead) / (capacity - dead)) for curve in limit.curves]
