"""What stops a capacity: the requirement that fails first, what each limit is worth, the critical period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from waterbal.capacity.judging import trials
from waterbal.capacity.limits import (
    DRIVERS,
    INSTREAM,
    LEVELS,
    WATERS,
    LimitPath,
    asking_less,
    limits,
    of_question,
    relaxing,
)
from waterbal.capacity.search import STATUS, Found, Options, Search, run
from waterbal.capacity.side_by_side import share, side_by_side
from waterbal.capacity.trial import MINIMUM_FLOW, Ground
from waterbal.model.rows import Floats, Ints, Rows, realization
from waterbal.network.simulate import Simulation, simulate

SHARE = 0.01
"""Share by which a limit is relaxed [-]."""
FINE = 1e-4
"""Tolerance of the searches that tell what a limit is worth [-]."""
SHORT = 1e-6
"""A user is short who lacks more than this share of the need [-]."""
BY_YEAR = ("annual", "annual_depth")
"""Kinds of requirements that are judged at the end of a year by what its steps add up to."""
ACTIVE = 1e-6
"""A limit binds where what it limits is within this share of it [-]."""


@dataclass(frozen=True)
class Worth:
    """What it is worth to relax a limit."""

    limit: LimitPath
    change: float
    """Change of the scale for ``SHARE`` more of the limit, by simulation [-]; nan where nothing holds then."""


@dataclass(frozen=True)
class Failure:
    """What fails first, just beyond a capacity."""

    requirement: str
    """Path of the requirement; ``minimum flow`` where no allocation meets one."""
    sector: str
    zone: str
    realization: int
    date: str
    """First day of the first step of that year in which water is short; of the step in which it is missed, where
    that is not judged by years."""
    critical_from: str
    """First day of the critical period: since then no store was full and no quota renewed before the failure."""
    critical_months: int


def worths(
    ground: Ground,
    direction: str,
    found: Found,
    chosen: Sequence[LimitPath] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Worth]:
    """Relax every limit that binds by one percent and search again.

    Parameters
    ----------
    ground : Ground
        The future.
    direction : str
        Direction of the capacity.
    found : Found
        The capacity.
    chosen : sequence of LimitPath, optional
        Limits that are relaxed; if not given those that bind in some step of the record that fails, all quotas, and
        those of the question that are not limits on water.
    progress : callable, optional
        Called with (limits done, limits in all).

    Returns
    -------
    list of Worth
        Largest change first; a limit whose relaxation does not carry ``FINE`` more is worth 0.
    """
    if not np.isfinite(found.scale):
        return []
    if chosen is None:
        candidates = [*binding_limits(ground, direction, found), *of_question(ground.question)]
    else:
        candidates = list(chosen)
    base = _search(ground.ready(), direction, found.scale).scale
    at_once, threads = share(ground.threads, ground.realizations, len(candidates))

    def worth(limit: LimitPath) -> Worth:
        relaxed = relaxed_by(ground, limit)
        relaxed.threads = threads
        change = _change(relaxed.ready(), direction, base)
        ground.count.add(relaxed.count.runs, relaxed.count.steps)
        return Worth(limit, change)

    result = side_by_side([partial(worth, limit) for limit in candidates], at_once, progress)
    return sorted(result, key=lambda worth: -np.nan_to_num(worth.change))


def relaxed_by(ground: Ground, limit: LimitPath, share: float = SHARE) -> Ground:
    """Return the same future with one limit relaxed.

    Parameters
    ----------
    ground : Ground
        The future.
    limit : LimitPath
        A limit on water, or one of the question.
    share : float
        By how much [-].
    """
    if limit.section in (DRIVERS, WATERS, LEVELS):
        return ground.asking(asking_less(ground.question, limit, share))
    change = relaxing(limit, share, planned_from(ground, limit))
    return Ground(replace(ground.case, change=change), ground.realizations, ground.threads)


def planned_from(ground: Ground, limit: LimitPath) -> list[str]:
    """Name the sources whose monthly plan is a share of a quota."""
    if limit.section != "quotas":
        return []
    plans = {id: getattr(source, "plan", None) for id, source in ground.case.model.sources.items()}
    return [id for id, plan in plans.items() if plan is not None and plan.of == limit.id]


def _change(ground: Ground, direction: str, base: float) -> float:
    """Return the change of the scale from ``base``, 0 where it is below ``FINE``: most limits need two trials."""
    if holds_at(ground, direction, base + FINE):
        above = _search(ground, direction, base + FINE)
        return np.inf if STATUS[above.status] == "unbounded" else above.scale - base
    if holds_at(ground, direction, base):
        return 0.0
    return _search(ground, direction, base).scale - base


def holds_at(ground: Ground, direction: str, scale: float) -> bool:
    """Try one scale; beyond the limits that are not water nothing holds."""
    low, _, high, _ = ground.question.room(direction)
    return low <= scale <= high and trials(ground)([Search(direction, -1, low, high)], [scale])[0]


def _search(ground: Ground, direction: str, scale: float) -> Found:
    """Search to the fine tolerance from a scale that is known to be near."""
    low, _, high, _ = ground.question.room(direction)
    search = Search(direction, -1, low, high, scale, 20.0 * FINE)
    return run([search], trials(ground), Options(FINE, 0, 0))[0]


def binding_limits(ground: Ground, direction: str, found: Found) -> list[LimitPath]:
    """List the limits that bind in some step of the record that fails first, and all quotas."""
    rows, simulation = failing_run(ground, direction, found)
    return [limit for limit in limits(rows) if limit.section == "quotas" or binds(limit, rows, simulation)]


def failing_run(ground: Ground, direction: str, found: Found) -> tuple[Rows, Simulation]:
    """Simulate the record that fails first at the smallest scale that fails; all series are kept.

    Returns
    -------
    Rows, Simulation
        What limits sources is that of this scale: some grow with a driver, as roofs do.
    """
    number = max(found.realization, 0)
    scale = found.fails if found.fails == found.fails else found.scale
    piece, position = ground.place[number]
    rows, network, _ = ground.pieces[piece]
    needs, offers = ground.question.scales(direction, np.array([scale]), rows)
    run_ = simulate(network, np.array([position]), needs, source_scale=offers, keep=True, threads=1)
    own = realization(rows, int(position))
    sources = [
        replace(row, limits={part: value * offer for part, value in row.limits.items()})
        for row, offer in zip(own.sources, offers[0], strict=True)
    ]
    return replace(own, sources=sources), run_


def binds(limit: LimitPath, rows: Rows, simulation: Simulation, steps: Ints | None = None) -> bool:
    """Tell whether a limit binds in some step of a run.

    Parameters
    ----------
    limit : LimitPath
        Limit, of no quota.
    rows : Rows
        Record that was run, with the limits of its scale.
    simulation : Simulation
        Its one run, with series.
    steps : ndarray (step), optional
        Steps that count; all if not given.
    """
    group = getattr(rows, limit.section)
    place = next(k for k, row in enumerate(group) if row.id == limit.id)
    row, series = group[place], simulation.series
    assert series is not None
    counted = slice(None) if steps is None else steps
    bound: Floats
    if limit.section == "sources":
        kind = "hydrology" if limit.part == INSTREAM else limit.part
        used, bound = series["source_withdrawal"][0, :, place], row.limits[kind]
    elif limit.section == "aquifers":
        if limit.part == "recharge":
            return bool((series["aquifer_storage"][0, :, place] <= ACTIVE)[counted].any())
        used, bound = series["aquifer_pumping"][0, :, place], row.limits[limit.part]
    elif limit.section == "links":
        used, bound = series["link_flow"][0, :, place], row.capacity
    elif limit.section == "stores":
        used, bound = series["storage"][0, :, place], row.capacity
    elif limit.part == "capacity":
        used, bound = series["node_inflow"][0, :, place], row.capacity
    else:
        inflow = series["node_inflow"][0, :, place]
        used = sum(
            (series["link_flow"][0, :, k] for k, link in enumerate(rows.links) if link.tail == row.id),
            np.zeros(rows.axis.size),
        )
        bound = row.output_limit if limit.part == "output" else row.usable * inflow
    return bool(((used >= bound * (1.0 - ACTIVE)) & (bound > ACTIVE))[counted].any())


def failure(ground: Ground, direction: str, found: Found) -> Failure | None:
    """Tell what fails first beyond a capacity, where, when, and since when it built up."""
    if found.item == -1 or found.step < 0:
        return None
    rows, simulation = failing_run(ground, direction, found)
    item = None if found.item == MINIMUM_FLOW else ground.question.requirements[found.item]
    step = int(short_steps(ground, direction, found, rows, simulation)[0])
    demands = {row.id: row for row in rows.demands}
    members = [] if item is None else [demands[name] for name, _ in item.members if name in demands]
    sectors = list(dict.fromkeys(row.kind for row in members))
    zones = list(dict.fromkeys(row.zone for row in members))
    begin = critical_start(rows, simulation, step)
    dates = rows.axis.start.astype("datetime64[D]")
    months = int(np.unique(rows.axis.year[begin : step + 1] * 12 + rows.axis.month[begin : step + 1]).size)
    return Failure(
        "minimum flow" if item is None else item.id,
        ", ".join(sectors), ", ".join(zones), found.realization, str(dates[step]), str(dates[begin]), months,
    )  # fmt: skip


def decisive_step(ground: Ground, direction: str, found: Found) -> int:
    """Return the step by which a capacity fails: that of the miss that is one too many.

    Of records that are judged together no single miss is: then the one that is too many for the record that misses
    most, by what it may miss alone; its first where alone it may miss as many.
    """
    if ground.records == 1 or found.item < 0:
        return found.step
    only = np.arange(len(ground.question.requirements)) == found.item
    needs, offers = ground.question.scales(direction, np.array([found.fails]), ground.case.rows())
    alone = ground.trial_of(needs, offers, np.array([found.realization]), only)
    supported = ground.allowed[found.realization, found.item] >= 0
    return int(alone.lost_step[0]) if supported and alone.lost[0] == found.item else found.step


def first_short(ground: Ground, direction: str, found: Found) -> int:
    """Return the first step in which water is short in what fails beyond a capacity; -1 if nothing fails."""
    if found.item < 0 or found.step < 0 or ground.question.requirements[found.item].kind not in BY_YEAR:
        return found.step
    return int(short_steps(ground, direction, found, *failing_run(ground, direction, found))[0])


def short_steps(ground: Ground, direction: str, found: Found, rows: Rows, simulation: Simulation) -> Ints:
    """Return the steps in which what fails first beyond a capacity is short, in the year or step that fails.

    A requirement that is judged by years is lost at the end of a year, when its stores may long be full again: what
    makes it fail are the steps of that year in which its users lack water.

    Returns
    -------
    ndarray (step)
        One at least: the step in which the requirement is lost, where it is not about users.
    """
    item = None if found.item == MINIMUM_FLOW else ground.question.requirements[found.item]
    if item is None or item.kind not in BY_YEAR:
        return np.array([found.step])
    assert simulation.series is not None
    users = {name for name, _ in item.members}
    needs, _ = ground.question.scales(direction, np.array([found.fails]), rows)
    need, supply = np.zeros(rows.axis.size), np.zeros(rows.axis.size)
    for d, row in enumerate(rows.demands):
        if row.id in users:
            need += row.gross * needs[0, d]
            supply += simulation.series["supply"][0][:, d]
    of_year = rows.axis.year == rows.axis.year[found.step]
    steps = np.flatnonzero(of_year & (supply < need * (1.0 - SHORT)))
    return steps if steps.size else np.array([found.step])


def critical_start(rows: Rows, simulation: Simulation, step: int) -> int:
    """Return the first step of the critical period that ends in a step.

    It begins after the last step at whose end every store in use was full; without stores with the quota year, or
    the first step of the record.
    """
    series = simulation.series
    assert series is not None
    used = [k for k, store in enumerate(rows.stores) if (store.capacity > store.dead).any()]
    if used:
        capacity = np.stack([rows.stores[k].capacity for k in used], axis=1)
        full = (series["storage"][0][:, used] >= capacity * (1.0 - 1e-3)).all(axis=1)
    else:
        full = np.zeros(rows.axis.size, dtype=bool)
        for quota in rows.quotas:
            starts = (rows.axis.month == quota.reset_month) & (np.diff(rows.axis.month, prepend=0) != 0)
            full[:-1] |= starts[1:]
    before = np.flatnonzero(full[:step])
    return int(before[-1]) + 1 if before.size else 0
