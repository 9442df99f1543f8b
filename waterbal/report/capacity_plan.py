"""What a dataset of capacities says of the plan itself and of how it was searched; older files say less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.report.capacity_extras import text_at
from waterbal.report.capacity_words import say

if TYPE_CHECKING:
    import xarray as xr

PLAN = 1.0
"""Scale of the plan [-]."""
PRINTED = 1e-3
"""Scales are printed to so much [-]; of a coarser search is told how coarse it is."""
HOLDS = 1
"""Flag of ``plan_state``."""


class Plan:
    """The plan of every scenario against its limits, and how closely and widely scales were tried."""

    def __init__(self, found: xr.Dataset, language: str) -> None:
        """Keep the dataset and the language."""
        self._found, self._language = found, language

    def limits(self, scenario: int) -> str:
        """Name the limits that are not water and that the plan breaks; empty if there are none."""
        name = f"plan_limit_name_{self._language}"
        return text_at(self._found, name, scenario) if name in self._found else ""

    def limit_ids(self, scenario: int) -> list[str]:
        """Return the ids of the same limits."""
        known = "plan_limit_id" in self._found
        return text_at(self._found, "plan_limit_id", scenario).split() if known else []

    def holds(self, scenario: int, direction: int) -> bool | None:
        """Tell whether the plan holds in all records together; None where that was not tried."""
        state = self._value("plan_state", scenario, direction)
        return None if np.isnan(state) or state < 0 else state == HOLDS

    def on(self, direction: int) -> bool:
        """Tell whether scale 1 of a direction is the plan, so that a scale can be set against it."""
        return "through_plan" not in self._found or bool(self._found["through_plan"].values[direction])

    def proportions(self, direction: int) -> str:
        """Tell how fast drivers grow along a direction beside the fastest."""
        factors = self._found["direction_factor"].values[direction]
        names = self._found[f"driver_name_{self._language}"].values
        told = [
            f"{name} {factor:g}" for name, factor in zip(names, factors, strict=True) if not np.isnan(factor)
        ]
        return ("、" if self._language == "zh" else ", ").join(told)

    def growing(self, direction: int) -> list[str]:
        """Name the drivers that grow along a direction by their ids."""
        if "direction_factor" not in self._found:
            return []
        ids = self._found["driver_id"].values.astype(str)
        return [str(id) for id in ids[~np.isnan(self._found["direction_factor"].values[direction])]]

    def fastest(self, direction: int) -> str:
        """Name the drivers that grow fastest along a direction, whose multiple of the plan its scale is."""
        if "direction_factor" not in self._found:
            return ""
        factors = self._found["direction_factor"].values[direction]
        names = self._found[f"driver_name_{self._language}"].values.astype(str)
        told = [str(name) for name in names[factors == np.nanmax(factors)]]
        return ("、" if self._language == "zh" else ", ").join(told)

    def lowest(self, scenario: int, direction: int) -> float:
        """Return the smallest scale that the limits leave [-]; 0 where none asks for more."""
        return max(np.nan_to_num(self._value("lowest_scale", scenario, direction)), 0.0)

    def _value(self, name: str, scenario: int, direction: int) -> float:
        return float(self._found[name].values[scenario, direction]) if name in self._found else np.nan

    def lowest_limit(self, scenario: int, direction: int) -> str:
        """Name the limit that asks for the smallest scale."""
        name = f"lowest_limit_name_{self._language}"
        return text_at(self._found, name, scenario, direction) if name in self._found else ""

    def no_room(self, scenario: int, direction: int, limit: str) -> str:
        """Say that the limits leave no scale at all; empty where they leave some.

        Parameters
        ----------
        scenario, direction : int
            Place.
        limit : str
            Name of the limit that leaves none, alone or with a floor.
        """
        highest = self._value("highest_scale", scenario, direction)
        if not highest < self.lowest(scenario, direction):
            return ""
        floor = self.lowest_limit(scenario, direction)
        key = "no_room_both" if floor and highest >= 0.0 else "no_room"
        return say(key, self._language, limit=limit, floor=floor)

    def coarse(self, *, percent: bool = False) -> str:
        """Tell by how much a scale may be larger where the search was coarser than what is printed; else nothing."""
        tolerance = float(self._found.attrs.get("search_tolerance", PRINTED))
        if not tolerance > PRINTED:
            return ""
        return f" (+{100 * tolerance:g} %)" if percent else f" (+{tolerance:g})"

    def headroom(self, scenario: int, direction: int, scale: float, *, exact: bool) -> str:
        """Tell by how much a scale is above or below the plan, and where the plan itself says otherwise.

        Parameters
        ----------
        scenario, direction : int
            Place.
        scale : float
            Scale that is carried [-].
        exact : bool
            Whether a limit ends it, so that it does not hang on how closely was searched.
        """
        if not np.isfinite(scale):
            return ""
        if self.limits(scenario) and scale >= PLAN:
            return say("plan_breaks", self._language, limits=self.limits(scenario))
        if not self.on(direction):
            return say("off_plan", self._language)
        room = f"{100.0 * (scale - PLAN):+z.1f} %{'' if exact else self.coarse(percent=True)}"
        if scale < PLAN and self.holds(scenario, direction):
            return say("room_plan_holds", self._language, room=room)
        return room

    def search_notes(self) -> list[str]:
        """Say where scales between those of the search were not looked at, and where it was coarse."""
        attrs: dict[str, Any] = dict(self._found.attrs)
        told = []
        if int(attrs.get("search_audit_below", 1)) == 0:
            told.append(say("no_audit", self._language))
        if self.coarse():
            told.append(
                say("coarse", self._language, tolerance=f"{100 * float(attrs['search_tolerance']):g} %")
            )
        return told
