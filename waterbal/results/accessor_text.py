"""What a result is, in a few lines: kind, size, what it says, and how much of its input is assumed."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

METHODS = {
    "run": "balance() guarantee() budget() shortages() config assumed rebuild() save() plot",
    "sweep": "axes sel() grid() balance() guarantee() budget() config assumed save() plot",
    "capacity": "axes sel() grid() config assumed save() plot",
    "": "axes sel() grid()",
}
"""What the accessor offers, by kind of result."""


def kind(results: xr.Dataset) -> Literal["run", "sweep", "capacity", ""]:
    """Tell what wrote a result; empty for what is none, such as a part of one."""
    if "waterbal_capacity" in results.attrs:
        return "capacity"
    if "member_status" in results:
        return "sweep"
    return "run" if "waterbal_config" in results.attrs and "scenario_id" in results.coords else ""


def ended(results: xr.Dataset) -> np.ndarray:
    """Tell which members of a run or sweep ended well, ndarray (scenario, realization)."""
    if kind(results) == "sweep":
        found: np.ndarray = results["member_status"].values == 0
        return found
    return np.ones((results.sizes["scenario"], results.sizes["realization"]), dtype=bool)


def assumed(results: xr.Dataset) -> list[str]:
    """List the inputs that no source names."""
    listed: list[str] = json.loads(str(results.attrs.get("waterbal_assumed_inputs", "[]")))
    return listed


def lines(results: xr.Dataset) -> list[tuple[str, str]]:
    """Return what a result is: pairs of a heading and what is told."""
    own = kind(results)
    attrs = results.attrs
    told = [("kind", {"run": "run", "sweep": "sweep", "capacity": "capacities"}.get(own, "part of a result"))]
    titles = [str(attrs[name]) for name in ("title", "title_zh") if attrs.get(name)]
    if titles:
        told.append(("title", " / ".join(titles)))
    told.append(("size", _size(results, own)))
    verdict = {"run": _shortage, "sweep": _rates, "capacity": _capacity}.get(own)
    if verdict is not None:
        told += [("result", text) for text in verdict(results)]
    if "waterbal_assumed_inputs" in attrs:
        told.append(("assumed", f"{len(assumed(results))} inputs"))
    return [*told, ("offers", METHODS[own])]


def text(results: xr.Dataset) -> str:
    """Return what a result is as plain text."""
    pairs = lines(results)
    return "\n".join(["<waterbal>", *(f"  {heading:<8} {content}" for heading, content in pairs)])


def table(results: xr.Dataset) -> str:
    """Return what a result is as a table for notebooks; whatever stands in the result is shown as it is."""
    rows = "".join(
        f'<tr><th style="text-align:left">{html.escape(heading)}</th>'
        f'<td style="text-align:left">{html.escape(content)}</td></tr>'
        for heading, content in lines(results)
    )
    return f"<table><caption>waterbal</caption><tbody>{rows}</tbody></table>"


def _size(results: xr.Dataset, own: str) -> str:
    parts = [
        f"{results.sizes[name]:,} {name}{'' if results.sizes[name] == 1 else 's'}"
        for name in ("scenario", "direction")
        if name in results.sizes and (name == "scenario" or own == "capacity")
    ]
    count = results.attrs.get("realizations", results.sizes.get("realization", 0))
    if int(count):
        parts.append(f"{int(count):,} realization{'' if int(count) == 1 else 's'}")
    size = " x ".join(parts) or "no scenarios"
    attrs = results.attrs
    if "time_coverage_start" in attrs and "time_coverage_end" in attrs:
        end = np.datetime64(str(attrs["time_coverage_end"])) - np.timedelta64(1, "D")
        size += f", {attrs['time_coverage_start']} to {end} by {attrs.get('time_step', 'step')}"
    return size


def _shortage(results: xr.Dataset) -> list[str]:
    told = []
    if "water_demand" in results and "water_supply" in results:
        from waterbal.results.accessor_tables import balance

        line = balance(results, (), None, "").iloc[0]
        told.append(
            f"need {line['need']:,.0f}, supplied {line['supply']:,.0f} 1e4 m3/yr: {line['shortage_share']:.1%} short"
        )
    if "guarantee_state" in results:
        state = results["guarantee_state"].values
        told.append(
            "guarantee rates are not counted in typical years"
            if state.size and (state < 0).all()
            else f"guarantee rates met by {int((state == 1).sum())} of {int((state > 0).sum())} demands with one"
        )
    return told


def _rates(results: xr.Dataset) -> list[str]:
    good = results["member_status"].values == 0
    told = []
    if "mean_annual_demand" in results and "mean_annual_supply" in results:
        need, supply = (
            np.where(good, results[f"mean_annual_{name}"].values.sum(axis=-1), np.nan)
            for name in ("demand", "supply")
        )
        known = good.any(axis=1)
        if known.any():
            with np.errstate(invalid="ignore", divide="ignore"):
                share = 1.0 - np.nansum(supply[known], axis=1) / np.nansum(need[known], axis=1)
            told.append(f"{np.nanmin(share):.1%} to {np.nanmax(share):.1%} of the need short, by scenario")
    failed = int((~good).sum())
    return [*told, f"{failed:,} members did not end well"] if failed else told


def _capacity(results: xr.Dataset) -> list[str]:
    """Tell the capacity of the baseline along the direction that is told in detail."""
    ids = [str(id) for id in _texts(results["scenario_id"].values)]
    directions = [str(id) for id in _texts(results["direction_id"].values)]
    base = str(results.attrs.get("baseline", ""))
    wanted = [str(results.attrs.get("details_direction", "")), "mix", *directions]
    k = ids.index(base) if base in ids else len(ids) - 1
    d = directions.index(next(name for name in wanted if name in directions))
    scale = float(results["capacity_scale"].values[k, d])
    status = str(results["capacity_status"].attrs.get("flag_meanings", "")).split()
    code = int(results["capacity_status"].values[k, d])
    how = status[code].replace("_", " ") if code < len(status) else str(code)
    known = np.isfinite(scale) and how in ("found", "limited")
    name = str(results["direction_name_en"].values[d])
    grade = " (assumed)" if results.attrs.get("plan_grade") == "assumed" else ""
    number = f"{scale:.1%} of the plan{grade} is carried" if known else how
    return [*_over_samples(results, name, k, d), f"{name}, {ids[k]}: {number}"]


def _over_samples(results: xr.Dataset, direction: str, scenario: int, place: int) -> list[str]:
    """Tell the median and the range of the samples of uncertain inputs; nothing where none was drawn."""
    if "samples_count" not in results or int(results["samples_count"].values[scenario]) < 2:
        return []
    median, low, high = (
        float(results[f"samples_{part}"].values[scenario, place]) for part in ("median", "low", "high")
    )
    count = int(results["samples_count"].values[scenario])
    return [f"{direction}, median of {count} samples: {median:.1%} of the plan ({low:.1%} to {high:.1%})"]


def _texts(values: Any) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in values.ravel()]
