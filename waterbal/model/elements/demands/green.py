"""Watering of green space and washing of roads (绿化与道路浇洒)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.context import MM_KM2, Context
from waterbal.model.elements.demands.base import Demand
from waterbal.model.quantities import AnnualDepth, Area
from waterbal.model.rows import Floats


class Green(Demand):
    """Green space and roads: area x depth + road area x road depth, spread by the profile (GB 50282)."""

    type: Literal["green"]
    area: Area | None = None
    """Watered green area [km2]."""
    depth: AnnualDepth | None = None
    """Depth of a year on green [mm/yr]."""
    road_area: Area | None = None
    """Washed road area, with ``road_depth`` [km2]."""
    road_depth: AnnualDepth | None = None
    """Depth of a year on roads [mm/yr]."""

    @model_validator(mode="after")
    def _roads(self) -> Green:
        if (self.road_area is None) != (self.road_depth is None):
            raise ValueError(
                Message("road_area 与 road_depth 须同时给出", "road_area and road_depth belong together")
            )
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("area", "depth"), ("road_area", "road_depth")

    def driven_need(self, context: Context) -> Floats:
        """Green and roads; ndarray (time) [1e4 m3]."""
        assert self.area is not None and self.depth is not None
        annual = context.at(self.area) * context.at(self.depth)
        if self.road_area is not None and self.road_depth is not None:
            annual = annual + context.at(self.road_area) * context.at(self.road_depth)
        part = context.axis.days / context.year_days * context.profile(self.profile)
        return np.asarray(annual * MM_KM2 * part)
