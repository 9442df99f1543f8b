"""The network from source to user: who is linked with whom, how much flows, and where capacity holds it back."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.report.charts import style
from waterbal.report.charts.flows import END, OFTEN, Element, Flow, Flows, flows
from waterbal.report.charts.layers import heights, layers
from waterbal.report.charts.reading import sector_colour
from waterbal.report.charts.words import TYPES, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

MARKS = {
    "source": ("circle", style.BLUE), "aquifer": ("diamond", "#8C6D46"), "store": ("square", "#2F6F9F"),
    "treatment": ("hexagon", style.ORANGE), "reclaimed": ("star-diamond", style.GREEN),
    "wastewater": ("hexagon2", style.PURPLE), "junction": ("circle-open", style.MUTED),
    "node": ("circle-open", style.GREY), "demand": ("triangle-right", style.INK),
}  # fmt: skip
"""Shape and colour of the kinds of elements; users have the colour of their sector."""
WIDTHS = (1.2, 2.2, 3.6, 5.5, 8.0)
"""Widths of lines [px] by class of flow."""
CLASSES = (0.01, 0.03, 0.1, 0.3)
"""Where the classes of flow end, as shares of the largest [-]."""
LINE, LEAST = 20, 300
"""Height of a row of elements, and of a drawing at least [px]; a label needs 15."""
ROOM, PER_LINE = 1.9, 0.75
"""Rows that an element takes whose label stands above it, and that a further line of the label takes."""
COLUMN, MARGIN, LETTER = 148, 30, 6.4
"""Width of a layer, of a mark with its surroundings, and of a column of text [px]."""
BEFORE = 0.45
"""Layers left free at the left, for labels."""
BELOW = 130
"""Height around the drawing, most of it for the legend [px]."""
ENTRY = 21
"""Height of an entry of the legend [px]."""
POINTS = 12
"""Points of a curve."""
LABEL = 22
"""Columns of a line of a label."""


def network(run: xr.Dataset, language: str) -> go.Figure:
    """Draw the network in layers from source to user; lines are as wide as the mean flow of a year.

    Parameters
    ----------
    run : Dataset
        As ``waterbal run`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        ``layout.width`` is the width [px] that its labels need; on a narrower page the figure scrolls inside its box.

    Raises
    ------
    UsageError
        If the result is of another kind.
    """
    known = flows(run, "network")
    shown = _shown(known)
    names = [element.id for element in shown]
    links = [flow for flow in known.flows if flow.kind == "link"]
    arcs = [(flow.tail, flow.head) for flow in links]
    users = [element.id for element in shown if element.group == "demand"]
    place = layers(names, arcs, users)
    largest = max((flow.volume for flow in links), default=0.0)
    pull = [0.05 + (flow.volume / largest if largest > 0.0 else 0.0) for flow in links]
    end = set(users)
    label = {e.id: _short(e.names[language], user=e.id in end) for e in shown}
    size = {
        e.id: 1.0 if e.id in end else ROOM + PER_LINE * label[e.id].count("<br>")
        for e in sorted(shown, key=lambda e: e.zone)
    }
    height = heights(place, arcs, pull, size)
    where = {name: (float(place[name]), -height[name]) for name in names}
    traces = _lines(known, links, where, largest, language)
    traces += _returned(known, where, language)
    traces += _marks(known, shown, where, language)
    rows = max(height[name] + 0.5 * size[name] for name in names)
    count = max(place.values())
    longest = max((style.columns(known.elements[id].names[language]) for id in users), default=0)
    beside = MARGIN + longest * LETTER
    drawn = style.figure(
        traces,
        height=int(max(rows * LINE, LEAST) + BELOW),
        width=int((count + BEFORE) * COLUMN + beside),
        showlegend=True,
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 30, "b": BELOW - 30},
        legend={"yanchor": "top", "y": -0.01},
        xaxis={"visible": False, "range": [-BEFORE, count + beside / COLUMN]},
        yaxis={"visible": False, "range": [-rows - 0.2, 0.0]},
    )
    entries = sum(trace.name is not None and trace.showlegend is not False for trace in traces)
    return (
        style.narrowed(  # what lies to the right is out of sight there; a legend takes half a figure at most
            drawn, legend__orientation="v", height=max(drawn.layout.height, 2 * ENTRY * entries + BELOW)
        )
    )


def _shown(known: Flows) -> list[Element]:
    """Leave out places of no link, such as the outside."""
    linked = {end for flow in known.flows if flow.kind == "link" for end in (flow.tail, flow.head)}
    return [element for element in known.elements.values() if element.id in linked]


def _curve(begin: tuple[float, float], end: tuple[float, float]) -> tuple[Floats, Floats]:
    """Lead from one place to another, level at both ends; between places of one layer in a bow."""
    (x0, y0), (x1, y1) = begin, end
    t = np.linspace(0.0, 1.0, POINTS)
    reach = max(0.5 * abs(x1 - x0), 0.35)
    ahead = reach if x1 >= x0 else -reach
    back = -reach if x1 > x0 else reach
    mix = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x = mix[0] * x0 + mix[1] * (x0 + ahead) + mix[2] * (x1 + back) + mix[3] * x1
    y = (mix[0] + mix[1]) * y0 + (mix[2] + mix[3]) * y1
    return np.round(x, 3), np.round(y, 3)


def _lines(
    known: Flows,
    links: list[Flow],
    where: dict[str, tuple[float, float]],
    largest: float,
    language: str,
) -> list[Any]:
    """Draw links by class of flow, bottlenecks above the others, and points in the middle that tell more."""
    import plotly.graph_objects as go

    edges = [_rounded(share * largest) for share in CLASSES]
    classes: dict[tuple[bool, int], list[Flow]] = defaultdict(list)
    for flow in links:
        number = -1 if flow.volume <= 1e-9 * largest else int(np.searchsorted(edges, flow.volume, "right"))
        classes[known.busy.get(flow.link, 0.0) >= OFTEN, number].append(flow)
    traces = []
    told = False
    for (busy, number), members in sorted(classes.items()):
        x: list[float | None] = []
        y: list[float | None] = []
        for flow in members:
            curve = _curve(where[flow.tail], where[flow.head])
            x += [*curve[0].tolist(), None]
            y += [*curve[1].tolist(), None]
        line: dict[str, Any] = {"width": WIDTHS[number] if number >= 0 else 1.0}
        line["color"] = style.VERMILLION if busy else "#AFC3D6" if number >= 0 else "#C9D1D9"
        if number < 0:
            line["dash"] = "dot"
        name = say("bottleneck", language, share=f"{OFTEN:.0%}") if busy else _class(edges, number, language)
        traces.append(
            go.Scatter(
                x=x, y=y, mode="lines", line=line, name=name, hoverinfo="skip",
                legendgroup="busy" if busy else f"class{number}", showlegend=not (busy and told),
            )
        )  # fmt: skip
        told = told or busy
    middle = [
        tuple(float(v[POINTS // 2]) for v in _curve(where[flow.tail], where[flow.head])) for flow in links
    ]
    unit = say("per_year", language)
    traces.append(
        go.Scatter(
            x=[x for x, _ in middle], y=[y for _, y in middle], mode="markers", showlegend=False,
            marker={"size": 12, "opacity": 0.0, "color": style.MUTED},
            customdata=[
                [
                    style.escape(known.link_names[flow.link][language]),
                    style.escape(known.elements[flow.tail].names[language]),
                    style.escape(known.elements[flow.head].names[language]),
                    round(flow.volume, 1),
                    round(known.busy.get(flow.link, 0.0), 3),
                ]
                for flow in links
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]} → %{customdata[2]}<br>"
            f"{say('mean_flow', language)} %{{customdata[3]:,.1f}} {unit}<br>"
            f"{say('busy', language)} %{{customdata[4]:.0%}}<extra></extra>",
        )
    )  # fmt: skip
    return traces


def _rounded(value: float) -> float:
    """Return the 1, 2 or 5 times a power of ten that is nearest below; 0 for 0."""
    if value <= 0.0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= value * (1.0 + 1e-9)) * power)


def _class(edges: list[float], number: int, language: str) -> str:
    """Name a class of flows."""
    if number < 0:
        return say("unused", language)
    if number == 0:
        return say("flow_least", language, high=f"{edges[0]:,g}")
    if number == len(edges):
        return say("flow_most", language, low=f"{edges[-1]:,g}")
    return say("flow_class", language, low=f"{edges[number - 1]:,g}", high=f"{edges[number]:,g}")


def _returned(known: Flows, where: dict[str, tuple[float, float]], language: str) -> list[Any]:
    """Draw what users give back; hidden until it is asked for, for it crosses everything."""
    import plotly.graph_objects as go

    x: list[float | None] = []
    y: list[float | None] = []
    for flow in known.flows:
        if flow.kind == "return" and flow.volume > 0.0 and flow.tail in where and flow.head in where:
            curve = _curve(where[flow.tail], where[flow.head])
            x += [*curve[0].tolist(), None]
            y += [*curve[1].tolist(), None]
    if not x:
        return []
    line = {"width": 1.0, "color": style.GREEN, "dash": "dash"}
    return [
        go.Scatter(
            x=x, y=y, mode="lines", line=line, name=say("returns", language), visible="legendonly",
            hoverinfo="skip",
        )
    ]  # fmt: skip


def _marks(
    known: Flows, shown: list[Element], where: dict[str, tuple[float, float]], language: str
) -> list[Any]:
    """Draw the elements by kind, labelled; works that are often full have a red rim."""
    import plotly.graph_objects as go

    leaves: dict[str, float] = defaultdict(float)
    arrives: dict[str, float] = defaultdict(float)
    for flow in known.flows:
        leaves[flow.tail] += flow.volume
        arrives[flow.head] += flow.volume
    groups: dict[str, list[Element]] = defaultdict(list)
    for element in shown:
        groups[_kind(element)].append(element)
    traces = []
    for kind, members in sorted(groups.items(), key=lambda item: list(MARKS).index(item[0])):
        symbol, colour = MARKS[kind]
        user = kind == "demand"
        colours = [sector_colour(e.type) if user else colour for e in members]
        full = [known.busy.get(e.id, 0.0) >= OFTEN for e in members]
        unit = say("per_year", language)
        traces.append(
            go.Scatter(
                x=[where[e.id][0] for e in members],
                y=[round(where[e.id][1], 3) for e in members],
                mode="markers+text",
                name=str(getattr(TYPES[kind], language)),
                text=[(" " if user else "") + _short(e.names[language], user=user) for e in members],
                textposition="middle right" if user else "top center",
                textfont={"size": 11, "color": style.INK, "family": style.FONT},
                cliponaxis=False,
                marker={
                    "symbol": symbol, "size": 9 if user else 12, "color": colours, "opacity": 1.0,
                    "line": {
                        "color": [style.VERMILLION if f else c if symbol.endswith("open") else style.PAPER
                                  for f, c in zip(full, colours, strict=True)],
                        "width": [3 if f else 1.5 if symbol.endswith("open") else 1 for f in full],
                    },
                },
                customdata=[
                    [style.escape(e.names[language]), round(arrives[e.id], 1), round(leaves[e.id], 1),
                     _more(known, e, language)]
                    for e in members
                ],
                hovertemplate="<b>%{customdata[0]}</b><br>"
                f"{say('takes', language)} %{{customdata[1]:,.1f}} {unit}<br>"
                f"{say('gives', language)} %{{customdata[2]:,.1f}} {unit}%{{customdata[3]}}<extra></extra>",
            )
        )  # fmt: skip
    return traces


def _short(name: str, *, user: bool) -> str:
    """Return a label: one line for users, which have room at their right, else lines of a layer's width."""
    return style.escape(name) if user else style.wrap(name, LABEL)


def _more(known: Flows, element: Element, language: str) -> str:
    """Tell how well a user is served, or how often a work is full."""
    if element.group == "demand":
        met = known.met.get(element.id, float("nan"))
        return "" if np.isnan(met) else f"<br>{say('met_share', language)} {met:.1%}"
    busy = known.busy.get(element.id, 0.0)
    return f"<br>{say('busy', language)} {busy:.0%}" if element.group == "node" and busy else ""


def _kind(element: Element) -> str:
    """Return the key of the mark of an element."""
    if element.group in ("source", "aquifer", "store", "demand"):
        return element.group
    return element.type if element.type in MARKS else "node"


assert END not in MARKS
