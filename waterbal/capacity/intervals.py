"""What a sample of records supports: intervals of shares, sizes that would be needed, return periods."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from waterbal.errors import Issue, Message, UsageError, in_language
from waterbal.network.requirements import years_needed

Method = Literal["exact", "wilson"]
"""Clopper and Pearson (1934), which covers at least as often as it says; Wilson (1927), which does so on average."""
CONFIDENCE = 0.95
"""Share of samples whose interval holds the true value, by the custom of the field [-]."""
TARGET = 0.05
"""Distance of the ends of an interval from a share that tells it in whole tenths [-]."""
MOST = 10_000_000
"""Largest sample that is thought of."""


@dataclass(frozen=True)
class Interval:
    """Interval of a number that is known from a sample."""

    low: float
    high: float

    def reach(self, value: float) -> float:
        """Return how far the farther of its ends is from a value."""
        return max(self.high - value, value - self.low)


@dataclass(frozen=True)
class Claim:
    """A number, or why the sample does not support it."""

    value: float
    """nan where it is refused."""
    size: int
    """Size of the sample."""
    needed: int
    """Smallest size that supports the claim."""
    refused: Issue | None = None
    """Why it is refused."""


@dataclass(frozen=True)
class ReturnPeriod:
    """How often something happens."""

    misses: int
    size: int
    """Years in which it could have happened."""
    period: float
    """(n + 1) / m [yr]; nan where it was not seen, which tells no more than ``longest``."""
    interval: Interval
    """[yr]; its upper end is infinite where it was not seen."""

    @property
    def longest(self) -> int:
        """Longest return period that the sample supports, n + 1 [yr]."""
        return self.size + 1


def interval(misses: int, size: int, confidence: float = CONFIDENCE, method: Method = "exact") -> Interval:
    """Return the two-sided interval of a share.

    Parameters
    ----------
    misses : int
        How often it was seen.
    size : int
        Among how many.
    confidence : float
        Share of samples whose interval holds the true share [-].
    method : str
        ``exact`` (Clopper and Pearson 1934) or ``wilson`` (Wilson 1927).

    Raises
    ------
    UsageError
        If there is no sample, or it is smaller than what was seen in it.
    """
    from scipy.stats import binomtest

    _check(misses, size, confidence)
    found = binomtest(misses, size).proportion_ci(confidence_level=confidence, method=method)
    return Interval(float(found.low), float(found.high))


def more_needed(misses: int, size: int, within: float = TARGET, confidence: float = CONFIDENCE) -> int:
    """Return how many more records bring both ends of the exact interval near the share, if that stays what it is.

    Parameters
    ----------
    misses : int
        How often it was seen.
    size : int
        Among how many.
    within : float
        Distance from the share that is aimed at [-].
    confidence : float
        Of the interval [-].

    Raises
    ------
    UsageError
        If the distance is not between 0 and 0.5.
    """
    _check(misses, size, confidence)
    if not 0.0 < within < 0.5:
        raise UsageError(
            Issue(
                Message(f"距离 {within:g}", f"a distance of {within:g}"),
                expected=Message("大于 0 且小于 0.5", "more than 0, less than 0.5"),
            )
        )
    share = misses / size

    def wide(n: int) -> bool:
        return _exact(share * n, n, confidence).reach(share) > within

    if not wide(size):
        return 0
    low, high = size, 2 * size
    while wide(high) and high < MOST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return high - size


def _exact(misses: float, size: int, confidence: float) -> Interval:
    """Return the interval of Clopper and Pearson by quantiles of the beta distribution, for any real count."""
    from scipy.stats import beta

    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if misses <= 0.0 else float(beta.ppf(tail, misses, size - misses + 1.0))
    high = 1.0 if misses >= size else float(beta.ppf(1.0 - tail, misses + 1.0, size - misses))
    return Interval(low, high)


def _check(misses: int, size: int, confidence: float) -> None:
    """Refuse what is no sample."""
    issues = []
    if size < 1:
        issues.append(
            Issue(
                Message(f"{size} 个系列中的比例", f"a share of {size} records"),
                expected=Message("1 个系列或更多", "1 record or more"),
            )
        )
    elif not 0 <= misses <= size:
        issues.append(
            Issue(
                Message(f"{size} 个系列中的 {misses} 个", f"{misses} of {size} records"),
                expected=Message(f"0 至 {size}", f"0 to {size}"),
            )
        )
    if not 0.0 < confidence < 1.0:
        issues.append(
            Issue(
                Message(f"置信度 {confidence:g}", f"a confidence of {confidence:g}"),
                expected=Message("大于 0 且小于 1", "more than 0, less than 1"),
            )
        )
    if issues:
        raise UsageError(issues)


def lower_rank(size: int, share: float) -> int:
    """Return the rank from below of the value that a share of cases reaches: (n + 1 - rank) / (n + 1) >= share.

    Parameters
    ----------
    size : int
        Number of cases n.
    share : float
        Share that is to reach the value [-].

    Returns
    -------
    int
        From 1; 0 if n is too small.
    """
    return max(math.floor((1.0 - share) * (size + 1) + 1e-9), 0)


def claim(values: np.ndarray, share: float, what: str) -> Claim:
    """Return the value that a share of cases reaches or exceeds, or refuse it.

    Parameters
    ----------
    values : ndarray (case)
        Values; -inf where there is none.
    share : float
        Share of cases [-]; 1 - 1/N for what is undercut once in N.
    what : str
        Name of the claim in words.

    Returns
    -------
    Claim
        Refused where no value of the sample is exceeded that often: n / (n + 1) < share (Weibull 1939).
    """
    named = in_language(what, "zh")
    if not 0.0 < share < 1.0:
        message = Message(f"保证率 {share:g} 的{named}", f"{what} in a share {share:g} of cases")
        raise UsageError(Issue(message, expected=Message("大于 0 且小于 1", "more than 0, less than 1")))
    size, needed = int(values.size), years_needed(share)
    rank = lower_rank(size, share)
    if rank == 0:
        best = size / (size + 1.0)
        message = Message(
            f"{size} 个水文样本至多支持保证率为 {best:.4g} 的{named}，而不是 {share:.6g}",
            f"{size} realizations support {what} in a share of at most {best:.4g}, not {share:.6g}",
        )
        return Claim(
            math.nan,
            size,
            needed,
            Issue(message, expected=Message(f"{needed} 个水文样本或更多", f"{needed} realizations or more")),
        )
    value = float(np.sort(values)[rank - 1])
    return Claim(value if value > -math.inf else math.nan, size, needed)


def one_in(values: np.ndarray, period: float) -> Claim:
    """Return the value that is undercut once in a number of cases, or refuse it.

    Parameters
    ----------
    values : ndarray (case)
        Values; -inf where there is none.
    period : float
        N of 1-in-N.

    Returns
    -------
    Claim
        Refused where N is beyond n + 1.
    """
    if not period > 1.0:
        raise UsageError(
            Issue(
                Message(f"{period:g} 次中一次", f"once in {period:g}"),
                expected=Message("大于 1", "more than 1"),
            )
        )
    return claim(
        values,
        1.0 - 1.0 / period,
        Message(f"{period:g} 次中低于一次的值", f"a value undercut once in {period:g}"),
    )


def return_period(misses: int, size: int, confidence: float = CONFIDENCE) -> ReturnPeriod:
    """Return how often something happens, as seen in a number of years.

    Parameters
    ----------
    misses : int
        Years in which it happened.
    size : int
        Years in which it could have happened.
    confidence : float
        Of the interval, for years that do not depend on each other [-].
    """
    share = interval(misses, size, confidence)
    high = math.inf if share.low == 0.0 else 1.0 / share.low
    period = math.nan if misses == 0 else (size + 1.0) / misses
    return ReturnPeriod(misses, size, period, Interval(1.0 / share.high, high))
