"""One shortage traced to its cause: what held the supply, which state it met, and what would have helped."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.explain_order import change as changed
from waterbal.capacity.explain_order import order
from waterbal.capacity.explain_relief import Change, Relief, lifted, raised, shortage
from waterbal.errors import Issue, Message, UsageError, most_alike, nearest
from waterbal.model.rows import Floats, Rows
from waterbal.results.explain_cut import Cut, Held, cut
from waterbal.results.explain_flows import Flows
from waterbal.results.explain_state import Use, classes, competitors, date, drained, state, used_later
from waterbal.results.names import Labels
from waterbal.results.terms import Term

if TYPE_CHECKING:
    from waterbal.api import Case

SHORT = 1e-6
"""A smaller share of the need that is missing is no shortage [-]."""
LIFTED = 8
"""Most limits that are raised in the whole record."""
SHOWN = 8
"""Users that a message names."""
NEAREST = 3
"""Shortages that are named before and after a step without one."""


@dataclass(frozen=True)
class Place:
    """Whose shortage is looked at, and when."""

    demand: int
    step: int
    lacking: float
    """What everyone of the same and of earlier classes lacks in the step [1e4 m3]."""

    def left(self, case: Case, here: Change | None = None) -> float | None:
        """Simulate and give the shortage; see ``shortage``."""
        answer = shortage(case, self.demand, self.step, here)
        return None if answer is None else answer[0]


@dataclass(frozen=True)
class Explanation:
    """What became of one user in one step."""

    demand: str
    sector: str
    date: str
    """First day of the step."""
    need: float
    """[1e4 m3], unrestricted."""
    supply: float
    """[1e4 m3]"""
    shortage: float
    """[1e4 m3]"""
    others: tuple[tuple[str, float], ...] = ()
    """Where nothing is short: dates and volumes of the shortages of this user that are nearest [1e4 m3]."""
    held: tuple[Held, ...] = ()
    """Limits in force between the user and water; first what would have served most of the shortage with the smallest
    relative change."""
    competitors: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Path of a limit -> who else got water through it."""
    state: tuple[Mapping[str, Any], ...] = ()
    ends: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Link -> where it begins and ends."""
    history: Mapping[str, Use] = field(default_factory=dict)
    """Path of an empty quota or store -> who used it."""
    kept_for: Mapping[str, Use] = field(default_factory=dict)
    """Path of a reserve -> who used later what was kept."""
    reliefs: tuple[Relief, ...] = ()
    together: float | None = None
    """Shortage when all limits let through in this step what each would have to [1e4 m3]; None where there is one."""
    behind: tuple[Held, ...] = ()
    """Limits that hold next when the one that helps most lets through more."""
    tied: tuple[str, ...] = ()
    """Paths of the limits that would have removed as much as the cause with as small a relative change, the cause among
    them; empty where it is alone."""
    as_much: tuple[str, ...] = ()
    """Paths of the limits that would have removed as much as the cause with a larger relative change."""

    @property
    def cause(self) -> Held | None:
        """Limit that helps most with the smallest relative change, or the nearest where none alone helps."""
        return self.held[0] if self.held else None

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        told = asdict(self)
        told["held"] = [_with_path(held) for held in self.held]
        del told["ends"]
        told["behind"] = [_with_path(held) for held in self.behind]
        told["cause"] = None if self.cause is None else self.cause.path
        return told


def _with_path(held: Held) -> dict[str, Any]:
    told: dict[str, Any] = {"path": held.path, **asdict(held)}
    told["bound"] = held.bound if np.isfinite(held.bound) else None
    return told


def find_demand(names: Sequence[str], name: str, called: Mapping[str, Term] | None = None) -> int:
    """Return the number of a user.

    Parameters
    ----------
    names : sequence of str
        Ids of all users.
    name : str
        Id or name as it was given.
    called : mapping, optional
        Names of users in both languages, by id.

    Raises
    ------
    UsageError
        If there is none of that name, or several.
    """
    alike = [id for id in names if called and name in called.get(id, ())]
    if name not in names and len(alike) == 1:
        name = alike[0]
    if name not in names:
        expected = most_alike(name, names, SHOWN)
        raise UsageError(
            Issue(
                Message(f"没有用户 {name!r}", f"there is no demand {name!r}"),
                "--demand",
                expected=expected,
                nearest=nearest(name, names),
            )
        )
    return list(names).index(name)


def find_days(first: np.datetime64, after: np.datetime64, time: str) -> tuple[np.datetime64, np.datetime64]:
    """Return the first day of a day, month or year, and the day after its last.

    Parameters
    ----------
    first, after : datetime64
        First day of the record, and the day after its last.
    time : str
        As it was given.

    Raises
    ------
    UsageError
        If it is no time of the record.
    """
    try:
        asked = np.datetime64(time)
        if np.datetime_data(asked.dtype)[0] not in ("Y", "M", "D"):
            raise ValueError
    except ValueError:
        raise UsageError(
            Issue(
                Message(f"{time!r} 不是时间", f"{time!r} is no time"),
                "--time",
                expected=Message("形如 2031-05 的月份，或某日", "a month like 2031-05, or a day"),
            )
        ) from None
    begin, end = asked.astype("datetime64[D]"), (asked + 1).astype("datetime64[D]")
    if end <= first or begin >= after:
        last = (after - np.timedelta64(1, "D")).astype(asked.dtype)
        span = (first.astype(asked.dtype), last)
        message = Message(f"{time} 不在系列之内", f"{time} is not in the record")
        expected = Message(f"{span[0]} 至 {span[1]} 之间的时间", f"a time from {span[0]} to {span[1]}")
        raise UsageError(Issue(message, "--time", expected=expected))
    return begin, end


def find_steps(rows: Rows, time: str) -> range:
    """Return the steps that a day, month or year names.

    Raises
    ------
    UsageError
        If it is no time of the record.
    """
    start, end = rows.axis.start.astype("datetime64[D]"), rows.axis.end.astype("datetime64[D]")
    first, after = find_days(start[0], end[-1], time)
    inside = np.flatnonzero((start < after) & (end > first))
    return range(int(inside[0]), int(inside[-1]) + 1)


def explain(
    case: Case, demand: str, time: str, progress: Callable[[int, int], None] | None = None
) -> Explanation:
    """Trace one shortage to its cause.

    Parameters
    ----------
    case : Case
        The run.
    demand : str
        User.
    time : str
        Day, month or year; where it has several steps, the one with the largest shortage.
    progress : callable, optional
        Called with (runs done, runs in all).

    Returns
    -------
    Explanation

    Raises
    ------
    UsageError
        If the model has no such user or step.
    InfeasibleError
        If the run ends before the step.
    """
    from waterbal.api import failures
    from waterbal.errors import InfeasibleError
    from waterbal.network.simulate import simulate

    rows = case.rows()
    called = Labels.from_config(case.loaded.config).elements
    d, steps = find_demand([row.id for row in rows.demands], demand, called), find_steps(rows, time)
    demand = rows.demands[d].id
    run = simulate(case.network(), threads=1)
    assert run.series is not None
    series = {name: values[0] for name, values in run.series.items()}
    need = np.asarray(rows.demands[d].gross, dtype=np.float64)
    short = np.maximum(need - series["supply"][:, d], 0.0)
    step = steps.start + int(short[steps.start : steps.stop].argmax())
    if series["status"][: step + 1].any():
        raise InfeasibleError(failures(case, rows, case.network(), run)[0])
    told = Explanation(
        demand,
        rows.demands[d].kind,
        date(rows, step),
        float(need[step]),
        float(series["supply"][step, d]),
        float(short[step]),
    )
    if short[step] <= SHORT * need[step]:
        return replace(told, others=_nearest(rows, short, need, step))
    flows = Flows(rows, series, step)
    found = cut(flows, demand)
    kept = {
        held.path: use
        for held in found.held
        if held.section == "reserve" and (use := used_later(flows, held))
    }
    found.held = _telling(found.held, kept)
    told = replace(
        told,
        held=tuple(found.held),
        competitors={held.path: competitors(flows, held, demand) for held in found.held},
        state=tuple(state(flows, found)),
        ends={link.id: (link.tail, link.head) for link in rows.links},
        history={held.path: use for held in found.held if (use := drained(flows, held))},
        kept_for={path: use for path, use in kept.items() if any(held.path == path for held in found.held)},
    )
    ranks = classes(rows)
    mine = ranks.get(demand, 0)
    lacking = [
        max(0.0, float(row.gross[step]) - float(series["supply"][step, k]))
        for k, row in enumerate(rows.demands)
        if ranks.get(row.id, 0) <= mine
    ]
    return _with_reliefs(told, case, found, Place(d, step, sum(lacking)), progress)


def _nearest(rows: Rows, short: Floats, need: Floats, step: int) -> tuple[tuple[str, float], ...]:
    """Name the shortages nearest to a step."""
    there = np.flatnonzero(short > SHORT * np.maximum(need, SHORT))
    chosen = [*there[there < step][-NEAREST:], *there[there > step][:NEAREST]]
    return tuple((date(rows, int(k)), float(short[k])) for k in chosen)


def _telling(held: Sequence[Held], kept: Mapping[str, Use]) -> list[Held]:
    """Leave away reserves of quotas that mostly lapsed: what they held was not kept for anybody."""
    reserves = [one for one in held if one.section == "reserve"]
    used = [
        one
        for one in reserves
        if one.path in kept and sum(kept[one.path].by_sector.values()) > 0.5 * one.bound
    ]
    return [one for one in held if one.section != "reserve" or one in used or not used]


def _with_reliefs(
    told: Explanation, case: Case, found: Cut, place: Place, progress: Callable[[int, int], None] | None
) -> Explanation:
    """Relax every limit by simulation; order them by what they would have removed."""
    volumes = {held.path: told.shortage / max(held.reach, SHORT) for held in found.held}
    changes = {held.path: raised(held, volumes[held.path], place.step) for held in found.held}
    some = {path: change for path, change in changes.items() if change is not None}
    total = len(found.held) + min(LIFTED, len(found.held))
    wider = place.lacking / told.shortage if told.shortage else 1.0
    tried: dict[str, Relief] = {}
    for held in found.held:
        volume = volumes[held.path]
        relief = Relief((held.path,), None, None, volume, None)
        if held.path in some:
            relief = replace(relief, here=place.left(case, some[held.path]))
            change = raised(held, volume * wider, place.step) if wider > 1.0 + SHORT else None
            if change is not None:
                everyone = place.left(case, change)
                relief = replace(relief, everyone=everyone, volume_everyone=volume * wider)
        tried[held.path] = relief
        if progress is not None:
            progress(1, total)
    rules = ("reserve", "restrictions")
    chosen = sorted(order(found.held, tried, told.shortage).held, key=lambda one: one.section not in rules)
    rows = case.rows()
    reserve = next((held.path for held in chosen if held.section == "reserve"), "")
    for held in [one for one in chosen if one.section != "reserve" or one.path == reserve][:LIFTED]:
        change, share = lifted(held, volumes[held.path], rows, _planned_from(case, held))
        always = None if change is None else place.left(replace(case, change=change))
        tried[held.path] = replace(tried[held.path], always=always, share=share)
        if progress is not None:
            progress(1, total)
    for held in chosen:
        if held.section == "reserve":
            tried[held.path] = replace(tried[held.path], always=tried[reserve].always)
    ordered = order(found.held, tried, told.shortage)
    reliefs = tuple(
        replace(tried[held.path], change=changed(held, tried[held.path], told.shortage))
        for held in ordered.held
    )
    together, behind = _further(case, told, some, ordered.held, place)
    return replace(
        told,
        held=ordered.held,
        reliefs=reliefs,
        together=together,
        behind=behind,
        tied=ordered.tied,
        as_much=ordered.as_much,
    )


def _further(
    case: Case, told: Explanation, some: Mapping[str, Change], ordered: Sequence[Held], place: Place
) -> tuple[float | None, tuple[Held, ...]]:
    """Relax all limits together, and find what holds next behind the one that helps most."""
    together = None
    if len(some) > 1:
        together = place.left(case, functools.reduce(_after, some.values()))
    first = next((held for held in ordered if held.path in some), None)
    if first is None:
        return together, ()
    answer = shortage(case, place.demand, place.step, some[first.path])
    if answer is None or answer[0] <= SHORT * told.need:
        return together, ()
    next_ = cut(Flows(some[first.path](case.rows()), answer[1], place.step), told.demand).held
    known = {held.path for held in told.held}
    return together, tuple(held for held in next_ if held.path not in known and held.section != "reserve")


def _after(one: Change, other: Change) -> Change:
    return lambda rows: other(one(rows))


def _planned_from(case: Case, held: Held) -> list[str]:
    """Name the sources whose monthly plan is a share of a quota."""
    if held.section != "quotas":
        return []
    plans = {id: getattr(source, "plan", None) for id, source in case.model.sources.items()}
    return [id for id, plan in plans.items() if plan is not None and getattr(plan, "of", None) == held.id]
