"""The tables behind the verdict on capacities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.capacity_extras import already, change_text, limit_names, texts
from waterbal.report.capacity_extras import table as table_of
from waterbal.report.capacity_verdict import Verdict
from waterbal.report.capacity_words import say

if TYPE_CHECKING:
    from rich.table import Table

WORTHS = 8
"""Limits listed."""


def tables(verdict: Verdict) -> list[Table]:
    """Make the tables of a verdict that have something to show."""
    made = [horizons_table(verdict), directions_table(verdict)]
    made += [limits_table(verdict)] if "limit_worth" in verdict.found else []
    made += [reliefs_table(verdict)] if "relief_change" in verdict.found else []
    made += [scenarios_table(verdict)] if len(verdict.ids) > 1 else []
    return made


def horizons_table(v: Verdict) -> Table:
    """Make the table of the planning years."""
    lang = v.language
    title = say("title_horizon", lang)
    if v.samples is not None:
        title = say("title_horizon_samples", lang, range=v.samples.range(v.base), sample=v.sample)
    table = table_of(
        title,
        [(say(k, lang), j) for k, j in (("horizon", "left"), ("scale", "right"), ("headroom", "right"),
                                        ("probability", "right"), ("naive", "right"), ("stops", "left"))],
    )  # fmt: skip
    for k in v.horizons():
        scale, text = v.scale(k, v.focus), _scale(v, k, v.focus)
        if v.samples is not None:
            scale, text = v.samples.median(k, v.focus), v.samples.text(k, v.focus)
        exact = v.samples is None and v.status(k, v.focus) == "limited"
        room = v.plan.headroom(k, v.focus, scale, exact=exact)
        naive = v.naive(k, v.focus)
        year = str(int(v.found["planning_year"].values[k]))
        table.add_row(year, text, room, v.probability(k, v.focus), naive, v.stops(k, v.focus))
    return table


def directions_table(v: Verdict) -> Table:
    """Make the table of the baseline by direction."""
    lang = v.language
    columns = [(say(key, lang), side) for key, side in (("direction", "left"), ("scale", "right"))]
    if v.samples is not None:
        columns.append((say("samples_median", lang, count=v.samples.count(v.base)), "right"))
    columns += [(say(key, lang), "left") for key in ("amount", "stops")]
    table = table_of(say("title_single", lang, scenario=v.scenarios[v.base]), columns)
    for d, name in enumerate(v.directions):
        over = [] if v.samples is None else [v.samples.text(v.base, d)]
        table.add_row(name, _scale(v, v.base, d), *over, v.amounts(v.base, d), v.stops(v.base, d))
    return table


def _scale(v: Verdict, scenario: int, direction: int) -> str:
    """Tell a scale, and of what it is a multiple where that is not the plan."""
    told = v.scale_text(scenario, direction)
    if v.plan.on(direction) or not np.isfinite(v.scale(scenario, direction)):
        return told
    return f"{told} × {v.plan.fastest(direction)}"


def limits_table(v: Verdict) -> Table:
    """Make the table of what limits are worth."""
    lang = v.language
    title = say("title_worth", lang)
    table = table_of(title, [(say("limit", lang), "left"), (say("per_percent", lang), "right")])
    values = v.found["limit_worth"].values
    names = limit_names(v.found, lang)
    order = [k for k in np.argsort(-np.abs(np.nan_to_num(values)), kind="stable") if abs(values[k]) > 0.0]
    for k in order[:WORTHS]:
        told = change_text(float(values[k]), lang) if np.isinf(values[k]) else f"{values[k]:+.4f}"
        table.add_row(names[k], told)
    if len(order) > WORTHS:
        table.add_row(say("less_worth", lang, count=len(order) - WORTHS), "")
    if not order:
        table.add_row(say("none_binds", lang), "")
    return table


def reliefs_table(v: Verdict) -> Table:
    """Make the table of measures."""
    lang = v.language
    columns = (
        ("measure", "left"),
        ("change", "right"),
        ("annual_cost", "right"),
        ("per_cost", "right"),
        ("lead", "right"),
        ("then", "left"),
    )
    table = table_of(say("title_relief", lang), [(say(k, lang), j) for k, j in columns])
    names = texts(v.found, f"measure_name_{lang}")
    data = {k: v.found[f"relief_{k}"].values for k in ("change", "cost", "lead_time")}
    present = already(v.found)
    for k, name in enumerate(names):
        if present[k]:
            table.add_row(name, say("present", lang), "", "", "", "")
            continue
        change, cost, lead = (float(data[key][k]) for key in ("change", "cost", "lead_time"))
        helps = change > 1e-9
        per = f"{1000.0 * change / cost:+.3f}" if helps and cost > 0.0 and np.isfinite(change) else ""
        table.add_row(
            name,
            change_text(change, lang) if abs(change) > 1e-9 else say("no_effect", lang),
            say("unknown", lang) if np.isnan(cost) else f"{cost:z,.0f}",
            per,
            say("unknown", lang) if np.isnan(lead) else f"{lead:g}",
            v.then(k) if helps else "",
        )
    return table


def scenarios_table(v: Verdict) -> Table:
    """Make the table of every scenario."""
    lang = v.language
    columns = [("方案" if lang == "zh" else "Scenario", "left"), *((name, "right") for name in v.directions)]
    along = f" ({v.directions[v.focus]})" if len(v.directions) > 1 else ""
    columns += [
        (say("probability", lang) + along, "right"),
        (say("naive", lang), "right"),
        (say("stops", lang) + along, "left"),
    ]
    table = table_of(say("title_all", lang), columns)
    for k, name in enumerate(v.scenarios):
        scales = [v.scale_text(k, d) for d in range(len(v.directions))]
        naive = v.naive(k, *range(len(v.directions)))
        table.add_row(name, *scales, v.probability(k, v.focus), naive, v.stops(k, v.focus))
    return table
