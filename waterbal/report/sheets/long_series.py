"""T6 (长系列统计与最枯段): what the long series show of every zone and sector, and the worst years in a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import nearest, volumes
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.printed import Block, Printed, horizon, share
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.typical import MEAN, When, named
from waterbal.report.sheets.words import term
from waterbal.results import pooled
from waterbal.results.pooled import Rates
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]

SPANS = (1, 3, 5)
"""Lengths of the worst years in a row [years]."""

RATES = (
    ("reliability_annual", "rate_annual"),
    ("reliability_step", "rate_step"),
    ("reliability_volumetric", "rate_volume"),
)
"""Column and word of each guarantee rate."""

COLUMNS = (
    Column("horizon", term("horizon"), "text"),
    Column("object", term("object"), "text"),
    Column("years", term("years"), "year"),
    Column("need", term("need"), group=term("mean")),
    Column("supply", term("supply"), group=term("mean")),
    Column("balance", term("balance"), group=term("mean"), difference_of=("supply", "need")),
    Column("short_share", term("short_share"), "share", 1, group=term("mean")),
    Column("variation", term("variation"), decimals=3),
    Column("least", term("least"), group=term("extremes")),
    Column("least_year", term("year"), "text", group=term("extremes")),
    Column("worst", term("worst"), group=term("extremes")),
    Column("worst_share", term("short_share"), "share", 1, group=term("extremes")),
    Column("worst_year", term("year"), "text", group=term("extremes")),
    *(Column(metric, term(word), "share", 1, group=term("rates")) for metric, word in RATES),
    Column("lowest", term("rate_lowest"), "share", 1, group=term("rates")),
    Column("depth", term("depth"), "share", 1, group=term("failures")),
    Column("longest", term("longest"), group=term("failures")),
)

CRITICAL = (
    Column("horizon", term("horizon"), "text"),
    Column("span", term("span"), "text"),
    Column("from", term("from"), "text"),
    Column("to", term("to"), "text"),
    Column("need", term("need")),
    Column("supply", term("supply")),
    Column("balance", term("balance"), difference_of=("supply", "need")),
    Column("short_share", term("short_share"), "share", 1),
)


def sheets(cases: Sequence[Case]) -> list[Sheet]:
    """Make the table of statistics, and that of the worst years in a row, from the baseline of each planning year.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; the baselines are told.
    """
    found = [case for case in cases if case.baseline and case.count]
    told = [case for case in found if case.typical is None]
    left = (term("note_typical_left_out"),) if len(told) < len(found) else ()
    if not told:
        why = left or (term("note_no_cases"),)
        return [Sheet("T6", term("T6"), (), (), term("unit_volume_year"), why)]
    rows = [row for case in told for row in _rows(case)]
    critical = [row for case in told for row in _critical(case)]
    notes = (term("note_pooled"), term("note_rates"), term("note_extremes"), term("note_balance"), *left)
    return [
        Sheet("T6", term("T6"), COLUMNS, tuple(rows), term("unit_volume_year"), notes),
        Sheet("T6b", term("T6b"), CRITICAL, tuple(critical), term("unit_volume"), (term("note_critical"),)),
    ]


def _rows(case: Case) -> list[Row]:
    """Make the rows of the district, its zones and its sectors."""
    block = Block.of(case)
    zone, sector = np.array(case.of_demands("zone")), np.array(case.of_demands("sector"))
    last = (len(block.zones), len(block.sectors))
    everything = np.ones(zone.size, dtype=bool)
    rows = [_row(case, term("district"), everything, last, "district", 0)]
    for group, items, members in (("zone", block.zones, zone), ("sector", block.sectors, sector)):
        ids = case.ids(group)
        for i, (one, name) in enumerate(items.items()):
            cell = (i, last[1]) if group == "zone" else (last[0], i)
            rows.append(_row(case, name, members == one, cell, group, ids.index(one) if one in ids else -1))
    return rows


def _row(
    case: Case, name: Term, members: npt.NDArray[np.bool_], cell: tuple[int, int], group: str, place: int
) -> Row:
    """Make a row; ``cell`` is where the tables of printed volumes have it."""
    printed = Block.of(case).printed(MEAN)
    need = case.by_year("water_demand")[:, members].sum(axis=1)
    supply = case.by_year("water_supply")[:, members].sum(axis=1)
    gap = need - supply
    least, worst = int(supply.argmin()), int(gap.argmax())
    in_year = [_of_year(case, one) for one in (least, worst)]
    deepest = float(in_year[1].need[cell] - in_year[1].supply[cell])
    mean, told = float(supply.mean()), [float(values[cell]) for values in (printed.need, printed.supply)]
    cells: list[Cell] = [
        horizon(case),
        name,
        case.count,
        *told,
        told[1] - told[0],
        share(float(need.mean()), mean),
        nearest(float(supply.std()) / mean, 3) if mean > 0.0 else None,
        in_year[0].supply[cell],
        named(case, least),
        deepest,
        share(float(need[worst]), float(supply[worst])),
        named(case, worst) if deepest > 0.0 else None,
    ]
    annual, lowest = _annual(case, group, place)
    steps = _metric(case, group, "reliability_step", place)
    asked = float(need.sum())
    cells += [
        annual,
        None if steps is None else nearest(float(steps.mean()), 3),
        nearest(float(supply.sum()) / asked, 3) if asked > 0.0 else None,
        lowest,
    ]
    depth, longest = (_metric(case, group, metric, place) for metric in ("failure_depth", "event_longest"))
    cells.append(None if depth is None else nearest(float(depth.max()), 3))
    cells.append(None if longest is None else nearest(float(longest.max())))
    return Row(tuple(cells), total=group == "district")


def _of_year(case: Case, place: int) -> Printed:
    """Return the volumes of a year as every table prints them."""
    return Block.of(case).printed(When(Term("", ""), Term("", ""), place))


def _annual(case: Case, group: str, place: int) -> tuple[float | None, float | None]:
    """Return the annual guarantee rate over the years of all realizations, and the lowest of one, as printed."""
    if place < 0 or any(name not in case.results for name in pooled.names(group)):
        return None, None
    if f"rates {group}" not in case.kept:
        case.kept[f"rates {group}"] = pooled.annual(case.results.isel(scenario=[case.scenario]), group)
    rates: Rates = case.kept[f"rates {group}"]
    values = float(rates.pooled[0, place]), float(rates.lowest[0, place])
    found = [nearest(value, 3) if np.isfinite(value) else None for value in values]
    return found[0], found[1]


def _metric(case: Case, group: str, metric: str, place: int) -> Floats | None:
    """Return a metric of every realization; None where it is not told or not defined."""
    name = f"{group}_{metric}"
    if name not in case.results or place < 0:
        return None
    values = case.results[name].isel(scenario=case.scenario).values
    own = values if group == "district" else values[:, place]
    own = own[np.isfinite(own)]
    return np.asarray(own) if own.size else None


def _critical(case: Case) -> list[Row]:
    """Make the rows of the worst years in a row, within one realization."""
    need = case.by_year("water_demand").sum(axis=1)
    gap = need - case.by_year("water_supply").sum(axis=1)
    rows = []
    for span in SPANS:
        found: tuple[float, int] | None = None
        for first in range(case.count - span + 1):
            window = slice(first, first + span)
            together = len(set(case.realization[window].tolist())) == 1
            in_order = case.year[first + span - 1] - case.year[first] == span - 1
            total = float(gap[window].sum())
            if together and in_order and (found is None or total > found[0] + 1e-9):
                found = (total, first)
        if found is None:
            continue
        first = found[1]
        asked = float(need[first : first + span].sum())
        given = asked - found[0]
        shown = volumes(asked, given)
        if span == 1:
            year = _of_year(case, first)
            shown = (float(year.need[-1, -1]), float(year.supply[-1, -1]))
        rows.append(
            Row(
                (
                    horizon(case), term("span_years", span=span), named(case, first),
                    named(case, first + span - 1), *shown, shown[1] - shown[0], share(asked, given),
                )
            )
        )  # fmt: skip
    return rows
