"""Tables of what uncertain inputs do to capacities, one at a time, with the ranges and where they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.required import counted
from waterbal.model.rows import Floats
from waterbal.report.capacity_extras import table, texts
from waterbal.report.capacity_words import CAPACITY, UNIT_WORDS, say
from waterbal.results.metrics import Bools
from waterbal.results.terms import in_units

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

LEADING = 3
"""Inputs with the largest swing that are numbered."""
NEEDED = ("sensitivity_input_swing", "sensitivity_input_at_low", "sensitivity_input_at_high", "sensitivity_input_low",
          "sensitivity_input_high", "sensitivity_input_moves_plan", "sensitivity_factor_name",
          "sensitivity_factor_name_zh")  # fmt: skip
"""Variables that a table is made from."""
ATTRIBUTES = (
    "sensitivity_direction",
    "sensitivity_driver",
    "sensitivity_nominal",
    "sensitivity_ranges",
    "sensitivity_tolerance",
)
"""Attributes that a table is made from."""


@dataclass(frozen=True)
class Swings:
    """What uncertain inputs do along one direction, one at a time."""

    direction: str
    driver: str
    """What grows alone; empty where several do."""
    nominal: float
    """Capacity with all inputs as they are [unit of the driver, or multiple of the plan]."""
    at_low: Floats
    """Capacity with an input at the low end of its range, ndarray (factor)."""
    at_high: Floats
    moves_plan: Bools
    """Whether an input changes the plan that capacities are multiples of, ndarray (factor)."""
    error: float
    """Largest error of a capacity as the search allows it, in its unit."""
    first: bool
    """Whether it is the direction that is told in detail."""

    @property
    def swing(self) -> Floats:
        """Distance of both ends, ndarray (factor); infinite where one has no limit."""
        apart = self.at_low != self.at_high
        return np.abs(np.subtract(self.at_high, self.at_low, out=np.zeros(apart.shape), where=apart))

    @property
    def order(self) -> list[int]:
        """Places of the inputs, the largest swing first, those that move the plan at the end."""
        swing = self.swing
        return sorted(range(len(swing)), key=lambda k: (self.moves_plan[k], -swing[k]))

    @property
    def leading(self) -> list[int]:
        """Places of the inputs that matter most, of those that make more than the search may err."""
        swing = self.swing
        return [k for k in self.order if not self.moves_plan[k] and swing[k] > self.error][:LEADING]


def asked(found: xr.Dataset) -> bool:
    """Tell whether inputs were moved over their ranges."""
    return "sensitivity_input_swing" in found


def complete(found: xr.Dataset) -> bool:
    """Tell whether a result has all that the tables are made from; an older waterbal wrote less."""
    return all(name in found for name in NEEDED) and all(name in found.attrs for name in ATTRIBUTES)


def along(found: xr.Dataset) -> list[Swings]:
    """List what inputs do along every direction along which they were moved; none if the result does not tell it."""
    if not complete(found):
        return []
    attrs = found.attrs
    low, high = (found[f"sensitivity_input_at_{end}"].values for end in ("low", "high"))
    moves = found["sensitivity_input_moves_plan"].values.astype(bool)
    direction, driver = str(attrs["sensitivity_direction"]), str(attrs["sensitivity_driver"])
    nominal, error = float(attrs["sensitivity_nominal"]), _error(found, driver)
    told = [Swings(direction, driver, nominal, low, high, moves, error, first=True)]
    others = texts(found, "sensitivity_other") if "sensitivity_other" in found else []
    for k, other in enumerate(others):
        low, high = (found[f"sensitivity_other_at_{end}"].values[k] for end in ("low", "high"))
        moves = found["sensitivity_other_moves_plan"].values[k].astype(bool)
        driver = texts(found, "sensitivity_other_driver")[k]
        nominal = float(found["sensitivity_other_nominal"].values[k])
        told.append(Swings(other, driver, nominal, low, high, moves, _error(found, driver), first=False))
    return told


def _error(found: xr.Dataset, driver: str) -> float:
    """Return the error of a capacity as the search allows it, in the unit of what grows."""
    share, ids = float(found.attrs["sensitivity_tolerance"]), texts(found, "driver_id")
    if driver not in ids:
        return share
    return share * float(found["plan_amount"].values[baseline(found), ids.index(driver)])


def tables(found: xr.Dataset, language: str) -> list[Table]:
    """Make a table for every direction along which inputs were moved; none where that is not in the result."""
    return [_table(found, language, swings) for swings in along(found)]


def notes(found: xr.Dataset, language: str) -> list[str]:
    """Say what the numbers of the tables rest on, or why there are none; nothing where they were not asked for."""
    if not asked(found):
        return []
    if not complete(found):
        return [say("tornado_older", language)]
    attrs = found.attrs
    count, years = int(attrs.get("realizations", 1)), int(attrs.get("record_years", 0))
    told = [
        say(
            "tornado_note", language, count=count, years=years, records=counted(count, "record"),
            span=counted(years, "year"),
            tolerance=f"{float(attrs['sensitivity_tolerance']):g}",
        )
    ]  # fmt: skip
    if any(swings.moves_plan.any() for swings in along(found)):
        told.append(say("tornado_moves_plan", language))
    return told


def direction_name(found: xr.Dataset, direction: str, language: str) -> str:
    """Return the name of a direction; its id where it has none."""
    names = dict(zip(texts(found, "direction_id"), texts(found, f"direction_name_{language}"), strict=True))
    return names.get(direction, direction)


def _table(found: xr.Dataset, language: str, swings: Swings) -> Table:
    """Make the table of one direction; ranges are told once, with the first."""
    unit, ranges = unit_of(found, swings.driver, language), swings.first
    count = int(found.attrs.get("realizations", 1))
    title = say(
        "title_tornado_of", language, direction=direction_name(found, swings.direction, language),
        year=int(found["planning_year"].values[baseline(found)]), nominal=_nominal(swings.nominal, unit, language),
        count=count, records=counted(count, "record"),
    )  # fmt: skip
    columns = [("", "left"), (say("input", language), "left")]
    columns += [(say("range", language), "right")] if ranges else []
    columns += [(say(key, language), "right") for key in ("at_low", "at_high", "swing")]
    effects = (
        found["sensitivity_input_effect"].values if ranges and "sensitivity_input_effect" in found else None
    )
    columns += [("μ*", "right")] if effects is not None else []
    columns += [(say("range_source", language), "left")] if ranges else []
    made = table(title, columns)
    labels = texts(found, "sensitivity_factor_name_zh" if language == "zh" else "sensitivity_factor_name")
    leading, swing = swings.leading, swings.swing
    for k in swings.order:
        row = [str(leading.index(k) + 1) if k in leading else "", labels[k]]
        row += [range_of(found, k, language)] if ranges else []
        row += [_value(float(end[k]), unit, language) for end in (swings.at_low, swings.at_high)]
        row.append(
            say("not_comparable", language)
            if swings.moves_plan[k]
            else _value(float(swing[k]), unit, language, swing=True)
        )
        row += [f"{effects[k]:.4g}"] if effects is not None else []
        row += [source_of(found, k, language)] if ranges else []
        made.add_row(*row)
    return made


def unit_of(found: xr.Dataset, driver: str, language: str) -> str:
    """Give the unit of what grows; empty where several drivers do."""
    ids = texts(found, "driver_id")
    if driver not in ids:
        return ""
    return getattr(UNIT_WORDS[texts(found, "driver_units_id")[ids.index(driver)]], language)


def baseline(found: xr.Dataset) -> int:
    """Return the place of the baseline, the last where none is named."""
    ids, named = texts(found, "scenario_id"), str(found.attrs.get("baseline", ""))
    return ids.index(named) if named in ids else len(ids) - 1


def _value(value: float, unit: str, language: str, *, swing: bool = False) -> str:
    """Tell a capacity, or how the search ended."""
    if np.isinf(value):
        return say("no_limit", language)
    if value == 0.0 and not swing:
        return say("carries_none", language)
    return f"{value:,.4g}" if unit else f"{value:z.3f}"


def _nominal(value: float, unit: str, language: str) -> str:
    """Tell the capacity with all inputs as they are, with its unit."""
    told = _value(value, unit, language)
    if np.isinf(value) or value == 0.0:
        return told
    return in_units(told, unit) if unit else f"{told} {say('of_plan', language)}"


def _told(found: xr.Dataset, k: int) -> dict[str, str]:
    """Give unit, source and grade of a range."""
    ranges: list[dict[str, str]] = json.loads(found.attrs["sensitivity_ranges"])
    return ranges[k]


def range_of(found: xr.Dataset, k: int, language: str) -> str:
    """Tell the range of an input in the planning year."""
    low, high = (float(found[f"sensitivity_input_{end}"].values[k]) for end in ("low", "high"))
    return range_text(low, high, _told(found, k)["unit"], language)


def range_text(low: float, high: float, unit: str, language: str) -> str:
    """Tell a range, or a value where both ends are the same.

    Parameters
    ----------
    low, high : float [unit]
        Ends.
    unit : str
        As ``sensitivity_ranges`` has it: ``-`` for values without one, ``factor`` for multipliers of what the model
        has, ``quantile`` where there is no range of its own; empty in files of an older waterbal, which did not tell
        multipliers from values without a unit.
    language : str
        ``zh`` or ``en``.
    """
    if unit == "quantile":
        return say("no_range", language)
    written = f"{low:,.6g}" if low == high else f"{low:,.6g}–{high:,.6g}"
    return f"× {written}" if unit == "factor" else f"{written} {unit}".removesuffix(" -").strip()


def source_of(found: xr.Dataset, k: int, language: str) -> str:
    """Tell grade and source of a range."""
    told = _told(found, k)
    own = say(f"grade_{told['grade']}", language) if f"grade_{told['grade']}" in CAPACITY else told["grade"]
    source = told["source"]
    return f"{own}: {source}" if source else own
