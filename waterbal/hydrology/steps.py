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

    @property
    def whole(self) -> bool:
        """Whether the steps are months."""
        return self.month.size == self.months

    @property
    def years(self) -> int:
        """Number of years, the last one perhaps not whole."""
        return -(-self.months // 12)

    def offset(self, year: int) -> int:
        """Give the month of the run in which the year begins that is named after a calendar year."""
        return (year - self.first // 12) * 12

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
        if self.whole:
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


def nearest_months(record: Record | None, months: Floats, steps: Steps) -> Ints | None:
    """Choose months of the record whose course drawn months take: of the same calendar month, the most alike.

    Parameters
    ----------
    record : Record, optional
        The sites' record, nan throughout where a site has none.
    months : ndarray (month, site)
        Months of the run; those of a site are compared by their distance in standard deviations.
    steps : Steps
        Steps of the run.

    Returns
    -------
    ndarray (month) or None
        Rows of the record; None if it has nothing to tell. The same row for all sites, so that wet days of one are
        wet days of the others.
    """
    finer = [site for site, pattern in enumerate(steps.pattern) if pattern is not None]
    if record is None or not finer:
        return None
    known = ~np.isnan(record.values[:, finer]).any(axis=1)
    calendar = (record.first + np.arange(record.size)) % 12
    wanted = (steps.first + np.arange(steps.months)) % 12
    donors = np.zeros(steps.months, dtype=np.int64)
    for month in range(12):
        rows, ours = np.flatnonzero(known & (calendar == month)), np.flatnonzero(wanted == month)
        if not rows.size and ours.size:
            return None
        values = record.values[rows][:, finer]
        spread = values.std(axis=0)
        difference = (months[ours][:, None, finer] - values[None]) / np.where(spread > 0.0, spread, 1.0)
        donors[ours] = rows[np.argmin((difference**2).sum(axis=-1), axis=1)]
    return donors


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
