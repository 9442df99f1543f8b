"""Checks of numbers against the run: years, series, weather, shares of returns, minimum flows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterbal.errors import Message, nearest
from waterbal.model.assumptions import numbers
from waterbal.model.elements.sources.catchment import Catchment
from waterbal.model.elements.sources.rain_harvest import RainHarvest
from waterbal.model.marks import Path
from waterbal.model.root import Model
from waterbal.model.rows import Floats, TimeAxis
from waterbal.model.series_spec import kind_of
from waterbal.model.setting import context_of
from waterbal.model.values import Number

Found = tuple[Path, str, str, str]
_BARELY = 1e-9


def value_problems(model: Model) -> list[Found]:
    """Give the problems of numbers against the run."""
    axis = model.time.axis()
    low, high = int(axis.planning_year.min()), int(axis.planning_year.max())
    found: list[Found] = []
    for path, number in numbers(model, changing=True):
        found += _years(path, number, low, high) + _series(path, number, model)
    found += _weather(model) + _whole_years(model, axis) + _events(model)
    return found or _evaluated(model)


def _years(path: Path, number: Number, low: int, high: int) -> list[Found]:
    """Values by year cover the planning years of the run."""
    if not number.by_year:
        return []
    first, last = number.by_year[0][0], number.by_year[-1][0]
    if first <= low and high <= last:
        return []
    span = f"{low}" if low == high else f"{low} to {high}"
    message = Message(
        f"给出了 {first} 至 {last} 年的值，而计算的规划年为 {span.replace(' to ', ' 至 ')}",
        f"values for {first} to {last}, but the planning years of the run are {span}",
    )
    expected = Message("覆盖计算年份的值；不作外推", "values that cover the run; nothing is extrapolated")
    return [(path, message, expected, "")]


def _series(path: Path, number: Number, model: Model) -> list[Found]:
    """Series exist and are of a kind that fits."""
    if not number.series:
        return []
    if number.series not in model.series:
        known = ", ".join(model.series)
        expected = Message(
            f"'series' 下的名字（{known or '未给出'}）", f"a name under 'series' ({known or 'none is given'})"
        )
        message = Message(f"没有系列 {number.series!r}", f"there is no series {number.series!r}")
        return [(path, message, expected, nearest(number.series, model.series))]
    kind = kind_of(model.series[number.series])
    if kind in number.kinds:
        return []
    message = Message(
        f"系列 {number.series!r} 的类型是 {kind!r}", f"series {number.series!r} is of kind {kind!r}"
    )
    kinds = [repr(name) for name in number.kinds]
    return [(path, message, Message(f"类型 {' 或 '.join(kinds)}", f"kind {' or '.join(kinds)}"), "")]


def _weather(model: Model) -> list[Found]:
    """What depends on the weather has one."""
    found: list[Found] = []
    for section in ("sources", "stores", "demands"):
        for id, element in getattr(model, section).items():
            zone = model.zones.get(element.zone) if element.zone else None
            for name in element.weather():
                own = zone.climate if zone is not None else None
                if all(climate is None or getattr(climate, name) is None for climate in (own, model.climate)):
                    of = f" of zone {element.zone!r}" if element.zone else ""
                    message = Message(
                        f"{id!r} 需要的气象 {name}{of} 没有给出",
                        f"{id!r} depends on the {name}{of}, which is not given",
                    )
                    found.append(
                        (
                            (section, id),
                            message,
                            Message(
                                f"climate: {{{name}: 系列名称}}", f"climate: {{{name}: name of a series}}"
                            ),
                            "",
                        )
                    )
    return found


def _whole_years(model: Model, axis: TimeAxis) -> list[Found]:
    """A response to annual rain needs whole calendar years."""
    if axis.month[0] == 1 and axis.month[-1] == 12:
        return []
    return [
        (
            ("sources", id, "rain_response"),
            Message(
                f"模拟期为 {model.time.start} 至 {model.time.end}，不是完整日历年",
                f"the run is from {model.time.start} to {model.time.end}, which is not whole calendar years",
            ),
            Message(
                "由一月至十二月的模拟期，或由系列给出径流",
                "a run from January to December, or runoff from a series",
            ),
            "",
        )
        for id, source in model.sources.items()
        if isinstance(source, Catchment) and source.rain_response is not None
    ]


def _events(model: Model) -> list[Found]:
    """First flush per event needs events unless the step is a day."""
    if model.time.step == "day":
        return []
    return [
        (
            ("sources", id),
            Message(
                "按月或旬模拟时，first_flush 需要降雨场次",
                "first_flush needs the number of events in runs by month or dekad",
            ),
            "events",
            "",
        )
        for id, source in model.sources.items()
        if isinstance(source, RainHarvest) and source.first_flush is not None and source.events is None
    ]


def _evaluated(model: Model) -> list[Found]:
    """Check what only shows in the values of every step, with still weather."""
    axis = model.time.axis()
    still: Mapping[str, Floats] = {name: np.zeros(axis.size) for name in model.series}
    context = context_of(model, still)
    found: list[Found] = []
    for id, demand in model.demands.items():
        returned = demand.returned(context, 1.0 - demand.loss(context))
        total = np.sum([share for _, share in returned], axis=0) if returned else np.zeros(axis.size)
        if np.max(total) > 1.0 + _BARELY:
            message = Message(
                f"退回的水是供水的 {np.max(total):.4g} 倍",
                f"{np.max(total):.4g} of what is delivered is returned",
            )
            found.append(
                (
                    ("demands", id),
                    message,
                    Message("退水与损失份额之和不大于 1", "shares of returns and losses of at most 1"),
                    "",
                )
            )
    for id, link in model.links.items():
        if link.minimum is None:
            continue
        row = link.lower(id, context)
        short = row.minimum > row.capacity * (1.0 + _BARELY)
        if np.any(short):
            when = axis.start[np.argmax(short)]
            message = Message(
                f"最小流量大于过流能力，最早出现在 {when} 起的时段",
                f"the minimum flow is above the capacity, first in the step from {when}",
            )
            found.append(
                (
                    ("links", id, "minimum"),
                    message,
                    Message("连接能通过的最小流量", "a minimum that the link can carry"),
                    "",
                )
            )
    return found
