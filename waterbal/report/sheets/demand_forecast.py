"""T3 (需水预测成果表): drivers, norms, net and gross demand by planning year, sector and zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.model.rows import days_of_years
from waterbal.model.values import Number
from waterbal.report.rounding import largest_remainder, nearest
from waterbal.report.sheets import field
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.models import NO_YEAR, Models, at_horizon, other_changes, touched
from waterbal.report.sheets.printed import Block, Floats, horizon
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.typical import MEAN, mean_notes
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

MU = 0.15
"""[1e4 mu/km2] 1 km2 is 1500 mu."""


@dataclass(frozen=True)
class Driver:
    """What the need of a sector grows with."""

    field: str
    """Field of the demand that holds it."""
    word: str
    unit: str
    scale: float
    """From the canonical unit to the one shown."""
    norm_unit: str
    norm: float
    """From 1e4 m3 per shown unit to the unit of the norm."""
    norm_decimals: int
    daily: bool = False
    """Whether the norm is of a day."""


PEOPLE = Driver("people", "people", "unit_people", 1.0, "norm_people", 1000.0, 1, daily=True)
DRIVERS = {
    "residential": PEOPLE,
    "public": PEOPLE,
    "rural": PEOPLE,
    "industry": Driver("value_added", "value_added", "unit_value", 1.0, "norm_value", 1.0, 2),
    "irrigation": Driver("area", "irrigated_area", "unit_mu", MU, "norm_mu", 1.0, 1),
    "green": Driver("area", "green_area", "unit_km2", 1.0, "norm_mm", 10.0, 1),
    "lake_ecology": Driver("area", "lake_area", "unit_km2", 1.0, "norm_mm", 10.0, 1),
    "river_ecology": Driver("flow", "river_flow", "unit_rate", 1.0, "norm_days", 1.0, 1),
}
"""By element type of the demand."""

COLUMNS = (
    Column("horizon", term("horizon"), "text"),
    Column("sector", term("sector"), "text"),
    Column("zone", term("zone"), "text"),
    Column("driver", term("driver"), "text"),
    Column("amount", term("amount"), decimals=2),
    Column("driver_unit", term("driver_unit"), "text"),
    Column("norm_net", term("norm_net"), decimals=2),
    Column("norm_gross", term("norm_gross"), decimals=2),
    Column("norm_unit", term("norm_unit"), "text"),
    Column("need_net", term("need_net")),
    Column("need_gross", term("need_gross")),
    Column("efficiency", term("efficiency"), decimals=3),
)

NET = [column.id for column in COLUMNS].index("need_net")
"""Place of the net demand."""


def sheet(cases: Sequence[Case], models: Models) -> Sheet:
    """Make the table from the baseline of each planning year.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; the baselines are told.
    models : Models
        Models of the results.
    """
    told = [case for case in cases if case.baseline]
    if not told:
        return Sheet("T3", term("T3"), (), (), term("unit_volume_year"), (term("note_no_cases"),))
    rows: list[Row] = []
    notes = [term("note_norm")]
    for case in told:
        drivers = _drivers(case, models)
        if isinstance(drivers, str):
            notes.append(term("note_no_model", case=case.name, reason=drivers))
            drivers = {}
        made = _rows(case, drivers, len(rows))
        if any(row.cells[NET] is None for row in made) and case.count and case.has(field.NET):
            notes.append(term("note_no_efficiency", case=case.name))
        rows += made
        if _washes_roads(case, models):
            notes.append(term("note_roads"))
    summed = frozenset(("amount", "need_net", "need_gross"))
    return Sheet(
        "T3",
        term("T3"),
        COLUMNS,
        tuple(rows),
        term("unit_volume_year"),
        (*dict.fromkeys(notes), *mean_notes(told, cases), term("note_rounding")),
        summed,
    )


def _washes_roads(case: Case, models: Models) -> bool:
    """Tell whether the need of green space has the washing of roads in it."""
    model = models.of(case.results)
    return not isinstance(model, str) and any(
        getattr(demand, "road_area", None) is not None for demand in model.demands.values()
    )


def _drivers(case: Case, models: Models) -> dict[tuple[str, str], float] | str:
    """Evaluate the drivers of each zone and sector at the planning year, in shown units; or say why there are none."""
    model = models.of(case.results)
    if isinstance(model, str):
        return model
    year = NO_YEAR if case.horizon is None else case.horizon
    changes = other_changes(case)
    found: dict[tuple[str, str], float] = {}
    unknown: set[tuple[str, str]] = set()
    for one, demand in model.demands.items():
        kind = str(getattr(demand, "type", ""))
        driver = DRIVERS.get(kind)
        key = (demand.zone, kind)
        number: Number | None = getattr(demand, driver.field, None) if driver else None
        if driver is None or number is None or touched(number, f"demands.{one}.{driver.field}", changes):
            unknown.add(key)
            continue
        try:
            share = 1.0 if demand.share is None else at_horizon(demand.share, year)
            found[key] = found.get(key, 0.0) + driver.scale * share * at_horizon(number, year)
        except ValueError:
            unknown.add(key)
    return {key: value for key, value in found.items() if key not in unknown}


def _rows(case: Case, drivers: dict[tuple[str, str], float], before: int) -> list[Row]:
    """Make the rows of one planning year: sectors, their zones and the total."""
    block = Block.of(case)
    gross, net = block.printed(MEAN).need, block.printed(MEAN).net
    zones, sectors = list(block.zones), list(block.sectors)
    rows: list[Row] = []
    totals: list[int] = []
    for s, sector in enumerate(sectors):
        used = [z for z in range(len(zones)) if gross[z, s] > 0.0 or (zones[z], sector) in drivers]
        driver = DRIVERS.get(sector)
        amounts = [drivers.get((zones[z], sector)) for z in used]
        known = [a for a in amounts if a is not None]
        whole = len(known) == len(used) and bool(used)
        printed = largest_remainder(known, 2).tolist() if whole else [_two(a) for a in amounts]
        places = tuple(before + len(rows) + 1 + i for i in range(len(used)))
        totals.append(before + len(rows))
        head = (sum(printed), sum(known)) if whole else (None, None)
        name = block.sectors[sector]
        rows.append(_row(case, name, term("subtotal"), driver, head, net, gross, (len(zones), s), places))
        rows += [
            _row(case, name, block.zones[zones[z]], driver, (shown, true), net, gross, (z, s), ())
            for z, shown, true in zip(used, printed, amounts, strict=True)
        ]
    last = (len(zones), len(sectors))
    rows.append(
        _row(case, term("total"), term("district"), None, (None, None), net, gross, last, tuple(totals))
    )
    return rows


def _two(value: float | None) -> float | None:
    return None if value is None else nearest(value, 2)


def _days(case: Case) -> float:
    """Return the mean length of the years that volumes are means of [d]."""
    return float(days_of_years(case.year).mean()) if case.count else 365.2425


def _row(
    case: Case, sector: Term, zone: Term, driver: Driver | None, amount: tuple[float | None, float | None],
    net: Floats | None, gross: Floats, place: tuple[int, int], parts: tuple[int, ...],
) -> Row:  # fmt: skip
    """Make one row; ``amount`` is the driver as printed and as it is."""
    shown, true = amount
    block = Block.of(case)
    asked, used = (block.mean_need(kind, *place) for kind in (False, True))
    efficiency = block.efficiency(*place)
    norms: list[Cell] = [None, None]
    if driver is not None and true:
        days = _days(case) if driver.daily else 1.0
        norms = [
            None if np.isnan(volume) else nearest(volume / true * driver.norm / days, driver.norm_decimals)
            for volume in (used, asked)
        ]
    known = driver is not None and shown is not None
    cells: list[Cell] = [
        horizon(case),
        sector,
        zone,
        term(driver.word) if driver and known else None,
        None if shown is None else nearest(float(shown), 2),
        term(driver.unit) if driver and known else None,
        *norms,
        term(driver.norm_unit) if driver and known else None,
        None if net is None or np.isnan(net[place]) else float(net[place]),
        float(gross[place]),
        None if efficiency is None else nearest(efficiency, 3),
    ]
    top = sector == term("total")
    return Row(tuple(cells), 0 if top or parts else 1, bool(parts), parts)
