"""The water balance of a step, checked at every vertex from the original equations."""

from waterbal.kernel._jit import part
from waterbal.kernel.forcing import given

CLOSURE = 1e-9  # largest relative residual of a node


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
