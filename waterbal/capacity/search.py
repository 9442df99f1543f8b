"""The search for the largest scale at which everything that is required holds at it and at all smaller ones.

Every search climbs a ladder of scales, the same for all, to the first that fails, halves the bracket to the tolerance,
and then audits a grid below and above: whether requirements hold need not fall once and for all as drivers grow
(drought rules, reuse, recharge). Where the grid finds a failure below, the answer is the last scale before it; what
holds beyond is told beside it. No scale that is tried depends on other searches, so that an answer is the same alone
and among others. Without an audit a search has no ladder and begins where it is told to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

FOUND, LIMITED, UNBOUNDED, INFEASIBLE = 0, 1, 2, 3
STATUS = ("found", "limited", "unbounded", "infeasible_at_zero")
"""How a search ended: a requirement stops it; a limit that is not water stops it; nothing does up to the largest scale
tried; or the requirements do not hold at the smallest scale, where nothing that grows is left or a floor is reached."""
TOLERANCE = 1e-3
PLAN = 1.0
"""Scale of the plan [-]; it is tried wherever the limits allow it, however a search came by its answer."""
LARGEST = 1024.0
"""Scale beyond which a capacity is called unbounded."""
FAR = 2.0 * PLAN
"""Scale beyond which equal steps would be too many, or leave out what lies around the plan."""
WIDER = 5.0
"""Share of a scale beyond that from rung to rung, times the rungs up to the plan [-]."""
NOTHING_HOLDS = 16.0 * PLAN
"""Scale up to which something that holds is looked for where nothing holds at the start."""
NEAR = 1e-6
"""Share of the tolerance that rounding may add to it [-]."""


@dataclass(frozen=True)
class Options:
    """How thoroughly is searched."""

    tolerance: float = TOLERANCE
    """Largest distance between the scale told and one that fails [-]."""
    audit_below: int = 20
    """Scales tried from the smallest to the one found; half as many are the rungs of the ladder up to the plan."""
    audit_above: int = 5
    """Scales tried above, up to half as much again."""

    @property
    def rungs(self) -> int:
        """Rungs of the ladder from 0 to the plan."""
        return max(-(-self.audit_below // 2), 1)

    def coarser(self) -> Options:
        """Return the options of records judged alone: a fifth of the audit, since there are many of them."""
        return Options(self.tolerance, -(-self.audit_below // 5), -(-self.audit_above // 5))


@dataclass
class Found:
    """Answer of one search."""

    status: int = FOUND
    scale: float = np.nan
    """Largest scale at which everything holds, and at every smaller one tried [-]; nan where there is none."""
    fails: float = np.nan
    """Smallest scale above it that was seen to fail [-]; nan if none."""
    alternate: float = np.nan
    """Where ``non_monotone``: the largest scale that holds beyond a failure [-]."""
    non_monotone: bool = False
    limit: str = ""
    """Limit that is not water and that binds."""
    item: int = -1
    """Requirement that fails first beyond the scale; -1 if none was seen."""
    realization: int = -1
    """Record in which it is lost."""
    step: int = -1
    """Step in which it is lost."""
    short: int = -1
    """First step of that year in which water is short, where it is judged by years; else the step itself."""
    tried: dict[float, bool] = field(default_factory=dict)
    """Every scale tried and whether everything held."""


Holds = Callable[[Sequence["Search"], Sequence[float]], list[bool]]
"""Tells for some searches whether everything holds at one scale each."""


@dataclass
class Search:
    """One search under way: bracket and what was tried."""

    direction: str
    realization: int
    """Record that is judged alone; -1 for all of them together."""
    low: float
    """Smallest scale there is."""
    high: float
    """Largest scale there is."""
    guess: float = 1.0
    """Where to begin."""
    step: float = 1.0
    """First distance from the guess."""
    tried: dict[float, bool] = field(default_factory=dict)
    why: dict[float, tuple[int, int, int]] = field(default_factory=dict)
    """Scale that failed -> requirement, record and step in which it was lost."""

    def bracket(self) -> tuple[float, float]:
        """Return the largest scale that holds below every failure, and the smallest failure; nan if none."""
        fails = min((scale for scale, held in self.tried.items() if not held), default=np.nan)
        good = [scale for scale, held in self.tried.items() if held and not scale > fails]
        return max(good, default=np.nan), fails

    def next(self, tolerance: float) -> float | None:
        """Return the scale to try next, None when the bracket is narrow enough."""
        if self.low > self.high:
            return None
        good, bad = self.bracket()
        if np.isnan(good) and np.isnan(bad):
            return self.on_grid(self.guess, tolerance)
        if np.isnan(bad):
            if good >= self.high:
                return None
            if good >= LARGEST:
                return None
            reach = self.step * 2.0 ** sum(self.tried.values()) / 2.0
            return min(self.on_grid(good + max(reach, 2.0 * tolerance), tolerance), LARGEST)
        if np.isnan(good):
            if bad <= self.low:
                return None
            reach = self.step * 2.0 ** (len(self.tried) - sum(self.tried.values())) / 2.0
            return self.on_grid(bad - max(reach, 2.0 * tolerance), tolerance)
        return None if bad - good <= tolerance * (1.0 + NEAR) else self.on_grid(0.5 * (good + bad), tolerance)

    def on_grid(self, scale: float, tolerance: float) -> float:
        """Return the nearest multiple of the tolerance, so that an answer does not depend on where a search began."""
        per_plan = 1.0 / tolerance  # a quotient of whole numbers is the number that a reader would write
        return float(min(max(round(scale * per_plan) / per_plan, self.low), self.high))


def run(searches: Sequence[Search], holds: Holds, options: Options) -> list[Found]:
    """Carry out searches together, one trial of each at a time.

    Parameters
    ----------
    searches : sequence of Search
        To be carried out.
    holds : callable
        Trials.
    options : Options
        How thoroughly.
    """
    if options.audit_below:
        _climb([(search, ladder(search.low, search.high, options.rungs)) for search in searches], holds)
    _settle(searches, holds, options.tolerance)
    audited = list(searches)
    while audited:
        before = [search.bracket() for search in audited]
        for scales in _grids(audited, options):
            wanted = [(search, scale) for search, scale in scales if scale not in search.tried]
            _try(wanted, holds)
        audited = [  # of those, what is below the new end has been looked at too coarsely
            search
            for search, was in zip(audited, before, strict=True)
            if search.bracket() != was and was[0] - search.low > options.tolerance
        ]
        _settle(audited, holds, options.tolerance)
    if options.audit_above:
        _far_side(searches, holds, options)
    return [answer(search) for search in searches]


def _climb(ladders: Sequence[tuple[Search, Iterator[float]]], holds: Holds) -> None:
    """Try the rungs of each search's ladder from below until one fails."""
    while ladders:
        wanted = [
            (search, scale, rest)
            for search, rest in ladders
            for scale in [next(rest, None)]
            if scale is not None
        ]
        _try([(search, scale) for search, scale, _ in wanted], holds)
        ladders = [(search, rest) for search, scale, rest in wanted if search.tried[scale]]


def _far_side(searches: Sequence[Search], holds: Holds, options: Options) -> None:
    """Find how far what holds beyond a failure goes on holding, from the largest scale that was seen to."""
    again = [(search, *_beyond(search)) for search in searches]
    ladders = [
        (search, _rungs_above(search, top, options.rungs))
        for search, top, fails in again
        if np.isnan(fails) and top == top
    ]
    _climb(ladders, holds)
    while True:
        ends = [(search, *_beyond(search)) for search in searches]
        todo = [
            (search, search.on_grid(0.5 * (top + fails), options.tolerance))
            for search, top, fails in ends
            if fails - top > options.tolerance * (1.0 + NEAR)
        ]
        if not todo:
            return
        _try(todo, holds)


def _rungs_above(search: Search, scale: float, rungs: int) -> Iterator[float]:
    """Give the rungs of the ladder above a scale."""
    return (rung for rung in ladder(search.low, search.high, rungs) if rung > scale)


def _beyond(search: Search) -> tuple[float, float]:
    """Return the largest scale that holds beyond a failure, and the smallest above it that fails; nan if none."""
    _, bad = search.bracket()
    top = max((scale for scale, held in search.tried.items() if held and scale > bad), default=np.nan)
    return top, min(
        (scale for scale, held in search.tried.items() if not held and scale > top), default=np.nan
    )


def ladder(low: float, high: float, rungs: int) -> Iterator[float]:
    """Give scales from the smallest on: evenly up to the plan, half as many to its double, then in equal ratios.

    Parameters
    ----------
    low, high : float
        Smallest and largest scale there is [-].
    rungs : int
        From 0 to the plan.
    """
    scale, top = low, min(high, LARGEST)
    while scale < top:
        yield scale
        if scale < PLAN:
            scale = min((math.floor(scale * rungs + NEAR) + 1) / rungs, top)
        elif scale < FAR:
            scale = min((math.floor(scale * rungs / 2.0 + NEAR) + 1) * 2.0 / rungs, max(FAR, scale), top)
        else:
            scale = min(scale * (1.0 + WIDER / rungs), top)
    if low <= high:
        yield top


def _settle(searches: Sequence[Search], holds: Holds, tolerance: float) -> None:
    """Halve brackets until they are narrow."""
    active = list(searches)
    while active:
        wanted = [(search, search.next(tolerance)) for search in active]
        todo = [(search, scale) for search, scale in wanted if scale is not None]
        _try(todo, holds)
        active = [search for search, _ in todo]


def _try(wanted: Sequence[tuple[Search, float]], holds: Holds) -> None:
    """Try one scale of each search and note what happened."""
    if not wanted:
        return
    held = holds([search for search, _ in wanted], [scale for _, scale in wanted])
    for (search, scale), result in zip(wanted, held, strict=True):
        search.tried[scale] = result


def _grids(searches: Sequence[Search], options: Options) -> list[list[tuple[Search, float]]]:
    """List the scales of the audit: one round for each place of the grid, all searches side by side."""
    rounds: list[list[tuple[Search, float]]] = [[(s, PLAN) for s in searches if s.low <= PLAN <= s.high]]
    for k in range(options.audit_below):
        part = k / options.audit_below
        rounds.append([(s, _below(s.low, end, part)) for s in searches for end in [_end(s)] if end > s.low])
    for k in range(options.audit_above):
        part = (k + 1.0) / options.audit_above
        rounds.append(
            [
                (s, scale)
                for s in searches
                for g, b in [s.bracket()]
                if b == b and (scale := min(b + part * _above(g, b, options), s.high)) > b
            ]
        )
    return rounds


def _end(search: Search) -> float:
    """Return up to where scales are tried from the smallest on: to what was found, or far where nothing holds.

    Reuse, for one, may need people before anything holds.
    """
    good, bad = search.bracket()
    return min(NOTHING_HOLDS, search.high) if np.isnan(good) and bad <= search.low else good


def _below(low: float, good: float, part: float) -> float:
    """Return a scale from the smallest to the one found: evenly; half of them up to the plan where that is far below.

    Beyond the plan they then lie in equal ratios.
    """
    if good <= FAR:
        return low + part * (good - low)
    if low >= PLAN:
        return float(low * (good / low) ** part)
    return float(
        low + 2.0 * part * (PLAN - low) if part < 0.5 else PLAN * (good / PLAN) ** (2.0 * part - 1.0)
    )


def _above(good: float, bad: float, options: Options) -> float:
    """Return how far above a failure is looked: half as much again; up to the plan where nothing holds at the start."""
    reach = max(0.5 * bad, options.tolerance)
    return reach if good == good else max(reach, PLAN - bad)


def answer(search: Search) -> Found:
    """Give the answer of a search that has come to its end."""
    good, bad = search.bracket()
    found = Found(tried=dict(sorted(search.tried.items())), fails=bad)
    beyond = [scale for scale, held in search.tried.items() if held and scale > bad]
    if beyond:
        found.non_monotone, found.alternate = True, max(beyond)
    if bad == bad:
        found.item, found.realization, found.step = search.why.get(bad, (-1, -1, -1))
    if np.isnan(good):
        found.status = INFEASIBLE
    else:
        found.scale = good
        if np.isnan(bad):
            found.status = LIMITED if good >= search.high else UNBOUNDED
            found.scale = good if good >= search.high else np.nan
    return found
