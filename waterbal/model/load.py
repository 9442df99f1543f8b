"""From a YAML file to a validated model; every problem at once, each with its place."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.draft import Config, join_issues, read_draft, validate
from waterbal.model.marks import Marks, unmarked
from waterbal.model.overrides import read_changes
from waterbal.model.problems import place
from waterbal.model.version import version_problem

if TYPE_CHECKING:
    from waterbal.model.root import Model

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
    draft = read_draft(path)
    changes, of_overrides = read_changes(overrides)
    variant = draft.variant(changes)
    if variant.model is None or draft.issues or of_overrides:
        raise ConfigError(readable(join_issues(draft.issues + of_overrides, variant.issues)))
    return Loaded(variant.model, variant.config, variant.marks, draft.path, tuple(overrides), draft.directory)


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
    model, found = validate(restored)
    if model is None or found:
        raise ConfigError(readable([place(problem, marks) for problem in found]))
    return Loaded(model, restored, marks, None, (), FilePath(base_dir))


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


def readable(issues: list[Issue]) -> list[Issue]:
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
            kept.append(Issue(_more(count[issue.message] - MAX_ALIKE) + issue.message, file=issue.file))
    return kept


def _more(count: int) -> Message:
    """Begin to tell of problems that are not listed."""
    return Message(f"另有 {count} 处：", f"and {count} more: ")
