"""Numbers of a model: constant, by year, by month or from a series, each with its source and grade.

In a file a number is a scalar with its unit (``"20 万m3/d"``), a list of twelve (by calendar month), a mapping
of years (linear between them, refused outside), a mapping ``{series: name}``, or a mapping
``{value | by_year | by_month | series, source, grade, low, high, times, unit, note}``. ``times`` multiplies by
further numbers without unit, each with its own provenance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from waterbal import units
from waterbal.errors import Message, nearest, one_of
from waterbal.model.base import inherited_provenance
from waterbal.model.rows import Floats, TimeAxis

GRADES = ("found", "derived", "assumed")
_FORMS = ("value", "by_year", "by_month", "series")
_KEYS = (*_FORMS, "source", "grade", "low", "high", "times", "unit", "note", "parameter")
_YEAR = re.compile(r"[12]\d{3}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Years = tuple[tuple[int, float], ...]
Months = tuple[float, ...]


@dataclass(frozen=True)
class Number:
    """A validated number in the canonical unit of its dimension. Exactly one of four forms is set."""

    dimension: str
    """Key of ``waterbal.units.DIMENSIONS``."""
    constant: float | None = None
    by_year: Years = ()
    """(year, value), increasing years."""
    by_month: Months = ()
    """Twelve values, January first."""
    series: str = ""
    """Name of a series of the model."""
    factors: tuple[Number, ...] = ()
    """Numbers without unit that multiply it."""
    source: str = ""
    grade: str = ""
    low: Any = None
    high: Any = None
    """Range in the same form and unit as the value."""
    parameter: str = ""
    """Key in the parameter tables."""
    kinds: tuple[str, ...] = ()
    """Kinds of series that fit."""

    @property
    def unit(self) -> str:
        """Canonical unit."""
        return units.DIMENSIONS[self.dimension].unit

    @property
    def value(self) -> float | dict[int, float] | list[float] | str:
        """What was given, before ``factors``: a number, by year, by month or the name of a series."""
        if self.constant is not None:
            return self.constant
        if self.by_year:
            return dict(self.by_year)
        return list(self.by_month) if self.by_month else self.series

    @property
    def numbers(self) -> tuple[float, ...]:
        """Every value given, before ``factors``; none for a series."""
        if self.constant is not None:
            return (self.constant,)
        return tuple(value for _, value in self.by_year) or self.by_month

    def at(self, axis: TimeAxis, series: Mapping[str, Floats] | None = None) -> Floats:
        """Evaluate in every step.

        Parameters
        ----------
        axis : TimeAxis
            Values by year follow its planning year, values by month its calendar month.
        series : mapping
            Series of the model, needed if the number is one.

        Returns
        -------
        ndarray (time) [canonical unit]
        """
        if self.constant is not None:
            result = np.full(axis.size, self.constant)
        elif self.by_year:
            result = self._of_years(axis.planning_year)
        elif self.by_month:
            result = np.array(self.by_month)[axis.month - 1]
        else:
            result = np.array((series or {})[self.series], dtype=np.float64)
        for factor in self.factors:
            result = result * factor.at(axis, series)
        return result

    def _of_years(self, years: Any) -> Floats:
        """Interpolate between years; outside them there is no value."""
        known = np.array([year for year, _ in self.by_year], dtype=np.float64)
        if np.min(years) < known[0] or np.max(years) > known[-1]:
            raise ValueError(f"no value outside {known[0]:.0f} to {known[-1]:.0f}")
        return np.interp(np.asarray(years, float), known, np.array([v for _, v in self.by_year]))

    def scalar(self) -> float:
        """Give the value of a number that does not change in time."""
        if self.constant is None:
            raise ValueError("the number changes in time")
        result = self.constant
        for factor in self.factors:
            result *= factor.scalar()
        return result


@dataclass(frozen=True)
class Quantity:
    """Annotation of a numeric field: its dimension, its bounds and the forms it may take.

    Parameters
    ----------
    dimension : str
        Key of ``waterbal.units.DIMENSIONS``.
    low, high : float
        Bounds of every value, canonical unit.
    above : bool
        True if ``low`` itself is refused.
    forms : tuple of str
        Any of ``value``, ``by_year``, ``by_month``, ``series``.
    kinds : tuple of str
        Kinds of series that fit; by default that of the dimension.
    bare_series : bool
        True if a plain word is the name of a series.
    total : float, optional
        What twelve values by month must add up to.
    some : bool
        True if not all values may be 0.
    """

    dimension: str
    low: float = 0.0
    high: float = np.inf
    above: bool = False
    forms: tuple[str, ...] = _FORMS
    kinds: tuple[str, ...] = ()
    bare_series: bool = False
    total: float | None = None
    some: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate with ``read``."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(lambda n: n.value)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the accepted forms."""
        unit, example = units.DIMENSIONS[self.dimension].unit, units.example(self.dimension)
        scalar: dict[str, Any] = {"type": ["string", "number"], "examples": [example]}
        options: list[dict[str, Any]] = [scalar]
        if "by_month" in self.forms:
            options.append({"type": "array", "items": scalar, "minItems": 12, "maxItems": 12})
        options.append({"type": "object", "title": "number", "x-keys": list(_KEYS)})
        return {"anyOf": options, "x-unit": unit, "x-dimension": self.dimension}

    def read(self, raw: Any) -> Number:
        """Turn what a file has into a number."""
        if isinstance(raw, Number):
            return raw
        number = replace(self._read(raw, ""), kinds=self.kinds or (self.dimension,))
        self._check(number)
        if number.grade:
            return number
        source, grade = inherited_provenance()
        if not grade:
            raise _error(
                Message(
                    "没有说明这个数的来源和可信程度",
                    "the number says neither where it comes from nor how firm it is",
                ),
                Message(
                    "{value: ..., source: ..., grade: found|derived|assumed}，或为整个部分写 'provenance'",
                    "{value: ..., source: ..., grade: found|derived|assumed}, or 'provenance' for the whole part",
                ),
            )
        return replace(number, source=number.source or source, grade=grade)

    def _read(self, raw: Any, unit: str) -> Number:
        """Read any form; ``unit`` applies to bare numbers."""
        if isinstance(raw, list | tuple):
            return Number(self.dimension, by_month=self._months(raw, unit))
        if isinstance(raw, dict):
            if raw and all(_YEAR.fullmatch(str(key)) for key in raw):
                return Number(self.dimension, by_year=self._years(raw, unit))
            return self._mapping(raw, unit)
        if self.bare_series and isinstance(raw, str) and _NAME.fullmatch(raw):
            return Number(self.dimension, series=raw)
        return Number(self.dimension, constant=self._one(raw, unit))

    def _mapping(self, raw: dict[Any, Any], unit: str) -> Number:
        """Read a mapping with provenance."""
        for key in raw:
            if key not in _KEYS:
                raise _error(
                    Message(f"数中有未知的键 {key!r}", f"unknown key {key!r} in a number"),
                    one_of(_KEYS),
                    nearest(str(key), _KEYS),
                )
        given = [form for form in _FORMS if form in raw]
        if len(given) != 1:
            raise _error(_ONE_FORM, units.expected(self.dimension))
        form, unit = given[0], str(raw.get("unit", unit))
        base = self._form(form, raw[form], unit)
        factors = raw.get("times", [])
        many = isinstance(factors, list) and not _is_months(factors)
        times = [_FACTOR._read(part, "") for part in (factors if many else [factors])]
        grade = str(raw.get("grade", base.grade))
        if grade and grade not in GRADES:
            raise _error(
                Message(f"未知的等级 {grade!r}", f"grade {grade!r} is unknown"),
                one_of(GRADES),
                nearest(grade, GRADES),
            )
        source = str(raw.get("source") or base.source)
        if grade == "found" and not source:
            raise _error(
                Message("查得的数没有来源", "a found number has no source"),
                Message("source：查得它的文献", "source: the document it was found in"),
            )
        return Number(
            self.dimension, base.constant, base.by_year, base.by_month, base.series,
            base.factors + tuple(_graded(part, source, grade) for part in times),
            source, grade, self._limit(raw.get("low", base.low), unit), self._limit(raw.get("high", base.high), unit),
            str(raw.get("parameter", base.parameter)),
        )  # fmt: skip

    def _form(self, form: str, raw: Any, unit: str) -> Number:
        """Read the value of one of the four forms."""
        if form == "series":
            if not isinstance(raw, str) or not _NAME.fullmatch(raw):
                raise _error(
                    Message(f"{raw!r} 不是系列的名字", f"{raw!r} is not the name of a series"),
                    Message("'series' 下的名字", "a name under 'series'"),
                )
            return Number(self.dimension, series=raw)
        if form == "by_year":
            return Number(self.dimension, by_year=self._years(raw, unit))
        if form == "by_month":
            return Number(self.dimension, by_month=self._months(raw, unit))
        return self._read(raw, unit)

    def _years(self, raw: Any, unit: str) -> Years:
        if not isinstance(raw, dict) or not raw:
            raise _error(
                Message("按年份的值应是映射", "values by year are a mapping"),
                f"{{2025: {units.example(self.dimension)}, 2030: ...}}",
            )
        wrong = [key for key in raw if not _YEAR.fullmatch(str(key))]
        if wrong:
            raise _error(
                Message(f"{wrong[0]!r} 不是年份", f"{wrong[0]!r} is not a year"),
                Message("形如 2030 的年份", "years such as 2030"),
            )
        return tuple(sorted((int(year), self._one(value, unit)) for year, value in raw.items()))

    def _months(self, raw: Any, unit: str) -> Months:
        if isinstance(raw, dict):
            raw = [raw.get(month, raw.get(str(month))) for month in range(1, 13)]
        if not isinstance(raw, list | tuple) or len(raw) != 12 or any(value is None for value in raw):
            raise _error(
                Message("按月份的值不是十二个", "values by month are not twelve"),
                Message("十二个值，从一月起", "twelve values, January first"),
            )
        return tuple(self._one(value, unit) for value in raw)

    def _one(self, raw: Any, unit: str) -> float:
        if isinstance(raw, bool) and self.dimension == "fraction":
            return float(raw)
        if unit and isinstance(raw, int | float) and not isinstance(raw, bool):
            return units.parse(f"{raw!r} {unit}", self.dimension)
        return units.parse(raw, self.dimension)

    def _limit(self, raw: Any, unit: str) -> Any:
        """Read a bound of the range, in the form of the value."""
        if raw is None:
            return None
        if isinstance(raw, dict):
            return dict(self._years(raw, unit))
        if isinstance(raw, list | tuple):
            return list(self._months(raw, unit))
        return self._one(raw, unit)

    def _check(self, number: Number) -> None:
        """Check form, bounds and total."""
        names = {"value": number.constant is not None, "by_year": number.by_year, "by_month": number.by_month}
        form = next((name for name, given in names.items() if given), "series")
        if form not in self.forms:
            raise _error(
                Message(f"此处不能用按 {form} 给出的数", f"a number by {form} cannot stand here"),
                one_of(self.forms),
            )
        unit = units.DIMENSIONS[self.dimension].unit.replace("-", "")
        bound = f"{self.low:g} {unit}".rstrip()
        for value in number.numbers:
            if value < self.low or (self.above and value <= self.low):
                raise _error(
                    Message(f"{value:g} 过小", f"{value:g} is too small"),
                    Message("大于 ", "above ") + bound if self.above else _AT_LEAST + bound,
                )
            if value > self.high:
                raise _error(
                    Message(f"{value:g} 过大", f"{value:g} is too large"),
                    Message("不大于 ", "at most ") + f"{self.high:g} {unit}".rstrip(),
                )
        if self.some and not any(number.numbers):
            raise _error(
                Message("十二个值全为 0", "all twelve values are 0"),
                Message("至少一个大于 0 的值", "some value above 0"),
            )
        if self.total is not None and number.by_month and abs(sum(number.by_month) - self.total) > 1e-6:
            raise _error(
                Message(
                    f"十二个值之和为 {sum(number.by_month):g}",
                    f"the twelve values add up to {sum(number.by_month):g}",
                ),
                Message(f"和为 {self.total:g}", f"a sum of {self.total:g}"),
            )


_FACTOR = Quantity("fraction")


def _is_months(raw: list[Any]) -> bool:
    """Tell whether a list is one number by month, not a list of factors."""
    return len(raw) == 12 and not any(isinstance(part, dict | list) for part in raw)


def _graded(number: Number, source: str, grade: str) -> Number:
    """Give a factor the provenance of what it multiplies if it has none."""
    if number.grade:
        return number
    return replace(number, source=source or number.source, grade=grade or inherited_provenance()[1])


_AT_LEAST = Message("不小于 ", "at least ")
_ONE_FORM = Message(
    f"数只能是下列形式之一：{', '.join(_FORMS)}", "a number has exactly one of " + ", ".join(_FORMS)
)


def _error(message: str, expected: str = "", near: str = "") -> PydanticCustomError:
    """Build an error that the loader shows with what was expected."""
    return PydanticCustomError(
        "number", "{message}", {"message": message, "expected": expected, "nearest": near}
    )
