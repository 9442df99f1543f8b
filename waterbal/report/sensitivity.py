"""Which uncertain numbers the answer depends on: rank correlations over the samples of a sweep."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

Line = dict[str, Any]
SAMPLED = "sampled_distribution"
"""Attribute of the coordinate of a sampled number."""


def sensitivity(results: xr.Dataset, sectors: list[str]) -> list[Line]:
    """Correlate what comes out with every sampled number.

    Parameters
    ----------
    results : Dataset
        As ``waterbal sweep`` writes it.
    sectors : list of str
        Sectors whose guarantee rate is looked at.

    Returns
    -------
    list of dict
        A line for each sampled number, the most influential first: ``short`` is Spearman's rank correlation with the
        share of the need that is short, ``sectors`` those with guarantee rates [-]. They are taken within each
        combination of the other axes and averaged, so that these do not disturb; None where nothing varies.
    """
    factors = [str(name) for name, c in results.coords.items() if SAMPLED in c.attrs]
    if not factors or "sample" not in results.coords:
        return []
    outcomes = _outcomes(results, sectors)
    groups = _groups(results)
    lines = []
    for name in factors:
        values = results[name].values.astype(np.float64)
        told = {
            key: _mean([_rank(values[g], outcome[g]) for g in groups]) for key, outcome in outcomes.items()
        }
        attributes = results[name].attrs
        lines.append(
            {
                "id": name,
                "zh": attributes.get("long_name_zh", name),
                "en": attributes.get("long_name", name),
                "short": told["short"],
                "sectors": {kind: told[kind] for kind in sectors},
            }
        )
    return sorted(lines, key=lambda line: -abs(line["short"] or 0.0))


def chance(results: xr.Dataset) -> float:
    """Size of a rank correlation that chance alone exceeds in one of twenty factors [-]."""
    count = min((len(group) for group in _groups(results)), default=0)
    return 1.96 / math.sqrt(count - 1) if count > 1 else 1.0


def _outcomes(results: xr.Dataset, sectors: list[str]) -> dict[str, Any]:
    """Give ndarrays (scenario): means over the realizations that went well."""
    good = results["member_status"].values == 0
    need = np.where(good, results["mean_annual_demand"].values.sum(axis=-1), np.nan)
    supply = np.where(good, results["mean_annual_supply"].values.sum(axis=-1), np.nan)
    known = good.any(axis=1)
    short = np.full(len(good), np.nan)
    short[known] = 1.0 - np.nansum(supply[known], axis=1) / np.nansum(need[known], axis=1)
    outcomes = {"short": short}
    kinds = results["sector_id"].values.tolist()
    for kind in sectors:
        rates = results["sector_reliability_annual"].values[:, :, kinds.index(kind)]
        usable = good & ~np.isnan(rates)
        count = usable.sum(axis=1)
        total = np.where(usable, rates, 0.0).sum(axis=1)
        outcomes[kind] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return outcomes


def _groups(results: xr.Dataset) -> list[Any]:
    """Give the scenarios with a sample of their own, grouped by the values of all other axes."""
    from waterbal.results.accessor import POSITION

    others = [
        results[name].values.astype(str).tolist()
        for name, c in results.coords.items()
        if POSITION in c.attrs and name != "sample"
    ]
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, sample in enumerate(results["sample"].values.tolist()):
        if sample > 0:
            groups.setdefault(tuple(values[number] for values in others), []).append(number)
    return [np.array(group) for group in groups.values()]


def _rank(values: Any, outcome: Any) -> float | None:
    """Spearman's rank correlation; None where one of the two does not vary."""
    from scipy.stats import rankdata

    known = ~np.isnan(values) & ~np.isnan(outcome)
    if known.sum() < 3:
        return None
    one, other = rankdata(values[known]), rankdata(outcome[known])
    if one.std() == 0.0 or other.std() == 0.0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
