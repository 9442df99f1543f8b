"""What a capacity is asked for: the drivers that grow, the limits on them, and what must hold (四水四定)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Strict
from waterbal.model.quantities import Area, Length, People, Share, ValueAdded, YearRate, YearShare
from waterbal.model.values import Number, Quantity

Amount = Annotated[Number, Quantity("amount", forms=("value", "by_year"))]
"""Amount of a driver in its own unit, or amount per amount."""
Concentration = Annotated[Number, Quantity("concentration", forms=("value", "by_year"))]
"""[kg/m3]"""
Growth = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""Relative growth of a driver along a direction [-]."""


class Driver(Element):
    """Something that grows: people, production, farmland, the city; what is needed grows in proportion.

    Its amount is what the drivers of the demands under ``counts`` add up to in the last planning year, or stated.
    """

    grows: Annotated[list[Id], Field(min_length=1)]
    """Demands, types of demand, or sources that collect rain on built land, whose drivers grow together."""
    counts: list[Id] | None = None
    """Those of ``grows`` whose drivers add up to the amount; all if not given."""
    fixed: list[Id] = []
    """Further demands whose drivers are part of the amount but do not grow."""
    people: People | None = None
    """Amount, where the demands have no driver [1e4 person]."""
    value_added: ValueAdded | None = None
    """Amount, where the demands have no driver [1e8 yuan]."""
    area: Area | None = None
    """Amount, where the demands have no driver [km2]."""

    @model_validator(mode="after")
    def _one_amount(self) -> Driver:
        stated = [name for name in ("people", "value_added", "area") if getattr(self, name) is not None]
        if len(stated) > 1 or (stated and (self.counts or self.fixed)):
            raise ValueError(
                Message(
                    "数量或由计数得出，或以 people、value_added、area 之一给出，只给一次",
                    "the amount is either counted or stated, once, as people, value_added or area",
                )
            )
        return self

    @property
    def stated(self) -> Number | None:
        """The amount, where it is stated."""
        return self.people or self.value_added or self.area


class DriverLimit(Element):
    """Limit on the amount of a driver that is not water: land, density, a floor that must stay."""

    driver: Id
    """Driver that is limited."""
    per: Id | None = None
    """Driver that the limit is per unit of, e.g. people per built km2."""
    at_most: Amount | None = None
    """Largest amount, in the unit in which the driver is told (1e4 person, 1e8 yuan, km2; 1e4 mu of farmland), or of it
    per unit of ``per``."""
    at_least: Amount | None = None
    """Smallest amount."""

    @model_validator(mode="after")
    def _one_bound(self) -> DriverLimit:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(
                Message(
                    "限值应在 at_most 与 at_least 中二选一",
                    "a limit has either at_most or at_least",
                )
            )
        return self


class Requirement(Element):
    """How well a group of demands must be served, judged by its sums and against its unrestricted need."""

    of: Annotated[list[Id], Field(min_length=1)]
    """Demands or types of demand that are judged together."""
    zones: list[Id] | None = None
    """Only those in these zones; all if not given."""
    annual: YearShare | None = None
    """Share of years without failure (供水保证率), m / (n + 1) [-]."""
    step: YearShare | None = None
    """Share of steps without failure, m / (n + 1) [-]."""
    tolerance: YearShare | None = None
    """Share of a year's need that may be short before the year has failed; that of each demand if not given [-]."""
    depth: YearShare | None = None
    """Largest share that may be short in any year (破坏深度) [-]."""
    step_depth: YearShare | None = None
    """Largest share that may be short in any step [-]."""

    @model_validator(mode="after")
    def _something(self) -> Requirement:
        if all(getattr(self, name) is None for name in ("annual", "step", "depth", "step_depth")):
            raise ValueError(
                Message(
                    "要求应给出 annual、step、depth 或 step_depth",
                    "a requirement has annual, step, depth or step_depth",
                )
            )
        return self


class GroundwaterLevel(Element):
    """Level that an aquifer must not fall below in any year."""

    deepest: Length
    """Largest depth of the water table at the end of a step [m]."""


class ReceivingWater(Element):
    """Water that takes effluent: after complete mixing at the design low flow its class must hold (纳污能力).

    c = (Q c0 + sum q c) / (Q + sum q) <= standard, with q what works discharge in a step, treated and by-passed:
    reuse lowers the load and the flow that dilutes it alike.
    """

    design_flow: YearRate
    """Design low flow Q, one for all months, e.g. of the driest month at 90 % [1e4 m3/d]."""
    background: Concentration
    """Concentration c0 of that flow [kg/m3]."""
    standard: Concentration
    """Limit of the class that must hold, e.g. class IV [kg/m3]."""
    inflows: Annotated[dict[Id, Concentration], Field(min_length=1)]
    """Works or reclaimed source -> concentration c of what it discharges [kg/m3]."""
    untreated: dict[Id, Concentration] = {}
    """The same works -> concentration of what by-passes them above their capacity [kg/m3]; needed of all that treat,
    as any other number would let a smaller plant carry more. That of a junction is what it discharges otherwise."""


class Direction(Element):
    """Drivers that grow together, in proportions; drivers that are not named stay at plan."""

    along: Annotated[dict[Id, Growth], Field(min_length=1)]
    """Driver -> relative growth; equal numbers keep the mix of the plan. The scale multiplies what the plan has of the
    fastest, and of others by their share of its growth: unequal ones never come to the plan."""
    judged_by: list[Id] | None = None
    """Demands or types of demand whose requirements count, for a capacity at which others get what is left; all if
    not given. Levels of groundwater and receiving waters always count."""

    @model_validator(mode="after")
    def _grows(self) -> Direction:
        if not any(self.along.values()):
            raise ValueError(
                Message(
                    "沿此方向没有驱动因素增长；至少给一项大于 0 的系数",
                    "no driver grows along this direction; give one a factor above 0",
                )
            )
        return self


class LoadSpec(Strict):
    """Which quotas the load state (超载状态) is measured by."""

    total: Id
    """Quota whose volume is W0, the cap on total use, and whose use is W."""
    groundwater: Id | None = None
    """Quota whose volume is G0, the cap on groundwater, and whose use is G."""
    set: str
    """Named set of thresholds, such as ``national_2016``."""


class Capacity(Strict):
    """What capacities are searched for, and by what they are judged."""

    drivers: Annotated[dict[Id, Driver], Field(min_length=1)]
    """Drivers by id."""
    limits: dict[Id, DriverLimit] = {}
    """Limits on drivers that are not water."""
    requirements: dict[Id, Requirement] = {}
    """Requirements on groups of demands, besides the guarantee and failure depth that each demand has."""
    groundwater: dict[Id, GroundwaterLevel] = {}
    """Levels by aquifer."""
    receiving_waters: dict[Id, ReceivingWater] = {}
    """Waters that take effluent."""
    directions: dict[Id, Direction] = {}
    """Directions besides each driver alone and ``mix``, in which all grow alike."""
    confidence: Share | None = None
    """Share of realizations whose capacity must be at least the one called safe; 0.9 if not given [-]."""
    load: LoadSpec | None = None
    """What the load state is measured by."""
