"""Test 3 of an admission: quotas hold what is used and promised, and the project."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_ledger import Ledger, Rules, volume_in
from waterbal.capacity.admission_model import upstream
from waterbal.capacity.admission_paths import counted, passes_through
from waterbal.capacity.admission_runs import Future
from waterbal.capacity.admission_static import CAPS, ROUNDING, VOLUME, at_most
from waterbal.capacity.admission_terms import NOT_APPLICABLE, Evidence, Test, of_evidence
from waterbal.model.base import Label
from waterbal.model.root import Model
from waterbal.model.values import Number
from waterbal.results.names import Labels, name_of


def caps(case: Candidate, ledger: Ledger | None, rules: Rules | None) -> Test:
    """Test 3: quotas hold mean use, what is promised, and the project.

    Where a quota counts all water that can come to the project, its need counts with what is lost on the best way to
    it, because a simulation never exceeds a quota, less what its saving elsewhere frees of the quota in the
    simulation; where it counts part of it or none, what the project changes in the simulation, as when it takes
    reclaimed water from those who then draw on the quota. Allotments of transfers are quotas too.
    """
    future, model = case.future, case.future.case.model
    headroom = 0.0 if rules is None or rules.quota_headroom is None else rules.quota_headroom.scalar()
    promised = _promised(ledger, future.year)
    called = Labels.from_config(future.case.loaded.config).elements
    evidence = []
    for q, row in enumerate(future.rows.quotas):
        members = {id: weight for id, weight in row.members if weight > 0.0}
        use = float(case.without.quota_use[q])
        added = float(case.with_it.quota_use[q]) - use
        covered = [d for d in case.demands if passes_through(future.rows, d, members)]
        saved = None
        if covered:
            saved = freed(case, q, members)
            beside = 0.0
            if len(covered) < len(case.demands):
                beside = float(case.rest_alone(covered).quota_use[q]) - use
            added = max(_drawn(case, covered, members) + beside - (saved or 0.0), added)
        elif added <= ROUNDING and not any(upstream(model, d) & set(members) for d in case.demands):
            continue
        whole = bool(covered) and len(covered) == len(case.demands)
        limit, by_year = _granted(future, q)
        limit *= 1.0 - headroom
        total = use + added + (promised if whole else 0.0)
        quota_name, stated = name_of(row.id, called), _stated(model, row.id)
        name = Label(
            zh=f"{quota_name.zh}：现状用水 + 已承诺 + 项目{by_year.zh}",
            en=f"{quota_name.en}: mean use + commitments + project{by_year.en}",
        )
        met = at_most(total, limit) or added <= ROUNDING
        evidence.append(
            Evidence(name, total, "<=", limit, VOLUME, met, use, future.id,
                     "" if stated is None else stated.source, "" if stated is None else stated.grade)
        )  # fmt: skip
        if saved is not None:
            agreed = case.one.saved(future.year)
            told = Label(
                zh=f"{quota_name.zh}：项目在别处节约 {agreed:,.4g} 万m³/a，其中腾出该指标",
                en=f"{quota_name.en}: freed of it by the {agreed:,.4g} that the project saves elsewhere",
            )
            evidence.append(Evidence(told, saved, "", None, VOLUME, None, future=future.id))
    if not evidence:
        reason = Label(zh="模型中没有涉及该项目的用水指标", en="no quota of the model counts its water")
        return Test(CAPS, NOT_APPLICABLE, reason=reason)
    return of_evidence(CAPS, evidence)


def _granted(future: Future, quota: int) -> tuple[float, Label]:
    """Return what a quota grants in the mean [1e4 m3/yr], and say between which volumes it changes by year."""
    volumes = [
        np.broadcast_to(rows.quotas[quota].volume, (network.members, rows.axis.size))
        for rows, network, _ in future.ground.pieces
    ]
    mean = float(np.mean(np.concatenate(volumes)))
    low, high = (float(end) for end in (min(v.min() for v in volumes), max(v.max() for v in volumes)))
    if high - low <= ROUNDING * max(high, 1.0):
        return mean, Label(zh="", en="")
    return mean, Label(
        zh=f"（指标各年 {low:,.4g}–{high:,.4g}，与平均值比较）",
        en=f" (granted: {low:,.4g} to {high:,.4g} by year; compared in the mean)",
    )


def _stated(model: Model, id: str) -> Number | None:
    """Give the volume of a quota as it is stated: by itself, or by the source that brings it with it."""
    if id in model.quotas:
        return model.quotas[id].volume
    owner, _, part = id.rpartition("_")
    found = getattr(model.sources.get(owner), part, None)
    return found if isinstance(found, Number) else None


def _drawn(case: Candidate, demands: list[str], members: Mapping[str, float]) -> float:
    """Return the least that a quota counts so that the need of some demands arrives in the mean [1e4 m3/yr]."""
    future = case.future
    total = 0.0
    for d, row in enumerate(future.rows.demands):
        if row.id in demands:
            drawn = counted(future.rows, row.id, members)
            total += float((case.with_it.need[:, :, d] * drawn).sum())
    return total / future.span


def _promised(ledger: Ledger | None, year: int) -> float:
    """Add up what is approved and is not simulated, because the ledger has no project for it [1e4 m3/yr]."""
    if ledger is None:
        return 0.0
    return sum(
        volume_in(entry.annual, year)
        for entry in ledger.committed
        if entry.status == "approved" and entry.project is None and (entry.from_ or 0) <= year
    )


def freed(case: Candidate, quota: int, members: Mapping[str, float]) -> float | None:
    """Return what the saving of a project elsewhere frees of a quota, by simulation with the saving alone.

    It is by how much less of the quota is used, and by how much less the other users go short whose water the quota
    counts: where it is used up, they take what is saved, and the project takes it from them again. That the user who
    saves goes less short frees nothing: it is asked for less, and gets what it got.

    Parameters
    ----------
    case : Candidate
    quota : int
        Number of the quota.
    members : mapping
        What the quota counts -> weight.

    Returns
    -------
    float, optional
        [1e4 m3/yr]; less than 0 where more is used, as with less to reclaim; None where nothing is saved elsewhere.
        0 where the quota counts no water of the user who saves, whatever others do then.
    """
    offset, future = case.project.offset, case.future
    if offset is None or case.one.saved(future.year) <= 0.0:
        return None
    model = future.case.model
    if not upstream(model, offset.demand) & set(members):
        return 0.0
    before, after = case.without, case.saving_alone
    others = [
        d
        for d, row in enumerate(future.rows.demands)
        if row.id != offset.demand and upstream(model, row.id) & set(members)
    ]
    less_short, weights = 0.0, {id: min(1.0, weight) for id, weight in members.items()}
    for d in others:
        drawn = counted(future.rows, future.rows.demands[d].id, weights)
        less = (before.need - before.supply - after.need + after.supply)[:, :, d]
        less_short += float((less * drawn).sum()) / future.span
    return float(before.quota_use[quota] - after.quota_use[quota]) + less_short
