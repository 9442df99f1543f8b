"""The largest scale that perfect foresight could carry: an upper bound on a capacity, and what its limits are worth.

One linear program over the whole record: every step is decided at once and the future is known, so no rule of a
simulation can do better. The distance to the simulated capacity is the most that foresight and other rules could be
worth; the bound is never itself a capacity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from waterbal.capacity.bound_program import METHODS, SHARE, Program, Solution
from waterbal.capacity.bound_record import Record
from waterbal.capacity.bound_requirements import depends_on_top, judged_steps, require
from waterbal.capacity.bound_rows import record
from waterbal.capacity.question import Question
from waterbal.capacity.search import FOUND, INFEASIBLE, LARGEST, LIMITED, UNBOUNDED
from waterbal.errors import Issue, Message, UsageError, one_of
from waterbal.model.rows import Floats, Ints, RequirementRow, Rows, realization, samples
from waterbal.network.requirements import UNLIMITED

NAMES = ("found", "limited", "unbounded", "infeasible")
"""Names of the statuses: those of a search, but what is infeasible here is so at every scale."""
SECONDS = 600.0
"""Time after which a program is given up [s]."""
SMALL = 1e-9
"""Changes of the scale below this share of it are left out [-]."""
PASSES = 3
"""Most programs that are solved where the bound found by one makes the next one tighter."""
SETTLED = 1e-5
"""A program that is tighter by less than this share is not taken for tighter [-]."""
MINIMUM_FLOW = "minimum flow"
"""Stands for a requirement where no allocation meets the minimum flows."""


@dataclass(frozen=True)
class Dual:
    """What a limit is worth to the bound: an estimate, true for small changes and only where duals are unique."""

    limit: str
    """Model path of a limit or requirement."""
    change: float
    """Change of the scale for one percent more of the limit, or one percent less that is required [-]."""


@dataclass(frozen=True)
class Bound:
    """Upper bound on a capacity."""

    status: int
    """As of a search: found, limited, unbounded, infeasible."""
    scale: float
    """Largest scale under perfect foresight [-]; nan where there is none."""
    limit: str
    """Limit that is not water and that binds; what cannot be met where nothing is feasible."""
    duals: tuple[Dual, ...]
    """Limits that the bound depends on, those worth most first."""
    degenerate: bool
    """Whether duals are not unique: the change for a limit may then be smaller than told."""
    columns: int
    rows: int
    seconds: float
    """Time of the solver [s]."""
    iterations: int

    @property
    def name(self) -> str:
        """Name of the status."""
        return NAMES[self.status]


def foresight_bound(
    rows: Rows,
    question: Question,
    direction: str,
    allowed: Ints,
    *,
    method: str = "ipm",
    years: int | None = None,
    seconds: float = SECONDS,
) -> Bound:
    """Find the largest scale that perfect foresight could carry.

    Parameters
    ----------
    rows : Rows
        Elements of the model under one realization.
    question : Question
        What grows and what must hold.
    direction : str
        Along which drivers grow.
    allowed : ndarray (item)
        Misses that the record may have, for every requirement of the question.
    method : str
        ``ipm`` (interior point with crossover) or ``simplex`` (dual) of HiGHS.
    years : int, optional
        Only the first complete years of the record. Still an upper bound: what holds in the whole record with some
        misses holds in its beginning with at most as many. Default: all steps.
    seconds : float
        Time after which to give up [s].

    Returns
    -------
    Bound

    Raises
    ------
    UsageError
        If the direction is unknown, or other arguments do not fit.
    WaterbalError
        If HiGHS gives up.
    """
    rows = _checked(rows, question, direction, allowed, method, years)
    low, below, high, above = question.room(direction)
    top = min(high, LARGEST)
    if top < low:
        return _nothing(above or below)
    judged = question.judged(direction)
    items = [
        (item, int(n))
        for item, n, counts in zip(question.requirements, allowed, judged, strict=True)
        if counts and n < UNLIMITED
    ]
    hopeless = [item.id for item, n in items if n < 0]
    if hopeless:  # the record is too short for the rate: no scale can be shown to hold
        return _nothing(hopeless[0])
    spent, best = 0.0, None
    for _ in range(PASSES):
        build, short = _build(rows, question, direction, items, low, top, years)
        cost = np.zeros(build.program.columns)
        cost[build.scale] = -1.0
        solution = build.program.minimise(cost, method, seconds)
        spent += solution.seconds
        if not solution.feasible:
            name = _culprit(build.program, [item for item, _ in items], short, method, seconds)
            size = (build.program.columns, build.program.rows)
            return replace(_nothing(name), columns=size[0], rows=size[1], seconds=spent)
        scale = float(solution.column[build.scale[0]])
        if best is not None and scale >= top * (
            1.0 - SETTLED
        ):  # no tighter: the duals of the one before are true
            break
        best = (build, solution, scale)
        if not depends_on_top(build, [item for item, _ in items]):
            break
        top = scale
    assert best is not None
    return _answer(*best, high, above, spent)


def _checked(
    rows: Rows, question: Question, direction: str, allowed: Ints, method: str, years: int | None
) -> Rows:
    """Refuse what does not fit, all of it at once; return rows without samples."""
    issues = []
    if direction not in question.directions:
        issues.append(
            Issue(
                Message(f"没有方向 '{direction}'", f"there is no direction '{direction}'"),
                expected=one_of(question.directions),
            )
        )
    if np.shape(allowed) != (len(question.requirements),):
        expected = Message(
            f"{len(question.requirements)} 项要求各一个数",
            f"one number for each of the {len(question.requirements)} requirements",
        )
        issues.append(
            Issue(
                Message(
                    f"允许破坏次数的形状是 {np.shape(allowed)}",
                    f"allowed misses have shape {np.shape(allowed)}",
                ),
                expected=expected,
            )
        )
    if method not in METHODS:
        issues.append(
            Issue(Message(f"没有方法 '{method}'", f"there is no method '{method}'"), expected=one_of(METHODS))
        )
    if samples(rows) != 1:
        issues.append(
            Issue(
                Message(f"各行有 {samples(rows)} 个水文样本", f"the rows have {samples(rows)} realizations"),
                expected=Message("一个样本的行", "those of one"),
            )
        )
    if years is not None and years < 1:
        issues.append(
            Issue(
                Message(f"系列的前 {years} 年", f"the first {years} years of a record"),
                expected=Message("1 或更多", "1 or more"),
            )
        )
    if issues:
        raise UsageError(issues)
    return realization(rows, 0)


def _nothing(limit: str) -> Bound:
    """Return the answer where no scale holds."""
    return Bound(INFEASIBLE, np.nan, limit, (), False, 0, 0, 0.0, 0)


def _build(
    rows: Rows,
    question: Question,
    direction: str,
    items: Sequence[tuple[RequirementRow, int]],
    low: float,
    top: float,
    years: int | None,
) -> tuple[Record, list[Ints]]:
    """Build the program with its requirements; return for each the column of what is short."""
    needs, offers = question.scales(direction, np.array([0.0, 1.0]), rows)
    steps = rows.axis.size
    need, offer = _affine(needs), _affine(offers)
    if years is not None:
        whole = record(rows, need, offer, low, top, steps)
        ends = [int(group[-1]) + 1 for group in judged_steps(whole, "annual").groups]
        steps = ends[years - 1] if years <= len(ends) else steps
    build = record(rows, need, offer, low, top, steps)
    return build, [require(build, item, n, top) for item, n in items]


def _affine(factors: Floats) -> Floats:
    """Return constant and slope of factors at scale 0 and 1, ndarray (element, 2)."""
    return np.stack([factors[0], factors[1] - factors[0]], axis=1)


def _culprit(
    program: Program, items: Sequence[RequirementRow], short: Sequence[Ints], method: str, seconds: float
) -> str:
    """Name the requirement that is furthest from being met where not all can be."""
    cost = np.zeros(program.columns)
    upper = [array.copy() for array in program.upper]
    starts = np.cumsum([0, *[array.size for array in upper]])
    for column in short:
        cost[column] = 1.0
        block = int(np.searchsorted(starts, column[0], side="right")) - 1
        upper[block] = np.full(1, np.inf)
    solution = replace(program, upper=upper).minimise(cost, method, seconds)
    if not solution.feasible:
        return MINIMUM_FLOW
    return items[int(np.argmax([solution.column[column[0]] for column in short]))].id


def _answer(
    build: Record, solution: Solution, scale: float, high: float, above: str, seconds: float
) -> Bound:
    """Give the bound with the worth of its limits."""
    at_top = scale >= min(high, LARGEST) * (1.0 - 1e-9)
    status = FOUND if not at_top else LIMITED if high <= LARGEST else UNBOUNDED
    duals: tuple[Dual, ...] = ()
    if status == FOUND:
        duals = _duals(build.program.worth(solution), scale)
    return Bound(
        status, np.nan if status == UNBOUNDED else scale, above if status == LIMITED else "", duals,
        solution.degenerate, build.program.columns, build.program.rows, seconds, solution.iterations,
    )  # fmt: skip


def _duals(worth: dict[str, float], scale: float) -> tuple[Dual, ...]:
    """Sort the worth of limits; that of all limits of an element is told where no single one is worth as much."""
    found = [Dual(name, -change) for name, change in worth.items() if abs(change) > SMALL * max(scale, SHARE)]
    single: dict[str, float] = {}
    for dual in found:
        element, _, part = dual.limit.rpartition(".")
        if part and element.count(".") == 1:
            single[element] = max(single.get(element, 0.0), dual.change)
    kept = [
        d for d in found if single.get(d.limit, 0.0) < d.change * (1.0 - SHARE) or d.limit.count(".") != 1
    ]
    return tuple(sorted(kept, key=lambda dual: -dual.change))
