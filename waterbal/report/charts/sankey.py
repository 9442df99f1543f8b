"""From source to fate: where the water of a mean year comes from, whom it serves and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from waterbal.report.charts import style
from waterbal.report.charts.flows import END, Element, Flow, Flows, flows
from waterbal.report.charts.layers import heights, layers
from waterbal.report.charts.reading import origins, sector_colour, sector_name
from waterbal.report.charts.words import TYPES, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

MOST_USERS = 12
"""Users told by zone and sector; above, zones are put together."""
MOST_WORKS = 8
"""Works told one by one; above, works of a type that stand between the same kinds of places are put together."""
NOTHING = 1e-12
"""Flows below this share of the largest are rounding [-]."""
CUT = {"node": "works", "store": "store", "aquifer": "aquifer"}
"""Where water that comes back is taken up -> word of the two ends at which the circle is cut open."""
STORES, WORKS, FATES = "#5B8DB8", "#A7B4C2", "#7C8894"
COLOURS = {
    "end.store_filled": "#5B8DB8", "end.store_drawn": "#5B8DB8", "end.aquifer_filled": "#8C6D46",
    "end.aquifer_drawn": "#8C6D46", "end.consumption": "#333F4D", "end.aquifer_recharge": "#B9A184",
    "end.rain_on_store": "#9CC5E0", "end.store_inflow": "#9CC5E0",
}  # fmt: skip
SEPARATORS = " ,，-·—:："
PAD = 15
"""Room between nodes of a column, for labels [px]."""
WIDTHS = {"zh": 1060, "en": style.WIDE}
"""Width below which labels run into each other [px], by language."""
ROW = 32
"""Height that a row of nodes takes [px]."""
ROOMY = 1.8
"""Width of the last step, where labels of both sides meet, in steps."""


@dataclass(frozen=True)
class Node:
    """A node of the diagram."""

    id: str
    label: str
    colour: str


def sankey(run: xr.Dataset, language: str) -> go.Figure:
    """Draw the way of all water of a mean year from source to fate.

    Water that is returned to works, stores or aquifers of the district leaves at the right and comes in again at the
    left by the same volume, so that the diagram runs one way. Every node in between closes.

    Parameters
    ----------
    run : Dataset
        As ``waterbal run`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        One sankey trace [1e4 m3/yr]. ``node.customdata`` holds what each node is: ``end.`` and the term of
        ``district_budget``, ``cut.`` and the place, or ids of elements.

    Raises
    ------
    UsageError
        If the result is of another kind.
    """
    import plotly.graph_objects as go

    known = flows(run, "sankey")
    nodes = _nodes(run, known, language)
    links = _links(known, nodes)
    used = [id for id in _order(nodes) if any(id in pair for pair in links)]
    number = {id: place for place, id in enumerate(used)}
    x, y, tall = _places(links, used)
    named = {node.id: node for node in nodes.values()} | _ends(used, language)
    total = sum(volume for (tail, _), volume in links.items() if not any(h == tail for _, h in links))
    pairs = sorted(links, key=lambda pair: (number[pair[0]], number[pair[1]]))
    unit = say("per_year", language)
    tint = {id: style.shade(named[id].colour, 0.38) for id in used}
    trace = go.Sankey(
        arrangement="snap",
        valueformat=",.1f",
        valuesuffix=f" {unit}",
        node={
            "label": [named[id].label for id in used],
            "color": [named[id].colour for id in used],
            "customdata": used,
            "x": x,
            "y": y,
            "pad": PAD,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": f"%{{label}}<br>%{{value:,.1f}} {unit}<extra></extra>",
        },
        link={
            "source": [number[tail] for tail, _ in pairs],
            "target": [number[head] for _, head in pairs],
            "value": [links[pair] for pair in pairs],
            "customdata": [f"{links[pair] / total:.1%} {say('share_of', language)}" for pair in pairs],
            "color": [tint[_painted(tail, head)] for tail, head in pairs],
            "hovertemplate": "%{source.label} → %{target.label}<br>"
            f"%{{value:,.1f}} {unit}<br>%{{customdata}}<extra></extra>",
        },
        textfont={"size": 12, "family": style.FONT, "color": style.INK},
    )
    margin = {"l": 8, "r": 8, "t": 36, "b": 12}
    return style.figure(
        [trace], height=tall + margin["t"] + margin["b"], width=WIDTHS[language], margin=margin
    )


def _painted(tail: str, head: str) -> str:
    """Choose the end of a flow whose colour it has: the user's where it serves one, else where it comes from."""
    return head if head.startswith("user.") else tail


def _nodes(run: xr.Dataset, known: Flows, language: str) -> dict[str, Node]:
    """Give the node of the diagram of every element."""
    found: dict[str, Node] = {}
    for origin in origins(run):
        node = Node("+".join(origin.ids), style.escape(origin.name(language)), origin.colour)
        found |= dict.fromkeys(origin.ids, node)
    users = [e for e in known.elements.values() if e.group == "demand"]
    zones = dict(
        zip(run["zone_id"].values.tolist(), run[f"zone_name_{language}"].values.tolist(), strict=True)
    )
    apart = len({(user.zone, user.type) for user in users}) <= MOST_USERS and len(zones) > 1
    for user in users:
        name = sector_name(user.type, language)
        label = f"{zones[user.zone]} · {name}" if apart else name
        id = f"user.{user.zone}.{user.type}" if apart else f"user.{user.type}"
        found[user.id] = Node(id, style.escape(label), sector_colour(user.type))
    works = [e for e in known.elements.values() if e.group == "node" and e.id not in found]
    for members in _together(works, known.flows, known.elements):
        node = Node("+".join(e.id for e in members), style.escape(_name(members, language)), WORKS)
        found |= {element.id: node for element in members}
    for element in known.elements.values():
        if element.group == "store":
            found[element.id] = Node(element.id, style.escape(element.names[language]), STORES)
    return found


def _together(
    works: Sequence[Element], known: Sequence[Flow], elements: Mapping[str, Element]
) -> list[list[Element]]:
    """Put works together that are alike in type and in what they receive from and give to."""
    if len(works) <= MOST_WORKS:
        return [[work] for work in works]
    groups: dict[Any, list[Element]] = defaultdict(list)
    for work in works:
        sides: list[frozenset[str]] = []
        for own, other in (("head", "tail"), ("tail", "head")):
            ends = [getattr(f, other) for f in known if getattr(f, own) == work.id and f.kind == "link"]
            kinds = (
                (elements[e].type if elements[e].group == "node" else elements[e].group)
                for e in ends
                if e in elements
            )
            sides.append(frozenset(kind for kind in kinds if kind != work.type))
        groups[work.type, tuple(sides)].append(work)
    return list(groups.values())


def _name(members: Sequence[Element], language: str) -> str:
    """Name works: the one, what the names have in common, or the type."""
    names = [element.names[language] for element in members]
    if len(names) == 1:
        return names[0]
    begin = _common(names).strip(SEPARATORS)
    end = _common([name[::-1] for name in names])[::-1].strip(SEPARATORS)
    least = 2 if language == "zh" else 4
    common = max(begin, end, key=len)
    if len(common) < least:
        kind = members[0].type
        common = str(getattr(TYPES[kind], language)) if kind in TYPES else kind
    return say("several", language, name=common, count=len(names))


def _common(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    first, last = min(names), max(names)
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def _links(known: Flows, nodes: Mapping[str, Node]) -> dict[tuple[str, str], float]:
    """Add up the flows between nodes of the diagram; what stays inside a node is left out."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for flow in known.flows:
        tail = nodes[flow.tail].id if flow.tail in nodes else flow.tail
        head = nodes[flow.head].id if flow.head in nodes else flow.head
        back = flow.kind == "recharge" or (flow.kind == "return" and _goes_on(known, flow.head))
        if back:
            cut = CUT[known.elements[flow.head].group]
            found[tail, f"cut.to_{cut}"] += flow.volume
            found[f"cut.from_{cut}", head] += flow.volume
        elif tail != head:
            found[tail, head] += flow.volume
    least = NOTHING * max(found.values(), default=0.0)
    return _past_outlets({pair: volume for pair, volume in found.items() if volume > least})


def _goes_on(known: Flows, id: str) -> bool:
    """Tell whether water can go on from an element to users."""
    return known.elements[id].group != "node" or any(f.tail == id and f.kind == "link" for f in known.flows)


def _past_outlets(links: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Lead flows past nodes from which all water goes to one end: an outfall is no place of its own."""
    for id in {head for _, head in links}:
        out = [pair for pair in links if pair[0] == id]
        if len(out) == 1 and out[0][1].startswith(END) and not id.startswith("user."):
            arriving = {pair: links[pair] for pair in links if pair[1] == id}
            if arriving and all(tail.startswith("user.") for tail, _ in arriving):
                end = out[0][1]
                del links[out[0]]
                for (tail, head), volume in arriving.items():
                    del links[tail, head]
                    links[tail, end] = links.get((tail, end), 0.0) + volume
    return links


def _order(nodes: Mapping[str, Node]) -> list[str]:
    """Give the ids of all nodes that may be: what comes in, elements, what becomes of it."""
    cuts = [f"cut.{side}_{cut}" for side in ("from", "to") for cut in ("works", "store", "aquifer")]
    ends = [
        "store_inflow", "rain_on_store", "aquifer_recharge", "store_drawn", "aquifer_drawn", "consumption",
        "discharge", "bypass", "evaporation", "phreatic_evaporation", "seepage", "spill", "aquifer_overflow",
        "settling_loss", "conveyance_loss", "process_loss", "store_filled", "aquifer_filled",
    ]  # fmt: skip
    inner = dict.fromkeys(node.id for node in nodes.values())
    return [*cuts[:3], *(END + end for end in ends[:5]), *inner, *cuts[3:], *(END + end for end in ends[5:])]


def _ends(used: Sequence[str], language: str) -> dict[str, Node]:
    """Give the nodes of the ends that are used."""
    found = {}
    for id in used:
        if id.startswith(END):
            word = say("end_" + id.removeprefix(END), language)
            found[id] = Node(id, word, COLOURS.get(id, FATES))
        elif id.startswith("cut."):
            found[id] = Node(id, say(id.removeprefix("cut."), language), "#6AA384")
    return found


def _places(
    links: Mapping[tuple[str, str], float], used: Sequence[str]
) -> tuple[list[float], list[float], int]:
    """Put the nodes into columns, users into one and ends into the last, and close to what they are linked with.

    Returns
    -------
    list of float, list of float, int
        Places as shares of width and height, and the height [px].
    """
    heads, tails = {head for _, head in links}, {tail for tail, _ in links}
    ends = [id for id in used if id not in tails]
    column = layers(used, list(links), ends)
    last = max((column[id] for id in used if id.startswith("user.")), default=1)
    column |= {id: last for id in used if id.startswith("user.") or (id in heads and column[id] > last)}
    column |= dict.fromkeys(ends, last + 2)
    total = {
        id: max(
            sum(v for (tail, _), v in links.items() if tail == id),
            sum(v for (_, head), v in links.items() if head == id),
        )
        for id in used
    }
    columns = [[id for id in used if column[id] == c] for c in range(last + 3)]
    tall = ROW * max(MOST_WORKS, *(len(ids) for ids in columns))
    scale = min((tall - PAD * (len(ids) - 1)) / sum(total[id] for id in ids) for ids in columns if ids)
    size = {id: total[id] * scale + PAD for id in used}
    height = heights(column, list(links), list(links.values()), size)

    def inside(share: float) -> float:
        return round(min(max(share, 0.001), 0.999), 4)

    return (
        [inside(min(column[id], last + ROOMY) / (last + ROOMY)) for id in used],
        [inside((height[id] - 0.5 * PAD) / tall) for id in used],
        tall,
    )
