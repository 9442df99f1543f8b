"""T1 (供需平衡分析表): demand and supply by planning year, guarantee rate, zone, sector and source."""

from __future__ import annotations

from collections.abc import Sequence

from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.origins import FAMILIES
from waterbal.report.sheets.printed import Block, Floats, horizon, together
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet, columns_of
from waterbal.report.sheets.typical import When, mean_notes
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

NEED, BY_SECTOR, BY_SOURCE = "need", "supply", "source"


def sheet(cases: Sequence[Case]) -> Sheet:
    """Make the table from the baseline of each planning year.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; the baselines are told.
    """
    told = [case for case in cases if case.baseline]
    if not told:
        return Sheet("T1", term("T1"), (), (), term("unit_volume_year"), (term("note_no_cases"),))
    blocks = [Block.of(case) for case in told]
    sectors = together([block.sectors for block in blocks])
    families = together([block.families for block in blocks], FAMILIES)
    columns = _columns(sectors, families)
    rows: list[Row] = []
    for block in blocks:
        for when in block.lines:
            rows += _rows(block, when, sectors, families, len(rows))
    summed = frozenset(c.id for c in columns if c.kind == "number" and c.difference_of is None)
    return Sheet(
        "T1",
        term("T1"),
        columns,
        tuple(rows),
        term("unit_volume_year"),
        _notes(cases, told, blocks),
        summed,
    )


def _columns(sectors: dict[str, Term], families: dict[str, Term]) -> tuple[Column, ...]:
    parts: list[Column] = [
        Column("horizon", term("horizon"), "text"),
        Column("scenario", term("scenario"), "text"),
        Column("probability", term("probability"), "text"),
        Column("picked", term("picked"), "text"),
        Column("zone", term("zone"), "text"),
    ]
    for prefix, group, items in (
        (NEED, "need", sectors),
        (BY_SECTOR, "supply_sector", sectors),
        (BY_SOURCE, "supply_source", families),
    ):
        if items:
            made = columns_of(list(items.items()), term(group), prefix)
            total = Column(
                f"{prefix}.total", term("total"), group=term(group), sum_of=tuple(c.id for c in made)
            )
            parts += [*made, total]
    return (
        *parts,
        Column("balance", term("balance"), difference_of=(f"{BY_SECTOR}.total", f"{NEED}.total")),
        Column("short_share", term("short_share"), "share", 1),
    )


def _rows(
    block: Block, when: When, sectors: dict[str, Term], families: dict[str, Term], before: int
) -> list[Row]:
    """Make the rows of zones and of the district; ``before`` is the number of rows above."""
    case, printed = block.case, block.printed(when)
    names = [*block.zones.values(), term("district")]
    parts: list[tuple[list[str], list[str], Floats | None]] = [
        (list(block.sectors), list(sectors), printed.need),
        (list(block.sectors), list(sectors), printed.supply),
    ]
    if families:
        parts.append((list(block.families), list(families), printed.source))
    made = []
    for i, name in enumerate(names):
        total = i == len(names) - 1
        cells: list[Cell] = [horizon(case), case.name, when.label, when.picked, name]
        for own, wanted, table in parts:
            cells += _spread(own, wanted, table, i)
        cells += [float(printed.supply[i, -1] - printed.need[i, -1]), printed.short[i]]
        places = tuple(range(before, before + len(names) - 1)) if total else ()
        made.append(Row(tuple(cells), 0 if total else 1, total, places))
    return made


def _spread(own: list[str], wanted: list[str], table: Floats | None, row: int) -> list[Cell]:
    """Put the numbers of a row under the columns of all cases; nothing where the table is not known."""
    if table is None:
        return [None] * (len(wanted) + 1)
    found = dict(zip(own, table[row].tolist(), strict=False))
    return [*(found.get(one, 0.0) for one in wanted), float(table[row, -1])]


def _notes(cases: Sequence[Case], told: Sequence[Case], blocks: Sequence[Block]) -> tuple[Term, ...]:
    notes = [term("note_balance")]
    counted = [case for case in told if case.count and case.typical is None]
    if counted:
        largest = max(counted, key=lambda case: case.count)
        notes.append(term("note_picked", count=largest.count, realizations=largest.realizations))
    notes += mean_notes(told, cases)
    for block in blocks:
        if block.unsupported:
            left = "、".join(f"{100 * p:.0f}%" for p in block.unsupported)
            notes.append(term("note_unsupported", case=block.case.name, count=block.case.count, left=left))
        if not block.case.count:
            notes.append(term("note_no_years", case=block.case.name))
    if any(block.families for block in blocks):
        notes.append(term("note_origin"))
    if len(cases) > len(told):
        notes.append(term("note_more_scenarios"))
    return (*notes, term("note_rounding"))
