"""Where the water of every place comes from: origins followed through links, mixed perfectly at nodes and stores.

What enters a place by links has the composition of the place it leaves; what enters by itself (a withdrawal, an inflow,
returned water, drawdown) is an origin of its own. All that leaves a place has the composition of all that enters it.
The compositions are the solution of one linear system per period, so loops between places need no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Traced:
    """Composition of the water of every place."""

    origins: tuple[str, ...]
    """Where water begins, as named by who traced it."""
    places: tuple[str, ...]
    """Places that links leave."""
    composition: Floats
    """ndarray (period, place, origin) [-], shares of what leaves a place; they add up to 1, or are 0 where nothing
    passes."""
    tails: tuple[int, ...]
    """Place that each link leaves."""

    def of_link(self, link: int, volume: Floats) -> Floats:
        """Split a volume of a link by origin, ndarray (period, origin).

        Parameters
        ----------
        link : int
            Position of the link.
        volume : ndarray (period) [1e4 m3]
            Volume at any point of it.
        """
        return volume[:, None] * self.composition[:, self.tails[link]]


def trace(
    tails: Sequence[str],
    heads: Sequence[str],
    arriving: Floats,
    own: Mapping[str, Mapping[str, Floats]],
) -> Traced:
    """Follow water from its origins through links.

    Parameters
    ----------
    tails, heads : sequence of str
        Where each link begins and ends.
    arriving : ndarray (period, link) [1e4 m3]
        What each link brings to its head.
    own : mapping
        Place -> origin -> ndarray (period) [1e4 m3]: what enters a place in other ways, never negative.

    Returns
    -------
    Traced
    """
    places = tuple(dict.fromkeys(tails))
    number = {place: i for i, place in enumerate(places)}
    origins = tuple(dict.fromkeys(origin for place in places for origin in own.get(place, {})))
    column = {origin: i for i, origin in enumerate(origins)}
    periods = arriving.shape[0]
    entering = np.zeros((periods, len(places), len(origins)))
    for place in places:
        for origin, volume in own.get(place, {}).items():
            entering[:, number[place], column[origin]] += volume
    total = entering.sum(axis=2)
    matrix = np.zeros((periods, len(places), len(places)))
    for link, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        if head in number:
            matrix[:, number[head], number[tail]] -= arriving[:, link]
            total[:, number[head]] += arriving[:, link]
    diagonal = np.arange(len(places))
    nothing = total <= 0.0
    matrix[nothing] = 0.0
    entering[nothing] = 0.0
    matrix[:, diagonal, diagonal] += np.where(nothing, 1.0, total)
    scale = 1.0 / np.where(nothing, 1.0, total)
    composition: Floats = np.asarray(
        np.linalg.solve(matrix * scale[:, :, None], entering * scale[:, :, None]), dtype=np.float64
    )
    return Traced(origins, places, composition, tuple(number[tail] for tail in tails))
