"""A model file that has been read but not completed: the start of any number of variants of it.

Hundreds of scenarios of one model differ in a few places. File and tables are read once, and an element is
completed and validated once for each distinct way in which it is changed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.base import inherit
from waterbal.model.fitted_file import insert_fitted
from waterbal.model.lookup import keys_of
from waterbal.model.marks import Key, Marks, Path
from waterbal.model.overrides import Change, apply_changes
from waterbal.model.parameters import Parameters, scan_parameters
from waterbal.model.problems import Problem, place, problems
from waterbal.model.references import references_in, resolve_references
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.version import version_problem
from waterbal.model.yaml_reader import scan_yaml

if TYPE_CHECKING:
    from waterbal.model.root import Model

Config = dict[Key, Any]
Found = tuple[Path, str, str, str]
FlowPaths = Callable[["Model"], list[Found]]
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
MAX_NETWORKS = 64
"""Most sets of elements whose flow paths are known."""
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
    """What it is built to, if it is valid on its own."""
    valid: bool


class _Built:
    """Parts of a model, as values and, where they are valid, as what they are built to."""

    def __init__(self) -> None:
        self.mixed: Config = {}
        """What is valid is built; the provenance is not, as it is handed down while the rest is validated."""
        self.parts: dict[str, Any] = {}
        self.sound = True
        """True if all parts are valid."""

    def add(self, name: Key, part: _Part) -> None:
        """Add a part."""
        self.mixed[name] = part.element if part.valid and name != "provenance" else part.config
        self.parts[str(name)] = part.element
        self.sound = self.sound and part.valid

    def add_section(self, name: Key, parts: Mapping[Key, _Part]) -> None:
        """Add a section of elements."""
        self.mixed[name] = {id: part.element if part.valid else part.config for id, part in parts.items()}
        self.parts[str(name)] = {id: part.element for id, part in parts.items()}
        self.sound = self.sound and all(part.valid for part in parts.values())

    def model(self) -> Model | None:
        """Put the model together if every part is valid and none is missing; it is not validated again."""
        from waterbal.model.root import Model

        fields = Model.model_fields
        whole = self.parts.keys() <= fields.keys() and all(
            name in self.parts for name, part in fields.items() if part.is_required()
        )
        return Model.model_construct(**self.parts) if self.sound and whole else None


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
    _paths: dict[Any, tuple[list[Any], list[Found]]] = field(default_factory=dict)
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
        model, found = _validate(built, config, [problem.path for problem in unresolved], self._flow_paths)
        found = unresolved + found
        if not self.tables_sound:
            found = [problem for problem in found if not _parameter(problem, config, unresolved)]
        placed = [_name_parameter(problem, place(problem, marks), config, table) for problem in found]
        issues = join_issues(issues, placed)
        return Variant(None if issues else model, config, marks, issues)

    def _complete(self, config: Config, table: Parameters) -> tuple[_Built, list[Problem]]:
        """Replace the references of ``config``, in its topmost level; build what is valid on its own."""
        changed = {key for key, row in table.items() if row is not self.table.get(key)}
        above = json.dumps(config.get("provenance"), default=str)
        built = _Built()
        unresolved: list[Problem] = []
        for name in list(config):
            value = config[name]
            if name in SECTIONS and isinstance(value, dict):
                parts = {
                    id: self._part(str(name), id, raw, table, changed, above, config)
                    for id, raw in value.items()
                }
                config[name] = {id: part.config for id, part in parts.items()}
                built.add_section(name, parts)
                for id, part in parts.items():
                    unresolved += [replace(p, path=(name, id, *p.path)) for p in part.problems]
                continue
            part = self._part("", name, value, table, changed, above, config)
            config[name] = part.config
            built.add(name, part)
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

    def _flow_paths(self, model: Model) -> list[Found]:
        """Give the problems of the flow paths, once for models with the very same elements."""
        from waterbal.model.check_network import network_problems

        parts: list[Mapping[str, Any]] = [
            model.sources, model.stores, model.works, model.links, model.demands,
        ]  # fmt: skip
        elements = [element for part in parts for element in part.values()]
        key = (tuple(model.grades), *map(id, elements))
        known = self._paths.pop(key, None)
        if known is None:
            known = elements, network_problems(model)  # elements that are held keep their identity
        self._paths[key] = known
        if len(self._paths) > MAX_NETWORKS:
            self._paths.pop(next(iter(self._paths)))
        return known[1]

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
    if "model" in config and "demands" not in config:
        _, line, column = marks.place(("model",))
        message = Message("这是情景文件，不是模型", "this is a scenario file, not a model")
        expected = Message(
            "模型文件；情景由 `waterbal sweep` 计算",
            "a model file; `waterbal sweep` runs the scenarios of one",
        )
        raise ConfigError(Issue(message, file=file, line=line, column=column, expected=expected))
    base = FilePath(path).parent
    table, of_tables = _tables(config, marks, base)
    of_fitted = insert_fitted(config, marks, base)
    return Draft(FilePath(path), config, marks, table, issues + of_tables + of_fitted, not of_tables)


def validate(config: Config) -> tuple[Model | None, list[Problem]]:
    """Build and check a model from plain values without references."""
    from waterbal.model.check_network import network_problems

    return _validate(None, config, [], network_problems)


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
        return {}, [
            Issue(
                Message("不是文件名", "not a file name"),
                "parameters",
                *where,
                Message("一个 CSV 文件或其列表", "a CSV file or a list of them"),
            )
        ]
    return scan_parameters([base / file for file in files])


def _completed(section: str, id: Key, raw: Any, table: Parameters, provenance: Any) -> _Part:
    """Replace the references of one element and validate it."""
    holder: dict[Key, Any] = {id: copy.deepcopy(raw)}
    found = resolve_references(holder, table)
    problems = tuple(replace(problem, path=problem.path[1:]) for problem in found)
    if problems:
        return _Part(holder[id], problems, None, False)
    try:
        with inherit(provenance):
            return _Part(holder[id], (), _built(section, id, holder[id]), True)
    except (ValidationError, KeyError):  # told with the model as a whole
        return _Part(holder[id], (), None, False)


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
    built: _Built | None, config: Config, reported: list[Path], flow_paths: FlowPaths
) -> tuple[Model | None, list[Problem]]:
    """Build and check the model; what is at or below a reported path is not reported again."""
    from waterbal.model.check import check
    from waterbal.model.root import Model
    from waterbal.model.wrong_names import wrong_names

    model = built.model() if built is not None else None
    if model is None:
        try:
            model = Model.model_validate(built.mixed if built is not None else config)
        except ValidationError as error:
            found = problems(error, config, _json_schema())
            found = [p for p in found if not any(p.path[: len(path)] == path for path in reported)]
            names = wrong_names(built.parts, config, SECTIONS) if built is not None else []
            return None, found + [_checked(config, *problem) for problem in names]
    return model, [_checked(config, *problem) for problem in check(model, flow_paths)]


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
    at = f"{row.file}:{row.line}" if row else ""
    origin = Message(f"（参数 {key!r}{at and '，' + at}）", f" (parameter {key!r}{at and ' at ' + at})")
    return replace(issue, message=Message("", "") + issue.message + origin)


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
