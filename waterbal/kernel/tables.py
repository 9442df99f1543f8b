"""Tables the kernel reads and writes: NamedTuples of C-contiguous float64 and int64 arrays.

Volumes are in kernel units: 1e4 m3 divided by the run's power-of-two volume scale, so that typical flows
are O(1..1e3). Axes: variant = one set of forcing, stage = one set of coefficients, vertex = every source,
aquifer, node, store and demand in this order. A forcing table that is the same for all variants has one.
``waterbal.network`` is the only constructor.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F1 = npt.NDArray[np.float64]
F2 = npt.NDArray[np.float64]
F3 = npt.NDArray[np.float64]
I1 = npt.NDArray[np.int64]
I2 = npt.NDArray[np.int64]


class Layout(NamedTuple):
    """Who is connected to whom, and which variable of the original program stands for what (-1: none)."""

    link_tail: I1  # (link) vertex
    link_head: I1  # (link) vertex
    link_loss_aquifer: I1  # (link) aquifer that gets part of the loss
    link_loss_recharge: F1  # (link) share of the loss
    source_row: I1  # (source)
    source_loss_aquifer: I1  # (source)
    source_loss_recharge: F1  # (source)
    lag_source: I1  # (lag)
    lag_demand: I1  # (lag)
    lag_share: F1  # (lag)
    aquifer_row: I1  # (aquifer)
    aquifer_fresh_row: I1  # (aquifer)
    aquifer_tier_start: I1  # (aquifer + 1) into tier_depth, tier_factor
    tier_depth: F1  # (tier) [m]
    tier_factor: F1  # (tier)
    aquifer_constant: (
        F2  # (aquifer, 6) storage per metre, initial depth, floor depth, extinction, hysteresis, fresh share
    )
    node_capacity_row: I1  # (node)
    node_balance_row: I1  # (node)
    node_output_row: I1  # (node)
    node_overflow: I1  # (node) 1: inflow above capacity by-passes
    node_outlet: I1  # (node) 1: surplus is discharged
    store_row: I1  # (store)
    store_zone: I2  # (store, 2) columns of the kept volume: reserve zone (-1 if none) and the rest
    store_initial: F1  # (store)
    store_passes: I1  # (store)
    store_seepage_aquifer: I1  # (store)
    store_seepage_recharge: F1  # (store)
    curve_start: I1  # (store + 1) into curve_volume, curve_area
    curve_volume: F1  # (point)
    curve_area: F1  # (point) scaled so that mm x area is a kernel volume
    demand_row: I1  # (demand)
    delivery_demand: I1  # (delivery) demand of each delivery (a tier, or the whole demand)
    delivery_share: F1  # (delivery) share of the request
    delivery_variable: I1  # (delivery)
    return_demand: I1  # (return)
    return_vertex: I1  # (return)
    quota_row: I1  # (quota)
    quota_start: I1  # (quota + 1) into quota_link, quota_weight
    quota_link: I1  # (entry)
    quota_weight: F1  # (entry), divided by the source yield at run time
    quota_source: I1  # (entry) source whose yield applies, -1 if none
    quota_carry: F1  # (quota)
    restriction_start: I1  # (restriction + 1) into restriction_threshold
    restriction_threshold: F1  # (tier)
    restriction_store_start: I1  # (restriction + 1) into restriction_store
    restriction_store: I1  # (entry)
    restriction_factor: F2  # (tier of all restrictions, demand), 1 where untouched
    extra_variable: I1  # (extra) look-ahead variables with bounds from Forcing
    ahead_row: I1  # (entry) look-ahead row that passes on what a store keeps above its dead volume
    ahead_store: I1  # (entry) its store
    ahead_well_row: I1  # (well) look-ahead row of later pumping
    ahead_well_aquifer: I1  # (well)
    ahead_well_share: F1  # (well) share of what may be pumped
    offer_variable: I1  # (offer) look-ahead variable bounded by what sources dependably give
    offer_start: I1  # (offer + 1) into offer_source
    offer_source: I1  # (entry) source whose planned offer is added
    need_variable: I1  # (need) look-ahead variable bounded by a planned need
    need_start: I1  # (need + 1) into need_demand
    need_demand: I1  # (entry) demand whose planned need is added
    level_need: I2  # (look-ahead level, 2) range [from, to) of needs that the level serves


class Coefficients(NamedTuple):
    """Numbers that enter the matrix; constant over a stage."""

    gain: F2  # (stage, link)
    yield_: F2  # (stage, source)
    usable: F2  # (stage, node)
    recovery: F2  # (stage, node)


class Forcing(NamedTuple):
    """Everything that changes in time and does not depend on the state."""

    stage: I2  # (variant, time)
    days: F2  # (variant, time) [d]
    source_limit: F3  # (variant, time, source)
    aquifer_limit: F3  # (variant, time, aquifer)
    aquifer_recharge: F3  # (variant, time, aquifer)
    aquifer_phreatic: F3  # (variant, time, aquifer)
    node_capacity: F3  # (variant, time, node)
    node_output: F3  # (variant, time, node)
    store_capacity: F3  # (variant, time, store)
    store_dead: F3  # (variant, time, store)
    store_inflow: F3  # (variant, time, store)
    store_evaporation: F3  # (variant, time, store) [mm]
    store_rain: F3  # (variant, time, store) [mm]
    store_seepage: F3  # (variant, time, store) [mm]
    store_reserve: F3  # (variant, time, store)
    link_upper: F3  # (variant, time, link)
    link_lower: F3  # (variant, time, link)
    demand: F3  # (variant, time, demand)
    return_share: F3  # (variant, time, return)
    quota_volume: F3  # (variant, time, quota)
    quota_reset: F3  # (variant, time, quota) 1 where a quota year begins
    quota_initial: F2  # (variant, quota) left at the start
    extra_lower: F3  # (variant, time, extra)
    extra_upper: F3  # (variant, time, extra)
    planned_offer: F3  # (variant, time, entry of offer_source)
    planned_need: F3  # (variant, time, entry of need_demand)
    roof: F1  # (variant) bound of what is unlimited


class Members(NamedTuple):
    """One row per simulated member (scenario x realization)."""

    variant: I1  # (member)
    demand_scale: F2  # (member, demand)
    source_scale: F2  # (member, source)
    roof_scale: F1  # (member) largest scale, at least 1


class Reduction(NamedTuple):
    """How the presolved program maps to the original one, per stage (CSR over original variables)."""

    bound_target: I1  # (original variable) reduced variable that takes its bounds, -1 if they never bind
    bound_factor: F2  # (stage, original variable) reduced bound = factor x original bound
    recover_start: I1  # (original variable + 1)
    recover_variable: I1  # (entry) reduced variable
    recover_value: F2  # (stage, entry)
    delivery_factor: F2  # (stage, member of the problem) target = factor x request
    delivery: I1  # (member of the problem) delivery index


class Series(NamedTuple):
    """Full series, written when kept, all or supply only; what is not kept has one member and one step."""

    link_flow: F3
    source_withdrawal: F3
    source_available: F3
    aquifer_pumping: F3
    aquifer_storage: F3
    aquifer_depth: F3
    aquifer_recharge: F3
    aquifer_evaporation: F3
    aquifer_overflow: F3
    aquifer_tier: F3
    supply: F3
    request: F3
    storage: F3
    store_inflow: F3
    store_rain: F3
    store_evaporation: F3
    store_seepage: F3
    spill: F3
    node_inflow: F3
    node_bypass: F3
    node_loss: F3
    node_discharge: F3
    quota_used: F3
    quota_left: F3
    restriction_tier: F3
    reserve_need: F3
    reserve_kept: F3
    status: I2
    where: I2
    residual: F2


class Tally(NamedTuple):
    """Sums kept on the fly for every member, whether or not series are kept."""

    supply: F2  # (member, demand) sum of deliveries
    need: F2  # (member, demand) sum of unrestricted need
    withdrawal: F2  # (member, source)
    pumping: F2  # (member, aquifer)
    spill: F2  # (member, store)
    failed_steps: F2  # (member, demand) steps in which supply < need
    link_flow: F2  # (member, link)
    recharge: F2  # (member, aquifer)
    depth: F2  # (member, aquifer) sum over steps [m]
    deepest: F2  # (member, aquifer) [m]
    storage: F2  # (member, store) sum over steps
    lowest: F2  # (member, store)
    evaporation: F2  # (member, store)
    seepage: F2  # (member, store)
    node_inflow: F2  # (member, node)
    node_bypass: F2  # (member, node)
    node_discharge: F2  # (member, node)
    quota_used: F2  # (member, quota)
    storage_start: F2  # (member, store) before the first step of the record
    ground_start: F2  # (member, aquifer)
    status: I1  # (member) first status that is not good
    step: I1  # (member) its step
    where: I1  # (member) its constraint (original variable)
    residual: F1  # (member) largest node residual
    pivots: I2  # (member, 4) pivots, bound flips, refactorisations, solves


class Requirements(NamedTuple):
    """What a record has to show; an item is judged by the years or steps in which it is missed."""

    year_of_step: I1  # (time) position of the complete year, -1 where the year is not complete
    year_ends: I1  # (time) 1 in the last step of a complete year
    group_start: I1  # (group + 1) into group_demand, group_tolerance
    group_demand: I1  # (entry)
    group_tolerance: F1  # (entry) share of a year's need that may be short
    load_start: I1  # (load + 1) into load_node, load_weight, load_untreated
    load_node: I1  # (entry)
    load_weight: F1  # (entry) load of a discharged volume
    load_untreated: F1  # (entry) load of a volume that by-passes
    kind: I1  # (item) see kernel.judge
    target: I1  # (item) group, aquifer or load
    limit: F1  # (item) share short, depth [m], load of a day
    allowed: I2  # (variant, item) misses that may happen
    stop: I1  # (1) 1: a member ends once an item is lost


class Outcome(NamedTuple):
    """How the requirements were met, and the sums of the present year."""

    missed: I2  # (member, item) years or steps
    asked: I2  # (member, item) years or steps with a need
    first: I2  # (member, item) first missed step, -1 if none
    worst: F2  # (member, item) largest share short, depth [m] or load of a day
    lost: I1  # (member) item whose misses were too many first, -1 if none
    lost_step: I1  # (member) its step
    year_need: F2  # (member, group)
    year_supply: F2  # (member, group)
    year_allowed: F2  # (member, group) shortage that is tolerated
    year_missed: I2  # (member, item) 1 if missed in a step of the present year


class State(NamedTuple):
    """State of one member and the scratch of its step; one per thread."""

    storage: F1  # (store)
    end_volume: F1  # (store)
    surface_volume: F1  # (store) volume whose surface sets evaporation and seepage
    available: F1  # (store) before links
    rain: F1  # (store)
    evaporation: F1  # (store)
    seepage: F1  # (store)
    spill: F1  # (store)
    ground: F1  # (aquifer) above the pumping floor
    depth: F1  # (aquifer) [m]
    tier: I1  # (aquifer)
    phreatic: F1  # (aquifer)
    pumpable: F1  # (aquifer)
    pumping: F1  # (aquifer)
    recharge: F1  # (aquifer)
    overflow: F1  # (aquifer)
    left: F1  # (quota)
    used: F1  # (quota)
    restriction: I1  # (restriction) tier, 0 = none
    need: F1  # (demand) unrestricted
    request: F1  # (demand) after restriction
    supply: F1  # (demand)
    offer: F1  # (source)
    lagged: F1  # (source)
    withdrawal: F1  # (source)
    processed: F1  # (node)
    bypass: F1  # (node)
    process_loss: F1  # (node)
    discharge: F1  # (node)
    outgoing: F1  # (vertex)
    incoming: F1  # (vertex)
    lower: F1  # (original variable)
    upper: F1  # (original variable)
    flow: F1  # (original variable)
    reduced_lower: F1  # (variable)
    reduced_upper: F1  # (variable)
    target: F1  # (member of the problem)
    elapsed: I1  # (1) steps since the start of the record or warm-up
    residual: F1  # (1)
