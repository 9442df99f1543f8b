"""Observed against generated statistics as tables and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal import units
from waterbal.errors import in_language
from waterbal.hydrology.comparison import Comparison
from waterbal.hydrology.statistics import IN_A_ROW, MONTHLY, Key
from waterbal.hydrology.validation import Line, Validation
from waterbal.report.balance import Column, make, show
from waterbal.report.frequency import filled_note, number
from waterbal.report.labels import word

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WITH_UNITS = ("mean", "minimum_1", "minimum_3", "minimum_5")


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return all numbers of a comparison as plain, JSON-able data."""
    validation = comparison.validation
    return {
        "level": validation.level,
        "realizations": validation.realizations,
        "sites": {name: _record(validation, name) for name in validation.records.sites},
        "without_record": list(comparison.without),
        "filled": {name: [vars(gap) for gap in gaps] for name, gaps in comparison.filled.items()},
        "notes": {
            language: [in_language(remark, language) for remark in comparison.notes]
            for language in ("zh", "en")
        },
        "statistics": [
            {
                "site": line.key.site,
                "other": line.key.other or None,
                "statistic": line.key.name,
                "month": line.key.month if 1 <= line.key.month <= 12 else None,
                "of": _of(line.key),
                "units": unit_of(validation, line.key)[1],
                "observed": shown(validation, line, line.observed),
                "low": shown(validation, line, line.low),
                "median": shown(validation, line, line.middle),
                "high": shown(validation, line, line.high),
                "inside": line.inside if line.defined else None,
            }
            for line in validation.lines
        ],
        "defined": len(validation.defined),
        "outside": len(validation.outside),
        "outside_by_chance": validation.typical_outside,
        "outside_by_chance_95": validation.largest_outside,
        "plausible": validation.plausible,
        "not_reproduced": {language: not_reproduced(validation, language) for language in ("zh", "en")},
    }


def render(comparison: Comparison, language: str, console: Console) -> None:
    """Print a comparison.

    Parameters
    ----------
    comparison : Comparison
        What is told.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    """
    validation = comparison.validation
    console.print(word("title_check", language), style="bold", highlight=False)
    for note in _records(comparison, language):
        console.print(note, highlight=False)
    for remark in comparison.notes:
        console.print(in_language(remark, language), highlight=False)
    for table in tables(validation, language):
        console.print()
        show(table, console)
    console.print()
    for note in verdict(validation, language):
        console.print(note, highlight=False)


def tables(validation: Validation, language: str) -> list[Table]:
    """Make the tables of every site and pair of sites."""
    made: list[Table] = []
    found = {line.key: line for line in validation.lines}
    for site, record in validation.records.sites.items():
        columns: list[Column] = [("month", lambda line, _: str(line["month"]))]
        columns += [(_heading(name), _cell(name)) for name in MONTHLY]
        lines = [
            {"month": _month(month, language)}
            | {name: _band(validation, found[Key(site, "", name, month)]) for name in MONTHLY}
            for month in range(1, 13)
        ]
        flow = "m³/s" if record.kind == "rate" else _base(record.kind)
        table = make("title_monthly", columns, lines, language)
        made += _titled(table, site=site, units=flow, level=f"{validation.level:.0%}")
        rest = [line for line in validation.lines if line.key.site == site and not line.key.other]
        yearly = [line for line in rest if line.key.month in (0, IN_A_ROW)]
        unit = _annual(record.kind)
        table = make("title_annual", LINES, [_row(validation, line, language) for line in yearly], language)
        made += _titled(table, site=site, units=unit)
    pairs = dict.fromkeys((line.key.site, line.key.other) for line in validation.lines if line.key.other)
    for pair in pairs:
        lines_of = [line for line in validation.lines if (line.key.site, line.key.other) == pair]
        ordered = sorted(lines_of, key=lambda line: line.key.month or 99)
        table = make("title_cross", LINES, [_row(validation, line, language) for line in ordered], language)
        made += _titled(table, site=" × ".join(pair))
    return made


def verdict(validation: Validation, language: str) -> list[str]:
    """Say in sentences how much is reproduced, and what is not."""
    defined, outside = len(validation.defined), len(validation.outside)
    told = [
        word(
            "note_inside",
            language,
            inside=defined - outside,
            all=defined,
            level=f"{validation.level:.0%}",
            realizations=validation.realizations,
        ),
        word(
            "note_chance",
            language,
            typical=f"{validation.typical_outside:.1f}",
            most=f"{validation.largest_outside:.0f}",
        ),
    ]
    told.append(word("note_fitted", language))
    undefined = len(validation.lines) - defined
    if undefined:
        told.append(word("note_undefined", language, count=undefined))
    names = not_reproduced(validation, language)
    if not names:
        return [*told, word("note_all_reproduced", language)]
    told += [word("note_not_reproduced", language), *(f"  {name}" for name in names)]
    return [*told, word("note_plausible" if validation.plausible else "note_not_plausible", language)]


def not_reproduced(validation: Validation, language: str) -> list[str]:
    """Name the statistics that are outside their bands, with their values."""
    stop = "：" if language == "zh" else ": "
    named = []
    for line in validation.outside:
        observed, low, high = (
            number(shown(validation, line, part) or 0.0) for part in (line.observed, line.low, line.high)
        )
        unit = unit_of(validation, line.key)[1]
        sites = " × ".join(part for part in (line.key.site, line.key.other) if part)
        label = f"{sites} {statistic_name(line.key, language)}"
        value = f"{observed}{' ' + unit if unit != '-' else ''} [{low}, {high}]"
        named.append(f"{label}{stop}{value}")
    return named


def _records(comparison: Comparison, language: str) -> list[str]:
    told = []
    for site in comparison.validation.records.sites:
        facts = _record(comparison.validation, site)
        told.append(word("note_record", language, site=site, **facts))
        if site in comparison.filled:
            told.append(filled_note(site, comparison.filled[site], language))
    if comparison.without:
        told.append(word("note_without", language, sites=", ".join(comparison.without)))
    return told


def _record(validation: Validation, site: str) -> dict[str, Any]:
    """Tell the extent of a record."""
    records = validation.records
    known = np.flatnonzero(np.isfinite(records.sites[site].table).ravel())
    first, last = (
        f"{records.first_year + int(month) // 12:04d}-{int(month) % 12 + 1:02d}" for month in known[[0, -1]]
    )
    return {"first": first, "last": last, "months": int(known.size), "years": int(records.whole(site).sum())}


def _titled(table: Table | None, **values: str) -> list[Table]:
    if table is None:
        return []
    table.title = str(table.title).format(**values)
    return [table]


def unit_of(validation: Validation, key: Key) -> tuple[float, str]:
    """Return what a statistic is divided by to be shown, and its units."""
    kind = validation.records.sites[key.site].kind
    if key.name.startswith(("longest", "mean_run")):
        return 1.0, "yr" if key.month == 0 else "month"
    if key.name not in WITH_UNITS:
        return 1.0, "-"
    if key.month == 0:
        return 1.0, _annual(kind)
    return (units.factor("m3/s", "rate"), "m³/s") if kind == "rate" else (1.0, _base(kind))


def _base(kind: str) -> str:
    return {"volume": "1e4 m³", "depth": "mm", "concentration": "kg/m³"}.get(kind, "-")


def _annual(kind: str) -> str:
    return "1e4 m³" if kind == "rate" else _base(kind)


def shown(validation: Validation, line: Line, value: float) -> float | None:
    """Return a value of a statistic in the units it is shown in; None where there is none."""
    return value / unit_of(validation, line.key)[0] if np.isfinite(value) else None


def _of(key: Key) -> str:
    return "months" if key.month == IN_A_ROW else "month" if key.month else "year"


def statistic_name(key: Key, language: str) -> str:
    """Name a statistic and the months or years it is of."""
    name = word(f"statistic_{key.name}", language)
    if 1 <= key.month <= 12:
        return word("of_month_statistic", language, month=_month_name(key.month, language), statistic=name)
    if key.name.startswith(("longest", "mean_run")):
        return word("of_months" if key.month else "of_years", language, statistic=name)
    return name if key.name.startswith("minimum") else word("of_year_statistic", language, statistic=name)


def _month_name(month: int, language: str) -> str:
    return str(month) if language == "zh" else MONTHS[month - 1]


def _month(month: int, language: str) -> str:
    return word("of_month", language, month=_month_name(month, language))


def _band(validation: Validation, line: Line) -> str:
    """Format an observed value with its band; a star where it is outside."""
    if not line.defined:
        return "–"
    observed, low, high = (
        number(shown(validation, line, part) or 0.0) for part in (line.observed, line.low, line.high)
    )
    return f"{observed}{' ' if line.inside else '*'}[{low}, {high}]"


def _row(validation: Validation, line: Line, language: str) -> dict[str, Any]:
    values = {
        key: shown(validation, line, value)
        for key, value in (
            ("observed", line.observed),
            ("band_low", line.low),
            ("band_middle", line.middle),
            ("band_high", line.high),
        )
    }
    inside = word("met" if line.inside else "not_met", language) if line.defined else "–"
    return {
        **values,
        "statistic": statistic_name(line.key, language),
        "reproduced": inside,
        "strong": line.defined and not line.inside,
    }


def _heading(name: str) -> str:
    return name if name in ("mean", "cv", "cs") else f"statistic_{name}"


def _cell(name: str) -> Any:
    return lambda line, _: str(line[name])


def _value(key: str) -> Column:
    return key, lambda line, _: "–" if line[key] is None else number(line[key])


LINES: Sequence[Column] = (
    ("statistic", lambda line, _: str(line["statistic"])),
    _value("observed"),
    _value("band_low"),
    _value("band_middle"),
    _value("band_high"),
    ("reproduced", lambda line, _: str(line["reproduced"])),
)
