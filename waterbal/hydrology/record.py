"""The sites' own record, whatever the steps of a run: months by site, and how water came inside a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from waterbal.errors import DataError, Issue, Message, UsageError, joined, one_of
from waterbal.hydrology.columns import SUMMED, Column, of_series, read_column, runs_of, span
from waterbal.hydrology.gaps import Filled
from waterbal.hydrology.periods import lengths, name, number
from waterbal.model.fitted import Period
from waterbal.model.hydrology import AnyHydrology
from waterbal.model.rows import Floats, Ints, TimeAxis
from waterbal.model.series_spec import FileSeries, LognormalSeries, kind_of

_NO_GAPS = Message(
    "'incomplete_years: leave_out'，或用系列的 'gaps' 填补",
    "'incomplete_years: leave_out', or 'gaps' of the series that fill them",
)


@dataclass(frozen=True)
class Record:
    """Months of some sites; nan where a month is not complete."""

    sites: tuple[str, ...]
    kinds: tuple[str, ...]
    """Kind of each site: ``volume``, ``rate``, ``depth``, ``factor``, ``concentration``."""
    first: int
    """Number of the first month, ``year * 12 + month - 1``."""
    values: Floats
    """ndarray (month, site): totals of volumes and depths [1e4 m3], [mm]; means of rates [1e4 m3/d]."""
    columns: tuple[Column | None, ...]
    """The file of each site on its own steps, None where it is of months."""
    filled: Mapping[str, tuple[Filled, ...]]
    """Site -> gaps that were filled."""

    @property
    def size(self) -> int:
        """Number of months."""
        return int(self.values.shape[0])

    def table(self, site: str, first_month: int = 1) -> tuple[Ints, Floats]:
        """Give the record of a site as years by months.

        Parameters
        ----------
        site : str
            Its name.
        first_month : int
            Month in which a year begins; it is named after the calendar year of that month.

        Returns
        -------
        years : ndarray (year)
        values : ndarray (year, 12)
            From ``first_month`` on, nan where a month is missing or outside the record.
        """
        years, index = self._years(first_month)
        padded = np.append(self.values[:, self.sites.index(site)], np.nan)
        return years, padded[index]

    def complete_years(self, first_month: int = 1) -> Ints:
        """Give the years in which every site has twelve months; ndarray (year)."""
        years, index = self._years(first_month)
        padded = np.vstack([self.values, np.full(len(self.sites), np.nan)])
        return years[~np.isnan(padded[index]).any(axis=(1, 2))]

    def _years(self, first_month: int) -> tuple[Ints, Ints]:
        """Give the years and the row of each of their months; the row after the last stands for none."""
        low = (self.first - (first_month - 1)) // 12
        high = (self.first + self.size - 1 - (first_month - 1)) // 12
        years = np.arange(low, high + 1, dtype=np.int64)
        index = years[:, None] * 12 + first_month - 1 + np.arange(12) - self.first
        return years, np.where((index >= 0) & (index < self.size), index, self.size)

    def part(self, first: int, last: int) -> Record:
        """Give the months from a first to a last number."""
        low, high = max(first, self.first), min(last, self.first + self.size - 1)
        return replace(self, first=low, values=self.values[low - self.first : high + 1 - self.first])

    def among(self, sites: Sequence[str], series: Mapping[str, FileSeries | LognormalSeries]) -> Record:
        """Give the record of more sites, of which those that are not in it have no values."""
        index = [self.sites.index(site) if site in self.sites else -1 for site in sites]
        padded = np.hstack([self.values, np.full((self.size, 1), np.nan)])
        return replace(
            self,
            sites=tuple(sites),
            kinds=tuple(kind_of(series[site]) for site in sites),
            values=padded[:, index],
            columns=tuple(self.columns[i] if i >= 0 else None for i in index),
        )


def cut(record: Record, part: str) -> Record:
    """Give the part ``FIRST..LAST`` of a record, e.g. ``2002-01..2022-12``; all of it if the text is empty.

    Raises
    ------
    UsageError
        If the text is no such part.
    DataError
        If the record has none of its months.
    """
    if not part:
        return record
    period = period_of(part)
    low, high = month_number(period.first), month_number(period.last)
    if high < record.first or low >= record.first + record.size:
        span = f"{month_text(record.first)} to {month_text(record.first + record.size - 1)}"
        raise DataError(
            Issue(
                Message(f"实测系列为 {span.replace(' to ', ' 至 ')}", f"the record covers {span}"),
                "--record",
                expected=Message("其中的一段", "a part of it"),
            )
        )
    return record.part(low, high)


def period_of(part: str) -> Period:
    """Read ``FIRST..LAST``, two months."""
    first, _, last = part.partition("..")
    try:
        return Period.model_validate({"first": first, "last": last})
    except ValidationError:
        expected = Message("起..止，例如 2002-01..2022-12", "FIRST..LAST such as 2002-01..2022-12")
        raise UsageError(
            Issue(
                Message(f"{part!r} 不是系列中的一段", f"{part!r} is no part of a record"),
                "--record",
                expected=expected,
            )
        ) from None


def month_number(text: str) -> int:
    """Give the number of a month such as ``1999-01``."""
    return int(text[:4]) * 12 + int(text[5:]) - 1


def month_text(month: int) -> str:
    """Name a month by its number."""
    return name("month", month)


def read_record(
    series: Mapping[str, FileSeries | LognormalSeries],
    sites: Sequence[str],
    base_dir: str | Path,
    hydrology: AnyHydrology | None = None,
) -> Record:
    """Read the whole record of some sites.

    Parameters
    ----------
    series : mapping
        Series of the model.
    sites : sequence of str
        Names of series from files.
    base_dir : str or Path
        Directory that file names are relative to.
    hydrology : Hydrology, optional
        Its ``record``, ``records``, ``regimes`` and ``regime`` say which part is used.

    Returns
    -------
    Record
        From the first month of any site to the last; sites may begin and end in different months.

    Raises
    ------
    DataError
        With every problem of the files, and if the record crosses regimes without one being chosen.
    """
    columns: list[Column] = []
    issues: dict[Issue, list[str]] = {}
    for site in sites:
        spec = series[site]
        try:
            if not isinstance(spec, FileSeries):
                raise DataError(
                    Issue(
                        Message(
                            "没有实测系列，该系列按月生成", "there is no record, the series is drawn by month"
                        )
                    )
                )
            columns.append(read_column(spec, Path(base_dir) / spec.file))
        except DataError as error:
            for issue in error.issues:
                told = of_series(issue, f"series.{site}")
                issues.setdefault(replace(told, where=""), []).append(told.where)
    if issues:
        raise DataError([replace(issue, where=", ".join(names)) for issue, names in issues.items()])
    kinds = tuple(str(series[site].kind) for site in sites)
    months = [_months(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    first = min(start for start, _ in months)
    last = max(start + values.size for start, values in months)
    table = np.full((last - first, len(months)), np.nan)
    for index, (start, values) in enumerate(months):
        table[start - first : start - first + values.size, index] = values
    record = Record(
        tuple(sites), kinds, first, table,
        tuple(None if column.step == "month" else column for column in columns),
        {site: column.filled for site, column in zip(sites, columns, strict=True) if column.filled},
    )  # fmt: skip
    return record if hydrology is None else _chosen(_limited(record, hydrology.records), hydrology)


def _limited(record: Record, periods: Mapping[str, Period]) -> Record:
    """Take out the months of single sites that are not used."""
    values = record.values.copy()
    months = record.first + np.arange(record.size)
    for site, period in periods.items():
        if site in record.sites:
            used = (months >= month_number(period.first)) & (months <= month_number(period.last))
            values[~used, record.sites.index(site)] = np.nan
    return replace(record, values=values)


def _months(column: Column, kind: str) -> tuple[int, Floats]:
    """Sum or average a column over whole months; (number of the first month, values)."""
    if column.step == "month":
        return column.first, column.values
    numbers = np.arange(column.first, column.first + column.values.size, dtype=np.int64)
    if column.step == "dekad":
        month = numbers // 3
    else:
        days = np.datetime64("0001-01-01") + (numbers - 1)
        month = days.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    first = int(month[0])
    length = lengths(column.step, numbers)
    whole = lengths("month", np.arange(first, int(month[-1]) + 1))
    index = month - first
    covered = np.bincount(index, weights=length)
    weight = np.ones(numbers.size) if kind in SUMMED else length
    totals = np.bincount(index, weights=column.values * weight)
    values = totals if kind in SUMMED else totals / covered
    return first, np.where(covered == whole, values, np.nan)


def _chosen(record: Record, hydrology: AnyHydrology) -> Record:
    """Cut the record to the part that is asked for, and refuse one that crosses regimes."""
    wanted = [hydrology.record] if hydrology.record is not None else []
    if hydrology.regime is not None:
        wanted.append(hydrology.regimes[hydrology.regime])
    low = max([record.first, *(month_number(period.first) for period in wanted)])
    high = min([record.first + record.size - 1, *(month_number(period.last) for period in wanted)])
    if low > high:
        span = f"{month_text(record.first)} to {month_text(record.first + record.size - 1)}"
        message = Message(
            f"文件所含为 {span.replace(' to ', ' 至 ')}，与所要求的时段没有重叠",
            f"the files cover {span}, none of which is in the record that is asked for",
        )
        raise DataError(
            Issue(message, "hydrology.record", expected=Message("文件所含的一段", "a part of the files"))
        )
    if hydrology.regime is None:
        _one_population(hydrology, low, high)
    return record.part(low, high)


def check_run(hydrology: AnyHydrology, axis: TimeAxis) -> None:
    """Refuse a run through the record as it is that leaves the regime, or crosses regimes without one chosen.

    Raises
    ------
    DataError
        If it does.
    """
    low, high = run_month(axis.start[0]), run_month(axis.start[-1])
    if hydrology.regime is None:
        _one_population(hydrology, low, high)
        return
    period = hydrology.regimes[hydrology.regime]
    if low < month_number(period.first) or high > month_number(period.last):
        message = Message(
            f"自 {month_text(low)} 至 {month_text(high)} 的模拟不全在时期 {hydrology.regime!r} 之内",
            f"the run from {month_text(low)} to {month_text(high)} is not all in {hydrology.regime!r}",
        )
        raise DataError(
            Issue(
                message,
                "hydrology.regime",
                expected=Message(f"{period.first} 至 {period.last}", f"{period.first} to {period.last}"),
            )
        )


def _one_population(hydrology: AnyHydrology, low: int, high: int) -> None:
    """Refuse months that belong to several regimes."""
    met = [label for label, period in hydrology.regimes.items() if _overlaps(period, low, high)]
    if len(met) > 1:
        first, last = month_text(low), month_text(high)
        message = Message(
            f"自 {first} 至 {last} 的系列跨越{'、'.join(met)}几个时期，它们不属同一总体",
            f"the record from {first} to {last} reaches into {' and '.join(met)}, which are not one population",
        )
        raise DataError(Issue(message, "hydrology.regime", expected=one_of(met)))


def _overlaps(period: Period, low: int, high: int) -> bool:
    """Tell whether a period has months between two."""
    return month_number(period.first) <= high and month_number(period.last) >= low


def usable_years(record: Record, hydrology: AnyHydrology, first_month: int) -> Ints:
    """Give the years that can be used, and refuse gaps between them unless years may be left out.

    Parameters
    ----------
    record : Record
        The record.
    hydrology : Hydrology
        Its ``incomplete_years``.
    first_month : int
        Month in which a year begins.

    Returns
    -------
    ndarray (year)

    Raises
    ------
    DataError
        If there is none, or a gap between them.
    """
    years = record.complete_years(first_month)
    if not years.size:
        message = Message(
            f"下列站点没有都有值的年份（自 {first_month} 月起算）：",
            f"no year that begins in month {first_month} has values of all of ",
        ) + ", ".join(record.sites)
        raise DataError(
            Issue(message, "hydrology.sites", expected=Message("有共同年份的站点", "sites with common years"))
        )
    missing = gaps_between(record, years, first_month)
    if missing and hydrology.incomplete_years == "refuse":
        message = Message("系列中有缺测的年份：", "years of the record have gaps: ") + joined(missing)
        raise DataError(Issue(message, "hydrology.record", expected=_NO_GAPS))
    return years


def gaps_between(record: Record, years: Ints, first_month: int) -> tuple[Message, ...]:
    """Name the years between some that are not among them, each with the months that its sites lack."""
    missing = sorted(set(range(int(years[0]), int(years[-1]) + 1)) - set(years.tolist()))
    return tuple(_gap(record, year, first_month) for year in missing)


def missing_months(record: Record, hydrology: AnyHydrology) -> tuple[Message, ...]:
    """Name the months between the first and the last of each site that have no value.

    Parameters
    ----------
    record : Record
        The record.
    hydrology : Hydrology
        Its ``incomplete_years``.

    Returns
    -------
    tuple of Message
        Such as ``1985-03 to 1985-05 of rain``.

    Raises
    ------
    DataError
        If there are any, unless they may be left out.
    """
    found = []
    for index, site in enumerate(record.sites):
        known = np.flatnonzero(~np.isnan(record.values[:, index]))
        gaps = sorted(set(range(int(known[0]), int(known[-1]))) - set(known.tolist())) if known.size else []
        runs = runs_of([record.first + row for row in gaps])
        found += [_months_of(site, span("month", first, last)) for first, last in runs]
    if found and hydrology.incomplete_years == "refuse":
        message = Message("系列中有缺测的月份：", "months of the record have no value: ") + joined(found)
        raise DataError(Issue(message, "hydrology.record", expected=_NO_GAPS))
    return tuple(found)


def _gap(record: Record, year: int, first_month: int) -> Message:
    """Name a year that is not complete and the sites that lack months."""
    lacking = []
    for site in record.sites:
        years, values = record.table(site, first_month)
        count = int(np.isnan(values[years.tolist().index(year)]).sum())
        if count:
            lacking.append(Message(f"{site} 缺 {count} 个月", f"{count} of {site}"))
    sites = joined(lacking)
    return Message(f"{year}（{sites.zh}）", f"{year} ({sites})")


def _months_of(site: str, months: Message) -> Message:
    """Name months of a site."""
    return Message(f"{site} {months.zh}", f"{months} of {site}")


def run_month(axis_start: np.datetime64) -> int:
    """Give the number of the month of a date."""
    date = axis_start.astype("datetime64[D]").item()
    return number("month", date.year, date.month, 1)
