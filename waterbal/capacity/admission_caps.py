"""Test 3 of an admission: quotas hold what is used and promised, and the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_ledger import Ledger, Rules, volume_in
from waterbal.capacity.admission_left import changing
from waterbal.capacity.admission_mined import brimful, drawn_down
from waterbal.capacity.admission_model import upstream
from waterbal.capacity.admission_runs import Future
from waterbal.capacity.admission_short import shortage_added
from waterbal.capacity.admission_static import CAPS, ROUNDING, VOLUME, at_most
from waterbal.capacity.admission_terms import (
    NOT_APPLICABLE,
    Admitted,
    Evidence,
    Test,
    committed,
    of_evidence,
    terms_of,
)
from waterbal.capacity.ways import counted, passes_through
from waterbal.model.base import Label
from waterbal.model.root import Model
from waterbal.model.rows import Floats, QuotaRow
from waterbal.model.values import Number
from waterbal.network.requirements import quota_years
from waterbal.results.metrics import Bools
from waterbal.results.names import Labels, name_of


def caps(case: Candidate, ledger: Ledger | None, rules: Rules | None) -> Test:
    """Test 3: quotas hold mean use with the project, what is promised, and what users would need of them besides.

    A simulation never exceeds a quota. What it takes with the project is therefore charged together with what the
    project, and users who go short because of it, would have to be given: all of it where all water that can come to
    them is counted, else what lacks in years in which less of the quota is left, if these are half of them or more.
    Allotments of transfers are quotas too.
    """
    future, model = case.future, case.future.case.model
    headroom = 0.0 if rules is None or rules.quota_headroom is None else rules.quota_headroom.scalar()
    called = Labels.from_config(future.case.loaded.config).elements
    short = shortage_added(case)
    evidence = []
    for q, row in enumerate(future.rows.quotas):
        members = {id: weight for id, weight in row.members if weight > 0.0}
        use = _mean(case.without.quota_used[:, :, q], future, q)
        total = _mean(case.with_it.quota_used[:, :, q], future, q) + _besides(case, q, members, short)
        touched = [d for d in case.demands if upstream(model, d) & set(members)]
        if not touched and total - use <= ROUNDING * max(1.0, use):
            continue
        covered = [d for d in touched if passes_through(future.rows, d, members)]
        saved = freed(case, q, members) if covered else None
        added = total - use
        total += _promised(ledger, future, row) if touched else 0.0
        limit, by_year = _granted(future, q)
        limit *= 1.0 - headroom
        quota_name, stated = name_of(row.id, called), _stated(model, row.id)
        name = Label(
            zh=f"{quota_name.zh}：现状用水 + 已承诺 + 项目{by_year.zh}",
            en=f"{quota_name.en}: mean use + commitments + project{by_year.en}",
        )
        held = at_most(total, limit)
        met = held or added <= ROUNDING
        if met and not held:
            name = Label(zh=f"{name.zh}（项目未增加）", en=f"{name.en} (the project adds nothing to it)")
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
    counts, _ = _complete(future, quota)
    volumes = [
        np.broadcast_to(rows.quotas[quota].volume, (network.members, rows.axis.size))[:, counts]
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


def _besides(case: Candidate, quota: int, members: Mapping[str, float], short: Floats) -> float:
    """Return what a quota would count in the mean if nobody went short, and no store was drawn down [1e4 m3/yr]."""
    future = case.future
    model, rows = future.case.model, future.rows
    reached = [
        (row.id, short[:, :, d] * counted(rows, row.id, members))
        for d, row in enumerate(rows.demands)
        if short[:, :, d].any() and upstream(model, row.id) & set(members)
    ]
    whole = [lacking for id, lacking in reached if passes_through(rows, id, members)]
    others = [lacking for id, lacking in reached if not passes_through(rows, id, members)]
    for lacking in _beyond_what_is_left(case, quota, others):
        if np.median(future.by_year(lacking)) > 0.0:  # what lacks in dry years only, lacks for other reasons
            whole.append(lacking)
    # what one gains is nothing that another has
    total = sum(max(0.0, _mean(one, future, quota)) for one in whole)
    for s, store in enumerate(rows.stores):  # what is drawn from them once only is no source
        if upstream(model, store.id) & set(members):
            drawn = drawn_down(case, s)
            covered = passes_through(rows, store.id, members)
            # what is filled again within the year, by another water or to the brim, is not drawn once only
            once = np.where(brimful(case, s), 0.0, drawn[:, -1]) if covered else drawn.min(axis=1)
            total += max(0.0, float(once.sum()) / future.span * float(counted(rows, store.id, members).min()))
    return total


def _beyond_what_is_left(case: Candidate, quota: int, lacking: Sequence[Floats]) -> list[Floats]:
    """Leave of what users lack who have another way what they together lack more than the quota has left in a year.

    Years in which one of them lacks less than without the project stay, against those in which it lacks more.
    """
    axis, reset = case.future.rows.axis, case.future.rows.quotas[quota].reset_month
    known, year = np.unique(axis.year - (axis.month < reset), return_inverse=True)
    ends = [int(np.flatnonzero(year == y)[-1]) for y in range(known.size)]
    left = case.with_it.quota_left[:, ends, quota]
    sums = [np.stack([one[:, year == y].sum(axis=1) for y in range(known.size)], axis=1) for one in lacking]
    asked = sum((np.maximum(one, 0.0) for one in sums), np.zeros(left.shape))
    beyond = asked > left * (1.0 + ROUNDING)
    return [
        np.where((beyond | (own < 0.0))[:, year], one, 0.0) for one, own in zip(lacking, sums, strict=True)
    ]


def _mean(values: Floats, future: Future, quota: int) -> float:
    """Return a volume in the mean of the complete years of a quota [1e4 m3/yr]."""
    counts, length = _complete(future, quota)
    return float(values[:, counts].sum()) / (values.shape[0] * length)


def _complete(future: Future, quota: int) -> tuple[Bools, float]:
    """Tell which steps are of complete years of a quota, and their number; all of the record if there is none.

    A quota year that ends with the record may use all of its volume in part of a year.
    """
    axis = future.rows.axis
    position = quota_years(axis, future.rows.quotas[quota].reset_month)
    years = int(position.max()) + 1
    return (position >= 0, float(years)) if years else (np.ones(axis.size, dtype=np.bool_), axis.years)


def _promised(ledger: Ledger | None, future: Future, quota: QuotaRow) -> float:
    """Add up what is approved and is not simulated [1e4 m3/yr].

    The ledger has no project for it, or one that begins or grows only before the next future, or after the last. It is
    the most of any year up to the next future.
    """
    if ledger is None:
        return 0.0
    approved = [entry for entry in ledger.committed if entry.status == "approved"]
    volumes = [
        one for one in approved if one.project is None and (one.quotas is None or quota.id in one.quotas)
    ]
    members = {id for id, weight in quota.members if weight > 0.0}
    model, placed = future.case.model, {one.project.id: one for one in future.projects}
    projects = [
        Admitted(placed[one.project.id], terms_of(one.terms))
        for one in approved
        if one.project is not None and upstream(model, one.project.id) & members
    ]
    until = np.inf if future.until is None else future.until
    grows = {year + one.terms.delay for one in projects for year in one.placed.project.growing}
    years = [y for y in {future.year, *changing(volumes), *grows} if future.year <= y < until]

    def net(one: Admitted, year: int) -> float:
        return committed(one, year, model, counts_reclaimed=False)

    def more(year: int) -> float:
        later = sum(net(one, year) - net(one, future.year) for one in projects)
        return sum(volume_in(one.annual, year) for one in volumes if (one.from_ or 0) <= year) + later

    return max(more(year) for year in years)


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
    less_short = 0.0
    for d in others:
        drawn = counted(future.rows, future.rows.demands[d].id, members)
        less = (before.need - before.supply - after.need + after.supply)[:, :, d]
        less_short += _mean(less * drawn, future, quota)
    return _mean((before.quota_used - after.quota_used)[:, :, quota], future, quota) + less_short
