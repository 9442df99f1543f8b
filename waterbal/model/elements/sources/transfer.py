"""Water from another basin (引江): a delivery window, an allotment and a two-part price."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Month
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import AnnualVolume, Price, Rate, YearShare
from waterbal.model.rows import QuotaRow, SourceRow


class Transfer(Source):
    """Transfer from another basin.

    The allotment is a quota of its own, named ``<id>_allotment``; what is not taken in its year is lost.
    Two-part price (两部制水价): ``fixed_price`` is paid on the whole allotment, taken or not; ``cost`` is the
    volume price of what is taken.
    """

    type: Literal["transfer"]
    capacity: Rate
    """Capacity of the delivery [1e4 m3/d]."""
    months: Annotated[list[Month], Field(min_length=1)]
    """Calendar months of delivery."""
    loss: YearShare | None = None
    """Share lost on the way, counted in the allotment [-]."""
    allotment: AnnualVolume
    """Volume that may be taken in a year of the transfer [1e4 m3/yr]."""
    reset_month: Month
    """Calendar month in which the year of the transfer begins."""
    fixed_price: Price | None = None
    """Price of the allotment whether or not water is taken [yuan/m3]."""

    @model_validator(mode="after")
    def _months(self) -> Transfer:
        if len(set(self.months)) != len(self.months):
            raise ValueError(
                Message(
                    "月份重复",
                    "a month is given twice",
                )
            )
        return self

    def lower(self, id: str, context: Context) -> SourceRow:
        """Give the row of this transfer, and add the quota of its allotment."""
        axis = context.axis
        allotment = context.of_quota_year(self.allotment, self.reset_month)
        context.quotas.append(QuotaRow(allotment_id(id), [(id, 1.0)], allotment, self.reset_month))
        fixed = allotment * amount(self.fixed_price) / context.year_days * axis.days
        return SourceRow(
            id=id,
            limits={"conveyance": context.at(self.capacity) * axis.days * np.isin(axis.month, self.months)},
            yield_=1.0 - context.or_else(self.loss, 0.0),
            unit_cost=amount(self.cost),
            fixed_cost=fixed if self.fixed_price is not None else None,
            energy=amount(self.energy),
        )


def allotment_id(id: str) -> str:
    """Give the id of the quota that a transfer brings with it."""
    return f"{id}_allotment"
