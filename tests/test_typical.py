"""Typical years: which year, which factor, and where they must differ from the long series."""

from __future__ import annotations

import numpy as np
import pytest

from waterbal.errors import DataError
from waterbal.hydrology import frequency, typical
from waterbal.hydrology.frequency import Method
from waterbal.hydrology.pearson import Pearson3
from waterbal.hydrology.typical import typical_years
from waterbal.hydrology.typical_notes import note
from waterbal.model.rows import Floats

COURSE = np.array([1, 1, 2, 3, 4, 9, 14, 12, 8, 4, 2, 1], dtype=float)


def river(years: int = 40, seed: int = 1) -> Floats:
    """Give volumes by year and month with an uneven course."""
    random = np.random.default_rng(seed)
    total = Pearson3(1000.0, 0.4, 0.8).quantile(random.random(years))
    course = COURSE * np.exp(0.4 * random.standard_normal((years, 12)))
    return total[:, None] * course / course.sum(axis=1, keepdims=True)


def choose(tables: dict[str, Floats], **options: object) -> typical.Choice:
    rates = dict.fromkeys(tables, False)
    settings = {"first_year": 1980, "rates": rates, "index": "river", "probabilities": [0.5, 0.75, 0.95]}
    return typical_years(tables, **{**settings, **options})  # type: ignore[arg-type]


def test_total_is_the_quantile_of_the_fitted_curve() -> None:
    table = river()
    fitted = frequency.fit(table.sum(axis=1))
    for year in choose({"river": table}).years:
        assert year.values["river"].sum() == pytest.approx(float(fitted.quantile([year.probability])[0]))
        row = table[year.year - 1980]
        assert year.values["river"] == pytest.approx(row * year.factors["river"])
        assert abs(year.exceedance - year.probability) <= typical.NEAR
        assert 0.8 < year.factors["river"] < 1.25


def test_the_less_favourable_of_two_near_years_is_taken() -> None:
    table = river()
    fitted = frequency.fit(table.sum(axis=1))
    exceedance = fitted.exceedance(table.sum(axis=1))
    for year in choose({"river": table}).years:
        near = np.flatnonzero(np.abs(exceedance - year.probability) <= typical.NEAR)
        worst = max(near, key=lambda row: typical.unevenness(table[row]))
        assert year.year == 1980 + worst
        assert near.size > 1


def test_storage_of_an_even_draw() -> None:
    assert typical.unevenness(np.ones(12)) == pytest.approx(0.0)
    assert typical.unevenness(np.eye(12)[5]) == pytest.approx(11 / 12)
    # six months with two shares each, six without: half a year is to be stored
    assert typical.unevenness(np.repeat([2.0, 0.0], 6)) == pytest.approx(0.5)
    assert typical.unevenness(np.roll(np.repeat([2.0, 0.0], 6), 3)) == pytest.approx(0.5)


def test_years_that_begin_in_july() -> None:
    table = river()
    july = table.ravel()[6:-6].reshape(-1, 12)
    for year in choose({"river": table}, first_month=7).years:
        row = july[year.year - 1980] * year.factors["river"]
        assert year.values["river"][6:] == pytest.approx(
            row[:6]
        )  # July to December of the first calendar year
        assert year.values["river"][:6] == pytest.approx(row[6:])  # January to June of the next


def test_rates_are_weighed_by_the_length_of_their_months() -> None:
    volume = river()
    starts = np.arange("1980-01", "2020-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = np.diff(starts).reshape(-1, 12)
    by_rate = choose({"river": volume / days}, rates={"river": True}).years
    lengths = days.sum(axis=1)
    fitted = frequency.fit(volume.sum(axis=1) / lengths)
    for year in by_rate:
        mean = (year.values["river"] * days[year.year - 1980]).sum() / lengths[year.year - 1980]
        assert mean == pytest.approx(float(fitted.quantile([year.probability])[0]))


def test_sites_share_the_year_and_one_factor_or_have_their_own() -> None:
    water = river()
    random = np.random.default_rng(3)
    total = water.sum(axis=1, keepdims=True)
    rain = np.sqrt(total) * COURSE * np.exp(0.1 * random.standard_normal(water.shape))
    heat = 1e3 / np.sqrt(total) * (1.0 + 0.02 * random.standard_normal(water.shape))
    tables = {"river": water, "rain": rain, "heat": heat}
    for year in choose(tables).years:
        assert len(set(year.factors.values())) == 1
        assert year.values["rain"] == pytest.approx(rain[year.year - 1980] * year.factors["river"])
    for year in choose(tables, scale="each").years:
        assert year.probabilities == {"river": year.probability, "rain": year.probability} | {
            "heat": pytest.approx(1.0 - year.probability)
        }
        for site, p in year.probabilities.items():
            wanted = frequency.fit(tables[site].sum(axis=1)).quantile([p])[0]
            assert year.values[site].sum() == pytest.approx(float(wanted))
    for scale in ("index", "each"):
        for year in choose(tables, scale=scale, unscaled=["heat"]).years:
            assert year.factors["heat"] == 1.0 and year.factors["river"] != 1.0
            assert np.array_equal(year.values["heat"], heat[year.year - 1980])
            assert "heat" not in year.probabilities
    for year in choose(tables, scale="none").years:
        assert np.array_equal(year.values["rain"], rain[year.year - 1980])


def test_a_site_that_has_nothing_in_the_year_is_told_with_what_it_has_at_its_own_probability() -> None:
    """Every year of which the river is near a probability is made dry at the side, so that no factor helps it."""
    water = river()
    before = choose({"river": water}, probabilities=[0.5, 0.9]).years
    dry = [year.year - 1980 for year in before]
    side = river(seed=2)
    side[dry[0]] = 0.0
    tables = {"river": water, "side": side}
    choice = choose(tables, probabilities=[0.5, 0.9], scale="each")
    assert [year.year - 1980 for year in choice.years] == dry
    without, scaled = choice.years
    own = float(frequency.fit(side.sum(axis=1)).quantile([0.5])[0])
    assert without.values["side"].sum() == 0.0
    assert without.absent == {"side": pytest.approx(own)}
    assert scaled.absent == {} and scaled.values["side"].sum() > 0.0
    told = note(choice, "river", ["river", "side"])
    half, ninth = str(told).split("; P = 90%")
    assert f"side stays 0: it has nothing in that year to scale, though {own:.4g} a year" in half
    assert half.endswith("at its own P = 50%)")
    assert f"side ×{scaled.factors['side']:.3f} to its own P = 90%" in ninth
    assert "not scaled" not in str(told)
    assert f"side 取 0：该年为零，无从缩放，而其自身 P = 50% 的年值为 {own:.4g}" in told.zh
    alone = note(choose(tables, probabilities=[0.5], scale="each"), "river", ["river", "side"])
    assert "side stays 0" in str(alone) and "not scaled" not in str(alone)
    # with the factor of the river, or none, nothing else was asked of the side
    for scale in ("index", "none"):
        assert all(year.absent == {} for year in choose(tables, scale=scale).years)


def test_years_with_gaps_are_not_chosen_but_their_index_counts() -> None:
    water, rain = river(), river(seed=2)
    whole = choose({"river": water, "rain": rain})
    gap = whole.years[0].year - 1980
    holed = rain.copy()
    holed[gap, 4] = np.nan
    without = choose({"river": water, "rain": holed})
    assert without.fit.distribution == whole.fit.distribution
    assert all(year.year != 1980 + gap for year in without.years)


def test_what_cannot_be_chosen_is_told() -> None:
    with pytest.raises(DataError) as problem:
        choose({"river": river()}, index="rivr", probabilities=[1.5], scale="all")
    for part in ("rivr", "1.5", "'all'"):
        assert part in str(problem.value)
    with pytest.raises(DataError, match="too few"):
        choose({"river": river(5)})
    empty = np.full((40, 12), np.nan)
    with pytest.raises(DataError, match="complete at all sites"):
        choose({"river": river(), "rain": empty})


def test_the_probability_of_a_sum_is_not_the_sum_of_the_probabilities() -> None:
    # two independent sources of one distribution: together they vary less, so that in a dry year they give more
    # than the sum of what each gives in its own dry year, and in a wet year less
    random = np.random.default_rng(8)
    one, other = (Pearson3(100.0, 0.5, 1.0).quantile(random.random(4000)) for _ in range(2))
    method = Method()
    dry, wet = (
        float(frequency.fit(one, method).quantile([p])[0] + frequency.fit(other, method).quantile([p])[0])
        for p in (0.95, 0.05)
    )
    together = frequency.fit(one + other, method)
    assert dry < 0.8 * float(together.quantile([0.95])[0])
    assert wet > 1.05 * float(together.quantile([0.05])[0])
    assert float(together.exceedance(np.array([dry]))[0]) > 0.98  # not 0.95
    # only where one follows the other do the Ps add up
    double = frequency.fit(one + one, method)
    assert float(double.quantile([0.95])[0]) == pytest.approx(2 * frequency.fit(one).quantile([0.95])[0])
