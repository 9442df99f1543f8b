"""T8b: what uncertain inputs do to what the water carries, one at a time, along every direction that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report import capacity_tornado as tornado
from waterbal.report.capacity_extras import texts
from waterbal.report.capacity_words import CAPACITY
from waterbal.report.rounding import nearest
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.studies import of_study, of_years
from waterbal.report.sheets.three_balances import names
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

LANGUAGES = ("zh", "en")
EFFECT = "sensitivity_input_effect"
"""Where elementary effects were searched too, which is told along the first direction."""
COLUMNS = (
    Column("horizon", term("horizon"), "text"),
    Column("scenario", term("scenario"), "text"),
    Column("direction", term("direction"), "text"),
    Column("rank", term("rank"), "year"),
    Column("input", CAPACITY["input"], "text"),
    Column("range", CAPACITY["range"], "text"),
    Column("unit", term("carried_unit"), "text"),
    Column("nominal", term("carried_nominal"), decimals=3),
    Column("at_low", term("carried_at_low"), decimals=3),
    Column("at_high", term("carried_at_high"), decimals=3),
    Column("swing", term("carried_swing"), decimals=3),
    Column("effect", term("carried_effect"), decimals=3),
    Column("source", CAPACITY["range_source"], "text", wide=True),
)


def sheet(capacities: Sequence[xr.Dataset]) -> Sheet | None:
    """Make the table, the largest swing of each direction first; None where no inputs were moved.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    """
    if not any(tornado.asked(results) for results in capacities):
        return None
    named = of_years(capacities)
    rows = [row for place, results in enumerate(capacities) for row in _rows(results, named[place])]
    with_effect = any(EFFECT in results for results in capacities)
    columns = [k for k, column in enumerate(COLUMNS) if with_effect or column.id != "effect"]
    notes = [term("note_sensitivity")] if rows else []
    notes += [Term(*pair) for results in capacities for pair in _pairs(results)]
    return Sheet(
        "T8b",
        term("T8b"),
        tuple(COLUMNS[k] for k in columns) if rows else (),
        tuple(Row(tuple(row.cells[k] for k in columns)) for row in rows),
        term("unit_none"),
        tuple(dict.fromkeys(notes)),
    )


def _pairs(results: xr.Dataset) -> list[tuple[str, str]]:
    """Tell in both languages what the numbers rest on."""
    return list(zip(*(tornado.notes(results, language) for language in LANGUAGES), strict=True))


def _rows(results: xr.Dataset, named: Mapping[int, Term]) -> list[Row]:
    """Make the rows of a study: a block for each direction."""
    return [row for swings in tornado.along(results) for row in _block(results, swings, named)]


def _block(results: xr.Dataset, swings: tornado.Swings, named: Mapping[int, Term]) -> list[Row]:
    """Make the rows of one direction."""
    place = tornado.baseline(results)
    year = int(results["planning_year"].values[place])
    inputs = [texts(results, f"sensitivity_factor_name{tail}") for tail in ("_zh", "")]
    unit = Term(*(tornado.unit_of(results, swings.driver, language) for language in LANGUAGES))
    head: list[Cell] = [
        of_study(Term(str(year), str(year)), named.get(year)),
        names(results, "scenario")[place],
        Term(*(tornado.direction_name(results, swings.direction, language) for language in LANGUAGES)),
    ]
    leading, swing = swings.leading, swings.swing
    effects = results[EFFECT].values if swings.first and EFFECT in results else None
    rows = []
    for k in swings.order:
        cells: list[Cell] = [
            *head,
            leading.index(k) + 1 if k in leading else None,
            Term(*(one[k] for one in inputs)),
            Term(*(tornado.range_of(results, k, language) for language in LANGUAGES)),
            unit if unit.zh else term("multiple_of_plan"),
            *(_carried(float(value)) for value in (swings.nominal, swings.at_low[k], swings.at_high[k])),
            CAPACITY["not_comparable"] if swings.moves_plan[k] else _number(float(swing[k])),
            None if effects is None else _number(float(effects[k])),
            Term(*(tornado.source_of(results, k, language) for language in LANGUAGES)),
        ]
        rows.append(Row(tuple(cells)))
    return rows


def _carried(value: float) -> Cell:
    """Tell a capacity, or how the search ended."""
    return CAPACITY["carries_none"] if value == 0.0 else _number(value)


def _number(value: float) -> Cell:
    """Round a number as printed; without a limit it is a word."""
    if np.isnan(value):
        return None
    return CAPACITY["no_limit"] if np.isinf(value) else nearest(value, 3)
