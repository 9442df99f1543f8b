"""Wrong names in a model that cannot be built as a whole, so that they are told with what keeps it from being built."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from waterbal.model.check import Found, check_names
from waterbal.model.marks import Path
from waterbal.model.root import Model


def wrong_names(
    parts: Mapping[str, Any], config: Mapping[Any, Any], sections: Collection[str]
) -> list[Found]:
    """List the wrong names among the elements that are valid on their own; names of the others are passed over.

    Parameters
    ----------
    parts : mapping
        Parts of a model; None where a part, or an element of a section, is not valid.
    config : mapping
        The model as it is written.
    sections : collection of str
        Parts that are mappings of elements.

    Returns
    -------
    list of Found
        Nothing where a part is missing or unknown, or the elements cannot be told from each other.
    """
    fields = Model.model_fields
    whole = parts.keys() <= fields.keys() and all(n in parts for n, f in fields.items() if f.is_required())
    if not whole or any(parts[name] is None for name in parts if name in ("priorities", "grades", *sections)):
        return []
    elements = {name: part for name, part in parts.items() if name in sections}
    others = {str(id) for part in elements.values() for id, element in part.items() if element is None}
    others |= {str(one.get("type")) for one in config.get("demands", {}).values() if isinstance(one, dict)}
    sound = {n: {id: e for id, e in part.items() if e is not None} for n, part in elements.items()}
    found = check_names(Model.model_construct(**{**parts, **sound}))
    return [problem for problem in found if not _names_one(problem[0], config, others)]


def _names_one(path: Path, config: Any, others: Collection[str]) -> bool:
    """Tell whether the key or the value at a path, or what it is a part of, is one of some names."""
    value = config
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
    return any(isinstance(name, str) and name.split("/")[0] in others for name in (value, path[-1]))
