"""The command group ``waterbal import``: models of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import AsJson, Debug, Language, Quiet, language, print_json
from waterbal.errors import Issue, Message, UsageError, in_language

app = typer.Typer(name="import", no_args_is_help=True, help="Translate models of other programs.")


@app.callback()
def group() -> None:
    """Translate models of other programs."""


@app.command()
@guarded
def pywr(
    model: Annotated[Path, typer.Argument(metavar="MODEL.json", help="Model of pywr 1.x.", show_default=False)],
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="New folder.", show_default=False)
    ],
    unit: Annotated[
        str,
        typer.Option(
            "--unit", metavar="UNIT/d", show_default=False,
            help="Unit of the flows, which pywr does not know: Ml/d, m3/d, 万m3/d. Volumes are in what flows in a day.",
        ),
    ],
    scenarios: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME=NUMBER", help="Member of a scenario, from 0. Repeat for more."),
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Translate a model of pywr into a model folder that gives the same results.

    Whatever has no exact counterpart is listed by name and place, all at once; then nothing is written and the
    exit status is 3.
    """
    tongue = language(lang)
    from waterbal.importing.pywr import translate
    from waterbal.importing.writing import check_folder

    check_folder(folder)
    translation = translate(model, unit, scenarios=_chosen(scenarios or []), language=tongue)
    written = translation.write(folder)
    if as_json:
        told = {"files": [str(path) for path in written], "notes": list(translation.notes)}
        print_json({**told, "elements": dict(translation.elements), "pywr_steps": translation.steps})
    elif not quiet:
        for path in written:
            print(path)
        for note in translation.notes:
            print(f"注意：{in_language(note, tongue)}" if tongue == "zh" else f"note: {note}")


def _chosen(texts: list[str]) -> dict[str, int]:
    """Read ``name=number`` texts."""
    chosen: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or not number.isascii() or not number.isdigit() or len(number) > 9:
            raise UsageError(
                Issue(
                    Message(f"{text!r} 没有选中任何成员", f"{text!r} chooses no member"),
                    "--scenario",
                    expected=Message("名称=编号，例如 demand=0", "NAME=NUMBER, such as demand=0"),
                )
            )
        chosen[name] = int(number)
    return chosen
