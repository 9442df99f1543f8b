"""How likely a plan is more than is carried, from many more records than capacities are searched in.

A capacity takes dozens of trials of every record, the plan takes one, which ends where the record has lost. So the
probability is affordable where the distribution of the capacity is not. A plan that breaks a limit that is not water
takes none: it is more than is carried in every record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from waterbal.capacity.intervals import CONFIDENCE, TARGET, Interval, interval, more_needed
from waterbal.capacity.plan_limits import SAID, broken
from waterbal.capacity.trial import Ground, unsupported
from waterbal.errors import Issue, Message, UsageError

if TYPE_CHECKING:
    import xarray as xr


class Tried(NamedTuple):
    """What came of trying a plan."""

    failures: int
    """Records in which the plan fails."""
    records: int
    """Records; 0 where the plan breaks a limit that is not water, so that there was nothing to try."""


def check(records: int) -> None:
    """Refuse a number of records that is none.

    Raises
    ------
    UsageError
        If it is below 0.
    """
    if records < 0:
        raise UsageError(
            Issue(
                Message(f"{records} 个系列", f"{records} records"),
                "--risk-realizations",
                expected=Message("0 或更多", "0 or more"),
            )
        )


def overshoot(ground: Ground, direction: str) -> Tried | None:
    """Count the records in which the plan misses what counts along a direction, by one trial of each.

    Parameters
    ----------
    ground : Ground
        Scenario with its plan and the records.
    direction : str
        Its requirements count.

    Returns
    -------
    Tried or None
        None where a record alone cannot support what is required.
    """
    if broken(ground.question):
        return Tried(0, 0)
    judged = ground.question.judged(direction)
    counted = {item.id for item, own in zip(ground.question.requirements, judged, strict=True) if own}
    if counted & {issue.where for issue in unsupported(ground, alone=True)}:
        return None
    held = ground.at_plan(direction).holds[: ground.records]  # copies of a record are no sample
    return Tried(int((~held).sum()), int(held.size))


def dataset(direction: str, counts: Mapping[int, Tried], scenarios: int) -> xr.Dataset:
    """Return the probabilities of some scenarios as variables.

    Parameters
    ----------
    direction : str
        Along which requirements count.
    counts : mapping
        Position of a scenario -> what came of its plan.
    scenarios : int
        Scenarios of the result.

    Returns
    -------
    Dataset (scenario)
        Records, those that fail, share, interval of Clopper and Pearson (1934), and how many more records narrow it to
        ``TARGET`` to either side; nan and 0 in the scenarios that were not asked, probability 1 and no records in those
        whose plan breaks a limit that is not water.
    """
    import xarray as xr

    share, low, high = (np.full(scenarios, np.nan) for _ in range(3))
    size, failures, more = (np.zeros(scenarios, dtype=np.int32) for _ in range(3))
    for k, (missed, count) in counts.items():
        if count == 0:
            share[k] = low[k] = high[k] = SAID
            continue
        ends: Interval = interval(missed, count, CONFIDENCE)
        share[k], low[k], high[k] = missed / count, ends.low, ends.high
        size[k], failures[k], more[k] = count, missed, more_needed(missed, count, TARGET, CONFIDENCE)
    told: dict[str, tuple[Any, str, str]] = {
        "overshoot_probability": (
            share, "share of records in which the plan is more than is carried; 1 where it breaks a limit not of water",
            "规划超过承载力的概率",
        ),
        "overshoot_low": (low, "lower end of its 95 % interval (Clopper and Pearson 1934)", "概率下限（95 %）"),
        "overshoot_high": (high, "upper end of its 95 % interval (Clopper and Pearson 1934)", "概率上限（95 %）"),
        "overshoot_records": (size, "records that were tried at plan", "试算规划的水文样本数"),
        "overshoot_failures": (failures, "records in which the plan fails", "规划不成立的样本数"),
        "overshoot_more_needed": (
            more, f"further records that narrow the interval to {TARGET:g} to either side", "还需的样本数",
        ),
    }  # fmt: skip
    return xr.Dataset(
        {
            name: ("scenario", values, {"long_name": en, "long_name_zh": zh, "units": "1"})
            for name, (values, en, zh) in told.items()
        },
        attrs={"overshoot_direction": direction, "overshoot_target": TARGET},
    )
