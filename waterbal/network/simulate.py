"""Run a network: allocate outputs, share members among threads, call the kernel, return plain arrays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from waterbal.kernel import tables as kernel
from waterbal.kernel.keeping import KEEP_ALL, KEEP_SUMS, KEEP_SUPPLY
from waterbal.kernel.pointer import Table
from waterbal.kernel.program import workspace
from waterbal.kernel.simulate import simulate as simulate_members
from waterbal.model.rows import Floats, Ints
from waterbal.network.build import Network
from waterbal.network.requirements import allocate_outcome, no_requirements, unscale
from waterbal.network.tables import floats, integers, zeros

VOLUMELESS = ("aquifer_depth", "aquifer_tier", "restriction_tier", "status", "where", "residual")
"""Series that are not volumes and keep their unit."""

VOLUMES = (
    "supply", "need", "link_flow", "withdrawal", "pumping", "recharge", "ground_start", "spill", "evaporation",
    "seepage", "storage", "lowest", "storage_start", "node_inflow", "node_bypass", "node_discharge", "quota_used",
)  # fmt: skip
"""Sums that are volumes."""

CHUNK = 8
"""Most members handed to a thread at a time."""


@dataclass(frozen=True)
class Totals:
    """Sums over the record for every member, and how it ended."""

    supply: Floats
    """ndarray (member, demand) [1e4 m3]"""
    need: Floats
    """ndarray (member, demand) [1e4 m3]"""
    withdrawal: Floats
    """ndarray (member, source) [1e4 m3]"""
    pumping: Floats
    """ndarray (member, aquifer) [1e4 m3]"""
    spill: Floats
    """ndarray (member, store) [1e4 m3]"""
    failed_steps: Floats
    """ndarray (member, demand) steps in which supply fell short of the unrestricted need"""
    link_flow: Floats
    """ndarray (member, link) [1e4 m3], measured at the tail"""
    recharge: Floats
    """ndarray (member, aquifer) [1e4 m3]"""
    depth: Floats
    """ndarray (member, aquifer) [m], summed over steps"""
    deepest: Floats
    """ndarray (member, aquifer) [m]"""
    storage: Floats
    """ndarray (member, store) [1e4 m3], end volumes summed over steps"""
    lowest: Floats
    """ndarray (member, store) [1e4 m3]"""
    evaporation: Floats
    """ndarray (member, store) [1e4 m3]"""
    seepage: Floats
    """ndarray (member, store) [1e4 m3]"""
    node_inflow: Floats
    """ndarray (member, node) [1e4 m3] that was processed"""
    node_bypass: Floats
    """ndarray (member, node) [1e4 m3]"""
    node_discharge: Floats
    """ndarray (member, node) [1e4 m3]"""
    quota_used: Floats
    """ndarray (member, quota) [1e4 m3]"""
    storage_start: Floats
    """ndarray (member, store) [1e4 m3] before the first step of the record"""
    ground_start: Floats
    """ndarray (member, aquifer) [1e4 m3] above the pumping floor, before the first step of the record"""
    status: Ints
    """ndarray (member), 0 if every step was good"""
    step: Ints
    where: Ints
    residual: Floats
    """ndarray (member) largest relative node residual"""
    pivots: Ints
    """ndarray (member, 4) pivots, bound flips, refactorisations, solves"""


@dataclass(frozen=True)
class Simulation:
    """Result of the kernel."""

    totals: Totals
    series: dict[str, np.ndarray] | None
    """Series that were kept by name, (member, time, element) [1e4 m3]; None if none were."""
    outcome: kernel.Outcome
    """How requirements were met; of no items where none were given."""


def simulate(
    network: Network,
    variant: Ints | None = None,
    demand_scale: Floats | None = None,
    *,
    source_scale: Floats | None = None,
    requirements: kernel.Requirements | None = None,
    keep: bool | Literal["supply"] = True,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Simulate members of a network.

    Parameters
    ----------
    network : Network
        Kernel tables.
    variant : ndarray (member), optional
        Forcing of each member; default one member per variant or sample.
    demand_scale : ndarray (member, demand) [-], optional
        Factor on needs; default 1.
    source_scale : ndarray (member, source) [-], optional
        Factor on what sources offer, in a step and in what planned reserves count on. Default 1.
    requirements : Requirements, optional
        What is judged, as ``waterbal.network.requirements`` builds it.
    keep : bool or "supply"
        Keep full series; or only the supply of every demand; otherwise only sums, whose memory does not grow
        with the record.
    threads : int, optional
        Threads to share members among; results do not depend on it. Default: all cores.
    progress : callable, optional
        Called with (members done, members in all).

    Returns
    -------
    Simulation
        Sums and, if kept, series, and how requirements were met. A member that ended because it lost a
        requirement has sums up to that step.
    """
    rows = network.rows
    variant = np.arange(network.members) if variant is None else variant
    count = int(variant.size)
    scales = np.ones((count, len(rows.demands))) if demand_scale is None else demand_scale
    offers = np.ones((count, len(rows.sources))) if source_scale is None else source_scale
    check_members(network, variant, scales, offers)
    roof = np.maximum(scales.max(axis=1, initial=1.0), offers.max(axis=1, initial=1.0))
    members = kernel.Members(integers(variant), floats(scales), floats(offers), floats(roof))
    requirements = no_requirements(rows.axis.size) if requirements is None else requirements
    outcome = allocate_outcome(requirements, count)
    series = allocate_series(network, count if keep is True else 1, rows.axis.size if keep is True else 1)
    if keep == "supply":
        series = series._replace(supply=np.zeros((count, rows.axis.size, len(rows.demands))))
    written = KEEP_SUPPLY if keep == "supply" else KEEP_ALL if keep else KEEP_SUMS
    tally = allocate_tally(network, count)
    workers = max(1, min(threads or os.cpu_count() or 1, count))
    chunk = max(1, min(CHUNK, count // (2 * workers)))
    pending = iter([(first, min(first + chunk, count)) for first in range(0, count, chunk)])

    stop = threading.Event()

    def run(_worker: int) -> None:
        tables = [
            Table(fields)
            for fields in (
                network.problem, network.reduction, network.layout, network.coefficients, network.forcing,
                members, network.workspace(), workspace(network.problem), series, tally, requirements, outcome,
            )
        ]  # fmt: skip
        for first, last in pending:  # threads take turns at one iterator
            if stop.is_set():
                break
            simulate_members(first, last, written, rows.axis.warm_up, *tables)
            if progress is not None:
                progress(last - first, count)

    if workers == 1:
        run(0)
    else:
        with ThreadPoolExecutor(workers) as pool:
            try:
                list(pool.map(run, range(workers)))
            except BaseException:  # an interrupt too: threads end after their present members
                stop.set()
                raise
    unscale(outcome, requirements, network.scale)
    if keep == "supply":
        kept: dict[str, np.ndarray] | None = {"supply": series.supply * network.scale}
    else:
        kept = unscaled(series, network.scale) if keep else None
    return Simulation(totals(tally, network.scale), kept, outcome)


def check_members(network: Network, variant: Ints, scales: Floats, offers: Floats) -> None:
    """Refuse members that the tables do not have, before the kernel reads beyond them."""
    rows = network.rows
    if scales.shape != (variant.size, len(rows.demands)):
        raise ValueError(f"demand_scale has shape {scales.shape}, not {(variant.size, len(rows.demands))}")
    if offers.shape != (variant.size, len(rows.sources)):
        raise ValueError(f"source_scale has shape {offers.shape}, not {(variant.size, len(rows.sources))}")
    for name, factors in (("demand_scale", scales), ("source_scale", offers)):
        if not (np.isfinite(factors).all() and (factors >= 0.0).all()):
            raise ValueError(f"{name} must be finite and not negative")
    if variant.size and not (variant.min() >= 0 and variant.max() < network.members):
        raise ValueError(f"variant must be from 0 to {network.members - 1}")
    if rows.axis.warm_up > rows.axis.size:
        raise ValueError("the warm-up is longer than the record")


def allocate_series(network: Network, members: int, steps: int) -> kernel.Series:
    """Allocate zeroed series."""
    rows = network.rows
    links, sources, aquifers = len(rows.links), len(rows.sources), len(rows.aquifers)
    demands, stores, nodes = len(rows.demands), len(rows.stores), len(rows.nodes)
    quotas, restrictions, levels = len(rows.quotas), len(rows.restrictions), len(network.reserve_levels)
    arrays = zeros(
        (links, "link_flow"),
        (sources, "source_withdrawal source_available"),
        (aquifers, "aquifer_pumping aquifer_storage aquifer_depth aquifer_recharge"),
        (aquifers, "aquifer_evaporation aquifer_overflow aquifer_tier"),
        (demands, "supply request"),
        (stores, "storage store_inflow store_rain store_evaporation store_seepage spill"),
        (nodes, "node_inflow node_bypass node_loss node_discharge"),
        (quotas, "quota_used quota_left"),
        (restrictions, "restriction_tier"),
        (levels, "reserve_need reserve_kept"),
        shape=(members, steps),
    )
    return kernel.Series(
        **arrays,
        status=np.zeros((members, steps), dtype=np.int64),
        where=np.full((members, steps), -1, dtype=np.int64),
        residual=np.zeros((members, steps)),
    )


def allocate_tally(network: Network, members: int) -> kernel.Tally:
    """Allocate zeroed sums."""
    rows = network.rows
    sums = zeros(
        (len(rows.demands), "supply need failed_steps"),
        (len(rows.links), "link_flow"),
        (len(rows.sources), "withdrawal"),
        (len(rows.aquifers), "pumping recharge depth deepest ground_start"),
        (len(rows.stores), "spill evaporation seepage storage lowest storage_start"),
        (len(rows.nodes), "node_inflow node_bypass node_discharge"),
        (len(rows.quotas), "quota_used"),
        shape=(members,),
    )
    sums["lowest"][:] = np.inf
    sums["deepest"][:] = -np.inf
    return kernel.Tally(
        **sums,
        status=np.zeros(members, dtype=np.int64),
        step=np.full(members, -1, dtype=np.int64),
        where=np.full(members, -1, dtype=np.int64),
        residual=np.zeros(members),
        pivots=np.zeros((members, 4), dtype=np.int64),
    )


def unscaled(series: kernel.Series, scale: float) -> dict[str, np.ndarray]:
    """Return series in 1e4 m3."""
    values = series._asdict()
    for name, array in values.items():
        if name not in VOLUMELESS:
            array *= scale
    return values


def totals(tally: kernel.Tally, scale: float) -> Totals:
    """Return sums in 1e4 m3."""
    values = tally._asdict()
    return Totals(**{name: value * scale if name in VOLUMES else value for name, value in values.items()})
