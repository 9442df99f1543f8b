"""The command ``waterbal compare``: what changed from one result to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli import trust
from waterbal.cli.guard import guarded
from waterbal.cli.options import AsJson, Debug, Language, Quiet, console, language, print_json


@guarded
def compare(
    first: Annotated[Path, typer.Argument(metavar="A.NC", help="Result.", show_default=False)],
    second: Annotated[
        Path, typer.Argument(metavar="B.NC", help="Result of the same kind.", show_default=False)
    ],
    above: Annotated[
        str,
        typer.Option(
            "--above", metavar="SHARE", help="Tell only changes above this share, e.g. 0.1% or 0.001."
        ),
    ] = "0",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.json", help="Write the comparison as JSON.")
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="FILE.xlsx", help="Write inputs and results as sheets of a workbook."),
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what changed from one result to another: inputs first, then results.

    Runs, sweeps and capacities are compared with their like; scenarios by the values of their axes, elements by id.
    What is equal is not shown, nor what only says another line again: --json has every line.
    """
    from waterbal import outputs
    from waterbal.report import compare as report

    tongue = language(lang)
    least = report.share(above)
    if output is not None:
        outputs.check(output, outputs.JSON)
    if xlsx is not None:
        report.check_workbook(xlsx)
    trust.tell((first, second), tongue, quiet)
    found = report.files(first, second, least)
    told = {"first": str(first), "second": str(second), **found.as_dict()}
    if output is not None:
        import json

        outputs.write_text(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n", output)
    if xlsx is not None:
        report.write_workbook(found, (str(first), str(second)), xlsx, tongue)
    if as_json:
        print_json(told)
    elif not quiet:
        from waterbal.report.compare_print import render

        render(found, (str(first), str(second)), tongue, console())


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(compare)
