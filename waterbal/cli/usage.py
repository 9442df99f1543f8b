"""Commands that were called wrongly: what the parser of the command line says, in Chinese where that is asked for."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from typer.core import TyperGroup

OPTION = "--lang"
"""Option that is looked for before anything is parsed."""
MISSING = {"argument": "缺少参数", "option": "缺少选项"}
SAID = (
    (r"No such command (.+?)\.(.*)", r"没有命令 \1。\2"),
    (r"No such option: (.+)", r"没有选项 \1"),
    (r"Option (.+) requires an argument\.", r"选项 \1 后面要有一个值。"),
    (r"Option (.+) does not take a value\.", r"选项 \1 不带值。"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", r"多余的参数：\1"),
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be a valid number.*", "应为数"),
    (r"Input should be (.+)", r"应为 \1"),
    (r" ?Did you mean (.+)\?", r"是否为 \1？"),
)
"""What the parser, which is not ours and has English only, says, and the same in Chinese; all else stays as it is."""


class Program(TyperGroup):
    """The commands; errors of the parser speak the language of the user."""

    language = "en"

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Parse what stands before the name of a command."""
        self.language = wanted(args)
        with _spoken(self.language):
            return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Parse the rest and run the command."""
        with _spoken(self.language):
            return super().invoke(ctx)


def wanted(arguments: Sequence[str]) -> str:
    """Give the language that arguments ask for, which nobody has parsed yet; else that of the locale.

    Parameters
    ----------
    arguments : sequence of str
        What stands after the name of the program.
    """
    from waterbal.cli.guard import tongue

    given = ""
    for place, text in enumerate(arguments):
        if text == OPTION and place + 1 < len(arguments):
            given = arguments[place + 1]
        elif text.startswith(OPTION + "="):
            given = text.removeprefix(OPTION + "=")
    return tongue(given)


@contextlib.contextmanager
def _spoken(language: str) -> Iterator[None]:
    """Let errors of the parser show themselves in a language."""
    try:
        yield
    except Exception as error:
        parsed = hasattr(error, "format_message") and getattr(error, "ctx", None) is not None
        if language == "zh" and parsed and type(error).__name__ != "NoArgsIsHelpError":
            vars(error)["show"] = partial(_show, error)
        raise


def _show(error: Any, file: Any = None) -> None:
    """Print an error of the parser with the usage of its command, in Chinese."""
    context = error.ctx
    usage = context.get_usage().replace("Usage:", "用法：", 1)
    hint = f"查看帮助：{context.command_path} {context.help_option_names[0]}"
    print(f"{usage}\n{hint}\n\n错误：{chinese(error)}", file=file or sys.stderr)


def chinese(error: Any) -> str:
    """Say in Chinese what is wrong, as far as it is known.

    Parameters
    ----------
    error : Exception
        Error of the parser.
    """
    parameter = getattr(error, "param", None)
    if type(error).__name__ == "MissingParameter" and parameter is not None:
        return f"{MISSING.get(parameter.param_type_name, MISSING['option'])} {parameter.get_error_hint()}"
    text = str(error.message)
    for english, said in SAID:
        text = re.sub(english, said, text)
    possible = getattr(error, "possibilities", None)
    if possible:
        text += f"（相近的选项：{'、'.join(sorted(possible))}）"
    hint = parameter.get_error_hint() if parameter is not None else ""
    return f"{hint} 的值无效：{text}" if hint else text
