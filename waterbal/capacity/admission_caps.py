"""Test 3 of an admission: quotas hold what is used and promised, and the project."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_ledger import Ledger, Rules, volume_in
from waterbal.capacity.admission_model import passes_through, quota_members, upstream
from waterbal.capacity.admission_paths import counted
from waterbal.capacity.admission_static import CAPS, ROUNDING, VOLUME, at_most
from waterbal.capacity.admission_terms import NOT_APPLICABLE, Evidence, Test, of_evidence
from waterbal.model.base import Label
from waterbal.results.names import Labels, name_of


def caps(case: Candidate, ledger: Ledger | None, rules: Rules | None) -> Test:
    """Test 3: quotas hold mean use, what is promised, and the project.

    Where a quota counts all water that can come to the project, its need counts with what is lost on the best way to
    it, because a simulation never exceeds a quota, less what its saving elsewhere frees of the quota in the
    simulation; where it counts part of it, what the project changes in the simulation.
    """
    future, model = case.future, case.future.case.model
    headroom = 0.0 if rules is None or rules.quota_headroom is None else rules.quota_headroom.scalar()
    promised = _promised(ledger, future.year)
    at = {row.id: q for q, row in enumerate(future.rows.quotas)}
    called = Labels.from_config(future.case.loaded.config).elements
    evidence = []
    for id, quota in model.quotas.items():
        members = quota_members(model, id)
        touched = [d for d in case.demands if upstream(model, d) & set(members)]
        if not touched or id not in at:
            continue
        q = at[id]
        use = float(case.without.quota_use[q])
        added = float(case.with_it.quota_use[q]) - use
        covered = [d for d in case.demands if passes_through(model, d, members)]
        saved = None
        if covered:
            need = _drawn(case, covered, members)
            saved = freed(case, q, members)
            added = max(need - (saved or 0.0), added)
        whole = bool(covered) and len(covered) == len(case.demands)
        volume, weights = zip(
            *(
                (float(np.mean(rows.quotas[q].volume)), network.members)
                for rows, network, _ in future.ground.pieces
            ),
            strict=True,
        )
        limit = float(np.average(volume, weights=weights)) * (1.0 - headroom)
        total = use + added + (promised if whole else 0.0)
        quota_name = name_of(id, called)
        name = Label(
            zh=quota_name.zh + "：现状用水 + 已承诺 + 项目",
            en=quota_name.en + ": mean use + commitments + project",
        )
        met = at_most(total, limit) or added <= ROUNDING
        evidence.append(
            Evidence(name, total, "<=", limit, VOLUME, met, use, future.id,
                     quota.volume.source, quota.volume.grade)
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
