"""Dates that cut series: whole steps between two days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from waterbal.errors import Issue, Message, UsageError
from waterbal.exports.choice import Group

if TYPE_CHECKING:
    import xarray as xr


def parse(text: str, option: str, *, last: bool = False) -> np.datetime64 | None:
    """Read a date.

    Parameters
    ----------
    text : str
        ``2001-05-21``, ``2001-05`` or ``2001``; empty for none.
    option : str
        Where it comes from, for messages.
    last : bool
        Whether the day after it is wanted, so that it is itself inside.

    Raises
    ------
    UsageError
        If it is no date.
    """
    if not text:
        return None
    try:
        date = np.datetime64(text)
    except ValueError:
        date = np.datetime64("NaT")
    if np.isnat(date) or np.datetime_data(date.dtype)[0] not in ("Y", "M", "D"):
        raise UsageError(
            Issue(
                Message(f"{text!r} 不是日期", f"{text!r} is no date"),
                option,
                expected=Message("日期，例如 2001-05-21 或 2001-05", "a date such as 2001-05-21 or 2001-05"),
            )
        )
    return (date + 1 if last else date).astype("datetime64[D]")


def bounds(data: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Give the first day of every step and the first day after it."""
    edges = data["time_bnds"].values.astype("datetime64[D]")
    return edges[:, 0], edges[:, 1]


def between(group: Group, first: np.datetime64 | None, last: np.datetime64 | None) -> Group:
    """Keep the steps, or years, that lie between two days.

    Parameters
    ----------
    group : Group
        Variables.
    first : datetime64, optional
        First day.
    last : datetime64, optional
        Day after the last.

    Raises
    ------
    UsageError
        If none is left.
    """
    if group.axis == "":
        return group
    if group.axis == "time":
        start, end = bounds(group.data)
    else:
        years = group.data["year"].values - 1970
        start = years.astype("datetime64[Y]").astype("datetime64[D]")
        end = (years + 1).astype("datetime64[Y]").astype("datetime64[D]")
    inside = np.ones(start.size, dtype=bool)
    if first is not None:
        inside &= start >= first
    if last is not None:
        inside &= end <= last
    if not inside.any():
        told = Message("没有一个时段完全在这两个日期之间", "no step lies wholly between these dates")
        expected = Message(
            f"{start[0]} 与 {end[-1] - 1} 之间的日期，取其中的完整时段",
            f"dates between {start[0]} and {end[-1] - 1}, whole steps of them",
        )
        raise UsageError(Issue(told, "--from" if first is not None else "--to", expected=expected))
    return Group(group.leading, group.elements, group.axis, group.data.isel({group.axis: inside}))


def around(group: Group, first: np.datetime64 | None, last: np.datetime64 | None) -> Group:
    """Keep the steps that touch the time between two days, and the one before them, where stocks come from.

    Parameters
    ----------
    group, first, last
        As for ``between``.
    """
    if group.axis != "time":
        return group
    start, end = bounds(group.data)
    touched = np.ones(start.size, dtype=bool)
    if first is not None:
        touched &= end > first
    if last is not None:
        touched &= start < last
    positions = np.flatnonzero(touched)
    if not positions.size:
        return group
    cut = slice(max(int(positions[0]) - 1, 0), int(positions[-1]) + 1)
    return Group(group.leading, group.elements, group.axis, group.data.isel(time=cut))
