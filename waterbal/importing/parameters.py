"""Parameters of pywr, worked out to one value per step; or per step and state of one storage (control curves)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waterbal.errors import Message, in_language, nearest
from waterbal.importing.frames import Frames
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


class RefusedError(Exception):
    """The parameter has been refused; the listing says why."""


Type = tuple[Callable[["Parameters", dict[str, Any], Path], Value], tuple[str, ...]]
"""How a type of parameter is worked out, and the keys that it has."""


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
    types: Mapping[str, Type]
    """Types of parameters by their names in small letters."""
    _done: dict[str, Value | None] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def value(self, raw: Any, path: Path) -> Value | None:
        """Work out a parameter, a number or a name; None if it was refused."""
        try:
            with np.errstate(all="ignore"):
                return self._finite(self.needed(raw, path), path)
        except RefusedError:
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

    def stop(
        self, path: Path, message: str, expected: str = "", near: str = "", *, key: bool = False
    ) -> RefusedError:
        """Refuse something of a parameter; return what to raise."""
        self.listing.refuse(path, message, expected, near, key=key)
        return RefusedError()

    def _finite(self, value: Value, path: Path) -> Value:
        for band in (*value.bands, *value.curves):
            if not np.all(np.isfinite(band)) or np.max(np.abs(band)) > LARGEST:
                raise self.stop(
                    path,
                    Message(
                        "有一个值缺失、不是有限的数或过大", "a value is missing, not finite or too large"
                    ),
                )
        return value

    def needed(self, raw: Any, path: Path) -> Value:
        """Work out a parameter, a number or a name; raise if it is refused."""
        if isinstance(raw, str):
            return self._named(raw, path)
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return self.number(float(raw))
        if not isinstance(raw, dict):
            raise self.stop(
                path,
                Message(f"{quoted(raw)} 不是参数", f"{quoted(raw)} is no parameter"),
                Message("一个数、名称或对象", "a number, a name or an object"),
            )
        if "type" not in raw:
            return self.types["constant"][0](self, raw, path)
        kind = raw["type"]
        entry = type_of(kind, self.types, path, self.listing)
        if entry is None:
            raise RefusedError
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
            raise RefusedError
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
            raise self.stop(
                path,
                Message(f"参数循环引用：{circle}", f"parameters refer to each other in a circle: {circle}"),
            )
        if name not in self.known:
            raise self.stop(
                path,
                Message(f"没有参数 {quoted(name)}", f"there is no parameter {quoted(name)}"),
                near=nearest(name, self.known),
            )
        if len(self._open) >= LONGEST_CHAIN:
            raise self.stop(
                path,
                Message(
                    f"参数连续引用超过 {LONGEST_CHAIN} 层",
                    f"more than {LONGEST_CHAIN} parameters refer to each other in a row",
                ),
            )
        if name not in self._done:
            self._open.append(name)
            try:
                self._done[name] = self.needed(self.known[name], ("parameters", name))
            except RefusedError:
                self._done[name] = None
            finally:
                self._open.pop()
        found = self._done[name]
        if found is None:
            raise RefusedError
        return found

    def number(self, value: float) -> Value:
        """Give one number to all steps."""
        return Value((np.full(self.steps.axis.size, value),))

    def together(self, parts: list[Value], function: Callable[[list[Floats]], Any], path: Path) -> Value:
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
                raise self.stop(
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

    def listed(self, raw: Any, path: Path, what: str) -> list[Any]:
        """Read a list that may not be empty."""
        if not isinstance(raw, list) or not raw:
            raise self.stop(
                path,
                Message(f"缺少 {in_language(what, 'zh')}", f"{what} are missing"),
                Message("列表", "a list"),
            )
        return raw

    def all_of(self, raw: Any, path: Path, what: str) -> list[Value]:
        """Work out all parameters of a list, so that everything wrong with them is told."""
        found = [self.value(part, (*path, i)) for i, part in enumerate(self.listed(raw, path, what))]
        if any(part is None for part in found):
            raise RefusedError
        return [part for part in found if part is not None]

    def numbers(self, raw: dict[str, Any], path: Path) -> Floats:
        """Read the values of a parameter: a list, or a table."""
        if "values" in raw:
            values, where = raw["values"], (*path, "values")
        else:
            values, where = self.frames.load(raw, path), path
            if values is None:
                raise RefusedError
        try:
            array = np.squeeze(np.asarray(values, dtype=np.float64))
        except (ValueError, TypeError):
            raise self.stop(where, Message("这些值不是数", "the values are no numbers")) from None
        if isinstance(values, list) and any(isinstance(part, bool | str) for part in values):
            raise self.stop(where, Message("这些值不是数", "the values are no numbers"))
        return array

    def one(self, raw: Any, path: Path) -> float:
        """Read a number."""
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise self.stop(
                path,
                Message(f"{quoted(raw)} 不是数", f"{quoted(raw)} is no number"),
                Message("一个数", "a number"),
            )
        return float(raw)

    def member(self, raw: dict[str, Any], path: Path, count: int) -> int:
        """Give the member chosen of the scenario that a parameter names."""
        name = raw.get("scenario")
        if not isinstance(name, str) or name not in self.scenarios:
            raise self.stop(
                (*path, "scenario"),
                Message(f"没有 scenario {quoted(name)}", f"there is no scenario {quoted(name)}"),
                near=nearest(name, self.scenarios),
            )
        member = self.scenarios[name]
        if not 0 <= member < count:
            raise self.stop(
                path,
                Message(
                    f"scenario {quoted(name)} 有 {count} 个值，没有编号 {member} 的值",
                    f"there are {count} values for scenario {quoted(name)}, and none with number {member}",
                ),
            )
        return member


def check_types(known: dict[str, Any], types: Mapping[str, Type], listing: Listing) -> None:
    """Refuse types of a model's parameters that have no counterpart, without working anything out."""
    for name, raw in known.items():
        if isinstance(raw, dict) and "type" in raw and plain_type(raw["type"]) != INDEX:
            type_of(raw["type"], types, ("parameters", name), listing)


def plain_type(kind: Any) -> str:
    """Name of a type as pywr compares it: in small letters, without an ending."""
    return kind.lower().removesuffix("parameter") if isinstance(kind, str) else ""


def type_of(kind: Any, types: Mapping[str, Type], path: Path, listing: Listing) -> Type | None:
    """Look up a type, or refuse it."""
    name = plain_type(kind)
    if name not in types:
        meaning = MEANING.get(name, "")
        message = Message(
            f"参数类型 {quoted(kind)} 没有对应", f"parameter type {quoted(kind)} has no counterpart"
        ) + (Message("：", ": ") + meaning if meaning else "")
        listing.refuse((*path, "type"), message, nearest="" if meaning else nearest(name, types))
    return types.get(name)
