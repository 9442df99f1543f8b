"""Exports in the hands of the programs that they are for: values compared with the result's, read by xarray."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from tests import exportkit
from tests.peers import peerkit, raven_model

pytestmark = pytest.mark.peers

ONE = ("--scenario", "high", "--realization", 1)
Export = Callable[..., Path]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exportkit.swept(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def truth(full: Path) -> xr.Dataset:
    return exportkit.plain(full)


@pytest.fixture
def export(cli: Callable[..., tuple[int, str, str]], full: Path, tmp_path: Path) -> Export:
    def call(layout: str, *arguments: object, name: str = "out.nc") -> Path:
        status, _, err = cli("export", full, "-o", tmp_path / name, "--layout", layout, "-q", *arguments)
        assert status == 0, err
        return tmp_path / name

    return call


def test_cdo_sees_every_member(export: Export, truth: xr.Dataset) -> None:
    """CDO prints (time, scenario, realization, station)."""
    path = export("cdo", "--variable", "water_supply")
    printed = peerkit.run(peerkit.program("cdo"), "-s", "outputf,%.17g,1", path)
    expected = truth["water_supply"].transpose("time", "scenario", "realization", "demand").values
    np.testing.assert_array_equal(np.array(printed.split(), dtype=float), expected.ravel())


def test_cdo_sums_calendar_years(export: Export, truth: xr.Dataset, tmp_path: Path) -> None:
    path = export("cdo", "--variable", "water_supply", "--variable", "return_flow", *ONE)
    cdo = peerkit.program("cdo")
    printed = peerkit.run(cdo, "-s", "outputf,%.17g,1", "-yearsum", "-selname,return_flow", path)
    expected = truth["return_flow"][1, 1].groupby("time.year").sum().transpose("year", "demand")
    np.testing.assert_allclose(np.array(printed.split(), dtype=float), expected.values.ravel(), rtol=1e-12)
    dates = peerkit.run(cdo, "-s", "showdate", "-seltimestep,1/3", path).split()
    assert dates == ["2001-01-01", "2001-02-01", "2001-03-01"]


def test_cdo_has_nothing_to_complain_of(
    cli: Callable[..., tuple[int, str, str]], full: Path, tmp_path: Path
) -> None:
    """Neither of the files nor of what it makes of them; the ids are in that too."""
    status, _, err = cli("export", full, "-o", tmp_path / "all", "--layout", "cdo", "-q")
    assert status == 0, err
    files = sorted((tmp_path / "all").glob("*.nc"))
    assert len(files) > 5
    for path in files:
        done = subprocess.run(
            [peerkit.program("cdo"), "-yearsum", path, tmp_path / "year.nc"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert not [
            line
            for line in (done.stdout + done.stderr).splitlines()
            if "arning" in line or "nsupported" in line
        ]
        with netCDF4.Dataset(path) as given, netCDF4.Dataset(tmp_path / "year.nc") as made:
            assert made.station_id == given.station_id


def test_nco_along_time_and_over_stations(export: Export, truth: xr.Dataset, tmp_path: Path) -> None:
    path = export("nco", "--variable", "water_supply")
    peerkit.run(peerkit.program("ncra"), "-O", "-y", "ttl", "-d", "time,0,11", path, tmp_path / "year.nc")
    expected = truth["water_supply"][..., :12].sum("time").values
    with xr.open_dataset(tmp_path / "year.nc") as made:
        np.testing.assert_allclose(made["water_supply"].values[0], expected, rtol=1e-12)
    peerkit.run(peerkit.program("ncwa"), "-O", "-a", "station", "-y", "ttl", path, tmp_path / "all.nc")
    with xr.open_dataset(tmp_path / "all.nc") as made:
        expected = truth["water_supply"].sum("demand").transpose("time", "scenario", "realization").values
        np.testing.assert_allclose(made["water_supply"].values, expected, rtol=1e-12)


def test_nco_reads_the_result_itself(full: Path, truth: xr.Dataset, tmp_path: Path) -> None:
    command = (
        peerkit.program("ncwa"),
        "-O",
        "-v",
        "spill",
        "-a",
        "realization,scenario",
        full,
        tmp_path / "mean.nc",
    )
    peerkit.run(*command)
    with xr.open_dataset(tmp_path / "mean.nc") as made:
        expected = truth["spill"].mean(("scenario", "realization")).values
        np.testing.assert_allclose(made["spill"].values, expected, rtol=1e-12)


@pytest.mark.parametrize("members", [("--scenario", "high"), ONE])
def test_rtc_tools_imports_every_series(
    export: Export, truth: xr.Dataset, tmp_path: Path, members: tuple[object, ...]
) -> None:
    path = export("rtc-tools", "--variable", "water_supply", *members)
    peerkit.script("read_rtc_tools.py", path, "water_supply", tmp_path / "read.npz")
    read = np.load(tmp_path / "read.npz")
    expected = truth["water_supply"][1].values if len(members) == 2 else truth["water_supply"][1, 1:].values
    np.testing.assert_array_equal(read["values"], expected)
    assert read["stations"].tolist() == ["homes", "farms"]
    np.testing.assert_array_equal(read["times"], truth["time_bnds"].values[:, 1].astype("datetime64[s]"))


def test_pywr_runs_on_a_series(export: Export, truth: xr.Dataset, tmp_path: Path) -> None:
    """The town takes what comes up to its capacity."""
    path = export("pywr", "--variable", "water_supply", *ONE, name="flow.csv")
    rates = exportkit.rates(truth, "water_supply")[1, 1, 1]
    days = truth["time_bnds"].diff("bnds").squeeze("bnds").dt.days.values
    expected = np.repeat(rates, days)
    capacity = float(np.median(rates[rates > 0.0]))
    column = "water_supply.farms [m3 s-1]"
    peerkit.script("read_pywr.py", path, column, capacity, "2001-01-01", "2006-12-31", tmp_path / "read.npz")
    read = np.load(tmp_path / "read.npz")
    np.testing.assert_allclose(read["river"], expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(read["town"], np.minimum(expected, capacity), rtol=1e-9, atol=1e-9)


def test_raven_runs_on_a_series(export: Export, truth: xr.Dataset, tmp_path: Path) -> None:
    """Raven takes the rate of a day as the flow at its end, and tells of each day the mean of start and end.

    A label that is off by a day would show.
    """
    path = export("raven", "--variable", "water_supply", *ONE, "--from", "2003-01", "--to", "2003-12")
    rates = exportkit.rates(truth, "water_supply")[1, 1, 1, 24:36]
    expected = np.repeat(rates, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert np.unique(expected).size > 4
    model = raven_model.write(tmp_path, path, "water_supply", 2, "2003-01-01", 365)
    peerkit.run(peerkit.program("raven"), model, "-o", f"{tmp_path}/out/")
    with (tmp_path / "out" / "Hydrographs.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    flow = np.array([float(row[-1]) for row in rows])
    assert [row[1] for row in rows[:2]] == ["2003-01-01", "2003-01-02"]
    np.testing.assert_allclose(flow[2:], (expected[:-1] + expected[1:]) / 2, rtol=1e-5, atol=1e-6)
