"""Frontiers, risks and sensitivities as datasets for NetCDF."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from waterbal.capacity.frontier import Frontier, Point
from waterbal.capacity.plan_limits import names
from waterbal.capacity.question import UNITS
from waterbal.capacity.risk import Risk
from waterbal.capacity.search import STATUS
from waterbal.capacity.sensitivity import Indices, Screening, table
from waterbal.capacity.tornado import Tornado

ALTERNATIVES = "alternatives, never simultaneous"
"""What the maxima of single drivers are."""
FLAGS: dict[str, Any] = {
    "flag_values": np.arange(len(STATUS), dtype=np.int8),
    "flag_meanings": " ".join(STATUS),
}
"""What the codes of how a search ended mean."""
ENDED = {
    "low": ("how the search at the lower end ended", "下限时的搜索结果"),
    "high": ("how the search at the upper end ended", "上限时的搜索结果"),
}
"""End of a range -> words for how its search ended."""
OVER_ALL = ("first", "delta", "effect", "effect_error", "effect_spread")
"""Measures of all inputs together."""
MEASURED = (
    "of the amount of the driver that grows; where several grow, of the multiple of the plan with every input as it "
    "is, in the proportions of that plan also where an input changes the plan"
)
"""What measures of all inputs together are measures of."""
_KINDS = {
    "point": ("along rays", "沿射线"),
    "alternative": (
        "each driver alone, others at plan; " + ALTERNATIVES,
        "单项极限（其余按规划），不可同时达到",
    ),
    "plan": ("along the ray through each plan", "沿规划点所在射线"),
}
"""Dimension of points -> what they are."""


def frontier_dataset(found: Frontier) -> xr.Dataset:
    """Return a frontier as variables over points, drivers, alternatives and plans.

    Parameters
    ----------
    found : Frontier
        The frontier.

    Returns
    -------
    Dataset (point, alternative, plan, driver)
        Amounts of all drivers, in the unit that ``driver_unit`` states, scales, statuses and what binds.
    """
    drivers = found.question.drivers
    groups = {
        "point": list(found.points),
        "alternative": list(found.alternatives.values()),
        "plan": [plan.point for plan in found.plans.values()],
    }
    variables: dict[str, Any] = {}
    for kind, points in groups.items():
        if points:
            variables |= _variables(kind, points, list(drivers))
    variables["point_dominated"] = (
        "point",
        np.array([point.dominated for point in found.points], dtype=np.int8),
        _attributes("another point has more of one driver and no less of any", "被其他点支配"),
    )
    variables["point_raised"] = (
        "point",
        np.array([point.raised for point in found.points], dtype=np.int8),
        _attributes(
            "another point has more of every driver though water stops this one",
            "其他点各项均更大（回用等反馈）",
        ),
    )
    if found.plans:
        plans = list(found.plans.values())
        variables["plan_place"] = (
            "plan",
            np.array([plan.place for plan in plans]),
            _attributes("where the plan lies", "规划点位置"),
        )
        variables["plan_amount"] = (
            ("plan", "driver"),
            np.array([[plan.amounts[id] for id in drivers] for plan in plans]),
            _attributes("amounts of the plan", "规划规模"),
        )
    coordinates: dict[str, Any] = {
        "driver": list(drivers),
        "driver_name": ("driver", [driver.name.en for driver in drivers.values()]),
        "driver_name_zh": ("driver", [driver.name.zh for driver in drivers.values()]),
        "driver_unit": ("driver", [UNITS[driver.kind] for driver in drivers.values()]),
        "point": (
            "point",
            np.arange(len(found.points)),
            _attributes("number of the point", "点号", units="1"),
        ),
        "alternative": list(found.alternatives),
    }
    if found.plans:
        coordinates["plan"] = list(found.plans)
    attributes = {
        "frontier_drivers": ", ".join(found.drivers),
        "frontier_tolerance": found.tolerance,
        "frontier_monotone": int(found.monotone),
        "frontier_non_monotone_rays": int(sum(point.found.non_monotone for point in found.points)),
    }
    return xr.Dataset(variables, coordinates, attributes)


def pairs_dataset(found: Mapping[tuple[str, str], Frontier]) -> xr.Dataset:
    """Return the frontiers of pairs of drivers, each as ``frontier_dataset`` has it, along a dimension of pairs.

    Parameters
    ----------
    found : mapping
        Pair -> its frontier.

    Returns
    -------
    Dataset (pair, point, alternative, plan, driver)
        ``pair_driver`` names both drivers of a pair; its alternatives are in the same order.
    """
    each = []
    for pair, own in found.items():
        one = frontier_dataset(own).drop_vars("alternative")
        told = _attributes(
            "drivers that grow in the pair, in the order of its alternatives", "组合中增长的因素"
        )
        each.append(one.assign(pair_driver=("alternative", list(pair), told)))
    names = xr.DataArray([", ".join(pair) for pair in found], dims="pair", name="pair")
    varying = [name for name in each[0].data_vars if name != "plan_amount"]
    joined = xr.concat(
        each, names, data_vars=varying, coords="minimal", compat="override", combine_attrs="drop"
    )  # fmt: skip
    joined.attrs = {"tolerance": next(iter(found.values())).tolerance}
    return joined


def _variables(kind: str, points: Sequence[Point], drivers: Sequence[str]) -> dict[str, Any]:
    """Give the variables of one group of points."""
    of, of_zh = _KINDS[kind]

    def told(en: str, zh: str, **more: Any) -> dict[str, Any]:
        return _attributes(f"{en}, {of}", f"{zh}({of_zh})", **more)

    answers = [point.found for point in points]
    return {
        f"{kind}_carried": (
            (kind, "driver"),
            np.array([[point.amounts[id] for id in drivers] for point in points]),
            told("amounts that are carried", "可承载规模"),
        ),
        f"{kind}_along": (
            (kind, "driver"),
            np.array([[point.along.get(id, np.nan) for id in drivers] for point in points]),
            told(
                "factor on what grows per unit of the scale; none where it stays at plan", "方向", units="1"
            ),
        ),
        f"{kind}_scale": (
            kind,
            np.array([found.scale for found in answers]),
            told(
                "largest scale at which everything holds at it and all smaller ones tried",
                "规模系数",
                units="1",
            ),
        ),
        f"{kind}_alternate": (
            kind,
            np.array([found.alternate for found in answers]),
            told("largest scale that holds beyond a failure", "失败点之外仍可行的规模系数", units="1"),
        ),
        f"{kind}_non_monotone": (
            kind,
            np.array([found.non_monotone for found in answers], dtype=np.int8),
            told("something larger holds than the first that fails", "非单调"),
        ),
        f"{kind}_status": (
            kind,
            np.array([found.status for found in answers], dtype=np.int8),
            told("how the search ended", "结果状态", **FLAGS),
        ),
        f"{kind}_requirement": (
            kind,
            np.array([point.requirement for point in points]),
            told("requirement that fails first beyond", "首先破坏的要求"),
        ),
        f"{kind}_limit": (
            kind,
            np.array([point.limit for point in points]),
            told("limit that is not water and that binds", "非水约束"),
        ),
    }


def _attributes(en: str, zh: str, /, **more: Any) -> dict[str, Any]:
    return {"long_name": en, "long_name_zh": zh, **more}


def risk_dataset(risks: Mapping[str, Risk]) -> xr.Dataset:
    """Return the risks of several horizons, or other scenarios, by name.

    Parameters
    ----------
    risks : mapping
        Name -> risk along the same direction with the same number of realizations.

    Returns
    -------
    Dataset (horizon, realization)
        Capacity of every record, probability that the plan exceeds it with intervals, safe capacity, and how sure the
        capacity of all records is.
    """
    own = list(risks.values())
    scales = np.array([[found.scale for found in risk.distribution.found] for risk in own])
    status = np.array([[found.status for found in risk.distribution.found] for risk in own], dtype=np.int8)
    over = [risk.exceedance for risk in own]
    sure = [risk.confidence for risk in own]
    ends = ("horizon", "end")

    def column(values: Sequence[Any], en: str, zh: str, **more: Any) -> tuple[str, Any, dict[str, Any]]:
        return "horizon", np.array(values), _attributes(en, zh, **more)

    variables: dict[str, Any] = {
        "realization_scale": (
            ("horizon", "realization"), scales, _attributes("capacity of each record", "各序列承载规模系数", units="1"),
        ),
        "realization_status": (
            ("horizon", "realization"), status, _attributes("how the search ended", "结果状态", **FLAGS),
        ),
        "exceedance": column(
            [one.share for one in over],
            "share of records in which the plan is more than is carried; 1 where it breaks a limit that is not water",
            "规划超出承载能力的概率", units="1",
        ),
        "exceedance_failures": column(
            [one.failures for one in over], "records that fail at plan, by hydrology", "规划规模下因来水破坏的序列数",
        ),
        **{
            f"exceedance_limit_name_{language}": column(
                [names(one.limits, language) for one in over], "limits that are not water and that the plan breaks",
                "规划本身不满足的非水约束",
            )
            for language in ("zh", "en")
        },
        "exceedance_exact": (
            ends, np.array([[one.exact.low, one.exact.high] for one in over]),
            _attributes("Clopper-Pearson interval", "Clopper-Pearson 置信区间", units="1"),
        ),
        "exceedance_wilson": (
            ends, np.array([[one.wilson.low, one.wilson.high] for one in over]),
            _attributes("Wilson interval", "Wilson 置信区间", units="1"),
        ),
        "exceedance_more_needed": column(
            [one.more_needed for one in over], "further realizations that narrow the interval to the target",
            "达到目标区间宽度还需的序列数",
        ),
        "exceedance_disagree": column(
            [-1 if one.disagree is None else one.disagree for one in over],
            "records in which holding at plan and capacity above plan are not the same; -1 if not known",
            "规划可行性与承载能力判断不一致（非单调）的序列数",
        ),
        "safe_scale": column(
            [risk.safe.value for risk in own], "scale that the stated share of records carries at least",
            "安全承载规模系数", units="1",
        ),
        "safe_needed": column([risk.safe.needed for risk in own], "realizations that this takes", "所需序列数"),
        "ensemble_scale": column(
            [np.nan if one is None else one.scale for one in sure], "capacity of all records together",
            "全部序列承载规模系数", units="1",
        ),
        "ensemble_interval": (
            ends, np.array([[np.nan] * 2 if one is None else [one.interval.low, one.interval.high] for one in sure]),
            _attributes("percentile interval over resampled records", "自助法置信区间", units="1"),
        ),
        "ensemble_share_within": column(
            [np.nan if one is None else one.share_within for one in sure],
            "share of resampled sets whose capacity is within the stated distance",
            "承载规模落在给定误差内的比例", units="1",
        ),
        "ensemble_more_needed": column(
            [-1 if one is None else one.more_needed for one in sure],
            "further realizations that narrow the interval to that distance; -1 if not known", "还需的序列数",
        ),
    }  # fmt: skip
    numbers = _attributes("hydrological realization", "水文样本", units="1")
    coordinates = {
        "horizon": list(risks),
        "realization": ("realization", np.arange(scales.shape[1]), numbers),
        "end": ["low", "high"],
    }
    first = next(one for one in own)
    attributes: dict[str, Any] = {
        "risk_direction": first.distribution.direction,
        "risk_safe_share": first.distribution.question.confidence,
        "risk_confidence": first.exceedance.confidence,
        "risk_target_within": first.exceedance.target,
    }
    known = next((one for one in sure if one is not None), None)
    if known is not None:
        attributes |= {"risk_draws": known.draws, "risk_seed": known.seed, "risk_within": known.within}
    return xr.Dataset(variables, coordinates, attributes)


def sensitivity_dataset(
    swings: Tornado,
    given: Indices | None = None,
    screened: Screening | None = None,
    others: Sequence[Tornado] = (),
) -> xr.Dataset:
    """Return all measures of every uncertain input, the largest swing first.

    Parameters
    ----------
    swings : Tornado
        Inputs one at a time along the direction that is told in detail.
    given, screened : Indices, Screening, optional
        All inputs together.
    others : sequence of Tornado
        The same inputs one at a time along further directions.

    Returns
    -------
    Dataset (factor, other)
        As ``waterbal.capacity.sensitivity.table``; ``other`` counts the further directions.
    """
    told = {
        "low": ("lower end of the range", "下限"), "high": ("upper end of the range", "上限"),
        "at_low": ("capacity at the lower end", "下限时承载能力"),
        "at_high": ("capacity at the upper end", "上限时承载能力"),
        "extreme": ("at one end nothing is carried, or nothing stops it", "一端无可承载规模或不受限"),
        "swing": ("distance of the two capacities", "变幅"),
        "first": ("first-order share of the variance (RBD-FAST)", "一阶方差占比"),
        "delta": ("moment-independent importance (Borgonovo)", "δ 重要性测度"),
        "effect": ("mean absolute elementary effect (Morris)", "平均绝对基本效应"),
        "first_error": ("half width of the 95 % interval of the first-order share", "一阶方差占比 95 % 区间半宽"),
        "delta_error": ("half width of the 95 % interval of delta", "δ 的 95 % 区间半宽"),
        "effect_error": ("half width of the 95 % interval of the effect", "平均绝对基本效应 95 % 区间半宽"),
        "effect_spread": ("standard deviation of the elementary effects (Morris)", "基本效应标准差"),
    }  # fmt: skip
    lines = table(swings, given, screened)
    variables = {
        f"input_{name}": (
            "factor",
            np.array([line[name] for line in lines]).astype(np.float64),
            _attributes(*words, **({"comment": MEASURED} if name in OVER_ALL else {})),
        )
        for name, words in told.items()
        if lines and name in lines[0]
    }
    variables["input_moves_plan"] = (
        "factor",
        np.array([line["moves_plan"] for line in lines], dtype=np.int8),
        _attributes(
            "the input changes the plan that capacities are multiples of, so that they cannot be compared",
            "该参数改变规划本身，倍数不可比",
        ),
    )
    variables |= {
        f"input_at_{end}_status": (
            "factor",
            np.array([line[f"at_{end}_status"] for line in lines], dtype=np.int8),
            _attributes(*words, **FLAGS),
        )
        for end, words in ENDED.items()
    }
    variables |= _others(others, [line["factor"] for line in lines])
    coordinates = {
        "factor": [line["factor"] for line in lines],
        "factor_name": ("factor", [line["name"].en for line in lines]),
        "factor_name_zh": ("factor", [line["name"].zh for line in lines]),
    }
    if others:
        coordinates["other"] = [one.direction for one in others]
    attributes = {
        "sensitivity_direction": swings.direction,
        "sensitivity_driver": swings.driver,
        "sensitivity_nominal": swings.nominal.value,
        "sensitivity_nominal_status": STATUS[swings.nominal.found.status],
        "sensitivity_ranges": json.dumps(
            [{name: line[name] for name in ("factor", "unit", "source", "grade")} for line in lines],
            ensure_ascii=False,
        ),
    }
    return xr.Dataset(variables, coordinates, attributes)


def _others(others: Sequence[Tornado], factors: Sequence[str]) -> dict[str, Any]:
    """Give the capacities at the ends of the inputs along further directions."""
    if not others:
        return {}
    bars = [{bar.factor: bar for bar in one.bars} for one in others]
    ends = {
        "at_low": ("capacity at the lower end, along a further direction", "下限时承载能力（其他方向）"),
        "at_high": ("capacity at the upper end, along a further direction", "上限时承载能力（其他方向）"),
    }
    found: dict[str, Any] = {
        f"other_{end}": (
            ("other", "factor"),
            np.array([[getattr(own[factor], end).value for factor in factors] for own in bars]),
            _attributes(*words),
        )
        for end, words in ends.items()
    }
    for end, words in ENDED.items():
        found[f"other_at_{end}_status"] = (
            ("other", "factor"),
            np.array(
                [[getattr(own[factor], f"at_{end}").found.status for factor in factors] for own in bars],
                dtype=np.int8,
            ),
            _attributes(*words, **FLAGS),
        )
    found["other_moves_plan"] = (
        ("other", "factor"),
        np.array([[own[factor].moves_plan for factor in factors] for own in bars], dtype=np.int8),
        _attributes("the input changes the plan that capacities are multiples of", "该参数改变规划本身"),
    )
    found["other_nominal"] = (
        "other",
        np.array([one.nominal.value for one in others]),
        _attributes(
            "capacity with every input as it is, along a further direction", "各参数取原值时承载能力"
        ),
    )
    found["other_nominal_status"] = (
        "other",
        np.array([one.nominal.found.status for one in others], dtype=np.int8),
        _attributes("how the search with every input as it is ended", "各参数取原值时的搜索结果", **FLAGS),
    )
    found["other_driver"] = (
        "other",
        [one.driver for one in others],
        _attributes("driver whose amount is told; empty where scales are", "承载数量所指的驱动因素"),
    )
    return found
