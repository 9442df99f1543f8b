"""How likely the plan is more than the water carries: capacities of the records, by planning year."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from waterbal.capacity.search import INFEASIBLE, UNBOUNDED
from waterbal.model.rows import Floats
from waterbal.report.capacity import Verdict
from waterbal.report.capacity_extras import texts
from waterbal.report.charts import style
from waterbal.report.charts.capacity import PLAN, verdict
from waterbal.report.charts.words import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

PANEL, BETWEEN, LINE, BELOW = 170, 26, 17, 70
"""Height of the panel of a planning year, below each, of a line above each, and below all of them [px]."""
NARROW = 40
"""Columns of the title of the axis, and of a line above a panel, on a narrow screen."""
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
    on_plan = _on_plan(told, capacities)
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    heads, lines = [], []
    for h, label in enumerate(names):
        colour, key = style.HORIZONS[h % len(style.HORIZONS)], str(h + 1) if h else ""
        axes["yaxis" + key] = {"range": [-0.03, 1.05], "tickformat": ".0%", "nticks": 4, "anchor": "x"}
        own = np.where(status[h] == INFEASIBLE, -np.inf, np.where(status[h] == UNBOUNDED, np.inf, scales[h]))
        x, count = _steps(own, end)
        share, low, high = _shares(count, own.size, confidence)
        common: dict[str, Any] = {"yaxis": "y" + key, "showlegend": False}
        edge = {"line": {"shape": "vh", "width": 0}, "hoverinfo": "skip", "mode": "lines", **common}
        traces.append(go.Scatter(x=x, y=low, **edge))
        traces.append(go.Scatter(x=x, y=high, fill="tonexty", fillcolor=style.shade(colour, 0.18), **edge))
        over = float(capacities["risk_exceedance"].values[h])
        low_over, high_over = (float(v) for v in capacities["risk_exceedance_exact"].values[h])
        about = _broken(capacities, h, language) or _said(
            "exceeds", language, over, low_over, high_over, own.size
        )
        heads.append([label, about, *_verdict(told, h, language)])
        traces.append(
            go.Scatter(
                x=x, y=share, mode="lines", line={"color": colour, "width": 2.2, "shape": "vh"},
                name=f"{label}  {about}", customdata=[label] * len(x),
                hovertemplate=f"%{{customdata}}<br>{say('scale', language)} %{{x:.3f}}<br>"
                f"{say('carry_share', language)} %{{y:.0%}}<extra></extra>", **common,
            )
        )  # fmt: skip
        if not on_plan:
            continue
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
    wide = _placed([[f"<b>{head[0]}</b>  {head[1]}", *head[2:]] for head in heads])
    narrow = _placed(
        [[f"<b>{head[0]}</b>", *(line for part in head[1:] for line in _lines(part))] for head in heads]
    )
    drawn = style.figure(
        traces,
        height=wide.height,
        shapes=lines,
        annotations=[
            style.note(text, x=0.0, y=top, yanchor="bottom", font={"size": 12, "color": style.INK})
            for text, (_, top) in zip(wide.texts, wide.domains, strict=True)
        ],
        xaxis={
            "title": title,
            "range": [0.0, end],
            "anchor": "y" + (str(len(names)) if len(names) > 1 else ""),
        },
        margin={"l": 60, "r": 16, "t": wide.above, "b": BELOW},
        **axes,
    )
    drawn.update_layout({f"{axis}_domain": place for axis, place in zip(axes, wide.domains, strict=True)})
    changes: dict[str, Any] = {
        f"{axis}__domain": place for axis, place in zip(axes, narrow.domains, strict=True)
    }
    for k, (text, (_, top)) in enumerate(zip(narrow.texts, narrow.domains, strict=True)):
        changes |= {f"annotations__{k}__text": text, f"annotations__{k}__y": top}
    return style.narrowed(
        drawn,
        height=narrow.height,
        margin__t=narrow.above,
        xaxis__title__text="<br>".join(style.wrap(part, NARROW) for part in title.split("<br>")),
        **changes,
    )


class _Places(NamedTuple):
    """Panels one below the other, each with lines of text above it."""

    texts: list[str]
    domains: list[list[float]]
    """Low and high end of each panel, as shares of what is drawn [-]."""
    above: int
    """Room above the first [px]."""
    height: int
    """Of all [px]."""


def _placed(heads: Sequence[Sequence[str]]) -> _Places:
    """Place panels with the lines above each."""
    rooms = [LINE * len(head) + LINE // 2 for head in heads]
    gaps = [0, *(BETWEEN + room for room in rooms[1:])]
    tall = len(heads) * PANEL + sum(gaps)
    domains = []
    at = 0
    for gap in gaps:
        at += gap
        domains.append([max(1.0 - (at + PANEL) / tall, 0.0), 1.0 - at / tall])
        at += PANEL
    return _Places(["<br>".join(head) for head in heads], domains, rooms[0], rooms[0] + tall + BELOW)


def _lines(text: str) -> list[str]:
    """Break a text, which has no markup but what is escaped, for a narrow screen."""
    return style.wrap(html.unescape(text), NARROW).split("<br>")


def _said(key: str, language: str, share: float, low: float, high: float, count: int) -> str:
    shares = {"share": f"{share:.0%}", "low": f"{low:.0%}", "high": f"{high:.0%}"}
    return style.escape(say(key, language, count=f"{count:,}", **shares))


def _broken(capacities: xr.Dataset, horizon: int, language: str) -> str:
    """Say that the plan of a planning year breaks a limit that is not water; empty where it does not."""
    name = f"risk_exceedance_limit_name_{language}"
    limits = str(texts(capacities, name)[horizon]) if name in capacities else ""
    return style.escape(say("exceeds_limit", language, limits=limits)) if limits else ""


def _verdict(told: Verdict, horizon: int, language: str) -> list[str]:
    """Tell what the verdict has for a planning year, where it was counted in records of its own."""
    found = told.found
    direction = str(found.attrs.get("risk_direction", ""))
    axis = str(found.attrs.get("horizon_axis", ""))
    label = texts(found, "risk_horizon")[horizon]
    if direction not in told.direction_ids:
        return []
    for k in told.horizons():
        own = str(found[axis].values[k] if axis in found.coords else int(found["planning_year"].values[k]))
        if own == label and told.tried(k, told.direction_ids.index(direction)):
            share, low, high = (
                float(found[f"overshoot_{part}"].values[k]) for part in ("probability", "low", "high")
            )
            records = int(found["overshoot_records"].values[k])
            return [_said("exceeds_tried", language, share, low, high, records)]
    return []


def _direction(names: list[str], ids: list[str], found: xr.Dataset) -> str:
    id = str(found.attrs.get("risk_direction", ""))
    return names[ids.index(id)] if id in ids else id


def _on_plan(told: Verdict, found: xr.Dataset) -> bool:
    """Tell whether the direction goes through the plan, so that the plan has a place among its scales."""
    id = str(found.attrs.get("risk_direction", ""))
    return id not in told.direction_ids or told.plan.on(told.direction_ids.index(id))


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
