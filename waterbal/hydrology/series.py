"""Reading a time series from a file onto the steps of a run.

A file may be finer than the run: days and dekads are summed (volumes, depths) or averaged by length (rates,
factors). It may not be coarser, because that would invent when the water came. Rows outside the run are not
looked at; every step inside it needs a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import (
    SUMMED,
    number_issues,
    of_series,
    open_column,
    order_issues,
    read_column,
    read_number,
    row_issue,
    runs_of,
    span,
)
from waterbal.hydrology.lognormal import generate
from waterbal.hydrology.periods import STEP_WORDS, STEPS, Periods, lengths, number
from waterbal.hydrology.tables import Table
from waterbal.model.rows import Floats, Ints, TimeAxis
from waterbal.model.series_spec import FileSeries, GapFill, LognormalSeries

MAX_ISSUES = 50
"""Most issues that are reported for one series."""


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
        issues = [of_series(issue, where) for issue in error.issues]
        if len(issues) > MAX_ISSUES:
            next_ = issues[MAX_ISSUES]
            rest = Issue(
                Message(f"另有 {len(issues) - MAX_ISSUES} 处", f"and {len(issues) - MAX_ISSUES} more"),
                next_.where,
                next_.file,
                next_.line,
            )
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
    if isinstance(spec.gaps, GapFill):
        return _read_filled(spec, spec.gaps, path, axis)
    table, periods, factor, issues = open_column(spec, path)
    if STEPS.index(periods.step) > STEPS.index(axis.step):
        raise DataError([*issues, _too_coarse(periods.step, axis, table.file)])
    issues += order_issues(table, periods)
    wanted = _wanted(periods.step, axis)
    values = _values(table, spec, periods, wanted, issues)
    if issues:
        raise DataError(issues)
    return _to_steps(values * factor, wanted, periods.step, axis, spec.kind in SUMMED)


def _read_filled(spec: FileSeries, gaps: GapFill, path: Path, axis: TimeAxis) -> Floats:
    """Read a series whose gaps are filled; what is still missing is refused."""
    column = read_column(spec, path)
    if STEPS.index(column.step) > STEPS.index(axis.step):
        raise DataError(_too_coarse(column.step, axis, str(path)))
    wanted = _wanted(column.step, axis)
    last = column.first + column.values.size - 1
    if wanted[0] < column.first or wanted[-1] > last:
        there, needed = span(column.step, column.first, last), span(column.step, *_ends(wanted))
        message = Message(
            f"文件覆盖 {there.zh}，计算需要 {needed.zh}", f"the file covers {there}, the run needs {needed}"
        )
        raise DataError(
            Issue(
                message, "", str(path), expected=Message("覆盖计算时段的文件", "a file that covers the run")
            )
        )
    values = column.values[wanted - column.first]
    missing = runs_of(wanted[np.isnan(values)].tolist())
    if missing:
        expected = Message(
            f"两值之间不超过 {gaps.longest} 个的缺测", f"gaps of at most {gaps.longest}, between values"
        )
        raise DataError(
            [
                Issue(
                    Message(
                        f"{span(column.step, start, end).zh} 没有值",
                        f"no value for {span(column.step, start, end)}",
                    ),
                    "gaps",
                    str(path),
                    expected=expected,
                )
                for start, end in missing
            ]
        )
    return _to_steps(values, wanted, column.step, axis, spec.kind in SUMMED)


def _too_coarse(step: str, axis: TimeAxis, file: str) -> Issue:
    """Say that a file cannot tell when in its periods the water came."""
    message = Message(
        f"文件按 {step} 给值，计算需要按 {axis.step}",
        f"the file has one value per {step}, the run needs one per {axis.step}",
    )
    return Issue(
        message, "", file, expected=Message("更细的系列，或更粗的计算时段", "a finer series or a coarser run")
    )


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
    wrong: list[int] = []
    for index, period in enumerate(wanted.tolist()):
        position = row_of.get(period)
        if position is None:
            absent.append(period)
            continue
        value, problem = read_number(cells[position])
        if problem:
            wrong.append(position)
        elif value is None:
            empty.append(period)
        else:
            values[index] = value
    issues += number_issues(table, spec.column, wrong)
    issues += _absent_issues(table, periods, wanted, absent)
    for start, end in runs_of(empty):
        message = Message(
            f"{spec.column!r} 在 {span(periods.step, start, end).zh} 没有值",
            f"{spec.column!r} has no value for {span(periods.step, start, end)}",
        )
        issues.append(
            row_issue(
                table,
                row_of[start],
                message,
                Message("计算各时段都有数", "a number in every step of the run"),
            )
        )
    return values


def _absent_issues(table: Table, periods: Periods, wanted: Ints, absent: list[int]) -> list[Issue]:
    """Report wanted periods that have no row: years the file does not cover, and gaps inside it."""
    step = periods.step
    if not periods.number.size:
        return [
            Issue(
                Message("文件没有数据行", "the file has no rows"),
                "",
                table.file,
                expected=Message(f"每{STEP_WORDS[step].zh}一行", f"one row per {step}"),
            )
        ]
    low, high = int(periods.number.min()), int(periods.number.max())
    issues = []
    outside = [period for period in absent if not low <= period <= high]
    if outside:
        message = Message(
            f"文件覆盖 {span(step, low, high).zh}，计算需要 {span(step, *_ends(wanted)).zh}",
            f"the file covers {span(step, low, high)}, the run needs {span(step, *_ends(wanted))}",
        )
        issues.append(
            Issue(
                message, "", table.file, expected=Message("覆盖计算时段的文件", "a file that covers the run")
            )
        )
    for start, end in runs_of([period for period in absent if low <= period <= high]):
        after = int(np.argmax(periods.number > end))
        message = Message(
            f"此行之前缺少 {span(step, start, end).zh}",
            f"{span(step, start, end)} is missing before this row",
        )
        issues.append(
            row_issue(table, after, message, Message(f"每{STEP_WORDS[step].zh}一行", f"one row per {step}"))
        )
    return issues


def _ends(periods: Ints) -> tuple[int, int]:
    """Give the first and the last of some periods."""
    return int(periods[0]), int(periods[-1])


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
