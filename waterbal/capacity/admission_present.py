"""The network of a future with just the projects that are there, told in the places of all of them.

What a simulation keeps back for later depends on the whole network, also on needs that are 0. A project that is not
there, or not yet, must not shape it: the run without it is the run of the model as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.api import Case
from waterbal.capacity.trial import Ground
from waterbal.model.rows import Floats, Ints, Rows

Cases = Callable[[Mapping[str, float] | None], Case]
"""Gives a future with factors on the needs of the demands of projects."""
SECTIONS = ("demands", "links", "nodes", "sources", "aquifers", "quotas", "stores")


@dataclass(frozen=True)
class Present:
    """A future with some projects."""

    ground: Ground
    places: Mapping[str, Ints]
    """Section -> ndarray (element of this network) number among all elements."""
    sizes: Mapping[str, int]
    """Section -> number of all elements."""

    @property
    def rows(self) -> Rows:
        """Rows of the first realizations."""
        return self.ground.pieces[0][0]

    def factors(self, scales: Mapping[str, float], own: Mapping[str, str]) -> Floats:
        """Return the factor on the need of every demand of this network, ndarray (demand) [-].

        Projects have theirs in the model.
        """
        return np.array([1.0 if row.id in own else scales.get(row.id, 1.0) for row in self.rows.demands])

    def has(self, members: Sequence[tuple[str, float]]) -> bool:
        """Tell whether a requirement is of something that is there."""
        ids = {row.id for section in ("demands", "nodes", "aquifers") for row in getattr(self.rows, section)}
        return all(id in ids for id, _ in members)

    def spread(self, section: str, values: Floats) -> Floats:
        """Put values of this network in the places of all elements; ndarray (..., element), 0 of what is not there."""
        found = np.zeros((*values.shape[:-1], self.sizes[section]))
        found[..., self.places[section]] = values
        return found


def present(all_rows: Rows, ground: Ground) -> Present:
    """Find the places of the elements of a network among those of the network with all projects.

    Parameters
    ----------
    all_rows : Rows
        With all projects.
    ground : Ground
        With some of them.
    """
    rows = ground.pieces[0][0]
    places, sizes = {}, {}
    for section in SECTIONS:
        number = {row.id: k for k, row in enumerate(getattr(all_rows, section))}
        places[section] = np.array([number[row.id] for row in getattr(rows, section)], dtype=np.int64)
        sizes[section] = len(number)
    return Present(ground, places, sizes)
