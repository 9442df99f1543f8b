"""Levels gone through in order, classes shared out by exact max-min.

A sharing class raises the smallest share first, then the next smallest, until nobody can get more without
taking from somebody who has less or from a level before. One lexicographic solve maximises the *sum* of each
class: if it leaves no delivery short, the shares are all 1. Otherwise the levels are gone through in order. For a
short class, floors under its deliveries are raised together with a water mark:

* the water mark starts where the class' largest sum would put it, an upper bound and often the answer;
* if the floors cannot be met, the proof of infeasibility is an inequality that is piecewise linear in the
  water mark, so it says how far down to go (a Newton step): a few such steps end exactly at the highest
  feasible mark;
* the deliveries that occur in the last proof can never get more and are frozen; the others go on.

Only bounds change, so every solve is warm and the targets never enter the matrix. The last solve of the last
class is at once the final answer: cost and tie-break are optimal for the frozen shares. This is slower than
foreseeing what the levels attain (``cuts``), and needs nothing that is remembered.
"""

from waterbal.kernel._jit import part
from waterbal.kernel.certificates import broken_margin, signs_agree
from waterbal.kernel.program import BROKEN_ROW, INFEASIBLE, NOT_CERTIFIED, OPTIMAL
from waterbal.kernel.simplex import resume, solve
from waterbal.kernel.values import apply_bounds, value_of

LINEAR, SHARE, VOLUME = 0, 1, 2

SHORT = 2e-10
"""A delivery is short if it misses its cap by more than this, relative to 1 + cap."""
BLOCKING = 1e-9
"""A delivery with a smaller coefficient in a proof of infeasibility is not part of it."""
NOTHING = 1e-9
"""A water mark that lifts no floor above this is zero [kernel volume]: Newton steps would chase rounding."""
FORGIVEN = 1e-8
"""Bounds that contradict each other by no more than this are widened to agree [kernel volume]."""
LAST_DIGIT = 1e-15
"""Share of a bound by which it is widened at least, so that it changes at all."""
ROUNDING = 1e-11
"""A value this far outside its bounds is put on them [kernel volume]."""
MARK_STEPS = 200
"""Newton steps per water mark before giving up; two or three are normal."""
SETTLE_STEPS = 50
"""Contradictions within rounding that are forgiven in one solve."""


@part
def copy_bounds(lower, upper, work_lower, work_upper, culprit):
    """Copy the bounds; return False, naming the culprit, if a pair is crossed or not a number."""
    for v in range(lower.size):
        low, high = lower[v], upper[v]
        if not low <= high:
            if not low - high <= FORGIVEN * (1.0 + abs(high)):  # so written that not-a-number fails
                culprit[0] = v
                culprit[1] = 1
                return False
            low = high
        work_lower[v] = low
        work_upper[v] = high
    return True


@part
def prepare_members(problem, target, work):
    """Set what each delivery can be, must be, and gains per unit of the water mark."""
    for k in range(problem.kind.size):
        for i in range(problem.member_start[k], problem.member_start[k + 1]):
            v = problem.member[i]
            work.floor[i] = work.lower[v]
            work.cap[i] = max(min(work.upper[v], target[i]), work.floor[i])
            work.weight[i] = target[i] if problem.kind[k] == SHARE else 1.0 / problem.member_scale[i]
            if target[i] <= 0.0:
                work.weight[i] = 0.0


@part
def is_short(problem, work, i):
    """Return whether a delivery gets less than it could."""
    return value_of(work, problem.member[i]) < work.cap[i] - SHORT * (1.0 + work.cap[i])


@part
def last_short_level(problem, work):
    """Return the last sharing level with a short delivery, -1 if there is none."""
    for k in range(problem.kind.size - 1, -1, -1):
        for i in range(problem.member_start[k], problem.member_start[k + 1]):
            if is_short(problem, work, i):
                return k
    return -1


@part
def settle(problem, work):
    """Solve, widening bounds that contradict each other within rounding only."""
    status = solve(problem, work)
    for _ in range(SETTLE_STEPS):
        if status != INFEASIBLE or not forgive(work):
            break
        status = solve(problem, work)
    return status


@part
def forgive(work):
    """Widen the bound behind a contradiction if it is within rounding; return whether it was."""
    margin = broken_margin(work)
    v = work.basic[work.state[BROKEN_ROW]]
    if margin < -FORGIVEN:
        return False
    if work.certificate[v] < 0.0:
        work.lower[v] -= max(-2.0 * margin, LAST_DIGIT * abs(work.lower[v]))
    else:
        work.upper[v] += max(-2.0 * margin, LAST_DIGIT * abs(work.upper[v]))
    apply_bounds(work, v)
    return True


@part
def name_culprit(work):
    """Name the bound that contributes most to the contradiction; a column's minimum before a row's."""
    columns = work.nonbasic.size
    worst = 0.0
    found = -1
    for v in range(work.certificate.size):
        z = work.certificate[v]
        need = z * work.upper[v] if z > 0.0 else z * work.lower[v]
        if need < 0.0 and (need < worst or (v < columns) != (found < columns)):
            if found >= 0 and found < columns and v >= columns:
                continue
            worst = need
            found = v
    work.culprit[0] = found
    work.culprit[1] = 1 if found >= 0 and work.certificate[found] < 0.0 else -1


@part
def share_out(problem, work, last):
    """Go through the levels in order up to the last short class; freeze what each one has attained."""
    k = 0
    while k <= last:
        if problem.kind[k] == LINEAR:
            freeze_linear(problem, work, k)
        else:
            start, end = problem.member_start[k], problem.member_start[k + 1]
            active = activate(problem, work, start, end)
            if active == 1:
                freeze_single(problem, work, start, end)
            elif active > 1:
                status = raise_class(problem, work, start, end, active)
                if status != OPTIMAL:
                    return status
                last = last_short_level(problem, work)
        k += 1
    return OPTIMAL


@part
def set_lower(work, v, bound):
    """Give a variable another lower bound; the values at hand follow."""
    if work.lower[v] != bound:
        work.lower[v] = bound
        apply_bounds(work, v)


@part
def freeze_linear(problem, work, k):
    """Keep what a linear level has attained."""
    v = problem.variable[k]
    if v >= 0:
        set_lower(work, v, max(work.lower[v], min(value_of(work, v), work.upper[v])))


@part
def activate(problem, work, start, end):
    """Freeze a class that is not short; otherwise mark the deliveries to be shared out, return how many."""
    short = False
    for i in range(start, end):
        short = short or is_short(problem, work, i)
    active = 0
    for i in range(start, end):
        work.active[i] = 1 if short and work.cap[i] > work.floor[i] and work.weight[i] > 0.0 else 0
        active += work.active[i]
        if work.active[i] == 0:
            keep_delivery(problem, work, i)
    return active


@part
def keep_delivery(problem, work, i):
    """Let a delivery get no less than it has."""
    v = problem.member[i]
    set_lower(work, v, min(work.cap[i], max(work.floor[i], value_of(work, v))))


@part
def freeze_single(problem, work, start, end):
    """Keep the delivery of the only one in its class that can get anything: its sum was maximised."""
    for i in range(start, end):
        if work.active[i] == 1:
            keep_delivery(problem, work, i)
            work.active[i] = 0


@part
def raise_class(problem, work, start, end, active):
    """Raise the floors of a class together, freezing deliveries that can get no more, until all are frozen.

    Returns
    -------
    int
        OPTIMAL with ``work.x`` the optimum for the frozen shares, or the status of the solve that failed.
    """
    nothing = NOTHING / largest_weight(work, start, end)
    reached = 0.0
    while active > 0:
        if not signs_agree(work):
            return NOT_CERTIFIED
        bound = sum_mark(problem, work, start, end)
        mark = max(bound, reached, nothing)
        by_proof = False
        status = INFEASIBLE
        set_floors(problem, work, start, end, mark)
        for _ in range(MARK_STEPS):
            status = resume(problem, work)
            if status != INFEASIBLE:
                break
            lower_mark = proof_mark(problem, work, start, end, mark)
            if lower_mark < mark and mark > reached:
                by_proof = True
                mark = max(lower_mark, reached)
                if mark < nothing:
                    mark = 0.0
                set_floors(problem, work, start, end, mark)
            elif not forgive(work):  # floors are not set anew: a forgiven one would be as it was
                break
        if status != OPTIMAL:
            return status
        left = freeze_blocked(work, start, end, mark, by_proof)
        if left >= active:
            return NOT_CERTIFIED  # no delivery is held down, and yet none can get more
        active = left
        reached = mark
    return OPTIMAL


@part
def top_mark(work, start, end):
    """Return the water mark at which every active delivery is at its cap."""
    top = 0.0
    for i in range(start, end):
        if work.active[i] != 0:
            top = max(top, work.cap[i] / work.weight[i])
    return top


@part
def largest_weight(work, start, end):
    """Return the largest growth of an active delivery's floor per unit of the water mark."""
    largest = 0.0
    for i in range(start, end):
        if work.active[i] != 0:
            largest = max(largest, work.weight[i])
    return largest


@part
def set_floors(problem, work, start, end, mark):
    """Put the floors of the active deliveries at a water mark."""
    for i in range(start, end):
        if work.active[i] != 0:
            floor = max(work.floor[i], min(mark * work.weight[i], work.cap[i]))
            set_lower(work, problem.member[i], floor)


@part
def highest_mark(work, start, end, allowed, mark):
    """Return the highest water mark up to ``mark`` at which the pulls of the floors stay within what is allowed.

    The sum of pull x floor is increasing and piecewise linear in the mark, with breaks where a delivery leaves
    its hard minimum or reaches its cap; the pieces are walked downwards.
    """
    while True:
        fixed = 0.0
        slope = 0.0
        next_break = 0.0
        for i in range(start, end):
            if work.pull[i] <= 0.0:
                continue
            at_cap = work.cap[i] / work.weight[i]
            at_floor = work.floor[i] / work.weight[i]
            if at_cap < mark:
                fixed += work.pull[i] * work.cap[i]
                next_break = max(next_break, at_cap)
            elif at_floor < mark:
                slope += work.pull[i] * work.weight[i]
                next_break = max(next_break, at_floor)
            else:
                fixed += work.pull[i] * work.floor[i]
        if fixed + slope * mark <= allowed:
            return mark
        if slope > 0.0:
            root = (allowed - fixed) / slope
            if root >= next_break:
                return min(root, mark)
        if next_break <= 0.0:
            return 0.0
        mark = next_break


@part
def sum_mark(problem, work, start, end):
    """Return the water mark at which the floors add up to the largest sum the active deliveries can have."""
    total = 0.0
    for i in range(start, end):
        work.pull[i] = 0.0
        if work.active[i] != 0:
            work.pull[i] = problem.member_scale[i]
            total += problem.member_scale[i] * value_of(work, problem.member[i])
    return highest_mark(work, start, end, total, top_mark(work, start, end))


@part
def in_proof(problem, work, start, end):
    """Return whether any active delivery occurs in the last proof of infeasibility."""
    for i in range(start, end):
        if work.active[i] != 0 and work.certificate[problem.member[i]] < -BLOCKING:
            return True
    return False


@part
def proof_mark(problem, work, start, end, mark):
    """Return the highest water mark that the last proof of infeasibility does not exclude.

    Deliveries that occur in the proof are marked (``active`` is 2); they are the ones that hold the mark down.
    Without any of them the proof is of a contradiction between other bounds: it excludes no mark, and the marks of
    the proof before it stay.
    """
    if not in_proof(problem, work, start, end):
        return mark
    allowed = broken_margin(work)
    for i in range(start, end):
        work.pull[i] = 0.0
        if work.active[i] == 0:
            continue
        work.active[i] = 1
        v = problem.member[i]
        z = work.certificate[v]
        if z < -BLOCKING:
            allowed -= z * work.lower[v]
            work.pull[i] = -z
            work.active[i] = 2
    return highest_mark(work, start, end, allowed, mark)


@part
def freeze_blocked(work, start, end, mark, by_proof):
    """Freeze the deliveries that can get no more at their floors; return how many are left.

    With a proof these are the deliveries in it and those at their caps. Without, the floors add up to the
    largest sum the class can have, so all of them.
    """
    left = 0
    for i in range(start, end):
        if work.active[i] == 0:
            continue
        if by_proof and work.active[i] == 1 and work.cap[i] > mark * work.weight[i]:
            left += 1
        else:
            work.active[i] = 0
    return left


@part
def remove_rounding(lower, upper, x):
    """Put values that rounding has left just outside their bounds on them: no delivery is below zero."""
    for v in range(x.size):
        if x[v] < lower[v] and lower[v] - x[v] <= ROUNDING:
            x[v] = lower[v]
        elif x[v] > upper[v] and x[v] - upper[v] <= ROUNDING:
            x[v] = upper[v]


@part
def report(problem, target, work):
    """Write the attained shares."""
    for i in range(problem.member.size):
        x = work.x[problem.member[i]]
        work.share[i] = min(1.0, x / target[i]) if target[i] > 0.0 else 1.0
