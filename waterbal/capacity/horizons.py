"""Which axes of a study are planning years."""

from __future__ import annotations

from waterbal.scenarios.axes import Axis
from waterbal.scenarios.study import Study

PLANNING_YEAR = "time.planning_year"
"""Where a model has its planning year."""


def sets_year(axis: Axis) -> bool:
    """Tell whether the values of an axis are planning years.

    They are if any of them sets the year: one that does not is the year of the model.
    """
    return any(change.path == PLANNING_YEAR for value in axis.values for change in value.changes)


def horizon_axes(study: Study) -> tuple[Axis, ...]:
    """Return the axes of a study whose values are planning years, in the order of its file."""
    return tuple(axis for axis in study.axes if sets_year(axis))
