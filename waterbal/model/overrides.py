"""Changing a configuration from outside: ``--set path=value``, or an axis of scenarios."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from waterbal.errors import ConfigError, Issue, Message, nearest
from waterbal.model.lookup import keys_of, resolve, shapes
from waterbal.model.marks import Key, MarkNode, Marks, Path, dotted
from waterbal.model.parameters import SET_SOURCE, Parameters, set_parameter
from waterbal.model.yaml_reader import parse_value

_PARAMETER = "parameters."
FACTORABLE = Message("可以相乘的数", "a number to multiply")


@dataclass(frozen=True)
class Change:
    """A new value for one place of a configuration or for one parameter."""

    path: str
    """Dotted place; list items go by number from 0; ``parameters.cap.total`` is the parameter ``cap.total``."""
    value: Any
    """What a file would have there."""
    mark: MarkNode
    """Where the change is written."""
    source: str = SET_SOURCE
    """Source of a bare number."""
    grade: str = "assumed"
    """Grade of a bare number."""
    times: bool = False
    """True if the value is a factor on what stands there."""

    @property
    def text(self) -> str:
        """Write the change as ``path=value``, or ``path*=factor``."""
        sign = "*=" if self.times else "="
        if isinstance(self.value, str) and parse_value(self.value, "") == self.value:
            return f"{self.path}{sign}{self.value}"
        return f"{self.path}{sign}{json.dumps(self.value, ensure_ascii=False)}"

    @property
    def parameter(self) -> str:
        """Key of the parameter that is changed, empty if none is."""
        return self.path.removeprefix(_PARAMETER) if self.path.startswith(_PARAMETER) else ""

    def issue(self, message: str, expected: str = "", near: str = "") -> Issue:
        """Say what is wrong with the change, at its place."""
        where = self.path if self.mark.line else ""
        return Issue(message, where, self.mark.file, self.mark.line, self.mark.column, expected, near)


def read_change(override: str) -> Change:
    """Read a ``path=value`` text; the value is YAML. ``path*=factor`` multiplies what stands there.

    Raises
    ------
    ConfigError
        If it is none.
    """
    file = f"--set {override}"
    name, equals, text = override.partition("=")
    times = name.rstrip().endswith("*")
    name = name.rstrip().removesuffix("*").strip()
    if not equals or not name:
        raise ConfigError(
            Issue(
                Message("没有路径和值", "no path and value"),
                file=file,
                expected=Message("路径=值", "path=value"),
            )
        )
    value = text.strip() if text.strip().startswith("@") else parse_value(text, file)
    return Change(name, value, MarkNode(file, 0, 0), times=times)


def apply_overrides(
    config: dict[Key, Any], marks: Marks, table: Parameters, overrides: Sequence[str]
) -> tuple[Parameters, list[Issue]]:
    """Apply ``path=value`` texts in their order to a configuration, in place, as ``apply_changes`` does."""
    changes, issues = read_changes(overrides)
    table, found = apply_changes(config, marks, table, changes)
    return table, issues + found


def read_changes(overrides: Sequence[str]) -> tuple[list[Change], list[Issue]]:
    """Read ``path=value`` texts; gives the sound ones and what is wrong with the others."""
    changes: list[Change] = []
    issues: list[Issue] = []
    for override in overrides:
        try:
            changes.append(read_change(override))
        except ConfigError as error:
            issues += error.issues
    return changes, issues


def apply_changes(
    config: dict[Key, Any], marks: Marks, table: Parameters, changes: Sequence[Change]
) -> tuple[Parameters, list[Issue]]:
    """Apply changes in their order to a configuration.

    Only the topmost level of ``config`` and ``marks`` is changed in place; below it whatever leads to a change is
    copied, so that parts may be shared with the configuration that the caller took the top level from.

    Parameters
    ----------
    config : dict
        Configuration as written, references still in it.
    marks : Marks
        Positions of ``config``; changed values are marked as coming from where the change is written.
    table : dict
        Parameters.
    changes : sequence of Change

    Returns
    -------
    table : dict
        Parameters with the changed ones.
    issues : list of Issue
        What could not be applied.
    """
    issues: list[Issue] = []
    for change in changes:
        try:
            table = _apply(config, marks, table, change)
        except ConfigError as error:
            issues += error.issues
    return table, issues


def _apply(config: dict[Key, Any], marks: Marks, table: Parameters, change: Change) -> Parameters:
    """Apply one change."""
    if change.times and not _is_factor(change.value):
        message = Message(f"{change.value!r} 不是系数", f"{change.value!r} is no factor")
        raise ConfigError(change.issue(message, Message("不小于 0 的数", "a number of at least 0")))
    if change.parameter:
        for name in _keys(change, table):
            table = _apply_parameter(table, name, change)
        return table
    path: Path = tuple(int(part) if re.fullmatch(r"\d+", part) else part for part in change.path.split("."))
    parent = _parent(config, path, change)
    key = path[-1]
    old = parent.get(key) if isinstance(parent, dict) else parent[int(key)]
    parent[key] = _multiplied(old, change) if change.times else _keep_shape(old, change, table)
    marks.put(path, change.mark)
    return table


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _keys(change: Change, table: Parameters) -> list[str]:
    """Give the keys of the parameters that are changed; ``{year}`` and ``{month}`` stand for all that there are."""
    keys = list(keys_of([change.parameter], table))
    if not keys:
        known = [*table, *shapes(table)] if "{" in change.parameter else list(table)
        near = nearest(change.parameter, known)
        shown = _PARAMETER + near if near and change.mark.line else near
        raise ConfigError(
            change.issue(
                Message(f"参数 {change.parameter!r} 未知", f"parameter {change.parameter!r} is unknown"),
                "",
                shown,
            )
        )
    return keys


def _apply_parameter(table: Parameters, key: str, change: Change) -> Parameters:
    """Change the value of one parameter, and what it says of itself."""
    value, told = change.value, {}
    if change.times:
        old = table[key].value
        if not isinstance(old, float):
            message = Message(f"参数 {key!r} 为 {old!r}", f"parameter {key!r} is {old!r}")
            raise ConfigError(change.issue(message, FACTORABLE))
        value = old * value
    elif isinstance(value, dict) and "value" in value:
        unknown = [name for name in value if name not in ("value", "source", "grade")]
        if unknown:
            message = Message(f"参数中的键 {unknown[0]!r} 未知", f"unknown key {unknown[0]!r} in a parameter")
            expected = Message("value、source 与 grade", "value, source and grade")
            raise ConfigError(change.issue(message, expected))
        told, value = value, value["value"]
    source, grade = str(told.get("source", change.source)), str(told.get("grade", change.grade))
    try:
        return set_parameter(table, key, value, source, grade)
    except ValueError as error:
        message = Message(f"{value!r} 不合适", f"{value!r} does not fit")
        raise ConfigError(change.issue(message, error.args[0])) from None


def _multiplied(old: Any, change: Change) -> Any:
    """Put a factor on a number, in whatever form it stands there."""
    factor = {"value": change.value, "source": change.source, "grade": change.grade}
    if (
        isinstance(old, dict)
        and old.keys() & {"value", "by_year", "by_month", "series"}
        and "type" not in old
    ):
        given = old.get("times", [])
        return {
            **old,
            "times": [*(given if isinstance(given, list) and not _is_months(given) else [given]), factor],
        }
    if isinstance(old, dict) and old and all(isinstance(year, int) for year in old):
        return {"by_year": old, "times": [factor]}
    if isinstance(old, list) and _is_months(old):
        return {"by_month": old, "times": [factor]}
    if isinstance(old, str | int | float) and not isinstance(old, bool):
        return {"value": old, "times": [factor]}
    nothing, other = Message("没有值", "nothing"), Message("不是数", "no number")
    shown = nothing if old is None else other
    message = Message(f"{change.path} 处{shown.zh}", f"{shown} stands at {change.path}")
    raise ConfigError(change.issue(message, FACTORABLE))


def _is_months(value: list[Any]) -> bool:
    return len(value) == 12 and not any(isinstance(part, dict | list) for part in value)


def _parent(config: dict[Key, Any], path: Path, change: Change) -> Any:
    """Copy the way to the mapping or list that is changed; all of the path but its end must exist."""
    here: Any = config
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(here, list):
            if not isinstance(part, int) or part >= len(here):
                above, most = dotted(path[:depth]), len(here) - 1
                message = Message(f"{above} 没有第 {part!r} 项", f"{above} has no item {part!r}")
                expected = Message(f"0 到 {most} 的整数", f"a number from 0 to {most}") if here else ""
                raise ConfigError(change.issue(message, expected))
        elif not isinstance(here, dict):
            above = dotted(path[:depth])
            message = Message(f"{above} 之下没有内容", f"{above} has nothing below it")
            expected = Message(f"到 {above} 为止的路径", f"a path that ends at {above}")
            raise ConfigError(change.issue(message, expected))
        elif part not in here and not last:
            above = dotted(path[:depth])
            message = Message(
                f"{above or '最外层'} 中没有 {part!r}",
                f"there is no {part!r} " + (f"in {above}" if depth else "at the top"),
            )
            raise ConfigError(change.issue(message, "", nearest(part, here)))
        if last:
            return here
        below = here[part]
        if isinstance(below, dict):
            here[part] = below = dict(below)
        elif isinstance(below, list):
            here[part] = below = list(below)
        here = below
    return here


def _keep_shape(old: Any, change: Change, table: Parameters) -> Any:
    """Give a new bare number in the place of a sourced one its provenance: that of the change."""
    value = change.value
    if isinstance(value, dict | list) or str(value).startswith("@") or not _is_sourced(old, table):
        return value
    return {"value": value, "source": change.source, "grade": change.grade}


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
