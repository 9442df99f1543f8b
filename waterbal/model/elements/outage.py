"""Outages (停供, 事故): an element is lost, or left with a share, for some months of the run."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Month
from waterbal.model.rows import Floats, TimeAxis
from waterbal.model.timeline import MonthText


class Outage(Element):
    """Loss of sources, links, works or stores.

    A source gives nothing or the share that is left of each of its limits, works and links carry that share of their
    capacity, and from a store nothing, or that share of the capacity of the links that leave it, is drawn: it keeps
    its water. Planned reserves do not know of it beforehand, as nobody would.
    """

    of: Annotated[list[Id], Field(min_length=1)]
    """Sources, links, works and stores that are lost together."""
    from_: MonthText | None = Field(default=None, alias="from")
    """Month in which it begins, e.g. ``2001-07``; this or ``year`` and ``month``."""
    year: int | None = Field(default=None, ge=1)
    """Year of the run in which it begins; 1 is the calendar year of its first step."""
    month: Month | None = None
    """Calendar month in which it begins."""
    months: int = Field(ge=1)
    """How long it lasts [month]."""
    left: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share that is left [-]."""
    every: int | None = Field(default=None, ge=1)
    """Years after which it comes again, to the end of the run; once if not given [yr]."""

    @model_validator(mode="after")
    def _begin(self) -> Outage:
        if (self.from_ is None) == (self.year is None and self.month is None):
            raise ValueError(
                Message(
                    "停用应以 from，或以 year 与 month 开始",
                    "an outage begins at either from, or year and month",
                )
            )
        if (self.year is None) != (self.month is None):
            raise ValueError(Message("year 与 month 须同时给出", "year and month belong together"))
        if self.every is not None and self.months > 12 * self.every:
            raise ValueError(
                Message(
                    f"持续 {self.months} 个月，却每 {self.every} 年重来一次",
                    f"it lasts {self.months} months but comes again after {self.every} years",
                )
            )
        if len(set(self.of)) != len(self.of):
            raise ValueError(Message("对象重复", "an element is named twice"))
        return self

    def begin(self, axis: TimeAxis) -> int:
        """Give the month in which it first begins, as a number of months since year 0."""
        if self.from_ is not None:
            year, month = self.from_.split("-")
            return int(year) * 12 + int(month) - 1
        assert self.year is not None and self.month is not None
        return int(axis.year[0] + self.year - 1) * 12 + self.month - 1

    def out(self, axis: TimeAxis) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell in which steps it holds; ndarray (time)."""
        since = axis.year * 12 + axis.month - 1 - self.begin(axis)
        if self.every is not None:
            since = np.where(since >= 0, since % (12 * self.every), since)
        return np.asarray((since >= 0) & (since < self.months))

    def share(self, axis: TimeAxis) -> Floats:
        """Share that is left in each step; ndarray (time) [-]."""
        return np.where(self.out(axis), self.left, 1.0)

    def told(self, id: str, axis: TimeAxis) -> dict[str, Any]:
        """Say what is lost and when, as plain data for results."""
        begin = self.begin(axis)
        first, last = (
            f"{month // 12:04d}-{month % 12 + 1:02d}" for month in (begin, begin + self.months - 1)
        )
        return {"id": id, "of": self.of, "first": first, "last": last, "left": self.left, "every": self.every}
