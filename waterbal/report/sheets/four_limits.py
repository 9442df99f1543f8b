"""T8 (“四定”成果表): how many people, how much land, production and city the water carries, each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.search import STATUS
from waterbal.report.capacity import Verdict
from waterbal.report.capacity_extras import change_text, texts
from waterbal.report.capacity_plan import Plan
from waterbal.report.capacity_words import UNIT_WORDS
from waterbal.report.rounding import nearest
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.studies import of_study, of_years
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    Column("horizon", term("horizon"), "text"),
    Column("scenario", term("scenario"), "text"),
    Column("direction", term("direction"), "text"),
    Column("driver", term("driver"), "text"),
    Column("unit", term("unit"), "text"),
    Column("plan", term("plan"), decimals=2),
    Column("largest", term("largest"), decimals=2),
    Column("ratio", term("ratio"), decimals=3),
    Column("state", term("state"), "text"),
    Column("probability", term("exceedance"), "text"),
    Column("binding", term("binding"), "text", wide=True),
    Column("relief", term("relief"), "text", wide=True),
)

PEOPLE = "1e4 person"
"""Unit of the drivers that residents who do not grow are counted in."""
SHOWN = 1.5e-3
"""[-] ratios that differ by more are printed as different."""


def unit_of(unit: str) -> Term:
    """Return the word of a unit of a driver."""
    return UNIT_WORDS.get(unit, Term(unit, unit))


def sheet(capacities: Sequence[xr.Dataset]) -> Sheet:
    """Make the table of all scenarios of all capacity files.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    """
    if not capacities:
        return Sheet("T8", term("T8"), (), (), term("unit_none"), (term("note_no_capacity"),))
    named = of_years(capacities)
    rows = [row for place, results in enumerate(capacities) for row in _rows(results, named[place])]
    notes = [term("note_single"), term("note_ratio"), term("note_exceedance"), term("note_judged_apart"),
             term("note_relief")]  # fmt: skip
    if any(_more_people(results) for results in capacities):
        notes.insert(2, term("note_residents"))
    if any(results.attrs.get("plan_grade") == "assumed" for results in capacities):
        notes.insert(0, term("note_plan_assumed"))
    return Sheet("T8", term("T8"), COLUMNS, tuple(rows), term("unit_none"), tuple(notes))


def _more_people(results: xr.Dataset) -> bool:
    """Tell whether residents that do not grow keep the ratio of people from being the scale of a direction."""
    people = [k for k, unit in enumerate(texts(results, "driver_units_id")) if unit == PEOPLE]
    amount, plan = (results[f"{name}_amount"].values[..., people] for name in ("capacity", "plan"))
    scale = results["capacity_scale"].values[:, :, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = amount / plan[:, None]
        grows = np.abs(ratio - 1.0) > SHOWN
        return bool((grows & (np.abs(ratio - scale) > SHOWN)).any())


def _rows(results: xr.Dataset, named: Mapping[int, Term]) -> list[Row]:
    zh, en = Verdict(results, "zh"), Verdict(results, "en")
    drivers = [str(one) for one in results["driver_id"].values.tolist()]
    rows = []
    for s in range(len(zh.ids)):
        for d, direction in enumerate(zh.direction_ids):
            alone = direction in drivers
            for k in [drivers.index(direction)] if alone else _growing(results, d):
                rows.append(_row(results, zh, en, (s, d, k), alone, named))
    return rows


def _growing(results: xr.Dataset, direction: int) -> list[int]:
    """Find the drivers that differ from the plan along a direction in any scenario; all if none is known."""
    amounts, plan = results["capacity_amount"].values[:, direction], results["plan_amount"].values
    with np.errstate(invalid="ignore"):
        differs = np.abs(amounts - plan) > 1e-9 * np.maximum(1.0, np.abs(plan))
    found = np.flatnonzero(differs.any(axis=0)).tolist()
    return found or list(range(plan.shape[1]))


def _row(
    results: xr.Dataset, zh: Verdict, en: Verdict, place: tuple[int, int, int], alone: bool,
    named: Mapping[int, Term],
) -> Row:  # fmt: skip
    s, d, k = place
    amount, plan = (
        float(results["capacity_amount"].values[s, d, k]),
        float(results["plan_amount"].values[s, k]),
    )
    scale = zh.scale(s, d)
    detailed = s == int(results.attrs.get("details_scenario", -1)) and zh.direction_ids[d] == str(
        results.attrs.get("details_direction", "")
    )
    label = Term(zh.directions[d], en.directions[d])
    if alone:
        label = term("single_limit", direction=label)
    cells: list[Cell] = [
        _horizon(results, s, named),
        Term(zh.scenarios[s], en.scenarios[s]),
        label,
        Term(zh.drivers[k], en.drivers[k]),
        Term(zh.units[k], en.units[k]),
        nearest(plan, 2) if np.isfinite(plan) else None,
        nearest(amount, 2) if np.isfinite(amount) else None,
        nearest(amount / plan, 3) if np.isfinite(amount) and plan > 0.0 else None,
        _state(results, s, d, scale),
        Term(zh.probability(s, d), en.probability(s, d)),
        Term(zh.stops(s, d), en.stops(s, d)),
        _relief(results) if detailed else None,
    ]
    return Row(tuple(cells), 0 if alone else 1)


def _horizon(results: xr.Dataset, scenario: int, named: Mapping[int, Term]) -> Term | None:
    if "planning_year" not in results:
        return None
    year = int(results["planning_year"].values[scenario])
    return of_study(Term(str(year), str(year)), named.get(year))


def _state(results: xr.Dataset, s: int, d: int, scale: float) -> Term:
    """Tell whether the plan is carried."""
    if STATUS[int(results["capacity_status"].values[s, d])] == "unbounded":
        return term("state_unbounded")
    if not np.isfinite(scale):
        return term("state_none")
    if int(results["capacity_non_monotone"].values[s, d]):
        return term("state_non_monotone")
    if scale >= 1.0 and _breaks(results, s):
        return term("state_outside")
    if not Plan(results, "en").on(d):
        return term("state_off_plan")
    return term("state_carried" if scale >= 1.0 else "state_over")


def _breaks(results: xr.Dataset, scenario: int) -> bool:
    """Tell whether the plan of a scenario breaks a limit that is not water."""
    return bool(Plan(results, "en").limit_ids(scenario))


def _relief(results: xr.Dataset) -> Term | None:
    """Name the three measures that help most per cost, with what they add to the scale."""
    if "relief_change" not in results:
        return None
    change, cost = results["relief_change"].values, results["relief_cost"].values
    helping = [i for i in range(len(change)) if change[i] > 1e-9 and cost[i] > 0.0]
    best = sorted(helping, key=lambda i: -change[i] / cost[i])[:3]
    texts = []
    for language, stop in (("zh", "；"), ("en", "; ")):
        names = results[f"measure_name_{language}"].values
        texts.append(stop.join(f"{names[i]} {change_text(float(change[i]), language)}" for i in best))
    return Term(*texts) if best else term("relief_none")
