"""Frequency analysis (频率分析): a Pearson III distribution fitted to the values of a record.

P is the share of years in which a value is exceeded: P = 25 % is a wet year, P = 95 % a very dry one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from waterbal.errors import DataError, Issue, Message, nearest, one_of
from waterbal.hydrology.curve import CRITERIA, fit_curve
from waterbal.hydrology.pearson import Pearson3, l_moments, l_scale, skewness_of
from waterbal.model.rows import Floats

POSITIONS: Mapping[str, float] = {
    "weibull": 0.0,
    "chegodayev": 0.3,
    "median": 0.3175,
    "blom": 0.375,
    "cunnane": 0.4,
    "gringorten": 0.44,
    "hazen": 0.5,
}
"""Plotting position -> a of P = (m - a) / (n + 1 - 2 a); ``weibull`` is m / (n + 1), the practice in China."""
METHODS = ("l_moments", "moments", "curve")
"""Ways of fitting: L-moments (线性矩法), moments (矩法), a curve through the plotting positions (适线法)."""
STANDARD = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.97)
"""Exceedances that are told where none are asked for: wet, middling, dry and very dry years."""
FEWEST = 8
"""Fewest values that a distribution of three parameters is fitted to."""


@dataclass(frozen=True)
class Method:
    """How a distribution is fitted."""

    kind: str = "l_moments"
    """One of ``METHODS``."""
    position: str = "weibull"
    """One of ``POSITIONS``."""
    ratio: float | None = None
    """Cs / Cv where it is kept at a multiple (Cs = 2 Cv ...), None where Cs is free."""
    criterion: str = "squares"
    """What ``curve`` makes small, one of ``CRITERIA``."""
    keep_mean: bool = True
    """Whether ``curve`` keeps the mean of the record, as is usual, and fits Cv and Cs only."""


KEPT = (Method.criterion, Method.keep_mean)
"""What ``curve`` does unless told, and no other method can be told."""


@dataclass(frozen=True)
class Fit:
    """A fitted distribution and the record that it was fitted to."""

    distribution: Pearson3
    """Of the values that are not zero."""
    method: Method
    sample: Floats
    """ndarray (value), largest first."""
    position: Floats
    """ndarray (value) [-], empirical exceedance of ``sample``."""
    zeros: float
    """[-] share of the record that is zero."""

    @property
    def size(self) -> int:
        """Number of values of the record."""
        return int(self.sample.size)

    def quantile(self, exceedance: Sequence[float] | Floats) -> Floats:
        """Return the values that are exceeded with some probabilities; never below zero.

        Where a share of the record is zero, the distribution of the rest has the rest of the probability
        (频率比例法).
        """
        p = np.asarray(exceedance, dtype=np.float64)
        wet = 1.0 - self.zeros
        inside = np.minimum(p / wet, 1.0)
        values = np.maximum(self.distribution.quantile(inside), 0.0)
        return np.asarray(np.where(p >= wet, 0.0, values)) if self.zeros else values

    def exceedance(self, value: Floats) -> Floats:
        """Return the probabilities [-] that some values are exceeded."""
        found: Floats = (1.0 - self.zeros) * self.distribution.exceedance(value)
        return (
            np.asarray(np.where(np.asarray(value) <= 0.0, 1.0 - self.zeros, found)) if self.zeros else found
        )


def plotting_positions(count: int, kind: str = "weibull") -> Floats:
    """Return the empirical exceedance [-] of the values of a record, largest first.

    Parameters
    ----------
    count : int
        Number of values n.
    kind : str
        One of ``POSITIONS``.

    Raises
    ------
    DataError
        If there is no such plotting position.

    Notes
    -----
    (m - a) / (n + 1 - 2 a); a by Cunnane (1978) except for Chegodayev's 0.3.
    """
    if kind not in POSITIONS:
        expected = one_of(POSITIONS)
        message = Message(f"没有经验频率公式 {kind!r}", f"no plotting position {kind!r}")
        raise DataError(Issue(message, expected=expected, nearest=nearest(kind, POSITIONS)))
    a = POSITIONS[kind]
    ranks = np.arange(1, count + 1, dtype=np.float64)
    positions: Floats = (ranks - a) / (count + 1.0 - 2.0 * a)
    return positions


def fit(sample: Sequence[float] | Floats, method: Method | None = None) -> Fit:
    """Fit a Pearson III distribution.

    Parameters
    ----------
    sample : array_like (value)
        Values of a record in any order, none negative; zeros are kept apart.
    method : Method
        How to fit; by default L-moments with free Cs.

    Raises
    ------
    DataError
        If the record is too short or holds what cannot be, or the method does not exist.
    """
    method = method or Method()
    values = np.sort(np.asarray(sample, dtype=np.float64))[::-1]
    positive = _checked(values, method)
    position = plotting_positions(values.size, method.position)
    zeros = 1.0 - positive.size / values.size
    return Fit(_distribution(positive, method), method, values, position, zeros)


def bands(
    fitted: Fit, exceedance: Sequence[float], level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Floats:
    """Return the sampling bands of quantiles.

    Records as long as the one at hand are drawn from the fitted distribution and fitted in the same way
    (parametric bootstrap, Efron and Tibshirani 1993, chapter 6); the band holds the middle ``level`` of their
    quantiles.

    Parameters
    ----------
    fitted : Fit
        As given by ``fit``.
    exceedance : sequence of float [-]
        Probabilities of the quantiles.
    level : float [-]
        Share of the draws inside the band.
    draws : int
        Number of records drawn.
    seed : int
        The same seed gives the same bands.

    Returns
    -------
    ndarray (2, quantile)
        Lower and upper end, in the units of the record.
    """
    random = np.random.default_rng(seed)
    records = fitted.quantile(random.random((draws, fitted.size)))
    wanted = np.asarray(exceedance, dtype=np.float64)
    found = [
        replace(fitted, distribution=one, zeros=share).quantile(wanted)
        for one, share in _redrawn(records, fitted.method)
    ]
    tail = 50.0 * (1.0 - level)
    return np.asarray(np.percentile(np.array(found), [tail, 100.0 - tail], axis=0))


def _redrawn(records: Floats, method: Method) -> list[tuple[Pearson3, float]]:
    """Fit every drawn record, but for those that have too few values above zero or cannot have that Cs."""
    fitted = []
    for record in records:
        positive = record[record > 0.0]
        if positive.size < 3 or np.ptp(positive) == 0.0:
            continue
        try:
            fitted.append((_distribution(positive, method), 1.0 - positive.size / record.size))
        except DataError:
            continue
    return fitted


def _checked(values: Floats, method: Method) -> Floats:
    """Return the values that are not zero, or raise everything that is wrong."""
    issues = []
    if method.kind not in METHODS:
        expected, near = one_of(METHODS), nearest(method.kind, METHODS)
        issues.append(
            Issue(
                Message(f"没有参数估计方法 {method.kind!r}", f"no way of fitting {method.kind!r}"),
                expected=expected,
                nearest=near,
            )
        )
    if method.criterion not in CRITERIA:
        expected, near = one_of(CRITERIA), nearest(method.criterion, CRITERIA)
        issues.append(
            Issue(
                Message(f"没有适线准则 {method.criterion!r}", f"no criterion {method.criterion!r}"),
                expected=expected,
                nearest=near,
            )
        )
    if method.kind in METHODS and method.kind != "curve" and (method.criterion, method.keep_mean) != KEPT:
        issues.append(
            Issue(
                Message(
                    "适线准则与放开均值只用于适线法",
                    "a criterion and a free mean are for fitting a curve alone",
                ),
                expected=Message("方法 curve；或去掉这两项", "the method curve; or neither of them"),
            )
        )
    if method.ratio is not None and not 0.0 < method.ratio <= 20.0:
        issues.append(
            Issue(
                Message(f"Cs 不能是 Cv 的 {method.ratio:g} 倍", f"Cs cannot be {method.ratio:g} Cv"),
                expected=Message("倍比，例如 2；或不限定", "a multiple such as 2, or free"),
            )
        )
    if not np.isfinite(values).all() or (values < 0.0).any():
        issues.append(
            Issue(
                Message("系列中有缺测或负值", "the record has gaps or negative values"),
                expected=Message("不小于零的值", "values of zero or more"),
            )
        )
    positive = values[values > 0.0]
    if positive.size < FEWEST:
        message = Message(
            f"不为零的值只有 {positive.size} 个，不足以作频率分析",
            f"{positive.size} values that are not zero are too few for a frequency analysis",
        )
        issues.append(Issue(message, expected=Message(f"至少 {FEWEST} 个", f"at least {FEWEST}")))
    elif np.ptp(positive) <= 1e-12 * positive[0]:
        issues.append(
            Issue(
                Message("所有的值都相同", "all values are the same"),
                expected=Message("有变化的值", "values that vary"),
            )
        )
    if issues:
        raise DataError(issues)
    return positive


def _distribution(positive: Floats, method: Method) -> Pearson3:
    """Fit the values that are not zero."""
    if method.kind == "curve":
        ordered = np.sort(positive)[::-1]
        position = plotting_positions(ordered.size, method.position)
        return fit_curve(ordered, position, method.criterion, method.ratio, method.keep_mean)
    if method.kind == "moments":
        return _by_moments(positive, method.ratio)
    return _by_l_moments(positive, method.ratio)


def _by_moments(values: Floats, ratio: float | None) -> Pearson3:
    """Fit mean, Cv and Cs, corrected for the number of values."""
    mean = float(values.mean())
    cv = float(values.std(ddof=1)) / mean
    return Pearson3(mean, cv, sample_skewness(values) if ratio is None else ratio * cv)


def sample_skewness(values: Floats) -> float:
    """Return the Cs [-] of a sample, n sum((x - mean)^3) / ((n - 1)(n - 2) s^3)."""
    n = values.size
    deviation = values - values.mean()
    spread = np.sqrt((deviation**2).sum() / (n - 1.0))
    return float(n * (deviation**3).sum() / ((n - 1.0) * (n - 2.0) * spread**3))


def _by_l_moments(values: Floats, ratio: float | None) -> Pearson3:
    """Fit l1, l2 and, where Cs is free, t3 (Hosking 1990)."""
    l1, l2, t3 = (float(moment) for moment in l_moments(values))
    if ratio is None:
        cs = float(skewness_of(t3))
        return Pearson3(l1, l2 / float(l_scale(cs)) / l1, cs)
    # l2 / l1 rises with Cv, towards 2 / ratio where the distribution has all its mass at its lower end
    if l2 / l1 >= 2.0 / ratio * (1.0 - 1e-6):
        message = Message(
            f"系列的变化超出 Cs = {ratio:g} Cv 所能表示的范围（L-Cv 为 {l2 / l1:.2f}）",
            f"the record varies more than Cs = {ratio:g} Cv allows (L-Cv {l2 / l1:.2f})",
        )
        raise DataError(
            Issue(
                message,
                expected=Message(
                    f"小于 {2.0 * l1 / l2:.1f} 的倍比，或不限定 Cs",
                    f"a multiple below {2.0 * l1 / l2:.1f}, or Cs free",
                ),
            )
        )
    from scipy import optimize

    def missing(logarithm: float) -> float:
        cv = np.exp(logarithm)
        return float(cv * l_scale(ratio * cv)) - l2 / l1

    cv = float(np.exp(optimize.brentq(missing, np.log(1e-9), np.log(1e9), xtol=1e-14)))
    return Pearson3(l1, cv, ratio * cv)
