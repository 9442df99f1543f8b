"""How well demands are served: metrics of every demand, sector, zone and of the district, from need and supply."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterbal.model.rows import Floats, Ints, Rows
from waterbal.results import metrics
from waterbal.results.terms import UNCOUNTED

GROUPS = ("demand", "sector", "zone", "district")
"""Sets of demands that metrics are given for: every demand, and sums by sector, by zone and of all."""


@dataclass(frozen=True)
class Conventions:
    """How metrics are counted; written into every result."""

    step_tolerance: float = metrics.STEP_TOLERANCE
    """[-] share of a step's need that may be short before the step fails."""
    resilience: str = metrics.DEFAULT_RESILIENCE
    """One of ``metrics.RESILIENCE``."""
    first_month: int = 1
    """Month in which a year of the annual metrics begins."""
    counted: bool = True
    """Whether guarantee rates are counted: copies of a typical year have no frequency of their own."""

    def text(self) -> str:
        """Describe the conventions in one paragraph."""
        month = "calendar years" if self.first_month == 1 else f"years that begin in month {self.first_month}"
        return (
            "Against the unrestricted need. A step fails when supply < need x "
            f"(1 - {self.step_tolerance:g}); steps without need are left out. Hashimoto et al. 1982: "
            f"resilience {self.resilience} = {metrics.RESILIENCE[self.resilience]}; vulnerability: mean and "
            f"maximum over events of the largest deficit. {self._annual(month)} Sectors, zones and the district "
            "are judged by sums."
        )

    def _annual(self, month: str) -> str:
        """Say how guarantee rates are counted, or why they are missing."""
        if not self.counted:
            return UNCOUNTED.en
        return (
            f"Annual guarantee rate m / (n + 1) over complete {month}; a year fails when it is short of more than "
            "the demand's tolerance. Zero failures in n years support no more than n / (n + 1)."
        )


STANDARD = Conventions()
"""How metrics are counted where nothing is said."""


@dataclass(frozen=True)
class Performance:
    """Need and supply of demands with the metrics that follow; what a member gets depends on nothing but it."""

    rows: Rows
    need: Floats
    """ndarray (member, time, demand) [1e4 m3], unrestricted; 0 where nothing was simulated."""
    supply: Floats
    """ndarray (member, time, demand) [1e4 m3]"""
    conventions: Conventions = STANDARD

    @cached_property
    def sectors(self) -> list[str]:
        """Return the kinds of demands, in the order in which they appear."""
        return list(dict.fromkeys(row.kind for row in self.rows.demands))

    @cached_property
    def zones(self) -> list[str]:
        """Return the zones of demands, in the order in which they appear."""
        return list(dict.fromkeys(row.zone for row in self.rows.demands))

    @cached_property
    def years(self) -> tuple[Ints, Ints]:
        """Return the year of each step, and the complete years of the record."""
        axis = self.rows.axis
        year = metrics.year_of_step(axis.year, axis.month, self.conventions.first_month)
        return year, metrics.complete_years(year, axis.month)

    @cached_property
    def guarantee(self) -> Floats:
        """Return the required guarantee of each demand, ndarray (demand) [-], 0 if none."""
        return np.array([row.guarantee for row in self.rows.demands])

    @cached_property
    def guarantee_state(self) -> Ints:
        """Return whether each demand meets its guarantee, ndarray (member, demand)."""
        told = self.measures("demand")
        if not self.conventions.counted:
            return np.full(told["reliability_annual"].shape, metrics.NOT_COUNTED)
        years = told["years_with_need"].astype(np.int64)
        return metrics.guarantee_state(told["reliability_annual"], self.guarantee, years)

    def measures(self, group: str) -> dict[str, Floats]:
        """Return the metrics of a group by name, ndarray (member, element)."""
        return self._measures[group]

    @cached_property
    def _measures(self) -> dict[str, dict[str, Floats]]:
        return {group: self._measure(group) for group in GROUPS}

    def _measure(self, group: str) -> dict[str, Floats]:
        need, supply = (self._by_group(group, values) for values in self._by_demand)
        told = metrics.events(
            need, supply, tolerance=self.conventions.step_tolerance, convention=self.conventions.resilience
        )
        year, years = self.years
        yearly_need, yearly_supply = (metrics.yearly(v, year, years) for v in (need, supply))
        tolerance = np.array([row.tolerance for row in self.rows.demands])
        allowed = np.zeros_like(yearly_need)
        if tolerance.any():
            allowed = metrics.yearly(
                self._by_group(group, self._by_demand[0] * tolerance[:, None]), year, years
            )
        share = np.divide(allowed, yearly_need, out=np.zeros_like(allowed), where=yearly_need > 0.0)
        told["reliability_volumetric"] = metrics.reliability_volumetric(need, supply)
        told["reliability_annual"] = metrics.reliability_annual(yearly_need, yearly_supply, share)
        if not self.conventions.counted:
            told["reliability_annual"] = np.full_like(told["reliability_annual"], np.nan)
        told["failure_depth"] = metrics.failure_depth(yearly_need, yearly_supply)
        told["failure_depth_step"] = metrics.failure_depth_step(need, supply)
        told["years_with_need"] = (yearly_need > 0.0).sum(axis=-1).astype(np.float64)
        return told

    @cached_property
    def _by_demand(self) -> tuple[Floats, Floats]:
        """Need and supply with time last, ndarray (member, demand, time)."""
        need, supply = (np.ascontiguousarray(np.moveaxis(v, 1, 2)) for v in (self.need, self.supply))
        return need, supply

    def _by_group(self, group: str, values: Floats) -> Floats:
        """Sum demands into groups, ndarray (member, group, time), always in the order of the demands."""
        if group == "demand":
            return values
        names = {"sector": self.sectors, "zone": self.zones, "district": [""]}[group]
        total = np.zeros((values.shape[0], len(names), values.shape[2]))
        for d, row in enumerate(self.rows.demands):
            name = {"sector": row.kind, "zone": row.zone, "district": ""}[group]
            total[:, names.index(name)] += values[:, d]
        return total
