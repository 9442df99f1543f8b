"""The water balance of members over time: one phase per idea, arrays written in place."""

import numpy as np

from waterbal.kernel._jit import jit, part
from waterbal.kernel.allocation import allocate
from waterbal.kernel.bounds import bound_program, reduce_bounds
from waterbal.kernel.closure import CLOSURE, close_balance
from waterbal.kernel.flows import (
    count_withdrawals,
    fill_stores,
    gather_flows,
    recharge_aquifers,
    recover_flows,
    treat_water,
)
from waterbal.kernel.forcing import row
from waterbal.kernel.judge import judge_step
from waterbal.kernel.keeping import KEEP_ALL, KEEP_SUPPLY, count_step, write_series
from waterbal.kernel.limits import (
    limit_pumping,
    limit_sources,
    lose_from_stores,
    renew_quotas,
    restrict_demands,
)
from waterbal.kernel.simplex import reset

GOOD = 0
BALANCE = 9  # status: a node does not close
SETTLED = 1e-9  # relative change of the end volume at which area passes stop


@part
def allocate_step(problem, reduction, layout, coefficients, forcing, members, state, work, m, h, t, g):
    """Allocate one step, repeating area-dependent losses where a store asks for it. Returns the status."""
    passes = 1
    for s in range(state.storage.size):
        passes = max(passes, layout.store_passes[s])
        state.surface_volume[s] = state.storage[s]
        state.end_volume[s] = state.storage[s]
    status = GOOD
    for i in range(passes):
        lose_from_stores(layout, forcing, state, h, t)
        bound_program(layout, coefficients, forcing, members, state, m, h, t, g)
        reduce_bounds(layout, reduction, state, forcing.roof[h] * members.roof_scale[m], g)
        status = allocate(problem, g, state.reduced_lower, state.reduced_upper, state.target, work)
        if status != GOOD:
            return status
        recover_flows(reduction, state, work.x, g)
        change = 0.0
        for s in range(state.storage.size):
            before = state.end_volume[s]
            kept = state.flow[layout.store_zone[s, 1]]
            if layout.store_zone[s, 0] >= 0:
                kept += state.flow[layout.store_zone[s, 0]]
            state.end_volume[s] = kept
            if i + 1 < layout.store_passes[s]:
                change = max(change, abs(kept - before) / (1.0 + abs(kept)))
                state.surface_volume[s] = 0.5 * (state.storage[s] + kept)
        if change < SETTLED:
            break
    return status


@jit
def advance(problem, reduction, layout, coefficients, forcing, members, state, work, m, t):
    """Simulate one step of one member. Returns the status; the state moves to the end of the step."""
    h = members.variant[m]
    g = forcing.stage[row(forcing.stage, h), t]
    renew_quotas(layout, forcing, state, h, t)
    restrict_demands(layout, forcing, members, state, m, h, t)
    limit_pumping(layout, forcing, state, h, t)
    limit_sources(layout, forcing, members, state, m, h, t)
    status = allocate_step(
        problem, reduction, layout, coefficients, forcing, members, state, work, m, h, t, g
    )
    if status != GOOD:
        return status
    gather_flows(layout, coefficients, forcing, state, h, t, g)
    count_withdrawals(layout, coefficients, state, g)
    fill_stores(layout, state)
    treat_water(layout, coefficients, forcing, state, h, t, g)
    recharge_aquifers(layout, coefficients, forcing, state, h, t, g)
    state.residual[0] = close_balance(layout, coefficients, forcing, state, h, t, g)
    for s in range(state.storage.size):
        state.storage[s] = state.end_volume[s]
    state.elapsed[0] += 1
    if not state.residual[0] <= CLOSURE:
        return BALANCE
    return GOOD


@jit
def begin(layout, state, h):
    """Set the state of a member before its first step."""
    for s in range(state.storage.size):
        state.storage[s] = layout.store_initial[s]
    for a in range(state.ground.size):
        depth = layout.aquifer_constant[a, 2] - layout.aquifer_constant[a, 1]
        state.ground[a] = depth * layout.aquifer_constant[a, 0]
        state.tier[a] = 0
    state.elapsed[0] = 0


@part
def start_record(state, tally, m):
    """Note the state before the first step of the record."""
    state.elapsed[0] = 0
    for s in range(state.storage.size):
        tally.storage_start[m, s] = state.storage[s]
    for a in range(state.ground.size):
        tally.ground_start[m, a] = state.ground[a]


@jit
def begin_member(problem, layout, forcing, members, state, work, tally, m):
    """Set state and workspace before the first step of a member."""
    h = members.variant[m]
    reset(problem, forcing.stage[row(forcing.stage, h), 0], work)
    begin(layout, state, h)
    for k in range(tally.pivots.shape[1]):
        tally.pivots[m, k] = 0


@jit
def run_steps(
    m,
    first,
    last,
    keep,
    warm_up,
    problem,
    reduction,
    layout,
    coefficients,
    forcing,
    members,
    state,
    work,
    series,
    tally,
    requirements,
    outcome,
):
    """Simulate steps first..last-1 of one member, on from the state it is in. Returns whether it may go on.

    It stops at its first bad status, and where asked when a requirement is lost.

    Parameters
    ----------
    m : int
        Member.
    first, last : int
        Range of steps, counted from the first step of the warm-up.
    keep : int
        KEEP_SUMS, KEEP_SUPPLY or KEEP_ALL: which series are written beside the sums.
    warm_up : int
        Steps simulated once before the record; only stores and aquifers carry over.
    """
    steps = forcing.days.shape[1]
    h = members.variant[m]
    status = GOOD
    lost = False
    for k in range(tally.pivots.shape[1]):
        tally.pivots[m, k] -= work.counter[k]
    for u in range(first, last):
        t = u if u < warm_up else u - warm_up
        if u == warm_up:
            start_record(state, tally, m)
        status = advance(problem, reduction, layout, coefficients, forcing, members, state, work, m, t)
        where = -1
        if status != GOOD:
            tally.status[m] = status
            tally.step[m] = t
            if status != BALANCE:
                where = work.culprit[0]
            tally.where[m] = where
            tally.residual[m] = max(tally.residual[m], state.residual[0])
        if u >= warm_up:
            if status == GOOD:
                count_step(layout, state, tally, m, state.residual[0])
                days = forcing.days[row(forcing.days, h), t]
                lost = judge_step(requirements, layout, state, outcome, m, h, t, days)
            if keep == KEEP_SUPPLY and status == GOOD:
                for d in range(state.supply.size):
                    series.supply[m, t, d] = state.supply[d]
            if keep == KEEP_ALL:
                residual = state.residual[0]
                write_series(layout, forcing, state, series, work, m, h, t, status, where, residual)
        if status != GOOD:
            if keep == KEEP_ALL:
                for v in range(max(u - warm_up, 0), steps):
                    series.status[m, v] = status
                    series.where[m, v] = where
            break
        if lost:
            break
    for k in range(tally.pivots.shape[1]):
        tally.pivots[m, k] += work.counter[k]
    return status == GOOD and not lost


@jit
def simulate(
    first,
    last,
    keep,
    warm_up,
    problem,
    reduction,
    layout,
    coefficients,
    forcing,
    members,
    state,
    work,
    series,
    tally,
    requirements,
    outcome,
):
    """Simulate members first..last-1 one after the other; see ``run_steps``."""
    start = np.int64(0)  # a plain 0 would be a type of its own, and run_steps compiled once more
    steps = warm_up + forcing.days.shape[1]
    for m in range(first, last):
        begin_member(problem, layout, forcing, members, state, work, tally, m)
        run_steps(
            m, start, steps, keep, warm_up, problem, reduction, layout, coefficients, forcing, members, state, work,
            series, tally, requirements, outcome,
        )  # fmt: skip
