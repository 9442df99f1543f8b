"""Options and ways of printing that commands share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from waterbal.cli.progress import Progress

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file (YAML).", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change one value of the model, e.g. demands.town.people='12 万人'; PATH*=FACTOR multiplies it. "
        "Repeat for more.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="AXIS=VALUE,...",
        help="Only scenarios with these values, e.g. horizon=2030,2035,works=reservoir. Repeat for more.",
    ),
]
Realizations = Annotated[
    int | None,
    typer.Option("--realizations", metavar="N", help="Realizations of the hydrology of each scenario."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", help="Threads; all cores if not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Language = Annotated[
    str,
    typer.Option(
        "--lang", metavar="zh|en", help="Language of tables and problems; by default that of the locale."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]


def language(name: str) -> str:
    """Give ``zh`` or ``en``; an empty name follows the locale."""
    from waterbal.errors import Issue, Message, UsageError, either, nearest

    if not name:
        variables = ("WATERBAL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
        locale = next((os.environ[key] for key in variables if os.environ.get(key)), "")
        return "zh" if locale.lower().startswith("zh") else "en"
    if name not in ("zh", "en"):
        raise UsageError(
            Issue(
                Message(f"没有 {name!r} 的表格", f"no tables in {name!r}"),
                where="--lang",
                expected=either(["zh", "en"]),
                nearest=nearest(name, ("zh", "en")),
            )
        )
    return name


def console() -> Console:
    """Give the console of stdout; a file or pipe has room for whole tables."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 132)


def print_json(content: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))


def print_summary(summary: dict[str, Any], language: str, place: tuple[str, ...] = ()) -> None:
    """Print names and values in two columns, nested groups below their name.

    Parameters
    ----------
    summary : dict
        Names and values; what is a ``Message`` is told in the language.
    language : str
        ``zh`` or ``en``.
    place : tuple of str
        Names of the groups that it stands in.
    """
    from rich.cells import cell_len

    from waterbal.cli import summary_words as words
    from waterbal.errors import in_language

    labels = [in_language(words.LABELS.get((*place, name), name), language) for name in summary]
    indent = "  " * len(place)
    lines = zip(labels, padded(labels), summary.items(), strict=True)
    for label, wide, (name, value) in lines:
        here = (*place, name)
        if isinstance(value, dict) and here not in words.NAMES:
            print(f"{indent}{label}")
            print_summary(value, language, here)
        else:
            first, *rest = _lines(value, here, language)
            print(f"{indent}{wide}  {first}")
            behind = " " * (len(indent) + cell_len(wide) + 2)
            print(*(f"{behind}{line}\n" for line in rest), sep="", end="")


def _lines(value: Any, place: tuple[str, ...], language: str) -> list[str]:
    """Give a value as it is printed: sentences one below the other."""
    from waterbal.errors import Message

    if isinstance(value, (list, tuple)) and any(isinstance(one, Message) for one in value):
        return [_value(one, place, language) for one in value]
    return [_value(value, place, language)]


def _value(value: Any, place: tuple[str, ...], language: str) -> str:
    """Give a value as it is printed."""
    from waterbal.cli import summary_words as words
    from waterbal.errors import in_language, joined

    if isinstance(value, dict):
        return str(value[language])
    if not isinstance(value, (list, tuple)):
        told = value if isinstance(value, str) else str(value)
        return in_language(words.VALUES.get((*place, told), told), language)
    return in_language(joined([str(one) for one in value], "、"), language)


def padded(labels: Sequence[str]) -> list[str]:
    """Give labels the same width on a terminal, where a Chinese character is two wide."""
    from rich.cells import cell_len

    widths = [cell_len(label) for label in labels]
    return [label + " " * (max(widths) - width) for label, width in zip(labels, widths, strict=True)]


def progress(quiet: bool, given: str | None = None) -> Progress:
    """Give the progress of a command, told in the language of ``--lang``, else of the locale."""
    from waterbal.cli.progress import Progress

    return Progress(quiet, language(given or ""))
