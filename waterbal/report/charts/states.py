"""How stores, aquifers and quotas stand over the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.report.charts import style
from waterbal.report.charts.flows import lowered
from waterbal.report.charts.reading import Member
from waterbal.report.charts.words import say
from waterbal.report.material import kind
from waterbal.results import metrics

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

PANEL, GAP, AROUND = 150, 50, 120
"""Height of the panel of one element, between two, and around all of them [px]."""
NAME = 48
"""Columns of a line above a panel."""
USED_UP = 1e-6
"""A quota of which no larger share is left is used up [-]."""
DIGITS = 3
"""Decimals that are drawn: an axis is not to be stretched to rounding."""
TIERS = (style.YELLOW, style.ORANGE, style.VERMILLION, "#882255")
"""Colours of level tiers, the first mildest."""


def storages(
    results: xr.Dataset, language: str, *, scenario: int | str = 0, realization: int = 0
) -> go.Figure:
    """Draw what every reservoir holds, below what it may hold and above what links cannot draw.

    Parameters
    ----------
    results : Dataset
        A run, or a sweep that keeps series; dead storage and the reserve curve are those of a run only.
    language : str
        ``zh`` or ``en``.
    scenario : int or str
        Position or id.
    realization : int
        Position.

    Returns
    -------
    Figure
        A panel for each reservoir that stands [1e4 m3].

    Raises
    ------
    UsageError
        If the result keeps no series, or has no reservoir.
    """
    member = Member(results, scenario, realization, figure="storages", needs=("storage_volume",))
    volume, allowed = member.values("storage_volume"), member.values("storage_capacity")
    rows = lowered(results).stores if kind(results) == "run" else None
    shown = [s for s in range(volume.shape[0]) if allowed[s].max() > 0.0]
    panels = _Panels(member, [member.labels("store", language)[s] for s in shown])
    unit = say("unit", language)
    for k, s in enumerate(shown):
        panels.line(k, allowed[s], say("allowed", language), style.MUTED, unit, dash="dot", shape="hv")
        panels.line(k, volume[s], say("volume_stored", language), style.BLUE, unit, fill=True)
        if rows is not None:
            panels.line(k, rows[s].dead, say("dead", language), "#8C6D46", unit, dash="dash", shape="hv")
            reserve = rows[s].reserve
            if reserve is not None:
                panels.line(k, reserve, say("curve", language), style.ORANGE, unit, dash="dashdot")
    return panels.figure("storage_axis", language)


def groundwater(
    results: xr.Dataset, language: str, *, scenario: int | str = 0, realization: int = 0
) -> go.Figure:
    """Draw the depth to groundwater with the tiers from which on pumping is cut.

    Parameters
    ----------
    results : Dataset
        A run, or a sweep that keeps series.
    language : str
        ``zh`` or ``en``.
    scenario : int or str
        Position or id.
    realization : int
        Position.

    Returns
    -------
    Figure
        A panel for each aquifer, depth [m] downward; lines at the tiers of a run.

    Raises
    ------
    UsageError
        If the result keeps no series, or has no aquifer.
    """
    member = Member(results, scenario, realization, figure="groundwater", needs=("groundwater_depth",))
    depth = member.values("groundwater_depth")
    panels = _Panels(member, member.labels("aquifer", language))
    rows = lowered(results).aquifers if kind(results) == "run" else None
    for a in range(depth.shape[0]):
        panels.line(a, depth[a], say("depth", language), style.BLUE, "m")
        if rows is None:
            continue
        deepest = float(depth[a].max())
        levels = list(zip(rows[a].tier_depth.tolist(), rows[a].tier_factor.tolist(), strict=True))
        for t, (level, factor) in enumerate(levels):
            beyond = level > 2.0 * deepest and t > 0
            if not beyond:
                told = say("tier", language, number=t + 1, depth=f"{level:g}", factor=f"{factor:g}")
                panels.level(a, level, told, TIERS[min(t, len(TIERS) - 1)])
    return panels.figure("depth_axis", language, downward=True)


def quotas(results: xr.Dataset, language: str, *, scenario: int | str = 0, realization: int = 0) -> go.Figure:
    """Draw what is used of every quota in each quota year beside what it entitles to.

    Parameters
    ----------
    results : Dataset
        A run, or a sweep that keeps series.
    language : str
        ``zh`` or ``en``.
    scenario : int or str
        Position or id.
    realization : int
        Position.

    Returns
    -------
    Figure
        A panel for each quota [1e4 m3/yr]; years that use it up are red.

    Raises
    ------
    UsageError
        If the result keeps no series, or has no quota.
    """
    member = Member(results, scenario, realization, figure="quotas", needs=("quota_used",))
    used, volume = member.values("quota_used"), member.values("quota_volume")
    left, reset = member.values("quota_remaining"), np.atleast_1d(member.values("quota_reset_month"))
    panels = _Panels(member, member.labels("quota", language))
    unit = say("per_year", language)
    for q in range(used.shape[0]):
        year = metrics.year_of_step(member.year, member.month, int(reset[q]))
        wanted = metrics.complete_years(year, member.month)
        wanted = wanted if wanted.size else np.unique(year)
        cap = np.array([volume[q][year == y][-1] for y in wanted])
        lowest = np.array([left[q][year == y].min() for y in wanted])
        empty = (cap > 0.0) & (lowest <= USED_UP * cap)
        volume_used = metrics.yearly(used[q], year, wanted)
        for key, chosen, colour in (("used", ~empty, style.SKY), ("used_up", empty, style.VERMILLION)):
            panels.bars(q, wanted[chosen], volume_used[chosen], say(key, language), colour, unit)
        left_out = np.setdiff1d(np.unique(year), wanted)
        if left_out.size:
            years = "、" if language == "zh" else ", "
            panels.names[q] += say(
                "quota_years", language, month=int(reset[q]), years=years.join(map(str, left_out.tolist()))
            )
        panels.steps(q, wanted, cap, say("entitlement", language), unit)
    return panels.figure("quota_axis", language, by_year=True)


class _Panels:
    """Panels one below the other over the same time."""

    def __init__(self, member: Member, names: list[str]) -> None:
        self.member, self.names = member, names
        self.traces: list[Any] = []
        self.shapes: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.told: set[str] = set()
        self.time = np.datetime_as_string(member.results["time"].values, unit="D")
        self.reach: dict[int, float] = {}
        self.date = "%Y-%m" if member.results.attrs.get("time_step") == "month" else "%Y-%m-%d"

    def _common(self, panel: int, name: str) -> dict[str, Any]:
        first = name not in self.told
        self.told.add(name)
        return {"name": name, "legendgroup": name, "showlegend": first, "yaxis": _axis("y", panel)}

    def line(
        self,
        panel: int,
        values: Floats,
        name: str,
        colour: str,
        unit: str,
        *,
        dash: str = "solid",
        shape: str = "linear",
        fill: bool = False,
    ) -> None:
        """Add a line over the steps."""
        import plotly.graph_objects as go

        self.reach[panel] = max(self.reach.get(panel, 0.0), float(np.max(values)))
        told = np.round(np.broadcast_to(values, self.time.shape), DIGITS)
        kept = np.ones(told.size, dtype=bool)
        if shape == "hv":  # a step that is as high as the one before and the one behind adds nothing
            kept[1:-1] = (told[1:-1] != told[:-2]) | (told[1:-1] != told[2:])
        self.traces.append(
            go.Scatter(
                x=self.time[kept],
                y=told[kept],
                mode="lines",
                line={"color": colour, "width": 1.3, "dash": dash, "shape": shape},
                fill="tozeroy" if fill else None,
                fillcolor=style.shade(colour, 0.18) if fill else None,
                hovertemplate=f"%{{x|{self.date}}}<br>%{{fullData.name}} %{{y:,.2f}} {unit}<extra></extra>",
                **self._common(panel, name),
            )
        )

    def level(self, panel: int, value: float, name: str, colour: str) -> None:
        """Add a level line with its name."""
        self.reach[panel] = max(self.reach.get(panel, 0.0), value)
        axis = _axis("y", panel)
        self.shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "yref": axis,
                "y0": value,
                "y1": value,
                "line": {"color": colour, "width": 1.5, "dash": "dash"},
            }
        )
        self.notes.append(
            {
                "text": name,
                "xref": "paper",
                "x": 0.995,
                "xanchor": "right",
                "yref": axis,
                "y": value,
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11, "color": style.MUTED},
            }
        )

    def bars(self, panel: int, years: np.ndarray, values: Floats, name: str, colour: str, unit: str) -> None:
        """Add a bar for each year."""
        import plotly.graph_objects as go

        if not years.size:
            return
        self.traces.append(
            go.Bar(
                x=years,
                y=np.round(values, DIGITS),
                marker={"color": colour},
                hovertemplate=f"%{{x}}<br>%{{fullData.name}} %{{y:,.1f}} {unit}<extra></extra>",
                **self._common(panel, name),
            )
        )

    def steps(self, panel: int, years: np.ndarray, values: Floats, name: str, unit: str) -> None:
        """Add a stepped line over years."""
        import plotly.graph_objects as go

        self.traces.append(
            go.Scatter(
                x=years,
                y=np.round(values, DIGITS),
                mode="lines",
                line={"color": style.PLAN, "width": 1.6, "shape": "hvh"},
                hovertemplate=f"%{{x}}<br>%{{fullData.name}} %{{y:,.1f}} {unit}<extra></extra>",
                **self._common(panel, name),
            )
        )

    def figure(
        self, title: str, language: str, *, downward: bool = False, by_year: bool = False
    ) -> go.Figure:
        """Put the panels together."""
        count = max(len(self.names), 1)
        tall = count * (PANEL + GAP) - GAP
        titles = []
        axes: dict[str, Any] = {}
        for k, name in enumerate(self.names):
            top = 1.0 - k * (PANEL + GAP) / tall
            titles.append(
                style.note(style.wrap(name, NAME), x=0.0, y=top, yanchor="bottom",
                           font={"size": 12, "color": style.INK})
            )  # fmt: skip
            axes["yaxis" + (str(k + 1) if k else "")] = {
                "title": {"text": say(title, language), "font": {"size": 12}},
                "domain": [max(top - PANEL / tall, 0.0), top],
                "anchor": "x",
                "rangemode": "tozero",
            } | ({"range": [1.05 * self.reach.get(k, 1.0), 0.0]} if downward else {})
        last = _axis("y", count - 1)
        return style.figure(
            self.traces,
            height=tall + AROUND,
            shapes=self.shapes,
            annotations=[*self.notes, *titles],
            xaxis={
                "anchor": last,
                "title": say("year", language),
                "ticklabelstandoff": 6,
                **({"tickformat": "d"} if by_year else {}),
            },
            legend={"y": 1.0 + 40.0 / tall},
            margin={"l": 60, "r": 16, "t": 72, "b": 48},
            **axes,
        )


def _axis(letter: str, panel: int) -> str:
    return letter + (str(panel + 1) if panel else "")
