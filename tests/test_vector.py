"""The vector forms of the kernel's loops give the bits of the plain ones."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from waterbal.kernel import loops, vector

HEIGHT, WIDTH, COSTS, PADDED = 20, 32, 16, 64
DROP = 1e-13


class Arrays:
    """A sparse table with its bits, and lists to write to, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        sparse = rng.random((HEIGHT, WIDTH)) < 0.2
        values = rng.integers(-2, 3, (HEIGHT, WIDTH)) + 0.0 if seed % 2 else rng.normal(size=(HEIGHT, WIDTH))
        self.table = np.where(sparse, values, 0.0)
        bits = np.packbits(self.table.reshape(HEIGHT, -1, 8) != 0.0, axis=-1, bitorder="little")
        self.nonzero = np.zeros((WIDTH // 8, PADDED), np.uint8)
        self.nonzero[:, :HEIGHT] = bits[:, :, 0].T
        self.table = self.table.ravel()
        self.nonzero = self.nonzero.ravel()
        self.costs = np.where(rng.random(WIDTH * COSTS) < 0.2, rng.normal(size=WIDTH * COSTS), 0.0)
        self.row = np.where(rng.random(COSTS) < 0.5, rng.normal(size=COSTS), 0.0)
        self.y = rng.normal(size=2 * WIDTH)
        self.low, self.high = self.y - rng.random(2 * WIDTH), self.y + rng.normal(size=2 * WIDTH)
        self.side = rng.integers(-1, 2, WIDTH) + 0.0
        self.sums = rng.normal(size=8 * HEIGHT)
        self.block = np.arange(0, WIDTH, 8)
        self.place, self.number = np.zeros(WIDTH + 1, np.int64), np.zeros(WIDTH + 1)

    def bytes(self) -> list[bytes]:
        """Return the contents of all arrays."""
        return [array.tobytes() for array in vars(self).values()]


def arguments(name: str, a: Arrays) -> tuple[object, ...]:
    """Return what to call a loop with."""
    places, factors = np.array([3, 4, 9, 30]), np.array([0.5, -1.0, 2.0, 0.25])
    return {
        "add_outer": (a.costs, 8, COSTS, a.row, places, factors, 4, DROP),
        "add_blocks": (a.table, 5, 7, WIDTH, -0.5, a.block, 4, DROP, a.nonzero, PADDED),
        "scale_blocks": (a.table, 3 * WIDTH, -0.3, a.block, 3),
        "list_above": (a.place, a.number, a.table, 2 * WIDTH, a.side, -1.0, 1e-7, a.block, 4),
        "list_nonzeros": (a.place, a.number, a.table, 2 * WIDTH, a.block, 4),
        "nonzero_lanes": (a.table, 2 * WIDTH + 8),
        "nonzero_blocks": (a.table, 4 * WIDTH, WIDTH, a.block),
        "list_column": (a.place, a.number, a.table, WIDTH, 13, a.nonzero, PADDED),
        "add_column": (a.y, WIDTH - HEIGHT, 0.7, a.table, WIDTH, 13, a.nonzero, PADDED),
        "multiply": (a.y, WIDTH, a.table, HEIGHT, a.nonzero, PADDED, a.sums),
        "trailing_zeros": (0b101000,),
        "largest_excess": (a.low, a.high, a.y, WIDTH, WIDTH),
        "first_excess": (a.low, a.high, a.y, WIDTH, 0.2),
        "lanes_beyond": (a.costs, 3 * COSTS, COSTS, 0.5),
        "sign_agrees": (a.costs, 6 * COSTS, COSTS, -1.0, 0.1),
    }[name]


def callable_from_python(loop):
    """Compile a function that calls a loop, which only kernels can."""

    @numba.njit(_nrt=False, error_model="numpy")
    def call(*given):
        return loop(*given)

    return call


@pytest.mark.parametrize("name", [name[6:] for name in vars(loops) if name.startswith("plain_")])
def test_vector_and_plain_loops_give_the_same_bits(name):
    plain, chosen = getattr(loops, f"plain_{name}"), getattr(vector, name)
    compiled = [callable_from_python(loop) for loop in (plain, chosen)]
    for seed in range(6):
        one, other = Arrays(seed), Arrays(seed)
        answers = [run(*arguments(name, a)) for run, a in zip(compiled, (one, other), strict=True)]
        assert answers[0] == answers[1]
        assert one.bytes() == other.bytes()
