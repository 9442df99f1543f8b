"""Industry (工业): value added x use per value."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from waterbal.model.base import Strict, Year
from waterbal.model.context import Context
from waterbal.model.elements.demands.base import Demand
from waterbal.model.quantities import FixedIntensity, FixedShare, Intensity, ValueAdded
from waterbal.model.rows import Floats


class Path(Strict):
    """Path of the intensity: w(n) = max(floor, w0 (1 - decline)^n), n years after the first."""

    from_: Year = Field(alias="from")
    """Planning year of ``initial``."""
    initial: FixedIntensity
    """w0 [m3/1e4 yuan]."""
    decline: FixedShare
    """Decline of a year [-]."""
    floor: FixedIntensity | None = None
    """Best practice below which it does not fall [m3/1e4 yuan]."""

    def at(self, context: Context) -> Floats:
        """Intensity; ndarray (time) [m3/1e4 yuan]."""
        years = np.maximum(0, context.axis.planning_year - self.from_)
        path = self.initial.scalar() * (1.0 - self.decline.scalar()) ** years
        return path if self.floor is None else np.maximum(self.floor.scalar(), path)


class Use(Strict):
    """Use per value added."""

    number: Intensity | None = None
    """Constant or by year [m3/1e4 yuan]."""
    path: Path | None = None
    """Declining path."""

    def unwritten(self) -> tuple[str, ...]:
        """Name the fields that are told apart by form."""
        return "number", "path"

    def at(self, context: Context) -> Floats:
        """Intensity; ndarray (time) [m3/1e4 yuan]."""
        if self.path is not None:
            return self.path.at(context)
        assert self.number is not None
        return context.at(self.number)


def _use(raw: Any) -> Any:
    """Tell a path from a number."""
    if isinstance(raw, dict) and "decline" in raw:
        return {"path": raw}
    return {"number": raw}


class Industry(Demand):
    """Industry: value added x intensity x share, gross at the plant's intake.

    The published intensity (万元工业增加值用水量) counts fresh intake with its losses; neither leakage nor the
    internal reuse rate is applied on top.
    """

    type: Literal["industry"]
    value_added: ValueAdded | None = None
    """Industrial value added at the prices of the intensity [1e8 yuan]."""
    intensity: Annotated[Use, BeforeValidator(_use, json_schema_input_type=Intensity | Path)] | None = None
    """Use per value added: number, by year, or ``{from, initial, decline, floor}`` [m3/1e4 yuan]."""

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("value_added", "intensity"), ()

    def driven_need(self, context: Context) -> Floats:
        """Value added x intensity; ndarray (time) [1e4 m3]."""
        assert self.value_added is not None and self.intensity is not None
        annual = context.at(self.value_added) * self.intensity.at(context)
        return annual / context.year_days * context.axis.days * context.profile(self.profile)
