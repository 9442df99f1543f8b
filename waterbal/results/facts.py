"""What the variables of a result are computed from: the run, its closure, its budget, its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterbal.model.rows import Floats, Ints
from waterbal.results import metrics
from waterbal.results.budget import budget
from waterbal.results.view import View

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

    def text(self) -> str:
        """Describe the conventions in one paragraph."""
        month = "calendar years" if self.first_month == 1 else f"years that begin in month {self.first_month}"
        return (
            "Against the unrestricted need. A step fails when supply < need x "
            f"(1 - {self.step_tolerance:g}); steps without need are left out. Hashimoto et al. 1982: "
            f"resilience {self.resilience} = {metrics.RESILIENCE[self.resilience]}; vulnerability: mean and "
            "maximum over events of the largest deficit. Annual guarantee rate m / (n + 1) over complete "
            f"{month}; a year fails when it is short of more than the demand's tolerance. Zero failures in n "
            "years support no more than n / (n + 1). Sectors, zones and the district are judged by sums."
        )


@dataclass(frozen=True)
class Facts:
    """A run with everything that is derived from it; computed once, when first asked for."""

    view: View
    closure: Floats
    """ndarray (member, time) [-], largest relative residual of any equation."""
    conventions: Conventions

    @cached_property
    def budget(self) -> Floats:
        """Return ndarray (member, time, term) [1e4 m3]."""
        return budget(self.view)

    @cached_property
    def sectors(self) -> list[str]:
        """Return the kinds of demands, in the order in which they appear."""
        return list(dict.fromkeys(row.kind for row in self.view.rows.demands))

    @cached_property
    def zones(self) -> list[str]:
        """Return the zones of demands, in the order in which they appear."""
        return list(dict.fromkeys(row.zone for row in self.view.rows.demands))

    def membership(self, group: str) -> Floats:
        """Return which demands belong to which group, ndarray (group, demand), 1 or 0."""
        demands = self.view.rows.demands
        if group == "demand":
            return np.eye(len(demands))
        if group == "district":
            return np.ones((1, len(demands)))
        names = self.sectors if group == "sector" else self.zones
        place = [row.kind if group == "sector" else row.zone for row in demands]
        return np.array([[float(own == name) for own in place] for name in names])

    @cached_property
    def years(self) -> tuple[Ints, Ints]:
        """Return the year of each step, and the complete years of the record."""
        axis = self.view.rows.axis
        year = metrics.year_of_step(axis.year, axis.month, self.conventions.first_month)
        return year, metrics.complete_years(year, axis.month)

    @cached_property
    def _measures(self) -> dict[str, dict[str, Floats]]:
        return {group: self._measure(group) for group in GROUPS}

    def measures(self, group: str) -> dict[str, Floats]:
        """Return the metrics of a group by name, ndarray (member, element)."""
        return self._measures[group]

    def _measure(self, group: str) -> dict[str, Floats]:
        part = self.membership(group)
        need, supply = self._by_group(part, self.view.need), self._by_group(part, self.view.run.supply)
        told = metrics.events(
            need, supply, tolerance=self.conventions.step_tolerance, convention=self.conventions.resilience
        )
        year, years = self.years
        yearly_need, yearly_supply = (metrics.yearly(v, year, years) for v in (need, supply))
        allowed = metrics.yearly(self._by_group(part * self._tolerance, self.view.need), year, years)
        tolerance = np.divide(allowed, yearly_need, out=np.zeros_like(allowed), where=yearly_need > 0.0)
        told["reliability_volumetric"] = metrics.reliability_volumetric(need, supply)
        told["reliability_annual"] = metrics.reliability_annual(yearly_need, yearly_supply, tolerance)
        told["failure_depth"] = metrics.failure_depth(yearly_need, yearly_supply)
        told["failure_depth_step"] = metrics.failure_depth_step(need, supply)
        told["years_with_need"] = (yearly_need > 0.0).sum(axis=-1).astype(np.float64)
        return told

    @property
    def _tolerance(self) -> Floats:
        return np.array([row.tolerance for row in self.view.rows.demands])

    def _by_group(self, part: Floats, values: Floats) -> Floats:
        """Sum demands into groups, ndarray (member, group, time)."""
        known = np.where(self.view.simulated[:, :, None], values, 0.0)
        return np.einsum("gd,mtd->mgt", part, known)

    @cached_property
    def guarantee(self) -> Floats:
        """Return the required guarantee of each demand, ndarray (demand) [-], 0 if none."""
        return np.array([row.guarantee for row in self.view.rows.demands])

    @cached_property
    def guarantee_state(self) -> Ints:
        """Return whether each demand meets its guarantee, ndarray (member, demand)."""
        told = self.measures("demand")
        years = told["years_with_need"].astype(np.int64)
        return metrics.guarantee_state(told["reliability_annual"], self.guarantee, years)
