"""T9 (措施成本表): what each measure costs and adds, when it acts, and what binds after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.capacity import Verdict
from waterbal.report.capacity_extras import already
from waterbal.report.capacity_words import CAPACITY
from waterbal.report.rounding import nearest
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.studies import of_study, studies
from waterbal.report.sheets.three_balances import names
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    Column("rank", term("rank"), "year"),
    Column("measure", term("measure"), "text"),
    Column("cost", term("cost"), unit=term("unit_money_year")),
    Column("scale", term("scale_after"), decimals=3),
    Column("change", term("scale_change"), decimals=3),
    Column("per_cost", term("per_cost"), decimals=4),
    Column("lead_time", term("lead_time"), decimals=1, unit=term("unit_years")),
    Column("next", term("binding_next"), "text", wide=True),
)
PRESENT = CAPACITY["present"]
"""Said of a measure that the scenario has already."""
PER_COST = 1000.0
"""[1e4 yuan/yr] cost that the change of scale is told for."""


def sheet(capacities: Sequence[xr.Dataset]) -> Sheet:
    """Make the table, most change per cost first.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    """
    of = zip(capacities, studies(capacities), strict=True)
    found = [(results, study) for results, study in of if "relief_change" in results]
    if not found:
        return Sheet("T9", term("T9"), (), (), term("unit_none"), (term("note_no_measures"),))
    rows = [row for results, study in found for row in _rows(results, study)]
    notes = tuple(dict.fromkeys(_of(results, study) for results, study in found))
    return Sheet("T9", term("T9"), COLUMNS, tuple(rows), term("unit_none"), (*notes, term("note_measures")))


def _rows(results: xr.Dataset, study: Term | None) -> list[Row]:
    change, scale, cost, lead = (
        results[f"relief_{name}"].values.astype(np.float64)
        for name in ("change", "scale", "cost", "lead_time")
    )
    known = np.isfinite(cost) & (cost > 0.0)
    per = np.full(change.shape, np.nan)
    per[known] = change[known] / cost[known] * PER_COST
    present = already(results)
    cost, change, per, lead = (np.where(present, np.nan, values) for values in (cost, change, per, lead))
    titles, following = names(results, "measure"), _next(results)
    order = sorted(range(len(change)), key=lambda i: (present[i], -per[i] if known[i] else np.inf, i))
    following = [PRESENT if has else one for has, one in zip(present, following, strict=True)]
    rows = []
    for rank, i in enumerate(order, start=1):
        cells: list[Cell] = [rank, of_study(titles[i], study)]
        cells += [
            nearest(float(value), decimals) if np.isfinite(value) else None
            for value, decimals in ((cost[i], 0), (scale[i], 3), (change[i], 3), (per[i], 4), (lead[i], 1))
        ]
        rows.append(Row((*cells, following[i])))
    return rows


def _next(results: xr.Dataset) -> list[Term | None]:
    """Name what binds after each measure: a requirement by its demand, a limit by its id."""
    if "relief_next_id" not in results:
        return [None] * results.sizes["measure"]
    told: list[Term | None] = []
    spoken = [Verdict(results, language) for language in ("zh", "en")]
    named = _demands(results)
    for one in map(str, results["relief_next_id"].values.tolist()):
        parts = one.split(".")
        name = named.get(parts[1], Term(parts[1], parts[1])) if len(parts) > 2 else Term(one, one)
        told.append(Term(*(v.requirement(one, getattr(name, v.language)) for v in spoken)) if one else None)
    return told


def _demands(results: xr.Dataset) -> dict[str, Term]:
    """Name the demands of the stored configuration."""
    import json

    config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
    return {
        one: Term(str(spec["name"]["zh"]), str(spec["name"]["en"]))
        for one, spec in config.get("demands", {}).items()
        if isinstance(spec, dict) and isinstance(spec.get("name"), dict)
    }


def _of(results: xr.Dataset, study: Term | None) -> Term:
    """Say which scenario and direction the measures are of."""
    place = int(results.attrs.get("details_scenario", 0))
    ids = [str(one) for one in results["direction_id"].values.tolist()]
    focus = str(results.attrs.get("details_direction", ids[0]))
    direction = names(results, "direction")[ids.index(focus)] if focus in ids else Term(focus, focus)
    scenario = of_study(names(results, "scenario")[place], study)
    return term("note_measures_of", scenario=scenario, direction=direction)
