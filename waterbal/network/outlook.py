"""What is known of the months until the quotas renew: calendar blocks, plans and dependable totals.

A block is the time between two quota resets, looking ahead from a step to the last reset that is still to
come. Totals over a block are sums of calendar months; the month of the step counts with the part of it that
is still ahead. Weather-driven series are summed over the same months of every year of the record, and a
quantile of these sums is taken; planned series are read from the plan itself. A series of several samples
(realization, time) is weather, whatever it is used for: where a plan is read, its mean by date takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterbal.model.rows import Floats, Ints, TimeAxis

HORIZON = 13
"""Months a look-ahead can touch: the present one and the twelve after it."""


@dataclass(frozen=True)
class Outlook:
    """Months ahead of every step, cut into blocks."""

    axis: TimeAxis
    weight: Floats
    """ndarray (time, block, offset) [-], share in the block of the month ``offset`` months ahead."""
    since_reset: Ints
    """ndarray (time, block), number of the reset month after which the block begins, -1 for the first."""
    resets: tuple[int, ...]
    """Distinct reset months."""

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return int(self.weight.shape[1])

    def months(self) -> Floats:
        """Return the length of every block, ndarray (time, block) [month]."""
        return self.weight.sum(axis=2)

    def renewed(self, reset_month: int) -> Floats:
        """Return 1 for blocks that lie after the next reset of a quota, ndarray (time, block)."""
        ahead = (reset_month - self.axis.month - 1) % 12 + 1
        begins = np.zeros(self.since_reset.shape)
        for k, month in enumerate(self.resets):
            starts = (month - self.axis.month - 1) % 12 + 1
            begins[self.since_reset == k] = np.broadcast_to(starts[:, None], begins.shape)[
                self.since_reset == k
            ]
        return (begins >= ahead[:, None]).astype(np.float64)

    @cached_property
    def patterns(self) -> tuple[Floats, Ints]:
        """Distinct (month, weights) of the steps, and the one that each step has."""
        table = np.concatenate([self.axis.month[:, None], self.weight.reshape(self.axis.size, -1)], axis=1)
        distinct, inverse = np.unique(table, axis=0, return_inverse=True)
        return distinct, inverse.ravel()

    def planned(self, values: Floats) -> Floats:
        """Sum a plan over the blocks.

        Parameters
        ----------
        values : ndarray (time) or (realization, time)
            Volume per step; after the record its last year repeats.

        Returns
        -------
        ndarray (time, block)
        """
        table, first = monthly(expected(values, self.axis), self.axis)
        flat = table.ravel()
        month = (self.axis.year - first) * 12 + self.axis.month - 1
        index = month[:, None] + np.arange(HORIZON)
        last = flat.size - 1
        index = np.where(index > last, last - 11 + (index - last - 1) % 12, index)
        return np.einsum("tbo,to->tb", self.weight, flat[index])

    def quantile(self, values: Floats, probability: float) -> Floats:
        """Sum a weather-driven series over the same months of every year and take a quantile.

        Parameters
        ----------
        values : ndarray (time) or (realization, time)
            Volume per step; years with not-a-number are left out.
        probability : float
            Share of years whose sum is smaller.

        Returns
        -------
        ndarray (time, block)
        """
        records = [monthly(record, self.axis)[0] for record in np.atleast_2d(values)]
        flat = np.stack([table.ravel() for table in records])
        years = records[0].shape[0]
        patterns, inverse = self.patterns
        quantiles = np.zeros((len(patterns), self.blocks))
        alike: dict[int, list[tuple[int, Floats]]] = {}
        for p, pattern in enumerate(patterns):
            weight = pattern[1:].reshape(self.blocks, HORIZON)
            index = (np.arange(years) * 12 + int(pattern[0]) - 1)[:, None] + np.arange(HORIZON)
            size = flat.shape[1]
            inside = index[:, -1] < size
            if inside.any():
                index = index[inside]
            sums = (flat[:, index % size] @ weight.T).reshape(-1, self.blocks)
            known = sums[~np.isnan(sums).any(axis=1)]
            if known.size:
                alike.setdefault(len(known), []).append((p, known))
        for group in alike.values():
            sums = np.stack([known for _, known in group])
            quantiles[[p for p, _ in group]] = np.quantile(sums, probability, axis=1)
        return quantiles[inverse]


def date_of_step(axis: TimeAxis) -> Ints:
    """Number the dates of the year, ndarray (time); the same date has the same number in every year."""
    day = (
        axis.start.astype("datetime64[D]") - axis.start.astype("datetime64[M]").astype("datetime64[D]")
    ).astype(int)
    return np.unique(axis.month * 100 + day, return_inverse=True)[1]


def largest_by_date(values: Floats, axis: TimeAxis) -> Floats:
    """Return the record's largest value at the same date of the year, ndarray (time)."""
    place = date_of_step(axis)
    largest = np.full(place.max() + 1, -np.inf)
    np.maximum.at(largest, place, values.max(axis=0) if values.ndim > 1 else values)
    return np.asarray(largest[place])


def expected(values: Floats, axis: TimeAxis) -> Floats:
    """Return what is expected at each step, ndarray (time): a plan as it is, weather as its mean.

    The mean is over the samples and, where all years are of one planning year, over the same date of all years.
    """
    if values.ndim == 1:
        return values
    mean = values.mean(axis=0)
    if np.ptp(axis.planning_year) > 0:
        return mean
    place = date_of_step(axis)
    return np.asarray((np.bincount(place, weights=mean) / np.bincount(place))[place])


def monthly(values: Floats, axis: TimeAxis) -> tuple[Floats, int]:
    """Sum a series over calendar months.

    Returns
    -------
    ndarray (year, 12)
        Totals; months outside the record take the same month of the nearest year inside it.
    int
        First year.
    """
    first, last = int(axis.year[0]), int(axis.year[-1])
    place, size = (axis.year - first) * 12 + axis.month - 1, (last - first + 1) * 12
    table: Floats = np.bincount(place, weights=values, minlength=size).astype(np.float64).reshape(-1, 12)
    seen = np.bincount(place, minlength=size).reshape(-1, 12) > 0
    for month in np.flatnonzero(~seen.all(axis=0)):
        known = np.flatnonzero(seen[:, month])
        for year in np.flatnonzero(~seen[:, month]):
            if known.size:
                table[year, month] = table[known[np.argmin(np.abs(known - year))], month]
    return table, first


def outlook(axis: TimeAxis, reset_months: Sequence[int]) -> Outlook:
    """Cut the time after every step into blocks at the coming quota resets.

    Parameters
    ----------
    axis : TimeAxis
        Steps of the run.
    reset_months : sequence of int
        Reset month of every quota; without quotas the look-ahead ends with the calendar year.

    Returns
    -------
    Outlook
    """
    resets = tuple(sorted(set(reset_months))) or (1,)
    size, blocks = axis.size, len(resets)
    remaining = remaining_share(axis)
    ahead = (np.array(resets)[None, :] - axis.month[:, None] - 1) % 12 + 1
    order = np.argsort(ahead, axis=1, kind="stable")
    ends = np.take_along_axis(ahead, order, axis=1)
    weight = np.zeros((size, blocks, HORIZON))
    offset = np.arange(HORIZON)[None, :]
    begin = np.zeros((size, 1), dtype=np.int64)
    for b in range(blocks):
        end = ends[:, b : b + 1]
        weight[:, b, :] = (offset >= begin) & (offset < end)
        begin = end
    weight[:, :, 0] *= remaining[:, None]
    since = np.full((size, blocks), -1, dtype=np.int64)
    since[:, 1:] = order[:, :-1]
    return Outlook(axis, weight, since, resets)


def remaining_share(axis: TimeAxis) -> Floats:
    """Return the share of the step's calendar month that lies after the step, ndarray (time) [-]."""
    month_start = axis.start.astype("datetime64[M]")
    month_end = (month_start + 1).astype("datetime64[D]")
    length = (month_end - month_start.astype("datetime64[D]")).astype(np.float64)
    left = (month_end - axis.end.astype("datetime64[D]")).astype(np.float64)
    return np.clip(left / length, 0.0, 1.0)
