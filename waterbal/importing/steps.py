"""The steps of a pywr model and the run of whole months that holds them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.errors import Message
from waterbal.importing.listing import Listing, quoted
from waterbal.model.rows import Ints, TimeAxis
from waterbal.model.timeline import Time

DAILY = (1, "1", "D", "1D", "d", "1d")
MONTHLY = ("M", "ME", "1M", "MS")
FIRST, LAST = 1800, 2300
"""Years that a model may cover."""
MOST = 200_000
"""Most steps that are read."""


@dataclass(frozen=True)
class Steps:
    """Steps of the translated model; the first ``own`` of them are those of pywr."""

    time: Time
    axis: TimeAxis
    own: int
    """Steps that pywr runs; those after it complete the last month."""
    end: str
    """Last day that pywr runs."""

    @property
    def day_of_year(self) -> Ints:
        """Position of each step's last day, which pywr takes, in a year of 366 days from 0; ndarray (time)."""
        start = self.axis.end.astype("datetime64[D]") - 1
        first = start.astype("datetime64[Y]").astype("datetime64[D]")
        position = (start - first).astype(np.int64)
        year = self.axis.year
        leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
        return position + (~leap & (self.axis.month > 2))


def read_steps(document: dict[str, Any], listing: Listing) -> Steps | None:
    """Read the time stepper; None where there is none to be had."""
    raw = document.get("timestepper")
    if not isinstance(raw, dict):
        listing.refuse(
            ("timestepper",) if raw is not None else (),
            Message("模型没有 timestepper", "the model has no timestepper"),
            Message("对象", "an object"),
        )
        return None
    for key in raw:
        if key not in ("start", "end", "timestep", "comment"):
            listing.refuse(
                ("timestepper", key),
                Message(
                    f"timestepper 的 {quoted(key)} 没有对应",
                    f"{quoted(key)} of the timestepper has no counterpart",
                ),
                key=True,
            )
    first, last = (_date(raw.get(name), name, listing) for name in ("start", "end"))
    delta = raw.get("timestep")
    step = _step(delta)
    if step is None:
        message = Message(
            f"时段 {quoted(delta)} 没有对应：时段只有月、旬、日",
            f"a time step of {quoted(delta)} has no counterpart: the steps are a month, a dekad or a day",
        )
        listing.refuse(
            ("timestepper", "timestep"),
            message,
            Message("1（逐日）或 'M'（逐月）", "1 (daily) or 'M' (monthly)"),
        )
    if first is None or last is None or step is None:
        return None
    if last < first:
        listing.refuse(
            ("timestepper", "end"), Message("模拟在开始之前就结束", "the run ends before it starts")
        )
        return None
    if step == "day" and first.day != 1:
        message = Message(
            "模拟从月中开始；这里从整月开始，之前的几天只能凭空假定",
            "the run starts inside a month; here it starts with "
            "a whole one, and earlier days would be invented",
        )
        listing.refuse(("timestepper", "start"), message, Message("某月的第一天", "the first day of a month"))
        return None
    time = Time(start=f"{first:%Y-%m}", end=f"{last:%Y-%m}", step=step)
    axis = time.axis()
    if axis.size > MOST:
        listing.refuse(
            ("timestepper",),
            Message(f"模拟有 {axis.size} 个时段", f"the run has {axis.size} steps"),
            Message(f"不超过 {MOST}", f"at most {MOST}"),
        )
        return None
    own = axis.size if step == "month" else (last - first).days + 1
    if own < axis.size:
        listing.note(
            Message(
                f"pywr 的模拟止于 {last}；这里补足当月，最后 {axis.size - own} 天是补上的",
                f"pywr's run ends on {last}; this one completes the month, "
                f"and its last {axis.size - own} days are additional",
            )
        )
    return Steps(time, axis, own, str(last))


def _step(delta: Any) -> Any:
    if isinstance(delta, bool):
        return None
    if delta in MONTHLY:
        return "month"
    return "day" if delta in DAILY else None


def _date(raw: Any, name: str, listing: Listing) -> datetime.date | None:
    """Read a date as pywr writes it."""
    expected = Message("日期，例如 '2015-01-01'", "a date such as '2015-01-01'")
    if raw is None:
        listing.refuse(
            ("timestepper",), Message(f"timestepper 没有 {name}", f"the timestepper has no {name}"), expected
        )
        return None
    try:
        date = datetime.datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        date = None
    if date is None or not FIRST <= date.year <= LAST:
        listing.refuse(
            ("timestepper", name),
            Message(f"{quoted(raw)} 不是可读的日期", f"{quoted(raw)} is not a date that can be read"),
            expected,
        )
        return None
    if date.time() != datetime.time():
        listing.refuse(
            ("timestepper", name), Message("时刻没有对应", "a time of day has no counterpart"), expected
        )
        return None
    return date.date()
