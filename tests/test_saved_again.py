"""Results that were written again: the same values are taken, whatever their encoding; others are not."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

import waterbal
from tests.conftest import ROOT
from waterbal import api
from waterbal.errors import DataError, UsageError
from waterbal.results import integrity, netcdf, probe

ENGINES = [
    "netcdf4",
    pytest.param("h5netcdf", marks=pytest.mark.peers),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "balance.nc"
    netcdf.write(api.load(ROOT / "configs/library/one_source.yaml").run(), path)
    return path


def same(one, other):
    with netcdf.open_result(one) as first, netcdf.open_result(other) as second:
        xr.testing.assert_identical(first.drop_attrs(deep=False), second.drop_attrs(deep=False))


def resaved(whole, path, engine="netcdf4", change=None, **encoding):
    if engine == "h5netcdf":
        pytest.importorskip("h5netcdf")
    with xr.open_dataset(whole) as found:
        loaded = found.load()
    if change is not None:
        change(loaded)
    loaded.to_netcdf(path, engine=engine, encoding=encoding)
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_xarray_writes_a_result_again(whole, tmp_path, engine):
    path = resaved(whole, tmp_path / "again.nc", engine)
    assert not integrity.check(path).sealed
    same(whole, path)


def test_the_encoding_of_values_does_not_matter(whole, tmp_path):
    hours = {
        "units": "hours since 2000-01-01 06:00:00",
        "calendar": "proleptic_gregorian",
        "dtype": "float64",
    }
    path = resaved(
        whole, tmp_path / "a.nc", time=hours,
        water_supply={"_FillValue": -999.0, "zlib": False}, solver_status={"dtype": "int32", "_FillValue": None},
    )  # fmt: skip
    with netCDF4.Dataset(path) as file:
        assert file["time"].units.startswith("hours since 2000")
        assert file["water_supply"]._FillValue == -999.0
    same_values(whole, path)


def same_values(one, other):
    with netcdf.open_result(one) as first, netcdf.open_result(other) as second:
        for name, variable in first.variables.items():
            assert np.array_equal(
                variable.values, second[name].values, equal_nan=variable.dtype.kind == "f"
            ), name


def shift_time(found):
    found.coords["time"] = found["time"].copy(data=found["time"].values + np.timedelta64(1, "D"))


def one_number(found):
    found["water_supply"][0, 0, 0, 5] = np.nextafter(float(found["water_supply"][0, 0, 0, 5]), 1e9)


def nothing_known(found):
    found["water_supply"][0, 0, 0, 5] = np.nan


def another_unit(found):
    found["water_supply"].attrs["units"] = "m3"


def another_name(found):
    found["demand_id"] = found["demand_id"].astype("U9").where(False, "someone")


def a_bound(found):
    found["time_bnds"].values[3, 1] += np.timedelta64(1, "D")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (shift_time, "time"),
        (one_number, "water_supply"),
        (nothing_known, "water_supply"),
        (another_unit, "water_supply"),
        (another_name, "demand_id"),
        (a_bound, "time_bnds"),
    ],
)
def test_what_was_truly_changed_is_refused(whole, tmp_path, change, named):
    path = resaved(whole, tmp_path / "changed.nc", change=change)
    assert probe.examine(str(path))["altered"] == [named]


def test_what_was_changed_is_not_opened(whole, tmp_path):
    path = resaved(whole, tmp_path / "changed.nc", change=one_number)
    with pytest.raises(DataError, match=r"altered.*water_supply"):
        netcdf.open_result(path)


def test_a_fill_value_that_hides_a_number_is_refused(whole, tmp_path):
    path = shutil.copy(resaved(whole, tmp_path / "a.nc"), tmp_path / "b.nc")
    with netCDF4.Dataset(path, "r+") as file:
        value = float(file["water_supply"][0, 0, 0, 5])
        file["water_supply"].missing_value = value
    assert probe.examine(str(path))["altered"] == ["water_supply"]


def test_packing_that_loses_digits_is_refused(whole, tmp_path):
    path = resaved(whole, tmp_path / "a.nc", water_supply={"dtype": "float32"})
    assert probe.examine(str(path))["altered"] == ["water_supply"]


def test_an_opened_result_is_saved_as_one(whole, tmp_path):
    with waterbal.open_result(whole) as found:
        found.waterbal.save(tmp_path / "a.nc")
        found.to_netcdf(tmp_path / "b.nc")
    assert integrity.check(tmp_path / "a.nc").sealed
    same(whole, tmp_path / "a.nc")
    assert api.rebuild(tmp_path / "a.nc").summary() == api.rebuild(whole).summary()
    with pytest.raises(DataError, match=r"cannot be verified.*ds.waterbal.save"):
        waterbal.open_result(tmp_path / "b.nc")


def test_a_part_is_saved_as_a_part(whole, tmp_path):
    path = tmp_path / "a.nc"
    with waterbal.open_result(whole) as found:
        found.isel(time=slice(0, 12)).drop_vars("water_shortage").waterbal.save(path)
    with pytest.raises(DataError, match="water_shortage"):
        waterbal.open_result(path)
    with pytest.warns(UserWarning, match="water_shortage"), netcdf.open_result(path, partial=True) as part:
        assert part.sizes["time"] == 12


@pytest.mark.parametrize("change", [one_number, another_unit, shift_time])
def test_a_changed_result_is_not_saved_as_one(whole, tmp_path, change):
    with waterbal.open_result(whole) as found:
        own = found.load()
    change(own)
    with pytest.raises(DataError, match="no longer the result"):
        own.waterbal.save(tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_what_was_never_read_cannot_be_saved(whole, tmp_path):
    made = api.load(ROOT / "configs/library/one_source.yaml").run()
    with pytest.raises(UsageError, match="not read from a file"):
        made.waterbal.save(tmp_path / "a.nc")


@pytest.mark.peers
@pytest.mark.parametrize(
    "command",
    [
        ["nccopy", "-d", "7", "-s"],
        ["nccopy", "-k", "nc4", "-u"],
        ["ncks", "-O", "-4", "-L", "3"],
        ["ncks", "-O", "--cnk_dmn=time,3"],
    ],
)
def test_copies_of_programs_are_taken(whole, tmp_path, command):
    path = tmp_path / "copy.nc"
    subprocess.run([*command, str(whole), str(path)], check=True, capture_output=True)
    same_values(whole, path)


@pytest.mark.peers
def test_what_nco_computes_is_refused(whole, tmp_path):
    path = tmp_path / "twice.nc"
    script = "water_supply=water_supply*2.0"
    subprocess.run(["ncap2", "-O", "-s", script, str(whole), str(path)], check=True, capture_output=True)
    with pytest.raises(DataError, match=r"altered.*water_supply"), warnings.catch_warnings():
        netcdf.open_result(Path(path))
