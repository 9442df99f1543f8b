"""The record in another order: moving blocks of years, or nearest neighbours. All sites move together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.persistence import MONTH_SHARE
from waterbal.hydrology.record import Record
from waterbal.model.rows import Floats, Ints


@dataclass(frozen=True)
class Blocks:
    """Moving blocks of whole years (Künsch 1989), each start as likely as the others."""

    starts: Ints
    """ndarray (block), rows in which blocks begin."""
    years: int
    """Length of a block [years]."""

    @classmethod
    def of(cls, record: Record, month: int, years: Ints, length: int) -> Blocks:
        """Prepare blocks.

        Parameters
        ----------
        record : Record
            Complete in ``years``.
        month : int
            Calendar month in which years begin, from 0.
        years : ndarray (year)
            Years that can be used.
        length : int
            Length of a block [years].

        Raises
        ------
        DataError
            If there are not so many years in a row.
        """
        last = years[length - 1 :]
        whole = last - years[: last.size] == length - 1 if last.size else np.zeros(0, bool)
        if not whole.any():
            runs = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
            longest = max(run.size for run in runs)
            message = Message(
                f"每块 {length} 年，而系列至多有连续 {longest} 个完整年份",
                f"a block of {length} years, but the record has {longest} complete years in a row",
            )
            raise DataError(
                Issue(message, "hydrology.block", expected=Message(f"不超过 {longest}", f"at most {longest}"))
            )
        return cls(years[: last.size][whole] * 12 + month - record.first, length)

    def idle(self, years: Ints) -> tuple[Message, ...]:
        """Name the years of those that can be used which are in no block, because their neighbours have gaps."""
        begins = [int(year) for year in years if all(year + more in years for more in range(self.years))]
        drawn = {year + more for year in begins for more in range(self.years)}
        never = [str(year) for year in years.tolist() if year not in drawn]
        if not never:
            return ()
        zh = f"{'、'.join(never)} 年前后缺测，不足连续 {self.years} 年，从不抽到"
        verb = "is" if len(never) == 1 else "are"
        en = f"{', '.join(never)} {verb} never drawn: not {self.years} complete years in a row there"
        return (Message(zh, en),)

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        size = 12 * self.years
        count = -(-months // size)
        chosen = self.starts[(rng.random(count) * self.starts.size).astype(np.int64)]
        return (chosen[:, None] + np.arange(size)).ravel()[:months]


@dataclass(frozen=True)
class Chain:
    """Steps from a state to what followed one of its nearest neighbours (Lall and Sharma 1996).

    The j-th nearest of k neighbours is taken with a probability proportional to 1 / j.
    """

    following: list[list[int]]
    """State -> states that followed its neighbours, nearest first."""
    cumulative: Floats
    """ndarray (neighbour) [-], cumulative probabilities."""
    first: Ints
    """ndarray (state), states to begin with, each as likely as the others."""

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw states in order; ndarray (count)."""
        uniform = rng.random(count)
        chosen = np.searchsorted(self.cumulative, uniform, side="right").tolist()
        state = int(self.first[int(uniform[0] * self.first.size)])
        states = [state]
        for position in range(1, count):
            state = self.following[state][chosen[position]]
            states.append(state)
        return np.array(states, dtype=np.int64)


def chain(features: Floats, group: Ints, successor: Ints, first: Ints, neighbours: int | None) -> Chain:
    """Find the neighbours of every state.

    Parameters
    ----------
    features : ndarray (state, feature) [-]
        Standardised; the distance is Euclidean.
    group : ndarray (state)
        Neighbours are of the same group (calendar month).
    successor : ndarray (state)
        State that followed, -1 if none did.
    first : ndarray (state)
        States to begin with.
    neighbours : int, optional
        How many; the root of the smallest number of candidates if not given.

    Raises
    ------
    DataError
        If there are not so many.
    """
    candidates = {int(g): np.flatnonzero((group == g) & (successor >= 0)) for g in np.unique(group)}
    fewest = min(found.size for found in candidates.values())
    count = neighbours if neighbours is not None else max(1, round(np.sqrt(fewest)))
    if count > fewest:
        message = Message(
            f"要从最近的 {count} 年中抽取，而系列中只有 {fewest} 年之后接有另一年",
            f"the nearest {count} are drawn from, but {fewest} years of the record are followed by another",
        )
        raise DataError(
            Issue(message, "hydrology.neighbours", expected=Message(f"不超过 {fewest}", f"at most {fewest}"))
        )
    following = []
    for state in range(group.size):
        known = candidates[int(group[state])]
        distance = np.sqrt(((features[known] - features[state]) ** 2).sum(axis=1))
        nearest = known[np.argsort(distance, kind="stable")[:count]]
        following.append([int(successor[one]) for one in nearest])
    weight = 1.0 / np.arange(1, count + 1)
    cumulative = np.cumsum(weight / weight.sum())
    cumulative[-1] = 1.0
    return Chain(following, cumulative, first)


@dataclass(frozen=True)
class NearestMonths:
    """The next month is one that followed a month like the present one."""

    chain: Chain
    row: Ints
    """ndarray (state), row of the record."""

    @classmethod
    def of(cls, record: Record, month: int, neighbours: int | None) -> NearestMonths:
        """Prepare; the run begins in a calendar month, from 0."""
        rows = np.flatnonzero(~np.isnan(record.values).any(axis=1))
        calendar = (rows + record.first) % 12
        features = standardised(record.values[rows], calendar)
        position = {int(row): state for state, row in enumerate(rows)}
        successor = np.array([position.get(int(row) + 1, -1) for row in rows], dtype=np.int64)
        first = np.flatnonzero(calendar == month)
        return cls(chain(features, calendar, successor, first, neighbours), rows)

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        return self.row[self.chain.draw(rng, months)]


@dataclass(frozen=True)
class NearestYears:
    """The next year is one that followed a year with totals like those of the present one."""

    chain: Chain
    start: Ints
    """ndarray (state), row in which the year begins."""

    @classmethod
    def of(cls, record: Record, month: int, years: Ints, neighbours: int | None) -> NearestYears:
        """Prepare; years begin in a calendar month, from 0."""
        starts = years * 12 + month - record.first
        months = record.values[starts[:, None] + np.arange(12)]
        weight = np.array(
            [np.ones(12) if kind in SUMMED else np.roll(MONTH_SHARE, -month) for kind in record.kinds]
        ).T
        totals = (months * weight).sum(axis=1)
        group = np.zeros(years.size, np.int64)
        position = {int(year): state for state, year in enumerate(years)}
        successor = np.array([position.get(int(year) + 1, -1) for year in years], dtype=np.int64)
        features = standardised(totals, group)
        return cls(chain(features, group, successor, np.arange(years.size), neighbours), starts)

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        chosen = self.start[self.chain.draw(rng, -(-months // 12))]
        return (chosen[:, None] + np.arange(12)).ravel()[:months]


def standardised(values: Floats, group: Ints) -> Floats:
    """Subtract the mean and divide by the standard deviation of each group; ndarray (state, site) [-]."""
    result = np.zeros(values.shape)
    for one in np.unique(group):
        members = group == one
        part = values[members] - values[members].mean(axis=0)
        spread = part.std(axis=0)
        result[members] = part / np.where(spread > 0.0, spread, 1.0)
    return result
