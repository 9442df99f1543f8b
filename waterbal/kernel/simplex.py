"""Lexicographic dual simplex for the program of one step, on a condensed dictionary that stays warm.

The program. Columns ``x`` are flows and kept volumes; rows ``r = A x`` are variables too, numbered after the
columns. Everything that changes in time is a bound of a column or a row, all bounds are finite, ``A`` and the
objectives are constant. Objective 0 is minimised first, then objective 1 among its optima, and so on.

Why a dual simplex. Since every variable has two finite bounds, a nonbasic variable can always be put to the
bound that the sign of its reduced cost asks for. So whatever basis the last step ended with is dual feasible
for any new bounds: there is no phase 1, and few pivots repair the few basic variables that are out of bounds.

Why lexicographic. The reduced cost of a variable is a vector with one number per objective, its sign is the
sign of the first number that is not zero, and the ratio test compares vectors. That is exact preemptive
priority in one solve, without weights that would have to be tuned.

The dictionary is ``x_basic = T x_nonbasic``. One contiguous row per *nonbasic* variable holds its coefficient
in every basic variable, padding, and its reduced costs: flipping a bound, moving the entering variable,
pivoting and computing the basics afresh are then all the same multiply-add over one contiguous row.

Every answer is certified before it is returned: the rows against the original matrix, the bounds, the signs of
the reduced costs, and from time to time the reduced costs against the original objectives. An infeasible
program is certified by a combination of rows that cannot vanish within the bounds. Doubt leads to a rebuilt
dictionary, then to a cold start, then to an honest status.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from waterbal.kernel._jit import part
from waterbal.kernel.vector import (
    LANES,
    add_block,
    add_multiple,
    combine,
    first_beyond,
    first_excess,
    largest_excess,
    nonzero_blocks,
    nonzero_lanes,
    scale_into,
    trailing_zeros,
)

F1 = npt.NDArray[np.float64]
F3 = npt.NDArray[np.float64]
I1 = npt.NDArray[np.int64]

OPTIMAL, INFEASIBLE, ITERATION_LIMIT, NOT_CERTIFIED, SHARING_FAILED = 0, 1, 2, 3, 4

FEASIBLE = 1e-12
"""A basic variable this far out of its bounds is left there [kernel volume]."""
NOISE = 4e-15
"""Rounding to be expected in a basic variable, relative to the largest nonbasic value."""
ZERO_COST = 1e-9
"""A reduced cost up to this is zero; objectives are scaled to a largest coefficient of 1."""
ENTER = 1e-7
"""Coefficients up to this do not enter the basis; ten thousand times less in the last attempt."""
DROP = 1e-13
"""Coefficients and reduced costs up to this become exactly zero, so that rows stay sparse."""
SMALL_PIVOT = 1e-2
"""A pivot up to this makes the dictionary doubtful: it is rebuilt before its next use."""
REBUILD_AFTER = 1500
"""Pivots after which the dictionary is rebuilt in any case."""
DUAL_CHECK_EVERY = 64
"""Solves between two checks of the reduced costs against the original objectives."""
RESIDUAL = 1e-12
"""Residual of a row, relative to the sum of the magnitudes of its terms, above which the dictionary is rebuilt."""
ACCEPTED = 1e-10
"""Accepted residual of a row, relative to the sum of the magnitudes of its terms."""
PIVOT_LIMIT = 5000
"""Pivots per solve before giving up; tens are normal."""
FRESH_AFTER = 100
"""Pivots within one solve after which the basics are computed afresh before they are believed."""
ROUNDS = 4
"""Times the basics are computed afresh within one solve."""

# Where things are in Work.layout, Work.state and Work.counter.
ROWS, COLUMNS, LEVELS, WIDTH, BASE, COST, WORDS = 0, 1, 2, 3, 4, 5, 6
STAGE, SINCE_REBUILD, DOUBT, SINCE_CHECK = 0, 1, 2, 3
BROKEN_ROW, BROKEN_SIDE, BROKEN_COUNT, PROOF_SIZE, CAREFUL = 4, 5, 6, 7, 8
PIVOTS, FLIPS, REBUILDS, SOLVES, RESCUES = 0, 1, 2, 3, 4


class Problem(NamedTuple):
    """What is constant over a run. Variables are numbered columns first, then rows."""

    matrix: F3  # (stage, row, column) r = A x
    objective: F3  # (stage, level, column) minimised, level 0 first; the last one is the tie-break
    kind: I1  # (level) 0 linear, 1 max-min of shares, 2 max-min of volumes
    variable: I1  # (level) variable whose value is minus the objective of a linear level, -1 if never frozen
    member_start: I1  # (level + 1) slices into the next two
    member: I1  # (member) variable of each delivery
    member_scale: F1  # (member) delivered volume = scale x value of the variable


class Work(NamedTuple):
    """Everything one thread needs to solve; the basis in it stays warm between calls.

    A *position* is 0.. for nonbasic variables and ``base + i`` for the variable basic in row i.
    """

    x: F1  # (variable) the answer
    share: F1  # (member) attained share of the target, 1 where the target is 0
    level_value: F1  # (level) minus the objective: what the level has attained
    culprit: I1  # (2) variable whose bounds cannot be met; +1 if its lower, -1 if its upper bound
    lower: F1  # (variable) bounds being solved with
    upper: F1  # (variable)
    dictionary: F1  # (column x width) rows of nonbasic variables: coefficients, padding, reduced costs
    present: I1  # (basic x words) bits: in which nonbasic variables' rows there may be a nonzero
    block: I1  # (block) where the nonzero blocks of the entering variable's row begin
    spare: F1  # (width) row of the entering variable before the pivot
    nonbasic: I1  # (column) variable
    basic: I1  # (row) variable
    place: I1  # (variable) position
    side: I1  # (column) +1 at the lower bound, -1 at the upper, 0 fixed
    low: F1  # (position) bounds by position
    high: F1  # (position)
    value: F1  # (position) values; the objectives follow the basics
    tolerance: F1  # (1) a basic variable this far out of its bounds is left there
    entry: I1  # (column) nonbasic positions with a nonzero in the pivot row
    coefficient: F1  # (column) those nonzeros
    candidate: I1  # (column) positions that may enter
    pace: F1  # (column) |coefficient| of a candidate
    ratio: F1  # (column) reduced cost over pace at its leading level
    leading: I1  # (column) first level with a nonzero reduced cost
    flip: I1  # (column) candidates passed by the ratio test
    flip_pace: F1  # (column)
    certificate: F1  # (variable) of infeasibility: its product with the values vanishes for all flows
    proof: I1  # (column + 1) variables with a nonzero in the certificate
    imbalance: F1  # (column) scratch of the certificate's check
    is_basic: I1  # (variable) scratch of the rebuild
    objective_scale: F1  # (level)
    row_start: I1  # (row + 1) the stage's matrix by rows
    row_column: I1  # (entry)
    row_value: F1  # (entry)
    layout: I1  # rows, columns, levels, width, base, first reduced cost, words of a bit per column
    state: I1  # what STAGE and the names after it say
    counter: I1  # pivots, bound flips, rebuilds, solves, rescues
    weight: F1  # (member) growth of a delivery's floor per unit of the level's water mark
    cap: F1  # (member) most that a delivery can be
    floor: F1  # (member) hard minimum of a delivery
    pull: F1  # (member) weight of a delivery's floor in the inequality that holds the water mark down
    active: I1  # (member) 1 while its share may still rise, 2 if it is also in the last proof


def aligned(size: int) -> F1:
    """Return zeros that start at a cache line, so that no block of eight lies across two."""
    memory = np.zeros(size + LANES)
    first = -memory.ctypes.data // memory.itemsize % LANES
    return memory[first : first + size]


def words_of(n: int) -> int:
    """Return how many words of 64 bits hold one bit for each of n."""
    return (n + 63) >> 6


def workspace(problem: Problem) -> Work:
    """Return the arrays one thread needs, with a cold basis.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.

    Returns
    -------
    Work
        Fresh arrays; no later call allocates anything.
    """
    _, m, n = problem.matrix.shape
    levels = problem.objective.shape[1]
    members = len(problem.member)
    width = (m + levels + LANES - 1) // LANES * LANES
    base = (n + LANES - 1) // LANES * LANES
    entries = int(np.count_nonzero(problem.matrix, axis=(1, 2)).max())
    state = np.zeros(9, np.int64)
    state[STAGE] = -1
    return Work(
        x=np.zeros(n + m),
        share=np.ones(members),
        level_value=np.zeros(levels),
        culprit=np.zeros(2, np.int64),
        lower=np.zeros(n + m),
        upper=np.zeros(n + m),
        dictionary=aligned(n * width),
        present=np.zeros(width * words_of(n), np.int64),
        block=np.zeros(width // LANES, np.int64),
        spare=np.zeros(width),
        nonbasic=np.zeros(n, np.int64),
        basic=np.zeros(m, np.int64),
        place=np.zeros(n + m, np.int64),
        side=np.zeros(n, np.int64),
        low=np.full(base + width, -np.inf),
        high=np.full(base + width, np.inf),
        value=np.zeros(base + width),
        tolerance=np.full(1, FEASIBLE),
        entry=np.zeros(n, np.int64),
        coefficient=np.zeros(n),
        candidate=np.zeros(n, np.int64),
        pace=np.zeros(n),
        ratio=np.zeros(n),
        leading=np.zeros(n, np.int64),
        flip=np.zeros(n, np.int64),
        flip_pace=np.zeros(n),
        certificate=np.zeros(n + m),
        proof=np.zeros(n + 1, np.int64),
        imbalance=np.zeros(n),
        is_basic=np.zeros(n + m, np.int64),
        objective_scale=np.ones(levels),
        row_start=np.zeros(m + 1, np.int64),
        row_column=np.zeros(entries, np.int64),
        row_value=np.zeros(entries),
        layout=np.array([m, n, levels, width, base, width - levels, words_of(n)], np.int64),
        state=state,
        counter=np.zeros(5, np.int64),
        weight=np.zeros(members),
        cap=np.zeros(members),
        floor=np.zeros(members),
        pull=np.zeros(members),
        active=np.zeros(members, np.int64),
    )


@part
def reset(problem, stage, work):
    """Forget the basis: what follows does not depend on anything solved before.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.
    stage : int
        Stage whose matrix is loaded.
    work : Work
        Workspace to start cold.
    """
    load_stage(problem, stage, work)
    slack_dictionary(problem, work)


@part
def load_stage(problem, stage, work):
    """Store a stage's matrix by rows and the scales of its objectives."""
    m, n, levels = work.layout[ROWS], work.layout[COLUMNS], work.layout[LEVELS]
    e = 0
    for i in range(m):
        work.row_start[i] = e
        for j in range(n):
            if problem.matrix[stage, i, j] != 0.0:
                work.row_column[e] = j
                work.row_value[e] = problem.matrix[stage, i, j]
                e += 1
    work.row_start[m] = e
    for k in range(levels):
        largest = 0.0
        for j in range(n):
            largest = max(largest, abs(problem.objective[stage, k, j]))
        work.objective_scale[k] = 1.0 / largest if largest > 0.0 else 1.0
    work.state[STAGE] = stage


@part
def slack_dictionary(problem, work):
    """Start cold: write the dictionary whose basics are the rows, straight from matrix and objectives."""
    m, n, levels = work.layout[ROWS], work.layout[COLUMNS], work.layout[LEVELS]
    width, cost = work.layout[WIDTH], work.layout[COST]
    stage = work.state[STAGE]
    work.dictionary[:] = 0.0
    work.present[:] = 0
    for i in range(m):
        work.basic[i] = n + i
        for e in range(work.row_start[i], work.row_start[i + 1]):
            work.dictionary[work.row_column[e] * width + i] = work.row_value[e]
            mark_present(work, work.row_column[e], i)
    for j in range(n):
        work.nonbasic[j] = j
        work.side[j] = 0
        for k in range(levels):
            scaled = problem.objective[stage, k, j] * work.objective_scale[k]
            work.dictionary[j * width + cost + k] = scaled
    work.state[SINCE_REBUILD] = 0
    work.state[DOUBT] = 0
    work.state[SINCE_CHECK] = 0


@part
def mark_present(work, j, i):
    """Note that row j of the dictionary has a nonzero in column i."""
    work.present[i * work.layout[WORDS] + (j >> 6)] |= 1 << (j & 63)


@part
def rebuild(problem, work):
    """Compute the dictionary of the current basis afresh from the matrix; return whether it exists.

    The columns wanted in the basis are pivoted in one by one, each in the free row where it is largest.
    """
    m, n, width = work.layout[ROWS], work.layout[COLUMNS], work.layout[WIDTH]
    for v in range(n + m):
        work.is_basic[v] = 0
    for i in range(m):
        work.is_basic[work.basic[i]] = 1
    slack_dictionary(problem, work)
    work.counter[REBUILDS] += 1
    for q in range(n):
        if work.is_basic[q] == 0:
            continue
        p = -1
        largest = 1e-10
        for i in range(m):
            size = abs(work.dictionary[q * width + i])
            if size > largest and work.is_basic[work.basic[i]] == 0:
                largest = size
                p = i
        if p < 0:
            slack_dictionary(problem, work)
            return False
        exchange(work, p, q, read_pivot_row(work, p))
        leaving = work.basic[p]
        work.basic[p] = work.nonbasic[q]
        work.nonbasic[q] = leaving
    return True


@part
def read_pivot_row(work, p):
    """List the nonzeros of a basic variable's row in ``entry`` and ``coefficient``; return how many."""
    width, words = work.layout[WIDTH], work.layout[WORDS]
    count = 0
    for word in range(words):
        at = p * words + word
        bits = work.present[at]
        found = 0
        while bits != 0:
            place = trailing_zeros(bits)
            j = word * 64 + place
            a = work.dictionary[j * width + p]
            work.entry[count] = j
            work.coefficient[count] = a
            count += a != 0.0
            found |= (a != 0.0) << place
            bits &= bits - 1
        work.present[at] = found
    return count


@part
def exchange(work, p, q, count):
    """Let nonbasic position q and basic row p, which has been read, change places in the dictionary."""
    width, words = work.layout[WIDTH], work.layout[WORDS]
    table, entry, factor = work.dictionary, work.entry, work.coefficient
    inverse = 1.0 / table[q * width + p]
    blocks = nonzero_blocks(table, q * width, width, work.block)
    scale_into(work.spare, table, q * width, inverse, width)
    table[q * width + p] = inverse
    work.spare[p] = 1.0
    others = 0
    for c in range(count):
        j = entry[c]
        if j != q:
            table[j * width + p] = 0.0
            entry[others] = j
            factor[others] = -factor[c] * inverse
            others += 1
    for k in range(blocks):
        block = work.block[k]
        add_block(table, width, block, work.spare, entry, factor, others, DROP)
        lanes = nonzero_lanes(work.spare, block)
        while lanes != 0:
            i = block + trailing_zeros(lanes)
            if i != p:
                for word in range(words):
                    work.present[i * words + word] |= work.present[p * words + word]
            lanes &= lanes - 1


@part
def leading_level(table, start, levels):
    """Return the first level with a nonzero reduced cost in a row's reduced costs, -1 if none."""
    if levels < LANES:
        for k in range(levels):
            if abs(table[start + k]) > ZERO_COST:
                return k
        return -1
    k = 0
    while True:
        first = first_beyond(table, start + k, ZERO_COST)
        if first < LANES:
            return k + first
        if k + LANES >= levels:
            return -1
        k = min(k + LANES, levels - LANES)


@part
def read_bounds(work):
    """Copy the bounds of all variables to their positions."""
    base = work.layout[BASE]
    for j in range(work.nonbasic.size):
        v = work.nonbasic[j]
        work.place[v] = j
        work.low[j] = work.lower[v]
        work.high[j] = work.upper[v]
    for i in range(work.basic.size):
        v = work.basic[i]
        work.place[v] = base + i
        work.low[base + i] = work.lower[v]
        work.high[base + i] = work.upper[v]


@part
def wanted_value(work, j):
    """Return the bound at which the reduced cost wants a nonbasic variable; writes its side."""
    if not work.high[j] > work.low[j]:
        work.side[j] = 0
    elif work.side[j] == 0:
        start = j * work.layout[WIDTH] + work.layout[COST]
        k = leading_level(work.dictionary, start, work.layout[LEVELS])
        work.side[j] = -1 if k >= 0 and work.dictionary[start + k] < 0.0 else 1
    return work.high[j] if work.side[j] < 0 else work.low[j]


@part
def compute_values(work):
    """Put the nonbasic variables to their bounds and compute the basic ones afresh."""
    n, width, base = work.layout[COLUMNS], work.layout[WIDTH], work.layout[BASE]
    count = 0
    largest = 0.0
    for j in range(n):
        x = wanted_value(work, j)
        work.value[j] = x
        largest = max(largest, abs(x))
        work.entry[count] = j
        work.coefficient[count] = x
        count += x != 0.0
    combine(work.value, base, work.dictionary, work.entry, work.coefficient, count, width)
    work.tolerance[0] = max(FEASIBLE, NOISE * largest)


@part
def apply_bounds(work, v):
    """Let values at hand follow the bounds of one variable, which have changed."""
    at = work.place[v]
    work.low[at] = work.lower[v]
    work.high[at] = work.upper[v]
    if at < work.layout[COLUMNS]:
        width = work.layout[WIDTH]
        x = wanted_value(work, at)
        move = x - work.value[at]
        if move != 0.0:
            work.value[at] = x
            add_multiple(work.value, work.layout[BASE], move, work.dictionary, at * width, width)


@part
def most_violated(low, high, value, base, width, tolerance):
    """Return the row of the basic variable furthest out of its bounds, -1 if all are within."""
    worst = largest_excess(low, high, value, base, width)
    if worst > tolerance:
        for i in range(0, width, LANES):
            place = first_excess(low, high, value, base + i, worst)
            if place < LANES:
                return i + place
    return -1


@part
def list_candidates(table, width, cost, levels, side, entry, coefficient, count, direction, enter, found_at):
    """List the nonbasic positions that can move the broken row back, with their ratios; return how many."""
    candidate, pace, ratio, leading = found_at
    found = 0
    for c in range(count):
        j = entry[c]
        a = coefficient[c] * direction * side[j]
        candidate[found] = j
        pace[found] = a
        found += a > enter
    for c in range(found):
        start = candidate[c] * width + cost
        k = leading_level(table, start, levels)
        leading[c] = k if k >= 0 else levels
        ratio[c] = abs(table[start + k]) / pace[c] if k >= 0 else 0.0
    return found


@part
def tie_comes_first(table, width, cost, levels, first, j, pace_j, side_j, i, pace_i, side_i):
    """Return whether position j has the smaller ratio than i, whose ratios are tied up to level ``first``."""
    weight_j = side_j / pace_j
    weight_i = side_i / pace_i
    for k in range(first + 1, levels):
        difference = table[j * width + cost + k] * weight_j - table[i * width + cost + k] * weight_i
        smaller = pace_j if difference < 0.0 else pace_i
        if abs(difference) * smaller > ZERO_COST:
            return difference < 0.0
    return j < i


@part
def first_candidate(table, width, cost, levels, side, found, found_at):
    """Return the candidate with the lexicographically smallest ratio.

    Two ratios are tied if letting the larger one enter would leave the other with a reduced cost that still
    reads as zero. A finer or coarser rule leaves wrong signs to the objectives that follow.
    """
    candidate, pace, ratio, leading = found_at
    b = 0
    for c in range(1, found):
        if leading[c] != leading[b]:
            if leading[c] > leading[b]:
                b = c
            continue
        difference = ratio[c] - ratio[b]
        smaller = pace[c] if difference < 0.0 else pace[b]
        if abs(difference) * smaller > ZERO_COST:
            if difference < 0.0:
                b = c
            continue
        j, i = candidate[c], candidate[b]
        if tie_comes_first(table, width, cost, levels, leading[b], j, pace[c], side[j], i, pace[b], side[i]):
            b = c
    return b


@part
def choose_entering(
    table, width, cost, levels, side, low, high, violation, tolerance, found, found_at, flip, flip_pace
):
    """Return the entering position (-1 if none) and the number of candidates to flip before.

    A candidate whose whole range does not repair the broken row may be flipped to its other bound and the
    next one tried: one pivot then does the work of several. Flips are listed, not made, so that nothing
    has changed if the row turns out to be beyond repair.
    """
    candidate, pace, ratio, leading = found_at
    flips = 0
    left = violation
    q = -1
    while found > 0:
        b = first_candidate(table, width, cost, levels, side, found, found_at)
        j = candidate[b]
        left -= (high[j] - low[j]) * pace[b]
        flip[flips] = j
        flip_pace[flips] = pace[b]
        if left <= tolerance:
            q = j
            break
        flips += 1
        found -= 1
        candidate[b] = candidate[found]
        pace[b] = pace[found]
        ratio[b] = ratio[found]
        leading[b] = leading[found]
    if q >= 0 and flip_pace[flips] < SMALL_PIVOT:
        # an earlier stop is as valid, and a larger pivot keeps the dictionary accurate
        for f in range(flips - 1, -1, -1):
            if flip_pace[f] > 10.0 * flip_pace[flips]:
                return flip[f], f
    return q, flips


@part
def pivot_to_bounds(work, enter):
    """Pivot from the values at hand until every basic variable is within its bounds.

    Parameters
    ----------
    work : Work
        With values of a dual feasible basis.
    enter : float
        Smallest coefficient that may enter the basis.

    Returns
    -------
    int
        OPTIMAL, INFEASIBLE (``state`` names the row) or ITERATION_LIMIT.
    """
    levels, width = work.layout[LEVELS], work.layout[WIDTH]
    base, cost = work.layout[BASE], work.layout[COST]
    table, side = work.dictionary, work.side
    basic, nonbasic, place = work.basic, work.nonbasic, work.place
    low, high, value = work.low, work.high, work.value
    flip, flip_pace = work.flip, work.flip_pace
    found_at = (work.candidate, work.pace, work.ratio, work.leading)
    tolerance = work.tolerance[0]
    for _ in range(PIVOT_LIMIT):
        p = most_violated(low, high, value, base, width, tolerance)
        if p < 0:
            return OPTIMAL
        at = base + p
        below = value[at] < low[at]
        bound = low[at] if below else high[at]
        direction = 1.0 if below else -1.0
        count = read_pivot_row(work, p)
        found = list_candidates(
            table, width, cost, levels, side, work.entry, work.coefficient, count, direction, enter, found_at
        )
        violation = abs(bound - value[at])
        q, flips = choose_entering(
            table,
            width,
            cost,
            levels,
            side,
            low,
            high,
            violation,
            tolerance,
            found,
            found_at,
            flip,
            flip_pace,
        )
        if q < 0:
            work.state[BROKEN_ROW] = p
            work.state[BROKEN_SIDE] = 1 if below else -1
            work.state[BROKEN_COUNT] = count
            return INFEASIBLE
        for f in range(flips):
            j = flip[f]
            move = (high[j] - low[j]) * side[j]
            side[j] = -side[j]
            value[j] = low[j] if side[j] > 0 else high[j]
            add_multiple(value, base, move, table, j * width, width)
        pivot = table[q * width + p]
        move = (bound - value[at]) / pivot
        add_multiple(value, base, move, table, q * width, width)
        entered = value[q] + move
        exchange(work, p, q, count)
        basic[p], nonbasic[q] = nonbasic[q], basic[p]
        place[basic[p]], place[nonbasic[q]] = at, q
        low[at], low[q] = low[q], low[at]
        high[at], high[q] = high[q], high[at]
        value[at] = entered
        value[q] = bound
        side[q] = 0 if not high[q] > low[q] else (1 if below else -1)
        if abs(pivot) < SMALL_PIVOT:
            work.state[DOUBT] = 1
        work.counter[FLIPS] += flips
        work.counter[PIVOTS] += 1
        work.state[SINCE_REBUILD] += 1
    return ITERATION_LIMIT


@part
def solve_afresh(work, enter):
    """Compute the values at the present bounds and pivot, afresh until few pivots lie behind the values."""
    read_bounds(work)
    status = ITERATION_LIMIT
    for _ in range(ROUNDS):
        compute_values(work)
        before = work.counter[PIVOTS]
        status = pivot_to_bounds(work, enter)
        moves = work.counter[PIVOTS] - before
        if status != OPTIMAL or moves == 0 or (moves < FRESH_AFTER and work.tolerance[0] <= FEASIBLE):
            break
    return status


@part
def read_values(x, nonbasic, basic, value, base):
    """Copy the values from positions to variables."""
    for j in range(nonbasic.size):
        x[nonbasic[j]] = value[j]
    for i in range(basic.size):
        x[basic[i]] = value[base + i]


@part
def rows_agree(x, row_start, row_column, row_value, tolerance):
    """Return whether every row equals the original matrix times the columns, to rounding."""
    m = row_start.size - 1
    n = x.size - m
    for i in range(m):
        total = -x[n + i]
        size = abs(total)
        for e in range(row_start[i], row_start[i + 1]):
            term = row_value[e] * x[row_column[e]]
            total += term
            size += abs(term)
        if not abs(total) <= tolerance * (1.0 + size):  # so written that not-a-number fails
            return False
    return True


@part
def signs_agree(table, width, cost, levels, side):
    """Return whether every nonbasic variable is at the bound that its reduced cost asks for."""
    agree = True
    for j in range(side.size):
        if side[j] != 0:
            k = leading_level(table, j * width + cost, levels)
            if k >= 0 and table[j * width + cost + k] * side[j] < 0.0:
                side[j] = 0  # to be taken from the sign when the values are next computed
                agree = False
    return agree


@part
def costs_agree(problem, work):
    """Return whether the reduced costs reproduce the original objectives: c = d_columns + A' d_rows."""
    m, n, levels = work.layout[ROWS], work.layout[COLUMNS], work.layout[LEVELS]
    width, cost = work.layout[WIDTH], work.layout[COST]
    stage = work.state[STAGE]
    price = work.certificate
    agree = True
    for k in range(levels):
        price[:] = 0.0
        for j in range(n):
            price[work.nonbasic[j]] = work.dictionary[j * width + cost + k]
        for j in range(n):
            work.imbalance[j] = price[j] - problem.objective[stage, k, j] * work.objective_scale[k]
        for i in range(m):
            if price[n + i] != 0.0:
                for e in range(work.row_start[i], work.row_start[i + 1]):
                    work.imbalance[work.row_column[e]] += price[n + i] * work.row_value[e]
        for j in range(n):
            agree = agree and abs(work.imbalance[j]) <= ZERO_COST
    price[:] = 0.0
    work.state[PROOF_SIZE] = 0
    return agree


@part
def certified(problem, work, tolerance):
    """Return whether the optimum found stands up against the original data, rows to a tolerance."""
    levels, width, cost = work.layout[LEVELS], work.layout[WIDTH], work.layout[COST]
    if not rows_agree(work.x, work.row_start, work.row_column, work.row_value, tolerance):
        return False
    if not signs_agree(work.dictionary, width, cost, levels, work.side):
        return False
    work.state[SINCE_CHECK] += 1
    if work.state[SINCE_CHECK] >= DUAL_CHECK_EVERY:
        work.state[SINCE_CHECK] = 0
        return costs_agree(problem, work)
    return True


@part
def broken_margin(work):
    """Return the most that the certificate's product with the values can be within the bounds.

    The product vanishes for all flows, so a negative answer proves that there are none within the bounds.
    """
    margin = 0.0
    for k in range(work.state[PROOF_SIZE]):
        v = work.proof[k]
        z = work.certificate[v]
        margin += z * (work.upper[v] if z > 0.0 else work.lower[v])
    return margin


@part
def write_certificate(work):
    """Write the combination of rows that is the row beyond repair, and list its nonzeros."""
    direction, count = work.state[BROKEN_SIDE], work.state[BROKEN_COUNT]
    certificate, proof = work.certificate, work.proof
    for k in range(work.state[PROOF_SIZE]):
        certificate[proof[k]] = 0.0
    for c in range(count):
        proof[c] = work.nonbasic[work.entry[c]]
        certificate[proof[c]] = direction * work.coefficient[c]
    proof[count] = work.basic[work.state[BROKEN_ROW]]
    certificate[proof[count]] = -direction
    work.state[PROOF_SIZE] = count + 1


@part
def proven(work):
    """Write the certificate of the row beyond repair; return whether it proves infeasibility."""
    n = work.layout[COLUMNS]
    write_certificate(work)
    for j in range(n):
        work.imbalance[j] = work.certificate[j]
    for k in range(work.state[PROOF_SIZE]):
        i = work.proof[k] - n
        if i >= 0:
            z = work.certificate[n + i]
            for e in range(work.row_start[i], work.row_start[i + 1]):
                work.imbalance[work.row_column[e]] += z * work.row_value[e]
    for j in range(n):
        if not abs(work.imbalance[j]) <= 1e-11:
            return False
    return broken_margin(work) < 0.0


@part
def solve(problem, work):
    """Find the lexicographic optimum within ``work.lower`` and ``work.upper``, starting from the last basis.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.
    work : Work
        Bounds in; values in ``x`` out, or the proof of infeasibility in ``certificate``.

    Returns
    -------
    int
        OPTIMAL, INFEASIBLE, ITERATION_LIMIT or NOT_CERTIFIED.
    """
    base = work.layout[BASE]
    work.counter[SOLVES] += 1
    status = NOT_CERTIFIED
    for attempt in range(3):
        if attempt > 0:
            work.counter[RESCUES] += 1
        if attempt == 2:
            slack_dictionary(problem, work)
        elif attempt == 1 or work.state[DOUBT] != 0 or work.state[SINCE_REBUILD] > REBUILD_AFTER:
            rebuild(problem, work)
        status = solve_afresh(work, ENTER if attempt < 2 else ENTER * 1e-4)
        if status == OPTIMAL:
            read_values(work.x, work.nonbasic, work.basic, work.value, base)
            if certified(problem, work, RESIDUAL if attempt == 0 else ACCEPTED):
                return OPTIMAL
            status = NOT_CERTIFIED
        elif status == INFEASIBLE:
            if proven(work):
                return INFEASIBLE
            status = NOT_CERTIFIED
    work.state[DOUBT] = 1
    return status


@part
def resume(problem, work):
    """Find the lexicographic optimum after ``apply_bounds``, from the values at hand.

    An optimum found so is not certified: it may steer what is solved next, and ``confirm`` has to follow.

    Returns
    -------
    int
        OPTIMAL; INFEASIBLE, which is proven; ITERATION_LIMIT or NOT_CERTIFIED.
    """
    if work.state[CAREFUL] != 0:
        return solve(problem, work)
    work.counter[SOLVES] += 1
    status = pivot_to_bounds(work, ENTER)
    if status == OPTIMAL or (status == INFEASIBLE and proven(work)):
        return status
    work.state[DOUBT] = 1
    return NOT_CERTIFIED


@part
def confirm(problem, work):
    """Read the values at hand; return OPTIMAL if they stand up against the original data, else NOT_CERTIFIED."""
    read_values(work.x, work.nonbasic, work.basic, work.value, work.layout[BASE])
    if certified(problem, work, RESIDUAL):
        return OPTIMAL
    work.state[DOUBT] = 1
    return NOT_CERTIFIED


@part
def signs_hold(work):
    """Return whether the values at hand are optimal by the signs of the reduced costs."""
    levels, width, cost = work.layout[LEVELS], work.layout[WIDTH], work.layout[COST]
    return signs_agree(work.dictionary, width, cost, levels, work.side)


@part
def value_of(work, v):
    """Return the value at hand of a variable."""
    return work.value[work.place[v]]
