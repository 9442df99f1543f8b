"""A comparison as tables of a workbook: what went in, then what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report.compare_words import (
    GROUPS,
    MEASURES,
    WORDS,
    in_both,
    name_of,
    place_of,
    unpaired,
    value_of,
    value_text,
)
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.results.terms import Term

if TYPE_CHECKING:
    from waterbal.report.compare import Comparison

DECIMALS = 3
"""Decimals of results, which are volumes and shares alike."""


def sheets(found: Comparison, files: tuple[str, str]) -> list[Sheet]:
    """Make the tables.

    Parameters
    ----------
    found : Comparison
        What differs.
    files : tuple of str
        Names of the two files.
    """
    told = Term(*(WORDS["files"].said(tongue, first=files[0], second=files[1]) for tongue in ("zh", "en")))
    notes = [told, *unpaired(found), *(Term(note, note) for note in found.notes)]
    if found.identical:
        notes.append(WORDS["identical"])
    for file, only in zip(files, (found.only_first, found.only_second), strict=True):
        if only:
            stop = WORDS["stop"]
            names = Term(
                *(
                    getattr(stop, tongue).join(getattr(found.names[name], tongue) for name in only)
                    for tongue in ("zh", "en")
                )
            )
            notes.append(in_both(WORDS["only_first"], file=file, names=names))
    return [_inputs(found, notes), _results(found.telling, [told, WORDS["note_means"]])]


def _inputs(found: Comparison, notes: Sequence[Term]) -> Sheet:
    columns = (
        Column("path", WORDS["place"], "text", wide=True),
        Column("first", WORDS["first"], "text"),
        Column("second", WORDS["second"], "text"),
        Column("steps", WORDS["steps"]),
        Column("units", WORDS["units"], "text"),
    )
    rows = [
        Row(
            (
                place_of(line, found.scenarios),
                _cell(line["first"]),
                _cell(line["second"]),
                line.get("steps"),
                _cell(line.get("units")),
            )
        )
        for line in found.inputs
    ]
    return Sheet("1", WORDS["title_inputs"], columns, tuple(rows), notes=tuple(notes))


def _results(lines: Sequence[dict[str, Any]], notes: Sequence[Term]) -> Sheet:
    several = any(line["scenario"] for line in lines)
    columns = (
        *([Column("scenario", WORDS["scenario"], "text")] if several else []),
        Column("group", WORDS["group"], "text"),
        Column("name", WORDS["name"], "text"),
        Column("measure", WORDS["measure"], "text"),
        Column("first", WORDS["first"], decimals=DECIMALS),
        Column("second", WORDS["second"], decimals=DECIMALS),
        Column("change", WORDS["change"], decimals=DECIMALS),
    )
    rows = []
    for line in lines:
        cells: list[Cell] = [Term(line["scenario_zh"], line["scenario_en"])] if several else []
        cells += [
            GROUPS[line["group"]],
            name_of(line),
            MEASURES[line["measure"]],
            *(value_of(line, which) for which in ("first", "second", "change")),
        ]
        rows.append(Row(tuple(cells)))
    return Sheet("2", WORDS["title_results"], columns, tuple(rows), notes=tuple(notes))


def _cell(value: Any) -> Cell:
    """Return a value as a cell: numbers stay numbers."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return Term(value_text(value), value_text(value))
