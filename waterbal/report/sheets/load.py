"""T7 (承载指数): use over cap, for all water and for groundwater, with the band it falls in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.rounding import nearest
from waterbal.report.sheets import quality
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.models import Models
from waterbal.report.sheets.sheet import Column, Row, Sheet
from waterbal.report.sheets.studies import of_study, studies
from waterbal.report.sheets.three_balances import names
from waterbal.report.sheets.words import WORDS, term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    Column("object", term("object"), "text"),
    Column("element", term("load_element"), "text"),
    Column("counted", term("counted"), "text"),
    Column("use", term("load_use")),
    Column("limit", term("load_limit")),
    Column("ratio", term("load_ratio"), decimals=3),
    Column("band", term("load_band"), "text"),
)


def sheet(capacities: Sequence[xr.Dataset], cases: Sequence[Case], models: Models) -> Sheet:
    """Make the table.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    cases : sequence of Case
        Scenarios of runs and sweeps, whose discharges load the receiving waters.
    models : Models
        Models that results were made with.
    """
    rows: list[Row] = []
    sets: list[tuple[Term, Term | None]] = []
    for results, study in zip(capacities, studies(capacities), strict=True):
        own: list[Row] = []
        if "load_value" in results:
            own += _rows(results)
            sets.append((_set(results), study))
        if "balances_load_value" in results:
            own += _of_balances(results)
        rows += [_named(row, study) for row in own]
    found = quality.loads(cases, models)
    rows += [_of_water(load) for load in found]
    if found:
        told = term("note_quality")
    else:
        known = (models.of(results) for results in (*capacities, *(case.results for case in cases)))
        waters = any(
            not isinstance(model, str) and model.capacity is not None and model.capacity.receiving_waters
            for model in known
        )
        told = term("note_quality_flows" if waters else "note_no_quality")
    if not rows:
        return Sheet("T7", term("T7"), (), (), term("unit_volume_year"), (term("note_no_load"), told))
    about = (*_sets(sets), *((term("note_load"),) if sets else ()), told)
    return Sheet("T7", term("T7"), COLUMNS, tuple(rows), term("unit_volume_year"), about)


def _named(row: Row, study: Term | None) -> Row:
    """Add the name of the study to what a row is of, where there are several."""
    of, *cells = row.cells
    return replace(row, cells=(of_study(of, study) if isinstance(of, Term) else of, *cells))


def _of_water(load: quality.Load) -> Row:
    """Make the row of a receiving water."""
    water = term("load_water", water=load.water)
    ratio = nearest(load.load / load.room, 3) if load.room > 0.0 else None
    of = load.case.name
    return Row((of, water, term("counted_used"), nearest(load.load), nearest(load.room), ratio, load.state))


def _rows(results: xr.Dataset) -> list[Row]:
    """Make the rows of the plan of the baseline."""
    ids = [str(one) for one in results["load_element_id"].values.tolist()]
    scenarios = [str(one) for one in results["scenario_id"].values.tolist()]
    baseline = str(results.attrs.get("baseline", ""))
    place = scenarios.index(baseline) if baseline in scenarios else len(scenarios) - 1
    use, limit, value = (results[f"load_{name}"].values for name in ("use", "limit", "value"))
    elements, bands = names(results, "load_element"), names(results, "load_band")
    scenario = names(results, "scenario")[place]
    return [
        _row(scenario, elements[i], one, float(use[i]), float(limit[i]), float(value[i]), bands[i])
        for i, one in enumerate(ids)
    ]


def _of_balances(results: xr.Dataset) -> list[Row]:
    """Make the rows of every balance."""
    ids = [str(one) for one in results["balances_load"].values.tolist()]
    quotas = dict(zip(ids, map(str, results["balances_load_quota"].values.tolist()), strict=True))
    elements: dict[str, Term] = {}
    if "load_element_id" in results:
        known = [str(one) for one in results["load_element_id"].values.tolist()]
        elements = dict(zip(known, names(results, "load_element"), strict=True))
    english = (
        "state_name_en" if "balances_load_state_name_en" in results else "state"
    )  # files before it was kept
    zh, en = (results[f"balances_load_{name}"].values for name in ("state_name_zh", english))
    use, limit, value = (results[f"balances_load_{name}"].values for name in ("use", "limit", "value"))
    rows = []
    for b, balance in enumerate(names(results, "balances_balance")):
        for i, one in enumerate(ids):
            element = elements.get(one, Term(quotas[one], quotas[one]))
            band = Term(str(zh[b, i]), str(en[b, i]))
            used, cap, ratio = float(use[b, i]), float(limit[b, i]), float(value[b, i])
            rows.append(_row(balance, element, one, used, cap, ratio, band))
    return rows


def _row(of: Term, element: Term, id: str, use: float, limit: float, value: float, band: Term) -> Row:
    counted = term("counted_needed" if id.endswith("needed") else "counted_used")
    numbers = (
        nearest(number, decimals) if np.isfinite(number) else None
        for number, decimals in ((use, 0), (limit, 0), (value, 3))
    )
    return Row((of, element, counted, *numbers, band))


def _set(results: xr.Dataset) -> Term:
    told = {name: str(results.attrs.get(f"load_{name}", "")) for name in ("set", "set_version", "set_grade")}
    grade = f"grade_{told['set_grade']}"
    return term("note_load_set", **told | ({"set_grade": term(grade)} if grade in WORDS else {}))


def _sets(found: Sequence[tuple[Term, Term | None]]) -> list[Term]:
    """Name the sets of thresholds, with the studies where these have different ones."""
    notes = list(dict.fromkeys(note for note, _ in found))
    if len(notes) < 2:
        return notes
    return [
        note if study is None else Term(f"{study.zh}：{note.zh}", f"{study.en}: {note.en}")
        for note, study in dict.fromkeys(found)
    ]
