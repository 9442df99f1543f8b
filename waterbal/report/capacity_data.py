"""What capacities came to as plain data, for programs: everything that the file holds, without its records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.search import STATUS
from waterbal.report.capacity_extras import already, texts

if TYPE_CHECKING:
    import xarray as xr

PARTS = ("frontier", "pairs", "balances", "bound", "load", "risk", "sensitivity")
"""What ``--with`` adds to the file, by the beginning of its names."""


def number(value: Any) -> float | None:
    """Return a number that JSON can hold."""
    return float(value) if np.isfinite(value) else None


def details(found: xr.Dataset) -> dict[str, Any]:
    """Give what binds and relieves the baseline: limits, measures, the best set of them and the first failure.

    Parameters
    ----------
    found : Dataset
        As ``waterbal capacity`` writes it.

    Returns
    -------
    dict
        ``details_of``, ``first_failure``, ``limits``, ``relief``, ``portfolio``; what was not sought is None or empty.
    """
    attrs = found.attrs
    of = None
    if "details_direction" in attrs:
        ids = texts(found, "scenario_id")
        of = {"scenario": ids[int(attrs["details_scenario"])], "direction": str(attrs["details_direction"])}
    return {
        "details_of": of,
        "first_failure": json.loads(attrs["first_failure"]) if attrs.get("first_failure") else None,
        "limits": _records(found, "limit", {"id": "limit_id", "worth": "limit_worth"}, "limit_name"),
        "relief": _reliefs(found),
        "portfolio": portfolio(found),
    }


def portfolio(found: xr.Dataset) -> dict[str, Any] | None:
    """Give the best set of measures; its change is None where nothing stops the growth with it."""
    text = found.attrs.get("portfolio")
    known: dict[str, Any] | None = json.loads(text, parse_constant=lambda _: None) if text else None
    return known


def _records(found: xr.Dataset, dimension: str, fields: dict[str, str], name: str) -> list[dict[str, Any]]:
    """Give the variables along a dimension, one mapping for each place of it."""
    if dimension not in found.dims:
        return []
    columns = {key: _plain(found[each]) for key, each in fields.items() if each in found}
    columns["name"] = [
        {"zh": zh, "en": en}
        for zh, en in zip(texts(found, f"{name}_zh"), texts(found, f"{name}_en"), strict=True)
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _reliefs(found: xr.Dataset) -> list[dict[str, Any]]:
    own = [str(name) for name, values in found.variables.items() if values.dims == ("measure",)]
    fields = {"id": "measure_id"} | {
        name.removeprefix("relief_"): name for name in own if name.startswith("relief_")
    }
    told = _records(found, "measure", fields, "measure_name")
    return (
        [{**one, "present": bool(there)} for one, there in zip(told, already(found), strict=True)]
        if told
        else []
    )


def alone(found: xr.Dataset, scenario: int, direction: int) -> dict[str, Any] | None:
    """Give the capacities of the records of a scenario judged alone, and how each search ended.

    Parameters
    ----------
    found : Dataset
        As ``waterbal capacity`` writes it.
    scenario, direction : int
        Places.

    Returns
    -------
    dict or None
        ``status`` and ``scale`` of every record, None where that was not sought; a file of an older waterbal does not
        tell the status.
    """
    if "capacity_scale_alone" not in found:
        return None
    scale = [number(value) for value in found["capacity_scale_alone"].values[scenario, direction]]
    if "capacity_status_alone" not in found:
        return {"status": None, "scale": scale}
    codes = found["capacity_status_alone"].values[scenario, direction]
    if (codes < 0).all():
        return None
    return {"status": [STATUS[int(code)] for code in codes], "scale": scale}


def parts(found: xr.Dataset) -> dict[str, Any]:
    """Give what ``--with`` asked for, by its name: every variable with dimensions, unit and values, and attributes.

    Names are those of the file without the name of the part before them. Status codes are told by their names.

    Parameters
    ----------
    found : Dataset
        As ``waterbal capacity`` writes it.
    """
    return {part: _part(found, f"{part}_") for part in PARTS if _names(found, f"{part}_")}


def _names(found: xr.Dataset, prefix: str) -> list[str]:
    own = (str(name) for name in found.variables)
    return [name for name in own if name.startswith(prefix)]


def _part(found: xr.Dataset, prefix: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in _names(found, prefix):
        variable = found[name]
        one: dict[str, Any] = {"dims": [str(d).removeprefix(prefix) for d in variable.dims]}
        if "units" in variable.attrs:
            one["units"] = str(variable.attrs["units"])
        if "long_name" in variable.attrs:
            one["long_name"] = str(variable.attrs["long_name"])
        one["values"] = _plain(variable)
        told[name.removeprefix(prefix)] = one
    attributes = {
        str(name).removeprefix(prefix): _listed(value.item() if hasattr(value, "item") else value)
        for name, value in found.attrs.items()
        if str(name).startswith(prefix)
    }
    return {"variables": told, "attributes": attributes}


def _plain(variable: xr.DataArray) -> Any:
    """Give the values of a variable as nested lists; codes of how searches ended by their names."""
    values = variable.values
    if "flag_meanings" in variable.attrs and str(variable.attrs["flag_meanings"]).split() == list(STATUS):
        values = np.array(STATUS, dtype=object)[values]
    return _listed(values.tolist())


def _listed(value: Any) -> Any:
    if isinstance(value, list):
        return [_listed(one) for one in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def not_told(found: xr.Dataset) -> dict[str, list[str]]:
    """Give the reasons for which parts that were asked for could not be told, by part."""
    known = json.loads(found.attrs.get("not_told", "{}"))
    return {name: [one["en"] for one in own] for name, own in known.items()}
