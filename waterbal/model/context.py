"""What elements see while they are lowered: the steps, the series, the climate of a zone.

A series is an ndarray (time), or an ndarray (realization, time) where it is sampled. What depends on a sampled series
gets its leading axis by broadcasting, the rest keeps one axis, so elements are written as if there were one
realization, with the time last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from waterbal.model.rows import Floats, Ints, NodeRow, QuotaRow, TimeAxis
from waterbal.model.values import Number

MM_KM2 = 0.1
"""[1e4 m3] of 1 mm on 1 km2."""
OUTSIDE = "outside"
"""Name of the place outside the system that returns may go to."""


class Climate(Protocol):
    """Rain and reference evapotranspiration of a zone."""

    def rain(self, zone: str) -> Number:
        """Give the rain of a zone."""

    def et0(self, zone: str) -> Number:
        """Give the reference evapotranspiration of a zone."""


@dataclass
class Context:
    """Steps, series, climate; and the rows that elements add beside their own."""

    axis: TimeAxis
    series: Mapping[str, Floats]
    """Series by name, ndarray (time) or (realization, time), in the units of their kind."""
    kinds: Mapping[str, str]
    """Kind of each series: ``volume``, ``rate``, ``depth``, ``factor``."""
    climate: Climate
    entitlement: Callable[[str], Floats]
    """Quota id -> ndarray (time) [1e4 m3] of the quota year."""
    collection: Callable[[str], Floats | None]
    """Node id -> ndarray (time) [-], share of returns that its sewers collect; None if all."""
    lagged: frozenset[str] = frozenset()
    """Sources that count the returns of the step before."""
    reference: Context | None = None
    """The same model under the climate that its statistics were taken from: what a mean of the record refers to,
    where the run itself is a sample or a changed climate. None: the run is the record."""
    nodes: dict[str, NodeRow] = field(default_factory=dict)
    quotas: list[QuotaRow] = field(default_factory=list)

    # ---- calendar

    @property
    def month_index(self) -> Ints:
        """ndarray (time), number of the calendar month of each step, from 0."""
        months = self.axis.year * 12 + self.axis.month
        return months - months[0]

    @property
    def year_index(self) -> Ints:
        """ndarray (time), number of the calendar year of each step, from 0."""
        return self.axis.year - self.axis.year[0]

    @property
    def month_days(self) -> Floats:
        """ndarray (time) [d], length of the calendar month of the step."""
        start = self.axis.start.astype("datetime64[M]")
        days = (start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")
        return days.astype(np.float64)

    @property
    def year_days(self) -> Floats:
        """ndarray (time) [d], length of the calendar year of the step."""
        start = self.axis.start.astype("datetime64[Y]")
        days = (start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")
        return days.astype(np.float64)

    # ---- numbers in every step

    def at(self, number: Number) -> Floats:
        """Evaluate a number; ndarray (time) [its unit]."""
        return number.at(self.axis, self.series)

    def or_else(self, number: Number | None, default: float) -> Floats:
        """Evaluate an option; where it is not given it has no effect at ``default``."""
        return np.full(self.axis.size, default) if number is None else self.at(number)

    def volume(self, flow: Number) -> Floats:
        """Volume of a flow in each step; ndarray (time) [1e4 m3]."""
        values = self.at(flow)
        return values if self.kinds.get(flow.series) == "volume" else values * self.axis.days

    def rate(self, flow: Number) -> Floats:
        """Mean rate of a flow; ndarray (time) [1e4 m3/d]."""
        return self.volume(flow) / self.axis.days

    def depth(self, weather: Number) -> Floats:
        """Depth in each step; ndarray (time) [mm]."""
        values = self.at(weather)
        return values if weather.series else values * self.axis.days

    def rain(self, zone: str) -> Floats:
        """Rain of a zone; ndarray (time) [mm]."""
        return self.depth(self.climate.rain(zone))

    def et0(self, zone: str) -> Floats:
        """Reference evapotranspiration of a zone; ndarray (time) [mm]."""
        return self.depth(self.climate.et0(zone))

    # ---- spreading

    def profile(self, profile: Number | None) -> Floats:
        """Rate of each step over the mean rate of its calendar year; ndarray (time) [-].

        Weighted by the true lengths of the months, so the year keeps its total, leap or not.
        """
        if profile is None:
            return np.ones(self.axis.size)
        rates = np.array(profile.by_month)
        first = self.axis.start.astype("datetime64[Y]").astype("datetime64[M]")
        edges = (first[:, None] + np.arange(13)).astype("datetime64[D]")
        lengths = np.diff(edges, axis=1).astype(np.float64)
        mean = lengths @ rates / lengths.sum(axis=1)
        return np.asarray(rates[self.axis.month - 1] / mean)

    def spread(self, annual: Number, profile: Number | None = None) -> Floats:
        """Volume, depth or money per year, spread over the steps; ndarray (time)."""
        return self.at(annual) / self.year_days * self.axis.days * self.profile(profile)

    def month_part(self, monthly: Number) -> Floats:
        """Amounts of calendar months spread evenly over their steps; ndarray (time)."""
        return self.at(monthly) * self.axis.days / self.month_days

    def month_sum(self, values: Floats) -> Floats:
        """Sum over the calendar month that holds each step; ndarray (time)."""
        return _sum_within(self.month_index, values)

    def quota_year(self, reset_month: int) -> Ints:
        """ndarray (time), calendar year in which the quota year of the step began."""
        return self.axis.year - (self.axis.month < reset_month)

    def of_quota_year(self, number: Number, reset_month: int) -> Floats:
        """Value at the first step of the quota year, held through it; ndarray (time)."""
        _, first, index = np.unique(self.quota_year(reset_month), return_index=True, return_inverse=True)
        return np.asarray(self.at(number)[..., first][..., index])

    # ---- rows beside the element's own

    def sink(self, name: str) -> str:
        """Add a node from which all water leaves the system; gives its id."""
        if name not in self.nodes:
            size = self.axis.size
            self.nodes[name] = NodeRow(
                name, np.full(size, np.inf), np.ones(size), np.zeros(size), np.zeros(size), outlet=True
            )
        return name


def _sum_within(period: Ints, values: Floats) -> Floats:
    """Sum over the steps that share a period and give each of them the sum; ndarray (..., time)."""
    starts = np.flatnonzero(np.diff(period, prepend=-1))
    return np.asarray(np.add.reduceat(values, starts, axis=-1)[..., period - period[0]], dtype=np.float64)
