"""Words of comparisons in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report.capacity_words import CAPACITY
from waterbal.report.labels import BINDING_KEYS
from waterbal.report.labels import WORDS as LABELS
from waterbal.results.terms import Term

if TYPE_CHECKING:
    from waterbal.report.compare import Comparison

KINDS = {
    "run": Term("单次计算", "run"),
    "sweep": Term("批量计算", "sweep"),
    "capacity": Term("承载能力", "capacity"),
}

GROUPS = {
    "all": Term("全区", "All"),
    "sector": Term("行业", "Sector"),
    "zone": Term("分区", "Zone"),
    "demand": Term("用户", "Demand"),
    "source": Term("水源", "Source"),
    "aquifer": Term("地下水", "Groundwater"),
    "quota": Term("用水指标", "Quota"),
    "store": Term("水库", "Reservoir"),
    "direction": Term("增长方向", "Direction"),
    "driver": Term("驱动因素", "Driver"),
    "limit": Term("约束", "Limit"),
}
"""What a line is about."""

MEASURES = {
    "need": Term("年需水量（万m³）", "Need (1e4 m³/yr)"),
    "supply": Term("年供水量（万m³）", "Supply (1e4 m³/yr)"),
    "shortage": Term("年缺水量（万m³）", "Shortage (1e4 m³/yr)"),
    "reliability": Term("年保证率", "Annual reliability"),
    "withdrawal": Term("年取水量（万m³）", "Withdrawal (1e4 m³/yr)"),
    "binding": Term("主要约束", "Mostly bound by"),
    "pumping": Term("年开采量（万m³）", "Pumping (1e4 m³/yr)"),
    "depth": Term("平均埋深（m）", "Mean depth (m)"),
    "used": Term("年指标用量（万m³）", "Quota used (1e4 m³/yr)"),
    "storage": Term("平均蓄量（万m³）", "Mean storage (1e4 m³)"),
    "scale": Term("承载规模（规划倍数）", "Capacity (share of the plan)"),
    "status": Term("搜索结果", "How the search ended"),
    "requirement": Term("最先失效的要求", "Requirement missed first"),
    "other_limit": Term("非水约束", "Limit that is not water"),
    "exceedance": Term("规划超载概率", "P(plan > capacity)"),
    "amount": Term("承载数量", "Amount carried"),
    "worth": Term("放宽 1 % 的效果", "Worth of 1 % more"),
}

BOUND_BY = {kind: LABELS[key] for kind, key in BINDING_KEYS.items()}
"""What holds a withdrawal back, by the meaning of the flag."""

ENDED = {
    "found": Term("求得", "found"),
    "limited": Term("受非水约束", "limited by other than water"),
    "unbounded": CAPACITY["unbounded"],
    "infeasible_at_zero": CAPACITY["infeasible_at_zero"],
}
"""How a search ended, by the meaning of the flag."""

ZERO = 1e-9
"""Numbers nearer to zero than this are shown as zero."""

WORDS = {
    "identical": Term(
        "两个结果逐位相同（写入时间除外）。",
        "The two results are identical to the last bit, apart from the time of writing.",
    ),
    "no_difference": Term(
        "没有超过 {above} 的变化；两个文件并非逐位相同。",
        "Nothing differs by more than {above}; the files are not identical to the last bit.",
    ),
    "title_inputs": Term("输入变化", "What went in"),
    "title_results": Term("结果变化（按重要性排序）", "What came out, most important first"),
    "only_first": Term("只在 {file} 中：{names}", "Only in {file}: {names}"),
    "no_common": Term(
        "两个结果没有相同的方案，没有可对比的结果。\n甲有 {first_count} 个方案：{first}\n"
        "乙有 {second_count} 个方案：{second}",
        "The two results have no scenario in common: there is no result to compare.\n"
        "A has {first_count}: {first}\nB has {second_count}: {second}",
    ),
    "not_compared": Term(
        "文件所存的模型配置分属不同方案（甲：{first}；乙：{second}），未作对比；只列共有方案各自的改动。",
        "The configurations that the files hold are of different scenarios (A: {first}; B: {second}) and are not "
        "compared; only what the scenarios of both change is listed.",
    ),
    "place": Term("位置", "Place"),
    "first": Term("甲", "A"),
    "second": Term("乙", "B"),
    "change": Term("变化", "Change"),
    "scenario": Term("方案", "Scenario"),
    "group": Term("对象", "What"),
    "stop": Term("、", "; "),
    "only_scenario": Term("方案“{name}”", "scenario {name}"),
    "only_element": Term("{group}“{name}”", "{group} {name}"),
    "name": Term("名称", "Name"),
    "measure": Term("指标", "Measure"),
    "files": Term("甲：{first}\n乙：{second}", "A: {first}\nB: {second}"),
    "below_print": Term(
        "已省去 {count} 项小于显示精度的变化（--xlsx 或 --json 全部列出）",
        "{count} changes that are smaller than what is printed are left out (--xlsx or --json list all)",
    ),
    "and_others": Term("另 {count} 个", "{count} more"),
    "in_scenarios": Term("{path}（方案：{names}）", "{path} (scenarios: {names})"),
    "in_all_scenarios": Term("{path}（全部 {count} 个共有方案）", "{path} (all {count} scenarios of both)"),
    "smaller": Term(
        "另有 {count} 项更小的变化（--xlsx 或 --json 全部列出）",
        "{count} smaller changes more (--xlsx or --json list all)",
    ),
    "repeated": Term(
        "已省去 {count} 项只是重复上列变化的行（按用户、分区重述，或供水量与缺水量互为镜像；--json 全部列出）",
        "{count} rows that only say this again, by user or zone or as supply for shortage, are left out "
        "(--json lists all)",
    ),
    "note_means": Term(
        "年均值为完整日历年的平均（无完整日历年时按记录长度折算），各水文样本平均；"
        "只是重复其他行的变化（单一用户即其行业、分区、供水量与缺水量互为镜像）未列。",
        "Yearly means are of complete calendar years (sum over length where there is none), over all realizations; "
        "changes that only say another row again (the one user of a sector, zones, supply for shortage) are left out.",
    ),
    "alike": Term("{name}等 {count} 个用户", "{name} and {more} more like it"),
    "steps": Term("不同的时段数", "Steps that differ"),
    "units": Term("单位", "Units"),
    "workbook": Term("结果对比表", "Comparison of results"),
    "series": Term(
        "{steps} 个时段不同，均值 {first} → {second} {units}",
        "{steps} steps differ, mean {first} -> {second} {units}",
    ),
}


def in_both(term: Term, **values: Any) -> Term:
    """Return a sentence in both languages; values that are terms are put into each in its own."""
    return Term(
        *(
            term.said(
                tongue,
                **{
                    key: getattr(value, tongue) if isinstance(value, Term) else value
                    for key, value in values.items()
                },
            )
            for tongue in ("zh", "en")
        )
    )


LISTED = 12
"""Most scenarios of a result that are named where two results have none in common."""
NAMED = 4
"""Most scenarios that are named where an input differs in several."""


def place_of(line: Mapping[str, Any], scenarios: Mapping[str, Term]) -> Term:
    """Name an input that differs, with the scenarios in which it does.

    Parameters
    ----------
    line : mapping
        One of ``compare.Comparison.inputs``.
    scenarios : mapping
        ``compare.Comparison.scenarios``.
    """
    ids = line.get("scenarios")
    if not ids:
        return Term(line["path"], line["path"])
    key = "in_all_scenarios" if line["of_all"] else "in_scenarios"
    return in_both(WORDS[key], path=line["path"], count=len(ids), names=_listed(ids, scenarios, NAMED))


def _listed(ids: Sequence[str], scenarios: Mapping[str, Term], most: int) -> Term:
    """List scenarios by name, no more than ``most`` of them; names have the stops of a list in them."""
    told = [scenarios.get(id, Term(id, id)) for id in ids[:most]]
    told = [Term(f"“{term.zh}”", term.en) for term in told]
    if len(ids) > most:
        told.append(in_both(WORDS["and_others"], count=len(ids) - most))
    stop = WORDS["stop"]
    return Term(stop.zh.join(term.zh for term in told), stop.en.join(term.en for term in told))


def value_text(value: Any) -> str:
    """Return a value of an input as it is written in a file: lists without brackets, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(value_text(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def unpaired(found: Comparison) -> list[Term]:
    """Say what was not compared as its scenarios are no pair.

    Parameters
    ----------
    found : Comparison
        What differs.
    """
    terms = []
    if found.unlike is not None:
        first, second = (_listed(ids, found.scenarios, LISTED) for ids in found.unlike)
        counts = {"first_count": len(found.unlike[0]), "second_count": len(found.unlike[1])}
        terms.append(in_both(WORDS["no_common"], first=first, second=second, **counts))
    if found.not_compared is not None:
        first, second = (_listed([id], found.scenarios, 1) for id in found.not_compared)
        terms.append(in_both(WORDS["not_compared"], first=first, second=second))
    return terms


def value_of(line: Mapping[str, Any], which: str) -> Term | float | None:
    """Return a value of a line, an id or a flag in words.

    Parameters
    ----------
    line : mapping
        One of ``compare.Comparison.results``.
    which : str
        ``first``, ``second`` or ``change``.
    """
    value: str | float | None = line[which]
    if not isinstance(value, str):
        return value
    return Term(line[f"{which}_zh"], line[f"{which}_en"]) if f"{which}_zh" in line else Term(value, value)


def name_of(line: Mapping[str, Any]) -> Term:
    """Name what a line of results is about, with the number of users that it stands for.

    Parameters
    ----------
    line : mapping
        One of ``compare.Comparison.results``.
    """
    name = Term(line["name_zh"], line["name_en"])
    count = line.get("alike", 1)
    if count == 1:
        return name
    told = (
        WORDS["alike"].said(tongue, name=getattr(name, tongue), count=count, more=count - 1)
        for tongue in ("zh", "en")
    )
    return Term(*told)
