"""Reading JSON so that nothing is guessed and every value has a position."""

from __future__ import annotations

import json
import math
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.marks import MarkNode, Marks
from waterbal.model.text_file import decode, read_bytes

MAX_DEPTH = 60
"""Deepest nesting of objects and arrays."""
MAX_DIGITS = 400
"""Longest number that is read; no double has more."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_json(path: Path) -> tuple[dict[str, Any], Marks]:
    """Read a JSON file whose top level is an object.

    Parameters
    ----------
    path : Path
        File to read.

    Returns
    -------
    dict
        Plain values.
    Marks
        Position of every value.

    Raises
    ------
    ConfigError
        If it is no JSON, or has a key twice, a number that is not finite or no object at its top.
    """
    file = str(path)
    reader = _Reader(decode(read_bytes(path), file), file)
    value, node = reader.document()
    if reader.issues:
        raise ConfigError(reader.issues)
    if not isinstance(value, dict):
        raise ConfigError(
            Issue(
                Message("最外层不是对象", "the top level is no object"),
                "",
                file,
                1,
                1,
                Message("对象，例如一个 pywr 模型", "an object such as a model of pywr"),
            )
        )
    return value, Marks(node)


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.issues: list[Issue] = []
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, at: int) -> tuple[str, int, int]:
        """File, line and column of a position in the text."""
        import bisect

        line = bisect.bisect_right(self.starts, at)
        return self.file, line, at - self.starts[line - 1] + 1

    def stop(self, message: str, at: int, expected: str = "") -> ConfigError:
        """End the reading: what follows cannot be understood."""
        return ConfigError([*self.issues, Issue(message, "", *self.place(at), expected)])

    def skip(self, at: int) -> int:
        """Pass over white space."""
        match = _SPACE.match(self.text, at)
        assert match is not None
        return match.end()

    def document(self) -> tuple[Any, MarkNode]:
        """Read the whole text."""
        value, node, end = self.value(self.skip(0), 0)
        end = self.skip(end)
        if end < len(self.text):
            raise self.stop(
                Message("JSON 结束之后还有内容", "there is more after the end of the JSON"),
                end,
                Message("文件结束", "the end of the file"),
            )
        return value, node

    def value(self, at: int, depth: int) -> tuple[Any, MarkNode, int]:
        """Read the value that begins at a position; give it, its node and the position after it."""
        if depth > MAX_DEPTH:
            raise self.stop(Message(f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep"), at)
        start = self.text[at : at + 1]
        if start == "":
            raise self.stop(
                Message("文件过早结束", "the file ends too early"), at, Message("一个值", "a value")
            )
        if start == "{":
            return self.object(at, depth)
        if start == "[":
            return self.array(at, depth)
        node = MarkNode(*self.place(at))
        if start == '"':
            text, end = self.string(at)
            return text, node, end
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return value, node, at + len(word)
        for word in ("NaN", "Infinity", "-Infinity"):
            if self.text.startswith(word, at):
                self.issues.append(
                    Issue(
                        Message(f"{word} 不是有限的数", f"{word} is not a finite number"),
                        "",
                        *self.place(at),
                        "a number or null",
                    )
                )
                return 0.0, node, at + len(word)
        match = _NUMBER.match(self.text, at)
        if match is None:
            raise self.stop(
                Message(f"{self.text[at : at + 12]!r} 不是 JSON", f"{self.text[at : at + 12]!r} is no JSON"),
                at,
                Message("一个值", "a value"),
            )
        return self.number(match.group(), at), node, match.end()

    def number(self, text: str, at: int) -> int | float:
        """Read a number."""
        if len(text) > MAX_DIGITS or not math.isfinite(value := float(text)):
            shown = text if len(text) <= 24 else text[:20] + "..."
            self.issues.append(
                Issue(
                    Message(f"{shown} 不是有限的数", f"{shown} is not a finite number"),
                    "",
                    *self.place(at),
                    "a number",
                )
            )
            return 0.0
        return int(text) if re.fullmatch(r"-?\d{1,15}", text) else value

    def string(self, at: int) -> tuple[str, int]:
        """Read a text; what no UTF-8 file could hold is refused."""
        try:
            text, end = scanstring(self.text, at + 1, True)
        except json.JSONDecodeError as error:
            raise self.stop(
                Message(f"文本有误：{error.msg}", f"broken text: {error.msg}"),
                error.pos,
                Message("双引号括起的文本", "a text in double quotes"),
            ) from None
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.issues.append(
                Issue(
                    Message("半个代理对不成字符", "half a surrogate pair is no letter"),
                    "",
                    *self.place(at),
                    "a whole letter",
                )
            )
            text = text.encode("utf-8", "replace").decode("utf-8")
        return text, end

    def object(self, at: int, depth: int) -> tuple[dict[str, Any], MarkNode, int]:
        """Read an object."""
        value: dict[str, Any] = {}
        node = MarkNode(*self.place(at))
        at = self.skip(at + 1)
        if self.text[at : at + 1] == "}":
            return value, node, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise self.stop(
                    Message("缺少键", "a key is missing"),
                    at,
                    Message("双引号括起的键", "a key in double quotes"),
                )
            mark = self.place(at)
            key, end = self.string(at)
            at = self.skip(end)
            if self.text[at : at + 1] != ":":
                raise self.stop(
                    Message(f"键 {key!r} 之后缺少 ':'", f"':' is missing after the key {key!r}"), at, "':'"
                )
            item, child, at = self.value(self.skip(at + 1), depth + 1)
            if key in value:
                first = node.keys[key][1]
                self.issues.append(
                    Issue(
                        Message(
                            f"键 {key!r} 给了两次，第一次在第 {first} 行",
                            f"key {key!r} is given twice, first in line {first}",
                        ),
                        "",
                        *mark,
                        "each key once",
                    )
                )
            else:
                value[key], node.children[key], node.keys[key] = item, child, mark
            at = self.skip(at)
            if self.text[at : at + 1] == "}":
                return value, node, at + 1
            if self.text[at : at + 1] != ",":
                raise self.stop(
                    Message("对象既没有继续也没有结束", "an object does not go on and does not end"),
                    at,
                    "',' or '}'",
                )
            at = self.skip(at + 1)

    def array(self, at: int, depth: int) -> tuple[list[Any], MarkNode, int]:
        """Read an array."""
        value: list[Any] = []
        node = MarkNode(*self.place(at))
        at = self.skip(at + 1)
        if self.text[at : at + 1] == "]":
            return value, node, at + 1
        while True:
            item, child, at = self.value(at, depth + 1)
            node.children[len(value)] = child
            node.keys[len(value)] = (child.file, child.line, child.column)
            value.append(item)
            at = self.skip(at)
            if self.text[at : at + 1] == "]":
                return value, node, at + 1
            if self.text[at : at + 1] != ",":
                raise self.stop(
                    Message("数组既没有继续也没有结束", "an array does not go on and does not end"),
                    at,
                    "',' or ']'",
                )
            at = self.skip(at + 1)
