"""Rain harvest of roofs and paved ground (海绵城市): as dry as the year it is needed in."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.context import MM_KM2, Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import Area, EventDepth, YearShare
from waterbal.model.rows import Floats, SourceRow
from waterbal.model.values import Number, Quantity

Events = Annotated[Number, Quantity("fraction", forms=("by_month", "series"), kinds=("factor",))]


class RainHarvest(Source):
    """Rain collected on an area and used within the step.

    With ``capture``: area x equipped x runoff coefficient x rain x capture. With ``first_flush``: every event
    loses that depth first and at most ``tank`` is kept of it: area x equipped x
    min(events x tank, runoff coefficient x max(0, rain - events x first flush)). Sums over a month hide
    the overflow of single events, so this is an upper bound for long steps. Nothing is carried over.
    """

    type: Literal["rain_harvest"]
    area: Area
    """Built area the share refers to [km2]."""
    equipped_share: YearShare | None = None
    """Share of the area with collection; all if not given [-]."""
    runoff_coefficient: YearShare
    """Runoff per rain on the collecting area [-]."""
    capture: YearShare | None = None
    """Share of the runoff that is captured; this or ``first_flush`` [-]."""
    first_flush: EventDepth | None = None
    """Depth lost at the start of each event [mm]."""
    tank: EventDepth | None = None
    """Depth over the collecting area that tanks hold per event; not limiting if not given [mm]."""
    events: Events | None = None
    """Rain events in each calendar month, or a series of events per step; a daily run counts wet days itself [-]."""

    @model_validator(mode="after")
    def _one_path(self) -> RainHarvest:
        if (self.capture is None) == (self.first_flush is None):
            raise ValueError(
                Message(
                    "雨水利用应在 capture 与 first_flush 中二选一",
                    "rain harvest has either capture or first_flush",
                )
            )
        if self.capture is not None and (self.tank is not None or self.events is not None):
            raise ValueError(
                Message("tank 与 events 只用于 first_flush", "tank and events belong to first_flush")
            )
        return self

    def lower(self, id: str, context: Context) -> SourceRow:
        """Give the row of this harvest."""
        area = context.at(self.area) * context.or_else(self.equipped_share, 1.0)
        return SourceRow(
            id=id,
            limits={"hydrology": self.depth(context.rain(self.place()), context) * area * MM_KM2},
            yield_=np.ones(context.axis.size),
            unit_cost=amount(self.cost),
            energy=amount(self.energy),
        )

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ("rain",)

    def depth(self, rain: Floats, context: Context) -> Floats:
        """Depth captured on the collecting area; ndarray (time) [mm]."""
        coefficient = context.at(self.runoff_coefficient)
        if self.capture is not None:
            return coefficient * context.at(self.capture) * rain
        events = self.count(rain, context)
        runoff = coefficient * np.maximum(0.0, rain - events * amount(self.first_flush))
        return runoff if self.tank is None else np.minimum(runoff, events * self.tank.scalar())

    def count(self, rain: Floats, context: Context) -> Floats:
        """Events of each step; ndarray (time) [-]."""
        if self.events is None:
            return (rain > 0.0).astype(np.float64)
        return context.at(self.events) if self.events.series else context.month_part(self.events)
