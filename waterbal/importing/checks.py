"""What is checked of a pywr model as a whole: its keys, its scenarios, its ways from supply to use."""

from __future__ import annotations

from typing import Any

from waterbal.errors import nearest
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
    "includes": "other files that belong to the model; put them into one",
    "bisection": "a search for the largest value of a parameter; `waterbal capacity` searches its own way",
}
"""What other keys mean."""


def check_keys(document: dict[str, Any], listing: Listing) -> None:
    """Refuse what a model has beside nodes, edges and parameters."""
    for key in document:
        if key not in READ:
            meaning = MEANING.get(key, "")
            message = f"{quoted(key)} has no counterpart" + (f": {meaning}" if meaning else "")
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
            listing.refuse(("scenarios", i), "this is no scenario", "an object with name and size")
            continue
        sizes[name] = size
        if name not in chosen:
            message = f"scenario {quoted(name)} has {size} members; one has to be chosen, numbered from 0"
            listing.refuse(("scenarios", i), message, f"--scenario '{plain(name)}=0'")
        elif not 0 <= chosen[name] < size:
            message = f"scenario {quoted(name)} has no member {chosen[name]}"
            listing.refuse(("scenarios", i), message, f"0 to {size - 1}")
        else:
            listing.note(f"member {chosen[name]} of scenario {quoted(name)} was translated")
    for name in chosen:
        if name not in sizes:
            listing.refuse((), f"there is no scenario {quoted(name)}", nearest=nearest(name, sizes))
    found = {name: chosen.get(name, 0) for name in sizes}
    combinations, members = document.get("scenario_combinations"), list(found.values())
    valid = isinstance(combinations, list) and (not combinations or members in combinations)
    if combinations is not None and not valid and set(found) <= set(chosen):
        message = f"pywr does not run members {members} together"
        listing.refuse(("scenario_combinations",), message, "one of the combinations listed")
    return found


def check_ways(network: Network, listing: Listing) -> None:
    """Refuse a model in which nothing asks for water, and nodes on no way from supply to use, as pywr does."""
    if not network.of(DEMAND, GAUGE):
        message = "nothing asks for water: no output has a negative cost"
        listing.refuse((), message, "an output with a cost below 0")
    for node in network.of(DEMAND, GAUGE, JUNCTION, SOURCE):
        above = any(other.kind in (SOURCE, STORE) for other in upstream(network, node.name))
        below = any(other.kind in (DEMAND, OUTLET, STORE) for other in downstream(network, node.name))
        if not above:
            message = f"no water can reach {quoted(node.name)}"
            listing.refuse(node.path, message, "edges from a source or storage")
        elif not below:
            message = f"no water can go on from {quoted(node.name)}"
            listing.refuse(node.path, message, "edges to an output or storage")
