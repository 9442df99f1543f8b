"""The command line that asks the same again: every option that decides the result and is not as by default."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterbal.capacity.demand import Demand

CAPACITY: Mapping[str, Any] = {
    "--set": None,
    "--realizations": None,
    "--only": None,
    "--along": None,
    "--alone": None,
    "--focus": "",
    "--budget": None,
    "--next-limits": 1,
    "--with": None,
    "--risk-realizations": 200,
    "--trajectories": 0,
    "--tolerance": 1e-3,
    "--audit": 20,
    "--details": True,
}
"""Options of ``waterbal capacity`` that decide its result, with what they are by default."""
ADMIT: Mapping[str, Any] = {
    "--commitments": None,
    "--rules": None,
    "--set": None,
    "--only": None,
    "--year": None,
    "--realizations": None,
    "--tolerance": 0.005,
    "--seek": True,
}
"""Options of ``waterbal admit`` that decide its result, with what they are by default."""


def of_capacity(path: str | Path, overrides: Sequence[str], demand: Demand) -> str | None:
    """Return the command that searches the same capacities.

    Parameters
    ----------
    path : str or Path
        Scenario file or model file; its name is told, not its folder.
    overrides : sequence of str
        ``path=value`` texts that changed the model.
    demand : Demand
        What was asked for.

    Returns
    -------
    str or None
        None for an audit above the capacities that the command line has no word for.
    """
    options = demand.options
    if options.audit_above != above(options.audit_below):
        return None
    given = {
        "--set": overrides, "--realizations": demand.realizations, "--only": demand.only,
        "--along": demand.directions, "--alone": demand.alone, "--focus": demand.focus, "--budget": demand.budget,
        "--next-limits": demand.next_limits, "--with": demand.extras, "--risk-realizations": demand.risk_realizations,
        "--trajectories": demand.trajectories, "--tolerance": options.tolerance, "--audit": options.audit_below,
        "--details": demand.details,
    }  # fmt: skip
    return _line("capacity", [path], given, CAPACITY)


def of_admission(model: str | Path, projects: Sequence[str | Path], given: Mapping[str, Any]) -> str:
    """Return the command that judges the same projects.

    Parameters
    ----------
    model : str or Path
        Model or scenario file; of all files the names are told, not the folders.
    projects : sequence of str or Path
        Project files.
    given : mapping
        Options as in ``ADMIT``.
    """
    return _line("admit", [model, *projects], given, ADMIT)


def above(audit: int) -> int:
    """Return the scales that are tried above a capacity: a quarter of those below."""
    return -(-audit // 4)


def _line(
    name: str, files: Sequence[str | Path], given: Mapping[str, Any], defaults: Mapping[str, Any]
) -> str:
    words = ["waterbal", name, *(Path(file).name for file in files)]
    for option, default in defaults.items():
        value = given[option]
        if value is None or value == default:
            continue
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option.removeprefix('--')}")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            words += [word for each in value for word in (option, str(each))]
        else:
            words += [option, Path(value).name if isinstance(value, Path) else _number(value)]
    return shlex.join(words)


def _number(value: Any) -> str:
    """Write a number so that it is read as the same one."""
    return repr(value) if isinstance(value, float) else str(value)
