"""Reading YAML so that nothing is guessed and every value has a position.

Scalars follow YAML 1.2: ``no`` and ``on`` are text, ``1e3`` is a number, ``12:30`` is text. What looks like a
number but reads differently in different programs (``012``, ``0x1F``, ``.inf``) is refused. So are duplicate
keys, tags, several documents, aliases that expand without bound and files that are not UTF-8.
"""

from __future__ import annotations

import copy
import math
import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.marks import Key, MarkNode, Marks
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.yaml_syntax import character_issue, colon_hint, syntax_issue

MAX_DEPTH = 40
"""Deepest nesting of mappings and lists."""
MAX_ALIASED = 100_000
"""Most values that aliases may stand for in one file."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_AMBIGUOUS = re.compile(r"[-+]?(0[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|0[xob][0-9A-Fa-f_]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: str | FilePath) -> tuple[dict[Key, Any], Marks]:
    """Read a YAML file whose top level is a mapping.

    Parameters
    ----------
    path : str or Path
        File to read.

    Returns
    -------
    dict
        Plain values: dict, list, str, int, float, bool, None. Keys of digits only are numbers.
    Marks
        Position of every value.

    Raises
    ------
    ConfigError
        With every problem found.
    """
    file = str(path)
    return parse_yaml(decode(read_bytes(path), file), file)


def parse_yaml(text: str, file: str) -> tuple[dict[Key, Any], Marks]:
    """Read YAML text whose top level is a mapping; ``file`` is the name used in messages."""
    value, marks, issues = scan_yaml(text, file)
    if issues:
        raise ConfigError(issues)
    return value, marks


NAME = Message("名称", "a name")
MODEL = Message("模型", "a model")


def scan_yaml(text: str, file: str, wanted: str = MODEL) -> tuple[dict[Key, Any], Marks, list[Issue]]:
    """Read YAML text like ``parse_yaml``, but give the problems instead of raising them.

    The values are whole unless an issue ended the reading; then ``ConfigError`` is raised after all.
    ``wanted`` is what an empty file should be.
    """
    builder = _build(text, file)
    value, node = builder.value, builder.node or MarkNode(file, 1, 1)
    if isinstance(value, dict) and not builder.broken:
        return value, Marks(node), builder.issues
    if builder.issues:
        raise ConfigError(builder.issues)
    if value is None:
        raise ConfigError(Issue(Message("文件是空的", "the file is empty"), file=file, expected=wanted))
    message = Message("最外层不是“键: 值”的映射", f"the top level is a {_kind(value)}")
    lines = Message("由“键: 值”行组成的映射", "a mapping of 'key: value' lines")
    hint = colon_hint(text, node.line) or lines
    raise ConfigError(Issue(message, "", file, node.line, node.column, hint))


def parse_value(text: str, file: str) -> Any:
    """Read one YAML value, such as the right-hand side of ``--set path=value``."""
    builder = _build(text, file)
    if builder.issues:
        raise ConfigError(builder.issues)
    return builder.value


def _build(text: str, file: str, loader: Any = None) -> _Builder:
    """Build the values of a text and their positions."""
    builder = _Builder(file)
    builder.broken = True
    try:
        for event in yaml.parse(text, Loader=loader or _LOADER):
            if not builder.take(event):
                break
        else:
            builder.broken = False
    except yaml.MarkedYAMLError as error:
        if loader is None and "nesting depth" in str(error.problem):
            # the fast parser gives up far ahead of the place; the other one comes past it
            return _build(text, file, yaml.SafeLoader)
        builder.issues.append(syntax_issue(error, text, file))
    except yaml.reader.ReaderError as error:
        builder.issues.append(character_issue(error, text, file))
    builder.issues.sort(key=lambda issue: (issue.line, issue.column))
    return builder


@dataclass
class _Frame:
    """A mapping or list that is being read."""

    value: dict[Key, Any] | list[Any]
    node: MarkNode
    anchor: str | None
    key: Key | None = None
    key_mark: tuple[str, int, int] = ("", 0, 0)
    merged: list[tuple[dict[Key, Any], MarkNode]] = field(default_factory=list)
    is_key: bool = False
    """True if this collection stands where a key belongs."""
    size: int = 1


_MERGE = "<<"


class _Builder:
    """Builds values from parser events without recursion, so that depth is no danger."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.issues: list[Issue] = []
        self.broken = False
        """True if the reading ended before the end of the text."""
        self.value: Any = None
        self.node: MarkNode | None = None
        self.documents = 0
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, MarkNode, int] | None] = {}
        self.aliased = 0

    def take(self, event: Any) -> bool:
        """Use one event; False stops the reading."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._issue(
                    event,
                    Message("第二个文档开始", "a second document begins"),
                    Message("每个文件一个文档", "one document per file"),
                )
                return False
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            return self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        return True

    def _open(self, event: Any) -> bool:
        self._check_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._issue(
                event,
                Message(f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} levels deep"),
                Message("更浅的结构", "a flatter structure"),
            )
            return False
        value: dict[Key, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        frame = _Frame(value, self._mark(event), event.anchor)
        frame.is_key = self._expects_key()
        if frame.is_key:
            self._issue(
                event, Message(f"{_kind(value).zh}不能作为键", f"a {_kind(value)} cannot be a key"), NAME
            )
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(frame)
        return True

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if isinstance(frame.value, dict):
            for merged_value, merged_node in frame.merged:
                _merge(frame, merged_value, merged_node)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.node, frame.size)
        if frame.is_key:
            self.stack[-1].key = f"?{frame.node.line}:{frame.node.column}"
            return
        self._add(frame.value, frame.node, frame.size)

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        if self._expects_key():
            self._key(event)
            return
        node = self._mark(event)
        value = self._resolve(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, node, 1)
        self._add(value, node, 1)

    def _alias(self, event: Any) -> bool:
        known = self.anchors.get(event.anchor, "unknown")
        if known == "unknown":
            self._issue(
                event,
                Message(f"别名 *{event.anchor} 没有锚", f"alias *{event.anchor} has no anchor"),
                f"&{event.anchor} further up",
            )
            known = (None, self._mark(event), 1)
        if known is None:
            self._issue(
                event,
                Message(f"别名 *{event.anchor} 包含自身", f"alias *{event.anchor} contains itself"),
                Message("已写完的值的别名", "an alias of a finished value"),
            )
            return False
        assert isinstance(known, tuple)
        value, node, size = known
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            self._issue(
                event,
                Message(
                    f"别名代表的值超过 {MAX_ALIASED} 个", f"aliases stand for more than {MAX_ALIASED} values"
                ),
                Message("较少的别名", "fewer aliases"),
            )
            return False
        if self._expects_key():
            self._issue(event, Message("别名不能作为键", "an alias cannot be a key"), NAME)
            self.stack[-1].key = f"?{event.start_mark.line}"
            return True
        self._add(copy.deepcopy(value), node.moved(*self._position(event)), size)
        return True

    def _key(self, event: Any) -> None:
        frame = self.stack[-1]
        assert isinstance(frame.value, dict)
        key: Key = event.value
        if isinstance(key, str) and len(key) < 20 and _INT.fullmatch(key):
            key = int(key)
        if event.anchor:
            self.anchors[event.anchor] = (event.value, self._mark(event), 1)
        position = self._position(event)
        if key == _MERGE and event.implicit[0]:
            frame.key, frame.key_mark = _MERGE, position
            return
        if key == "" and event.implicit[0]:
            self._issue(
                event, Message("':' 前缺少键", "a key is missing before ':'"), Message("名字", "a name")
            )
        if key in frame.value:
            first = frame.node.keys[key][1]
            message = Message(
                f"键 {key!r} 给了两次，第一次在第 {first} 行",
                f"key {key!r} is given twice, first in line {first}",
            )
            self._issue(event, message, Message("每个键只给一次", "each key once"))
        frame.key, frame.key_mark = key, position

    def _add(self, value: Any, node: MarkNode, size: int) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.value, self.node = value, node
            return
        frame = self.stack[-1]
        frame.size += size
        if isinstance(frame.value, list):
            index = len(frame.value)
            frame.value.append(value)
            frame.node.children[index] = node
            frame.node.keys[index] = (node.file, node.line, node.column)
            return
        key, frame.key = frame.key, None
        assert key is not None
        if key == _MERGE:
            self._take_merge(frame, value, node)
            return
        if key in frame.value:
            return
        frame.value[key] = value
        frame.node.children[key] = node
        frame.node.keys[key] = frame.key_mark

    def _take_merge(self, frame: _Frame, value: Any, node: MarkNode) -> None:
        parts = [(value, node)]
        if isinstance(value, list):
            parts = [(part, node.children[index]) for index, part in enumerate(value)]
        for part, part_node in parts:
            if isinstance(part, dict):
                frame.merged.append((part, part_node))
            else:
                message = Message(f"'<<' 合并的是{_kind(part).zh}", f"'<<' merges a {_kind(part)}")
                self.issues.append(
                    Issue(message, "", *self._at(part_node), Message("映射的别名", "an alias of a mapping"))
                )

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag not in _TAGS:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._issue(
                event,
                Message(f"此处不用标签 {tag!r}", f"tag {tag!r} is not used here"),
                Message("不写标签", "no tag"),
            )

    def _resolve(self, event: Any) -> Any:
        """Turn a scalar into a value by the rules at the top of this module."""
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text) and len(text) < 20:
            return int(text)
        if _AMBIGUOUS.fullmatch(text):
            message = Message(
                f"{text!r} 在不同程序中是不同的数", f"{text!r} is a different number in different programs"
            )
            self._issue(event, message, Message("十进制数，或加引号", "a decimal number or quotes"))
            return 0
        if _NOT_FINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and math.isinf(float(text))):
            self._issue(
                event,
                Message(f"{text!r} 不是有限的数", f"{text!r} is not a finite number"),
                Message("数", "a number"),
            )
            return 0
        return float(text) if _FLOAT.fullmatch(text) else text

    def _mark(self, event: Any) -> MarkNode:
        return MarkNode(*self._position(event))

    def _position(self, event: Any) -> tuple[str, int, int]:
        return self.file, event.start_mark.line + 1, event.start_mark.column + 1

    @staticmethod
    def _at(node: MarkNode) -> tuple[str, int, int]:
        return node.file, node.line, node.column

    def _issue(self, event: Any, message: str, expected: str) -> None:
        self.issues.append(Issue(message, "", *self._position(event), expected))


def _merge(frame: _Frame, value: dict[Key, Any], node: MarkNode) -> None:
    """Add the keys of a merged mapping that the mapping itself does not have."""
    assert isinstance(frame.value, dict)
    for key, item in value.items():
        if key not in frame.value:
            frame.value[key] = item
            frame.node.children[key] = node.children[key]
            frame.node.keys[key] = node.keys[key]


def _kind(value: Any) -> Message:
    """Name the kind of a value for messages."""
    names = {
        dict: Message("映射", "mapping"),
        list: Message("列表", "list"),
        str: Message("文本", "text"),
        bool: Message("真假值", "truth value"),
        type(None): Message("空值", "nothing"),
    }
    return names.get(type(value), Message("数", "number"))
