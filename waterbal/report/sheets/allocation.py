"""T5 (水资源配置成果表): which source serves which user of which zone, in the mean and in a dry year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.origins import FAMILIES
from waterbal.report.sheets.printed import Block, horizon, together
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet, columns_of
from waterbal.report.sheets.typical import When, mean_notes
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]


def sheet(cases: Sequence[Case]) -> Sheet:
    """Make the table from the baseline of each planning year.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; the baselines are told.
    """
    told = [block for case in cases if case.baseline and (block := Block.of(case)).sources]
    if not told:
        return Sheet("T5", term("T5"), (), (), term("unit_volume_year"), (term("note_no_flows"),))
    order = [key for family in FAMILIES for block in told for key in _of_family(block, family)]
    sources = together([block.sources for block in told], order)
    parts = columns_of(list(sources.items()), term("supply_source"), "source")
    columns = (
        Column("horizon", term("horizon"), "text"),
        Column("probability", term("probability"), "text"),
        Column("picked", term("picked"), "text"),
        Column("zone", term("zone"), "text"),
        Column("user", term("user"), "text"),
        *parts,
        Column(
            "source.total", term("supply"), group=term("supply_source"), sum_of=tuple(c.id for c in parts)
        ),
    )
    rows: list[Row] = []
    for block in told:
        whens = block.lines
        for when in whens[:1] + whens[-1:] if len(whens) > 1 else whens:
            rows += _rows(block, when, list(sources), len(rows))
    summed = frozenset(c.id for c in columns if c.kind == "number")
    notes = (
        term("note_origin"), *mean_notes([block.case for block in told], cases), term("note_years_as_t1"),
        term("note_same_as_t1"), term("note_rounding"),
    )  # fmt: skip
    return Sheet("T5", term("T5"), columns, tuple(rows), term("unit_volume_year"), notes, summed)


def _of_family(block: Block, family: str) -> list[str]:
    return [key for key, own in block.family.items() if own == family]


def _rows(block: Block, when: When, sources: list[str], before: int) -> list[Row]:
    """Make the rows of a line: the users of each zone, the zone, the district."""
    case, printed = block.case, block.printed(when).users
    assert printed is not None
    zones, names = case.of_demands("zone"), case.names("demand")
    place = {key: i for i, key in enumerate(block.sources)}
    rows: list[Row] = []
    totals: list[int] = []

    def row(zone: Term, user: Term, values: Floats, level: int, parts: tuple[int, ...]) -> Row:
        cells: list[Cell] = [horizon(case), when.label, when.picked, zone, user]
        cells += [float(values[place[one]]) if one in place else 0.0 for one in sources]
        return Row((*cells, float(values[-1])), level, bool(parts), parts)

    for z, zone in enumerate(block.zones):
        own = [d for d, one in enumerate(zones) if one == zone]
        first = before + len(rows)
        rows += [row(block.zones[zone], names[d], printed[d], 1, ()) for d in own]
        totals.append(before + len(rows))
        places = tuple(range(first, first + len(own)))
        rows.append(row(block.zones[zone], term("subtotal"), printed[len(zones) + z], 0, places))
    rows.append(row(term("district"), term("total"), printed[-1], 0, tuple(totals)))
    return rows
