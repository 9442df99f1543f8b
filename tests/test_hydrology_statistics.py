"""Statistics of records against plain numpy and pandas, and the validation against draws whose law is known."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from waterbal.hydrology.drought import standardized_index
from waterbal.hydrology.statistics import (
    IN_A_ROW,
    Key,
    Records,
    Site,
    limits,
    runs,
    smallest,
    statistics,
)
from waterbal.hydrology.validation import validate
from waterbal.model.rows import Floats

YEARS = 25


def records(seed: int = 4, gaps: bool = True) -> Records:
    """Give 25 years of a river (rate) and rain (depth), with gaps."""
    random = np.random.default_rng(seed)
    river = np.exp(6.0 + 0.5 * random.standard_normal((YEARS, 12)))
    rain = 50.0 * random.random((YEARS, 12)) ** 2 + 0.02 * river
    if gaps:
        river[3, 3:] = np.nan
        river[4, :4] = np.nan
        rain[20:, :] = np.nan
    return Records(1990, {"river": Site("rate", river), "rain": Site("depth", rain)})


def frame(one: Records, site: str) -> pd.Series:
    index = pd.period_range(f"{one.first_year}-01", periods=12 * one.years, freq="M")
    return pd.Series(one.sites[site].table.ravel(), index)


def observed(one: Records) -> dict[Key, Floats]:
    tables = {name: site.table for name, site in one.sites.items()}
    return statistics(one, tables, limits(one))


@pytest.mark.parametrize("site", ["river", "rain"])
def test_monthly_statistics_agree_with_pandas(site: str) -> None:
    one = records()
    series, found = frame(one, site), observed(one)
    for month in range(1, 13):
        values = series[series.index.month == month].dropna()
        assert found[Key(site, "", "mean", month)] == pytest.approx(values.mean())
        assert found[Key(site, "", "cv", month)] == pytest.approx(values.std() / values.mean())
        assert found[Key(site, "", "cs", month)] == pytest.approx(values.skew())
        before = series.shift(1)[values.index]
        assert found[Key(site, "", "lag1", month)] == pytest.approx(values.corr(before))


@pytest.mark.parametrize("site", ["river", "rain"])
def test_annual_statistics_agree_with_pandas(site: str) -> None:
    one = records()
    series, found = frame(one, site), observed(one)
    if site == "river":
        series = series * series.index.days_in_month
    yearly = series.groupby(series.index.year)
    totals = yearly.sum().where(yearly.count() == 12)
    assert found[Key(site, "", "mean", 0)] == pytest.approx(totals.mean())
    assert found[Key(site, "", "cv", 0)] == pytest.approx(totals.std() / totals.mean())
    assert found[Key(site, "", "cs", 0)] == pytest.approx(totals.skew())
    assert found[Key(site, "", "lag1", 0)] == pytest.approx(totals.corr(totals.shift(1)))
    assert found[Key(site, "", "lag2", 0)] == pytest.approx(totals.corr(totals.shift(2)))
    for window in (1, 3, 5):
        assert found[Key(site, "", f"minimum_{window}", 0)] == pytest.approx(
            totals.rolling(window).sum().min()
        )


def test_cross_correlations_agree_with_pandas() -> None:
    one = records()
    river, rain, found = frame(one, "river"), frame(one, "rain"), observed(one)
    for month in range(1, 13):
        here = river.index.month == month
        assert found[Key("river", "rain", "cross", month)] == pytest.approx(river[here].corr(rain[here]))
    volumes = river * river.index.days_in_month
    whole = one.whole("river") & one.whole("rain")
    one_total, other = (s.groupby(s.index.year).sum()[whole] for s in (volumes, rain))
    assert found[Key("river", "rain", "cross", 0)] == pytest.approx(one_total.corr(other))


def test_runs_against_grouping() -> None:
    random = np.random.default_rng(1)
    below = random.random((50, 60)) < 0.5
    known = random.random(60) < 0.9
    longest, mean = runs(below, known)
    for row in range(50):
        lengths = [len(list(group)) for dry, group in itertools.groupby(below[row] & known) if dry]
        assert longest[row] == max(lengths, default=0)
        assert mean[row] == pytest.approx(np.mean(lengths) if lengths else 0.0)
    assert runs(np.array([True, True, True]), np.array([True, False, True]))[0] == 1.0


def test_no_sum_goes_across_a_gap() -> None:
    totals = np.array([5.0, 1.0, 1.0, 4.0, 6.0, 7.0])
    whole = np.array([True, True, False, True, True, True])
    assert smallest(totals, whole, 1) == 1.0
    assert smallest(totals, whole, 2) == 6.0
    assert smallest(totals, whole, 3) == 17.0
    assert np.isnan(smallest(totals, whole, 4))


def test_dry_months_are_dry_for_their_month() -> None:
    table = np.tile(np.arange(1.0, 13.0), (20, 1)) + np.arange(20.0)[:, None] / 100.0
    one = Records(1990, {"river": Site("volume", table)})
    found = observed(one)
    # rising from year to year: the first ten years are below every median, the first five below every P75
    assert found[Key("river", "", "longest_median", 0)] == 10
    assert found[Key("river", "", "longest_median", IN_A_ROW)] == 120
    assert found[Key("river", "", "longest_p75", IN_A_ROW)] == 60


def test_droughts_by_the_standardised_index() -> None:
    one = records()
    found = observed(one)
    index = standardized_index(one.sites["rain"].table, 12).ravel()
    lengths = [len(list(group)) for dry, group in itertools.groupby(index <= -1.0) if dry]
    assert found[Key("rain", "", "longest_index", IN_A_ROW)] == max(lengths)
    assert found[Key("rain", "", "mean_run_index", IN_A_ROW)] == pytest.approx(np.mean(lengths))


def test_many_records_at_once_are_as_one_by_one() -> None:
    one = records()
    dry = limits(one)
    many = [records(seed, gaps=False) for seed in range(5)]
    tables = {name: np.stack([other.sites[name].table for other in many]) for name in one.sites}
    together = statistics(one, tables, dry)
    for k in range(5):
        alone = statistics(one, {name: table[k] for name, table in tables.items()}, dry)
        for key, values in together.items():
            assert values[k] == pytest.approx(alone[key], nan_ok=True)


def drawn(scale: float = 1.0, seed: int = 0) -> object:
    """Give a generator of the river and rain of ``records``."""

    def draw(first: int, end: int) -> dict[str, Floats]:
        found = [records(1000 + seed * 10000 + k, gaps=False) for k in range(first, end)]
        return {name: np.stack([scale * one.sites[name].table for one in found]) for name in found[0].sites}

    return draw


def test_a_record_of_the_same_law_is_reproduced() -> None:
    outcome = validate(records(), drawn(), 400)
    assert outcome.plausible
    assert 0.03 * len(outcome.defined) < outcome.typical_outside < 0.07 * len(outcome.defined)
    assert len(outcome.outside) <= outcome.largest_outside
    assert {line.key.site for line in outcome.lines} == {"river", "rain"}


def test_another_law_is_found_out_and_named() -> None:
    outcome = validate(records(), drawn(scale=1.5), 300)
    assert not outcome.plausible
    names = {(line.key.site, line.key.name, line.key.month) for line in outcome.outside}
    assert ("river", "mean", 0) in names
    assert ("river", "minimum_3", 0) in names
    cv = [line for line in outcome.outside if line.key.name == "cv" and line.key.month]
    assert len(cv) <= 6  # a factor does not change Cv


def test_share_of_plausible_outcomes_is_what_it_says() -> None:
    # of records drawn from the law itself, about 95 % are called plausible
    plausible = [validate(records(seed), drawn(), 200).plausible for seed in range(100, 140)]
    assert stats.binomtest(sum(plausible), len(plausible), 0.95).pvalue > 0.001


def test_bands_are_those_of_the_draws() -> None:
    one = records()
    outcome = validate(one, drawn(), 300, level=0.9)
    dry = limits(one)
    tables = drawn()(0, 300)  # type: ignore[operator]
    values = statistics(one, tables, dry)[Key("rain", "", "mean", 7)]
    line = next(line for line in outcome.lines if line.key == Key("rain", "", "mean", 7))
    assert [line.low, line.middle, line.high] == pytest.approx(np.percentile(values, [5, 50, 95]).tolist())
