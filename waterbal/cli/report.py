"""The command ``waterbal report``: results as a page that people read, and as tables that they file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli import trust
from waterbal.cli.guard import guarded
from waterbal.cli.options import AsJson, Debug, Language, Quiet, language, print_json, progress


@guarded
def report(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT...",
            help="Results of run, sweep or capacity (NetCDF) and of admit (JSON), any of them together.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the report as one HTML file."),
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Write the tables T1 to T11 as a workbook.")
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a report of results: one HTML file that needs no network, and a workbook of tables.

    The verdict comes first. What the results given do not have is named at the end of the page, with the command that
    gives it.
    """
    from waterbal.report.page import output as files

    tongue = language(lang)
    files.check(results, output, xlsx)
    trust.tell(results, tongue, quiet)
    with progress(quiet, lang) as shown:
        told = files.write(results, output, xlsx, tongue, shown.stage)
    if as_json:
        print_json(told)
    elif not quiet:
        for path in (output, xlsx):
            if path is not None:
                print(path)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(report)
