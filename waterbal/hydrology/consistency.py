"""Whether a record is one population (一致性审查): a trend, or a break between two means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.model.rows import Floats, Ints

DOUBT = 0.05
"""[-] a record is doubted where a test is as improbable as this for one population."""


@dataclass(frozen=True)
class Consistency:
    """Outcome of two tests; years that follow each other alike make both doubt more often than they should."""

    trend: float
    """Kendall's tau of values against years [-]."""
    trend_probability: float
    """[-] of as large a tau without a trend (Mann 1945, Kendall 1975)."""
    break_after: int
    """Year after which the means differ most."""
    before: float
    """Mean up to then, in the units of the record."""
    after: float
    """Mean from then on."""
    break_probability: float
    """[-] of as large a difference without a break (Pettitt 1979)."""

    @property
    def doubtful(self) -> bool:
        """Whether one of the tests doubts that the record is one population."""
        return min(self.trend_probability, self.break_probability) < DOUBT


def consistency(years: Ints, values: Floats) -> Consistency:
    """Test a record for a trend and a break.

    Parameters
    ----------
    years : ndarray (value)
        In order.
    values : ndarray (value)
        At least four that are not all the same.
    """
    from scipy import stats

    kendall = stats.kendalltau(years, values)
    n = values.size
    ranks = stats.rankdata(values)
    steps = np.arange(1, n)
    size = np.abs(2.0 * np.cumsum(ranks)[:-1] - steps * (n + 1.0))
    at = int(size.argmax())
    probability = 2.0 * np.exp(-6.0 * size[at] ** 2 / (n**3 + n**2))
    return Consistency(
        float(kendall.statistic),
        float(kendall.pvalue),
        int(years[at]),
        float(values[: at + 1].mean()),
        float(values[at + 1 :].mean()),
        min(float(probability), 1.0),
    )
