"""Valid and unique ids for the names of another program."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
"""Longest id of a model."""
RESERVED = frozenset(
    [
        "outside",
        "residential",
        "public",
        "industry",
        "irrigation",
        "rural",
        "green",
        "river_ecology",
        "lake_ecology",
    ]
)
"""Words that mean something else in a model."""


class Ids:
    """Ids given so far."""

    def __init__(self) -> None:
        self.taken: set[str] = set(RESERVED)

    def of(self, name: str, fallback: str = "element") -> str:
        """Give a new id that is as much like a name as can be.

        Parameters
        ----------
        name : str
            Any text.
        fallback : str
            What an id begins with where nothing of the name can be kept, such as one in Chinese.
        """
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "_", ascii_name).strip("_")
        if not stem:
            stem = fallback
        if not stem[0].isalpha():
            stem = f"{fallback}_{stem}"
        stem = stem[:LONGEST].rstrip("_")
        found, number = stem, 1
        while found in self.taken:
            number += 1
            end = f"_{number}"
            found = stem[: LONGEST - len(end)] + end
        self.taken.add(found)
        return found
