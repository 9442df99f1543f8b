"""How every command ends: one exit status per kind of failure, one message, no traceback."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

DEFECT = 70
INTERRUPTED = 130

P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Run a command; turn what it raises into a message on stderr and an exit status.

    With ``debug`` the traceback is printed first. With ``as_json`` the problems also go to stdout as one
    JSON document, so that stdout always parses.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            # the reader (head, less) has gone: nothing more to say, and nothing may be flushed to it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            print("waterbal: interrupted", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as problem:
            if kwargs.get("debug"):
                traceback.print_exc()
            raise typer.Exit(_explain(problem, as_json=bool(kwargs.get("as_json")))) from None

    return run


def _explain(problem: Exception, as_json: bool) -> int:
    """Print a problem and give its exit status."""
    from dataclasses import asdict

    from waterbal.errors import WaterbalError

    if isinstance(problem, WaterbalError):
        status = problem.exit_code
        lines = [str(issue) for issue in problem.issues]
        issues = [asdict(issue) for issue in problem.issues]
        if len(lines) > 1:
            lines.append(f"{len(lines)} problems")
    else:
        status = DEFECT
        text = f"{type(problem).__name__}: {problem}"
        lines = [
            f"waterbal: defect: {text}",
            "This should not happen, whatever the input. `--debug` shows where; please report it.",
        ]
        issues = [{"message": text}]
    print("\n".join(lines), file=sys.stderr)
    if as_json:
        print(json.dumps({"exit_code": status, "issues": issues}, ensure_ascii=False, indent=2))
    return status
