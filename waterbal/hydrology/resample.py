"""The record in another order: blocks of years on a circle, or nearest neighbours. All sites move together."""

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
    """Blocks of whole years of the record closed to a circle, each year as likely to begin one as the others.

    The circular block bootstrap (Politis and Romano 1992): a block that would leave the last year goes on with the
    first, so that every year is drawn equally often, which moving blocks (Kuensch 1989) do not give the years at
    the ends. Where years in between cannot be used, a block goes on with the next that can: such joins are as those
    between two blocks.
    """

    starts: Ints
    """ndarray (year), rows in which the years begin that can be used, in order."""
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
        runs = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
        longest = max(run.size for run in runs)
        if length > longest:
            message = Message(
                f"每块 {length} 年，而系列至多有连续 {longest} 个完整年份",
                f"a block of {length} years, but the record has {longest} complete years in a row",
            )
            raise DataError(
                Issue(message, "hydrology.block", expected=Message(f"不超过 {longest}", f"at most {longest}"))
            )
        return cls(years * 12 + month - record.first, length)

    @property
    def pool(self) -> Ints:
        """Rows of the record that are drawn from; ndarray (row)."""
        return (self.starts[:, None] + np.arange(12)).ravel()

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        count = -(-months // (12 * self.years))
        first = (rng.random(count) * self.starts.size).astype(np.int64)
        return self.rows_from(first)[:months]

    def rows_from(self, first: Ints) -> Ints:
        """Give the rows of blocks that begin with some of the years that can be used; ndarray (month)."""
        chosen = self.starts[(first[:, None] + np.arange(self.years)) % self.starts.size]
        return (chosen.reshape(-1, 1) + np.arange(12)).ravel()

    def use(self, months: int) -> Floats:
        """Return how often each row of ``pool`` is expected in a run; ndarray (row)."""
        each = [len(range(month, months, 12)) / self.starts.size for month in range(12)]
        return np.tile(each, self.starts.size)


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

    def use(self, count: int) -> Floats:
        """Return how often each state is expected among some in order; ndarray (state)."""
        following = np.array(self.following, dtype=np.int64)
        chance = np.diff(self.cumulative, prepend=0.0)
        now: Floats = np.zeros(len(following))
        now[self.first] = 1.0 / self.first.size
        total = now.copy()
        for _ in range(1, count):
            spread = now[:, None] * chance
            now = np.bincount(following.ravel(), spread.ravel(), now.size).astype(np.float64)
            total += now
        return total


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

    @property
    def pool(self) -> Ints:
        """Rows of the record that are drawn from; ndarray (row)."""
        return self.row

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        return self.row[self.chain.draw(rng, months)]

    def use(self, months: int) -> Floats:
        """Return how often each row of ``pool`` is expected in a run; ndarray (row)."""
        return self.chain.use(months)


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

    @property
    def pool(self) -> Ints:
        """Rows of the record that are drawn from; ndarray (row)."""
        return (self.start[:, None] + np.arange(12)).ravel()

    def rows(self, rng: np.random.Generator, months: int) -> Ints:
        """Draw the rows of a run; ndarray (month)."""
        chosen = self.start[self.chain.draw(rng, -(-months // 12))]
        return (chosen[:, None] + np.arange(12)).ravel()[:months]

    def use(self, months: int) -> Floats:
        """Return how often each row of ``pool`` is expected in the whole years of a run; ndarray (row)."""
        return np.repeat(self.chain.use(max(1, months // 12)), 12)


def standardised(values: Floats, group: Ints) -> Floats:
    """Subtract the mean and divide by the standard deviation of each group; ndarray (state, site) [-]."""
    result = np.zeros(values.shape)
    for one in np.unique(group):
        members = group == one
        part = values[members] - values[members].mean(axis=0)
        spread = part.std(axis=0)
        result[members] = part / np.where(spread > 0.0, spread, 1.0)
    return result
