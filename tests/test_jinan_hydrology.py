"""The statistics of the Jinan model: from the real record of 泺口 where it is there, and as the model uses them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, SHARED
from tests.elementkit import model
from waterbal import api
from waterbal.errors import ConfigError, DataError
from waterbal.hydrology.ensemble import ensemble
from waterbal.hydrology.fit import annual_values, fit
from waterbal.hydrology.record import read_record
from waterbal.model.fitted_file import read_fitted
from waterbal.model.hydrology import Generated
from waterbal.model.load import load_config, load_model

FOLDER = ROOT / "configs" / "jinan"
SITES = ["luokou", "rain", "et0"]
GENERATED = "hydrology={kind: generated, seed: 1, sites: [luokou, rain, et0], fitted: hydrology.yaml}"


def recorded(folder: Path) -> dict[str, dict[str, object]]:
    """Series of the record, as the shipped statistics were fitted on."""
    climate = {"file": str(FOLDER / "climate.csv"), "kind": "depth", "units": "mm"}
    return {
        "luokou": {
            "file": str(folder / "data" / "yellow_river_daily_2001_2022.csv"),
            "column": "q_luokou_m3s",
            "kind": "rate",
            "units": "m3/s",
            "gaps": {"fill": "interpolate", "longest": 10, "ends": 1},
        },
        "rain": climate | {"column": "precip_mm"},
        "et0": climate | {"column": "et0_mm"},
    }


SPEC = {
    "kind": "generated",
    "sites": SITES,
    "seed": 1,
    "records": {"luokou": {"first": "2002-01", "last": "2022-12"}},
}


@pytest.mark.needs_shared
def test_the_shipped_statistics_are_those_of_the_record():
    series = model(series=recorded(SHARED)).series
    record = read_record(series, SITES, ".", Generated.model_validate(SPEC))
    made = fit(record, series)
    shipped = read_fitted(FOLDER / "hydrology.yaml")
    assert made.notes == shipped.notes
    for name in SITES:
        ours, theirs = (fitted.sites[name].model_dump() for fitted in (made, shipped))
        for part in ("monthly", "annual", "margin", "persistence"):
            for key, value in theirs[part].items():
                if isinstance(value, str):
                    assert ours[part][key] == value
                else:
                    assert np.allclose(ours[part][key], value, rtol=1e-5, atol=1e-6), (name, part, key)
    for ours, theirs in zip(made.correlation, shipped.correlation, strict=True):
        assert ours.years == theirs.years
        assert np.allclose(ours.values, theirs.values, atol=1e-5)


@pytest.mark.needs_shared
def test_the_record_itself_can_be_rotated_and_resampled():
    """Common years of the three sites without the gap of 2005-06, and what is asked for is refused or told."""
    sections = {"time": {"start": "2030-01", "end": "2044-12", "step": "month"}, "series": recorded(SHARED)}
    spec = {"kind": "resampled", "sites": SITES, "seed": 2, "block": 2}
    with pytest.raises(DataError, match=r"2005 \(9 of luokou\), 2006 \(4 of luokou\)"):
        ensemble(model(**sections, hydrology=spec), ".")
    made = ensemble(model(**sections, hydrology=spec | {"incomplete_years": "leave_out"}), ".")
    assert [gap.method for gap in made.filled["luokou"]].count("interpolate") == 19
    record = read_record(model(**sections).series, SITES, ".")
    annual = annual_values(record.table("luokou")[1], "rate")
    driest = np.nanmin(annual)
    drawn = made.draw_many(0, 50)["luokou"].reshape(50, 15, 12)
    assert annual_values(drawn.reshape(-1, 12), "rate").min() == pytest.approx(driest)
    days = {"time": {"start": "2030-01", "end": "2031-12", "step": "day"}}
    river = {"series": {"luokou": recorded(SHARED)["luokou"]}}
    spec |= {"incomplete_years": "leave_out", "sites": ["luokou"]}
    daily = ensemble(model(**days, **river, hydrology=spec), ".")
    assert daily.draw(0)["luokou"].size == 730


@pytest.mark.needs_shared
def test_floods_and_droughts_of_the_record_are_within_what_is_drawn():
    """Seventeen and more whole years: smallest 1-, 3- and 5-year means within the 95 % band of 1000 records."""
    series = model(series=recorded(SHARED)).series
    record = read_record(series, SITES, ".", Generated.model_validate(SPEC))
    annual = annual_values(record.table("luokou")[1], "rate")
    whole = ~np.isnan(annual)
    assert whole.sum() >= 17
    jinan = load_model(
        FOLDER / "model.yaml", [GENERATED, "time.start=2001-01", f"time.end={2000 + annual.size}-12"]
    )
    drawn = ensemble(jinan.model, FOLDER).draw_many(0, 1000)["luokou"].reshape(1000, annual.size, 12)
    ours = np.stack([annual_values(one, "rate") for one in drawn])
    ours[:, ~whole] = np.nan
    for years in (1, 3, 5):
        kernel = np.lib.stride_tricks.sliding_window_view
        smallest = np.nanmin(kernel(ours, years, axis=1).mean(axis=2), axis=1)
        low, high = np.quantile(smallest, [0.025, 0.975])
        assert low <= np.nanmin(kernel(annual, years).mean(axis=1)) <= high


def test_the_model_draws_all_sites_from_the_statistics():
    case = api.load(FOLDER / "model.yaml", [GENERATED])
    assert set(case.ensemble.draw(0)) == set(SITES)
    assert case.ensemble.size is None
    listed = {entry.path: entry for entry in case.model.assumptions()}
    entry = listed["hydrology.fitted.sites.luokou"]
    assert (entry.value, entry.unit, entry.grade) == ("statistics of 2002-01 to 2022-12", "m3/s", "derived")


def test_the_check_says_what_is_drawn_and_what_of_the_statistics_is_not_kept():
    found = api.load(FOLDER / "model.yaml", [GENERATED]).summary()["hydrology"]
    assert (found["kind"], found["sites"], found["realizations"]) == ("generated", SITES, "any number")
    assert found["not kept"] == [
        note for note in read_fitted(FOLDER / "hydrology.yaml").notes if "correlation of month" in note
    ]
    rotated = "hydrology={kind: observed, rotate: true, sites: [rain, et0]}"
    found = api.load(FOLDER / "model.yaml", [rotated]).summary()["hydrology"]
    assert found == {"kind": "observed", "sites": ["rain", "et0"], "realizations": 39}


def test_a_result_needs_no_file_of_statistics():
    loaded = load_model(FOLDER / "model.yaml", [GENERATED])
    again = load_config(loaded.config, FOLDER)
    assert again.model.hydrology == loaded.model.hydrology
    first, second = (ensemble(one.model, FOLDER).draw(4) for one in (loaded, again))
    assert all(np.array_equal(first[name], second[name]) for name in SITES)


def test_a_draw_is_fast_enough_to_be_made_on_the_fly():
    import time

    made = ensemble(load_model(FOLDER / "model.yaml", [GENERATED]).model, FOLDER)
    made.draw(0)
    start = time.perf_counter()
    for k in range(20):
        made.draw(k)
    assert (time.perf_counter() - start) / 20 < 0.01  # measured 0.2 ms for 39 years on an idle machine


# ---- the file of statistics


def write(folder: Path, text: str) -> Path:
    """Write a small model whose hydrology names a file of statistics."""
    (folder / "hydrology.yaml").write_text(text, encoding="utf-8")
    path = folder / "model.yaml"
    path.write_text(
        "schema_version: 1\nname: {zh: 试, en: test}\nprovenance: {source: test, grade: assumed}\n"
        "time: {start: 2030-01, end: 2031-12, step: month}\nzones: {town: {}}\n"
        "series: {rain: {file: x.csv, column: x, kind: depth, units: mm}}\n"
        "hydrology: {kind: generated, seed: 1, sites: [rain], fitted: hydrology.yaml}\n"
        "sources: {river: {type: catchment, zone: town, runoff: 10 万m3/d}}\n"
        "links: {pipe: {from: river, to: city}}\n"
        "demands: {city: {type: public, zone: town, need: 10 万m3/d}}\npriorities: [{demands: [public]}]\n",
        encoding="utf-8",
    )
    return path


SHIPPED = (FOLDER / "hydrology.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "memory: 0.8\n",
            "memory: 1.2\n",
            "yaml:34:15: hydrology.fitted.sites.luokou.persistence.memory: 1.2",
        ),
        ("units: m3/s", "units: m3/x", "'m3/x'"),
        ("units: m3/s", "units: mm", "expected a flow rate"),
        ("kind: rate", "kind: rats", "'rats' is not valid here"),
        ("format: waterbal-hydrology-1", "format: other", "'other' is not valid here"),
        (
            "- sites: [luokou, rain]",
            "- sites: [luoku, rain]",
            "the correlation names 'luoku', which is no site",
        ),
        ("notes:", "nots:", "unknown key 'nots'; did you mean 'notes'?"),
    ],
)
def test_problems_of_the_file_have_their_place_in_it(tmp_path, old, new, message):
    assert old in SHIPPED
    with pytest.raises(ConfigError) as caught:
        load_model(write(tmp_path, SHIPPED.replace(old, new)))
    assert message in str(caught.value)
    assert str(caught.value.issues[0].file).endswith("hydrology.yaml")


def test_a_file_that_is_missing_is_told_where_it_is_named(tmp_path):
    path = write(tmp_path, SHIPPED)
    (tmp_path / "hydrology.yaml").unlink()
    with pytest.raises(ConfigError) as caught:
        load_model(path)
    (issue,) = caught.value.issues
    assert (issue.file, issue.line, issue.where) == (str(path), 7, "hydrology.fitted")
    assert "there is no such file" in issue.message


def test_problems_of_the_record_are_told_where_the_hydrology_is():
    overrides = ["hydrology={kind: resampled, seed: 1, sites: [rain, et0], block: 100}"]
    with pytest.raises(DataError, match="39 complete years in a row"):
        api.load(FOLDER / "model.yaml", overrides)
