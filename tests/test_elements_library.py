"""The teaching models: they load, lower, and give the answer their first lines promise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.reference.simulation import simulate
from waterbal.demand.lowering import axis, lower, series_needed
from waterbal.hydrology.series import read_series
from waterbal.model.load import load_config, load_model
from waterbal.model.rows import Rows

LIBRARY = Path(__file__).parent.parent / "configs" / "library"
MODELS = sorted(LIBRARY.glob("*.yaml"))


def read(name: str, *overrides: str) -> Rows:
    loaded = load_model(LIBRARY / f"{name}.yaml", overrides)
    steps = axis(loaded.model)
    names = series_needed(loaded.model)
    series = {key: read_series(loaded.model.series[key], loaded.series_dir, steps) for key in names}
    return lower(loaded.model, series)


def supplied(name: str, *overrides: str) -> dict[str, np.ndarray]:
    """Mean daily supply of each demand by calendar year."""
    rows = read(name, *overrides)
    supply = simulate(rows)["supply"]
    index = rows.axis.year - rows.axis.year[0]
    days = np.bincount(index, rows.axis.days)
    return {d.id: np.bincount(index, supply[:, i]) / days for i, d in enumerate(rows.demands)}


def shares(name: str, *overrides: str) -> dict[str, np.ndarray]:
    """Supplied share of each need by calendar year."""
    rows = read(name, *overrides)
    supply = simulate(rows)["supply"]
    index = rows.axis.year - rows.axis.year[0]
    return {
        d.id: np.bincount(index, supply[:, i]) / np.bincount(index, d.gross)
        for i, d in enumerate(rows.demands)
    }


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_says_its_idea_and_answer_and_lowers_to_finite_rows(path):
    first, second, third, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# Idea: ") and second.startswith("# Expect: ") and third == "schema_version: 1"
    loaded = load_model(path)
    assert loaded.model.id == path.stem
    assert loaded.model.assumptions()
    rows = read(path.stem)
    unlimited = {"capacity", "output_limit"}
    for group in ("sources", "nodes", "stores", "aquifers", "links", "demands", "quotas"):
        for row in getattr(rows, group):
            for field in dataclasses.fields(row):
                value = getattr(row, field.name)
                arrays = value.values() if isinstance(value, dict) else [value]
                for array in arrays:
                    if isinstance(array, np.ndarray):
                        assert array.dtype == np.float64, (row.id, field.name)
                        assert not np.isnan(array).any() and np.all(array >= 0.0), (row.id, field.name)
                        assert field.name in unlimited or np.isfinite(array).all(), (row.id, field.name)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_resolved_configuration_rebuilds_the_same_model(path):
    loaded = load_model(path)
    assert load_config(loaded.config, loaded.series_dir).model == loaded.model


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("shared_trunk", (), {"large": 4.5, "small": 1.5}),
        ("reuse_loop", (), {"users": 50 / 3}),
        ("stranded_water", (), {"factory": 5.0, "people": 10.0}),
        ("quality_matching", (), {"lawns": 40.0, "people": 60.0}),
        ("sharing_rules", (), {"user_a": 24.0, "user_b": 20.0, "user_c": 12.0, "user_d": 64.0}),
        ("sharing_rules", ("priorities.0.sharing=equal_volume",), {"user_a": 30.0, "user_b": 25.0, "user_c": 15.0,
                                                                   "user_d": 50.0}),
        ("sharing_rules", ("priorities.0.sharing=first_listed",), {"user_a": 30.0, "user_b": 25.0, "user_c": 15.0,
                                                                   "user_d": 50.0}),
        ("senior_junior", (), {"upstream": 6.0, "downstream": 19.0}),
        ("minimum_flow", (), {"users": 7.0}),
    ],
)  # fmt: skip
def test_rates_that_are_known(name, overrides, expected):
    for demand, rate in supplied(name, *overrides).items():
        assert rate[0] == pytest.approx(expected[demand], rel=1e-6), demand


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("treatment_capacity", (), {"people": [1, 0.958, 0.888, 1, 1, 1]}),
        ("first_filling", (), {"people": [0.71, 0.71, 0.793, 0.82, 1, 1]}),
        ("aquifer_tiers", (), {"town": [0.983, 0.8, 0.699, 0.549]}),
        ("transfer_window", (), {"users": [1, 1, 1, 1, 1]}),
        ("transfer_window", ("links.to_store.capacity=0 万m3/d",), {"users": [1, 0.666, 0.666, 0.667, 0.553]}),
        ("two_reservoirs", (), {"town_use": [1, 1, 1, 1]}),
        ("two_reservoirs", ("stores.upper.capacity=10 万m3",), {"town_use": [0.936, 0.8, 0.798, 0.804]}),
        ("drought_restriction", (), {"people": [1, 1, 1, 1], "lawns": [0.585, 0.5, 0.5, 0.5]}),
        ("quota_reserve", ("reserve.mode=none",), {"residents": [0.587] * 3 + [0.585], "farm": [0.857] * 4}),
        ("rain_and_desalination", (), {"users": [0.939, 0.909, 0.935, 0.928]}),
        ("outages", (), {"town_use": [1, 273 / 365, 349.5 / 365, 1]}),
        ("outages", ("outages.repair.every=1",), {"town_use": [1, 273 / 365, 349.5 / 365, 350.5 / 366]}),
        ("lake_and_river", (), {"stream": [1] * 4, "lake": [1] * 4}),
        ("conservation", (), {"village": [1] * 6, "fields": [1] * 6}),
        ("dekad_step", (), {"fields": [0.936, 0.507]}),
        ("dekad_step", ("time.step=month",), {"fields": [0.935, 0.506]}),
    ],
)  # fmt: skip
def test_yearly_shares_that_the_first_lines_promise(name, overrides, expected):
    for demand, share in shares(name, *overrides).items():
        np.testing.assert_allclose(share, expected[demand], atol=6e-4, err_msg=demand)


def test_nested_quotas_bind_one_after_the_other():
    rows = read("nested_quotas")
    used = simulate(rows)["source_withdrawal"]
    index = rows.axis.year - 2001
    river, ground = (np.bincount(index, used[:, i]) for i in (0, 1))
    np.testing.assert_allclose(river + ground, [1000, 700, 1000])
    np.testing.assert_allclose(river[1], 400)


def test_lagged_reuse_climbs_to_the_loop():
    rows = read("lagged_reuse")
    rate = simulate(rows)["supply"][:, 0] / rows.axis.days
    np.testing.assert_allclose(rate[:3], [10, 14, 15.6])
    assert rate[-1] == pytest.approx(50 / 3, rel=1e-6)


def test_the_step_does_not_change_the_need_of_a_year():
    needs = [
        read("daily_step", f"time.step={step}").demands[0].gross.sum() for step in ("day", "dekad", "month")
    ]
    np.testing.assert_allclose(needs, needs[0], rtol=1e-12)
