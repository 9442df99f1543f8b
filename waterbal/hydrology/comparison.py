"""A model's hydrology against what was observed at its sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.ensemble import ensemble
from waterbal.hydrology.gaps import Filled
from waterbal.hydrology.record import Record, read_record
from waterbal.hydrology.statistics import Records, Site
from waterbal.hydrology.validation import Validation, validate
from waterbal.model.root import Model
from waterbal.model.rows import Floats
from waterbal.model.series_spec import FileSeries, LognormalSeries, kind_of
from waterbal.model.timeline import Time

DRAWN = ("generated", "resampled")
"""Kinds of hydrology that draw series."""


@dataclass(frozen=True)
class Comparison:
    """Outcome of a comparison."""

    validation: Validation
    without: tuple[str, ...]
    """Sites that are drawn but have no record to compare with."""
    filled: Mapping[str, tuple[Filled, ...]]
    """Site -> gaps of the record that were filled."""
    notes: tuple[Message, ...] = ()
    """What is known of the drawn series without drawing any: how unequally years are drawn, what is not kept."""


def drawn_sites(model: Model) -> dict[str, str]:
    """Return the sites that a model draws, with the kind of their series.

    Raises
    ------
    DataError
        If it draws none.
    """
    spec = model.hydrology
    if spec is not None and spec.kind not in DRAWN:
        message = Message(
            f"{spec.kind!r} 类水文不生成系列，没有可比较的",
            f"hydrology of kind {spec.kind!r} draws no series, there is nothing to compare",
        )
        raise DataError(
            Issue(
                message,
                "hydrology.kind",
                expected=Message("generated 或 resampled", "generated or resampled"),
            )
        )
    names = list(spec.sites) if spec is not None else []
    names += [
        name
        for name, series in model.series.items()
        if isinstance(series, LognormalSeries) and name not in names
    ]
    if not names:
        message = Message(
            "模型不生成系列，没有可比较的", "the model draws no series, there is nothing to compare"
        )
        raise DataError(
            Issue(
                message,
                "hydrology",
                expected=Message(
                    "generated 或 resampled 类的 'hydrology'", "'hydrology' of kind generated or resampled"
                ),
            )
        )
    return {name: kind_of(model.series[name]) for name in names}


def compare(
    model: Model,
    base_dir: str | Path,
    observed: Mapping[str, FileSeries] | None = None,
    realizations: int = 1000,
    level: float = 0.95,
) -> Comparison:
    """Hold what a model draws against the records of its sites.

    Parameters
    ----------
    model : Model
        With sites that are drawn. Climate change and dry years that are put into the run are left out, because the
        record has neither.
    base_dir : str or Path
        Directory that the files of the model are relative to.
    observed : mapping
        Site -> record to compare with, in place of the model's own.
    realizations : int
        Number of records drawn, at least 100.
    level : float [-]
        Share of them inside a band.

    Raises
    ------
    DataError
        If there is nothing to compare, or a record cannot be read.
    """
    sites = drawn_sites(model)
    issues = []
    if realizations < 100:
        message = Message(
            f"{realizations} 个水文样本不足以给出区间", f"{realizations} realizations are too few for bands"
        )
        issues.append(Issue(message, "--realizations", expected=Message("100 或更多", "100 or more")))
    if not 0.5 <= level < 1.0:
        message = Message(
            f"{100.0 * level:g} % 不能作为区间的水平", f"{100.0 * level:g} % is no level of a band"
        )
        issues.append(
            Issue(
                message,
                "--level",
                expected=Message("百分数，不小于 50 且小于 100", "per cent, 50 or more and below 100"),
            )
        )
    if issues:
        raise DataError(issues)
    given = {**model.series, **(observed or {})}
    files = {name: series for name in sites if isinstance(series := given[name], FileSeries)}
    if not files:
        message = Message("没有以下站点的实测系列：", "there is no record of ") + ", ".join(sites)
        raise DataError(
            Issue(
                message,
                "--observed",
                expected=Message("--observed 站点=文件:列:单位", "--observed SITE=FILE:COLUMN:UNITS"),
            )
        )
    record = read_record(files, list(files), base_dir, model.hydrology)
    records = records_of(record)
    first, last = records.first_year, records.first_year + records.years - 1

    def draw(start: int, end: int) -> Mapping[str, Floats]:
        many = drawing.draw_many(start, end)
        return {name: many[name].reshape(end - start, records.years, 12) for name in files}

    drawing = ensemble(_over(model, list(sites), first, last), base_dir)
    outcome = validate(records, draw, realizations, level)
    without = tuple(name for name in sites if name not in files)
    return Comparison(
        outcome, without, record.filled, (*getattr(drawing.sampler, "notes", ()), *drawing.not_kept)
    )


def records_of(record: Record) -> Records:
    """Return a record as whole calendar years, from the first to the last that has a complete month."""
    tables = {site: record.table(site) for site in record.sites}
    years = next(iter(tables.values()))[0]
    known = np.any([np.isfinite(table).any(axis=1) for _, table in tables.values()], axis=0)
    rows = np.flatnonzero(known)
    if not rows.size:
        raise DataError(
            Issue(
                Message("实测系列没有一个完整的月份", "the records have no complete month"),
                "hydrology.record",
            )
        )
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    return Records(
        int(years[rows[0]]),
        {
            site: Site(kind, tables[site][1][part])
            for site, kind in zip(record.sites, record.kinds, strict=True)
        },
    )


def _over(model: Model, sites: list[str], first: int, last: int) -> Model:
    """Return a model of the drawn sites alone, over some calendar years, without climate change or dry years."""
    time = Time.model_validate({"start": f"{first:04d}-01", "end": f"{last:04d}-12", "step": "month"})
    plain = (
        None
        if model.hydrology is None
        else model.hydrology.model_copy(update={"delta": {}, "dry_years": None})
    )
    series = {name: model.series[name] for name in sites}
    return model.model_copy(update={"time": time, "series": series, "hydrology": plain})
