"""Shallow groundwater: a storage fed by rain, seepage and irrigation, tapped less when it is low."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.base import Strict
from waterbal.model.context import MM_KM2, Context
from waterbal.model.elements.sources.base import Source, amount
from waterbal.model.quantities import (
    AnnualVolume,
    Efficiency,
    FixedArea,
    FixedShare,
    Length,
    Rate,
    Share,
    YearFactor,
)
from waterbal.model.rows import AquiferRow


class Tier(Strict):
    """Pumping limit of a depth range (限采水位)."""

    depth: Length
    """The tier holds while the water table is deeper than this [m]."""
    factor: FixedShare
    """Factor on every pumping limit in the tier [-]."""


class Aquifer(Source):
    """Unconfined aquifer.

    S1 = S0 + rain recharge + lateral inflow + returns + seepage - phreatic evaporation - pumping - overflow,
    with S = specific yield x area x height above ``floor_depth``. Phreatic evaporation is ``phreatic_factor``
    x ET0 at the surface and falls linearly to nothing at ``extinction_depth``. The annual cap is a quota.
    """

    type: Literal["aquifer"]
    area: FixedArea
    """Area of the aquifer [km2]."""
    specific_yield: Efficiency
    """Drainable water per volume of ground (给水度) [-]."""
    initial_depth: Length
    """Depth of the water table at the start [m]."""
    floor_depth: Length
    """Depth below which nothing is pumped [m]."""
    wells: Rate
    """Capacity of the wells [1e4 m3/d]."""
    rain_recharge: Share | None = None
    """Share of rain that reaches the water table (降水入渗补给系数) [-]."""
    lateral_inflow: AnnualVolume | None = None
    """Inflow from rivers and neighbouring ground, spread evenly over the year [1e4 m3/yr]."""
    phreatic_factor: YearFactor | None = None
    """Evaporation with the water table at the surface over ET0; with ``extinction_depth`` [-]."""
    extinction_depth: Length | None = None
    """Depth at which evaporation of groundwater ends [m]."""
    tiers: list[Tier] = []
    """Pumping limits by depth, shallow to deep."""
    hysteresis: Length | None = None
    """Rise of the water table above a tier's depth before the tier is left [m]."""
    fresh_share: FixedShare | None = None
    """Share of the pumping that links marked ``fresh`` may take; all if not given (苦咸水 is the rest) [-]."""

    @model_validator(mode="after")
    def _consistent(self) -> Aquifer:
        depths = [tier.depth.scalar() for tier in self.tiers]
        if depths != sorted(set(depths)):
            raise ValueError(Message("各级没有按埋深递增排列", "tiers are not in order of increasing depth"))
        factors = [tier.factor.scalar() for tier in self.tiers]
        if factors != sorted(factors, reverse=True):
            raise ValueError(Message("更深一级的系数更大", "a deeper tier has a larger factor"))
        if self.initial_depth.scalar() > self.floor_depth.scalar():
            raise ValueError(Message("initial_depth 深于 floor_depth", "initial_depth is below floor_depth"))
        if (self.phreatic_factor is None) != (self.extinction_depth is None):
            raise ValueError(
                Message(
                    "phreatic_factor 与 extinction_depth 须同时给出",
                    "phreatic_factor and extinction_depth belong together",
                )
            )
        return self

    def lower(self, id: str, context: Context) -> AquiferRow:
        """Give the row of this aquifer."""
        area, zeros = self.area.scalar(), np.zeros(context.axis.size)
        recharge, phreatic = zeros, zeros
        if self.rain_recharge is not None:
            recharge = context.at(self.rain_recharge) * context.rain(self.place()) * area * MM_KM2
        if self.lateral_inflow is not None:
            recharge = recharge + context.spread(self.lateral_inflow)
        if self.phreatic_factor is not None:
            phreatic = context.at(self.phreatic_factor) * context.et0(self.place()) * area * MM_KM2
        return AquiferRow(
            id=id,
            limits={"conveyance": context.at(self.wells) * context.axis.days},
            storage_per_metre=self.specific_yield.scalar() * area * 1000.0 * MM_KM2,
            initial_depth=self.initial_depth.scalar(),
            floor_depth=self.floor_depth.scalar(),
            recharge=recharge,
            phreatic=phreatic,
            extinction_depth=amount(self.extinction_depth),
            tier_depth=np.array([tier.depth.scalar() for tier in self.tiers], dtype=np.float64),
            tier_factor=np.array([tier.factor.scalar() for tier in self.tiers], dtype=np.float64),
            hysteresis=amount(self.hysteresis),
            fresh_share=1.0 if self.fresh_share is None else self.fresh_share.scalar(),
            unit_cost=amount(self.cost),
            energy=amount(self.energy),
        )

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        rain = ("rain",) if self.rain_recharge is not None else ()
        return rain + (("et0",) if self.phreatic_factor is not None else ())
