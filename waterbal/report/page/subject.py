"""What a report is about: the results that were given, in one language, and what of them is drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from waterbal.report.capacity import Verdict
from waterbal.report.material import Material
from waterbal.report.page.words import say
from waterbal.report.scenarios import IN_YEAR, PROBABILITY
from waterbal.report.scenarios import summarise as told_of
from waterbal.report.sheets import Sheet, sheets
from waterbal.report.sheets.studies import studies
from waterbal.report.summary import summarise
from waterbal.results import pooled

if TYPE_CHECKING:
    import xarray as xr

DRAWN = 3
"""Runs that figures are drawn for; a page with more is read by nobody."""

SUMMED = ("member_status", "mean_annual_demand", "mean_annual_supply", *pooled.names("sector"), *IN_YEAR)
"""What the scenarios of a sweep are told from; the rest of it is not read."""


@dataclass(frozen=True)
class Member:
    """One scenario under one hydrology with every series."""

    results: xr.Dataset
    """Its dimensions ``scenario`` and ``realization`` have one entry."""
    name: str

    @cached_property
    def told(self) -> dict[str, Any]:
        """Return what tables tell of it."""
        return summarise(self.results)


@dataclass(frozen=True)
class Subject:
    """Results with the language they are told in."""

    material: Material
    language: str
    files: Sequence[str] = field(default_factory=tuple)
    """Names of the files, without their folders."""

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Return the runs, and the baseline of sweeps that kept every series."""
        found = [Member(run, self._named(run)) for run in self.material.runs]
        found += [self._baseline(s) for s in self.material.sweeps if "time" in s.dims and "time_bnds" in s]
        return tuple(found)

    @cached_property
    def drawn(self) -> tuple[Member, ...]:
        """Return the runs that figures are drawn for."""
        return self.members[:DRAWN]

    @cached_property
    def sweeps(self) -> tuple[dict[str, Any], ...]:
        """Return what is told of every sweep, in the order of the sweeps."""
        return tuple(told_of(sweep[[*SUMMED]].load()) for sweep in self.material.sweeps)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the capacities with the words for them."""
        return tuple(Verdict(found, self.language) for found in self.material.capacities)

    def study(self, number: int) -> str:
        """Return the name of the study of capacities, where the page tells of several; else empty."""
        name = studies(self.material.capacities)[number]
        return "" if name is None else str(getattr(name, self.language))

    def of_study(self, number: int, text: str) -> str:
        """Return a title of capacities, with the name of their study where the page tells of several."""
        name = self.study(number)
        return self.say("of_run", caption=text, name=name) if name else text

    @cached_property
    def sheets(self) -> list[Sheet]:
        """Return the tables that planners file."""
        return sheets(self.material)

    @property
    def datasets(self) -> tuple[xr.Dataset, ...]:
        """Return everything that is a dataset."""
        return (*self.material.capacities, *self.material.runs, *self.material.sweeps)

    @cached_property
    def title(self) -> str:
        """Return the name of the city."""
        for results in self.datasets:
            name = json.loads(str(results.attrs.get("waterbal_config", "{}"))).get("name", {})
            if isinstance(name, dict) and name.get(self.language):
                return str(name[self.language])
        return say("kicker", self.language)

    def say(self, key: str, **values: Any) -> str:
        """Return a word of the page."""
        return say(key, self.language, **values)

    def captioned(self, key: str, member: Member) -> str:
        """Return a caption, with the name of the run where anything else is told of too."""
        caption = self.say(key)
        if len(self.datasets) == 1:
            return caption
        return self.say("of_run", caption=caption, name=member.name)

    def title_of(self, results: xr.Dataset) -> str:
        """Return the title of a result."""
        return str(results.attrs.get("title_zh" if self.language == "zh" else "title", ""))

    def _named(self, results: xr.Dataset) -> str:
        years = sorted({int(year) for year in results["planning_year"].values.ravel()})
        span = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
        stop = "，" if self.language == "zh" else ", "
        return f"{self.title_of(results)}{stop}{self.say('plan_year', year=span)}"

    def _baseline(self, sweep: xr.Dataset) -> Member:
        """Take the first realization of the baseline, in the form of a run."""
        place = baseline(sweep)
        one = sweep.isel(scenario=[place], realization=[0])
        fixed = [
            name
            for name, variable in one.data_vars.items()
            if "scenario" in variable.dims and "realization" not in variable.dims
        ]
        one = one.assign({name: one[name].isel(scenario=0, drop=True) for name in fixed})
        if PROBABILITY in one.coords:
            one.attrs["waterbal_typical_year"] = json.dumps(_typical_year(one[PROBABILITY]))
        name = str(sweep[f"scenario_name_{self.language}"].values[place])
        typical = json.loads(str(one.attrs.get("waterbal_typical_year", "null")))
        if typical:
            name += self.say("of_typical_year", p=f"{100 * typical['probability']:g}")
        return Member(one, name)


def _typical_year(probability: xr.DataArray) -> dict[str, Any] | None:
    """Tell which typical year a member of a sweep is of, as the results of a run do; None if it is of none."""
    value = float(probability.values.ravel()[0])
    return (
        {"index": str(probability.attrs.get("index", "–")), "probability": value}
        if math.isfinite(value)
        else None
    )


def baseline(results: xr.Dataset) -> int:
    """Return the position of the baseline; of the first scenario where none is named."""
    ids = [str(id) for id in results["scenario_id"].values]
    named = str(results.attrs.get("baseline", ""))
    return ids.index(named) if named in ids else 0
