"""What references to parameter tables stand for: one number, one for each year, or one for each month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from waterbal.errors import Message, nearest
from waterbal.model.parameters import GRADES, PLAIN_UNITS, Parameter, Parameters

_YEARS, _MONTHS = r"(\d{4})", r"(0?[1-9]|1[0-2])"


def resolve(reference: str, table: Parameters) -> Any:
    """Give the number that a reference stands for, with its provenance.

    Parameters
    ----------
    reference : str
        Key without the ``@``, with at most one of ``{year}`` and ``{month}``.
    table : dict
        All parameters.

    Returns
    -------
    dict, float, int, bool or str
        ``{value | by_year | by_month, source, grade, low, high, parameter}``; a bare value for
        parameters whose unit is a word of ``PLAIN_UNITS`` or whose value is text.

    Raises
    ------
    LookupError
        If the tables lack it; the arguments are the message and the nearest reference.
    """
    if "{year}" in reference and "{month}" in reference:
        raise LookupError("a reference has {year} or {month}, not both", "")
    if "{year}" in reference:
        years = _matches(reference, "{year}", _YEARS, table)
        return _collect(reference, "by_year", years)
    if "{month}" in reference:
        months = _matches(reference, "{month}", _MONTHS, table)
        missing = [month for month in range(1, 13) if month not in months]
        if missing:
            named = ", ".join(str(month) for month in missing)
            raise LookupError(f"parameter {reference!r} has no value for month {named}", "")
        return _collect(reference, "by_month", {month: months[month] for month in range(1, 13)})
    parameter = table.get(reference)
    if parameter is None:
        message = Message(f"参数 {reference!r} 未知", f"parameter {reference!r} is unknown")
        raise LookupError(message, nearest(reference, table))
    if _is_bare(parameter):
        return _bare(parameter)
    return {"value": _amount(parameter, parameter.value), **_provenance([parameter], reference)} | {
        name: _amount(parameter, limit)
        for name, limit in (("low", parameter.low), ("high", parameter.high))
        if limit is not None
    }


def keys_of(references: Iterable[str], table: Parameters) -> Iterator[str]:
    """Give the keys of a table that references stand for; none for those that it cannot serve."""
    for reference in references:
        if "{" not in reference:
            yield from [reference] if reference in table else []
            continue
        for mark, pattern in (("{year}", _YEARS), ("{month}", _MONTHS)):
            if mark in reference:
                try:
                    yield from (row.key for row in _matches(reference, mark, pattern, table).values())
                except LookupError:
                    continue


def _matches(reference: str, mark: str, pattern: str, table: Parameters) -> dict[int, Parameter]:
    """Collect the rows that a pattern names, by year or month."""
    rows = {number: table[key] for number, key in _numbered(reference, mark, pattern, tuple(table))}
    if not rows:
        raise LookupError(
            Message(f"没有与 {reference!r} 相符的参数", f"no parameter matches {reference!r}"),
            nearest(reference, sorted(shapes(table))),
        )
    return rows


@lru_cache(maxsize=4096)
def _numbered(reference: str, mark: str, pattern: str, keys: tuple[str, ...]) -> list[tuple[int, str]]:
    """Give the keys that a pattern names, with their year or month, in order."""
    regex = re.compile(re.escape(reference).replace(re.escape(mark), pattern))
    start = reference.split("{")[0]
    likely = [key for key in keys if key.startswith(start)]
    return sorted((int(hit.group(1)), key) for key in likely if (hit := regex.fullmatch(key)))


def shapes(table: Parameters) -> set[str]:
    """Give every key with its year or month replaced by the mark for it."""
    shapes = set()
    for mark, pattern in (("{year}", r"\d{4}"), ("{month}", r"0?[1-9]|1[0-2]")):
        shapes |= {re.sub(rf"(?<=\.)({pattern})(?=\.|$)", mark, key) for key in table}
    return {shape for shape in shapes if "{" in shape}


def _collect(reference: str, name: str, rows: dict[int, Parameter]) -> dict[str, Any]:
    """Put several rows into one number by year or by month."""
    values: Any = {key: _bare(row) if _is_bare(row) else _amount(row, row.value) for key, row in rows.items()}
    collected = {name: values if name == "by_year" else list(values.values())}
    collected.update(_provenance(list(rows.values()), reference))
    for side in ("low", "high"):
        limits = {key: getattr(row, side) for key, row in rows.items()}
        if all(limit is not None for limit in limits.values()):
            amounts = {key: _amount(rows[key], limit) for key, limit in limits.items()}
            collected[side] = amounts if name == "by_year" else list(amounts.values())
    return collected


def _provenance(rows: list[Parameter], reference: str) -> dict[str, str]:
    """Give the sources of some rows and the weakest of their grades."""
    sources = list(dict.fromkeys(row.source for row in rows if row.source))
    grade = max((row.grade for row in rows), key=GRADES.index)
    return {"source": "; ".join(sources), "grade": grade, "parameter": reference}


def _is_bare(parameter: Parameter) -> bool:
    return parameter.unit in PLAIN_UNITS or not isinstance(parameter.value, float)


def _bare(parameter: Parameter) -> float | int | str | bool:
    """Give a switch, year, month, count or text as it is."""
    value = parameter.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _amount(parameter: Parameter, value: Any) -> float | str:
    """Write a number with its unit, as a configuration would."""
    if parameter.unit == "-":
        return float(value)
    return repr(float(value)).removesuffix(".0") + " " + parameter.unit
