"""Where each value of a configuration was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

Key = str | int
Path = tuple[Key, ...]


@dataclass
class MarkNode:
    """Position of one value, of the keys directly below it, and the nodes below it."""

    file: str
    line: int
    column: int
    keys: dict[Key, tuple[str, int, int]] = field(default_factory=dict)
    """Key -> (file, line, column) of the key itself."""
    children: dict[Key, MarkNode] = field(default_factory=dict)

    def moved(self, file: str, line: int, column: int) -> MarkNode:
        """Give the same content written elsewhere, as an alias is."""
        return replace(self, file=file, line=line, column=column)


class Marks:
    """Positions of all values of one configuration, found by path."""

    def __init__(self, root: MarkNode) -> None:
        self.root = root

    def locate(self, path: Sequence[Key], key: bool = False) -> tuple[int, int]:
        """Give line and column (from 1) of a value, or of its key if ``key``.

        Where the path leaves the configuration, the key of the last part that exists is given.
        """
        return self.place(path, key)[1:]

    def place(self, path: Sequence[Key], key: bool = False) -> tuple[str, int, int]:
        """Give file, line and column of a value, as ``locate`` does."""
        node = self.root
        name = (node.file, node.line, node.column)
        for part in path:
            child = node.children.get(part)
            if child is None:
                return name
            name = node.keys.get(part, (child.file, child.line, child.column))
            node = child
        return name if key else (node.file, node.line, node.column)

    def put(self, path: Sequence[Key], node: MarkNode) -> None:
        """Record that the value at a path was written elsewhere (an override, a parameter table)."""
        parent = self.root
        for part in path[:-1]:
            child = parent.children.get(part)
            if child is None:
                return
            parent.children[part] = replace(child, keys=dict(child.keys), children=dict(child.children))
            parent = parent.children[part]
        parent.children[path[-1]] = node
        parent.keys[path[-1]] = (node.file, node.line, node.column)


def unmarked(file: str = "") -> Marks:
    """Give marks without positions, for a configuration that is in no text file."""
    return Marks(MarkNode(file, 0, 0))


def dotted(path: Sequence[Key]) -> str:
    """Write a path with dots: ``links.river_plant.capacity``."""
    return ".".join(str(part) for part in path)
