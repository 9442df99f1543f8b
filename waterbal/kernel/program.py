"""What the program of one step is, and the workspace in which it is solved; see ``simplex``."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from waterbal.kernel.loops import BITS, LANES

F1 = npt.NDArray[np.float64]
F3 = npt.NDArray[np.float64]
I1 = npt.NDArray[np.int64]
U1 = npt.NDArray[np.uint8]

OPTIMAL, INFEASIBLE, ITERATION_LIMIT, NOT_CERTIFIED, SHARING_FAILED = 0, 1, 2, 3, 4

SLOTS = 32
"""Cuts that are remembered of each level."""

# Where things are in Work.layout, Work.state and Work.counter.
ROWS, COLUMNS, LEVELS, WIDTH, COSTS, HEIGHT = 0, 1, 2, 3, 4, 5
STAGE, SINCE_REBUILD, DOUBT, SINCE_CHECK = 0, 1, 2, 3
BROKEN_ROW, BROKEN_SIDE, PROOF_SIZE, CAREFUL = 4, 5, 6, 7
PAUSE, WAIT = 8, 9
PIVOTS, FLIPS, REBUILDS, SOLVES, RESCUES, CUTS = 0, 1, 2, 3, 4, 5


class Problem(NamedTuple):
    """What is constant over a run. Variables are numbered columns first, then rows."""

    matrix: F3  # (stage, row, column) r = A x
    objective: F3  # (stage, level, column) minimised, level 0 first; the last one is the tie-break
    kind: I1  # (level) 0 linear, 1 max-min of shares, 2 max-min of volumes
    variable: I1  # (level) variable whose value is minus the objective of a linear level, -1 if never frozen
    member_start: I1  # (level + 1) slices into the next two
    member: I1  # (member) variable of each delivery
    member_scale: F1  # (member) delivered volume = scale x value of the variable
    floorless: I1  # (variable) 1 if its lower bound is 0 in every step, 0 if that is not known


class Work(NamedTuple):
    """Everything one thread needs to solve; the basis in it stays warm between calls.

    A *position* is 0.. for nonbasic variables and ``width + i`` for the variable basic in row i.
    """

    x: F1  # (variable) the answer
    share: F1  # (member) attained share of the target, 1 where the target is 0
    culprit: I1  # (2) variable whose bounds cannot be met; +1 if its lower, -1 if its upper bound
    lower: F1  # (variable) bounds being solved with
    upper: F1  # (variable)
    dictionary: F1  # (row x width) coefficients of a basic variable in all nonbasic ones
    reduced: F1  # (column x costs) reduced costs of a nonbasic variable
    nonzero: U1  # (block, row) which of the eight coefficients of a block are not zero, one bit each
    block: I1  # (block) where the nonzero blocks of the pivot row begin
    spare: F1  # (costs) reduced costs of the entering variable before the pivot
    sums: F1  # (row x 8) scratch of the product with all nonbasic values
    nonbasic: I1  # (column) variable
    basic: I1  # (row) variable
    place: I1  # (variable) position
    side: F1  # (width) +1 at the lower bound, -1 at the upper, 0 fixed
    low: F1  # (position) bounds by position
    high: F1  # (position)
    value: F1  # (position) values
    tolerance: F1  # (1) a basic variable this far out of its bounds is left there
    entry: I1  # (row) basic rows in which a nonbasic variable has a nonzero
    coefficient: F1  # (row) those nonzeros
    candidate: I1  # (column + 1) positions that may enter; those with a nonzero in the pivot row
    pace: F1  # (column + 1) |coefficient| of a candidate; those nonzeros
    repair: F1  # (column + 1) what flipping a candidate repairs of the violation
    ratio: F1  # (column) reduced cost over pace in the objective that is compared
    leading: I1  # (column) first level with a nonzero reduced cost
    reach: F1  # (level + 1) what flipping all candidates of a leading level repairs of the violation
    flip: I1  # (column + 1) candidates passed by the ratio test
    certificate: F1  # (variable) of infeasibility: its product with the values vanishes for all flows
    proof: I1  # (column + 1) variables with a nonzero in the certificate
    imbalance: F1  # (column) scratch of the certificate's check
    is_basic: I1  # (variable) scratch of the rebuild
    objective_scale: F1  # (level)
    row_start: I1  # (row + 1) the stage's matrix by rows
    row_column: I1  # (entry)
    row_value: F1  # (entry)
    layout: I1  # rows, columns, levels, width, reduced costs per column, padded rows of ``nonzero``
    state: I1  # what STAGE and the names after it say
    counter: I1  # pivots, bound flips, rebuilds, solves, rescues, cuts
    weight: F1  # (member) growth of a delivery's floor per unit of the level's water mark
    cap: F1  # (member) most that a delivery can be
    floor: F1  # (member) hard minimum of a delivery
    pull: F1  # (member) weight of a delivery's floor in the inequality that holds the water mark down
    active: I1  # (member) 1 while its share may still rise, 2 if it is also in the last proof
    level_floor: F1  # (level) lower bound of a linear level's variable before anything is foreseen
    cut_count: I1  # (level) cuts that are remembered
    cut_first: I1  # (level) the one that is looked at first
    cut_clock: I1  # (1) counts when cuts were of use
    cut_stamp: I1  # (level, cut) when it was of use last
    cut_stage: I1  # (level, cut) whose matrix it holds for
    cut_size: I1  # (level, cut) variables in it that are not the level's own
    cut_upper: I1  # (level, cut) how many of them count with their upper bound: these come first
    cut_variable: I1  # (level, cut, entry) those variables
    cut_value: F1  # (level, cut, entry) their coefficients
    cut_own: F1  # (level, cut) coefficient of a linear level's variable
    cut_pull: F1  # (level, cut, delivery of the class) coefficients of a class' deliveries
    cut_mark: F1  # (cut) scratch: the highest water mark that it allows, or less
    cut_allowed: F1  # (cut) scratch: the most that the variables that are not the level's own add


def aligned(size: int) -> F1:
    """Return zeros that start at a cache line, so that no block of eight lies across two."""
    memory = np.zeros(size + LANES)
    first = -memory.ctypes.data // memory.itemsize % LANES
    return memory[first : first + size]


def rounded_up(size: int, block: int = LANES) -> int:
    """Return the next multiple of a block."""
    return (size + block - 1) // block * block


def workspace(problem: Problem) -> Work:
    """Return the arrays one thread needs, with a cold basis.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.

    Returns
    -------
    Work
        Fresh arrays; no later call allocates anything.
    """
    _, m, n = problem.matrix.shape
    levels = problem.objective.shape[1]
    members = len(problem.member)
    width = rounded_up(n)
    height = rounded_up(m)
    costs = rounded_up(levels)
    bytes_high = rounded_up(m, BITS)
    entries = int(np.count_nonzero(problem.matrix, axis=(1, 2)).max())
    largest_class = int(np.diff(problem.member_start).max(initial=0))
    state = np.zeros(10, np.int64)
    state[STAGE] = -1
    return Work(
        x=np.zeros(n + m),
        share=np.ones(members),
        culprit=np.zeros(2, np.int64),
        lower=np.zeros(n + m),
        upper=np.zeros(n + m),
        dictionary=aligned(m * width),
        reduced=aligned(n * costs),
        nonzero=np.zeros(width // LANES * bytes_high, np.uint8),
        block=np.zeros(width // LANES, np.int64),
        spare=np.zeros(costs),
        sums=aligned(m * LANES),
        nonbasic=np.zeros(n, np.int64),
        basic=np.zeros(m, np.int64),
        place=np.zeros(n + m, np.int64),
        side=np.zeros(width),
        low=np.full(width + height, -np.inf),
        high=np.full(width + height, np.inf),
        value=np.zeros(width + height),
        tolerance=np.zeros(1),
        entry=np.zeros(m, np.int64),
        coefficient=np.zeros(m),
        candidate=np.zeros(n + 1, np.int64),
        pace=np.zeros(n + 1),
        ratio=np.zeros(n),
        repair=np.zeros(n + 1),
        leading=np.zeros(n, np.int64),
        reach=np.zeros(levels + 1),
        flip=np.zeros(n + 1, np.int64),
        certificate=np.zeros(n + m),
        proof=np.zeros(n + 1, np.int64),
        imbalance=np.zeros(n),
        is_basic=np.zeros(n + m, np.int64),
        objective_scale=np.ones(levels),
        row_start=np.zeros(m + 1, np.int64),
        row_column=np.zeros(entries, np.int64),
        row_value=np.zeros(entries),
        layout=np.array([m, n, levels, width, costs, bytes_high], np.int64),
        state=state,
        counter=np.zeros(6, np.int64),
        weight=np.zeros(members),
        cap=np.zeros(members),
        floor=np.zeros(members),
        pull=np.zeros(members),
        active=np.zeros(members, np.int64),
        level_floor=np.zeros(levels),
        cut_count=np.zeros(levels, np.int64),
        cut_first=np.zeros(levels, np.int64),
        cut_clock=np.zeros(1, np.int64),
        cut_stamp=np.zeros((levels, SLOTS), np.int64),
        cut_stage=np.zeros((levels, SLOTS), np.int64),
        cut_size=np.zeros((levels, SLOTS), np.int64),
        cut_upper=np.zeros((levels, SLOTS), np.int64),
        cut_variable=np.zeros((levels, SLOTS, n + 1), np.int64),
        cut_value=np.zeros((levels, SLOTS, n + 1)),
        cut_own=np.zeros((levels, SLOTS)),
        cut_pull=np.zeros((levels, SLOTS, largest_class)),
        cut_mark=np.zeros(SLOTS),
        cut_allowed=np.zeros(SLOTS),
    )
