"""Commands of batches: ``waterbal sweep`` and ``waterbal merge``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import (
    AsJson,
    Debug,
    Language,
    Only,
    Overrides,
    Quiet,
    Realizations,
    Threads,
    console,
    language,
    print_json,
    progress,
)
from waterbal.errors import Message

BY_SIGNAL = 128
"""Exit status of a command that a signal ended, less the number of the signal."""


@guarded
def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Scenario file (YAML).", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder for parts and results.nc. A sweep that was begun there goes on.",
            show_default=False,
        ),
    ],
    overrides: Overrides = None,
    realizations: Realizations = None,
    only: Only = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="metrics|yearly|full", help="What is kept of each member."),
    ] = None,
    threads: Threads = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes with one thread each, in place of threads."),
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="Dask scheduler whose workers compute."),
    ] = "",
    shard: Annotated[
        str,
        typer.Option(
            "--shard", metavar="I/N", help="Compute only the I-th of N shares, e.g. in an array job."
        ),
    ] = "",
    block: Annotated[
        int | None,
        typer.Option("--block", metavar="N", help="Members in a block, which is lost or kept whole."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Remove what an earlier sweep left in the folder, and begin anew.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything; estimate time, memory and disk; run nothing.")
    ] = False,
    job_script: Annotated[
        str, typer.Option("--job-script", metavar="slurm", help="Print a job script of this sweep.")
    ] = "",
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run all scenarios of a study.

    Every scenario is run with every realization of its hydrology, in blocks that are kept as they are
    finished; the same command goes on where the last one ended, however it ended. When all blocks are there
    they are merged to FOLDER/results.nc.
    """
    from waterbal.scenarios import sweep as sweeps

    tongue = language(lang)
    request = sweeps.Request(
        study, output, overrides or (), only or (), realizations, keep, threads, workers, scheduler, shard,
        block, fresh,
    )  # fmt: skip
    if job_script:
        spoken = ["--lang", lang] if lang else []
        print(request.job_script(job_script, spoken + ["--quiet"] * quiet), end="")
        return
    from waterbal.report import sweep as words

    if dry_run:
        with progress(quiet, lang) as shown:
            estimate = sweeps.dry_run(request, shown)
        if not (quiet or as_json):
            print("\n".join(words.estimate_lines(estimate, tongue)))
        estimate.check_room(output)
        if as_json:
            print_json({"dry_run": True, **estimate.as_dict()})
        return
    with progress(quiet, lang) as shown:
        report = sweeps.run(request, shown)
    if as_json and not report.failed:
        print_json(report.as_dict())
    elif not (quiet or as_json):
        if report.results is not None:
            from waterbal.report import scenarios

            scenarios.render_file(report.results, tongue, console())
        print("\n".join(words.report_lines(report, tongue)))
    if report.stopped is not None:
        print(f"waterbal: {words.stop_line(report, tongue)}", file=sys.stderr)
        raise typer.Exit(BY_SIGNAL + report.stopped)
    report.raise_failures()


@guarded
def merge(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of a finished sweep.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="NetCDF file to write.", show_default=False),
    ],
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Merge the parts of a sweep into one NetCDF."""
    with progress(quiet, lang) as shown:
        from waterbal.scenarios.merge import merge as merged

        shown.stage(Message("合并", "merging"), Message("个分块", "blocks"))
        merged(folder, output, shown, shown.note)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(sweep)
    app.command()(merge)
