"""Capacities as one dataset: every scenario and direction with what binds, the plan, the probability, the relief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from waterbal.capacity.dataset_details import Details, attributes, put_details
from waterbal.capacity.dataset_plan import put_plan
from waterbal.capacity.plan_limits import SAID, broken
from waterbal.capacity.question import UDUNITS, UNITS
from waterbal.capacity.search import STATUS, Found
from waterbal.capacity.survey import Answer, exceedance, plan_holds
from waterbal.capacity.trial import MINIMUM_FLOW
from waterbal.model.base import Label

if TYPE_CHECKING:
    import xarray as xr

NOT_SOUGHT = -1
"""Code beside those of ``STATUS`` for directions along which records were not judged alone."""
CONFIDENCE = 0.95
"""Confidence of the interval of a probability."""


__all__ = ["Details", "build"]


def build(
    answers: Sequence[Answer], scenarios: Mapping[str, Any], details: Details | None = None
) -> xr.Dataset:
    """Put answers into one dataset.

    Parameters
    ----------
    answers : sequence of Answer
        One per scenario, all with the same drivers, directions and requirements.
    scenarios : mapping
        Coordinates of the scenarios.
    details : Details, optional
        Binding limits and relief of one of them.

    Returns
    -------
    Dataset (scenario, direction, driver, ...)
    """
    import xarray as xr

    first = answers[0]
    directions = list(first.found)
    drivers = list(first.question.drivers)
    found = xr.Dataset(coords=dict(scenarios))
    found = found.assign_coords(
        _names("direction", directions, {d: first.question.directions[d].name for d in directions})
    )
    found = found.assign_coords(
        _names("driver", drivers, {d: first.question.drivers[d].name for d in drivers})
    )
    kinds = [UNITS[first.question.drivers[d].kind] for d in drivers]
    found = found.assign_coords(driver_units_id=("driver", kinds, {"long_name": "unit of amounts"}))

    def put(name: str, dims: tuple[str, ...], values: Any, en: str, zh: str, **attributes: Any) -> None:
        told = {"long_name": en, "long_name_zh": zh, **attributes}
        if "units" not in told and "flag_values" not in told and np.asarray(values).dtype.kind in "fi":
            told["units"] = "1"
        found[name] = xr.Variable(dims, np.asarray(values), told)

    def each(value: Any) -> Any:
        return [[value(answer.found[d]) for d in directions] for answer in answers]

    grid = ("scenario", "direction")
    put(
        "capacity_scale",
        grid,
        each(lambda f: f.scale),
        "largest scale of the plan at which everything holds, and at every smaller one that the limits allow",
        "承载规模（规划倍数）",
    )
    put(
        "capacity_status",
        grid,
        np.array(each(lambda f: f.status), dtype=np.int8),
        "how the search ended",
        "搜索结果",
        flag_values=np.arange(len(STATUS), dtype=np.int8),
        flag_meanings=" ".join(STATUS),
    )
    put(
        "capacity_fails",
        grid,
        each(lambda f: f.fails),
        "smallest scale above it that fails",
        "其上最小的失效规模",
    )
    put(
        "capacity_non_monotone",
        grid,
        np.array(each(lambda f: f.non_monotone), dtype=np.int8),
        "whether something larger holds beyond a failure",
        "是否非单调",
        flag_values=np.array([0, 1], dtype=np.int8),
        flag_meanings="no yes",
    )
    put(
        "capacity_alternate",
        grid,
        each(lambda f: f.alternate),
        "largest scale seen to hold beyond a failure",
        "失效以上仍成立的最大规模",
    )
    put(
        "binding_requirement_id",
        grid,
        [[_requirement(a, d) for d in directions] for a in answers],
        "requirement that fails first; empty where none was seen",
        "最先失效的要求",
    )
    for language in ("zh", "en"):
        put(
            f"binding_requirement_name_{language}",
            grid,
            [[_requirement_name(a, d, language) for d in directions] for a in answers],
            "who it is that a requirement fails for",
            "失效的用户",
        )
        put(
            f"binding_limit_name_{language}",
            grid,
            [[_limit_name(a, d, language) for d in directions] for a in answers],
            "name of the limit that is not water",
            "非水约束名称",
        )
    put(
        "binding_realization",
        grid,
        np.array(each(lambda f: f.realization), dtype=np.int32),
        "record in which it is missed most",
        "失效样本",
    )
    put(
        "binding_date_id",
        grid,
        [[_date(a, a.found[d]) for d in directions] for a in answers],
        "first day of the first step in which water is short in the year, or step, in which it is first missed",
        "失效时段",
    )
    put(
        "binding_limit_id",
        grid,
        [[_limit(a, d) for d in directions] for a in answers],
        "limit that is not water and that bounds the scale",
        "非水约束",
    )
    put(
        "capacity_amount",
        (*grid, "driver"),
        [[_amounts(a, d, drivers) for d in directions] for a in answers],
        "amount of every driver at the capacity",
        "承载规模（数量）",
        comment="in the unit of the driver",
    )
    plan = [[float(a.question.drivers[d].at(1.0)) for d in drivers] for a in answers]
    put(
        "plan_amount",
        ("scenario", "driver"),
        plan,
        "amount of every driver at plan",
        "规划规模",
        comment="in the unit of the driver",
    )
    for k, driver in enumerate(drivers):
        if driver in directions:
            values = [_amounts(a, driver, drivers)[k] for a in answers]
            put(
                f"capacity_{driver}",
                ("scenario",),
                values,
                f"most {first.question.drivers[driver].name.en} with all others at plan",
                f"单项极限：{first.question.drivers[driver].name.zh}",
                units=UDUNITS[kinds[k]],
                comment=f"in {kinds[k]}",
            )
    put(
        "naive_scale",
        ("scenario",),
        [a.naive for a in answers],
        "scale by the formula supply / need with the mix frozen",
        "经验公式规模（可供水量/综合用水定额）",
    )
    put(
        "mean_need",
        ("scenario",),
        [a.need for a in answers],
        "mean yearly need at plan",
        "规划年需水量",
        units="1e4 m3 year-1",
    )
    put(
        "mean_supply",
        ("scenario",),
        [a.supply for a in answers],
        "water available: mean yearly supply if needs were far above the plan",
        "可供水量：需水远大于规划时的多年平均供水量",
        units="1e4 m3 year-1",
    )
    probabilities = [[_probability(a, d) for d in directions] for a in answers]
    put(
        "exceedance_probability",
        grid,
        [[p for p, _, _ in row] for row in probabilities],
        "share of records in which the plan is more than is carried; 1 where it breaks a limit that is not water",
        "规划超过承载力的概率",
    )
    put_plan(put, answers, directions)
    put(
        "exceedance_low",
        grid,
        [[low for _, low, _ in row] for row in probabilities],
        "lower end of its 95 % interval (Clopper and Pearson 1934)",
        "概率下限（95 %）",
    )
    put(
        "exceedance_high",
        grid,
        [[high for _, _, high in row] for row in probabilities],
        "upper end of its 95 % interval (Clopper and Pearson 1934)",
        "概率上限（95 %）",
    )
    put(
        "plan_holds",
        ("scenario", "direction", "realization"),
        np.array([[plan_holds(a, d) for d in directions] for a in answers], dtype=np.int8),
        "whether a record carries the plan: every requirement that counts is met, and the plan breaks no limit",
        "规划在该样本下是否成立",
        flag_values=np.array([0, 1], dtype=np.int8),
        flag_meanings="no yes",
    )
    put(
        "planning_year",
        ("scenario",),
        np.array([a.planning_year for a in answers], dtype=np.int32),
        "planning year",
        "水平年",
    )
    put(
        "trial_members",
        ("scenario",),
        np.array([a.runs for a in answers], dtype=np.int64),
        "members simulated in the search",
        "试算成员数",
    )
    put(
        "trial_steps",
        ("scenario",),
        np.array([a.steps for a in answers], dtype=np.int64),
        "steps simulated in the search",
        "试算时段数",
    )
    put(
        "same_as_id",
        ("scenario",),
        [a.same_as for a in answers],
        "scenario with the same numbers throughout, whose answers these are",
        "数值完全相同的方案",
    )
    if first.alone:
        along = [d for d in directions if d in first.alone]
        scales = [
            [
                [f.scale for f in a.alone[d]] if d in along else [np.nan] * a.plan.holds.size
                for d in directions
            ]
            for a in answers
        ]
        put(
            "capacity_scale_alone",
            (*grid, "realization"),
            scales,
            "capacity of each record judged alone",
            "单样本承载规模",
        )
        put(
            "capacity_status_alone",
            (*grid, "realization"),
            np.array(
                [
                    [
                        [f.status for f in a.alone[d]] if d in along else [NOT_SOUGHT] * a.plan.holds.size
                        for d in directions
                    ]
                    for a in answers
                ],
                dtype=np.int8,
            ),
            "how the search of each record judged alone ended",
            "单样本搜索结果",
            flag_values=np.arange(NOT_SOUGHT, len(STATUS), dtype=np.int8),
            flag_meanings=" ".join(("not_sought", *STATUS)),
        )
    if details is not None:
        put_details(put, found, details)
        found = found.assign_attrs(attributes(details))
    return found


def _requirement(answer: Answer, direction: str) -> str:
    item = answer.found[direction].item
    if item == MINIMUM_FLOW:
        return "minimum flow"
    return answer.question.requirements[item].id if item >= 0 else ""


def _requirement_name(answer: Answer, direction: str, language: str) -> str:
    id = _requirement(answer, direction)
    return str(getattr(answer.question.names[id], language)) if id in answer.question.names else ""


def _limit_name(answer: Answer, direction: str, language: str) -> str:
    id = _limit(answer, direction)
    return next(
        (str(getattr(limit.name, language)) for limit in answer.question.limits if limit.id == id), id
    )


def _probability(answer: Answer, direction: str) -> tuple[float, float, float]:
    """Return the probability that the plan is more than is carried, and its interval; nan if it is not known."""
    if broken(answer.question):
        return SAID, SAID, SAID
    counted = exceedance(answer, direction)
    if counted is None:
        return np.nan, np.nan, np.nan
    missed, count = counted
    interval = binomtest(missed, count).proportion_ci(CONFIDENCE, "exact")
    return missed / count, float(interval.low), float(interval.high)


def _names(dim: str, ids: Sequence[str], names: Mapping[str, Label]) -> dict[str, Any]:
    """Name what a dimension counts."""
    return {
        f"{dim}_id": (dim, list(ids), {"long_name": f"{dim} id"}),
        f"{dim}_name_zh": (
            dim,
            [names[id].zh if id in names else id for id in ids],
            {"long_name": f"{dim} name in Chinese"},
        ),
        f"{dim}_name_en": (
            dim,
            [names[id].en if id in names else id for id in ids],
            {"long_name": f"{dim} name in English"},
        ),
    }


def _date(answer: Answer, found: Found) -> str:
    return "" if found.short < 0 else str(answer.axis.start[found.short].astype("datetime64[D]"))


def _limit(answer: Answer, direction: str) -> str:
    """Name the limit that is not water and that a search ran into."""
    found = answer.found[direction]
    low, below, high, above = answer.question.room(direction)
    if STATUS[found.status] == "limited" or high < low:
        return above
    return below if STATUS[found.status] == "infeasible_at_zero" and low > 0.0 else ""


def _amounts(answer: Answer, direction: str, drivers: Sequence[str]) -> list[float]:
    found = answer.found[direction]
    if not np.isfinite(found.scale):
        return [np.nan] * len(drivers)
    amounts = answer.question.amounts(direction, found.scale)
    return [amounts[d] for d in drivers]
