"""NetCDF files for other programs: one kind of station, the order of dimensions that a reader needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from waterbal.exports.choice import LEADING, Group, ids_of
from waterbal.exports.dates import bounds
from waterbal.exports.layouts import Layout

if TYPE_CHECKING:
    import netCDF4

TIME_UNITS = "days since 1970-01-01"
COPIED = (
    "standard_name",
    "flag_values",
    "flag_meanings",
    "valid_min",
    "valid_range",
    "currency",
    "cell_methods",
)
"""Attributes of variables that are handed on."""
NOTE = "dates are calendar days where the water is; no time zone is applied"
LEVEL: Literal[2] = 2
"""Of compression."""


def write(group: Group, layout: Layout, attributes: Mapping[str, str], path: Path) -> None:
    """Write series of one kind of element.

    Parameters
    ----------
    group : Group
        Series (scenario, realization, element, time); a dimension of which one is chosen is left out.
    layout : Layout
        ``time-first`` or ``station-first``.
    attributes : mapping
        Global attributes.
    path : Path
        File to be written.
    """
    import netCDF4

    first = layout.name == "time-first"
    members = [dim for dim in group.leading if group.data.sizes[dim] > 1]
    order = ["time", *members, "station"] if first else [*members, "station", "time"]
    with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
        file.setncatts({"Conventions": "CF-1.11", **attributes})
        if layout.characters:  # a feature has an id in a variable
            file.featureType = "timeSeries"
        file.comment = NOTE
        _times(file, group, layout)
        put = _texts if layout.characters else _listed
        _members(file, group, members, put)
        stations = group.stations()
        file.createDimension("station", len(stations))
        put(file, "station_id", "station", stations, {"cf_role": "timeseries_id", "long_name": "element id"})
        for language, told in (("zh", "Chinese"), ("en", "English")):
            names = station_names(group, language)
            if names is not None:
                put(file, f"station_name_{language}", "station", names, {"long_name": f"name in {told}"})
        coordinates = " ".join(
            name
            for name in file.variables
            if name.startswith(("station_", "scenario_"))
            and (name.startswith("station_") or "scenario" in members)
        )
        for name in group.variables:
            made = _variable(file, group, name, members, order)
            if not first:
                made.coordinates = coordinates


def _times(file: netCDF4.Dataset, group: Group, layout: Layout) -> None:
    start, end = (edge.astype("datetime64[D]").astype(np.int32) for edge in bounds(group.data))
    # a record dimension, as tools that join files along time need it, where time is first
    file.createDimension("time", None if layout.name == "time-first" else start.size)
    file.createDimension("bnds", 2)
    time = file.createVariable("time", "i4", ("time",))
    time.setncatts(
        {
            "standard_name": "time",
            "long_name": "end of the step" if layout.end_label else "start of the step",
            "axis": "T",
            "units": TIME_UNITS,
            "calendar": "standard",
            "units_metadata": "leap_seconds: none",
            "bounds": "time_bnds",
        }
    )
    time[:] = end if layout.end_label else start
    file.createVariable("time_bnds", "i4", ("time", "bnds"))[:] = np.stack([start, end], axis=1)


Put = Callable[["netCDF4.Dataset", str, str, Sequence[str], Mapping[str, str]], None]
"""Writes texts of a dimension under a name, with attributes."""


def _members(file: netCDF4.Dataset, group: Group, members: Sequence[str], put: Put) -> None:
    if "scenario" in members:
        ids = ids_of(group.data, "scenario")
        file.createDimension("scenario", len(ids))
        put(file, "scenario_id", "scenario", ids, {"long_name": "scenario id"})
    if "realization" in members:
        file.createDimension("realization", group.data.sizes["realization"])
        number = file.createVariable("realization", "i4", ("realization",))
        number.setncatts(
            {"standard_name": "realization", "long_name": "hydrological realization", "units": "1"}
        )
        number[:] = group.data["realization"].values


def _variable(
    file: netCDF4.Dataset, group: Group, name: str, members: Sequence[str], order: Sequence[str]
) -> netCDF4.Variable[Any]:
    variable = group.data[name]
    values = variable.values
    sizes = [group.data.sizes[dim] for dim in members]
    values = values.reshape(*sizes, len(group.stations()), group.data.sizes["time"])
    now = [*members, "station", "time"]
    made: netCDF4.Variable[Any] = file.createVariable(
        name, values.dtype.str[1:], tuple(order), zlib=True, complevel=LEVEL,
        fill_value=np.nan if values.dtype.kind == "f" else None, chunksizes=_chunks(order, file),
    )  # fmt: skip
    told: dict[str, Any] = {"long_name": variable.attrs.get("long_name", name)}
    if "long_name_zh" in variable.attrs:
        told["long_name_zh"] = variable.attrs["long_name_zh"]
    if "units" in variable.attrs:
        told["units"] = variable.attrs["units"]
    told |= {key: variable.attrs[key] for key in COPIED if key in variable.attrs}
    made.setncatts(told)
    made[:] = values.transpose([now.index(dim) for dim in order])
    return made


def _chunks(order: Sequence[str], file: netCDF4.Dataset) -> list[int]:
    """Keep a member's stations and steps together."""
    return [1 if dim in LEADING else max(1, file.dimensions[dim].size) for dim in order]


def _texts(
    file: netCDF4.Dataset, name: str, dimension: str, values: Sequence[str], attributes: Mapping[str, str]
) -> None:
    """Write text as characters: some readers know no strings, and ids must be ASCII for some."""
    encoded = [value.encode("utf-8") for value in values]
    width = max(1, *map(len, encoded))
    length = f"length_{name}"
    file.createDimension(length, width)
    made = file.createVariable(name, "S1", (dimension, length))
    made.setncatts(attributes)
    if any(byte > 127 for text in encoded for byte in text):
        made.setncattr("_Encoding", "utf-8")
        made.set_auto_chartostring(False)
    made[:] = np.array(encoded, dtype=f"S{width}").view("S1").reshape(len(values), width)


def _listed(
    file: netCDF4.Dataset, name: str, dimension: str, values: Sequence[str], attributes: Mapping[str, str]
) -> None:
    """Write texts as a global attribute, in the order of their dimension."""
    file.setncattr(name, json.dumps(list(values), ensure_ascii=False))


def station_names(group: Group, language: str) -> list[str] | None:
    """Give the names of all combinations of elements, or None where they have none."""
    joined = [""]
    for dimension in group.elements:
        coordinate = f"{dimension}_name_{language}"
        if coordinate not in group.data.coords or group.data[coordinate].dims != (dimension,):
            return None
        names = [str(name) for name in group.data[coordinate].values.tolist()]
        joined = [f"{left}，{right}" if left and language == "zh" else f"{left}, {right}" if left else right
                  for left in joined for right in names]  # fmt: skip
    if group.elements:
        return joined
    return ["全区" if language == "zh" else "District"]


def attributes_of(source: Mapping[str, Any], told: Mapping[str, Any], date: str) -> dict[str, str]:
    """Give the global attributes of an export.

    Parameters
    ----------
    source : mapping
        Attributes of the result.
    told : mapping
        What the export is.
    date : str
        Now, as ISO 8601 has it.
    """
    copied = ("title", "title_zh", "institution", "waterbal_config_sha256", "warm_up_steps")
    version = str(source["waterbal_version"])
    return {
        **{key: str(source[key]) for key in copied if key in source},
        "standard_name_vocabulary": "CF Standard Name Table v93",
        "source": f"waterbal {version}",
        "history": f"{date} exported by waterbal {version}",
        "waterbal_export": json.dumps(dict(told), ensure_ascii=False),
    }
