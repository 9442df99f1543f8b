"""Scenarios of all results, each with its sums by year: what most tables are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from waterbal.report.material import Material
from waterbal.report.scenarios import PROBABILITY
from waterbal.report.sheets.words import term
from waterbal.results import accessor_text
from waterbal.results.metrics import complete_years, yearly
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

POSITION = "scenario_axis"
"""Attribute of the coordinate of an axis of scenarios: its place among the axes."""
PLANNING_YEAR = "time.planning_year"
"""Place of the planning year in a configuration, and in the changes of a scenario."""


@dataclass(frozen=True)
class Typical:
    """A year that is repeated through a record: it stands for a probability, its copies for none."""

    probability: float
    """[-] of exceedance"""
    year: int | None
    """Year of the record that it is; None where that is not told."""

    @property
    def name(self) -> Term:
        """Return the probability as text."""
        return term("typical_p", p=f"{100 * self.probability:g}")


@dataclass(frozen=True)
class Case:
    """One scenario of a result."""

    results: xr.Dataset
    """One run, or a sweep."""
    scenario: int
    """Position among its scenarios."""
    id: str
    name: Term
    horizon: int | None
    """Planning year; None where every year of the record has its own."""
    baseline: bool
    """Whether tables tell of it in full."""
    typical: Typical | None = None
    """The typical year that it is; None where its years are a series."""
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was computed once."""

    @cached_property
    def _members(self) -> Ints:
        """Positions of the realizations that ended well."""
        return np.flatnonzero(accessor_text.ended(self.results)[self.scenario])

    @property
    def realizations(self) -> int:
        """Number of realizations that ended well."""
        return int(self._members.size)

    @cached_property
    def _years(self) -> Ints:
        """Complete calendar years of the record."""
        if "year" in self.results.dims:
            return np.asarray(self.results["year"].values, dtype=np.int64)
        if "time" not in self.results.dims:
            return np.zeros(0, dtype=np.int64)
        return complete_years(*self._steps)

    @cached_property
    def _steps(self) -> tuple[Ints, Ints]:
        """Year and month of every step."""
        start = self.results["time"].values
        year = start.astype("datetime64[Y]").astype(np.int64) + 1970
        return year, start.astype("datetime64[M]").astype(np.int64) % 12 + 1

    @property
    def count(self) -> int:
        """Number of complete years of all realizations that ended well."""
        return int(self._years.size * self._members.size)

    @cached_property
    def realization(self) -> Ints:
        """Number of the realization of every year; ndarray (year of a realization)."""
        numbers = np.asarray(self.results["realization"].values, dtype=np.int64)[self._members]
        return np.repeat(numbers, self._years.size)

    @cached_property
    def year(self) -> Ints:
        """Calendar year of the hydrology; ndarray (year of a realization)."""
        return np.tile(self._years, self._members.size)

    def has(self, name: str) -> bool:
        """Tell whether a volume is known year by year."""
        return f"yearly_{name}" in self.results or (
            name in self.results and "time" in self.results[name].dims
        )

    def by_year(self, name: str) -> Floats:
        """Return a volume by year, ndarray (year of a realization, element ...) [1e4 m3].

        Parameters
        ----------
        name : str
            Variable of a run whose steps add up.
        """
        if name not in self.kept:
            if f"yearly_{name}" in self.results:
                values = self.results[f"yearly_{name}"].isel(scenario=self.scenario).values
            else:
                series = self.results[name].isel(scenario=self.scenario).values
                values = yearly(series, self._steps[0], self._years)
            values = np.moveaxis(values[self._members], -1, 1)
            self.kept[name] = np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))
        return np.asarray(self.kept[name])

    def at_end(self, name: str) -> Floats:
        """Return a state at the end of each year, ndarray (year of a realization, element)."""
        if f"yearly_{name}" in self.results:
            values = self.results[f"yearly_{name}"].isel(scenario=self.scenario).values
        else:
            last = np.searchsorted(self._steps[0], self._years, side="right") - 1
            values = self.results[name].isel(scenario=self.scenario).values[..., last]
        values = np.moveaxis(values[self._members], -1, 1)
        return np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))

    def mean(self, name: str) -> Floats:
        """Return the mean of a year, ndarray (element) [1e4 m3/yr]."""
        if self.has(name) and self.count:
            return np.asarray(self.by_year(name).mean(axis=0))
        short = name.removeprefix("water_")
        values = self.results[f"mean_annual_{short}"].isel(scenario=self.scenario).values
        return np.asarray(values[self._members].mean(axis=0))

    def ids(self, dimension: str) -> list[str]:
        """Return the ids along a dimension; none if there is no such dimension."""
        if f"{dimension}_id" not in self.results:
            return []
        return [str(one) for one in self.results[f"{dimension}_id"].values.tolist()]

    def names(self, dimension: str) -> list[Term]:
        """Return the names along a dimension."""
        if f"{dimension}_name_zh" not in self.results:
            return [Term(one, one) for one in self.ids(dimension)]
        zh, en = (self.results[f"{dimension}_name_{language}"].values.tolist() for language in ("zh", "en"))
        return [Term(str(a), str(b)) for a, b in zip(zh, en, strict=True)]

    @cached_property
    def reset_months(self) -> list[int]:
        """Months in which the years of the quotas begin."""
        months = self.results["quota_reset_month"]
        own = months.isel(scenario=self.scenario) if "scenario" in months.dims else months
        return [int(month) for month in np.atleast_1d(own.values)]

    def of_demands(self, what: str) -> list[str]:
        """Return the ``zone`` or ``sector`` of every demand."""
        return [str(one) for one in self.results[f"demand_{what}"].values.tolist()]

    @cached_property
    def config(self) -> dict[str, Any]:
        """Stored configuration; of one scenario of a sweep, see ``changes``."""
        found: dict[str, Any] = json.loads(str(self.results.attrs.get("waterbal_config", "{}")))
        return found

    @cached_property
    def changes(self) -> dict[str, Any]:
        """Changes of this scenario to the model of the sweep; empty for a run."""
        told = json.loads(str(self.results.attrs.get("waterbal_changes", "{}")))
        return dict(told.get(self.ids("scenario")[self.scenario], {}))


def cases(material: Material) -> list[Case]:
    """List all scenarios of sweeps and runs.

    Parameters
    ----------
    material : Material
        Opened results.

    Returns
    -------
    list of Case
        By planning year. A scenario that several results have is taken from the one that has most of it.
    """
    found: dict[tuple[str, str], Case] = {}
    for results in (*material.sweeps, *material.runs):
        for case in _of(results):
            title = str(results.attrs.get("title", ""))
            key = (title, case.id) if len(case.ids("scenario")) > 1 else (title, _fingerprint(results, case))
            if key not in found or case.count > found[key].count:
                found[key] = case
    listed = sorted(found.values(), key=lambda case: case.horizon or 0)
    for case in listed:
        if case.typical is not None:
            case.kept["result"] = case.typical.name
    _tell_apart([case for case in listed if case.baseline])
    return listed


def _tell_apart(told: Sequence[Case]) -> None:
    """Note by which name cases are told apart where several results tell of one planning year."""
    for case in told:
        others = [other for other in told if other.horizon == case.horizon and _title(other) != _title(case)]
        if others:
            titles = _title(case)
            case.kept["result"] = titles if case.typical is None else joined(titles, case.typical.name)


def _title(case: Case) -> Term:
    return Term(*(str(case.results.attrs.get(key, case.id)) for key in ("title_zh", "title")))


def _fingerprint(results: xr.Dataset, case: Case) -> str:
    return f"{case.id} {results.attrs.get('waterbal_config_sha256', '')}"


def _of(results: xr.Dataset) -> list[Case]:
    """List the scenarios of one result, each typical year of one as a case of its own."""
    ids = [str(one) for one in results["scenario_id"].values.tolist()]
    changes = json.loads(str(results.attrs.get("waterbal_changes", "{}")))
    if "scenario_name_zh" in results:
        zh, en = (results[f"scenario_name_{language}"].values.tolist() for language in ("zh", "en"))
        names = [Term(str(a), str(b)) for a, b in zip(zh, en, strict=True)]
    else:
        attrs = results.attrs
        names = [Term(str(attrs.get("title_zh", one)), str(attrs.get("title", one))) for one in ids]
    told = set(baselines(results, ids))
    return [
        Case(
            own,
            number,
            id,
            name,
            _horizon(results, changes.get(one, {}), number),
            whole and number in told,
            typical,
        )
        for number, one in enumerate(ids)
        for own, id, name, typical, whole in _apart(results, number, one, names[number])
    ]


def _apart(
    results: xr.Dataset, scenario: int, id: str, name: Term
) -> Iterator[tuple[xr.Dataset, str, Term, Typical | None, bool]]:
    """Take the typical years of a scenario apart: a mean of them is of nothing, nor are they a sample.

    The last is whether one can be told in full, which a typical year that did not end well cannot.
    """
    found = _typical_years(results, scenario)
    good = accessor_text.ended(results)[scenario]
    if not found:
        yield results, id, name, None, True
    for place, typical in enumerate(found):
        own = results.isel(realization=[place])
        yield own, f"{id} {typical.probability:g}", joined(name, typical.name), typical, bool(good[place])


def joined(first: Term, second: Term) -> Term:
    """Put two names after each other."""
    return Term(f"{first.zh}，{second.zh}", f"{first.en}, {second.en}")


def _typical_years(results: xr.Dataset, scenario: int) -> list[Typical]:
    """List the typical years that the realizations of a scenario are; none where they are anything else."""
    of_run = json.loads(str(results.attrs.get("waterbal_typical_year", "null")))
    if of_run:
        return [Typical(float(of_run["probability"]), None)]
    if PROBABILITY not in results.coords:
        return []
    probability, year = (
        (found.isel(scenario=scenario) if "scenario" in found.dims else found).values
        for found in (results[PROBABILITY], results["hydrology_year"])
    )
    if not np.isfinite(probability).all():
        return []
    return [Typical(float(p), int(y)) for p, y in zip(probability, year, strict=True)]


def _horizon(results: xr.Dataset, changes: dict[str, Any], scenario: int) -> int | None:
    """Find the planning year of a scenario."""
    if PLANNING_YEAR in changes:
        year = changes[PLANNING_YEAR]
        return int(year) if isinstance(year, int | float) else None
    if "planning_year" in results and "time" in results["planning_year"].dims:
        years = np.unique(results["planning_year"].values)
        return int(years[0]) if years.size == 1 else None
    if "horizon" in results and results["horizon"].dims == ("scenario",):
        one = str(results["horizon"].values[scenario])
        return int(one) if one.isdigit() else None
    config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
    year = config.get("time", {}).get("planning_year")
    return int(year) if isinstance(year, int) else None


def baselines(results: xr.Dataset, ids: Sequence[str]) -> list[int]:
    """Find the scenarios that differ from the baseline in the planning year only.

    Parameters
    ----------
    results : Dataset
        A sweep.
    ids : sequence of str
        Its scenarios.

    Returns
    -------
    list of int
        Positions; the first scenario where no baseline is among them.
    """
    baseline = str(results.attrs.get("baseline", ""))
    if baseline not in ids:
        return [0]
    changes = json.loads(str(results.attrs.get("waterbal_changes", "{}")))
    years = _horizon_axis(results, changes, ids)
    axes = [np.asarray(c.values) for name, c in scenario_axes(results).items() if name != years]
    place = list(ids).index(baseline)
    same = np.ones(len(ids), dtype=bool)
    for values in axes:
        same &= values == values[place]
    return [int(one) for one in np.flatnonzero(same)]


def scenario_axes(results: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the coordinates that are axes of the scenarios, in their order."""
    found = [
        (int(c.attrs[POSITION]), str(name), c)
        for name, c in results.coords.items()
        if POSITION in c.attrs and c.dims == ("scenario",)
    ]
    return {name: c for _, name, c in sorted(found, key=lambda entry: entry[:2])}


def _horizon_axis(results: xr.Dataset, changes: dict[str, Any], ids: Sequence[str]) -> str:
    """Name the axis whose values decide the planning year; empty if there is none."""
    years = [changes.get(one, {}).get(PLANNING_YEAR) for one in ids]
    for name, coordinate in scenario_axes(results).items():
        pairs = set(zip(coordinate.values.tolist(), map(str, years), strict=True))
        values = {value for value, _ in pairs}
        if len(values) == len(pairs) == len({year for _, year in pairs}) > 1:
            return name
    return "horizon" if "horizon" in results.coords else ""
