"""The generator against the statistics it draws from. Bounds are those of sampling: statistics that are means over
independent realizations, within five times their standard error, which is taken from the realizations themselves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from tests.conftest import ROOT
from waterbal.hydrology.fit import fit, normal_scores
from waterbal.hydrology.generator import generator_of, nearest_correlation, seeds
from waterbal.hydrology.margins import margin_of
from waterbal.hydrology.persistence import MONTH_SHARE, _terms, annual_moments, persistence_of
from waterbal.hydrology.record import Record
from waterbal.model.fitted import Fitted, FittedSite
from waterbal.model.fitted_file import fitted_text, read_fitted
from waterbal.model.series_spec import FileSeries

JINAN = read_fitted(ROOT / "configs" / "jinan" / "hydrology.yaml")
SITES = ["luokou", "rain", "et0"]
REALIZATIONS, YEARS = 3000, 8


@pytest.fixture(scope="module")
def generator():
    return generator_of(JINAN, SITES)


@pytest.fixture(scope="module")
def scores(generator):
    return generator.scores(seeds(1, 0, range(REALIZATIONS)), 0, 12 * YEARS)


@pytest.fixture(scope="module")
def values(generator):
    drawn = generator.draw(seeds(1, 0, range(REALIZATIONS)), 0, 12 * YEARS)
    return drawn.reshape(REALIZATIONS, YEARS, 12, len(SITES))


def assert_means(sample, expected):
    """Compare means over the first axis, whose members are independent, with what they should be."""
    error = sample.std(axis=0, ddof=1) / np.sqrt(sample.shape[0])
    difference = np.abs(sample.mean(axis=0) - expected)
    off = difference / np.maximum(error, 1e-12 * np.abs(expected) + 1e-300)
    assert off.max() < 5.0, f"{off.max():.1f} standard errors"


def test_scores_are_standard_normal_in_every_month_of_the_run(scores):
    assert_means(scores, 0.0)
    assert_means(scores**2, 1.0)
    assert_means(scores**3, 0.0)
    assert_means(scores**4, 3.0)


def test_lag1_and_correlations_are_those_of_the_fit_from_the_first_month_on(generator, scores):
    lag1 = np.array([JINAN.sites[site].monthly.lag1 for site in SITES]).T
    assert np.allclose(generator.lag1(), lag1, atol=1e-12)
    month = np.arange(12 * YEARS) % 12
    assert_means(scores[:, 1:] * scores[:, :-1], lag1[month[1:]])
    assert_means(scores[:, :, :, None] * scores[:, :, None, :], generator.correlation()[month])


def test_correlations_between_sites_are_kept_but_in_january(generator):
    for pair in JINAN.correlation:
        i, j = (SITES.index(name) for name in pair.sites)
        off = np.abs(generator.correlation()[:, i, j] - pair.values)
        assert off[1:].max() < 0.02
        assert off[0] < 0.06
    told = [note for note in JINAN.notes if "correlation of month" in note]
    assert len(told) == 3 and all("month 1 is" in note for note in told)


def test_means_spreads_and_skews_of_the_months_are_those_of_the_margins(values):
    for index, name in enumerate(SITES):
        margin = JINAN.sites[name].margin
        wet = 1.0 - np.array(margin.zero)
        mean, sd = np.array(margin.mean), np.array(margin.mean) * margin.cv
        drawn = values[..., index]
        positive = drawn > 0.0
        assert_means(drawn.mean(axis=1), wet * mean)
        assert_means(positive.mean(axis=1), wet)
        deviation = np.where(positive, drawn - mean, 0.0)
        assert_means((deviation**2).mean(axis=1), wet * sd**2)
        assert_means((deviation**3).mean(axis=1), wet * np.array(margin.cs) * sd**3)


def test_years_persist_and_vary_as_the_theory_says(values):
    for index, name in enumerate(SITES):
        site = JINAN.sites[name]
        theory = persistence_of(site)
        assert theory.lag1 == pytest.approx(site.annual.lag1, abs=0.005)
        totals = values[..., index] @ (MONTH_SHARE if site.kind == "rate" else np.ones(12))
        deviation = totals - theory.mean
        variance = (theory.cv * theory.mean) ** 2
        assert_means(totals.mean(axis=1), theory.mean)
        assert_means((deviation**2).mean(axis=1), variance)
        assert_means((deviation[:, 1:] * deviation[:, :-1]).mean(axis=1), theory.lag1 * variance)
        assert_means((deviation[:, 2:] * deviation[:, :-2]).mean(axis=1), theory.lag2 * variance)


def test_without_the_slow_part_years_do_not_persist():
    """Why it is there: the months alone give 0.2 where the record has 0.57."""
    site = JINAN.sites["luokou"]
    terms, mean = _terms(site)
    alone = annual_moments(terms, mean, np.array(site.monthly.lag1), 0.0, 0.0)
    assert site.annual.lag1 == pytest.approx(0.574, abs=0.001)
    assert alone.lag1 < 0.25


def test_scores_are_those_of_the_equations_written_out(generator):
    """Month by month, site by site, as the equations stand in the literature."""
    months, first = 40, 7
    got = generator.scores(seeds(4, 0, [2]), first, months)[0]
    normal = np.random.default_rng(seeds(4, 0, [2])[0]).standard_normal((months, 6))
    monthly = np.array([JINAN.sites[site].persistence.memory for site in SITES]) ** (1 / 12)
    share = np.array([JINAN.sites[site].persistence.weight for site in SITES])
    lag1 = np.array([JINAN.sites[site].monthly.lag1 for site in SITES]).T
    for site in range(3):
        for t in range(months):
            m = (first + t) % 12
            b = (lag1[m, site] - share[site] * monthly[site]) / (1 - share[site])
            if t == 0:
                seasonal = np.linalg.cholesky(generator.fast[m])[site] @ normal[t, :3]
                slow = np.linalg.cholesky(generator.slow)[site] @ normal[t, 3:]
            else:
                before = generator.fast[m - 1]
                links = (lag1[m] - share * monthly) / (1 - share)
                covariance = generator.fast[m] - links[:, None] * links * before
                seasonal = b * seasonal + np.linalg.cholesky(covariance)[site] @ normal[t, :3]
                innovation = generator.slow * (1 - monthly[:, None] * monthly)
                slow = monthly[site] * slow + np.linalg.cholesky(innovation)[site] @ normal[t, 3:]
            z = np.sqrt(share[site]) * slow + np.sqrt(1 - share[site]) * seasonal
            assert got[t, site] == pytest.approx(z, abs=1e-7)


# ---- closed forms


def lognormal_site(sd, lag1, weight=0.0, memory=0.0):
    zeros, years = [0.0] * 12, [20] * 12
    monthly = {"years": years, "mean": zeros, "cv": zeros, "cs": zeros, "lag1": lag1, "lag1_years": years}
    law = {"type": "lognormal", "mu": [0.1 * month for month in range(12)], "sd": sd, "shift": [2.0] * 12}
    site = {
        "kind": "volume",
        "units": "万m3",
        "record": {"first": "2000-01", "last": "2020-12"},
        "monthly": monthly,
        "annual": {"years": 20, "mean": 1.0, "cv": 0.3, "cs": 0.0, "lag1": 0.5, "lag2": 0.3},
        "margin": law | {"zero": zeros},
        "persistence": {"weight": weight, "memory": memory},
        "source": "test",
        "grade": "assumed",
    }
    return FittedSite.model_validate(site)


def test_annual_moments_equal_the_closed_form_of_lognormal_months():
    """Covariance of two lognormals with correlated logarithms: m1 m2 (exp(r s1 s2) - 1)."""
    rng = np.random.default_rng(3)
    sd, lag1 = rng.uniform(0.2, 0.9, 12), rng.uniform(0.3, 0.9, 12)
    site = lognormal_site(sd.tolist(), lag1.tolist())
    terms, mean = _terms(site)
    weight, memory = 0.25, 0.7
    got = annual_moments(terms, mean, lag1, weight, memory)
    phi = memory ** (1 / 12)
    link = (lag1 - weight * phi) / (1 - weight)
    expectation = np.exp(0.1 * np.arange(12) + sd**2 / 2)
    assert mean == pytest.approx((expectation + 2.0).sum(), rel=1e-9)
    covariance = np.zeros((3,))
    for lag in range(3):
        for i in range(12):
            for j in range(12):
                start, end = sorted((i, j + 12 * lag))
                fast = np.prod([link[m % 12] for m in range(start + 1, end + 1)])
                r = weight * phi ** (end - start) + (1 - weight) * fast
                covariance[lag] += expectation[i] * expectation[j] * (np.exp(r * sd[i] * sd[j]) - 1)
    assert got.cv == pytest.approx(np.sqrt(covariance[0]) / mean, rel=1e-9)
    assert got.lag1 == pytest.approx(covariance[1] / covariance[0], rel=1e-9)
    assert got.lag2 == pytest.approx(covariance[2] / covariance[0], rel=1e-9)


@pytest.mark.parametrize("name", SITES)
def test_quantiles_of_pearson3_are_scipys(name):
    site = JINAN.sites[name]
    margin = margin_of(site)
    score = np.linspace(-4.5, 4.5, 401)
    for month in range(12):
        zero, mean, cv, cs = (getattr(site.margin, key)[month] for key in ("zero", "mean", "cv", "cs"))
        share = (scipy.stats.norm.cdf(score) - zero) / (1.0 - zero)
        law = scipy.stats.pearson3(cs, loc=mean, scale=mean * cv)
        expected = np.where(share > 0.0, np.maximum(law.ppf(np.maximum(share, 1e-300)), 0.0), 0.0)
        got = margin.values(score, np.full(score.size, month))
        assert np.abs(got - expected).max() < 2e-5 * mean * cv


def test_shifted_lognormal_keeps_three_moments(values):
    """Fitted on one long record; the moments of the distribution are those of the record."""
    record = long_record(values[:, :, :, 0].reshape(-1, 12)[:300])
    fitted = fit(record, {"x": SERIES}, "shifted_lognormal").sites["x"]
    law, monthly = fitted.margin, fitted.monthly
    for month in range(12):
        w = np.exp(law.sd[month] ** 2)
        scale = np.exp(law.mu[month] + law.sd[month] ** 2 / 2)
        assert law.shift[month] + scale == pytest.approx(monthly.mean[month], rel=1e-4)
        assert scale * np.sqrt(w - 1) == pytest.approx(monthly.mean[month] * monthly.cv[month], rel=1e-4)
        assert (w + 2) * np.sqrt(w - 1) >= monthly.cs[month] - 1e-3


def test_a_lognormal_fit_tells_the_months_it_does_not_keep(values):
    """Gamma months are no lognormal ones: the moments of the logarithms give other means and spreads."""
    drawn = values[:, :, :, 1].reshape(-1, 12)[:300]
    fitted = fit(long_record(drawn), {"x": SERIES}, "lognormal")
    law, monthly = fitted.sites["x"].margin, fitted.sites["x"].monthly
    for month in range(12):
        column = drawn[:, month][drawn[:, month] > 0.0]
        assert law.mu[month] == pytest.approx(np.log(column).mean(), rel=1e-5)
        cv = np.sqrt(np.exp(law.sd[month] ** 2) - 1.0)
        far = abs(cv / (column.std(ddof=1) / column.mean()) - 1.0) > 0.1
        told = any(note.startswith(f"x, month {month + 1}: the distribution has") for note in fitted.notes)
        assert told or not far
    assert any("the distribution has" in note for note in fitted.notes)
    assert monthly.years == [300] * 12


# ---- fitting

SERIES = FileSeries.model_validate({"file": "x.csv", "column": "x", "kind": "volume", "units": "万m3"})


def long_record(*tables):
    """A record of years by months for each site."""
    names = tuple("xyz"[: len(tables)])
    values = np.stack([table.ravel() for table in tables], axis=1)
    return Record(names, ("volume",) * len(names), 1000 * 12, values, (None,) * len(names), {})


def test_a_fit_finds_what_a_long_record_was_drawn_from(generator):
    drawn = generator.draw(seeds(9, 0, [0]), 0, 12 * 2000)[0].reshape(2000, 12, 3)
    record = long_record(*(drawn[..., site] for site in range(3)))
    fitted = fit(record, dict.fromkeys("xyz", SERIES))
    bound = 5.0 / np.sqrt(2000)
    for index, name in enumerate("xyz"):
        wanted = JINAN.sites[SITES[index]]
        got = fitted.sites[name]
        assert np.allclose(got.margin.mean, wanted.margin.mean, rtol=5 * bound * max(wanted.margin.cv))
        assert np.abs(np.array(got.monthly.lag1) - wanted.monthly.lag1).max() < bound
        assert got.persistence.weight == pytest.approx(wanted.persistence.weight, abs=0.15)
    wanted_correlation = generator.correlation()
    for pair in fitted.correlation:
        i, j = ("xyz".index(name) for name in pair.sites)
        assert np.abs(np.array(pair.values) - wanted_correlation[:, i, j]).max() < bound


def test_normal_scores_are_blom_s():
    got = normal_scores(np.array([3.0, 1.0, np.nan, 2.0, 2.0]))
    expected = scipy.stats.norm.ppf((np.array([4.0, 1.0, np.nan, 2.5, 2.5]) - 0.375) / 4.25)
    assert np.allclose(got, expected, equal_nan=True)


def test_what_is_written_is_what_was_fitted(tmp_path):
    path = tmp_path / "hydrology.yaml"
    path.write_text(fitted_text(JINAN, "a remark\nof two lines"), encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("# a remark\n# of two lines\n")
    assert read_fitted(path) == JINAN


def test_the_nearest_correlation_matrix_is_the_nearest():
    wrong = np.array([[1.0, 0.9, -0.8], [0.9, 1.0, 0.7], [-0.8, 0.7, 1.0]])
    got = nearest_correlation(wrong)
    assert np.linalg.eigvalsh(got)[0] > 0.0
    assert np.allclose(np.diag(got), 1.0)

    def distance(angles):
        a, b, c = angles
        third = [np.cos(b), np.sin(b) * np.cos(c), np.sin(b) * np.sin(c)]
        rows = np.array([[1, 0, 0], [np.cos(a), np.sin(a), 0], third])
        return ((rows @ rows.T - wrong) ** 2).sum()

    starts = np.random.default_rng(0).uniform(0, 3, (20, 3))
    tries = [scipy.optimize.minimize(distance, start, method="Nelder-Mead", tol=1e-12) for start in starts]
    best = min(found.fun for found in tries)
    assert ((got - wrong) ** 2).sum() == pytest.approx(best, rel=1e-5)
    right = np.array([[1.0, 0.3], [0.3, 1.0]])
    assert np.array_equal(nearest_correlation(right), right)


def test_sites_that_cannot_be_correlated_so_are_drawn_as_near_as_can_be():
    """Three sites of which each is said to go against the others by 0.9: the mean of the three is -0.5 at best."""
    site = lognormal_site([0.5] * 12, [0.4] * 12)
    pairs = [{"sites": list(two), "values": [-0.9] * 12, "years": [20] * 12} for two in ("xy", "xz", "yz")]
    fitted = Fitted.model_validate(
        {
            "format": "waterbal-hydrology-1",
            "sites": {name: site.model_dump() for name in "xyz"},
            "correlation": pairs,
        }
    )
    made = generator_of(fitted, ["x", "y", "z"])
    assert np.allclose(made.correlation()[:, 0, 1], -0.5, atol=1e-4)
    drawn = made.scores(seeds(2, 0, range(500)), 3, 24)
    assert np.isfinite(drawn).all()
    assert_means(drawn[..., 0] * drawn[..., 2], made.correlation()[(3 + np.arange(24)) % 12, 0, 2])


# ---- bits


def test_a_realization_is_the_same_alone_among_others_and_in_a_longer_run(generator):
    many = generator.draw(seeds(5, 0, range(3, 9)), 4, 720)
    for position, number in enumerate(range(3, 9)):
        alone = generator.draw(seeds(5, 0, [number]), 4, 720)[0]
        assert np.array_equal(many[position], alone)
        assert np.array_equal(generator.draw(seeds(5, 0, [number]), 4, 133)[0], alone[:133])
    assert not np.array_equal(many[0], generator.draw(seeds(5, 1, [3]), 4, 720)[0])


@pytest.mark.parametrize("months", [7, 64, 133, 720])
def test_lognormal_months_are_the_same_bits_alone_and_among_others(months):
    """Exponentials of one long array and of a short one."""
    site = lognormal_site(np.linspace(0.2, 0.9, 12).tolist(), [0.6] * 12, 0.2, 0.5)
    fitted = Fitted.model_validate({"format": "waterbal-hydrology-1", "sites": {"x": site.model_dump()}})
    made = generator_of(fitted, ["x"])
    many = made.draw(seeds(1, 0, range(17)), 5, months)
    for number in range(17):
        assert np.array_equal(many[number], made.draw(seeds(1, 0, [number]), 5, months)[0])
