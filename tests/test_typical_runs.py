"""Typical years against the long series: where the two must agree, and where they must not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from waterbal import api, starter
from waterbal.cli.main import main
from waterbal.hydrology import frequency
from waterbal.model.rows import Floats
from waterbal.report import balance, scenarios
from waterbal.report.page.subject import SUMMED
from waterbal.results.terms import TYPICAL_YEARS

YEARS = 32
NEED = 95.0

MODEL = """
schema_version: 1
name: {zh: 示例, en: Example}
provenance: {source: test, grade: assumed}
time: {start: 1981-01, end: 2012-12, step: month}
zones: {town: {}}
series:
  weather: {file: inflow.csv, column: none, units: mm, kind: depth}
  inflow: {file: inflow.csv, column: inflow, units: 1e4 m3, kind: volume}
climate: {rain: weather, et0: weather}
sources:
  river: {type: catchment, zone: town, runoff: {series: inflow}}
stores:
  lake:
    type: reservoir
    zone: town
    capacity: CAPACITY 万m3
    dead: 0 万m3
    shape: {full_area: 0.001 km2, exponent: 0.1}
    initial_share: 0.5
    evaporation_factor: 1.0
    seepage: 0 mm/d
links:
  river_lake: {from: river, to: lake}
  lake_town: {from: lake, to: town_use}
demands:
  town_use: {type: public, zone: town, need: 0.26009582 万m3/d, returns: [{to: outside, share: 0.8}]}
priorities:
  - demands: [public]
reserve: {mode: none}
HYDROLOGY
"""
TYPICAL = """
hydrology:
  {kind: typical_years, sites: [inflow], index: inflow, probabilities: [0.5, 0.75, 0.9], scale: SCALE}
"""


@pytest.fixture
def record(tmp_path: Path) -> Floats:
    """Write 32 years of inflow, four wet years and four dry ones by turns; give it as ndarray (year, month)."""
    random = np.random.default_rng(12)
    total = np.where(np.arange(YEARS) // 4 % 2 == 0, 140.0, 60.0) * random.uniform(0.85, 1.15, YEARS)
    course = np.array([2, 2, 3, 4, 6, 12, 22, 20, 13, 8, 5, 3]) / 100.0
    table = total[:, None] * course
    lines = [f"{1981 + y}-{m + 1:02d},{table[y, m]:.6f},0" for y in range(YEARS) for m in range(12)]
    (tmp_path / "inflow.csv").write_text("date,inflow,none\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return table


def supplied(folder: Path, capacity: str, hydrology: str = "", realization: int = 0) -> Floats:
    """Run a model and give what is supplied, ndarray (year) [1e4 m3]."""
    path = folder / "model.yaml"
    text = MODEL.replace("CAPACITY", capacity).replace("HYDROLOGY", hydrology)
    path.write_text(text, encoding="utf-8")
    results = api.load(path, realization=realization).run()
    supply = results["water_supply"].values.reshape(-1)
    return np.asarray(supply).reshape(YEARS, 12).sum(axis=1)


def typical(folder: Path, capacity: str, realization: int, scale: str = "index") -> tuple[Floats, int]:
    """Run a typical year over and over; also give the year of the record."""
    hydrology = TYPICAL.replace("SCALE", scale)
    supply = supplied(folder, capacity, hydrology, realization)
    case = api.load(folder / "model.yaml")
    assert case.ensemble is not None
    return supply, int(case.ensemble.labels(3)["hydrology_year"][realization])


def test_without_storage_a_typical_year_is_that_year_of_the_long_series(
    tmp_path: Path, record: Floats
) -> None:
    long_series = supplied(tmp_path, "0.001")
    for realization in range(3):
        repeated, year = typical(tmp_path, "0.001", realization, scale="none")
        # leap days apart, every year of the run is the same, and is what the long series says of that year
        assert np.ptp(repeated) < 0.01 * repeated.mean()
        assert repeated.mean() == pytest.approx(long_series[year - 1981], rel=5e-3)


def test_without_storage_supply_in_a_year_of_p_is_what_is_supplied_with_p(
    tmp_path: Path, record: Floats
) -> None:
    # supply rises with inflow, so that its frequency is that of the inflow
    long_series = np.sort(supplied(tmp_path, "0.001"))[::-1]
    position = frequency.plotting_positions(YEARS)
    for realization, p in enumerate((0.5, 0.75, 0.9)):
        repeated, _ = typical(tmp_path, "0.001", realization)
        quantile = np.interp(p, position, long_series)
        # a fitted curve is not the record: within a tenth, as two populations of years allow
        assert repeated.mean() == pytest.approx(quantile, rel=0.12)


def test_storage_over_years_makes_them_differ(tmp_path: Path, record: Floats) -> None:
    capacity = "90"
    long_series = supplied(tmp_path, capacity)
    middling, _ = typical(tmp_path, capacity, 0)
    dry, year = typical(tmp_path, capacity, 1, scale="none")
    # a middling year over and over never fails, the record with its four dry years in a row does
    assert middling[1:].min() == pytest.approx(NEED, rel=1e-3)
    assert long_series.min() < 0.9 * NEED
    # and of a dry year alone nobody knows that the lake was full before it
    assert dry[-1] == pytest.approx(record[year - 1981].sum(), rel=0.02)
    assert dry[-1] < 0.75 * NEED
    first_dry = np.arange(YEARS) % 8 == 4
    assert (record.sum(axis=1)[first_dry] < 0.75 * NEED).all()
    assert long_series[first_dry] == pytest.approx(NEED, rel=2e-3)
    share = float((long_series > 0.99 * NEED).mean())
    assert share > float((record.sum(axis=1) >= NEED).mean()) + 0.1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everyone_is_warned(
    tmp_path: Path, record: Floats, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    supplied(tmp_path, "90", TYPICAL.replace("SCALE", "index"), 2)
    out = tmp_path / "balance.nc"
    with pytest.raises(SystemExit) as end:
        main(["run", str(tmp_path / "model.yaml"), "--realization", "2", "-o", str(out), "--lang", language])
    assert not end.value.code
    told = capsys.readouterr().out
    for term in TYPICAL_YEARS:
        assert "".join(getattr(term, language).split()) in "".join(told.split())  # whatever the width
    assert "P = 90.0%" in told
    with api.open_result(out) as results:
        assert json.loads(results.attrs["waterbal_typical_year"]) == {"index": "inflow", "probability": 0.9}
        assert "P of a sum is not the sum of the Ps" in results.attrs["comment"]
    again = api.rebuild(out).run()
    assert again.attrs["waterbal_typical_year"] == results.attrs["waterbal_typical_year"]


def test_the_long_series_has_no_such_warning(tmp_path: Path, record: Floats) -> None:
    supplied(tmp_path, "90")
    assert "waterbal_typical_year" not in api.load(tmp_path / "model.yaml").run().attrs


# ---- beside the index: what is drawn by month, and what the air asks for

BESIDE = (
    """
time: {start: 1981-01, end: 1990-12, step: month}
series:
  weather: {file: weather.csv, column: rain, units: mm, kind: depth}
  air: {file: weather.csv, column: air, units: mm, kind: depth}
  river:
    {kind: seasonal_lognormal, units: m3/s, seed: 4, mu: MU, sd: SD, r: R}
climate: {rain: weather, et0: air}
sources:
  river: {type: catchment, zone: town, runoff: {series: river}}
""".replace("MU", str([1.0] * 12))
    .replace("SD", str([0.5] * 12))
    .replace("R", str([0.3] * 12), 1)
)


@pytest.fixture
def beside(tmp_path: Path) -> tuple[Path, Floats, Floats]:
    """Write a model with a drawn river beside rain and ET0; also give these as ndarray (year, month)."""
    random = np.random.default_rng(7)
    rain = random.gamma(6.0, 10.0, (YEARS, 12)).round(6)
    air = random.gamma(40.0, 2.0, (YEARS, 12)).round(6)
    rows = [
        f"{1981 + y}-{m + 1:02d},{rain[y, m]:.6f},{air[y, m]:.6f}" for y in range(YEARS) for m in range(12)
    ]
    (tmp_path / "weather.csv").write_text("date,rain,air\n" + "\n".join(rows) + "\n", encoding="utf-8")
    path = tmp_path / "model.yaml"
    text = MODEL.replace("CAPACITY", "90").replace("HYDROLOGY", "")
    top, rest = text.split("time: ")[0], text.split("stores:")[1]
    path.write_text(top + "zones: {town: {}}" + BESIDE + "stores:" + rest, encoding="utf-8")
    return path, rain, air


def of(probabilities: str, more: str = "") -> list[str]:
    start = "hydrology={kind: typical_years, sites: [weather, air], index: weather, probabilities: "
    return [f"{start}{probabilities}{more}}}"]


@pytest.mark.parametrize("command", ["run", "generate"])
def test_one_probability_is_one_realization_whatever_is_drawn_besides(
    beside: tuple[Path, Floats, Floats], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    path, out = str(beside[0]), str(beside[0].parent / "out.nc")
    words = {
        "run": ["run", path, "--realization", "1"],
        "generate": ["hydrology", "generate", path, "-n", "3", "-o", out],
    }
    with pytest.raises(SystemExit) as end:
        main([*words[command], "--set", *of("[0.95]")])
    assert end.value.code in (2, 4)
    assert "there is no realization 1; expected 0" in (told := capsys.readouterr().err) or (
        "there are no 3 realizations; expected 1\n" in told
    )
    assert api.load(path, of("[0.95]")).ensemble.size == 1  # type: ignore[union-attr]
    assert api.load(path, of("[0.5, 0.95]")).ensemble.size == 2  # type: ignore[union-attr]
    observed = ["hydrology={kind: observed, sites: [weather, air]}"]
    assert api.load(path, observed).ensemble.size is None  # type: ignore[union-attr]


def test_a_typical_year_gives_the_same_alone_and_beside_others(beside: tuple[Path, Floats, Floats]) -> None:
    alone = api.load(beside[0], of("[0.95]")).run()
    third = api.load(beside[0], of("[0.25, 0.5, 0.95]"), 2).run()
    assert np.array_equal(alone["water_supply"].values, third["water_supply"].values)


def test_all_typical_years_meet_the_same_draw(beside: tuple[Path, Floats, Floats]) -> None:
    case = api.load(beside[0], of("[0.25, 0.5, 0.95]"))
    assert case.ensemble is not None
    series = case.ensemble.draw_many(0, 3)
    assert (series["river"] == series["river"][0]).all()
    assert len({row.tobytes() for row in series["weather"]}) == 3
    drawn = api.load(beside[0], ["hydrology={kind: resampled, seed: 1, sites: [weather, air]}"]).ensemble
    assert drawn is not None
    assert not np.array_equal(*drawn.draw_many(0, 2)["river"])
    assert np.array_equal(series["river"][0], drawn.draw(0)["river"])


@pytest.mark.parametrize("scale", ["index", "each"])
def test_what_the_air_asks_for_is_as_it_was_unless_one_says_so(
    beside: tuple[Path, Floats, Floats], scale: str
) -> None:
    path, rain, air = beside
    by_default = api.load(path, of("[0.95]", f", scale: {scale}")).ensemble
    scaled = api.load(path, of("[0.95]", f", scale: {scale}, unscaled: []")).ensemble
    assert by_default is not None and scaled is not None
    year = int(by_default.labels(1)["hydrology_year"][0]) - 1981
    quantile = float(frequency.fit(rain.sum(axis=1)).quantile([0.95])[0])
    own = float(frequency.fit(air.sum(axis=1)).quantile([0.95])[0])
    factor = quantile / rain[year].sum()
    other = factor if scale == "index" else own / air[year].sum()
    assert abs(other - 1.0) > 0.01
    assert by_default.draw(0)["air"][:12] == pytest.approx(air[year])
    assert by_default.draw(0)["weather"][:12] == pytest.approx(rain[year] * factor)
    assert scaled.draw(0)["air"][:12] == pytest.approx(air[year] * other)
    told, of_scaled = by_default.notes[0], scaled.notes[0]
    assert f"P = 95% {1981 + year} (weather ×{factor:.3f}" in told
    assert told.endswith("; air is not scaled, as in the year itself")
    assert f"air ×{other:.3f}" in of_scaled and "not scaled" not in of_scaled


def test_the_index_is_scaled_even_if_it_is_what_the_air_asks_for(beside: tuple[Path, Floats, Floats]) -> None:
    path, _, air = beside
    spec = "hydrology={kind: typical_years, sites: [weather, air], index: air, probabilities: [0.05]}"
    made = api.load(path, [spec]).ensemble
    assert made is not None
    quantile = float(frequency.fit(air.sum(axis=1)).quantile([0.05])[0])
    assert made.draw(0)["air"][:12].sum() == pytest.approx(quantile)


def test_an_index_that_runs_against_water_is_told(beside: tuple[Path, Floats, Floats]) -> None:
    path, *_ = beside
    spec = "hydrology={kind: typical_years, sites: [weather, air], index: air, probabilities: [0.75]}"
    made = api.load(path, [spec]).ensemble
    assert made is not None
    (note,) = (one for one in made.notes if "evapotranspiration" in one)
    assert "the index air is evapotranspiration" in note and "weather is scaled by its factor" in note
    assert "蒸散发" in note.zh and "weather 按它的倍比缩放" in note.zh
    assert not any("evapotranspiration" in note for note in api.load(path, of("[0.75]")).notes)


# ---- quantiles that are no water


def city(tmp_path: Path) -> Path:
    """Copy the starter city, whose ten years of runoff have a curve that reaches far below zero."""
    for path in starter.MODEL.parent.glob("*"):
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / starter.MODEL.name


DRY_CITY = (
    "hydrology={kind: typical_years, sites: [runoff, rain, et0], index: runoff, probabilities: [0.5, 0.95], "
    "first_month: 7MORE}"
)


@pytest.mark.parametrize("command", ["run", "check", "generate"])
def test_a_typical_year_without_water_is_refused(
    tmp_path: Path, cli: Callable[..., tuple[int, str, str]], command: str
) -> None:
    path, out = city(tmp_path), tmp_path / "x.nc"
    words = ["hydrology", "generate", path, "-o", out] if command == "generate" else [command, path]
    status, _, err = cli(*words, "--set", DRY_CITY.replace("MORE", ""))
    assert status == 3 and not out.exists()
    assert "the quantile of runoff at P = 95% is not above zero" in err
    assert "-4.5% of the mean" in err and "'skew_ratio: 2'" in err and "longer record" in err
    assert "P = 50%" not in err.split("hydrology.probabilities:")[1]


def test_the_ways_out_of_a_year_without_water_are_ways_out(tmp_path: Path) -> None:
    path = city(tmp_path)
    for more in (", skew_ratio: 2", ", scale: none"):
        made = api.load(path, [DRY_CITY.replace("MORE", more)]).ensemble
        assert made is not None and made.draw(1)["runoff"].sum() > 0.0
        told = " ".join(made.notes)
        assert "P = 95% is beyond what 9 years of runoff have seen" in told
        assert ("reaches below zero" in told) == ("none" in more)
    made = api.load(path, [DRY_CITY.replace("MORE", "").replace("0.95", "0.75")]).ensemble
    assert made is not None
    assert "runoff reaches below zero" in made.notes[1] and "曲线下限小于零" in made.notes[1].zh
    assert len(made.notes) == 2


# ---- no frequency of their own


def test_a_typical_year_has_no_guarantee_rate(
    tmp_path: Path, record: Floats, cli: Callable[..., tuple[int, str, str]]
) -> None:
    supplied(tmp_path, "90", TYPICAL.replace("SCALE", "index"))
    path, out = tmp_path / "model.yaml", tmp_path / "out.nc"
    need = "{type: public, zone: town, guarantee: 0.9, need"
    path.write_text(
        path.read_text(encoding="utf-8").replace("{type: public, zone: town, need", need), "utf-8"
    )
    for realization, met in ((0, True), (2, False)):
        status, text, _ = cli("run", path, "--realization", realization, "-o", out)
        assert status == 0
        with xr.open_dataset(out) as results:
            for group in ("", "sector_", "zone_", "district_"):
                assert np.isnan(results[f"{group}reliability_annual"].values).all()
            assert (results["guarantee_state"].values == -1).all()
            assert -1 in results["guarantee_state"].attrs["flag_values"]
            assert "cannot be counted" in results.attrs["reliability_conventions"]
            share = float(results["water_supply"].sum() / results["water_demand"].sum())
        assert "Reliability" not in text and "Required" not in text and "supports" not in text
        assert "no frequency of their own: guarantee rates cannot be counted" in " ".join(text.split())
        line = next(line for line in text.splitlines() if line.split()[-1:] == ["yes" if met else "no"])
        assert line.split()[-2] == f"{100 * share:.1f}%"
        with api.open_result(out) as results:
            told, page = balance.as_dict(results), Console(record=True, width=200, file=io.StringIO())
            balance.render(results, "zh", page)
        zh = page.export_text()
        assert "典型年没有自身频率" in zh and "年保证率" not in zh and "该年满足" in zh
        assert told["needs"][0]["guarantee"] == "not_counted" and told["needs"][0]["met_in_year"] is met
        assert told["record"]["largest_guarantee"] is None
    long_series = api.load(path, ["hydrology={kind: observed, sites: [inflow]}"]).run()
    assert np.isfinite(long_series["reliability_annual"].values).all()
    assert (long_series["guarantee_state"].values > 0).all()


def test_a_sweep_tells_typical_years_one_by_one(
    tmp_path: Path, record: Floats, cli: Callable[..., tuple[int, str, str]]
) -> None:
    supplied(tmp_path, "90", TYPICAL.replace("SCALE", "index"))
    study = """
schema_version: 1
model: model.yaml
name: {zh: 典型年, en: Typical}
provenance: {source: test, grade: assumed}
keep: yearly
axes:
  lake: {values: {small: {set: {stores.lake.capacity: 10 万m3}}, large: {set: {stores.lake.capacity: 90 万m3}}}}
"""
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    status, text, _ = cli("sweep", tmp_path / "study.yaml", "-o", tmp_path / "out")
    assert status == 0
    assert "m/(n+1)" not in text and "all realizations together" not in text
    assert "guarantee rates are not counted" in " ".join(text.split())
    with api.open_result(tmp_path / "out" / "results.nc") as results:
        supply, need = (
            results[f"yearly_water_{name}"].sum(("demand", "year")).values for name in ("supply", "demand")
        )
        short = results["yearly_water_supply"].values < results["yearly_water_demand"].values * (1 - 1e-6)
        assert np.isnan(results["sector_reliability_annual"].values).all()
        assert (results["guarantee_state"].values == -1).all()
        told = scenarios.summarise(results)
        assert scenarios.summarise(results[[*SUMMED]]) == told  # what the page reads of it
    values = {axis["id"]: axis["values"] for axis in told["axes"]}
    assert [(line["value"], line["probability"]) for line in values["lake"]] == [
        (size, p) for size in ("small", "large") for p in (0.5, 0.75, 0.9)
    ]
    for place, line in enumerate(values["lake"]):
        scenario, realization = divmod(place, 3)
        own = supply[scenario, realization], need[scenario, realization]
        (public,) = line["sectors"].values()
        assert public["rate"] is None and public["supplied"] == pytest.approx(own[0] / own[1])
        assert public["met"] is not short[scenario, realization].any()
        assert line["supply"] == pytest.approx(own[0] / YEARS)
        assert f"{own[0] / own[1]:.1%} ({'yes' if public['met'] else 'no'})" in text
    assert {line["met"] for axis in values["lake"] for line in axis["sectors"].values()} == {True, False}


# ---- an outage at the end of a run


@pytest.mark.parametrize(
    ("outage", "told"),
    [
        (
            "{of: [river_lake], from: 2012-09, months: 6}",
            "lasts 6 months from 2012-09, the run ends in 2012-12: 4 of",
        ),
        ("{of: [river_lake], from: 2012-09, months: 4}", ""),
        (
            "{of: [river_lake], from: 1990-11, months: 3, every: 2}",
            "lasts 3 months from 2012-11, the run ends in 2012-12: 2 of",
        ),
    ],
)
def test_an_outage_that_the_run_cuts_short_is_told(
    tmp_path: Path, record: Floats, outage: str, told: str
) -> None:
    supplied(tmp_path, "90", f"outages: {{gate: {outage}}}")
    case = api.load(tmp_path / "model.yaml")
    notes = [note for note in case.notes if "outage gate" in note]
    assert [told in note for note in notes] == [True] * bool(told)
    assert ("warnings" in case.summary()) == bool(told)
