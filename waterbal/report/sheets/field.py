"""Net demand: without network leakage, and of irrigation at the field (灌溉净需水), canal losses taken off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from waterbal.model.elements.demands.irrigation import Irrigation
from waterbal.model.values import Number
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.models import Models, at_horizon, other_changes, touched

Floats = npt.NDArray[np.float64]

IRRIGATION = "irrigation"
"""Sector whose net demand the results have at the canal head."""
NET = "water_demand_net"
"""Volume of the results without network leakage."""


def net(case: Case) -> Floats | None:
    """Return the net demand of every year, that of irrigation times its efficiency (灌溉水有效利用系数).

    Parameters
    ----------
    case : Case
        Scenario.

    Returns
    -------
    ndarray (year of a realization, demand) [1e4 m3]
        nan for irrigation whose efficiency is not known: a need that is given directly, a scenario that changes it,
        a model that cannot be read. None where the results have no net demand by year.
    """
    if not case.count or not case.has(NET):
        return None
    if "field" not in case.kept:
        values = case.by_year(NET).copy()
        model = Models().of(case.results)
        changes = other_changes(case)
        demands: Mapping[str, Any] = {} if isinstance(model, str) else model.demands
        for number, (one, sector) in enumerate(
            zip(case.ids("demand"), case.of_demands("sector"), strict=True)
        ):
            if sector == IRRIGATION:
                values[:, number] *= _efficiency(case, one, demands.get(one), changes)
        case.kept["field"] = values
    return np.asarray(case.kept["field"])


def _efficiency(case: Case, id: str, demand: Any, changes: Mapping[str, Any]) -> Floats:
    """Return field x canal efficiency of every year, ndarray (year of a realization) [-]; nan where not known."""
    unknown = np.full(case.count, np.nan)
    if not isinstance(demand, Irrigation) or demand.area is None:
        return unknown
    fields = ("efficiency",) if demand.efficiency is not None else ("field_efficiency", "canal_efficiency")
    whole = np.ones(case.count)
    for field in fields:
        number: Number | None = getattr(demand, field)
        if number is None or touched(number, f"demands.{id}.{field}", changes):
            return unknown
        years = case.year if case.horizon is None else np.full(case.count, case.horizon)
        try:
            known = {int(year): at_horizon(number, int(year)) for year in np.unique(years)}
        except ValueError:
            return unknown
        whole = whole * np.array([known[int(year)] for year in years])
    return whole
