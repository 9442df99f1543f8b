"""Means over the record that follow from sums alone, for results that keep no series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.model.rows import Floats, Rows
from waterbal.results.derived import reuse_nodes
from waterbal.results.variables import CURRENCY, VOLUME, Variable

RATE = "1e4 m3 year-1"


@dataclass(frozen=True)
class Record:
    """A record reduced to its sums."""

    rows: Rows
    sums: Any
    """Sums over the record by name, each ndarray (member, element), as a simulation without series leaves them."""

    @property
    def years(self) -> float:
        """Length of the record in years."""
        return self.rows.axis.years

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.rows.axis.size

    def constants(self, group: str, value: str) -> Floats:
        """Collect a number of every row of a group, ndarray (element)."""
        return np.array([getattr(row, value) for row in getattr(self.rows, group)], dtype=np.float64)

    def total(self, attribute: str) -> Floats:
        """Sum what the volumes cost or need in energy, ndarray (member) [1e4 yuan] or [1e4 kWh]."""
        volumes = (
            ("sources", self.sums.withdrawal),
            ("aquifers", self.sums.pumping),
            ("links", self.sums.link_flow),
            ("nodes", self.sums.node_inflow),
        )
        total = np.zeros(len(self.sums.residual))
        for group, volume in volumes:
            for i, price in enumerate(self.constants(group, attribute)):
                total += price * volume[:, i]
        return total

    def fixed_cost(self) -> float:
        """Sum what is paid whether or not water is taken [1e4 yuan]."""
        return float(sum(row.fixed_cost.sum() for row in self.rows.sources if row.fixed_cost is not None))

    def reclaimed(self) -> Floats:
        """Sum what links take from works of returned water to anything else, ndarray (member, node)."""
        reuse = reuse_nodes(self.rows)
        number = {row.id: i for i, row in enumerate(self.rows.nodes)}
        total = np.zeros_like(self.sums.node_inflow)
        for j, link in enumerate(self.rows.links):
            if link.tail in reuse and link.head not in reuse:
                total[:, number[link.tail]] += self.sums.link_flow[:, j]
        return total


VOLUMES = (
    ("demand", "demand", "need", "unrestricted gross water need", "需水量（毛）"),
    ("supply", "demand", "supply", "water delivered", "供水量"),
    ("shortage", "demand", lambda r: r.sums.need - r.sums.supply, "need that is not supplied", "缺水量"),
    ("source_withdrawal", "source", "withdrawal", "withdrawal before settling loss", "水源取水量"),
    ("aquifer_pumping", "aquifer", "pumping", "groundwater pumped", "地下水开采量"),
    ("groundwater_recharge", "aquifer", "recharge", "recharge from all sources", "地下水补给量"),
    ("link_flow", "link", "link_flow", "flow at the tail of a link", "输水量（首端）"),
    ("spill", "store", "spill", "spill", "弃水量"),
    ("evaporation", "store", "evaporation", "evaporation from the water surface", "水面蒸发量"),
    ("seepage", "store", "seepage", "seepage", "渗漏量"),
    ("node_inflow", "node", "node_inflow", "inflow that is processed", "处理水量"),
    ("node_bypass", "node", "node_bypass", "inflow above capacity, released unprocessed", "溢流量"),
    ("node_discharge", "node", "node_discharge", "processed water that leaves the system", "排放量"),
    ("reclaimed_supply", "node", Record.reclaimed, "returned water given to users again", "再生水供水量"),
    ("quota_used", "quota", "quota_used", "use counted against the quota", "指标使用量"),
)
"""Name, dimension, sum (its name or a function of the record) and labels of the volumes that a year has on average."""

STATES = (
    ("mean_storage_volume", "store", VOLUME, "volume stored, mean", "平均蓄水量", "mean",
     lambda r: r.sums.storage / r.steps),
    ("lowest_storage_volume", "store", VOLUME, "smallest volume stored", "最小蓄水量", "minimum",
     lambda r: r.sums.lowest),
    ("mean_groundwater_depth", "aquifer", "m", "depth to groundwater, mean", "平均地下水埋深", "mean",
     lambda r: r.sums.depth / r.steps),
    ("largest_groundwater_depth", "aquifer", "m", "largest depth to groundwater", "最大地下水埋深", "maximum",
     lambda r: r.sums.deepest),
    ("largest_engine_residual", "", "1", "largest relative residual found by the engine", "引擎自检最大相对残差",
     "maximum", lambda r: r.sums.residual),
)  # fmt: skip
"""Name, dimension, units, labels, cell method and function of the record of what is told of states."""

MONEY = (
    (
        "cost",
        "year-1",
        lambda r: r.total("unit_cost") + r.fixed_cost(),
        f"cost of all water in {CURRENCY}",
        "供水费用（万元）",
    ),
    ("energy", "1e4 kW h year-1", lambda r: r.total("energy"), "energy of all water", "供水能耗"),
)
"""Name, units, function of the record and labels of what the water of a year costs on average."""


def _yearly(total: str | Callable[[Record], Any]) -> Callable[[Record], Any]:
    """Make a function that divides a sum over the record by its years."""
    if isinstance(total, str):
        return lambda record: getattr(record.sums, total) / record.years
    return lambda record: total(record) / record.years


def _mean(
    name: str, element: str, units: str, en: str, zh: str, total: str | Callable[[Record], Any]
) -> Variable:
    """Describe the mean of a year."""
    return Variable(
        f"mean_annual_{name}",
        (element,) if element else (),
        units,
        f"{en}, mean of a year",
        f"{zh}（多年平均）",
        _yearly(total),
        attributes={"comment": "mean over the record"} | ({"currency": CURRENCY} if name == "cost" else {}),
    )


MEANS: tuple[Variable, ...] = (
    *(_mean(name, element, RATE, en, zh, total) for name, element, total, en, zh in VOLUMES),
    *(_mean(name, "", units, en, zh, total) for name, units, total, en, zh in MONEY),
    *(
        Variable(
            name,
            (element,) if element else (),
            units,
            en,
            zh,
            value,
            attributes={"comment": f"{method} over the record, at the end of steps"},
        )
        for name, element, units, en, zh, method, value in STATES
    ),
)
"""What is told of a record beside its metrics."""
