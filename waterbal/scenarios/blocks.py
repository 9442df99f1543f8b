"""Cutting a sweep into blocks by a fixed rule, so that every process numbers them alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from waterbal.errors import Message

RULE = "rectangles 1"
"""Name of the rule; a new one gets a new name, so that folders of the old one are not mixed with it."""

PIECES = 64
"""Blocks into which a sweep is cut where the user does not say, if they are neither too small nor too large."""
SIZES = {"metrics": (20, 50), "yearly": (10, 50), "full": (4, 20)}
"""Least and most members of such a block by what is kept: a second or two of work, less than 100 MiB of memory."""


def default_size(keep: str, members: int) -> int:
    """Choose how many members a block has, by what is kept and the members of the sweep."""
    least, most = SIZES[keep]
    return min(max(members // PIECES, least), most)


@dataclass(frozen=True)
class Block:
    """A rectangle of members: some scenarios by some realizations, both half-open."""

    number: int
    first_scenario: int
    last_scenario: int
    first: int
    last: int

    @property
    def scenarios(self) -> range:
        """Positions of its scenarios."""
        return range(self.first_scenario, self.last_scenario)

    @property
    def members(self) -> int:
        """How many members it has."""
        return len(self.scenarios) * (self.last - self.first)

    def __str__(self) -> str:
        """Name it by what it holds, counted from 0."""
        return str(self.name)

    @property
    def name(self) -> Message:
        """Its name by what it holds, counted from 0."""
        return Message(
            f"分块 {self.number}（方案 {self.first_scenario} 至 {self.last_scenario - 1}，"
            f"水文样本 {self.first} 至 {self.last - 1}）",
            f"block {self.number} (scenarios {self.first_scenario} to {self.last_scenario - 1}, "
            f"realizations {self.first} to {self.last - 1})",
        )


@dataclass(frozen=True)
class Grid:
    """All blocks of a sweep.

    A block has all realizations of a scenario if they fit, then as many scenarios as fit beside each other;
    otherwise the realizations of each scenario are cut into pieces of equal length.
    """

    scenarios: int
    realizations: int
    size: int
    """Members that a block should have at most."""

    @property
    def columns(self) -> int:
        """Pieces into which the realizations are cut."""
        return -(-self.realizations // self.size)

    @property
    def height(self) -> int:
        """Scenarios in a block."""
        return max(1, self.size // self.realizations)

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return -(-self.scenarios // self.height) * self.columns

    @property
    def members(self) -> int:
        """How many members there are."""
        return self.scenarios * self.realizations

    def block(self, number: int) -> Block:
        """Give a block by its number, from 0 to ``count`` - 1."""
        row, column = divmod(number, self.columns)
        top = row * self.height
        cuts = [self.realizations * i // self.columns for i in (column, column + 1)]
        return Block(number, top, min(top + self.height, self.scenarios), *cuts)

    def __iter__(self) -> Iterator[Block]:
        """Go through the blocks in order."""
        return map(self.block, range(self.count))
