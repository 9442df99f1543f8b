"""What is checked against the original data before an optimum or an infeasibility is believed."""

from waterbal.kernel._jit import part
from waterbal.kernel.dictionary import ZERO_COST
from waterbal.kernel.program import (
    BROKEN_ROW,
    BROKEN_SIDE,
    COLUMNS,
    COSTS,
    LEVELS,
    PROOF_SIZE,
    ROWS,
    SINCE_CHECK,
    STAGE,
    WIDTH,
)
from waterbal.kernel.vector import list_nonzeros, nonzero_blocks, sign_agrees

DUAL_CHECK_EVERY = 64
"""Solves between two checks of the reduced costs against the original objectives."""


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
