"""Words of the verdict on capacities, in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.report.off_plan_words import OFF_PLAN
from waterbal.results.terms import DRIVER_UNITS, Term

CAPACITY: Mapping[str, Term] = {
    **OFF_PLAN,
    "plan_assumed": Term(
        "说明：规划的人口、耕地、产业规模为假定值，并非查得的官方数字。以下承载力是在所列条件下的计算结果；"
        "与规划的比较只在该假定下成立，不是对真实规划的评判。",
        "Note: the people, farmland and production of the plan are assumed, no official figures. The capacities below "
        "are findings under the conditions listed; the comparison with the plan holds only under that assumption "
        "and is no judgement of the real plan.",
    ),
    "title": Term("水资源承载能力：{name}", "What the water carries: {name}"),
    "title_single": Term(
        "各方向承载规模（基准方案 {scenario}）：单项极限互为替代，不能相加",
        "Capacities (baseline {scenario}): maxima of single drivers are alternatives, they do not add up",
    ),
    "title_all": Term("各方案承载规模（规划的倍数）", "Capacities of every scenario, as multiples of the plan"),
    "title_horizon": Term(
        "各水平年：规划与承载力（其他条件同基准方案）", "Plan and capacity by planning year (all else as the baseline)"
    ),
    "title_worth": Term(
        "哪些限值起约束：各放宽 1 % 后承载规模的变化（逐一重新模拟）",
        "What binds: change of the capacity for 1 % more of each limit (each simulated again)",
    ),
    "title_relief": Term("缓解措施：按单位费用增量排序", "Relief, most per cost first"),
    "direction": Term("方向", "Direction"),
    "scale": Term("承载规模", "Scale"),
    "amount": Term("承载数量", "Carries"),
    "plan": Term("规划", "Plan"),
    "stops": Term("先破坏的要求 / 约束", "What stops it"),
    "limit": Term("限值", "Limit"),
    "per_percent": Term("放宽 1 % 的变化", "For 1 % more"),
    "measure": Term("措施", "Measure"),
    "change": Term("承载规模变化", "Change"),
    "annual_cost": Term("年费用（万元）", "Cost a year (1e4 yuan)"),
    "per_cost": Term("每千万元增量", "Per 1e7 yuan"),
    "lead": Term("见效（年）", "Years to act"),
    "then": Term("其后的约束", "What binds then"),
    "then_limit": Term("{stops}（{limit}）", "{stops} ({limit})"),
    "ceiling": Term(
        "{measures}单独采取时都止于 {scale}：同一上限，其后起约束的是{limit}。",
        "Each alone, {measures} end at the same ceiling of {scale}: what binds then is {limit}.",
    ),
    "horizon": Term("水平年", "Year"),
    "headroom": Term("余量（+） / 超出（-）", "Headroom (+) / overshoot (-)"),
    "probability": Term("规划超过承载力的概率", "P(plan > capacity)"),
    "naive": Term("经验公式", "Naive formula"),
    "limited": Term("受非水约束：{limit}", "limited by other than water: {limit}"),
    "unbounded": Term("水资源不构成约束", "not bounded by water"),
    "infeasible_at_zero": Term("即使为零也不成立", "does not hold even with none of it"),
    "infeasible_requirement": Term("即使为零，{requirement}也达不到", "even with none of it, {requirement} is not met"),
    "no_room": Term("{limit}在任何规模下都不满足（非水约束）", "{limit}, which is not water, is met at no scale"),
    "no_room_both": Term(
        "没有规模能同时满足{floor}与{limit}（非水约束）", "no scale meets both {floor} and {limit}, which are not water"
    ),
    "infeasible_at_floor": Term(
        "受非水下限约束（{limit}），在其最小规模也不成立",
        "does not hold even at the smallest scale that {limit} leaves",
    ),
    "non_monotone_on": Term(
        "非单调：更大规模又成立，直至试算的最大规模", "not monotone: something larger holds again, to the largest tried"
    ),
    "non_monotone": Term(
        "非单调：更大规模 {alternate} 时又成立", "not monotone: holds again at {alternate}"
    ),
    "minimum_flow": Term("最小流量", "a minimum flow"),
    "in_zone": Term("{sector}（{zone}）", "{sector} ({zone})"),
    "fails_first": Term(
        "先破坏：{what}，{date}；关键期自 {start} 起 {months} 个月（样本 {realization}）",
        "Fails first: {what}, {date}; critical period from {start} "
        "(months: {months}; record {realization})",
    ),
    "headline": Term(
        "结论：在所列条件下，{direction}可承载规划的 {scale}（{amounts}）。",
        "Verdict: under the conditions listed the water carries, for {direction}, {scale} of the plan ({amounts}).",
    ),
    "headline_limited": Term(
        "结论：在所列条件下，{direction}止于规划的 {scale}（{amounts}）：限制它的不是水，而是{limit}。",
        "Verdict: under the conditions listed, for {direction}, the scale ends at {scale} of the plan ({amounts}): it "
        "is not water but {limit} that ends it.",
    ),
    "headline_unbounded": Term(
        "结论：在所列条件下，{direction}不受水资源约束。",
        "Verdict: under the conditions listed water does not bound {direction}.",
    ),
    "plan_breaks_verdict": Term(
        "规划本身（规模 1）不满足“{limits}”：这是非水约束，与水文无关，因此规划在任何水文样本下都不成立"
        "（规划超过承载力的概率为 100 %，无区间）。",
        "The plan itself (scale 1) does not meet the limit {limits}, which is not water: no record carries it "
        "(P(plan > capacity) is 100 %, without an interval).",
    ),
    "plan_breaks": Term("规划本身不满足“{limits}”", "the plan itself breaks {limits}"),
    "plan_holds": Term(
        "规划本身成立，但有更小的规模不成立", "the plan itself holds, but something smaller does not"
    ),
    "room_plan_holds": Term("{room}（规划本身成立）", "{room} (the plan itself holds)"),
    "from_lowest": Term(
        "“所有更小的规模”以非水约束允许者为限：{limit}要求不小于规划的 {lowest}。",
        "Every smaller scale means those that the limits allow: {limit} asks for {lowest} of the plan or more.",
    ),
    "not_monotone": Term(
        "非单调：{fails} 不成立，更大的 {alternate} 又成立；结论只取其下全部成立的规模。",
        "Not monotone: {fails} fails and {alternate} holds again; the verdict has only what holds with all below it.",
    ),
    "not_monotone_plan_holds": Term(
        "非单调：规划本身（规模 1）成立，但更小的 {fails} 不成立，因此结论取其下全部成立的规模；所见仍成立的最大规模为 "
        "{alternate}。",
        "Not monotone: the plan itself (scale 1) holds, but the smaller {fails} fails: the verdict has only what "
        "holds with all below it; the largest seen to hold is {alternate}.",
    ),
    "star": Term(
        "* 非单调：更大的规模又成立，见“先破坏的要求 / 约束”", "* not monotone: something larger holds again"
    ),
    "no_audit": Term(
        "未核查（--audit 0）：除搜索本身所试的规模外，其间的规模没有试算；若有更小的规模不成立"
        "（抗旱限水、再生水等所致的非单调），本结果看不出来。",
        "Not audited (--audit 0): no scales were tried but those of the search itself; if a smaller one fails (drought "
        "rules, reuse: not monotone), this result does not see it.",
    ),
    "coarse": Term(
        "搜索只精确到规划的 {tolerance}：所列规模已核实成立，实际承载规模可能再大至多这么多（以 + 标出）。",
        "Searched to {tolerance} of the plan only: the scales told hold, the capacity may be larger by up to that "
        "(marked +).",
    ),
    "probability_by_limit": Term("100 %（因{limits}，与水文无关）", "100 % (by {limits}, not by hydrology)"),
    "overshoot_limit": Term(
        "{year} 年：规划本身不满足“{limits}”（非水约束），任何样本都不成立：100 %，无区间。",
        "{year}: the plan itself does not meet the limit {limits}, which is not water: it fails in every record: "
        "100 %, without an interval.",
    ),
    "headline_none": Term(
        "结论：在所列条件下，{direction}没有可承载的规模：{why}。",
        "Verdict: under the conditions listed no scale is carried for {direction}: {why}.",
    ),
    "headline_samples": Term(
        "结论：在所列条件下，{direction}可承载规划的 {median}：为 {count} 个不确定参数样本的中位数，"
        "{range} {low}–{high}；其中 {short} 个样本的承载规模小于规划。",
        "Verdict: under the conditions listed the water carries, for {direction}, {median} of the plan: the median of "
        "{count} samples of the uncertain inputs, {range} {low} to {high}; in {short} of them the plan is more than is "
        "carried.",
    ),
    "samples_range": Term("5–95 % 区间", "5 to 95 %"),
    "samples_extremes": Term("最小至最大", "smallest to largest"),
    "sample_is": Term(
        "以下单个方案的数字（起约束的要求、限值、措施、概率）只属于{sample}：{direction}可承载规划的 {scale}。",
        "Figures of a single scenario below (what stops it, limits, relief, probabilities) are of {sample} alone: "
        "{direction} {scale} of the plan.",
    ),
    "sample_only": Term(
        "以上只是{sample}的结果，不代表不确定参数的其他样本。",
        "This is the answer of {sample} alone, not of the other samples of the uncertain inputs.",
    ),
    "sample_as_is": Term("参数样本 0（参数取原值）", "sample 0 (inputs as they are)"),
    "sample_number": Term("参数样本 {number}", "sample {number}"),
    "samples_median": Term("{count} 个样本的中位数", "median of {count} samples"),
    "samples_told": Term("{median}（{low}–{high}）", "{median} ({low}–{high})"),
    "samples_line": Term(
        "{count} 个样本的中位数，{range} {low}–{high}", "median of {count} samples, {range} {low} to {high}"
    ),
    "samples_short": Term(
        "{count} 个样本中有 {short} 个的承载规模小于规划", "more than is carried in {short} of {count} samples"
    ),
    "title_horizon_samples": Term(
        "各水平年：规划与承载力（其他条件同基准方案；规模为各样本的中位数（{range}），余量按中位数，其余各列为{sample}）",
        "Plan and capacity by planning year (all else as the baseline; the scale is the median of the samples "
        "({range}), the headroom that of the median, other columns are of {sample})",
    ),
    "judged_apart": Term(
        "概率与承载规模的判别方式不同：概率 {probability} 是各水文样本单独按自身 {years} 年判别、"
        "承载不了规划的样本所占比例；可承载规划的 {scale} 则是把搜索所用 "
        "{count} 个水文样本的全部年份合在一起判别，因此二者可以不一致。",
        "Probability and capacity are judged differently: {probability} is the share of records that, each judged "
        "alone over its own {years} years, do not carry the plan; the capacity of {scale} is judged over all "
        "years of the records it was searched in ({count}) together, so that the two need not agree.",
    ),
    "naive_note": Term(
        "经验公式（可供水量 ÷ 综合用水定额）给出规划的 {naive}，{relation}：它按多年平均可供水量，"
        "假定各类水可互相替代、用水结构不变，不看月份、枯水年和保证率。",
        "The naive formula (available water / use per head) gives {naive} of the plan; the simulation {relation}. "
        "The formula takes mean volumes, lets every water serve every use and freezes the mix; it sees neither months, "
        "nor dry years, nor guarantee rates.",
    ),
    "naive_limited": Term(
        "经验公式（可供水量 ÷ 综合用水定额）给出规划的 {naive}；模拟的规模不由水量决定（{limit}），二者不作比较。",
        "The naive formula (available water / use per head) gives {naive} of the plan; what ends the simulated scale "
        "is not water ({limit}), so that the two say nothing of each other.",
    ),
    "other_baseline": Term(
        "所选方案中没有情景文件的基准方案 {wanted}：以下以差别最少的“{scenario}”为基准。",
        "The baseline of the study, {wanted}, is not among the scenarios chosen: figures are of {scenario}, which "
        "differs least from it.",
    ),
    "no_end": Term("试算到的最大规模（未见上限）", "the largest tried, without an end"),
    "naive_above": Term("比模拟结果大", "carries less"),
    "naive_below": Term("比模拟结果小", "carries more"),
    "naive_same": Term("与模拟结果相同", "carries the same"),
    "naive_none": Term("而模拟没有可比的规模", "finds no scale to compare"),
    "probability_note": Term(
        "概率为“{direction}”所判要求有任一不满足的水文样本所占比例，括号内为 95 % 区间（Clopper–Pearson），"
        "样本 {count} 个；单个样本 {years} 年。",
        "The probability is the share of records that miss any requirement that counts for {direction}, with its 95 % "
        "interval (Clopper-Pearson), of {records} of {span}.",
    ),
    "probability_note_tried": Term(
        "概率为“{direction}”所判要求有任一不满足的水文样本所占比例，括号内为 95 % 区间（Clopper–Pearson）；"
        "单个样本 {years} 年；下列之外的方案只用搜索所用的 {count} 个样本。",
        "The probability is the share of records of {span} that miss any requirement that counts for {direction}, with "
        "its 95 % interval (Clopper-Pearson); scenarios that are not listed here have only those of the search "
        "({records}).",
    ),
    "overshoot": Term(
        "{year} 年：{records} 个样本中规划在 {failures} 个中不成立，{probability}；{enough}。",
        "{year}: the plan fails in {failures} of {records} records, {probability}; {enough}.",
    ),
    "overshoot_more": Term(
        "区间收窄到 ±{target} 还需 {more} 个样本（若比例不变）",
        "{more} more records would narrow the interval to {target} to either side, if the share stays",
    ),
    "overshoot_enough": Term("区间已不宽于 ±{target}", "the interval is within {target} to either side"),
    "probability_none": Term(
        "概率不给出：单个样本 {years} 年，不足以单独支持所要求的保证率；各样本合计 {count} 个可以支持承载规模。",
        "No probability is told: a record of {span} is too short to support the guarantee rates alone; all "
        "together ({records}) support the capacities.",
    ),
    "load": Term(
        "负荷：{name}，{counted} {use} / {limit} 万m³，{ratio} = {value}，{band}",
        "Load: {name}, {counted} {use} of {limit} (1e4 m3), {ratio} = {value}, {band}",
    ),
    "load_set": Term(
        "  判定标准：阈值集 {set}（版本 {version}，{grade}）",
        "  Bands by the set of thresholds {set} (version {version}, {grade})",
    ),
    "load_needed": Term("规划需用", "needed by the plan"),
    "load_used": Term("模拟使用", "used in the simulation"),
    "bound": Term(
        "上限（样本 {record} 单独判断）：模拟的承载能力为{alone}，完全预见为{scale}"
        "（线性规划，放宽了规则，并按比例分摊允许的破坏）；两者之差来自预见、规则和该放宽。",
        "Upper bound (record {record} by itself): {alone} in the simulation, {scale} with perfect foresight (linear "
        "program, without rules, misses shared out in parts); the distance is foresight, rules and that relaxation.",
    ),
    "bound_times": Term("规划的 {scale} 倍", "{scale} of the plan"),
    "bound_worth": Term(
        "  限制放宽（或要求降低）1 % 对上限的价值（对偶值）：{worths}",
        "  What 1 % more of a limit, or 1 % less required, is worth to the bound (dual values): {worths}",
    ),
    "alone": Term(
        "{year} 年：各样本单独可承载规划的 {low}–{high} 倍，中位 {median}；{safe}。",
        "{year}: records alone carry {low}–{high} of the plan, the median one {median}; {safe}.",
    ),
    "alone_safe": Term("{share} 的样本至少承载 {scale}", "{share} of them carry at least {scale}"),
    "alone_unsafe": Term(
        "“{share} 的样本至少承载多少”需 {needed} 个样本", "what {share} of them carry takes {needed} records to tell"
    ),
    "one_record": Term(
        "{year} 年：只有一个不同的样本，没有分布，也没有区间。",
        "{year}: there is one record that differs, so no distribution and no interval.",
    ),
    "sure": Term(
        "{year} 年：{count} 个样本合在一起可承载规划的 {scale} 倍，重抽样本的 95 % 区间 {low}–{high}；{needs}。",
        "{year}: all {count} records together carry {scale} of the plan, {low}–{high} in 95 % of the sets drawn from "
        "them again; {needs}.",
    ),
    "sure_more": Term(
        "把区间缩窄到 ±{within} 约需再增加 {more} 个样本", "about {more} more would narrow it to ±{within}"
    ),
    "sure_enough": Term("区间已不宽于 ±{within}", "it is no wider than ±{within}"),
    "sure_unknown": Term(
        "区间一端没有数值，还需多少样本无法估计", "one end is no number, so how many more is not known"
    ),
    "title_balances": Term(
        "三次平衡（基准方案，万m³/年；P50、P75、P95 为按一次平衡缺水量排频的年份，各平衡取同一年）",
        "Balances of demand and supply (baseline, 1e4 m3/yr; P50, P75, P95: years ranked by the gap of the first "
        "balance, the same year in each)",
    ),
    "balance": Term("平衡", "Balance"),
    "need": Term("需水", "Need"),
    "supply": Term("供水", "Supply"),
    "gap": Term("缺水", "Gap"),
    "when_mean": Term("多年平均", "mean"),
    "title_closed": Term(
        "各措施弥补的缺水量（万m³/年，两种次序可能不同）",
        "Gap closed by each measure (1e4 m3/yr), which the order can change",
    ),
    "leading": Term("最敏感的不确定参数（至多三个）：", "The uncertain inputs that matter most (three at most):"),
    "title_tornado_of": Term(
        "{year} 年{direction}：不确定参数逐一取下限、上限时的承载规模（各取原值时 {nominal}，"
        "{count} 个水文样本；有编号者为影响最大的，至多三个）",
        "{direction}, {year}: capacity with one uncertain input at the low and the high end of its range (all as they "
        "are: {nominal}, {records}; numbered: those that matter most, three at most)",
    ),
    "of_plan": Term("倍规划规模", "of the plan"),
    "range": Term("变幅", "Range"),
    "range_source": Term("变幅来源", "Source of the range"),
    "no_range": Term("该年无变幅", "none in this year"),
    "not_comparable": Term("不可比", "not comparable"),
    "no_limit": Term("不受限", "unbounded"),
    "carries_none": Term("不成立", "none"),
    "grade_found": Term("查得", "found"),
    "grade_derived": Term("推算", "derived"),
    "grade_assumed": Term("假定", "assumed"),
    "tornado_note": Term(
        "各端用同一组 {count} 个水文样本（各 {years} 年）：两端之差不含抽样误差，排序因此比承载规模本身可靠；"
        "样本少时规模本身仍不确定（--with risk 给出其区间）。规模以规划的 {tolerance} 为精度另行搜索，与结论中的数"
        "在此范围内可有差别；小于它的差不算影响。"
        "变幅为假定时，表中是结论对假定的依赖程度，不是概率。",
        "Every end is judged on the same {records} of {span}: differences carry no sampling error, so "
        "that the ranking is surer than the capacity itself, which few records leave uncertain (--with risk tells "
        "its interval). Scales are searched for themselves, to {tolerance} of the plan, and may differ by that "
        "from the verdict; a smaller swing is none. Where ranges are assumed "
        "the table tells how far the answer hangs on them, not how likely it is.",
    ),
    "tornado_moves_plan": Term(
        "“不可比”：该参数改变规划本身，而承载规模是规划的倍数，因此不参加排序；"
        "“不成立”也可能是规划结构违反非水约束（如人口密度）。",
        "Not comparable: the input changes the plan itself, of which capacities are multiples, and is not ranked; "
        "none there may be a limit other than water that the changed plan breaks, such as people per built km².",
    ),
    "command_older": Term(
        "（旧版 waterbal 写出的文件未记录 --audit、--budget 等选项，须自行补上）",
        "(an older waterbal wrote the file and did not record options such as --audit and --budget: add them)",
    ),
    "tornado_older": Term(
        "不确定参数表从略：该文件由旧版 waterbal 写出，没有变幅的单位和来源；重新计算即可得到。",
        "The table of uncertain inputs is left out: an older waterbal wrote the file, without unit and source of the "
        "ranges; searching again gives it.",
    ),
    "input": Term("参数", "Input"),
    "at_low": Term("下限", "at low"),
    "at_high": Term("上限", "at high"),
    "swing": Term("两端之差", "Swing"),
    "order_listed": Term("按所列次序", "as listed"),
    "order_reversed": Term("反序", "reversed"),
    "order_average": Term("平均", "mean of both"),
    "title_frontier": Term(
        "可同时承载的组合（前沿上不被支配的点）", "Carried together: points of the frontier that none dominates"
    ),
    "conditions": Term("条件", "Conditions"),
    "sources": Term("水源", "Sources"),
    "works": Term("工程", "Works"),
    "quotas": Term("指标", "Quotas"),
    "mix": Term("结构", "Mix"),
    "limits": Term("非水约束", "Limits that are not water"),
    "target": Term("保证率", "Guarantee rates"),
    "requirements": Term("分组要求", "Requirements on groups"),
    "levels": Term("地下水位", "Groundwater levels"),
    "waters": Term("受纳水体", "Receiving waters"),
    "counts": Term("各方向的判别", "What counts along a direction"),
    "rules": Term("规则", "Rules"),
    "together": Term("多样本合并判别", "Records together"),
    "search": Term("搜索", "Search"),
    "horizon_condition": Term("水平年与水文", "Horizon and hydrology"),
    "portfolio": Term(
        "{budget} 万元/年以内的最优组合：{measures}（{cost} 万元/年），承载规模 {change}（{how}），其后的约束：{next}",
        "Best within {budget} (1e4 yuan/yr): {measures} for {cost}; scale {change} ({how}); what binds next: {next}",
    ),
    "portfolio_none": Term(
        "{budget} 万元/年以内没有有效的组合", "Nothing within {budget} (1e4 yuan/yr) helps"
    ),
    "exhaustive": Term("已试遍全部组合", "all sets tried"),
    "greedy": Term(
        "逐步选取并复算，未试遍全部组合", "the best found step by step, each simulated; not all sets were tried"
    ),
    "unpriced": Term("；未给出费用而未计入：{measures}", "; left out for want of a cost: {measures}"),
    "relief_not_water": Term(
        "限制规模的不是水，而是{limit}：供水、节水措施都不能提高它",
        "What limits the scale is not water but {limit}: no measure on water raises it",
    ),
    "unbounded_then": Term("变为不受限", "unbounded then"),
    "bounded_then": Term("由不受限变为受限", "bounded then, not before"),
    "no_effect": Term("无单独作用", "no effect alone"),
    "present": Term("方案中已有", "in the scenario already"),
    "unknown": Term("未知", "not known"),
    "less_worth": Term(
        "另有 {count} 项影响更小（见成果文件与报告）",
        "{count} more that are worth less (in the file and the report)",
    ),
    "none_binds": Term("没有单独一项限值放宽 1 % 能提高承载规模", "No single limit, raised by 1 %, carries more"),
}  # fmt: skip
"""Words of the verdict by key."""

UNIT_WORDS: Mapping[str, Term] = DRIVER_UNITS
"""Units of drivers."""


def say(key: str, language: str, **values: Any) -> str:
    """Return a word or a sentence in a language."""
    return CAPACITY[key].said(language, **values)


TARGETS = {
    "guarantee": Term("保证率", "guarantee rate"),
    "annual": Term("保证率", "guarantee rate"),
    "step": Term("时段保证率", "guarantee by step"),
    "failure_depth": Term("破坏深度", "failure depth"),
    "depth": Term("破坏深度", "failure depth"),
    "step_depth": Term("时段破坏深度", "depth in a step"),
}
"""What a requirement asks for, by the last part of its id."""
SECTIONS = {
    "groundwater": Term("地下水埋深", "depth to groundwater"),
    "receiving_waters": Term("入河污染负荷", "load of receiving water"),
}
"""What a requirement asks for that is not about users, by the section of the model that it stands in."""


def requirement(id: str, name: str, language: str) -> str:
    """Name a requirement: who, and which of its targets."""
    section = id.removeprefix("capacity.").split(".", 1)[0]
    word = (SECTIONS.get(section) or TARGETS.get(id.rsplit(".", 1)[-1], Term("", ""))).said(language)
    return f"{name} {word}".strip() if language == "en" else f"{name}{word}"
