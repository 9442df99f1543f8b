"""Sentences below the tables that planners file, in Chinese and English, as data."""

from __future__ import annotations

from waterbal.results.terms import Term

NOTES: dict[str, Term] = {
    "note_picked": Term(
        "各保证率行为真实年份：{count} 个完整年（{realizations} 个水文样本）按全区缺水量由小到大排序"
        "（相同时按需水量由小到大），经验频率 P=m/(n+1) 首次达到该保证率的年份；同一行各列均取自该年，"
        "不由分项频率相加。T1、T2、T4、T5 用同一规则；T2 按一次平衡的缺水量排序，样本数或措施不同时年份可以不同。",
        "Rows of guarantee rates are real years: of {count} complete years ({realizations} realizations) in order of "
        "the deficit of the district, least first (equal ones in order of need), the first whose empirical frequency "
        "P = m/(n+1) reaches the rate. All columns are of that year; no quantiles are added. T1, T2, T4 and T5 have "
        "one rule; T2 ranks by the deficit of the first balance: with other realizations or measures the year may "
        "be another.",
    ),
    "note_unsupported": Term(
        "{case}：{count} 个完整年不支持的保证率未列：{left}。",
        "{case}: {count} complete years do not support the guarantee rates {left}, which are left out.",
    ),
    "note_mean": Term(
        "多年平均为全部完整年、全部水文样本的平均。", "Means are of all complete years of all realizations."
    ),
    "note_typical_failed": Term(
        "未能正常完成、因而未列入本表的典型年：{cases}（见 member_status）。",
        "Typical years that did not end well and are not in this table: {cases} (see member_status).",
    ),
    "note_typical": Term(
        "典型年情景：每个典型年单列，P 为所选序列总量的频率；各数（含“多年平均”列）为该年各重复年份的平均。"
        "缺水的频率不是 P，典型年没有保证率。",
        "Typical years: each has lines of its own, P is the frequency of the total of the series chosen; numbers, also "
        "those under Mean, are means over the copies of the year. A shortage does not have this frequency, and typical "
        "years have no guarantee rates.",
    ),
    "note_typical_left_out": Term(
        "典型年是同一年的重复，没有长系列统计，未列；长系列由实测、重采样或随机生成的水文给出（hydrology.kind）。",
        "Typical years are copies of one year and have no statistics of a long series; they are left out. Observed, "
        "resampled or generated hydrology (hydrology.kind) has them.",
    ),
    "note_rounding": Term(
        "各表合计数与分项之和严格一致：全区需水量与缺水量四舍五入，供水量为二者之差；分项与小计按控制取整"
        "（Cox–Ernst 1982）取相邻整数，与原值相差不足 1 个末位单位。",
        "Parts add up to totals as printed: demand and deficit of the district are rounded to the nearest, supply is "
        "their difference, parts and subtotals are rounded to a neighbour (controlled rounding, Cox & Ernst 1982), "
        "each less than one unit of the last digit from its value.",
    ),
    "note_balance": Term(
        "余缺水量＝供水量−需水量（按表列数）；缺水率＝（需水量−供水量）/需水量，按未取整数计算。",
        "Surplus or deficit = supply - demand as printed; short = (demand - supply) / demand before rounding.",
    ),
    "note_origin": Term(
        "按水源供水量为到户水量：沿输水网络在各节点、水库按完全混合比例追溯；再生水以用户退水进入再生水厂为起点，"
        "水库蓄水为动用以前年份的蓄水。",
        "Supply by source is counted at the users: traced through the network with perfect mixing at nodes and "
        "reservoirs. Reclaimed water begins where users' returns enter works; water stored earlier is drawdown of "
        "reservoirs below the start of the year.",
    ),
    "note_no_years": Term(
        "{case}：结果只保存指标，无逐年数据，只列多年平均；"
        "逐年数据由 waterbal sweep SCENARIOS.yaml -o OUT --keep yearly 给出。",
        "{case}: only metrics were kept, so there are means alone; "
        "waterbal sweep SCENARIOS.yaml -o OUT --keep yearly keeps sums by year.",
    ),
    "note_no_cases": Term(
        "没有可用的模拟结果；由 waterbal run MODEL.yaml -o balance.nc 或 "
        "waterbal sweep SCENARIOS.yaml -o OUT --keep yearly 给出。",
        "There are no simulated years; waterbal run MODEL.yaml -o balance.nc or "
        "waterbal sweep SCENARIOS.yaml -o OUT --keep yearly gives them.",
    ),
    "note_more_scenarios": Term(
        "本表列各水平年的基准方案；其余方案见 T1b。",
        "This table has the baseline of each planning year; the other scenarios are in T1b.",
    ),
    "note_no_model": Term(
        "{case}：结果中保存的模型配置无法读取，驱动指标未列（{reason}）。",
        "{case}: the stored model cannot be read, so drivers are left out ({reason}).",
    ),
    "note_norm": Term(
        "定额由需水量÷驱动指标反算（多年平均）；毛需水量含管网漏损，灌溉为渠首毛需水量；净需水量不含管网漏损，"
        "灌溉为田间净需水量，即渠首毛需水量×灌溉水有效利用系数（取自结果中保存的模型配置）。",
        "Norms are demand over driver, mean of all years; gross demand has the network loss in it, that of irrigation "
        "is at the canal head; net demand is without it, that of irrigation is at the field: at the canal head times "
        "the irrigation efficiency of the stored model.",
    ),
    "note_no_efficiency": Term(
        "{case}：灌溉水有效利用系数未知（需水直接给定、方案改变了该系数，或模型配置无法读取），灌溉净需水与净需水合计不列，"
        "合计的用水利用系数不含灌溉。",
        "{case}: the irrigation efficiency is not known (a need given directly, a scenario that changes it, or a "
        "stored model that cannot be read), so net demand of irrigation and its totals are left out, and the total of "
        "net over gross is that of the other sectors.",
    ),
    "note_roads": Term(
        "绿化与道路一行含绿地浇灌与道路浇洒，定额为二者需水量之和÷绿地面积，因此高于绿地本身的定额。",
        "'Green space and roads' has the watering of green space and the washing of roads: its norm is the need of "
        "both over the green area, more than that of green space alone.",
    ),
    "note_residents": Term(
        "人口的“最大规模/规划”按全部常住人口计，含不随规模增长的人口（如农村人口），因此与该方向的规模系数不同。",
        "'Largest over plan' of people counts all residents, those too that do not grow (such as rural ones), so it is "
        "not the scale of the direction.",
    ),
    "note_overview": Term(
        "多年平均为整个模拟期、全部水文样本的平均；加粗行为各水平年的基准方案。",
        "Means are of the whole record and all realizations; bold: the baseline of each planning year.",
    ),
    "note_no_balances": Term(
        "没有三次平衡结果；由 waterbal capacity SCENARIOS.yaml -o capacity.nc 给出（情景文件须有 balances）。",
        "There are no balances; waterbal capacity SCENARIOS.yaml -o capacity.nc gives them "
        "(the scenario file needs 'balances').",
    ),
    "note_of_scenario": Term("方案：{scenario}。", "Scenario: {scenario}."),
    "note_when": Term(
        "多年平均为全部水文样本全部完整年的平均；各保证率行为真实年份，选年规则与 T1 相同（全区缺水量由小到大，"
        "P=m/(n+1)），按一次平衡排序，各平衡取同一样本的同一年，各措施弥补的缺水量因而可以相加。",
        "Means are of all complete years of all realizations; rows of guarantee rates are real years, chosen by the "
        "rule of T1 (deficit of the district, least first, P = m/(n+1)) in the first balance: the same year of the "
        "same realization in every balance, so that what measures close adds up.",
    ),
    "note_own_years": Term(
        "各平衡各自排频时 P={p}% 的缺水量：{told}；各平衡的年份可能不同，不能相减。",
        "Deficit at P = {p}% where every balance ranks its own years: {told}; they may be of different years, "
        "so that they do not subtract.",
    ),
    "note_order": Term(
        "各措施弥补的缺水量取决于次序：相差最大的是“{measure}”，按所列次序 {listed} 万m³，反序 {reversed} 万m³"
        "（多年平均）",
        "what each measure closes depends on the order: most of all {measure}, {listed} as listed and {reversed} "
        "reversed (1e4 m³/yr, mean)",
    ),
    "note_closed": Term(
        "各措施弥补量之和等于首末平衡缺水量之差；负值表示该措施使缺水增加。",
        "What measures close adds up to the difference between the first and the last balance; "
        "negative: the measure widens the gap.",
    ),
    "note_fit": Term(
        "规模系数为规划的倍数：各驱动指标同步缩减到该条件成立为止；“–”表示不成立。",
        "Scales are multiples of the plan: all drivers shrink together until the condition holds; "
        "a dash: it never does.",
    ),
    "note_withdrawal": Term(
        "取用水量为取水口水量，未扣沉沙、输水、处理损失，再生水为供给用户的水量；与到户供水量不同。",
        "Withdrawals are counted at the intake, before losses; reclaimed water is what works give to users. "
        "They differ from what users get.",
    ),
    "note_available": Term(
        "可供水量为逐时段各类上限的最小值之和，不超过计入该水源的各指标的年度水量（地下水为许可开采量，不计限采水位折减），"
        "多年平均；指标年跨历年时取当年实际取水量与指标的较大值。再生水按进入再生水厂并处理的水量计，未扣回收率、利用率和季节限制，是可供水量的上限。"
        "各水源共用指标，可供水量不能相加，故不列合计。"
        "取水许可栏为只计该水源一家的指标；受控指标栏列各指标年度水量（万m³），与其他水源合用的标“共用”。",
        "Available: the smallest limit of every step, added up, and no more than any quota that counts the source "
        "grants in the year (of groundwater: permitted pumping, without the factors of level tiers), mean of a year; "
        "where quota years straddle calendar years, no less than what was taken. Of reclaimed water it is the inflow "
        "that the works process, before recovery, use rate and season: an upper bound. Sources share quotas, so "
        "availabilities are not added up. The legal limit is that of quotas which count this source alone; 'counted by "
        "quotas' has the volume of each (1e4 m³), those of several sources marked as shared.",
    ),
    "note_same_as_t1": Term(
        "本表与 T1 一并取整，分区、行业、水源的合计与 T1 完全一致。",
        "Rounded together with T1: totals by zone, sector and source are those of T1.",
    ),
    "note_binding": Term(
        "约束：保存逐时段结果时为起约束作用最多的上限及其时段比例，只保存逐年结果时为年累计最小的上限；"
        "其后列出已用完的用水指标及其年份比例。指标年不从 1 月起而结果只保存逐年值时，只能看到日历年末已用完的年份。",
        "What binds: the limit that held the source back in most steps; where only sums by year are kept, the limit "
        "that is smallest over the year; then the quotas that were used up, with the share of the years. Of a quota "
        "that begins in another month than January, results by year show only what is used up by the end of "
        "December.",
    ),
    "note_years_as_t1": Term(
        "各保证率的代表年与 T1 相同。", "The years that stand for guarantee rates are those of T1."
    ),
    "note_no_flows": Term(
        "没有逐年输水量；由 waterbal run MODEL.yaml -o balance.nc 或 "
        "waterbal sweep SCENARIOS.yaml -o OUT --keep yearly 给出。",
        "Flows by year are not there; waterbal run MODEL.yaml -o balance.nc or "
        "waterbal sweep SCENARIOS.yaml -o OUT --keep yearly gives them.",
    ),
    "note_rates": Term(
        "“各样本中最低”为单个水文样本年保证率的最低值；水量保证率为供水量与需水量之比；"
        "时段保证率为不缺水时段所占比例，取各样本平均；破坏深度、历时取各样本最大。",
        "'Lowest of a realization' is the annual rate of the one with the lowest; the rate by volume is supply over "
        "need; that by step the share of steps without failure, mean of realizations; failure depth and longest event "
        "are the largest of all realizations.",
    ),
    "note_pooled": Term(
        "年供水保证率 P=m/(n+1)，全部水文样本的年份合并计算（n 为各样本有需水的完整年数之和，m 为其中满足的年数），"
        "与承载能力、预警等级的算法相同。",
        "Annual guarantee rates are P = m/(n+1) with the complete years with need of all realizations counted "
        "together, m of n without failure, as for capacities and warning levels.",
    ),
    "note_extremes": Term(
        "极值年在全部样本全部完整年中选取，各行各自选取，不能相加。",
        "Extreme years are chosen among all years of all realizations, each row by itself; they do not add up.",
    ),
    "note_critical": Term(
        "最枯时段：同一水文样本内连续 1、3、5 年全区缺水量之和最大的一段，水量为该时段合计。",
        "Worst years in a row: 1, 3 and 5 consecutive years of one realization with the largest deficit "
        "of the district; "
        "volumes are sums over them.",
    ),
    "note_no_load": Term(
        "没有承载状况结果；由 waterbal capacity SCENARIOS.yaml -o capacity.nc 给出（模型须有 capacity: load）。",
        "There is no load state; waterbal capacity SCENARIOS.yaml -o capacity.nc gives it "
        "(the model needs 'capacity: load').",
    ),
    "note_load_set": Term(
        "阈值集 {set}（{set_version}，{set_grade}）。", "Threshold set {set} ({set_version}, {set_grade})."
    ),
    "note_load": Term(
        "承载指数为用水量与控制量之比；总体状况取最不利项。",
        "The ratio is use over cap; the overall state is the worst of all.",
    ),
    "note_quality": Term(
        "水质：P 为排入受纳水体的负荷，P0 为设计枯水流量完全混合后恰好达标的负荷，均由模拟排放量逐年合计、多年平均。"
        "水功能区达标率 Q/Q0 由监测得出，模型不含。",
        "Quality: P is the load discharged to a receiving water, P0 the load at which its class just holds after "
        "complete mixing at the design flow, both from simulated discharges, mean of a year. The compliance rate "
        "Q/Q0 of monitored zones is not in the model.",
    ),
    "note_no_quality": Term(
        "水质（Q/Q0、P/P0）：模型未设受纳水体（capacity.receiving_waters），未列。",
        "Quality (Q/Q0, P/P0): not in the model, which has no receiving waters (capacity.receiving_waters).",
    ),
    "note_quality_flows": Term(
        "水质（P/P0）：所给结果没有排放量；同时给出 waterbal run MODEL.yaml -o balance.nc 的结果即可列出。",
        "Quality (P/P0): the results given have no discharges; add that of waterbal run MODEL.yaml -o balance.nc.",
    ),
    "note_no_capacity": Term(
        "没有承载能力结果；由 waterbal capacity SCENARIOS.yaml -o capacity.nc 给出。",
        "There are no capacities; waterbal capacity SCENARIOS.yaml -o capacity.nc gives them.",
    ),
    "note_single": Term(
        "单项极限是其他指标保持规划时一项的最大值，互为替代，不能同时达到，也不能相加。",
        "What is carried of one driver alone, the others at plan: alternatives that neither hold together nor add up.",
    ),
    "note_ratio": Term(
        "“–”表示没有成立的规模或不受水资源约束，见“状态”。",
        "A dash: no scale holds, or water does not bound it; see the state.",
    ),
    "note_exceedance": Term(
        "规划超载概率为规划规模下不满足要求的水文样本比例及 Clopper–Pearson 区间；规划本身不满足非水约束的，为 100 %，"
        "写明该约束，无区间。",
        "P(plan > capacity): share of realizations that fail at plan, with the Clopper-Pearson interval; 100 %, with "
        "the limit and without an interval, where the plan itself breaks a limit that is not water.",
    ),
    "note_judged_apart": Term(
        "规划超载概率按各水文样本单独、各用自身年份判别；最大规模与“状态”把全部样本的年份合在一起判别，"
        "因此“可承载规划”可以与不小的超载概率并存。",
        "For P(plan > capacity) each realization is judged alone on its own years; the largest scale and the state are "
        "judged on the years of all realizations together, so that a plan that is carried can stand beside a "
        "probability that is not small.",
    ),
    "note_relief": Term(
        "缓解措施只对详细分析的方案和方向给出，详见 T9。",
        "Relief is told for the scenario and direction that were looked at closely; see T9.",
    ),
    "note_plan_assumed": Term(
        "规划规模为假定值，并非官方数字；与规划的比较只在该假定下成立。",
        "The plan is assumed, no official figure; comparisons with it hold under that assumption only.",
    ),
    "note_sensitivity": Term(
        "每行只有一个参数取变幅的下限、上限，其余参数取原值，各端重新搜索承载规模；各方向分别按两端之差由大到小排列，"
        "序号为该方向影响最大的三个参数。",
        "In each row one input takes the low and the high end of its range, all others stay as they are, and the "
        "capacity is searched again at each end. Each direction has its largest swing first; numbered: the three "
        "inputs that matter most along it.",
    ),
    "note_no_measures": Term(
        "没有措施分析；由 waterbal capacity SCENARIOS.yaml -o capacity.nc 给出（情景文件须有 measures）。",
        "There are no measures; waterbal capacity SCENARIOS.yaml -o capacity.nc gives them "
        "(the scenario file needs 'measures').",
    ),
    "note_measures_of": Term(
        "方案：{scenario}；方向：{direction}。", "Scenario: {scenario}; direction: {direction}."
    ),
    "note_measures": Term(
        "各措施单独实施、逐一重新模拟；按单位费用增量由大到小排列，费用未知者列后。",
        "Each measure alone, simulated again; most change per cost first, those of unknown cost last.",
    ),
    "note_no_admissions": Term(
        "没有准入结果；由 waterbal admit MODEL.yaml PROJECT.yaml -o admission.json 给出。",
        "There are no admissions; waterbal admit MODEL.yaml PROJECT.yaml -o admission.json gives them.",
    ),
    "note_ledger": Term("台账余量（万m³/年）：{left}。", "Left in the ledger (1e4 m³/yr): {left}."),
    "note_admission": Term(
        "判定情景：{futures}；水文样本 {count} 个。", "Judged in: {futures}; realizations: {count}."
    ),
    "note_evidence": Term(
        "“无项目时”为同一指标在没有该项目时的数值。", "Without it: the same figure without the project."
    ),
    "note_config_of": Term(
        "{title}：配置取自方案 {scenario}；基准方案与其不同之处列于其后。",
        "{title}: the stored model is of scenario {scenario}; what the baseline changes is listed after it.",
    ),
    "note_no_grade": Term(
        "其中 {count} 项是方案改动的取值，自身没有等级。",
        "{count} of them, which scenarios change, have no grade of their own.",
    ),
    "note_grades": Term(
        "共 {count} 项：查得 {found}、推算 {derived}、假定 {assumed}。",
        "{count} entries: {found} found, {derived} derived, {assumed} assumed.",
    ),
    "note_date": Term(
        "来源日期取自来源文字中的日期；来源未写明日期的为空。",
        "Dates are those that the text of a source names; empty where it names none.",
    ),
}
"""Every sentence by key."""
