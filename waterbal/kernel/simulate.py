"""The water balance of members over time: one phase per idea, arrays written in place."""

import numpy as np

from waterbal.kernel._jit import jit, part
from waterbal.kernel.allocation import allocate
from waterbal.kernel.judge import judge_step
from waterbal.kernel.simplex import reset

GOOD = 0
KEEP_SUMS, KEEP_ALL, KEEP_SUPPLY = 0, 1, 2
BALANCE = 9  # status: a node does not close
CLOSURE = 1e-9  # largest relative residual of a node
SETTLED = 1e-9  # relative change of the end volume at which area passes stop


@part
def row(table, h):
    """Return the row of a forcing table that holds variant h: its own, or the one that serves all."""
    return min(h, table.shape[0] - 1)


@part
def given(table, h, t, i):
    """Return what a forcing table says for element i in step t."""
    return table[row(table, h), t, i]


@part
def renew_quotas(layout, forcing, state, h, t):
    """Start a quota year, or follow a change of the entitlement inside one. Writes state.left.

    A cut below what has been used already leaves a debt: nothing may be taken until it is made good.
    """
    for q in range(layout.quota_row.size):
        volume = given(forcing.quota_volume, h, t, q)
        if t == 0:
            left = forcing.quota_initial[row(forcing.quota_initial, h), q]
        elif given(forcing.quota_reset, h, t, q) > 0.0:
            left = volume + min(layout.quota_carry[q] * volume, max(state.left[q], 0.0))
        else:
            left = state.left[q] + volume - given(forcing.quota_volume, h, t - 1, q)
        state.left[q] = left


@part
def restrict_demands(layout, forcing, members, state, m, h, t):
    """Cut the need by the drought tier that the stores call for. Writes state.need, request, restriction."""
    for d in range(state.need.size):
        state.need[d] = given(forcing.demand, h, t, d) * members.demand_scale[m, d]
        state.request[d] = state.need[d]
    for r in range(state.restriction.size):
        active = 0.0
        room = 0.0
        for e in range(layout.restriction_store_start[r], layout.restriction_store_start[r + 1]):
            s = layout.restriction_store[e]
            active += max(state.storage[s] - given(forcing.store_dead, h, t, s), 0.0)
            room += given(forcing.store_capacity, h, t, s) - given(forcing.store_dead, h, t, s)
        fill = active / room if room > 0.0 else 1.0
        tier = -1
        for k in range(layout.restriction_start[r], layout.restriction_start[r + 1]):
            if fill < layout.restriction_threshold[k]:
                tier = k
        state.restriction[r] = 0
        if tier >= 0:
            state.restriction[r] = tier - layout.restriction_start[r] + 1
            for d in range(state.request.size):
                state.request[d] *= layout.restriction_factor[tier, d]


@part
def area_at(layout, s, volume):
    """Return the water surface of a store at a volume, linear between the points of its curve."""
    first = layout.curve_start[s]
    last = layout.curve_start[s + 1] - 1
    if volume <= layout.curve_volume[first]:
        return layout.curve_area[first]
    for k in range(first + 1, last + 1):
        if volume <= layout.curve_volume[k]:
            low = layout.curve_volume[k - 1]
            part = (volume - low) / (layout.curve_volume[k] - low)
            return layout.curve_area[k - 1] + part * (layout.curve_area[k] - layout.curve_area[k - 1])
    return layout.curve_area[last]


@part
def lose_from_stores(layout, forcing, state, h, t):
    """Take evaporation and seepage on the present surface. Writes state.available and its parts."""
    for s in range(state.storage.size):
        surface = area_at(layout, s, state.surface_volume[s])
        rain = given(forcing.store_rain, h, t, s) * surface
        evaporation = given(forcing.store_evaporation, h, t, s) * surface
        seepage = given(forcing.store_seepage, h, t, s) * surface
        water = max(state.storage[s] + given(forcing.store_inflow, h, t, s) + rain, 0.0)
        if evaporation + seepage > water:
            part = water / (evaporation + seepage)
            evaporation *= part
            seepage *= part
        state.rain[s] = rain
        state.evaporation[s] = evaporation
        state.seepage[s] = seepage
        state.available[s] = max(water - evaporation - seepage, 0.0)


@part
def limit_pumping(layout, forcing, state, h, t):
    """Find each aquifer's depth, tier and permitted pumping. Writes state.depth, tier, phreatic, pumpable."""
    for a in range(state.ground.size):
        per_metre = layout.aquifer_constant[a, 0]
        depth = layout.aquifer_constant[a, 2] - state.ground[a] / per_metre
        first = layout.aquifer_tier_start[a]
        count = layout.aquifer_tier_start[a + 1] - first
        tier = state.tier[a]
        while tier < count and depth > layout.tier_depth[first + tier]:
            tier += 1
        while tier > 0 and depth < layout.tier_depth[first + tier - 1] - layout.aquifer_constant[a, 4]:
            tier -= 1
        factor = 1.0
        if tier > 0:
            factor = layout.tier_factor[first + tier - 1]
        extinction = layout.aquifer_constant[a, 3]
        wet = max(1.0 - depth / extinction, 0.0) if extinction > 0.0 else 0.0
        phreatic = min(given(forcing.aquifer_phreatic, h, t, a) * min(wet, 1.0), state.ground[a])
        state.depth[a] = depth
        state.tier[a] = tier
        state.phreatic[a] = phreatic
        state.pumpable[a] = min(given(forcing.aquifer_limit, h, t, a) * factor, state.ground[a] - phreatic)


@part
def limit_sources(layout, forcing, members, state, m, h, t):
    """Find what each source can give, before its settling loss. Writes state.offer."""
    for s in range(state.offer.size):
        state.offer[s] = given(forcing.source_limit, h, t, s) * members.source_scale[m, s]
    for k in range(layout.lag_source.size):
        s = layout.lag_source[k]
        state.lagged[s] = 0.0
    for k in range(layout.lag_source.size):
        s = layout.lag_source[k]
        if state.elapsed[0] > 0:
            before = forcing.days[row(forcing.days, h), max(t - 1, 0)]
            rate = state.supply[layout.lag_demand[k]] / before
            state.lagged[s] += layout.lag_share[k] * rate * forcing.days[row(forcing.days, h), t]
    for k in range(layout.lag_source.size):
        s = layout.lag_source[k]
        state.offer[s] = min(state.offer[s], state.lagged[s])


@part
def bound_program(layout, coefficients, forcing, members, state, m, h, t, g):
    """Turn states and forcing into bounds of the original program. Writes state.lower, upper."""
    roof = forcing.roof[h] * members.roof_scale[m]
    for j in range(layout.link_tail.size):
        state.lower[j] = given(forcing.link_lower, h, t, j)
        state.upper[j] = given(forcing.link_upper, h, t, j)
    for s in range(state.offer.size):
        v = layout.source_row[s]
        state.lower[v] = 0.0
        state.upper[v] = coefficients.yield_[g, s] * state.offer[s]
    for a in range(state.ground.size):
        v = layout.aquifer_row[a]
        state.lower[v] = 0.0
        state.upper[v] = state.pumpable[a]
        v = layout.aquifer_fresh_row[a]
        if v >= 0:
            state.lower[v] = 0.0
            state.upper[v] = layout.aquifer_constant[a, 5] * state.pumpable[a]
    for n in range(layout.node_balance_row.size):
        v = layout.node_balance_row[n]
        state.lower[v] = 0.0
        state.upper[v] = roof if layout.node_outlet[n] + layout.node_overflow[n] > 0 else 0.0
        capacity = given(forcing.node_capacity, h, t, n)
        v = layout.node_capacity_row[n]
        if v >= 0:
            state.lower[v] = 0.0
            state.upper[v] = min(capacity, roof)
        v = layout.node_output_row[n]
        if v >= 0:
            output = given(forcing.node_output, h, t, n)
            if layout.node_overflow[n] > 0:
                output = min(output, coefficients.usable[g, n] * capacity)
            state.lower[v] = 0.0
            state.upper[v] = min(output, roof)
    for s in range(state.storage.size):
        v = layout.store_row[s]
        state.lower[v] = -state.available[s]
        state.upper[v] = roof
        capacity = given(forcing.store_capacity, h, t, s)
        floor = min(min(given(forcing.store_dead, h, t, s), state.available[s]), capacity)
        guard = 0.0
        v = layout.store_zone[s, 0]
        if v >= 0:
            guard = min(given(forcing.store_reserve, h, t, s), capacity)
            state.upper[v] = guard
            state.lower[v] = min(floor, guard)
        v = layout.store_zone[s, 1]
        state.upper[v] = capacity - guard
        state.lower[v] = max(floor - guard, 0.0)
    for d in range(state.supply.size):
        v = layout.demand_row[d]  # tiers add up to the arrival; a demand without tiers is bounded just below
        state.lower[v] = 0.0
        state.upper[v] = 0.0
    for k in range(layout.delivery_variable.size):
        v = layout.delivery_variable[k]
        state.lower[v] = 0.0
        state.upper[v] = layout.delivery_share[k] * state.request[layout.delivery_demand[k]]
    for q in range(state.left.size):
        v = layout.quota_row[q]
        state.lower[v] = 0.0
        state.upper[v] = max(state.left[q], 0.0)
    for k in range(layout.extra_variable.size):
        v = layout.extra_variable[k]
        state.lower[v] = given(forcing.extra_lower, h, t, k)
        state.upper[v] = given(forcing.extra_upper, h, t, k)
    for k in range(layout.ahead_row.size):
        s = layout.ahead_store[k]
        state.lower[layout.ahead_row[k]] += min(given(forcing.store_dead, h, t, s), state.available[s])
    for k in range(layout.ahead_well_row.size):
        a = layout.ahead_well_aquifer[k]
        factor = 1.0
        if state.tier[a] > 0:
            factor = layout.tier_factor[layout.aquifer_tier_start[a] + state.tier[a] - 1]
        v = layout.ahead_well_row[k]
        left = min(factor * state.upper[v], max(state.ground[a] - state.phreatic[a], 0.0))
        state.upper[v] = layout.ahead_well_share[k] * left
    for k in range(layout.offer_variable.size):
        offer = 0.0
        for e in range(layout.offer_start[k], layout.offer_start[k + 1]):
            offer += given(forcing.planned_offer, h, t, e) * members.source_scale[m, layout.offer_source[e]]
        v = layout.offer_variable[k]
        state.lower[v] = 0.0
        state.upper[v] = offer
    for k in range(layout.need_variable.size):
        need = 0.0
        for e in range(layout.need_start[k], layout.need_start[k + 1]):
            need += given(forcing.planned_need, h, t, e) * members.demand_scale[m, layout.need_demand[e]]
        v = layout.need_variable[k]
        state.lower[v] = 0.0
        state.upper[v] = need


@part
def reduce_bounds(layout, reduction, state, roof, g):
    """Carry bounds and targets over to the presolved program. Writes state.reduced_lower and so on."""
    for v in range(state.reduced_lower.size):
        state.reduced_lower[v] = -roof
        state.reduced_upper[v] = roof
    for i in range(reduction.bound_target.size):
        v = reduction.bound_target[i]
        if v >= 0:
            factor = reduction.bound_factor[g, i]
            state.reduced_lower[v] = max(state.reduced_lower[v], factor * state.lower[i])
            state.reduced_upper[v] = min(state.reduced_upper[v], factor * state.upper[i])
    for k in range(reduction.delivery.size):
        d = reduction.delivery[k]
        request = layout.delivery_share[d] * state.request[layout.delivery_demand[d]]
        state.target[k] = reduction.delivery_factor[g, k] * request


@part
def recover_flows(reduction, state, x, g):
    """Compute every variable of the original program from the presolved ones. Writes state.flow."""
    for i in range(state.flow.size):
        value = 0.0
        for e in range(reduction.recover_start[i], reduction.recover_start[i + 1]):
            value += reduction.recover_value[g, e] * x[reduction.recover_variable[e]]
        state.flow[i] = value


@part
def gather_flows(layout, coefficients, forcing, state, h, t, g):
    """Add up what leaves and reaches every vertex. Writes state.outgoing, incoming, supply."""
    for v in range(state.outgoing.size):
        state.outgoing[v] = 0.0
        state.incoming[v] = 0.0
    for j in range(layout.link_tail.size):
        state.outgoing[layout.link_tail[j]] += state.flow[j]
        state.incoming[layout.link_head[j]] += coefficients.gain[g, j] * state.flow[j]
    first = state.outgoing.size - state.supply.size
    for d in range(state.supply.size):
        state.supply[d] = state.incoming[first + d]
    for k in range(layout.return_demand.size):
        share = given(forcing.return_share, h, t, k)
        state.incoming[layout.return_vertex[k]] += share * state.supply[layout.return_demand[k]]


@part
def count_withdrawals(layout, coefficients, state, g):
    """Compute withdrawals, pumping and quota use. Writes state.withdrawal, pumping, used, left."""
    for s in range(state.withdrawal.size):
        state.withdrawal[s] = state.outgoing[s] / coefficients.yield_[g, s]
    for a in range(state.pumping.size):
        state.pumping[a] = state.outgoing[state.withdrawal.size + a]
    for q in range(state.left.size):
        used = 0.0
        for e in range(layout.quota_start[q], layout.quota_start[q + 1]):
            s = layout.quota_source[e]
            divisor = coefficients.yield_[g, s] if s >= 0 else 1.0
            used += layout.quota_weight[e] * state.flow[layout.quota_link[e]] / divisor
        state.used[q] = used
        state.left[q] -= used


@part
def fill_stores(layout, state):
    """Take over end volumes and spill from the allocation. Writes state.end_volume, spill."""
    for s in range(state.storage.size):
        kept = state.flow[layout.store_zone[s, 1]]
        if layout.store_zone[s, 0] >= 0:
            kept += state.flow[layout.store_zone[s, 0]]
        state.end_volume[s] = kept
        state.spill[s] = state.flow[layout.store_row[s]] + state.available[s]


@part
def recharge_aquifers(layout, coefficients, forcing, state, h, t, g):
    """Add recharge from rain, returns, conveyance and reservoirs. Writes state.recharge, overflow, ground."""
    sources = state.withdrawal.size
    for a in range(state.ground.size):
        state.recharge[a] = given(forcing.aquifer_recharge, h, t, a) + state.incoming[sources + a]
    for j in range(layout.link_tail.size):
        a = layout.link_loss_aquifer[j]
        if a >= 0:
            loss = (1.0 - coefficients.gain[g, j]) * state.flow[j]
            state.recharge[a] += layout.link_loss_recharge[j] * loss
    for s in range(sources):
        a = layout.source_loss_aquifer[s]
        if a >= 0:
            loss = (1.0 - coefficients.yield_[g, s]) * state.withdrawal[s]
            state.recharge[a] += layout.source_loss_recharge[s] * loss
    for s in range(state.storage.size):
        a = layout.store_seepage_aquifer[s]
        if a >= 0:
            state.recharge[a] += layout.store_seepage_recharge[s] * state.seepage[s]
    for a in range(state.ground.size):
        full = layout.aquifer_constant[a, 2] * layout.aquifer_constant[a, 0]
        ground = state.ground[a] + state.recharge[a] - state.phreatic[a] - state.pumping[a]
        state.overflow[a] = max(ground - full, 0.0)
        state.ground[a] = max(min(ground, full), 0.0)


@part
def treat_water(layout, coefficients, forcing, state, h, t, g):
    """Split what reaches works. Writes state.processed, bypass, process_loss, discharge."""
    first = state.withdrawal.size + state.pumping.size
    for n in range(layout.node_balance_row.size):
        inflow = state.incoming[first + n]
        processed = inflow
        if layout.node_overflow[n] > 0:
            processed = min(inflow, given(forcing.node_capacity, h, t, n))
        state.processed[n] = processed
        state.bypass[n] = inflow - processed
        state.process_loss[n] = (1.0 - coefficients.recovery[g, n]) * processed
        surplus = coefficients.recovery[g, n] * processed - state.outgoing[first + n]
        released = layout.node_outlet[n] + layout.node_overflow[n] > 0
        state.discharge[n] = max(surplus, 0.0) if released else 0.0


@part
def larger(worst, value):
    """Return the larger of two residuals; one that is not a number stays."""
    if worst != worst or value <= worst:
        return worst
    return value


@part
def close_balance(layout, coefficients, forcing, state, h, t, g):
    """Return the largest relative residual over all vertices, from the original equations."""
    worst = 0.0
    sources = state.withdrawal.size
    aquifers = state.pumping.size
    nodes = state.processed.size
    for s in range(sources):
        excess = state.withdrawal[s] - state.offer[s]
        worst = larger(worst, excess / (1.0 + state.offer[s]))
    for a in range(aquifers):
        worst = larger(worst, (state.pumping[a] - state.pumpable[a]) / (1.0 + state.pumpable[a]))
    for n in range(nodes):
        out = state.outgoing[sources + aquifers + n]
        fate = out + state.discharge[n] + state.process_loss[n]
        gap = abs(state.processed[n] - fate)
        excess = out - coefficients.usable[g, n] * state.processed[n]
        over = state.processed[n] - given(forcing.node_capacity, h, t, n)
        worst = larger(worst, max(max(gap, excess), over) / (1.0 + state.processed[n]))
    for s in range(state.storage.size):
        v = sources + aquifers + nodes + s
        gain = state.available[s] + state.incoming[v]
        gap = gain - state.outgoing[v] - state.spill[s] - state.end_volume[s]
        over = state.end_volume[s] - given(forcing.store_capacity, h, t, s)
        worst = larger(worst, max(max(abs(gap), over), -state.spill[s]) / (1.0 + gain))
    for d in range(state.supply.size):
        worst = larger(worst, (state.supply[d] - state.request[d]) / (1.0 + state.request[d]))
    for j in range(layout.link_tail.size):
        upper, lower = given(forcing.link_upper, h, t, j), given(forcing.link_lower, h, t, j)
        over = max(state.flow[j] - upper, lower - state.flow[j])
        worst = larger(worst, over / (1.0 + abs(state.flow[j])))
    for q in range(state.used.size):
        v = layout.quota_row[q]
        worst = larger(worst, (state.used[q] - state.upper[v]) / (1.0 + state.upper[v]))
    return worst


@part
def write_series(layout, forcing, state, series, work, m, h, t, status, where, residual):
    """Copy the step into the kept series."""
    for j in range(layout.link_tail.size):
        series.link_flow[m, t, j] = state.flow[j]
    for s in range(state.withdrawal.size):
        series.source_withdrawal[m, t, s] = state.withdrawal[s]
        series.source_available[m, t, s] = state.offer[s]
    for a in range(state.pumping.size):
        series.aquifer_pumping[m, t, a] = state.pumping[a]
        series.aquifer_storage[m, t, a] = state.ground[a]
        constant = layout.aquifer_constant
        series.aquifer_depth[m, t, a] = constant[a, 2] - state.ground[a] / constant[a, 0]
        series.aquifer_recharge[m, t, a] = state.recharge[a]
        series.aquifer_evaporation[m, t, a] = state.phreatic[a]
        series.aquifer_overflow[m, t, a] = state.overflow[a]
        series.aquifer_tier[m, t, a] = state.tier[a]
    for d in range(state.supply.size):
        series.supply[m, t, d] = state.supply[d]
        series.request[m, t, d] = state.request[d]
    for s in range(state.storage.size):
        series.storage[m, t, s] = state.end_volume[s]
        series.store_inflow[m, t, s] = given(forcing.store_inflow, h, t, s)
        series.store_rain[m, t, s] = state.rain[s]
        series.store_evaporation[m, t, s] = state.evaporation[s]
        series.store_seepage[m, t, s] = state.seepage[s]
        series.spill[m, t, s] = state.spill[s]
    for n in range(state.processed.size):
        series.node_inflow[m, t, n] = state.processed[n]
        series.node_bypass[m, t, n] = state.bypass[n]
        series.node_loss[m, t, n] = state.process_loss[n]
        series.node_discharge[m, t, n] = state.discharge[n]
    for q in range(state.used.size):
        series.quota_used[m, t, q] = state.used[q]
        series.quota_left[m, t, q] = state.left[q]
    for r in range(state.restriction.size):
        series.restriction_tier[m, t, r] = state.restriction[r]
    for k in range(layout.level_need.shape[0]):
        need = 0.0
        kept = 0.0
        for e in range(layout.level_need[k, 0], layout.level_need[k, 1]):
            v = layout.need_variable[e]
            need += state.upper[v]
            kept += state.flow[v]
        series.reserve_need[m, t, k] = need
        series.reserve_kept[m, t, k] = kept
    series.status[m, t] = status
    series.where[m, t] = where
    series.residual[m, t] = residual


@part
def count_step(layout, state, tally, m, residual):
    """Add the step to the member's sums."""
    for d in range(state.supply.size):
        tally.supply[m, d] += state.supply[d]
        tally.need[m, d] += state.need[d]
        if state.supply[d] < state.need[d] * (1.0 - 1e-6):
            tally.failed_steps[m, d] += 1.0
    for s in range(state.withdrawal.size):
        tally.withdrawal[m, s] += state.withdrawal[s]
    for a in range(state.pumping.size):
        tally.pumping[m, a] += state.pumping[a]
    for s in range(state.storage.size):
        tally.spill[m, s] += state.spill[s]
        tally.evaporation[m, s] += state.evaporation[s]
        tally.seepage[m, s] += state.seepage[s]
        tally.storage[m, s] += state.end_volume[s]
        tally.lowest[m, s] = min(tally.lowest[m, s], state.end_volume[s])
    for a in range(state.ground.size):
        depth = layout.aquifer_constant[a, 2] - state.ground[a] / layout.aquifer_constant[a, 0]
        tally.depth[m, a] += depth
        tally.deepest[m, a] = max(tally.deepest[m, a], depth)
        tally.recharge[m, a] += state.recharge[a]
    for j in range(layout.link_tail.size):
        tally.link_flow[m, j] += state.flow[j]
    for n in range(state.processed.size):
        tally.node_inflow[m, n] += state.processed[n]
        tally.node_bypass[m, n] += state.bypass[n]
        tally.node_discharge[m, n] += state.discharge[n]
    for q in range(state.used.size):
        tally.quota_used[m, q] += state.used[q]
    tally.residual[m] = max(tally.residual[m], residual)


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
