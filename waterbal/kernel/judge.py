"""Whether the steps of a record meet what is required of them, counted on the fly."""

from waterbal.kernel._jit import jit, part

ANNUAL, STEP, ANNUAL_DEPTH, STEP_DEPTH, AQUIFER_DEPTH, LOAD = 0, 1, 2, 3, 4, 5
"""Items: a year short of more than its tolerance; a step short; a year or a step short of more than a share; a year
in which an aquifer is deeper than a level; a year in which a day's load is above a limit."""
NO_NEED = -1e30
ROUNDING = 1e-6  # share of a need that may be short before anything is missed


@part
def add_to_year(requirements, state, outcome, m):
    """Add the step to the sums of the present year. Writes outcome.year_need, year_supply, year_allowed."""
    for g in range(requirements.group_start.size - 1):
        for e in range(requirements.group_start[g], requirements.group_start[g + 1]):
            d = requirements.group_demand[e]
            outcome.year_need[m, g] += state.need[d]
            outcome.year_supply[m, g] += state.supply[d]
            outcome.year_allowed[m, g] += requirements.group_tolerance[e] * state.need[d]


@part
def clear_year(outcome, m):
    """Begin a new year. Writes outcome.year_need and so on."""
    for g in range(outcome.year_need.shape[1]):
        outcome.year_need[m, g] = 0.0
        outcome.year_supply[m, g] = 0.0
        outcome.year_allowed[m, g] = 0.0
    for i in range(outcome.year_missed.shape[1]):
        outcome.year_missed[m, i] = 0


@part
def step_short(requirements, state, g):
    """Return the share of a group's need that is short in this step, NO_NEED without need."""
    need = 0.0
    supply = 0.0
    for e in range(requirements.group_start[g], requirements.group_start[g + 1]):
        need += state.need[requirements.group_demand[e]]
        supply += state.supply[requirements.group_demand[e]]
    return 1.0 - supply / need if need > 0.0 else NO_NEED


@part
def day_load(requirements, state, k, days):
    """Return the mean load of a day of this step."""
    load = 0.0
    for e in range(requirements.load_start[k], requirements.load_start[k + 1]):
        n = requirements.load_node[e]
        load += requirements.load_weight[e] * state.discharge[n]
        load += requirements.load_untreated[e] * state.bypass[n]
    return load / days


@part
def note(outcome, m, i, t):
    """Count a miss."""
    outcome.missed[m, i] += 1
    if outcome.first[m, i] < 0:
        outcome.first[m, i] = t


@part
def judge_in_step(requirements, layout, state, outcome, m, i, t, days):
    """Judge an item in a step. Writes outcome.worst, asked, missed, year_missed."""
    kind, target, limit = requirements.kind[i], requirements.target[i], requirements.limit[i]
    if kind == STEP:
        short = step_short(requirements, state, target)
        if short > NO_NEED:
            outcome.asked[m, i] += 1
            outcome.worst[m, i] = max(outcome.worst[m, i], short)
            if short > ROUNDING:
                note(outcome, m, i, t)
        return
    value = 0.0
    if kind == STEP_DEPTH:
        value = step_short(requirements, state, target)
    elif kind == AQUIFER_DEPTH:
        constant = layout.aquifer_constant
        value = constant[target, 2] - state.ground[target] / constant[target, 0]
    elif kind == LOAD:
        value = day_load(requirements, state, target, days)
    else:
        return
    outcome.worst[m, i] = max(outcome.worst[m, i], value)
    least = 0.0 if kind == LOAD else 1.0  # a load has no size of its own: it is told in kernel volumes
    if value > limit + ROUNDING * max(least, abs(limit)) and outcome.year_missed[m, i] == 0:
        outcome.year_missed[m, i] = 1
        note(outcome, m, i, t)


@part
def judge_in_year(requirements, outcome, m, i, t):
    """Judge an item at the end of a complete year. Writes outcome.worst, asked, missed."""
    kind, g = requirements.kind[i], requirements.target[i]
    if kind != ANNUAL and kind != ANNUAL_DEPTH:
        if kind != STEP:
            outcome.asked[m, i] += 1
        return
    need = outcome.year_need[m, g]
    if need <= 0.0:
        return
    short = need - outcome.year_supply[m, g]
    outcome.asked[m, i] += 1
    outcome.worst[m, i] = max(outcome.worst[m, i], short / need)
    allowed = outcome.year_allowed[m, g] if kind == ANNUAL else requirements.limit[i] * need
    if short > allowed + ROUNDING * need:
        note(outcome, m, i, t)


@part
def allowed_misses(requirements, h, i):
    """Return how often an item may be missed."""
    return requirements.allowed[min(h, requirements.allowed.shape[0] - 1), i]


@jit
def judge_step(requirements, layout, state, outcome, m, h, t, days):
    """Judge the items of one member in one step. Returns whether one of them is lost and the member may end."""
    items = requirements.kind.size
    if items == 0:
        return False
    add_to_year(requirements, state, outcome, m)
    ends = requirements.year_ends[t] > 0
    for i in range(items):
        judge_in_step(requirements, layout, state, outcome, m, i, t, days)
        if ends:
            judge_in_year(requirements, outcome, m, i, t)
        if outcome.lost[m] < 0 and outcome.missed[m, i] > allowed_misses(requirements, h, i):
            outcome.lost[m] = i
            outcome.lost_step[m] = t
    last = t + 1 >= requirements.year_of_step.size
    if ends or last or requirements.year_of_step[t + 1] != requirements.year_of_step[t]:
        clear_year(outcome, m)
    return outcome.lost[m] >= 0 and requirements.stop[0] > 0
