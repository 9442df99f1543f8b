"""Aquifers in the program that knows the future: storage, recharge, and pumping within limits and tiers.

The factor of the tier that a storage calls for is below the concave hull of its steps; phreatic evaporation, which is
convex in storage, is at least its line and at least nothing.
"""

from __future__ import annotations

import numpy as np

from waterbal.capacity.bound_program import SHARE, Terms, each, hull
from waterbal.capacity.bound_record import Record, arrivals, before, moves, outflow
from waterbal.model.rows import AquiferRow, Floats, Ints
from waterbal.network.index import Index
from waterbal.network.tables import smallest


def add_aquifers(build: Record, names: Index) -> None:
    """Add every aquifer."""
    rows, program = build.rows, build.program
    for aquifer in rows.aquifers:
        full = aquifer.floor_depth * aquifer.storage_per_metre
        start = np.zeros(build.size)
        start[0] = (aquifer.floor_depth - aquifer.initial_depth) * aquifer.storage_per_metre
        ground = program.add_columns(build.size, 0.0, max(full, 0.0))
        build.ground.append(ground)
        out, gained = outflow(build, names, aquifer.id), _recharge(build, names, aquifer.id)
        rain = np.maximum(build.at(aquifer.recharge), 0.0)
        rise: Terms = [(ground, 1.0), (before(ground), -1.0), *out, *each(gained, -1.0)]
        places = program.add_rows(build.size, rise, upper=rain + start)
        program.mark(f"aquifers.{aquifer.id}.recharge", places, SHARE * rain)
        part, fixed = _phreatic(build, aquifer, full, start)
        if part.any() or fixed.any():
            places = program.add_rows(build.size, [*rise, (before(ground), part)], upper=rain + start + fixed)
            program.mark(f"aquifers.{aquifer.id}.recharge", places, SHARE * rain)
        if not out:
            continue
        program.add_rows(build.size, [*out, (before(ground), part - 1.0)], upper=start + fixed)
        program.add_rows(build.size, [*out, (before(ground), -1.0)], upper=start)
        _pumping(build, aquifer, ground, start, full, out, 1.0)
        fresh: Terms = [
            (build.flow[j], 1.0) for j in names.outgoing[names.vertex[aquifer.id]] if rows.links[j].fresh
        ]
        if fresh and aquifer.fresh_share < 1.0:
            share = aquifer.fresh_share
            program.add_rows(build.size, [*fresh, (before(ground), -share)], upper=share * start)
            _pumping(build, aquifer, ground, start, full, fresh, share)


def _phreatic(build: Record, aquifer: AquiferRow, full: float, start: Floats) -> tuple[Floats, Floats]:
    """Return the line that phreatic evaporation is at least: part of storage at the start, and what is added.

    The second is a change of the right-hand side: minus the constant of the line, and the line itself where the
    storage at the start is a number.
    """
    depth, most = aquifer.extinction_depth, build.at(aquifer.phreatic)
    none = np.zeros(build.size)
    if depth <= 0.0 or not most.any() or aquifer.floor_depth < depth or most.max() > full:
        return none, none
    part = most / (depth * aquifer.storage_per_metre)
    constant = most * (1.0 - aquifer.floor_depth / depth)
    fixed = -constant
    line = constant[0] + part[0] * start[0]
    fixed[0] = -min(max(line, 0.0), most[0], max(start[0], 0.0))
    part = part.copy()
    return part, fixed


def _pumping(
    build: Record, aquifer: AquiferRow, ground: Ints, start: Floats, full: float, out: Terms, share: float
) -> None:
    """Bound pumping by its limits times the largest factor that the storage at the start allows."""
    program = build.program
    limit = share * build.at(smallest(aquifer.limits))
    for constant, slope in _factors(aquifer, full):
        terms: Terms = [*out, (before(ground), -slope * limit)]
        places = program.add_rows(build.size, terms, upper=limit * (constant + slope * start))
        for name, change in moves(aquifer, "aquifers"):
            more = share * build.at(change)
            moved = more * (constant + slope * start)
            program.mark(name, places, moved, [(before(ground), slope * more)])


def _factors(aquifer: AquiferRow, full: float) -> list[tuple[float, float]]:
    """Return lines above the factor of the tier that a storage calls for, (constant, slope)."""
    factor = np.concatenate([[1.0], aquifer.tier_factor])
    if factor.size == 1 or (np.diff(factor) > 0.0).any() or full <= 0.0:
        return [(float(factor.max()), 0.0)]
    threshold = (aquifer.floor_depth - aquifer.tier_depth) * aquifer.storage_per_metre
    above = (threshold > 0.0) & (threshold < full)
    x = np.concatenate([[0.0], threshold[above][::-1], [max(full, threshold.max())]])
    y = np.concatenate(
        [[factor[int(above.sum() + (threshold >= full).sum())]], factor[:-1][above][::-1], [1.0]]
    )
    return [*hull(x, y, 1.0), (1.0, 0.0)]


def _recharge(build: Record, names: Index, id: str) -> Terms:
    """Give what reaches an aquifer beside rain: returns, and losses of links, sources and stores."""
    rows = build.rows
    terms = arrivals(build, names, id)
    for j, link in enumerate(rows.links):
        if link.loss_to == id:
            terms.append((build.flow[j], link.loss_recharge * (1.0 - build.at(link.gain))))
    for source in rows.sources:
        if source.loss_to == id:
            share = build.at(source.yield_)
            part = source.loss_recharge * (1.0 - share) / share
            terms += each(outflow(build, names, source.id), part)
    for s, store in enumerate(rows.stores):
        if store.seepage_to == id:
            down, up = build.at(store.seepage), build.at(store.evaporation)
            part = np.divide(down, down + up, out=np.zeros(build.size), where=down + up > 0.0)
            terms.append((build.loss[s], store.seepage_recharge * part))
    return terms
