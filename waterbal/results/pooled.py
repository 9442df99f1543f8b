"""Guarantee rates of an ensemble: the years of all records counted together, as capacities count them.

With m good years of the n years with need of each record, P = (sum of m) / (sum of n + 1), which of one record is
m / (n + 1). A mean of the rates of records would fall with their length, however well users are supplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waterbal.model.rows import Floats, Ints
from waterbal.results import metrics
from waterbal.results.accessor_text import ended

if TYPE_CHECKING:
    import xarray as xr

KEPT = ("reliability_annual", "years_with_need")
"""What a file has of each record."""


@dataclass(frozen=True)
class Rates:
    """Annual guarantee rates of some elements in some scenarios, over the records that ended well."""

    pooled: Floats
    """ndarray (scenario, element) [-]; nan without need."""
    lowest: Floats
    """ndarray (scenario, element) [-], that of the record with the lowest; nan without need."""
    years: Ints
    """ndarray (scenario, element), years with need of all records."""


def names(group: str) -> tuple[str, str]:
    """Name the two variables of a group: ``demand``, ``sector``, ``zone`` or ``district``."""
    first, second = (name if group == "demand" else f"{group}_{name}" for name in KEPT)
    return first, second


def annual(results: xr.Dataset, group: str) -> Rates:
    """Count the years of all records together.

    Parameters
    ----------
    results : Dataset
        A run or a sweep, with its scenarios and realizations.
    group : str
        ``demand``, ``sector``, ``zone`` or ``district``, which is one element.
    """
    rates, years = (_by_element(results[name].values) for name in names(group))
    good = ended(results)[:, :, None] & np.isfinite(rates)
    count: Ints = np.where(good, np.nan_to_num(years), 0.0).astype(np.int64)
    met: Ints = np.rint(np.where(good, rates, 0.0) * (count + 1)).astype(np.int64)
    lowest = np.where(good, rates, np.inf).min(axis=1, initial=np.inf)
    return Rates(
        metrics.plotting_position(met.sum(axis=1), count.sum(axis=1)),
        np.where(np.isfinite(lowest), lowest, np.nan),
        count.sum(axis=1),
    )


def state(results: xr.Dataset, rates: Rates) -> Ints:
    """Judge the guarantees that demands have by the years of all records, ndarray (scenario, demand).

    Parameters
    ----------
    results : Dataset
        A run or a sweep.
    rates : Rates
        Of its demands.

    Returns
    -------
    ndarray (scenario, demand)
        As ``metrics.guarantee_state`` has it.
    """
    return metrics.guarantee_state(rates.pooled, required(results), rates.years)


def required(results: xr.Dataset) -> Floats:
    """Return the guarantees asked for, ndarray (scenario, demand) [-], 0 if none."""
    found = np.asarray(results["guarantee_required"].values, dtype=np.float64)
    return np.broadcast_to(found, (results.sizes["scenario"], found.shape[-1]))


def _by_element(values: Floats) -> Floats:
    """Give an array (scenario, realization, element), also of what is one element."""
    return values[:, :, None] if values.ndim == 2 else values
