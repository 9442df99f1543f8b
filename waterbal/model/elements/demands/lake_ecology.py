"""Lakes and wetlands of the city (河湖湿地补水): evaporation less rain, seepage, exchange."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.base import Id, Strict
from waterbal.model.context import MM_KM2, Context
from waterbal.model.elements.demands.base import Demand, collected
from waterbal.model.quantities import AnnualDepth, Area, DepthRate, YearFactor, YearShare
from waterbal.model.rows import Floats


class Outflow(Strict):
    """Part of the exchange that flows on."""

    to: Id
    """Works, store or junction that receives it; ``outside`` for out of the system."""
    share: YearShare
    """Share of the exchange [-]."""


class LakeEcology(Demand):
    """Lake replenishment: area x (max(0, E - P) + seepage + exchange).

    E = factor x ET0. E - P is taken by calendar month, so that rain of one day serves the next, and spread over
    shorter steps by days. The exchange follows the profile; it is renewal of the water for its quality.
    """

    type: Literal["lake_ecology"]
    area: Area | None = None
    """Water surface that is replenished [km2]."""
    evaporation_factor: YearFactor | None = None
    """Open-water evaporation over ET0 [-]."""
    seepage: DepthRate | None = None
    """Seepage; none if not given [mm/d]."""
    exchange: AnnualDepth | None = None
    """Depth exchanged in a year; none if not given [mm/yr]."""
    flows_on: Outflow | None = None
    """Where part of the exchange goes."""

    @model_validator(mode="after")
    def _consistent(self) -> LakeEcology:
        if self.flows_on is not None and self.exchange is None:
            raise ValueError(Message("flows_on 需要 exchange", "flows_on needs exchange"))
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("area", "evaporation_factor"), ("seepage", "exchange")

    def driven_need(self, context: Context) -> Floats:
        """Replenishment; ndarray (time) [1e4 m3]."""
        assert self.area is not None
        return np.asarray(context.at(self.area) * MM_KM2 * self.depth(context))

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ("rain", "et0") if self.area is not None else ()

    def weather_driver(self, context: Context) -> Floats | None:
        """Volume per depth; ndarray (time) [1e4 m3/mm]."""
        return None if self.area is None else context.at(self.area) * MM_KM2

    def depth(self, context: Context) -> Floats:
        """Depth to replace; ndarray (time) [mm]."""
        assert self.evaporation_factor is not None
        evaporation = context.month_sum(context.at(self.evaporation_factor) * context.et0(self.zone))
        net = np.maximum(0.0, evaporation - context.month_sum(context.rain(self.zone)))
        seepage = context.or_else(self.seepage, 0.0) * context.axis.days
        return np.asarray(net * context.axis.days / context.month_days + seepage + self.renewed(context))

    def renewed(self, context: Context) -> Floats:
        """Depth of the exchange; ndarray (time) [mm]."""
        return (
            np.zeros(context.axis.size)
            if self.exchange is None
            else context.spread(self.exchange, self.profile)
        )

    def returned(self, context: Context, reaching: Floats) -> list[tuple[str, Floats]]:
        """Add the exchange that flows on; its share of the delivery varies with the weather."""
        shares = super().returned(context, reaching)
        if self.flows_on is None:
            return shares
        depth, renewed = self.depth(context), self.renewed(context)
        part = np.where(depth > 0.0, renewed / np.where(depth > 0.0, depth, 1.0), 0.0)
        return shares + collected(self.flows_on.to, part * context.at(self.flows_on.share), context)
