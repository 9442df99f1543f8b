"""The registry of results: every variable with its dimensions, unit, names and where its numbers come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.results import derived
from waterbal.results.facts import Facts
from waterbal.results.terms import BINDING, GUARANTEE, STATUS
from waterbal.results.view import View

VOLUME = "1e4 m3"
SUM = "time: sum"
END = "time: point (at the end of the step)"
QUOTA_YEAR = "time: point (of the quota year)"
CURRENCY = "1e4 CNY"

Fill = str | Callable[[Any], Any]


@dataclass(frozen=True)
class Variable:
    """One variable of a result."""

    name: str
    dims: tuple[str, ...]
    """Dimensions after scenario and realization, time last."""
    units: str
    """As UDUNITS reads it."""
    en: str
    """``long_name``."""
    zh: str
    """``long_name_zh``."""
    fill: Fill
    """Field of ``RunOutput``, or a function of the facts. Either gives (member, time, element, ...), or
    (member, element, ...) where there is no time, or (element, ...) where ``fixed``."""
    cell_methods: str = ""
    standard_name: str = ""
    flags: Mapping[int, str] = field(default_factory=dict)
    """Meaning of each value of a flag variable."""
    fixed: bool = False
    """True: a property of the model, the same in every scenario and realization."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Further attributes."""

    @property
    def shape(self) -> tuple[str, ...]:
        """All dimensions in order."""
        return self.dims if self.fixed else ("scenario", "realization", *self.dims)

    def values(self, facts: Facts) -> Any:
        """Compute the array."""
        if isinstance(self.fill, str):
            return getattr(facts.view.run, self.fill)
        return self.fill(facts)


def _volume(name: str, element: str, en: str, zh: str, fill: Fill, methods: str = SUM) -> Variable:
    return Variable(name, (element, "time"), VOLUME, en, zh, fill, methods)


def _flags(meanings: tuple[str, ...]) -> dict[int, str]:
    return dict(enumerate(meanings))


def _money(group: str, element: str, price: str, volume: Callable[[View], Floats], zh: str) -> Variable:
    cost = price == "unit_cost"
    fill = derived.amount(group, price, volume)
    return Variable(
        f"{element}_cost" if cost else f"{element}_energy",
        (element, "time"),
        "1" if cost else "1e4 kW h",
        f"{'cost' if cost else 'energy'} of water through each {element}"
        + (f" in {CURRENCY}" if cost else ""),
        zh + ("费用（万元）" if cost else "能耗"),
        lambda facts: fill(facts.view),
        SUM,
        attributes={"currency": CURRENCY} if cost else {},
    )


def _weight(element: str, group: str) -> Variable:
    def fill(facts: Facts) -> Floats:
        return derived.quota_weights(facts.view, group)

    return Variable(
        f"quota_{element}_weight", ("quota", element), "1", f"weight of each {element} in each quota",
        "指标计量权重", fill, fixed=True,
    )  # fmt: skip


DEMANDS = (
    _volume("water_demand", "demand", "unrestricted gross water need", "需水量（毛）", lambda f: f.view.need),
    _volume(
        "water_demand_net", "demand", "unrestricted need without network leakage; of irrigation at the canal head",
        "需水量（净，扣除管网漏损；灌溉为渠首需水量）", lambda f: f.view.net_need,
    ),
    _volume("water_demand_restricted", "demand", "need after drought restriction", "限制用水后的需水量", "request"),
    _volume("water_supply", "demand", "water delivered", "供水量", "supply"),
    _volume(
        "water_shortage", "demand", "unrestricted need that is not supplied", "缺水量",
        lambda f: derived.water_shortage(f.view),
    ),
    _volume("consumption", "demand", "delivered water that is consumed", "耗水量", lambda f: f.view.consumption),
    _volume("return_flow", "demand", "delivered water that is returned", "退水量", lambda f: f.view.return_flow),
)  # fmt: skip

SOURCES = (
    _volume("source_withdrawal", "source", "withdrawal before settling loss", "水源取水量", "source_withdrawal"),
    _volume("source_available", "source", "smallest of the limits of a source", "水源可取水量", "source_available"),
    Variable(
        "source_limit", ("source", "limit", "time"), VOLUME, "upper bounds on the withdrawal, by kind",
        "取水上限（按类）", lambda f: derived.limit_table(f.view, "sources"), SUM,
    ),
    Variable(
        "source_binding_limit", ("source", "time"), "1", "what held the withdrawal back", "起约束作用的取水上限",
        lambda f: derived.source_binding_limit(f.view), flags=_flags(BINDING),
    ),
    _volume("source_loss", "source", "settling loss", "取水损失", lambda f: f.view.source_loss),
    _money("sources", "source", "unit_cost", lambda seen: seen.run.source_withdrawal, "水源"),
    _money("sources", "source", "energy", lambda seen: seen.run.source_withdrawal, "水源"),
)  # fmt: skip

AQUIFERS = (
    _volume("aquifer_pumping", "aquifer", "groundwater pumped", "地下水开采量", "aquifer_pumping"),
    Variable(
        "aquifer_limit", ("aquifer", "limit", "time"), VOLUME, "upper bounds on pumping, by kind",
        "开采上限（按类）", lambda f: derived.limit_table(f.view, "aquifers"), SUM,
    ),
    Variable(
        "aquifer_binding_limit", ("aquifer", "time"), "1", "what held pumping back", "起约束作用的开采上限",
        lambda f: derived.aquifer_binding_limit(f.view), flags=_flags(BINDING),
    ),
    _volume(
        "groundwater_storage", "aquifer", "storage above the pumping floor", "地下水可用储量", "aquifer_storage", END
    ),
    Variable("groundwater_depth", ("aquifer", "time"), "m", "depth to groundwater", "地下水埋深", "aquifer_depth", END),
    _volume("groundwater_recharge", "aquifer", "recharge from all sources", "地下水补给量", "aquifer_recharge"),
    _volume("phreatic_evaporation", "aquifer", "phreatic evaporation", "潜水蒸发量", "aquifer_evaporation"),
    _volume("groundwater_overflow", "aquifer", "overflow of a full aquifer", "地下水溢出量", "aquifer_overflow"),
    Variable(
        "groundwater_tier", ("aquifer", "time"), "1", "level tier in force, 0 = none", "限采水位级别",
        "aquifer_tier", attributes={"valid_min": 0.0},
    ),
    _money("aquifers", "aquifer", "unit_cost", lambda seen: seen.run.aquifer_pumping, "地下水"),
    _money("aquifers", "aquifer", "energy", lambda seen: seen.run.aquifer_pumping, "地下水"),
)  # fmt: skip

LINKS = (
    _volume("link_flow", "link", "flow at the tail of a link", "输水量（首端）", "link_flow"),
    _volume("link_loss", "link", "conveyance loss", "输水损失", lambda f: f.view.link_loss),
    _money("links", "link", "unit_cost", lambda seen: seen.run.link_flow, "输水"),
    _money("links", "link", "energy", lambda seen: seen.run.link_flow, "输水"),
)

STORES = (
    _volume("storage_volume", "store", "volume stored", "蓄水量", "storage", END),
    _volume(
        "storage_capacity", "store", "largest volume at the end of the step", "允许最大蓄水量",
        lambda f: f.view.series("stores", lambda row: row.capacity), END,
    ),
    Variable(
        "water_area", ("store", "time"), "km2", "water surface", "水面面积", lambda f: derived.water_area(f.view), END
    ),
    _volume("store_inflow", "store", "natural inflow", "天然入流量", "store_inflow"),
    _volume("rain_on_store", "store", "rain on the water surface", "水面降水量", "store_rain"),
    _volume("evaporation", "store", "evaporation from the water surface", "水面蒸发量", "store_evaporation"),
    _volume("seepage", "store", "seepage", "渗漏量", "store_seepage"),
    _volume("spill", "store", "spill", "弃水量", "spill"),
)  # fmt: skip

NODES = (
    _volume("node_inflow", "node", "inflow that is processed", "处理水量", "node_inflow"),
    _volume("node_bypass", "node", "inflow above capacity, released unprocessed", "溢流量", "node_bypass"),
    _volume("node_loss", "node", "process loss", "处理损失", "node_loss"),
    _volume("node_discharge", "node", "processed water that leaves the system", "排放量", "node_discharge"),
    _volume(
        "reclaimed_supply", "node", "returned water given to users again", "再生水供水量",
        lambda f: derived.reclaimed_supply(f.view),
    ),
    _money("nodes", "node", "unit_cost", lambda seen: seen.run.node_inflow, "水厂"),
    _money("nodes", "node", "energy", lambda seen: seen.run.node_inflow, "水厂"),
)  # fmt: skip

RULES = (
    _volume("quota_used", "quota", "use counted against the quota", "指标使用量", "quota_used"),
    _volume("quota_remaining", "quota", "what is left of the quota year", "指标剩余量", "quota_left", END),
    _volume(
        "quota_volume", "quota", "entitlement of the quota year", "年度指标",
        lambda f: f.view.series("quotas", lambda row: row.volume), QUOTA_YEAR,
    ),
    Variable(
        "restriction_tier", ("restriction", "time"), "1", "drought tier in force, 0 = none", "干旱限制级别",
        "restriction_tier", attributes={"valid_min": 0.0},
    ),
    _volume("reserve_need", "level", "volume that should be kept for later", "应预留水量", "reserve_need", END),
    _volume("reserve_kept", "level", "volume that is kept for later", "已预留水量", "reserve_kept", END),
)  # fmt: skip

SYSTEM = (
    Variable(
        "district_budget", ("term", "time"), VOLUME, "budget of the district by term", "全区水量平衡（按项）",
        lambda f: f.budget, SUM,
    ),
    Variable(
        "balance_residual", ("time",), "1", "largest relative residual of any balance or bound, from the original "
        "equations", "水量平衡最大相对残差", lambda f: f.closure, "time: maximum",
    ),
    Variable(
        "engine_residual", ("time",), "1", "largest relative residual found by the engine", "引擎自检最大相对残差",
        "residual", "time: maximum",
    ),
    Variable(
        "solver_status", ("time",), "1", "how the allocation of the step ended", "求解状态",
        lambda f: np.where(f.view.simulated | (f.view.run.status != 0), f.view.run.status, -1), flags=STATUS,
    ),
)  # fmt: skip

FIXED = (
    Variable(
        "guarantee_required", ("demand",), "1", "required share of years without failure", "要求的供水保证率",
        lambda f: f.performance.guarantee, fixed=True,
    ),
    Variable(
        "shortage_tolerance", ("demand",), "1", "share of a year's need that may be short", "年缺水容许比例",
        lambda f: np.array([row.tolerance for row in f.view.rows.demands]), fixed=True,
    ),
    Variable(
        "failure_depth_limit", ("demand",), "1", "largest share of a year's need that may ever be short",
        "允许破坏深度", lambda f: np.array([row.failure_depth for row in f.view.rows.demands]), fixed=True,
    ),
    Variable(
        "quota_reset_month", ("quota",), "1", "month in which the quota year begins", "指标年起始月",
        lambda f: np.array([float(row.reset_month) for row in f.view.rows.quotas]), fixed=True,
    ),
    _weight("source", "sources"),
    _weight("aquifer", "aquifers"),
    _weight("link", "links"),
)  # fmt: skip

METRICS = (
    ("reliability_step", "1", "share of steps without failure", "时段保证率"),
    ("reliability_annual", "1", "annual guarantee rate m / (n + 1)", "年供水保证率"),
    ("reliability_volumetric", "1", "share of the needed volume that is supplied", "水量保证率"),
    ("resilience", "1", "chance that a failing step is followed by a good one", "恢复性"),
    (
        "vulnerability_mean_event_maximum",
        VOLUME,
        "mean over events of the largest deficit",
        "脆弱性（事件最大缺水均值）",
    ),
    ("vulnerability_maximum", VOLUME, "largest deficit of any step", "最大时段缺水量"),
    ("failure_steps", "1", "number of failing steps", "破坏时段数"),
    ("event_count", "1", "number of failure events", "缺水事件数"),
    ("event_volume_mean", VOLUME, "mean deficit of an event", "事件平均缺水量"),
    ("event_volume_maximum", VOLUME, "largest deficit of an event", "事件最大缺水量"),
    ("event_longest", "1", "steps of the longest event", "最长缺水历时（时段数）"),
    ("failure_depth", "1", "largest share of a year's need that is short", "破坏深度"),
    ("failure_depth_step", "1", "largest share of a step's need that is short", "时段破坏深度"),
    ("years_with_need", "1", "complete years in which there is need", "有需水的完整年数"),
)
"""Name, unit and labels of what is told of every demand, sector, zone and of the district."""

GROUP_NAMES = {
    "demand": ("", ""),
    "sector": ("sector ", "行业"),
    "zone": ("zone ", "分区"),
    "district": ("district ", "全区"),
}


def _metric(group: str, name: str, units: str, en: str, zh: str) -> Variable:
    prefix_en, prefix_zh = GROUP_NAMES[group]

    def fill(facts: Facts) -> Any:
        values = facts.performance.measures(group)[name]
        return values[:, 0] if group == "district" else values

    return Variable(
        name if group == "demand" else f"{group}_{name}",
        () if group == "district" else (group,),
        units,
        (f"{prefix_en.strip()}: " if prefix_en else "") + en,
        (f"{prefix_zh}：" if prefix_zh else "") + zh,
        fill,
        attributes={"valid_range": np.array([0.0, 1.0])} if _is_share(name) else {},
    )


def _is_share(name: str) -> bool:
    return name.startswith(("reliability", "resilience", "failure_depth"))


PERFORMANCE = (
    *(_metric(group, *metric) for group in GROUP_NAMES for metric in METRICS),
    Variable(
        "guarantee_state", ("demand",), "1", "whether the required guarantee is met", "供水保证率是否达标",
        lambda f: f.performance.guarantee_state, flags={-1: "not_counted"} | _flags(GUARANTEE),
    ),
)  # fmt: skip

REGISTRY: dict[str, Variable] = {
    variable.name: variable
    for variable in (
        *DEMANDS, *SOURCES, *AQUIFERS, *LINKS, *STORES, *NODES, *RULES, *SYSTEM, *FIXED, *PERFORMANCE,
    )
}  # fmt: skip
"""Every variable of a result by name; nothing else is written, apart from names and inputs."""
