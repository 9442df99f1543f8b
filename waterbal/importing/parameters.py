"""Parameters of pywr, worked out to one value per step; or per step and state of one storage (control curves)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from waterbal.errors import Message, in_language, nearest, one_of
from waterbal.importing.frames import KEYS, Frames, on_steps
from waterbal.importing.listing import Listing, quoted
from waterbal.importing.steps import Steps
from waterbal.model.marks import Path
from waterbal.model.rows import Floats

COMMON = ("type", "name", "comment", "is_variable", "lower_bounds", "upper_bounds")
"""Keys that any parameter may have and that change no result."""
LONGEST_CHAIN = 100
"""Most parameters that refer to each other in a row."""
INDEX = "controlcurveindex"
"""The index that bands of a storage have."""
LARGEST = 1e15
"""Largest number that a model may hold."""
FUNCTIONS: dict[str, Callable[[list[Floats]], Any]] = {
    "sum": lambda parts: np.sum(parts, axis=0),
    "mean": lambda parts: np.mean(parts, axis=0),
    "min": lambda parts: np.min(parts, axis=0),
    "max": lambda parts: np.max(parts, axis=0),
    "product": lambda parts: np.prod(parts, axis=0),
    "median": lambda parts: np.median(parts, axis=0),
}
"""Ways in which parameters are put together."""
MEANING = {
    "annuallicense": Message(
        "许可余量在年内剩余时间均匀分配；用水指标不作分配",
        "what is left of a licence, spread evenly over the rest of the year; a quota does not spread",
    ),
    "annualexponentiallicense": Message(
        "随许可余量变化的限值", "a limit that follows what is left of a licence"
    ),
    "annualhyperbolalicense": Message(
        "随许可余量变化的限值", "a limit that follows what is left of a licence"
    ),
    "flow": Message("随上一时段流量变化的值", "a value that follows the flow of the step before"),
    "flowdelay": Message("随以前流量变化的值", "a value that follows earlier flows"),
    "rollingmeanflownode": Message("随以前流量变化的值", "a value that follows earlier flows"),
    "deficit": Message("随上一时段缺水变化的值", "a value that follows the deficit of the step before"),
    "storage": Message("随蓄水量连续变化的值", "a value that follows a storage continuously"),
    "interpolatedvolume": Message("随蓄水量连续变化的值", "a value that follows a storage continuously"),
    "interpolatedflow": Message("随流量变化的值", "a value that follows a flow"),
    "interpolated": Message("随另一数值连续变化的值", "a value that follows another continuously"),
    "controlcurveinterpolated": Message(
        "随蓄水量连续变化的值", "a value that follows a storage continuously"
    ),
    "controlcurvepiecewiseinterpolated": Message(
        "随蓄水量连续变化的值", "a value that follows a storage continuously"
    ),
    "parameterthreshold": Message("开关", "a switch"),
    "recorderthreshold": Message("随 recorder 变化的开关", "a switch that follows a recorder"),
    "storagethreshold": Message(
        "随蓄水量变化的开关；改用调度线即可转换",
        "a switch that follows a storage; a control curve would be translated",
    ),
    "nodethreshold": Message("随流量变化的开关", "a switch that follows a flow"),
    "tablesarray": Message("HDF5 中的数值", "values in HDF5"),
    "uniformdrawdownprofile": Message(
        "在年内均匀使用的许可", "a licence that is drawn down evenly through its year"
    ),
    "hydropowertarget": Message("水电所要求的流量", "a flow that hydropower asks for"),
}
"""What types without a counterpart mean."""


@dataclass(frozen=True)
class Value:
    """A value per step, or one per step and band of a storage."""

    bands: tuple[Floats, ...]
    """ndarray (time) each: above the first curve, between first and second, and so on; one where there is no curve."""
    curves: tuple[Floats, ...] = ()
    """Falling shares of a storage's largest volume, ndarray (time) each."""
    store: str = ""
    """Storage whose volume at the start of the step decides."""

    @property
    def plain(self) -> Floats:
        """The value in the first band; ndarray (time)."""
        return self.bands[0]

    @property
    def constant(self) -> float | None:
        """The value, where there is only one."""
        first = self.bands[0]
        return float(first[0]) if not self.curves and bool(np.all(first == first[0])) else None


class _RefusedError(Exception):
    """The parameter has been refused; the listing says why."""


@dataclass
class Parameters:
    """Works out parameters."""

    listing: Listing
    steps: Steps
    frames: Frames
    known: dict[str, Any]
    """Parameters of the model by name."""
    scenarios: dict[str, int]
    """Member chosen of each scenario."""
    storages: dict[str, str]
    """Names of storages that control curves may refer to."""
    _done: dict[str, Value | None] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def value(self, raw: Any, path: Path) -> Value | None:
        """Work out a parameter, a number or a name; None if it was refused."""
        try:
            with np.errstate(all="ignore"):
                return self._finite(self._value(raw, path), path)
        except _RefusedError:
            return None

    def constant(self, raw: Any, path: Path, what: str) -> float | None:
        """Work out what has to be one number; None if it was refused."""
        value = self.value(raw, path)
        if value is None:
            return None
        if value.constant is None:
            self.listing.refuse(
                path,
                Message(
                    f"{in_language(what, 'zh')} 随时间变化，而这里只能是常数",
                    f"{what} changes in time; there is only a constant for it",
                ),
                Message("一个数", "one number"),
            )
        return value.constant

    def _stop(
        self, path: Path, message: str, expected: str = "", near: str = "", *, key: bool = False
    ) -> _RefusedError:
        self.listing.refuse(path, message, expected, near, key=key)
        return _RefusedError()

    def _finite(self, value: Value, path: Path) -> Value:
        for band in (*value.bands, *value.curves):
            if not np.all(np.isfinite(band)) or np.max(np.abs(band)) > LARGEST:
                raise self._stop(
                    path,
                    Message(
                        "有一个值缺失、不是有限的数或过大", "a value is missing, not finite or too large"
                    ),
                )
        return value

    def _value(self, raw: Any, path: Path) -> Value:
        if isinstance(raw, str):
            return self._named(raw, path)
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return self._number(float(raw))
        if not isinstance(raw, dict):
            raise self._stop(
                path,
                Message(f"{quoted(raw)} 不是参数", f"{quoted(raw)} is no parameter"),
                Message("一个数、名称或对象", "a number, a name or an object"),
            )
        if "type" not in raw:
            return self._constant({"scale": 1.0, "offset": 0.0, **raw}, path)
        kind = raw["type"]
        name = kind.lower().removesuffix("parameter") if isinstance(kind, str) else ""
        entry = _TYPES.get(name)
        if entry is None:
            meaning = MEANING.get(name, "")
            near = "" if meaning else nearest(name, _TYPES)
            message = Message(
                f"参数类型 {quoted(kind)} 没有对应", f"parameter type {quoted(kind)} has no counterpart"
            ) + (Message("：", ": ") + meaning if meaning else "")
            raise self._stop((*path, "type"), message, near=near)
        method, keys = entry
        unknown = [key for key in raw if key not in (*COMMON, *keys)]
        if unknown:
            for key in unknown:
                self.listing.refuse(
                    (*path, key),
                    Message(
                        f"{quoted(kind)} 的 {quoted(key)} 没有对应",
                        f"{quoted(key)} of {quoted(kind)} has no counterpart",
                    ),
                    key=True,
                )
            raise _RefusedError
        if raw.get("is_variable"):
            self.listing.note(
                Message(
                    "可由优化程序改变的参数保持模型文件中的值",
                    "parameters that an optimiser may change keep the value of the model file",
                )
            )
        return self._finite(method(self, raw, path), path)

    def _named(self, name: str, path: Path) -> Value:
        if name in self._open:
            circle = " -> ".join(quoted(part) for part in [*self._open[self._open.index(name) :], name])
            raise self._stop(
                path,
                Message(f"参数循环引用：{circle}", f"parameters refer to each other in a circle: {circle}"),
            )
        if name not in self.known:
            raise self._stop(
                path,
                Message(f"没有参数 {quoted(name)}", f"there is no parameter {quoted(name)}"),
                near=nearest(name, self.known),
            )
        if len(self._open) >= LONGEST_CHAIN:
            raise self._stop(
                path,
                Message(
                    f"参数连续引用超过 {LONGEST_CHAIN} 层",
                    f"more than {LONGEST_CHAIN} parameters refer to each other in a row",
                ),
            )
        if name not in self._done:
            self._open.append(name)
            try:
                self._done[name] = self._value(self.known[name], ("parameters", name))
            except _RefusedError:
                self._done[name] = None
            finally:
                self._open.pop()
        found = self._done[name]
        if found is None:
            raise _RefusedError
        return found

    def _number(self, value: float) -> Value:
        return Value((np.full(self.steps.axis.size, value),))

    def _together(self, parts: list[Value], function: Callable[[list[Floats]], Any], path: Path) -> Value:
        """Apply a function step by step, and band by band where one storage decides."""
        banded = [part for part in parts if part.curves]
        if not banded:
            return Value((np.asarray(function([part.plain for part in parts]), dtype=np.float64),))
        first = banded[0]
        for other in banded[1:]:
            same = other.store == first.store and len(other.curves) == len(first.curves)
            if not same or not all(
                np.array_equal(a, b) for a, b in zip(first.curves, other.curves, strict=True)
            ):
                raise self._stop(
                    path,
                    Message(
                        "两条调度线共同决定，而每项需水只能有一条",
                        "two control curves decide together; there is only one for each need",
                    ),
                )
        bands = [
            np.asarray(
                function([part.bands[i] if part.curves else part.plain for part in parts]), dtype=np.float64
            )
            for i in range(len(first.bands))
        ]
        return Value(tuple(bands), first.curves, first.store)

    def _list(self, raw: Any, path: Path, what: str) -> list[Any]:
        if not isinstance(raw, list) or not raw:
            raise self._stop(
                path,
                Message(f"缺少 {in_language(what, 'zh')}", f"{what} are missing"),
                Message("列表", "a list"),
            )
        return raw

    def _all(self, raw: Any, path: Path, what: str) -> list[Value]:
        found = [self.value(part, (*path, i)) for i, part in enumerate(self._list(raw, path, what))]
        if any(part is None for part in found):
            raise _RefusedError
        return [part for part in found if part is not None]

    def _numbers(self, raw: dict[str, Any], path: Path) -> Floats:
        """Read the values of a parameter: a list, or a table."""
        if "values" in raw:
            values, where = raw["values"], (*path, "values")
        else:
            values, where = self.frames.load(raw, path), path
            if values is None:
                raise _RefusedError
        try:
            array = np.squeeze(np.asarray(values, dtype=np.float64))
        except (ValueError, TypeError):
            raise self._stop(where, Message("这些值不是数", "the values are no numbers")) from None
        if isinstance(values, list) and any(isinstance(part, bool | str) for part in values):
            raise self._stop(where, Message("这些值不是数", "the values are no numbers"))
        return array

    def _one(self, raw: Any, path: Path) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise self._stop(
                path,
                Message(f"{quoted(raw)} 不是数", f"{quoted(raw)} is no number"),
                Message("一个数", "a number"),
            )
        return float(raw)

    def _member(self, raw: dict[str, Any], path: Path, count: int) -> int:
        """Give the member chosen of the scenario that a parameter names."""
        name = raw.get("scenario")
        if not isinstance(name, str) or name not in self.scenarios:
            raise self._stop(
                (*path, "scenario"),
                Message(f"没有 scenario {quoted(name)}", f"there is no scenario {quoted(name)}"),
                near=nearest(name, self.scenarios),
            )
        member = self.scenarios[name]
        if not 0 <= member < count:
            raise self._stop(
                path,
                Message(
                    f"scenario {quoted(name)} 有 {count} 个值，没有编号 {member} 的值",
                    f"there are {count} values for scenario {quoted(name)}, and none with number {member}",
                ),
            )
        return member

    # ---- types

    def _constant(self, raw: dict[str, Any], path: Path) -> Value:
        scale, offset = self._one(raw.get("scale", 1.0), path), self._one(raw.get("offset", 0.0), path)
        if "value" in raw:
            return self._number(offset + self._one(raw["value"], (*path, "value")) * scale)
        values = self._numbers(raw, path)
        if values.size != 1:
            raise self._stop(
                path,
                Message(f"常数有 {values.size} 个值", f"a constant has {values.size} values"),
                Message("一个值", "one value"),
            )
        return self._number(offset + float(values.ravel()[0]) * scale)

    def _monthly(self, raw: dict[str, Any], path: Path) -> Value:
        values = self._numbers(raw, path)
        if values.shape != (12,):
            raise self._stop(
                path,
                Message("逐月过程应有十二个值", "a monthly profile has twelve values"),
                Message("十二个值，从一月起", "twelve values, January first"),
            )
        return self._of_months(values, raw, path)

    def _of_months(self, values: Floats, raw: dict[str, Any], path: Path) -> Value:
        day = raw.get("interp_day")
        if day is None:
            return Value((values[self.steps.axis.month - 1],))
        if day not in ("first", "last"):
            raise self._stop(
                (*path, "interp_day"),
                Message(f"{quoted(day)} 不是日", f"{quoted(day)} is no day"),
                Message("first 或 last", "first or last"),
            )
        edges = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        if day == "first":
            of_days = np.interp(np.arange(1, 366), edges + 1, np.append(values, values[0]))
        else:
            of_days = np.interp(np.arange(1, 366), edges, np.append(values[-1], values))
        return Value((np.insert(of_days, 59, of_days[58])[self.steps.day_of_year],))

    def _daily(self, raw: dict[str, Any], path: Path) -> Value:
        values = self._numbers(raw, path)
        if values.shape != (366,):
            raise self._stop(
                path,
                Message("逐日过程应有 366 个值", "a daily profile has 366 values"),
                Message("366 个值，含 2 月 29 日", "366 values, 29 February among them"),
            )
        return Value((values[self.steps.day_of_year],))

    def _array(self, raw: dict[str, Any], path: Path) -> Value:
        values, size = np.atleast_1d(self._numbers(raw, path)), self.steps.axis.size
        if values.ndim != 1 or values.size < self.steps.own:
            raise self._stop(
                path,
                Message(
                    f"pywr 的模拟有 {self.steps.own} 个时段，而值有 {values.size} 个",
                    f"there are {values.size} values for the {self.steps.own} steps of pywr's run",
                ),
            )
        if values.size < size:
            message = Message(
                f"数值随 pywr 的模拟止于 {self.steps.end}，在月中；这里的模拟止于整月",
                f"the values end with pywr's run on {self.steps.end}, "
                "inside a month; here a run ends with a whole one",
            )
            raise self._stop(path, message, Message(f"{size} 个值", f"{size} values"))
        return Value((values[:size],))

    def _frame(self, raw: dict[str, Any], path: Path) -> Value:
        import pandas as pd

        found = self.frames.load(raw, path)
        if found is None:
            raise _RefusedError
        if isinstance(found, pd.DataFrame):
            if found.shape[1] > 1 or "scenario" in raw:
                found = found.iloc[:, self._member(raw, path, found.shape[1])]
            else:
                found = found.iloc[:, 0]
        if not isinstance(found, pd.Series):
            raise self._stop(
                path, Message("这是一个值，不是带日期的表", "this is one value and no table of dates")
            )
        values = on_steps(found, self.steps, self.listing, path)
        if values is None:
            raise _RefusedError
        return Value((values,))

    def _of_scenario(self, raw: dict[str, Any], path: Path) -> Value:
        values = np.atleast_1d(self._numbers(raw, path))
        if values.ndim != 1:
            raise self._stop(
                path,
                Message(
                    "不是 scenario 的每个成员一个值", "there is not one value per member of the scenario"
                ),
            )
        return self._number(float(values[self._member(raw, path, values.size)]))

    def _months_of_scenario(self, raw: dict[str, Any], path: Path) -> Value:
        values = np.atleast_2d(self._numbers(raw, path))
        if values.ndim != 2 or values.shape[1] != 12:
            raise self._stop(
                path,
                Message(
                    "不是 scenario 的每个成员十二个值",
                    "there are not twelve values per member of the scenario",
                ),
            )
        return self._of_months(values[self._member(raw, path, values.shape[0])], raw, path)

    def _chosen(self, raw: dict[str, Any], path: Path) -> Value:
        parts = self._list(
            raw.get("parameters"),
            (*path, "parameters"),
            Message("各成员的参数", "the parameters of the members"),
        )
        member = self._member(raw, path, len(parts))
        return self._value(parts[member], (*path, "parameters", member))

    def _aggregated(self, raw: dict[str, Any], path: Path) -> Value:
        name = raw.get("agg_func")
        function = FUNCTIONS.get(name.lower()) if isinstance(name, str) else None
        if function is None:
            raise self._stop(
                (*path, "agg_func"),
                Message(f"{quoted(name)} 没有对应", f"{quoted(name)} has no counterpart"),
                one_of(FUNCTIONS),
            )
        return self._together(
            self._all(raw.get("parameters"), (*path, "parameters"), Message("参数", "parameters")),
            function,
            path,
        )

    def _changed(self, raw: dict[str, Any], path: Path, function: Callable[[Floats], Any]) -> Value:
        part = self._value(raw.get("parameter"), (*path, "parameter"))
        return self._together([part], lambda values: function(values[0]), path)

    def _negative(self, raw: dict[str, Any], path: Path) -> Value:
        return self._changed(raw, path, np.negative)

    def _offset(self, raw: dict[str, Any], path: Path) -> Value:
        offset = self._one(raw.get("offset", 0.0), (*path, "offset"))
        return self._changed(raw, path, lambda values: values + offset)

    def _at_least(self, raw: dict[str, Any], path: Path) -> Value:
        threshold = self._one(raw.get("threshold", 0.0), (*path, "threshold"))
        return self._changed(raw, path, lambda values: np.maximum(values, threshold))

    def _at_most(self, raw: dict[str, Any], path: Path) -> Value:
        threshold = self._one(raw.get("threshold", 0.0), (*path, "threshold"))
        return self._changed(raw, path, lambda values: np.minimum(values, threshold))

    def _negative_at_least(self, raw: dict[str, Any], path: Path) -> Value:
        threshold = self._one(raw.get("threshold", 0.0), (*path, "threshold"))
        return self._changed(raw, path, lambda values: np.maximum(-values, threshold))

    def _negative_at_most(self, raw: dict[str, Any], path: Path) -> Value:
        threshold = self._one(raw.get("threshold", 0.0), (*path, "threshold"))
        return self._changed(raw, path, lambda values: np.minimum(-values, threshold))

    def _divided(self, raw: dict[str, Any], path: Path) -> Value:
        parts = [self._value(raw.get(name), (*path, name)) for name in ("numerator", "denominator")]
        return self._together(parts, lambda values: values[0] / values[1], path)

    def _discount(self, raw: dict[str, Any], path: Path) -> Value:
        rate = self._one(raw.get("rate"), (*path, "rate"))
        base = self._one(raw.get("base_year"), (*path, "base_year"))
        return Value((1.0 / np.power(1.0 + rate, self.steps.axis.year - base),))

    def _curves(self, raw: dict[str, Any], path: Path) -> tuple[tuple[Floats, ...], str]:
        """Read the curves of a control curve, which have to fall."""
        key = "control_curve" if "control_curve" in raw else "control_curves"
        given = raw.get(key)
        values = self._all(
            given if isinstance(given, list) else [given], (*path, key), Message("调度线", "control curves")
        )
        if any(value.curves for value in values):
            raise self._stop(
                (*path, key),
                Message("调度线随另一个 storage 变化", "a control curve follows another storage"),
            )
        curves = tuple(value.plain for value in values)
        if any(np.any(below >= above) for above, below in pairwise(curves)):
            raise self._stop(
                (*path, key),
                Message(
                    "各调度线没有从第一条到最后一条依次降低",
                    "the control curves do not fall from the first to the last",
                ),
            )
        store = raw.get("storage_node")
        if not isinstance(store, str) or store not in self.storages:
            message = Message(
                f"{quoted(store)} 不是可据其水量决定的 storage",
                f"{quoted(store)} is no storage whose volume can decide",
            )
            raise self._stop((*path, "storage_node"), message, near=nearest(store, self.storages))
        return curves, store

    def _by_curve(self, raw: dict[str, Any], path: Path) -> Value:
        key = "parameters" if "parameters" in raw else "values"
        return self._banded(raw, raw, (*path, key), raw.get(key), path)

    def _indexed(self, raw: dict[str, Any], path: Path) -> Value:
        index, where = raw.get("index_parameter"), (*path, "index_parameter")
        seen: set[str] = set()
        while isinstance(index, str):
            if index in seen or index not in self.known:
                raise self._stop(
                    where,
                    Message(f"没有索引参数 {quoted(index)}", f"there is no index parameter {quoted(index)}"),
                    near=nearest(index, self.known),
                )
            seen.add(index)
            index, where = self.known[index], ("parameters", index)
        kind = index.get("type") if isinstance(index, dict) else None
        if not isinstance(index, dict) or _plain_type(kind) != INDEX:
            raise self._stop(
                where,
                Message(
                    f"按 {quoted(kind)} 的索引没有对应", f"an index by {quoted(kind)} has no counterpart"
                ),
                Message("controlcurveindex", "a controlcurveindex"),
            )
        unknown = [key for key in index if key not in (*COMMON, "storage_node", "control_curves")]
        if unknown:
            raise self._stop(
                (*where, unknown[0]),
                Message(f"{quoted(unknown[0])} 没有对应", f"{quoted(unknown[0])} has no counterpart"),
                key=True,
            )
        key = "params" if "params" in raw else "parameters"
        return self._banded(index, raw, (*path, key), raw.get(key), where)

    def _banded(
        self, curve: dict[str, Any], raw: dict[str, Any], where: Path, values: Any, path: Path
    ) -> Value:
        curves, store = self._curves(curve, path)
        bands = self._all(values, where, Message("各调度线之间的值", "the values between the curves"))
        if len(bands) != len(curves) + 1:
            raise self._stop(
                where,
                Message(
                    f"{len(curves)} 条调度线有 {len(bands)} 个值",
                    f"there are {len(bands)} values for {len(curves)} curves",
                ),
                Message("比调度线多一个", "one more than curves"),
            )
        if any(band.curves for band in bands):
            raise self._stop(where, Message("调度线之中又有调度线", "a control curve inside another"))
        return Value(tuple(band.plain for band in bands), curves, store)


_CURVE = ("storage_node", "control_curve", "control_curves", "values", "parameters")
_Entry = tuple[Callable[[Parameters, dict[str, Any], Path], Value], tuple[str, ...]]
_TYPES: dict[str, _Entry] = {
    "constant": (Parameters._constant, ("value", "values", "scale", "offset", *KEYS)),
    "monthlyprofile": (Parameters._monthly, ("values", "interp_day", *KEYS)),
    "dailyprofile": (Parameters._daily, ("values", *KEYS)),
    "arrayindexed": (Parameters._array, ("values", *KEYS)),
    "dataframe": (Parameters._frame, ("scenario", *KEYS)),
    "constantscenario": (Parameters._of_scenario, ("values", "scenario", *KEYS)),
    "scenariomonthlyprofile": (Parameters._months_of_scenario, ("values", "scenario", *KEYS)),
    "scenariowrapper": (Parameters._chosen, ("scenario", "parameters")),
    "aggregated": (Parameters._aggregated, ("agg_func", "parameters")),
    "negative": (Parameters._negative, ("parameter",)),
    "offset": (Parameters._offset, ("parameter", "offset")),
    "max": (Parameters._at_least, ("parameter", "threshold")),
    "min": (Parameters._at_most, ("parameter", "threshold")),
    "negativemax": (Parameters._negative_at_least, ("parameter", "threshold")),
    "negativemin": (Parameters._negative_at_most, ("parameter", "threshold")),
    "division": (Parameters._divided, ("numerator", "denominator")),
    "discountfactor": (Parameters._discount, ("rate", "base_year")),
    "controlcurve": (Parameters._by_curve, _CURVE),
    "indexedarray": (Parameters._indexed, ("index_parameter", "params", "parameters")),
}


def check_types(known: dict[str, Any], listing: Listing) -> None:
    """Refuse types of a model's parameters that have no counterpart, without working anything out."""
    for name, raw in known.items():
        if isinstance(raw, dict) and "type" in raw and _plain_type(raw["type"]) != INDEX:
            _entry(raw["type"], ("parameters", name), listing)


def _plain_type(kind: Any) -> str:
    return kind.lower().removesuffix("parameter") if isinstance(kind, str) else ""


def _entry(kind: Any, path: Path, listing: Listing) -> _Entry | None:
    """Look up a type, or refuse it."""
    name = _plain_type(kind)
    if name not in _TYPES:
        meaning = MEANING.get(name, "")
        message = Message(
            f"参数类型 {quoted(kind)} 没有对应", f"parameter type {quoted(kind)} has no counterpart"
        ) + (Message("：", ": ") + meaning if meaning else "")
        listing.refuse((*path, "type"), message, nearest="" if meaning else nearest(name, _TYPES))
    return _TYPES.get(name)
