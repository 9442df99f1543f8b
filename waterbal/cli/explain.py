"""The command ``waterbal explain``: one shortage traced to its cause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import AsJson, Debug, Language, Quiet, console, language, print_json, progress
from waterbal.errors import Message


@guarded
def explain(
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT.NC", help="Result of a run, sweep or capacity.", show_default=False),
    ],
    demand: Annotated[
        str,
        typer.Option(
            "--demand", metavar="USER", help="User that was short, by id or name.", show_default=False
        ),
    ],
    time: Annotated[
        str,
        typer.Option(
            "--time", metavar="YYYY-MM", help="Month, day or year; its worst step.", show_default=False
        ),
    ],
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario", metavar="ID", help="Scenario of a sweep or capacity.", show_default="the baseline"
        ),
    ] = None,
    realization: Annotated[
        int | None,
        typer.Option("--realization", metavar="N", help="Hydrological sample, from 0.", show_default="0"),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option("--study", metavar="FILE", help="Scenario file that a sweep or capacity was made from."),
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Trace one shortage to its cause.

    The run is simulated again: what held the supply, who used what had run out, for whom water was kept, and how much
    of the shortage each limit would have removed had it let more through.
    """
    tongue = language(lang)
    with progress(quiet, lang) as shown:
        from waterbal.capacity import explain as cause
        from waterbal.capacity import explain_member

        shown.stage(Message("重建模拟", "rebuilding the run"))
        member = explain_member.member(result, scenario, realization, study, demand, time)
        shown.stage(Message("逐一放宽限制后模拟", "simulating with each limit relaxed"))
        told = cause.explain(member.case, demand, time, shown)
    if as_json:
        print_json(
            {
                "result": str(result),
                "scenario": member.scenario,
                "realization": member.realization,
                **told.as_dict(),
            }
        )
    elif not quiet:
        from waterbal.report import explain as words

        words.render(told, member.labels, tongue, console())


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(explain)
