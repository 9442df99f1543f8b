"""Hydrology check: what the input series of a run look like, and how dry they get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from waterbal import units
from waterbal.hydrology.statistics import Key, Records, Site, limits, statistics
from waterbal.model.rows import Floats
from waterbal.model.series_spec import KINDS, SUMMED
from waterbal.report.page import observed
from waterbal.report.page.blocks import Block, Grid, Heading, Points, Section, Text
from waterbal.report.page.subject import Member, Subject
from waterbal.report.validation import MONTHS
from waterbal.results.names import series_names

COLUMNS = (
    ("mean", "mean"), ("cv", "cv"), ("cs", "cs"), ("lag1", "lag1"), ("minimum_1", "least_1"),
    ("minimum_3", "least_3"), ("minimum_5", "least_5"), ("longest_median", "longest_dry"),
)  # fmt: skip
"""Statistic of years -> heading."""


def section(subject: Subject) -> Section | None:
    """Make the section."""
    blocks: list[Block] = []
    for member in subject.drawn:
        blocks += _member(subject, member)
    compared = observed.blocks(subject)
    notes = _notes(subject)
    if not blocks and not notes:
        return None
    lead: list[Block] = [Text([subject.say("weather_lead")])] if blocks else []
    return Section("weather", subject.say("weather"), [*lead, *blocks, *compared, Points(notes)])


def _member(subject: Subject, member: Member) -> list[Block]:
    """Tell the series of a run by month and by year."""
    results = member.results
    if "input_series" not in results or str(results.attrs.get("time_step")) != "month":
        return []
    config = json.loads(str(results.attrs["waterbal_config"]))
    specs: Mapping[str, Any] = config.get("series", {})
    year = results["time"].dt.year.values
    month = results["time"].dt.month.values
    first, last = int(year[0]), int(year[-1])
    sites, kept = {}, {}
    for name, values in zip(results["series_id"].values, results["input_series"].values, strict=True):
        table = np.full((last - first + 1, 12), np.nan)
        table[year - first, month - 1] = values
        spec = specs.get(str(name), {})
        unit = str(spec.get("units", ""))
        kind = str(spec.get("kind", "factor"))
        kind = kind if kind in KINDS else "rate"
        kept[str(name)] = unit.replace("m3", "m³").replace("万m³", subject.say("volume_unit"))
        told_in = units.factor(unit, KINDS[kind]) if unit else 1.0
        sites[str(name)] = Site(kind if kind in SUMMED else "factor", table / told_in)
    if not sites:
        return []
    records = Records(first, sites)
    found = statistics(records, {name: site.table for name, site in sites.items()}, limits(records))
    names = _named(subject, config)
    return [
        _monthly(subject, member, records, found, kept, names),
        _yearly(subject, member, records, found, kept, names),
    ]


def _monthly(
    subject: Subject,
    member: Member,
    records: Records,
    found: Mapping[Key, Floats],
    labels: Mapping[str, str],
    names: Mapping[str, str],
) -> Grid:
    zh = subject.language == "zh"
    months = [f"{m} 月" if zh else MONTHS[m - 1] for m in range(1, 13)]
    heads = [
        Heading(subject.say("series")),
        Heading(subject.say("unit")),
        *(Heading(m, True) for m in months),
    ]
    rows = [
        [
            names.get(name, name),
            labels[name],
            *(_number(found[Key(name, "", "mean", m)]) for m in range(1, 13)),
        ]
        for name in records.sites
    ]
    return Grid(subject.captioned("monthly_means", member), heads, rows)


def _yearly(
    subject: Subject,
    member: Member,
    records: Records,
    found: Mapping[Key, Floats],
    labels: Mapping[str, str],
    names: Mapping[str, str],
) -> Grid:
    heads = [
        Heading(subject.say("series")),
        Heading(subject.say("unit")),
        Heading(subject.say("years"), True),
    ]
    heads += [Heading(subject.say(heading), True) for _, heading in COLUMNS]
    rows = []
    for name in records.sites:
        row = [names.get(name, name), labels[name], str(int(records.whole(name).sum()))]
        for statistic, _ in COLUMNS:
            value = float(found[Key(name, "", statistic, 0)])
            if statistic.startswith("minimum_"):
                value /= int(statistic.removeprefix("minimum_"))
            row.append(_number(value))
        rows.append(row)
    return Grid(subject.captioned("annual_statistics", member), heads, rows)


def _notes(subject: Subject) -> list[str]:
    """Tell where the hydrology comes from, and which regimes were kept apart."""
    told = []
    for results in subject.datasets:
        config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
        hydrology = config.get("hydrology") or {}
        kind = str(hydrology.get("kind", "given"))
        told.append(subject.say("hydrology_kind", kind=subject.say(f"kind_{kind}")))
        named = _named(subject, config)
        for name, spec in config.get("series", {}).items():
            told.append(_source(subject, named[name], spec, config.get("provenance") or {}))
        fitted = hydrology.get("fitted")
        for name, site in (fitted.get("sites", {}) if isinstance(fitted, dict) else {}).items():
            told.append(
                subject.say("fitted_on", series=named.get(name, name), **_span(site.get("record", {})))
            )
        chosen = hydrology.get("regime")
        for name, regime in (hydrology.get("regimes") or {}).items():
            key = "regime_used" if name == chosen else "regime"
            told.append(subject.say(key, name=name, **_span(regime)))
    return list(dict.fromkeys(told))


def _named(subject: Subject, config: Mapping[str, Any]) -> dict[str, str]:
    """Call every series what it is, with its id."""
    return {
        id: subject.say("named_series", name=name, id=id) if name != id else id
        for id, term in series_names(config).items()
        for name in [getattr(term, subject.language)]
    }


def _source(subject: Subject, series: str, spec: Mapping[str, Any], above: Mapping[str, Any]) -> str:
    """Tell where a series comes from, as it states or as the model does for what states nothing."""
    source = str(spec.get("source") or above.get("source") or "")
    grade = str(spec.get("grade") or above.get("grade") or "")
    if not source or not grade:
        return subject.say("source_none", series=series)
    return subject.say("source_of", series=series, source=source, grade=subject.say(f"grade_{grade}"))


def _span(period: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(period.get(key) or "…") for key in ("first", "last")}


def _number(value: Any) -> str:
    """Give a number with three or four significant digits."""
    number = float(value)
    if not np.isfinite(number):
        return "–"
    return f"{number:z,.0f}" if abs(number) >= 1000.0 else f"{number:z.3g}"
