"""What is checked of a pywr model as a whole: its keys, its scenarios, its ways from supply to use."""

from __future__ import annotations

from typing import Any

from waterbal.errors import Message, nearest
from waterbal.importing.listing import Listing, plain, quoted
from waterbal.importing.network import (
    DEMAND,
    GAUGE,
    JUNCTION,
    OUTLET,
    SOURCE,
    STORE,
    Network,
    downstream,
    upstream,
)

READ = (
    "metadata", "timestepper", "nodes", "edges", "parameters", "recorders", "tables", "scenarios",
    "scenario_combinations", "solver", "comment",
)  # fmt: skip
"""Keys of a model that are read or change no result."""
MEANING = {
    "includes": Message(
        "属于该模型的其他文件；请合成一个文件", "other files that belong to the model; put them into one"
    ),
    "bisection": Message(
        "求某参数的最大值；`waterbal capacity` 有自己的求法",
        "a search for the largest value of a parameter; `waterbal capacity` searches its own way",
    ),
}
"""What other keys mean."""


def check_keys(document: dict[str, Any], listing: Listing) -> None:
    """Refuse what a model has beside nodes, edges and parameters."""
    for key in document:
        if key not in READ:
            meaning = MEANING.get(key, "")
            message = Message(f"{quoted(key)} 没有对应", f"{quoted(key)} has no counterpart") + (
                Message("：", ": ") + meaning if meaning else ""
            )
            listing.refuse((key,), message, key=True)


def check_scenarios(document: dict[str, Any], chosen: dict[str, int], listing: Listing) -> dict[str, int]:
    """Check the members chosen against the scenarios of the model.

    Parameters
    ----------
    document : dict
        The model.
    chosen : dict
        Member chosen of each scenario.
    listing : Listing
        Takes what is wrong.

    Returns
    -------
    dict
        Member of every scenario of the model, in its order.
    """
    raw = document.get("scenarios")
    sizes: dict[str, int] = {}
    for i, scenario in enumerate(raw if isinstance(raw, list) else [] if raw is None else [raw]):
        name = scenario.get("name") if isinstance(scenario, dict) else None
        size = scenario.get("size") if isinstance(scenario, dict) else None
        if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool):
            listing.refuse(
                ("scenarios", i),
                Message("这不是 scenario", "this is no scenario"),
                Message("含 name 与 size 的对象", "an object with name and size"),
            )
            continue
        sizes[name] = size
        if name not in chosen:
            message = Message(
                f"scenario {quoted(name)} 有 {size} 个成员，须选定一个（从 0 编号）",
                f"scenario {quoted(name)} has {size} members; one has to be chosen, numbered from 0",
            )
            listing.refuse(("scenarios", i), message, f"--scenario '{plain(name)}=0'")
        elif not 0 <= chosen[name] < size:
            message = Message(
                f"scenario {quoted(name)} 没有成员 {chosen[name]}",
                f"scenario {quoted(name)} has no member {chosen[name]}",
            )
            listing.refuse(("scenarios", i), message, f"0 to {size - 1}")
        else:
            listing.note(
                Message(
                    f"转换的是 scenario {quoted(name)} 的成员 {chosen[name]}",
                    f"member {chosen[name]} of scenario {quoted(name)} was translated",
                )
            )
    for name in chosen:
        if name not in sizes:
            listing.refuse(
                (),
                Message(f"没有 scenario {quoted(name)}", f"there is no scenario {quoted(name)}"),
                nearest=nearest(name, sizes),
            )
    found = {name: chosen.get(name, 0) for name in sizes}
    combinations, members = document.get("scenario_combinations"), list(found.values())
    valid = isinstance(combinations, list) and (not combinations or members in combinations)
    if combinations is not None and not valid and set(found) <= set(chosen):
        message = Message(f"pywr 不会同时计算成员 {members}", f"pywr does not run members {members} together")
        listing.refuse(
            ("scenario_combinations",), message, Message("所列组合之一", "one of the combinations listed")
        )
    return found


def check_ways(network: Network, listing: Listing) -> None:
    """Refuse a model in which nothing asks for water, and nodes on no way from supply to use, as pywr does."""
    if not network.of(DEMAND, GAUGE):
        message = Message(
            "没有任何用水要求：没有一个 output 的费用为负",
            "nothing asks for water: no output has a negative cost",
        )
        listing.refuse((), message, Message("费用小于 0 的 output", "an output with a cost below 0"))
    for node in network.of(DEMAND, GAUGE, JUNCTION, SOURCE):
        above = any(other.kind in (SOURCE, STORE) for other in upstream(network, node.name))
        below = any(other.kind in (DEMAND, OUTLET, STORE) for other in downstream(network, node.name))
        if not above:
            message = Message(f"没有水能到达 {quoted(node.name)}", f"no water can reach {quoted(node.name)}")
            listing.refuse(
                node.path, message, Message("来自水源或 storage 的 edges", "edges from a source or storage")
            )
        elif not below:
            message = Message(
                f"没有水能从 {quoted(node.name)} 流出", f"no water can go on from {quoted(node.name)}"
            )
            listing.refuse(
                node.path,
                message,
                Message("通往 output 或 storage 的 edges", "edges to an output or storage"),
            )
