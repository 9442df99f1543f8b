"""Reading a time series from a file onto the steps of a run.

A file may be finer than the run: days and dekads are summed (volumes, depths) or averaged by length (rates,
factors). It may not be coarser, because that would invent when the water came. Rows outside the run are not
looked at; every step inside it needs a value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from waterbal import units
from waterbal.errors import DataError, Issue, nearest
from waterbal.hydrology.lognormal import generate
from waterbal.hydrology.periods import STEPS, Periods, lengths, name, number, read_periods
from waterbal.hydrology.tables import Table, read_table
from waterbal.model.rows import Floats, Ints, TimeAxis
from waterbal.model.series_spec import FileSeries, LognormalSeries

MAX_ISSUES = 50
"""Most issues that are reported for one series."""
_SUMMED = {"volume": "volume", "depth": "depth"}
_AVERAGED = {"rate": "rate", "factor": "fraction", "concentration": "concentration"}
KINDS: Mapping[str, str] = {**_SUMMED, **_AVERAGED}
"""Kind of series -> its dimension in ``waterbal.units``."""
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", "—", "缺测", "/"}


def read_series(
    spec: FileSeries | LognormalSeries, base_dir: str | Path, axis: TimeAxis, where: str = ""
) -> Floats:
    """Read one series, or draw it where it is described by statistics.

    Parameters
    ----------
    spec : FileSeries or LognormalSeries
        File, column, kind and units; or statistics and seed.
    base_dir : str or Path
        Directory that the file name is relative to.
    axis : TimeAxis
        Steps of the run.
    where : str
        Place of the series in the model, for messages.

    Returns
    -------
    ndarray (time)
        [1e4 m3] per step for ``volume``, mean [1e4 m3/d] for ``rate``, [mm] per step for ``depth``,
        [kg/m3] for ``concentration``, [-] for ``factor``.

    Raises
    ------
    DataError
        With every problem of the series.
    """
    try:
        if isinstance(spec, LognormalSeries):
            return generate(spec, axis)
        return _read(spec, Path(base_dir) / spec.file, axis)
    except DataError as error:
        issues = [replace(issue, where=issue.where or where) for issue in error.issues]
        if len(issues) > MAX_ISSUES:
            rest = Issue(f"and {len(issues) - MAX_ISSUES} more", where, issues[0].file)
            issues = [*issues[:MAX_ISSUES], rest]
        raise DataError(issues) from None


def read_all(
    specs: Mapping[str, FileSeries | LognormalSeries], base_dir: str | Path, axis: TimeAxis
) -> dict[str, Floats]:
    """Read several series; all problems are raised at once, those of a shared file one time only."""
    series: dict[str, Floats] = {}
    found: dict[Issue, list[str]] = {}
    for key, spec in specs.items():
        try:
            series[key] = read_series(spec, base_dir, axis, f"series.{key}")
        except DataError as error:
            for issue in error.issues:
                found.setdefault(replace(issue, where=""), []).append(issue.where)
    if found:
        raise DataError([replace(issue, where=", ".join(names)) for issue, names in found.items()])
    return series


def _read(spec: FileSeries, path: Path, axis: TimeAxis) -> Floats:
    """Read, check and align a series."""
    table = read_table(path, spec.sheet or "", spec.column)
    issues: list[Issue] = []
    factor = _factor(spec, table, issues)
    count = table.columns.count(spec.column)
    if count != 1:
        message = f"column {spec.column!r} " + ("stands twice" if count else "is not in the file")
        expected = "one of " + ", ".join(table.columns)
        issues.append(Issue(message, "", table.file, 0, 0, expected, nearest(spec.column, table.columns)))
    periods, wrong = read_periods(table)
    issues += wrong
    if periods is None or count != 1:
        raise DataError(issues)
    if STEPS.index(periods.step) > STEPS.index(axis.step):
        message = f"the file has one value per {periods.step}, the run needs one per {axis.step}"
        raise DataError([*issues, Issue(message, "", table.file, expected="a finer series or a coarser run")])
    issues += _order_issues(table, periods)
    wanted = _wanted(periods.step, axis)
    values = _values(table, spec, periods, wanted, issues)
    if issues:
        raise DataError(issues)
    return _to_steps(values * factor, wanted, periods.step, axis, spec.kind in _SUMMED)


def _factor(spec: FileSeries, table: Table, issues: list[Issue]) -> float:
    """Give the factor from the file's units to the canonical ones."""
    dimension = KINDS[spec.kind]
    stated = table.units.get(spec.column)
    text = spec.units if spec.units is not None else stated
    if text is None:
        expected = f"units of {units.expected(dimension).split(' such as')[0]}, e.g. "
        expected += repr(units.DIMENSIONS[dimension].unit)
        issues.append(Issue("the units are missing", "", table.file, expected=expected))
        return 1.0
    try:
        factor = units.factor(text, dimension)
        if stated is not None and not math.isclose(units.factor(stated, dimension), factor):
            message = f"the file says {stated!r}, the model says {text!r}"
            issues.append(Issue(message, "", table.file, expected="the same units"))
    except units.UnitError as error:
        expected = f"units such as {units.DIMENSIONS[dimension].unit!r}"
        issues.append(Issue(error.message, "", table.file, 0, 0, expected, error.nearest))
        return 1.0
    return factor


def _order_issues(table: Table, periods: Periods) -> list[Issue]:
    """Report rows that repeat a period or go back in time."""
    issues = []
    first: dict[int, int] = {}
    latest = -1
    for row, period in enumerate(periods.number.tolist()):
        line, label = table.lines[row], name(periods.step, period)
        if period in first:
            at = f"line {table.lines[first[period]]}" if line else f"row {first[period] + 1}"
            issues.append(_row_issue(table, row, f"{label} is given twice, first in {at}"))
        elif period < latest:
            message = f"{label} comes after {name(periods.step, latest)}"
            issues.append(_row_issue(table, row, message, "rows in order"))
        first.setdefault(period, row)
        latest = max(latest, period)
    return issues


def _wanted(step: str, axis: TimeAxis) -> Ints:
    """Give the periods of a file that a run needs."""
    start = axis.start[0].astype("datetime64[D]").item()
    last = (axis.end[-1].astype("datetime64[D]") - np.timedelta64(1, "D")).item()
    first = number(step, start.year, start.month, start.day)
    return np.arange(first, number(step, last.year, last.month, last.day) + 1, dtype=np.int64)


def _values(table: Table, spec: FileSeries, periods: Periods, wanted: Ints, issues: list[Issue]) -> Floats:
    """Give one value per wanted period, reporting periods and values that are missing or wrong."""
    row_of: dict[int, int] = {}
    for row, period in enumerate(periods.number.tolist()):
        row_of.setdefault(period, row)
    cells = table.column(spec.column)
    values = np.zeros(wanted.size)
    absent: list[int] = []
    empty: list[int] = []
    for index, period in enumerate(wanted.tolist()):
        position = row_of.get(period)
        if position is None:
            absent.append(period)
            continue
        value, problem = _number(cells[position])
        if problem:
            issues.append(_row_issue(table, position, problem, "a number"))
        elif value is None:
            empty.append(period)
        else:
            values[index] = value
    issues += _absent_issues(table, periods, wanted, absent)
    for start, end in _runs(empty):
        message = f"{spec.column!r} has no value for {_span(periods.step, start, end)}"
        issues.append(_row_issue(table, row_of[start], message, "a number in every step of the run"))
    return values


def _number(cell: Any) -> tuple[float | None, str]:
    """Read a cell: its value (None if it is empty) and what is wrong with it."""
    if cell is None or (isinstance(cell, str) and cell.strip().casefold() in _MISSING):
        return None, ""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None, f"{cell!r} is not a number"
    if math.isnan(value):
        return None, ""
    if math.isinf(value):
        return None, f"{cell!r} is not a finite number"
    return (value, "") if value >= 0 else (None, f"{value:g} is negative")


def _absent_issues(table: Table, periods: Periods, wanted: Ints, absent: list[int]) -> list[Issue]:
    """Report wanted periods that have no row: years the file does not cover, and gaps inside it."""
    step = periods.step
    if not periods.number.size:
        return [Issue("the file has no rows", "", table.file, expected=f"one row per {step}")]
    low, high = int(periods.number.min()), int(periods.number.max())
    issues = []
    outside = [period for period in absent if not low <= period <= high]
    if outside:
        message = f"the file covers {_span(step, low, high)}, the run needs {_span(step, *_ends(wanted))}"
        issues.append(Issue(message, "", table.file, expected="a file that covers the run"))
    for start, end in _runs([period for period in absent if low <= period <= high]):
        after = int(np.argmax(periods.number > end))
        message = f"{_span(step, start, end)} is missing before this row"
        issues.append(_row_issue(table, after, message, f"one row per {step}"))
    return issues


def _row_issue(table: Table, row: int, message: str, expected: str = "") -> Issue:
    """Place an issue at a row; formats without lines get the number of the row in the message."""
    line = table.lines[row]
    text = message if line else f"row {row + 1}: {message}"
    return Issue(text, "", table.file, line, 0, expected)


def _runs(periods: list[int]) -> list[tuple[int, int]]:
    """Join consecutive periods into (first, last)."""
    runs: list[tuple[int, int]] = []
    for period in periods:
        if runs and period == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], period)
        else:
            runs.append((period, period))
    return runs


def _ends(periods: Ints) -> tuple[int, int]:
    """Give the first and the last of some periods."""
    return int(periods[0]), int(periods[-1])


def _span(step: str, start: int, end: int) -> str:
    """Name one period or a range of them."""
    return name(step, start) if start == end else f"{name(step, start)} to {name(step, end)}"


def _to_steps(values: Floats, wanted: Ints, step: str, axis: TimeAxis, summed: bool) -> Floats:
    """Sum or average the values of a file over the steps of a run."""
    if step == axis.step:
        return values
    days = lengths(step, wanted)
    origin = axis.start[0].astype("datetime64[D]")
    starts = (axis.start.astype("datetime64[D]") - origin).astype(np.int64)
    first_days = np.concatenate([[0.0], np.cumsum(days)[:-1]])
    first_row = np.searchsorted(first_days, starts)
    if summed:
        return np.add.reduceat(values, first_row)
    totals: Floats = np.add.reduceat(values * days, first_row)
    return totals / np.add.reduceat(days, first_row)
