"""A small sweep with every series, made by the engine, and what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from tests.citykit import write_city
from waterbal import api
from waterbal.results import netcdf
from waterbal.scenarios.sweep import sweep

STUDY = """
schema_version: 1
model: model.yaml
name: {zh: 情景, en: Scenarios}
provenance: {source: test, grade: assumed}
realizations: 2
keep: full
axes:
  growth:
    name: {zh: 增长, en: growth}
    values:
      low: {name: {zh: 低, en: low}}
      high: {name: {zh: 高, en: high}, times: {demands.homes.people: 1.5}}
"""


def swept(folder: Path, keep: str = "full") -> Path:
    """Run two scenarios with two realizations each; give the file."""
    write_city(folder)
    path = folder / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    with sweep(path, folder / keep, keep=keep, threads=1):
        return folder / keep / "results.nc"


def ran(folder: Path, overrides: tuple[str, ...] = ()) -> Path:
    """Run one scenario; give the file."""
    path = folder / "run.nc"
    netcdf.write(api.load(write_city(folder), overrides).run(), path)
    return path


def plain(path: Path) -> xr.Dataset:
    """Read a result with xarray alone."""
    with xr.open_dataset(path) as file:
        return file.load()


def rates(results: xr.Dataset, name: str) -> np.ndarray:
    """Give the mean rates of the steps [m3/s], by another way than the exporter."""
    days = results["time_bnds"].diff("bnds").squeeze("bnds").dt.days
    return (results[name] / days * (1e4 / 86400.0)).values
