"""Places of the elements of a network in layers from left to right, with few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

SWEEPS = 24
"""Times that the layers are put in the order of the means of their neighbours."""


def layers(names: Sequence[str], arcs: Sequence[tuple[str, str]], last: Sequence[str]) -> dict[str, int]:
    """Assign a layer to every element: each behind all that lead to it, users behind everything.

    Arcs that close a circle are left out of account. An element to which nothing leads stands right before what it
    leads to, unless it is one of several in a row.

    Parameters
    ----------
    names : sequence of str
        Elements.
    arcs : sequence of (str, str)
        From, to.
    last : sequence of str
        Elements of the last layer.

    Returns
    -------
    dict
        Element -> layer, from 0.
    """
    forward = _without_circles(names, arcs)
    before: dict[str, list[str]] = {name: [] for name in names}
    behind: dict[str, list[str]] = {name: [] for name in names}
    for tail, head in forward:
        before[head].append(tail)
        behind[tail].append(head)
    order = _topological(names, before, behind)
    place = dict.fromkeys(names, 0)
    for name in order:
        place[name] = max((place[other] + 1 for other in before[name]), default=0)
    end = max((place[name] for name in names if name not in set(last)), default=0) + 1
    for name in last:
        place[name] = end
    for name in reversed(order):
        if not before[name] and behind[name]:
            place[name] = min(place[other] for other in behind[name]) - 1
    return place


def _without_circles(names: Sequence[str], arcs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out the arcs that lead back to where a walk came from."""
    behind: dict[str, list[str]] = {name: [] for name in names}
    for tail, head in arcs:
        behind[tail].append(head)
    state = dict.fromkeys(names, 0)
    kept = []
    for root in names:
        if state[root]:
            continue
        state[root] = 1
        walk = [(root, iter(behind[root]))]
        while walk:
            name, rest = walk[-1]
            for head in rest:
                if state[head] != 1:
                    kept.append((name, head))
                if state[head] == 0:
                    state[head] = 1
                    walk.append((head, iter(behind[head])))
                    break
            else:
                state[name] = 2
                walk.pop()
    return kept


def _topological(
    names: Sequence[str], before: Mapping[str, list[str]], behind: Mapping[str, list[str]]
) -> list[str]:
    waiting = {name: len(before[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    order = []
    for name in ready:
        order.append(name)
        for head in behind[name]:
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    return order


def heights(
    place: Mapping[str, int],
    arcs: Sequence[tuple[str, str]],
    weight: Sequence[float],
    size: Mapping[str, float],
) -> dict[str, float]:
    """Order the elements of every layer so that few arcs cross, and space them out.

    Parameters
    ----------
    place : mapping of str to int
        Layers.
    arcs : sequence of (str, str)
        From, to; also arcs over several layers.
    weight : sequence of float
        How much each arc pulls.
    size : mapping of str to float
        Room that each element needs, in the order to begin with.

    Returns
    -------
    dict
        Element -> height of its middle, from 0 at the top.
    """
    count = max(place.values(), default=0) + 1
    members = [[name for name in size if place[name] == layer] for layer in range(count)]
    pulls: dict[str, list[tuple[str, float]]] = {name: [] for name in size}
    for (tail, head), pull in zip(arcs, weight, strict=True):
        if tail != head:
            pulls[tail].append((head, pull))
            pulls[head].append((tail, pull))
    tallest = max((sum(size[name] for name in layer) for layer in members), default=1.0)
    height: dict[str, float] = {}
    for layer in members:
        spread = np.linspace(0.0, tallest, 2 * len(layer) + 1)[1::2].tolist()
        height |= dict(zip(layer, spread, strict=True))
    best, least = dict(height), _crossings(place, arcs, height)
    for sweep in range(SWEEPS):
        backward = sweep % 2 == 1
        for layer in reversed(members) if backward else members:
            wanted = {name: _wanted(name, place, pulls, height, backward=backward) for name in layer}
            layer.sort(key=wanted.__getitem__)
            apart = _apart([wanted[name] for name in layer], [size[name] for name in layer], tallest)
            height |= dict(zip(layer, apart, strict=True))
        crossings = _crossings(place, arcs, height)
        if crossings < least:
            best, least = dict(height), crossings
    return best


def _wanted(
    name: str,
    place: Mapping[str, int],
    pulls: Mapping[str, list[tuple[str, float]]],
    height: Mapping[str, float],
    *,
    backward: bool,
) -> float:
    """Give the mean height of the neighbours on one side, or of all where there are none on it."""
    side = [p for p in pulls[name] if (place[p[0]] > place[name]) == backward and place[p[0]] != place[name]]
    near = side or pulls[name]
    total = sum(size for _, size in near)
    return sum(height[other] * size for other, size in near) / total if total > 0.0 else height[name]


def _apart(wanted: Sequence[float], sizes: Sequence[float], tallest: float) -> list[float]:
    """Move heights as little as can be until none overlap and all are within 0..tallest: least squares.

    Isotonic regression of the heights less the room above them, pooled from neighbours in the wrong order.
    """
    if not wanted:
        return []
    room = [0.0]
    for one, other in pairwise(sizes):
        room.append(room[-1] + 0.5 * (one + other))
    pools: list[list[float]] = []
    for value, above in zip(wanted, room, strict=True):
        pools.append([value - above, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, count = pools.pop()
            total = pools[-1][1] + count
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * count) / total, total]
    flat = np.repeat([value for value, _ in pools], [int(count) for _, count in pools])
    highest, lowest = 0.5 * sizes[0], tallest - 0.5 * sizes[-1] - room[-1]
    return [float(value) + above for value, above in zip(np.clip(flat, highest, lowest), room, strict=True)]


def _crossings(place: Mapping[str, int], arcs: Sequence[tuple[str, str]], height: Mapping[str, float]) -> int:
    """Count pairs of arcs between the same layers that cross."""
    groups: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for tail, head in arcs:
        one, other = sorted((tail, head), key=lambda name: place[name])
        groups.setdefault((place[one], place[other]), []).append((height[one], height[other]))
    total = 0
    for pairs in groups.values():
        table = np.array(sorted(pairs))
        left, right = table[:, 0], table[:, 1]
        total += int(((left[:, None] < left[None, :]) & (right[:, None] > right[None, :])).sum())
    return total
