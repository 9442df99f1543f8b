"""What a case needs, gets and takes in every complete year of every realization."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from waterbal.api import INFEASIBLE_STATUS, Case, failures
from waterbal.capacity.support import no_year
from waterbal.capacity.trial import pieces
from waterbal.capacity.ways import counted
from waterbal.errors import BalanceError, ConfigError, InfeasibleError
from waterbal.model.rows import Floats, Ints, Rows
from waterbal.network.build import Network
from waterbal.network.requirements import quota_years, years
from waterbal.network.simulate import Simulation, simulate
from waterbal.results.derived import reuse_nodes

AT_ONCE = 16
"""Realizations whose full series are held at a time."""


@dataclass(frozen=True)
class Yearly:
    """Sums over complete calendar years; ``water`` and the quotas are empty where only supply was kept."""

    rows: Rows
    """Elements, of the first realization."""
    year: Ints
    """ndarray (year), calendar year of the hydrology."""
    need: Floats
    """ndarray (realization, year, demand) [1e4 m3], unrestricted and gross."""
    supply: Floats
    """ndarray (realization, year, demand) [1e4 m3]"""
    water: Floats
    """ndarray (realization, year, origin) [1e4 m3]: withdrawals of sources, pumping of aquifers, what works of
    returned water give to users again; before losses on the way."""
    quota_used: Floats
    """ndarray (realization, quota) [1e4 m3/yr], mean of the complete quota years; of calendar years if there is none"""
    entitlement: Floats
    """ndarray (realization, quota) [1e4 m3/yr], in the mean of the same years."""
    lacking: Floats
    """ndarray (realization, quota) [1e4 m3/yr], what the quota would count at least, in the mean of the same years, if
    those went short of nothing to whom water that it counts can come; 0 of quotas that no load state is of."""

    @property
    def gap(self) -> Floats:
        """ndarray (realization, year) [1e4 m3], need that is not supplied, summed over demands."""
        return np.asarray(np.maximum(self.need - self.supply, 0.0).sum(axis=2))


def origins(rows: Rows) -> list[str]:
    """Name where water comes from: sources, aquifers, nodes that give returned water to users again, in this order."""
    return [row.id for row in rows.sources] + [row.id for row in rows.aquifers] + _reclaiming(rows)


def _reclaiming(rows: Rows) -> list[str]:
    """Name the nodes from which returned water goes to anything else."""
    reuse = reuse_nodes(rows)
    giving = {link.tail for link in rows.links if link.tail in reuse and link.head not in reuse}
    return [row.id for row in rows.nodes if row.id in giving]


def by_year(case: Case, realizations: int, *, full: bool, threads: int | None = None) -> Yearly:
    """Simulate realizations and add up their years.

    Parameters
    ----------
    case : Case
        The model.
    realizations : int
        Hydrological samples, from the first.
    full : bool
        Whether water by origin and quotas are kept as well.
    threads : int, optional
        Threads to share members among; results do not depend on it.

    Raises
    ------
    ConfigError
        If the record has no complete calendar year.
    InfeasibleError
        If a minimum flow cannot be met.
    BalanceError
        If a step is not solved or does not close.
    """
    axis = case.rows().axis
    position, ends = years(axis)
    count = int(ends.sum())
    if count == 0:
        raise ConfigError(no_year(case))
    parts = [_reduce(case, *piece, position, full, threads) for piece in pieces(case, realizations, AT_ONCE)]
    first = parts[0]
    joined = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("need", "supply", "water", "quota_used", "entitlement", "lacking")
    ]
    return Yearly(first.rows, axis.year[ends > 0], *joined)


def _reduce(
    case: Case, rows: Rows, network: Network, position: Ints, full: bool, threads: int | None
) -> Yearly:
    """Simulate one piece and add up its years."""
    run = simulate(network, keep=True if full else "supply", threads=threads)
    issues, worst = failures(case, rows, network, run)
    if issues:
        raise (InfeasibleError if worst == INFEASIBLE_STATUS else BalanceError)(*issues)
    assert run.series is not None
    shape = run.series["supply"].shape[:2]
    need = _stacked([row.gross for row in rows.demands], shape)
    water, used, entitled = np.zeros((*shape, 0)), np.zeros((shape[0], 0)), np.zeros((shape[0], 0))
    lacking = used
    if full:
        water = np.concatenate(_by_origin(rows, run), axis=2)
        gap = np.maximum(need - run.series["supply"], 0.0)
        used, entitled, lacking = _quotas(rows, run.series["quota_used"], gap, position, _loaded(case))
    need, supply, water = (_sum(values, position) for values in (need, run.series["supply"], water))
    return Yearly(rows, np.zeros(0, dtype=np.int64), need, supply, water, used, entitled, lacking)


def _loaded(case: Case) -> set[str]:
    """Name the quotas that a load state is of."""
    capacity = case.model.capacity
    load = None if capacity is None else capacity.load
    return set() if load is None else {id for id in (load.total, load.groundwater) if id is not None}


def _quotas(
    rows: Rows, used: Floats, gap: Floats, position: Ints, loaded: Collection[str]
) -> tuple[Floats, Floats, Floats]:
    """Return use and volume of quotas, and what they would count to close the gap, in the mean of their years.

    A quota year that ends with the record may use all of its volume in part of a year, so that it is left out.
    """
    taken, granted, lacking = (np.zeros((used.shape[0], len(rows.quotas))) for _ in range(3))
    for q, row in enumerate(rows.quotas):
        own = quota_years(rows.axis, row.reset_month)
        own = own if (own >= 0).any() else position
        steps = np.bincount(own[own >= 0])
        taken[:, q] = _sum(used[:, :, [q]], own)[:, :, 0].mean(axis=1)
        volume = np.broadcast_to(row.volume, used.shape[:2])[:, :, None]
        granted[:, q] = (_sum(volume, own)[:, :, 0] / steps).mean(axis=1)
        if row.id in loaded:
            members = {id: weight for id, weight in row.members if weight > 0.0}
            short = [d for d in range(len(rows.demands)) if gap[:, :, d].any()]
            closed = sum(
                (gap[:, :, d] * counted(rows, rows.demands[d].id, members) for d in short), 0.0 * gap[:, :, 0]
            )
            lacking[:, q] = _sum(closed[:, :, None], own)[:, :, 0].mean(axis=1)
    return taken, granted, lacking


def _by_origin(rows: Rows, run: Simulation) -> list[Floats]:
    """Give series of water by origin, ndarray (member, time, origin) in three parts."""
    assert run.series is not None
    reuse, nodes = reuse_nodes(rows), _reclaiming(rows)
    flow = run.series["link_flow"]
    reclaimed = np.zeros((*flow.shape[:2], len(nodes)))
    for j, link in enumerate(rows.links):
        if link.tail in reuse and link.head not in reuse:
            reclaimed[:, :, nodes.index(link.tail)] += flow[:, :, j]
    return [run.series["source_withdrawal"], run.series["aquifer_pumping"], reclaimed]


def _stacked(series: list[Floats], shape: tuple[int, ...]) -> Floats:
    """Put series (time) or (member, time) side by side, ndarray (member, time, element)."""
    if not series:
        return np.zeros((*shape, 0))
    return np.stack([np.broadcast_to(values, shape) for values in series], axis=2)


def _sum(values: Floats, position: Ints) -> Floats:
    """Add up steps by complete year, ndarray (member, year, element)."""
    count = int(position.max()) + 1
    return np.stack([values[:, position == year].sum(axis=1) for year in range(count)], axis=1)
