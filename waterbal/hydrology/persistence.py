"""How much of a site must be slow for its annual totals to persist and vary as those of the record.

Moments of annual totals follow from the distributions of the months and the correlations of their scores: with g(z)
the value of a score and h(k) = E[g(z) He(k, z)] / sqrt(k!), two months with a correlation r of scores have the
covariance sum over k from 1 of h(k) h'(k) r^k (Mehler). No sampling is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.generator import seasonal_link
from waterbal.hydrology.margins import LIMIT, margin_of
from waterbal.model.fitted import FittedSite
from waterbal.model.rows import Floats

MONTH_SHARE = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) / 365.2425
"""ndarray (month) [-], mean length of each month over that of a year."""
ORDER = 24
"""Terms of the expansion."""
OPPOSED = -0.5
"""Smallest correlation of the seasonal part with the month before that a slow part may force."""
_MEMORIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
_WEIGHTS = 41


@dataclass(frozen=True)
class Persisting:
    """A slow part and the annual statistics that it gives."""

    weight: float
    """Share of the variance [-]."""
    memory: float
    """Correlation after twelve months [-]."""
    mean: float
    """Mean of annual totals [units of the site]."""
    cv: float
    """Coefficient of variation of annual totals [-]."""
    lag1: float
    """Correlation of a year with the year before [-]."""
    lag2: float
    """Correlation of a year with the one two years before [-]."""


def persistence_of(site: FittedSite) -> Persisting:
    """Find the slow part that comes closest to the annual lag-1, lag-2 and Cv of a site.

    Parameters
    ----------
    site : FittedSite
        Its own ``persistence`` is not looked at.

    Returns
    -------
    Persisting
        Without a slow part where the months alone persist enough, or where the record has too few years.
    """
    terms, mean = _terms(site)
    lag1 = np.array(site.monthly.lag1)
    none = annual_moments(terms, mean, lag1, 0.0, 0.0)
    wanted = site.annual
    if wanted.lag1 is None or none.lag1 >= wanted.lag1:
        return none
    best, least = none, _distance(none, site)
    for memory in _MEMORIES:
        for weight in np.linspace(0.0, _heaviest(lag1, float(memory)), _WEIGHTS)[1:]:
            trial = annual_moments(terms, mean, lag1, float(weight), float(memory))
            distance = _distance(trial, site)
            if distance < least:
                best, least = trial, distance
    return best


def _distance(trial: Persisting, site: FittedSite) -> float:
    """Weigh the differences from the record: lag-1 first, then lag-2 and Cv."""
    wanted = site.annual
    distance = ((trial.lag1 - (wanted.lag1 or 0.0)) / 0.02) ** 2
    if wanted.lag2 is not None:
        distance += ((trial.lag2 - wanted.lag2) / 0.25) ** 2
    if wanted.cv > 0.0:
        distance += (np.log(trial.cv / wanted.cv) / 0.1) ** 2
    return float(distance)


def _heaviest(lag1: Floats, memory: float) -> float:
    """Give the largest share that leaves lag-1 correlations of the seasonal part within bounds."""
    monthly = memory ** (1.0 / 12.0)
    low, high = 0.0, 0.98
    for _ in range(40):
        middle = (low + high) / 2.0
        link = (lag1 - middle * monthly) / (1.0 - middle)
        fits = np.all((link >= np.minimum(OPPOSED, lag1)) & (link <= 0.999))
        low, high = (middle, high) if fits else (low, middle)
    return low


def _terms(site: FittedSite) -> tuple[Floats, float]:
    """Expand the values of each month, weighted as in the annual total; (ndarray (order, month), mean)."""
    score = np.linspace(-LIMIT, LIMIT, 1601)
    density = np.exp(-(score**2) / 2.0) / np.sqrt(2.0 * np.pi) * (score[1] - score[0])
    margin = margin_of(site)
    values = np.stack([margin.values(score, np.full(score.size, month)) for month in range(12)], axis=1)
    weight = np.ones(12) if site.kind in SUMMED else MONTH_SHARE
    before, now = np.ones(score.size), score.copy()
    terms = [(before * density) @ values, (now * density) @ values]
    for k in range(2, ORDER + 1):
        before, now = now, (score * now - np.sqrt(k - 1.0) * before) / np.sqrt(k)
        terms.append((now * density) @ values)
    table = np.stack(terms) * weight
    return table[1:], float(table[0].sum())


def annual_moments(terms: Floats, mean: float, lag1: Floats, weight: float, memory: float) -> Persisting:
    """Give the statistics of annual totals.

    Parameters
    ----------
    terms : ndarray (order, month)
        Expansion of the months' values, first order first.
    mean : float
        Mean of the annual total.
    lag1 : ndarray (month) [-]
        Correlation of scores with the month before.
    weight, memory : float [-]
        Of the slow part.
    """
    monthly = memory ** (1.0 / 12.0)
    link = seasonal_link(lag1[:, None], np.array([weight]), np.array([monthly]))[:, 0]
    correlation = _correlations(link, weight, monthly)
    powers = correlation[None] ** np.arange(1, terms.shape[0] + 1)[:, None, None]
    covariance = np.einsum("ki,kj,kij->ij", terms, np.tile(terms, 3), powers)
    same = np.triu(covariance[:, :12])
    variance = 2.0 * same.sum() - np.trace(same)
    one, two = covariance[:, 12:24].sum() / variance, covariance[:, 24:].sum() / variance
    return Persisting(weight, memory, mean, float(np.sqrt(variance) / mean), float(one), float(two))


def _correlations(link: Floats, weight: float, monthly: float) -> Floats:
    """Give the correlation of the scores of a month with those of later ones; ndarray (month, 36 months)."""
    result = np.zeros((12, 36))
    for month in range(12):
        fast = _products(link, month, 36 - month)
        slow = monthly ** np.arange(36 - month)
        result[month, month:] = weight * slow + (1.0 - weight) * fast
    return result


def _products(link: Floats, month: int, count: int) -> Floats:
    """Give the correlation of the seasonal part with itself 0, 1, 2 ... months after a month."""
    following = link[(month + 1 + np.arange(count - 1)) % 12]
    return np.concatenate([[1.0], np.cumprod(following)])
