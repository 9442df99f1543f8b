"""What the flows of a step do to sources, quotas, stores, aquifers and works."""

from waterbal.kernel._jit import part
from waterbal.kernel.forcing import given


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
