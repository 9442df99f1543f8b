"""Irrigation (农田灌溉): crop need of the same year's weather, less rain and soil water, over efficiencies."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Id, Strict
from waterbal.model.context import MM_KM2, Context
from waterbal.model.elements.demands.base import Demand
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import Area, Efficiency, FixedFactor, FixedShare, MonthDepth, YearShare
from waterbal.model.rows import Floats
from waterbal.model.values import Number, Quantity

Coefficients = Annotated[Number, Quantity("fraction", high=2.0, forms=("by_month",))]
"""[-] crop coefficients, January first."""


class Crop(Strict):
    """A crop or rotation."""

    kc: Coefficients
    """Crop coefficient of each month, 0 off season (FAO-56) [-]."""
    share: YearShare
    """Share of the irrigated area; crops in rotation may share their land, so shares may pass 1 [-]."""


class Irrigation(Demand):
    """Irrigation.

    need = area x deficit factor x sum over crops share x max(0, Kc ET0 - Pe - G) / efficiency (Allen et al. 1998,
    FAO-56). Pe is the effective rain of a month after USDA-SCS as in CROPWAT: P (125 - 0.2 P) / 125 up to
    250 mm, 125 + 0.1 P above (Smith 1992). The balance is taken by calendar month, because soil water evens out the
    days within it, and spread over shorter steps in proportion to Kc ET0: a year's total does not depend
    on the step.
    """

    type: Literal["irrigation"]
    area: Area | None = None
    """Irrigated area [km2]."""
    crops: dict[Id, Crop] | None = Field(default=None, min_length=1)
    """Crops by name."""
    groundwater_contribution: MonthDepth | None = None
    """G, capillary rise and stored soil water used by crops in each month; none if not given [mm]."""
    deficit_factor: FixedFactor | None = None
    """Part of the full need that is asked for (非充分灌溉); all if not given [-]."""
    efficiency: Efficiency | None = None
    """Field x canal efficiency (灌溉水有效利用系数); this or ``field_efficiency`` [-]."""
    field_efficiency: Efficiency | None = None
    """Water used by crops per water at the field; with ``canal_efficiency`` [-]."""
    canal_efficiency: Efficiency | None = None
    """Water at the field per water at the canal head (渠系水利用系数) [-]."""
    canal_loss_to: Id | None = None
    """Aquifer that receives part of the canal loss."""
    canal_loss_recharge: FixedShare | None = None
    """Part of the canal loss that reaches ``canal_loss_to`` [-]."""

    @model_validator(mode="after")
    def _consistent(self) -> Irrigation:
        if self.area is not None:
            if (self.efficiency is None) == (self.field_efficiency is None):
                raise ValueError(
                    Message(
                        "灌溉应给 efficiency，或同时给 field_efficiency 与 canal_efficiency",
                        "irrigation has either efficiency or field_efficiency with canal_efficiency",
                    )
                )
            if self.field_efficiency is not None and self.canal_efficiency is None:
                raise ValueError(
                    Message(
                        "field_efficiency 需要 canal_efficiency", "field_efficiency needs canal_efficiency"
                    )
                )
        if (self.canal_loss_to is None) != (self.canal_loss_recharge is None):
            raise ValueError(
                Message(
                    "canal_loss_to 与 canal_loss_recharge 须同时给出",
                    "canal_loss_to and canal_loss_recharge belong together",
                )
            )
        if self.canal_loss_to is not None and self.canal_efficiency is None:
            raise ValueError(
                Message("canal_loss_to 需要 canal_efficiency", "canal_loss_to needs canal_efficiency")
            )
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        others = ("groundwater_contribution", "deficit_factor", "efficiency", "field_efficiency")
        return ("area", "crops"), others

    def driven_need(self, context: Context) -> Floats:
        """Need at the canal head; ndarray (time) [1e4 m3]."""
        driver = self.weather_driver(context)
        assert driver is not None
        return driver * self.field_need(context)

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ("rain", "et0") if self.area is not None else ()

    def weather_driver(self, context: Context) -> Floats | None:
        """Volume at the canal head per depth needed at the crop; ndarray (time) [1e4 m3/mm]."""
        if self.area is None:
            return None
        factor = 1.0 if self.deficit_factor is None else self.deficit_factor.scalar()
        return np.asarray(context.at(self.area) * MM_KM2 * factor / self.total_efficiency(context))

    def total_efficiency(self, context: Context) -> Floats:
        """Field x canal efficiency; ndarray (time) [-]."""
        if self.efficiency is not None:
            return context.at(self.efficiency)
        assert self.field_efficiency is not None and self.canal_efficiency is not None
        return context.at(self.field_efficiency) * context.at(self.canal_efficiency)

    def field_need(self, context: Context) -> Floats:
        """Full need of the crop mix; ndarray (time) [mm]."""
        et0 = context.et0(self.zone)
        monthly_et0 = context.month_sum(et0)
        rain = effective_rain(context.month_sum(context.rain(self.zone)))
        soil = context.or_else(self.groundwater_contribution, 0.0)
        part = np.where(monthly_et0 > 0.0, et0 / np.where(monthly_et0 > 0.0, monthly_et0, 1.0), 0.0)
        need = np.zeros_like(part)
        for crop in (self.crops or {}).values():
            unmet = np.maximum(0.0, context.at(crop.kc) * monthly_et0 - rain - soil)
            need = need + context.at(crop.share) * unmet
        return need * part

    def returned(self, context: Context, reaching: Floats) -> list[tuple[str, Floats]]:
        """Add the canal loss that recharges groundwater to what fields return."""
        shares = super().returned(context, reaching)
        if self.canal_loss_to is not None and self.canal_efficiency is not None:
            lost = (1.0 - context.at(self.canal_efficiency)) * amount(self.canal_loss_recharge)
            shares.append((self.canal_loss_to, lost))
        return shares


def effective_rain(monthly: Floats) -> Floats:
    """Rain of a month that crops can use (USDA-SCS, CROPWAT form); ndarray [mm] to ndarray [mm]."""
    return np.where(monthly <= 250.0, monthly * (125.0 - 0.2 * monthly) / 125.0, 125.0 + 0.1 * monthly)
