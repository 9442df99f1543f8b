"""Which changes say something of their own, and which only say again what another line says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Line = dict[str, Any]
Place = tuple[str, str, str, str]
"""Scenario, group, id, measure."""

ADDED = ("need", "supply", "shortage")
"""Measures of which sectors, zones and the district are sums of users."""
SAME = 1e-6
"""[-] of a change: changes that differ by less are the same."""


def mark(lines: Sequence[Line], sectors: Mapping[str, str]) -> None:
    """Note in every line, as ``repeats``, which other line says the same; None where it says something of its own.

    Parameters
    ----------
    lines : sequence of dict
        Changes, see ``compare.Comparison.results``.
    sectors : mapping of str to str
        User -> its sector.

    Notes
    -----
    Of need = supply + shortage, a supply that mirrors another of them is left out. Users are told beside their sector
    where not all of its users change, or not in one direction; those of a sector that change from and to the same value
    are told once, with their number as ``alike``; zones where they change against the district, or where
    no sector changes as much.
    """
    found = {_place(line): line for line in lines}
    users: dict[str, list[str]] = defaultdict(list)
    for user, sector in sectors.items():
        users[sector].append(user)
    for line in lines:
        line["repeats"] = _repeated(line, found, sectors, users)
    first: dict[tuple[Any, ...], Line] = {}
    for line in lines:
        if line["repeats"] is None and line["measure"] == "supply":
            line["repeats"] = _mirrored(line, found)
        if line["repeats"] is None and line["group"] == "demand":
            alike = (
                line["scenario"],
                sectors.get(line["id"]),
                line["measure"],
                line["first"],
                line["second"],
            )
            other = first.setdefault(alike, line)
            other["alike"] = other.get("alike", 0) + 1
            if other is not line:
                line["repeats"] = f"demand {other['id']} {line['measure']}"


def _place(line: Line, **other: str) -> Place:
    told = line | other
    return told["scenario"], told["group"], told["id"], told["measure"]


def _mirrored(line: Line, found: Mapping[Place, Line]) -> str | None:
    """Name the measure that changes by as much where the third does not change."""
    changed = [name for name in ("need", "shortage") if _place(line, measure=name) in found]
    return f"{line['group']} {line['id']} {changed[0]}".replace("  ", " ") if len(changed) == 1 else None


def _repeated(
    line: Line, found: Mapping[Place, Line], sectors: Mapping[str, str], users: Mapping[str, Sequence[str]]
) -> str | None:
    """Name the line of another group that says the same."""
    if line["change"] is None or line["measure"] not in (*ADDED, "reliability"):
        return None
    if line["group"] == "demand" and line["id"] in sectors:
        sector = sectors[line["id"]]
        whole = found.get(_place(line, group="sector", id=sector))
        beside = [
            found[place]
            for user in users[sector]
            if (place := _place(line, group="demand", id=user)) in found
        ]
        if _says_the_same(line, whole, beside, len(users[sector])):
            return f"sector {sector} {line['measure']}"
    if line["group"] == "zone":
        known = [
            other
            for sector in users
            if (other := found.get(_place(line, group="sector", id=sector))) is not None
        ]
        whole = found.get(_place(line, group="all", id=""))
        if _told_by(line, [*known, *([whole] if whole is not None else [])], whole):
            return f"sectors {line['measure']}"
    return None


def _says_the_same(line: Line, whole: Line | None, beside: Sequence[Line], count: int) -> bool:
    """Tell whether a sector says what is to be said of a user."""
    if whole is None or whole["change"] is None:
        return False
    if count == 1:
        return True
    if line["measure"] == "reliability":
        return _at_most(line, whole)
    return len(beside) == count and all(_one_way(other, whole) for other in beside)


def _told_by(line: Line, others: Sequence[Line], whole: Line | None) -> bool:
    """Tell whether sectors and the district say what is to be said of a zone."""
    if line["measure"] in ADDED and (whole is None or not _one_way(line, whole)):
        return False
    return any(_at_most(line, other) for other in others)


def _at_most(line: Line, other: Line) -> bool:
    return _one_way(line, other) and abs(line["change"]) <= abs(other["change"]) * (1.0 + SAME)


def _one_way(line: Line, other: Line) -> bool:
    """Tell whether two changes are known and go in one direction."""
    return (
        line["change"] is not None and other["change"] is not None and line["change"] * other["change"] > 0.0
    )
