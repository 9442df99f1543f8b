"""What a YAML syntax error means, for the slips that are common."""

from __future__ import annotations

import re

import yaml

from waterbal.errors import Issue, Message


def syntax_issue(error: yaml.MarkedYAMLError, text: str, file: str) -> Issue:
    """Say what a syntax error means, for the slips that are common."""
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = mark.column if mark else 0
    rest = lines[line][column:]
    told, hint = str(error.problem or error.context or "not valid YAML"), colon_hint(text, line + 1)
    message = Message(f"不是有效的 YAML（{told}）", told)
    if error.context_mark and error.context_mark.line != line:
        begun = error.context_mark.line + 1
        message += Message(f"，始于第 {begun} 行", f" ({error.context}, which begins in line {begun})")
    if rest.startswith("\t") or "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]:
        message, hint = Message("此行用制表符缩进", "a tab indents this line"), Message("空格", "spaces")
    elif rest.startswith("@"):
        message = Message("值以 '@' 开头", "a value begins with '@'")
        hint = Message('加引号的引用，如 "@cap.total"', 'a reference in quotes, such as "@cap.total"')
    elif rest.startswith(("%", "`", "*", "&")):
        message = Message(f"值以 {rest[0]!r} 开头", f"a value begins with {rest[0]!r}")
        hint = Message("给它加引号", "quotes around it")
    return Issue(message, "", file, line + 1, column + 1, hint)


def character_issue(error: yaml.reader.ReaderError, text: str, file: str) -> Issue:
    """Place a character that YAML does not allow."""
    bad = next((i for i, char in enumerate(text) if not _printable(char)), 0)
    line = text.count("\n", 0, bad) + 1
    column = bad - text.rfind("\n", 0, bad)
    return Issue(
        Message(f"不允许的字符 U+{ord(text[bad]):04X}", f"character U+{ord(text[bad]):04X} is not allowed"),
        "",
        file,
        line,
        column,
        Message("可显示的文本", "printable text"),
    )


def _printable(char: str) -> bool:
    """Tell whether YAML allows a character."""
    return char in "\t\n\r\x85" or " " <= char <= "~" or (char >= "\xa0" and not "\ud800" <= char <= "\udfff")


def colon_hint(text: str, line: int) -> str:
    """Point out a full-width colon or a missing space, which make a whole line one word."""
    lines = text.splitlines()
    for shown in lines[max(0, line - 2) : line]:
        if "\uff1a" in shown:
            return Message(
                "用半角 ':' 加空格代替全角 '\uff1a'",
                "an ASCII ':' and a space instead of the full-width '\uff1a'",
            )
        if re.match(r"\s*[\w.]+:[^\s/]", shown):
            return Message("':' 后加一个空格", "a space after ':'")
    return ""
