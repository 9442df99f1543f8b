"""From a YAML file to a validated model; every problem at once, each with its place."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from waterbal.errors import ConfigError, Issue
from waterbal.model.marks import Key, Marks, unmarked
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
    table, more = _tables(config, marks, base)
    issues += more
    table, more = apply_overrides(config, marks, table, overrides)
    issues += more
    version = version_problem(config)
    if version is not None:
        raise ConfigError([*issues, place(version, marks)])
    found = resolve_references(config, table)
    model = _validate(config, found)
    if model is None or issues:
        issues += [_name_parameter(problem, place(problem, marks), config, table) for problem in found]
        raise ConfigError(_sorted(issues))
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
    found: list[Problem] = []
    model = _validate(restored, found)
    if model is None:
        raise ConfigError([place(problem, marks) for problem in found])
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


def _validate(config: Config, found: list[Problem]) -> Model | None:
    """Build the model; problems are added to ``found``, and None is given if there are any."""
    from waterbal.model.check import check
    from waterbal.model.root import Model

    known = [problem.path for problem in found]
    try:
        model = Model.model_validate(config)
    except ValidationError as error:
        for problem in problems(error, config, _json_schema()):
            if not any(problem.path[: len(path)] == path for path in known):
                found.append(problem)
        return None
    found += [Problem(tuple(path), message, expected, near) for path, message, expected, near in check(model)]
    return None if found else model


@lru_cache(maxsize=1)
def _json_schema() -> dict[str, Any]:
    """Describe the model as JSON schema, for the names that are valid at a place."""
    from waterbal.model.root import Model

    return Model.model_json_schema()


def _name_parameter(problem: Problem, issue: Issue, config: Config, table: Parameters) -> Issue:
    """Add the row of the parameter table that a wrong number came from."""
    here: Any = config
    for part in problem.path:
        if isinstance(here, dict) and "parameter" in here:
            break
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            return issue
    if not isinstance(here, dict) or "parameter" not in here:
        return issue
    key = str(here["parameter"])
    row = table.get(key)
    origin = f"parameter {key!r}" + (f" at {row.file}:{row.line}" if row else "")
    return replace(issue, message=f"{issue.message} ({origin})")


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


def _sorted(issues: list[Issue]) -> list[Issue]:
    """Order issues as a reader goes through the files."""
    return sorted(issues, key=lambda issue: (issue.file, issue.line, issue.column))
