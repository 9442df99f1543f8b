"""Models that results were made with, rebuilt from what the files store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import WaterbalError
from waterbal.model.rows import TimeAxis
from waterbal.model.values import Number
from waterbal.report.sheets.cases import PLANNING_YEAR, Case

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.model.root import Model

NO_YEAR = 1
"""A year that no value by year is given for: without a planning year only what is the same in all years is known."""
_NOT_DRIVERS = (PLANNING_YEAR, "hydrology")
"""Places of changes that leave the numbers of demands alone."""


KEPT = 16
"""Models that are kept; a set of results seldom has more than a few."""


class Models:
    """Models by the configuration they come from, each built once."""

    def of(self, results: xr.Dataset) -> Model | str:
        """Return the stored model of a result; the reason in words where there is none.

        Parameters
        ----------
        results : Dataset
            Any result of waterbal.
        """
        return _build(str(results.attrs.get("waterbal_config", "")))


@lru_cache(maxsize=KEPT)
def _build(text: str) -> Model | str:
    if not text:
        return "waterbal_config"
    from waterbal.model.load import load_config

    try:
        return load_config(json.loads(text)).model
    except WaterbalError as error:
        return error.issues[0].message if error.issues else str(error)
    except ValueError as error:
        return str(error)


def other_changes(case: Case) -> dict[str, Any]:
    """Return the changes in which a scenario differs from the one whose configuration is stored.

    Returns
    -------
    dict
        Place -> value of this scenario; None where only the stored one changes it. The planning year, which a number
        is evaluated at, and the hydrology are left out.
    """
    stored = case.results.attrs.get("waterbal_config_scenario")
    told: Mapping[str, Any] = json.loads(str(case.results.attrs.get("waterbal_changes", "{}")))
    base = told.get(str(stored), {})
    return {
        path: case.changes.get(path)
        for path in dict.fromkeys([*base, *case.changes])
        if not path.startswith(_NOT_DRIVERS) and base.get(path) != case.changes.get(path)
    }


def touched(number: Number, path: str, changes: Mapping[str, Any]) -> bool:
    """Tell whether changes alter a number.

    Parameters
    ----------
    number : Number
        Of the stored model.
    path : str
        Its place in the model.
    changes : mapping
        As ``other_changes`` gives them.
    """
    parameters = {one.parameter.split(".{")[0] for one in (number, *number.factors) if one.parameter}
    for changed in changes:
        if path == changed or path.startswith(f"{changed}.") or changed.startswith(f"{path}."):
            return True
        key = changed.removeprefix("parameters.")
        if key != changed and any(key == one or key.startswith(f"{one}.") for one in parameters):
            return True
    return False


def at_horizon(number: Number, year: int) -> float:
    """Evaluate a number that does not change within a planning year.

    Parameters
    ----------
    number : Number
        Constant or by year.
    year : int
        Planning year.

    Raises
    ------
    ValueError
        If it has no value in that year, or changes by month or with a series.
    """
    if number.series or number.by_month:
        raise ValueError("the number changes within the year")
    one = np.zeros(1, dtype=np.int64)
    start = np.array([f"{year:04d}-01-01"], dtype="datetime64[D]")
    axis = TimeAxis("month", start, start, np.ones(1), one, one + 1, one + year)
    return float(number.at(axis)[0])
