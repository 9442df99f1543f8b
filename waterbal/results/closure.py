"""Independent closure: every balance and bound recomputed from the rows, none by the engine's own code.

Each equation gives a residual [1e4 m3] and a scale [1e4 m3]. The scale is the sum of the absolute terms of
the equation plus ``FLOOR`` of the largest total need of a step, so that an element through which next to
nothing flows is judged by the size of the system. A member is judged by itself alone. No term is ever computed as
a remainder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.errors import BalanceError, Issue, Message, in_language
from waterbal.model.rows import Floats, Ints, Rows
from waterbal.results import settling
from waterbal.results.output import RunOutput
from waterbal.results.view import View, view

TOLERANCE = 1e-9
"""[-] largest relative residual of any balance or bound."""

FLOOR = 1e-3
"""[-] share of the largest total need of a step that is added to every scale."""


@dataclass(frozen=True)
class Residual:
    """One equation for every element of a group."""

    equation: str
    """What should be equal or bounded, in words."""
    group: str
    """Field of ``Rows``."""
    value: Floats
    """ndarray (member, time, element) [1e4 m3]; nan where the start of the record is unknown."""
    scale: Floats
    """ndarray (member, time, element) [1e4 m3]"""


def check(
    rows: Rows | Sequence[Rows],
    run: RunOutput,
    variant: Ints | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> Floats:
    """Check every balance and bound of a run.

    Parameters
    ----------
    rows : Rows or sequence of Rows
        What was run.
    run : RunOutput
        Arrays of the engine.
    variant : ndarray (member), optional
        Rows of each member.
    tolerance : float
        Largest relative residual that passes [-].

    Returns
    -------
    ndarray (member, time) [-]
        Largest relative residual; nan in steps that were not simulated.

    Raises
    ------
    BalanceError
        Naming the equation, element, step, residual and tolerance of the worst case of each equation.
    """
    worst, issues = measure(view(run, rows, variant), tolerance)
    if issues:
        raise BalanceError(issues)
    return worst


def measure(seen: View, tolerance: float = TOLERANCE) -> tuple[Floats, list[Issue]]:
    """Measure every balance and bound without refusing anything.

    Parameters
    ----------
    seen : View
        A run and its rows.
    tolerance : float
        Largest relative residual that passes [-].

    Returns
    -------
    ndarray (member, time) [-]
        Largest relative residual; nan in steps that were not simulated.
    list of Issue
        The worst case of each equation that does not pass, worst first.
    """
    worst = np.where(seen.simulated, 0.0, np.nan)
    issues: list[tuple[float, Issue]] = []
    for residual in residuals(seen):
        relative = _relative(residual, seen)
        if relative.size == 0:
            continue
        worst = np.where(seen.simulated, np.fmax(worst, relative.max(axis=2)), np.nan)
        place = np.unravel_index(np.argmax(relative), relative.shape)
        largest = float(relative[place])
        if not largest <= tolerance:
            issues.append((largest, _issue(residual, place, largest, tolerance, seen)))
    issues.sort(key=lambda pair: -pair[0])
    return worst, [issue for _, issue in issues]


def _relative(residual: Residual, seen: View) -> Floats:
    """Divide a residual by its scale; infinite where a number is missing that should be there."""
    known = np.ones_like(residual.value, dtype=bool)
    if residual.group in ("stores", "aquifers") and seen.start(residual.group) is None:
        known[:, 0] = False
    known &= seen.simulated[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(residual.value) / residual.scale
    relative = np.where(residual.value == 0.0, 0.0, relative)
    return np.where(known, np.where(np.isnan(relative), np.inf, relative), 0.0)


def _issue(residual: Residual, place: Any, relative: float, tolerance: float, seen: View) -> Issue:
    member, step, element = (int(i) for i in place)
    row = getattr(seen.rows, residual.group)[element]
    when = str(seen.rows.axis.start[step])[:10]
    more = Message(f"，第 {member} 个成员", f", member {member}") if seen.run.members > 1 else ""
    value = float(residual.value[place])
    return Issue(
        Message(
            f"{residual.equation}：余差 {value:.6g} 万m³，相对余差 {relative:.3g}，"
            f"在始于 {when} 的时段（第 {step} 个）{in_language(more, 'zh')}",
            f"{residual.equation}: residual {value:.6g} (1e4 m3), relative {relative:.3g}, "
            f"in the step from {when} (number {step}){more}",
        ),
        where=f"{residual.group}.{row.id}",
        expected=Message(f"相对余差不超过 {tolerance:g}", f"a relative residual of at most {tolerance:g}"),
    )


def residuals(seen: View) -> Iterator[Residual]:
    """Evaluate every equation of a run."""
    largest = seen.need.sum(axis=2).max(axis=1, initial=0.0)
    floor = (FLOOR * largest + np.finfo(float).tiny)[:, None, None]
    for part in (_sources, _nodes, _stores, _aquifers, _demands, _links, _quotas):
        for equation, group, value, terms in part(seen):
            scale = sum((np.abs(term) for term in terms), np.broadcast_to(floor, value.shape))
            yield Residual(equation, group, value, scale)


Equation = tuple[str, str, Floats, tuple[Floats, ...]]


def over(value: Floats, bound: Floats) -> Floats:
    """Return by how much a value exceeds its upper bound, 0 where it does not."""
    excess: Floats = np.maximum(value - bound, 0.0)
    return excess


def _finite(bound: Floats) -> Floats:
    return np.where(np.isfinite(bound), bound, 0.0)


def _sources(seen: View) -> Iterator[Equation]:
    run = seen.run
    taken, out = run.source_withdrawal, seen.outgoing("sources")
    passed = seen.source_yield * taken
    yield "withdrawal less settling loss = links out", "sources", passed - out, (passed, out)
    yield "withdrawal >= 0", "sources", over(-taken, np.zeros_like(taken)), (taken,)
    yield (
        "withdrawal <= available",
        "sources",
        over(taken, run.source_available),
        (taken, run.source_available),
    )
    for kind in sorted({kind for row in seen.rows.sources for kind in row.limits}):
        limit = seen.limit("sources", kind, np.inf)
        yield f"withdrawal <= {kind} limit", "sources", over(taken, limit), (taken, _finite(limit))
    for i in range(len(seen.rows.sources)):
        lagged = seen.lagged(i)
        if lagged is not None:
            limit = np.full_like(taken, np.inf)
            limit[:, :, i] = lagged
            yield "withdrawal <= returns of the step before", "sources", over(taken, limit), (taken,)


def _nodes(seen: View) -> Iterator[Equation]:
    run = seen.run
    arriving, returned, out = seen.arriving("nodes"), seen.returned("nodes"), seen.outgoing("nodes")
    processed, bypass, loss, released = run.node_inflow, run.node_bypass, run.node_loss, run.node_discharge
    recovery = seen.series("nodes", lambda row: row.recovery)
    usable = seen.series("nodes", lambda row: row.usable) * processed
    capacity = seen.series("nodes", lambda row: row.capacity)
    limit = seen.series("nodes", lambda row: row.output_limit)
    nothing = np.zeros_like(processed)
    inflow = arriving + returned - processed - bypass
    yield "links in + returns = processed + by-pass", "nodes", inflow, (arriving, returned, processed, bypass)
    yield (
        "processed = links out + loss + discharge",
        "nodes",
        processed - out - loss - released,
        (processed, out, loss),
    )
    yield "loss = (1 - recovery) x processed", "nodes", loss - (1.0 - recovery) * processed, (processed,)
    yield "processed <= capacity", "nodes", over(processed, capacity), (processed, _finite(capacity))
    yield "links out <= usable share", "nodes", over(out, usable), (out, usable)
    yield "links out <= output limit", "nodes", over(out, limit), (out, _finite(limit))
    yield "discharge >= 0", "nodes", over(-released, nothing), (processed,)
    yield "by-pass >= 0", "nodes", over(-bypass, nothing), (processed,)
    closed = np.array([not (row.outlet or row.overflow) for row in seen.rows.nodes])
    yield "no discharge without an outlet", "nodes", np.where(closed, released, 0.0), (processed,)
    narrow = np.array([not row.overflow for row in seen.rows.nodes])
    yield "no by-pass without an overflow", "nodes", np.where(narrow, bypass, 0.0), (processed,)


def _stores(seen: View) -> Iterator[Equation]:
    run = seen.run
    before, after = seen.before("stores"), run.storage
    gains = (run.store_inflow, run.store_rain, seen.arriving("stores"), seen.returned("stores"))
    losses = (run.store_evaporation, run.store_seepage, seen.outgoing("stores"), run.spill)
    terms = (before, after, *gains, *losses)
    yield "end = start + gains - losses", "stores", before + sum(gains) - sum(losses) - after, terms
    capacity = seen.series("stores", lambda row: row.capacity)
    dead = seen.series("stores", lambda row: row.dead)
    natural = seen.series("stores", lambda row: row.inflow)
    nothing = np.zeros_like(after)
    yield "volume <= capacity", "stores", over(after, capacity), (after, capacity)
    yield "volume >= 0", "stores", over(-after, nothing), terms
    yield "spill >= 0", "stores", over(-run.spill, nothing), terms
    yield "natural inflow as given", "stores", run.store_inflow - natural, (natural,)
    losing = run.store_evaporation + run.store_seepage
    unlinked = before + run.store_inflow + run.store_rain - losing
    floor = np.minimum(np.minimum(dead, np.maximum(unlinked, 0.0)), capacity)
    yield "dead volume is not drawn", "stores", over(floor, after), (before, after, dead)
    yield from _surfaces(seen)


def _surfaces(seen: View) -> Iterator[Equation]:
    """Losses of stores by their area.

    A store that repeats has those of its mean volume to ``settling.SETTLED``; where it has not, which the result tells,
    they are at most those of a volume that a pass can have had.
    """
    found = settling.losses(seen)
    off, water = found.unsettled, found.water
    for name, booked in found.booked.items():
        own, least, most = found.of_area[name], found.least[name], found.most[name]
        yield f"{name} = depth x area", "stores", np.where(found.repeats, 0.0, own - booked), (own, water)
        outside = over(booked, most) + (over(least, booked) if name == "rain" else 0.0)
        equation = f"{name} of an area that the store can have"
        yield equation, "stores", np.where(off, outside, 0.0), (most, water)


def _aquifers(seen: View) -> Iterator[Equation]:
    run, rows = seen.run, seen.rows
    before, after = seen.before("aquifers"), run.aquifer_storage
    gains = (
        seen.series("aquifers", lambda row: row.recharge),
        seen.arriving("aquifers"),
        seen.returned("aquifers"),
        seen.recharged(),
    )
    losses = (run.aquifer_evaporation, seen.outgoing("aquifers"), run.aquifer_overflow)
    yield "recharge = all that arrives", "aquifers", run.aquifer_recharge - sum(gains), gains
    terms = (before, after, *gains, *losses)
    yield "end = start + gains - losses", "aquifers", before + sum(gains) - sum(losses) - after, terms
    out, pumping = seen.outgoing("aquifers"), run.aquifer_pumping
    yield "pumping = links out", "aquifers", pumping - out, (pumping, out)
    nothing = np.zeros_like(after)
    yield "storage >= 0", "aquifers", over(-after, nothing), terms
    for kind in sorted({kind for row in rows.aquifers for kind in row.limits}):
        limit = seen.limit("aquifers", kind, np.inf)
        yield f"pumping <= {kind} limit", "aquifers", over(pumping, limit), (pumping, _finite(limit))
    per_metre = seen.constants("aquifers", lambda row: row.storage_per_metre)[:, None]
    floor = seen.constants("aquifers", lambda row: row.floor_depth)[:, None]
    stored = (floor - run.aquifer_depth) * per_metre
    yield (
        "storage = storage per metre x height",
        "aquifers",
        stored - after,
        (stored, after, floor * per_metre),
    )


def _demands(seen: View) -> Iterator[Equation]:
    run = seen.run
    arriving, returned, consumed = seen.arriving("demands"), seen.return_flow, seen.consumption
    supply, request, need = run.supply, run.request, seen.need
    nothing = np.zeros_like(supply)
    yield "delivered = links in", "demands", supply - arriving, (supply, arriving)
    yield (
        "delivered = consumed + returns",
        "demands",
        supply - consumed - returned,
        (supply, consumed, returned),
    )
    yield "consumed >= 0", "demands", over(-consumed, nothing), (supply,)
    yield "supply <= request", "demands", over(supply, request), (supply, request)
    yield "supply >= 0", "demands", over(-supply, nothing), (request,)
    yield "request <= need", "demands", over(request, need), (request, need)


def _links(seen: View) -> Iterator[Equation]:
    flow = seen.run.link_flow
    capacity = seen.series("links", lambda row: row.capacity)
    minimum = seen.series("links", lambda row: row.minimum)
    yield "flow <= capacity", "links", over(flow, capacity), (flow, _finite(capacity))
    yield "flow >= minimum", "links", over(minimum, flow), (flow, minimum)


def _quotas(seen: View) -> Iterator[Equation]:
    run, rows = seen.run, seen.rows
    used = seen.zeros("quotas")
    volumes = {"links": run.link_flow, "sources": run.source_withdrawal, "aquifers": run.aquifer_pumping}
    for q, row in enumerate(rows.quotas):
        for member, weight in row.members:
            for group, volume in volumes.items():
                place = seen.number(group).get(member)
                if place is not None:
                    used[:, :, q] += weight * volume[:, :, place]
    yield "use = sum of weighted members", "quotas", run.quota_used - used, (run.quota_used, used)
    before = quota_before(seen, used)
    yield "use <= what is left of the year", "quotas", over(used, before), (used, before)
    gap = np.maximum(run.quota_left, 0.0) - np.maximum(before - used, 0.0)
    yield "left = left before - use", "quotas", gap, (before, used)


def quota_before(seen: View, used: Floats) -> Floats:
    """Follow each quota through its years: what is left before every step, ndarray (member, time, quota).

    A cut inside a quota year may fall below what is used already: then nothing is left, and what a later rise
    gives back counts against that use first.
    """
    axis, rows = seen.rows.axis, seen.rows
    volume = seen.series("quotas", lambda row: row.volume)
    initial = seen.constants("quotas", lambda row: np.nan if row.initial is None else row.initial)
    reset = np.array([row.reset_month for row in rows.quotas], dtype=np.int64)
    carry = seen.constants("quotas", lambda row: row.carry_over)
    remaining = (12 - (int(axis.month[0]) - reset) % 12) / 12.0
    left = np.where(np.isnan(initial), volume[:, 0] * remaining, initial)
    before = np.empty_like(volume)
    for t in range(axis.size):
        if t:
            begins = (axis.month[t] == reset) & (axis.month[t - 1] != reset)
            unused = np.clip(left, 0.0, carry * volume[:, t])
            left = np.where(begins, volume[:, t] + unused, left + volume[:, t] - volume[:, t - 1])
        before[:, t] = np.maximum(left, 0.0)
        left = left - used[:, t]
    return before
