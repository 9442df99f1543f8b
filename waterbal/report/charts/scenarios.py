"""All scenarios of a sweep at a glance: guarantee rates by sector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.report.capacity_extras import texts
from waterbal.report.charts import style
from waterbal.report.charts.reading import refuse, sector_name
from waterbal.report.charts.words import say
from waterbal.report.material import kind
from waterbal.results import pooled

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

MOST = 500
"""Scenarios drawn; of more, those whose whole need is supplied least."""
TALL, LOW, HIGH = 1500, 3, 20
"""Height of all rows at most, and of a row at least and at most [px]."""
NAMED = 13
"""Rows as high as this are named [px]."""
COLUMN, BESIDE = 66, 440
"""Width of a column, and of names and colour bar [px]."""
BAR, LEAST = 260, 120
"""Height of the colour bar, and the least of it and of all rows [px]."""
NAME = 54
"""Columns of a name; the rest is in the label of the pointer."""


def scenarios(sweep: xr.Dataset, language: str) -> go.Figure:
    """Draw the yearly guarantee rate of every sector in every scenario, and the share of the need that is supplied.

    Parameters
    ----------
    sweep : Dataset
        As ``waterbal sweep`` writes it, whatever it keeps.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Heat map of guarantee rates over the years of all realizations that ended well, and of need supplied [-]; the
        label of the pointer also has the lowest of a realization.

    Raises
    ------
    UsageError
        If the result is of another kind.
    """
    import plotly.graph_objects as go

    if kind(sweep) != "sweep":
        raise refuse("scenarios", sweep, "sweep")
    good = sweep["member_status"].values == 0
    kinds = texts(sweep, "sector_id")
    rates = pooled.annual(sweep, "sector")
    need = np.where(good, sweep["mean_annual_demand"].values.sum(axis=-1), np.nan)
    given = np.where(good, sweep["mean_annual_supply"].values.sum(axis=-1), np.nan)
    share = np.divide(given, need, out=np.full_like(need, np.nan), where=need > 0.0)
    total, supplied = (np.nansum(values, axis=1) for values in (need, given))
    whole = np.divide(supplied, total, out=np.full_like(total, np.nan), where=total > 0.0)
    told = np.column_stack([rates.pooled, whole])
    low = np.column_stack([rates.lowest, _lowest(share)])
    chosen = _chosen(whole)
    names = _names(sweep, language, chosen)
    shown = [style.escape(name) for name in names]
    columns = [*(style.wrap(sector_name(k, language), 10) for k in kinds), say("supplied", language)]
    row = int(min(max(TALL / max(len(chosen), 1), LOW), HIGH))
    tall = max(row * len(chosen), LEAST)
    trace = go.Heatmap(
        z=np.round(told[chosen], 4),
        x=columns,
        y=shown,
        customdata=np.round(low[chosen], 4),
        colorscale=style.RATES,
        zmin=0.0,
        zmax=1.0,
        xgap=1,
        ygap=1 if row > 6 else 0,
        hoverongaps=False,
        colorbar={
            "tickformat": ".0%",
            "thickness": 12,
            "len": min(BAR, tall),
            "lenmode": "pixels",
            "nticks": 6 if tall >= BAR else 3,
            "y": 1.0,
            "yanchor": "top",
            "title": {"text": say("rate", language)},
        },
        hovertemplate="<b>%{y}</b><br>%{x} %{z:.1%}<br>"
        f"{say('lowest_realization', language)} %{{customdata:.1%}}<extra></extra>",
    )
    left_out = sweep.sizes["scenario"] - len(chosen)
    axis: dict[str, Any] = {"autorange": "reversed", "showgrid": False, "type": "category"}
    if row >= NAMED:
        axis |= {"tickvals": shown, "ticktext": [_clipped(name) for name in names],
                 "tickfont": {"size": 11}}  # fmt: skip
    else:
        axis |= {"showticklabels": False, "title": say("scenario_axis", language, count=len(chosen))}
    notes = []
    if left_out:
        text = say("left_out", language, count=left_out)
        notes.append(style.note(text, x=0.0, y=0.0, yanchor="top", yshift=-10))
    return style.figure(
        [trace],
        height=140 + tall + (30 if left_out else 0),
        annotations=notes,
        xaxis={
            "side": "top",
            "type": "category",
            "showgrid": False,
            "tickangle": 0,
            "tickfont": {"size": 11},
        },
        yaxis=axis,
        margin={"l": 60, "r": 16, "t": 90, "b": 50 if left_out else 16},
        width=BESIDE + COLUMN * len(columns) if row >= NAMED else None,
    )


def _lowest(values: Floats) -> Floats:
    """Return the lowest of all realizations, ndarray (scenario); nan where none is known."""
    lowest = np.where(np.isnan(values), np.inf, values).min(axis=1)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _chosen(supplied: Floats) -> list[int]:
    """Choose the scenarios to draw, in their order."""
    if supplied.size <= MOST:
        return list(range(supplied.size))
    return sorted(int(k) for k in np.argsort(supplied, kind="stable")[:MOST])


def _names(sweep: xr.Dataset, language: str, chosen: list[int]) -> list[str]:
    """Name the scenarios; where two have one name, with their ids."""
    names, ids = texts(sweep, f"scenario_name_{language}"), texts(sweep, "scenario_id")
    return [names[k] if names.count(names[k]) == 1 else f"{names[k]} [{ids[k]}]" for k in chosen]


def _clipped(name: str) -> str:
    """Return as much of a name as there is room for."""
    text, used = "", 0
    for character in name:
        used += style.columns(character)
        if used > NAME:
            return style.escape(text.strip()) + "…"
        text += character
    return style.escape(text)
