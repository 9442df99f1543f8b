"""Regulating reservoir (调蓄水库): storage that comes into service in a year and fills over years."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Strict, Year
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import (
    DepthRate,
    FixedArea,
    FixedFactor,
    FixedShare,
    Flow,
    MonthlyVolume,
    Price,
    Share,
    Volume,
    YearFactor,
)
from waterbal.model.rows import Floats, StoreRow

_LOG_STEP = 0.16
"""Ratio of sampled volumes, as logarithm: chords of V^b stay within 0.1 % of the curve for 0 < b <= 1."""
_LOWEST = 1e-3
"""Smallest sampled volume over full volume."""


class CurvePoint(Strict):
    """One point of the volume-area curve."""

    volume: Volume
    """[1e4 m3]"""
    area: FixedArea
    """Water surface at that volume [km2]."""


class Shape(Strict):
    """Volume-area curve area = full area x (V / V full)^exponent; 0 is a box, 0.1 a basin between dikes."""

    full_area: FixedArea
    """Water surface when full [km2]."""
    exponent: FixedShare
    """[-] from 0 to 1."""


class Reserve(Strict):
    """Volume to keep at the end of a step (旱限水位, 调度线)."""

    share_of_active: Share | None = None
    """Share of the active volume above dead storage, by month; this or ``volume`` [-]."""
    volume: MonthlyVolume | None = None
    """Total volume, by month; this or ``share_of_active`` [1e4 m3]."""

    @model_validator(mode="after")
    def _one_path(self) -> Reserve:
        if (self.share_of_active is None) == (self.volume is None):
            raise ValueError(
                Message(
                    "预留应在 share_of_active 与 volume 中二选一",
                    "a reserve has either share_of_active or volume",
                )
            )
        return self


class Reservoir(Element):
    """Reservoir.

    V1 = V0 + inflow + rain - evaporation - seepage + deliveries - withdrawals - spill. ``capacity``, ``dead``, the
    curve and the reserve describe the whole reservoir; ``area_share`` carves a geometrically alike part out of it.
    """

    type: Literal["reservoir"]
    zone: Id | None = None
    """Zone whose rain and ET0 act on it."""
    grade: Id | None = None
    """Water grade it gives; that of what flows in if not given."""
    capacity: Volume
    """Volume at the full level (正常蓄水位) [1e4 m3]."""
    dead: Volume
    """Dead storage, which cannot be drawn (死库容); below it what flows in may still pass through [1e4 m3]."""
    shape: Shape | None = None
    """Volume-area curve as a power law; this or ``curve``."""
    curve: list[CurvePoint] | None = Field(default=None, min_length=2)
    """Volume-area curve as points from volume 0 up; this or ``shape``."""
    initial: Volume | None = None
    """Volume at the start; this or ``initial_share`` [1e4 m3]."""
    initial_share: FixedShare | None = None
    """Volume at the start as share of the active volume, on top of the dead; this or ``initial`` [-]."""
    flood_limit: MonthlyVolume | None = None
    """Flood-limited volume by month (汛限库容); not limiting if not given [1e4 m3]."""
    evaporation_factor: YearFactor
    """Open-water evaporation over ET0 [-]."""
    rain_on_surface: bool = True
    """Whether rain on the water surface counts."""
    seepage: DepthRate
    """Seepage over the wet area [mm/d]."""
    seepage_to: Id | None = None
    """Aquifer that receives part of the seepage."""
    seepage_recharge: FixedShare | None = None
    """Part of the seepage that reaches ``seepage_to`` [-]."""
    inflow: Flow | None = None
    """Natural inflow [1e4 m3/d]."""
    from_year: Year | None = None
    """First planning year in service; it exists if not given."""
    fill_years: FixedFactor | None = None
    """Years over which the usable capacity grows linearly from nothing, from ``from_year`` on [yr]."""
    reserve: Reserve | None = None
    """Reserve curve; it takes effect where the priority list has it."""
    area_share: FixedShare | None = None
    """Part of a shared reservoir that serves this system; the whole if not given [-]."""
    value: Price | None = None
    """Value of water kept, set against costs [yuan/m3]."""
    passes: int = Field(default=1, ge=1, le=20)
    """Evaluations of area-dependent losses: 1 takes the area at the start of the step."""

    @model_validator(mode="after")
    def _consistent(self) -> Reservoir:
        if (self.shape is None) == (self.curve is None):
            raise ValueError(
                Message("水库应在 shape 与 curve 中二选一", "a reservoir has either shape or curve")
            )
        if (self.initial is None) == (self.initial_share is None):
            raise ValueError(
                Message(
                    "水库应在 initial 与 initial_share 中二选一",
                    "a reservoir has either initial or initial_share",
                )
            )
        if (self.seepage_to is None) != (self.seepage_recharge is None):
            raise ValueError(
                Message(
                    "seepage_to 与 seepage_recharge 须同时给出",
                    "seepage_to and seepage_recharge belong together",
                )
            )
        if self.fill_years is not None and self.from_year is None:
            raise ValueError(Message("fill_years 需要 from_year", "fill_years needs from_year"))
        if self.capacity.scalar() <= 0.0:
            raise ValueError(Message("库容为 0", "capacity is 0"))
        if self.dead.scalar() > self.capacity.scalar():
            raise ValueError(Message("死库容大于总库容", "dead storage is above capacity"))
        if self.initial is not None and self.initial.scalar() > self.capacity.scalar():
            raise ValueError(Message("初始蓄水大于总库容", "initial volume is above capacity"))
        if self.curve is not None:
            volumes = [point.volume.scalar() for point in self.curve]
            if volumes[0] != 0.0 or any(b <= a for a, b in pairwise(volumes)):
                raise ValueError(
                    Message("曲线的库容没有从 0 递增", "the volumes of the curve do not increase from 0")
                )
        if self.flood_limit is not None and min(self.flood_limit.numbers) < self.dead.scalar():
            raise ValueError(Message("汛限库容小于死库容", "the flood limit is below dead storage"))
        kept = self.reserve.volume if self.reserve is not None else None
        if kept is not None and max(kept.numbers) > self.capacity.scalar():
            raise ValueError(Message("预留大于总库容", "the reserve is above capacity"))
        return self

    def lower(self, id: str, context: Context) -> StoreRow:
        """Give the row of this reservoir."""
        there = self.ramp(context) > 0.0
        capacity, dead = self.volumes(context)
        points = self.points()
        part = self.part
        return StoreRow(
            id=id,
            capacity=capacity,
            dead=dead,
            initial=self.start(context, capacity),
            inflow=np.where(there, part * context.volume(self.inflow), 0.0)
            if self.inflow is not None
            else np.zeros(context.axis.size),
            evaporation=np.where(
                there, context.at(self.evaporation_factor) * context.et0(self.zone or ""), 0.0
            ),
            rain=np.where(there, context.rain(self.zone or ""), 0.0)
            if self.rain_on_surface
            else np.zeros(context.axis.size),
            seepage=np.where(there, context.at(self.seepage) * context.axis.days, 0.0),
            curve_volume=part * points[0],
            curve_area=part * points[1],
            seepage_to=self.seepage_to,
            seepage_recharge=amount(self.seepage_recharge),
            reserve=self.kept(context, capacity, dead),
            value=amount(self.value),
            passes=self.passes,
            area_full=part * float(points[1][-1]),
        )

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ("rain", "et0") if self.rain_on_surface else ("et0",)

    @property
    def part(self) -> float:
        """Part of the reservoir that is modelled [-]."""
        return 1.0 if self.area_share is None else self.area_share.scalar()

    def ramp(self, context: Context) -> Floats:
        """Usable part of the capacity; ndarray (time) [-].

        0 before ``from_year``. With one planning year for the whole run it is that at the end of the year;
        with each step's own year it grows to the end of each step.
        """
        axis = context.axis
        if self.from_year is None:
            return np.ones(axis.size)
        if self.fill_years is None:
            return (axis.planning_year >= self.from_year).astype(np.float64)
        first = axis.end.astype("datetime64[D]") - axis.start.astype("datetime64[Y]").astype("datetime64[D]")
        through = first.astype(np.float64) / context.year_days
        own = bool(np.array_equal(axis.planning_year, axis.year))
        elapsed = axis.planning_year - self.from_year + (through if own else 1.0)
        return np.clip(elapsed / self.fill_years.scalar(), 0.0, 1.0) * (axis.planning_year >= self.from_year)

    def volumes(self, context: Context) -> tuple[Floats, Floats]:
        """Largest and dead volume; two ndarrays (time) [1e4 m3]."""
        full = self.capacity.scalar() * self.ramp(context)
        if self.flood_limit is not None:
            full = np.minimum(full, context.at(self.flood_limit))
        return self.part * full, self.part * np.minimum(full, self.dead.scalar())

    def start(self, context: Context, capacity: Floats) -> float:
        """Volume at the start [1e4 m3]: nothing where the reservoir comes into service during the run."""
        axis = context.axis
        own = bool(np.array_equal(axis.planning_year, axis.year))
        if self.from_year is not None and own and axis.planning_year[0] <= self.from_year:
            return 0.0
        if self.initial is not None:
            volume = self.initial.scalar()
        else:
            dead = self.dead.scalar()
            volume = dead + amount(self.initial_share) * (self.capacity.scalar() - dead)
        return float(min(self.part * volume, capacity[0]))

    def kept(self, context: Context, capacity: Floats, dead: Floats) -> Floats | None:
        """Reserve curve; ndarray (time) [1e4 m3] or None."""
        if self.reserve is None:
            return None
        if self.reserve.volume is not None:
            return np.minimum(capacity, self.part * context.at(self.reserve.volume))
        assert self.reserve.share_of_active is not None
        return np.asarray(dead + context.at(self.reserve.share_of_active) * (capacity - dead))

    def points(self) -> tuple[Floats, Floats]:
        """Volume-area curve of the whole reservoir; two ndarrays (point) [1e4 m3], [km2]."""
        if self.curve is not None:
            volumes = [point.volume.scalar() for point in self.curve]
            return np.array(volumes), np.array([point.area.scalar() for point in self.curve])
        assert self.shape is not None
        full, exponent = self.capacity.scalar(), self.shape.exponent.scalar()
        dead = self.dead.scalar()
        lowest = full * _LOWEST if dead == 0.0 else min(full * _LOWEST, dead)
        count = int(np.ceil(np.log(full / lowest) / _LOG_STEP)) + 1
        relative = np.geomspace(lowest / full, 1.0, count)
        area = self.shape.full_area.scalar() * relative**exponent
        return np.concatenate([[0.0], full * relative]), np.concatenate([[0.0], area])
