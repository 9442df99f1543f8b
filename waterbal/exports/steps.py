"""Series in other steps and units: volumes as rates, and days where a reader needs equal steps.

A volume becomes the mean rate of its step, held over its days, so that totals stay what they were. Stocks of water
run straight from the end of a step to the end of the next, as they do under such rates. Everything else is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.exports.choice import Group
from waterbal.exports.dates import bounds

if TYPE_CHECKING:
    import xarray as xr

VOLUME = "1e4 m3"
RATE = "m3 s-1"
CUBIC_METRES = 1e4
"""Cubic metres in the unit of volumes."""
DAY = 86400.0
"""Seconds."""
SUM = "time: sum"
MEAN = "time: mean"
STOCKS = ("storage_volume", "groundwater_storage", "groundwater_depth", "water_area")
"""States that move with the flows of the step; others jump, at the start of a quota year say."""
INTERPOLATED = "time: point (at the end of the day, interpolated between the ends of steps)"


def is_volume(variable: xr.DataArray) -> bool:
    """Tell volumes of a step, which can become rates."""
    return variable.attrs.get("cell_methods") == SUM and variable.attrs.get("units") == VOLUME


def as_rates(group: Group) -> Group:
    """Turn volumes of steps into mean rates [m3/s].

    Parameters
    ----------
    group : Group
        Series.
    """
    if group.axis != "time":
        return group
    start, end = bounds(group.data)
    seconds = (end - start).astype(np.float64) * DAY
    changed = {}
    for name in group.variables:
        variable = group.data[name]
        if is_volume(variable):
            attributes = {**variable.attrs, "units": RATE, "cell_methods": MEAN}
            changed[name] = (variable.dims, variable.values * CUBIC_METRES / seconds, attributes)
    return Group(group.leading, group.elements, group.axis, group.data.assign(changed))


def as_days(group: Group) -> Group:
    """Spread series over days; volumes must be rates by now.

    Parameters
    ----------
    group : Group
        Series, steps following each other.

    Returns
    -------
    Group
        Stocks of the first step are missing before its end, because the state it began with is not in the result.
    """
    import xarray as xr

    if group.axis != "time":
        return group
    start, end = bounds(group.data)
    lengths = (end - start).astype(np.int64)
    step = np.repeat(np.arange(lengths.size), lengths)
    days = np.arange(start[0], end[-1]).astype("datetime64[ns]")
    if days.size != step.size:
        raise ValueError("steps do not follow each other")
    done = (np.arange(step.size) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1) / lengths[step]
    variables: dict[str, Any] = {}
    for name in group.variables:
        variable = group.data[name]
        values, methods = _spread(name, variable, step, done, lengths)
        attributes = {**variable.attrs, **({"cell_methods": methods} if methods else {})}
        variables[name] = (variable.dims, values, attributes)
    edges = np.stack([days, days + np.timedelta64(1, "D")], axis=1)
    variables["time_bnds"] = (("time", "bnds"), edges)
    kept = {name: c.variable for name, c in group.data.coords.items() if "time" not in c.dims}
    coordinates = {**kept, "time": ("time", days, dict(group.data["time"].attrs))}
    data = xr.Dataset(variables, coordinates, group.data.attrs)
    return Group(group.leading, group.elements, group.axis, data)


def _spread(
    name: str, variable: xr.DataArray, step: np.ndarray, done: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, str]:
    """Give the values of every day and what they are.

    Parameters
    ----------
    name, variable
        Series, time last.
    step : ndarray (day)
        Position of the step of each day.
    done : ndarray (day) [-]
        Share of its step that is over at the end of each day.
    lengths : ndarray (time) [d]
        Length of each step.
    """
    values = variable.values
    methods = str(variable.attrs.get("cell_methods", ""))
    if name in STOCKS:
        before = np.concatenate([np.full((*values.shape[:-1], 1), np.nan), values[..., :-1]], axis=-1)
        ends = values[..., step]
        with np.errstate(invalid="ignore"):
            between = before[..., step] + (ends - before[..., step]) * done
        return np.where(done == 1.0, ends, between), INTERPOLATED
    if methods == SUM:
        return values[..., step] / lengths[step], "time: sum (of the step, spread evenly over its days)"
    if methods == MEAN:
        return values[..., step], "time: mean (of the step, held over its days)"
    if methods.endswith(")"):
        return values[..., step], methods[:-1] + ", held over its days)"
    return values[..., step], f"{methods} (of the step, held over its days)" if methods else ""
