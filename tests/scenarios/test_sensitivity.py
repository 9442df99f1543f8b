"""Which sampled numbers matter: against scipy, and through a real sweep."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from scipy.stats import spearmanr

import waterbal
from tests.citykit import write_city
from waterbal.report import scenarios
from waterbal.report.sensitivity import chance, sensitivity

STUDY = """
schema_version: 1
name: {zh: 不确定, en: Uncertain}
model: model.yaml
provenance: {source: test, grade: assumed}
axes:
  cut:
    values: {1.0: , 0.6: {set: {quotas.permit.cut: 0.6}}}
sampling:
  size: 12
  seed: 1
  nominal: true
  factors:
    people: {name: {zh: 人口, en: People}, times: demands.homes.people, low: 0.5, high: 3}
    licence: {times: quotas.permit.volume, low: 0.9, high: 1.1}
baseline: {cut: 1.0}
"""


def made(outcome: np.ndarray, **factors: np.ndarray) -> xr.Dataset:
    """Results of two groups of samples; every scenario has one realization and a need of 1."""
    size = len(outcome) // 2
    told = {"sampled_distribution": "uniform"}
    return xr.Dataset(
        {
            "member_status": (("scenario", "realization"), np.zeros((2 * size, 1), np.int8)),
            "mean_annual_demand": (("scenario", "realization", "demand"), np.ones((2 * size, 1, 1))),
            "mean_annual_supply": (("scenario", "realization", "demand"), 1 - outcome[:, None, None]),
            "sector_reliability_annual": (("scenario", "realization", "sector"), outcome[:, None, None]),
        },
        {
            "sector_id": (("sector",), np.array(["industry"])),
            "sample": (("scenario",), np.tile(np.arange(1, size + 1), 2), {"scenario_axis": 1}),
            "a": (("scenario",), np.repeat(["x", "y"], size), {"scenario_axis": 0}),
            **{name: (("scenario",), values, told) for name, values in factors.items()},
        },
    )


def test_correlations_are_those_of_scipy_within_each_group():
    rng = np.random.default_rng(3)
    strong, weak, still = (np.tile(rng.random(40), 2) for _ in range(3))
    outcome = 0.5 * strong**2 + 0.1 * np.repeat([0.0, 3.0], 40) + 0.05 * rng.random(80)
    results = made(outcome, weak=weak, strong=strong, still=np.zeros(80) + still[0])
    lines = sensitivity(results, ["industry"])
    assert [line["id"] for line in lines] == ["strong", "weak", "still"]
    for line, values in zip(lines, (strong, weak), strict=False):
        parts = [spearmanr(values[g], outcome[g]).statistic for g in (slice(0, 40), slice(40, 80))]
        assert line["short"] == pytest.approx(np.mean(parts), abs=1e-12)
        assert line["sectors"]["industry"] == pytest.approx(np.mean(parts), abs=1e-12)
    assert lines[2]["short"] is None
    assert chance(results) == pytest.approx(1.96 / np.sqrt(39))


def test_members_that_failed_are_left_out():
    values = np.tile(np.arange(10.0), 2)
    results = made(values / 20, x=values)
    results["member_status"][3] = 1
    assert sensitivity(results, [])[0]["short"] == pytest.approx(1.0)
    assert sensitivity(results.drop_vars("sample"), []) == []


def test_a_sweep_of_samples_tells_what_matters(tmp_path):
    write_city(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    command = ["sweep", str(tmp_path / "study.yaml"), "-o", str(tmp_path / "out"), "--lang", "zh"]
    done = subprocess.run(
        [sys.executable, "-m", "waterbal", *command], capture_output=True, text=True, check=True
    )
    assert "不确定参数的影响" in done.stdout and "人口" in done.stdout
    with waterbal.open_result(tmp_path / "out" / "results.nc") as results:
        told = scenarios.summarise(results)
        assert [axis["id"] for axis in told["axes"]] == ["cut"]
        assert [line["id"] for line in told["factors"]] == ["people", "licence"]
        assert told["factors"][0]["short"] > 0.9
        grid = results.waterbal.grid()
        assert grid.people.dims == ("sample",)
        assert grid.sizes["sample"] == 13
        console = Console(file=io.StringIO(), width=200)
        scenarios.render(results, "en", console)
        assert "What uncertain numbers do" in console.file.getvalue()
