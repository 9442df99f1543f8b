"""Desalination of sea water or of a brackish feed: recovery, brine and energy."""

from __future__ import annotations

from typing import Literal

import numpy as np

from waterbal.model.context import Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import Efficiency
from waterbal.model.rows import NodeRow, SourceRow
from waterbal.model.staged import Sized, Stages


class Desalination(Source, Sized):
    """Desalination plant; ``capacity``, ``cost`` and ``energy`` refer to its product, as the trade states them.

    feed = product / recovery; the brine leaves the system.
    """

    type: Literal["desalination"]
    feed: Literal["sea", "links"]
    """``sea``: the feed is unlimited; ``links``: it comes by links, e.g. from a brackish aquifer."""
    capacity: Stages
    """Largest product [1e4 m3/d]."""
    recovery: Efficiency
    """Product per feed [-]."""

    def lower(self, id: str, context: Context) -> NodeRow | SourceRow:
        """Give the row of this plant."""
        recovery = context.at(self.recovery)
        feed = self.mean_day(self.capacity, context) / recovery
        mean = float(recovery.mean())
        cost, energy = amount(self.cost) * mean, amount(self.energy) * mean
        if self.feed == "sea":
            return SourceRow(id, {"conveyance": feed}, recovery, cost, energy=energy)
        no_limit = np.full(context.axis.size, np.inf)
        return NodeRow(id, feed, recovery, recovery, no_limit, unit_cost=cost, energy=energy)
