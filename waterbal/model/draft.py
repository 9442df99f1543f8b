"""A model file that has been read but not completed: the start of any number of variants of it.

Hundreds of scenarios of one model differ in a few places. File and tables are read once, and an element is
completed and validated once for each distinct way in which it is changed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from waterbal.errors import Issue
from waterbal.model.base import inherit
from waterbal.model.fitted_file import insert_fitted
from waterbal.model.marks import Key, Marks, Path
from waterbal.model.overrides import Change, apply_changes
from waterbal.model.parameters import Parameters, keys_of, scan_parameters
from waterbal.model.problems import Problem, place, problems
from waterbal.model.references import references_in, resolve_references
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.version import version_problem
from waterbal.model.yaml_reader import scan_yaml

if TYPE_CHECKING:
    from waterbal.model.root import Model

Config = dict[Key, Any]
SECTIONS = (
    "zones",
    "series",
    "sources",
    "stores",
    "works",
    "links",
    "demands",
    "quotas",
    "drought",
    "outages",
)
"""Parts of a model that are mappings of elements, each valid or not on its own."""
_AS_WRITTEN = ("schema_version", "id", "name", "description", "provenance")
"""Parts of the model that its validation has to see as they are: the provenance is handed down."""
MAX_KEPT = 4096
"""Most changed elements that are kept for other variants."""


@dataclass(frozen=True)
class Variant:
    """A model file with some changes, completed and validated."""

    model: Model | None
    """None if it is not valid."""
    config: Config
    """What was validated, as plain values; parts are shared with other variants."""
    marks: Marks
    issues: list[Issue]
    """Problems of the changes and of what they make of the model."""


@dataclass(frozen=True)
class _Part:
    """One element, completed; and validated if it is valid."""

    config: Any
    problems: tuple[Problem, ...]
    """References that the tables cannot serve; paths begin at the element."""
    element: Any
    """None if it is not valid on its own."""


@dataclass
class Draft:
    """What a model file and its parameter tables say, references not yet replaced."""

    path: FilePath
    config: Config
    marks: Marks
    table: Parameters
    issues: list[Issue]
    """Problems of the file and of the tables."""
    tables_sound: bool
    _parts: dict[Any, _Part] = field(default_factory=dict)
    _needs: dict[tuple[str, Key], tuple[Any, frozenset[str]]] = field(default_factory=dict)

    @property
    def directory(self) -> FilePath:
        """Directory that the files of the model are relative to."""
        return self.path.parent

    def variant(self, changes: Sequence[Change] = ()) -> Variant:
        """Change a copy of the model, complete and validate it.

        Parameters
        ----------
        changes : sequence of Change
            Applied in order.

        Returns
        -------
        Variant
            With all problems; those of the file and its tables are in ``issues`` of the draft.
        """
        config, root = dict(self.config), self.marks.root
        marks = Marks(replace(root, keys=dict(root.keys), children=dict(root.children)))
        table, issues = apply_changes(config, marks, self.table, changes)
        issues += insert_fitted(config, marks, self.directory)
        version = version_problem(config)
        if version is not None:
            return Variant(None, config, marks, [*issues, place(version, marks)])
        built, unresolved = self._complete(config, table)
        model, found = _validate(built, config, [problem.path for problem in unresolved])
        found = unresolved + found
        if not self.tables_sound:
            found = [problem for problem in found if not _parameter(problem, config, unresolved)]
        placed = [_name_parameter(problem, place(problem, marks), config, table) for problem in found]
        issues = join_issues(issues, placed)
        return Variant(None if issues else model, config, marks, issues)

    def _complete(self, config: Config, table: Parameters) -> tuple[Config, list[Problem]]:
        """Replace the references of ``config``, in its topmost level; give it with valid elements built."""
        changed = {key for key, row in table.items() if row is not self.table.get(key)}
        above = json.dumps(config.get("provenance"), default=str)
        built: Config = {}
        unresolved: list[Problem] = []
        for name in list(config):
            value = config[name]
            if name in SECTIONS and isinstance(value, dict):
                parts = {
                    id: self._part(str(name), id, raw, table, changed, above, config)
                    for id, raw in value.items()
                }
                config[name] = {id: part.config for id, part in parts.items()}
                built[name] = {
                    id: part.config if part.element is None else part.element for id, part in parts.items()
                }
                for id, part in parts.items():
                    unresolved += [replace(p, path=(name, id, *p.path)) for p in part.problems]
                continue
            part = self._part("", name, value, table, changed, above, config)
            config[name] = part.config
            built[name] = part.config if part.element is None else part.element
            unresolved += [replace(p, path=(name, *p.path)) for p in part.problems]
        return built, unresolved

    def _part(
        self,
        section: str,
        id: Key,
        raw: Any,
        table: Parameters,
        changed: set[str],
        above: str,
        config: Config,
    ) -> _Part:
        """Complete one element, or take it from a variant in which it was the same."""
        original, needs = self._need(section, id)
        if raw is not original:
            needs = frozenset(keys_of(references_in(raw), table))
        own = None if raw is original else json.dumps(raw, default=str)
        key = (section, id, own, above, *((name, table[name]) for name in sorted(needs & changed)))
        part = self._parts.pop(key, None)
        if part is None:
            part = _completed(section, id, raw, table, config.get("provenance"))
        self._parts[key] = part  # last in the order of use
        if len(self._parts) > MAX_KEPT:
            self._parts.pop(next(iter(self._parts)))
        return part

    def _need(self, section: str, id: Key) -> tuple[Any, frozenset[str]]:
        """Give an element, or a part that is no section, as the file has it, and the parameters it refers to."""
        known = self._needs.get((section, id))
        if known is None:
            of_section = self.config.get(section) if section else self.config
            raw = of_section.get(id) if isinstance(of_section, dict) else None
            known = self._needs[section, id] = raw, frozenset(keys_of(references_in(raw), self.table))
        return known


def read_draft(path: str | FilePath) -> Draft:
    """Read a model file and its parameter tables.

    Raises
    ------
    ConfigError
        If the file cannot be read to its end; other problems are in ``issues``.
    """
    file = str(path)
    config, marks, issues = scan_yaml(decode(read_bytes(path), file), file)
    base = FilePath(path).parent
    table, of_tables = _tables(config, marks, base)
    of_fitted = insert_fitted(config, marks, base)
    return Draft(FilePath(path), config, marks, table, issues + of_tables + of_fitted, not of_tables)


def validate(config: Config) -> tuple[Model | None, list[Problem]]:
    """Build and check a model from plain values without references."""
    return _validate(config, config, [])


def join_issues(first: list[Issue], more: list[Issue]) -> list[Issue]:
    """Add issues to others, but none at a place that already has one."""
    places = {(issue.file, issue.line, issue.column) for issue in first if issue.line}
    return first + [issue for issue in more if (issue.file, issue.line, issue.column) not in places]


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


def _completed(section: str, id: Key, raw: Any, table: Parameters, provenance: Any) -> _Part:
    """Replace the references of one element and validate it."""
    holder: dict[Key, Any] = {id: copy.deepcopy(raw)}
    found = resolve_references(holder, table)
    problems = tuple(replace(problem, path=problem.path[1:]) for problem in found)
    element = None
    if not problems and (section or id not in _AS_WRITTEN):
        try:
            with inherit(provenance):
                element = _built(section, id, holder[id])
        except (ValidationError, KeyError):  # told with the model as a whole
            element = None
    return _Part(holder[id], problems, element)


def _built(section: str, id: Key, value: Any) -> Any:
    """Validate one element of a section, or a part of the model that is no section."""
    if section:
        return _adapter(section).validate_python({id: value})[id]
    return _adapter(str(id)).validate_python(value)


@lru_cache(maxsize=64)
def _adapter(name: str) -> TypeAdapter[Any]:
    """Give the validator of a field of the model."""
    from waterbal.model.root import Model

    annotation = Model.model_fields[name].rebuild_annotation()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return TypeAdapter(annotation)
    return TypeAdapter(annotation, config=ConfigDict(strict=True))


def _validate(
    built: Mapping[Key, Any], config: Config, reported: list[Path]
) -> tuple[Model | None, list[Problem]]:
    """Build and check the model; what is at or below a reported path is not reported again."""
    from waterbal.model.check import check
    from waterbal.model.root import Model

    try:
        model = Model.model_validate(built)
    except ValidationError as error:
        found = problems(error, config, _json_schema())
        return None, [p for p in found if not any(p.path[: len(path)] == path for path in reported)]
    return model, [_checked(config, *problem) for problem in check(model)]


def _checked(config: Config, path: Path, message: str, expected: str, near: str) -> Problem:
    """Take over a problem of the checks; it is about the key where it names it or the value is a mapping."""
    value = _along(config, path)[-1]
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


def _parameter(problem: Problem, config: Config, unresolved: Collection[Problem]) -> str:
    """Name the parameter a problem comes from: a number's, or what an unresolved reference says."""
    if problem in unresolved:
        return problem.message
    for value in _along(config, problem.path):
        if isinstance(value, dict) and "parameter" in value:
            return str(value["parameter"])
    return ""


def _along(config: Config, path: Path) -> list[Any]:
    """Give the values along a path, as far as it goes."""
    return list(_values(config, path))


def _values(config: Any, path: Path) -> Iterator[Any]:
    yield config
    for part in path:
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            return
        yield config
