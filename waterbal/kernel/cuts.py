"""What each priority level can attain, foreseen from proofs of infeasibility that are remembered.

A proof that the levels cannot have what was foreseen for them is a combination of rows that vanishes for all flows.
As long as the matrix is the same it is as valid in any other step as in the one that led to it; only the bounds in it
differ.
Solved for the deliveries of one level it is an inequality, a *cut*: with all levels before at what they attain, it
says how much the level can have at most.

So each step first takes the levels in order and gives each one the most that all its cuts allow: a linear level a
value, a class shares raised together until a cut is tight for some of them (water filling). These are upper bounds.
If one solve with all of them as lower bounds is feasible, they are what the levels attain, exactly and proven. If
not, the proof is the next cut. Few cuts ever matter, and after a year or two of a run most steps need no new one:
a step is then one warm solve that ends where it should, instead of one that forgets the shares and others that find
them again.
"""

import numpy as np

from waterbal.kernel._jit import part
from waterbal.kernel.certificates import broken_margin
from waterbal.kernel.program import CUTS, INFEASIBLE, OPTIMAL, PROOF_SIZE, STAGE
from waterbal.kernel.sharing import (
    BLOCKING,
    FORGIVEN,
    LAST_DIGIT,
    LINEAR,
    NOTHING,
    forgive,
    highest_mark,
    largest_weight,
    top_mark,
)
from waterbal.kernel.simplex import confirm, resume, solve
from waterbal.kernel.values import apply_bounds

CUT_STEPS = 12
"""Proofs turned to cuts in one step before the levels are gone through one by one instead; seldom more than one."""


@part
def last_class(problem):
    """Return the last level that is shared out, -1 if there is none."""
    for k in range(problem.kind.size - 1, -1, -1):
        if problem.kind[k] != LINEAR:
            return k
    return -1


@part
def solve_foreseen(problem, work):
    """Find the optimum of a step by foreseeing what its levels attain; return whether it is found and proven.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.
    work : Work
        Bounds and deliveries in; optimum out, certified, with every level proven.
    """
    last = last_class(problem)
    for k in range(last + 1):
        v = problem.variable[k]
        if problem.kind[k] == LINEAR and v >= 0:
            work.level_floor[k] = work.lower[v]
    foresee(problem, work, 0, last)
    status = solve(problem, work)
    settled = True
    for _ in range(CUT_STEPS):
        if status != INFEASIBLE:
            break
        if not cut_off(problem, work, last) and not give_way(problem, work, last) and not forgive(work):
            return False
        status = resume(problem, work)
        settled = False
    if status == OPTIMAL and not settled:
        status = confirm(problem, work)
    return status == OPTIMAL


@part
def cut_off(problem, work, last):
    """Lower what is foreseen until the last proof of infeasibility no longer holds; return whether that helps.

    The proof becomes a cut of the last level in it; if that having nothing is not enough, of the one before, and
    again of those after that then have more. A contradiction within rounding is not worth a cut.
    """
    if broken_margin(work) > -NOTHING:
        return False
    for _ in range(problem.kind.size):
        k = level_held_down(problem, work, last)
        if k < 0:
            return False
        remember_cut(problem, work, k)
        work.counter[CUTS] += 1
        lower_levels(problem, work, k, last)
        if broken_margin(work) > -NOTHING:
            return True
    return False


@part
def give_way(problem, work, last):
    """Lower what is foreseen for a level by what rounding has made too much; return whether that is all there is.

    Flows that cannot be below zero, quotas that are used up: a bound of the step itself is not widened for it.
    """
    margin = broken_margin(work)
    k = level_held_down(problem, work, last) if margin >= -FORGIVEN else -1
    if k < 0:
        return False
    if problem.kind[k] == LINEAR:
        v = problem.variable[k]
        least = work.level_floor[k]
    else:
        best = largest_raised(problem, work, k)
        v = problem.member[best]
        least = work.floor[best]
    step = 2.0 * margin / work.certificate[v]
    lower = work.lower[v] - max(step, LAST_DIGIT * abs(work.lower[v]))
    if step > FORGIVEN or lower < least:
        return False
    work.lower[v] = lower
    apply_bounds(work, v)
    return True


@part
def largest_raised(problem, work, k):
    """Return the delivery of a class whose raised floor counts most in the last proof."""
    best = problem.member_start[k]
    most = 0.0
    for i in range(best, problem.member_start[k + 1]):
        v = problem.member[i]
        if work.lower[v] > work.floor[i] and work.certificate[v] < most:
            most = work.certificate[v]
            best = i
    return best


@part
def level_held_down(problem, work, last):
    """Return the last level whose foreseen floors occur in the proof of infeasibility, -1 if there is none."""
    for k in range(last, -1, -1):
        if problem.kind[k] == LINEAR:
            v = problem.variable[k]
            if v >= 0 and work.certificate[v] < -BLOCKING and work.lower[v] > work.level_floor[k]:
                return k
        else:
            for i in range(problem.member_start[k], problem.member_start[k + 1]):
                v = problem.member[i]
                if work.certificate[v] < -BLOCKING and work.lower[v] > work.floor[i]:
                    return k
    return -1


@part
def lower_levels(problem, work, first, last):
    """Foresee a level and those after it anew; the values at hand follow."""
    foresee(problem, work, first, last)
    for k in range(first, last + 1):
        if problem.kind[k] == LINEAR:
            if problem.variable[k] >= 0:
                apply_bounds(work, problem.variable[k])
        else:
            for i in range(problem.member_start[k], problem.member_start[k + 1]):
                apply_bounds(work, problem.member[i])


@part
def remember_cut(problem, work, k):
    """Keep the last proof of infeasibility as a cut of a level, in place of the one that was of no use for longest."""
    slots = work.cut_stamp.shape[1]
    s = work.cut_count[k]
    if s < slots:
        work.cut_count[k] += 1
    else:
        s = 0
        for c in range(slots):
            if work.cut_stamp[k, c] < work.cut_stamp[k, s]:
                s = c
    start, end = problem.member_start[k], problem.member_start[k + 1]
    for i in range(start, end):
        z = work.certificate[problem.member[i]]
        work.cut_pull[k, s, i - start] = -z if z < -BLOCKING else 0.0
    own = problem.variable[k] if problem.kind[k] == LINEAR else -1
    work.cut_own[k, s] = -work.certificate[own] if own >= 0 else 0.0
    size = list_terms(problem, work, k, s, own, 1.0, 0)
    work.cut_upper[k, s] = size
    work.cut_size[k, s] = list_terms(problem, work, k, s, own, -1.0, size)
    work.cut_stage[k, s] = work.state[STAGE]
    stamp(work, k, s)


@part
def list_terms(problem, work, k, s, own, sign, size):
    """Append the variables of the last proof whose coefficients have a sign to a cut, but the level's own."""
    start, end = problem.member_start[k], problem.member_start[k + 1]
    for c in range(work.state[PROOF_SIZE]):
        v = work.proof[c]
        z = work.certificate[v]
        if sign * z <= 0.0 or v == own or (z < -BLOCKING and is_member(problem, start, end, v)):
            continue
        if z > 0.0 or problem.floorless[v] == 0 or is_foreseen(problem, v):
            work.cut_variable[k, s, size] = v
            work.cut_value[k, s, size] = z
            size += 1
    return size


@part
def is_member(problem, start, end, v):
    """Return whether a variable is a delivery of a class."""
    for i in range(start, end):
        if problem.member[i] == v:
            return True
    return False


@part
def is_foreseen(problem, v):
    """Return whether the lower bound of a variable is what is foreseen for a level."""
    for k in range(problem.kind.size):
        if problem.variable[k] == v:
            return True
    return is_member(problem, 0, problem.member.size, v)


@part
def stamp(work, k, s):
    """Note that a cut was of use."""
    work.cut_clock[0] += 1
    work.cut_stamp[k, s] = work.cut_clock[0]


@part
def foresee(problem, work, first, last):
    """Put the lower bounds of the levels from ``first`` on at the most that their cuts allow."""
    for k in range(first, last + 1):
        if problem.kind[k] == LINEAR:
            if problem.variable[k] >= 0:
                work.lower[problem.variable[k]] = work.level_floor[k]
        else:
            for i in range(problem.member_start[k], problem.member_start[k + 1]):
                work.lower[problem.member[i]] = work.floor[i]
    for k in range(first, last + 1):
        for s in range(work.cut_count[k]):
            holds = work.cut_stage[k, s] == work.state[STAGE]
            work.cut_allowed[s] = rest_of_cut(work, k, s) if holds else np.inf
        if problem.kind[k] == LINEAR:
            if problem.variable[k] >= 0:
                foresee_value(problem, work, k)
        else:
            foresee_class(problem, work, k)


@part
def rest_of_cut(work, k, s):
    """Return the most that the variables of a cut that are not the level's own can add to it."""
    middle, end = work.cut_upper[k, s], work.cut_size[k, s]
    return part_of_cut(work, k, s, 0, middle, work.upper) + part_of_cut(work, k, s, middle, end, work.lower)


@part
def part_of_cut(work, k, s, first, last, bound):
    """Return the sum of some of a cut's coefficients times bounds; four sums, as each waits for its last addition."""
    value, variable = work.cut_value, work.cut_variable
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    e = first
    while e + 4 <= last:
        a += value[k, s, e] * bound[variable[k, s, e]]
        b += value[k, s, e + 1] * bound[variable[k, s, e + 1]]
        c += value[k, s, e + 2] * bound[variable[k, s, e + 2]]
        d += value[k, s, e + 3] * bound[variable[k, s, e + 3]]
        e += 4
    while e < last:
        a += value[k, s, e] * bound[variable[k, s, e]]
        e += 1
    return (a + b) + (c + d)


@part
def largest_value(work, v):
    """Return the most that a variable can be by its own bounds and, if it is a row, by those of its columns."""
    i = v - work.nonbasic.size
    if i < 0:
        return work.upper[v]
    total = 0.0
    for e in range(work.row_start[i], work.row_start[i + 1]):
        factor, j = work.row_value[e], work.row_column[e]
        total += factor * (work.upper[j] if factor > 0.0 else work.lower[j])
    return min(total, work.upper[v])


@part
def foresee_value(problem, work, k):
    """Put the lower bound of a linear level's variable at the most that its cuts allow."""
    v = problem.variable[k]
    most = largest_value(work, v)
    best = -1
    for s in range(work.cut_count[k]):
        value = work.cut_allowed[s] / work.cut_own[k, s]
        if value < most:
            most = value
            best = s
    if best >= 0:
        stamp(work, k, best)
    work.lower[v] = max(work.lower[v], most)  # a level before may share the variable


@part
def foresee_class(problem, work, k):
    """Put the lower bounds of a class at the shares to which its cuts let it rise."""
    start, end = problem.member_start[k], problem.member_start[k + 1]
    active = 0
    for i in range(start, end):
        rises = work.cap[i] > work.floor[i] and work.weight[i] > 0.0
        work.active[i] = 1 if rises else 0
        active += work.active[i]
        if not rises:
            v = problem.member[i]
            work.lower[v] = max(work.lower[v], work.cap[i])
    for s in range(work.cut_count[k]):
        binds = pull_at_caps(work, k, s, start, end) > work.cut_allowed[s]
        work.cut_mark[s] = 0.0 if binds else np.inf
    reached = 0.0
    while active > 0:
        mark = top_mark(work, start, end)
        best = tightest_cut(problem, work, k, mark)
        if best >= 0:
            mark = work.cut_mark[best]
            if reached == 0.0:
                work.cut_first[k] = best
        mark = max(mark, reached)
        if mark < NOTHING / largest_weight(work, start, end):
            mark = 0.0
        if best >= 0:
            stamp(work, k, best)
        active = 0
        for i in range(start, end):
            if work.active[i] != 0:
                floor = max(work.floor[i], min(mark * work.weight[i], work.cap[i]))
                v = problem.member[i]
                work.lower[v] = max(work.lower[v], floor)
                if (
                    best < 0
                    or work.cut_pull[k, best, i - start] > 0.0
                    or work.cap[i] <= mark * work.weight[i]
                ):
                    work.active[i] = 0
                active += work.active[i]
        reached = mark


@part
def pull_at_caps(work, k, s, start, end):
    """Return what the deliveries of a class add to a cut when all get what they want."""
    a, b = 0.0, 0.0
    i = start
    while i + 2 <= end:
        a += work.cut_pull[k, s, i - start] * work.cap[i]
        b += work.cut_pull[k, s, i - start + 1] * work.cap[i + 1]
        i += 2
    if i < end:
        a += work.cut_pull[k, s, i - start] * work.cap[i]
    return a + b


@part
def tightest_cut(problem, work, k, top):
    """Return the cut that allows the lowest water mark to the deliveries that still rise; -1 if none is below ``top``.

    ``cut_mark`` of the cut returned is its water mark; of the others it is no more than theirs. Since these only rise
    while deliveries are frozen, most need no second look. The cut that was the tightest in the step before goes first.
    """
    best = -1
    lowest = top
    count = work.cut_count[k]
    for c in range(count):
        s = (work.cut_first[k] + c) % count
        if work.cut_mark[s] < lowest:
            work.cut_mark[s] = mark_of_cut(problem, work, k, s, lowest)
            if work.cut_mark[s] < lowest:
                lowest = work.cut_mark[s]
                best = s
    return best


@part
def mark_of_cut(problem, work, k, s, mark):
    """Return the highest water mark up to ``mark`` that a cut allows to the deliveries that still rise."""
    start, end = problem.member_start[k], problem.member_start[k + 1]
    allowed = work.cut_allowed[s]
    risen = 0.0
    held = False
    for i in range(start, end):
        pull = work.cut_pull[k, s, i - start]
        work.pull[i] = pull if work.active[i] != 0 else 0.0
        if work.active[i] == 0:
            allowed -= pull * work.lower[problem.member[i]]
        elif pull > 0.0:
            held = True
            risen += pull * max(work.floor[i], min(mark * work.weight[i], work.cap[i]))
    if not held or risen <= allowed:
        return mark
    return highest_mark(work, start, end, allowed, mark)
