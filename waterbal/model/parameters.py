"""Parameter tables: numbers kept in CSV files with their unit, range, grade and source.

A configuration names a parameter as ``"@cap.total"``; ``"@population.{year}.daqiao"`` collects every year the
tables have into a by-year number and ``"@yellow.open_share.{month}"`` the twelve months into a list.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from waterbal.errors import ConfigError, Issue, Message, nearest, one_of
from waterbal.model.text_file import TABLES, decode, read_bytes
from waterbal.units import DIMENSIONS, UnitError, is_unit, parse

COLUMNS = ("key", "value", "low", "high", "unit", "grade", "source", "note")
REQUIRED = ("key", "value", "unit", "grade")
GRADES = ("found", "derived", "assumed")
"""Grades of a number, from the firmest to the weakest."""
PLAIN_UNITS = ("bool", "year", "years", "month", "count")
"""Words in the unit column that give a bare value: a switch, a calendar year, a month, a number of things."""
SET_SOURCE = "set on the command line"

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Parameter:
    """One row of a parameter table."""

    key: str
    value: float | str | bool
    """Number in ``unit``; text only where the unit column is a remark."""
    unit: str
    """Unit, ``-`` or a word of ``PLAIN_UNITS``."""
    grade: str
    source: str = ""
    low: float | None = None
    high: float | None = None
    """Range of plausible values, in ``unit``."""
    note: str = ""
    file: str = ""
    line: int = 0


Parameters = dict[str, Parameter]


def read_parameters(paths: Iterable[str | FilePath]) -> Parameters:
    """Read parameter tables into one; a key may stand in one place only.

    Parameters
    ----------
    paths : iterable of str or Path
        CSV files (UTF-8 or GB18030) with the columns of ``COLUMNS`` in any order.

    Raises
    ------
    ConfigError
        With every problem of every table.
    """
    table, issues = scan_parameters(paths)
    if issues:
        raise ConfigError(issues)
    return table


def scan_parameters(paths: Iterable[str | FilePath]) -> tuple[Parameters, list[Issue]]:
    """Read parameter tables like ``read_parameters``, but give the sound rows and the problems."""
    table: Parameters = {}
    issues: list[Issue] = []
    for path in paths:
        try:
            text = decode(
                read_bytes(path, Message("参数表（CSV）", "a parameter table (CSV)")), str(path), TABLES
            )
        except ConfigError as error:
            issues += error.issues
            continue
        _read_one(text, str(path), table, issues)
    return table, issues


def _read_one(text: str, file: str, table: Parameters, issues: list[Issue]) -> None:
    """Add the rows of one table."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    found = _header_issues(header, file)
    if found:
        issues += found
        return
    line = reader.line_num
    for cells in reader:
        start, line = line + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            message = Message(
                f"一行有 {len(cells)} 格，而表有 {len(header)} 列",
                f"{len(cells)} cells in a table of {len(header)} columns",
            )
            issues.append(
                Issue(
                    message,
                    "",
                    file,
                    start,
                    0,
                    Message("含逗号的格用引号括起", "quotes around cells that hold commas"),
                )
            )
            continue
        row = dict.fromkeys(COLUMNS, "") | dict(zip(header, (cell.strip() for cell in cells), strict=False))
        before = len(issues)
        parameter = _row(row, file, start, issues)
        first = table.get(parameter.key)
        if first is not None:
            message = Message(
                f"键 {parameter.key!r} 给了两次，第一次在 {first.file}:{first.line}",
                f"key {parameter.key!r} is given twice, first at {first.file}:{first.line}",
            )
            issues.append(Issue(message, "", file, start, 0, Message("每个键只给一次", "each key once")))
        elif len(issues) == before:
            table[parameter.key] = parameter


def _header_issues(header: list[str], file: str) -> list[Issue]:
    """Check the column names of a table."""
    issues = []
    if not header:
        return [
            Issue(
                Message("表是空的", "the table is empty"),
                "",
                file,
                0,
                0,
                Message("各列为 ", "the columns ") + ",".join(COLUMNS),
            )
        ]
    for name in header:
        if name not in COLUMNS:
            expected = Message("各列为 ", "the columns ") + ",".join(COLUMNS)
            issues.append(
                Issue(
                    Message(f"未知的列 {name!r}", f"unknown column {name!r}"),
                    "",
                    file,
                    1,
                    0,
                    expected,
                    nearest(name, COLUMNS),
                )
            )
    for name in COLUMNS:
        if header.count(name) > 1:
            issues.append(
                Issue(Message(f"列 {name!r} 给了两次", f"column {name!r} is given twice"), "", file, 1)
            )
    for name in REQUIRED:
        if name not in header:
            issues.append(Issue(Message(f"缺少列 {name!r}", f"column {name!r} is missing"), "", file, 1))
    return issues


def _row(row: Mapping[str, str], file: str, line: int, issues: list[Issue]) -> Parameter:
    """Check one row of a table."""
    key, grade = row["key"], row["grade"]

    def problem(message: str, expected: str = "", near: str = "") -> None:
        issues.append(Issue(message, key, file, line, 0, expected, near))

    if not _KEY.fullmatch(key):
        problem(
            Message(f"{key!r} 不能作为键", f"{key!r} is not a key")
            if key
            else Message("缺少键", "the key is missing"),
            Message("以点连接的 ASCII 词", "ASCII words joined by dots"),
        )
    if grade not in GRADES:
        problem(
            Message(f"未知的等级 {grade!r}", f"grade {grade!r} is unknown"),
            one_of(GRADES),
            nearest(grade, GRADES),
        )
    if grade == "found" and not row["source"]:
        problem(
            Message("查得的数没有来源", "a found number has no source"),
            Message("查得它的文献", "the document it was found in"),
        )
    if not row["unit"]:
        problem(
            Message("缺少单位", "the unit is missing"),
            Message("单位；没有则写 '-'", "a unit, or '-' for none"),
        )
    unit = leading_unit(row["unit"])
    value = _value(row["value"], unit, row["unit"], problem)
    low = _number(row["low"], "low", problem)
    high = _number(row["high"], "high", problem)
    if isinstance(value, float):
        if low is not None and low > value:
            problem(Message(f"low {low:g} 大于值 {value:g}", f"low {low:g} is above the value {value:g}"))
        if high is not None and high < value:
            problem(Message(f"high {high:g} 小于值 {value:g}", f"high {high:g} is below the value {value:g}"))
    return Parameter(key, value, unit, grade, row["source"], low, high, row["note"], file, line)


def leading_unit(text: str) -> str:
    """Give the unit at the start of a cell such as ``1e8 yuan at 2024 prices``; the rest is a remark.

    A cell that is only a remark (``of mean month``) describes a number without unit and gives ``-``.
    """
    words = text.split(",")[0].split()
    if text.strip() in PLAIN_UNITS:
        return text.strip()
    for count in range(len(words), 0, -1):
        if is_unit(" ".join(words[:count])):
            return " ".join(words[:count])
    return "-"


def _value(text: str, unit: str, cell: str, problem: Callable[..., None]) -> float | str | bool:
    """Read the value cell."""
    if unit == "bool":
        if text.lower() not in {"true", "false", "1", "0"}:
            problem(f"value {text!r} is not a truth value", "true or false")
        return text.lower() in {"true", "1"}
    if unit == "-" and cell not in {"-", ""} and not _is_number(text):
        return text
    number = _number(text, "value", problem)
    if not text:
        problem("the value is missing", "a number")
    return 0.0 if number is None else number


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _number(text: str, column: str, problem: Callable[..., None]) -> float | None:
    """Read a cell that may be empty."""
    if not text:
        return None
    if not _is_number(text):
        message = Message(f"{column} 列的 {text!r} 不是数", f"{column} {text!r} is not a number")
        problem(message, Message("带小数点的数字", "digits with a decimal point"))
        return None
    return float(text)


def set_parameter(
    table: Parameters, key: str, value: Any, source: str = SET_SOURCE, grade: str = "assumed"
) -> Parameters:
    """Give the tables with another value for one parameter, which then has no range.

    Raises
    ------
    ValueError
        If the value is not a number or truth value, the grade is unknown or a found value has no source; the
        text is what was expected.
    """
    if grade not in GRADES:
        raise ValueError(Message(f"等级：{'、'.join(GRADES)}", f"a grade: {', '.join(GRADES)}"))
    if grade == "found" and not source:
        raise ValueError(Message("来源，因其等级为 found", "a source, as it is graded found"))
    old = table[key]
    if isinstance(value, str) and not isinstance(old.value, bool | str):
        value = _in_unit(value, old.unit)
    if isinstance(old.value, bool) != isinstance(value, bool) or not isinstance(value, int | float):
        number = Message(f"以 {old.unit} 为单位的数", f"a number in {old.unit}")
        raise ValueError(Message("true 或 false", "true or false") if isinstance(old.value, bool) else number)
    kept = value if isinstance(value, bool) else float(value)
    changed = replace(old, value=kept, low=None, high=None, grade=grade, source=source)
    return {**table, key: changed}


def _in_unit(text: str, unit: str) -> float | str:
    """Give a number written with a unit in the unit of a parameter; the text itself if it does not fit."""
    for dimension in DIMENSIONS:
        try:
            return parse(text, dimension) / parse(f"1 {leading_unit(unit)}", dimension)
        except UnitError:
            continue
    return text
