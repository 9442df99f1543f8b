"""The steps of a run."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import numpy as np
from pydantic import StringConstraints, model_validator

from waterbal.errors import Message
from waterbal.model.base import Strict, Year
from waterbal.model.rows import TimeAxis

MonthText = Annotated[str, StringConstraints(pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$")]
"""A month, e.g. ``2001-01``."""
Step = Literal["month", "dekad", "day"]
"""Length of a step; a dekad (旬) begins on days 1, 11 and 21."""
_LENGTH = re.compile(r"(\d+) *(years?|months?|steps?)")


class Time(Strict):
    """Record, step and planning year."""

    start: MonthText
    """First month."""
    end: MonthText
    """Last month."""
    step: Step
    """Length of a step; a dekad (旬) begins on days 1, 11 and 21."""
    planning_year: Year | None = None
    """Year whose works, norms and drivers hold in every step (水平年); each step's own year if not given."""
    warm_up: int | str = 0
    """Part at the start of the record that is run once beforehand: ``2 years``, ``6 months``, ``30 steps``."""

    @model_validator(mode="after")
    def _lengths(self) -> Time:
        if self.start > self.end:
            raise ValueError(
                Message(
                    f"计算止于 {self.end}，早于起始 {self.start}",
                    f"the run ends in {self.end}, before it starts in {self.start}",
                )
            )
        axis = _axis(self)
        warm_up = _warm_up(self.warm_up, axis)
        if warm_up is None:
            raise ValueError(
                Message(
                    f"{self.warm_up!r} 不是预热期的长度；请写 '2 years'、'6 months' 或 '30 steps'",
                    f"{self.warm_up!r} is no length of a warm-up; write '2 years', '6 months' or '30 steps'",
                )
            )
        if warm_up > axis.size:
            raise ValueError(Message("预热期比计算期长", "the warm-up is longer than the run"))
        return self

    def axis(self) -> TimeAxis:
        """Give the steps."""
        axis = _axis(self)
        return TimeAxis(**{**vars(axis), "warm_up": _warm_up(self.warm_up, axis) or 0})


def _axis(time: Time) -> TimeAxis:
    """Build the steps, without the warm-up."""
    first, last = np.datetime64(time.start, "M"), np.datetime64(time.end, "M")
    months = np.arange(first, last + 1)
    if time.step == "month":
        start = months.astype("datetime64[D]")
    elif time.step == "dekad":
        start = (months.astype("datetime64[D]")[:, None] + np.array([0, 10, 20])).ravel()
    else:
        start = np.arange(first.astype("datetime64[D]"), (last + 1).astype("datetime64[D]"))
    end = np.append(start[1:], (last + 1).astype("datetime64[D]"))
    year = start.astype("datetime64[Y]").astype(np.int64) + 1970
    month = start.astype("datetime64[M]").astype(np.int64) % 12 + 1
    planning = year if time.planning_year is None else np.full_like(year, time.planning_year)
    days = (end - start).astype(np.float64)
    return TimeAxis(time.step, start, end, days, year, month, planning)


def _warm_up(length: int | str, axis: TimeAxis) -> int | None:
    """Steps of a length, or None if it cannot be read."""
    if isinstance(length, int):
        return length if length >= 0 else None
    match = _LENGTH.fullmatch(length.strip())
    if match is None:
        return None
    count, unit = int(match.group(1)), match.group(2)
    if unit.startswith("step"):
        return count
    months = count * (12 if unit.startswith("year") else 1)
    limit = axis.start[0].astype("datetime64[M]") + months
    if limit.astype("datetime64[D]") > axis.end[-1]:
        return axis.size + 1
    return int(np.searchsorted(axis.start, limit.astype("datetime64[D]")))
