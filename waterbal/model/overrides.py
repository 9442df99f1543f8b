"""Changing a configuration from outside: ``--set path=value``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from waterbal.errors import ConfigError, Issue, nearest
from waterbal.model.marks import Key, MarkNode, Marks, Path, dotted
from waterbal.model.parameters import SET_SOURCE, Parameters, resolve, set_parameter
from waterbal.model.yaml_reader import parse_value

_PARAMETER = "parameters."


def apply_overrides(
    config: dict[Key, Any], marks: Marks, table: Parameters, overrides: Sequence[str]
) -> tuple[Parameters, list[Issue]]:
    """Apply overrides in their order to a configuration, in place.

    Parameters
    ----------
    config : dict
        Configuration as written, references still in it.
    marks : Marks
        Positions of ``config``; changed values are marked as coming from ``--set``.
    table : dict
        Parameters; ``parameters.cap.total=12000`` changes the parameter ``cap.total``.
    overrides : sequence of str
        ``path=value``; the path has dots, list items go by number from 0, the value is YAML.

    Returns
    -------
    table : dict
        Parameters with the changed ones.
    issues : list of Issue
        What could not be applied.
    """
    issues: list[Issue] = []
    for override in overrides:
        try:
            table = _apply(config, marks, table, override)
        except ConfigError as error:
            issues += error.issues
    return table, issues


def _apply(config: dict[Key, Any], marks: Marks, table: Parameters, override: str) -> Parameters:
    """Apply one override."""
    file = f"--set {override}"
    name, equals, text = override.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ConfigError(Issue("no path and value", file=file, expected="path=value"))
    value = text.strip() if text.strip().startswith("@") else parse_value(text, file)
    if name.startswith(_PARAMETER):
        return _apply_parameter(table, name.removeprefix(_PARAMETER), value, file)
    path: Path = tuple(int(part) if re.fullmatch(r"\d+", part) else part for part in name.split("."))
    parent = _parent(config, path, file)
    key = path[-1]
    old = parent.get(key) if isinstance(parent, dict) else parent[int(key)]
    parent[key] = _keep_shape(old, value, table)
    marks.put(path, MarkNode(file, 0, 0))
    return table


def _apply_parameter(table: Parameters, key: str, value: Any, file: str) -> Parameters:
    """Change the value of one parameter."""
    if key not in table:
        message = f"parameter {key!r} is unknown"
        raise ConfigError(Issue(message, file=file, nearest=nearest(key, table)))
    try:
        return set_parameter(table, key, value)
    except ValueError as error:
        raise ConfigError(Issue(f"{value!r} does not fit", file=file, expected=str(error))) from None


def _parent(config: dict[Key, Any], path: Path, file: str) -> Any:
    """Find the mapping or list that an override changes; all of the path but its end must exist."""
    here: Any = config
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(here, list):
            if not isinstance(part, int) or part >= len(here):
                message = f"{dotted(path[:depth])} has no item {part!r}"
                expected = f"a number from 0 to {len(here) - 1}" if here else ""
                raise ConfigError(Issue(message, file=file, expected=expected))
        elif not isinstance(here, dict):
            above = dotted(path[:depth])
            message, expected = f"{above} has nothing below it", f"a path that ends at {above}"
            raise ConfigError(Issue(message, file=file, expected=expected))
        elif part not in here and not last:
            place = f"in {dotted(path[:depth])}" if depth else "at the top"
            raise ConfigError(Issue(f"there is no {part!r} {place}", file=file, nearest=nearest(part, here)))
        if last:
            return here
        here = here[part]
    return here


def _keep_shape(old: Any, value: Any, table: Parameters) -> Any:
    """Give a new bare number in the place of a sourced one its provenance: the command line."""
    if isinstance(value, dict | list) or str(value).startswith("@") or not _is_sourced(old, table):
        return value
    return {"value": value, "source": SET_SOURCE, "grade": "assumed"}


def _is_sourced(old: Any, table: Parameters) -> bool:
    """Tell whether a number with provenance stood here: a mapping, stages, or a reference to one."""
    if isinstance(old, dict):
        return "value" in old or (bool(old) and all(isinstance(year, int) for year in old))
    if isinstance(old, list):
        return bool(old) and all(isinstance(stage, dict) and "from" in stage for stage in old)
    if isinstance(old, str) and old.startswith("@"):
        try:
            return isinstance(resolve(old[1:].strip(), table), dict)
        except LookupError:
            return False
    return False
