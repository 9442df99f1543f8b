"""The command ``waterbal export``: results in the files that other programs read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from waterbal.cli import trust
from waterbal.cli.guard import guarded
from waterbal.cli.options import AsJson, Debug, Language, Quiet, language, print_json, progress
from waterbal.errors import Issue, Message, UsageError, in_language

if TYPE_CHECKING:
    from waterbal.exports import Written


@guarded
def export(
    source: Annotated[
        Path | None, typer.Argument(metavar="RESULT.NC", help="Result of any command.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|FOLDER",
            help="File to write; or folder, which gets a file of each kind of element or member.",
        ),
    ] = None,
    layout: Annotated[
        str, typer.Option("--layout", metavar="LAYOUT|READER", help="What to write, or for which program.")
    ] = "",
    layouts: Annotated[bool, typer.Option("--layouts", help="List the layouts and their readers.")] = False,
    scenarios: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario", metavar="ID|AXIS=VALUE,...", help="Only these scenarios. Repeat for more."
        ),
    ] = None,
    realizations: Annotated[
        list[int] | None,
        typer.Option("--realization", metavar="K", help="Only this realization. Repeat for more."),
    ] = None,
    variables: Annotated[
        list[str] | None,
        typer.Option("--variable", metavar="NAME", help="Only this variable. Repeat for more."),
    ] = None,
    elements: Annotated[
        list[str] | None,
        typer.Option("--element", metavar="ID", help="Only this demand, source, link, ... Repeat for more."),
    ] = None,
    daily: Annotated[
        bool,
        typer.Option(
            "--daily",
            help="Days in place of steps: volumes as mean rates in m3/s held over their step, stocks interpolated.",
        ),
    ] = False,
    rate: Annotated[
        bool, typer.Option("--rate", help="Volumes as mean rates of their steps in m3/s.")
    ] = False,
    label: Annotated[
        str,
        typer.Option("--label", metavar="start|end", help="Of NetCDF: which end of its step a time is."),
    ] = "",
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="Only from this day or month.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Only to this day or month.")] = "",
    wide: Annotated[bool, typer.Option("--wide", help="Of CSV: one column for each series.")] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help="Of CSV: byte order mark, so that Excel shows Chinese.")
    ] = False,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write results for other programs.

    Layouts are named by what a file is like (time-first, station-first, swmm, dss, csv, parquet) or by who reads it
    (cdo, nco, raven, rtc-tools, fews, pywr, excel, hec); --layouts lists what each needs. --lang also gives wide tables
    names as headings in that language.
    """
    from waterbal import exports

    tongue = language(lang)
    if layouts:
        if as_json:
            print_json(exports.listing())
        else:
            _print_layouts(exports.listing(), tongue)
        return
    problems = []
    if source is None:
        problems.append(
            Issue(
                Message("没有指明成果文件", "no result is named"),
                "RESULT.NC",
                expected=Message("waterbal 写的 NetCDF 文件", "a NetCDF file written by waterbal"),
            )
        )
    if output is None:
        problems.append(
            Issue(
                Message("没有指明输出位置", "nowhere to write to"),
                "--output",
                expected=Message("文件或文件夹", "a file or folder"),
            )
        )
    try:
        wanted = exports.with_options(
            exports.layout_of(layout), daily=daily, rate=rate, label=label, wide=wide, bom=bom
        )
    except UsageError as error:
        problems += error.issues
    if problems or source is None or output is None:
        raise UsageError(problems)
    choice = exports.Choice(
        tuple(scenarios or ()), tuple(realizations or ()), tuple(variables or ()), tuple(elements or ()), first, last
    )  # fmt: skip
    trust.tell((source,), tongue, quiet)
    with progress(quiet, lang) as shown:
        shown.stage(Message("读取成果", "reading the result"))
        chosen = partial(shown.stage, Message(f"写出 {output}", f"writing {output}"))
        written = exports.export(source, output, wanted, choice, tongue if lang else "", chosen)
    if as_json:
        print_json(exports.as_dict(written))
    elif not quiet:
        for file in written:
            print(file.path)
            print(_told(file, tongue))


def _told(file: Written, tongue: str) -> str:
    """Say in one line what is in a file."""
    from waterbal.cli import summary_words as words

    told = words.say(
        words.EXPORTED,
        tongue,
        variables=len(file.variables),
        elements=file.elements,
        scenarios=len(file.scenarios) or 1,
        realizations=len(file.realizations) or 1,
    )
    if file.steps:
        told += words.say(words.STEPS, tongue, steps=file.steps, first=file.first, last=file.last)
        told += in_language(words.TIME_LABELS.get(file.time_label, ""), tongue)
    return told


def _print_layouts(listing: dict[str, dict[str, object]], tongue: str) -> None:
    for name, layout in listing.items():
        print(f"{name}: {layout[tongue]}")
        readers = layout["readers"]
        assert isinstance(readers, dict)
        for reader, needs in readers.items():
            print(f"  {reader}: {needs[tongue]}")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(export)
