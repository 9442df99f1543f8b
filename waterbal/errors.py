"""Errors that users can act on: every problem with its place, what was expected and the nearest name.

A text that users read may be a ``Message``, which says it in Chinese and in English. It is the English text to all who
do not ask: to programs, to tests, and to what joins it to other text.
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

REASONS = {
    errno.ENOSPC: "磁盘已满",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许此操作",
    errno.EROFS: "文件系统为只读",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EISDIR: "它是文件夹",
    errno.ENOTDIR: "不是文件夹",
    errno.ENAMETOOLONG: "文件名过长",
}
"""What the system says, in Chinese."""


class Message(str):
    """A text in English with its Chinese beside it; a sum with another text has both."""

    zh: str

    def __new__(cls, zh: str, en: str) -> Message:
        """Take both."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __reduce__(self) -> tuple[type[Message], tuple[str, str]]:
        """Rebuild from both, so that a message crosses a process boundary whole."""
        return type(self), (self.zh, str(self))

    def __add__(self, other: str) -> Message:
        """Go on in both languages."""
        return Message(self.zh + in_language(other, "zh"), str(self) + str(other))


def in_language(text: str, language: str) -> str:
    """Give a text in ``zh`` where it has Chinese, else in English."""
    return text.zh if language == "zh" and isinstance(text, Message) else str(text)


def either(options: Sequence[str]) -> str:
    """Join texts of which one would be right; in both languages where one of them is.

    Parameters
    ----------
    options : sequence of str
        What would be right.
    """
    return Message(" 或 ".join(in_language(option, "zh") for option in options), " or ".join(options))


def joined(parts: Iterable[str], zh: str = "、", en: str = ", ") -> Message:
    """Put texts one after another, in each language.

    Parameters
    ----------
    parts : iterable of str
        Texts; what has no Chinese is the same in both.
    zh, en : str
        What stands between them in Chinese and in English.
    """
    listed = list(parts)
    return Message(zh.join(in_language(part, "zh") for part in listed), en.join(map(str, listed)))


def one_of(names: Iterable[object]) -> Message:
    """Say that one of some names is expected."""
    listed = ", ".join(map(str, names))
    return Message(f"下列之一：{listed}", f"one of {listed}")


def cannot_write(path: object, reason: str) -> Message:
    """Say that a file cannot be written, and why.

    Parameters
    ----------
    path : path-like
        File to be written.
    reason : str
        Why; in both languages where it is a ``Message``.
    """
    return Message(f"无法写入 {path}：", f"cannot write {path}: ") + reason


def reason_of(error: OSError) -> str:
    """Say why the system refused, in both languages where that is known.

    Parameters
    ----------
    error : OSError
        As the system raised it.
    """
    english = error.strerror or str(error)
    return Message(REASONS[error.errno], english) if error.errno in REASONS else english


@dataclass(frozen=True)
class Issue:
    """One problem in the input.

    Parameters
    ----------
    message : str
        What is wrong, without a full stop at the end.
    where : str
        Dotted path inside the model, e.g. ``links.river_plant.capacity``; empty if there is none.
    file : str
        File as the user named it; empty if the problem is in no file.
    line, column : int
        Position counted from 1; 0 if unknown.
    expected : str
        What would have been right, usually with an example.
    nearest : str
        Valid name closest to the one given; empty if none is close.
    """

    message: str
    where: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    expected: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        """Give one line in English."""
        return self.said("en")

    def said(self, language: str) -> str:
        """Give one line: ``file:line:column: where: message; expected ...; did you mean ...?``.

        A file that the message itself names is not put before it.

        Parameters
        ----------
        language : str
            ``zh`` or ``en``; what has no Chinese stays English.
        """
        place = "" if not self.line and _names(self.message, self.file) else self.file
        if self.file and self.line:
            place += f":{self.line}" + (f":{self.column}" if self.column else "")
        message, expected = (in_language(part, language) for part in (self.message, self.expected))
        text = ": ".join(part for part in (place, self.where, message) if part)
        chinese = language == "zh"
        if expected:
            text += f"；应为：{expected}" if chinese else f"; expected {expected}"
        if self.nearest:
            text += f"；是否为 {self.nearest!r}？" if chinese else f"; did you mean {self.nearest!r}?"
        return text


def _names(message: str, file: str) -> bool:
    """Tell whether a message has the name of a file in it, as a word of its own and not as a place in it."""
    return bool(file) and re.search(rf"(?<![\w./\\-]){re.escape(file)}(?![\w/\\-]|:\d)", message) is not None


class WaterbalError(Exception):
    """A failure that is explained by its issues; ``exit_code`` is the status the command line ends with."""

    exit_code = 70

    def __init__(self, issues: str | Issue | Sequence[Issue], *more: Issue) -> None:
        if isinstance(issues, str):
            issues = Issue(issues)
        first = (issues,) if isinstance(issues, Issue) else tuple(issues)
        self.issues: tuple[Issue, ...] = (*first, *more)
        super().__init__("\n".join(str(issue) for issue in self.issues))

    def __reduce__(self) -> tuple[type[WaterbalError], tuple[tuple[Issue, ...]]]:
        """Rebuild from the issues, so that an error crosses a process boundary whole."""
        return type(self), (self.issues,)


class UsageError(WaterbalError):
    """The command was called in a way it does not have."""

    exit_code = 2


class ConfigError(WaterbalError):
    """The model file is wrong."""

    exit_code = 3


class DataError(WaterbalError):
    """A series or another data file is wrong."""

    exit_code = 4


class InfeasibleError(WaterbalError):
    """The stated requirements cannot all be met."""

    exit_code = 5


class BalanceError(WaterbalError):
    """A water balance does not close."""

    exit_code = 6


def most_alike(name: object, candidates: Iterable[object], count: int) -> str:
    """List valid names, those most like a wrong one first, and how many there are in all.

    Parameters
    ----------
    name : object
        Name as given; compared as text, without regard to case.
    candidates : iterable
        Valid names.
    count : int
        Most names that are listed.
    """
    given = str(name).casefold()
    names = [str(candidate) for candidate in candidates]

    def unlike(valid: str) -> tuple[bool, float]:
        spelt = valid.casefold()
        return given not in spelt, -difflib.SequenceMatcher(None, spelt, given).ratio()

    listed = names if len(names) <= count else sorted(names, key=unlike)[:count]
    told, rest = ", ".join(listed), len(names) - count
    return Message(f"{told}（另有 {rest} 个）", f"{told} (and {rest} more)") if rest > 0 else told


def nearest(name: object, candidates: Iterable[object]) -> str:
    """Give the candidate most like a misspelt name, or an empty string if none is close.

    Parameters
    ----------
    name : object
        Name as given; compared as text, without regard to case.
    candidates : iterable
        Valid names.
    """
    spelt = {str(candidate).casefold(): str(candidate) for candidate in candidates}
    found = difflib.get_close_matches(str(name).casefold(), list(spelt), n=1, cutoff=0.6)
    return spelt[found[0]] if found else ""
