"""How much of the plan the water carries, by direction and planning year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.search import INFEASIBLE, UNBOUNDED
from waterbal.report.capacity import Verdict
from waterbal.report.charts import style
from waterbal.report.charts.reading import refuse
from waterbal.report.charts.words import say
from waterbal.report.material import kind

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

GROUP = 1.0
"""Height of a direction with all its planning years, in units of the axis."""
FILLED = 0.78
"""Share of it that the rows take."""
ROW, AROUND = 22, 130
"""Height of a row, and of what is around all of them [px]."""
PLAN = 1.0
"""Scale of the plan [-]."""


def verdict(found: xr.Dataset, language: str, figure: str, *needs: str, option: str = "") -> Verdict:
    """Return what a dataset of capacities says.

    Raises
    ------
    UsageError
        If the result is of another kind, or lacks what the figure needs.
    """
    if kind(found) != "capacity" or any(name not in found for name in needs):
        raise refuse(figure, found, "capacity", f" {option}" if option else "")
    return Verdict(found, language)


def capacity(capacities: xr.Dataset, language: str) -> go.Figure:
    """Draw capacities as multiples of the plan: a row for each direction and planning year.

    Parameters
    ----------
    capacities : Dataset
        As ``waterbal capacity`` writes it.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    Figure
        A bar from the least to the largest capacity of all scenarios of the year, a mark at the baseline (or what
        differs from it in the year only), small marks at the others. Where nothing is carried, or nothing stops it,
        that is said in words.

    Raises
    ------
    UsageError
        If the result is of another kind.
    """
    told = verdict(capacities, language, "capacity")
    years = capacities["planning_year"].values.astype(int)
    horizons = sorted(set(years.tolist()))
    step = FILLED * GROUP / len(horizons)
    drawn = _Rows(told, {int(years[k]): k for k in told.horizons()})
    for d in range(len(told.directions)):
        for h, year in enumerate(horizons):
            height = d * GROUP + (h - 0.5 * (len(horizons) - 1)) * step
            drawn.row(d, year, np.flatnonzero(years == year), height, _colour(h))
    count = len(told.directions)
    rows = count * max(len(horizons), 2)
    return style.figure(
        drawn.traces(horizons, 0.7 * step),
        height=AROUND + ROW * rows,
        barmode="overlay",
        shapes=[
            {"type": "line", "x0": PLAN, "x1": PLAN, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"color": style.PLAN, "width": 1.5, "dash": "dash"}}
        ],
        annotations=[
            *drawn.words,
            style.note(
                say("plan_line", language), xref="x", x=PLAN, y=1.0, yanchor="bottom", xanchor="center",
                font={"size": 12, "color": style.PLAN},
            ),
        ],
        xaxis={"title": say("scale_axis", language), "range": [0.0, 1.12 * max(drawn.largest, 1.15)]},
        yaxis={
            "tickvals": [d * GROUP for d in range(count)],
            "ticktext": [_row_name(told, d, language) for d in range(count)],
            "range": [count - 0.5, -0.55],
            "showgrid": False,
            "zeroline": False,
        },
        legend={"yanchor": "top", "y": -0.17 if rows > 12 else -0.3},
        margin={"l": 60, "r": 16, "t": 36, "b": 48},
    )  # fmt: skip


def _row_name(told: Verdict, direction: int, language: str) -> str:
    """Name a direction, and say so where the mark of the plan is not on it."""
    name = style.wrap(told.directions[direction], 20)
    return name if told.plan.on(direction) else f"{name}<br>({say('off_plan', language)})"


def _colour(horizon: int) -> str:
    return style.HORIZONS[horizon % len(style.HORIZONS)]


class _Rows:
    """Collects the marks of all rows by planning year."""

    def __init__(self, told: Verdict, alike: dict[int, int]) -> None:
        self.told, self.alike = told, alike
        self.ranges: dict[int, list[tuple[float, float, float]]] = {}
        self.others: dict[int, list[tuple[float, float, list[str]]]] = {}
        self.base: dict[int, list[tuple[float, float, list[str]]]] = {}
        self.colour: dict[int, str] = {}
        self.words: list[dict[str, Any]] = []
        self.largest = PLAN

    def row(self, direction: int, year: int, scenarios: np.ndarray, height: float, colour: str) -> None:
        """Take up the capacities of a direction in a year."""
        found = self.told.found
        self.colour[year] = colour
        status = found["capacity_status"].values[scenarios, direction]
        scale = np.where(
            np.isin(status, (INFEASIBLE, UNBOUNDED)),
            np.nan,
            found["capacity_scale"].values[scenarios, direction],
        )
        known = np.isfinite(scale)
        for place, k in enumerate(scenarios):
            if known[place]:
                kept = self.base if self.alike.get(year) == k else self.others
                value = float(scale[place])
                kept.setdefault(year, []).append((value, height, self._about(int(k), direction)))
        if known.any():
            low, high = float(scale[known].min()), float(scale[known].max())
            self.largest = max(self.largest, high)
            if high > low:
                self.ranges.setdefault(year, []).append((low, high, height))
        text = self._word(year, scenarios, status)
        if text:
            beyond = float(scale[known].max()) if known.any() else 0.0
            self.words.append(
                {"text": text, "x": beyond, "y": height, "xanchor": "left", "yanchor": "middle", "xshift": 12,
                 "showarrow": False, "bgcolor": style.PAPER, "borderpad": 1,
                 "font": {"size": 11, "color": style.MUTED}}
            )  # fmt: skip

    def _about(self, scenario: int, direction: int) -> list[str]:
        told = self.told
        texts = (told.scenarios[scenario], told.amounts(scenario, direction), told.stops(scenario, direction))
        return [style.escape(text) for text in texts]

    def _word(self, year: int, scenarios: np.ndarray, status: np.ndarray) -> str:
        """Say where there is no number: of the year, and for how many of its scenarios."""
        language, parts = self.told.language, []
        for code, word in ((INFEASIBLE, "none_carried"), (UNBOUNDED, "not_bounded")):
            count = int((status == code).sum())
            if count == len(scenarios):
                parts.append(f"{year} {say(word, language)}")
            elif count:
                parts.append(say("in_scenarios", language, word=say(word, language), count=count))
        return say("list_mark", language).join(parts)

    def _name(self, year: int) -> str:
        """Name a year; the one of the baseline is marked."""
        base = int(self.told.found["planning_year"].values[self.told.base])
        return say("baseline_year", self.told.language, year=year) if year == base else str(year)

    def traces(self, horizons: list[int], thick: float) -> list[Any]:
        """Draw ranges, then the scenarios, then the baseline."""
        import plotly.graph_objects as go

        language = self.told.language
        made: list[Any] = []
        for year in horizons:
            spans = self.ranges.get(year, [])
            made.append(
                go.Bar(
                    orientation="h", base=[low for low, _, _ in spans], x=[high - low for low, high, _ in spans],
                    y=[y for _, _, y in spans], width=thick, showlegend=False, hoverinfo="skip",
                    legendgroup=str(year), marker={"color": style.shade(self.colour[year], 0.28)},
                )
            )  # fmt: skip
            for kept, size, symbol, own in (
                (self.others.get(year, []), 5, "line-ns-open", False),
                (self.base.get(year, []), 11, "circle", True),
            ):
                if kept or own:
                    made.append(
                        go.Scatter(
                            x=[x for x, _, _ in kept], y=[y for _, y, _ in kept], mode="markers",
                            name=self._name(year), legendgroup=str(year), showlegend=own,
                            marker={"size": size, "symbol": symbol, "color": self.colour[year],
                                    "line": {"width": 1.5, "color": style.PAPER if own else self.colour[year]}},
                            customdata=[about for _, _, about in kept],
                            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{say('scale', language)} %{{x:.3f}}<br>"
                            "%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
                        )
                    )  # fmt: skip
        return made
