"""Every number of a model with its place, source and grade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waterbal.model.base import Strict
from waterbal.model.marks import Path, dotted
from waterbal.model.values import Number


@dataclass(frozen=True)
class Assumption:
    """One number, or one series, of a model."""

    path: str
    """Dotted place in the model."""
    value: float | dict[int, float] | list[float] | str
    """Number, by year, by month, or what a series is read from; canonical unit."""
    unit: str
    grade: str
    """``found``, ``derived`` or ``assumed``."""
    source: str
    low: Any = None
    high: Any = None
    parameter: str = ""
    """Key in the parameter tables, empty if none."""


_ALL, _CHANGING = "numbers of the part", "changing numbers of the part"


def numbers(part: Any, path: Path = (), *, changing: bool = False) -> Iterator[tuple[Path, Number]]:
    """Walk over all numbers of a model, with their paths as written in a file.

    Parameters
    ----------
    part : Any
        Model or part of one.
    path : tuple
        Path of the part.
    changing : bool
        Only numbers by year or from a series.
    """
    if isinstance(part, Number):
        if not changing or part.by_year or part.series:
            yield path, part
        for index, factor in enumerate(part.factors):
            yield from numbers(factor, (*path, "times", index), changing=changing)
    elif isinstance(part, Strict) and path:
        name = _CHANGING if changing else _ALL
        known = vars(part).get(name)
        if known is None:  # kept beside the fields: a part never changes and many variants may share it
            known = vars(part)[name] = tuple(_of_fields(part, (), changing))
        for own, number in known:
            yield path + own, number
    elif isinstance(part, Strict):
        yield from _of_fields(part, path, changing)
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from numbers(value, (*path, key), changing=changing)
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from numbers(value, path if _single(part) else (*path, index), changing=changing)


def _of_fields(part: Strict, path: Path, changing: bool) -> Iterator[tuple[Path, Number]]:
    """Walk over the numbers of one part of a model."""
    hidden = part.unwritten()
    for name, field in type(part).model_fields.items():
        below = path if name in hidden else (*path, field.alias or name)
        yield from numbers(getattr(part, name), below, changing=changing)


def _single(part: list[Any]) -> bool:
    """Tell whether a list holds one value that a file writes without a list."""
    return len(part) == 1 and isinstance(part[0], Strict) and bool(part[0].unwritten())


def assumptions(model: Strict) -> list[Assumption]:
    """List every number with its source and grade, then the series and the statistics they are drawn from."""
    found = [
        Assumption(
            dotted(path), number.value, number.unit, number.grade, number.source,
            number.low, number.high, number.parameter,
        )
        for path, number in numbers(model)
    ]  # fmt: skip
    for name, spec in getattr(model, "series", {}).items():
        read = f"{spec.file}: {spec.column}" if hasattr(spec, "file") else spec.kind
        found.append(Assumption(f"series.{name}", read, spec.units or "", spec.grade, spec.source))
    return found + _statistics(model)


def _statistics(model: Strict) -> list[Assumption]:
    """List the statistics that series are drawn from."""
    hydrology = getattr(model, "hydrology", None)
    fitted = getattr(hydrology, "fitted", None)
    if hydrology is None or fitted is None:
        return []
    return [
        Assumption(
            f"hydrology.fitted.sites.{name}",
            f"statistics of {site.record.first} to {site.record.last}",
            site.units,
            site.grade,
            site.source,
        )
        for name, site in fitted.sites.items()
        if name in hydrology.sites
    ]
