"""Turning what pydantic reports into issues with a position and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from waterbal.errors import Issue, Message, either, nearest, one_of
from waterbal.model.key_words import KEYS
from waterbal.model.marks import Key, Marks, Path, dotted
from waterbal.units import UnitError

Schema = Mapping[str, Any]

_TRUTH = Message("true 或 false", "true or false")
_WHOLE = Message("整数", "a whole number")
_NUMBER = Message("数", "a number")
_TEXT = Message("文本", "text")
_MAPPING = Message("映射（键: 值）", "a mapping")
_LIST = Message("列表", "a list")
_EXPECTED = {
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": Message("有限的数", "a finite number"),
    "string_type": _TEXT,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
}
_SMALL, _LARGE = Message("过小", "too small"), Message("过大", "too large")
_SHORT, _LONG = Message("过短", "too short"), Message("过长", "too long")
_LIMITS = {
    "greater_than": (_SMALL, Message("大于", "above"), "gt"),
    "greater_than_equal": (_SMALL, Message("不小于", "at least"), "ge"),
    "less_than": (_LARGE, Message("小于", "below"), "lt"),
    "less_than_equal": (_LARGE, Message("不大于", "at most"), "le"),
    "too_short": (_SHORT, Message("长度不小于", "a length of at least"), "min_length"),
    "too_long": (_LONG, Message("长度不大于", "a length of at most"), "max_length"),
    "string_too_short": (_SHORT, Message("长度不小于", "a length of at least"), "min_length"),
    "string_too_long": (_LONG, Message("长度不大于", "a length of at most"), "max_length"),
}
_PATTERNS = {
    r"^[a-z][a-z0-9_]*$": Message(
        "由小写字母、数字和 '_' 组成的 ASCII 标识", "an ASCII id of lower-case letters, digits and '_'"
    )
}


@dataclass(frozen=True)
class Problem:
    """A problem at a path of a configuration, not yet placed in a file."""

    path: Path
    message: str
    expected: str = ""
    nearest: str = ""
    at_key: bool = False
    """True if the key is wrong, not its value."""
    missing: Path | None = None
    """Path of the key that is missing."""


def problems(error: ValidationError, config: Mapping[Key, Any], schema: Schema) -> list[Problem]:
    """Translate every error of a validation.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    config : dict
        The configuration that was validated.
    schema : dict
        JSON schema of the model, for the names that are valid at a place.
    """
    found: dict[tuple[Path, Path | None], Problem] = {}
    for detail in error.errors(include_url=False):
        problem = _problem(dict(detail), config, schema)
        identity = (problem.path, problem.missing)
        known = found.get(identity)
        if known is None:
            found[identity] = problem
        elif problem.expected and problem.expected not in known.expected:
            both = either([part for part in (known.expected, problem.expected) if part])
            found[identity] = Problem(known.path, known.message, both, known.nearest, known.at_key)
    misspelt = {(*problem.path[:-1], problem.nearest) for problem in found.values() if problem.at_key}
    return [problem for problem in found.values() if problem.missing not in misspelt]


def place(problem: Problem, marks: Marks) -> Issue:
    """Give a problem its position in a file."""
    where = marks.place(problem.path, key=problem.at_key)
    return Issue(problem.message, dotted(problem.path), *where, problem.expected, problem.nearest)


def _problem(detail: dict[str, Any], config: Mapping[Key, Any], schema: Schema) -> Problem:
    """Translate one error."""
    kind: str = detail["type"]
    context: dict[str, Any] = detail.get("ctx") or {}
    path, of_key = raw_path(detail["loc"], config, kind)
    if kind == "missing":
        about = _describe(schema, config, path)
        return Problem(path[:-1], _missing(path[-1]), about, at_key=True, missing=path)
    if kind == "extra_forbidden":
        valid = valid_keys(schema, config, path[:-1])
        near = nearest(path[-1], valid)
        expected = one_of(valid) if valid and not near else ""
        message: str = Message(f"未知的键 {path[-1]!r}", f"unknown key {path[-1]!r}")
        return Problem(path, message, expected, near, at_key=True)
    if kind == "union_tag_invalid":
        tags = re.findall(r"'([^']*)'", context["expected_tags"])
        where = (*path, context["discriminator"].strip("'"))
        message = Message(
            f"未知的 {where[-1]}：{context['tag']!r}", f"unknown {where[-1]} {context['tag']!r}"
        )
        return Problem(where, message, one_of(tags), nearest(context["tag"], tags))
    if kind == "union_tag_not_found":
        tags = _tags(schema, config, path)
        name = context["discriminator"].strip("'")
        return Problem(path, _missing(name), one_of(tags), at_key=True)
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", context["expected"])
        allowed = Message(context["expected"].replace(" or ", " 或 "), context["expected"])
        return Problem(path, _invalid(detail["input"]), allowed, nearest(detail["input"], options))
    message, expected, near = _value_message(kind, detail, context)
    given = detail["input"]
    of_key = of_key or (kind not in _EXPECTED and isinstance(given, dict) and "parameter" not in given)
    return Problem(path, message, expected, near, at_key=of_key)


def _value_message(kind: str, detail: dict[str, Any], context: dict[str, Any]) -> tuple[str, str, str]:
    """Say what is wrong with a value, what was expected and the nearest name."""
    cause = context.get("error")
    if isinstance(cause, UnitError):
        return cause.message, cause.expected, cause.nearest
    given = detail["input"]
    if kind in _EXPECTED:
        is_given = Message("缺少值", "the value is missing") if given is None else _is_kind(given)
        return is_given, _EXPECTED[kind], ""
    if kind in _LIMITS:
        reason, relation, key = _LIMITS[kind]
        zh, en = f"{_shown(given)} ", f"{_shown(given)} is "
        if "actual_length" in context:
            zh, en = _counted(given, int(context["actual_length"]))
        return Message(zh, en) + reason, relation + f" {context[key]}", ""
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        matching = Message(f"与 {pattern} 匹配的文本", f"text that matches {pattern}")
        return _invalid(given), _PATTERNS.get(pattern, matching), ""
    told = cause.args[0] if isinstance(cause, Exception) and cause.args else cause
    if cause is None:
        told = context.get("message", detail["msg"])
    if kind == "invalid_key":
        told = Message("这里的键应为文本", str(detail["msg"]))
    message: str = told if isinstance(told, Message) else str(detail["msg"] if cause is None else cause)
    expected = context.get("expected", "")
    return (
        message,
        expected if isinstance(expected, Message) else str(expected),
        str(context.get("nearest", "")),
    )


def raw_path(location: Sequence[Key], config: Mapping[Key, Any], kind: str) -> tuple[Path, bool]:
    """Remove from pydantic's location what is not in the file: tags, union branches, implied levels.

    Returns
    -------
    path : tuple
        Keys and list positions as written.
    of_key : bool
        True if the error is about the last key itself.
    """
    parts = [part for part in location if part != "[key]"]
    sought = parts.pop() if kind == "missing" else parts[-1] if parts else ""

    def fit(path: Path) -> tuple[bool, int]:
        if kind == "missing":
            value = _value(config, path)
            return isinstance(value, dict) and sought not in value, len(path)
        return path[-1:] == (sought,), len(path)

    path = max(_walks(config, tuple(parts), False), key=fit)
    return (*path, sought) if kind == "missing" else path, len(parts) < len(location) and kind != "missing"


def _walks(here: Any, parts: Path, entered: bool) -> Iterator[Path]:
    """Give every way through a value that takes or leaves out each part of a location."""
    if not parts:
        yield ()
        return
    is_tag = entered and isinstance(here, dict) and here.get("type") == parts[0]
    if parts[0] in _names(here) and not is_tag:
        for deeper in _walks(here[parts[0]], parts[1:], True):
            yield (parts[0], *deeper)
    yield from _walks(here, parts[1:], entered and not is_tag)


def _names(value: Any) -> Collection[Key]:
    """Give the keys of a mapping or the positions of a list."""
    if isinstance(value, dict):
        return value.keys()
    return range(len(value)) if isinstance(value, list) else ()


def valid_keys(schema: Schema, config: Mapping[Key, Any], path: Path) -> list[str]:
    """Give the keys that a mapping may have."""
    names: dict[str, None] = {}
    for branch in _at(schema, config, path):
        names.update(dict.fromkeys(branch.get("properties", {})))
    return list(names)


def _describe(schema: Schema, config: Mapping[Key, Any], path: Path) -> str:
    """Give the first sentence of a field's description."""
    for branch in _at(schema, config, path[:-1]):
        text = str(branch.get("properties", {}).get(path[-1], {}).get("description", ""))
        if text:
            about = first_sentence(text)
            return Message(KEYS[about], about) if about in KEYS else about
    return ""


def first_sentence(description: str) -> str:
    """Give the first sentence of a description, without its full stop and its marks."""
    sentence = re.split(r"(?<!e\.g)\.(?:\s|$)", description.strip())[0]
    return sentence.replace("\n", " ").replace("``", "'")


def _tags(schema: Schema, config: Mapping[Key, Any], path: Path) -> list[str]:
    """Give the values that the discriminator of a union may have."""
    here = [schema]
    for depth, part in enumerate(path):
        parent = _value(config, path[:depth])
        here = [deeper for branch in here for deeper in _below(schema, branch, parent, part)]
    mappings = [branch["discriminator"]["mapping"] for branch in here if "discriminator" in branch]
    return [tag for mapping in mappings for tag in mapping]


def _at(schema: Schema, config: Mapping[Key, Any], path: Path) -> list[Schema]:
    """Give the branches of a schema that describe the value at a path."""
    here = list(_branches(schema, schema, config))
    for depth, part in enumerate(path):
        parent, value = _value(config, path[:depth]), _value(config, path[: depth + 1])
        below = [deeper for branch in here for deeper in _below(schema, branch, parent, part)]
        here = [branch for deeper in below for branch in _branches(schema, deeper, value)]
    return here


def _below(schema: Schema, branch: Schema, value: Any, part: Key) -> Iterator[Schema]:
    """Give the schemas of one key or item of a value."""
    for resolved in _branches(schema, branch, value):
        properties = resolved.get("properties", {})
        if part in properties:
            yield _follow(schema, properties[part])
            continue
        others = [resolved.get("additionalProperties"), *resolved.get("patternProperties", {}).values()]
        for other in others:
            if isinstance(other, dict):
                yield _follow(schema, other)
        if isinstance(part, int) and isinstance(resolved.get("items"), dict):
            yield _follow(schema, resolved["items"])


def _branches(schema: Schema, branch: Schema, value: Any) -> Iterator[Schema]:
    """Resolve references and unions, by the tag of the value where there is one."""
    branch = _follow(schema, branch)
    mapping = branch.get("discriminator", {}).get("mapping")
    if mapping is not None and isinstance(value, dict):
        tag = value.get(branch["discriminator"]["propertyName"])
        if tag in mapping:
            yield from _branches(schema, {"$ref": mapping[tag]}, value)
            return
    options = [option for name in ("oneOf", "anyOf", "allOf") for option in branch.get(name, [])]
    if not options:
        yield branch
    fitting = [option for option in options if not _contradicts(_follow(schema, option), value)]
    for option in fitting or options:
        yield from _branches(schema, option, value)


def _contradicts(branch: Schema, value: Any) -> bool:
    """Tell whether a value has, under some key, a word that the branch does not allow there."""
    if not isinstance(value, dict):
        return False
    for name, field in branch.get("properties", {}).items():
        allowed = field.get("enum", [field["const"]] if "const" in field else None)
        if allowed is not None and name in value and value[name] not in allowed:
            return True
    return False


def _follow(schema: Schema, branch: Schema) -> Schema:
    """Replace a reference by what it names."""
    while "$ref" in branch:
        branch = schema["$defs"][branch["$ref"].rsplit("/", 1)[1]]
    return branch


def _value(config: Any, path: Path) -> Any:
    """Give the value at a path, or None."""
    part: Any
    for part in path:
        try:
            config = config[part]
        except (KeyError, IndexError, TypeError):
            return None
    return config


def _counted(given: object, length: int) -> tuple[str, str]:
    """Name a list or a mapping by how much it holds, as the beginning of a sentence in Chinese and in English."""
    zh, en = ("映射", "mapping") if isinstance(given, Mapping) else ("列表", "list")
    return (f"{length} 项的{zh}", f"a {en} of {length} is ") if length else (f"空{zh}", f"an empty {en} is ")


def _shown(value: Any) -> str:
    """Show a value briefly."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _missing(key: object) -> Message:
    """Say that a key is missing."""
    return Message(f"缺少键 {key!r}", f"key {key!r} is missing")


def _invalid(value: Any) -> Message:
    """Say that a value is not one of those that are valid."""
    return Message(f"{_shown(value)} 在此处无效", f"{_shown(value)} is not valid here")


def _is_kind(value: Any) -> Message:
    """Say what kind of value this is."""
    names: dict[type, Message] = {
        dict: _MAPPING, list: _LIST, str: _TEXT, bool: Message("真假值", "a truth value")
    }  # fmt: skip
    kind = names.get(type(value), _NUMBER)
    return Message(f"{_shown(value)} 是{kind.zh}", f"{_shown(value)} is {kind}")
