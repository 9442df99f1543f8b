"""The tests of an admission that need no simulation: industry, norm, and the quality of what is given back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterbal.capacity.admission_ledger import EffluentLimit, Rules
from waterbal.capacity.admission_terms import (
    CONDITIONAL,
    FAIL,
    NOT_APPLICABLE,
    Evidence,
    Test,
    of_evidence,
)
from waterbal.capacity.project import TIERS, Project, Tiers
from waterbal.errors import nearest
from waterbal.model.base import Label

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
    return bool(value <= limit + ROUNDING * max(1.0, abs(limit)))


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
    found = of_evidence(INDUSTRY, [evidence])
    if code not in {*rules.negative_list, *rules.norms}:
        return replace(found, status=CONDITIONAL, reason=_unknown(code, rules))
    return found


def _unknown(code: str, rules: Rules) -> Label:
    """Say that the rules do not know a code, which may be a mistyped one of the negative list."""
    close = nearest(code, [*(rules.negative_list or ()), *rules.norms])
    zh = f"规则中没有行业代码 {code}，请核对" + (f"；最接近的是 {close}" if close else "")
    en = f"no rule knows the industry {code}: to be checked" + (f"; the nearest is {close}" if close else "")
    return Label(zh=zh, en=en)


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


def limits_on(to: str, rules: Rules | None) -> list[EffluentLimit]:
    """List the limits of the rules on what is given back to some works or outside."""
    return [] if rules is None else [e for e in rules.effluent if not e.to or to in e.to]


def effluent(project: Project, rules: Rules | None) -> Test:
    """Test 5, as far as it is about the return alone: its quality against the limits of the rules."""
    back = project.returns
    if back is None or back.share.scalar() <= 0.0:
        return Test(QUALITY, NOT_APPLICABLE, reason=Label(zh="不退水", en="nothing is given back"))
    limits = limits_on(back.to, rules)
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
