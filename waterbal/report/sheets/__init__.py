"""Tables T1 to T11 that water planners file, as data."""

from __future__ import annotations

from waterbal.report.material import Material
from waterbal.report.sheets import (
    admissions,
    allocation,
    available,
    demand_forecast,
    four_limits,
    load,
    long_series,
    measures,
    overview,
    provenance,
    sensitivity,
    supply_demand,
    three_balances,
)
from waterbal.report.sheets.cases import cases
from waterbal.report.sheets.models import Models
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet

__all__ = ["Cell", "Column", "Row", "Sheet", "sheets"]


def sheets(material: Material) -> list[Sheet]:
    """Make the tables that results have the numbers for.

    Parameters
    ----------
    material : Material
        Opened results.

    Returns
    -------
    list of Sheet
        In order of their numbers. A table without content has notes that name the command that gives it.
    """
    told, models = cases(material), Models()
    compact = overview.sheet(told, material.sweeps)
    uncertain = sensitivity.sheet(material.capacities)
    return [
        supply_demand.sheet(told),
        *([compact] if compact is not None else []),
        *three_balances.sheets(material.capacities),
        demand_forecast.sheet(told, models),
        available.sheet(told),
        allocation.sheet(told),
        *long_series.sheets(told),
        load.sheet(material.capacities, told, models),
        four_limits.sheet(material.capacities),
        *([uncertain] if uncertain is not None else []),
        measures.sheet(material.capacities),
        *admissions.sheets(material.admissions),
        provenance.sheet((*material.sweeps, *material.runs, *material.capacities), models),
    ]
