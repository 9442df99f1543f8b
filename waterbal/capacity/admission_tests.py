"""The tests of an admission, in their order; each with what was compared (水资源论证)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.capacity.admission_ledger import Ledger, Rules, volume_in
from waterbal.capacity.admission_model import passes_through, quota_members, upstream
from waterbal.capacity.admission_peak import peak
from waterbal.capacity.admission_runs import LOAD, Future, Run, periods
from waterbal.capacity.admission_terms import (
    CONDITIONAL,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    Admitted,
    Evidence,
    Test,
    committed,
    of_evidence,
    scales,
)
from waterbal.capacity.project import TIERS, Project, Tiers
from waterbal.model.base import Label
from waterbal.network.requirements import RATED

INDUSTRY, NORM, CAPS, HYDROLOGY, QUALITY, PEAK, LEDGER, HORIZON = (
    "industry", "norm", "caps", "hydrology", "quality", "peak", "ledger", "horizon",
)  # fmt: skip
ORDER = (INDUSTRY, NORM, CAPS, HYDROLOGY, QUALITY, PEAK, LEDGER, HORIZON)
"""Tests in their order."""
NAMES = {
    INDUSTRY: Label(zh="产业准入", en="industry allowed"),
    NORM: Label(zh="用水定额", en="norm of water use"),
    CAPS: Label(zh="总量指标", en="administrative caps"),
    HYDROLOGY: Label(zh="水源与既有用户", en="hydrology and existing users"),
    QUALITY: Label(zh="退水与受纳水体", en="return flow and receiving water"),
    PEAK: Label(zh="工程高峰能力", en="peak capacity of works and mains"),
    LEDGER: Label(zh="准入台账", en="ledger of commitments"),
    HORIZON: Label(zh="各水平年", en="all planning years to build-out"),
}
VOLUME, INTENSITY, CONCENTRATION = "1e4 m3/yr", "m3/1e4 yuan", "g/m3"
ROUNDING = 1e-9
"""[-] share of a limit by which a number may be above it."""


def at_most(value: float, limit: float) -> bool:
    """Tell whether a number is at most another, but for rounding."""
    return value <= limit + ROUNDING * max(1.0, abs(limit))


@dataclass(frozen=True)
class Candidate:
    """A project on terms, among those before it, in one future."""

    one: Admitted
    before: tuple[Admitted, ...]
    """Those that are committed or were admitted before."""
    future: Future

    @property
    def project(self) -> Project:
        """The project."""
        return self.one.placed.project

    @property
    def without(self) -> Run:
        """The future without it."""
        return self.future.run(scales(self.before, self.future))

    @property
    def with_it(self) -> Run:
        """The future with it."""
        return self.future.run(scales((*self.before, self.one), self.future))

    @property
    def demands(self) -> list[str]:
        """Those of its demands that need water."""
        return [id for id, part in self.one.parts(self.future.year).items() if part > 0.0]


def industry(project: Project, rules: Rules | None) -> Test:
    """Test 1: the industry is not on the negative list."""
    if project.type != "industry" and not project.industry:
        return Test(
            INDUSTRY, NOT_APPLICABLE, reason=Label(zh="不是产业项目", en="the project is no industry")
        )
    if rules is None or rules.negative_list is None:
        reason = Label(zh="未给出负面清单，无法判断", en="no negative list was given: cannot be judged")
        return Test(INDUSTRY, CONDITIONAL, reason=reason)
    if not project.industry:
        reason = Label(
            zh="项目未写明行业代码，无法判断", en="the project names no industry: cannot be judged"
        )
        return Test(INDUSTRY, CONDITIONAL, reason=reason)
    entry = rules.negative_list.get(project.industry)
    origin = rules.provenance if entry is None else entry.provenance
    code = project.industry
    name = Label(zh=f"负面清单中的 {code}", en=f"entries of {code} on the negative list")
    if entry is not None:
        name = Label(zh=f"负面清单：{entry.name.zh}（{code}）", en=f"negative list: {entry.name.en} ({code})")
    count = 0.0 if entry is None else 1.0
    evidence = Evidence(name, count, "<=", 0.0, "", entry is None, source=origin.source, grade=origin.grade)
    return of_evidence(INDUSTRY, [evidence])


def norm(project: Project, rules: Rules | None) -> Test:
    """Test 2: fresh intake per value added is at most the advanced value of its industry."""
    if project.value_added is None:
        return Test(
            NORM,
            NOT_APPLICABLE,
            reason=Label(zh="无增加值，定额见需水测算", en="no value added to judge it by"),
        )
    tiers = project.norm or (rules.norms.get(project.industry) if rules is not None else None)
    value = project.value_added.scalar()
    use = project.intake / value if value > 0.0 else (np.inf if project.intake > 0.0 else 0.0)
    name = Label(zh="万元增加值用水量", en="intake per value added")
    if tiers is None:
        reason = Label(
            zh=f"未给出行业 {project.industry or '?'} 的定额，无法判断",
            en=f"no norm of industry {project.industry or '?'} was given: cannot be judged",
        )
        return Test(NORM, CONDITIONAL, (Evidence(name, use, "", None, INTENSITY, None),), reason)
    reached = next((tier for tier in TIERS if at_most(use, getattr(tiers, tier).scalar())), None)
    evidence = [
        Evidence(name, use, "<=", tiers.advanced.scalar(), INTENSITY, reached in ("leading", "advanced"),
                 source=tiers.advanced.source, grade=tiers.advanced.grade),
        *_other_tiers(use, tiers),
    ]  # fmt: skip
    return of_evidence(NORM, evidence)


def _other_tiers(use: float, tiers: Tiers) -> list[Evidence]:
    words = {
        "leading": Label(zh="领跑值（供参考）", en="leading value, for information"),
        "general": Label(zh="通用值（供参考）", en="general value, for information"),
    }
    return [
        Evidence(name, use, "", number.scalar(), INTENSITY, None, source=number.source, grade=number.grade)
        for name, number in ((words[tier], getattr(tiers, tier)) for tier in ("leading", "general"))
    ]


def caps(case: Candidate, ledger: Ledger | None, rules: Rules | None) -> Test:
    """Test 3: quotas hold mean use, what is promised, and the project.

    Where a quota counts all water that can come to the project, its need counts, because a simulation never exceeds a
    quota; where it counts part of it, what the project changes in the simulation.
    """
    future, model = case.future, case.future.case.model
    headroom = 0.0 if rules is None or rules.quota_headroom is None else rules.quota_headroom.scalar()
    promised = 0.0
    if ledger is not None:
        promised = sum(
            volume_in(entry.annual, future.year)
            for entry in ledger.committed
            if entry.status == "approved" and entry.project is None and (entry.from_ or 0) <= future.year
        )
    at = {row.id: q for q, row in enumerate(future.rows.quotas)}
    evidence = []
    for id, quota in model.quotas.items():
        members = quota_members(model, id)
        touched = [d for d in case.demands if upstream(model, d) & set(members)]
        if not touched or id not in at:
            continue
        q = at[id]
        use = float(case.without.quota_use[q])
        added = float(case.with_it.quota_use[q]) - use
        parts = case.one.parts(future.year)
        covered = [d for d in case.demands if passes_through(model, d, members)]
        if covered:
            need = sum(parts[d] for d in covered) * case.project.intake
            offset = case.project.offset
            if offset is not None and passes_through(model, offset.demand, members):
                need -= case.one.saved(future.year)
            added = max(need, added)
        whole = bool(covered) and len(covered) == len(case.demands)
        volume = np.mean([float(np.mean(rows.quotas[q].volume)) for rows, _, _ in future.ground.pieces])
        limit = float(volume) * (1.0 - headroom)
        total = use + added + (promised if whole else 0.0)
        name = Label(
            zh=(quota.name.zh if quota.name else id) + "：现状用水 + 已承诺 + 项目",
            en=(quota.name.en if quota.name else id) + ": mean use + commitments + project",
        )
        met = at_most(total, limit) or added <= ROUNDING
        evidence.append(
            Evidence(name, total, "<=", limit, VOLUME, met, use, future.id,
                     quota.volume.source, quota.volume.grade)
        )  # fmt: skip
    if not evidence:
        reason = Label(zh="模型中没有涉及该项目的用水指标", en="no quota of the model counts its water")
        return Test(CAPS, NOT_APPLICABLE, reason=reason)
    return of_evidence(CAPS, evidence)


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
        changed = after.missed[i] != before.missed[i]
        harmed = below and (own or after.missed[i] > before.missed[i])
        already += not own and int(before.missed[i]) > int(future.allowed[i])
        worse += not own and harmed
        if not (own or changed or harmed):
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
    evidence += _in_periods(case, dry_years)
    told = Label(zh=f"受损的既有用户要求（共判 {judged} 项，原已不达标 {already} 项）",
                 en=f"harmed requirements of existing users, of {judged} ({already} not met before)")  # fmt: skip
    evidence.insert(0, Evidence(told, float(worse), "<=", 0.0, "", worse == 0, future=future.id))
    return of_evidence(HYDROLOGY, evidence)


def _in_periods(case: Candidate, dry_years: int) -> list[Evidence]:
    """Tell supply over need in the chosen years; who must be served in years as dry as these must not newly fail."""
    future = case.future
    before, after = case.without, case.with_it
    sums = [future.by_year(values) for values in (before.need, before.supply, after.need, after.supply)]
    own = [d for d, row in enumerate(future.rows.demands) if row.id in case.demands]
    evidence = []
    for period in periods(future, before, dry_years):
        rows = [values[period.realization, list(period.places)].sum(axis=0) for values in sums]
        need, supply, need_with, supply_with = rows
        newly = 0
        for d in future.existing:
            row = future.rows.demands[d]
            short = need[d] - supply[d] > (row.tolerance + 1e-6) * need[d]
            short_with = need_with[d] - supply_with[d] > (row.tolerance + 1e-6) * need_with[d]
            newly += row.guarantee >= period.frequency and short_with and not short
        shown = str(period.years[0]) if len(period.years) == 1 else f"{period.years[0]}-{period.years[-1]}"
        zh, en = (f"{name}（{shown}, #{period.realization}）" for name in (period.name.zh, period.name.en))
        users, dry = future.existing, f"P ≥ {period.frequency:.3f}"
        existing = Label(zh=f"{zh}既有用户供水率", en=f"{en} supply / need of existing users")
        project = Label(zh=f"{zh}项目供水率", en=f"{en} supply / need of the project")
        harmed = Label(
            zh=f"{zh}应保而新增缺水的用户（{dry}）", en=f"{en} newly short although guaranteed ({dry})"
        )
        was = _ratio(supply[users].sum(), need[users].sum())
        is_now = _ratio(supply_with[users].sum(), need_with[users].sum())
        own_share = _ratio(supply_with[own].sum(), need_with[own].sum())
        evidence += [
            Evidence(existing, is_now, "", None, "-", None, was, future.id),
            Evidence(project, own_share, "", None, "-", None, None, future.id),
            Evidence(harmed, float(newly), "<=", 0.0, "", newly == 0, future=future.id),
        ]
    return evidence


def _ratio(supply: float, need: float) -> float | None:
    return float(supply / need) if need > 0.0 else None


def effluent(project: Project, rules: Rules | None) -> Test:
    """Test 5, as far as it is about the return alone: its quality against the limits of the rules."""
    back = project.returns
    if back is None or back.share.scalar() <= 0.0:
        return Test(QUALITY, NOT_APPLICABLE, reason=Label(zh="不退水", en="nothing is given back"))
    limits = [] if rules is None else [e for e in rules.effluent if not e.to or back.to in e.to]
    known = dict(back.quality or {})
    evidence = []
    missing = [limit.pollutant for limit in limits if limit.pollutant not in known]
    for limit in limits:
        if limit.pollutant not in known:
            continue
        value, bound = known[limit.pollutant].scalar() * 1e3, limit.at_most.scalar() * 1e3
        name = Label(zh=f"退水 {limit.pollutant} 浓度", en=f"{limit.pollutant} of what is given back")
        evidence.append(
            Evidence(name, value, "<=", bound, CONCENTRATION, at_most(value, bound),
                     source=limit.at_most.source, grade=limit.at_most.grade)
        )  # fmt: skip
    if missing:
        names = ", ".join(missing)
        reason = Label(zh=f"退水水质未给出 {names}，无法判断", en=f"{names} not stated: cannot be judged")
        failed = any(e.met is False for e in evidence)
        return Test(QUALITY, FAIL if failed else CONDITIONAL, tuple(evidence), reason)
    if not limits:
        reason = Label(
            zh="规则未给出退水限值，无法判断", en="no rule limits what is given back: cannot be judged"
        )
        return Test(QUALITY, CONDITIONAL, tuple(evidence), reason)
    return of_evidence(QUALITY, evidence)


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
        harmed = after.missed[i] > future.allowed[i] and after.missed[i] > before.missed[i]
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


def ledger_test(case: Candidate, ledger: Ledger | None) -> Test:
    """Test 7: what remains of the ledger holds the project."""
    if ledger is None:
        reason = Label(
            zh="未给出承诺台账：已批未建项目未计入，无法判断",
            en="no ledger was given: what is approved and not yet built is not counted",
        )
        return Test(LEDGER, CONDITIONAL, reason=reason)
    year, kind = case.future.year, ledger.counts_reclaimed
    need = committed(case.one, case.future, counts_reclaimed=kind)
    known = {entry.id for entry in ledger.committed if entry.status == "approved"}
    others = sum(
        committed(one, case.future, counts_reclaimed=kind)
        for one in case.before
        if one.placed.project.id not in known
    )
    left = ledger.remaining(year) - others
    name = Label(zh=f"{year} 年台账余量与项目净取水", en=f"net intake of the project, what remains in {year}")
    met = at_most(need, left) or need <= ROUNDING
    return of_evidence(
        LEDGER,
        [Evidence(name, need, "<=", left, VOLUME, met, future=case.future.id,
                  source=ledger.capacity.source, grade=ledger.capacity.grade)],
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
    found: dict[str, Test] = {}
    steps: tuple[tuple[str, Callable[[], Test | None]], ...] = (
        (LEDGER, lambda: ledger_test(case, ledger)),
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
