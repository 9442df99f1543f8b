"""What a batch keeps of each realization: metrics and means, sums by year as well, or every series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from waterbal.model.rows import Floats, Rows
from waterbal.results import metrics
from waterbal.results.dataset import array
from waterbal.results.facts import Facts
from waterbal.results.means import MEANS, Record
from waterbal.results.performance import STANDARD, Conventions, Performance
from waterbal.results.terms import STATUS
from waterbal.results.variables import END, FIXED, PERFORMANCE, QUOTA_YEAR, REGISTRY, SUM, Variable

Keep = Literal["metrics", "yearly", "full"]
"""How much is kept."""

AT_ONCE = 4
"""Realizations whose metrics are computed together."""

YEAR = "year"
"""Dimension of sums by year."""

STATUS_VARIABLE = Variable(
    "member_status", (), "1", "how the simulation of a realization ended", "样本模拟状态", "",
    flags={value: meaning for value, meaning in STATUS.items() if value >= 0},
)  # fmt: skip

_BY_YEAR = {SUM: "sum", END: "end", QUOTA_YEAR: "end", "time: maximum": "maximum"}


@dataclass(frozen=True)
class Outcome:
    """What the simulation of some realizations of one scenario left."""

    rows: Rows
    need: Floats
    """ndarray (realization, time, demand) [1e4 m3]"""
    supply: Floats
    """ndarray (realization, time, demand) [1e4 m3]"""
    sums: Any
    """Sums over the record by name."""
    status: Any
    """ndarray (realization), 0 where every step was good."""
    facts: Facts | None = None
    """Everything, where series are kept."""
    conventions: Conventions = STANDARD
    """How metrics are counted."""


def variables(keep: Keep, sizes: Mapping[str, int]) -> tuple[Variable, ...]:
    """List the variables that are kept of each realization.

    Parameters
    ----------
    keep : str
        ``metrics``, ``yearly`` or ``full``.
    sizes : mapping
        Number of elements by dimension; variables of dimensions without elements are left out.
    """
    kept = [STATUS_VARIABLE, *PERFORMANCE, *MEANS]
    if keep == "yearly":
        kept += [_by_year(variable) for variable in REGISTRY.values() if _has_years(variable)]
    if keep == "full":
        kept += [variable for variable in REGISTRY.values() if "time" in variable.dims]
    return tuple(variable for variable in kept if all(sizes.get(name, 0) for name in variable.dims))


def fixed_variables(sizes: Mapping[str, int]) -> tuple[Variable, ...]:
    """List the variables that are the same in all realizations of a scenario."""
    return tuple(variable for variable in FIXED if all(sizes.get(name, 0) for name in variable.dims))


def compute(keep: Keep, outcome: Outcome) -> dict[str, np.ndarray]:
    """Compute what is kept, ndarray (realization, ...) by name; nothing is told of a realization that failed.

    Parameters
    ----------
    keep : str
        ``metrics``, ``yearly`` or ``full``.
    outcome : Outcome
        Of the realizations of one scenario.
    """
    record = Record(outcome.rows, outcome.sums)
    told = {STATUS_VARIABLE.name: outcome.status.astype(np.int8)}
    told |= _judge(outcome)
    told |= {v.name: _typed(v, v.fill(record)) for v in MEANS}  # type: ignore[operator]
    if keep != "metrics":
        assert outcome.facts is not None
        series = {
            v.name: array(v, outcome.facts)
            for v in REGISTRY.values()
            if (_has_years(v) if keep == "yearly" else "time" in v.dims)
        }
        told |= _reduced(series, outcome.rows) if keep == "yearly" else series
    failed = outcome.status != 0
    if failed.any():
        for name, values in told.items():
            if values.dtype.kind == "f" and (keep != "full" or "time" not in REGISTRY[name].dims):
                values[failed] = np.nan
            elif name == "guarantee_state":
                values[failed] = 0
    return told


def _judge(outcome: Outcome) -> dict[str, np.ndarray]:
    """Compute the metrics, a few realizations at a time so that the work stays in the cache."""
    parts = []
    for first in range(0, len(outcome.need), AT_ONCE):
        few = slice(first, first + AT_ONCE)
        judged = _Judged(
            Performance(outcome.rows, outcome.need[few], outcome.supply[few], outcome.conventions)
        )
        parts.append([_typed(v, v.fill(judged)) for v in PERFORMANCE])  # type: ignore[operator]
    return {
        v.name: np.concatenate(found) for v, found in zip(PERFORMANCE, zip(*parts, strict=True), strict=True)
    }


@dataclass(frozen=True)
class _Judged:
    """Stands for the facts where only the performance is known."""

    performance: Performance


def _typed(variable: Variable, values: Any) -> np.ndarray:
    return np.asarray(values).astype(np.int8 if variable.flags else np.float64)


def years_of(rows: Rows) -> tuple[Any, Any]:
    """Return the year of each step and the complete calendar years of the record."""
    return rows.axis.year, metrics.complete_years(rows.axis.year, rows.axis.month)


def _has_years(variable: Variable) -> bool:
    """Tell whether a variable has a meaning by year."""
    return "time" in variable.dims and variable.cell_methods in _BY_YEAR and not variable.flags


def _by_year(variable: Variable) -> Variable:
    """Describe a variable reduced to years."""
    dims = tuple(YEAR if name == "time" else name for name in variable.dims)
    method = {"sum": "sum", "end": "point (at the end of the year)", "maximum": "maximum"}
    return Variable(
        f"yearly_{variable.name}", dims, variable.units, f"{variable.en}, by year", f"{variable.zh}（逐年）", "",
        f"{YEAR}: {method[_BY_YEAR[variable.cell_methods]]}", attributes=variable.attributes,
    )  # fmt: skip


def _reduced(series: Mapping[str, np.ndarray], rows: Rows) -> dict[str, np.ndarray]:
    """Reduce series (realization, ..., time) to complete years."""
    year, years = years_of(rows)
    told = {}
    for name, values in series.items():
        how = _BY_YEAR[REGISTRY[name].cell_methods]
        if how == "sum":
            reduced = metrics.yearly(values, year, years)
        else:
            last = np.searchsorted(year, years, side="right") - 1
            first = np.searchsorted(year, years)
            reduced = values[..., last]
            if how == "maximum" and years.size:
                reduced = np.stack(
                    [values[..., a : b + 1].max(axis=-1) for a, b in zip(first, last, strict=True)], axis=-1
                )
        told[f"yearly_{name}"] = np.ascontiguousarray(reduced)
    return told
