"""Standardised drought indices against the package spei, scipy and themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from waterbal.errors import DataError
from waterbal.hydrology.drought import MOST, events, fit_months, moving_sums, standardized_index

CLIMATE = Path(__file__).resolve().parent.parent / "configs" / "jinan" / "climate.csv"


@pytest.fixture(scope="module")
def rain() -> np.ndarray:
    """Give Jinan's rain by year and month."""
    with CLIMATE.open(encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return np.array([float(row["precip_mm"]) for row in rows]).reshape(-1, 12)


class GammaFromZero(type(stats.gamma)):  # type: ignore[misc]
    """The gamma distribution of scipy, fitted with its lower end at zero, as an SPI has it; zeros are apart."""

    def fit(self, data: np.ndarray, *_: object, **__: object) -> tuple[float, ...]:
        return tuple(float(part) for part in super().fit(data[data > 0.0], floc=0.0))


class Pearson3ByLMoments(type(stats.pearson3)):  # type: ignore[misc]
    """The Pearson III distribution of scipy, fitted by lmoments3."""

    def fit(self, data: np.ndarray, *_: object, **__: object) -> tuple[float, ...]:
        from lmoments3 import distr

        found = distr.pe3.lmom_fit(data[data > 0.0])
        return float(found["skew"]), float(found["loc"]), float(found["scale"])


@pytest.mark.parametrize("scale", [1, 3, 12])
@pytest.mark.parametrize("distribution", ["gamma", "pearson3"])
def test_spi_agrees_with_the_package_spei(rain: np.ndarray, scale: int, distribution: str) -> None:
    spei = pytest.importorskip("spei", reason="spei is not installed")
    pytest.importorskip("lmoments3", reason="lmoments3 is not installed")
    ours = standardized_index(rain, scale, distribution).ravel()
    index = pd.date_range("1980-01-01", periods=rain.size, freq="MS")
    sums = pd.Series(moving_sums(rain, scale).ravel(), index).dropna()
    law = (
        GammaFromZero(name="gamma", a=0.0) if distribution == "gamma" else Pearson3ByLMoments(name="pearson3")
    )
    theirs = spei.spi(sums, dist=law, prob_zero=True, fit_freq="MS").reindex(index).to_numpy()
    known = np.isfinite(ours)
    assert known.sum() == rain.size - scale + 1
    assert ours[known] == pytest.approx(np.clip(theirs[known], -MOST, MOST), abs=2e-3)


def test_gamma_is_that_of_scipy(rain: np.ndarray) -> None:
    sums = moving_sums(rain, 3)
    for month, column in zip(fit_months(rain, 3), sums.T, strict=True):
        values = column[np.isfinite(column) & (column > 0.0)]
        shape, _, scale = stats.gamma.fit(values, floc=0.0)
        assert month.law is not None
        probe = np.quantile(values, [0.05, 0.3, 0.5, 0.9])
        # scipy stops its search for the shape a little early
        assert month.law.below(probe) == pytest.approx(stats.gamma.cdf(probe, shape, scale=scale), abs=1e-4)


@pytest.mark.parametrize("scale", [1, 12])
def test_index_is_standard_normal_and_orders_like_the_sums(rain: np.ndarray, scale: int) -> None:
    index, sums = standardized_index(rain, scale), moving_sums(rain, scale)
    for month in range(12):
        known = np.isfinite(index[:, month])
        assert abs(index[known, month].mean()) < 0.15
        assert index[known, month].std() == pytest.approx(1.0, abs=0.2)
        order = stats.spearmanr(index[known, month], sums[known, month]).statistic
        assert order == pytest.approx(1.0, abs=1e-9)


def test_limit_is_where_the_index_has_its_value(rain: np.ndarray) -> None:
    for distribution in ("gamma", "pearson3"):
        for month in fit_months(rain, 12, distribution):
            assert month.index(np.array([month.limit(-1.0)]))[0] == pytest.approx(-1.0)


def test_dry_months_and_gaps() -> None:
    random = np.random.default_rng(3)
    table = random.gamma(2.0, 10.0, (30, 12))
    table[random.random((30, 12)) < 0.3] = 0.0
    table[10, 5] = np.nan
    index = standardized_index(table, 1)
    months = fit_months(table, 1)
    dry = table[:, 0] == 0.0
    # a dry month has the probability of being dry, not minus infinity
    assert index[dry, 0] == pytest.approx(stats.norm.ppf(months[0].zero))
    assert months[0].limit(-3.0) == 0.0
    three = standardized_index(table, 3)
    assert np.isnan(three[10, 5:8]).all() and np.isfinite(three[10, 8])
    assert np.isnan(three[0, :2]).all()


def test_what_there_is_no_index_of() -> None:
    with pytest.raises(DataError, match="did you mean 'gamma'"):
        standardized_index(np.ones((30, 12)), 3, "gama")
    with pytest.raises(DataError, match="0 months"):
        standardized_index(np.ones((30, 12)), 0)
    assert np.isnan(standardized_index(np.ones((30, 12)), 3)).all()  # does not vary
    assert np.isnan(standardized_index(np.random.default_rng(0).random((5, 12)), 1)).all()  # too short


def test_a_drought_is_below_zero_in_a_row_and_reaches_minus_one() -> None:
    index = np.array([np.nan, -0.5, -1.2, -0.1, 0.0, -0.9, 0.3, -1.0, np.nan, -2.0, -3.0])
    found = [(e.first, e.months, e.lowest, e.ended) for e in events(index)]
    assert found == [(1, 3, -1.2, True), (7, 1, -1.0, False), (9, 2, -3.0, False)]
    assert events(index)[0].magnitude == pytest.approx(1.8)


def test_months_of_droughts_are_where_the_index_says(rain: np.ndarray) -> None:
    index = standardized_index(rain, 3).ravel()
    found = events(index)
    dry = np.zeros(index.size, dtype=bool)
    for event in found:
        assert index[event.first : event.first + event.months].max() < 0.0
        assert event.first == 0 or not index[event.first - 1] < 0.0
        dry[event.first : event.first + event.months] = True
    assert (index[~dry & np.isfinite(index)] > -1.0).all()
