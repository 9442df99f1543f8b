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
    "to_aquifer": Term("回补地下水", "Recharge by returns and losses"),
    "from_aquifer": Term("回补的地下水", "Recharged returns and losses"),
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
    "storage_axis": Term("{name}<br>（万m³）", "{name}<br>(1e4 m³)"),
    "depth_axis": Term("{name}<br>埋深（m）", "{name}<br>depth (m)"),
    "depth": Term("地下水埋深", "Depth to groundwater"),
    "tier": Term("第 {number} 级限采 {depth} m（×{factor}）", "tier {number}: {depth} m (x{factor})"),
    "floor": Term("开采下限", "pumping floor"),
    "used": Term("用量", "Used"),
    "entitlement": Term("年指标", "Entitlement"),
    "quota_axis": Term("{name}<br>（万m³/年）", "{name}<br>(1e4 m³/yr)"),
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
    text = str(getattr(WORDS[key], language))
    return text.format(**values) if values else text
