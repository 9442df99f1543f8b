"""What may be taken and what is asked for in a step, before anything is allocated."""

from waterbal.kernel._jit import part
from waterbal.kernel.forcing import given, row


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
