"""Demand and supply of a case by zone, sector and source, rounded together as they are printed everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import Together
from waterbal.report.sheets import field
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
    """ndarray (zone + 1, sector + 1) [1e4 m3], net demand; nan where that of irrigation at the field is not known."""
    users: Floats | None
    """ndarray (user + zone + 1, source + 1) [1e4 m3]: users, zones, the district; the sums of ``supply`` and
    ``source``."""


@dataclass(frozen=True)
class Users:
    """Supply of every user by source: the finest parts of the other supplies."""

    volume: Floats
    """ndarray (user, source) [1e4 m3]"""
    zone: Ints
    """Zone of each user, by position."""
    sector: Ints
    """Sector of each user, by position."""
    family: Ints
    """Family of each source, by position."""


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
        self.sources: dict[str, Term] = {}
        """Sources that are told apart; none where flows are not known."""
        self.family: dict[str, str] = {}
        """Family of each of them."""
        self._volume: Floats | None = None
        if traced is not None and traced.origins:
            keys, names, self._volume = traced.by_family()
            self.families = dict(zip(keys, names, strict=True))
            own, names, families, self._by_source = traced.by_source()
            self.sources = dict(zip(own, names, strict=True))
            self.family = dict(zip(own, families, strict=True))
            self._family: Ints = np.array([keys.index(one) for one in families], dtype=np.int64)

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
        source = net = users = None
        if self._volume is not None:
            volume = when.of(self._volume)
            source = np.array([volume[self._zone == z].sum(axis=0) for z in self.zones])
            users = Users(when.of(self._by_source), *self._places(), self._family)
        true = self._net(when)
        if true is not None:
            net = np.where(np.isnan(true), self.table(when, field.NET), true)
        made = rounded(need, supply, source, net, users)
        shares = [share(a, b) for a, b in zip(need.sum(axis=1), supply.sum(axis=1), strict=True)]
        short = (*shares, share(need.sum(), supply.sum()))
        told = None if true is None or made.net is None else np.where(_unknown(true), np.nan, made.net)
        return Printed(made.need, made.supply, made.source, told, made.users, short)

    def _net(self, when: When) -> Floats | None:
        """Return net demand, that of irrigation at the field; ndarray (zone, sector) [1e4 m3], nan where not known."""
        known = field.net(self.case)
        return None if known is None else self._by_sector(when.of(known))

    def _places(self) -> tuple[Ints, Ints]:
        """Return the positions of the zone and the sector of every user."""
        zones, sectors = list(self.zones), list(self.sectors)
        return (
            np.array([zones.index(one) for one in self._zone], dtype=np.int64),
            np.array([sectors.index(one) for one in self._sector], dtype=np.int64),
        )

    def values(self, when: When, name: str) -> Floats:
        """Return a volume of every demand, ndarray (demand) [1e4 m3]."""
        return self.case.mean(name) if when.place is None else when.of(self.case.by_year(name))

    def table(self, when: When, name: str) -> Floats:
        """Add up a volume of demands, ndarray (zone, sector) [1e4 m3]."""
        return self._by_sector(self.values(when, name))

    def mean_need(self, net: bool, zone: int, sector: int) -> float:
        """Return the mean need of a cell before rounding [1e4 m3/yr]; positions past the last are totals.

        nan where the net need is not known.
        """
        table = self._net(MEAN) if net else self.table(MEAN, "water_demand")
        return float("nan") if table is None else float(table[self._part(zone, sector)].sum())

    def efficiency(self, zone: int, sector: int) -> float | None:
        """Return net over gross mean need of a cell [-]; None where it is not known.

        The total of all sectors is that of the sectors whose net need is known.
        """
        net = self._net(MEAN)
        if net is None:
            return None
        part = self._part(zone, sector)
        used, asked = net[part].sum(axis=0), self.table(MEAN, "water_demand")[part].sum(axis=0)
        known = np.isfinite(used)
        if not asked[known].sum() > 0.0:
            return None
        return float(used[known].sum() / asked[known].sum())

    def _part(self, zone: int, sector: int) -> tuple[slice, slice]:
        """Return the cells that a position stands for; positions past the last are totals."""
        return (
            slice(None) if zone == len(self.zones) else slice(zone, zone + 1),
            slice(None) if sector == len(self.sectors) else slice(sector, sector + 1),
        )

    def _by_sector(self, values: Floats) -> Floats:
        return np.array(
            [
                [values[(self._zone == z) & (self._sector == s)].sum() for s in self.sectors]
                for z in self.zones
            ]
        )


def _unknown(table: Floats) -> npt.NDArray[np.bool_]:
    """Tell which cells of a table and which of its totals are not known, ndarray (zone + 1, sector + 1)."""
    cells = np.isnan(table)
    rows = np.column_stack([cells, cells.any(axis=1)])
    return np.asarray(np.vstack([rows, rows.any(axis=0)]))


def rounded(
    need: Floats,
    supply: Floats,
    source: Floats | None = None,
    net: Floats | None = None,
    users: Users | None = None,
) -> Rounded:
    """Round demand and supply together, each ndarray (zone, item) without totals [1e4 m3].

    Parameters
    ----------
    need, supply : ndarray (zone, sector)
        Gross demand, and what is delivered.
    source : ndarray (zone, family of sources), optional
        The same supply by source.
    net : ndarray (zone, sector), optional
        Net demand.
    users : Users, optional
        The same supply by user and source; needs ``source``.

    Returns
    -------
    Rounded
        With totals: need and gap of the district are the nearest, its supply is their difference. No supply and no
        net demand is larger than its need, all kinds of supply have the same totals, and those of users add up to
        them.
    """
    problem = _Problem()
    asked = problem.table(need, fixed=True)
    given = problem.table(supply)
    problem.gap(asked[-1, -1], given[-1, -1])
    used = None if net is None else problem.table(net, fixed=True)
    taken = None if source is None else problem.table(source, given[:, -1])
    told = None if users is None or taken is None else problem.users(users, given, taken)
    for smaller in (given, used):
        if smaller is not None:
            problem.at_most(smaller, asked)
    made = problem.rounded()
    return Rounded(
        made[asked],
        made[given],
        *(None if places is None else made[places] for places in (taken, used, told)),
    )


class _Problem(Together):
    """Demand and supply of one line, with the table of users."""

    def users(self, users: Users, given: Ints, taken: Ints) -> Ints:
        """Add the table by user and source, with the sums that the tables by zone have of it."""
        zones = len(given) - 1
        own = self.add(users.volume)
        totals = self.add(users.volume.sum(axis=1))
        by_zone = self.add(np.array([users.volume[users.zone == z].sum(axis=0) for z in range(zones)]))
        district = self.add(users.volume.sum(axis=0))
        for total, line in zip(totals, own, strict=True):
            self.equal(total, line)
        for total, column in zip(district, by_zone.T, strict=True):
            self.equal(total, column)
        for z in range(zones):
            for total, column in zip(by_zone[z], own[users.zone == z].T, strict=True):
                self.equal(total, column)
            for sector in range(given.shape[1] - 1):
                mine = totals[(users.zone == z) & (users.sector == sector)]
                if mine.size:
                    self.equal(given[z, sector], mine)
            for family in range(taken.shape[1] - 1):
                self.equal(taken[z, family], by_zone[z, users.family == family])
        return np.column_stack([np.vstack([own, by_zone, district]), np.concatenate([totals, given[:, -1]])])


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
