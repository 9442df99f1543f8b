"""From a YAML file to a validated model; every problem at once, each with its place."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from waterbal.errors import ConfigError, Issue
from waterbal.model.marks import Key, Marks, Path, unmarked
from waterbal.model.overrides import apply_overrides
from waterbal.model.parameters import Parameters, scan_parameters
from waterbal.model.problems import Problem, place, problems
from waterbal.model.references import resolve_references
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.version import version_problem
from waterbal.model.yaml_reader import scan_yaml

if TYPE_CHECKING:
    from waterbal.model.root import Model

Config = dict[Key, Any]
MAX_ALIKE = 10
"""Most issues with the same message that are listed one by one."""


@dataclass(frozen=True)
class Loaded:
    """A validated model and where it came from."""

    model: Model
    config: Config
    """What was validated, as plain JSON-able values: overrides applied, references replaced by numbers with
    their provenance. ``load_config`` rebuilds the model from it."""
    marks: Marks
    """Positions of the values of ``config``."""
    path: FilePath | None
    """File that was read; None for a model that was rebuilt."""
    overrides: tuple[str, ...]
    """``path=value`` texts that were applied, in order."""
    series_dir: FilePath
    """Directory that the files of series are relative to."""


def load_model(path: str | FilePath, overrides: Sequence[str] = ()) -> Loaded:
    """Read, complete and validate a model file.

    Parameters
    ----------
    path : str or Path
        YAML file; files it names are relative to its directory.
    overrides : sequence of str
        ``path=value`` texts, applied in order.

    Raises
    ------
    ConfigError
        With every problem found.
    """
    file = str(path)
    config, marks, issues = scan_yaml(decode(read_bytes(path), file), file)
    base = FilePath(path).parent
    table, of_tables = _tables(config, marks, base)
    table, of_overrides = apply_overrides(config, marks, table, overrides)
    issues += of_tables + of_overrides
    version = version_problem(config)
    if version is not None:
        raise ConfigError([*issues, place(version, marks)])
    unresolved = resolve_references(config, table)
    model, found = _validate(config, [problem.path for problem in unresolved])
    found = unresolved + found
    if of_tables:
        found = [problem for problem in found if not _parameter(problem, config, unresolved)]
    if model is None or found or issues:
        places = {(issue.file, issue.line, issue.column) for issue in issues if issue.line}
        placed = [_name_parameter(problem, place(problem, marks), config, table) for problem in found]
        issues += [issue for issue in placed if (issue.file, issue.line, issue.column) not in places]
        raise ConfigError(_readable(issues))
    return Loaded(model, config, marks, FilePath(path), tuple(overrides), base)


def load_config(config: dict[Any, Any], base_dir: str | FilePath = ".") -> Loaded:
    """Validate a resolved configuration, such as the one kept in a result file.

    Parameters
    ----------
    config : dict
        ``Loaded.config``, also after a trip through JSON.
    base_dir : str or Path
        Directory that the files of series are relative to.
    """
    restored: Config = _restore_keys(copy.deepcopy(config))
    marks = unmarked()
    version = version_problem(restored)
    if version is not None:
        raise ConfigError(place(version, marks))
    model, found = _validate(restored, [])
    if model is None or found:
        raise ConfigError(_readable([place(problem, marks) for problem in found]))
    return Loaded(model, restored, marks, None, (), FilePath(base_dir))


def _tables(config: Config, marks: Marks, base: FilePath) -> tuple[Parameters, list[Issue]]:
    """Take the parameter tables out of a configuration and read them."""
    if "parameters" not in config:
        return {}, []
    named = config.pop("parameters")
    files = [named] if isinstance(named, str) else named
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        where = marks.place(("parameters",))
        return {}, [Issue("not a file name", "parameters", *where, "a CSV file or a list of them")]
    return scan_parameters([base / file for file in files])


def _validate(config: Config, reported: list[Path]) -> tuple[Model | None, list[Problem]]:
    """Build and check the model; what is at or below a reported path is not reported again."""
    from waterbal.model.check import check
    from waterbal.model.root import Model

    try:
        model = Model.model_validate(config)
    except ValidationError as error:
        found = problems(error, config, _json_schema())
        return None, [p for p in found if not any(p.path[: len(path)] == path for path in reported)]
    return model, [_checked(config, *problem) for problem in check(model)]


def _checked(config: Config, path: Path, message: str, expected: str, near: str) -> Problem:
    """Take over a problem of the checks; it is about the key where it names it or the value is a mapping."""
    value = _follow(config, path)[-1]
    at_key = (isinstance(value, dict) and "parameter" not in value) or message.startswith(repr(path[-1]))
    return Problem(tuple(path), message, expected, near, at_key)


@lru_cache(maxsize=1)
def _json_schema() -> dict[str, Any]:
    """Describe the model as JSON schema, for the names that are valid at a place."""
    from waterbal.model.root import Model

    return Model.model_json_schema()


def _name_parameter(problem: Problem, issue: Issue, config: Config, table: Parameters) -> Issue:
    """Add the row of the parameter table that a wrong number came from."""
    key = _parameter(problem, config, [])
    if not key:
        return issue
    row = table.get(key)
    origin = f"parameter {key!r}" + (f" at {row.file}:{row.line}" if row else "")
    return replace(issue, message=f"{issue.message} ({origin})")


def _parameter(problem: Problem, config: Config, unresolved: list[Problem]) -> str:
    """Name the parameter a problem comes from: a number's, or what an unresolved reference says."""
    if problem in unresolved:
        return problem.message
    for value in _follow(config, problem.path):
        if isinstance(value, dict) and "parameter" in value:
            return str(value["parameter"])
    return ""


def _follow(config: Config, path: Path) -> list[Any]:
    """Give the values along a path, as far as it goes."""
    values: list[Any] = [config]
    for part in path:
        try:
            values.append(values[-1][part])
        except (KeyError, IndexError, TypeError):
            break
    return values


def _restore_keys(value: Any) -> Any:
    """Give keys of digits their number back, which JSON turned into text."""
    if isinstance(value, list):
        return [_restore_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        int(key) if re.fullmatch(r"[-+]?(0|[1-9]\d{,18})", str(key)) else key: _restore_keys(item)
        for key, item in value.items()
    }


def _readable(issues: list[Issue]) -> list[Issue]:
    """Order issues as a reader goes through the files, and cut short what is the same many times over."""
    ordered = sorted(issues, key=lambda issue: (issue.file, issue.line, issue.column))
    count = Counter(issue.message for issue in ordered)
    shown: Counter[str] = Counter()
    kept = []
    for issue in ordered:
        shown[issue.message] += 1
        if shown[issue.message] <= MAX_ALIKE:
            kept.append(issue)
        elif shown[issue.message] == count[issue.message]:
            kept.append(
                Issue(f"and {count[issue.message] - MAX_ALIKE} more: {issue.message}", file=issue.file)
            )
    return kept
