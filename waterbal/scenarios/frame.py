"""The frame of a sweep's results: a NetCDF file with every coordinate and every variable, still without numbers."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.results import netcdf
from waterbal.scenarios.work import Field, Work

if TYPE_CHECKING:
    import xarray as xr

CHUNK_BYTES = 2**20
"""Largest chunk [bytes], if a single row of the last dimensions is not larger."""


def write(work: Work, folder: Path) -> str:
    """Write the frame of a sweep, named by its hash; give its name."""
    unfinished = folder / f".frame.{os.getpid()}.tmp"
    try:
        with netcdf.refusing(folder, unfinished):
            make(work, unfinished)
        name = _name(unfinished)
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return name


def is_whole(path: Path) -> bool:
    """Tell whether a frame is there and as it was written."""
    return path.is_file() and path.name == _name(path)


def _name(path: Path) -> str:
    return f"frame-{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}.nc"


def make(work: Work, path: Path) -> None:
    """Write coordinates and attributes, then define the variables."""
    import netCDF4

    coordinates = work.frame()
    netcdf.write(coordinates, path)
    with netCDF4.Dataset(path, "r+") as file:
        for name, size in coordinates.sizes.items():
            if name not in file.dimensions:
                file.createDimension(str(name), size)
        for name, field in work.schema().items():
            define(file, name, field, _labels(coordinates, field))


def _labels(coordinates: xr.Dataset, field: Field) -> str:
    """List the labels that belong to a variable, as CF wants them."""
    names = [
        str(name)
        for name, variable in coordinates.coords.items()
        if name not in variable.dims and "bnds" not in variable.dims and set(variable.dims) <= set(field.dims)
    ]
    return " ".join(names)


def define(file: Any, name: str, field: Field, labels: str) -> None:
    """Define a variable; text becomes characters of a fixed width."""
    attributes: dict[str, Any] = dict(field.attributes)
    dims, dtype, fill = field.dims, field.dtype, None
    if dtype.kind in "US":
        width = max(1, dtype.itemsize)  # four bytes a character are enough for any
        length = f"length_{width}"
        if length not in file.dimensions:
            file.createDimension(length, width)
        dims, dtype = (*dims, length), np.dtype("S1")
        attributes["_Encoding"] = "utf-8"
    elif dtype.kind == "f":
        fill = np.nan
    shape = tuple(len(file.dimensions[dim]) for dim in dims)
    variable = file.createVariable(
        name, dtype, dims, fill_value=fill, chunksizes=chunks(shape, dtype.itemsize), **netcdf.COMPRESSION
    )
    if labels:
        attributes["coordinates"] = labels
    variable.setncatts(attributes)


def chunks(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Choose chunks: whole from the last dimension on, as far as they fit; the rest one by one."""
    room = max(1, CHUNK_BYTES // itemsize)
    sizes = []
    for size in reversed(shape):
        sizes.append(max(1, min(size, room)))
        room //= sizes[-1]
    return tuple(reversed(sizes))


def stored(variable: Any, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn values into what the file keeps: text into characters."""
    if values.dtype.kind not in "US":
        return values
    width = variable.shape[-1]
    texts = np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values
    return texts.astype(f"S{width}").view("S1").reshape(*values.shape, width)
