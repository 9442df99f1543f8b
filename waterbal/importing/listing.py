"""What of a model has no counterpart, each with its place; and what whoever reads the translation should know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from waterbal.errors import Issue
from waterbal.model.marks import Marks, Path

LONGEST = 60
"""Longest name that a message shows."""
MOST = 400
"""Most problems that are listed."""


@dataclass
class Listing:
    """Collects refusals and remarks while a model is read."""

    marks: Marks
    issues: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _seen: set[tuple[str, Path]] = field(default_factory=set)

    def refuse(
        self, path: Path, message: str, expected: str = "", nearest: str = "", *, key: bool = False
    ) -> None:
        """Name something that cannot be translated; each thing once."""
        if (message, path) in self._seen or len(self._seen) > MOST:
            return
        self._seen.add((message, path))
        self.issues.append(Issue(message, dotted(path), *self.marks.place(path, key), expected, nearest))

    def note(self, text: str) -> None:
        """Remark on something that was translated or left out."""
        if text not in self.notes:
            self.notes.append(text)


def dotted(path: Path) -> str:
    """Write a path of a document: ``nodes[2].max_flow``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{plain(part)}" if text else plain(part)
    return text


def plain(name: Any) -> str:
    """Show a name in one line, whatever is in it."""
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(name))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def quoted(name: Any) -> str:
    """Show a name in one line, in quotes."""
    return f"'{plain(name)}'"
