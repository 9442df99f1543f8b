"""The command ``waterbal schema``: JSON schemas of the files that waterbal reads."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import Debug


class Kind(StrEnum):
    """Kinds of files that have a schema."""

    model = "model"
    scenarios = "scenarios"
    project = "project"
    ledger = "ledger"


@guarded
def schema(
    kind: Annotated[
        Kind,
        typer.Argument(
            metavar="[model|scenarios|project|ledger]",
            help="Model file, scenario file, project file of `waterbal admit`, or its ledger and rules.",
        ),
    ] = Kind.model,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")
    ] = None,
    scenarios: Annotated[
        bool, typer.Option("--scenarios", help="The same as `waterbal schema scenarios`.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Print the JSON schema of model files, scenario files, project files or ledgers.

    Editors use it to complete and check while you type. The readers check against the same, and beyond it what one part
    of a file says of another.
    """
    wanted = Kind.scenarios if scenarios else kind
    if wanted is Kind.scenarios:
        from waterbal.scenarios.spec import json_schema
    elif wanted is Kind.project:
        from waterbal.capacity.project import json_schema
    elif wanted is Kind.ledger:
        from waterbal.capacity.admission_ledger import json_schema
    else:
        from waterbal.model.schema import json_schema

    text = json.dumps(json_schema(), ensure_ascii=False, indent=2)
    if output is None:
        print(text)
    else:
        from waterbal import outputs

        outputs.check(output, outputs.JSON)
        outputs.write_text(text + "\n", output)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(schema)
