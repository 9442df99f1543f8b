"""Words of tables in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.report.hydrology_words import HYDROLOGY
from waterbal.results.budget import TERMS as BUDGET_TERMS
from waterbal.results.terms import GUARANTEE, LIMITS, SECTORS, UNCOUNTED, Term

LANGUAGES = ("zh", "en")

WORDS: dict[str, Term] = {
    # tables
    "title_needs": Term("多年平均供需平衡（分区 × 行业）", "Mean annual balance by zone and sector"),
    "title_users": Term("各用户保证程度", "Users: how reliably they are supplied"),
    "title_sources": Term("水源供水（按年）", "Sources by year"),
    "title_budget": Term("全区水量收支（多年平均）", "Budget of the district, mean of a year"),
    "title_stores": Term("调蓄水库", "Reservoirs"),
    "title_aquifers": Term("地下水", "Groundwater"),
    "title_quotas": Term("用水指标", "Quotas"),
    "title_years": Term("丰枯年份", "Wettest and driest year"),
    "title_reserves": Term(
        "预留水量的作用（供水占需水比例）", "What reserves change: share of the need that is supplied"
    ),
    "title_scenarios": Term("各方案供水情况", "Scenarios"),
    "title_axes": Term(
        "各维度的影响（其他取值相同的方案平均）",
        "What each axis does: mean of the scenarios that are alike in all else",
    ),
    "typical_probability": Term("典型年频率", "typical year"),
    "title_factors": Term(
        "不确定参数的影响（与缺水率、年保证率的秩相关）",
        "What uncertain numbers do: rank correlation with shortage and guarantee rates",
    ),
    "by_chance": Term("绝对值小于 {size} 的相关可能出于偶然", "Correlations below {size} may be chance"),
    # columns
    "scenario": Term("方案", "Scenario"),
    "factor": Term("参数", "Number"),
    "axis": Term("维度", "Axis"),
    "axis_value": Term("取值", "Value"),
    "zone": Term("分区", "Zone"),
    "sector": Term("行业", "Sector"),
    "demand": Term("用户", "Demand"),
    "need": Term("需水量", "Need"),
    "supply": Term("供水量", "Supply"),
    "shortage": Term("缺水量", "Shortage"),
    "shortage_share": Term("缺水率", "Short"),
    "reliability": Term("年保证率", "Reliability"),
    "required": Term("要求", "Required"),
    "verdict": Term("达标", "Met"),
    "supplied_share": Term("供水率", "Supplied"),
    "met_in_year": Term("该年满足", "Met in the year"),
    "by_step": Term("时段保证率", "By step"),
    "by_year": Term("年保证率", "By year"),
    "by_volume": Term("水量保证率", "By volume"),
    "depth": Term("破坏深度", "Depth"),
    "events": Term("缺水次数", "Events"),
    "longest": Term("最长历时", "Longest"),
    "largest_deficit": Term("最大缺水", "Max deficit"),
    "source": Term("水源", "Source"),
    "mean": Term("平均", "Mean"),
    "minimum": Term("最小", "Min"),
    "maximum": Term("最大", "Max"),
    "cap": Term("年上限", "Cap"),
    "share": Term("占比", "Share"),
    "binding": Term("主要约束", "Mostly bound by"),
    "cost": Term("费用（万元）", "Cost (1e4 CNY)"),
    "term": Term("收支项", "Term"),
    "volume": Term("水量", "Volume"),
    "store": Term("水库", "Reservoir"),
    "capacity": Term("库容", "Capacity"),
    "lowest": Term("最低蓄量", "Lowest"),
    "mean_storage": Term("平均蓄量", "Mean storage"),
    "evaporation": Term("蒸发", "Evaporation"),
    "seepage": Term("渗漏", "Seepage"),
    "spill": Term("弃水", "Spill"),
    "aquifer": Term("含水层", "Aquifer"),
    "pumping": Term("开采量", "Pumping"),
    "recharge": Term("补给量", "Recharge"),
    "depth_mean": Term("平均埋深（m）", "Mean depth (m)"),
    "depth_max": Term("最大埋深（m）", "Deepest (m)"),
    "quota": Term("指标", "Quota"),
    "largest_use": Term("最大年用量", "Largest use"),
    "entitlement": Term("年指标", "Cap"),
    "used_share": Term("使用率", "Used"),
    "used_up": Term("用尽年数", "Years used up"),
    "year": Term("年份", "Year"),
    "kind": Term("类型", "Kind"),
    "wettest": Term("最丰年", "Wettest"),
    "driest": Term("最枯年", "Driest"),
    "inflow": Term("可供水量", "Water offered"),
    "supplied_without": Term("供水率\n不预留", "Supplied\nwithout"),
    "supplied_kept": Term("供水率\n预留", "Supplied\nkept"),
    "reliability_without": Term("年保证率\n不预留", "Reliability\nwithout"),
    "reliability_kept": Term("年保证率\n预留", "Reliability\nkept"),
    "worst_year_without": Term("最差年\n不预留", "Worst year\nwithout"),
    "worst_year_kept": Term("最差年\n预留", "Worst year\nkept"),
    "worst_step_without": Term("最差时段\n不预留", "Worst step\nwithout"),
    "worst_step_kept": Term("最差时段\n预留", "Worst step\nkept"),
    # rows
    "total": Term("合计", "Total"),
    "residual": Term("平衡残差", "Residual"),
    "inputs": Term("收入合计", "All inputs"),
    "fates": Term("支出合计", "All fates"),
    "storage_change": Term("蓄变量合计", "Change of storage"),
    "reclaimed": Term("再生水", "reclaimed water"),
    # verdicts, marks, notes
    "met": Term("是", "yes"),
    "not_met": Term("否", "no"),
    "record_too_short": Term("系列过短", "record too short"),
    "none_required": Term("–", "–"),
    "not_counted": Term("–", "–"),
    "note_uncounted": UNCOUNTED,
    "none": Term("无", "nothing"),
    "quota_limit": Term("用水指标", "Quota"),
    "level_tier": Term("限采水位", "Level tier"),
    "storage": Term("地下水储量", "Groundwater storage"),
    "unit": Term("单位：万m³", "Volumes in 1e4 m³ (万m³)"),
    "period": Term("{first} 至 {last}，{years} 个完整年", "{first} to {last}, {years} complete years"),
    "scenario_unit": Term(
        "单位：万m³/年，{realizations} 个水文样本平均；行业列为年供水保证率 m/(n+1)，各样本的年份合并计算"
        "（括号内为各样本中最低）",
        "1e4 m³/yr (万m³), mean of {realizations} realizations; sectors: annual guarantee rate m/(n+1), the years of "
        "all realizations together (lowest of a single realization)",
    ),
    "note_reclaimed_cost": Term(
        "再生水的费用按再生水厂处理水量计，不按供出水量计。",
        "The cost of reclaimed water is on what its works treat, not on what they give.",
    ),
    "note_other_year": Term(
        "水源的平均、最小、最大按日历年统计，指标按指标年计，故最大可高于年上限。",
        "Mean, min and max of sources are of calendar years, quotas of their own: a max may be above its cap.",
    ),
    "note_unsettled": Term(
        "{store}：{steps} 个时段内水面蒸发、渗漏在 {passes} 次迭代后仍未收敛，"
        "与按平均库容计算的最大相差 {largest} 万m³；加大 passes",
        "{store}: evaporation and seepage had not settled after {passes} passes in {steps} steps, at most {largest} "
        "(1e4 m3) off those of the mean volume; raise passes",
    ),
    "note_outage": Term(
        "停供：{of}，{first} 至 {last}，剩余能力 {left}",
        "Outage of {of} from {first} to {last}: {left} is left",
    ),
    "note_outage_again": Term(
        "停供：{of}，{first} 至 {last}，剩余能力 {left}，每 {every} 年重复",
        "Outage of {of} from {first} to {last}: {left} is left; again every {every} years",
    ),
    "matched": Term(
        "各维度只比较其他取值都相同的方案，缺少某个取值的组合不计入",
        "Each axis compares scenarios alike in all else; combinations that lack one of its values are left out",
    ),
    "not_matched": Term(
        "{axis}：没有其他取值都相同的方案可比，上面是同值方案的平均，不宜互比",
        "{axis}: no scenarios are alike in all else; the means above are of different scenarios",
    ),
    "many_scenarios": Term("共 {count} 个方案，未逐一列出", "{count} scenarios are not listed one by one"),
    "typical_unit": Term(
        "单位：万m³/年；各典型年分列，行业列为该年供水量占需水量的份额（括号内为需水是否满足）；"
        "典型年没有自身频率，不统计保证率",
        "1e4 m³/yr (万m³), each typical year by itself; sectors: share of the need that is supplied in that year "
        "(whether it is met); typical years have no frequency of their own, guarantee rates are not counted",
    ),
    "failed_members": Term(
        "{count} 个成员未能正常完成，未计入", "{count} members did not end well and are left out"
    ),
    "assumed": Term("输入中有 {count} 个为假定值", "{count} inputs are assumed"),
    "closure": Term("最大相对平衡残差 {value}", "largest relative residual {value}"),
    "reliability_note": Term(
        "年保证率 P = m/(n+1)，取组内最低；n 年无破坏最多支持 {best}",
        "Reliability P = m/(n+1), lowest demand of the group; a record without failure supports {best}",
    ),
}
"""Every word of a table by key."""

assert not WORDS.keys() & HYDROLOGY.keys()
WORDS |= HYDROLOGY
WORDS |= {f"limit_{kind}": term for kind, term in LIMITS.items()}
WORDS |= {f"budget_{term.id}": Term(term.zh, term.en) for term in BUDGET_TERMS}
WORDS |= {f"sector_{kind}": term for kind, term in SECTORS.items()}

BINDING_KEYS: Mapping[str, str] = {
    "none": "none",
    "quota": "quota_limit",
    "level_tier": "level_tier",
    "storage": "storage",
} | {kind: f"limit_{kind}" for kind in LIMITS}
"""Word of each flag of a binding limit."""

assert set(GUARANTEE) <= set(WORDS)


def word(key: str, language: str, **values: Any) -> str:
    """Return a word or a sentence in a language.

    Parameters
    ----------
    key : str
        Key of ``WORDS``.
    language : str
        ``zh`` or ``en``.
    values : Any
        What the sentence names in braces.
    """
    return WORDS[key].said(language, **values)
