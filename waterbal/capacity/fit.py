"""Fit the city to the water (量水而行): shrink or grow all drivers together until nothing is short any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from waterbal.api import Case
from waterbal.capacity.judging import trials
from waterbal.capacity.question import MIX, UNITS, Question
from waterbal.capacity.search import INFEASIBLE, LIMITED, STATUS, Found, Options, Search, run
from waterbal.capacity.trial import MINIMUM_FLOW, Ground, unsupported
from waterbal.errors import ConfigError, Issue
from waterbal.model.base import Label
from waterbal.model.rows import Ints, RequirementRow
from waterbal.network.requirements import misses

NO_GAP, NO_GAP_NORMAL, REQUIREMENTS = "no_gap", "no_gap_normal", "requirements"
CONDITIONS = {
    NO_GAP: Label(zh="各年均不缺水", en="no gap in any year"),
    NO_GAP_NORMAL: Label(zh="平水年（P = 50 %）不缺水", en="no gap in a normal year (P = 50 %)"),
    REQUIREMENTS: Label(zh="各项保证要求均满足", en="all requirements hold"),
}
"""What the scale is sought for. A normal year: half of all years or more are without gap, m / (N + 1) >= 0.5."""
GAP_TOLERANCE = 1e-6
"""[-] share of a year's need, all demands together, that may be short in a year without gap."""
NORMAL = 0.5
NO_ROOM = "no_room"
"""Status where the limits that are not water exclude each other."""
REFUSED = "refused"
"""Status where the sample is too small or the model does not say what grows."""


@dataclass(frozen=True)
class Fit:
    """Largest scale of all drivers at which a condition holds, and at every smaller one tried."""

    condition: str
    """Key of ``CONDITIONS``."""
    status: str
    """One of ``capacity.search.STATUS``, ``no_room`` or ``refused``."""
    scale: float = np.nan
    """1 is the plan [-]; nan where there is none."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """Driver -> amount at that scale [``units``]; empty where there is none."""
    plan: Mapping[str, float] = field(default_factory=dict)
    """Driver -> amount at plan."""
    units: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Label] = field(default_factory=dict)
    """Driver -> label."""
    limit: str = ""
    """Limit that is not water and that binds; empty if none does."""
    stopped_by: str = ""
    """Requirement that is lost just above the scale, ``gap`` or ``minimum_flow``; empty if none was seen."""
    alternate: float = np.nan
    """Where the condition fails in between: the largest scale at which it holds again [-]."""
    issues: tuple[Issue, ...] = ()
    """Why it was refused."""


@dataclass
class GapGround(Ground):
    """A scenario in which only the sum of all demands is judged."""

    tolerance: float = GAP_TOLERANCE
    rate: float | None = None
    """Share of years that must be without gap, m / (N + 1); None: every one."""

    @cached_property
    def question(self) -> Question:
        """The drivers and limits of the model, and the gap as the only requirement."""
        asked = Ground(self.case, self.realizations).question
        members = [(row.id, self.tolerance) for row in self.case.rows().demands]
        if self.rate is None:
            item = RequirementRow("gap", "annual_depth", members, limit=self.tolerance)
        else:
            item = RequirementRow("gap", "annual", members, rate=self.rate)
        directions = {id: replace(part, judged=()) for id, part in asked.directions.items()}
        return replace(asked, requirements=(item,), directions=directions)

    @cached_property
    def allowed_in_all(self) -> Ints:
        """ndarray (item), years with a gap that all records together may have."""
        if self.rate is None:
            return np.zeros(1, dtype=np.int64)
        return np.asarray([misses(int(self.asked[: self.records].sum()), self.rate)], dtype=np.int64)


def fits(
    case: Case,
    realizations: int,
    conditions: Sequence[str] = tuple(CONDITIONS),
    *,
    tolerance: float = GAP_TOLERANCE,
    options: Options | None = None,
    threads: int | None = None,
) -> tuple[Fit, ...]:
    """Find the largest scale of all drivers at which each condition holds, all realizations judged together.

    Parameters
    ----------
    case : Case
        Its model says under ``capacity`` what grows.
    realizations : int
        Hydrological samples.
    conditions : sequence of str
        Keys of ``CONDITIONS``.
    tolerance : float
        Share of a year's need that may be short in a year without gap [-].
    options : Options, optional
        How thoroughly is searched.
    threads : int, optional
        Threads to share members among.

    Returns
    -------
    tuple of Fit
        In the order of the conditions. What the model or the sample does not allow is refused with the reason.
    """
    return tuple(
        _fit(case, realizations, name, tolerance, options or Options(), threads) for name in conditions
    )


def _fit(
    case: Case, realizations: int, condition: str, tolerance: float, options: Options, threads: int | None
) -> Fit:
    rate = NORMAL if condition == NO_GAP_NORMAL else None
    ground: Ground
    if condition == REQUIREMENTS:
        ground = Ground(case, realizations, threads)
    else:
        ground = GapGround(case, realizations, threads, tolerance=tolerance, rate=rate)
    try:
        question = ground.question
    except ConfigError as error:
        return Fit(condition, REFUSED, issues=error.issues)
    issues = unsupported(ground, alone=False)
    if issues:
        return Fit(condition, REFUSED, issues=tuple(issues))
    direction = MIX if MIX in question.directions else next(iter(question.drivers))
    low, below, high, above = question.room(direction)
    if high < low:
        return _told(condition, question, direction, NO_ROOM, limit=above or below)
    found = run([Search(direction, -1, low, high)], trials(ground), options)[0]
    limit = above if found.status == LIMITED else below if found.status == INFEASIBLE else ""
    return _told(condition, question, direction, STATUS[found.status], found, limit)


def _told(
    condition: str,
    question: Question,
    direction: str,
    status: str,
    found: Found | None = None,
    limit: str = "",
) -> Fit:
    """Put an answer into the terms of the model."""
    found = found or Found()
    stopped = ""
    if found.item == MINIMUM_FLOW:
        stopped = "minimum_flow"
    elif found.item >= 0:
        stopped = question.requirements[found.item].id
    known = np.isfinite(found.scale)
    return Fit(
        condition, status, found.scale,
        question.amounts(direction, found.scale) if known else {},
        question.amounts(direction, 1.0),
        {id: UNITS[driver.kind] for id, driver in question.drivers.items()},
        {id: driver.name for id, driver in question.drivers.items()},
        limit, stopped, found.alternate,
    )  # fmt: skip
