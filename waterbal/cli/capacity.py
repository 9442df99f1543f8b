"""The command ``waterbal capacity``: how much the water carries, what stops it, what helps."""

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


@guarded
def capacity(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Scenario file or model file (YAML).", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the capacities as NetCDF."),
    ] = None,
    overrides: Overrides = None,
    realizations: Realizations = None,
    only: Only = None,
    along: Annotated[
        list[str] | None,
        typer.Option(
            "--along",
            metavar="DIRECTION",
            help="Only along this direction, e.g. people or mix. Repeat for more.",
        ),
    ] = None,
    alone: Annotated[
        list[str] | None,
        typer.Option(
            "--alone",
            metavar="DIRECTION",
            help="Also the capacity of every record judged alone, along this direction.",
        ),
    ] = None,
    focus: Annotated[
        str, typer.Option("--focus", metavar="DIRECTION", help="Direction whose limits and relief are told.")
    ] = "",
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="N", help="Best measures within so many 1e4 yuan a year."),
    ] = None,
    next_limits: Annotated[
        int,
        typer.Option(
            "--next-limits",
            metavar="N",
            help="Measures, the best per cost first, of which also the limit that binds next is sought.",
        ),
    ] = 1,
    extras: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="WHAT",
            help="Tell more of the baseline: frontier (what is carried together), pairs (the same "
            "of each two drivers, the others at plan), balances (一二三次平衡), risk "
            "(records alone), sensitivity (uncertain inputs), bound (perfect foresight), load (W/W0). Repeat for more.",
        ),
    ] = None,
    risk_realizations: Annotated[
        int,
        typer.Option(
            "--risk-realizations",
            metavar="N",
            help="Records in which the plan of each planning year is tried for P(plan > capacity): one trial each, so "
            "that many more are affordable than a capacity is searched in. 0: only those of the search.",
        ),
    ] = 200,
    trajectories: Annotated[
        int,
        typer.Option(
            "--trajectories",
            metavar="N",
            help="With --with sensitivity: also elementary effects (Morris, by SALib) over N paths through the ranges.",
        ),
    ] = 0,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", metavar="X", help="Largest error of a capacity, as share of the plan."),
    ] = 1e-3,
    audit: Annotated[
        int, typer.Option("--audit", metavar="N", help="Scales below each capacity that are tried as well.")
    ] = 20,
    details: Annotated[
        bool, typer.Option("--details/--no-details", help="What binds and relieves the baseline.")
    ] = True,
    threads: Threads = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find how much city, land, people and production the water carries.

    For every scenario and every direction of growth the largest scale of the plan is searched at which all guarantee
    rates and limits hold, and what stops it; for the baseline also what each limit is worth and what relieves it.

    --json gives capacities, overshoot, samples, naive_scale and conditions; of the baseline details_of, first_failure,
    limits, relief and portfolio; and each part that --with asks for under its name, as variables (dims, units, values)
    and attributes. Infinite and missing numbers are null.

    Ends with status 5 where the requirements cannot be met: in the baseline nothing is carried along the direction
    that is told. All is written and printed before.
    """
    from waterbal import outputs
    from waterbal.errors import InfeasibleError, UsageError

    tongue = language(lang)
    if output is not None:
        outputs.check(output)
    with progress(quiet, lang) as shown:
        from waterbal.capacity import assessment

        options = assessment.options(tolerance, audit)
        demand = assessment.Demand(
            realizations, tuple(only or ()), tuple(along or ()), tuple(alone or ()), focus, details, next_limits,
            budget, tuple(extras or ()), risk_realizations, trajectories, options, threads,
        )  # fmt: skip
        try:
            found, failure = assessment.attempt(path, overrides or (), demand, shown, output)
        except UsageError as error:
            from waterbal.capacity import misused

            raise misused.all_of(path, overrides or (), demand, error) from error
    from waterbal.report import capacity as words

    if as_json:
        print_json({"output": output and str(output), **words.as_dict(found)})
    elif not quiet:
        words.render(found, tongue, console())
    if failure is not None:
        for issue in failure.issues:
            print(issue.said(tongue), file=sys.stderr)
        raise typer.Exit(failure.exit_code)
    if words.hopeless(found):
        raise typer.Exit(InfeasibleError.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(capacity)
