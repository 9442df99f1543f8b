"""States and forcing turned into bounds of the program of a step."""

from waterbal.kernel._jit import part
from waterbal.kernel.forcing import given


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
