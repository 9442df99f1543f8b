"""Frequency analysis: published tables and examples, scipy, lmoments3, an optimiser that is not ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from waterbal.errors import DataError
from waterbal.hydrology import frequency
from waterbal.hydrology.curve import CRITERIA
from waterbal.hydrology.frequency import Method, fit, plotting_positions
from waterbal.hydrology.pearson import Pearson3, frequency_factor, l_moments, l_scale, skewness_of

# annual floods of a station, 21 years: 詹道江, 叶守泽, 工程水文学, 3rd edition 2000, table 7-3
FLOODS = np.concatenate(
    [
        [1540.0, 980, 1090, 1050, 1860, 1140, 790, 2750, 762, 2390, 1210],
        [1270.0, 1200, 1740, 883, 1260, 408, 1050, 1520, 483, 794],
    ]
)

# Bulletin 17B of the US Interagency Advisory Committee on Water Data (1982), appendix 3, skew 1.0
BULLETIN_17B = {
    0.99: -1.58838,
    0.95: -1.31684,
    0.90: -1.12762,
    0.80: -0.85161,
    0.50: -0.16397,
    0.20: 0.75752,
    0.10: 1.34039,
    0.04: 2.04269,
    0.02: 2.54206,
    0.01: 3.02256,
}
# Kp of the Pearson III tables printed in Chinese textbooks, Cv = 0.25 (as reprinted at dtiku.com/?p=45225)
KP_PERCENT = (0.1, 0.2, 0.33, 0.5, 1, 2, 5, 10, 20, 50, 75, 90, 95, 99)
KP = {
    2.0: (1.96, 1.87, 1.81, 1.77, 1.67, 1.58, 1.45, 1.33, 1.20, 0.98, 0.82, 0.70, 0.63, 0.52),
    3.0: (2.05, 1.95, 1.88, 1.82, 1.72, 1.61, 1.46, 1.34, 1.20, 0.97, 0.82, 0.71, 0.65, 0.56),
}


def test_frequency_factors_of_bulletin_17b() -> None:
    factors = frequency_factor(list(BULLETIN_17B), 1.0)
    assert factors == pytest.approx(list(BULLETIN_17B.values()), abs=6e-6)
    mirrored = -frequency_factor(1.0 - np.array(list(BULLETIN_17B)), -1.0)
    assert mirrored == pytest.approx(list(BULLETIN_17B.values()), abs=6e-6)


@pytest.mark.parametrize("ratio", KP)
def test_kp_tables_of_chinese_textbooks(ratio: float) -> None:
    # tables of two decimals that were made by hand: within one unit of the last
    found = Pearson3(1.0, 0.25, ratio * 0.25).quantile(np.array(KP_PERCENT) / 100.0)
    assert found == pytest.approx(KP[ratio], abs=0.0101)


def test_published_design_years() -> None:
    # 18 years of runoff, mean 969.7 m3/s, Cv 0.25, Cs = 2 Cv: once in 10 wet years 1290 m3/s (exam in hydrology)
    assert float(Pearson3(969.7, 0.25, 0.50).quantile(0.10)) == pytest.approx(1290.0, abs=1.0)
    # mean 48.1 m3/s, s = 16.84 m3/s, Cs = 2 Cv, P = 90 %: Kp = 0.59, 28.4 m3/s (ditto)
    assert float(Pearson3(48.1, 16.84 / 48.1, 2 * 16.84 / 48.1).quantile(0.90)) == pytest.approx(
        28.4, abs=0.25
    )


@pytest.mark.parametrize("cs", [-3.0, -1.0, -0.2, -1e-3, -5e-5, 0.0, 5e-5, 1e-3, 0.1, 0.5, 1.0, 2.0, 3.0])
def test_distribution_agrees_with_scipy(cs: float) -> None:
    p = np.array([0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999])
    ours = Pearson3(200.0, 0.4, cs)
    assert ours.quantile(p) == pytest.approx(stats.pearson3.isf(p, cs, 200.0, 80.0), rel=1e-8)
    values = np.linspace(60.0, 500.0, 23)
    assert ours.exceedance(values) == pytest.approx(stats.pearson3.sf(values, cs, 200.0, 80.0), abs=1e-8)


def test_exponential_and_normal_are_special_cases() -> None:
    p = np.array([0.01, 0.3, 0.95])
    assert frequency_factor(p, 2.0) == pytest.approx(-np.log(p) - 1.0, rel=1e-13)
    assert frequency_factor(p, 0.0) == pytest.approx(stats.norm.isf(p), rel=1e-13)


def test_l_moments_agree_with_lmoments3() -> None:
    lmoments3 = pytest.importorskip("lmoments3", reason="lmoments3 is not installed")
    from lmoments3 import distr

    found = [float(part) for part in l_moments(FLOODS)]
    assert found == pytest.approx([float(part) for part in lmoments3.lmom_ratios(FLOODS, 3)], rel=1e-12)
    theirs = distr.pe3.lmom_fit(FLOODS)
    ours = fit(FLOODS).distribution
    # theirs is Hosking's rational approximation, good to a few 1e-5
    assert ours.cs == pytest.approx(float(theirs["skew"]), rel=5e-5)
    assert ours.sd == pytest.approx(float(theirs["scale"]), rel=5e-5)


def test_l_moments_of_a_sample_by_hand() -> None:
    # Hosking (1990): l2 is half the mean difference, l3 a third of the mean of x3 - 2 x2 + x1 over all triples
    sample = np.array([3.0, 1.0, 9.0, 4.0, 6.5])
    ordered = np.sort(sample)
    pairs = [b - a for i, a in enumerate(ordered) for b in ordered[i + 1 :]]
    triples = [
        ordered[k] - 2 * ordered[j] + ordered[i]
        for i in range(5)
        for j in range(i + 1, 5)
        for k in range(j + 1, 5)
    ]
    l1, l2, t3 = l_moments(sample)
    assert float(l1) == pytest.approx(sample.mean())
    assert float(l2) == pytest.approx(np.mean(pairs) / 2)
    assert float(t3 * l2) == pytest.approx(np.mean(triples) / 3)


@pytest.mark.parametrize("cs", [-2.0, -0.4, -2e-5, 1e-3, 0.02, 0.5, 1.0, 2.0, 4.0])
def test_l_moments_of_the_distribution_by_quadrature(cs: float) -> None:
    # L-moments are integrals of the quantile function times shifted Legendre polynomials (Hosking 1990, 2.2)
    node, weight = np.polynomial.legendre.leggauss(500)
    u = 0.5 * (node + 1.0)
    x = stats.pearson3.ppf(u, cs)
    l2 = 0.5 * (weight * x * (2 * u - 1)).sum()
    l3 = 0.5 * (weight * x * (6 * u**2 - 6 * u + 1)).sum()
    assert float(l_scale(cs)) == pytest.approx(l2, rel=2e-5)
    assert float(skewness_of(l3 / l2)) == pytest.approx(cs, rel=2e-4, abs=1e-7)


def test_plotting_positions() -> None:
    assert plotting_positions(4, "weibull") == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert plotting_positions(4, "hazen") == pytest.approx([0.125, 0.375, 0.625, 0.875])
    assert plotting_positions(19, "gringorten")[0] == pytest.approx(0.56 / 19.12)
    with pytest.raises(DataError, match="did you mean 'weibull'"):
        plotting_positions(4, "weibul")


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("ratio", [None, 2.0])
@pytest.mark.parametrize("keep_mean", [True, False])
def test_curve_is_the_best_curve(criterion: str, ratio: float | None, keep_mean: bool) -> None:
    fitted = fit(FLOODS, Method("curve", ratio=ratio, criterion=criterion, keep_mean=keep_mean))
    weight = 1.0 / fitted.sample if criterion == "relative_squares" else np.ones(FLOODS.size)

    def size(parameters: np.ndarray) -> float:
        mean, cv, cs = parameters
        deviation = weight * (fitted.sample - stats.pearson3.isf(fitted.position, cs, mean, abs(cv) * mean))
        return float(np.abs(deviation).sum() if criterion == "absolute" else (deviation**2).sum())

    def whole(free: np.ndarray) -> np.ndarray:
        mean = FLOODS.mean() if keep_mean else free[-1] * FLOODS.mean()
        return np.array([mean, free[0], free[1] if ratio is None else ratio * free[0]])

    ours = fitted.distribution
    best = np.inf
    for cs in (0.3, 1.5, 2.5):
        start = [0.5, *([cs] if ratio is None else []), *([] if keep_mean else [1.0])]
        options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
        found = optimize.minimize(lambda x: size(whole(x)), start, method="Nelder-Mead", options=options)
        best = min(best, found.fun)
    assert size(np.array([ours.mean, ours.cv, ours.cs])) <= best * (1.0 + 1e-7)
    if keep_mean:
        assert ours.mean == pytest.approx(FLOODS.mean())
    if ratio is not None:
        assert ours.cs == pytest.approx(ratio * ours.cv)


@settings(max_examples=25, deadline=None)
@given(
    cv=st.floats(0.1, 0.9),
    ratio=st.floats(1.0, 4.0),
    position=st.sampled_from(sorted(frequency.POSITIONS)),
    keep_mean=st.booleans(),
)
def test_curve_through_exact_quantiles_finds_the_curve(
    cv: float, ratio: float, position: str, keep_mean: bool
) -> None:
    true = Pearson3(100.0, cv, ratio * cv)
    sample = true.quantile(plotting_positions(30, position))
    if sample.min() <= 0.0 or (keep_mean and abs(sample.mean() - 100.0) > 0.5):
        return
    fitted = fit(sample, Method("curve", position=position, keep_mean=False)).distribution
    assert [fitted.mean, fitted.cv, fitted.cs] == pytest.approx([100.0, cv, ratio * cv], rel=1e-4)


def test_cs_kept_at_a_multiple_of_cv() -> None:
    for kind in frequency.METHODS:
        fitted = fit(FLOODS, Method(kind, ratio=3.5)).distribution
        assert fitted.cs == pytest.approx(3.5 * fitted.cv)
    by_l_moments = fit(FLOODS, Method(ratio=3.5)).distribution
    _, l2, _ = l_moments(FLOODS)
    assert by_l_moments.sd * float(l_scale(by_l_moments.cs)) == pytest.approx(float(l2))


def test_a_multiple_that_the_record_cannot_have_is_refused() -> None:
    wild = np.concatenate([np.full(18, 1.0), [2.0, 400.0]])
    with pytest.raises(DataError, match=r"varies more than Cs = 4 Cv allows .* a multiple below 2\.\d"):
        fit(wild, Method(ratio=4.0))
    _, l2, _ = l_moments(wild)
    most = fit(wild, Method(ratio=2.0)).distribution
    assert most.sd * float(l_scale(most.cs)) == pytest.approx(float(l2))


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.floats(1e-3, 1e6), min_size=8, max_size=40),
    kind=st.sampled_from(frequency.METHODS),
    ratio=st.sampled_from([None, 0.5, 2.0, 3.5, 20.0]),
    criterion=st.sampled_from(CRITERIA),
)
def test_whatever_the_record_a_fit_is_finite_or_refused(
    values: list[float], kind: str, ratio: float | None, criterion: str
) -> None:
    try:
        fitted = fit(values, Method(kind, ratio=ratio, criterion=criterion))
    except DataError:
        return
    law = fitted.distribution
    assert np.isfinite([law.mean, law.cv, law.cs]).all() and law.cv > 0.0
    quantiles = fitted.quantile([0.01, 0.25, 0.5, 0.75, 0.95])
    assert np.isfinite(quantiles).all() and (np.diff(quantiles) <= 1e-9 * quantiles[0]).all()


def test_moments_by_hand() -> None:
    fitted = fit(FLOODS, Method("moments")).distribution
    assert fitted.mean == pytest.approx(FLOODS.mean())
    assert fitted.cv == pytest.approx(stats.variation(FLOODS, ddof=1))
    assert fitted.cs == pytest.approx(stats.skew(FLOODS, bias=False))


def test_fits_find_the_distribution_of_a_long_record() -> None:
    true = Pearson3(250.0, 0.4, 1.0)
    sample = true.quantile(np.random.default_rng(11).random(20000))
    for method in (Method(), Method("moments"), Method("curve")):
        found = fit(sample, method)
        # the standard error of a Cs of 1 from n values is below sqrt(50 / n) for each of these estimators
        assert found.distribution.cs == pytest.approx(1.0, abs=4 * np.sqrt(50 / 20000))
        assert found.quantile([0.95]) == pytest.approx(true.quantile([0.95]), rel=0.02)


def test_zeros_have_their_share_of_the_probability() -> None:
    dry = np.concatenate([np.zeros(5), FLOODS])
    fitted = fit(dry)
    assert fitted.zeros == pytest.approx(5 / 26)
    assert fitted.distribution == fit(FLOODS).distribution
    assert fitted.quantile([0.9]).tolist() == [0.0]
    assert fitted.quantile([0.4]) == pytest.approx(fit(FLOODS).quantile([0.4 / (21 / 26)]))
    p = np.array([0.1, 0.5, 0.7])
    assert fitted.exceedance(fitted.quantile(p)) == pytest.approx(p)
    assert fitted.exceedance(np.array([0.0]))[0] == pytest.approx(21 / 26)


def test_no_quantile_is_negative() -> None:
    fitted = fit(FLOODS, Method("moments", ratio=0.5))
    assert fitted.distribution.quantile(0.9999) < 0.0
    assert fitted.quantile([0.9999]).tolist() == [0.0]


def test_bands_hold_the_truth_as_often_as_they_say() -> None:
    true = Pearson3(100.0, 0.35, 0.7)
    inside = []
    for seed in range(120):
        sample = true.quantile(np.random.default_rng([5, seed]).random(40))
        low, high = frequency.bands(fit(sample, Method(ratio=2.0)), [0.75], level=0.8, draws=200, seed=seed)
        inside.append(low[0] <= float(true.quantile(0.75)) <= high[0])
    # binomial with 120 trials: three standard deviations are 0.11; percentile bands of 40 years are a little narrow
    assert 0.8 - 0.15 < np.mean(inside) < 0.8 + 0.11


def test_bands_are_reproducible_and_narrow_with_the_record() -> None:
    fitted = fit(FLOODS)
    first = frequency.bands(fitted, [0.5, 0.95], draws=200, seed=3)
    assert np.array_equal(first, frequency.bands(fitted, [0.5, 0.95], draws=200, seed=3))
    longer = fit(fitted.quantile(np.random.default_rng(1).random(400)))
    assert np.ptp(frequency.bands(longer, [0.95], draws=200)) < 0.5 * np.ptp(first[:, 1])


@pytest.mark.parametrize("more", [{"criterion": "absolute"}, {"keep_mean": False}])
def test_what_only_curves_can_be_told_is_not_ignored(more: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="for fitting a curve alone"):
        fit(FLOODS, Method("l_moments", **more))
    assert fit(FLOODS, Method("curve", **more)).distribution != fit(FLOODS, Method("curve")).distribution


def test_what_cannot_be_fitted_is_told_at_once() -> None:
    with pytest.raises(DataError) as problem:
        fit([1.0, -2.0, 3.0], Method("lmoments", ratio=-1.0, criterion="square"))
    text = str(problem.value)
    for part in ("did you mean 'l_moments'", "did you mean 'squares'", "-1 Cv", "negative", "too few"):
        assert part in text
    with pytest.raises(DataError, match="all values are the same"):
        fit(np.full(20, 7.0))
    with pytest.raises(DataError, match="gaps"):
        fit([*FLOODS, np.nan])
