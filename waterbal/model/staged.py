"""Capacities that are built in stages, and capacities stated for the largest day."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Strict, Year
from waterbal.model.context import Context
from waterbal.model.quantities import PeakFactor, Rate
from waterbal.model.rows import Floats

ALWAYS = 1800
"""First year of a capacity without stages."""


class Stage(Strict):
    """Total capacity from a year on."""

    from_: Year = Field(alias="from")
    """First planning year in which it is there."""
    capacity: Rate
    """Total capacity from then on, not the addition [1e4 m3/d]."""

    def unwritten(self) -> tuple[str, ...]:
        """A capacity that was always there is written without stages."""
        return ("capacity",) if self.from_ == ALWAYS else ()


def _stages(raw: Any) -> Any:
    """Take a list of mappings as stages and everything else as one number that is always there."""
    if isinstance(raw, list) and raw and all(isinstance(part, dict) and "from" in part for part in raw):
        return raw
    return [{"from": ALWAYS, "capacity": raw}]


def _ordered(stages: list[Stage]) -> list[Stage]:
    """Refuse stages out of order."""
    years = [stage.from_ for stage in stages]
    if years != sorted(set(years)):
        raise ValueError(
            Message(
                "各阶段没有按年份排列",
                "the stages are not in order of years",
            )
        )
    return stages


Stages = Annotated[
    list[Stage],
    Field(min_length=1),
    BeforeValidator(_stages, json_schema_input_type=Rate | list[Stage]),
    AfterValidator(_ordered),
]
"""A rate, or a list of ``{from: year, capacity: rate}`` in order of years; before the first there is none."""

Basis = Literal["mean_day", "max_day"]
"""Whether a capacity holds for the mean day or for the largest day of a year."""


class Sized(Strict):
    """Something with a capacity that may be stated for the largest day.

    Works are sized for the day of largest use (GB 50282); over a step they carry ``capacity / peak_factor``.
    """

    basis: Basis = "mean_day"
    """``max_day`` if the capacity is that of the largest day; then ``peak_factor`` is needed."""
    peak_factor: PeakFactor | None = None
    """Largest day over mean day (日变化系数) [-]."""

    @model_validator(mode="after")
    def _peak(self) -> Self:
        if (self.basis == "max_day") != (self.peak_factor is not None):
            raise ValueError(
                Message(
                    "basis: max_day 与 peak_factor 须同时给出",
                    "basis: max_day and peak_factor belong together",
                )
            )
        return self

    def mean_day(self, stages: list[Stage], context: Context) -> Floats:
        """Capacity of each step; ndarray (time) [1e4 m3]."""
        peak = self.peak_factor.scalar() if self.basis == "max_day" and self.peak_factor else 1.0
        return staged(stages, context) / peak * context.axis.days


def staged(stages: list[Stage], context: Context) -> Floats:
    """Capacity that is there; ndarray (time) [1e4 m3/d]."""
    rate = np.zeros(context.axis.size)
    for stage in stages:
        there = context.axis.planning_year >= stage.from_
        rate = np.where(there, context.at(stage.capacity), rate)
    return rate
