"""Types of pywr nodes: keys that have a counterpart, and what those mean that have none."""

from __future__ import annotations

from typing import Any

from waterbal.errors import Message, nearest
from waterbal.importing.listing import Listing, quoted
from waterbal.model.marks import Path

DRAWN = ("name", "type", "comment", "position", "color", "visible", "tags")
"""Keys of nodes that change no result."""
LIMITS = ("cost", "min_flow", "max_flow")
VOLUMES = ("max_volume", "min_volume", "initial_volume", "initial_volume_pc")
SHAPE = ("inputs", "outputs")
KEYS: dict[str, tuple[str, ...]] = {
    "input": LIMITS,
    "catchment": ("cost", "flow"),
    "link": LIMITS,
    "river": LIMITS,
    "breaklink": LIMITS,
    "losslink": (*LIMITS, "loss_factor", "loss_factor_type"),
    "rivergauge": ("cost", "mrf", "mrf_cost"),
    "output": LIMITS,
    "storage": ("cost", *VOLUMES, *SHAPE, "area", "level"),
    "reservoir": ("cost", *VOLUMES, *SHAPE, "area", "level"),
    "virtualstorage": (*VOLUMES, "nodes", "factors", "cost"),
    "annualvirtualstorage": (
        *VOLUMES, "nodes", "factors", "cost", "reset_day", "reset_month", "reset_to_initial_volume",
    ),
    "aggregatednode": ("nodes", "flow_weights"),
    "aggregatedstorage": ("storage_nodes",),
}  # fmt: skip
"""Keys of each type that have a counterpart."""
MEANING = {
    "piecewiselink": Message("随流量上升的费用", "a cost that rises with the flow"),
    "multisplitlink": Message("按固定比例分流", "flows in a fixed ratio"),
    "riversplit": Message("按固定比例分流", "flows in a fixed ratio"),
    "riversplitwithgauge": Message(
        "最小流量之外按固定比例分流", "flows in a fixed ratio beside a minimum flow"
    ),
    "delaynode": Message("若干时段之后才到达的水", "water that arrives steps later"),
    "discharge": Message("河段中间的来水", "an inflow in the middle of a reach"),
    "keatingaquifer": Message("有自身水位的地下含水层", "a groundwater store with levels of its own"),
    "rollingvirtualstorage": Message(
        "按最近若干天计的许可；用水指标按年计", "a licence over the last days; quotas are yearly"
    ),
    "monthlyvirtualstorage": Message(
        "按若干月计的许可；用水指标按年计", "a licence over some months; quotas are yearly"
    ),
    "seasonalvirtualstorage": Message(
        "按季计的许可；用水指标按年计", "a licence over a season; quotas are yearly"
    ),
    "shadownode": Message("另一个模型的节点", "a node of another model"),
    "shadowstorage": Message("另一个模型的 storage", "a storage of another model"),
}
"""What types without a counterpart mean."""
KEY_MEANING = {
    "factors": Message("按固定比例分流", "flows in a fixed ratio"),
    "max_flow": Message("一个时段内几股流量之和的限值", "a limit on the sum of several flows in a step"),
    "min_flow": Message("一个时段内几股流量之和的限值", "a limit on the sum of several flows in a step"),
    "control_curve": Message("随蓄水量变化的存水价值", "a value of stored water that changes with storage"),
    "above_curve_cost": Message(
        "随蓄水量变化的存水价值", "a value of stored water that changes with storage"
    ),
    "conversion_factor": Message("该节点用另一单位", "another unit at this node"),
    "domain": Message("不是水的网络", "a network of something else than water"),
}


def check_type(raw: dict[str, Any], path: Path, listing: Listing) -> bool:
    """Refuse a type of node, and keys of a node, that have no counterpart; tell whether the type has one."""
    kind = raw["type"].lower()
    if kind not in KEYS:
        meaning = MEANING.get(kind, "")
        message = Message(
            f"节点 {quoted(raw['name'])}：类型 {quoted(raw['type'])} 没有对应",
            f"node {quoted(raw['name'])}: type {quoted(raw['type'])} has no counterpart",
        )
        near = "" if meaning else nearest(kind, KEYS)
        listing.refuse(
            (*path, "type"), message + (Message("：", ": ") + meaning if meaning else ""), nearest=near
        )
        return False
    for key in raw:
        if key not in (*DRAWN, *KEYS[kind]):
            meaning = KEY_MEANING.get(key, "")
            message = Message(
                f"节点 {quoted(raw['name'])}（{raw['type']}）的 {quoted(key)} 没有对应",
                f"{quoted(key)} of node {quoted(raw['name'])} ({raw['type']}) has no counterpart",
            )
            listing.refuse(
                (*path, key), message + (Message("：", ": ") + meaning if meaning else ""), key=True
            )
    return True
