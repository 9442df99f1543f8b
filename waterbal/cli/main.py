"""Commands of ``waterbal``. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from waterbal._version import __version__
from waterbal.cli.admit import register as register_admit
from waterbal.cli.capacity import register as register_capacity
from waterbal.cli.compare import register as register_compare
from waterbal.cli.explain import register as register_explain
from waterbal.cli.export import register as register_export
from waterbal.cli.guard import INTERRUPTED, guarded
from waterbal.cli.hydrology import app as hydrology
from waterbal.cli.importing import app as importing
from waterbal.cli.options import (
    AsJson,
    Debug,
    Language,
    Model,
    Overrides,
    Quiet,
    console,
    language,
    padded,
    print_json,
    print_summary,
    progress,
)
from waterbal.cli.report import register as register_report
from waterbal.cli.schema import register as register_schema
from waterbal.cli.sweep import register as register_sweep
from waterbal.cli.usage import Program
from waterbal.errors import Message, UsageError, in_language

app = typer.Typer(
    name="waterbal",
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Water allocation and simulation for a city: who gets how much, from where, step by step.",
    epilog="Exit status: 0 ok, 2 usage, 3 model file, 4 data, 5 infeasible, 6 balance does not close, "
    "70 defect, 130 interrupted, 143 terminated.",
)


def _one_input(
    model: Path | None, source: Path | None, overrides: list[str] | None, realization: int | None
) -> None:
    """Refuse anything but one model file or one earlier result."""
    if (model is None) == (source is None):
        raise UsageError(
            Message(
                "请给出模型文件，或用 --from 给出以前的成果，二者取一",
                "give either a model file or --from with an earlier result",
            )
        )
    if source is not None and (overrides or realization is not None):
        raise UsageError(
            Message(
                "--from 原样重算以前的成果；--set 和 --realization 与模型文件一起用",
                "--from repeats a run as it was; --set and --realization go with a model file",
            )
        )


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version where asked; the commands do the rest."""
    if version:
        print(f"waterbal {__version__}")
        raise typer.Exit(0)


@app.command()
@guarded
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder.", show_default=False)],
    debug: Debug = False,
) -> None:
    """Start a model in a new folder.

    The folder gets a small, complete and commented city with its series.
    """
    from waterbal import starter

    for path in starter.copy(folder):
        print(path)


@app.command()
@guarded
def check(
    model: Model,
    overrides: Overrides = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check a model or a scenario file and list every problem.

    Model file, data and network are checked, with scenarios all of them; what is sound is summed up.
    """
    tongue = language(lang)
    with progress(quiet, lang) as shown:
        from waterbal.scenarios import overview

        if overview.is_study(model):
            from waterbal.scenarios import study

            shown.stage(Message("检查各方案", "checking every scenario"))
            summary = overview.overview(study.load(model, overrides or ()))
        else:
            from waterbal import api

            shown.stage(Message("读取模型", "reading the model"))
            case = api.load(model, overrides or ())
            shown.stage(Message("检查数据与供水网络", "checking data and network"))
            case.network()
            summary = case.summary()
    if as_json:
        print_json(summary)
    elif not quiet:
        print_summary(summary, tongue)


@app.command()
@guarded
def run(
    model: Annotated[
        Path | None, typer.Argument(metavar="[MODEL]", help="Model file (YAML).", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the results as NetCDF. An earlier result is replaced, any other file is not.",
        ),
    ] = None,
    overrides: Overrides = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="BALANCE.NC", help="Repeat the run stored in this result."),
    ] = None,
    realization: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of the hydrological sample to run, from 0.", show_default="0"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, run nothing.")] = False,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a model and print its water balance."""
    from waterbal import outputs

    tongue = language(lang)
    _one_input(model, source, overrides, realization)
    if output is not None:
        outputs.check(output)
    with progress(quiet, lang) as shown:
        from waterbal import api

        shown.stage(Message("读取模型", "reading the model"))
        case = api.rebuild(source) if source else api.load(model or "", overrides or (), realization or 0)
        if dry_run:
            shown.stage(Message("检查数据与供水网络", "checking data and network"))
            case.network()
            summary = case.summary()
        else:
            for note in case.notes:
                shown.note(Message(f"注意：{in_language(note, 'zh')}", f"note: {note}"))
            shown.stage(Message("模拟", "simulating"))
            results = case.run(progress=shown)
            if output is not None:
                from waterbal.results import netcdf

                shown.stage(Message(f"写出 {output}", f"writing {output}"))
                output.parent.mkdir(parents=True, exist_ok=True)
                netcdf.write(results, output)
    if dry_run:
        if as_json:
            print_json({**summary, "dry_run": True, "output": output and str(output)})
        elif not quiet:
            from waterbal.cli import summary_words as words

            print_summary(summary, tongue)
            print(in_language(words.would_go(output) if output else words.NOTHING_RUN, tongue))
        return
    from waterbal.report import balance

    if as_json:
        print_json({"output": output and str(output), "balance": balance.as_dict(results)})
    elif not quiet:
        balance.render(results, tongue, console())


@app.command()
@guarded
def doctor(as_json: AsJson = False, lang: Language = "", debug: Debug = False) -> None:
    """Show versions, threads, cache and memory."""
    tongue = language(lang)
    from waterbal import machine
    from waterbal.cli import summary_words as words

    facts = machine.facts()
    if as_json:
        print_json(facts)
    else:
        names = [in_language(words.FACTS.get(name, name), tongue) for name in facts]
        for name, value in zip(padded(names), facts.values(), strict=True):
            told = value if isinstance(value, str) else str(value)
            print(f"{name}  {in_language(words.FACT_VALUES.get(told, told), tongue)}")


@app.command()
@guarded
def warmup(lang: Language = "", quiet: Quiet = False, debug: Debug = False) -> None:
    """Compile the kernels, so that runs start fast."""
    tongue = language(lang)
    with progress(quiet, lang) as shown:
        shown.stage(Message("编译", "compiling"))
        from waterbal import machine

        seconds = machine.warm_up()
    if not quiet:
        from waterbal.cli import summary_words as words

        cache = machine.cache_directory() or in_language(words.NO_CACHE, tongue)
        print(words.say(words.READY, tongue, seconds=f"{seconds:.1f}", cache=cache))


register_sweep(app)
register_capacity(app)
register_admit(app)
register_schema(app)
register_export(app)
register_report(app)
register_explain(app)
register_compare(app)
app.add_typer(hydrology)
app.add_typer(importing)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends with SystemExit."""
    for stream in (sys.stdout, sys.stderr):
        # a console that cannot show 万 gets a mark instead of a crash
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app(args=None if arguments is None else list(arguments))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
