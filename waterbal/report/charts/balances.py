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
INSIDE = 0.06
"""A bar of at least this share of the largest need has its number inside [-]."""
TITLE = 30
"""Columns of the line above a waterfall on a narrow screen."""
UPPER, ROW, BETWEEN, AROUND = 300, 34, 110, 90
"""Height of the upper panel, of a row of the others, between panels and around all [px]."""


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
        Above, supply and gap stacked to the need [1e4 m3/yr, mean of all years]; below, a waterfall for each order from
        the gap of the first balance to that of the last.

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
    names = [style.wrap(name, 12) for name in texts(capacities, f"balances_balance_name_{language}")]
    unit = say("per_year", language)
    above = [
        f"{say('need', language)} {wanted:,.0f}<br>{say('gap', language)} {short:,.0f}"
        for wanted, short in zip(told["need"][:, when], told["gap"][:, when], strict=True)
    ]
    traces: list[Any] = []
    for key, values, colour in (("supply", supply, style.SUPPLY), ("gap", gap, style.SHORT)):
        traces.append(
            go.Bar(
                x=names, y=values, name=say(key, language), marker={"color": colour},
                text=[f"{v:,.0f}" if v > INSIDE * need.max() else "" for v in told[key][:, when]],
                textposition="inside", insidetextanchor="middle",
                constraintext="none",
                customdata=np.column_stack([told[key][:, when], told["need"][:, when]]),
                hovertemplate=f"%{{x}}<br>%{{fullData.name}} %{{customdata[0]:,.0f}} {unit}<br>"
                f"{say('need', language)} %{{customdata[1]:,.0f}} {unit}<extra></extra>",
            )
        )  # fmt: skip
    traces.append(
        go.Scatter(
            x=names, y=need, mode="text", text=above,
            textposition="top center", textfont={"color": style.NEED, "size": 12}, showlegend=False,
            hoverinfo="skip", cliponaxis=False,
        )
    )  # fmt: skip
    measures = texts(capacities, f"balances_measure_name_{language}")
    closed = capacities["balances_gap_closed"].values
    orders = texts(capacities, "balances_order")
    for panel, order in enumerate(ORDERS):
        place = orders.index(order)
        values = closed[place, :, when]
        sequence = range(len(measures)) if order == "listed" else range(len(measures) - 1, -1, -1)
        traces.append(
            _waterfall(
                [measures[k] for k in sequence],
                values[list(sequence)],
                gap,
                [told["gap"][0, when], *-shown.closed[place, list(sequence), when], told["gap"][-1, when]],
                panel + 2,
                language,
            )
        )
    tall = ROW * (len(measures) + 2)
    height = UPPER + 2 * (tall + BETWEEN)
    domains = [
        [1.0 - UPPER / height, 1.0],
        [(2 * tall + BETWEEN - tall) / height, (2 * tall + BETWEEN) / height],
        [0.0, tall / height],
    ]
    drawn = style.figure(
        traces,
        barmode="stack",
        height=height + AROUND,
        xaxis={"domain": [0.0, 1.0], "anchor": "y", "type": "category"},
        yaxis={
            "title": say("volume_axis", language),
            "domain": domains[0],
            "range": [0.0, 1.2 * float(need.max())],
        },
        **{
            key: value
            for number, domain in enumerate(domains[1:], 2)
            for key, value in (
                (
                    f"xaxis{number}",
                    {
                        "anchor": f"y{number}",
                        "rangemode": "tozero",
                        "range": [0.0, 1.25 * float(gap.max())],
                        "title": say("gap_axis", language),
                    },
                ),
                (
                    f"yaxis{number}",
                    {
                        "anchor": f"x{number}",
                        "domain": domain,
                        "type": "category",
                        "autorange": "reversed",
                        "showgrid": False,
                    },
                ),
            )
        },
        annotations=[
            style.note(
                say(f"order_{order}", language), x=0.0, y=domain[1], yanchor="bottom", font={"size": 13}
            )
            for order, domain in zip(ORDERS, domains[1:], strict=True)
        ],
        margin={"l": 60, "r": 16, "t": 40, "b": 50},
    )
    wrapped = {
        f"annotations__{k}__text": style.wrap(say(f"order_{order}", language), TITLE)
        for k, order in enumerate(ORDERS)
    }
    return style.narrowed(drawn, **wrapped)


def _waterfall(
    names: list[str], closed: np.ndarray, gap: np.ndarray, shown: list[float], axis: int, language: str
) -> Any:
    """Draw the way from the first gap to the last, with the numbers that are shown beside the steps."""
    import plotly.graph_objects as go

    first, last = say("gap_first", language), say("gap_last", language)
    numbered = [f"{k}. {name}" for k, name in enumerate(names, 1)]  # two measures may have one name
    values = [float(gap[0]), *(-float(v) for v in closed), float(gap[-1])]
    return go.Waterfall(
        orientation="h",
        y=[first, *(style.wrap(name, 26) for name in numbered), last],
        x=values,
        measure=["absolute", *["relative"] * len(names), "total"],
        text=[f"{value:z,.0f}" for value in shown],
        textposition="outside",
        cliponaxis=False,
        textfont={"size": 11},
        showlegend=False,
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        decreasing={"marker": {"color": style.GREEN}},
        increasing={"marker": {"color": style.ORANGE}},
        totals={"marker": {"color": style.SHORT}},
        connector={"line": {"color": style.GREY, "width": 1}},
        hovertemplate=f"%{{y}}<br>%{{text}} {say('per_year', language)}<extra></extra>",
    )
