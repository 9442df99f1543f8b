"""Writing drawn series to files: NetCDF for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from waterbal._version import __version__
from waterbal.errors import DataError, Issue, Message, UsageError, either, nearest
from waterbal.hydrology.columns import KINDS, SUMMED
from waterbal.hydrology.ensemble import AsObserved, Ensemble, ensemble
from waterbal.model.root import Model
from waterbal.model.rows import Floats
from waterbal.model.series_spec import LognormalSeries, kind_of
from waterbal.units import DIMENSIONS

NETCDF = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
BLOCK = 200
"""Realizations that are drawn and written at once."""
FORMATS: Mapping[str, tuple[bytes, ...]] = {".nc": NETCDF, ".csv": (b"# water",)}
"""Suffix -> how such files begin."""


def check(path: Path) -> None:
    """Make sure that a file name says how to write.

    Raises
    ------
    UsageError
        If it does not.
    """
    if path.suffix.lower() not in FORMATS:
        expected = Message("文件名的扩展名为 ", "a file that ends in ") + either([*FORMATS])
        near = nearest(path.suffix, FORMATS)
        raise UsageError(
            Issue(
                Message(f"无法写入 {path}：不认识的文件类型", f"cannot write {path}: unknown kind of file"),
                "--output",
                expected=expected,
                nearest=near,
            )
        )


def drawing(model: Model, base_dir: str | Path) -> Ensemble:
    """Prepare the series that a model draws, without reading those that it does not."""
    sites = () if model.hydrology is None else tuple(model.hydrology.sites)
    drawn = {
        name: series
        for name, series in model.series.items()
        if name in sites or isinstance(series, LognormalSeries)
    }
    made = ensemble(model.model_copy(update={"series": drawn}), base_dir)
    if isinstance(made.sampler, AsObserved) and (made.sampler.dry is not None or made.delta):
        return replace(made, fixed={})  # not the record: with dry years, or in another climate
    return made


def realizations(series: Ensemble, asked: int | None, file: str = "") -> int:
    """Return how many realizations to write.

    Parameters
    ----------
    series : Ensemble
        What is drawn from.
    asked : int or None
        What the user asked for; None for all there are.
    file : str
        The model, for messages.

    Raises
    ------
    DataError
        If there are not so many, or nothing is drawn.
    """
    if not series.draw(0):
        message = Message("模型不生成系列", "the model draws no series")
        expected = Message(
            "'hydrology' 一节，且不是原样使用实测系列的那一类，或其中有 'dry_years' 或 'delta'",
            "a section 'hydrology' with another kind than the record as it is, or with 'dry_years' or 'delta'",
        )
        raise DataError(Issue(message, "hydrology", file, expected=expected))
    count = asked if asked is not None else series.size
    if count is None:
        raise DataError(
            Issue(
                Message("可以生成任意多个，须写明个数", "any number can be drawn"),
                "--realizations",
                expected=Message("一个数", "a number"),
            )
        )
    if count < 1 or (series.size is not None and count > series.size):
        expected = (
            Message("1 或更多", "1 or more")
            if series.size is None
            else Message(f"1 至 {series.size}", f"1 to {series.size}")
            if series.size > 1
            else Message("1", "1")
        )
        raise DataError(
            Issue(
                Message(f"没有 {count} 个水文样本", f"there are no {count} realizations"),
                "--realizations",
                expected=expected,
            )
        )
    return count


def write(model: Model, series: Ensemble, count: int, path: Path, suffix: str) -> None:
    """Write series in the format of a suffix.

    Parameters
    ----------
    model : Model
        For kinds and titles.
    series : Ensemble
        What is drawn from.
    count : int
        Number of realizations, from 0.
    path : Path
        File to be written.
    suffix : str
        One of ``FORMATS``.
    """
    writer = write_netcdf if suffix.lower() == ".nc" else write_csv
    writer(model, series, count, path)


def kinds_of(model: Model, names: Mapping[str, Floats]) -> dict[str, str]:
    """Return the kind of each drawn series."""
    return {name: kind_of(model.series[name]) for name in names}


def write_netcdf(model: Model, series: Ensemble, count: int, path: Path) -> None:
    """Write series as (realization, time), block by block.

    Parameters
    ----------
    model : Model
        For kinds and titles.
    series : Ensemble
        What is drawn from.
    count : int
        Number of realizations, from 0.
    path : Path
        File to be written.
    """
    import netCDF4

    axis = series.axis
    spec = model.hydrology
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.11"
        file.title = f"series drawn for {model.name.en}"
        file.source = f"waterbal {__version__}"
        file.history = f"made by waterbal {__version__}"
        file.waterbal_series = json.dumps(
            None if spec is None else spec.model_dump(mode="json", exclude={"fitted"}), ensure_ascii=False
        )
        if series.notes:
            file.comment = ". ".join(map(str, series.notes))
        file.createDimension("realization", count)
        file.createDimension("time", axis.size)
        file.createDimension("bnds", 2)
        since = "days since 1970-01-01"
        time = file.createVariable("time", "i4", ("time",))
        time.setncatts(
            {
                "standard_name": "time",
                "units": since,
                "units_metadata": "leap_seconds: none",
                "calendar": "standard",
                "bounds": "time_bnds",
            }
        )
        start, end = (edge.astype("datetime64[D]").astype(np.int64) for edge in (axis.start, axis.end))
        time[:] = start
        file.createVariable("time_bnds", "i4", ("time", "bnds"))[:] = np.stack([start, end], axis=1)
        number = file.createVariable("realization", "i4", ("realization",))
        number.setncatts({"standard_name": "realization", "units": "1"})
        number[:] = np.arange(count)
        for label, values in series.labels(count).items():
            told = file.createVariable(label, values.dtype, ("realization",))
            told.setncatts({"long_name": label.replace("_", " "), "units": "1"})
            told[:] = values
        variables: dict[str, Any] = {}
        for name, kind in kinds_of(model, series.draw(0)).items():
            made = file.createVariable(name, "f8", ("realization", "time"), zlib=True, complevel=4)
            method = "sum" if kind in SUMMED else "mean"
            made.setncatts({"units": _units(kind), "cell_methods": f"time: {method}", "long_name": name})
            variables[name] = made
        for first in range(0, count, BLOCK):
            last = min(first + BLOCK, count)
            for name, values in series.draw_many(first, last).items():
                variables[name][first:last] = values


def write_csv(model: Model, series: Ensemble, count: int, path: Path) -> None:
    """Write series in long form: realization, date and one column per series.

    Parameters
    ----------
    model, series, count, path
        As for ``write_netcdf``.
    """
    dates = [str(day) for day in series.axis.start.astype("datetime64[D]")]
    kinds = kinds_of(model, series.draw(0))
    with path.open("w", encoding="utf-8", newline="") as file:
        told = ", ".join(f"{name} [{_units(kind)}]" for name, kind in kinds.items())
        file.write("; ".join([f"# waterbal {__version__}: {told}", *map(str, series.notes)]) + "\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["realization", "date", *kinds])
        for number in range(count):
            drawn = series.draw(number)
            columns = [drawn[name].tolist() for name in kinds]
            writer.writerows(zip([number] * len(dates), dates, *columns, strict=True))


def _units(kind: str) -> str:
    return (
        DIMENSIONS[KINDS[kind]].unit.replace("-", "1") if kind == "factor" else DIMENSIONS[KINDS[kind]].unit
    )
