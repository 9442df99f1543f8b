"""Local rivers: runoff, less what upstream and the river itself keep."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.base import Strict
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import AnnualVolume, Flow, MonthShares, Rate, Share
from waterbal.model.rows import Floats, SourceRow
from waterbal.model.values import Number, Quantity


class RainResponse(Strict):
    """Annual runoff from annual rain: Q = mean k (P / mean P)^b, k such that the mean over the record holds.

    A power law of annual rain, as regional runoff formulas use it; the months get fixed shares. The run has
    to consist of whole calendar years. The record is the run itself, or what the sampled weather was
    fitted on: a dry sample and a drier climate then have less runoff.
    """

    mean: AnnualVolume
    """Mean annual runoff [1e4 m3/yr]."""
    exponent: Annotated[Number, Quantity("fraction", above=True, forms=("value",))]
    """b, how strongly runoff answers to rain [-]."""
    months: MonthShares
    """Share of the annual runoff in each calendar month [-]."""

    def runoff(self, rain: Floats, zone: str, context: Context) -> Floats:
        """Runoff; ndarray (time) [1e4 m3] from the rain of a zone; ndarray (time) [mm]."""
        exponent = self.exponent.scalar()
        record = context.reference or context
        of_record = _annual(rain if context.reference is None else record.rain(zone), record)
        mean = of_record.mean()
        if mean == 0.0:
            response = np.ones_like(_annual(rain, context))
        else:
            response = (_annual(rain, context) / mean) ** exponent
            response = response / ((of_record / mean) ** exponent).mean()
        return context.at(self.mean) * response[..., context.year_index] * context.month_part(self.months)


def _annual(rain: Floats, context: Context) -> Floats:
    """Sum by calendar year; ndarray (..., year) [mm] from ndarray (..., time) [mm]."""
    return np.add.reduceat(rain, np.flatnonzero(np.diff(context.year_index, prepend=-1)), axis=-1)


class Catchment(Source):
    """Runoff of local rivers.

    hydrology = usable share x max(0, runoff - upstream - instream), where instream is the larger of
    ``instream_flow`` and ``instream_share`` x runoff; conveyance = gates and lifts.
    """

    type: Literal["catchment"]
    runoff: Flow | None = None
    """Runoff at the site; this or ``rain_response`` [1e4 m3/d]."""
    rain_response: RainResponse | None = None
    """Runoff from the rain of the zone; this or ``runoff``."""
    upstream_share: Share | None = None
    """Share of the runoff that users upstream keep [-]."""
    instream_share: Share | None = None
    """Share of the runoff that stays in the river [-]."""
    instream_flow: Rate | None = None
    """Flow that stays in the river [1e4 m3/d]."""
    usable_share: Share | None = None
    """Share of the rest that gates and storage can catch; all if not given [-]."""
    capacity: Rate | None = None
    """Capacity of gates and lifts; not limiting if not given [1e4 m3/d]."""

    @model_validator(mode="after")
    def _one_path(self) -> Catchment:
        if (self.runoff is None) == (self.rain_response is None):
            raise ValueError(
                Message(
                    "汇流区应在 runoff 与 rain_response 中二选一",
                    "a catchment has either runoff or rain_response",
                )
            )
        return self

    def lower(self, id: str, context: Context) -> SourceRow:
        """Give the row of this catchment."""
        days = context.axis.days
        available, instream = self.available(context)
        limits = {"hydrology": available}
        if self.capacity is not None:
            limits["conveyance"] = context.at(self.capacity) * days
        return SourceRow(
            id=id,
            limits=limits,
            yield_=np.ones(context.axis.size),
            unit_cost=amount(self.cost),
            energy=amount(self.energy),
            instream=instream,
        )

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ("rain",) if self.rain_response is not None else ()

    def available(self, context: Context) -> tuple[Floats, Floats | None]:
        """Runoff that may be taken, and what the flow that stays takes from it; ndarray (time) [1e4 m3]."""
        if self.rain_response is not None:
            runoff = self.rain_response.runoff(context.rain(self.place()), self.place(), context)
        else:
            assert self.runoff is not None
            runoff = context.volume(self.runoff)
        upstream = context.or_else(self.upstream_share, 0.0) * runoff
        river = context.or_else(self.instream_share, 0.0) * runoff
        river = np.maximum(river, context.or_else(self.instream_flow, 0.0) * context.axis.days)
        usable = context.or_else(self.usable_share, 1.0)
        stays = self.instream_share is not None or self.instream_flow is not None
        return usable * np.maximum(0.0, runoff - upstream - river), usable * river if stays else None
