"""What binds and what helps: worth of limits, measures, and uncertain inputs one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import Issue, Message, UsageError, either
from waterbal.report.capacity_extras import already, change_text, limit_names, texts
from waterbal.report.capacity_tornado import NEEDED, Swings, along, asked, direction_name
from waterbal.report.capacity_words import CAPACITY, UNIT_WORDS
from waterbal.report.charts import style
from waterbal.report.charts.capacity import verdict
from waterbal.report.charts.reading import refuse
from waterbal.report.charts.words import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

MOST = 15
"""Limits shown: those that are worth most."""
NO_CHANGE = 1e-9
"""A change of the scale below this is none [-]."""
REACH = 0.01
"""Reach of the axis where nothing changes [-]."""
ROW, LINE, AROUND = 34, 15, 110
"""Height of a bar whose name has up to two lines, of a further line, and of what is around all of them [px]."""
NAME, TITLE = 26, 28
"""Columns of a line of a name, and of the title of an axis on a narrow screen."""
TICKS = 4
"""Ticks of an axis on a narrow screen."""
SENSITIVITY = "--with sensitivity"
"""Option that moves uncertain inputs over their ranges."""
ROOM = 0.3
"""Room beside the longest bar for what is written there, as share of the bar."""


def relief(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw how much each measure adds to the capacity of the baseline, with cost and lead time.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity`` writes it for scenarios with measures.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Bars: change of the scale [-]; with the names cost [1e4 yuan/yr] and years to act.

    Raises
    ------
    UsageError
        If the result is of another kind or has no measures.
    """
    told = verdict(capacities, language, "relief", "relief_change")
    change = capacities["relief_change"].values
    if not (np.abs(change) >= NO_CHANGE).any():
        return style.nothing(say("no_measure_helps", language, count=change.size))
    order = np.argsort(change, kind="stable")
    present = already(capacities)
    below = []
    for k in order:
        cost, years = (float(capacities[f"relief_{part}"].values[k]) for part in ("cost", "lead_time"))
        parts = [
            say("cost_unknown", language) if np.isnan(cost) else say("cost", language, cost=f"{cost:,.0f}"),
            *([] if np.isnan(years) else [say("lead", language, years=f"{years:g}")]),
        ]
        if present[k]:
            parts = [say("in_scenario", language)]
        elif abs(change[k]) < NO_CHANGE:
            parts.insert(0, say("no_effect_alone", language))
        below.append(say("list_mark", language).join(parts))
    names = texts(capacities, f"measure_name_{language}")
    return _bars(
        [names[k] for k in order],
        np.where(np.isfinite(change), change, 0.0)[order],
        [change_text(float(change[k]), language) for k in order],
        say("change_axis", language, direction=told.directions[told.focus]),
        [style.GREEN if change[k] > 0.0 else style.VERMILLION for k in order],
        below,
    )


def limits(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw what 1 % more of each limit adds to the capacity of the baseline.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Bars: change of the scale [-]; the limits that are worth most.

    Raises
    ------
    UsageError
        If the result is of another kind or tells no worths.
    """
    told = verdict(capacities, language, "limits", "limit_worth")
    worth = capacities["limit_worth"].values
    names = limit_names(capacities, language)
    order = [k for k in np.argsort(-np.abs(np.nan_to_num(worth)), kind="stable") if abs(worth[k]) > NO_CHANGE]
    order = order[:MOST][::-1]
    title = say("worth_axis", language, direction=told.directions[told.focus])
    if not order:
        return style.nothing(say("no_limit_binds", language))
    return _bars(
        [names[k] for k in order],
        worth[order],
        [f"{worth[k]:+z.4f}" for k in order],
        title,
        [style.BLUE if worth[k] > 0.0 else style.VERMILLION for k in order],
    )


def tornado(capacities: xr.Dataset, language: str, direction: str = "") -> go.Figure:
    """Draw the capacity at both ends of every uncertain input while the others stay as they are.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity --with sensitivity`` writes it for scenarios with sampled inputs.
    language : str
        ``zh`` or ``en``.
    direction : str
        Which of the directions along which inputs were moved; empty for the first.

    Returns
    -------
    Figure
        Bars from the nominal capacity to that at each end, the largest swing on top. An end at which nothing is
        carried, or nothing stops it, is named.

    Raises
    ------
    UsageError
        If the result is of another kind, has no sensitivities or only those that an older waterbal wrote, or none
        along the direction.
    """
    import plotly.graph_objects as go

    verdict(capacities, language, "tornado", NEEDED[0], option=SENSITIVITY)
    swings = _along(capacities, direction)
    suffix = "_zh" if language == "zh" else ""
    names = texts(capacities, f"sensitivity_factor_name{suffix}")
    if (swings.swing < NO_CHANGE).all():
        return style.nothing(say("no_input_matters", language, count=len(names)))
    order = swings.order[::-1]
    axis = _amount(capacities, swings, language)
    origin = swings.nominal if np.isfinite(swings.nominal) else 0.0
    places = list(range(len(names)))
    traces: list[Any] = []
    notes: list[dict[str, Any]] = []
    for end, colour, own in (("low", style.SKY, swings.at_low), ("high", style.BLUE, swings.at_high)):
        at, value = own[order], capacities[f"sensitivity_input_{end}"].values[order]
        drawn = np.isfinite(at) & (at > 0.0)
        traces.append(
            go.Bar(
                orientation="h", y=places, base=origin, x=np.where(drawn, at - origin, np.nan), width=0.62,
                name=say(f"at_{end}", language), marker={"color": colour},
                customdata=[[style.escape(names[k]), f"{v:z,.4g}", f"{a:z,.4g}"]
                            for k, v, a in zip(order, value, at, strict=True)],
                hovertemplate="<b>%{customdata[0]}</b> = %{customdata[1]}<br>%{customdata[2]}"
                f"<extra>{say(f'at_{end}', language)}</extra>",
            )
        )  # fmt: skip
        for place in np.flatnonzero(~drawn):
            word = say("not_bounded" if at[place] > 0.0 else "none_carried", language)
            side = "left" if at[place] > 0.0 else "right"
            notes.append(
                {"text": f"{say(f'at_{end}', language)}: {word}", "x": origin, "y": int(place), "xanchor": side,
                 "xshift": 6 if side == "left" else -6, "showarrow": False,
                 "font": {"size": 11, "color": style.MUTED}}
            )  # fmt: skip
    shapes = [{"type": "line", "x0": origin, "x1": origin, "yref": "paper", "y0": 0, "y1": 1,
               "line": {"color": style.PLAN, "width": 1.5}}]  # fmt: skip
    parts = [axis]
    if np.isfinite(swings.nominal):
        tolerance = swings.error
        shapes.append(
            {"type": "rect", "x0": origin - tolerance, "x1": origin + tolerance, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"width": 0}, "fillcolor": style.MUTED, "opacity": 0.3, "layer": "above"}
        )  # fmt: skip
        parts.append(say("within_tolerance", language, tolerance=f"{tolerance:.4g}"))
    drawn = style.figure(
        traces,
        height=AROUND + 40 + ROW * len(names),
        barmode="overlay",
        shapes=shapes,
        annotations=notes,
        xaxis={"title": "<br>".join(parts)},
        yaxis={
            "tickvals": places,
            "ticktext": [style.wrap(names[k], NAME) for k in order],
            "showgrid": False,
            "zeroline": False,
        },
    )
    narrow = "<br>".join(style.wrap(part, TITLE) for part in parts)
    return style.narrowed(drawn, xaxis__title__text=narrow, xaxis__nticks=TICKS)


def _along(found: xr.Dataset, direction: str) -> Swings:
    """Return what inputs do along a direction."""
    known = {swings.direction: swings for swings in along(found)}
    if not known and asked(found):
        raise UsageError(Issue(Message(*(CAPACITY["tornado_older"])), "tornado"))
    if not known:
        raise refuse("tornado", found, "capacity", f" {SENSITIVITY}")
    if direction and direction not in known:
        message = Message(f"没有沿 {direction!r} 变动不确定参数", f"no inputs were moved along {direction!r}")
        raise UsageError(Issue(message, "direction", expected=either(tuple(known))))
    return known[direction or next(iter(known))]


def _amount(found: xr.Dataset, swings: Swings, language: str) -> str:
    """Name what is carried: the amount of the driver that grows alone, or the scale, of what along other directions."""
    ids = texts(found, "driver_id")
    if swings.driver not in ids:
        if swings.first:
            return say("scale_axis", language)
        return say(
            "scale_of", language, direction=style.escape(direction_name(found, swings.direction, language))
        )
    place = ids.index(swings.driver)
    unit = getattr(UNIT_WORDS[texts(found, "driver_units_id")[place]], language)
    name = style.escape(texts(found, f"driver_name_{language}")[place])
    return say("carried_axis", language, name=name, unit=unit)


def _bars(
    names: list[str],
    values: np.ndarray,
    beside: list[str],
    title: str,
    colours: list[str],
    below: list[str] | None = None,
) -> go.Figure:
    """Draw bars with a text beside each, and one below each name."""
    import plotly.graph_objects as go

    places = list(range(len(names)))
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    largest = largest if largest > NO_CHANGE else REACH
    low = min(float(np.nanmin(values, initial=0.0)), 0.0)
    told = below or [""] * len(names)
    trace = go.Bar(
        orientation="h", y=places, x=values, width=0.55, marker={"color": colours}, showlegend=False,
        customdata=[[style.escape(name), text] for name, text in zip(names, told, strict=True)],
        hovertemplate="<b>%{customdata[0]}</b><br>%{x:+.4f}<br>%{customdata[1]}<extra></extra>",
    )  # fmt: skip
    notes = [
        {"text": text, "x": max(float(np.nan_to_num(value)), 0.0), "y": place, "xanchor": "left", "xshift": 4,
         "yanchor": "middle", "showarrow": False, "font": {"size": 11, "color": style.MUTED}}
        for place, value, text in zip(places, values, beside, strict=True)
    ]  # fmt: skip
    labels = [style.wrap(name, NAME) for name in names]
    broken = labels
    if below is not None:
        small = f'<span style="font-size:10px;color:{style.MUTED}">'
        broken = [
            f"{label}<br>{small}{style.wrap(text, NAME)}</span>"
            for label, text in zip(labels, below, strict=True)
        ]
        labels = [f"{label}<br>{small}{text}</span>" for label, text in zip(labels, below, strict=True)]
    tall, taller = (
        AROUND + len(names) * (ROW + LINE * max(max(label.count("<br>") for label in each) - 1, 0))
        for each in (labels, broken)
    )
    drawn = style.figure(
        [trace],
        height=tall,
        annotations=notes,
        xaxis={
            "title": style.escape(title),
            "range": [1.1 * low - 0.02 * largest, (1.0 + ROOM) * largest],
            "zeroline": True,
        },
        yaxis={"tickvals": places, "ticktext": labels, "showgrid": False, "zeroline": False,
               "range": [-0.6, len(names) - 0.4]},
    )  # fmt: skip
    return style.narrowed(
        drawn,
        height=taller,
        yaxis__ticktext=broken,
        xaxis__title__text=style.wrap(title, TITLE),
        xaxis__nticks=TICKS,
    )
