"""Commands of ``waterbal``. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from waterbal._version import __version__
from waterbal.cli.guard import INTERRUPTED, guarded

if TYPE_CHECKING:
    from rich.console import Console

    from waterbal.cli.progress import Progress

app = typer.Typer(
    name="waterbal",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Water allocation and simulation for a city: who gets how much, from where, step by step.",
    epilog="Exit status: 0 ok, 2 usage, 3 model file, 4 data, 5 infeasible, 6 balance does not close, "
    "70 defect, 130 interrupted.",
)

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file (YAML).", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change one value of the model, e.g. demands.town.people='12 万人'. Repeat for more.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Language = Annotated[
    str, typer.Option("--lang", metavar="zh|en", help="Language of tables; by default that of the locale.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]


def _language(name: str) -> str:
    """Give ``zh`` or ``en``; an empty name follows the locale."""
    from waterbal.errors import Issue, UsageError, nearest

    if not name:
        variables = ("WATERBAL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
        locale = next((os.environ[key] for key in variables if os.environ.get(key)), "")
        return "zh" if locale.lower().startswith("zh") else "en"
    if name not in ("zh", "en"):
        raise UsageError(
            Issue(
                f"no tables in {name!r}",
                where="--lang",
                expected="zh or en",
                nearest=nearest(name, ("zh", "en")),
            )
        )
    return name


def _one_input(model: Path | None, source: Path | None, overrides: list[str] | None) -> None:
    """Refuse anything but one model file or one earlier result."""
    from waterbal.errors import UsageError

    if (model is None) == (source is None):
        raise UsageError("give either a model file or --from with an earlier result")
    if source is not None and overrides:
        raise UsageError("--from repeats a run as it was; --set goes with a model file")


def _console() -> Console:
    """Give the console of stdout; a file or pipe has room for whole tables."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 132)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))


def _print_summary(summary: dict[str, Any], indent: str = "") -> None:
    """Print names and values in two columns, nested groups below their name."""
    width = max((len(name) for name in summary), default=0)
    for name, value in summary.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            _print_summary(value, indent + "  ")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            print(f"{indent}{name:{width}}  {text}")


def _progress(quiet: bool) -> Progress:
    from waterbal.cli.progress import Progress

    return Progress(quiet)


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
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check a model and list every problem.

    Model file, data and network are checked; a sound model is summed up.
    """
    with _progress(quiet) as progress:
        from waterbal import api

        progress.stage("reading the model")
        case = api.load(model, overrides or ())
        progress.stage("checking data and network")
        case.network()
        summary = case.summary()
    if as_json:
        _print_json(summary)
    elif not quiet:
        _print_summary(summary)


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, run nothing.")] = False,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a model and print its water balance."""
    from waterbal import outputs

    language = _language(lang)
    _one_input(model, source, overrides)
    if output is not None:
        outputs.check(output)
    with _progress(quiet) as progress:
        from waterbal import api

        progress.stage("reading the model")
        case = api.rebuild(source) if source else api.load(model or "", overrides or ())
        if dry_run:
            progress.stage("checking data and network")
            case.network()
            summary = case.summary()
        else:
            progress.stage("simulating")
            results = case.run(progress=progress)
            if output is not None:
                from waterbal.results import netcdf

                progress.stage(f"writing {output}")
                output.parent.mkdir(parents=True, exist_ok=True)
                netcdf.write(results, output)
    if dry_run:
        if as_json:
            _print_json({**summary, "dry_run": True, "output": output and str(output)})
        elif not quiet:
            _print_summary(summary)
            print("Nothing was run." + (f" Results would go to {output}." if output else ""))
        return
    from waterbal.report import balance

    if as_json:
        _print_json({"output": output and str(output), "balance": balance.as_dict(results)})
    elif not quiet:
        balance.render(results, language, _console())


@app.command()
@guarded
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")
    ] = None,
    scenarios: Annotated[bool, typer.Option("--scenarios", help="The schema of scenario files.")] = False,
    debug: Debug = False,
) -> None:
    """Print the JSON schema of model files, or of scenario files.

    Editors use it to complete and check while you type.
    """
    if scenarios:
        from waterbal.scenarios.spec import json_schema
    else:
        from waterbal.model.schema import json_schema

    text = json.dumps(json_schema(), ensure_ascii=False, indent=2)
    if output is None:
        print(text)
    else:
        from waterbal import outputs

        outputs.check(output, outputs.JSON)
        outputs.write_text(text + "\n", output)


@app.command()
@guarded
def doctor(as_json: AsJson = False, debug: Debug = False) -> None:
    """Show versions, threads, cache and memory."""
    from waterbal import machine

    facts = machine.facts()
    if as_json:
        _print_json(facts)
    else:
        width = max(len(name) for name in facts)
        for name, value in facts.items():
            print(f"{name:{width}}  {value}")


@app.command()
@guarded
def warmup(quiet: Quiet = False, debug: Debug = False) -> None:
    """Compile the kernels, so that runs start fast."""
    with _progress(quiet) as progress:
        progress.stage("compiling")
        from waterbal import machine

        seconds = machine.warm_up()
    if not quiet:
        print(f"Kernels ready after {seconds:.1f} s; cache: {machine.cache_directory()}")


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
