"""Drawing monthly series of several sites: a periodic autoregressive model with a slow part.

The normal score of site i in month t is

    z(t, i) = sqrt(a(i)) u(t, i) + sqrt(1 - a(i)) w(t, i)

with a slow part u, first-order autoregressive with a correlation of ``memory`` after twelve months, and a seasonal
part w(t, i) = b(m, i) w(t-1, i) + e(t, i), the contemporaneous periodic autoregressive model (Salas, Delleur,
Yevjevich and Lane 1980; Matalas 1967 for several sites). The innovations e of a month are correlated between sites.
A monthly model without the slow part forgets a wet year within months; the share a makes the annual totals of a
site persist as in its record, as a sum of a fast and a slow autoregression does for long memory (Koutsoyiannis 2002).

Scores are turned into values by the distribution of each month (Nataf, or normal copula), so the margins are kept
exactly, the lag-1 correlations of scores are kept exactly, and the correlations between sites as far as there are
innovations that give them. Not fitted: correlations of a site with another one in an earlier month, which short
records do not support; they follow from the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.hydrology.margins import Margin, margin_of
from waterbal.model.fitted import Fitted
from waterbal.model.rows import Floats, Ints

LARGEST = 0.999
"""Largest correlation of the seasonal part with the month before."""
_YEARS = 60
"""Years after which the covariances of the seasonal part have settled."""


@dataclass(frozen=True)
class Generator:
    """What series are drawn from."""

    sites: tuple[str, ...]
    margins: tuple[Margin, ...]
    weight: Floats
    """ndarray (site) [-], share of the variance that is slow."""
    memory: Floats
    """ndarray (site) [-], correlation of the slow part with the month before."""
    slow: Floats
    """ndarray (site, site) [-], correlation of the slow parts."""
    slow_root: Floats
    """ndarray (site, site), Cholesky factor of the covariance of the slow innovations."""
    link: Floats
    """ndarray (month, site) [-], correlation of the seasonal part with the month before."""
    fast: Floats
    """ndarray (month, site, site) [-], correlation of the seasonal parts."""
    fast_root: Floats
    """ndarray (month, site, site), Cholesky factor of the covariance of the seasonal innovations."""

    def draw(self, seeds: Sequence[np.random.SeedSequence], first_month: int, months: int) -> Floats:
        """Draw series.

        Parameters
        ----------
        seeds : sequence of SeedSequence
            One for each realization.
        first_month : int
            Calendar month of the first value, from 0.
        months : int
            Number of months; more months only add to the end.

        Returns
        -------
        ndarray (realization, month, site) [units of each site]
        """
        scores = self.scores(seeds, first_month, months)
        month = (first_month + np.arange(months)) % 12
        values = np.empty(scores.shape)
        for site, margin in enumerate(self.margins):
            values[..., site] = margin.values(np.ascontiguousarray(scores[..., site]), month)
        return values

    def scores(self, seeds: Sequence[np.random.SeedSequence], first_month: int, months: int) -> Floats:
        """Draw normal scores; ndarray (realization, month, site)."""
        from scipy.linalg.lapack import dtbtrs

        count = len(self.sites)
        month = (first_month + np.arange(months)) % 12
        normal = np.stack(
            [np.random.default_rng(seed).standard_normal((months, 2 * count)) for seed in seeds]
        )
        roots = self.fast_root[month]
        roots[0] = _root(self.fast[first_month])
        slow_roots = np.broadcast_to(self.slow_root, (months, count, count)).copy()
        slow_roots[0] = _root(self.slow)
        fast, slow = _times(roots, normal[..., :count]), _times(slow_roots, normal[..., count:])
        result = np.empty(fast.shape)
        for site in range(count):
            weight = self.weight[site]
            part = np.sqrt(1.0 - weight) * _recursion(dtbtrs, self.link[month, site], fast[..., site])
            if weight > 0.0:
                lasting = _recursion(dtbtrs, np.full(months, self.memory[site]), slow[..., site])
                part += np.sqrt(weight) * lasting
            result[..., site] = part
        return result

    # ---- what the model implies

    def lag1(self) -> Floats:
        """Correlation of the scores with the month before; ndarray (month, site) [-]."""
        return self.weight * self.memory + (1.0 - self.weight) * self.link

    def correlation(self) -> Floats:
        """Correlation of the scores of the sites in a month; ndarray (month, site, site) [-]."""
        root, rest = np.sqrt(self.weight), np.sqrt(1.0 - self.weight)
        return root[:, None] * root * self.slow + rest[:, None] * rest * self.fast


def _recursion(dtbtrs: object, link: Floats, innovations: Floats) -> Floats:
    """Solve x(t) = link(t) x(t-1) + innovation(t), x(0) = innovation(0); ndarray (realization, month)."""
    bands = np.ones((2, link.size), order="F")
    bands[1, :-1] = -link[1:]
    solution, _ = dtbtrs(bands, np.asfortranarray(innovations.T), uplo="L", diag="U")  # type: ignore[operator]
    return np.ascontiguousarray(solution.T)


def _times(roots: Floats, normal: Floats) -> Floats:
    """Multiply lower triangles with vectors, each element in the same order whatever the number of draws."""
    result = np.zeros(normal.shape)
    for row in range(normal.shape[-1]):
        for column in range(row + 1):
            result[..., row] += roots[:, row, column] * normal[..., column]
    return result


def _root(correlation: Floats) -> Floats:
    """Give the Cholesky factor of a matrix that may be singular."""
    size = correlation.shape[0]
    try:
        return np.asarray(np.linalg.cholesky(correlation), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.cholesky(correlation + 1e-10 * np.eye(size)), np.float64)


def generator_of(fitted: Fitted, sites: Sequence[str]) -> Generator:
    """Prepare the generator.

    Parameters
    ----------
    fitted : Fitted
        Statistics.
    sites : sequence of str
        Sites to draw, in this order.

    Returns
    -------
    Generator
        ``lag1`` and ``correlation`` of it tell what could be kept.
    """
    given = [fitted.sites[site] for site in sites]
    weight = np.array([site.persistence.weight for site in given])
    memory = np.array([site.persistence.memory for site in given]) ** (1.0 / 12.0)
    link = seasonal_link(np.array([site.monthly.lag1 for site in given]).T, weight, memory)
    wanted = _wanted(fitted, sites)
    slow, slow_root = _slow(wanted, weight, memory)
    fast, fast_root = _fast(wanted, weight, slow, link)
    return Generator(
        tuple(sites), tuple(margin_of(site) for site in given), weight, memory, slow, slow_root, link, fast, fast_root
    )  # fmt: skip


def seasonal_link(lag1: Floats, weight: Floats, memory: Floats) -> Floats:
    """Give the seasonal part's correlation with the month before, given that of the whole.

    Parameters
    ----------
    lag1 : ndarray (month, site) [-]
    weight : ndarray (site) [-]
    memory : ndarray (site) [-]
        Of the slow part, month to month.

    Returns
    -------
    ndarray (month, site) [-]
        Within the limits; where they bind, the lag-1 correlation is not kept.
    """
    return np.clip((lag1 - weight * memory) / (1.0 - weight), -LARGEST, LARGEST)


def _wanted(fitted: Fitted, sites: Sequence[str]) -> Floats:
    """Give the correlations that are asked for; ndarray (month, site, site)."""
    result = np.tile(np.eye(len(sites)), (12, 1, 1))
    for pair in fitted.correlation:
        if pair.sites[0] in sites and pair.sites[1] in sites:
            i, j = (list(sites).index(name) for name in pair.sites)
            result[:, i, j] = result[:, j, i] = pair.values
    return result


def _slow(wanted: Floats, weight: Floats, memory: Floats) -> tuple[Floats, Floats]:
    """Give the correlation of the slow parts, and the root of their innovations' covariance.

    Slow parts are correlated as the sites are in the mean over the year.
    """
    mean = wanted.mean(axis=0) * (weight[:, None] * weight > 0.0)
    np.fill_diagonal(mean, 1.0)
    scale = np.sqrt(1.0 - memory**2)
    ratio = (1.0 - memory[:, None] * memory) / (scale[:, None] * scale)
    innovation = nearest_correlation(mean * ratio)
    return innovation / ratio, _root(innovation) * scale[:, None]


def _fast(wanted: Floats, weight: Floats, slow: Floats, link: Floats) -> tuple[Floats, Floats]:
    """Give the correlations of the seasonal parts and the roots of their innovations' covariance."""
    root, rest = np.sqrt(weight), np.sqrt(1.0 - weight)
    aim = (wanted - root[:, None] * root * slow) / (rest[:, None] * rest)
    scale = np.sqrt(1.0 - link**2)
    covariance = np.empty_like(aim)
    before = np.roll(aim, 1, axis=0)
    for month in range(12):
        pull = link[month][:, None] * link[month] * before[month]
        size = scale[month][:, None] * scale[month]
        covariance[month] = nearest_correlation((aim[month] - pull) / size) * size
    correlation = aim.copy()
    state = np.eye(weight.size)
    for step in range(12 * _YEARS):
        month = step % 12
        state = link[month][:, None] * link[month] * state + covariance[month]
        correlation[month] = state
    return correlation, np.stack([_root(matrix) for matrix in covariance])


def nearest_correlation(matrix: Floats, smallest: float = 1e-8) -> Floats:
    """Give the correlation matrix nearest to a symmetric one, by alternating projections (Higham 2002).

    Parameters
    ----------
    matrix : ndarray (n, n) [-]
    smallest : float
        Smallest eigenvalue.
    """
    result = (matrix + matrix.T) / 2.0
    np.fill_diagonal(result, 1.0)
    if np.linalg.eigvalsh(result)[0] >= smallest:
        return result
    correction = np.zeros_like(result)
    for _ in range(1000):
        shifted = result - correction
        value, vector = np.linalg.eigh(shifted)
        projected = (vector * np.maximum(value, smallest)) @ vector.T
        correction = projected - shifted
        following = projected.copy()
        np.fill_diagonal(following, 1.0)
        if np.abs(following - result).max() < 1e-12:
            break
        result = following
    scale = np.sqrt(np.diag(projected))
    result = projected / (scale[:, None] * scale)
    np.fill_diagonal(result, 1.0)
    return result


def seeds(seed: int, stream: int, numbers: Sequence[int] | Ints) -> list[np.random.SeedSequence]:
    """Give the seeds of some draws of a stream; each depends on its own number only."""
    return [np.random.SeedSequence(seed, spawn_key=(stream, int(number))) for number in numbers]
