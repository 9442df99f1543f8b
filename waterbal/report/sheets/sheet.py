"""Tables as pure data: what a page and a workbook both show, with numbers rounded as printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from waterbal.results.terms import Term

Cell = Term | float | int | None
"""A text in both languages, a number rounded as printed, or nothing."""

Kind = Literal["text", "number", "share", "year"]
"""What a column holds; a share is a fraction that is shown as per cent."""

NOTHING = Term("", "")


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    id: str
    title: Term
    kind: Kind = "number"
    decimals: int = 0
    """Decimals that are shown; of the per cent where it is a share."""
    unit: Term = NOTHING
    """Empty where the unit line of the sheet says it."""
    group: Term = NOTHING
    """Heading above neighbouring columns of the same group."""
    sum_of: tuple[str, ...] = ()
    """Columns whose values add up to this one in every row, as printed."""
    difference_of: tuple[str, str] | None = None
    """Two columns, the first less the second gives this one in every row, as printed."""
    wide: bool = False
    """Whether its texts are sentences, which are wrapped."""

    def shown(self, cell: Cell, language: str) -> str:
        """Return a cell of this column as text.

        Parameters
        ----------
        cell : Term, float, int or None
            What stands in it.
        language : str
            ``zh`` or ``en``.
        """
        if cell is None:
            return "" if self.kind == "text" else "–"
        if isinstance(cell, Term):
            return str(getattr(cell, language))
        if self.kind == "share":
            return f"{100.0 * cell:z,.{self.decimals}f}%"
        if self.kind == "year":
            return f"{cell:z.0f}"
        return f"{cell:z,.{self.decimals}f}"


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    cells: tuple[Cell, ...]
    """In the order of the columns."""
    level: int = 0
    """Depth under the row that it is part of, 0 outermost."""
    total: bool = False
    """Whether it adds up other rows; shown bold."""
    sum_of: tuple[int, ...] = ()
    """Rows, by their place in the sheet, whose numbers add up to those of this one in each column of ``summed``."""


@dataclass(frozen=True)
class Sheet:
    """A table that is filed."""

    id: str
    """``T1`` and so on."""
    title: Term
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unit: Term = NOTHING
    """Unit of all numbers that say no other."""
    notes: tuple[Term, ...] = ()
    """What a reader must know, below the table."""
    summed: frozenset[str] = field(default_factory=frozenset)
    """Columns that rows of totals add up."""

    def column(self, id: str) -> int:
        """Return the place of a column."""
        return [column.id for column in self.columns].index(id)

    def values(self, id: str) -> list[Cell]:
        """Return all cells of a column."""
        place = self.column(id)
        return [row.cells[place] for row in self.rows]


def columns_of(
    items: Sequence[tuple[str, Term]], group: Term, prefix: str, decimals: int = 0
) -> tuple[Column, ...]:
    """Make one column of numbers for each item of a group.

    Parameters
    ----------
    items : sequence of (id, Term)
        Elements.
    group : Term
        Heading above them.
    prefix : str
        Put before the ids, so that they are unique in the sheet.
    decimals : int
        Decimals that are shown.
    """
    return tuple(Column(f"{prefix}.{id}", title, "number", decimals, group=group) for id, title in items)
