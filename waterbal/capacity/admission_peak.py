"""Whether works and mains carry a project in the largest month and on the largest day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.admission_model import upstream
from waterbal.capacity.admission_paths import passes_through, passing
from waterbal.capacity.admission_terms import NOT_APPLICABLE, Evidence, Test, of_evidence
from waterbal.model.base import Label
from waterbal.model.rows import Floats

if TYPE_CHECKING:
    from waterbal.capacity.admission_candidate import Candidate

RATE = "1e4 m3/d"


def peak(case: Candidate) -> Test:
    """Test 6: what works and mains carry already, and the project, in its worst month and on its largest day.

    Only what all its water has to pass between the stores and the project is judged: upstream of a store peaks are
    levelled, and where there is another way the simulation takes it.
    """
    future, model = case.future, case.future.case.model
    evidence: list[Evidence] = []
    judged: list[Any] = []
    shares = {id: passing(future.rows, id) for id in case.demands}
    places = set().union(*(upstream(model, d, stop_at_stores=True) for d in case.demands), set())
    for element, flow, capacity, spec in _elements(case):
        if element not in places or not np.isfinite(capacity).any():
            continue
        added = np.zeros_like(flow)
        for d, row in enumerate(future.rows.demands):
            drawn = shares.get(row.id, {}).get(element)
            if drawn is not None and passes_through(future.rows, row.id, [element], from_stores=True):
                added = added + case.with_it.need[:, :, d] * drawn
        if not added.any():
            continue
        saved, judged = _saved(case, element), [*judged, spec]
        evidence += _compare(case, element, flow - saved, added, capacity, spec)
    if not evidence:
        reason = Label(
            zh="项目与水库之间没有规定能力的必经工程",
            en="nothing that all its water has to pass has a stated capacity",
        )
        return Test("peak", NOT_APPLICABLE, reason=reason)
    return of_evidence("peak", [*evidence, *_unused_factor(case, judged)])


def _elements(case: Candidate) -> list[tuple[str, Floats, Floats, Any]]:
    """List id, flow without the project, capacity of a step, and specification of works and links."""
    future, model, run = case.future, case.future.case.model, case.without
    found: list[tuple[str, Floats, Floats, Any]] = []
    for n, node in enumerate(future.rows.nodes):
        if node.overflow:  # a plant that takes returns: its capacity is not about what it gives
            continue
        spec = model.works.get(node.id) or model.sources.get(node.id)
        found.append((node.id, run.node_inflow[:, :, n], np.asarray(node.capacity), spec))
    for i, link in enumerate(future.rows.links):
        found.append((link.id, run.link_flow[:, :, i], np.asarray(link.capacity), model.links.get(link.id)))
    return found


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


def _saved(case: Candidate, element: str) -> Floats:
    """Return what the user at which the project saves no longer draws through an element."""
    future = case.future
    saved = np.zeros(case.without.need.shape[:2])
    offset = case.project.offset
    if offset is None or not passes_through(future.rows, offset.demand, [element], from_stores=True):
        return saved
    d = [row.id for row in future.rows.demands].index(offset.demand)
    before, after = case.without, case.with_it
    drawn = passing(future.rows, offset.demand).get(element, 0.0)
    return np.minimum(before.supply[:, :, d], before.need[:, :, d] - after.need[:, :, d]) * drawn


def _compare(
    case: Candidate, element: str, flow: Floats, added: Floats, capacity: Floats, spec: Any
) -> list[Evidence]:
    days = case.future.rows.axis.days
    limit = np.broadcast_to(capacity, flow.shape)
    margin = np.where(added > 0.0, (limit - flow - added) / days, np.inf)
    r, t = np.unravel_index(int(np.argmin(margin)), margin.shape)
    month = str(case.future.rows.axis.start[t].astype("datetime64[M]"))
    name = spec.name if spec is not None and spec.name is not None else Label(zh=element, en=element)
    rate, room = float((flow[r, t] + added[r, t]) / days[t]), float(limit[r, t] / days[t])
    found = [
        Evidence(
            Label(zh=f"{name.zh}：最不利时段 {month}", en=f"{name.en}: worst step {month}"),
            rate, "<=", room, RATE, _fits(rate, room), float(flow[r, t] / days[t]), case.future.id,
        )
    ]  # fmt: skip
    factor = case.project.peak_day_factor
    if _of_largest_day(spec) and factor is not None:
        largest = spec.peak_factor.scalar()
        day = flow * largest / days + added * factor.scalar() / days
        margin = np.where(added > 0.0, limit * largest / days - day, np.inf)
        r, t = np.unravel_index(int(np.argmin(margin)), margin.shape)
        rate, room = float(day[r, t]), float(limit[r, t] * largest / days[t])
        found.append(
            Evidence(
                Label(zh=f"{name.zh}：最大日", en=f"{name.en}: largest day"),
                rate, "<=", room, RATE, _fits(rate, room), float(flow[r, t] * largest / days[t]), case.future.id,
            )
        )  # fmt: skip
    return found


def _fits(value: float, limit: float) -> bool:
    return value <= limit + 1e-9 * max(1.0, abs(limit))
