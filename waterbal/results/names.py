"""Names of elements and zones, taken from a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waterbal.results.terms import PARTS, PLACES, Term

UNTITLED = Term("水量平衡", "Water balance")
"""Title of a result whose model has no name."""


@dataclass(frozen=True)
class Labels:
    """Names of elements and zones in both languages; an id stands for itself where it has none."""

    elements: Mapping[str, Term] = field(default_factory=dict)
    zones: Mapping[str, Term] = field(default_factory=dict)
    title: Term = UNTITLED

    @classmethod
    def from_config(cls, config: Mapping[Any, Any]) -> Labels:
        """Collect the names that a resolved configuration gives."""
        elements: dict[str, Term] = {}
        for section, items in config.items():
            if section != "zones" and isinstance(items, Mapping):
                elements |= dict(_named(items))
        zones = config.get("zones")
        title = _term(config.get("name"))
        return cls(elements, dict(_named(zones)) if isinstance(zones, Mapping) else {}, title or UNTITLED)


def _named(items: Mapping[Any, Any]) -> Iterable[tuple[str, Term]]:
    for key, item in items.items():
        term = _term(item.get("name")) if isinstance(item, Mapping) else None
        if term:
            yield str(key), term


def name_of(identifier: str, terms: Mapping[str, Term]) -> Term:
    """Return the label of an element; one made on behalf of another is named after it."""
    if identifier in terms:
        return terms[identifier]
    owner, _, part = identifier.rpartition("_")
    if owner in terms and part in PARTS:
        return Term(terms[owner].zh + PARTS[part].zh, f"{terms[owner].en}: {PARTS[part].en}")
    return PLACES.get(identifier, Term(identifier, identifier))


def _term(name: Any) -> Term | None:
    if not isinstance(name, Mapping) or not {"zh", "en"} <= set(name):
        return None
    return Term(str(name["zh"]), str(name["en"]))
