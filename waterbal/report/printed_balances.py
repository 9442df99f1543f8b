"""The balances of demand and supply as printed in text, page, figure and tables: one rounding for all of them.

Need and gap are rounded to the nearest, so that equal gaps are printed alike; supply is their difference, and what
measures close adds up from gap to gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.rounding import Floats, Ints, Together, largest_remainder

if TYPE_CHECKING:
    import xarray as xr

LISTED = "listed"
"""Order in which measures are added balance by balance."""


@dataclass(frozen=True)
class Printed:
    """Numbers as printed [1e4 m3/yr]; totals of zones and sectors last."""

    need: Floats
    """ndarray (balance, when, zone + 1, sector + 1)"""
    supply: Floats
    """ndarray (balance, when, zone + 1, sector + 1)"""
    closed: Floats
    """ndarray (order, measure, when); no measure where the file tells of none."""

    @property
    def total_need(self) -> Floats:
        """Totals, ndarray (balance, when)."""
        return self.need[:, :, -1, -1]

    @property
    def total_supply(self) -> Floats:
        """Totals, ndarray (balance, when)."""
        return self.supply[:, :, -1, -1]

    @property
    def gap(self) -> Floats:
        """ndarray (balance, when), need less supply."""
        return np.asarray(self.total_need - self.total_supply)


def printed(found: xr.Dataset) -> Printed:
    """Round the balances of a capacity file.

    Parameters
    ----------
    found : Dataset
        As ``waterbal capacity --with balances`` writes it.
    """
    dims = ("balances_balance", "balances_when", "balances_zone", "balances_sector")
    need, supply = (found[f"balances_water_{name}"].transpose(*dims).values for name in ("demand", "supply"))
    closed = np.zeros((0, 0, need.shape[1]))
    adds: Ints = np.zeros(0, dtype=np.int64)
    orders: list[str] = []
    if "balances_gap_closed" in found:
        closed = found["balances_gap_closed"].transpose("balances_order", "balances_measure", dims[1]).values
        balances = _texts(found, "balances_balance")
        adds = np.array(
            [balances.index(one) for one in _texts(found, "balances_measure_balance")], dtype=np.int64
        )
        orders = _texts(found, "balances_order")
    lines = [_line(need[:, w], supply[:, w], closed[:, :, w], adds, orders) for w in range(need.shape[1])]
    asked, given, parts = (
        np.stack(tables, axis=axis) for tables, axis in zip(zip(*lines, strict=True), (1, 1, 2), strict=True)
    )
    return Printed(asked, given, parts)


def _line(
    need: Floats, supply: Floats, closed: Floats, adds: Ints, orders: list[str]
) -> tuple[Floats, Floats, Floats]:
    """Round what is told of one year, or of the mean; each ndarray (balance, zone, sector) or (order, measure).

    Where that contradicts the gaps, what measures close is rounded by itself.
    """
    for with_closed in (True, False):
        problem = Together()
        asked = [problem.table(table, fixed=True) for table in need]
        given = [problem.table(table) for table in supply]
        gaps: Ints = np.array(
            [problem.gap(a[-1, -1], g[-1, -1]) for a, g in zip(asked, given, strict=True)], dtype=np.int64
        )
        for larger, smaller in zip(asked, given, strict=True):
            problem.at_most(smaller, larger)
        parts = problem.add(closed) if with_closed else np.zeros(closed.shape, dtype=np.int64)
        if with_closed and closed.size:
            _chain(problem, gaps, parts, adds, orders)
        try:
            made = problem.rounded()
        except ValueError:
            continue
        rounded = made[parts] if with_closed else np.array([largest_remainder(one) for one in closed])
        return made[np.stack(asked)], made[np.stack(given)], rounded.reshape(closed.shape)
    raise AssertionError("needs and supplies can always be rounded")


def _chain(problem: Together, gaps: Ints, parts: Ints, adds: Ints, orders: list[str]) -> None:
    """Add the sums: the first gap is the last and all that is closed; in the listed order also from one to the next."""
    for order, row in zip(orders, parts, strict=True):
        if order == LISTED:
            for b in range(1, gaps.size):
                problem.equal(gaps[b - 1], np.array([gaps[b], *row[adds == b]]))
        else:
            problem.equal(gaps[0], np.array([gaps[-1], *row]))


def _texts(found: xr.Dataset, name: str) -> list[str]:
    """Return texts, as they are in memory or read from a file."""
    return [v.decode() if isinstance(v, bytes) else str(v) for v in found[name].values.tolist()]
