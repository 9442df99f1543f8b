"""Wastewater works (污水处理厂): what returns to it is treated and discharged, or passed on by links."""

from __future__ import annotations

from typing import Literal

import numpy as np

from waterbal.model.base import Element, Id
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import Efficiency, Energy, Price, YearShare
from waterbal.model.rows import NodeRow
from waterbal.model.staged import Sized, Stages


class Wastewater(Element, Sized):
    """Wastewater works.

    Inflow above ``capacity`` by-passes; what links do not take is discharged. Water for reuse is better
    described by a ``reclaimed`` source, which also has a use rate and a season.
    """

    type: Literal["wastewater"]
    zone: Id | None = None
    """Zone it lies in."""
    grade: Id | None = None
    """Water grade of its output; that of what flows in if not given."""
    capacity: Stages
    """Largest inflow that is treated [1e4 m3/d]."""
    recovery: Efficiency
    """Effluent per treated water [-]."""
    collection: YearShare | None = None
    """Share of returned water that the sewers bring here; the rest leaves the system [-]."""
    cost: Price | None = None
    """Cost of the inflow treated [yuan/m3]."""
    energy: Energy | None = None
    """Energy of the inflow treated [kWh/m3]."""

    def lower(self, id: str, context: Context) -> NodeRow:
        """Give the row of these works."""
        recovery = context.at(self.recovery)
        no_limit = np.full(context.axis.size, np.inf)
        return NodeRow(
            id, self.mean_day(self.capacity, context), recovery, recovery, no_limit, outlet=True, overflow=True,
            unit_cost=amount(self.cost), energy=amount(self.energy),
        )  # fmt: skip
