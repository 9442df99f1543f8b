"""The lexicographic program of a step, assembled from rows: columns, rows, levels.

Everything that changes in time is a bound; the matrix is constant over a stage. A row is a variable too:
its value is ``r = A x`` and it has bounds like a column. While columns are still being added a row is written
``~row``; ``number`` gives its final place, columns first, then rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.model.rows import Floats

LINEAR, SHARE, VOLUME = 0, 1, 2

Terms = dict[int, Floats]
"""Coefficients by column, each ndarray (stage)."""


@dataclass
class Level:
    """One lexicographic level, maximised."""

    name: str
    kind: int
    terms: Terms
    variable: int | None = None
    """Variable whose value is the level's value, so that it can be frozen; None if never needed."""
    deliveries: list[int] = field(default_factory=list)
    """Delivery numbers of a sharing class."""


@dataclass
class Program:
    """A step problem under construction."""

    stages: int
    columns: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    row_terms: list[Terms] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    def column(self, name: str) -> int:
        """Add a column and return its number."""
        self.columns.append(name)
        return len(self.columns) - 1

    def row(self, name: str, terms: Terms) -> int:
        """Add a row and return its mark, ``~row``."""
        self.rows.append(name)
        self.row_terms.append(terms)
        return ~(len(self.rows) - 1)

    def number(self, variable: int | None) -> int:
        """Return the final number of a column or of a row mark; -1 for None."""
        if variable is None:
            return -1
        return variable if variable >= 0 else len(self.columns) + ~variable

    def variable_name(self, variable: int) -> str:
        """Name of a column or row by variable number."""
        width = len(self.columns)
        return self.columns[variable] if variable < width else self.rows[variable - width]

    @property
    def size(self) -> int:
        """Number of variables, columns and rows."""
        return len(self.columns) + len(self.rows)

    def matrix(self) -> Floats:
        """Return ndarray (stage, row, column)."""
        dense = np.zeros((self.stages, len(self.rows), len(self.columns)))
        for i, terms in enumerate(self.row_terms):
            for j, value in terms.items():
                dense[:, i, j] += value
        return dense

    def objective(self) -> Floats:
        """Return ndarray (stage, level, column), to be minimised level by level."""
        dense = np.zeros((self.stages, len(self.levels), len(self.columns)))
        for k, level in enumerate(self.levels):
            for j, value in level.terms.items():
                dense[:, k, j] -= value
        return dense


def add(terms: Terms, column: int, value: Floats | float, stages: int) -> None:
    """Add a coefficient to the terms of a row or level."""
    terms[column] = terms.get(column, np.zeros(stages)) + value


def combine(parts: list[tuple[Floats | float, Terms]], stages: int) -> Terms:
    """Return the weighted sum of several terms."""
    total: Terms = {}
    for weight, terms in parts:
        for column, value in terms.items():
            add(total, column, weight * value, stages)
    return total
