"""How much water has to pass a place so that one unit arrives at a user: losses and own use on the way there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterbal.model.rows import Floats, Rows


def arriving(rows: Rows, demand: str, *, given: bool) -> dict[str, Floats]:
    """Return the share of the water at every place and link that can arrive at a demand, by its best way.

    Parameters
    ----------
    rows : Rows
        The network with its losses.
    demand : str
        Where the water is to arrive.
    given : bool
        Whether works count by what they give, as quotas do, or by what they take in, as their capacities do.

    Returns
    -------
    dict
        Place or link -> ndarray (time) [-]: of what works give or take in, of what passes a store, of what is taken
        from a source or aquifer, of what a link takes at its tail; 0 while all ways are closed. Stores lose nothing
        here, so that it is never too little. Only what has a way to the demand is in it.
    """
    entering = {node.id: np.broadcast_to(node.usable, rows.axis.size) for node in rows.nodes}
    leaving: dict[str, Floats] = {}
    found: dict[str, Floats] = {demand: np.ones(rows.axis.size)}
    changed = True
    while changed:  # gains are 1 at most, so that no way round is better than the straight one
        changed = False
        for link in rows.links:
            if link.head not in found:
                continue
            found[link.id] = found[link.head] * np.where(link.capacity > 0.0, link.gain, 0.0)
            best = np.maximum(leaving.get(link.tail, 0.0), found[link.id])
            if link.tail not in leaving or (best > leaving[link.tail]).any():
                leaving[link.tail] = best
                found[link.tail] = best * entering.get(link.tail, 1.0)
                changed = True
    for source in rows.sources:
        if source.id in leaving:
            found[source.id] = leaving[source.id] * source.yield_
    if given:
        found |= {node.id: leaving[node.id] for node in rows.nodes if node.id in leaving}
    return found


def least(share: Mapping[str, Floats], members: Mapping[str, float]) -> Floats | float:
    """Return what is counted at least of each unit that arrives, where all of it passes a member.

    Parameters
    ----------
    share : mapping
        Of ``arriving``.
    members : mapping
        Places and links -> weight with which they count.

    Returns
    -------
    ndarray (time) [-]
        0 where no water can arrive.
    """
    counted = [
        np.divide(weight, share[id], out=np.full(share[id].shape, np.inf), where=share[id] > 0.0)
        for id, weight in members.items()
        if id in share
    ]
    smallest = np.min(counted, axis=0, initial=np.inf)
    return np.where(np.isfinite(smallest), smallest, 0.0)
