"""Links: canals, mains, pipes; water goes one way."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Month, Year
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import Energy, FixedShare, Price, Rate, YearShare
from waterbal.model.rows import Floats, LinkRow
from waterbal.model.staged import Sized, Stages


class Link(Sized, Element):
    """Directed link; flow, capacity and cost are those at its start."""

    from_: Id = Field(alias="from")
    """Source, store or works it starts at."""
    to: Id
    """Store, works or demand it ends at."""
    capacity: Stages | None = None
    """Largest flow; unlimited if not given [1e4 m3/d]."""
    loss: YearShare | None = None
    """Share of the flow lost on the way [-]."""
    loss_to: Id | None = None
    """Aquifer that receives part of the loss."""
    loss_recharge: FixedShare | None = None
    """Part of the loss that reaches ``loss_to`` [-]."""
    minimum: Rate | None = None
    """Flow that has to run whenever the link is open; may make a step infeasible [1e4 m3/d]."""
    months: Annotated[list[Month], Field(min_length=1)] | None = None
    """Calendar months in which it is open; always if not given."""
    from_year: Year | None = None
    """First planning year in which it is there."""
    until_year: Year | None = None
    """Last planning year in which it is there."""
    fresh: bool = False
    """True if its water must not be brackish: it counts against the fresh share of an aquifer."""
    cost: Price | None = None
    """Cost of the flow [yuan/m3]."""
    energy: Energy | None = None
    """Energy of the flow [kWh/m3]."""

    @model_validator(mode="after")
    def _consistent(self) -> Link:
        if self.from_ == self.to:
            raise ValueError(Message("连接的起点就是终点", "the link ends where it starts"))
        if (self.loss_to is None) != (self.loss_recharge is None):
            raise ValueError(
                Message("loss_to 与 loss_recharge 须同时给出", "loss_to and loss_recharge belong together")
            )
        if self.from_year and self.until_year and self.from_year > self.until_year:
            raise ValueError(Message("from_year 晚于 until_year", "from_year is after until_year"))
        return self

    def lower(self, id: str, context: Context) -> LinkRow:
        """Give the row of this link."""
        is_open = self.open(context)
        capacity = np.inf if self.capacity is None else self.mean_day(self.capacity, context)
        minimum = context.or_else(self.minimum, 0.0) * context.axis.days
        return LinkRow(
            id=id,
            tail=self.from_,
            head=self.to,
            capacity=np.where(is_open, capacity, 0.0),
            minimum=np.where(is_open, minimum, 0.0),
            gain=1.0 - context.or_else(self.loss, 0.0),
            unit_cost=amount(self.cost),
            energy=amount(self.energy),
            loss_to=self.loss_to,
            loss_recharge=amount(self.loss_recharge),
            fresh=self.fresh,
        )

    def open(self, context: Context) -> Floats:
        """1 where water may flow, else 0; ndarray (time)."""
        axis = context.axis
        there = np.ones(axis.size, dtype=bool)
        if self.months is not None:
            there &= np.isin(axis.month, self.months)
        if self.from_year is not None:
            there &= axis.planning_year >= self.from_year
        if self.until_year is not None:
            there &= axis.planning_year <= self.until_year
        return there.astype(np.float64)
