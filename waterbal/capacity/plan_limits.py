"""Limits that are not water and that the plan itself breaks: no record carries such a plan, whatever the hydrology."""

from __future__ import annotations

from waterbal.capacity.question import Limit, Question

SAID = 1.0
"""Probability that such a plan is more than is carried: told by the limit, not counted in records [-]."""


def broken(question: Question) -> tuple[Limit, ...]:
    """Return the limits that are not water and that the plan itself breaks: roofs, densities, floors.

    Parameters
    ----------
    question : Question
        With the plan of its horizon.
    """
    plan = {id: float(driver.at(1.0)) for id, driver in question.drivers.items()}
    return tuple(limit for limit in question.limits if limit.breaks(plan))


def names(limits: tuple[Limit, ...], language: str) -> str:
    """Name limits in ``zh`` or ``en``; empty if there are none."""
    return ("、" if language == "zh" else ", ").join(str(getattr(limit.name, language)) for limit in limits)
