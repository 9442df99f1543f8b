"""What passes a place, and what a quota counts, so that one unit arrives at a user: losses and own use on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from waterbal.model.rows import Floats, LinkRow, NodeRow, Rows


def passes_through(rows: Rows, place: str, members: Iterable[str], *, from_stores: bool = False) -> bool:
    """Tell whether all water that comes to a place has passed one of some sources, works or links.

    Parameters
    ----------
    rows : Rows
        The network.
    place : str
        Where the water comes to.
    members : iterable of str
        Places and links.
    from_stores : bool
        Whether all stores count as places where water begins, as for what a month's peak strains, or only those with
        an inflow. So do sources, aquifers, and what users give back.
    """
    cut = set(members)
    begins = {source.id for source in rows.sources} | {aquifer.id for aquifer in rows.aquifers}
    begins |= _filled(rows) | {store.id for store in rows.stores if from_stores}
    into: dict[str, list[tuple[str, str]]] = {}
    for link in rows.links:
        into.setdefault(link.head, []).append((link.id, link.tail))
    seen, waiting = {place}, [] if place in cut else [place]
    while waiting:
        here = waiting.pop()
        if here in begins:
            return False
        for id, before in into.get(here, []):
            if id not in cut and before not in cut and before not in seen:
                seen.add(before)
                waiting.append(before)
    return True


def _filled(rows: Rows) -> set[str]:
    """Name the places that water comes to otherwise than by links: from users, or as inflow of a store."""
    returned = {place for row in rows.demands for place, _ in row.returns}
    return returned | {store.id for store in rows.stores if (store.inflow > 0.0).any()}


def passing(rows: Rows, demand: str) -> dict[str, Floats]:
    """Return how much has to enter each place and link so that one unit arrives at a demand, by its best way.

    Parameters
    ----------
    rows : Rows
        The network with its losses.
    demand : str
        Where the water is to arrive.

    Returns
    -------
    dict
        Place or link -> ndarray (time) [-]: of what works take in, of what a link takes at its tail, of what is taken
        from a source. While all ways from it are closed, as when they are open; 1 where they never are. Only what has
        a way to the demand without a store between is in it: stores level what they are filled with.
    """
    share = {node.id: np.where(_open(node), _largest(node.usable), 0.0) for node in rows.nodes}
    share |= {source.id: _largest(source.yield_) for source in rows.sources}
    stores = {store.id for store in rows.stores}
    leaving: dict[str, Floats] = {}
    arriving: dict[str, Floats] = {demand: np.ones(rows.axis.size)}
    changed = True
    while changed:  # gains are 1 at most, so that no way round is better than the straight one
        changed = False
        for link in rows.links:
            if link.head not in arriving or link.head in stores:
                continue
            arriving[link.id] = arriving[link.head] * _passing(link)
            best = np.maximum(leaving.get(link.tail, 0.0), arriving[link.id])
            if link.tail not in leaving or (best > leaving[link.tail]).any():
                leaving[link.tail] = best
                arriving[link.tail] = best * share.get(link.tail, 1.0)
                changed = True
    return {id: 1.0 / np.where(part > 0.0, part, part.max() or 1.0) for id, part in arriving.items()}


def counted(rows: Rows, demand: str, members: Mapping[str, float]) -> Floats:
    """Return the least that a quota counts of each unit that arrives at a demand by way of something it counts.

    Water that passes several members counts at each of them, as in a simulation.

    Parameters
    ----------
    rows : Rows
        The network with its losses.
    demand : str
        Where the water arrives.
    members : mapping
        Source, aquifer, plant or link that the quota counts -> weight, above 0.

    Returns
    -------
    ndarray (time) [-]
        What leaves a store has come in its best step, and nothing of it was lost there, so that it is never too much.
        While all ways are closed, as when they are open; 0 where they never are.
    """
    size = rows.axis.size
    share = {node.id: np.where(_open(node), _largest(node.usable), 0.0) for node in rows.nodes}
    share |= {store.id: (_largest(store.capacity) > 0.0).astype(np.float64) for store in rows.stores}
    stores = {store.id for store in rows.stores}
    entering = {place: _uncounted(size) for place in share if place in _filled(rows)}
    leaving = {id: _past(_per(state, share[id]), members.get(id)) for id, state in entering.items()}
    begins = [(source.id, source.limits, source.yield_) for source in rows.sources]
    begins += [(aquifer.id, aquifer.limits, np.ones(size)) for aquifer in rows.aquifers]
    for id, limits, yield_ in begins:
        built = [_largest(limit) > 0.0 for kind, limit in limits.items() if kind != "hydrology"]
        there = np.where(np.all(built, axis=0), _largest(yield_), np.zeros(size))
        leaving[id] = _per(_past(_uncounted(size), members.get(id)), there)
    changed = True
    while changed:  # no way round counts less than the straight one
        changed = False
        for link in rows.links:
            if link.tail not in leaving:
                continue
            best = _past(leaving[link.tail], members.get(link.id))
            best = _per(best, _passing(link))
            if link.head in stores:
                best = np.tile(best.min(axis=1, keepdims=True), size)
            if link.head in entering:
                best = np.minimum(entering[link.head], best)
            if link.head not in entering or (best < entering[link.head]).any():
                entering[link.head] = best
                changed = True
                if link.head in share:
                    leaving[link.head] = _past(_per(best, share[link.head]), members.get(link.head))
    least = entering.get(demand, _uncounted(size))[1]
    smallest = least.min()
    return np.where(np.isfinite(least), least, smallest if np.isfinite(smallest) else 0.0)


def _open(node: NodeRow) -> npt.NDArray[np.bool_]:
    return (_largest(node.capacity) > 0.0) & (_largest(node.output_limit) > 0.0)


def _passing(link: LinkRow) -> Floats:
    """Return the share of the water of a link that arrives; 0 while it is closed."""
    return np.where(_largest(link.capacity) > 0.0, _largest(link.gain), 0.0)


def _largest(values: Floats) -> Floats:
    """Return the largest value of all records, ndarray (time): what is open in one of them is a way."""
    return values.max(axis=0) if values.ndim == 2 else values


def _uncounted(size: int) -> Floats:
    """Begin a way: ndarray (counted or not yet, time), what counts of a unit that is there, infinite if none is."""
    return np.stack([np.zeros(size), np.full(size, np.inf)])


def _past(state: Floats, weight: float | None) -> Floats:
    """Lead water past a member, or past something that the quota does not count."""
    if weight is None:
        return state
    return np.stack([np.full(state.shape[1], np.inf), state.min(axis=0) + weight])


def _per(state: Floats, share: Floats) -> Floats:
    """Lead water to where a share of it arrives."""
    return np.divide(state, share, out=np.full(state.shape, np.inf), where=share > 0.0)
