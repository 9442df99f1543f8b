"""The periods that the rows of a data file stand for: days, dekads or months."""

from __future__ import annotations

import calendar
import datetime
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.errors import Issue, Message, nearest
from waterbal.hydrology.tables import Table
from waterbal.model.rows import Floats, Ints

STEPS = ("day", "dekad", "month")
"""Steps from the finest to the coarsest."""

DATES = ("date", "time", "日期", "时间", "年月", "年月日")
PARTS = {
    "year": ("year", "yr", "年", "年份"),
    "month": ("month", "mon", "月", "月份"),
    "dekad": ("dekad", "旬"),
    "day": ("day", "日"),
}
"""Headers of columns of dates, or of parts of a date."""
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:[ T].*)?")
_COMPACT = re.compile(r"([12]\d{3})(\d{2})(\d{2})?")


@dataclass(frozen=True)
class Periods:
    """What each row of a table stands for."""

    step: str
    """``day``, ``dekad`` or ``month``."""
    number: Ints
    """ndarray (row), consecutive number of the period since year 0."""


STEP_WORDS = {"month": Message("月", "month"), "dekad": Message("旬", "dekad"), "day": Message("日", "day")}
"""Steps in both languages."""
CHINESE = {"year": "年份", "month": "月份", "dekad": "旬", "day": "日"}
"""Parts of a date in Chinese."""


def read_periods(table: Table, date_column: str = "") -> tuple[Periods | None, list[Issue]]:
    """Work out the period of each row from a date column or year, month and dekad or day columns.

    Parameters
    ----------
    table : Table
        Cells of the file.
    date_column : str
        Name of the date column; looked for if empty.

    Returns
    -------
    Periods or None
        None if there are issues.
    issues : list of Issue
        Cells that are no dates, or the columns that are missing.
    """
    names = {name.casefold(): name for name in table.columns}
    if date_column and date_column not in table.columns:
        near = nearest(date_column, table.columns)
        return None, [
            Issue(
                Message(f"没有列 {date_column!r}", f"there is no column {date_column!r}"),
                "",
                table.file,
                nearest=near,
            )
        ]
    date = date_column or next((names[name] for name in DATES if name in names), "")
    if date:
        return _from_dates(table, date)
    parts = {part: next((names[n] for n in spelt if n in names), "") for part, spelt in PARTS.items()}
    if parts["year"] and parts["month"]:
        return _from_parts(table, {part: name for part, name in parts.items() if name})
    expected = Message(
        "'日期'、'时间' 或 '年月'（date）列，或 '年'（year）与 '月'（month）列，加 '旬'（dekad）或 '日'（day）列",
        "a column 'date' (日期, 时间 or 年月), or 'year' (年) and 'month' (月) with 'dekad' (旬) or 'day' (日)",
    )
    return None, [Issue(Message("文件没有日期", "the file has no dates"), "", table.file, expected=expected)]


def _from_dates(table: Table, column: str) -> tuple[Periods | None, list[Issue]]:
    """Read a date column; whether its rows are days, dekads or months follows from their spacing."""
    dates: list[tuple[int, int, int]] = []
    issues: list[Issue] = []
    monthly = True
    for cell, line in zip(table.column(column), table.lines, strict=True):
        date = _date(cell)
        if date is None:
            message = Message(f"{cell!r} 不是日期", f"{cell!r} is not a date")
            issues.append(
                Issue(
                    message,
                    "",
                    table.file,
                    line,
                    0,
                    Message("形如 2001-05-01 的日期", "a date such as 2001-05-01"),
                )
            )
            continue
        monthly = monthly and date[2] == 0
        dates.append((date[0], date[1], date[2] or 1))
    if issues:
        return None, issues
    step = "month" if monthly else _spacing(dates)
    return Periods(step, np.array([number(step, *date) for date in dates], dtype=np.int64)), []


def _from_parts(table: Table, columns: dict[str, str]) -> tuple[Periods | None, list[Issue]]:
    """Read year, month and dekad or day columns."""
    step = "day" if "day" in columns else "dekad" if "dekad" in columns else "month"
    cells = {part: table.column(name) for part, name in columns.items()}
    numbers, issues = [], []
    for row, line in enumerate(table.lines):
        values = {part: _whole(column[row]) for part, column in cells.items()}
        wrong = [part for part, value in values.items() if value is None]
        year, month = values["year"] or 0, values["month"] or 0
        if not wrong and not (1 <= year <= 9999 and 1 <= month <= 12):
            wrong = ["month" if 1 <= year <= 9999 else "year"]
        day = 1
        if not wrong and step != "month":
            day = values[step] or 0
            limit = 3 if step == "dekad" else calendar.monthrange(year, month)[1]
            wrong = [] if 1 <= day <= limit else [step]
        if wrong:
            cell = cells[wrong[0]][row]
            issues.append(
                Issue(
                    Message(f"{cell!r} 不是{CHINESE[wrong[0]]}", f"{cell!r} is not a {wrong[0]}"),
                    "",
                    table.file,
                    line,
                )
            )
            continue
        numbers.append(number(step, year, month, 10 * day - 9 if step == "dekad" else day))
    if issues:
        return None, issues
    return Periods(step, np.array(numbers, dtype=np.int64)), []


def _date(cell: Any) -> tuple[int, int, int] | None:
    """Read one date; the day is 0 where only a month is given."""
    if isinstance(cell, datetime.date):
        return cell.year, cell.month, cell.day
    whole = isinstance(cell, float) and cell.is_integer()  # as a sheet gives a number such as 198001
    text = str(int(cell) if whole else cell).strip()
    match = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    if not (year and 1 <= month <= 12 and day <= calendar.monthrange(year, month)[1]):
        return None
    return (year, month, day) if match.group(3) is None or day else None


def _whole(cell: Any) -> int | None:
    """Read a whole number."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return int(value) if math.isfinite(value) and value == int(value) else None


def _spacing(dates: list[tuple[int, int, int]]) -> str:
    """Tell days, dekads and months apart by the smallest distance between different dates."""
    days = np.unique([number("day", *date) for date in dates])
    smallest = int(np.diff(days).min()) if days.size > 1 else 1
    return "month" if smallest >= 28 else "dekad" if smallest >= 8 else "day"


def number(step: str, year: int, month: int, day: int) -> int:
    """Give the consecutive number of the period that contains a date."""
    if step == "day":
        return datetime.date(year, month, day).toordinal()
    months = year * 12 + month - 1
    return months if step == "month" else months * 3 + min((day - 1) // 10, 2)


def first_day(step: str, period: int) -> datetime.date:
    """Give the first day of a period."""
    if step == "day":
        return datetime.date.fromordinal(period)
    months, dekad = (period, 0) if step == "month" else divmod(period, 3)
    return datetime.date(months // 12, months % 12 + 1, 10 * dekad + 1)


def name(step: str, period: int) -> str:
    """Name a period in messages: ``2001-05`` or ``2001-05-11``."""
    text = first_day(step, period).isoformat()
    return text[:7] if step == "month" else text


def lengths(step: str, periods: Ints) -> Floats:
    """Give the length of some periods [d]."""
    starts = [first_day(step, int(period)).toordinal() for period in periods]
    ends = [first_day(step, int(period) + 1).toordinal() for period in periods]
    return np.array(ends, dtype=np.float64) - np.array(starts, dtype=np.float64)
