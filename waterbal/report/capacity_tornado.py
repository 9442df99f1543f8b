"""Tables of what uncertain inputs do to capacities, one at a time, with the ranges and where they come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.capacity_extras import table, texts
from waterbal.report.capacity_words import CAPACITY, UNIT_WORDS, say
from waterbal.results.terms import in_units

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def asked(found: xr.Dataset) -> bool:
    """Tell whether inputs were moved over their ranges."""
    return "sensitivity_input_swing" in found


def complete(found: xr.Dataset) -> bool:
    """Tell whether a result has all that the tables are made from; an older waterbal wrote less."""
    return all(name in found for name in NEEDED) and all(name in found.attrs for name in ATTRIBUTES)


def tables(found: xr.Dataset, language: str) -> list[Table]:
    """Make a table for every direction along which inputs were moved; none where that is not in the result."""
    if not complete(found):
        return []
    attrs = found.attrs
    ends = [found[f"sensitivity_input_at_{end}"].values for end in ("low", "high")]
    moves = found["sensitivity_input_moves_plan"].values.astype(bool)
    nominal = float(attrs["sensitivity_nominal"])
    direction, driver = str(attrs["sensitivity_direction"]), str(attrs["sensitivity_driver"])
    made = [_table(found, language, direction, driver, nominal, ends, moves, ranges=True)]
    others = texts(found, "sensitivity_other") if "sensitivity_other" in found else []
    for k, other in enumerate(others):
        own = [found[f"sensitivity_other_at_{end}"].values[k] for end in ("low", "high")]
        made.append(
            _table(
                found, language, other, texts(found, "sensitivity_other_driver")[k],
                float(found["sensitivity_other_nominal"].values[k]), own,
                found["sensitivity_other_moves_plan"].values[k].astype(bool), ranges=False,
            )
        )  # fmt: skip
    return made


def notes(found: xr.Dataset, language: str) -> list[str]:
    """Say what the numbers of the tables rest on, or why there are none; nothing where they were not asked for."""
    if not asked(found):
        return []
    if not complete(found):
        return [say("tornado_older", language)]
    attrs = found.attrs
    told = [
        say(
            "tornado_note", language, count=int(attrs.get("realizations", 1)), years=int(attrs.get("record_years", 0)),
            tolerance=f"{float(attrs['sensitivity_tolerance']):g}",
        )
    ]  # fmt: skip
    if found["sensitivity_input_moves_plan"].values.any():
        told.append(say("tornado_moves_plan", language))
    return told


def _table(
    found: xr.Dataset, language: str, direction: str, driver: str, nominal: float,
    ends: Sequence[np.ndarray], moves: np.ndarray, *, ranges: bool,
) -> Table:  # fmt: skip
    """Make the table of one direction, the largest swing first, inputs that move the plan at its end."""
    unit = _unit(found, driver, language)
    names = dict(zip(texts(found, "direction_id"), texts(found, f"direction_name_{language}"), strict=True))
    title = say(
        "title_tornado_of", language, direction=names.get(direction, direction), year=_year(found),
        nominal=_nominal(nominal, unit, language),
        count=int(found.attrs.get("realizations", 1)),
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
    swing = np.where(ends[0] == ends[1], 0.0, np.abs(ends[1] - ends[0]))
    order = sorted(range(len(labels)), key=lambda k: (moves[k], -swing[k]))
    leading = [k for k in order if not moves[k] and swing[k] > 0.0][:LEADING]
    for k in order:
        row = [str(leading.index(k) + 1) if k in leading else "", labels[k]]
        row += [_range(found, k, language)] if ranges else []
        row += [_value(float(end[k]), unit, language) for end in ends]
        row.append(
            say("not_comparable", language)
            if moves[k]
            else _value(float(swing[k]), unit, language, swing=True)
        )
        row += [f"{effects[k]:.4g}"] if effects is not None else []
        row += [_source(found, k, language)] if ranges else []
        made.add_row(*row)
    return made


def _unit(found: xr.Dataset, driver: str, language: str) -> str:
    """Give the unit of what grows; empty where several drivers do."""
    ids = texts(found, "driver_id")
    if driver not in ids:
        return ""
    return getattr(UNIT_WORDS[texts(found, "driver_units_id")[ids.index(driver)]], language)


def _year(found: xr.Dataset) -> int:
    """Give the planning year of the baseline."""
    ids, baseline = texts(found, "scenario_id"), str(found.attrs.get("baseline", ""))
    return int(found["planning_year"].values[ids.index(baseline) if baseline in ids else -1])


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


def _range(found: xr.Dataset, k: int, language: str) -> str:
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


def _source(found: xr.Dataset, k: int, language: str) -> str:
    """Tell grade and source of a range."""
    told = _told(found, k)
    own = say(f"grade_{told['grade']}", language) if f"grade_{told['grade']}" in CAPACITY else told["grade"]
    source = told["source"]
    return f"{own}: {source}" if source else own
