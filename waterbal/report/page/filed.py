"""Tables T1 to T11 as planners file them, shut until they are asked for."""

from __future__ import annotations

import itertools

from waterbal.report.page.blocks import Block, Folded, Grid, Heading, Section
from waterbal.report.page.subject import Subject
from waterbal.report.sheets import Sheet


def section(subject: Subject) -> Section | None:
    """Make the section; a table without rows is told among what is missing."""
    lang = subject.language
    blocks: list[Block] = [
        Folded(f"{sheet.id}　{getattr(sheet.title, lang)}", [grid(sheet, lang)])
        for sheet in subject.sheets
        if sheet.rows
    ]
    return Section("tables", subject.say("tables"), blocks) if blocks else None


def grid(sheet: Sheet, language: str) -> Grid:
    """Turn a table that is filed into one of the page.

    Parameters
    ----------
    sheet : Sheet
        Table with numbers rounded as printed.
    language : str
        ``zh`` or ``en``.
    """
    columns = [
        Heading(_headed(str(getattr(c.title, language)), str(getattr(c.unit, language))), c.kind != "text")
        for c in sheet.columns
    ]
    groups = [
        (str(getattr(group, language)), len(list(members)))
        for group, members in itertools.groupby(column.group for column in sheet.columns)
    ]
    rows = [
        [
            ("　" * row.level if place == 0 else "") + column.shown(cell, language)
            for place, (column, cell) in enumerate(zip(sheet.columns, row.cells, strict=True))
        ]
        for row in sheet.rows
    ]
    strong = frozenset(place for place, row in enumerate(sheet.rows) if row.total)
    notes = [str(getattr(note, language)) for note in sheet.notes]
    heads = [groups] if any(title for title, _ in groups) else []
    return Grid(str(getattr(sheet.unit, language)), columns, rows, strong, notes, len(rows) > SEARCHED, heads)


SEARCHED = 40
"""Rows above which a table can be filtered."""


def _headed(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title
