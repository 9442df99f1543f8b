"""Reading one column of a data file whole, on its own steps, with its gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from waterbal import units
from waterbal.errors import DataError, Issue, Message, nearest, one_of
from waterbal.hydrology.gaps import Filled, fill, whole_months
from waterbal.hydrology.periods import STEP_WORDS, Periods, name, read_periods
from waterbal.hydrology.tables import Table, read_table
from waterbal.model import series_spec
from waterbal.model.rows import Floats
from waterbal.model.series_spec import FileSeries, GapFill

SUMMED = series_spec.SUMMED
KINDS = series_spec.KINDS
"""Kind of series -> its dimension in ``waterbal.units``."""
FEW_TWICE = 3
"""Rows with a date that stands above which are told one by one; more are one habit."""
_A_NUMBER = Message("数", "a number")
_NOT_NEGATIVE = Message("0 或更大的数", "a number of 0 or more")
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", "—", "缺测", "/"}


@dataclass(frozen=True)
class Column:
    """Values of a file from its first row to its last."""

    step: str
    """``day``, ``dekad`` or ``month``."""
    first: int
    """Number of the first period."""
    values: Floats
    """ndarray (period) in the canonical units of the kind, nan where there is none."""
    filled: tuple[Filled, ...]
    """Gaps that were filled."""


def open_column(spec: FileSeries, path: Path) -> tuple[Table, Periods, float, list[Issue]]:
    """Open a table, find a column and the periods of its rows.

    Parameters
    ----------
    spec : FileSeries
        Column, kind and units.
    path : Path
        The file.

    Returns
    -------
    tuple
        The table, its periods, the factor to the canonical units, and the problems met so far.

    Raises
    ------
    DataError
        With every problem, if there is no such column or no periods.
    """
    table = read_table(path, spec.sheet or "", spec.column)
    issues: list[Issue] = []
    factor = factor_of(spec, table, issues)
    count = table.columns.count(spec.column)
    if count != 1:
        issues.append(column_issue(table, spec.column, count))
    periods, wrong = read_periods(table)
    issues += wrong
    if periods is None or count != 1:
        raise DataError(issues)
    return table, periods, factor, issues


def read_column(spec: FileSeries, path: Path) -> Column:
    """Read a column whole and fill its gaps as the series says.

    Parameters
    ----------
    spec : FileSeries
        Column, kind, units and what to do with gaps.
    path : Path
        The file.

    Raises
    ------
    DataError
        With every problem of the column; values that are missing are none.
    """
    table, periods, factor, issues = open_column(spec, path)
    if not periods.number.size:
        raise DataError(
            Issue(
                Message("文件没有数据行", "the file has no rows"),
                "",
                table.file,
                expected=Message(f"每个时段（{periods.step}）一行", f"one row per {periods.step}"),
            )
        )
    issues += order_issues(table, periods)
    first = int(periods.number.min())
    values = np.full(int(periods.number.max()) - first + 1, np.nan)
    wrong_rows = []
    for row, cell in enumerate(table.column(spec.column)):
        value, problem = read_number(cell)
        if problem:
            wrong_rows.append(row)
        elif value is not None:
            values[periods.number[row] - first] = value * factor
    issues += number_issues(table, spec.column, wrong_rows)
    if issues:
        raise DataError(issues)
    if not isinstance(spec.gaps, GapFill):
        return Column(periods.step, first, values, ())
    values, filled = fill(values, first, periods.step, spec.gaps)
    values, first, added = whole_months(values, first, periods.step, spec.gaps.ends)
    return Column(periods.step, first, values, filled + added)


def of_series(issue: Issue, where: str) -> Issue:
    """Say of which series a problem is; one without a line of the file is of a key of the series.

    Parameters
    ----------
    issue : Issue
        Its ``where`` is the key, e.g. ``units``; ``file`` if empty.
    where : str
        Place of the series in the model.
    """
    key = issue.where or ("file" if issue.file and not issue.line else "")
    return replace(issue, where=".".join(part for part in (where, key if where else "") if part))


def column_issue(table: Table, column: str, count: int) -> Issue:
    """Report a column that is missing, or there more than once."""
    twice = Message(f"列 {column!r} 出现了两次", f"column {column!r} stands twice")
    absent = Message(f"文件中没有列 {column!r}", f"column {column!r} is not in the file")
    expected, near = one_of(table.columns), nearest(column, table.columns)
    return Issue(twice if count else absent, "column", table.file, 0, 0, expected, near)


def factor_of(spec: FileSeries, table: Table, issues: list[Issue]) -> float:
    """Give the factor from the file's units to the canonical ones."""
    dimension = KINDS[spec.kind]
    stated = table.units.get(spec.column)
    text = spec.units if spec.units is not None else stated
    if text is None:
        example = repr(units.DIMENSIONS[dimension].unit)
        named = units.expected(dimension).split(" such as")[0]
        expected = Message(f"单位，例如 {example}", f"units of {named}, e.g. {example}")
        issues.append(
            Issue(Message("缺少单位", "the units are missing"), "units", table.file, expected=expected)
        )
        return 1.0
    try:
        factor = units.factor(text, dimension)
        if stated is not None and not math.isclose(units.factor(stated, dimension), factor):
            message = Message(
                f"文件写的是 {stated!r}，模型写的是 {text!r}",
                f"the file says {stated!r}, the model says {text!r}",
            )
            issues.append(Issue(message, "units", table.file, expected=Message("同一单位", "the same units")))
    except units.UnitError as error:
        expected = Message(
            f"形如 {units.DIMENSIONS[dimension].unit!r} 的单位",
            f"units such as {units.DIMENSIONS[dimension].unit!r}",
        )
        issues.append(Issue(error.message, "units", table.file, 0, 0, expected, error.nearest))
        return 1.0
    return factor


def order_issues(table: Table, periods: Periods) -> list[Issue]:
    """Report rows that repeat a period or go back in time; many that repeat one as one habit."""
    issues: list[Issue] = []
    first: dict[int, int] = {}
    again: list[int] = []
    latest = -1
    for row, period in enumerate(periods.number.tolist()):
        line, label = table.lines[row], name(periods.step, period)
        if period in first:
            place = table.lines[first[period]] if line else first[period] + 1
            zh, en = f"第 {place} 行", f"{'line' if line else 'row'} {place}"
            message = Message(f"{label} 给了两次，第一次在{zh}", f"{label} is given twice, first in {en}")
            again.append(len(issues))
            issues.append(row_issue(table, row, message))
        elif period < latest:
            message = Message(
                f"{label} 排在 {name(periods.step, latest)} 之后",
                f"{label} comes after {name(periods.step, latest)}",
            )
            issues.append(row_issue(table, row, message, Message("按时间排序的行", "rows in order")))
        first.setdefault(period, row)
        latest = max(latest, period)
    if len(again) <= FEW_TWICE:
        return issues
    kept = issues[again[0]]
    told = Message(
        f"；共 {len(again)} 行的日期在前面已有，可能是几个站点上下排在同一个文件里",
        f"; {len(again)} rows in all have a date that stands above, as where several stations are stacked",
    )
    step = STEP_WORDS[periods.step]
    expected = Message(f"每{step.zh}一行，各站点各占一列", f"one row per {periods.step}, stations in columns")
    others = [issue for number, issue in enumerate(issues) if number not in set(again)]
    return [replace(kept, message=Message("", "") + kept.message + told, expected=expected), *others]


def read_number(cell: Any) -> tuple[float | None, str]:
    """Read a cell: its value (None if it is empty) and what is wrong with it."""
    if cell is None or (isinstance(cell, str) and cell.strip().casefold() in _MISSING):
        return None, ""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None, Message(f"{cell!r} 不是数", f"{cell!r} is not a number")
    if math.isnan(value):
        return None, ""
    if math.isinf(value):
        return None, Message(f"{cell!r} 不是有限的数", f"{cell!r} is not a finite number")
    return (value, "") if value >= 0 else (None, Message(f"{value:g} 为负", f"{value:g} is negative"))


def number_issues(table: Table, column: str, rows: list[int]) -> list[Issue]:
    """Report the cells of some rows that are no numbers; those with commas together, as one habit."""
    cells = table.column(column)
    hints = {row: units.comma_hint(str(cells[row])) for row in rows}
    commas = [row for row in rows if hints[row]]
    count = (
        Message(f"（{column!r} 有 {len(commas)} 行如此）", f" (so in {len(commas)} rows of {column!r})")
        if len(commas) > 1
        else ""
    )
    issues = [row_issue(table, row, hints[row] + count) for row in commas[:1]]
    others = [row for row in rows if not hints[row]]
    return issues + [
        row_issue(table, row, wrong, _NOT_NEGATIVE if "negative" in wrong else _A_NUMBER)
        for row, wrong in ((row, read_number(cells[row])[1]) for row in others)
    ]


def row_issue(table: Table, row: int, message: str, expected: str = "") -> Issue:
    """Place an issue at a row; formats without lines get the number of the row in the message."""
    line = table.lines[row]
    text = message if line else Message(f"第 {row + 1} 行：", f"row {row + 1}: ") + message
    return Issue(text, "", table.file, line, 0, expected)


def runs_of(periods: list[int]) -> list[tuple[int, int]]:
    """Join consecutive periods into (first, last)."""
    runs: list[tuple[int, int]] = []
    for period in periods:
        if runs and period == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], period)
        else:
            runs.append((period, period))
    return runs


def span(step: str, start: int, end: int) -> Message:
    """Name one period or a range of them."""
    first, last = name(step, start), name(step, end)
    return Message(first, first) if start == end else Message(f"{first} 至 {last}", f"{first} to {last}")
