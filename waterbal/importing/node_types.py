"""Types of pywr nodes: keys that have a counterpart, and what those mean that have none."""

from __future__ import annotations

from typing import Any

from waterbal.errors import nearest
from waterbal.importing.listing import Listing, quoted
from waterbal.model.marks import Path

DRAWN = ("name", "type", "comment", "position", "color", "visible", "tags")
"""Keys of nodes that change no result."""
LIMITS = ("cost", "min_flow", "max_flow")
_VOLUMES = ("max_volume", "min_volume", "initial_volume", "initial_volume_pc")
_SHAPE = ("inputs", "outputs")
KEYS: dict[str, tuple[str, ...]] = {
    "input": LIMITS,
    "catchment": ("cost", "flow"),
    "link": LIMITS,
    "river": LIMITS,
    "breaklink": LIMITS,
    "losslink": (*LIMITS, "loss_factor", "loss_factor_type"),
    "rivergauge": ("cost", "mrf", "mrf_cost"),
    "output": LIMITS,
    "storage": ("cost", *_VOLUMES, *_SHAPE, "area", "level"),
    "reservoir": ("cost", *_VOLUMES, *_SHAPE, "area", "level"),
    "virtualstorage": (*_VOLUMES, "nodes", "factors", "cost"),
    "annualvirtualstorage": (
        *_VOLUMES, "nodes", "factors", "cost", "reset_day", "reset_month", "reset_to_initial_volume",
    ),
    "aggregatednode": ("nodes", "flow_weights"),
    "aggregatedstorage": ("storage_nodes",),
}  # fmt: skip
"""Keys of each type that have a counterpart."""
MEANING = {
    "piecewiselink": "a cost that rises with the flow",
    "multisplitlink": "flows in a fixed ratio",
    "riversplit": "flows in a fixed ratio",
    "riversplitwithgauge": "flows in a fixed ratio beside a minimum flow",
    "delaynode": "water that arrives steps later",
    "discharge": "an inflow in the middle of a reach",
    "keatingaquifer": "a groundwater store with levels of its own",
    "rollingvirtualstorage": "a licence over the last days; quotas are yearly",
    "monthlyvirtualstorage": "a licence over some months; quotas are yearly",
    "seasonalvirtualstorage": "a licence over a season; quotas are yearly",
    "shadownode": "a node of another model",
    "shadowstorage": "a storage of another model",
}
"""What types without a counterpart mean."""
KEY_MEANING = {
    "factors": "flows in a fixed ratio",
    "max_flow": "a limit on the sum of several flows in a step",
    "min_flow": "a limit on the sum of several flows in a step",
    "control_curve": "a value of stored water that changes with storage",
    "above_curve_cost": "a value of stored water that changes with storage",
    "conversion_factor": "another unit at this node",
    "domain": "a network of something else than water",
}


def check_type(raw: dict[str, Any], path: Path, listing: Listing) -> bool:
    """Refuse a type of node, and keys of a node, that have no counterpart; tell whether the type has one."""
    kind = raw["type"].lower()
    if kind not in KEYS:
        meaning = MEANING.get(kind, "")
        message = f"node {quoted(raw['name'])}: type {quoted(raw['type'])} has no counterpart"
        near = "" if meaning else nearest(kind, KEYS)
        listing.refuse((*path, "type"), message + (f": {meaning}" if meaning else ""), nearest=near)
        return False
    for key in raw:
        if key not in (*DRAWN, *KEYS[kind]):
            meaning = KEY_MEANING.get(key, "")
            message = f"{quoted(key)} of node {quoted(raw['name'])} ({raw['type']}) has no counterpart"
            listing.refuse((*path, key), message + (f": {meaning}" if meaning else ""), key=True)
    return True
