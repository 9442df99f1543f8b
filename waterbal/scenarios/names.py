"""Names that results use themselves, which no axis and no sampled factor may have."""

from __future__ import annotations

import re
from functools import cache

_DIMENSIONS = (
    "scenario", "realization", "sample", "time", "year", "bnds", "zone", "sector", "district", "limit", "term",
    "level",
)  # fmt: skip
_OTHERS = (
    "series", "planning_year", "step_days", "time_bnds", "link_head", "link_tail", "term_side", "demand_zone",
    "demand_sector",
)  # fmt: skip
_OF_CAPACITIES = (
    "direction", "driver", "measure", "direction_factor", "driver_units_id", "plan_amount", "plan_holds",
    "plan_state", "through_plan", "limit_worth", "lowest_scale", "highest_scale", "naive_scale", "mean_need",
    "mean_supply", "same_as_id", "trial_members", "trial_steps",
)  # fmt: skip
"""What capacities have beside the results of runs."""
_LABELS = ("_id", "_name_zh", "_name_en")
_PATTERN = re.compile(
    r"(hydrology|yearly)_.*"
    r"|(capacity|sensitivity)_.*"  # also by driver and input
    r"|(frontier|pairs)_(alternative|driver|pair|plan|point)(_.*)?"
    r"|balances_(balance|condition|counted|driver|fit|gap|load|measure|order|origin|plan|probability|sector|water|when|zone)(_.*)?"
    r"|risk_(end|ensemble|exceedance|horizon|realization|safe)(_.*)?"
    r"|(bound|load)_(scale|simulated|worth|status|value|use|limit|band|element|gap|set|foresight|ratio)(_.*)?"
    r"|samples_(count|high|low|median|short)"
    r"|relief_(change|cost|lead_time|next|present|scale|status)(_.*)?"
    r"|(exceedance|overshoot)_(failures|high|low|more_needed|probability|records)"
    r"|(binding|plan_limit|lowest_limit)_(date|limit|realization|requirement|id|name)(_.*)?"
    r"|(length_|string)\d+"
)
"""Of the labels of realizations, of what is told of capacities, and of the dimensions of text."""


def is_result_name(name: str) -> bool:
    """Tell whether a dimension, coordinate or variable of results has this name, whatever is kept."""
    return name in _names() or _PATTERN.fullmatch(name) is not None


@cache
def _names() -> frozenset[str]:
    from waterbal.results.coordinates import ELEMENTS
    from waterbal.results.kept import STATUS_VARIABLE
    from waterbal.results.means import MEANS
    from waterbal.results.variables import PERFORMANCE, REGISTRY

    dimensions = {*_DIMENSIONS, *_OF_CAPACITIES, *ELEMENTS}
    variables = {variable.name for variable in (STATUS_VARIABLE, *PERFORMANCE, *MEANS)} | set(REGISTRY)
    labels = {dimension + label for dimension in dimensions for label in _LABELS}
    return frozenset(dimensions | variables | labels | set(_OTHERS))
