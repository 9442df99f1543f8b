"""Tables for the page, from those that the terminal prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from waterbal.report.page.blocks import Grid, Heading

if TYPE_CHECKING:
    from rich.table import Table


def grid(table: Table, *, searched: bool = False) -> Grid:
    """Turn a table of the terminal into one of the page.

    Parameters
    ----------
    table : Table
        As ``waterbal.report`` makes it; its cells are texts.
    searched : bool
        Whether the page offers to filter its rows.
    """
    columns = [Heading(_plain(c.header), c.justify == "right") for c in table.columns]
    cells = [[_plain(cell) for cell in column.cells] for column in table.columns]
    rows = list(zip(*cells, strict=True)) if cells else []
    strong = frozenset(i for i, row in enumerate(table.rows) if "bold" in str(row.style))
    return Grid(_plain(table.title or ""), columns, rows, strong, searched=searched)


def _plain(cell: Any) -> str:
    """Return the text of a cell, without the marks that the terminal needs."""
    text = cell.plain if hasattr(cell, "plain") else str(cell)
    return text.replace("\\[", "[")
