"""From months to the steps of a run: as water came in a month of the record, else evenly.

The method of fragments (Svanidze 1980; Srikanthan and McMahon 1982): a month's total is shared out over its
dekads or days as in a month of the record. Totals of volumes and depths, and means of rates, stay those of the
month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.hydrology.columns import SUMMED, Column
from waterbal.hydrology.periods import STEPS, lengths
from waterbal.hydrology.record import Record, run_month
from waterbal.model.rows import Floats, Ints, TimeAxis


@dataclass(frozen=True)
class Steps:
    """Shares the months of a run out over its steps."""

    first: int
    """Number of the first month of the run."""
    months: int
    """Number of months."""
    month: Ints
    """ndarray (time), position of the month of each step."""
    day: Ints
    """ndarray (time), position of the step in its month."""
    days: Floats
    """ndarray (time) [d], length of each step."""
    month_days: Floats
    """ndarray (month) [d], length of each month of the run."""
    summed: tuple[bool, ...]
    """For each site, whether its months are totals."""
    pattern: tuple[Floats | None, ...]
    """For each site, ndarray (record month, step of month): mean rate in the step over that of the month; None
    where the record has nothing to tell."""

    def whole(self) -> bool:
        """Tell whether the steps are months."""
        return self.month.size == self.months

    def spread(self, values: Floats, donors: Ints | None = None) -> Floats:
        """Give the values in every step.

        Parameters
        ----------
        values : ndarray (month, site)
            Totals or means of the months of the run.
        donors : ndarray (month), optional
            Row of the record whose course inside the month is taken; evenly if not given.

        Returns
        -------
        ndarray (time, site)
        """
        if self.whole():
            return values
        result = np.empty((self.month.size, values.shape[1]))
        for site, summed in enumerate(self.summed):
            pattern = self.pattern[site]
            if pattern is None or donors is None:
                shape = np.ones(self.month.size)
            else:
                shape = self._shape(pattern, donors)
            if summed:
                shape = shape * self.days / self.month_days[self.month]
            result[:, site] = values[self.month, site] * shape
        return result

    def _shape(self, pattern: Floats, donors: Ints) -> Floats:
        """Take the course of donor months, with a mean of 1 over the true lengths of the run's steps."""
        shape = pattern[donors[self.month], self.day]
        total = np.bincount(self.month, weights=shape * self.days)
        mean = (total / self.month_days)[self.month]
        return np.where(mean > 0.0, shape / np.where(mean > 0.0, mean, 1.0), 1.0)


def steps_of(axis: TimeAxis, kinds: tuple[str, ...], record: Record | None = None) -> Steps:
    """Prepare the sharing out for a run.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    kinds : tuple of str
        Kind of each site.
    record : Record, optional
        The sites' record, in the same order.
    """
    months = axis.year * 12 + axis.month - 1
    first = run_month(axis.start[0])
    position = (months - first).astype(np.int64)
    count = int(position[-1]) + 1
    starts = np.searchsorted(position, np.arange(count))
    columns: tuple[Column | None, ...] = record.columns if record is not None else (None,) * len(kinds)
    return Steps(
        first, count, position, np.arange(axis.size) - starts[position], axis.days,
        np.bincount(position, weights=axis.days).astype(np.float64),
        tuple(kind in SUMMED for kind in kinds),
        tuple(
            _pattern(record, column, kind, axis.step)
            if record is not None and column is not None and axis.step != "month"
            else None
            for column, kind in zip(columns, kinds, strict=True)
        ),
    )  # fmt: skip


def _pattern(record: Record, column: Column, kind: str, step: str) -> Floats | None:
    """Give the rate of each step of each month of the record over the month's mean; ndarray (month, step)."""
    if STEPS.index(column.step) > STEPS.index(step):
        return None
    width = 31 if step == "day" else 3
    rates = np.zeros((record.size, width))
    for row in range(record.size):
        month = record.first + row
        rates[row] = _rates(column, kind, month, step, width)
    return np.nan_to_num(rates)


def _rates(column: Column, kind: str, month: int, step: str, width: int) -> Floats:
    """Give the mean rates of the steps of a month; the last one repeated up to ``width``."""
    days = int(lengths("month", np.array([month], dtype=np.int64))[0])
    if column.step == "dekad":
        wanted = np.arange(month * 3, month * 3 + 3)
    else:
        date = np.datetime64(month - 1970 * 12, "M").astype("datetime64[D]")
        start = int((date - np.datetime64("0001-01-01")).astype(np.int64)) + 1
        wanted = np.arange(start, start + days)
    index = wanted - column.first
    inside = (index >= 0) & (index < column.values.size)
    values = np.where(inside, column.values[np.clip(index, 0, column.values.size - 1)], np.nan)
    if column.step == step:
        length = lengths(step, wanted)
        rates = values / length if kind in SUMMED else values
    else:
        edges = [0, 10, 20]
        totals = np.add.reduceat(values, edges)
        rates = totals / np.diff([*edges, days])
    return np.concatenate([rates, np.full(width - rates.size, rates[-1])])
