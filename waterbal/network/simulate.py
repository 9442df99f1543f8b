"""Run a network: allocate outputs, share members among threads, call the kernel, return plain arrays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from waterbal.kernel import tables as kernel
from waterbal.kernel.pointer import Table
from waterbal.kernel.simplex import workspace
from waterbal.kernel.simulate import simulate as simulate_members
from waterbal.model.rows import Floats, Ints
from waterbal.network.build import Network
from waterbal.network.tables import floats, integers, zeros

INTEGER_SERIES = ("status", "where")
VOLUMELESS = ("aquifer_depth", "aquifer_tier", "restriction_tier", "status", "where", "residual")
"""Series that are not volumes and keep their unit."""

CHUNK = 8
"""Members handed to a thread at a time."""


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
    """Full series by name, (member, time, element) [1e4 m3]; None unless kept."""


def simulate(
    network: Network,
    variant: Ints | None = None,
    demand_scale: Floats | None = None,
    *,
    keep: bool = True,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Simulate members of a network.

    Parameters
    ----------
    network : Network
        Kernel tables.
    variant : ndarray (member), optional
        Forcing of each member; default one member per variant.
    demand_scale : ndarray (member, demand) [-], optional
        Factor on needs; default 1.
    keep : bool
        Keep full series; otherwise only sums, whose memory does not grow with the record.
    threads : int, optional
        Threads to share members among; results do not depend on it. Default: all cores.
    progress : callable, optional
        Called with (members done, members in all).

    Returns
    -------
    Simulation
        Sums and, if kept, series.
    """
    rows = network.rows
    variant = np.arange(len(network.variants)) if variant is None else variant
    count = int(variant.size)
    scales = np.ones((count, len(rows.demands))) if demand_scale is None else demand_scale
    check_members(network, variant, scales)
    largest = max(1.0, float(scales.max(initial=1.0)))
    forcing = network.forcing._replace(roof=network.forcing.roof * largest)
    members = kernel.Members(integers(variant), floats(scales))
    series = allocate_series(network, count if keep else 1, rows.axis.size if keep else 1)
    tally = allocate_tally(network, count)
    workers = max(1, min(threads or os.cpu_count() or 1, (count + CHUNK - 1) // CHUNK))
    pending = iter([(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)])

    stop = threading.Event()

    def run(_worker: int) -> None:
        tables = [
            Table(fields)
            for fields in (
                network.problem, network.reduction, network.layout, network.coefficients, forcing,
                members, network.workspace(), workspace(network.problem), series, tally,
            )
        ]  # fmt: skip
        for first, last in pending:  # threads take turns at one iterator
            if stop.is_set():
                break
            simulate_members(first, last, int(keep), rows.axis.warm_up, *tables)
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
    kept = unscaled(series, network.scale) if keep else None
    return Simulation(totals(tally, network.scale), kept)


def check_members(network: Network, variant: Ints, scales: Floats) -> None:
    """Refuse members that the tables do not have, before the kernel reads beyond them."""
    rows = network.rows
    if scales.shape != (variant.size, len(rows.demands)):
        raise ValueError(f"demand_scale has shape {scales.shape}, not {(variant.size, len(rows.demands))}")
    if not (np.isfinite(scales).all() and (scales >= 0.0).all()):
        raise ValueError("demand_scale must be finite and not negative")
    if variant.size and not (variant.min() >= 0 and variant.max() < len(network.variants)):
        raise ValueError(f"variant must be from 0 to {len(network.variants) - 1}")
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
    demands = len(rows.demands)
    return kernel.Tally(
        supply=np.zeros((members, demands)),
        need=np.zeros((members, demands)),
        withdrawal=np.zeros((members, len(rows.sources))),
        pumping=np.zeros((members, len(rows.aquifers))),
        spill=np.zeros((members, len(rows.stores))),
        failed_steps=np.zeros((members, demands)),
        storage_start=np.zeros((members, len(rows.stores))),
        ground_start=np.zeros((members, len(rows.aquifers))),
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
    scaled = ("supply", "need", "withdrawal", "pumping", "spill", "storage_start", "ground_start")
    volumes = {name: getattr(tally, name) * scale for name in scaled}
    rest = {name: getattr(tally, name) for name in Totals.__dataclass_fields__ if name not in volumes}
    return Totals(**volumes, **rest)
