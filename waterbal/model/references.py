"""Replacing ``"@parameter"`` by the number it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from waterbal.errors import Message
from waterbal.model.lookup import resolve
from waterbal.model.marks import Key, Path
from waterbal.model.parameters import Parameters
from waterbal.model.problems import Problem


def resolve_references(config: dict[Key, Any], table: Parameters) -> list[Problem]:
    """Replace every reference of a configuration, in place.

    Parameters
    ----------
    config : dict
        Configuration as written.
    table : dict
        Parameters by key.

    Returns
    -------
    list of Problem
        References that the tables cannot serve; their text stays as it is.
    """
    problems: list[Problem] = []
    pending: list[tuple[Any, Path]] = [(config, ())]
    while pending:
        here, path = pending.pop()
        items = here.items() if isinstance(here, dict) else enumerate(here)
        for key, value in list(items):
            if isinstance(value, dict | list):
                pending.append((value, (*path, key)))
            elif isinstance(value, str) and value.startswith("@") and not is_name((*path, key)):
                problem = _replace(here, key, value[1:].strip(), table, (*path, key))
                problems += [problem] if problem else []
    return problems


def is_name(path: Path) -> bool:
    """Tell whether a place holds the name of something in a language: a text, which may begin with ``@`` too."""
    return len(path) > 1 and path[-2] == "name" and path[-1] in ("zh", "en")


def references_in(value: Any) -> Iterator[str]:
    """Give every reference below a value, without its ``@``."""
    if isinstance(value, str):
        if value.startswith("@"):
            yield value[1:].strip()
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if not (key == "name" and isinstance(part, dict) and set(part) <= {"zh", "en"}):
                yield from references_in(part)


def _replace(parent: Any, key: Key, reference: str, table: Parameters, path: Path) -> Problem | None:
    """Replace one reference, or say why it cannot be."""
    try:
        number = resolve(reference, table)
    except LookupError as error:
        message, near = error.args
        tables = (
            "" if table else Message("'parameters' 下含有它的文件", "a file under 'parameters' that has it")
        )
        return Problem(path, message, tables, f"@{near}" if near else "")
    # an element may have a field called value too; only a number has no type
    nested = key == "value" and isinstance(parent, dict) and "type" not in parent and isinstance(number, dict)
    if nested:
        own = {name: value for name, value in parent.items() if name != "value"}
        parent.clear()
        parent.update({**number, **own})
    else:
        parent[key] = number
    return None
