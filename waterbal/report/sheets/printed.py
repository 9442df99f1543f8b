"""Demand and supply of a case by zone, sector and source, rounded together as they are printed everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import Sum, controlled
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.origins import supplies
from waterbal.report.sheets.typical import MEAN, When, lines
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rounded:
    """Numbers as printed; zones and the district below each other, totals in the last column."""

    need: Floats
    """ndarray (zone + 1, sector + 1) [1e4 m3]"""
    supply: Floats
    """ndarray (zone + 1, sector + 1) [1e4 m3]"""
    source: Floats | None
    """ndarray (zone + 1, family of sources + 1) [1e4 m3]; its totals are those of ``supply``."""
    net: Floats | None
    """ndarray (zone + 1, sector + 1) [1e4 m3], net demand."""


@dataclass(frozen=True)
class Printed(Rounded):
    """One line of a case."""

    short: tuple[float, ...]
    """Share of the need that is not supplied, zones and the district [-]."""


class Block:
    """All lines of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.zones = _named(case, "zone")
        """Zones that have demands."""
        self.sectors = _named(case, "sector")
        """Sectors that have demands."""
        self.lines, self.unsupported = lines(case)
        self._zone, self._sector = np.array(case.of_demands("zone")), np.array(case.of_demands("sector"))
        traced = supplies(case)
        self.families: dict[str, Term] = {}
        """Families of sources; none where flows are not known."""
        self._volume: Floats | None = None
        if traced is not None:
            keys, names, self._volume = traced.by_family()
            self.families = dict(zip(keys, names, strict=True))

    @classmethod
    def of(cls, case: Case) -> Block:
        """Return the block of a case, made once."""
        if "block" not in case.kept:
            case.kept["block"] = cls(case)
        found: Block = case.kept["block"]
        return found

    def printed(self, when: When) -> Printed:
        """Return a line as it is printed."""
        key = f"printed {when.place}"
        if key not in self.case.kept:
            self.case.kept[key] = self._printed(when)
        found: Printed = self.case.kept[key]
        return found

    def _printed(self, when: When) -> Printed:
        need, supply = self.table(when, "water_demand"), self.table(when, "water_supply")
        source = net = None
        if self._volume is not None:
            volume = when.of(self._volume)
            source = np.array([volume[self._zone == z].sum(axis=0) for z in self.zones])
        if self.case.count and self.case.has("water_demand_net"):
            net = self.table(when, "water_demand_net")
        made = rounded(need, supply, source, net)
        shares = [share(a, b) for a, b in zip(need.sum(axis=1), supply.sum(axis=1), strict=True)]
        return Printed(
            made.need, made.supply, made.source, made.net, (*shares, share(need.sum(), supply.sum()))
        )

    def values(self, when: When, name: str) -> Floats:
        """Return a volume of every demand, ndarray (demand) [1e4 m3]."""
        return self.case.mean(name) if when.place is None else when.of(self.case.by_year(name))

    def table(self, when: When, name: str) -> Floats:
        """Add up a volume of demands, ndarray (zone, sector) [1e4 m3]."""
        return self._by_sector(self.values(when, name))

    def mean_need(self, net: bool, zone: int, sector: int) -> float:
        """Return the mean need of a cell before rounding [1e4 m3/yr]; positions past the last are totals."""
        table = self.table(MEAN, "water_demand_net" if net else "water_demand")
        rows = slice(None) if zone == len(self.zones) else slice(zone, zone + 1)
        columns = slice(None) if sector == len(self.sectors) else slice(sector, sector + 1)
        return float(table[rows, columns].sum())

    def _by_sector(self, values: Floats) -> Floats:
        return np.array(
            [
                [values[(self._zone == z) & (self._sector == s)].sum() for s in self.sectors]
                for z in self.zones
            ]
        )


def rounded(need: Floats, supply: Floats, source: Floats | None = None, net: Floats | None = None) -> Rounded:
    """Round demand and supply together, each ndarray (zone, item) without totals [1e4 m3].

    Parameters
    ----------
    need, supply : ndarray (zone, sector)
        Gross demand, and what is delivered.
    source : ndarray (zone, family of sources), optional
        The same supply by source.
    net : ndarray (zone, sector), optional
        Net demand.

    Returns
    -------
    Rounded
        With totals. No supply and no net demand is larger than its need, and both kinds of supply have the same
        totals.
    """
    values: list[float] = []
    sums: list[Sum] = []
    fixed: list[int] = []

    def add(part: Floats, totals: Ints | None = None) -> Ints:
        whole = np.vstack([part, part.sum(axis=0)])
        own: Ints = np.arange(whole.size).reshape(whole.shape) + len(values)
        values.extend(whole.ravel().tolist())
        sums.extend((int(column[-1]), column[:-1].tolist()) for column in own.T)
        if totals is None:
            totals = np.arange(len(whole)) + len(values)
            values.extend(whole.sum(axis=1).tolist())
            sums.append((int(totals[-1]), totals[:-1].tolist()))
            fixed.append(int(totals[-1]))
        sums.extend((int(total), line.tolist()) for total, line in zip(totals, own, strict=True))
        return np.column_stack([own, totals])

    asked, given = add(need), add(supply)
    used = None if net is None else add(net)
    taken = None if source is None else add(source, given[:, -1])
    order = [
        (int(more), int(less))
        for smaller in (given, used)
        if smaller is not None
        for more, less in zip(asked.ravel(), smaller.ravel(), strict=True)
    ]
    made = controlled(values, sums, 0, fixed, order)
    return Rounded(
        made[asked], made[given], None if taken is None else made[taken], None if used is None else made[used]
    )


def share(need: float, supply: float) -> float:
    """Return the share of a need that is not supplied, as printed [-]."""
    return round(max(need - supply, 0.0) / need, 3) if need > 0.0 else 0.0


def _named(case: Case, dimension: str) -> dict[str, Term]:
    """Name the zones or sectors that have demands, in the order of the result."""
    names = dict(zip(case.ids(dimension), case.names(dimension), strict=True))
    return {one: names[one] if one else term("no_zone") for one in dict.fromkeys(case.of_demands(dimension))}


def together(found: Sequence[dict[str, Term]], order: Sequence[str] = ()) -> dict[str, Term]:
    """Join the named items of several cases, those of ``order`` first."""
    joined = {key: name for items in found for key, name in items.items()}
    known = [key for key in order if key in joined]
    return {key: joined[key] for key in (*known, *(key for key in joined if key not in known))}


def horizon(case: Case) -> Term:
    """Return the planning year of a case as text, with the name of its result where several have that year."""
    year = str(case.horizon) if case.horizon else "–"
    result = case.kept.get("result")
    return Term(year, year) if result is None else Term(f"{year}（{result.zh}）", f"{year} ({result.en})")
