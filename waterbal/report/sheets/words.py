"""Words of the tables that planners file, in Chinese and English, as data."""

from __future__ import annotations

from typing import Any

from waterbal.results.terms import Term

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
    "T9": Term("措施成本表", "Measures and their cost"),
    "T10": Term("准入台账", "Register of admissions"),
    "T11": Term("参数来源表", "Sources of parameters"),
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
    "year_of": Term("{year}年", "{year}"),
    "year_of_sample": Term("样本{realization}·{year}年", "realization {realization}, {year}"),
    # families of sources
    "river_intake": Term("河道引水", "River diversion"),
    "transfer": Term("跨流域调水", "Transfer"),
    "catchment": Term("当地地表水", "Local surface water"),
    "aquifer": Term("地下水", "Groundwater"),
    "reclaimed": Term("再生水", "Reclaimed water"),
    "rain_harvest": Term("雨水利用", "Rain harvest"),
    "desalination": Term("淡化水", "Desalination"),
    "storage": Term("水库蓄水", "Water stored earlier"),
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
    # notes
    "note_picked": Term(
        "各保证率行为真实年份：{count} 个完整年（{realizations} 个水文样本）按“全区总供水量÷总需水量”由大到小排序"
        "（相同时按需水量由小到大），经验频率 P=m/(n+1) 首次达到该保证率的年份；同一行各列均取自该年，"
        "不由分项频率相加。",
        "Rows of guarantee rates are real years: of {count} complete years ({realizations} realizations) in order of "
        "total supply over total need of the district, best first (equal ones in order of need), the first whose "
        "empirical frequency P = m/(n+1) reaches the rate. All columns are of that year; no quantiles are added.",
    ),
    "note_unsupported": Term(
        "{case}：{count} 个完整年不支持的保证率未列：{left}。",
        "{case}: {count} complete years do not support the guarantee rates {left}, which are left out.",
    ),
    "note_mean": Term(
        "多年平均为全部完整年、全部水文样本的平均。", "Means are of all complete years of all realizations."
    ),
    "note_rounding": Term(
        "各表合计数与分项之和严格一致：总合计四舍五入，分项与小计按控制取整（Cox–Ernst 1982）取相邻整数，"
        "与原值相差不足 1 个末位单位。",
        "Parts add up to totals as printed: the overall total is rounded to the nearest, parts and subtotals to a "
        "neighbour (controlled rounding, Cox & Ernst 1982), each less than one unit of the last digit from its value.",
    ),
    "note_balance": Term(
        "余缺水量＝供水量−需水量（按表列数）；缺水率＝(需水量−供水量)/需水量，按未取整数计算。",
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
        "定额由需水量÷驱动指标反算（多年平均）；毛需水量含管网漏损，灌溉定额为渠首毛定额。",
        "Norms are demand over driver, mean of all years; gross demand has the network loss in it, "
        "irrigation is at the canal head.",
    ),
}
"""Every word by key."""


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
