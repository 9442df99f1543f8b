"""The steps of a pywr model and the run of whole months that holds them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np

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
            ("timestepper",) if raw is not None else (), "the model has no timestepper", "an object"
        )
        return None
    for key in raw:
        if key not in ("start", "end", "timestep", "comment"):
            listing.refuse(
                ("timestepper", key), f"{quoted(key)} of the timestepper has no counterpart", key=True
            )
    first, last = (_date(raw.get(name), name, listing) for name in ("start", "end"))
    delta = raw.get("timestep")
    step = _step(delta)
    if step is None:
        message = (
            f"a time step of {quoted(delta)} has no counterpart: the steps are a month, a dekad or a day"
        )
        listing.refuse(("timestepper", "timestep"), message, "1 (daily) or 'M' (monthly)")
    if first is None or last is None or step is None:
        return None
    if last < first:
        listing.refuse(("timestepper", "end"), "the run ends before it starts")
        return None
    if step == "day" and first.day != 1:
        message = (
            "the run starts inside a month; here it starts with "
            "a whole one, and earlier days would be invented"
        )
        listing.refuse(("timestepper", "start"), message, "the first day of a month")
        return None
    time = Time(start=f"{first:%Y-%m}", end=f"{last:%Y-%m}", step=step)
    axis = time.axis()
    if axis.size > MOST:
        listing.refuse(("timestepper",), f"the run has {axis.size} steps", f"at most {MOST}")
        return None
    own = axis.size if step == "month" else (last - first).days + 1
    if own < axis.size:
        listing.note(
            f"pywr's run ends on {last}; this one completes the month, "
            f"and its last {axis.size - own} days are additional"
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
    expected = "a date such as '2015-01-01'"
    if raw is None:
        listing.refuse(("timestepper",), f"the timestepper has no {name}", expected)
        return None
    try:
        date = datetime.datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        date = None
    if date is None or not FIRST <= date.year <= LAST:
        listing.refuse(("timestepper", name), f"{quoted(raw)} is not a date that can be read", expected)
        return None
    if date.time() != datetime.time():
        listing.refuse(("timestepper", name), "a time of day has no counterpart", expected)
        return None
    return date.date()
