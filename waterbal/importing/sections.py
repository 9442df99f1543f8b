"""Sections of a model file that is being written, and the unit of its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from waterbal import units
from waterbal.errors import Issue, Message, UsageError
from waterbal.model.rows import Floats

_PER_DAY = re.compile(r"\s*/\s*(?:d|day|日|天)\s*$")
_ALIASES = {"Ml": "thousand m3", "ML": "thousand m3", "Megalitre": "thousand m3"}


@dataclass(frozen=True)
class Unit:
    """What the numbers of a pywr model are."""

    rate: str
    volume: str
    given: str


def read_unit(text: str) -> Unit:
    """Read the unit of flows; volumes are in what flows in a day.

    Raises
    ------
    UsageError
        If it is no volume per day.
    """
    volume = _PER_DAY.sub("", text)
    if volume == text:
        raise UsageError(
            Issue(
                Message(f"{text!r} 不是每日水量", f"{text!r} is no volume per day"),
                "--unit",
                expected="'Ml/d', 'm3/d' or '万m3/d'",
            )
        )
    volume = _ALIASES.get(volume.strip(), volume)
    try:
        units.factor(volume, "volume")
    except units.UnitError as problem:
        raise UsageError(
            Issue(problem.message, "--unit", expected=problem.expected, nearest=problem.nearest)
        ) from None
    return Unit(f"{volume}/d", volume, text)


@dataclass
class Entry:
    """An element and the comment above it."""

    id: str
    body: dict[str, Any]
    comment: str = ""


@dataclass
class Sections:
    """What a model file will hold."""

    sources: list[Entry] = field(default_factory=list)
    stores: list[Entry] = field(default_factory=list)
    works: list[Entry] = field(default_factory=list)
    links: list[Entry] = field(default_factory=list)
    demands: list[Entry] = field(default_factory=list)
    quotas: list[Entry] = field(default_factory=list)
    drought: list[Entry] = field(default_factory=list)
    priorities: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    series: dict[str, Floats] = field(default_factory=dict)
    curve: bool = False
    """Whether storages are filled before some demands."""


def number(value: float) -> str:
    """Write a number so that it reads back as the same one."""
    text = repr(float(value))
    return text.removesuffix(".0")


def label(name: str) -> dict[str, str]:
    """Give the label of an element: its name in pywr, whatever the language."""
    return {"zh": name, "en": name}
