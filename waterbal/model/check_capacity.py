"""Checks of the section ``capacity``: what it names exists, what grows has a driver, amounts go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from waterbal.errors import Message, nearest
from waterbal.model import unknown
from waterbal.model.capacity import Capacity, Driver
from waterbal.model.elements.sources.aquifer import Aquifer
from waterbal.model.elements.sources.rain_harvest import RainHarvest
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.elements.works.junction import Junction
from waterbal.model.elements.works.wastewater import Wastewater
from waterbal.model.marks import Path
from waterbal.model.root import Model

Found = tuple[Path, str, str, str]
OTHER_NAME = Message("另一个名字", "another name")
MIXED = Message("'mix' 是各驱动因素同步增长的方向", "'mix' is the direction in which all drivers grow alike")
RESULTS = ("scale", "status", "fails", "non_monotone", "alternate", "amount", "scale_alone", "status_alone")
"""What results write after ``capacity_`` themselves, as they do after it what is carried of each driver."""
FIELDS = ("people", "value_added", "area")
"""Fields that drive a need."""


def capacity_problems(model: Model) -> list[Found]:
    """Give the problems of the section ``capacity`` of a model."""
    if model.capacity is None:
        return []
    return [*_drivers(model, model.capacity), *_directions(model, model.capacity), *_limits(model.capacity),
            *_judges(model, model.capacity)]  # fmt: skip


def _unknown(path: Path, name: str, what: Message, valid: Iterable[str]) -> Iterator[Found]:
    names = list(dict.fromkeys(valid))
    if name not in names:
        yield path, *unknown.unknown(name, what, names)


def _demands(model: Model) -> list[str]:
    return [*model.demands, *(str(getattr(demand, "type", "")) for demand in model.demands.values())]


def _rain(model: Model) -> list[str]:
    found = [id for id, source in model.sources.items() if isinstance(source, RainHarvest)]
    return [*found, "rain_harvest"] if found else []


def _drivers(model: Model, spec: Capacity) -> Iterator[Found]:
    grown: dict[str, str] = {}
    for id, driver in spec.drivers.items():
        path: Path = ("capacity", "drivers", id)
        if id == "mix":
            yield path, MIXED, OTHER_NAME, ""
        if id in RESULTS:
            message = Message(
                f"成果自身已有变量 capacity_{id}", f"results have a variable capacity_{id} of their own"
            )
            yield path, message, OTHER_NAME, ""
        valid = [*_demands(model), *_rain(model)]
        wrong: list[Found] = []
        for field, names in (
            ("grows", driver.grows),
            ("counts", driver.counts or []),
            ("fixed", driver.fixed),
        ):
            what = unknown.GROWS
            for index, name in enumerate(names):
                wrong += _unknown((*path, field, index), name, what, valid)
        yield from wrong
        if wrong:
            continue
        members = _members(model, driver.grows)
        for name in members:
            if name in grown:
                message = Message(
                    f"{name!r} 已随 {grown[name]!r} 增长", f"{name!r} grows with {grown[name]!r} already"
                )
                expected = Message("每个用户只随一项驱动因素增长", "each demand with one driver")
                yield (*path, "grows"), message, expected, ""
            grown[name] = id
        yield from _counted(model, driver, path, members)
        if id in spec.directions:
            message = Message(f"{id!r} 是驱动因素的名字", f"{id!r} is the name of a driver")
            yield ("capacity", "directions", id), message, OTHER_NAME, ""


def _members(model: Model, names: Iterable[str]) -> list[str]:
    """Name demands and sources among names of them and of types."""
    wanted = set(names)
    demands = [i for i, d in model.demands.items() if i in wanted or getattr(d, "type", "") in wanted]
    sources = [
        i
        for i, s in model.sources.items()
        if isinstance(s, RainHarvest) and (i in wanted or "rain_harvest" in wanted)
    ]
    return demands + sources


def _dimensions(model: Model, names: Iterable[str]) -> set[str]:
    """Give the dimensions of the drivers of some elements; empty text where one has none."""
    found = set()
    for name in names:
        element = model.demands.get(name) or model.sources[name]
        numbers = [n for n in (getattr(element, field, None) for field in FIELDS) if n is not None]
        found.add(numbers[0].dimension if numbers else "")
    return found


def _counted(model: Model, driver: Driver, path: Path, members: list[str]) -> Iterator[Found]:
    """Check what makes the amount of a driver."""
    if driver.stated is not None:
        return
    counts = _members(model, driver.counts) if driver.counts is not None else members
    for name in counts:
        if name not in members:
            message = Message(f"{name!r} 被计数，但不增长", f"{name!r} is counted but does not grow")
            expected = Message(
                "'grows' 中之一；不增长的列在 'fixed' 下",
                "one of 'grows'; what does not grow goes under 'fixed'",
            )
            yield (*path, "counts"), message, expected, ""
    dimensions = _dimensions(model, [*counts, *_members(model, driver.fixed)])
    dimensions -= {""} if len(dimensions) > 1 else set()  # what has no driver of its own adds nothing
    if "" in dimensions or not counts:
        message = Message(
            "被计数的对象没有人口、增加值或面积可计",
            "what is counted has no people, value added or area to count",
        )
        expected = Message(
            "在 'counts' 中列出有这些数的对象，或以 people、value_added、area 给出数量",
            "'counts' with what has, or the amount as people, value_added or area",
        )
        yield path, message, expected, ""
    elif len(dimensions) > 1:
        kinds = ", ".join(sorted(dimensions))
        message = Message(
            f"不同种类的数量不能合计：{kinds}", f"amounts of different kinds are counted together: {kinds}"
        )
        expected = Message("在 'counts' 中只列同一种类的用户", "'counts' with demands of one kind")
        yield path, message, expected, ""


def _directions(model: Model, spec: Capacity) -> Iterator[Found]:
    for id, direction in spec.directions.items():
        path: Path = ("capacity", "directions", id)
        if id == "mix":
            yield path, MIXED, OTHER_NAME, ""
        for name in direction.along:
            yield from _unknown((*path, "along", name), name, unknown.DRIVER, spec.drivers)
        for index, name in enumerate(direction.judged_by or []):
            yield from _unknown((*path, "judged_by", index), name, unknown.DEMAND, _demands(model))


def _limits(spec: Capacity) -> Iterator[Found]:
    for id, limit in spec.limits.items():
        path: Path = ("capacity", "limits", id)
        yield from _unknown((*path, "driver"), limit.driver, unknown.DRIVER, spec.drivers)
        if limit.per is not None:
            yield from _unknown((*path, "per"), limit.per, unknown.DRIVER, spec.drivers)
            if limit.per == limit.driver:
                message = Message("驱动因素不能以自身为单位", "a driver per unit of itself")
                yield (*path, "per"), message, Message("另一项驱动因素", "another driver"), ""


def _judges(model: Model, spec: Capacity) -> Iterator[Found]:
    for id, requirement in spec.requirements.items():
        path: Path = ("capacity", "requirements", id)
        for index, name in enumerate(requirement.of):
            yield from _unknown((*path, "of", index), name, unknown.DEMAND, _demands(model))
        for index, name in enumerate(requirement.zones or []):
            yield from _unknown((*path, "zones", index), name, unknown.ZONE, model.zones)
        inside = [m for m in _members(model, requirement.of) if m in model.demands]
        if (
            inside
            and requirement.zones
            and not any(model.demands[m].zone in requirement.zones for m in inside)
        ):
            message = Message("这些分区中没有这样的用户", "no such demand is in these zones")
            yield (*path, "zones"), message, Message("有该用户的分区", "a zone that has one"), ""
    aquifers = [id for id, source in model.sources.items() if isinstance(source, Aquifer)]
    for id in spec.groundwater:
        yield from _unknown(("capacity", "groundwater", id), id, unknown.AQUIFER, aquifers)
    outlets = [id for id, work in model.works.items() if isinstance(work, Wastewater) or _open(work)]
    outlets += [
        id for id, source in model.sources.items() if isinstance(source, Reclaimed) and not source.lag
    ]
    for id, water in spec.receiving_waters.items():
        for name in water.inflows:
            place: Path = ("capacity", "receiving_waters", id, "inflows", name)
            yield from _unknown(place, name, unknown.DISCHARGES, outlets)
            if _treats(model, name) and name not in water.untreated:
                message = Message(
                    f"{name!r} 超出处理能力的来水未经处理即排放，却没有给出其浓度",
                    f"what is above the capacity of {name!r} is released untreated, and its concentration is missing",
                )
                expected = Message(
                    f"在 'inflows' 旁给出 untreated: {{{name}: … mg/L}}",
                    f"untreated: {{{name}: ... mg/L}} beside 'inflows'",
                )
                yield place, message, expected, ""
        for name in water.untreated:
            where: Path = ("capacity", "receiving_waters", id, "untreated", name)
            if name not in water.inflows:
                message = Message(f"{name!r} 不在 'inflows' 之中", f"{name!r} is none of 'inflows'")
                yield where, message, ", ".join(water.inflows), nearest(name, list(water.inflows))


def _treats(model: Model, name: str) -> bool:
    """Tell whether water goes through something that cleans it, and untreated past it above its capacity."""
    source = model.sources.get(name)
    return isinstance(model.works.get(name), Wastewater) or (isinstance(source, Reclaimed) and not source.lag)


def _open(work: object) -> bool:
    return isinstance(work, Junction) and bool(work.outlet)
