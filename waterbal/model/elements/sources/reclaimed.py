"""Reclaimed water (再生水): bounded by what was delivered, returned and collected in the same step."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from waterbal.model.context import Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import Efficiency, Share, YearShare
from waterbal.model.rows import Floats, NodeRow, SourceRow
from waterbal.model.staged import Sized, Stages


class Reclaimed(Source, Sized):
    """Reclamation plant: treats the returns that reach it and gives part of them back.

    inflow = sum of returned shares of deliveries x collection; treated = min(inflow, capacity), the rest by-passes;
    links take at most min(recovery, use rate) x treated and at most season x recovery x capacity; what they leave
    is discharged. With ``lag: 1`` the effluent of the step before is a source of this one.
    """

    type: Literal["reclaimed"]
    capacity: Stages
    """Largest inflow that is treated; with ``basis: max_day`` that of the largest day [1e4 m3/d]."""
    recovery: Efficiency
    """Reclaimed water per treated water [-]."""
    use_rate: YearShare | None = None
    """Share of treated water that may be used (再生水利用率); all that is recovered if not given [-]."""
    collection: YearShare | None = None
    """Share of returned water that the sewers bring here; the rest leaves the system [-]."""
    season: Share | None = None
    """Share of the capacity that can be used, by month (nothing is watered in winter) [-]."""
    lag: int = Field(default=0, ge=0, le=1)
    """0: effluent is used in the step in which it arises; 1: one step later."""

    def lower(self, id: str, context: Context) -> NodeRow | SourceRow:
        """Give the row of this plant."""
        capacity, recovery = self.mean_day(self.capacity, context), context.at(self.recovery)
        usable = self.usable(context)
        output = context.or_else(self.season, 1.0) * recovery * capacity
        if self.lag == 0:
            return NodeRow(
                id, capacity, recovery, usable, output, outlet=True, overflow=True,
                unit_cost=amount(self.cost), energy=amount(self.energy),
            )  # fmt: skip
        limit = np.minimum(output, usable * capacity)
        return SourceRow(
            id,
            {"conveyance": limit},
            np.ones(context.axis.size),
            amount(self.cost),
            energy=amount(self.energy),
        )

    def usable(self, context: Context) -> Floats:
        """Share of treated water that links may take; ndarray (time) [-]."""
        recovery = context.at(self.recovery)
        return recovery if self.use_rate is None else np.minimum(recovery, context.at(self.use_rate))
