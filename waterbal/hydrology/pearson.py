"""The Pearson III distribution (P-III 型分布) by its mean, Cv and Cs, and its L-moments.

For Cs > 0 it is a gamma distribution of shape alpha = 4 / Cs^2, shifted; for Cs < 0 its mirror image. The
quantile of exceedance P is mean (1 + Cv phi(P, Cs)), with the frequency factor phi (离均系数) of Foster and Rybkin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.model.rows import Floats

SMALL_CS = 1e-4
"""Below this the distribution is normal but for terms that are written out."""
_SMALL_T3 = 1e-4


@dataclass(frozen=True)
class Pearson3:
    """A Pearson III distribution."""

    mean: float
    """In the units of the sample."""
    cv: float
    """[-] standard deviation / mean."""
    cs: float
    """[-] coefficient of skewness."""

    @property
    def sd(self) -> float:
        """Standard deviation, in the units of the sample."""
        return self.mean * self.cv

    @property
    def lower(self) -> float:
        """Smallest possible value; minus infinity where there is none."""
        return self.mean - 2.0 * self.sd / self.cs if self.cs >= SMALL_CS else -np.inf

    def quantile(self, exceedance: npt.ArrayLike) -> Floats:
        """Return the values that are exceeded with some probabilities, in the units of the sample."""
        found: Floats = self.mean + self.sd * frequency_factor(exceedance, self.cs)
        return found

    def exceedance(self, value: npt.ArrayLike) -> Floats:
        """Return the probabilities [-] that some values are exceeded."""
        from scipy import special

        standard = (np.asarray(value, dtype=np.float64) - self.mean) / self.sd
        if abs(self.cs) < SMALL_CS:
            corrected = standard - (standard**2 - 1.0) * self.cs / 6.0
            return np.asarray(special.ndtr(-corrected))
        alpha = 4.0 / self.cs**2
        reduced = np.maximum(alpha + standard * 2.0 / self.cs, 0.0)
        upper, lower = special.gammaincc(alpha, reduced), special.gammainc(alpha, reduced)
        return np.asarray(upper if self.cs > 0.0 else lower)


def frequency_factor(exceedance: npt.ArrayLike, cs: npt.ArrayLike) -> Floats:
    """Return the standardised quantile phi(P, Cs) [-] (离均系数).

    Parameters
    ----------
    exceedance : array_like [-]
        Probabilities of being exceeded, 0..1.
    cs : array_like [-]
        Coefficients of skewness, broadcast against ``exceedance``.

    Notes
    -----
    As ``scipy.stats.pearson3.isf``, from the inverse incomplete gamma function; close to Cs = 0 the first terms
    of the Cornish and Fisher (1938) expansion, where the gamma function would cancel.
    """
    from scipy import special

    p, skew = np.broadcast_arrays(np.asarray(exceedance, np.float64), np.asarray(cs, np.float64))
    size = np.maximum(np.abs(skew), SMALL_CS)
    alpha = 4.0 / size**2
    mirrored = np.where(skew > 0.0, special.gammainccinv(alpha, p), special.gammaincinv(alpha, p))
    exact = np.sign(skew) * 0.5 * size * (mirrored - alpha)
    normal = -special.ndtri(np.clip(p, 1e-300, 1.0 - 2.0**-53))  # the ends are infinite
    near = normal + (normal**2 - 1.0) * skew / 6.0
    return np.asarray(np.where(np.abs(skew) < SMALL_CS, near, exact))


def l_moments(sample: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the first two L-moments and the L-skewness of samples, unbiased.

    Parameters
    ----------
    sample : ndarray (..., value)
        At least three values each.

    Returns
    -------
    l1, l2 : ndarray (...)
        In the units of the sample.
    t3 : ndarray (...) [-]
        l3 / l2; 0 where all values are the same.

    Notes
    -----
    Hosking (1990), equation 2.3 ff.; probability-weighted moments b0, b1, b2 of Landwehr et al. (1979).
    """
    ordered = np.sort(sample, axis=-1)
    n = ordered.shape[-1]
    rank = np.arange(n, dtype=np.float64)
    b0 = ordered.mean(axis=-1)
    b1 = (ordered * rank).sum(axis=-1) / (n * (n - 1.0))
    b2 = (ordered * rank * (rank - 1.0)).sum(axis=-1) / (n * (n - 1.0) * (n - 2.0))
    l2 = 2.0 * b1 - b0
    l3 = 6.0 * b2 - 6.0 * b1 + b0
    some = l2 > 1e-14 * np.abs(b0)
    return b0, np.where(some, l2, 0.0), np.where(some, l3 / np.where(some, l2, 1.0), 0.0)


def skewness_of(t3: npt.ArrayLike) -> Floats:
    """Return the Cs [-] of the Pearson III distributions with some L-skewness, -1 < t3 < 1.

    Notes
    -----
    Solves t3 = 6 I(1/3; alpha, 2 alpha) - 3 (Hosking and Wallis 1997, appendix A.9) for alpha = 4 / Cs^2.
    """
    from scipy import special

    ratio = np.asarray(t3, dtype=np.float64)
    size = np.clip(np.abs(ratio), _SMALL_T3, 0.9999)
    low, high = np.full(size.shape, np.log(1e-6)), np.full(size.shape, np.log(1e9))
    for _ in range(60):
        middle = 0.5 * (low + high)
        alpha = np.exp(middle)
        above = 6.0 * special.betainc(alpha, 2.0 * alpha, 1.0 / 3.0) - 3.0 > size
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    exact = 2.0 / np.sqrt(np.exp(0.5 * (low + high)))
    small = np.sqrt(12.0 * np.pi) * np.abs(ratio)
    return np.asarray(np.sign(ratio) * np.where(np.abs(ratio) < _SMALL_T3, small, exact))


def l_scale(cs: npt.ArrayLike) -> Floats:
    """Return l2 / sd [-] of the Pearson III distributions with some Cs (Hosking and Wallis 1997, appendix A.9)."""
    from scipy import special

    alpha = 4.0 / np.maximum(np.abs(np.asarray(cs, dtype=np.float64)), SMALL_CS) ** 2
    logarithm = special.gammaln(alpha + 0.5) - special.gammaln(alpha) - 0.5 * np.log(alpha)
    return np.asarray(np.exp(logarithm) / np.sqrt(np.pi))
