"""``ds.waterbal``: scenarios by their values, unfolded, and back from a file."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import waterbal.xarray  # noqa: F401
from tests.studykit import study
from waterbal.errors import UsageError
from waterbal.results import netcdf
from waterbal.scenarios.labels import scenario_coordinates

SAMPLING = """
sampling:
  size: 3
  seed: 1
  factors: {lawns: {times: demands.parks.depth, low: 0.5, high: 1.5}}
"""


def results(tmp_path, more: str = "") -> xr.Dataset:
    """A result whose numbers say which scenario they are of."""
    made = study(tmp_path, more, check=False)
    count = len(made.scenarios)
    numbers = np.arange(count * 2 * 3, dtype=np.float64).reshape(count, 2, 3)
    return xr.Dataset(
        {
            "water_supply": (("scenario", "realization", "demand"), numbers, {"units": "1e4 m3"}),
            "member_status": (("scenario", "realization"), numbers[:, :, 0].astype(np.int8)),
            "fixed": (("demand",), np.arange(3.0)),
        },
        scenario_coordinates(made) | {"demand_id": xr.Variable(("demand",), np.array(["a", "b", "c"]))},
        {"waterbal_version": "test", "waterbal_format": 1},
    )


def test_a_product_is_unfolded(tmp_path):
    flat = results(tmp_path)
    grid = flat.waterbal.grid()
    assert dict(grid.sizes) == {"horizon": 3, "works": 2, "lawn": 2, "realization": 2, "demand": 3}
    assert grid.water_supply.dims == ("horizon", "works", "lawn", "realization", "demand")
    assert grid.water_supply.attrs == {"units": "1e4 m3"}
    assert grid.member_status.dtype == np.int8
    assert grid.fixed.dims == ("demand",)
    for n, (h, w, a) in enumerate(itertools.product([2025, 2030, 2035], ["old", "new"], [0.5, 1.0])):
        cell = grid.sel(horizon=h, works=w, lawn=a)
        assert np.array_equal(cell.water_supply, flat.water_supply[n])
        assert str(cell.scenario_id.values) == f"{h}-{w}-{a}"
    assert flat.waterbal.axes == grid.waterbal.axes
    assert list(flat.waterbal.axes.items()) == [
        ("horizon", [2025, 2030, 2035]), ("works", ["old", "new"]), ("lawn", [0.5, 1.0]),
    ]  # fmt: skip
    assert flat.waterbal.labels("works", "zh") == ["现状", "扩建"]
    assert grid.waterbal.labels("works") == ["as is", "enlarged"]


def test_what_was_excluded_is_empty(tmp_path):
    grid = results(tmp_path, "exclude: [{horizon: 2025, works: new}]").waterbal.grid()
    out = grid.sel(horizon=2025, works="new")
    assert np.isnan(out.water_supply).all()
    assert np.isnan(out.member_status).all()
    assert (out.scenario_id == "").all()
    assert not np.isnan(grid.sel(horizon=2025, works="old").water_supply).any()
    assert int(np.isnan(grid.water_supply).sum()) == 2 * 2 * 3
    assert grid.fixed.dims == ("demand",)


def test_samples_are_a_dimension_and_their_values_lie_along_it(tmp_path):
    flat = results(tmp_path, SAMPLING)
    grid = flat.waterbal.grid()
    assert grid.sizes["sample"] == 3
    assert grid.lawns.dims == ("sample",)
    assert np.array_equal(grid.lawns, flat.lawns[:3])
    assert grid.lawns.attrs["comment"] == "factor on demands.parks.depth"
    cell = grid.sel(horizon=2030, works="new", lawn=0.5, sample=2)
    assert np.array_equal(cell.water_supply, flat.water_supply[6 * 3 + 1])


def test_arrays_have_it_too(tmp_path):
    flat = results(tmp_path)
    grid = flat.water_supply.waterbal.grid()
    assert np.array_equal(grid, flat.waterbal.grid().water_supply)
    difference = flat.water_supply - flat.water_supply.isel(realization=0)
    assert difference.waterbal.grid().dims[:3] == ("horizon", "works", "lawn")


def test_scenarios_are_chosen_by_their_values(tmp_path):
    flat = results(tmp_path)
    chosen = flat.waterbal.sel(horizon=2035, works="new")
    assert chosen.scenario_id.values.tolist() == ["2035-new-0.5", "2035-new-1.0"]
    several = flat.waterbal.sel(horizon=[2025, 2035], lawn=0.5, demand="b")
    assert several.scenario_id.values.tolist() == [
        "2025-old-0.5",
        "2025-new-0.5",
        "2035-old-0.5",
        "2035-new-0.5",
    ]
    assert several.water_supply.dims == ("scenario", "realization")
    assert several.waterbal.axes["horizon"] == [2025, 2035]
    assert several.waterbal.grid().sizes["horizon"] == 2
    assert flat.waterbal.grid().waterbal.sel(horizon=2035, works=["new"], demand=["a", "c"]).water_supply.shape == (
        1, 2, 2, 2,
    )  # fmt: skip


def test_unknown_names_and_values_are_told_together(tmp_path):
    flat = results(tmp_path, "exclude: [{horizon: 2025, works: new}]")
    with pytest.raises(UsageError) as caught:
        flat.waterbal.sel(horizon=2031, work="old", demand="d")
    assert [issue.message for issue in caught.value.issues] == [
        "horizon has no value 2031", "there is no axis or element 'work'", "demand has no value 'd'",
    ]  # fmt: skip
    assert caught.value.issues[1].nearest == "works"
    with pytest.raises(UsageError, match="no scenario has horizon=2025, works=new"):
        flat.waterbal.sel(horizon=2025, works="new")
    with pytest.raises(UsageError, match="no scenario axes"):
        xr.Dataset().waterbal.grid()
    twice = flat.isel(scenario=[0, 0])
    with pytest.raises(UsageError, match="two scenarios have the same values"):
        twice.waterbal.grid()


@pytest.mark.parametrize("more", ["", SAMPLING, "exclude: [{horizon: 2025, works: new}]"])
def test_axes_survive_a_file(tmp_path, more):
    flat = results(tmp_path, more)
    netcdf.write(flat, tmp_path / "flat.nc")
    with netcdf.open_result(tmp_path / "flat.nc") as read:
        assert read.waterbal.axes == flat.waterbal.axes
        assert read.waterbal.labels("works", "zh") == ["现状", "扩建"]
        xr.testing.assert_identical(read.waterbal.grid().load(), flat.waterbal.grid())
    grid = flat.waterbal.grid()
    netcdf.write(grid, tmp_path / "grid.nc")
    with netcdf.open_result(tmp_path / "grid.nc") as read:
        xr.testing.assert_equal(read.load(), grid)
        assert read.waterbal.axes == flat.waterbal.axes
        assert read.sel(horizon=2035, works="old").sizes["lawn"] == 2


def test_the_package_stays_light():
    code = "import waterbal, sys; assert 'xarray' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_dimensions_are_indexed_by_what_their_elements_are_called(tmp_path):
    made = results(tmp_path).assign_coords(demand_name_zh=("demand", ["甲", "乙", "丙"]))
    path = tmp_path / "r.nc"
    netcdf.write(made, path)
    with netcdf.open_result(path) as opened:
        table = opened["water_supply"].waterbal.named().isel(realization=0).to_pandas()
        assert table.columns.tolist() == ["a", "b", "c"]
        assert table.index.tolist() == made["scenario_id"].values.tolist()
        assert table.loc[made["scenario_id"].values[4], "b"] == made["water_supply"].values[4, 0, 1]
        zh = opened.waterbal.named("zh")
        assert zh["fixed"].sel(demand="丙") == 2.0
        assert zh.indexes["scenario"].tolist() == made["scenario_name_zh"].values.tolist()
        assert "demand" not in opened.indexes and set(zh.data_vars) == set(opened.data_vars)
        with pytest.raises(UsageError, match="there is no language 'fr'"):
            opened.waterbal.named("fr")
