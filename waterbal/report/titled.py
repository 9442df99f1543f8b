"""Printing tables with their titles above them, which are not broken where a table is narrower than its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_titled(table: Table, console: Console, *, whole: bool = False) -> None:
    """Print a table below its title.

    Parameters
    ----------
    table : Table
        Its title is printed in one line, whatever its width.
    console : Console
        Where to print.
    whole : bool
        Whether the table keeps its width also where the console is narrower.
    """
    from rich.measure import Measurement

    if table.title:
        console.print(table.title, style=table.title_style or "bold", highlight=False, soft_wrap=True)
        table.title = None
    if whole:
        wide = console.options.update(max_width=10**4)
        table.width = Measurement.get(console, wide, table).maximum
    console.print(table, crop=not whole)
