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
    run = api.load(ROOT / "configs/library/one_source.yaml").run()
    kept = {"water_supply", "water_shortage", "solver_status", "step_days", "guarantee_required", "time_bnds"}
    netcdf.write(run.drop_vars([name for name in run.data_vars if name not in kept]), path)
    return path


def same(one, other):
    with netcdf.open_result(one) as first, netcdf.open_result(other) as second:
        xr.testing.assert_identical(first.drop_attrs(deep=False), second.drop_attrs(deep=False))


def resaved(whole, path, engine="netcdf4", **encoding):
    if engine == "h5netcdf":
        pytest.importorskip("h5netcdf")
    with xr.open_dataset(whole) as found:
        found.load().to_netcdf(path, engine=engine, encoding=encoding)
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


@pytest.fixture(scope="module")
def again(whole, tmp_path_factory):
    """The result as xarray writes it."""
    return resaved(whole, tmp_path_factory.mktemp("again") / "again.nc")


def another_moment(file):
    file["time"][3] += 1


def another_bound(file):
    file["time_bnds"][3, 1] += 1


def another_number(file):
    file["water_supply"][0, 0, 0, 5] = np.nextafter(float(file["water_supply"][0, 0, 0, 5]), 1e9)


def no_number(file):
    file["water_supply"][0, 0, 0, 5] = np.nan


def another_fill(file):
    file["water_supply"].missing_value = float(file["water_supply"][0, 0, 0, 5])


def another_unit(file):
    file["water_supply"].units = "m3"


def another_epoch(file):
    file["time"].units = "days since 1970-01-02"


def another_name(file):
    file["demand_id"][0, 0] = b"q"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (another_moment, ["time"]),
        (another_bound, ["time_bnds"]),
        (another_number, ["water_supply"]),
        (no_number, ["water_supply"]),
        (another_fill, ["water_supply"]),
        (another_unit, ["water_supply"]),
        (another_epoch, ["time", "time_bnds"]),
        (another_name, ["demand_id"]),
    ],
)
def test_what_was_truly_changed_is_named(again, tmp_path, change, named):
    path = shutil.copy(again, tmp_path / "changed.nc")
    assert probe.examine(str(path))["altered"] == []
    with netCDF4.Dataset(path, "r+") as file:
        file.set_auto_chartostring(False)
        change(file)
    assert probe.examine(str(path))["altered"] == named


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


@pytest.mark.parametrize("language", ["", "zh", "en"])
def test_a_result_indexed_by_names_is_saved_as_it_was_read(whole, tmp_path, language):
    with netcdf.open_result(whole) as results:
        results.waterbal.named(language).waterbal.save(tmp_path / "again.nc")
    same(whole, tmp_path / "again.nc")


def test_a_part_is_saved_as_a_part(whole, tmp_path):
    path = tmp_path / "a.nc"
    with waterbal.open_result(whole) as found:
        found.isel(time=slice(0, 12)).drop_vars("water_shortage").waterbal.save(path)
    with pytest.raises(DataError, match="water_shortage"):
        waterbal.open_result(path)
    with pytest.warns(UserWarning, match="water_shortage"), netcdf.open_result(path, partial=True) as part:
        assert part.sizes["time"] == 12


def one_number(found):
    found["water_supply"][0, 0, 0, 5] += 1.0


def one_meaning(found):
    found["water_supply"].attrs["units"] = "m3"


@pytest.mark.parametrize("change", [one_number, one_meaning])
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
