"""What changed from one result to another, printed on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report.compare import SCENARIO
from waterbal.report.compare_words import (
    GROUPS,
    MEASURES,
    WORDS,
    ZERO,
    name_of,
    place_of,
    unpaired,
    value_of,
    value_text,
)
from waterbal.report.titled import print_titled
from waterbal.results.terms import Term

if TYPE_CHECKING:
    from rich.console import Console

    from waterbal.report.compare import Comparison

SHOWN = 40
"""Most results that are printed."""


def word(key: str, language: str, **given: Any) -> str:
    """Give words of this module."""
    return WORDS[key].said(language, **given)


def render(found: Comparison, files: tuple[str, str], language: str, console: Console) -> None:
    """Print what changed.

    Parameters
    ----------
    found : Comparison
        What differs.
    files : tuple of str
        Names of the two files.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where it is printed.
    """
    console.print(word("files", language, first=files[0], second=files[1]), highlight=False, markup=False)
    for note in found.notes:
        console.print(note, highlight=False, markup=False)
    if found.identical:
        console.print(word("identical", language))
        return
    for told in unpaired(found):
        console.print(getattr(told, language), highlight=False, markup=False)
    for file, only in zip(files, (found.only_first, found.only_second), strict=True):
        if found.unlike is not None:
            only = tuple(name for name in only if not name.startswith(SCENARIO))
        if only:
            shown = word("stop", language).join(getattr(found.names[name], language) for name in only[:SHOWN])
            shown += " ..." if len(only) > SHOWN else ""
            console.print(word("only_first", language, file=file, names=shown), highlight=False, markup=False)
    columns = [word(name, language) for name in ("place", "first", "second")]
    _table(
        console,
        word("title_inputs", language),
        columns,
        [_input(line, found.scenarios, language) for line in found.inputs],
        1,
    )
    if not found.results and not found.only_first and not found.only_second:
        console.print(word("no_difference", language, above=f"{100.0 * found.above:g} %"))
        return
    names = ["group", "name", "measure", "first", "second", "change"]
    telling = found.telling
    several = any(line["scenario"] for line in telling)
    titles = [word(name, language) for name in (["scenario", *names] if several else names)]
    seen = [line for line in telling if _seen(line)]
    rows = [_result(line, language, several) for line in seen[:SHOWN]]
    _table(console, word("title_results", language), titles, rows, len(titles) - 3)
    if len(seen) > SHOWN:
        console.print(word("smaller", language, count=len(seen) - SHOWN), highlight=False)
    if len(seen) < len(telling):
        console.print(word("below_print", language, count=len(telling) - len(seen)), highlight=False)
    if len(telling) < len(found.results):
        console.print(word("repeated", language, count=len(found.results) - len(telling)), highlight=False)


def _input(line: dict[str, Any], scenarios: Mapping[str, Term], language: str) -> list[str]:
    place = getattr(place_of(line, scenarios), language)
    if "steps" in line:
        given = {"first": f"{line['first']:.6g}", "second": f"{line['second']:.6g}"}
        text = word("series", language, steps=line["steps"], units=line["units"], **given)
        return [place, "", text]
    return [place, *(_short(line[name]) for name in ("first", "second"))]


def _seen(line: dict[str, Any]) -> bool:
    """Tell whether a change can be seen in what is printed of it."""
    return _number(line["first"]) != _number(line["second"]) and _number(line["change"]) != "0"


def _short(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _result(line: dict[str, Any], language: str, several: bool) -> list[str]:
    values = [value_of(line, which) for which in ("first", "second", "change")]
    said = [getattr(value, language) if isinstance(value, Term) else value for value in values]
    numbers = [_number(said[0]), _number(said[1]), _number(said[2], sign=True)]
    name = getattr(name_of(line), language)
    told = [
        getattr(GROUPS[line["group"]], language),
        name,
        getattr(MEASURES[line["measure"]], language),
        *numbers,
    ]
    return [line[f"scenario_{language}"], *told] if several else told


def _number(value: Any, *, sign: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    plus = "+" if sign else ""
    if abs(value) < ZERO:
        return "0"
    return f"{value:{plus}z,.1f}" if abs(value) >= 10.0 else f"{value:{plus}z.4g}"


def _table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text: int
) -> None:
    """Print a table whose first columns are text."""
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < text else "right")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    print_titled(table, console)
