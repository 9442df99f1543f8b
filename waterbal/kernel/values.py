"""Values at a basis: the nonbasic variables at their bounds, the basic ones by the dictionary."""

from waterbal.kernel._jit import part
from waterbal.kernel.dictionary import leading_level
from waterbal.kernel.program import COLUMNS, COSTS, HEIGHT, ROWS, WIDTH
from waterbal.kernel.vector import add_column, multiply

FEASIBLE = 1e-12
"""A basic variable this far out of its bounds is left there [kernel volume]."""
NOISE = 4e-15
"""Rounding to be expected in a basic variable, relative to the largest nonbasic value."""


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
def read_values(work):
    """Copy the values from positions to variables."""
    for v in range(work.x.size):
        work.x[v] = value_of(work, v)


@part
def value_of(work, v):
    """Return the value at hand of a variable."""
    return work.value[work.place[v]]
