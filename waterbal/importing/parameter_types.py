"""Types of parameters of pywr: one function for each, which works out its values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from waterbal.errors import Message, nearest, one_of
from waterbal.importing.frames import KEYS, on_steps
from waterbal.importing.listing import quoted
from waterbal.importing.parameters import COMMON, INDEX, Parameters, RefusedError, Type, Value, plain_type
from waterbal.model.marks import Path
from waterbal.model.rows import Floats

FUNCTIONS: dict[str, Callable[[list[Floats]], Any]] = {
    "sum": lambda parts: np.sum(parts, axis=0),
    "mean": lambda parts: np.mean(parts, axis=0),
    "min": lambda parts: np.min(parts, axis=0),
    "max": lambda parts: np.max(parts, axis=0),
    "product": lambda parts: np.prod(parts, axis=0),
    "median": lambda parts: np.median(parts, axis=0),
}
"""Ways in which parameters are put together."""


def _constant(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    scale, offset = parameters.one(raw.get("scale", 1.0), path), parameters.one(raw.get("offset", 0.0), path)
    if "value" in raw:
        return parameters.number(offset + parameters.one(raw["value"], (*path, "value")) * scale)
    values = parameters.numbers(raw, path)
    if values.size != 1:
        raise parameters.stop(
            path,
            Message(f"常数有 {values.size} 个值", f"a constant has {values.size} values"),
            Message("一个值", "one value"),
        )
    return parameters.number(offset + float(values.ravel()[0]) * scale)


def _monthly(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    values = parameters.numbers(raw, path)
    if values.shape != (12,):
        raise parameters.stop(
            path,
            Message("逐月过程应有十二个值", "a monthly profile has twelve values"),
            Message("十二个值，从一月起", "twelve values, January first"),
        )
    return _of_months(parameters, values, raw, path)


def _of_months(parameters: Parameters, values: Floats, raw: dict[str, Any], path: Path) -> Value:
    day = raw.get("interp_day")
    if day is None:
        return Value((values[parameters.steps.axis.month - 1],))
    if day not in ("first", "last"):
        raise parameters.stop(
            (*path, "interp_day"),
            Message(f"{quoted(day)} 不是日", f"{quoted(day)} is no day"),
            Message("first 或 last", "first or last"),
        )
    edges = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    if day == "first":
        of_days = np.interp(np.arange(1, 366), edges + 1, np.append(values, values[0]))
    else:
        of_days = np.interp(np.arange(1, 366), edges, np.append(values[-1], values))
    return Value((np.insert(of_days, 59, of_days[58])[parameters.steps.day_of_year],))


def _daily(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    values = parameters.numbers(raw, path)
    if values.shape != (366,):
        raise parameters.stop(
            path,
            Message("逐日过程应有 366 个值", "a daily profile has 366 values"),
            Message("366 个值，含 2 月 29 日", "366 values, 29 February among them"),
        )
    return Value((values[parameters.steps.day_of_year],))


def _array(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    values, size = np.atleast_1d(parameters.numbers(raw, path)), parameters.steps.axis.size
    if values.ndim != 1 or values.size < parameters.steps.own:
        raise parameters.stop(
            path,
            Message(
                f"pywr 的模拟有 {parameters.steps.own} 个时段，而值有 {values.size} 个",
                f"there are {values.size} values for the {parameters.steps.own} steps of pywr's run",
            ),
        )
    if values.size < size:
        message = Message(
            f"数值随 pywr 的模拟止于 {parameters.steps.end}，在月中；这里的模拟止于整月",
            f"the values end with pywr's run on {parameters.steps.end}, "
            "inside a month; here a run ends with a whole one",
        )
        raise parameters.stop(path, message, Message(f"{size} 个值", f"{size} values"))
    return Value((values[:size],))


def _frame(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    import pandas as pd

    found = parameters.frames.load(raw, path)
    if found is None:
        raise RefusedError
    if isinstance(found, pd.DataFrame):
        if found.shape[1] > 1 or "scenario" in raw:
            found = found.iloc[:, parameters.member(raw, path, found.shape[1])]
        else:
            found = found.iloc[:, 0]
    if not isinstance(found, pd.Series):
        raise parameters.stop(
            path, Message("这是一个值，不是带日期的表", "this is one value and no table of dates")
        )
    values = on_steps(found, parameters.steps, parameters.listing, path)
    if values is None:
        raise RefusedError
    return Value((values,))


def _of_scenario(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    values = np.atleast_1d(parameters.numbers(raw, path))
    if values.ndim != 1:
        raise parameters.stop(
            path,
            Message("不是 scenario 的每个成员一个值", "there is not one value per member of the scenario"),
        )
    return parameters.number(float(values[parameters.member(raw, path, values.size)]))


def _months_of_scenario(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    values = np.atleast_2d(parameters.numbers(raw, path))
    if values.ndim != 2 or values.shape[1] != 12:
        raise parameters.stop(
            path,
            Message(
                "不是 scenario 的每个成员十二个值",
                "there are not twelve values per member of the scenario",
            ),
        )
    return _of_months(parameters, values[parameters.member(raw, path, values.shape[0])], raw, path)


def _chosen(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    parts = parameters.listed(
        raw.get("parameters"),
        (*path, "parameters"),
        Message("各成员的参数", "the parameters of the members"),
    )
    member = parameters.member(raw, path, len(parts))
    return parameters.needed(parts[member], (*path, "parameters", member))


def _aggregated(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    name = raw.get("agg_func")
    function = FUNCTIONS.get(name.lower()) if isinstance(name, str) else None
    if function is None:
        raise parameters.stop(
            (*path, "agg_func"),
            Message(f"{quoted(name)} 没有对应", f"{quoted(name)} has no counterpart"),
            one_of(FUNCTIONS),
        )
    return parameters.together(
        parameters.all_of(raw.get("parameters"), (*path, "parameters"), Message("参数", "parameters")),
        function,
        path,
    )


def _changed(
    parameters: Parameters, raw: dict[str, Any], path: Path, function: Callable[[Floats], Any]
) -> Value:
    part = parameters.needed(raw.get("parameter"), (*path, "parameter"))
    return parameters.together([part], lambda values: function(values[0]), path)


def _negative(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    return _changed(parameters, raw, path, np.negative)


def _offset(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    offset = parameters.one(raw.get("offset", 0.0), (*path, "offset"))
    return _changed(parameters, raw, path, lambda values: values + offset)


def _at_least(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    threshold = parameters.one(raw.get("threshold", 0.0), (*path, "threshold"))
    return _changed(parameters, raw, path, lambda values: np.maximum(values, threshold))


def _at_most(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    threshold = parameters.one(raw.get("threshold", 0.0), (*path, "threshold"))
    return _changed(parameters, raw, path, lambda values: np.minimum(values, threshold))


def _negative_at_least(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    threshold = parameters.one(raw.get("threshold", 0.0), (*path, "threshold"))
    return _changed(parameters, raw, path, lambda values: np.maximum(-values, threshold))


def _negative_at_most(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    threshold = parameters.one(raw.get("threshold", 0.0), (*path, "threshold"))
    return _changed(parameters, raw, path, lambda values: np.minimum(-values, threshold))


def _divided(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    parts = [parameters.needed(raw.get(name), (*path, name)) for name in ("numerator", "denominator")]
    return parameters.together(parts, lambda values: values[0] / values[1], path)


def _discount(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    rate = parameters.one(raw.get("rate"), (*path, "rate"))
    base = parameters.one(raw.get("base_year"), (*path, "base_year"))
    return Value((1.0 / np.power(1.0 + rate, parameters.steps.axis.year - base),))


def _curves(parameters: Parameters, raw: dict[str, Any], path: Path) -> tuple[tuple[Floats, ...], str]:
    """Read the curves of a control curve, which have to fall."""
    key = "control_curve" if "control_curve" in raw else "control_curves"
    given = raw.get(key)
    values = parameters.all_of(
        given if isinstance(given, list) else [given], (*path, key), Message("调度线", "control curves")
    )
    if any(value.curves for value in values):
        raise parameters.stop(
            (*path, key),
            Message("调度线随另一个 storage 变化", "a control curve follows another storage"),
        )
    curves = tuple(value.plain for value in values)
    if any(np.any(below >= above) for above, below in pairwise(curves)):
        raise parameters.stop(
            (*path, key),
            Message(
                "各调度线没有从第一条到最后一条依次降低",
                "the control curves do not fall from the first to the last",
            ),
        )
    store = raw.get("storage_node")
    if not isinstance(store, str) or store not in parameters.storages:
        message = Message(
            f"{quoted(store)} 不是可据其水量决定的 storage",
            f"{quoted(store)} is no storage whose volume can decide",
        )
        raise parameters.stop((*path, "storage_node"), message, near=nearest(store, parameters.storages))
    return curves, store


def _by_curve(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    key = "parameters" if "parameters" in raw else "values"
    return _banded(parameters, raw, raw, (*path, key), raw.get(key), path)


def _indexed(parameters: Parameters, raw: dict[str, Any], path: Path) -> Value:
    index, where = raw.get("index_parameter"), (*path, "index_parameter")
    seen: set[str] = set()
    while isinstance(index, str):
        if index in seen or index not in parameters.known:
            raise parameters.stop(
                where,
                Message(f"没有索引参数 {quoted(index)}", f"there is no index parameter {quoted(index)}"),
                near=nearest(index, parameters.known),
            )
        seen.add(index)
        index, where = parameters.known[index], ("parameters", index)
    kind = index.get("type") if isinstance(index, dict) else None
    if not isinstance(index, dict) or plain_type(kind) != INDEX:
        raise parameters.stop(
            where,
            Message(f"按 {quoted(kind)} 的索引没有对应", f"an index by {quoted(kind)} has no counterpart"),
            Message("controlcurveindex", "a controlcurveindex"),
        )
    unknown = [key for key in index if key not in (*COMMON, "storage_node", "control_curves")]
    if unknown:
        raise parameters.stop(
            (*where, unknown[0]),
            Message(f"{quoted(unknown[0])} 没有对应", f"{quoted(unknown[0])} has no counterpart"),
            key=True,
        )
    key = "params" if "params" in raw else "parameters"
    return _banded(parameters, index, raw, (*path, key), raw.get(key), where)


def _banded(
    parameters: Parameters, curve: dict[str, Any], raw: dict[str, Any], where: Path, values: Any, path: Path
) -> Value:
    curves, store = _curves(parameters, curve, path)
    bands = parameters.all_of(values, where, Message("各调度线之间的值", "the values between the curves"))
    if len(bands) != len(curves) + 1:
        raise parameters.stop(
            where,
            Message(
                f"{len(curves)} 条调度线有 {len(bands)} 个值",
                f"there are {len(bands)} values for {len(curves)} curves",
            ),
            Message("比调度线多一个", "one more than curves"),
        )
    if any(band.curves for band in bands):
        raise parameters.stop(where, Message("调度线之中又有调度线", "a control curve inside another"))
    return Value(tuple(band.plain for band in bands), curves, store)


_CURVE = ("storage_node", "control_curve", "control_curves", "values", "parameters")
TYPES: dict[str, Type] = {
    "constant": (_constant, ("value", "values", "scale", "offset", *KEYS)),
    "monthlyprofile": (_monthly, ("values", "interp_day", *KEYS)),
    "dailyprofile": (_daily, ("values", *KEYS)),
    "arrayindexed": (_array, ("values", *KEYS)),
    "dataframe": (_frame, ("scenario", *KEYS)),
    "constantscenario": (_of_scenario, ("values", "scenario", *KEYS)),
    "scenariomonthlyprofile": (_months_of_scenario, ("values", "scenario", *KEYS)),
    "scenariowrapper": (_chosen, ("scenario", "parameters")),
    "aggregated": (_aggregated, ("agg_func", "parameters")),
    "negative": (_negative, ("parameter",)),
    "offset": (_offset, ("parameter", "offset")),
    "max": (_at_least, ("parameter", "threshold")),
    "min": (_at_most, ("parameter", "threshold")),
    "negativemax": (_negative_at_least, ("parameter", "threshold")),
    "negativemin": (_negative_at_most, ("parameter", "threshold")),
    "division": (_divided, ("numerator", "denominator")),
    "discountfactor": (_discount, ("rate", "base_year")),
    "controlcurve": (_by_curve, _CURVE),
    "indexedarray": (_indexed, ("index_parameter", "params", "parameters")),
}
"""Types by their names, in small letters and without the ending that pywr allows."""
