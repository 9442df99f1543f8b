"""What went into two results, and what of it differs: configuration, series, seeds, versions, scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

PLAIN = (
    "waterbal_version",
    "waterbal_kernel",
    "numba_version",
    "numpy_version",
    "baseline",
    "details_direction",
    "time_step",
    "realizations",
)
"""Attributes that are compared as they are."""
NESTED = {"waterbal_seeds": "seeds", "waterbal_filled_gaps": "filled_gaps", "waterbal_sweep": "sweep"}
"""Attributes that hold JSON mappings."""
DERIVED = (
    "sweep.fingerprint",
    "sweep.inputs.model",
    "sweep.inputs.scenarios",
    "sweep.inputs.parameters",
    "sweep.scenarios",
)
"""Hashes and lists that say again what the configuration and the changes say."""
ABSENT = None


def configured(one: xr.Dataset, other: xr.Dataset) -> tuple[str, str] | None:
    """Give the ids of the scenarios whose configurations two results hold; None where these are of no scenario."""
    first, second = (str(each.attrs.get("waterbal_config_scenario", "")) for each in (one, other))
    return (first, second) if first and second else None


def differences(one: xr.Dataset, other: xr.Dataset, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """List what went into two results and differs.

    Parameters
    ----------
    one, other : Dataset
        Results of the same kind.
    pairs : sequence of (str, str)
        Ids of the scenarios that are the same in both.

    Returns
    -------
    list of dict
        ``path``, ``first`` and ``second``, in the order of the model; None where something is in one only. What
        scenarios change by themselves is told once, with their ids as ``scenarios`` and, as ``of_all``, whether these
        are all that both results have. Configurations and series that results hold of scenarios that are no pair are
        not looked at.
    """
    lines: list[dict[str, Any]] = []
    of = configured(one, other)
    scenarios = all(each.sizes.get("scenario", 0) for each in (one, other))
    if of in pairs or (of is None and (pairs or not scenarios)):
        lines += _mapping(_json(one, "waterbal_config"), _json(other, "waterbal_config"), "")
        lines += _series(one, other)
    lines += _axes(one, other)
    lines += _scenarios(_json(one, "waterbal_changes"), _json(other, "waterbal_changes"), pairs, lines)
    first, second = one.attrs.get("waterbal_overrides", "[]"), other.attrs.get("waterbal_overrides", "[]")
    if first != second:
        lines.append(_line("--set", "; ".join(json.loads(first)), "; ".join(json.loads(second))))
    for attribute, name in NESTED.items():
        lines += _mapping(_json(one, attribute), _json(other, attribute), name)
    for name in PLAIN:
        lines += _mapping({name: one.attrs.get(name)}, {name: other.attrs.get(name)}, "")
    return [line for line in lines if not line["path"].startswith(DERIVED)]


def _json(results: xr.Dataset, name: str) -> Any:
    return json.loads(str(results.attrs.get(name, "{}")))


def _line(path: str, first: Any, second: Any) -> dict[str, Any]:
    return {"path": path, "first": _plain(first), "second": _plain(second)}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _scenarios(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    pairs: Sequence[tuple[str, str]],
    told: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Compare what the scenarios that both have change, each difference once; not what all have from the model."""
    both = [(id, alike) for id, alike in pairs if id in first and alike in second]
    found: dict[str, dict[str, Any]] = {}
    for id, alike in both:
        for line in _mapping(first[id], second[alike], ""):
            own = found.setdefault(json.dumps(line, sort_keys=True, default=str), {**line, "scenarios": []})
            own["scenarios"].append(id)
    known = [(line["path"], line["first"], line["second"]) for line in told]
    lines = [{**line, "of_all": len(line["scenarios"]) == len(both)} for line in found.values()]
    return [
        line
        for line in lines
        if not line["of_all"] or (line["path"], line["first"], line["second"]) not in known
    ]


def _mapping(first: Mapping[str, Any], second: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """Compare two mappings leaf by leaf, in the order of the first."""
    olds, news = (dict(_leaves(each, prefix)) if each else {} for each in (first, second))
    lines = []
    for path in [*olds, *(path for path in news if path not in olds)]:
        old, new = olds.get(path, ABSENT), news.get(path, ABSENT)
        if old != new:
            lines.append(_line(path, old, new))
    return lines


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give every value below a mapping with its dotted path; a number goes by the path of what it belongs to."""
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            here = path if key == "value" and path else f"{path}.{key}" if path else str(key)
            yield from _leaves(part, here)
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for number, part in enumerate(value):
            yield from _leaves(part, f"{path}.{number}")
    else:
        yield path, value


def _series(one: xr.Dataset, other: xr.Dataset) -> list[dict[str, Any]]:
    """Compare the input series that runs keep."""
    tables = []
    for results in (one, other):
        known = "input_series" in results and "series_id" in results.variables
        names = [str(name) for name in results["series_id"].values] if known else []
        tables.append({name: results["input_series"].values[k] for k, name in enumerate(names)})
    told = [
        one[f"series_{what}"].values.tolist() for what in ("id", "units") if f"series_{what}" in one.variables
    ]
    units = dict(zip(*told, strict=True)) if len(told) == 2 else {}
    lines = []
    for name in dict.fromkeys([*tables[0], *tables[1]]):
        if name not in tables[0] or name not in tables[1]:
            lines.append(_line(f"series.{name}", *("there" if name in table else None for table in tables)))
            continue
        first, second = tables[0][name], tables[1][name]
        if first.shape != second.shape or not np.array_equal(first, second, equal_nan=True):
            steps = (
                int((first != second).sum()) if first.shape == second.shape else max(first.size, second.size)
            )
            line = _line(f"series.{name}", float(np.nanmean(first)), float(np.nanmean(second)))
            lines.append({**line, "steps": steps, "units": units.get(name, "")})
    return lines


def axes(results: xr.Dataset) -> dict[str, list[Any]]:
    """Give the values of every axis of scenarios, in order."""
    found: dict[str, list[Any]] = {}
    for name, variable in results.variables.items():
        if variable.dims == ("scenario",) and "scenario_axis" in variable.attrs:
            found[str(name)] = list(dict.fromkeys(variable.values.tolist()))
    return found


def _axes(one: xr.Dataset, other: xr.Dataset) -> list[dict[str, Any]]:
    first, second = axes(one), axes(other)
    return [
        _line(f"axes.{name}", first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    ]
