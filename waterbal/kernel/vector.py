"""Contiguous multiply-adds over rows of the simplex dictionary, the only loops that cost time."""

from waterbal.kernel._jit import jit


@jit
def add_multiple(y, y_start, factor, table, start, width):
    """Add factor times a row of the table to y."""
    for i in range(width):
        y[y_start + i] += factor * table[start + i]


@jit
def add_multiple_drop(table, start, factor, row, width, drop):
    """Add factor times a row to a row of the table; what is left no larger than drop becomes zero."""
    for i in range(width):
        value = table[start + i] + factor * row[i]
        table[start + i] = value if abs(value) > drop else 0.0


@jit
def scale_into(copy, table, start, factor, width):
    """Copy a row of the table, then scale it in place."""
    for i in range(width):
        value = table[start + i]
        copy[i] = value
        table[start + i] = value * factor


@jit
def combine(y, y_start, table, rows, factors, count, width):
    """Set y to the sum of rows of the table, each times its factor."""
    for i in range(width):
        y[y_start + i] = 0.0
    for c in range(count):
        add_multiple(y, y_start, factors[c], table, rows[c] * width, width)
