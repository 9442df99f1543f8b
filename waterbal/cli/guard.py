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

from waterbal.errors import Message, in_language

DEFECT = 70
INTERRUPTED = 130

STOPPED = Message("已中断", "interrupted")
FAULT = Message("程序缺陷", "defect")
REPORT = Message(
    "无论输入是什么，都不应出现这个错误。`--debug` 会显示出错位置；请反馈给开发者。",
    "This should not happen, whatever the input. `--debug` shows where; please report it.",
)

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
            print("waterbal:", in_language(STOPPED, tongue(kwargs.get("lang"))), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as problem:
            if kwargs.get("debug"):
                traceback.print_exc()
            language = tongue(kwargs.get("lang"))
            raise typer.Exit(_explain(problem, language, as_json=bool(kwargs.get("as_json")))) from None

    return run


def tongue(given: object) -> str:
    """Give the language that errors are told in: that of ``--lang``, or of the locale where that is none."""
    from waterbal.cli.options import language

    return language(given if given in ("zh", "en") else "")


def _explain(problem: Exception, language: str, as_json: bool) -> int:
    """Print a problem in a language and give its exit status; JSON is for programs and stays English."""
    from dataclasses import asdict

    from waterbal.errors import WaterbalError

    if isinstance(problem, WaterbalError):
        status = problem.exit_code
        lines = [issue.said(language) for issue in problem.issues]
        issues = [asdict(issue) for issue in problem.issues]
        if len(lines) > 1:
            lines.append(f"共 {len(lines)} 个问题" if language == "zh" else f"{len(lines)} problems")
    else:
        status = DEFECT
        text = f"{type(problem).__name__}: {problem}"
        lines = [
            f"waterbal: {in_language(FAULT, language)}: {text}",
            in_language(REPORT, language),
        ]
        issues = [{"message": text}]
    print("\n".join(lines), file=sys.stderr)
    if as_json:
        print(json.dumps({"exit_code": status, "issues": issues}, ensure_ascii=False, indent=2))
    return status
