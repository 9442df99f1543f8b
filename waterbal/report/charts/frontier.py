"""What is carried together: the frontier of several drivers, seen in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.report.capacity_extras import texts
from waterbal.report.capacity_words import UNIT_WORDS
from waterbal.report.charts import style
from waterbal.report.charts.capacity import verdict
from waterbal.report.charts.words import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

PANEL, GAP = 300, 80
"""Height of a panel and between panels [px]."""
APART = (0.2, 0.07)
"""Shares of width and height of a panel by which points with labels of their own are apart."""
FAR = 0.7
"""Share of the width of a panel from which on labels stand to the left of their points."""
WIDTH = 860
"""Width below which two panels beside each other cannot be read [px]."""


def frontier(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw what is carried together, for every pair of drivers, with the plans.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity --with frontier`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        A panel for each pair. Points are of the frontier of all drivers, so that in a pair one may lie inside others;
        crosses are dominated in all drivers; hollow diamonds are maxima of one driver alone (单项极限), which are
        alternatives; stars are plans. What is not carried at all is not drawn, but counted below.

    Raises
    ------
    UsageError
        If the result is of another kind or has no frontier.
    """
    verdict(capacities, language, "frontier", "frontier_point_carried", option="--with frontier")
    suffix = "_zh" if language == "zh" else ""
    names = texts(capacities, f"frontier_driver_name{suffix}")
    units = [getattr(UNIT_WORDS[unit], language) for unit in texts(capacities, "frontier_driver_unit")]
    titles = [f"{style.escape(name)}（{unit}）" if language == "zh" else f"{style.escape(name)} ({unit})"
              for name, unit in zip(names, units, strict=True)]  # fmt: skip
    ids = texts(capacities, "frontier_driver")
    moved = [ids.index(each) for each in str(capacities.attrs["frontier_drivers"]).split(", ") if each in ids]
    pairs = list(combinations(moved, 2))
    groups = _groups(capacities, names, units, language)
    columns = 1 if len(pairs) == 1 else 2
    rows = -(-len(pairs) // columns)
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    height = rows * (PANEL + GAP)
    for number, (one, other) in enumerate(pairs):
        row, column = divmod(number, columns)
        key = str(number + 1) if number else ""
        left = column * (0.5 + 0.04)
        top = 1.0 - row * (PANEL + GAP) / (height - GAP)
        axes["xaxis" + key] = {
            "title": titles[one], "domain": [left, left + 0.46] if columns == 2 else [0.0, 1.0],
            "anchor": "y" + key, "rangemode": "tozero",
        }  # fmt: skip
        axes["yaxis" + key] = {
            "title": titles[other], "domain": [max(top - PANEL / (height - GAP), 0.0), top], "anchor": "x" + key,
            "rangemode": "tozero",
        }  # fmt: skip
        span = [max((float(g.values[:, k].max()) for g in groups), default=1.0) or 1.0 for k in (one, other)]
        traces += [group.trace(one, other, key, span, first=number == 0) for group in groups]
    missing = int((~np.isfinite(capacities["frontier_point_carried"].values).all(axis=1)).sum())
    notes = []
    if missing:
        text = say("rays_none", language, count=missing)
        notes.append(style.note(text, x=0.0, y=0.0, yanchor="top", yshift=-64))
    drawn = style.figure(
        traces,
        height=height + 130,
        width=WIDTH if columns == 2 else None,
        annotations=notes,
        margin={"l": 60, "r": 16, "t": 64, "b": 110 if missing else 60},
        **axes,
    )
    if columns == 1:
        return drawn
    tall = len(pairs) * (PANEL + GAP)
    below: dict[str, Any] = {"width": None, "height": tall + 130}
    for number in range(len(pairs)):
        key, top = str(number + 1) if number else "", 1.0 - number * (PANEL + GAP) / (tall - GAP)
        below[f"xaxis{key}__domain"] = [0.0, 1.0]
        below[f"yaxis{key}__domain"] = [max(top - PANEL / (tall - GAP), 0.0), top]
    return style.narrowed(drawn, **below)


class _Group:
    """Points of one kind, with the amounts of all drivers."""

    def __init__(
        self, name: str, values: Floats, about: list[str], look: dict[str, Any], *, text: bool
    ) -> None:
        self.name, self.values, self.about, self.look, self.text = name, values, about, look, text

    def trace(self, one: int, other: int, key: str, span: Sequence[float], *, first: bool) -> Any:
        """Draw the points in the panel of a pair of drivers."""
        import plotly.graph_objects as go

        places = self.values[:, [one, other]] / span
        return go.Scatter(
            x=self.values[:, one], y=self.values[:, other], mode="markers+text" if self.text else "markers",
            text=self._labels(places) if self.text else None,
            textposition=["top left" if x > FAR else "top center" for x, _ in places],
            textfont={"size": 11}, cliponaxis=False, name=self.name,
            legendgroup=self.name, showlegend=first, customdata=self.about, marker=self.look,
            hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
            xaxis="x" + key, yaxis="y" + key,
        )  # fmt: skip

    def _labels(self, places: Floats) -> list[str]:
        """Label points at shares of width and height; those that stand together share the label of the first."""
        heads = [about.split("<br>")[0] for about in self.about]
        labels = [""] * len(heads)
        first: list[int] = []
        for k, place in enumerate(places):
            near = next((f for f in first if (np.abs(places[f] - place) < APART).all()), None)
            if near is None:
                first.append(k)
                labels[k] = heads[k]
            else:
                labels[near] += " / " + heads[k]
        return labels


def _groups(found: xr.Dataset, names: list[str], units: list[str], language: str) -> list[_Group]:
    def about(values: Floats, heads: list[str]) -> list[str]:
        lines = [
            [
                f"{style.escape(name)} {value:,.4g} {unit}"
                for name, value, unit in zip(names, row, units, strict=True)
            ]
            for row in values
        ]
        return [
            "<br>".join([*([head] if head else []), *line]) for head, line in zip(heads, lines, strict=True)
        ]

    points = found["frontier_point_carried"].values
    known = np.isfinite(points).all(axis=1)
    dominated = (found["frontier_point_dominated"].values != 0) & known
    looks: list[tuple[str, np.ndarray, dict[str, Any]]] = [
        ("on_frontier", known & ~dominated, {"color": style.BLUE, "size": 9, "opacity": 0.85}),
        ("dominated", dominated, {"color": style.GREY, "size": 9, "symbol": "x"}),
    ]
    groups = [
        _Group(
            say(key, language),
            points[chosen],
            about(points[chosen], [""] * int(chosen.sum())),
            look,
            text=False,
        )
        for key, chosen, look in looks
    ]
    if "frontier_alternative_carried" in found:
        alone = found["frontier_alternative_carried"].values
        there = np.isfinite(alone).all(axis=1)
        look = {"color": style.ORANGE, "size": 13, "symbol": "diamond-open", "line": {"width": 2}}
        heads = [f"{say('maximum_of', language)} {style.escape(names[k])}" for k in np.flatnonzero(there)]
        groups.append(
            _Group(say("alternatives", language), alone[there], about(alone[there], heads), look, text=False)
        )
    if "frontier_plan_amount" in found:
        plans = found["frontier_plan_amount"].values
        look = {"color": style.PLAN, "size": 13, "symbol": "star"}
        heads = [style.escape(name) for name in texts(found, "frontier_plan")]
        groups.append(_Group(say("plans", language), plans, about(plans, heads), look, text=True))
        carried = found["frontier_plan_carried"].values
        there = np.isfinite(carried).all(axis=1)
        look = {"color": style.PLAN, "size": 9, "symbol": "circle-open", "line": {"width": 2}}
        heads = [head for head, t in zip(heads, there, strict=True) if t]
        groups.append(
            _Group(
                say("plan_carried", language), carried[there], about(carried[there], heads), look, text=False
            )
        )
    return [group for group in groups if len(group.values)]
