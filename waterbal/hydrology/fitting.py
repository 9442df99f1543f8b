"""Fitting the statistics of a model's sites, or of records without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.hydrology.fit import fit
from waterbal.hydrology.record import cut, read_record
from waterbal.model.fitted import Fitted
from waterbal.model.fitted_file import fitted_text
from waterbal.model.hydrology import Law
from waterbal.model.root import Model
from waterbal.model.series_spec import FileSeries, LognormalSeries

MARGINS: tuple[str, ...] = get_args(Law)
"""Distributions of months."""
REMARK = "Statistics of series, written by `waterbal hydrology fit` for `hydrology: {kind: generated, fitted: FILE}`."
FORMAT = (b"# Statis",)
"""How such files begin."""


def sites_of(model: Model | None, sites: Sequence[str], observed: Sequence[str]) -> list[str]:
    """Return the sites to fit: those that are asked for, or the model's, or those with a record given.

    Raises
    ------
    UsageError
        If there is none, or one that the model does not have.
    """
    if sites:
        wanted = list(dict.fromkeys(sites))
    elif model is not None and model.hydrology is not None:
        wanted = list(model.hydrology.sites)
    else:
        wanted = list(dict.fromkeys(observed))
    known = [*(model.series if model is not None else ()), *observed]
    issues = [
        Issue(
            Message(f"没有系列 {site!r}", f"there is no series {site!r}"),
            "--site",
            expected=one_of(known),
            nearest=nearest(site, known),
        )
        for site in wanted
        if site not in known
    ]
    if not wanted:
        expected = Message(
            "--site 名称，或 --observed 名称=文件:列:单位",
            "--site NAME, or --observed NAME=FILE:COLUMN:UNITS",
        )
        issues.append(
            Issue(Message("没有可供率定的站点", "there are no sites to fit"), "--site", expected=expected)
        )
    if issues:
        raise UsageError(issues)
    return wanted


def fit_sites(
    model: Model | None,
    base_dir: str | Path,
    sites: Sequence[str],
    observed: Mapping[str, FileSeries],
    margin: str = "pearson3",
    part: str = "",
) -> Fitted:
    """Fit the statistics of some sites.

    Parameters
    ----------
    model : Model or None
        Has the series and says which part of the record is used; None where all records are given.
    base_dir : str or Path
        Directory that the files of the model are relative to.
    sites : sequence of str
        As ``sites_of`` gives them.
    observed : mapping
        Site -> record in place of the model's own.
    margin : str
        One of ``MARGINS``.
    part : str
        ``FIRST..LAST`` months that are used; all if empty.

    Raises
    ------
    UsageError
        If there is no such distribution.
    DataError
        If a record cannot be read, or is too short.
    """
    if margin not in MARGINS:
        expected = one_of(MARGINS)
        raise UsageError(
            Issue(
                Message(f"没有分布 {margin!r}", f"no distribution {margin!r}"),
                "--margin",
                expected=expected,
                nearest=nearest(margin, MARGINS),
            )
        )
    series: dict[str, FileSeries | LognormalSeries] = dict(model.series) if model is not None else {}
    series |= dict(observed)
    record = read_record(series, sites, base_dir, None if model is None else model.hydrology)
    return fit(cut(record, part), series, margin)


def text(fitted: Fitted) -> str:
    """Return the file of some statistics."""
    return fitted_text(fitted, REMARK)


def summary(fitted: Fitted) -> dict[str, Any]:
    """Return what is told of some statistics: names and values, nested by site, in both languages."""
    told: dict[str, Any] = {}
    for name, site in fitted.sites.items():
        annual = site.annual
        lag1 = "-" if annual.lag1 is None else f"{annual.lag1:.2f}"
        record, shape = site.record, f"Cv {annual.cv:.3f}, Cs {annual.cs:.2f}"
        told[name] = {
            Message("系列", "record"): Message(
                f"{record.first} 至 {record.last}，{annual.years} 个完整年",
                f"{record.first} to {record.last}, {annual.years} complete years",
            ),
            Message("年值", "annual"): Message(
                f"均值 {annual.mean:.4g} {site.units}，{shape.replace(', ', '，')}，一阶自相关 {lag1}",
                f"mean {annual.mean:.4g} {site.units}, {shape}, lag-1 {lag1}",
            ),
            Message("各月年数", "years of a month"): _range(site.monthly.years, "d"),
        }
    for pair in fitted.correlation:
        told[" x ".join(pair.sites)] = _range(pair.values, ".2f") + Message("（各月）", " by month")
    return told


def _range(values: Sequence[float], form: str) -> Message:
    low, high = f"{min(values):{form}}", f"{max(values):{form}}"
    return Message(f"{low} 至 {high}", f"{low} to {high}")
