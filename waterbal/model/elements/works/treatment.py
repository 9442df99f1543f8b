"""Water works (水厂): raw water to treated water, less own use."""

from __future__ import annotations

from typing import Literal

import numpy as np

from waterbal.model.base import Element, Id
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import Energy, Price, YearShare
from waterbal.model.rows import NodeRow
from waterbal.model.staged import Sized, Stages


class Treatment(Element, Sized):
    """Water works: output = inflow x (1 - own use), inflow at most ``capacity``."""

    type: Literal["treatment"]
    zone: Id | None = None
    """Zone it lies in."""
    grade: Id | None = None
    """Water grade of its output; that of what flows in if not given."""
    capacity: Stages
    """Largest inflow; with ``basis: max_day`` that of the largest day [1e4 m3/d]."""
    own_use: YearShare | None = None
    """Share of the inflow used or lost in the works (自用水) [-]."""
    cost: Price | None = None
    """Cost of the inflow treated [yuan/m3]."""
    energy: Energy | None = None
    """Energy of the inflow treated [kWh/m3]."""

    def lower(self, id: str, context: Context) -> NodeRow:
        """Give the row of these works."""
        recovery = 1.0 - context.or_else(self.own_use, 0.0)
        no_limit = np.full(context.axis.size, np.inf)
        return NodeRow(
            id, self.mean_day(self.capacity, context), recovery, recovery, no_limit,
            unit_cost=amount(self.cost), energy=amount(self.energy),
        )  # fmt: skip
