"""The tests of an admission, in their order; each with what was compared (水资源论证)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_caps import caps
from waterbal.capacity.admission_ledger import Ledger, Rules
from waterbal.capacity.admission_left import Left, years_left
from waterbal.capacity.admission_mined import mined
from waterbal.capacity.admission_peak import peak
from waterbal.capacity.admission_periods import in_periods, ratio
from waterbal.capacity.admission_runs import LOAD, Future
from waterbal.capacity.admission_static import (
    CAPS,
    HYDROLOGY,
    LEDGER,
    PEAK,
    QUALITY,
    ROUNDING,
    VOLUME,
    at_most,
)
from waterbal.capacity.admission_terms import (
    CONDITIONAL,
    FAIL,
    PASS,
    Evidence,
    Test,
    of_evidence,
    oversaved,
)
from waterbal.capacity.admission_unrated import UNCHANGED, unrated
from waterbal.model.base import Label
from waterbal.network.requirements import RATED


def hydrology(case: Candidate, dry_years: int) -> Test:
    """Test 4: no existing user falls below its guarantee, or further below it; the project has its own."""
    future = case.future
    before, after = case.without, case.with_it
    evidence = []
    judged = worse = already = 0
    for i, item in enumerate(future.items):
        if item.row.kind == LOAD or (item.row.kind == "annual" and item.row.rate <= 0.0):
            continue
        own = item.own == case.project.id
        if own and item.row.members[0][0] not in case.demands:
            continue
        judged += not own
        below = int(after.missed[i]) > int(future.allowed[i])
        changed = bool(after.missed[i] != before.missed[i])
        harmed = below and (own or _adds(case, i))
        less = False
        if not own and below and item.row.kind == "annual" and after.asked[i] == before.missed[i]:
            supplied = _supplied(case, item.row.members)  # its rate cannot fall any further
            less = supplied[1] < supplied[0] - UNCHANGED
            harmed = harmed or less
        already += not own and int(before.missed[i]) > int(future.allowed[i])
        worse += not own and harmed
        if not (own or changed or harmed):
            continue
        if less:
            name = Label(
                zh=f"{item.name.zh}：年保证率不达标，供水率",
                en=f"{item.name.en}: short of its guarantee, supply / need",
            )
            evidence.append(
                Evidence(name, supplied[1], ">=", supplied[0], "-", False, supplied[0], future.id)
            )
            continue
        rated = item.row.kind in RATED
        value, was = (after.rate[i], before.rate[i]) if rated else (after.worst[i], before.worst[i])
        kind = {"annual": ("年保证率", "guarantee rate"), "step": ("时段保证率", "guarantee rate by step"),
                "aquifer_depth": ("地下水埋深", "depth of the water table")}.get(
                    item.row.kind, ("破坏深度", "depth of failure"))  # fmt: skip
        name = Label(zh=f"{item.name.zh}：{kind[0]}", en=f"{item.name.en}: {kind[1]}")
        limit = item.row.rate if rated else item.row.limit
        unit = "m" if item.row.kind == "aquifer_depth" else "-"
        evidence.append(
            Evidence(name, float(value), ">=" if rated else "<=", limit, unit, not harmed,
                     None if own else float(was), future.id)
        )  # fmt: skip
    without = unrated(case)
    taken_once, not_lasting = mined(case)
    evidence += [*without.evidence, *taken_once, *in_periods(case, dry_years)]
    told = Label(zh=f"受损的既有用户要求（共判 {judged} 项，原已不达标 {already} 项）",
                 en=f"harmed requirements of existing users, of {judged} ({already} not met before)")  # fmt: skip
    evidence.insert(0, Evidence(told, float(worse), "<=", 0.0, "", worse == 0, future=future.id))
    found = of_evidence(HYDROLOGY, evidence)
    doubts = [*([_short_already(future, already)] if already else []), *without.doubts, *not_lasting]
    if doubts and found.status == PASS:
        reason = Label(zh="；".join(one.zh for one in doubts), en="; ".join(one.en for one in doubts))
        return replace(found, status=CONDITIONAL, reason=reason)
    return found


def _short_already(future: Future, count: int) -> Label:
    """Say that users go short without the project: that it harms nobody is then no sign that there is water."""
    return Label(
        zh=f"{future.name.zh}：没有该项目时已有 {count} 项要求不达标，项目未使其更常不达标（供水可能减少，见下表），"
        "不说明尚有余水",
        en=f"{future.name.en}: {count} requirements are missed without the project; it makes none of them be missed "
        "more often (less may be supplied, see below), which does not show that water is left",
    )


def _adds(case: Candidate, i: int) -> bool:
    """Tell whether a requirement is missed more often or, where it says how far, by more than without the project."""
    before, after = case.without, case.with_it
    if case.future.items[i].row.kind in RATED:
        return bool(after.missed[i] > before.missed[i])
    further = after.worst[i] - before.worst[i]
    return bool(after.missed[i] > before.missed[i] or further > UNCHANGED * max(abs(before.worst[i]), 1e-9))


def _supplied(case: Candidate, members: Sequence[tuple[str, float]]) -> tuple[float, float]:
    """Return the share that some users get of what they need, without the project and with it [-]."""
    names = {name for name, _ in members}
    here = [d for d, row in enumerate(case.future.rows.demands) if row.id in names]
    without, with_it = (
        ratio(run.supply[:, :, here].sum(), run.need[:, :, here].sum()) or 0.0
        for run in (case.without, case.with_it)
    )
    return without, with_it


def load(case: Candidate) -> Test | None:
    """Test 5, as far as the model judges receiving waters; None where it has none."""
    future = case.future
    back = case.project.returns
    loads = [i for i, item in enumerate(future.items) if item.row.kind == LOAD]
    if not loads or back is None or back.share.scalar() <= 0.0:
        return None
    reached = [i for i in loads if back.to in dict(future.items[i].row.members)]
    if not reached:
        return None
    evidence = []
    for i in reached:
        item = future.items[i]
        before, after = case.without, case.with_it
        harmed = int(after.missed[i]) > int(future.allowed[i]) and _adds(case, i)
        name = Label(
            zh=f"{item.name.zh}：最大日净负荷（相对水质标准）",
            en=f"{item.name.en}: largest daily load above its standard",
        )
        # 1e4 m3 kg/m3 = 10 t
        evidence.append(
            Evidence(name, float(after.worst[i]) * 10.0, "<=", item.row.limit * 10.0, "t/d", not harmed,
                     float(before.worst[i]) * 10.0, future.id)
        )  # fmt: skip
    return of_evidence(QUALITY, evidence)


def ledger_test(case: Candidate, ledger: Ledger | None, rules: Rules | None) -> Test:
    """Test 7: what remains of the ledger holds the project, in the year of the future and in all from its start on."""
    agreed = _saved_elsewhere(case, rules)
    if any(one.met is False for one in agreed):
        return of_evidence(LEDGER, agreed)
    if ledger is None:
        reason = Label(
            zh="未给出承诺台账：已批未建项目未计入，无法判断",
            en="no ledger was given: what is approved and not yet built is not counted",
        )
        return Test(LEDGER, CONDITIONAL, reason=reason)
    own, *others = (_of_ledger(case, ledger, one) for one in years_left(case, ledger))
    return of_evidence(LEDGER, [own, *[one for one in others if one.met is False][:1], *agreed])


def _saved_elsewhere(case: Candidate, rules: Rules | None) -> list[Evidence]:
    """Compare what is saved elsewhere with what is needed there, and with what the rules let a project save there."""
    own = case.project.offset
    for id, promised, need in oversaved((*case.before, case.one), case.future):
        if own is None or id != own.demand:
            continue
        user = case.future.demand_name(id)
        told = Label(
            zh=f"{user.zh}：所有项目在该处承诺的节水与其需水",
            en=f"{user.en}: what all projects promise to save there, and what it needs",
        )
        return [Evidence(told, promised, "<=", need, VOLUME, False, future=case.future.id)]
    saved = case.one.saved(case.future.year)
    if rules is None or rules.offset_at_most is None or saved <= 0.0:
        return []
    limit, share = case.project.intake * rules.offset_at_most.scalar(), rules.offset_at_most
    name = Label(zh="在既有用户处节约置换", en="saved elsewhere instead of its own need")
    met = at_most(saved, limit)
    return [Evidence(name, saved, "<=", limit, VOLUME, met, source=share.source, grade=share.grade)]


def _of_ledger(case: Candidate, ledger: Ledger, one: Left) -> Evidence:
    """Compare what a project takes in a year with what the ledger has left."""
    name = Label(
        zh=f"{one.year} 年台账余量与项目净取水", en=f"net intake of the project, what remains in {one.year}"
    )
    return Evidence(
        name, one.taken, "<=", one.left, VOLUME, at_most(one.taken, one.left) or one.taken <= ROUNDING,
        future=case.future.id, source=ledger.capacity.source, grade=ledger.capacity.grade,
    )  # fmt: skip


def in_future(
    case: Candidate, ledger: Ledger | None, rules: Rules | None, *, until: str = ""
) -> dict[str, Test]:
    """Judge a project in one future by tests 3, 4, 5, 6 and 7.

    Parameters
    ----------
    case : Candidate
    ledger : Ledger, optional
    rules : Rules, optional
    until : str
        ``fail`` to end with the first test that fails, the cheapest first.
    """
    dry_years = rules.dry_years if rules is not None else 3
    if not case.possible:
        reason = Label(
            zh=f"{case.future.name.zh}：有该项目时，某处最小流量无法满足",
            en=f"{case.future.name.en}: with it a minimum flow cannot be met",
        )
        return {LEDGER: ledger_test(case, ledger, rules), HYDROLOGY: Test(HYDROLOGY, FAIL, reason=reason)}
    found: dict[str, Test] = {}
    steps: tuple[tuple[str, Callable[[], Test | None]], ...] = (
        (LEDGER, lambda: ledger_test(case, ledger, rules)),
        (PEAK, lambda: peak(case)),
        (CAPS, lambda: caps(case, ledger, rules)),
        (HYDROLOGY, lambda: hydrology(case, dry_years)),
        (QUALITY, lambda: load(case)),
    )
    for id, judge in steps:
        test = judge()
        if test is not None:
            found[id] = test
            if until and test.status == until:
                break
    return found


def quality(static: Test, simulated: Sequence[Test]) -> Test:
    """Put both parts of test 5 together: where the model judges the receiving water, no other limit is needed."""
    if not simulated:
        return static
    statuses = [test.status for test in simulated]
    if static.status == FAIL or (static.status == CONDITIONAL and static.evidence):
        statuses.append(static.status)
    status = FAIL if FAIL in statuses else CONDITIONAL if CONDITIONAL in statuses else PASS
    evidence = (*static.evidence, *(e for test in simulated for e in test.evidence))
    return Test(QUALITY, status, evidence, static.reason if status == CONDITIONAL else None)
