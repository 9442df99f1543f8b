"""The dictionary of a basis: written cold from the matrix, carried over to another basis, computed afresh."""

from waterbal.kernel._jit import part
from waterbal.kernel.loops import BITS, LANES
from waterbal.kernel.program import (
    COLUMNS,
    COSTS,
    DOUBT,
    HEIGHT,
    LEVELS,
    REBUILDS,
    ROWS,
    SINCE_CHECK,
    SINCE_REBUILD,
    STAGE,
    WIDTH,
)
from waterbal.kernel.vector import (
    add_blocks,
    add_outer,
    lanes_beyond,
    list_column,
    list_nonzeros,
    nonzero_blocks,
    nonzero_lanes,
    scale_blocks,
    trailing_zeros,
)

ZERO_COST = 1e-9
"""A reduced cost up to this is zero; objectives are scaled to a largest coefficient of 1."""
DROP = 1e-13
"""Coefficients and reduced costs up to this become exactly zero, so that rows stay sparse."""


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
