"""Reliability, resilience, vulnerability, guarantee: cases with known numbers."""

from __future__ import annotations

import numpy as np
import pytest

from waterbal.results import metrics

SUPPLY = [10, 10, 8, 6, 10, 10, 10, 9, 10, 5, 7, 10]
"""Hashimoto's definitions on twelve steps with a need of 10."""


def series(*values):
    return np.array(values, float)


def test_failures_and_recoveries():
    need, supply = np.full(12, 10.0), np.array(SUPPLY, float)
    told = metrics.events(need, supply)
    expected = {
        "reliability_step": 7 / 12,
        "resilience": 0.6,
        "vulnerability_mean_event_maximum": 10 / 3,
        "vulnerability_maximum": 5,
        "failure_steps": 5,
        "event_count": 3,
        "event_volume_mean": 5,
        "event_volume_maximum": 8,
        "event_longest": 2,
    }
    assert {k: float(v) for k, v in told.items()} == pytest.approx(expected, abs=1e-12)
    assert metrics.reliability_volumetric(need, supply) == pytest.approx(0.875)
    assert metrics.failure_depth_step(need, supply) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("convention", "value"),
    [("transitions_over_failures", 2 / 6), ("excluding_final_state", 2 / 5), ("events_over_failures", 3 / 6)],
)
def test_record_that_ends_in_failure(convention, value):
    supply = np.array([*SUPPLY[:-1], 8.0])
    told = metrics.events(np.full(12, 10.0), supply, convention=convention)
    assert told["failure_steps"] == 6
    assert told["resilience"] == pytest.approx(value, abs=1e-12)


def test_conventions_agree_on_a_record_that_ends_well():
    for convention in metrics.RESILIENCE:
        told = metrics.events(np.full(12, 10.0), np.array(SUPPLY, float), convention=convention)
        assert told["resilience"] == pytest.approx(0.6)


def test_unknown_convention():
    with pytest.raises(ValueError, match="unknown convention 'best'"):
        metrics.resilience(1, 1, False, "best")


def test_steps_without_need_are_left_out():
    need = series(10, 10, 0, 0, 10, 10)
    supply = series(10, 5, 0, 0, 6, 10)
    told = metrics.events(need, supply)
    assert told["reliability_step"] == pytest.approx(0.5)
    assert told["event_count"] == 1
    assert told["event_longest"] == 2
    assert told["event_volume_mean"] == pytest.approx(9)


def test_no_need_at_all():
    told = metrics.events(np.zeros(3), np.zeros(3))
    assert all(np.isnan(value) for value in told.values())
    assert np.isnan(metrics.reliability_volumetric(np.zeros(3), np.zeros(3)))
    assert np.isnan(metrics.failure_depth_step(np.zeros(3), np.zeros(3)))
    assert np.isnan(metrics.reliability_annual(np.zeros(3), np.zeros(3)))


def test_no_failure():
    told = metrics.events(np.full(4, 2.0), np.full(4, 2.0 - 1e-9))
    assert told["reliability_step"] == 1.0
    assert np.isnan(told["resilience"])
    assert told["vulnerability_maximum"] == 0.0


def test_failure_throughout():
    told = metrics.events(np.full(4, 2.0), np.zeros(4))
    assert told["reliability_step"] == 0.0
    assert told["resilience"] == 0.0
    assert told["event_longest"] == 4
    assert told["event_volume_maximum"] == 8


def test_many_series_equal_one_by_one():
    rng = np.random.default_rng(3)
    need = np.where(rng.random((2, 3, 40)) < 0.2, 0.0, rng.uniform(1, 5, (2, 3, 40)))
    supply = need * np.where(rng.random(need.shape) < 0.3, rng.random(need.shape), 1.0)
    together = metrics.events(need, supply)
    for place in np.ndindex(2, 3):
        alone = metrics.events(need[place], supply[place])
        for name in metrics.EVENT_METRICS:
            np.testing.assert_array_equal(together[name][place], alone[name])


def brute_force(need, supply):
    """Events by walking the record."""
    runs: list[list[float]] = []
    open_run = False
    for n, s in zip(need, supply, strict=True):
        if n == 0:
            continue
        if s < n * (1 - 1e-6):
            if not open_run:
                runs.append([])
            runs[-1].append(n - s)
            open_run = True
        else:
            open_run = False
    return runs


@pytest.mark.parametrize("seed", range(40))
def test_events_by_walking_the_record(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 30))
    need = np.where(rng.random(size) < 0.3, 0.0, rng.integers(1, 5, size).astype(float))
    supply = need * np.where(rng.random(size) < rng.random(), 0.5, 1.0)
    runs = brute_force(need, supply)
    told = metrics.events(need, supply)
    if not need.any():
        assert np.isnan(told["event_count"])
        return
    assert told["event_count"] == len(runs)
    assert told["failure_steps"] == sum(map(len, runs))
    if runs:
        assert told["vulnerability_mean_event_maximum"] == pytest.approx(np.mean([max(r) for r in runs]))
        assert told["event_volume_maximum"] == pytest.approx(max(map(sum, runs)))
        assert told["event_volume_mean"] == pytest.approx(np.mean([sum(r) for r in runs]))
        assert told["event_longest"] == max(map(len, runs))


# ---- years


@pytest.mark.parametrize(("ok", "value"), [(28, 0.9032258), (29, 0.9354839), (30, 0.9677419)])
def test_plotting_position(ok, value):
    assert metrics.plotting_position(ok, 30) == pytest.approx(value, abs=1e-6)
    need = np.ones(30)
    supply = np.where(np.arange(30) < ok, 1.0, 0.5)
    assert metrics.reliability_annual(need, supply) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("required", "years"), [(0.95, 19), (0.97, 33)])
def test_record_needed_for_a_guarantee(required, years):
    for n, state in ((years, metrics.MET), (years - 1, metrics.RECORD_TOO_SHORT)):
        best = metrics.largest_guarantee(n)
        assert metrics.guarantee_state(best, np.array(required), np.array(n)) == state
        one_failure = metrics.plotting_position(n - 1, n)
        assert metrics.guarantee_state(one_failure, np.array(required), np.array(n)) == metrics.NOT_MET


def test_no_guarantee_asked_for():
    state = metrics.guarantee_state(series(0.1, 0.9), series(0.0, 0.5), np.array([10, 10]))
    assert state.tolist() == [metrics.NO_GUARANTEE, metrics.MET]


def test_no_years_never_meet_a_guarantee():
    state = metrics.guarantee_state(series(np.nan), series(0.9), np.array([0]))
    assert state.tolist() == [metrics.RECORD_TOO_SHORT]


def test_tolerance_of_a_year():
    need, supply = np.full((2, 3), 100.0), np.array([[100, 80, 79], [100, 80, 79]], float)
    np.testing.assert_array_equal(
        metrics.failed_years(need, supply, series(0.2, 0.0)), [[False, False, True], [False, True, True]]
    )
    np.testing.assert_allclose(metrics.failure_depth(need, supply), 0.21)


def test_years():
    year, month = np.repeat([2001, 2002], 12), np.tile(np.arange(1, 13), 2)
    np.testing.assert_array_equal(metrics.complete_years(year, month), [2001, 2002])
    water_year = metrics.year_of_step(year, month, 7)
    np.testing.assert_array_equal(metrics.complete_years(water_year, month), [2001])
    assert water_year[0] == 2000
    np.testing.assert_allclose(metrics.yearly(np.ones(24), water_year, np.array([2001])), [12.0])
    assert metrics.yearly(np.ones((2, 24)), year, np.array([], int)).shape == (2, 0)


def plain_events(need, supply):
    """The definitions, step by step."""
    deficits = [
        max(n - s, 0.0) if s < n * (1 - metrics.STEP_TOLERANCE) else 0.0
        for n, s in zip(need, supply, strict=True)
        if n > 0
    ]
    runs, run = [], []
    for deficit in [*deficits, 0.0]:
        if deficit > 0:
            run.append(deficit)
        elif run:
            runs.append(run)
            run = []
    failures = sum(len(r) for r in runs)
    ends = bool(deficits) and deficits[-1] > 0
    if not deficits:
        return dict.fromkeys(metrics.EVENT_METRICS, np.nan)
    return {
        "reliability_step": 1 - failures / len(deficits),
        "resilience": (len(runs) - ends) / (failures - ends) if failures - ends else np.nan,
        "vulnerability_mean_event_maximum": np.mean([max(r) for r in runs]) if runs else 0.0,
        "vulnerability_maximum": max(map(max, runs), default=0.0),
        "failure_steps": failures,
        "event_count": len(runs),
        "event_volume_mean": np.mean([sum(r) for r in runs]) if runs else 0.0,
        "event_volume_maximum": max(map(sum, runs), default=0.0),
        "event_longest": max(map(len, runs), default=0),
    }


def test_many_series_at_once_equal_the_definitions_step_by_step():
    random = np.random.default_rng(3)
    need = random.choice([0.0, 1.0, 4.0], size=(6, 7, 40), p=[0.2, 0.3, 0.5])
    supply = need * random.choice([0.0, 0.4, 1.0], size=need.shape, p=[0.1, 0.2, 0.7])
    need[0, 0] = 0.0
    supply[1, 1] = need[1, 1]
    supply[2, 2] = 0.0
    told = metrics.events(need, supply)
    for i, j in np.ndindex(6, 7):
        one = {name: float(values[i, j]) for name, values in told.items()}
        assert one == pytest.approx(plain_events(need[i, j], supply[i, j]), nan_ok=True)


def test_metrics_of_a_series_do_not_depend_on_what_stands_beside_it():
    random = np.random.default_rng(4)
    need = random.uniform(0.0, 3.0, (5, 600))
    supply = need * random.uniform(0.5, 1.2, need.shape).clip(max=1.0)
    together = metrics.events(need, supply)
    year = np.repeat(np.arange(50), 12)
    years = np.arange(3, 47)
    for i in range(5):
        alone = metrics.events(need[i], supply[i])
        assert all(alone[name] == together[name][i] for name in alone)
        assert (metrics.yearly(need[i], year, years) == metrics.yearly(need, year, years)[i]).all()
        assert metrics.yearly(need[i], year, years) == pytest.approx(need[i].reshape(50, 12).sum(1)[3:47])
