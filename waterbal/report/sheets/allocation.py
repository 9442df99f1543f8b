"""T5 (水资源配置成果表): which source serves which user of which zone, in the mean and in a dry year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import Sum, controlled
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.origins import FAMILIES, Supplies, supplies
from waterbal.report.sheets.printed import Block, horizon, together
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet, columns_of
from waterbal.report.sheets.typical import When
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
    told = [(case, traced) for case in cases if case.baseline and (traced := supplies(case)) is not None]
    if not told:
        return Sheet("T5", term("T5"), (), (), term("unit_volume_year"), (term("note_no_flows"),))
    order = [key for family in FAMILIES for _, traced in told for key in _of_family(traced, family)]
    sources = together([_named(traced) for _, traced in told], order)
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
    for case, traced in told:
        whens = Block.of(case).lines
        for when in whens[:1] + whens[-1:] if len(whens) > 1 else whens:
            rows += _rows(case, traced, when, list(sources), len(rows))
    summed = frozenset(c.id for c in columns if c.kind == "number")
    notes = [term("note_origin"), term("note_mean"), term("note_years_as_t1"), term("note_rounding")]
    if any("apart_from_T1" in case.kept for case in cases):
        notes.append(term("note_apart_from_t1"))
    return Sheet("T5", term("T5"), columns, tuple(rows), term("unit_volume_year"), tuple(notes), summed)


def _of_family(traced: Supplies, family: str) -> list[str]:
    keys, _, _ = traced.by_source()
    wanted = {origin for origin, own in zip(traced.origins, traced.families, strict=True) if own == family}
    return [key for key in keys if key == family or key in wanted]


def _named(traced: Supplies) -> dict[str, Term]:
    keys, names, _ = traced.by_source()
    return dict(zip(keys, names, strict=True))


def _rows(case: Case, traced: Supplies, when: When, sources: list[str], before: int) -> list[Row]:
    """Make the rows of a line: the users of each zone, the zone, the district."""
    block = Block.of(case)
    keys, _, by_source = traced.by_source()
    volume = when.of(by_source)
    zones, sectors = case.of_demands("zone"), case.of_demands("sector")
    printed = _Printed(volume, block, when, _families(traced, keys), zones, sectors)
    if not printed.agrees:
        case.kept["apart_from_T1"] = True
    names = case.names("demand")
    place = {key: i for i, key in enumerate(keys)}
    rows: list[Row] = []
    totals: list[int] = []

    def row(zone: Term, user: Term, values: Floats, level: int, parts: tuple[int, ...]) -> Row:
        cells: list[Cell] = [horizon(case), when.label, when.picked, zone, user]
        cells += [float(values[place[one]]) if one in place else 0.0 for one in sources]
        return Row((*cells, float(values.sum())), level, bool(parts), parts)

    for z, zone in enumerate(block.zones):
        own = [d for d, one in enumerate(zones) if one == zone]
        first = before + len(rows)
        rows += [row(block.zones[zone], names[d], printed.users[d], 1, ()) for d in own]
        totals.append(before + len(rows))
        places = tuple(range(first, first + len(own)))
        rows.append(row(block.zones[zone], term("subtotal"), printed.zones[z], 0, places))
    rows.append(row(term("district"), term("total"), printed.district, 0, tuple(totals)))
    return rows


def _families(traced: Supplies, keys: Sequence[str]) -> list[str]:
    """Return the family of every column."""
    own = dict(zip(traced.origins, traced.families, strict=True))
    return [own.get(key, key) for key in keys]


class _Printed:
    """Supply by user and source, zones below, rounded such that everything adds up and agrees with T1."""

    def __init__(
        self, volume: Floats, block: Block, when: When, families: list[str], zones: list[str], sectors: list[str]
    ) -> None:  # fmt: skip
        self.agrees = True
        """Whether its totals are those that T1 prints."""
        made = self._controlled(volume, block, when, families, zones, sectors)
        count = len(zones)
        self.users = made[:count]
        """ndarray (demand, source) [1e4 m3]"""
        self.zones = made[count : count + len(block.zones)]
        """ndarray (zone, source) [1e4 m3]"""
        self.district: Floats = self.zones.sum(axis=0)
        """ndarray (source) [1e4 m3]"""

    def _controlled(
        self, volume: Floats, block: Block, when: When, families: list[str], zones: list[str], sectors: list[str]
    ) -> Floats:  # fmt: skip
        """Round with the totals by zone and sector, and by zone and family of sources, that T1 prints."""
        users, sources = volume.shape
        own = np.array([[zone == one for zone in zones] for one in block.zones])
        by_zone = np.array([volume[mine].sum(axis=0) for mine in own])
        table = np.vstack([volume, by_zone])
        number = np.arange(table.size).reshape(table.shape)
        values = table.ravel().tolist()
        sums: list[Sum] = []
        for z in range(len(own)):
            mine = np.flatnonzero(own[z])
            sums += [(int(number[users + z, s]), number[mine, s].tolist()) for s in range(sources)]
        known = block.printed(when)
        assert known.source is not None
        for z, zone in enumerate(block.zones):
            for k, sector in enumerate(block.sectors):
                users_of = [d for d in range(users) if zones[d] == zone and sectors[d] == sector]
                if users_of:
                    sums.append((len(values), number[users_of].ravel().tolist()))
                    values.append(float(known.supply[z, k]))
            for k, family in enumerate(block.families):
                columns = [s for s in range(sources) if families[s] == family]
                sums.append((len(values), number[users + z, columns].tolist()))
                values.append(float(known.source[z, k]))
        known_before = range(table.size, len(values))
        try:
            found = controlled(values, sums, 0, known_before)
            self.agrees = True
        except ValueError:  # T1 rounded users and sources of the same water apart
            found = controlled(values[: table.size], [one for one in sums if one[0] < table.size], 0)
            self.agrees = False
        return found[: table.size].reshape(table.shape)
