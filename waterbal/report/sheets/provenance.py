"""T11 (参数来源表): every number of the models, with its value, unit, source and grade."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report.sheets.models import Models
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.words import WORDS, term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.model.assumptions import Assumption

_DATE = re.compile(r"\b(?:19|20)\d{2}(?:[-/.年](?:0?[1-9]|1[0-2])(?:[-/.月](?:0?[1-9]|[12]\d|3[01])日?)?)?\b")
"""A date or a year inside the text of a source."""

COLUMNS = (
    Column("number", term("number"), "year"),
    Column("path", term("path"), "text", wide=True),
    Column("value", term("value"), "text"),
    Column("unit", term("unit"), "text"),
    Column("low", term("low"), "text"),
    Column("high", term("high"), "text"),
    Column("source", term("source_of"), "text", wide=True),
    Column("date", term("date"), "text"),
    Column("grade", term("grade"), "text"),
    Column("parameter", term("parameter"), "text"),
)


def sheet(results: Sequence[xr.Dataset], models: Models) -> Sheet:
    """Make the table of all models that results were made with, each told once.

    Parameters
    ----------
    results : sequence of Dataset
        Results of every kind.
    models : Models
        Their models.
    """
    rows: list[Row] = []
    notes: list[Term] = []
    told: set[tuple[Any, ...]] = set()
    for one in results:
        model = models.of(one)
        title = Term(str(one.attrs.get("title_zh", "")), str(one.attrs.get("title", "")))
        if isinstance(model, str):
            notes.append(term("note_no_model", case=title, reason=model))
            continue
        scenario = str(one.attrs.get("waterbal_config_scenario", ""))
        if scenario:
            notes.append(term("note_config_of", title=title, scenario=scenario))
        for entry in model.assumptions():
            key = (entry.path, _value(entry.value), entry.source, entry.grade)
            if key not in told:
                told.add(key)
                rows.append(_row(len(rows) + 1, entry))
        rows += _changes(one, len(rows))
    if not rows:
        return Sheet("T11", term("T11"), (), (), term("unit_none"), (*notes, term("note_no_cases")))
    graded = [row.cells[_GRADE] for row in rows]
    counts = {grade: graded.count(WORDS[f"grade_{grade}"]) for grade in ("found", "derived", "assumed")}
    notes.append(term("note_grades", count=len(rows), **counts))
    if sum(counts.values()) < len(rows):
        notes.append(term("note_no_grade", count=len(rows) - sum(counts.values())))
    notes.append(term("note_date"))
    return Sheet("T11", term("T11"), COLUMNS, tuple(rows), term("unit_none"), tuple(dict.fromkeys(notes)))


_GRADE = [column.id for column in COLUMNS].index("grade")


def _row(number: int, entry: Assumption) -> Row:
    cells: tuple[Cell, ...] = (
        number,
        _same(entry.path),
        _same(_value(entry.value)),
        _same("" if entry.unit == "-" else entry.unit),
        _same(_value(entry.low)),
        _same(_value(entry.high)),
        _same(entry.source),
        _same(_dates(entry.source)),
        term(f"grade_{entry.grade}") if f"grade_{entry.grade}" in WORDS else _same(entry.grade),
        _same(entry.parameter),
    )
    return Row(cells)


def _changes(results: xr.Dataset, before: int) -> list[Row]:
    """Tell what the baseline changes in the stored model of a sweep."""
    changes = json.loads(str(results.attrs.get("waterbal_changes", "{}")))
    baseline = str(results.attrs.get("baseline", ""))
    stored = changes.get(str(results.attrs.get("waterbal_config_scenario", "")), {})
    own = changes.get(baseline, {})
    rows: list[Row] = []
    for path in dict.fromkeys([*stored, *own]):
        if own.get(path) == stored.get(path) or baseline not in changes:
            continue
        value = _value(own[path]) if path in own else ""
        text = term("changed_back") if path not in own else _same(value)
        cells: tuple[Cell, ...] = (
            before + len(rows) + 1, _same(path), text, None, None, None,
            term("changed_by", scenario=baseline), None, None, None,
        )  # fmt: skip
        rows.append(Row(cells))
    return rows


def _same(text: str) -> Term:
    return Term(text, text)


def _value(value: Any) -> str:
    """Write a value: a number, by year, by month, or what a series is read from."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_value(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value)
    return str(value)


def _dates(source: str) -> str:
    """Return the dates that a source names."""
    return ", ".join(dict.fromkeys(_DATE.findall(source)))
