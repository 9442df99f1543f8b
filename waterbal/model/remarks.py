"""What is no mistake in a model, but does what few expect."""

from __future__ import annotations

import numpy as np

from waterbal.errors import Message, joined
from waterbal.model.rows import Rows


def remarks(rows: Rows) -> list[Message]:
    """Say what a model does that its author may not expect.

    Parameters
    ----------
    rows : Rows
        The lowered model.

    Returns
    -------
    list of Message
        One sentence for each kind.
    """
    return _never_filled(rows)


def _never_filled(rows: Rows) -> list[Message]:
    """Name stores that priced water never fills, because the price counts before what is kept in them."""
    if rows.reserve.mode != "none":
        return []
    told = []
    for store in rows.stores:
        if not (store.capacity > 0.0).any():
            continue
        priced = {id for id, price in _prices(rows, store.id).items() if price > store.value}
        if priced:
            names = sorted(priced)
            told.append(
                Message(
                    f"{'、'.join(names)}的水不入 {store.id!r}", f"{store.id!r} from {' and '.join(names)}"
                )
            )
    if not told:
        return []
    stores = joined(told, "；", "; ")
    return [
        Message(
            f"预留方式为 'none' 时，省钱先于蓄水，有价格的水不会用来充蓄水库：{stores.zh}"
            "（水库的 `value` 高于该价格时才会充蓄；方式 'planned' 为以后的需要留水）",
            "with reserve mode 'none' a price counts before keeping water, so that priced water never fills a store: "
            f"{stores} (a `value` of the store above the price fills it; "
            "mode 'planned' keeps what later needs take)",
        )
    ]


def _prices(rows: Rows, store: str) -> dict[str, float]:
    """Give the lowest price at which water of each source comes to a store [yuan/m3], losses left aside."""
    cost = {row.id: row.unit_cost for group in (rows.sources, rows.aquifers, rows.nodes) for row in group}
    stores = {row.id for row in rows.stores}
    heads = {link.head for link in rows.links}
    begins = {row.id for group in (rows.sources, rows.aquifers) for row in group}
    begins |= {node.id for node in rows.nodes if node.id not in heads}  # reclaimed water
    lowest = {store: 0.0}
    left = [store]
    while left:
        head = left.pop()
        for link in rows.links:
            price = lowest[head] + link.unit_cost + cost.get(link.tail, 0.0)
            if link.head == head and link.tail not in stores and price < lowest.get(link.tail, np.inf):
                lowest[link.tail] = price
                left.append(link.tail)
    return {id: price for id, price in lowest.items() if id in begins}
