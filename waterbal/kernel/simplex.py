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

from waterbal.kernel._jit import part
from waterbal.kernel.certificates import certified, proven, signs_agree
from waterbal.kernel.dictionary import exchange, load_stage, read_column, rebuild, slack_dictionary
from waterbal.kernel.loops import LANES
from waterbal.kernel.program import (
    BROKEN_ROW,
    BROKEN_SIDE,
    CAREFUL,
    DOUBT,
    FLIPS,
    INFEASIBLE,
    ITERATION_LIMIT,
    NOT_CERTIFIED,
    OPTIMAL,
    PAUSE,
    PIVOTS,
    RESCUES,
    SINCE_REBUILD,
    SOLVES,
    WAIT,
    WIDTH,
)
from waterbal.kernel.ratio import choose_entering, keep_level, list_candidates, stop_earlier
from waterbal.kernel.values import FEASIBLE, move_nonbasic, read_bounds, read_values, set_values
from waterbal.kernel.vector import first_excess, largest_excess, nonzero_blocks

ENTER = 1e-7
"""Coefficients up to this do not enter the basis; ten thousand times less in the last attempt."""
SMALL_PIVOT = 1e-2
"""A pivot up to this makes the dictionary doubtful: it is rebuilt before its next use."""
REBUILD_AFTER = 1500
"""Pivots after which the dictionary is rebuilt in any case."""
RESIDUAL = 1e-12
"""Residual of a row, relative to the sum of the magnitudes of its terms, above which the dictionary is rebuilt."""
ACCEPTED = 1e-10
"""Accepted residual of a row, relative to the sum of the magnitudes of its terms."""
PIVOT_LIMIT = 5000
"""Pivots per solve before giving up; tens are normal."""
FRESH_AFTER = 20
"""Pivots within one solve after which the basics are computed afresh before they are believed."""
ROUNDS = 4
"""Times the basics are computed afresh within one solve."""


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
