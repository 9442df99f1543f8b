"""Words of figures in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.results.terms import Term

TYPES: Mapping[str, Term] = {
    "river_intake": Term("河道取水", "River intakes"),
    "transfer": Term("调水", "Transfers"),
    "catchment": Term("当地地表水", "Local rivers"),
    "aquifer": Term("地下水", "Groundwater"),
    "reclaimed": Term("再生水", "Reclaimed water"),
    "rain_harvest": Term("雨水利用", "Harvested rain"),
    "desalination": Term("海水淡化", "Desalination"),
    "source": Term("水源", "Sources"),
    "reservoir": Term("水库", "Reservoirs"),
    "store": Term("水库", "Reservoirs"),
    "treatment": Term("水厂", "Waterworks"),
    "wastewater": Term("污水处理厂", "Wastewater plants"),
    "junction": Term("管网与河渠", "Mains and canals"),
    "node": Term("节点", "Nodes"),
    "demand": Term("用户", "Users"),
}
"""Names of element types, several together."""

WORDS: Mapping[str, Term] = {
    "several": Term("{name}（{count} 处）", "{name} ({count})"),
    "volume_axis": Term("水量（万m³/年）", "Volume (1e4 m³/yr)"),
    "volume_month": Term("水量（万m³/月）", "Volume (1e4 m³/month)"),
    "volume_step": Term("水量（万m³/时段）", "Volume (1e4 m³/step)"),
    "per_year": Term("万m³/年", "1e4 m³/yr"),
    "unit": Term("万m³", "1e4 m³"),
    # network
    "mean_flow": Term("年均输水", "mean flow"),
    "busy": Term("满负荷时段占比", "share of steps at capacity"),
    "bottleneck": Term("瓶颈（≥{share} 时段满负荷）", "Bottleneck (at capacity in {share} of steps or more)"),
    "unused": Term("未用", "unused"),
    "flow_class": Term("{low}–{high} 万m³/年", "{low}–{high} 1e4 m³/yr"),
    "flow_least": Term("<{high} 万m³/年", "<{high} 1e4 m³/yr"),
    "flow_most": Term("≥{low} 万m³/年", "≥{low} 1e4 m³/yr"),
    "returns": Term("退水（点击显示）", "Returns (click to show)"),
    "gives": Term("年均流出", "leaves, mean"),
    "takes": Term("年均流入", "arrives, mean"),
    "met_share": Term("供水满足率", "share of need supplied"),
    # sankey
    "end_aquifer_recharge": Term("降水与侧向补给", "Rain and lateral recharge"),
    "end_store_inflow": Term("水库天然入流", "Natural inflow to reservoirs"),
    "end_rain_on_store": Term("水面降水", "Rain on reservoirs"),
    "end_consumption": Term("用户消耗", "Consumed"),
    "end_settling_loss": Term("沉沙池等取水损失", "Settling loss"),
    "end_conveyance_loss": Term("输水损失", "Conveyance loss"),
    "end_process_loss": Term("水厂自用与处理损失", "Process loss"),
    "end_discharge": Term("处理后排放与入河", "Discharge to rivers"),
    "end_bypass": Term("未处理溢流", "By-pass untreated"),
    "end_evaporation": Term("水面蒸发", "Evaporation"),
    "end_seepage": Term("渗漏", "Seepage lost"),
    "end_spill": Term("弃水", "Spill"),
    "end_phreatic_evaporation": Term("潜水蒸发", "Phreatic evaporation"),
    "end_aquifer_overflow": Term("地下水溢出", "Aquifer overflow"),
    "end_store_filled": Term("水库蓄变量（增）", "Reservoir storage gained"),
    "end_store_drawn": Term("水库蓄变量（减）", "Reservoir storage drawn"),
    "end_aquifer_filled": Term("地下水蓄变量（增）", "Groundwater storage gained"),
    "end_aquifer_drawn": Term("地下水蓄变量（减）", "Groundwater storage drawn"),
    "to_works": Term("退水至回用", "Returned for reuse"),
    "from_works": Term("回用的退水", "Reused returns"),
    "to_aquifer": Term("回补地下水", "Recharge by returns"),
    "from_aquifer": Term("回补的地下水", "Recharged returns"),
    "to_store": Term("退水入库", "Returned to reservoirs"),
    "from_store": Term("入库的退水", "Returns in reservoirs"),
    "share_of": Term("占来水", "of all inputs"),
    # series
    "month": Term("月份", "Month"),
    "year": Term("年份", "Year"),
    "need": Term("需水量", "Need"),
    "supply": Term("供水量", "Supply"),
    "shortage": Term("缺水量", "Shortage"),
    "short_share": Term("缺水率", "Share short"),
    "no_need": Term("无需水", "no need"),
    "mean_month": Term("多年平均各月", "Mean month"),
    "by_year": Term("各年", "By year"),
    "volume_stored": Term("蓄水量", "Volume stored"),
    "allowed": Term("允许最大蓄量（汛限/正常）", "Largest allowed (flood-limited / full)"),
    "dead": Term("死库容", "Dead storage"),
    "curve": Term("预留水量线（旱限）", "Reserve curve"),
    "storage_axis": Term("万m³", "1e4 m³"),
    "depth_axis": Term("埋深（m）", "depth (m)"),
    "depth": Term("地下水埋深", "Depth to groundwater"),
    "tier": Term("第 {number} 级限采 {depth} m（×{factor}）", "tier {number}: {depth} m (x{factor})"),
    "floor": Term("开采下限", "pumping floor"),
    "used": Term("用量", "Used"),
    "used_up": Term("用量（指标用尽）", "Used, nothing left"),
    "quota_years": Term(
        "（指标年自 {month} 月起；{years} 年不完整，未画）",
        " (years begin in month {month}; {years}: not whole, not drawn)",
    ),
    "entitlement": Term("年指标", "Entitlement"),
    "quota_axis": Term("万m³/年", "1e4 m³/yr"),
    # capacity
    "plan_line": Term("规划", "plan"),
    "off_plan": Term("规划不在此方向上", "the plan is not along it"),
    "baseline_year": Term("{year}（基准方案）", "{year} (baseline)"),
    "scale": Term("承载规模", "scale"),
    "scale_axis": Term("承载规模（规划 = 1）", "Carried, as multiple of the plan (plan = 1)"),
    "scale_of": Term("{direction}：承载规模（规划 = 1）", "{direction}: carried, as multiple of the plan"),
    "carried_axis": Term("可承载{name}（{unit}）", "{name} carried ({unit})"),
    "none_carried": Term("不成立", "none carried"),
    "not_bounded": Term("不受限", "not bounded"),
    "in_scenarios": Term("{count} 个方案{word}", "{word} in {count}"),
    "list_mark": Term("，", ", "),
    "on_frontier": Term("可同时承载（前沿点）", "Carried together (frontier)"),
    "dominated": Term("被其他点支配", "Dominated by another point"),
    "alternatives": Term("单项极限（不可同时达到）", "Maxima of one driver alone (alternatives)"),
    "maximum_of": Term("单项极限：", "Maximum of"),
    "plans": Term("规划", "Plans"),
    "plan_carried": Term("沿规划比例可承载", "Carried in the mix of the plan"),
    "rays_none": Term(
        "另有 {count} 个方向没有可承载的规模，未画出",
        "{count} more directions carry nothing and are not drawn",
    ),
    "change_axis": Term(
        "{direction}承载规模的变化（规划的倍数）",
        "Change of the scale of {direction} (multiples of the plan)",
    ),
    "worth_axis": Term(
        "限值放宽 1 % 时{direction}承载规模的变化",
        "Change of the scale of {direction} for 1 % more of the limit",
    ),
    "cost": Term("{cost} 万元/年", "{cost} ×1e4 yuan/yr"),
    "cost_unknown": Term("费用未知", "cost not known"),
    "lead": Term("{years} 年见效", "{years} years to act"),
    "within_tolerance": Term(
        "灰带：搜索误差 ±{tolerance} 以内，不算影响",
        "grey: within the error of the search, ±{tolerance}: no effect",
    ),
    "no_effect_alone": Term("无单独作用", "no effect alone"),
    "in_scenario": Term("方案中已有", "in the scenario already"),
    "no_limit_binds": Term(
        "没有单独一项限值放宽 1 % 能改变承载规模，因此没有可画的变化。",
        "No single limit, raised by 1 %, changes what is carried: there is nothing to draw.",
    ),
    "no_measure_helps": Term(
        "所列 {count} 项措施单独采用均不改变承载规模，因此没有可画的增量。",
        "None of the {count} measures, taken alone, changes what is carried: there is nothing to draw.",
    ),
    "no_input_matters": Term(
        "{count} 个不确定参数在各自范围内单独变化均不改变承载规模，因此没有可画的变幅。",
        "None of the {count} uncertain inputs, changed alone within its range, changes what is carried: there is "
        "nothing to draw.",
    ),
    "never_short": Term(
        "全部 {count} 年各月均不缺水，因此没有可画的缺水率。",
        "No month of the {count} years is short of water: there is nothing to draw.",
    ),
    "at_low": Term("下限", "at low"),
    "at_high": Term("上限", "at high"),
    "exceeds": Term(
        "曲线：{count} 个样本各求出承载规模，规划不成立的占 {share}（{low}–{high}）",
        "curve: the capacity of each of {count} records; the plan fails in {share} ({low}–{high})",
    ),
    "exceeds_limit": Term(
        "规划本身不满足{limits}，与水文无关：规划不成立的占 100 %",
        "the plan itself breaks {limits}, whatever the hydrology: it fails in 100 %",
    ),
    "exceeds_tried": Term(
        "结论：规划在 {count} 个样本中各试算一次，不成立的占 {share}（{low}–{high}）",
        "verdict: the plan tried in each of {count} records; it fails in {share} ({low}–{high})",
    ),
    "carry_shares": Term(
        "纵轴：能承载该规模的样本比例（{counted}；虚线为规划）",
        "Upward: share of records that carry at least so much ({counted}; dashed: the plan)",
    ),
    "carry_share": Term("样本比例", "share of records"),
    "records": Term("{count} 个水文样本，{level} 区间", "{count} records, {level} interval"),
    # balances
    "gap": Term("缺口", "Gap"),
    "gap_axis": Term("缺口（万m³/年）", "Gap (1e4 m³/yr)"),
    "gap_first": Term("一次平衡缺口", "Gap, first balance"),
    "gap_last": Term("末次平衡缺口", "Gap, last balance"),
    "order_listed": Term("各措施弥补的缺口：按所列次序", "Gap closed by each measure: in the order listed"),
    "order_reversed": Term("各措施弥补的缺口：反序", "Gap closed by each measure: in reverse order"),
    # scenarios
    "rate": Term("年保证率", "Yearly rate"),
    "supplied": Term("供水<br>满足率", "Share<br>supplied"),
    "lowest_realization": Term("各样本中最低", "lowest of a realization"),
    "scenario_axis": Term("{count} 个方案", "{count} scenarios"),
    "left_out": Term(
        "另有 {count} 个供水满足率更高的方案未画出",
        "{count} scenarios that are supplied better are not drawn",
    ),
}
"""Every word of a figure by key."""


def say(key: str, language: str, **values: Any) -> str:
    """Return a word or a sentence in a language.

    Parameters
    ----------
    key : str
        Key of ``WORDS``.
    language : str
        ``zh`` or ``en``.
    **values
        What the sentence names in braces.
    """
    return WORDS[key].said(language, **values)
