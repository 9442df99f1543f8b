"""Trend and break of a record: against scipy, the definition, and chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from waterbal.hydrology.consistency import consistency


def test_break_is_where_the_definition_has_it() -> None:
    random = np.random.default_rng(2)
    values = np.concatenate([random.normal(10.0, 2.0, 18), random.normal(7.0, 2.0, 14)])
    years = np.arange(1970, 1970 + values.size)
    # Pettitt (1979): U(t) = sum over i <= t < j of sign(x_i - x_j)
    sizes = [abs(sum(np.sign(a - b) for a in values[:t] for b in values[t:])) for t in range(1, values.size)]
    found = consistency(years, values)
    assert found.break_after == years[int(np.argmax(sizes))]
    n = values.size
    assert found.break_probability == pytest.approx(2 * np.exp(-6 * max(sizes) ** 2 / (n**3 + n**2)))
    assert found.before > found.after and found.doubtful
    tau = stats.kendalltau(years, values)
    assert (found.trend, found.trend_probability) == pytest.approx((tau.statistic, tau.pvalue))


def test_one_population_is_doubted_as_often_as_the_level_says() -> None:
    random = np.random.default_rng(5)
    years = np.arange(40)
    found = [consistency(years, random.gamma(4.0, 1.0, 40)) for _ in range(600)]
    trend = sum(one.trend_probability < 0.05 for one in found)
    breaks = sum(one.break_probability < 0.05 for one in found)
    assert stats.binomtest(trend, 600, 0.05).pvalue > 1e-3
    assert breaks / 600 < 0.07  # Pettitt's formula is a bound for short records
    assert 0.04 < np.mean([one.break_probability < 0.10 for one in found]) < 0.14
