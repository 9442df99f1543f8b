"""What binds once a measure is taken: the requirement that fails beyond, and the limit that is worth most there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from waterbal.capacity.binding import binds, critical_start, failing_run, holds_at, relaxed_by, short_steps
from waterbal.capacity.limits import LimitPath, limits
from waterbal.capacity.question import Question
from waterbal.capacity.relief import Relief
from waterbal.capacity.search import STATUS, Found
from waterbal.capacity.side_by_side import share, side_by_side
from waterbal.capacity.trial import MINIMUM_FLOW, Ground
from waterbal.model.base import Label
from waterbal.model.rows import Rows

NATURE = ("hydrology", "recharge", "inflow")
"""Parts of limits that nobody can relax."""
HALVINGS = 4
"""Halvings of the last step where several limits are left."""
LEVELS = (0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.016, 0.024, 0.032)
"""Changes of the scale that limits are tried at in turn, until none is left [-]."""

Relaxed = tuple[LimitPath, Ground]
"""A limit, and the future in which it is relaxed."""


@dataclass(frozen=True)
class Next:
    """What binds after a measure."""

    limit: LimitPath
    """Limit that is worth most."""
    worth: float
    """Change of the scale that 1 % more of it carries at least, with the measure taken, by simulation [-]."""


def next_limit(ground: Ground, direction: str, relief: Relief) -> Next | None:
    """Find the limit that is worth most once measures are taken.

    Limits are tried that bind in the critical period of the failure beyond the new capacity, and from which water can
    come to the users that it is about; quotas on this water always are. Each is relaxed by 1 %, and the
    one that carries most is told; what nature gives is told only where nothing else carries more.

    Parameters
    ----------
    ground : Ground
        The future with the measures.
    direction : str
        Direction of the capacity.
    relief : Relief
        Capacity with the measures.

    Returns
    -------
    Next or None
        None where no limit on water stops the capacity, or 1 % of no single one carries more.
    """
    found = relief.found
    if STATUS[found.status] != "found" or found.item < 0 or found.step < 0:
        return None
    best: Next | None = None
    left = [(limit, relaxed_by(ground, limit)) for limit in candidates(ground, direction, found)]
    scales = [found.fails, *(found.scale + level for level in LEVELS if found.scale + level > found.fails)]
    below = found.scale
    for scale in scales:
        more = holding(left, direction, scale, ground.threads)
        more = [(limit, other) for limit, other in more if limit.part not in NATURE] or more
        if not more:
            ends = below, scale, found.scale
            return best if best is None else _between(left, direction, ends, ground.threads)
        best, left, below = Next(more[0][0], scale - found.scale), more, scale
    return best


def holding(left: list[Relaxed], direction: str, scale: float, threads: int | None) -> list[Relaxed]:
    """Return the limits whose relaxation carries a scale."""
    if not left:
        return []
    at_once, each = share(threads, left[0][1].realizations, len(left))

    def holds(relaxed: Ground) -> bool:
        relaxed.threads = each
        return holds_at(relaxed.ready(), direction, scale)

    held = side_by_side([partial(holds, relaxed) for _, relaxed in left], at_once)
    return [one for one, carries in zip(left, held, strict=True) if carries]


def _between(
    left: list[Relaxed], direction: str, ends: tuple[float, float, float], threads: int | None
) -> Next:
    """Choose among limits that carry the first of the ends, of which none carries the second; the third is the base."""
    low, high, base = ends
    for _ in range(HALVINGS if len(left) > 1 else 0):
        middle = 0.5 * (low + high)
        more = holding(left, direction, middle, threads)
        low, high = (middle, high) if more else (low, middle)
        left = more or left
        if len(left) == 1:
            break
    return Next(left[0][0], low - base)


def candidates(ground: Ground, direction: str, found: Found) -> list[LimitPath]:
    """List the limits that can be what keeps water from the users that fail first beyond a capacity.

    They bind at some time between the last time that the stores were full, which they then limited, and the last
    step of the failure.
    """
    rows, simulation = failing_run(ground, direction, found)
    users = [name for name, _ in ground.question.requirements[found.item].members]
    short = short_steps(ground, direction, found, rows, simulation)
    begin = critical_start(rows, simulation, int(short[0]))
    steps = np.arange(max(begin - 1, 0), int(short[-1]) + 1)
    places = upstream(rows, users)
    return [
        limit
        for limit in limits(rows)
        if _reaches(limit, rows, places)
        and (limit.section == "quotas" or binds(limit, rows, simulation, steps))
    ]


def upstream(rows: Rows, users: Sequence[str]) -> set[str]:
    """Name the users, all places from which links lead to them, and these links."""
    places, open_ = set(users), list(users)
    while open_:
        head = open_.pop()
        for link in rows.links:
            if link.head == head:
                places.add(link.id)
                if link.tail not in places:
                    places.add(link.tail)
                    open_.append(link.tail)
    return places


def _reaches(limit: LimitPath, rows: Rows, places: set[str]) -> bool:
    """Tell whether a limit is on the way of water to some places."""
    if limit.section != "quotas":
        return limit.id in places
    members = next(quota.members for quota in rows.quotas if quota.id == limit.id)
    return any(name in places for name, _ in members)


def requirement_label(question: Question, relief: Relief) -> Label:
    """Name the requirement, or the limit that is not water, that stops a capacity; empty if nothing does."""
    if relief.found.item == MINIMUM_FLOW:
        return Label(zh="最小流量", en="a minimum flow")
    limit = next((limit.name for limit in question.limits if limit.id == relief.stopped_by), None)
    if limit is not None:
        return limit
    return question.names.get(relief.stopped_by, Label(zh=relief.stopped_by, en=relief.stopped_by))
