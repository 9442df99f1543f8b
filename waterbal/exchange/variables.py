"""What is exchanged with other models: names, units, and which elements they belong to."""

from __future__ import annotations

from dataclasses import dataclass

VOLUME = "1e4 m3"


@dataclass(frozen=True)
class Variable:
    """One exchanged quantity: a value for every element of a group."""

    name: str
    group: str
    """Key of ``Exchange.elements``."""
    units: str
    """As UDUNITS reads it."""
    long_name: str

    @property
    def standard_name(self) -> str:
        """Kind of element and quantity, in the form of CSDMS standard names."""
        return f"{self.group.split('_')[0]}__{self.name}"


INPUTS = (
    Variable("river_flow", "river", "m3 s-1", "mean flow of the river at an intake or catchment"),
    Variable("rain", "zone_with_rain", "mm", "rain of a zone"),
    Variable("reference_evapotranspiration", "zone_with_et0", "mm", "reference evapotranspiration of a zone"),
    Variable(
        "source_limit_hydrology", "source", VOLUME, "water that a source has, whatever may be taken of it"
    ),
    Variable("water_demand", "demand", VOLUME, "unrestricted gross water need"),
    Variable("aquifer_recharge", "aquifer", VOLUME, "recharge from rain and lateral inflow"),
    Variable("store_inflow", "store", VOLUME, "inflow of a reservoir from outside the system"),
)
"""What other models may set for the coming step."""

LOWERED = ("river_flow", "rain", "reference_evapotranspiration")
"""Inputs that elements turn into limits and needs; the others replace what elements made."""

OUTPUTS = (
    Variable("water_supply", "demand", VOLUME, "water delivered"),
    Variable("water_shortage", "demand", VOLUME, "unrestricted need that is not supplied"),
    Variable("return_flow", "demand", VOLUME, "delivered water that is returned, wherever it goes"),
    Variable(
        "return_flow_part", "return", VOLUME, "delivered water that is returned, by user and where it goes"
    ),
    Variable("source_withdrawal", "source", VOLUME, "withdrawal before settling loss"),
    Variable("source_available", "source", VOLUME, "smallest of the limits of a source"),
    Variable("aquifer_pumping", "aquifer", VOLUME, "groundwater pumped"),
    Variable("groundwater_recharge", "aquifer", VOLUME, "recharge from all sources"),
    Variable(
        "groundwater_storage", "aquifer", VOLUME, "storage above the pumping floor at the end of the step"
    ),
    Variable("groundwater_depth", "aquifer", "m", "depth to groundwater at the end of the step"),
    Variable("link_flow", "link", VOLUME, "flow at the tail of a link"),
    Variable("storage_volume", "store", VOLUME, "volume stored at the end of the step"),
    Variable("rain_on_store", "store", VOLUME, "rain on the water surface"),
    Variable("evaporation", "store", VOLUME, "evaporation from the water surface"),
    Variable("seepage", "store", VOLUME, "seepage"),
    Variable("spill", "store", VOLUME, "spill"),
    Variable("node_inflow", "node", VOLUME, "inflow that is processed"),
    Variable("node_bypass", "node", VOLUME, "inflow above capacity, released unprocessed"),
    Variable("node_discharge", "node", VOLUME, "processed water that leaves the system"),
    Variable("quota_used", "quota", VOLUME, "use counted against the quota"),
    Variable("quota_remaining", "quota", VOLUME, "what is left of the quota year after the step"),
    Variable("restriction_tier", "restriction", "1", "drought tier in force, 0 = none"),
)
"""What other models may read after a step; names and values are those of a result file."""

KEPT = {
    "water_supply": "supply", "source_withdrawal": "source_withdrawal", "source_available": "source_available",
    "aquifer_pumping": "aquifer_pumping", "groundwater_recharge": "aquifer_recharge",
    "groundwater_storage": "aquifer_storage", "groundwater_depth": "aquifer_depth", "link_flow": "link_flow",
    "storage_volume": "storage", "rain_on_store": "store_rain", "evaporation": "store_evaporation",
    "seepage": "store_seepage", "spill": "spill",
    "node_inflow": "node_inflow", "node_bypass": "node_bypass", "node_discharge": "node_discharge",
    "quota_used": "quota_used", "quota_remaining": "quota_left", "restriction_tier": "restriction_tier",
}  # fmt: skip
"""Output -> series of the kernel."""
