"""Diversion from a regulated river (引黄): gate, river, plan and quota are separate limits."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.base import Id, Strict
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import FixedShare, Flow, MonthShares, Rate, Share, YearShare
from waterbal.model.rows import Floats, SourceRow


class Plan(Strict):
    """Monthly diversion plan (月度用水计划)."""

    of: Id
    """Quota whose entitlement of the quota year is planned; a cut of the quota cuts the plan."""
    shares: MonthShares
    """Share of the entitlement in each calendar month, adding up to 1 [-]."""
    part: YearShare | None = None
    """Part of the plan this intake may use; all of it if not given [-]."""


class RiverIntake(Source):
    """River diversion.

    conveyance = capacity x open share x days;
    hydrology = permitted share x max(0, river flow - floor flow), 0 while the river is below ``close_below``;
    plan = entitlement x share of the month; the legal limit is the quota itself.
    Residents who may still draw when others may not have a second intake with a lower floor, under the same
    quota, and links from it to them alone.
    """

    type: Literal["river_intake"]
    capacity: Rate
    """Capacity of the gate and its canal [1e4 m3/d]."""
    open_share: Share | None = None
    """Share of days on which the gate can be open (ice, sediment); always if not given. Not to be used
    together with a daily ``flow`` that closes it for the same reason [-]."""
    flow: Flow | None = None
    """Flow of the river at the reference gauge [1e4 m3/d]."""
    floor: Rate | None = None
    """Flow that has to stay in the river (预警流量) [1e4 m3/d]."""
    permitted_share: Share | None = None
    """Share of the flow above ``floor`` that this intake may take [-]."""
    close_below: Rate | None = None
    """The gate is closed while the river carries less; ``floor`` if not given [1e4 m3/d]."""
    plan: Plan | None = None
    """Monthly plan."""
    settling_loss: YearShare | None = None
    """Share of the diversion lost with desilting and flushing [-]."""
    loss_to: Id | None = None
    """Aquifer that receives part of the settling loss."""
    loss_recharge: FixedShare | None = None
    """Part of the settling loss that reaches ``loss_to`` [-]."""

    @model_validator(mode="after")
    def _complete(self) -> RiverIntake:
        river = (self.flow, self.floor, self.permitted_share)
        if any(river) and not all(river):
            raise ValueError(
                Message(
                    "河道限制须同时给出 flow、floor 与 permitted_share",
                    "the river limit needs flow, floor and permitted_share together",
                )
            )
        if (self.loss_to is None) != (self.loss_recharge is None):
            raise ValueError(
                Message("loss_to 与 loss_recharge 须同时给出", "loss_to and loss_recharge belong together")
            )
        return self

    def lower(self, id: str, context: Context) -> SourceRow:
        """Give the row of this intake."""
        return SourceRow(
            id=id,
            limits=self.limits(context),
            yield_=1.0 - context.or_else(self.settling_loss, 0.0),
            unit_cost=amount(self.cost),
            energy=amount(self.energy),
            loss_to=self.loss_to,
            loss_recharge=amount(self.loss_recharge),
        )

    def limits(self, context: Context) -> dict[str, Floats]:
        """Limits on the diversion by kind; ndarray (time) [1e4 m3]."""
        days = context.axis.days
        gate = context.at(self.capacity) * context.or_else(self.open_share, 1.0) * days
        limits = {"conveyance": gate}
        if self.flow is not None and self.floor is not None and self.permitted_share is not None:
            river, floor = context.rate(self.flow), context.at(self.floor)
            closed = river < (floor if self.close_below is None else context.at(self.close_below))
            share = context.at(self.permitted_share) * np.maximum(0.0, river - floor) * days
            # what the river decides is hydrology: plans for later know the gate, not the days it will be closed
            limits["hydrology"] = np.where(closed, 0.0, share)
        if self.plan is not None:
            month = context.month_part(self.plan.shares)
            limits["plan"] = month * context.entitlement(self.plan.of) * context.or_else(self.plan.part, 1.0)
        return limits
