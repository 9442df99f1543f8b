"""Totals of years for a frequency analysis, from a file of days, dekads, months or years."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from waterbal import units
from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import (
    KINDS,
    SUMMED,
    column_issue,
    factor_of,
    number_issues,
    read_number,
    row_issue,
)
from waterbal.hydrology.frequency import Method
from waterbal.hydrology.gaps import Filled
from waterbal.hydrology.periods import DATES, PARTS
from waterbal.hydrology.record import Record, cut, month_text, period_of, read_record
from waterbal.hydrology.tables import Table, read_table
from waterbal.hydrology.typical import Choice, typical_years
from waterbal.model.rows import Floats, Ints
from waterbal.model.series_spec import FileSeries

_YEAR = ("year", "yr", "年", "年份")


@dataclass(frozen=True)
class Totals:
    """Totals of years: sums of volumes and depths, means of rates, in the units of the file."""

    name: str
    units: str
    kind: str
    years: Ints
    """ndarray (value), calendar year in which each year begins."""
    values: Floats
    """ndarray (value), oldest first."""
    left_out: tuple[int, ...]
    """Years that are not complete, those at the ends of which there are some months too."""
    filled: tuple[Filled, ...]
    """Gaps that were filled."""
    first_month: int
    record: Record | None
    """Months behind the totals; None where the file has one value per year."""


def totals(
    name: str, spec: FileSeries, base_dir: str | Path = ".", first_month: int = 1, part: str = ""
) -> Totals:
    """Read the totals of the complete years of a series.

    Parameters
    ----------
    name : str
        What the series is called.
    spec : FileSeries
        File, column, kind and units.
    base_dir : str or Path
        Directory that the file name is relative to.
    first_month : int
        Month in which a year begins.
    part : str
        ``FIRST..LAST`` months that are used; all if empty.

    Raises
    ------
    DataError
        With every problem of the file.
    """
    path = Path(base_dir) / spec.file
    table = read_table(path, spec.sheet or "", spec.column)
    year = _year_column(table)
    if year:
        return _of_years(name, spec, table, year, part)
    record = cut(read_record({name: spec}, [name], base_dir), part)
    years, values = record.table(name, first_month)
    factor = _factor(spec, table)
    whole = np.asarray(np.isfinite(values).all(axis=1))
    if not whole.any():
        message = Message("没有一个完整的年份", "no year is complete")
        raise DataError(
            Issue(
                message,
                file=str(path),
                expected=Message(
                    "至少一个完整年份，或填补缺测", "at least one whole year, or gaps that are filled"
                ),
            )
        )
    sums = values.sum(axis=1)
    if spec.kind not in SUMMED:
        days = _days(years, first_month)
        sums = (values * days).sum(axis=1) / days.sum(axis=1)
    known = np.flatnonzero(np.isfinite(values).any(axis=1))
    missing = tuple(int(y) for y in years[known[0] : known[-1] + 1][~whole[known[0] : known[-1] + 1]])
    ends = month_text(record.first), month_text(record.first + record.size - 1)
    filled = tuple(
        gap for gap in record.filled.get(name, ()) if gap.last[:7] >= ends[0] and gap.first[:7] <= ends[1]
    )
    shown = spec.units or table.units.get(spec.column, units.DIMENSIONS[KINDS[spec.kind]].unit)
    return Totals(
        name, shown, spec.kind, years[whole], sums[whole] / factor, missing, filled, first_month, record
    )


def typical(one: Totals, probabilities: list[float], method: Method) -> Choice | None:
    """Choose the typical years of a series; None where the file has no months."""
    if one.record is None:
        return None
    years, table = one.record.table(one.name)
    rates = {one.name: one.kind not in SUMMED}
    return typical_years(
        {one.name: table}, int(years[0]), rates, one.name, probabilities, method, one.first_month
    )


def _days(years: Ints, first_month: int) -> Floats:
    """Return the lengths of the months [d] of years, ndarray (year, 12)."""
    first = (years[:, None] - 1970) * 12 + first_month - 1 + np.arange(13)
    starts = first.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.diff(starts, axis=1).astype(np.float64)


def _factor(spec: FileSeries, table: Table) -> float:
    """Return what the file's units are multiplied by to be canonical."""
    issues: list[Issue] = []
    factor = factor_of(spec, table, issues)
    if issues:
        raise DataError(issues)
    return factor


def _year_column(table: Table) -> str:
    """Return the name of the column of years, where a file has one value per year."""
    names = {column.casefold(): column for column in table.columns}
    if any(part in names for part in (*PARTS["month"], *DATES)):
        return ""
    return next((names[year] for year in _YEAR if year in names), "")


def _of_years(name: str, spec: FileSeries, table: Table, year_column: str, part: str) -> Totals:
    """Read a file of one value per year."""
    count = table.columns.count(spec.column)
    if count != 1:
        raise DataError(column_issue(table, spec.column, count))
    issues: list[Issue] = []
    found: dict[int, float] = {}
    wrong_rows: list[int] = []
    cells = zip(table.column(year_column), table.column(spec.column), strict=True)
    for row, (year_cell, cell) in enumerate(cells):
        year, wrong_year = read_number(year_cell)
        value, wrong = read_number(cell)
        if wrong_year or year is None or year != int(year):
            issues.append(
                row_issue(
                    table,
                    row,
                    Message(f"{year_cell!r} 不是年份", f"{year_cell!r} is not a year"),
                    Message("年份，例如 1999", "a year such as 1999"),
                )
            )
        elif wrong:
            wrong_rows.append(row)
        elif int(year) in found:
            issues.append(
                row_issue(table, row, Message(f"{int(year)} 给了两次", f"{int(year)} is given twice"))
            )
        elif value is not None:
            found[int(year)] = value
    issues += number_issues(table, spec.column, wrong_rows)
    if issues:
        raise DataError(issues)
    if part:
        period = period_of(part)
        first, last = (
            int(period.first[:4]) + (period.first[5:] > "01"),
            int(period.last[:4]) - (period.last[5:] < "12"),
        )
        found = {year: value for year, value in found.items() if first <= year <= last}
    if not found:
        raise DataError(Issue(Message("没有一年有值", "no year has a value"), file=table.file))
    years = np.array(sorted(found), dtype=np.int64)
    missing = tuple(sorted(set(range(int(years[0]), int(years[-1]) + 1)) - found.keys()))
    values = np.array([found[int(year)] for year in years])
    return Totals(name, spec.units or "", spec.kind, years, values, missing, (), 1, None)
