"""What is kept of a step: series, and sums over the record."""

from waterbal.kernel._jit import part
from waterbal.kernel.forcing import given

KEEP_SUMS, KEEP_ALL, KEEP_SUPPLY = 0, 1, 2


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
