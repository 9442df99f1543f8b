"""Standardised drought indices: SPI of rain, SSI of rivers and their like.

The sum of the last n months is turned into its quantile of the standard normal distribution, month by month of the
calendar, so that 0 is the median and -1 is exceeded in 84 % of the years. McKee et al. (1993) for rain with the gamma
distribution; Pearson III as an alternative (Guttman 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.errors import DataError, Issue, Message, nearest, one_of
from waterbal.hydrology.pearson import Pearson3, l_moments, l_scale, skewness_of
from waterbal.model.rows import Floats

DISTRIBUTIONS = ("gamma", "pearson3")
MOST = 3.09
"""Largest index in size: once in a thousand years, beyond which no record speaks."""
WORST = -1.0
"""[-] a dry spell that does not get as dry as this is no drought."""
FEWEST = 10
"""Fewest years that a month's distribution is fitted to."""


@dataclass(frozen=True)
class Gamma:
    """A gamma distribution from zero."""

    shape: float
    scale: float

    def below(self, value: Floats) -> Floats:
        """Return the probability [-] of staying at or below some values."""
        from scipy import special

        return np.asarray(special.gammainc(self.shape, np.maximum(value, 0.0) / self.scale))

    def value(self, below: float) -> float:
        """Return the value that is stayed below with a probability."""
        from scipy import special

        return float(special.gammaincinv(self.shape, below) * self.scale)


@dataclass(frozen=True)
class Shifted:
    """A Pearson III distribution."""

    pearson: Pearson3

    def below(self, value: Floats) -> Floats:
        """Return the probability [-] of staying at or below some values."""
        return 1.0 - self.pearson.exceedance(value)

    def value(self, below: float) -> float:
        """Return the value that is stayed below with a probability."""
        return float(self.pearson.quantile(1.0 - below))


@dataclass(frozen=True)
class Month:
    """Distribution of the sums that end in one calendar month."""

    law: Gamma | Shifted | None
    """Of the sums above zero; None where the record is too short or does not vary."""
    zero: float
    """[-] share of the sums that are zero."""

    def index(self, sums: Floats) -> Floats:
        """Return the standardised index [-] of some sums."""
        from scipy import special

        if self.law is None:
            return np.full(np.shape(sums), np.nan)
        below = self.zero + (1.0 - self.zero) * np.where(sums > 0.0, self.law.below(sums), 0.0)
        found = np.clip(special.ndtri(np.clip(below, 1e-12, 1.0 - 1e-12)), -MOST, MOST)
        return np.asarray(np.where(np.isfinite(sums), found, np.nan))

    def limit(self, index: float) -> float:
        """Return the sum at which the index has a value; 0 where all such months are without water."""
        from scipy import special

        if self.law is None:
            return np.nan
        below = (float(special.ndtr(index)) - self.zero) / (1.0 - self.zero)
        return self.law.value(below) if below > 0.0 else 0.0


def moving_sums(table: Floats, scale: int) -> Floats:
    """Return the sums of the last months, ndarray (..., year, month); NaN where one of them is not known."""
    flat = table.reshape(*table.shape[:-2], -1)
    found = np.full(flat.shape, np.nan)
    if scale <= flat.shape[-1]:
        windows = np.lib.stride_tricks.sliding_window_view(flat, scale, axis=-1)
        found[..., scale - 1 :] = windows.sum(axis=-1)
    return found.reshape(table.shape)


def fit_months(table: Floats, scale: int, distribution: str = "gamma") -> tuple[Month, ...]:
    """Fit the distributions of the sums that end in each calendar month.

    Parameters
    ----------
    table : ndarray (year, month)
        A record of sums, January first; NaN where there is no value.
    scale : int
        Number of months that are added up.
    distribution : str
        One of ``DISTRIBUTIONS``; gamma by maximum likelihood, Pearson III by L-moments.

    Raises
    ------
    DataError
        If there is no such distribution or scale.
    """
    if distribution not in DISTRIBUTIONS:
        expected, near = one_of(DISTRIBUTIONS), nearest(distribution, DISTRIBUTIONS)
        raise DataError(
            Issue(
                Message(f"没有分布 {distribution!r}", f"no distribution {distribution!r}"),
                expected=expected,
                nearest=near,
            )
        )
    if scale < 1:
        raise DataError(
            Issue(
                Message(f"指数不能累计 {scale} 个月", f"an index cannot add up {scale} months"),
                expected=Message("1 或更多", "1 or more"),
            )
        )
    sums = moving_sums(table, scale)
    return tuple(_month(column[np.isfinite(column)], distribution) for column in sums.T)


def _month(sums: Floats, distribution: str) -> Month:
    positive = sums[sums > 0.0]
    zero = 1.0 - positive.size / sums.size if sums.size else 0.0
    if positive.size < FEWEST or np.ptp(positive) <= 1e-12 * positive.max():
        return Month(None, zero)
    if distribution == "gamma":
        return Month(_gamma(positive), zero)
    l1, l2, t3 = (float(moment) for moment in l_moments(positive))
    cs = float(skewness_of(t3))
    return Month(Shifted(Pearson3(l1, l2 / float(l_scale(cs)) / l1, cs)), zero)


def _gamma(values: Floats) -> Gamma:
    """Fit a gamma distribution by maximum likelihood: ln a - digamma(a) = ln mean - mean ln (Thom 1958)."""
    from scipy import optimize, special

    gap = float(np.log(values.mean()) - np.log(values).mean())
    shape = float(optimize.brentq(lambda a: np.log(a) - special.digamma(a) - gap, 1e-3, 1e9, xtol=1e-12))
    return Gamma(shape, float(values.mean()) / shape)


def standardized_index(table: Floats, scale: int, distribution: str = "gamma") -> Floats:
    """Return the standardised drought index of a record.

    Parameters
    ----------
    table : ndarray (year, month)
        A record of sums (rain, volumes), January first; NaN where there is no value.
    scale : int
        Number of months that are added up: 3 for soils, 12 for reservoirs and rivers.
    distribution : str
        One of ``DISTRIBUTIONS``.

    Returns
    -------
    ndarray (year, month) [-]
        NaN before ``scale`` months are known, after a gap, and where a month has too few years.
    """
    months = fit_months(table, scale, distribution)
    sums = moving_sums(table, scale)
    return np.stack([month.index(sums[:, i]) for i, month in enumerate(months)], axis=1)


@dataclass(frozen=True)
class Event:
    """A drought: months in a row with an index below zero that reach ``WORST`` at least once."""

    first: int
    """Position of the first month in the record."""
    months: int
    lowest: float
    """[-]"""
    magnitude: float
    """[-] sum of the index over the event, its sign turned."""
    ended: bool
    """Whether the index came back to zero before a gap or the end of the record."""


def events(index: Floats) -> list[Event]:
    """Find the droughts of a record (McKee et al. 1993).

    Parameters
    ----------
    index : ndarray (month) [-]
        Standardised index; NaN where it is not known, which ends a drought.

    Returns
    -------
    list of Event
        In order of time.
    """
    below = np.concatenate([[False], index < 0.0, [False]])
    starts, ends = np.flatnonzero(below[1:] & ~below[:-1]), np.flatnonzero(below[:-1] & ~below[1:])
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        part = index[start:end]
        if part.min() <= WORST:
            ended = end < index.size and bool(np.isfinite(index[end]))
            found.append(Event(start, end - start, float(part.min()), float(-part.sum()), ended))
    return found
