"""What a section of the report is made of: plain data, in one language; the template gives it its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    lines: Sequence[str]
    tone: str = "plain"
    """``lead`` for the verdict, ``caution`` for what must be read with it, ``note`` for small print, ``plain``."""


@dataclass(frozen=True)
class Points:
    """A list."""

    lines: Sequence[str]
    title: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and what belongs to them."""

    pairs: Sequence[tuple[str, str]]
    title: str = ""


@dataclass(frozen=True)
class Heading:
    """Head of a column."""

    text: str
    numeric: bool = False


@dataclass(frozen=True)
class Grid:
    """A table."""

    title: str
    columns: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    strong: frozenset[int] = frozenset()
    """Rows that are totals."""
    notes: Sequence[str] = ()
    searched: bool = False
    """Whether the page offers to filter its rows."""
    heads: Sequence[Sequence[tuple[str, int]]] = ()
    """Rows of headings above the columns: text and how many columns it spans."""


@dataclass(frozen=True)
class Picture:
    """A figure."""

    id: str
    caption: str
    figure: Mapping[str, Any]
    """As ``plotly.graph_objects.Figure.to_plotly_json`` gives it."""
    told: str
    """What is to be seen in it, for those who do not see it."""


@dataclass(frozen=True)
class State:
    """A state with its colour, never the colour alone."""

    name: str
    word: str
    colour: str
    """``green``, ``yellow``, ``orange``, ``red`` or ``none``."""
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class States:
    """States side by side, with what the colours mean."""

    states: Sequence[State]
    title: str = ""
    legend: Sequence[str] = ()


@dataclass(frozen=True)
class Folded:
    """Blocks that are shut until they are asked for; open in print, unless they have very many rows."""

    title: str
    blocks: Sequence[Any]


Block = Text | Points | Facts | Grid | Picture | States | Folded


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading."""

    id: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)


@dataclass(frozen=True)
class Missing:
    """A part that the results do not have, and the command that gives it."""

    title: str
    command: str


def kind(block: Block) -> str:
    """Name the kind of a block, for the template."""
    return type(block).__name__.lower()
