"""The balances of demand and supply, and the gap that each measure closes in either order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.report.capacity_extras import texts
from waterbal.report.charts import style
from waterbal.report.charts.capacity import verdict
from waterbal.report.charts.words import say
from waterbal.report.printed_balances import printed

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

MEAN = "mean"
ORDERS = ("listed", "reversed")
NAME, TITLE = 26, 30
"""Columns of a line of a name, and of the line above a waterfall on a narrow screen."""
TICKS = 4
"""Ticks of an axis on a narrow screen."""
ROOM = 0.3
"""Room beside the longest step of a waterfall for its number, as share of the step."""
BALANCE, ROW, BETWEEN, AROUND = 68, 34, 110, 90
"""Height of a balance with the two lines above its bar, of a row of a waterfall, between panels, around all [px]."""
LEFT = 60
"""Least room left of what is drawn, into which the lines above waterfalls reach on a narrow screen [px]."""
APART = 5
"""Distance of names from what is drawn [px]."""
BAR, BELOW, LINES = 0.34, 0.3, 0.1
"""Thickness of the bar of a balance, and how far below its name the bar's middle and the end of the lines above it are,
as shares of ``BALANCE``."""


def balances(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw need, supply and gap of each balance, and how the measures close the gap, in both orders.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity --with balances`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        Above, a row for each balance: supply and gap, together as long as the need [1e4 m3/yr, mean of all years],
        and the numbers in words above the bar, where they have room on any screen; below, a waterfall for each order
        from the gap of the first balance to that of the last.

    Raises
    ------
    UsageError
        If the result is of another kind or has no balances.
    """
    import plotly.graph_objects as go

    verdict(capacities, language, "balances", "balances_gap_closed", option="--with balances")
    when = texts(capacities, "balances_when").index(MEAN)
    shown = printed(capacities)
    told = {"need": shown.total_need, "supply": shown.total_supply, "gap": shown.gap}
    need, supply, gap = (
        capacities[f"balances_water_{part}"].sum(("balances_zone", "balances_sector")).values[:, when]
        for part in ("demand", "supply", "shortage")
    )
    names = [style.wrap(name, NAME) for name in texts(capacities, f"balances_balance_name_{language}")]
    places = list(range(len(names)))
    unit = say("per_year", language)
    words = {key: say(key, language) for key in ("need", "supply", "gap")}
    above = [
        f"{words['need']} {wanted:,.0f}<br>{words['supply']} {given:,.0f} · {words['gap']} {short:,.0f}"
        for wanted, given, short in zip(*(told[key][:, when] for key in words), strict=True)
    ]
    traces: list[Any] = []
    for key, values, colour in (("supply", supply, style.SUPPLY), ("gap", gap, style.SHORT)):
        traces.append(
            go.Bar(
                orientation="h", x=values, y=[place + BELOW for place in places], width=BAR, name=words[key],
                marker={"color": colour},
                customdata=[[*pair, name] for *pair, name in
                            zip(told[key][:, when], told["need"][:, when], names, strict=True)],
                hovertemplate=f"%{{customdata[2]}}<br>%{{fullData.name}} %{{customdata[0]:,.0f}} {unit}<br>"
                f"{words['need']} %{{customdata[1]:,.0f}} {unit}<extra></extra>",
            )
        )  # fmt: skip
    traces.append(
        go.Scatter(
            x=[0.0] * len(names), y=[place + LINES for place in places], mode="text", text=above,
            textposition="top right", textfont={"color": style.NEED, "size": 12}, showlegend=False,
            hoverinfo="skip", cliponaxis=False,
        )
    )  # fmt: skip
    measures = texts(capacities, f"balances_measure_name_{language}")
    closed = capacities["balances_gap_closed"].values
    orders = texts(capacities, "balances_order")
    steps: list[dict[str, Any]] = []
    largest = 0.0
    for axis, order in enumerate(ORDERS, 2):
        place = orders.index(order)
        values = closed[place, :, when]
        sequence = list(range(len(measures)))[:: 1 if order == "listed" else -1]
        traces.append(
            _waterfall(
                [measures[k] for k in sequence],
                values[sequence],
                gap,
                [told["gap"][0, when], *-shown.closed[place, sequence, when], told["gap"][-1, when]],
                axis,
                language,
            )
        )
        reached = np.concatenate([gap[:1], gap[0] - np.cumsum(values[sequence]), gap[-1:]])
        ends = np.maximum(reached, [0.0, *reached[:-2], 0.0])
        steps += [_beside(*step, axis) for step in zip(ends, range(len(ends)), traces[-1].text, strict=True)]
        largest = max(largest, float(ends.max()))
    upper, tall = BALANCE * len(names), ROW * (len(measures) + 2)
    height = upper + 2 * (tall + BETWEEN)
    domains = [[1.0 - upper / height, 1.0], [(tall + BETWEEN) / height, (2 * tall + BETWEEN) / height],
               [0.0, tall / height]]  # fmt: skip
    axes: dict[str, Any] = {}
    for axis, domain in enumerate(domains[1:], 2):
        axes[f"xaxis{axis}"] = {
            "anchor": f"y{axis}",
            "range": [0.0, (1.0 + ROOM) * (largest or float(need.max()))],
            "title": say("gap_axis", language),
        }
        axes[f"yaxis{axis}"] = {"anchor": f"x{axis}", "domain": domain, "type": "category",
                                "autorange": "reversed", "showgrid": False, "ticklabelstandoff": APART}  # fmt: skip
    heads = [say(f"order_{order}", language) for order in ORDERS]
    drawn = style.figure(
        traces,
        barmode="stack",
        height=height + AROUND,
        xaxis={"anchor": "y", "title": say("volume_axis", language), "rangemode": "tozero"},
        yaxis={"domain": domains[0], "tickvals": places, "ticktext": names, "range": [len(names) - 0.5, -0.5],
               "showgrid": False, "zeroline": False, "ticklabelstandoff": APART},
        **axes,
        annotations=[
            *(
                style.note(head, x=0.0, y=domain[1], yanchor="bottom", font={"size": 13})
                for head, domain in zip(heads, domains[1:], strict=True)
            ),
            *steps,
        ],
        margin={"l": LEFT, "r": 16, "t": 40, "b": 50},
    )  # fmt: skip
    narrow: dict[str, Any] = {}
    for k, head in enumerate(heads):
        narrow |= {f"annotations__{k}__text": style.wrap(head, TITLE), f"annotations__{k}__xshift": -LEFT}
    return style.narrowed(
        drawn, **narrow, **{f"{axis}__nticks": TICKS for axis in ("xaxis", "xaxis2", "xaxis3")}
    )


def _waterfall(
    names: list[str], closed: np.ndarray, gap: np.ndarray, shown: list[float], axis: int, language: str
) -> Any:
    """Draw the way from the first gap to the last, with the numbers that are told of the steps."""
    import plotly.graph_objects as go

    first, last = say("gap_first", language), say("gap_last", language)
    numbered = [f"{k}. {name}" for k, name in enumerate(names, 1)]  # two measures may have one name
    values = [float(gap[0]), *(-float(v) for v in closed), float(gap[-1])]
    return go.Waterfall(
        orientation="h",
        y=[first, *(style.wrap(name, NAME) for name in numbered), last],
        x=values,
        measure=["absolute", *["relative"] * len(names), "total"],
        text=[f"{value:z,.0f}" for value in shown],
        textposition="none",
        showlegend=False,
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        decreasing={"marker": {"color": style.GREEN}},
        increasing={"marker": {"color": style.ORANGE}},
        totals={"marker": {"color": style.SHORT}},
        connector={"line": {"color": style.GREY, "width": 1}},
        hovertemplate=f"%{{y}}<br>%{{text}} {say('per_year', language)}<extra></extra>",
    )


def _beside(end: float, row: int, text: str, axis: int) -> dict[str, Any]:
    """Write the number of a step right of it, where no name of a measure is."""
    return {"text": text, "x": float(end), "y": row, "xref": f"x{axis}", "yref": f"y{axis}", "xanchor": "left",
            "yanchor": "middle", "xshift": 4, "showarrow": False, "font": {"size": 11}}  # fmt: skip
