"""Words of the tables that planners file, in Chinese and English, as data."""

from __future__ import annotations

from typing import Any

from waterbal.report.sheets.notes import NOTES
from waterbal.results.terms import LIMITS, Term

WORDS: dict[str, Term] = {
    # titles
    "T1": Term("供需平衡分析表", "Balance of supply and demand"),
    "T1b": Term("各方案供需概览", "Overview of scenarios"),
    "T2": Term("三次平衡分析表", "First, second and third balance"),
    "T3": Term("需水预测成果表", "Forecast of demand"),
    "T4": Term("可供水量表", "Available supply"),
    "T5": Term("水资源配置成果表", "Allocation of water"),
    "T6": Term("长系列统计与最枯段", "Long-series statistics and critical period"),
    "T7": Term("水资源承载状况（承载指数）", "Load state of water resources"),
    "T8": Term("“四定”成果表（单项极限）", "What the water carries, each driver alone"),
    "T8b": Term("不确定参数的影响（敏感性）", "What uncertain inputs do to what the water carries"),
    "T9": Term("措施成本表", "Measures and their cost"),
    "T10": Term("准入台账", "Register of admissions"),
    "T11": Term("参数来源表", "Sources of parameters"),
    # workbook
    "workbook": Term("水资源供需与承载能力成果表", "Tables of water balance and carrying capacity"),
    "contents": Term("目录", "Contents"),
    "table": Term("表号", "Table"),
    "table_title": Term("表名", "Title"),
    "rows": Term("行数", "Rows"),
    "note": Term("注：", "Note: "),
    "page_number": Term("第 &P 页，共 &N 页", "Page &P of &N"),
    # units
    "unit_volume": Term("单位：万m³", "Unit: 1e4 m³ (万m³)"),
    "unit_volume_year": Term("单位：万m³/年", "Unit: 1e4 m³/yr (万m³/年)"),
    "unit_none": Term("单位：见各列", "Units: see columns"),
    # columns
    "horizon": Term("水平年", "Planning year"),
    "scenario": Term("方案", "Scenario"),
    "probability": Term("保证率", "Guarantee rate"),
    "picked": Term("代表年", "Year that stands for it"),
    "zone": Term("分区", "Zone"),
    "sector": Term("行业", "Sector"),
    "need": Term("需水量", "Demand"),
    "supply": Term("供水量", "Supply"),
    "supply_sector": Term("供水量（按行业）", "Supply by sector"),
    "supply_source": Term("供水量（按水源）", "Supply by source"),
    "balance": Term("余缺水量", "Surplus (+) or deficit (-)"),
    "short_share": Term("缺水率", "Short"),
    "total": Term("合计", "Total"),
    "subtotal": Term("小计", "Subtotal"),
    "district": Term("全区", "District"),
    "no_zone": Term("不分区", "No zone"),
    "mean": Term("多年平均", "Mean"),
    "at_p": Term("{p}%", "{p}%"),
    "typical_p": Term("P={p}%", "P = {p}%"),
    "typical_year_of": Term("典型年 {year} 年（各年平均）", "typical year {year} (mean of its copies)"),
    "year_of": Term("{year}年", "{year}"),
    "less_short": Term(
        "{picked}（按一次平衡排频，本平衡缺水率低于较低保证率的年份）",
        "{picked} (ranked by the first balance; in this one less short than the year of a lower rate)",
    ),
    "year_of_sample": Term("样本{realization}·{year}年", "realization {realization}, {year}"),
    # families of sources
    "river_intake": Term("河道引水", "River diversion"),
    "transfer": Term("跨流域调水", "Transfer"),
    "catchment": Term("当地地表水", "Local surface water"),
    "aquifer": Term("地下水", "Groundwater"),
    "reclaimed": Term("再生水", "Reclaimed water"),
    "return_flow": Term("回归水", "Return flow"),
    "rain_harvest": Term("雨水利用", "Rain harvest"),
    "desalination": Term("淡化水", "Desalination"),
    "storage": Term("水库蓄水", "Water stored earlier"),
    "store_inflow": Term("{store}（来水降水）", "{store} (inflow and rain)"),
    "other_source": Term("其他水源", "Other sources"),
    # demand forecast
    "driver": Term("驱动指标", "Driver"),
    "driver_unit": Term("指标单位", "Unit of driver"),
    "amount": Term("指标值", "Amount"),
    "norm_net": Term("净定额", "Net norm"),
    "norm_gross": Term("毛定额", "Gross norm"),
    "norm_unit": Term("定额单位", "Unit of norm"),
    "need_net": Term("净需水量", "Net demand"),
    "need_gross": Term("毛需水量", "Gross demand"),
    "efficiency": Term("用水利用系数", "Net over gross"),
    "people": Term("人口", "People"),
    "value_added": Term("工业增加值", "Industrial value added"),
    "irrigated_area": Term("灌溉面积", "Irrigated area"),
    "green_area": Term("绿地面积", "Green area"),
    "lake_area": Term("水面面积", "Water surface"),
    "river_flow": Term("生态流量", "Required flow"),
    "direct": Term("直接给定", "Given directly"),
    "unit_people": Term("万人", "1e4 persons"),
    "unit_value": Term("亿元", "1e8 yuan"),
    "unit_mu": Term("万亩", "1e4 mu"),
    "unit_km2": Term("km²", "km²"),
    "unit_rate": Term("万m³/d", "1e4 m³/d"),
    "norm_people": Term("L/(人·d)", "L/(person·d)"),
    "norm_value": Term("m³/万元", "m³/1e4 yuan"),
    "norm_mu": Term("m³/亩", "m³/mu"),
    "norm_mm": Term("mm", "mm"),
    "norm_days": Term("d", "d"),
    # scenarios
    "reliability_sector": Term("年供水保证率（各样本年份合并）", "Guarantee rate, all years together"),
    # balances
    "T2b": Term("三次平衡各水源取用水量", "Water taken in each balance"),
    "T2c": Term("各措施弥补的缺水量", "Deficit closed by each measure"),
    "T2d": Term("量水而行：不缺水的规模", "Scales that fit the water"),
    "which_balance": Term("平衡", "Balance"),
    "withdrawal": Term("取用水量（未扣损失）", "Withdrawal before losses"),
    "measure": Term("措施", "Measure"),
    "order_listed": Term("按所列次序", "In the listed order"),
    "order_reversed": Term("反序", "In the reversed order"),
    "order_average": Term("两序平均", "Mean of both orders"),
    "condition": Term("条件", "Condition"),
    "scale": Term("规模系数", "Scale"),
    "plan": Term("规划", "Plan"),
    # available supply
    "family": Term("水源类别", "Family"),
    "source": Term("水源（工程）", "Source or project"),
    "limits": Term("取水上限（各类年累计）", "Limits, by kind, sum of a year"),
    "available": Term("可供水量", "Available"),
    "quotas": Term("受控指标", "Counted by quotas"),
    "binding": Term("约束", "What binds"),
    "permit": Term("取水许可（独有指标）", "Legal limit, own quotas"),
    "quota_of": Term("{quota} {volume}", "{quota} {volume}"),
    "quota_shared": Term("{quota}（共用）", "{quota} (shared)"),
    "quota_shared_of": Term("{quota} {volume}（共用）", "{quota} {volume} (shared)"),
    "bound_by_nothing": Term("无", "nothing"),
    "bound_by_returns": Term("退水量与处理能力", "returns and capacity of the works"),
    "bound_in": Term("{limit}（{share}%时段）", "{limit} (in {share}% of the steps)"),
    "bound_yearly": Term("{limit}（年累计最小）", "{limit} (smallest over the year)"),
    "bound_used_up": Term(
        "{quota}在 {share}% 的指标年用完", "{quota} used up in {share}% of the quota years"
    ),
    "bound_none_granted": Term("{quota}为零", "{quota} is zero"),
    "bound_used_up_calendar": Term(
        "{quota}在 {share}% 的年份年末已用完", "{quota} used up by the end of {share}% of the calendar years"
    ),
    "bound_quota": Term("用水指标", "quota"),
    "bound_level_tier": Term("限采水位", "level tier"),
    "bound_storage": Term("地下水储量", "groundwater storage"),
    "bound_none": Term("无", "nothing"),
    # allocation
    "user": Term("用户", "User"),
    # long series
    "T6b": Term("最枯时段（连续缺水最大）", "Worst years in a row"),
    "object": Term("对象", "Object"),
    "years": Term("年数", "Years"),
    "variation": Term("供水量Cv", "Cv of supply"),
    "extremes": Term("极值年", "Extreme years"),
    "least": Term("最小年供水量", "Least supply"),
    "worst": Term("最大年缺水量", "Largest deficit"),
    "year": Term("年份", "Year"),
    "rates": Term("供水保证率", "Guarantee rates"),
    "rate_annual": Term("年", "By year"),
    "rate_step": Term("时段", "By step"),
    "rate_volume": Term("水量", "By volume"),
    "rate_lowest": Term("年（各样本中最低）", "By year, lowest of a realization"),
    "failures": Term("破坏情况", "Failures"),
    "depth": Term("最大破坏深度", "Failure depth"),
    "longest": Term("最长缺水历时（时段数）", "Longest event (steps)"),
    "span": Term("连续年数", "Years in a row"),
    "span_years": Term("连续{span}年", "{span} in a row"),
    "from": Term("起", "From"),
    "to": Term("止", "To"),
    # load state
    "load_element": Term("控制指标", "Cap"),
    "counted": Term("口径", "Counted"),
    "counted_needed": Term("规划需用", "needed by the plan"),
    "counted_used": Term("模拟使用", "used in the simulation"),
    "load_use": Term("用水量 W（G）、入河负荷 P", "Use W (G), load P"),
    "load_limit": Term("控制量 W0（G0）、纳污能力 P0", "Cap W0 (G0), P0"),
    "load_ratio": Term("承载指数 W/W0（G/G0、P/P0）", "Ratio W/W0 (G/G0, P/P0)"),
    "load_water": Term("{water}入河负荷（t/年）", "{water}: load (t/yr)"),
    "load_class_met": Term("达标", "class holds"),
    "load_class_missed": Term("超标（{share}%{part}）", "class missed in {share}% of the {part}"),
    "part_steps": Term("时段", "steps"),
    "part_years": Term("年份", "years"),
    "load_band": Term("承载状况", "State"),
    # capacities
    "direction": Term("方向", "Direction"),
    "single_limit": Term("{direction}（单项极限）", "{direction} (alone)"),
    "unit": Term("单位", "Unit"),
    "largest": Term("最大规模", "Largest"),
    "ratio": Term("最大规模/规划", "Largest over plan"),
    "state": Term("状态", "State"),
    "exceedance": Term("规划超载概率%（95%区间）", "P(plan > capacity) % (95 %)"),
    "relief": Term("缓解措施（规模增量）", "Relief (change of scale)"),
    "relief_none": Term("所列措施均无单独作用", "none of the measures helps alone"),
    "state_unbounded": Term("水资源不构成约束", "not bounded by water"),
    "state_none": Term("任何规模均不成立", "no scale holds"),
    "state_non_monotone": Term("非单调，取保守值", "not monotone: the safe value"),
    "state_carried": Term("可承载规划", "carries the plan"),
    "state_outside": Term("规划不满足非水约束", "plan breaks a limit not of water"),
    "state_off_plan": Term("规划不在此方向上", "the plan is not along it"),
    "state_over": Term("规划超载", "plan exceeds it"),
    # sensitivity
    "carried_unit": Term("承载规模单位", "Unit of the capacity"),
    "multiple_of_plan": Term("规划的倍数", "multiple of the plan"),
    "carried_nominal": Term("各参数取原值时", "All as they are"),
    "carried_at_low": Term("取下限时", "At the low end"),
    "carried_at_high": Term("取上限时", "At the high end"),
    "carried_swing": Term("两端之差", "Swing"),
    "carried_effect": Term("平均绝对基本效应 μ*", "Mean absolute effect μ*"),
    # measures
    "rank": Term("序", "No."),
    "cost": Term("年费用", "Cost"),
    "unit_money_year": Term("万元/年", "1e4 yuan/yr"),
    "scale_after": Term("实施后承载规模", "Scale with it"),
    "scale_change": Term("规模增量 Δ", "Change of scale"),
    "per_cost": Term("每千万元增量", "Change per 1e7 yuan/yr"),
    "lead_time": Term("建设周期", "Lead time"),
    "unit_years": Term("年", "years"),
    "binding_next": Term("其后的约束", "What binds next"),
    # admissions
    "T10b": Term("准入审查依据", "Evidence of admissions"),
    "number": Term("序号", "No."),
    "project": Term("项目", "Project"),
    "start_year": Term("取水起始年", "Begins in"),
    "judged_from": Term("判定起始年", "Judged from"),
    "intake": Term("年取水量", "Intake"),
    "value_per_volume": Term("单方水增加值（元/m³）", "Value added (yuan/m³)"),
    "verdict": Term("结论", "Verdict"),
    "tests": Term("审查项", "Tests"),
    "condition_of": Term("准入条件 / 能通过的最小改变", "Condition, or smallest change that passes"),
    "no_remedy": Term("未找到能使其通过的改变", "no change was found with which it passes"),
    "test": Term("审查项", "Test"),
    "result": Term("结果", "Result"),
    "future": Term("情景", "Future"),
    "evidence": Term("依据", "Evidence"),
    "value": Term("数值", "Value"),
    "relation": Term("要求", "Must be"),
    "limit": Term("限值", "Limit"),
    "before": Term("无项目时", "Without it"),
    "met": Term("满足", "Met"),
    "yes": Term("是", "yes"),
    "no": Term("否", "no"),
    # provenance
    "path": Term("参数（模型路径）", "Parameter (place in the model)"),
    "low": Term("下限", "Low"),
    "high": Term("上限", "High"),
    "source_of": Term("来源", "Source"),
    "date": Term("来源日期", "Date of source"),
    "grade": Term("等级", "Grade"),
    "parameter": Term("参数表键", "Key in parameter tables"),
    "grade_found": Term("查得", "found"),
    "grade_derived": Term("推算", "derived"),
    "grade_assumed": Term("假定", "assumed"),
    "changed_by": Term("基准方案 {scenario} 的取值", "value of the baseline {scenario}"),
    "changed_back": Term("（模型原值）", "(as in the model)"),
}
"""Every word by key."""

WORDS |= NOTES
WORDS |= {f"bound_{kind}": name for kind, name in LIMITS.items()}


def term(key: str, **values: Any) -> Term:
    """Return a word or a sentence in both languages.

    Parameters
    ----------
    key : str
        Key of ``WORDS``.
    values : Any
        What the sentence names in braces; a ``Term`` is put in its own language.
    """
    word = WORDS[key]
    if not values:
        return word
    texts = (
        getattr(word, language).format(
            **{k: getattr(v, language) if isinstance(v, Term) else v for k, v in values.items()}
        )
        for language in ("zh", "en")
    )
    return Term(*texts)
