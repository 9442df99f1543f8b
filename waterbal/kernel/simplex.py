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

The dictionary is ``x_basic = T x_nonbasic``, stored by rows of basic variables and kept sparse: a pivot touches
only the rows in which the entering variable occurs, and in them only the blocks of eight in which the pivot row
has a nonzero. The reduced costs are stored by nonbasic variables, all objectives of one side by side.

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
    BITS,
    LANES,
    add_blocks,
    add_column,
    add_outer,
    first_excess,
    lanes_beyond,
    largest_excess,
    list_above,
    list_column,
    list_nonzeros,
    multiply,
    nonzero_blocks,
    nonzero_lanes,
    scale_blocks,
    sign_agrees,
    trailing_zeros,
)

F1 = npt.NDArray[np.float64]
F3 = npt.NDArray[np.float64]
I1 = npt.NDArray[np.int64]
U1 = npt.NDArray[np.uint8]

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
FRESH_AFTER = 20
"""Pivots within one solve after which the basics are computed afresh before they are believed."""
SLOTS = 32
"""Cuts that are remembered of each level."""
ROUNDS = 4
"""Times the basics are computed afresh within one solve."""

# Where things are in Work.layout, Work.state and Work.counter.
ROWS, COLUMNS, LEVELS, WIDTH, COSTS, HEIGHT = 0, 1, 2, 3, 4, 5
STAGE, SINCE_REBUILD, DOUBT, SINCE_CHECK = 0, 1, 2, 3
BROKEN_ROW, BROKEN_SIDE, PROOF_SIZE, CAREFUL = 4, 5, 6, 7
PAUSE, WAIT = 8, 9
PIVOTS, FLIPS, REBUILDS, SOLVES, RESCUES, CUTS = 0, 1, 2, 3, 4, 5


class Problem(NamedTuple):
    """What is constant over a run. Variables are numbered columns first, then rows."""

    matrix: F3  # (stage, row, column) r = A x
    objective: F3  # (stage, level, column) minimised, level 0 first; the last one is the tie-break
    kind: I1  # (level) 0 linear, 1 max-min of shares, 2 max-min of volumes
    variable: I1  # (level) variable whose value is minus the objective of a linear level, -1 if never frozen
    member_start: I1  # (level + 1) slices into the next two
    member: I1  # (member) variable of each delivery
    member_scale: F1  # (member) delivered volume = scale x value of the variable
    floorless: I1  # (variable) 1 if its lower bound is 0 in every step, 0 if that is not known


class Work(NamedTuple):
    """Everything one thread needs to solve; the basis in it stays warm between calls.

    A *position* is 0.. for nonbasic variables and ``width + i`` for the variable basic in row i.
    """

    x: F1  # (variable) the answer
    share: F1  # (member) attained share of the target, 1 where the target is 0
    culprit: I1  # (2) variable whose bounds cannot be met; +1 if its lower, -1 if its upper bound
    lower: F1  # (variable) bounds being solved with
    upper: F1  # (variable)
    dictionary: F1  # (row x width) coefficients of a basic variable in all nonbasic ones
    reduced: F1  # (column x costs) reduced costs of a nonbasic variable
    nonzero: U1  # (block, row) which of the eight coefficients of a block are not zero, one bit each
    block: I1  # (block) where the nonzero blocks of the pivot row begin
    spare: F1  # (costs) reduced costs of the entering variable before the pivot
    sums: F1  # (row x 8) scratch of the product with all nonbasic values
    nonbasic: I1  # (column) variable
    basic: I1  # (row) variable
    place: I1  # (variable) position
    side: F1  # (width) +1 at the lower bound, -1 at the upper, 0 fixed
    low: F1  # (position) bounds by position
    high: F1  # (position)
    value: F1  # (position) values
    tolerance: F1  # (1) a basic variable this far out of its bounds is left there
    entry: I1  # (row) basic rows in which a nonbasic variable has a nonzero
    coefficient: F1  # (row) those nonzeros
    candidate: I1  # (column + 1) positions that may enter; those with a nonzero in the pivot row
    pace: F1  # (column + 1) |coefficient| of a candidate; those nonzeros
    repair: F1  # (column + 1) what flipping a candidate repairs of the violation
    ratio: F1  # (column) reduced cost over pace in the objective that is compared
    leading: I1  # (column) first level with a nonzero reduced cost
    reach: F1  # (level + 1) what flipping all candidates of a leading level repairs of the violation
    flip: I1  # (column + 1) candidates passed by the ratio test
    certificate: F1  # (variable) of infeasibility: its product with the values vanishes for all flows
    proof: I1  # (column + 1) variables with a nonzero in the certificate
    imbalance: F1  # (column) scratch of the certificate's check
    is_basic: I1  # (variable) scratch of the rebuild
    objective_scale: F1  # (level)
    row_start: I1  # (row + 1) the stage's matrix by rows
    row_column: I1  # (entry)
    row_value: F1  # (entry)
    layout: I1  # rows, columns, levels, width, reduced costs per column, padded rows of ``nonzero``
    state: I1  # what STAGE and the names after it say
    counter: I1  # pivots, bound flips, rebuilds, solves, rescues, cuts
    weight: F1  # (member) growth of a delivery's floor per unit of the level's water mark
    cap: F1  # (member) most that a delivery can be
    floor: F1  # (member) hard minimum of a delivery
    pull: F1  # (member) weight of a delivery's floor in the inequality that holds the water mark down
    active: I1  # (member) 1 while its share may still rise, 2 if it is also in the last proof
    level_floor: F1  # (level) lower bound of a linear level's variable before anything is foreseen
    cut_count: I1  # (level) cuts that are remembered
    cut_first: I1  # (level) the one that is looked at first
    cut_clock: I1  # (1) counts when cuts were of use
    cut_stamp: I1  # (level, cut) when it was of use last
    cut_stage: I1  # (level, cut) whose matrix it holds for
    cut_size: I1  # (level, cut) variables in it that are not the level's own
    cut_upper: I1  # (level, cut) how many of them count with their upper bound: these come first
    cut_variable: I1  # (level, cut, entry) those variables
    cut_value: F1  # (level, cut, entry) their coefficients
    cut_own: F1  # (level, cut) coefficient of a linear level's variable
    cut_pull: F1  # (level, cut, delivery of the class) coefficients of a class' deliveries
    cut_mark: F1  # (cut) scratch: the highest water mark that it allows, or less
    cut_allowed: F1  # (cut) scratch: the most that the variables that are not the level's own add


def aligned(size: int) -> F1:
    """Return zeros that start at a cache line, so that no block of eight lies across two."""
    memory = np.zeros(size + LANES)
    first = -memory.ctypes.data // memory.itemsize % LANES
    return memory[first : first + size]


def rounded_up(size: int, block: int = LANES) -> int:
    """Return the next multiple of a block."""
    return (size + block - 1) // block * block


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
    width = rounded_up(n)
    height = rounded_up(m)
    costs = rounded_up(levels)
    bytes_high = rounded_up(m, BITS)
    entries = int(np.count_nonzero(problem.matrix, axis=(1, 2)).max())
    largest_class = int(np.diff(problem.member_start).max(initial=0))
    state = np.zeros(10, np.int64)
    state[STAGE] = -1
    return Work(
        x=np.zeros(n + m),
        share=np.ones(members),
        culprit=np.zeros(2, np.int64),
        lower=np.zeros(n + m),
        upper=np.zeros(n + m),
        dictionary=aligned(m * width),
        reduced=aligned(n * costs),
        nonzero=np.zeros(width // LANES * bytes_high, np.uint8),
        block=np.zeros(width // LANES, np.int64),
        spare=np.zeros(costs),
        sums=aligned(m * LANES),
        nonbasic=np.zeros(n, np.int64),
        basic=np.zeros(m, np.int64),
        place=np.zeros(n + m, np.int64),
        side=np.zeros(width),
        low=np.full(width + height, -np.inf),
        high=np.full(width + height, np.inf),
        value=np.zeros(width + height),
        tolerance=np.full(1, FEASIBLE),
        entry=np.zeros(m, np.int64),
        coefficient=np.zeros(m),
        candidate=np.zeros(n + 1, np.int64),
        pace=np.zeros(n + 1),
        ratio=np.zeros(n),
        repair=np.zeros(n + 1),
        leading=np.zeros(n, np.int64),
        reach=np.zeros(levels + 1),
        flip=np.zeros(n + 1, np.int64),
        certificate=np.zeros(n + m),
        proof=np.zeros(n + 1, np.int64),
        imbalance=np.zeros(n),
        is_basic=np.zeros(n + m, np.int64),
        objective_scale=np.ones(levels),
        row_start=np.zeros(m + 1, np.int64),
        row_column=np.zeros(entries, np.int64),
        row_value=np.zeros(entries),
        layout=np.array([m, n, levels, width, costs, bytes_high], np.int64),
        state=state,
        counter=np.zeros(6, np.int64),
        weight=np.zeros(members),
        cap=np.zeros(members),
        floor=np.zeros(members),
        pull=np.zeros(members),
        active=np.zeros(members, np.int64),
        level_floor=np.zeros(levels),
        cut_count=np.zeros(levels, np.int64),
        cut_first=np.zeros(levels, np.int64),
        cut_clock=np.zeros(1, np.int64),
        cut_stamp=np.zeros((levels, SLOTS), np.int64),
        cut_stage=np.zeros((levels, SLOTS), np.int64),
        cut_size=np.zeros((levels, SLOTS), np.int64),
        cut_upper=np.zeros((levels, SLOTS), np.int64),
        cut_variable=np.zeros((levels, SLOTS, n + 1), np.int64),
        cut_value=np.zeros((levels, SLOTS, n + 1)),
        cut_own=np.zeros((levels, SLOTS)),
        cut_pull=np.zeros((levels, SLOTS, largest_class)),
        cut_mark=np.zeros(SLOTS),
        cut_allowed=np.zeros(SLOTS),
    )


@part
def reset(problem, stage, work):
    """Forget the basis and all cuts: what follows does not depend on anything solved before.

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
    for k in range(work.cut_count.size):
        work.cut_count[k] = 0
        work.cut_first[k] = 0
    work.cut_clock[0] = 0
    work.state[PAUSE] = 0
    work.state[WAIT] = 0


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
    width, costs = work.layout[WIDTH], work.layout[COSTS]
    stage = work.state[STAGE]
    work.dictionary[:] = 0.0
    work.nonzero[:] = 0
    for i in range(m):
        work.basic[i] = n + i
        for e in range(work.row_start[i], work.row_start[i + 1]):
            j = work.row_column[e]
            work.dictionary[i * width + j] = work.row_value[e]
            work.nonzero[(j >> 3) * work.layout[HEIGHT] + i] |= 1 << (j & 7)
    for j in range(n):
        work.nonbasic[j] = j
        work.side[j] = 0.0
        for k in range(levels):
            work.reduced[j * costs + k] = problem.objective[stage, k, j] * work.objective_scale[k]
    work.state[SINCE_REBUILD] = 0
    work.state[DOUBT] = 0
    work.state[SINCE_CHECK] = 0


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
        count = read_column(work, q)
        p = -1
        largest = 1e-10
        for c in range(count):
            i = work.entry[c]
            if abs(work.coefficient[c]) > largest and work.is_basic[work.basic[i]] == 0:
                largest = abs(work.coefficient[c])
                p = i
        if p < 0:
            slack_dictionary(problem, work)
            return False
        exchange(work, p, q, count, nonzero_blocks(work.dictionary, p * width, width, work.block))
        leaving = work.basic[p]
        work.basic[p] = work.nonbasic[q]
        work.nonbasic[q] = leaving
    return True


@part
def read_column(work, q):
    """List where a nonbasic variable occurs in ``entry`` and ``coefficient``; return how often."""
    width, height = work.layout[WIDTH], work.layout[HEIGHT]
    return list_column(work.entry, work.coefficient, work.dictionary, width, q, work.nonzero, height)


@part
def exchange(work, p, q, count, blocks):
    """Let basic row p and nonbasic position q change places in the dictionary.

    Column q has been read, the nonzero blocks of row p are listed.
    """
    width, height = work.layout[WIDTH], work.layout[HEIGHT]
    table, block = work.dictionary, work.block
    inverse = 1.0 / table[p * width + q]
    scale_blocks(table, p * width, -inverse, block, blocks)
    table[p * width + q] = inverse
    for c in range(count):
        i = work.entry[c]
        if i != p:
            table[i * width + q] = 0.0
            add_blocks(table, i, p, width, work.coefficient[c], block, blocks, DROP, work.nonzero, height)
    exchange_costs(work, p, q, blocks)


@part
def exchange_costs(work, p, q, blocks):
    """Express the objectives in the new nonbasic variables; row p has been written anew."""
    width, costs = work.layout[WIDTH], work.layout[COSTS]
    for k in range(costs):
        work.spare[k] = work.reduced[q * costs + k]
        work.reduced[q * costs + k] = 0.0
    found = list_nonzeros(work.candidate, work.pace, work.dictionary, p * width, work.block, blocks)
    for k in range(0, costs, LANES):
        if nonzero_lanes(work.spare, k) != 0:
            add_outer(work.reduced, k, costs, work.spare, work.candidate, work.pace, found, DROP)


@part
def leading_level(work, j):
    """Return the first level with a nonzero reduced cost of a nonbasic variable, -1 if none."""
    costs = work.layout[COSTS]
    for k in range(0, costs, BITS):
        lanes = lanes_beyond(work.reduced, j * costs + k, min(costs - k, BITS), ZERO_COST)
        if lanes != 0:
            return k + trailing_zeros(lanes)
    return -1


@part
def read_bounds(work):
    """Copy the bounds of all variables to their positions."""
    width = work.layout[WIDTH]
    for j in range(work.nonbasic.size):
        v = work.nonbasic[j]
        work.place[v] = j
        work.low[j] = work.lower[v]
        work.high[j] = work.upper[v]
    for i in range(work.basic.size):
        v = work.basic[i]
        work.place[v] = width + i
        work.low[width + i] = work.lower[v]
        work.high[width + i] = work.upper[v]


@part
def wanted_side(work, j):
    """Return the side to which the sign of its reduced cost sends a nonbasic variable."""
    k = leading_level(work, j)
    return -1.0 if k >= 0 and work.reduced[j * work.layout[COSTS] + k] < 0.0 else 1.0


@part
def wanted_value(work, j):
    """Return the bound at which the reduced cost wants a nonbasic variable; writes its side."""
    if not work.high[j] > work.low[j]:
        work.side[j] = 0.0
    elif work.side[j] == 0.0:
        work.side[j] = wanted_side(work, j)
    return work.high[j] if work.side[j] < 0.0 else work.low[j]


@part
def move_nonbasic(work, j, x):
    """Give a nonbasic variable another value; the basic ones follow."""
    width, height = work.layout[WIDTH], work.layout[HEIGHT]
    add_column(work.value, width, x - work.value[j], work.dictionary, width, j, work.nonzero, height)
    work.value[j] = x


@part
def set_values(work):
    """Put the nonbasic variables to their bounds and compute the basic ones afresh."""
    low, high, side, value = work.low, work.high, work.side, work.value
    width, height = work.layout[WIDTH], work.layout[HEIGHT]
    largest = 0.0
    for j in range(work.layout[COLUMNS]):
        if not high[j] > low[j]:
            side[j] = 0.0
        elif side[j] == 0.0:
            side[j] = wanted_side(work, j)
        x = high[j] if side[j] < 0.0 else low[j]
        value[j] = x
        largest = max(largest, abs(x))
    multiply(value, width, work.dictionary, work.layout[ROWS], work.nonzero, height, work.sums)
    work.tolerance[0] = max(FEASIBLE, NOISE * largest)


@part
def apply_bounds(work, v):
    """Let values at hand follow the bounds of one variable, which have changed."""
    at = work.place[v]
    work.low[at] = work.lower[v]
    work.high[at] = work.upper[v]
    if at < work.layout[COLUMNS]:
        x = wanted_value(work, at)
        if x != work.value[at]:
            move_nonbasic(work, at, x)


@part
def most_violated(work, tolerance):
    """Return the row of the basic variable furthest out of its bounds, -1 if all are within."""
    low, high, value, width = work.low, work.high, work.value, work.layout[WIDTH]
    worst = largest_excess(low, high, value, width, value.size - width)
    if worst > tolerance:
        for i in range(0, value.size - width, LANES):
            place = first_excess(low, high, value, width + i, worst)
            if place < LANES:
                return i + place
    return -1


@part
def list_candidates(work, p, direction, enter, blocks):
    """List the nonbasic positions that can move the broken row back; return how many."""
    return list_above(
        work.candidate,
        work.pace,
        work.dictionary,
        p * work.layout[WIDTH],
        work.side,
        direction,
        enter,
        work.block,
        blocks,
    )


@part
def keep_level(work, violation, tolerance, found):
    """Keep the candidates of the objective that decides, and list for flipping those that come before.

    The ratio of a candidate whose reduced costs are zero in more objectives is smaller. All candidates of an
    objective are passed if flipping all of them does not repair the broken row.

    Returns
    -------
    int, int, int, float
        The objective, candidates kept (0 if none repairs the row), candidates listed, and what is then left
        of the violation.
    """
    levels = work.layout[LEVELS]
    reach, leading, candidate, pace = work.reach, work.leading, work.candidate, work.pace
    for k in range(levels + 1):
        reach[k] = 0.0
    for c in range(found):
        j = candidate[c]
        k = leading_level(work, j)
        k = k if k >= 0 else levels
        leading[c] = k
        work.repair[c] = (work.high[j] - work.low[j]) * pace[c]
        reach[k] += work.repair[c]
    left = violation
    level = levels
    while left - reach[level] > tolerance:
        left -= reach[level]
        level -= 1
        if level < 0:
            return 0, 0, 0, left
    kept = 0
    flips = 0
    for c in range(found):
        before, here = leading[c] > level, leading[c] == level
        work.flip[flips] = candidate[c]
        flips += before
        candidate[kept] = candidate[c]
        pace[kept] = pace[c]
        work.repair[kept] = work.repair[c]
        kept += here
    return level, kept, flips, left


@part
def gather_ties(work, level, first, found):
    """Bring the candidates with the smallest ratio to the end of the list; return how many, and their reach.

    Ratios are tied as far as letting any of them enter leaves no other with a reduced cost that does not read
    as zero. A finer or coarser rule leaves wrong signs to the objectives that follow.
    """
    costs, candidate, pace, ratio = work.layout[COSTS], work.candidate, work.pace, work.ratio
    limit = np.inf
    for c in range(first, found):
        j = candidate[c]
        inverse = 1.0 / pace[c]
        cost = work.reduced[j * costs + level] * work.side[j]
        ratio[c] = cost * inverse
        limit = min(limit, (cost + ZERO_COST) * inverse)
    ties = 0
    reach = 0.0
    for c in range(found - 1, first - 1, -1):
        if ratio[c] <= limit:
            reach += work.repair[c]
            ties += 1
            swap_candidates(work, c, found - ties)
    return ties, reach


@part
def swap_candidates(work, c, b):
    """Let two candidates change places in the list."""
    candidate, pace, ratio, repair = work.candidate, work.pace, work.ratio, work.repair
    candidate[c], candidate[b] = candidate[b], candidate[c]
    pace[c], pace[b] = pace[b], pace[c]
    ratio[c], ratio[b] = ratio[b], ratio[c]
    repair[c], repair[b] = repair[b], repair[c]


@part
def choose_entering(work, level, violation, tolerance, found, flips):
    """Return the entering position and the number of candidates to flip before.

    A candidate whose whole range does not repair the broken row may be flipped to its other bound and the
    next one tried: one pivot then does the work of several. Flips are listed, not made. Candidates tied in one
    objective are passed together or told apart by the next one; at last the order of positions decides.
    """
    levels, candidate, repair = work.layout[LEVELS], work.candidate, work.repair
    left = violation
    first = 0
    while found - first > 1 and level < levels:
        ties, reach = gather_ties(work, level, first, found)
        if ties < found - first and left - reach > tolerance:
            left -= reach
            for c in range(found - ties, found):
                work.flip[flips] = candidate[c]
                flips += 1
            found -= ties
        else:
            first = found - ties
            level += 1
    while found - first > 1:
        b = first
        for c in range(first + 1, found):
            b = c if candidate[c] < candidate[b] else b
        left -= repair[b]
        if left <= tolerance:
            return candidate[b], flips
        work.flip[flips] = candidate[b]
        flips += 1
        found -= 1
        swap_candidates(work, b, found)
    return candidate[first], flips


@part
def comes_first(work, c, b):
    """Return whether listed candidate c has the lexicographically smaller ratio than b."""
    levels, costs, reduced = work.layout[LEVELS], work.layout[COSTS], work.reduced
    j, i = work.candidate[c], work.candidate[b]
    pace_j, pace_i = work.pace[c], work.pace[b]
    weight_j, weight_i = work.side[j] / pace_j, work.side[i] / pace_i
    for k in range(levels):
        difference = reduced[j * costs + k] * weight_j - reduced[i * costs + k] * weight_i
        smaller = pace_j if difference < 0.0 else pace_i
        if abs(difference) * smaller > ZERO_COST:
            return difference < 0.0
    return j < i


@part
def stop_earlier(work, q, flips, found):
    """Return an entering position with a larger pivot than q that comes before it, and the flips before that.

    An earlier stop is as valid, and a larger pivot keeps the dictionary accurate. Candidates are listed anew.
    """
    last = 0
    while work.candidate[last] != q:
        last += 1
    best = -1
    for c in range(found):
        if work.pace[c] > 10.0 * work.pace[last] and comes_first(work, c, last):
            if best < 0 or comes_first(work, best, c):
                best = c
    if best < 0:
        return q, flips
    flips = 0
    for c in range(found):
        if c != best and comes_first(work, c, best):
            work.flip[flips] = work.candidate[c]
            flips += 1
    return work.candidate[best], flips


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
    width = work.layout[WIDTH]
    side, low, high, value = work.side, work.low, work.high, work.value
    tolerance = work.tolerance[0]
    for _ in range(PIVOT_LIMIT):
        p = most_violated(work, tolerance)
        if p < 0:
            return OPTIMAL
        at = width + p
        below = value[at] < low[at]
        bound = low[at] if below else high[at]
        direction = 1.0 if below else -1.0
        blocks = nonzero_blocks(work.dictionary, p * width, width, work.block)
        found = list_candidates(work, p, direction, enter, blocks)
        level, kept, flips, left = keep_level(work, abs(bound - value[at]), tolerance, found)
        if kept == 0:
            work.state[BROKEN_ROW] = p
            work.state[BROKEN_SIDE] = 1 if below else -1
            return INFEASIBLE
        q, flips = choose_entering(work, level, left, tolerance, kept, flips)
        if flips > 0 and abs(work.dictionary[p * width + q]) < SMALL_PIVOT:
            found = list_candidates(work, p, direction, enter, blocks)
            q, flips = stop_earlier(work, q, flips, found)
        for f in range(flips):
            j = work.flip[f]
            side[j] = -side[j]
            move_nonbasic(work, j, low[j] if side[j] > 0.0 else high[j])
        count = read_column(work, q)
        pivot = work.dictionary[p * width + q]
        move = (bound - value[at]) / pivot
        for c in range(count):
            value[width + work.entry[c]] += move * work.coefficient[c]
        exchange(work, p, q, count, blocks)
        entered = value[q] + move
        swap_places(work, p, q)
        value[at] = entered
        value[q] = bound
        side[q] = 0.0 if not high[q] > low[q] else direction
        if abs(pivot) < SMALL_PIVOT:
            work.state[DOUBT] = 1
        work.counter[FLIPS] += flips
        work.counter[PIVOTS] += 1
        work.state[SINCE_REBUILD] += 1
    return ITERATION_LIMIT


@part
def swap_places(work, p, q):
    """Let the variables of basic row p and nonbasic position q change places, with their bounds."""
    at = work.layout[WIDTH] + p
    work.basic[p], work.nonbasic[q] = work.nonbasic[q], work.basic[p]
    work.place[work.basic[p]], work.place[work.nonbasic[q]] = at, q
    work.low[at], work.low[q] = work.low[q], work.low[at]
    work.high[at], work.high[q] = work.high[q], work.high[at]


@part
def settle_values(work, enter):
    """Compute the values afresh and pivot, until no rounding of pivots is left in the values that are believed.

    Large moves that cancel leave their rounding behind, so values count only if few pivots between small values
    have come after the last time they were computed.
    """
    status = ITERATION_LIMIT
    for _ in range(ROUNDS):
        set_values(work)
        before = work.counter[PIVOTS]
        status = pivot_to_bounds(work, enter)
        moves = work.counter[PIVOTS] - before
        if status != OPTIMAL or moves == 0 or (moves < FRESH_AFTER and work.tolerance[0] <= FEASIBLE):
            break
    return status


@part
def read_values(work):
    """Copy the values from positions to variables."""
    for v in range(work.x.size):
        work.x[v] = value_of(work, v)


@part
def value_of(work, v):
    """Return the value at hand of a variable."""
    return work.value[work.place[v]]


@part
def rows_agree(work, tolerance):
    """Return whether every row equals the original matrix times the columns, to rounding."""
    m, n = work.layout[ROWS], work.layout[COLUMNS]
    for i in range(m):
        total = -work.x[n + i]
        size = abs(total)
        for e in range(work.row_start[i], work.row_start[i + 1]):
            term = work.row_value[e] * work.x[work.row_column[e]]
            total += term
            size += abs(term)
        if not abs(total) <= tolerance * (1.0 + size):  # so written that not-a-number fails
            return False
    return True


@part
def signs_agree(work):
    """Return whether every nonbasic variable is at the bound that its reduced cost asks for."""
    costs, side = work.layout[COSTS], work.side
    agree = True
    for j in range(work.layout[COLUMNS]):
        if not sign_agrees(work.reduced, j * costs, costs, side[j], ZERO_COST):
            side[j] = 0.0  # to be taken from the sign when the values are next computed
            agree = False
    return agree


@part
def costs_agree(problem, work):
    """Return whether the reduced costs reproduce the original objectives: c = d_columns + A' d_rows."""
    m, n, levels = work.layout[ROWS], work.layout[COLUMNS], work.layout[LEVELS]
    costs, stage = work.layout[COSTS], work.state[STAGE]
    price = work.certificate
    agree = True
    for k in range(levels):
        price[:] = 0.0
        for j in range(n):
            price[work.nonbasic[j]] = work.reduced[j * costs + k]
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
    if not rows_agree(work, tolerance):
        return False
    if not signs_agree(work):
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
    width, p, direction = work.layout[WIDTH], work.state[BROKEN_ROW], work.state[BROKEN_SIDE]
    certificate, proof = work.certificate, work.proof
    for k in range(work.state[PROOF_SIZE]):
        certificate[proof[k]] = 0.0
    proof[0] = work.basic[p]
    certificate[proof[0]] = -direction
    blocks = nonzero_blocks(work.dictionary, p * width, width, work.block)
    found = list_nonzeros(work.candidate, work.pace, work.dictionary, p * width, work.block, blocks)
    for c in range(found):
        proof[c + 1] = work.nonbasic[work.candidate[c]]
        certificate[proof[c + 1]] = direction * work.pace[c]
    work.state[PROOF_SIZE] = found + 1


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
    work.counter[SOLVES] += 1
    status = NOT_CERTIFIED
    for attempt in range(3):
        if attempt > 0:
            work.counter[RESCUES] += 1
        if attempt == 2:
            slack_dictionary(problem, work)
        elif attempt == 1 or work.state[DOUBT] != 0 or work.state[SINCE_REBUILD] > REBUILD_AFTER:
            rebuild(problem, work)
        enter = ENTER if attempt < 2 else ENTER * 1e-4
        read_bounds(work)
        status = settle_values(work, enter)
        if status == OPTIMAL:
            read_values(work)
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
    """Compute the values at hand afresh and certify them, or else solve again.

    Wrong signs are not repaired: what was solved before may have been steered by them.

    Returns
    -------
    int
        OPTIMAL, NOT_CERTIFIED or ITERATION_LIMIT.
    """
    if not signs_agree(work):
        work.state[DOUBT] = 1
        return NOT_CERTIFIED
    if settle_values(work, ENTER) == OPTIMAL:
        read_values(work)
        if certified(problem, work, RESIDUAL):
            return OPTIMAL
    return solve(problem, work)
