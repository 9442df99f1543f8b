"""Tables T1 to T11 that water planners file, as data."""

from __future__ import annotations

from waterbal.report.material import Material
from waterbal.report.sheets import demand_forecast, supply_demand
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
    return [supply_demand.sheet(told), demand_forecast.sheet(told, models)]
