"""The command ``waterbal admit``: whether projects fit in what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import (
    AsJson,
    Debug,
    Language,
    Overrides,
    Quiet,
    console,
    language,
    print_json,
    progress,
)

NOT_ADMITTED = 5
"""Exit status where a project is refused."""


@guarded
def admit(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="Model file, or scenario file: then the baseline in all its planning years.",
            show_default=False,
        ),
    ],
    projects: Annotated[
        list[Path], typer.Argument(metavar="PROJECT...", help="Project files (YAML).", show_default=False)
    ],
    commitments: Annotated[
        Path | None,
        typer.Option("--commitments", metavar="FILE", help="Ledger of what is promised and in use (YAML)."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="Rules; those beside the ledger if not given."),
    ] = None,
    overrides: Overrides = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="AXIS=VALUE,...",
            help="Scenarios of a study that count, instead of the baseline's. Repeat for more.",
        ),
    ] = None,
    years: Annotated[
        list[int] | None,
        typer.Option(
            "--year",
            metavar="YEAR",
            help="Planning year of a model to judge in; by default its own and those in which projects begin or "
            "grow. Repeat for more.",
        ),
    ] = None,
    realizations: Annotated[
        int | None, typer.Option("--realizations", metavar="N", min=1, help="Hydrological samples.")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of a project's intake to which smallest changes are found."
        ),
    ] = 0.005,
    seek: Annotated[
        bool, typer.Option("--seek/--no-seek", help="Look for the smallest change that would make it fit.")
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write everything as JSON."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write projects that are let in into the ledger.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", metavar="N", min=1, help="Threads; all cores if not given.")
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Judge whether projects fit in what is left.

    Eight tests in order, each with its evidence: industry, norm, caps, hydrology with and without the project,
    quality, peak capacity, ledger, all planning years. Ends with status 5 where a project is refused.
    """
    from waterbal import outputs
    from waterbal.errors import Issue, Message, UsageError

    tongue = language(lang)
    if output is not None:
        outputs.check(output, outputs.JSON)
    if record and commitments is None:
        raise UsageError(
            Issue(
                Message("没有可写入的台账", "there is no ledger to write into"),
                "--record",
                expected=Message("--commitments 文件", "--commitments FILE"),
            )
        )
    if record and commitments is not None:
        outputs.check(commitments, outputs.ANY)
    with progress(quiet, lang) as shown:
        from waterbal.capacity import admission as admissions

        found = admissions.admit(
            model, projects, commitments=commitments, rules=rules, overrides=overrides or (), only=only or (),
            years=years or (), realizations=realizations, tolerance=tolerance, seek=seek, threads=threads,
            progress=shown.stage,
        )  # fmt: skip
    told = found.as_dict()
    if output is not None:
        outputs.write_text(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n", output)
    written: list[str] = []
    if record and commitments is not None:
        from waterbal.capacity.admission_record import record as write_down

        written = write_down(found, commitments)
    if as_json:
        print_json({**told, "recorded": written, "output": output and str(output)})
    elif not quiet:
        from waterbal.report import admission as words

        words.render(found, tongue, console())
        if record:
            print(words.recorded_line(written, commitments, tongue))
    if found.refused:
        raise typer.Exit(NOT_ADMITTED)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(admit)
