"""Who gives how much: supply by source in the mean months and by year, and shortage by year and month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.model.rows import Floats
from waterbal.report.charts import style
from waterbal.report.charts.reading import Member, decoded, origins, position, refuse
from waterbal.report.charts.words import say
from waterbal.report.material import kind

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

DUST = 1e-9
"""Shortage below this share of the largest need of a month is rounding [-]."""
GIVEN = (("source", "source_withdrawal"), ("aquifer", "aquifer_pumping"), ("node", "reclaimed_supply"))
"""Dimension and variable of what each kind of origin gives."""


def supply(results: xr.Dataset, language: str, *, scenario: int | str = 0, realization: int = 0) -> go.Figure:
    """Draw what every source gives, stacked: in the months of a mean year, and year by year.

    Parameters
    ----------
    results : Dataset
        A run, or a sweep that keeps series; of a sweep that keeps sums by year there are the years only.
    language : str
        ``zh`` or ``en``.
    scenario : int or str
        Position or id.
    realization : int
        Position.

    Returns
    -------
    Figure
        Bars [1e4 m3] by month above and by year below. Sources count before settling loss, reclaimed
        water as it is given to users.

    Raises
    ------
    UsageError
        If the result keeps neither.
    """
    by_year = "year" in results.dims and "yearly_source_withdrawal" in results
    if by_year:
        return _yearly(results, language, scenario, realization)
    member = Member(results, scenario, realization, figure="supply", needs=("water_supply",))
    values = {name: member.values(variable) for name, variable in GIVEN if member.has(variable)}
    monthly = {name: _mean_months(member, series) for name, series in values.items()}
    yearly = {name: member.by_year(series) for name, series in values.items()}
    need = member.values("water_demand").sum(axis=0)
    return _draw(
        results,
        language,
        yearly,
        member.years.tolist() or [int(member.year[0])],
        member.by_year(need),
        monthly,
        _mean_months(member, need),
    )


def _yearly(results: xr.Dataset, language: str, scenario: int | str, realization: int) -> go.Figure:
    place = position(results, scenario)
    one = results.isel(scenario=place, realization=realization)
    yearly = {name: one[f"yearly_{v}"].values for name, v in GIVEN if f"yearly_{v}" in one}
    need = one["yearly_water_demand"].values.sum(axis=0)
    return _draw(results, language, yearly, one["year"].values.tolist(), need)


def _mean_months(member: Member, values: Floats) -> Floats:
    """Add up the steps of each calendar month and divide by the years, ndarray (..., 12)."""
    wanted = np.isin(member.year, member.years) if member.years.size else np.ones(member.year.size, bool)
    count = max(member.years.size, 1)
    months = [values[..., wanted & (member.month == month)].sum(axis=-1) / count for month in range(1, 13)]
    return np.stack(months, axis=-1)


def _draw(
    results: xr.Dataset,
    language: str,
    yearly: dict[str, Floats],
    years: Sequence[int],
    need: Floats,
    monthly: dict[str, Floats] | None = None,
    need_by_month: Floats | None = None,
) -> go.Figure:
    import plotly.graph_objects as go

    place = {
        str(id): (name, number)
        for name in yearly
        for number, id in enumerate(decoded(results)[f"{name}_id"].values.tolist())
    }
    unit = say("unit", language)
    traces: list[Any] = []
    for origin in origins(results):
        where = [place[id] for id in origin.ids if id in place]
        if not any(yearly[name][number].any() for name, number in where):
            continue
        label = style.escape(origin.name(language))
        common: dict[str, Any] = {
            "name": label, "legendgroup": origin.ids[0], "marker": {"color": origin.colour},
            "hovertemplate": f"%{{fullData.name}}<br>%{{x}}  %{{y:,.1f}} {unit}<extra></extra>",
        }  # fmt: skip
        if monthly is not None:
            height = sum(monthly[name][number] for name, number in where)
            traces.append(
                go.Bar(x=_months(), y=np.asarray(height), showlegend=False, xaxis="x2", yaxis="y2", **common)
            )
        traces.append(go.Bar(x=list(years), y=sum(yearly[name][number] for name, number in where), **common))
    line: dict[str, Any] = {
        "mode": "lines+markers", "line": {"color": style.NEED, "width": 1.5, "dash": "dot"},
        "marker": {"size": 4, "color": style.NEED}, "name": say("need", language), "legendgroup": "need",
        "hovertemplate": f"%{{fullData.name}}<br>%{{x}}  %{{y:,.1f}} {unit}<extra></extra>",
    }  # fmt: skip
    if need_by_month is not None:
        traces.append(
            go.Scatter(x=_months(), y=need_by_month, showlegend=False, xaxis="x2", yaxis="y2", **line)
        )
    traces.append(go.Scatter(x=list(years), y=need, **line))
    both = monthly is not None
    layout: dict[str, Any] = {
        "barmode": "stack",
        "bargap": 0.15,
        "height": 700 if both else 440,
        "legend": {"yanchor": "top", "y": -0.14 if both else -0.22},
        "xaxis": {"title": say("year", language), "anchor": "y", "tickformat": "d"},
        "yaxis": {
            "title": say("volume_axis", language),
            "rangemode": "tozero",
            "anchor": "x",
            "domain": [0.0, 0.42] if both else [0.0, 1.0],
        },
    }
    if both:
        layout["xaxis2"] = {"title": say("month", language), "type": "category", "anchor": "y2"}
        layout["yaxis2"] = {
            "title": say("volume_month", language),
            "rangemode": "tozero",
            "anchor": "x2",
            "domain": [0.58, 1.0],
        }
    return style.figure(traces, **layout)


def _months() -> list[str]:
    return [str(month) for month in range(1, 13)]


def shortage_map(
    results: xr.Dataset,
    language: str,
    *,
    sector: str | None = None,
    scenario: int | str = 0,
    realization: int = 0,
) -> go.Figure:
    """Draw which share of the need is short, by year and month.

    Parameters
    ----------
    results : Dataset
        A run, or a sweep that keeps series.
    language : str
        ``zh`` or ``en``.
    sector : str, optional
        Id of the sector that is looked at; None: all users.
    scenario : int or str
        Position or id.
    realization : int
        Position.

    Returns
    -------
    Figure
        Heat map [-]; ``customdata`` holds need, supply and shortage [1e4 m3]. A month without need is blank.

    Raises
    ------
    UsageError
        If the result keeps no series, or has no such sector.
    """
    import plotly.graph_objects as go

    needs = ("water_demand", "water_shortage")
    if kind(results) == "capacity" or any(name not in results for name in needs):
        raise refuse("shortage_map", results, "series")
    member = Member(results, scenario, realization, figure="shortage_map", needs=needs)
    kinds = member.values("demand_sector").astype(str)
    if sector is not None and sector not in kinds:
        known = sorted(set(kinds.tolist()))
        message = Message(f"没有行业 {sector!r}", f"there is no sector {sector!r}")
        raise UsageError(Issue(message, "sector", expected=one_of(known), nearest=nearest(sector, known)))
    here = np.ones(kinds.size, bool) if sector is None else kinds == sector
    years = np.unique(member.year)
    need, given, short = (
        _table(member, member.values(name)[here].sum(axis=0), years)
        for name in ("water_demand", "water_supply", "water_shortage")
    )
    if not (short > DUST * need.max(initial=0.0)).any():
        return style.nothing(say("never_short", language, count=years.size))
    share = np.divide(short, need, out=np.full_like(need, np.nan), where=need > 0.0)
    unit = say("unit", language)
    trace = go.Heatmap(
        z=share,
        x=_months(),
        y=years,
        customdata=np.stack([need, given, short], axis=2).round(2),
        colorscale=style.SEQUENCE,
        zmin=0.0,
        zmax=1.0,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar={
            "title": {"text": say("short_share", language)}, "tickformat": ".0%", "thickness": 12, "len": 0.9,
        },
        hovertemplate=f"%{{y}}-%{{x}}<br>{say('short_share', language)} %{{z:.1%}}<br>"
        f"{say('need', language)} %{{customdata[0]:,.1f}} {unit}<br>"
        f"{say('supply', language)} %{{customdata[1]:,.1f}} {unit}<br>"
        f"{say('shortage', language)} %{{customdata[2]:,.1f}} {unit}<extra></extra>",
    )  # fmt: skip
    return style.figure(
        [trace],
        height=max(260, min(90 + 14 * years.size, 1200)),
        xaxis={"title": say("month", language), "type": "category", "showgrid": False},
        yaxis={
            "title": say("year", language), "autorange": "reversed", "showgrid": False, "tickformat": "d",
            "nticks": min(years.size, 20),
        },
    )  # fmt: skip


def _table(member: Member, values: Floats, years: np.ndarray) -> Floats:
    """Add up the steps of every month, ndarray (year, month); nan where there is no step."""
    table = np.full((years.size, 12), np.nan)
    row, column = np.searchsorted(years, member.year), member.month - 1
    table[row, column] = 0.0
    np.add.at(table, (row, column), values)
    return table
