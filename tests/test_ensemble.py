"""What a run takes its rivers and rain from: records, rotated or not, and series drawn by month."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.elementkit import model, problems
from tests.hydrologykit import DEPTH, RATE, SITES, config, hydrology, write_days, write_months
from waterbal import api
from waterbal.errors import ConfigError, DataError, UsageError
from waterbal.hydrology.ensemble import ensemble
from waterbal.hydrology.lognormal import generate
from waterbal.hydrology.record import read_record
from waterbal.hydrology.series import read_all, read_series
from waterbal.model.load import load_config
from waterbal.model.series_spec import LognormalSeries
from waterbal.results import netcdf

YEARS = {"start": "2001-01", "end": "2002-12"}
DRAWN = {
    "kind": "seasonal_lognormal", "mu": [5.0] * 12, "sd": [0.5] * 12, "r": [0.7] * 12,
    "units": "m3/s", "seed": 7,
}  # fmt: skip


@pytest.fixture
def five_years(tmp_path):
    """Months numbered from 0, the rain a hundred times as much."""
    numbers = np.arange(60.0)
    write_months(tmp_path, 2001, 5, flow=numbers, rain=100 * numbers)
    return tmp_path


def test_without_a_hydrology_series_are_as_given(five_years):
    made = hydrology(five_years, None, YEARS)
    assert made.size == 1
    assert made.draw(0) == {}
    assert made.planning() == {}
    assert np.array_equal(made.fixed["flow"], np.arange(24.0))


def test_drawn_series_follow_the_realization_and_planning_is_the_first(five_years):
    made = hydrology(five_years, None, YEARS, flow=DRAWN, rain=DEPTH)
    assert made.size is None
    assert set(made.fixed) == {"rain"}
    spec = LognormalSeries.model_validate(DRAWN)
    for k in (0, 3, 1):
        assert np.array_equal(made.draw(k)["flow"], generate(spec, made.axis, k))
    assert np.array_equal(made.planning()["flow"], generate(spec, made.axis)[None])
    assert np.array_equal(made.draw_many(1, 4)["flow"][2], made.draw(3)["flow"])


def test_observed_is_fixed_and_known_to_the_planner(five_years):
    made = hydrology(five_years, {"kind": "observed", "sites": SITES}, YEARS)
    assert made.size == 1
    assert set(made.fixed) == set(SITES)
    assert made.draw(0) == {}
    assert np.array_equal(made.planning()["rain"], made.fixed["rain"][None])
    with pytest.raises(DataError, match="no realizations 1"):
        made.draw(1)


def test_factors_multiply_by_month_and_reference_is_without_them(five_years):
    factors = [1.0 + 0.1 * month for month in range(12)]
    made = hydrology(
        five_years, {"kind": "observed", "sites": SITES, "delta": {"flow": factors, "rain": 0.9}}, YEARS
    )
    assert np.array_equal(made.fixed["flow"], np.arange(24.0) * np.tile(factors, 2))
    assert np.array_equal(made.fixed["rain"], 100 * np.arange(24.0) * 0.9)
    assert np.array_equal(made.planning()["rain"][0], made.fixed["rain"])
    assert np.array_equal(made.reference()["rain"][0], 100 * np.arange(24.0))


def test_rotation_begins_with_each_year_in_turn_and_wraps_round(five_years):
    made = hydrology(five_years, {"kind": "observed", "sites": SITES, "rotate": True}, YEARS)
    assert made.size == 5
    assert made.fixed == {}
    for k in range(5):
        years = [k, (k + 1) % 5]
        expected = np.concatenate([np.arange(12.0) + 12 * year for year in years])
        draw = made.draw(k)
        assert np.array_equal(draw["flow"], expected)
        assert np.array_equal(draw["rain"], 100 * expected)
    assert made.labels(5)["hydrology_first_year"].tolist() == [2001, 2002, 2003, 2004, 2005]
    planned = made.planning()["flow"]
    assert planned.shape == (5, 24)
    values, counts = np.unique(planned, return_counts=True)
    assert np.array_equal(values, np.arange(60.0)) and set(counts) == {2}  # no year counts more than another


def test_years_begin_with_the_first_month_of_the_run(five_years):
    time = {"start": "2001-07", "end": "2003-09"}
    made = hydrology(five_years, {"kind": "observed", "sites": SITES, "rotate": True}, time)
    assert made.size == 4
    expected = np.concatenate([np.arange(12.0) + 42, np.arange(6.0, 18.0), np.arange(18.0, 21.0)])
    assert np.array_equal(made.draw(3)["flow"], expected)


def test_a_record_across_regimes_is_refused_until_one_is_chosen(five_years):
    spec = {
        "kind": "observed", "sites": SITES, "rotate": True,
        "regimes": {"early": {"first": "1990-01", "last": "2002-12"}, "late": {"first": "2003-01", "last": "2020-12"}},
    }  # fmt: skip
    with pytest.raises(DataError, match="early and late, which are not one population"):
        hydrology(five_years, spec, YEARS)
    made = hydrology(five_years, spec | {"regime": "late"}, YEARS)
    assert made.labels(3)["hydrology_first_year"].tolist() == [2003, 2004, 2005]
    whole = hydrology(five_years, spec | {"record": {"first": "2003-06", "last": "2005-12"}}, YEARS)
    assert whole.labels(2)["hydrology_first_year"].tolist() == [2004, 2005]


def test_a_run_through_the_record_stays_in_one_regime(five_years):
    regimes = {
        "early": {"first": "1990-01", "last": "2002-06"},
        "late": {"first": "2002-07", "last": "2020-12"},
    }
    spec = {"kind": "observed", "sites": SITES, "regimes": regimes}
    with pytest.raises(DataError, match="2001-01 to 2002-12 reaches into early and late"):
        hydrology(five_years, spec, YEARS)
    with pytest.raises(DataError, match="is not all in 'late'; expected 2002-07 to 2020-12"):
        hydrology(five_years, spec | {"regime": "late"}, YEARS)
    later = hydrology(five_years, spec | {"regime": "late"}, {"start": "2003-01", "end": "2004-12"})
    assert later.fixed["flow"][0] == 24.0


def test_a_record_of_dekads_is_its_months_and_its_dekads(tmp_path):
    rng = np.random.default_rng(4)
    lines = ["year,month,dekad,flow,rain"]
    for year in range(2001, 2005):
        for month in range(1, 13):
            for dekad in (1, 2, 3):
                lines.append(f"{year},{month},{dekad},{rng.gamma(2.0, 5.0)!r},{rng.gamma(0.5, 20.0)!r}")
    (tmp_path / "record.csv").write_text("\n".join(lines) + "\n")
    spec = {"kind": "observed", "sites": SITES, "rotate": True}
    for step in ("month", "dekad"):
        time = {"start": "2001-01", "end": "2004-12", "step": step}
        made = hydrology(tmp_path, spec, time)
        given = read_all(model(**config(None, time)).series, tmp_path, made.axis)
        for name in SITES:
            assert np.allclose(made.draw(0)[name], given[name], rtol=1e-12)


def test_years_with_gaps_are_refused_left_out_or_filled(tmp_path):
    numbers = np.arange(60.0)
    numbers[[25, 26]] = np.nan
    write_months(tmp_path, 2001, 5, flow=numbers, rain=np.arange(60.0))
    spec = {"kind": "observed", "sites": SITES, "rotate": True}
    with pytest.raises(DataError, match=r"2003 \(2 of flow\)"):
        hydrology(tmp_path, spec, YEARS)
    made = hydrology(tmp_path, spec | {"incomplete_years": "leave_out"}, YEARS)
    assert made.labels(4)["hydrology_first_year"].tolist() == [2001, 2002, 2004, 2005]
    filled = hydrology(
        tmp_path, spec, YEARS, flow=RATE | {"gaps": {"fill": "interpolate", "longest": 2}}, rain=DEPTH
    )
    assert np.array_equal(filled.draw(0)["flow"], np.arange(24.0))
    assert np.allclose(filled.draw(2)["flow"], np.arange(24.0, 48.0), rtol=1e-15)


def test_equal_models_share_what_was_read(five_years):
    spec = {"kind": "observed", "sites": SITES, "rotate": True}
    first = hydrology(five_years, spec, YEARS)
    again = hydrology(five_years, spec | {"delta": {"rain": 0.9}}, YEARS)
    assert first.sampler is again.sampler
    assert np.array_equal(again.draw(2)["rain"], first.draw(2)["rain"] * 0.9)
    write_months(five_years, 2001, 6, flow=np.ones(72), rain=np.ones(72))
    assert hydrology(five_years, spec, YEARS).size == 6


# ---- steps


def test_days_of_a_rotated_record_are_its_days(tmp_path):
    rng = np.random.default_rng(1)
    size = 4 * 365 + 1
    flow, rain = rng.gamma(1.0, 5.0, size), rng.gamma(0.2, 9.0, size)
    write_days(tmp_path, "2001-01-01", "2004-12-31", flow=flow, rain=rain)
    time = {"start": "2001-01", "end": "2002-12", "step": "day"}
    made = hydrology(tmp_path, {"kind": "observed", "sites": SITES, "rotate": True}, time)
    draw = made.draw(0)
    assert np.allclose(draw["flow"], flow[:730], rtol=1e-12)
    assert np.allclose(draw["rain"], rain[:730], rtol=1e-12)
    leap = made.draw(3)  # 2004, whose 29 February the run of 2001 does not have, then 2001
    february = slice(31, 59)
    assert np.isclose(leap["rain"][february].sum(), rain[1095 + 31 : 1095 + 60].sum(), rtol=1e-12)
    assert np.isclose(leap["flow"][february].mean(), flow[1095 + 31 : 1095 + 60].mean(), rtol=1e-12)


@pytest.mark.parametrize("step", ["month", "dekad"])
def test_sums_and_means_of_a_rotated_daily_record(tmp_path, step):
    rng = np.random.default_rng(2)
    flow, rain = rng.gamma(1.0, 5.0, 1096), rng.gamma(0.2, 9.0, 1096)
    write_days(tmp_path, "2001-01-01", "2003-12-31", flow=flow[:1095], rain=rain[:1095])
    time = {"start": "2001-01", "end": "2003-12", "step": step}
    made = hydrology(tmp_path, {"kind": "observed", "sites": SITES, "rotate": True}, time)
    series = made.draw(0)
    given = read_all(model(**config(None, time)).series, tmp_path, made.axis)
    for name in SITES:
        assert np.allclose(series[name], given[name], rtol=1e-12)


# ---- gaps


def refused(section, parts):
    """Give what is told of a section of a wrong model."""
    whole = {"schema_version": 1, "name": {"zh": "试", "en": "test"}, "zones": {"town": {}}, "priorities": []}
    with pytest.raises(ConfigError) as caught:
        load_config(whole | parts | {"provenance": {"source": "test", "grade": "assumed"}})
    return [issue for issue in caught.value.issues if issue.where.startswith(section)]


@pytest.mark.parametrize(
    ("gaps", "path", "message"),
    [
        ("refus", "series.flow.gaps", "did you mean 'refuse'?"),
        ({"fill": "interpolat", "longest": 3}, "series.flow.gaps.fill", "did you mean 'interpolate'?"),
        ({"fill": "interpolate"}, "series.flow.gaps", "key 'longest' is missing"),
        ("interpolat", "series.flow.gaps", "expected 'refuse', or e.g. {fill: interpolate, longest: 3}"),
        ({"fill": "interpolate", "longest": 0}, "series.flow.gaps.longest", "expected at least 1"),
    ],
)
def test_fills_that_are_none_are_told_with_their_place(gaps, path, message):
    told = refused("series", config(None, YEARS, flow=RATE | {"gaps": gaps}))
    assert [issue.where for issue in told] == [path]
    assert message in str(told[0])


def test_a_fill_is_named_bounded_and_told(tmp_path):
    values = np.arange(48.0) % 12 + 1
    values[[0, 14, 15, 30, 31, 32, 47]] = np.nan
    write_months(tmp_path, 2001, 4, flow=values)
    made = model(**config(None, YEARS, flow=RATE | {"gaps": {"fill": "month_mean", "longest": 2}}))
    record = read_record(made.series, ["flow"], tmp_path)
    assert np.flatnonzero(np.isnan(record.values[:, 0])).tolist() == [0, 30, 31, 32, 47]
    assert record.values[14:16, 0].tolist() == [3.0, 4.0]
    (gap,) = record.filled["flow"]
    assert (gap.first, gap.last, gap.size, gap.method) == ("2002-03", "2002-04", 2, "month_mean")
    axis = made.time.axis()
    with pytest.raises(DataError, match="no value for 2001-01"):
        read_series(made.series["flow"], tmp_path, axis)


def test_filled_gaps_are_in_the_check_the_result_and_its_repetition(tmp_path):
    values = np.full(48, 12.0)
    values[[3, 4, 40]] = np.nan
    write_months(tmp_path, 2001, 4, flow=values)
    (tmp_path / "model.yaml").write_text(
        "schema_version: 1\nname: {zh: 试, en: test}\nprovenance: {source: test, grade: assumed}\n"
        "time: {start: 2001-01, end: 2002-12, step: month}\nzones: {town: {}}\n"
        "series: {flow: {file: record.csv, column: flow, kind: rate, units: 万m3/d,"
        " gaps: {fill: previous, longest: 2}}}\n"
        "sources: {river: {type: catchment, zone: town, runoff: {series: flow}}}\n"
        "links: {pipe: {from: river, to: city}}\n"
        "demands: {city: {type: public, zone: town, need: 10 万m3/d}}\npriorities: [{demands: [public]}]\n",
        encoding="utf-8",
    )
    case = api.load(tmp_path / "model.yaml")
    told = {"flow": ["2001-04 to 2001-05: 2 values by previous"]}  # the third is after the run
    assert case.summary()["filled gaps"] == told
    result = case.run()
    assert json.loads(result.attrs["waterbal_filled_gaps"]) == told
    netcdf.write(result, tmp_path / "out.nc")
    again = api.rebuild(tmp_path / "out.nc").run()
    assert again.attrs["waterbal_filled_gaps"] == result.attrs["waterbal_filled_gaps"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("interpolate", [4.0, 6.0]),
        ("previous", [2.0, 2.0]),
        ("month_mean", [15.0, 25.0]),
        ("month_median", [12.0, 24.0]),
    ],
)
def test_each_fill_by_hand(tmp_path, method, expected):
    values = np.full(48, 1.0)
    values[13:17] = [2.0, np.nan, np.nan, 8.0]
    values[[2, 26, 38]] = [3.0, 12.0, 30.0]
    values[[3, 27, 39]] = [6.0, 24.0, 45.0]
    write_months(tmp_path, 2001, 4, flow=values)
    made = model(**config(None, YEARS, flow=RATE | {"gaps": {"fill": method, "longest": 2}}))
    assert read_series(made.series["flow"], tmp_path, made.time.axis())[14:16].tolist() == expected


# ---- refusals


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        ({"kind": "observed", "sites": ["flaw"]}, "hydrology.sites.0", "'flaw' is not a series"),
        ({"kind": "observed", "sites": SITES, "delta": {"flow": 1.1, "et0": 0.9}}, "hydrology.delta.et0", "not a site"),
        ({"kind": "observed", "sites": SITES, "regime": "late"}, "hydrology.regime", "not a regime"),
        (
            {"kind": "observed", "sites": SITES, "record": {"first": "2001-01", "last": "2002-12"}},
            "hydrology.record",
            "has no effect: the run takes its own months",
        ),
        (
            {"kind": "observed", "sites": SITES, "dry_years": {"index": "flow", "years": 3, "from": 2010}},
            "hydrology.dry_years.from",
            "3 dry years from 2010 are not in the run",
        ),
        (
            {"kind": "typical_years", "sites": SITES, "index": "et0", "probabilities": [0.5]},
            "hydrology.index",
            "not a site",
        ),
        (
            {"kind": "typical_years", "sites": SITES, "index": "flow", "probabilities": [0.5], "unscaled": ["flow"]},
            "hydrology.unscaled.0",
            "'flow' is the index",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_model_is_refused(spec, path, message):
    found = problems(**config(spec, YEARS))
    assert [where for where, *_ in found] == [path]
    assert message in found[0][1]


def test_a_site_without_a_record_is_refused():
    found = problems(
        **config({"kind": "resampled", "sites": SITES, "seed": 1}, YEARS, flow=DRAWN, rain=DEPTH)
    )
    assert found[0][0] == "hydrology.sites.0"
    assert "no record" in found[0][1]


def test_files_that_are_missing_are_all_told(tmp_path: Path):
    spec = {"kind": "observed", "sites": ["flow"], "rotate": True}
    with pytest.raises(DataError) as caught:
        hydrology(tmp_path, spec, YEARS)
    assert [issue.where for issue in caught.value.issues] == ["series.rain.file", "series.flow.file"]


def test_statistics_of_a_record_with_gaps_are_refused_left_out_or_filled(tmp_path):
    rng = np.random.default_rng(1)
    flow = rng.gamma(4.0, 5.0, 240)
    flow[[0, 50, 51, 120, 239]] = np.nan  # months at the ends are no gaps
    write_months(tmp_path, 2001, 20, flow=flow, rain=rng.gamma(2.0, 9.0, 240))
    spec = {"kind": "generated", "seed": 1, "sites": SITES}
    with pytest.raises(
        DataError, match=r"2005-03 to 2005-04 of flow, 2011-01 of flow; expected 'incomplete_y"
    ):
        hydrology(tmp_path, spec, YEARS)
    made = hydrology(tmp_path, spec | {"incomplete_years": "leave_out"}, YEARS)
    assert made.left_out == ("2005-03 to 2005-04 of flow", "2011-01 of flow")
    filled = RATE | {"gaps": {"fill": "interpolate", "longest": 2}}
    assert hydrology(tmp_path, spec, YEARS, flow=filled, rain=DEPTH).left_out == ()


def test_years_that_are_left_out_are_told(tmp_path):
    numbers = np.arange(120.0) + 1.0
    numbers[[25, 26]] = np.nan
    write_months(tmp_path, 2001, 10, flow=numbers, rain=np.arange(120.0))
    lenient = {"sites": SITES, "incomplete_years": "leave_out"}
    for spec in (
        {"kind": "observed", "rotate": True},
        {"kind": "resampled", "seed": 1, "block": 1},
        {"kind": "typical_years", "index": "flow", "probabilities": [0.5]},
    ):
        assert hydrology(tmp_path, lenient | spec, YEARS).left_out == ("2003 (2 of flow)",)


def test_weather_that_is_not_drawn_with_the_sites_is_told(five_years):
    drawn = {"kind": "observed", "rotate": True, "sites": ["flow"]}
    assert hydrology(five_years, drawn, YEARS).notes == ()  # no element uses the rain
    weather = {"rain": "rain", "et0": "0 mm/d"}

    def notes(spec):
        return ensemble(model(climate=weather, **config(spec, YEARS)), five_years).notes

    assert notes(drawn) == ("series rain is no site: it is the same in every realization",)
    assert notes(drawn | {"rotate": False}) == notes(drawn | {"sites": SITES}) == notes(None) == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (50, "50 is too large; expected a share below 1, e.g. 0.5 for P = 50 %"),
        ("95%", "95% is no share; expected a share below 1, e.g. 0.95 for P = 95 %"),
        (100, "100 is too large; expected a share below 1, e.g. 0.5 for P = 50 %"),
        (0, "0 is too small; expected above 0.0"),
        ("dry", "'dry' is text; expected a number"),
    ],
)
def test_per_cent_where_a_share_is_meant_is_told(given, message):
    spec = {"kind": "typical_years", "sites": SITES, "index": "flow", "probabilities": [0.5, given]}
    (told,) = refused("hydrology", config(spec, YEARS))
    assert str(told) == f"hydrology.probabilities.1: {message}"
    assert set(model(**config(spec | {"probabilities": [0.5]}, YEARS)).hydrology.probabilities) == {0.5}


@pytest.mark.parametrize(("size", "have"), [(1, "0"), (4, "0 to 3"), (None, "0 or more")])
def test_a_realization_that_is_not_there_is_told(five_years, size, have):
    kinds = {
        1: {"kind": "observed"},
        4: {"kind": "observed", "rotate": True},
        None: {"kind": "resampled", "seed": 1},
    }
    period: dict[str, Any] = {"sites": SITES}
    if size != 1:
        period["record"] = {"first": "2001-01", "last": "2004-12"}
    whole = {"schema_version": 1, "name": {"zh": "试", "en": "test"}, "zones": {"town": {}}}
    whole |= {
        "provenance": {"source": "test", "grade": "assumed"},
        "climate": {"rain": "0 mm/d", "et0": "0 mm/d"},
    }
    whole |= {"priorities": [{"demands": ["public"]}]}
    loaded = load_config(whole | config(kinds[size] | period, YEARS), five_years)
    with pytest.raises(UsageError, match=f"no realization -1; expected {have}$"):
        api.case_of(loaded, -1)


def test_a_file_that_changes_within_a_tick_of_the_clock_is_read_again(five_years):
    """As long as before, and as old."""
    path = five_years / "record.csv"
    first = hydrology(five_years, None, YEARS).fixed["flow"].copy()
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"2001,5,4.0", b"2001,5,9.0", 1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.read_bytes() != content) == (status.st_size, True)
    again = hydrology(five_years, None, YEARS).fixed["flow"]
    assert (first[4], again[4]) == (4.0, 9.0)
