"""The ratio test: which nonbasic variable enters, and which are flipped to their other bounds before."""

import numpy as np

from waterbal.kernel._jit import part
from waterbal.kernel.dictionary import ZERO_COST, leading_level
from waterbal.kernel.program import COSTS, LEVELS, WIDTH
from waterbal.kernel.vector import list_above


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
