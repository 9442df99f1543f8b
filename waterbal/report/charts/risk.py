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
        Stepped curves with their intervals (Clopper-Pearson, as the file's): a record that carries nothing counts
        below every scale, one that nothing stops above every scale. Marks at the plan tell P(plan > capacity).

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
    traces: list[Any] = []
    for h, name in enumerate(texts(capacities, "risk_horizon")):
        colour, label = style.HORIZONS[h % len(style.HORIZONS)], style.escape(name)
        own = np.where(status[h] == INFEASIBLE, -np.inf, np.where(status[h] == UNBOUNDED, np.inf, scales[h]))
        x, count = _steps(own, end)
        share, low, high = _shares(count, own.size, confidence)
        common = {"legendgroup": label, "line": {"shape": "vh", "width": 0}, "hoverinfo": "skip"}
        traces.append(go.Scatter(x=x, y=low, mode="lines", showlegend=False, **common))
        traces.append(
            go.Scatter(
                x=x, y=high, mode="lines", fill="tonexty", fillcolor=style.shade(colour, 0.13),
                showlegend=False, **common,
            )
        )  # fmt: skip
        over = float(capacities["risk_exceedance"].values[h])
        low_over, high_over = (float(v) for v in capacities["risk_exceedance_exact"].values[h])
        about = say("exceeds", language, share=f"{over:.0%}", low=f"{low_over:.0%}", high=f"{high_over:.0%}")
        traces.append(
            go.Scatter(
                x=x, y=share, mode="lines", line={"color": colour, "width": 2.2, "shape": "vh"},
                name=f"{label}  {about}", legendgroup=label,
                customdata=[label] * len(x),
                hovertemplate=f"%{{customdata}}<br>{say('scale', language)} %{{x:.3f}}<br>"
                f"{say('carry_share', language)} %{{y:.0%}}<extra></extra>",
            )
        )  # fmt: skip
        traces.append(
            go.Scatter(
                x=[PLAN + 0.008 * end * (h - 1)], y=[1.0 - over], mode="markers", showlegend=False, legendgroup=label,
                marker={"color": colour, "size": 9, "line": {"color": style.PAPER, "width": 1}},
                error_y={"type": "data", "symmetric": False, "array": [over - low_over],
                         "arrayminus": [high_over - over], "color": colour, "thickness": 1.4, "width": 5},
                customdata=[f"{label}: {about}"],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )  # fmt: skip
    count = scales.shape[1]
    direction = style.escape(_direction(told.directions, told.direction_ids, capacities))
    return style.figure(
        traces,
        height=470,
        shapes=[{"type": "line", "x0": PLAN, "x1": PLAN, "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"color": style.PLAN, "width": 1.5, "dash": "dash"}}],
        annotations=[
            style.note(say("plan_line", language), xref="x", x=PLAN, y=1.0, yanchor="bottom", xanchor="center",
                       font={"size": 12, "color": style.PLAN}),
            style.note(say("records", language, count=count, level=f"{confidence:.0%}"), x=1.0, y=1.0,
                       xanchor="right", yanchor="top"),
        ],
        xaxis={"title": say("scale_of", language, direction=direction), "range": [0.0, end]},
        yaxis={"title": say("carry_axis", language), "range": [-0.03, 1.05], "tickformat": ".0%"},
        legend={"yanchor": "top", "y": -0.2, "orientation": "v"},
        margin={"l": 60, "r": 16, "t": 36, "b": 48},
    )  # fmt: skip


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
