"""Names of elements and zones, taken from a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waterbal.results.terms import PARTS, PLACES, Term

QUOTA = Term("用水指标", "quota")
"""What a quota is whose id says nothing more."""
OTHERS = Term("{first}等 {count} 处", "{first} and {more} more")
"""Several elements by the name of the first."""
SOME = 3
"""Members of a quota that are named one by one; of more, the first and how many there are."""
WEATHER = {"rain": Term("降水", "Rain"), "et0": Term("参考作物蒸散量", "Reference evapotranspiration")}
"""What the series of a climate are."""
SERIES = {
    "volume": Term("水量", "volume"),
    "rate": Term("流量", "flow"),
    "seasonal_lognormal": Term("流量", "flow"),
    "depth": Term("水深", "depth"),
    "factor": Term("系数", "factor"),
    "concentration": Term("含沙量", "sediment"),
}
"""What the series of an element are, by their kind."""
UNTITLED = Term("水量平衡", "Water balance")
"""Title of a result whose model has no name."""


@dataclass(frozen=True)
class Labels:
    """Names of elements and zones in both languages; an id stands for itself where nothing can be said of it."""

    elements: Mapping[str, Term] = field(default_factory=dict)
    zones: Mapping[str, Term] = field(default_factory=dict)
    title: Term = UNTITLED

    @classmethod
    def from_config(cls, config: Mapping[Any, Any]) -> Labels:
        """Collect the names that a resolved configuration gives, and name links and quotas after what they serve."""
        elements: dict[str, Term] = {}
        for section, items in config.items():
            if section != "zones" and isinstance(items, Mapping):
                elements |= dict(_named(items))
        elements |= _links(config, elements)
        elements |= _quotas(config, elements)
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
    if owner and part in PARTS:
        own = terms.get(owner, Term(owner, owner))
        return Term(own.zh + PARTS[part].zh, f"{own.en}: {PARTS[part].en}")
    return PLACES.get(identifier, Term(identifier, identifier))


def series_names(config: Mapping[Any, Any]) -> dict[str, Term]:
    """Name the series of a configuration after what they are used for; a series that nothing uses has its id.

    Parameters
    ----------
    config : mapping
        A resolved configuration.
    """
    labels = Labels.from_config(config)
    found = {id: Term(id, id) for id in _items(config, "series")}
    users = [(name_of(id, labels.elements), item) for s in ELEMENTS for id, item in _items(config, s).items()]
    climates = [(labels.zones.get(id), zone.get("climate")) for id, zone in _items(config, "zones").items()]
    for id, spec in _items(config, "series").items():
        kind = SERIES.get(str(spec.get("kind")))
        user = next((name for name, item in users if _uses(item, id)), None)
        if user and kind:
            found[id] = Term(f"{user.zh}{kind.zh}", f"{user.en}: {kind.en}")
        for zone, climate in reversed([(None, config.get("climate")), *climates]):
            for what, term in WEATHER.items():
                if isinstance(climate, Mapping) and _uses({"series": climate.get(what)}, id):
                    found[id] = Term(f"{zone.zh}{term.zh}", f"{zone.en}: {term.en}") if zone else term
    return found


ELEMENTS = ("sources", "stores", "works", "demands", "links", "quotas")
"""Sections of a configuration with elements."""


def _items(config: Mapping[Any, Any], section: str) -> dict[str, Mapping[Any, Any]]:
    """Return the elements of a section."""
    items = config.get(section)
    found = items.items() if isinstance(items, Mapping) else ()
    return {str(id): item for id, item in found if isinstance(item, Mapping)}


def _uses(part: Any, id: str) -> bool:
    """Tell whether a part of a configuration refers to a series."""
    if isinstance(part, Mapping):
        own = part.get("series")
        return (own == id and own is not None) or any(_uses(item, id) for item in part.values())
    return isinstance(part, (list, tuple)) and any(_uses(item, id) for item in part)


def _links(config: Mapping[Any, Any], terms: Mapping[str, Term]) -> dict[str, Term]:
    """Name links without a name after their ends; of several between the same ends, with their ids."""
    ends = {
        id: tuple(name_of(str(item.get(end)), terms) for end in ("from", "to"))
        for id, item in _items(config, "links").items()
        if id not in terms
    }
    alike = Counter(ends.values())
    return {
        id: Term(
            *(
                f"{a} → {b}" + (f" [{id}]" if alike[tail, head] > 1 else "")
                for a, b in zip(tail, head, strict=True)
            )
        )
        for id, (tail, head) in ends.items()
    }


def _quotas(config: Mapping[Any, Any], terms: Mapping[str, Term]) -> dict[str, Term]:
    """Name quotas without a name after what they cap."""
    found: dict[str, Term] = {}
    for id, item in _items(config, "quotas").items():
        members = item.get("of")
        if id in terms or not isinstance(members, (list, tuple)) or not members:
            continue
        names = [name_of(str(member), {**terms, **found}) for member in members]
        many = {"count": len(names), "more": len(names) - 1}
        zh, en = (
            mark.join(parts) if len(parts) <= SOME else OTHERS.said(language, first=parts[0], **many)
            for language, mark, parts in zip(
                ("zh", "en"), ("、", ", "), zip(*names, strict=True), strict=True
            )
        )
        what = PARTS.get(id.rpartition("_")[2], QUOTA)
        found[id] = Term(f"{zh}{what.zh}", f"{en}: {what.en}")
    return found


def _term(name: Any) -> Term | None:
    if not isinstance(name, Mapping) or not {"zh", "en"} <= set(name):
        return None
    return Term(str(name["zh"]), str(name["en"]))
