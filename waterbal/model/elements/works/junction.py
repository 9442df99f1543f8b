"""Junction: links meet and part; nothing is stored."""

from __future__ import annotations

from typing import Literal

import numpy as np

from waterbal.model.base import Element, Id
from waterbal.model.context import Context
from waterbal.model.quantities import YearShare
from waterbal.model.rows import NodeRow
from waterbal.model.staged import Sized, Stages


class Junction(Element, Sized):
    """Point where links and returns meet: pumping station, channel, river reach."""

    type: Literal["junction"]
    zone: Id | None = None
    """Zone it lies in."""
    grade: Id | None = None
    """Water grade from here on; that of what flows in if not given."""
    capacity: Stages | None = None
    """Largest inflow; unlimited if not given [1e4 m3/d]."""
    loss: YearShare | None = None
    """Share of the inflow lost here [-]."""
    outlet: bool = False
    """True: what links do not take, or what is above ``capacity``, leaves the system, as from a river reach.
    Needed where returns arrive."""

    def lower(self, id: str, context: Context) -> NodeRow:
        """Give the row of this junction."""
        no_limit = np.full(context.axis.size, np.inf)
        capacity = no_limit if self.capacity is None else self.mean_day(self.capacity, context)
        passed = 1.0 - context.or_else(self.loss, 0.0)
        full = self.outlet and self.capacity is not None
        return NodeRow(id, capacity, passed, passed, no_limit, outlet=self.outlet, overflow=full)
