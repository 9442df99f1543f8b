"""Dataset and NetCDF: complete, described, atomic, and enough to rebuild the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests import citykit
from tests.rowkit import Kit, random_rows
from tests.runkit import city, output, stack
from waterbal import api
from waterbal.errors import BalanceError, DataError
from waterbal.results import dataset, netcdf
from waterbal.results.dataset import Labels, Provenance, assemble
from waterbal.results.facts import Conventions
from waterbal.results.names import name_of
from waterbal.results.terms import BINDING, Term
from waterbal.results.variables import REGISTRY

CONFIG = {
    "name": {"zh": "示例城市", "en": "Sample city"},
    "zones": {"town": {"name": {"zh": "城区", "en": "Town"}}},
    "sources": {"river": {"name": {"zh": "北河", "en": "River"}, "cap": {2030: 5, "2035": [1, 2.5]}}},
    "demands": {"homes": {"name": {"zh": "居民", "en": "Homes"}}},
    "series": {"flow": {"kind": "seasonal_lognormal", "seed": 7}},
    "empty": {},
}
SERIES = {
    "flow": np.random.default_rng(1).lognormal(size=24),
    "odd": np.array([0.0, -0.0, 1e-320, 0.1 + 0.2, np.pi, 1e300] * 4),
}
PROVENANCE = Provenance(CONFIG, SERIES, None, None, ("sources.river.cap=3", "名=值"), ("sources.river.cap",))


@pytest.fixture(scope="module")
def rows():
    return city()


@pytest.fixture(scope="module")
def run(rows):
    return output(rows)


@pytest.fixture(scope="module")
def results(rows, run):
    return assemble(run, rows, Labels.from_config(CONFIG), PROVENANCE)


@pytest.fixture
def stored(results, tmp_path):
    netcdf.write(results, tmp_path / "结果.nc")
    return tmp_path / "结果.nc"


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- content


def test_everything_is_registered(results):
    assert set(results.data_vars) == {*REGISTRY, "input_series"}
    for name in REGISTRY:
        variable = results[name]
        assert variable.dims == REGISTRY[name].shape, name
        assert variable.attrs["long_name"], name
        assert variable.attrs["long_name_zh"], name
        assert "units" in variable.attrs or "flag_values" in variable.attrs, name


def test_registry_is_consistent():
    for variable in REGISTRY.values():
        assert "time" not in variable.dims[:-1]
        assert "Mm3" not in variable.units
        assert ("cell_methods" not in dataset.describe(variable)) or "time" in variable.dims
        text = variable.en + variable.zh
        assert text.strip() == text


def test_values_are_those_of_the_run(results, run, rows):
    np.testing.assert_array_equal(results["water_supply"][0, 0].T, run.supply[0])
    np.testing.assert_array_equal(results["link_flow"][0, 0].T, run.link_flow[0])
    need = np.stack([d.gross for d in rows.demands])
    np.testing.assert_array_equal(results["water_demand"][0, 0], need)
    short = results["water_demand"] - results["water_supply"]
    np.testing.assert_allclose(results["water_shortage"], short, atol=1e-9)
    np.testing.assert_allclose(
        results["consumption"] + results["return_flow"], results["water_supply"], rtol=1e-12, atol=1e-12
    )


def test_names(results):
    assert results["demand_id"].values.tolist() == ["homes", "farm", "mill"]
    assert results["demand_name_zh"].values.tolist() == ["居民", "farm", "mill"]
    assert results["source_name_en"].values[0] == "River"
    assert results["zone_name_zh"].values.tolist() == ["城区", "country"]
    assert results["sector_name_zh"].values.tolist() == ["居民生活", "农田灌溉", "工业"]
    assert results["demand_zone"].values.tolist() == ["town", "country", "town"]
    assert results.attrs["title_zh"] == "示例城市"


def test_names_of_what_elements_bring_along():
    config = {"sources": {"east": {"name": {"zh": "东线", "en": "Eastern route"}}}}
    terms = Labels.from_config(config).elements
    assert name_of("east_allotment", terms) == Term("东线分配水量", "Eastern route: allotment")
    assert name_of("east_other", terms).en == "east_other"
    assert name_of("outside", terms).zh == "系统外"


def test_binding_limits(results):
    found = results["source_binding_limit"].sel(source=0)[0, 0].values
    meaning = [BINDING[flag] for flag in found]
    assert set(meaning) <= {"none", "hydrology", "conveyance", "quota"}
    assert "hydrology" in meaning
    lagged = [BINDING[flag] for flag in results["source_binding_limit"].sel(source=1)[0, 0].values]
    assert "return_flow" in lagged
    wells = [BINDING[flag] for flag in results["aquifer_binding_limit"][0, 0, 0].values]
    assert "level_tier" in wells or "storage" in wells or "quota" in wells


def test_a_quota_that_binds():
    k = Kit(12).source("river", 20.0).demand("user", 10.0).link("river>user").share("user")
    rows = k.quota("cap", ["river"], 55.0, initial=55.0).rows()
    flags = assemble(output(rows), rows)["source_binding_limit"][0, 0, 0].values
    assert [BINDING[flag] for flag in flags] == ["none"] * 5 + ["quota"] * 7


def test_limits_by_kind(results, rows):
    limits = results["source_limit"][0, 0]
    kinds = results["limit_id"].values.tolist()
    assert kinds == ["legal", "plan", "hydrology", "conveyance", "return_flow"]
    np.testing.assert_array_equal(limits[0, kinds.index("hydrology")], rows.sources[0].limits["hydrology"])
    assert np.isnan(limits[0, kinds.index("plan")]).all()
    assert limits[1, kinds.index("return_flow"), 0] == 0.0


def test_costs_and_energy(results, run):
    taken = run.source_withdrawal[0, :, 0]
    np.testing.assert_allclose(results["source_cost"][0, 0, 0], 0.3 * taken + 2.0)
    np.testing.assert_allclose(results["aquifer_energy"][0, 0, 0], 0.5 * run.aquifer_pumping[0, :, 0])
    assert results["source_cost"].attrs["currency"] == "1e4 CNY"


def test_reclaimed_supply_is_counted_once():
    k = Kit(2).source("river").node("plant").node("works").node("mix")
    k.link("river>home").link("works>plant").link("plant>mix").link("plant>mill").link("river>mix").link(
        "mix>mill"
    )
    rows = k.demand("home", 10.0, [("works", 0.8)]).demand("mill", 20.0).share("home", "mill").rows()
    results = assemble(output(rows), rows)
    given = results["reclaimed_supply"][0, 0].sum("time").values
    assert given[results["node_id"].values == "works"] == 0.0
    assert given[results["node_id"].values == "mix"] == 0.0
    assert given.sum() == pytest.approx(float(results["return_flow"].sum()))


def test_metrics_of_groups(results):
    homes, mill = 0, 2
    for name in ("water_demand", "water_supply"):
        assert results[name].shape[2] == 3
    town = results["zone_reliability_volumetric"][0, 0, 0]
    supply = results["water_supply"][0, 0, [homes, mill]].sum()
    need = results["water_demand"][0, 0, [homes, mill]].sum()
    assert float(town) == pytest.approx(float(supply / need))
    assert results["district_reliability_volumetric"].shape == (1, 1)
    assert float(results["years_with_need"][0, 0, 0]) == 2
    flags = results["guarantee_state"].attrs
    assert flags["flag_meanings"] == "not_counted none_required met not_met record_too_short"
    assert list(flags["flag_values"]) == [-1, 0, 1, 2, 3]


def test_conventions_are_declared(rows, run):
    results = assemble(run, rows, conventions=Conventions(resilience="events_over_failures", first_month=7))
    assert results.attrs["resilience_convention"] == "events_over_failures"
    assert "begin in month 7" in results.attrs["reliability_conventions"]
    assert float(results["years_with_need"][0, 0, 0]) == 1


def test_scenarios_and_realizations(rows, run):
    runs = stack(*[output(rows, {"homes": f}) for f in (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)])
    results = assemble(runs, rows, scenarios=("base", "growth"))
    assert dict(results.sizes)["scenario"] == 2
    assert dict(results.sizes)["realization"] == 3
    homes = results["water_demand"].isel(demand=0, time=0).values
    np.testing.assert_allclose(homes, 16.0 * np.array([[1.0, 1.1, 1.2], [1.3, 1.4, 1.5]]))
    assert results["scenario_id"].values.tolist() == ["base", "growth"]


def test_a_balance_that_does_not_close_gives_no_result(rows, run):
    run = stack(run)
    run.spill[0, 4, 0] += 1.0
    with pytest.raises(BalanceError, match="lake"):
        assemble(run, rows)
    assert float(assemble(run, rows, check=False)["balance_residual"].max()) > 1e-3


def test_steps_that_were_not_simulated(rows, run):
    run = stack(run)
    run.status[0, 20] = 1
    results = assemble(run, rows)
    assert results["solver_status"][0, 0, 18:22].values.tolist() == [0, 0, 1, -1]
    assert results["water_supply"][0, 0, :, 20:].isnull().all()
    assert results["water_supply"][0, 0, :, :20].notnull().all()
    assert float(results["failure_steps"][0, 0, 0]) <= 20


def test_metadata(results):
    told = results.attrs
    assert json.loads(told["waterbal_overrides"]) == list(PROVENANCE.overrides)
    assert json.loads(told["waterbal_seeds"]) == {"series.flow.seed": 7}
    assert json.loads(told["waterbal_assumed_inputs"]) == ["sources.river.cap"]
    assert told["waterbal_kernel"].startswith("sha256:")
    assert "date_created" not in told


# ---- files


def same(one: xr.Dataset, two: xr.Dataset) -> None:
    assert set(one.variables) == set(two.variables)
    for name in one.variables:
        a, b = one[name], two[name]
        assert a.dims == b.dims, name
        assert a.dtype.kind == b.dtype.kind, name
        if a.dtype.kind == "U":
            assert (a.values == b.values).all(), name
        else:
            assert a.values.tobytes() == b.values.tobytes(), name
        assert set(a.attrs) - {"_FillValue"} == set(b.attrs) - {"_FillValue"}, name


def test_round_trip(results, stored):
    with netcdf.open_result(stored) as read:
        same(results, read)
        assert {k: v for k, v in read.attrs.items() if k != "warm_up_steps"} == {
            k: v for k, v in results.attrs.items() if k != "warm_up_steps"
        }
    assert entries(stored.parent) == [stored.name]


def test_rebuild(stored):
    run = netcdf.rebuild(stored)
    config, series, overrides = run.config, run.series, run.overrides
    assert config == json.loads(json.dumps(CONFIG))
    assert list(config) == list(CONFIG)
    assert overrides == PROVENANCE.overrides
    assert list(series) == list(SERIES)
    for name, values in SERIES.items():
        assert series[name].tobytes() == values.tobytes()


def test_an_altered_configuration_is_refused(results, tmp_path):
    altered = results.assign_attrs(waterbal_config=results.attrs["waterbal_config"].replace("示例", "别的"))
    netcdf.write(altered, tmp_path / "a.nc")
    with pytest.raises(DataError, match="was altered"):
        netcdf.rebuild(tmp_path / "a.nc")


@pytest.mark.parametrize("seed", range(6))
def test_any_system_can_be_stored(seed, tmp_path):
    rows = random_rows(seed, 6)
    results = assemble(output(rows), rows)
    netcdf.write(results, tmp_path / "a.nc")
    with netcdf.open_result(tmp_path / "a.nc") as read:
        same(results, read)


def test_smallest_system(tmp_path):
    k = Kit(1).source("river").demand("user").link("river>user").share("user")
    rows = k.rows()
    results = assemble(output(rows), rows)
    assert "storage_volume" not in results
    netcdf.write(results, tmp_path / "a.nc")
    with netcdf.open_result(tmp_path / "a.nc") as read:
        assert np.isnan(float(read["reliability_annual"][0, 0, 0]))
        assert read.sizes["demand"] == 1


def test_equal_runs_give_equal_files(results, tmp_path):
    for name in ("a.nc", "b.nc"):
        netcdf.write(results, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_layout_of_the_file(stored):
    netcdf4 = pytest.importorskip("netCDF4")
    with netcdf4.Dataset(stored) as file:
        assert not file.groups
        assert file.Conventions == "CF-1.11, ACDD-1.3"
        assert file["demand_id"].dtype == "S1"
        assert file["demand_id"].cf_role == "timeseries_id"
        assert file["demand_name_zh"].getncattr("_Encoding") == "utf-8"
        assert "_FillValue" not in file["time_bnds"].ncattrs()
        assert "_FillValue" not in file["time"].ncattrs()
        assert file["time"].units_metadata == "leap_seconds: none"
        assert file["water_demand"].units == "1e4 m3"
        assert file["water_demand"].cell_methods == "time: sum"
        assert file["water_demand"].filters()["zlib"]
        assert file["input_series"].dtype == "f8"
        assert not any(dim.isunlimited() for dim in file.dimensions.values())


def test_long_records_are_cut_into_chunks():
    long = xr.Variable(("scenario", "realization", "link", "time"), np.zeros((1, 2, 30, 40_000), dtype="f8"))
    chunks = netcdf._chunks(long)
    assert chunks[:3] == (1, 1, 30)
    assert 8 * np.prod(chunks) <= netcdf.CHUNK_BYTES


def complies(*paths):
    """Run the CF checker; its time grows with the square of the number of variables in a file."""
    program = Path(sys.executable).with_name("compliance-checker")
    if not program.exists():
        pytest.skip("needs compliance-checker")
    command = [program, "-t", "cf:1.11", "-f", "text", *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("All tests passed!") == len(paths)


def test_compliance_of_every_variable(results, tmp_path):
    """Every variable, in files of a dozen."""
    names = sorted(map(str, results.data_vars), key=lambda name: results[name].dims)
    paths = []
    for first in range(0, len(names), 12):
        paths.append(tmp_path / f"part_{first}.nc")
        netcdf.write(results[[*names[first : first + 12], "time_bnds"]], paths[-1])
    complies(*paths)


@pytest.mark.long
def test_compliance_of_the_whole(results, tmp_path):
    netcdf.write(results, tmp_path / "a.nc")
    complies(tmp_path / "a.nc")


# ---- failures leave nothing behind


def test_missing_folder(results, tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        netcdf.write(results, tmp_path / "none" / "a.nc")


def test_target_is_a_folder(results, tmp_path):
    with pytest.raises(DataError, match="it is a folder"):
        netcdf.write(results, tmp_path)
    assert entries(tmp_path) == []


@pytest.mark.parametrize(
    "problem",
    [OSError(28, "No space left on device"), RuntimeError("NetCDF: HDF error"), KeyboardInterrupt()],
)
def test_a_failure_keeps_the_earlier_result(results, stored, monkeypatch, problem):
    before = stored.read_bytes()

    def fail(self, path, **_):
        Path(path).write_bytes(b"half")
        raise problem

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fail)
    expected = KeyboardInterrupt if isinstance(problem, KeyboardInterrupt) else DataError
    with pytest.raises(expected) as error:
        netcdf.write(results, stored)
    if expected is DataError:
        assert "cannot write" in str(error.value)
    assert entries(stored.parent) == [stored.name]
    assert stored.read_bytes() == before


def test_read_only_folder(results, tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(DataError, match="Permission denied"):
        netcdf.write(results, tmp_path / "a.nc")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs resource limits")
def test_a_full_disk(stored):
    """The size of files is limited: what the library meets is a write that fails."""
    program = (
        "import resource, sys\n"
        "from waterbal.results import netcdf\n"
        "from waterbal.errors import DataError\n"
        "results = netcdf.open_result(sys.argv[1]).load()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "try:\n"
        "    netcdf.write(results, sys.argv[1])\n"
        "except DataError as error:\n"
        "    print('told:', error)\n"
    )
    before = stored.read_bytes()
    done = subprocess.run([sys.executable, "-c", program, stored], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "told:" in done.stdout
    assert "cannot write" in done.stdout
    assert entries(stored.parent) == [stored.name]
    assert stored.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x89HDF\r\n\x1a\n broken"])
def test_unreadable_files(tmp_path, content):
    path = tmp_path / "a.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError):
        netcdf.open_result(path)


def test_files_of_others(tmp_path):
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "a.nc")
    with pytest.raises(DataError, match="no result of waterbal"):
        netcdf.open_result(tmp_path / "a.nc")


def test_input_series_say_their_units(tmp_path: Path) -> None:
    """A drawn flow is kept in 1e4 m3/d, rain in mm as the file has it; the table claims no units of its own."""
    case = api.load(citykit.write_city(tmp_path), ("time.end=2001-12", "reserve={mode: none}"))
    netcdf.write(case.run(), tmp_path / "run.nc")
    with netcdf.open_result(tmp_path / "run.nc") as run:
        units = dict(zip(run["series_id"].values.tolist(), run["series_units"].values.tolist(), strict=True))
        assert units == {"rain": "mm", "et0": "mm", "river": "1e4 m3/d"}
        assert "units" not in run["input_series"].attrs and run["input_series"].attrs["long_name_zh"]
        assert "series_units" in run["input_series"].attrs["comment"]
        rows = [line.split(",") for line in (tmp_path / "climate.csv").read_text().splitlines()]
        rain = next(float(row[2]) for row in rows if row[:2] == ["2001", "1"])
        assert run["input_series"].values[list(units).index("rain"), 0] == rain
