"""Words of the report page in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.results.terms import Term

PAGE: Mapping[str, Term] = {
    # the page
    "kicker": Term("水资源平衡与承载能力报告", "Water balance and carrying capacity: report"),
    "contents": Term("目录", "Contents"),
    "made_by": Term("由 waterbal {version} 生成", "made by waterbal {version}"),
    "made_from": Term("依据：{files}", "from {files}"),
    "units": Term(
        "水量单位：万m³（10⁴ m³）；除注明外均为年值。",
        "Volumes in 1e4 m³ (万m³); yearly unless said otherwise.",
    ),
    "no_script": Term(
        "图需要浏览器运行本页自带的脚本；各图的数字见附表。",
        "Figures need the script that this page carries; the tables below have their numbers.",
    ),
    "open_all": Term("全部展开", "Open all"),
    "shut_all": Term("全部收起", "Shut all"),
    "filter": Term("筛选", "Filter"),
    "filter_hint": Term("方案名称或取值，空格分隔", "names or values, blanks between them"),
    "shown_rows": Term("显示", "shown"),
    "rows": Term("{count} 行", "{count} rows"),
    "figure": Term("图 {number}", "Figure {number}"),
    "print": Term("打印", "Print"),
    "unprinted": Term("（{count} 行未打印；展开后再打印即可）", " ({count} rows, not printed; open it to print them)"),
    "slide": Term("此图较宽，可左右滑动", "This figure is wide: scroll sideways"),
    # sections
    "verdict": Term("结论", "Verdict"),
    "network": Term("供水网络", "Network"),
    "fate": Term("水的来源与去向", "Where the water comes from and where it goes"),
    "supply": Term("各水源逐月供水", "Supply by source and month"),
    "shortage": Term("缺水：年 × 月", "Shortage by year and month"),
    "stocks": Term("水库蓄水与地下水位", "Storage and groundwater"),
    "carrying": Term("承载能力", "What the water carries"),
    "limits": Term("约束与缓解措施", "What binds and what relieves"),
    "risk": Term("超载概率", "How likely the plan is too large"),
    "balances": Term("三次平衡", "Three balances"),
    "states": Term("分区预警", "Warning levels by zone"),
    "scenarios": Term("各方案", "Scenarios"),
    "weather": Term("来水检查", "Hydrology check"),
    "admissions": Term("项目准入", "Admission of projects"),
    "tables": Term("成果表", "Tables"),
    "assumptions": Term("假定与来源", "Assumptions and provenance"),
    "proof": Term("可信性", "Proof"),
    "missing": Term("未包含的内容", "What is not shown"),
    "missing_lead": Term(
        "所给结果中没有下列内容；用所列命令可以得到。",
        "The results given do not have these parts; the commands give them.",
    ),
    "more_runs": Term(
        "给出了 {all} 个逐时段结果，图和来水检查只用前 {shown} 个。",
        "{all} runs were given; figures and the hydrology check are of the first {shown}.",
    ),
    "load_part": Term("负荷状态（W/W0）", "Load state (W/W0)"),
    "bound_part": Term("完全预见上限", "Bound of perfect foresight"),
    # verdict
    "three_reliefs": Term("单位费用效果最好的三项措施", "The three cheapest reliefs"),
    "relief": Term(
        "{measure}：承载规模 {change}，年费用 {cost} 万元，{lead}",
        "{measure}: {change}, {cost} × 1e4 yuan a year, {lead}",
    ),
    "relief_change": Term("{change}", "{change} of the plan"),
    "relief_lead": Term("{years} 年后见效", "acts after {years} yr"),
    "relief_lead_unknown": Term("见效时间未知", "time to act not known"),
    "no_relief": Term("所列措施单独采用均不能提高承载规模。", "No measure of the list, taken alone, carries more."),
    "by_horizon": Term("各水平年", "By planning year"),
    "carries": Term("可承载规划的 {scale}", "carries {scale} of the plan"),
    "carries_none": Term("没有可承载的规模", "carries no scale"),
    "unbounded": Term("水资源不构成约束", "not bounded by water"),
    "headroom": Term("余量 {share}", "headroom {share}"),
    "overshoot": Term("规划超出 {share}", "the plan overshoots by {share}"),
    "probability": Term("规划超过承载力的概率 {value}", "P(plan > capacity) {value}"),
    "first_fails": Term("先破坏：{what}", "fails first: {what}"),
    "most_worth": Term(
        "最起作用的限值：{limit}，放宽 1 % 承载规模变化 {change}。",
        "The limit that matters most: {limit}; 1 % more of it changes the scale by {change}.",
    ),
    "balance_line": Term(
        "{name}：多年平均需水 {need} 万m³，供水 {supply} 万m³，缺水 {short} 万m³（{share}）。",
        "{name}: in the mean year {need} (1e4 m³) are needed, {supply} supplied, {short} short ({share}).",
    ),
    "balance_line_typical": Term(
        "{name}：典型年（各重复年平均）需水 {need} 万m³，供水 {supply} 万m³，缺水 {short} 万m³（{share}）。",
        "{name}: in the typical year (mean of its copies) {need} (1e4 m³) are needed, {supply} supplied, {short} short "
        "({share}).",
    ),
    "guarantees_met": Term("各用户均达到要求的保证率。", "Every user meets the guarantee rate that is required."),
    "guarantees_missed": Term("未达到保证率的行业：{sectors}。", "Guarantee rates are missed by: {sectors}."),
    "guarantees_short": Term(
        "系列过短、不足以判定的行业：{sectors}。", "The record is too short to judge: {sectors}."
    ),
    "driest": Term(
        "最枯年 {year}：缺水率 {share}。", "The driest year, {year}, is short of {share} of its need."
    ),
    "sweep_line": Term(
        "{name}：{scenarios} 个方案，每个 {realizations} 个水文样本。",
        "{name}: {scenarios} scenarios, {realizations} realizations each.",
    ),
    "baseline_line": Term(
        "基准方案（{scenario}）缺水率 {share}。", "The baseline ({scenario}) is short of {share} of its need."
    ),
    "range_line": Term(
        "缺水率最低：{best}（{low}）；最高：{worst}（{high}）。",
        "Least short: {best} ({low}); most: {worst} ({high}).",
    ),
    "admission_line": Term("项目“{project}”：{verdict}。", "Project {project}: {verdict}."),
    "conditions": Term("成立的条件", "Conditions it holds under"),
    "plan_year": Term("水平年 {year}", "planning year {year}"),
    "of_typical_year": Term("，典型年 P={p}%", ", typical year P = {p}%"),
    # captions
    "caption_network": Term(
        "水源、水库、水厂与用户的连接，线宽为多年平均水量", "Sources, stores, works, users; width: mean yearly volume"
    ),
    "caption_fate": Term(
        "多年平均水量收支，从来源到去向；流入与流出相等", "Mean yearly water from source to fate; inflow equals outflow"
    ),
    "caption_supply": Term(
        "各水源逐月、逐年取水量（含存入水库的水）与需水量",
        "Water taken from each source by month and by year, what goes into reservoirs included, and the need",
    ),
    "caption_shortage": Term("各年各月缺水占需水的比例", "Share of the need that is short, by year and month"),
    "caption_storages": Term("水库蓄水过程与各控制水位", "Storage of the reservoirs with their levels"),
    "caption_groundwater": Term("地下水埋深过程与限采水位", "Depth to groundwater with its pumping tiers"),
    "caption_capacity": Term("各水平年、各方向的承载规模", "Capacity by planning year and direction"),
    "caption_frontier": Term("可同时承载的组合（前沿）与规划", "What is carried together (frontier), and the plan"),
    "caption_limits": Term("各限值放宽 1 % 后承载规模的变化", "What 1 % more of each limit adds to the capacity"),
    "caption_quotas": Term("各指标逐年用量与额度", "Use of every quota by year beside what it entitles to"),
    "caption_scenarios": Term(
        "各方案各行业的年保证率与供水满足程度", "Guarantee rate of every sector in every scenario, and need supplied"
    ),
    "caption_relief": Term("缓解措施：费用与承载规模的增量", "Measures: cost and what they add to the capacity"),
    "caption_tornado": Term("不确定参数对承载规模的影响", "What uncertain inputs do to the capacity"),
    "caption_exceedance": Term(
        "各水平年规划超过承载力的概率及其区间", "Probability that the plan is too large, with its interval"
    ),
    "caption_balances": Term("一次、二次、三次平衡与各措施弥补的缺水", "The balances, and the gap each measure closes"),
    "of_run": Term("{caption}——{name}", "{caption}: {name}"),
    # states
    "state_green": Term("绿：全部达标", "green: all guarantees met"),
    "state_yellow": Term("黄：农业或生态未达标", "yellow: farms or ecology miss theirs"),
    "state_orange": Term("橙：公共或工业未达标", "orange: public services or industry miss theirs"),
    "state_red": Term("红：居民生活未达标", "red: households miss theirs"),
    "state_none": Term("系列过短，未判定", "record too short to judge"),
    "level_green": Term("绿色·达标", "green: met"),
    "level_yellow": Term("黄色预警", "yellow warning"),
    "level_orange": Term("橙色预警", "orange warning"),
    "level_red": Term("红色预警", "red warning"),
    "level_none": Term("未判定", "not judged"),
    "zone_states": Term("各分区保证状态（{name}）", "Guarantees of each zone ({name})"),
    "load_states": Term("负荷状态（{set}，{version}，{grade}）", "Load state ({set}, {version}, {grade})"),
    "load_detail": Term(
        "{counted} {use} / {limit} 万m³ = {value}", "{counted} {use} of {limit} (1e4 m³) = {value}"
    ),
    "rule_of_states": Term(
        "分级规则：看哪一类用户未达到要求的年保证率（实际 < 要求，取最低的用户）；"
        "保证率为 m/(n+1)，全部水文样本的年份合并计算，与承载能力相同。",
        "The level tells which users miss the annual guarantee rate that is required (rate < required, of the user "
        "with the lowest); rates are m/(n+1) over the years of all realizations together, as capacities count them.",
    ),
    "missed": Term("{sector} {value} < {required}", "{sector} {value} < {required}"),
    "missed_lowest": Term(
        "{sector} {value} < {required}（各样本中最低 {lowest}）",
        "{sector} {value} < {required} (lowest of a realization {lowest})",
    ),
    "no_guarantee": Term("没有规定保证率", "no guarantee rate is required"),
    # scenarios
    "scenario": Term("方案", "Scenario"),
    "scenarios_of": Term("{name}：{count} 个方案", "{name}: {count} scenarios"),
    # weather
    "weather_lead": Term(
        "模型各时段所用的输入序列的统计特征与枯水情况；代表性由使用者判断。",
        "What the input series on the steps of the model look like, and how dry they get.",
    ),
    "monthly_means": Term("各月多年平均", "Mean by calendar month"),
    "annual_statistics": Term("年值统计", "Statistics of the years"),
    "series": Term("序列", "Series"),
    "unit": Term("单位", "Unit"),
    "years": Term("年数", "Years"),
    "mean": Term("平均", "Mean"),
    "cv": Term("Cv", "Cv"),
    "cs": Term("Cs", "Cs"),
    "lag1": Term("一阶自相关", "Lag-1"),
    "least_1": Term("最枯 1 年", "Driest year"),
    "least_3": Term("最枯连续 3 年（年均）", "Driest 3 years (mean)"),
    "least_5": Term("最枯连续 5 年（年均）", "Driest 5 years (mean)"),
    "longest_dry": Term("低于中位数的最长连续年数", "Longest run below the median (years)"),
    "regime": Term(
        "时期“{name}”（{first} 至 {last}）与所用时段不属同一总体，未混用。",
        "The regime {name} ({first} to {last}) is not of one population with the rest and is left out.",
    ),
    "regime_used": Term("所用时期：“{name}”（{first} 至 {last}）。", "Regime used: {name} ({first} to {last})."),
    "fitted_on": Term("{series}：统计取自 {first} 至 {last}", "{series}: statistics of {first} to {last}"),
    "hydrology_kind": Term("来水：{kind}", "Hydrology: {kind}"),
    "kind_given": Term("按给定序列", "series as given"),
    "kind_observed": Term("实测长系列", "observed record"),
    "kind_typical_years": Term("典型年", "typical years"),
    "kind_generated": Term("随机生成，各站同步", "generated, all sites together"),
    "kind_resampled": Term("重抽样，各站同步", "resampled, all sites together"),
    "source_of": Term("{series}：{source}（{grade}）", "{series}: {source} ({grade})"),
    "source_none": Term("{series}：未注明来源", "{series}: no source is stated"),
    "named_series": Term("{name}（{id}）", "{name} ({id})"),
    "no_record": Term(
        "来水为抽样生成，但所给结果旁没有实测系列文件，也没有按实测系列运行的结果，无法在此对比；"
        "{command} 给出实测与生成系列的对比。",
        "The hydrology is drawn, but neither the files of the record lie beside the results nor is there a run on the "
        "record, so that they cannot be compared here; {command} compares them.",
    ),
    "no_record_of": Term("没有实测系列可比：{sites}。", "There is no record to compare with of: {sites}."),
    "observed_lead": Term(
        "实测系列与 {count} 个等长抽样系列的统计特征对比。"
        "waterbal hydrology check 作同样的对比，缺省抽 {more} 个；本页为快速成稿抽得少，区间端点因此略粗。",
        "The record against {count} drawn records of its length. waterbal hydrology check compares the same with "
        "{more} unless told otherwise; the page draws fewer to be made quickly, so the ends of its "
        "bands are somewhat rougher.",
    ),
    "observed_months": Term("各月平均：实测与模拟", "Mean by calendar month: observed and simulated"),
    "month_short": Term("{number} 月", "{name}"),
    "observed_years": Term("年值统计：实测与模拟", "Statistics of the years: observed and simulated"),
    "observed": Term("实测", "Observed"),
    "simulated": Term("模拟（中位）", "Simulated (median)"),
    "band": Term("模拟 {level} 区间", "{level} band"),
    "inside": Term("区间内", "Inside"),
    "statistic": Term("统计量", "Statistic"),
    "all_statistics": Term(
        "各月、各年统计特征与互相关（{count} 张表）", "By month, by year, across sites ({count} tables)"
    ),
    "yes": Term("是", "yes"),
    "no": Term("否", "no"),
    "volume_unit": Term("万m³", "1e4 m³"),
    # assumptions
    "grade": Term("等级", "Grade"),
    "grade_found": Term("有出处", "found"),
    "grade_derived": Term("推算", "derived"),
    "grade_assumed": Term("假定", "assumed"),
    "count": Term("个数", "Count"),
    "inputs_by_grade": Term("输入数值按等级", "Inputs by grade"),
    "assumed_lead": Term(
        "{count} 个输入为假定值：结论以此为条件。", "{count} inputs are assumed: the findings stand on them."
    ),
    "assumed_list": Term("假定输入清单（{count}）", "Assumed inputs ({count})"),
    "where": Term("位置", "Where"),
    "value": Term("取值", "Value"),
    "range": Term("范围", "Range"),
    "source": Term("来源", "Source"),
    "no_source": Term("未注明", "not stated"),
    "sources_list": Term("来源清单（{count}）", "Sources ({count})"),
    "inputs_of_source": Term("输入数", "Inputs"),
    # proof
    "closure": Term("最大相对平衡残差", "Largest relative residual of any balance"),
    "engine_closure": Term("引擎最大相对残差", "Largest relative residual found by the engine"),
    "solver": Term("逐时段求解状态", "How the steps ended"),
    "steps_solved": Term("{good} / {all} 个时段求得精确最优", "{good} of {all} steps solved to the optimum"),
    "members_solved": Term("{good} / {all} 个成员正常完成", "{good} of {all} members ended well"),
    "searched": Term("为求承载规模而模拟", "Simulated in the search"),
    "searched_told": Term(
        "{members} 个成员，共 {steps} 个时段，逐时段检验", "{members} members, {steps} steps, each step checked"
    ),
    "config_hash": Term("模型散列 (SHA-256)", "Hash of the model (SHA-256)"),
    "kernel_hash": Term("计算核散列", "Hash of the kernel"),
    "parts_hash": Term("分块散列 (SHA-256)", "Hash of the parts (SHA-256)"),
    "versions": Term("版本", "Versions"),
    "seeds": Term("随机种子", "Seeds"),
    "overrides": Term("改动", "Overrides"),
    "rebuild": Term("重现命令", "Command to rebuild"),
    "period": Term("时段", "Period"),
    "file": Term("结果", "Result"),
    "none": Term("无", "none"),
    "file_hash": Term("文件散列 (SHA-256)", "Hash of the file (SHA-256)"),
}  # fmt: skip
"""Every word of the page by key."""


def say(key: str, language: str, **values: Any) -> str:
    """Return a word or a sentence in ``zh`` or ``en``."""
    return PAGE[key].said(language, **values)
