"""Filling gaps of a series by a named method, and telling what was filled."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from waterbal.errors import Message
from waterbal.hydrology.periods import first_day, name, number
from waterbal.model.rows import Floats, Ints
from waterbal.model.series_spec import GapFill

WINDOW = 7
"""Days before and after the day of the year whose values stand for it."""
METHODS = {
    "interpolate": Message("线性内插", "interpolate"),
    "month_mean": Message("历年同期均值", "month_mean"),
    "month_median": Message("历年同期中值", "month_median"),
    "previous": Message("取前一值", "previous"),
    "nearest": Message("取最近值", "nearest"),
}
"""How gaps are filled."""
_TOLD = re.compile(r"(\S+?)(?: to (\S+))?: (\d+) values? by (\w+)")
"""A gap in one line, as results keep it."""


@dataclass(frozen=True)
class Filled:
    """A gap that was filled."""

    first: str
    """First period, e.g. ``2005-04``."""
    last: str
    """Last period."""
    size: int
    """Number of values made up."""
    method: str
    """How."""

    def __str__(self) -> str:
        """Give one line in English."""
        return str(self.told)

    @property
    def told(self) -> Message:
        """One line: ``2005-04-26 to 2005-04-28: 3 values by interpolate``."""
        one, method = self.first == self.last, METHODS[self.method]
        english = self.first if one else f"{self.first} to {self.last}"
        chinese = self.first if one else f"{self.first} 至 {self.last}"
        return Message(
            f"{chinese} 插补 {self.size} 个值（{method.zh}）",
            f"{english}: {self.size} {'value' if self.size == 1 else 'values'} by {method}",
        )


def told_again(line: str) -> str:
    """Give a gap that a result keeps in English in both languages; what is no such line stays as it is.

    Parameters
    ----------
    line : str
        As ``Filled.told`` gave it.
    """
    found = _TOLD.fullmatch(line)
    if found is None or found[4] not in METHODS:
        return line
    return Filled(found[1], found[2] or found[1], int(found[3]), found[4]).told


def fill(values: Floats, first: int, step: str, gaps: GapFill) -> tuple[Floats, tuple[Filled, ...]]:
    """Fill the gaps that are short enough and have values on both sides.

    Parameters
    ----------
    values : ndarray (period)
        nan where there is none.
    first : int
        Number of the first period.
    step : str
        ``day``, ``dekad`` or ``month``.
    gaps : GapFill
        Method and longest gap.

    Returns
    -------
    values : ndarray (period)
    filled : tuple of Filled
    """
    missing = np.isnan(values)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    spans = [
        (int(start), int(end))
        for start, end in edges.reshape(-1, 2)
        if start > 0 and end < values.size and end - start <= gaps.longest
    ]
    result = values.copy()
    slots = _slots(first, values.size, step) if gaps.fill.startswith("month_") else np.empty(0, np.int64)
    done = []
    for start, end in spans:
        if gaps.fill == "interpolate":
            share = np.arange(1, end - start + 1) / (end - start + 1)
            result[start:end] = values[start - 1] + share * (values[end] - values[start - 1])
        elif gaps.fill == "previous":
            result[start:end] = values[start - 1]
        else:
            centre = np.mean if gaps.fill == "month_mean" else np.median
            for index in range(start, end):
                known = values[_alike(slots, int(slots[index]), step) & ~missing]
                if known.size:
                    result[index] = centre(known)
        if not np.isnan(result[start:end]).any():
            labels = name(step, first + start), name(step, first + end - 1)
            done.append(Filled(*labels, end - start, gaps.fill))
    return result, tuple(done)


def whole_months(values: Floats, first: int, step: str, ends: int) -> tuple[Floats, int, tuple[Filled, ...]]:
    """Give the first and the last month of a series the rows they lack, if these are few.

    Parameters
    ----------
    values : ndarray (period)
        From the first row to the last.
    first : int
        Number of the first period.
    step : str
        ``day`` or ``dekad``.
    ends : int
        Most rows that are added at an end; with the nearest value.

    Returns
    -------
    values : ndarray (period)
    first : int
        Number of its first period.
    filled : tuple of Filled
    """
    known = np.flatnonzero(~np.isnan(values))
    if step == "month" or not ends or not known.size:
        return values, first, ()
    low, high = first + int(known[0]), first + int(known[-1])
    start, last = first_day(step, low), first_day(step, high)
    opening = number(step, start.year, start.month, 1)
    following = last.year * 12 + last.month
    closing = number(step, following // 12, following % 12 + 1, 1) - 1
    before, after = low - opening, closing - high
    before, after = (count if 0 < count <= ends else 0 for count in (before, after))
    kept = values[low - first : high + 1 - first]
    result = np.concatenate([np.full(before, kept[0]), kept, np.full(after, kept[-1])])
    filled = []
    if before:
        filled.append(Filled(name(step, opening), name(step, low - 1), before, "nearest"))
    if after:
        filled.append(Filled(name(step, high + 1), name(step, closing), after, "nearest"))
    return result, low - before, tuple(filled)


def _slots(first: int, size: int, step: str) -> Ints:
    """Give the place in the year of each period, from 0."""
    numbers = np.arange(first, first + size, dtype=np.int64)
    if step != "day":
        return numbers % (12 if step == "month" else 36)
    dates = np.datetime64(first_day(step, first)) + np.arange(size)
    return (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)


def _alike(slots: Ints, slot: int, step: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which periods stand for a place in the year."""
    if step != "day":
        return np.asarray(slots == slot)
    distance = np.abs(slots - slot)
    return np.asarray(np.minimum(distance, 366 - distance) <= WINDOW)
