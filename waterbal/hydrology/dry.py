"""Several dry years in a row, put at a stated place of every realization."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.persistence import MONTH_SHARE
from waterbal.hydrology.steps import Steps
from waterbal.model.hydrology import DryYears
from waterbal.model.rows import Floats, Ints


@dataclass(frozen=True)
class DryRun:
    """Dry years on the steps that they take up."""

    steps: slice
    """Steps of the run."""
    values: Floats
    """ndarray (time, site)."""


def driest(
    values: Floats, kinds: tuple[str, ...], index: int, month: int, starts: Ints, dry: DryYears
) -> int:
    """Choose years in a row by the total of an index site.

    Parameters
    ----------
    values : ndarray (month, site)
        Months that years are taken from.
    kinds : tuple of str
        Kind of each site.
    index : int
        Site whose total counts.
    month : int
        Calendar month in which years begin, from 0.
    starts : ndarray (year)
        Rows in which complete years begin, in order.
    dry : DryYears
        How many years, and the exceedance probability of their total (by m / (n + 1) among all runs of as many
        years), or none for the driest.

    Returns
    -------
    int
        Row in which they begin.

    Raises
    ------
    DataError
        If there are not so many years in a row.
    """
    weight = np.ones(12) if kinds[index] in SUMMED else np.roll(MONTH_SHARE, -month)
    totals = np.array([values[start : start + 12, index] @ weight for start in starts])
    count = dry.years
    runs = [
        position
        for position in range(starts.size - count + 1)
        if starts[position + count - 1] - starts[position] == 12 * (count - 1)
    ]
    if not runs:
        message = Message(
            f"实测系列没有连续 {count} 个完整年份", f"the record has no {count} complete years in a row"
        )
        raise DataError(
            Issue(message, "hydrology.dry_years.years", expected=Message("较少的年数", "fewer years"))
        )
    sums = np.array([totals[position : position + count].sum() for position in runs])
    order = np.argsort(-sums, kind="stable")  # wet to dry
    rank = order.size if dry.probability is None else round(dry.probability * (order.size + 1))
    return int(starts[runs[int(order[min(max(rank, 1), order.size) - 1])]])


def place(steps: Steps, months: Floats, on_steps: Callable[[Floats], Floats], dry: DryYears) -> DryRun:
    """Put dry months into a run.

    Parameters
    ----------
    steps : Steps
        Steps of the run.
    months : ndarray (month, site)
        The dry years.
    on_steps : callable
        Shares the months of a whole run out over its steps.
    dry : DryYears
        Where they begin.
    """
    offset = steps.offset(dry.from_)
    whole = np.zeros((steps.months, months.shape[1]))
    whole[offset : offset + months.shape[0]] = months
    taken = np.flatnonzero((steps.month >= offset) & (steps.month < offset + months.shape[0]))
    part = slice(int(taken[0]), int(taken[-1]) + 1)
    return DryRun(part, on_steps(whole)[part])
