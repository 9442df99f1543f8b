"""What the tables of one workbook print of one thing is one number: Jinan; the starter city is in ``test_sheets``."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests import sheetkit
from tests.conftest import ROOT
from waterbal.capacity.balances import three_balances
from waterbal.report.material import Material
from waterbal.report.printed_balances import printed
from waterbal.report.sheets import sheets
from waterbal.report.sheets import three_balances as tables
from waterbal.scenarios.study import load

TWENTY = ("time.start=1999-01", "time.planning_year=2035")
"""Years enough for P = 95 %."""


def test_tables_of_jinan_agree():
    found = sheets(Material(runs=(waterbal.load(ROOT / "configs/jinan/model.yaml", TWENTY).run(),)))
    assert sheetkit.compare_demand_and_supply(found) > 80


@pytest.mark.long
def test_balances_of_jinan_agree():
    study = load(ROOT / "scenarios/jinan/core.yaml", ["time.start=1999-01"], check=False)
    number = [scenario.id for scenario in study.scenarios].index("2035-taiping-normal-current")
    told = three_balances(study, number, 1, fit=[]).dataset()
    results = told.rename({name: f"balances_{name}" for name in (*told.variables, *told.dims)})
    results.attrs = {f"balances_{key}": value for key, value in told.attrs.items()}
    results = results.assign_coords(scenario_id=("scenario", [told.attrs["scenario"]]))
    for language in ("zh", "en"):
        results[f"scenario_name_{language}"] = ("scenario", ["x"])
    results.attrs["waterbal_capacity"] = 1
    assert sheetkit.compare_balances(results, tables.sheets([results]), drawn=False) > 20


def balances(need: np.ndarray, supply: np.ndarray, closed: np.ndarray, adds: list[str]) -> xr.Dataset:
    """Make the part of a file that is printed; all of one zone and sector, in the mean."""
    names = [f"b{k}" for k in range(len(need))]
    dims = ("balances_balance", "balances_when", "balances_zone", "balances_sector")
    return xr.Dataset({
        "balances_water_demand": (dims, need[:, None, None, None]),
        "balances_water_supply": (dims, supply[:, None, None, None]),
        "balances_gap_closed": (("balances_order", "balances_measure", "balances_when"), closed[:, :, None]),
    }, {
        "balances_balance": names, "balances_order": ["listed", "reversed", "average"],
        "balances_measure_balance": ("balances_measure", adds),
    })  # fmt: skip


def test_what_measures_close_adds_up_to_gaps_as_printed():
    """Random balances: sums hold, need is the nearest, nothing is off by a whole unit where supply is the nearest."""
    random = np.random.default_rng(1)
    for _ in range(40):
        count = int(random.integers(2, 5))
        need = np.sort(1000.0 + 500.0 * random.random(count))[::-1]
        gap = np.sort(400.0 * random.random(count))[::-1]
        adds = [f"b{k}" for k in range(1, count) for _ in range(2)]
        share = random.random(count - 1)
        listed = np.array(
            [
                part
                for k, s in enumerate(share)
                for part in (s, 1 - s)
                for part in [part * (gap[k] - gap[k + 1])]
            ]
        )
        back = random.permutation(listed)
        closed = np.array([listed, back, 0.5 * (listed + back)])
        made = printed(balances(need, need - gap, closed, adds))
        assert (made.total_need[:, 0] == np.round(need)).all()
        assert (np.abs(made.total_supply[:, 0] - (need - gap)) < 1.0).all()
        assert (made.gap == made.total_need - made.total_supply).all()
        assert (made.closed.sum(axis=1) == made.gap[0] - made.gap[-1]).all()
        steps = made.closed[0, :, 0].reshape(-1, 2).sum(axis=1)
        assert (steps == made.gap[:-1, 0] - made.gap[1:, 0]).all()
        assert np.abs(made.closed[:, :, 0] - closed).max() < 2.0


def test_saving_that_closes_nothing_leaves_the_gap_as_it_is():
    """100.4 - 50.2 and 90.6 - 40.4 are both 50.2; with the nearest of all they would be 50 and 51."""
    need, gap, nothing = np.array([100.4, 90.6]), 50.2, np.zeros((3, 1))
    made = printed(balances(need, need - gap, nothing, ["b1"]))
    assert made.total_need[:, 0].tolist() == [100.0, 91.0]
    assert made.gap[0] == made.gap[1] and not made.closed.any()
