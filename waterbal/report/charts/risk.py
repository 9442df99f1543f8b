"""How likely the plan is more than the water carries: capacities of the records, by planning year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.search import INFEASIBLE, UNBOUNDED
from waterbal.model.rows import Floats
from waterbal.report.capacity_extras import texts
from waterbal.report.charts import style
from waterbal.report.charts.capacity import PLAN, verdict
from waterbal.report.charts.words import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

PANEL, GAP, ABOVE, BELOW = 170, 44, 40, 70
"""Height of the panel of a planning year, between panels, and around all of them [px]."""
NARROW = 40
"""Columns of the title of the axis on a narrow screen."""
BEYOND = 1.15
"""How far the curves go on beyond the largest capacity or the plan [-]."""


def exceedance(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw the share of the records that carry at least so much, by planning year, against the plan.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity --with risk`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        A panel for each planning year, for few records have wide intervals that would hide each other: a stepped
        curve with its interval (Clopper-Pearson, as the file's). A record that carries nothing counts below every
        scale, one that nothing stops above every scale. Marks at the plan tell P(plan > capacity).

    Raises
    ------
    UsageError
        If the result is of another kind or has no risks.
    """
    import plotly.graph_objects as go

    told = verdict(capacities, language, "exceedance", "risk_realization_scale", option="--with risk")
    scales = capacities["risk_realization_scale"].values
    status = capacities["risk_realization_status"].values
    confidence = float(capacities.attrs["risk_confidence"])
    known = scales[np.isfinite(scales) & ~np.isin(status, (INFEASIBLE, UNBOUNDED))]
    end = BEYOND * max(float(known.max(initial=PLAN)), PLAN)
    names = [style.escape(name) for name in texts(capacities, "risk_horizon")]
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    titles, lines = [], []
    tall = len(names) * (PANEL + GAP) - GAP
    for h, label in enumerate(names):
        colour, key = style.HORIZONS[h % len(style.HORIZONS)], str(h + 1) if h else ""
        top = 1.0 - h * (PANEL + GAP) / tall
        axes["yaxis" + key] = {
            "range": [-0.03, 1.05], "tickformat": ".0%", "nticks": 4, "anchor": "x",
            "domain": [max(top - PANEL / tall, 0.0), top],
        }  # fmt: skip
        own = np.where(status[h] == INFEASIBLE, -np.inf, np.where(status[h] == UNBOUNDED, np.inf, scales[h]))
        x, count = _steps(own, end)
        share, low, high = _shares(count, own.size, confidence)
        common: dict[str, Any] = {"yaxis": "y" + key, "showlegend": False}
        edge = {"line": {"shape": "vh", "width": 0}, "hoverinfo": "skip", "mode": "lines", **common}
        traces.append(go.Scatter(x=x, y=low, **edge))
        traces.append(go.Scatter(x=x, y=high, fill="tonexty", fillcolor=style.shade(colour, 0.18), **edge))
        over = float(capacities["risk_exceedance"].values[h])
        low_over, high_over = (float(v) for v in capacities["risk_exceedance_exact"].values[h])
        about = say(
            "exceeds",
            language,
            share=f"{over:.0%}",
            low=f"{low_over:.0%}",
            high=f"{high_over:.0%}",
            count=own.size,
        )
        titles.append(
            style.note(f"<b>{label}</b>  {about}", x=0.0, y=top, yanchor="bottom",
                       font={"size": 12, "color": style.INK})
        )  # fmt: skip
        traces.append(
            go.Scatter(
                x=x, y=share, mode="lines", line={"color": colour, "width": 2.2, "shape": "vh"},
                name=f"{label}  {about}", customdata=[label] * len(x),
                hovertemplate=f"%{{customdata}}<br>{say('scale', language)} %{{x:.3f}}<br>"
                f"{say('carry_share', language)} %{{y:.0%}}<extra></extra>", **common,
            )
        )  # fmt: skip
        traces.append(
            go.Scatter(
                x=[PLAN], y=[1.0 - over], mode="markers",
                marker={"color": colour, "size": 9, "line": {"color": style.PAPER, "width": 1}},
                error_y={"type": "data", "symmetric": False, "array": [over - low_over],
                         "arrayminus": [high_over - over], "color": colour, "thickness": 2, "width": 6},
                customdata=[f"{label}: {about}"],
                hovertemplate="%{customdata}<extra></extra>", **common,
            )
        )  # fmt: skip
        lines.append({"type": "line", "x0": PLAN, "x1": PLAN, "yref": f"y{key} domain", "y0": 0, "y1": 1,
                      "layer": "below", "line": {"color": style.PLAN, "width": 1.5, "dash": "dash"}})  # fmt: skip
    direction = style.escape(_direction(told.directions, told.direction_ids, capacities))
    counted = say("records", language, count=scales.shape[1], level=f"{confidence:.0%}")
    title = f"{say('scale_of', language, direction=direction)}<br>{say('carry_shares', language, counted=counted)}"
    drawn = style.figure(
        traces,
        height=tall + ABOVE + BELOW,
        shapes=lines,
        annotations=titles,
        xaxis={
            "title": title,
            "range": [0.0, end],
            "anchor": "y" + (str(len(names)) if len(names) > 1 else ""),
        },
        margin={"l": 60, "r": 16, "t": ABOVE, "b": BELOW},
        **axes,
    )
    return style.narrowed(
        drawn, xaxis__title__text="<br>".join(style.wrap(part, NARROW) for part in title.split("<br>"))
    )


def _direction(names: list[str], ids: list[str], found: xr.Dataset) -> str:
    id = str(found.attrs.get("risk_direction", ""))
    return names[ids.index(id)] if id in ids else id


def _steps(own: Floats, end: float) -> tuple[Floats, np.ndarray]:
    """Give scales from 0 to the end and how many records carry at least each."""
    inner = np.unique(own[np.isfinite(own)])
    x = np.concatenate([[0.0], inner, [end]])
    return x, np.array([(own >= at).sum() for at in x])


def _shares(count: np.ndarray, size: int, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Give shares of the records with their exact intervals (Clopper-Pearson)."""
    from scipy.stats import beta

    tail = 0.5 * (1.0 - confidence)
    low = np.where(count > 0, beta.ppf(tail, np.maximum(count, 1), size - count + 1), 0.0)
    high = np.where(count < size, beta.ppf(1.0 - tail, count + 1, np.maximum(size - count, 1)), 1.0)
    return count / size, low, high
