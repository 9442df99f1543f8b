"""Whether works and mains carry a project in the largest month and on the largest day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.admission_model import upstream
from waterbal.capacity.admission_short import shortage_added
from waterbal.capacity.admission_static import PEAK, at_most
from waterbal.capacity.admission_terms import NOT_APPLICABLE, Evidence, Test, of_evidence
from waterbal.capacity.admission_unrated import USUAL
from waterbal.capacity.ways import passes_through, passing
from waterbal.model.base import Label
from waterbal.model.rows import Floats, NodeRow
from waterbal.network.requirements import misses, years
from waterbal.results.metrics import Bools

if TYPE_CHECKING:
    from waterbal.capacity.admission_candidate import Candidate
    from waterbal.capacity.admission_runs import Future

RATE = "1e4 m3/d"
FULL = 1e-9
"""[-] share of a capacity below which there is no room left."""


def peak(case: Candidate) -> Test:
    """Test 6: what works and mains carry with the project, and would carry for those who go short because of it.

    A simulation never exceeds a capacity. What flows with the project is therefore judged together with what it and
    others with a guarantee then lack: all of it where all their water has to pass between the stores and them, else
    where there is no room left. Upstream of a store peaks are levelled.
    """
    future, model = case.future, case.future.case.model
    evidence: list[Evidence] = []
    judged: list[Any] = []
    short = np.maximum(shortage_added(case), 0.0)
    lacking = {
        row.id: d
        for d, row in enumerate(future.rows.demands)
        if row.id in case.demands or (row.guarantee > 0.0 and short[:, :, d].any())
    }
    drawn = {id: passing(future.rows, id) for id in lacking}
    places = set().union(*(upstream(model, d, stop_at_stores=True) for d in case.demands), set())
    for element in _elements(case):
        if element.id not in places or not np.isfinite(element.capacity).any():
            continue
        flow, full = element.flow, _full(element)
        own, has_to = np.zeros_like(flow), False
        for id, d in lacking.items():
            if element.id not in drawn[id]:
                continue
            share = drawn[id][element.id] * element.given
            whole = passes_through(future.rows, id, [element.id], from_stores=True)
            flow = flow + np.where(whole | full, short[:, :, d] * share, 0.0)
            if whole and id in case.demands:
                own, has_to = own + case.with_it.need[:, :, d] * share, True
        if not has_to and not (flow > element.capacity * (1.0 + FULL)).any():
            continue
        judged.append(element.spec)
        evidence += _compare(case, element, flow, own)
    if not evidence:
        reason = Label(
            zh="项目与水库之间没有规定能力的必经工程",
            en="nothing that all its water has to pass has a stated capacity",
        )
        return Test(PEAK, NOT_APPLICABLE, reason=reason)
    return of_evidence(PEAK, [*evidence, *_unused_factor(case, judged)])


def _full(element: Element) -> Bools:
    """Tell where there is no room left in what is open."""
    return (element.capacity > 0.0) & (element.flow >= element.capacity * (1.0 - FULL))


@dataclass(frozen=True)
class Element:
    """Works or a link."""

    id: str
    before: Floats
    """Flow without the project, ndarray (realization, time) [1e4 m3]"""
    flow: Floats
    """The same with it."""
    capacity: Floats
    """ndarray (realization, time) [1e4 m3]"""
    spec: Any
    """As the model describes it."""
    given: Floats | float = 1.0
    """Share of what enters that is counted: all, or what it gives; ndarray (time) [-]"""


def _elements(case: Candidate) -> list[Element]:
    """List works, sources, wells and links with their flows."""
    future, model = case.future, case.future.case.model
    before, after = case.without, case.with_it
    found: list[Element] = []
    for n, node in enumerate(future.rows.nodes):
        spec = model.works.get(node.id) or model.sources.get(node.id)
        if not node.overflow:
            flows = before.node_inflow[:, :, n], after.node_inflow[:, :, n]
            room = _of_records(future, "nodes", n, lambda row: row.capacity)
            found.append(Element(node.id, *flows, room, spec))
            continue
        own = [i for i, link in enumerate(future.rows.links) if link.tail == node.id]
        flows = before.link_flow[:, :, own].sum(axis=2), after.link_flow[:, :, own].sum(axis=2)
        room = _of_records(future, "nodes", n, _given)
        given = _of_records(future, "nodes", n, lambda row: row.usable)
        found.append(Element(node.id, *flows, room, spec, given))
    for name, section in (("source_withdrawal", "sources"), ("aquifer_pumping", "aquifers")):
        for k, row in enumerate(getattr(future.rows, section)):
            if set(row.limits) <= {"hydrology"}:
                continue
            flows = getattr(before, name)[:, :, k], getattr(after, name)[:, :, k]
            room = _of_records(future, section, k, lambda row: _stated(row.limits))
            found.append(Element(row.id, *flows, room, model.sources.get(row.id)))
    for i, link in enumerate(future.rows.links):
        flows = before.link_flow[:, :, i], after.link_flow[:, :, i]
        room = _of_records(future, "links", i, lambda row: row.capacity)
        found.append(Element(link.id, *flows, room, model.links.get(link.id)))
    return found


def _of_records(future: Future, section: str, number: int, value: Callable[[Any], Floats]) -> Floats:
    """Put what is told of a row in all records together, ndarray (realization, time)."""
    return np.concatenate(
        [
            np.broadcast_to(value(getattr(rows, section)[number]), (network.members, rows.axis.size))
            for rows, network, _ in future.ground.pieces
        ]
    )


def _given(node: NodeRow) -> Floats:
    """Return what a plant can give at most: what by-passes it needs no room in it."""
    return np.minimum(node.usable * node.capacity, node.output_limit)


def _stated(limits: Mapping[str, Floats]) -> Floats:
    """Return what may be taken from a source at most, whatever its river has."""
    return reduce(np.minimum, (limit for kind, limit in limits.items() if kind != "hydrology"))


def _unused_factor(case: Candidate, judged: list[Any]) -> list[Evidence]:
    """Say that the project's largest day does not count where no capacity is one of the largest day."""
    factor = case.project.peak_day_factor
    if factor is None or any(_of_largest_day(spec) for spec in judged):
        return []
    told = Label(
        zh="日变化系数 peak_day_factor 未用：以上工程的能力均按平均日给定（basis: mean_day）",
        en="peak_day_factor does not count: all capacities above are those of a mean day (basis: mean_day)",
    )
    return [Evidence(told, factor.scalar(), "", None, "1", None, future=case.future.id)]


def _of_largest_day(spec: Any) -> bool:
    return getattr(spec, "basis", "") == "max_day"


def _compare(case: Candidate, element: Element, flow: Floats, own: Floats) -> list[Evidence]:
    """Compare what flows, and the project's own part, with the capacity in the worst step and on the largest day.

    Years that may fail by the guarantee of the project, half of them where it has none, are left out, those first in
    which least room is left: an outage or a drought says nothing of the capacity.
    """
    days = case.future.rows.axis.days
    limit, spec = element.capacity, element.spec
    name = spec.name if spec is not None and spec.name is not None else Label(zh=element.id, en=element.id)
    r, t = _worst(case, (limit - flow) / days)
    month = str(case.future.rows.axis.start[t].astype("datetime64[M]"))
    rate, room = float(flow[r, t] / days[t]), float(limit[r, t] / days[t])
    found = [
        Evidence(
            Label(zh=f"{name.zh}：最不利时段 {month}", en=f"{name.en}: worst step {month}"),
            rate, "<=", room, RATE, at_most(rate, room), float(element.before[r, t] / days[t]), case.future.id,
        )
    ]  # fmt: skip
    factor = case.project.peak_day_factor
    if _of_largest_day(spec) and factor is not None:
        largest = spec.peak_factor.scalar()
        day = (flow - own) * largest / days + own * factor.scalar() / days
        r, t = _worst(case, limit * largest / days - day)
        rate, room = float(day[r, t]), float(limit[r, t] * largest / days[t])
        found.append(
            Evidence(
                Label(zh=f"{name.zh}：最大日", en=f"{name.en}: largest day"), rate, "<=", room, RATE,
                at_most(rate, room), float(element.before[r, t] * largest / days[t]), case.future.id,
            )
        )  # fmt: skip
    return found


def _worst(case: Candidate, room: Floats) -> tuple[int, int]:
    """Return record and step in which least room is left, without the years that may fail."""
    own = [d for d, row in enumerate(case.future.rows.demands) if row.id in case.demands]
    room = np.where(case.with_it.need[:, :, own].sum(axis=2) > 0.0, room, np.inf)
    year, ends = years(case.future.rows.axis)
    least = np.stack([room[:, year == y].min(axis=1) for y in range(int(ends.sum()))], axis=1)
    rate = USUAL if case.project.guarantee is None else case.project.guarantee.scalar()
    allowed = max(int(misses(least.size, rate)), 0)
    limit = np.sort(least, axis=None)[allowed]
    r, t = np.unravel_index(int(np.argmin(np.where(room >= limit, room, np.inf))), room.shape)
    return int(r), int(t)
