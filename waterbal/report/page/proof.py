"""Proof: that balances close and steps were solved, and what it takes to make the results again."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.capacity_words import say as say_capacity
from waterbal.report.material import kind
from waterbal.report.page.blocks import Block, Facts, Section
from waterbal.report.page.subject import Subject

if TYPE_CHECKING:
    import xarray as xr

VERSIONS = ("waterbal_version", "numba_version", "numpy_version")
"""Attributes that name versions."""


def section(subject: Subject) -> Section | None:
    """Make the section."""
    blocks: list[Block] = [
        Facts(_facts(subject, results, name), f"{subject.title_of(results)}" + (f" ({name})" if name else ""))
        for results, name in _named(subject)
    ]
    blocks += [
        Facts(
            [(subject.say("rebuild"), f"{content['command']} -o admission.json")], subject.say("admissions")
        )
        for content in subject.material.admissions
        if content.get("command")
    ]
    return Section("proof", subject.say("proof"), blocks) if blocks else None


def _named(subject: Subject) -> list[tuple[xr.Dataset, str]]:
    """Pair results with the names of their files."""
    found = []
    for results in subject.datasets:
        path = str(results.encoding.get("source", ""))
        found.append((results, path.replace("\\", "/").rsplit("/", 1)[-1]))
    return found


def _facts(subject: Subject, results: xr.Dataset, name: str) -> list[tuple[str, str]]:
    say, attrs = subject.say, results.attrs
    pairs: list[tuple[str, str]] = []
    for variable, key in (("balance_residual", "closure"), ("engine_residual", "engine_closure"),
                          ("largest_engine_residual", "engine_closure"), ("yearly_balance_residual", "closure"),
                          ("yearly_engine_residual", "engine_closure")):  # fmt: skip
        word = say(key)
        if variable in results and word not in dict(pairs):
            values = results[variable].values
            if np.isfinite(values).any():
                pairs.append((word, f"{np.nanmax(values):.1e}"))
    for variable, key in (("solver_status", "steps_solved"), ("member_status", "members_solved")):
        if variable in results:
            status = results[variable].values
            judged = status[status >= 0]
            told = say(key, good=f"{int((judged == 0).sum()):,}", all=f"{judged.size:,}")
            pairs.append((say("solver"), told))
    if "trial_members" in results:
        counts = {name: f"{int(results[f'trial_{name}'].values.sum()):,}" for name in ("members", "steps")}
        pairs.append((say("searched"), say("searched_told", **counts)))
    if "time_coverage_start" in attrs:
        last = np.datetime64(str(attrs["time_coverage_end"])) - np.timedelta64(1, "D")
        pairs.append((say("period"), f"{attrs['time_coverage_start']} – {last}"))
    for attribute, key in (("waterbal_config_sha256", "config_hash"), ("waterbal_kernel", "kernel_hash"),
                           ("waterbal_parts_sha256", "parts_hash")):  # fmt: skip
        if attribute in attrs:
            pairs.append((say(key), str(attrs[attribute]).removeprefix("sha256:")))
    versions = [f"{v.removesuffix('_version')} {attrs[v]}" for v in VERSIONS if v in attrs]
    pairs.append((say("versions"), ", ".join(versions)))
    seeds = json.loads(str(attrs.get("waterbal_seeds", "{}")))
    if seeds:
        pairs.append((say("seeds"), ", ".join(f"{key} = {value}" for key, value in seeds.items())))
    overrides = json.loads(str(attrs.get("waterbal_overrides", "[]")))
    pairs.append((say("overrides"), "; ".join(map(str, overrides)) or say("none")))
    pairs.append((say("rebuild"), _command(results, name, overrides, subject.language)))
    return pairs


def _command(results: xr.Dataset, name: str, overrides: list[str], language: str) -> str:
    """Give the command that makes a result again."""
    what = kind(results)
    if what == "run":
        return f"waterbal run --from {name or 'RESULT.nc'} -o again.nc"
    if "waterbal_command" in results.attrs:
        return f"{results.attrs['waterbal_command']} -o {shlex.quote(name or 'capacity.nc')}"
    changes = "".join(f" --set {shlex.quote(change)}" for change in overrides)
    counts = f" --realizations {results.sizes['realization']}" if "realization" in results.sizes else ""
    if what == "capacity":
        extras = {
            "frontier": "frontier_point_carried", "balances": "balances_gap_share",
            "risk": "risk_exceedance", "sensitivity": "sensitivity_input_swing", "bound": "bound_scale",
            "load": "load_value",
        }  # fmt: skip
        more = "".join(f" --with {extra}" for extra, variable in extras.items() if variable in results)
        command = f"waterbal capacity SCENARIOS.yaml{changes}{_only(results)}{counts}{more} -o {name or 'capacity.nc'}"
        return f"{command} {say_capacity('command_older', language)}"
    kept = "full" if "time" in results.dims else "yearly" if "year" in results.dims else "metrics"
    study = json.loads(str(results.attrs.get("waterbal_sweep", "{}"))).get("study", "SCENARIOS.yaml")
    return f"waterbal sweep {shlex.quote(study)}{changes}{_only(results)}{counts} --keep {kept} -o again"


def _only(results: xr.Dataset) -> str:
    """Choose the scenarios that a result has, by the values of its axes."""
    axes = results.waterbal.axes
    chosen = ",".join(f"{axis}={','.join(map(str, values))}" for axis, values in axes.items())
    return f" --only {shlex.quote(chosen)}" if chosen else ""
