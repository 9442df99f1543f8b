"""How forcing tables are read."""

from waterbal.kernel._jit import part


@part
def row(table, h):
    """Return the row of a forcing table that holds variant h: its own, or the one that serves all."""
    return min(h, table.shape[0] - 1)


@part
def given(table, h, t, i):
    """Return what a forcing table says for element i in step t."""
    return table[row(table, h), t, i]
