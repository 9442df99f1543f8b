"""What an assessment is asked for, and who watches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from waterbal.capacity.command import above
from waterbal.capacity.search import Options
from waterbal.errors import Issue, Message, UsageError


class Watcher(Protocol):
    """Shows how far the work is."""

    def stage(self, text: str, unit: str = "") -> None:
        """Name what is being done now."""

    def __call__(self, done: int, total: int) -> None:
        """Report how much of it is done."""


class Silent:
    """Shows nothing."""

    def stage(self, text: str, unit: str = "") -> None:
        """Do nothing."""

    def __call__(self, done: int, total: int) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Demand:
    """What an assessment is asked for."""

    realizations: int | None = None
    """Records; those of the study if not given, one for a model."""
    only: tuple[str, ...] = ()
    """Choice of scenarios, as ``waterbal sweep`` has it."""
    directions: tuple[str, ...] = ()
    """Directions; all if empty."""
    alone: tuple[str, ...] = ()
    """Directions along which every record is also judged alone."""
    focus: str = ""
    """Direction whose binding limits and relief are told; ``mix``, or the first that has a capacity."""
    details: bool = True
    """Whether binding limits and relief of the baseline are told."""
    next_limits: int = 0
    """Measures, the best per cost first, of which the limit that binds next is sought besides the requirement."""
    budget: float | None = None
    """Budget of a portfolio of measures [1e4 yuan/yr]."""
    extras: tuple[str, ...] = ()
    """What else is told of the baseline: any of ``waterbal.capacity.extras.EXTRAS``."""
    risk_realizations: int = 0
    """Records in which the plan of every planning year is tried, at least; those of the search if it has more."""
    trajectories: int = 0
    """Paths of Morris through the ranges of the uncertain inputs, besides one at a time; 0 for none."""
    options: Options = field(default_factory=Options)
    threads: int | None = None


def options(tolerance: float, audit: int) -> Options:
    """Return how thoroughly is searched.

    Parameters
    ----------
    tolerance : float [-]
        Largest error of a scale.
    audit : int
        Scales tried below each capacity; a quarter as many above.

    Raises
    ------
    UsageError
        If they make no sense.
    """
    issues = []
    if not 1e-6 <= tolerance <= 0.5:
        issues.append(
            Issue(
                Message(f"允许误差 {tolerance:g} 没有意义", f"a tolerance of {tolerance:g} makes no sense"),
                "--tolerance",
                expected=Message("1e-6 至 0.5", "1e-6 to 0.5"),
            )
        )
    if audit < 0:
        issues.append(
            Issue(
                Message(f"不能试算 {audit} 个规模", f"{audit} scales cannot be tried"),
                "--audit",
                expected=Message("0 或更多", "0 or more"),
            )
        )
    if issues:
        raise UsageError(issues)
    return Options(tolerance, audit, above(audit))
