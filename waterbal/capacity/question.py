"""The question of a capacity: what grows along which direction, and what must hold; from the model, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.base import Label, label
from waterbal.model.capacity import Capacity, Requirement
from waterbal.model.capacity import Driver as DriverSpec
from waterbal.model.context import Context
from waterbal.model.elements.demands.irrigation import Irrigation
from waterbal.model.elements.sources.rain_harvest import RainHarvest
from waterbal.model.root import Model
from waterbal.model.rows import Floats, RequirementRow, Rows
from waterbal.model.values import Number
from waterbal.results.metrics import Bools

MIX = "mix"
"""Direction in which all drivers grow alike."""
ROUNDING = 1e-9
"""Share of a bound by which amounts may pass it without being said to break it [-]."""
MU = 0.15
"""[1e4 mu] of 1 km2."""
UNITS = {"people": "1e4 person", "value_added": "1e8 yuan", "area": "km2", "irrigated": "1e4 mu"}
"""Units of amounts by what is counted; farmland is told in mu."""
UDUNITS = {"1e4 person": "1e4", "1e8 yuan": "1e8", "km2": "km2", "1e4 mu": "6666666.666666667 m2"}
"""The same for programs: people and yuan have no unit there, and mu would be read as something else."""


@dataclass(frozen=True)
class Driver:
    """Something that grows."""

    id: str
    name: Label
    kind: str
    """Key of ``UNITS``."""
    amount: float
    """What grows, at plan [unit of the kind]."""
    fixed: float
    """What is counted but does not grow."""
    demands: tuple[int, ...]
    """Positions of the demands that grow."""
    sources: tuple[int, ...]
    """Positions of the sources that grow."""

    def at(self, factor: Any) -> Any:
        """Return the amount at a factor on what grows."""
        return self.fixed + self.amount * factor


@dataclass(frozen=True)
class Limit:
    """Limit on drivers: ``weights`` x amounts <= ``bound``."""

    id: str
    name: Label
    weights: Mapping[str, float]
    bound: float

    def total(self, amounts: Mapping[str, float]) -> float:
        """Return what amounts of the drivers come to, to be set against the bound."""
        return sum(weight * amounts[id] for id, weight in self.weights.items())

    def breaks(self, amounts: Mapping[str, float]) -> bool:
        """Tell whether amounts of the drivers pass the bound by more than rounding."""
        return self.total(amounts) > self.bound + ROUNDING * max(1.0, abs(self.bound))


@dataclass(frozen=True)
class Direction:
    """Drivers that grow together."""

    id: str
    name: Label
    along: Mapping[str, float]
    """Driver -> factor per unit of the scale; drivers that are not named stay at plan."""
    judged: tuple[bool, ...] = ()
    """For each requirement whether it counts; all do if empty."""

    @property
    def through_plan(self) -> bool:
        """Whether scale 1 is the plan: only then can a scale be set against it."""
        return all(factor == 1.0 for factor in self.along.values())


@dataclass(frozen=True)
class Question:
    """What is searched for in one model."""

    drivers: Mapping[str, Driver]
    limits: tuple[Limit, ...]
    directions: Mapping[str, Direction]
    requirements: tuple[RequirementRow, ...]
    names: Mapping[str, Label]
    """Label of each requirement."""
    confidence: float

    def factors(self, direction: str, scale: Floats) -> dict[str, Floats]:
        """Return the factor on what grows of every driver, ndarray (scale) each."""
        along = self.directions[direction].along
        return {id: along[id] * scale if id in along else np.ones_like(scale) for id in self.drivers}

    def scales(self, direction: str, scale: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """Return the factors on needs and on what sources offer.

        Parameters
        ----------
        direction : str
            Along which drivers grow.
        scale : ndarray (member) [-]
            1 is the plan.
        rows : Rows
            Elements of the model.

        Returns
        -------
        ndarray (member, demand), ndarray (member, source) [-]
        """
        needs = np.ones((scale.size, len(rows.demands)))
        offers = np.ones((scale.size, len(rows.sources)))
        for id, factor in self.factors(direction, scale).items():
            driver = self.drivers[id]
            needs[:, driver.demands] = factor[:, None]
            offers[:, driver.sources] = factor[:, None]
        return needs, offers

    def amounts(self, direction: str, scale: float) -> dict[str, float]:
        """Return the amount of every driver at a scale."""
        factors = self.factors(direction, np.array([scale]))
        return {id: float(driver.at(factors[id][0])) for id, driver in self.drivers.items()}

    def room(self, direction: str) -> tuple[float, str, float, str]:
        """Return what the limits that are not water leave of the scale.

        Returns
        -------
        float, str
            Smallest scale and the limit that asks for it, empty if none.
        float, str
            Largest scale, infinite if no limit binds, and that limit. Smaller than the smallest if nothing is left.

        Scale 1 is left wherever its amounts break no limit, so that a plan exactly at its limit is within it.
        """
        low, high, below, above = 0.0, np.inf, "", ""
        at_zero, at_one = (self.amounts(direction, scale) for scale in (0.0, 1.0))
        for limit in self.limits:
            parts = [weight * (at_one[id] - at_zero[id]) for id, weight in limit.weights.items()]
            slope = sum(parts)
            if abs(slope) <= ROUNDING * sum(map(abs, parts)):  # amounts keep their ratio
                if limit.breaks(at_zero):
                    high, above = -1.0, limit.id
                continue
            end = (limit.bound - limit.total(at_zero)) / slope
            if not limit.breaks(at_one):
                end = max(end, 1.0) if slope > 0.0 else min(end, 1.0)
            if slope > 0.0 and end < high:
                high, above = end, limit.id
            elif slope < 0.0 and end > low:
                low, below = end, limit.id
        return low, below, high, above

    def judged(self, direction: str) -> Bools:
        """Return which requirements count along a direction, ndarray (item)."""
        judged = self.directions[direction].judged
        return np.array(judged if judged else [True] * len(self.requirements), dtype=np.bool_)


def question(model: Model, context: Context, rows: Rows) -> Question:
    """Turn the section ``capacity`` of a model, and the guarantees of its demands, into numbers.

    Parameters
    ----------
    model : Model
        Validated and checked.
    context : Context
        What its elements see.
    rows : Rows
        The lowered model.

    Raises
    ------
    ConfigError
        If the model has no section ``capacity``, or nothing is required.
    """
    spec = model.capacity
    if spec is None:
        expected = Message("含增长因素的 'capacity' 部分", "a section 'capacity' with the drivers that grow")
        raise ConfigError(
            Issue(
                Message("模型没有说明什么在增长", "the model does not say what grows"),
                "capacity",
                expected=expected,
            )
        )
    drivers = {id: _driver(id, part, model, context, rows) for id, part in spec.drivers.items()}
    empty = [id for id, driver in drivers.items() if not driver.amount > 0.0]
    if empty:
        year = int(context.axis.planning_year[-1])
        issues = [
            Issue(
                Message(
                    f"{year} 年的规划中 {id!r} 为零，无从增长",
                    f"the plan has none of {id!r} in {year} that could grow",
                ),
                f"capacity.drivers.{id}",
                expected=Message("大于 0 的数量", "an amount above 0"),
            )
            for id in empty
        ]
        raise ConfigError(issues)
    names: dict[str, Label] = {}
    requirements = [*_of_demands(model, rows, names), *_of_groups(spec, model, context, rows, names)]
    requirements += _of_groundwater(spec, names) + _of_receiving_waters(spec, context, rows, names)
    if not requirements:
        expected = Message(
            "某个用户的保证率，或 'capacity' 下的 'requirements'",
            "a guarantee at some demand, or 'requirements' under 'capacity'",
        )
        raise ConfigError(
            Issue(
                Message("没有任何要求，因此任何规模都成立", "nothing is required, so that any scale holds"),
                "capacity",
                expected=expected,
            )
        )
    limits = [_limit(id, part, drivers, context) for id, part in spec.limits.items()]
    confidence = 0.9 if spec.confidence is None else float(context.at(spec.confidence)[-1])
    directions = _directions(spec, drivers, model, requirements)
    return Question(drivers, tuple(limits), directions, tuple(requirements), names, confidence)


def last(number: Number, context: Context) -> float:
    """Give a number in the last planning year."""
    return float(np.ravel(context.at(number))[-1])


def chosen(names: Iterable[str], model: Model, zones: Sequence[str] | None = None) -> list[str]:
    """Name the demands among names of demands and of their types, in the order of the model."""
    wanted = set(names)
    return [
        id
        for id, demand in model.demands.items()
        if (id in wanted or getattr(demand, "type", "") in wanted) and (zones is None or demand.zone in zones)
    ]


def rain_sources(names: Iterable[str], model: Model) -> list[str]:
    """Name the sources that collect rain among names of sources and ``rain_harvest``."""
    wanted = set(names)
    harvests = {id for id, source in model.sources.items() if isinstance(source, RainHarvest)}
    return [id for id in model.sources if id in harvests and (id in wanted or "rain_harvest" in wanted)]


def driver_number(model: Model, id: str) -> Number | None:
    """Give the driver of a demand or of a source that collects rain: people, value added or area."""
    element: Any = model.demands.get(id) or model.sources[id]
    fields = ("people", "value_added", "area")
    return next((n for n in (getattr(element, name, None) for name in fields) if n is not None), None)


def _counted(id: str, model: Model, context: Context) -> float:
    """Give what a demand or source adds to an amount."""
    number = driver_number(model, id)
    if number is None:
        return 0.0
    share = getattr(model.demands.get(id), "share", None)
    return last(number, context) * (1.0 if share is None else last(share, context))


def _driver(id: str, spec: DriverSpec, model: Model, context: Context, rows: Rows) -> Driver:
    demands, sources = chosen(spec.grows, model), rain_sources(spec.grows, model)
    counts = spec.counts if spec.counts is not None else spec.grows
    parts = [*chosen(counts, model), *rain_sources(counts, model)]
    fixed = chosen(spec.fixed, model)
    if spec.stated is not None:
        kind = spec.stated.dimension
        amount, rest = last(spec.stated, context), 0.0
    else:
        kind = next(
            (n.dimension for n in (driver_number(model, p) for p in parts) if n is not None), "people"
        )
        amount = sum(_counted(part, model, context) for part in parts)
        rest = sum(_counted(part, model, context) for part in fixed)
    if kind == "area" and all(isinstance(model.demands.get(part), Irrigation) for part in parts) and parts:
        kind, amount, rest = "irrigated", amount * MU, rest * MU
    at = {row.id: d for d, row in enumerate(rows.demands)}
    places = {row.id: s for s, row in enumerate(rows.sources)}
    name = spec.name or Label(zh=id, en=id)
    return Driver(
        id, name, kind, amount, rest,
        tuple(at[d] for d in demands), tuple(places[s] for s in sources),
    )  # fmt: skip


def _limit(id: str, spec: Any, drivers: Mapping[str, Driver], context: Context) -> Limit:
    """Turn a limit into weights x amounts <= bound, in the units that amounts are told in."""
    number = spec.at_most if spec.at_most is not None else spec.at_least
    value, sign = last(number, context), 1.0 if spec.at_most is not None else -1.0
    name = spec.name or Label(zh=id, en=id)
    if spec.per is None:
        return Limit(id, name, {spec.driver: sign}, sign * value)
    return Limit(id, name, {spec.driver: sign, spec.per: -sign * value}, 0.0)


def _directions(
    spec: Capacity, drivers: Mapping[str, Driver], model: Model, requirements: Sequence[RequirementRow]
) -> dict[str, Direction]:
    """Give each driver alone, all together, and what the model adds."""
    found = {id: Direction(id, driver.name, {id: 1.0}) for id, driver in drivers.items()}
    if len(drivers) > 1:
        name = Label(zh="同步增长", en="all together")
        found[MIX] = Direction(MIX, name, dict.fromkeys(drivers, 1.0))
    for id, part in spec.directions.items():
        judged: tuple[bool, ...] = ()
        if part.judged_by is not None:
            demands = set(chosen(part.judged_by, model))
            judged = tuple(_counts(item, demands) for item in requirements)
        fastest = max(part.along.values())
        along = {driver: growth / fastest for driver, growth in part.along.items()}
        found[id] = Direction(id, part.name or Label(zh=id, en=id), along, judged)
    return found


def _counts(item: RequirementRow, demands: set[str]) -> bool:
    """Tell whether a requirement is one of some demands, or of none."""
    if item.kind in ("aquifer_depth", "load"):
        return True
    return all(name in demands for name, _ in item.members)


def _of_demands(model: Model, rows: Rows, names: dict[str, Label]) -> list[RequirementRow]:
    """Give the guarantee and the failure depth that demands have."""
    found = []
    for row in rows.demands:
        demand = model.demands[row.id]
        name = Label(zh=label(row.id, demand.name, "zh"), en=label(row.id, demand.name, "en"))
        members = [(row.id, row.tolerance)]
        if row.guarantee > 0.0:
            found.append(RequirementRow(f"demands.{row.id}.guarantee", "annual", members, row.guarantee))
        if row.failure_depth < 1.0:
            path = f"demands.{row.id}.failure_depth"
            found.append(RequirementRow(path, "annual_depth", members, limit=row.failure_depth))
        names |= {item.id: name for item in found if item.id not in names}
    return found


def _of_groups(
    spec: Capacity, model: Model, context: Context, rows: Rows, names: dict[str, Label]
) -> list[RequirementRow]:
    """Give the requirements on groups of demands."""
    tolerance = {row.id: row.tolerance for row in rows.demands}
    found = []
    for id, part in spec.requirements.items():
        own = None if part.tolerance is None else last(part.tolerance, context)
        group = chosen(part.of, model, part.zones)
        members = [(d, tolerance[d] if own is None else own) for d in group]
        found += [
            RequirementRow(f"capacity.requirements.{id}.{field}", kind, members, rate=rate, limit=limit)
            for field, kind, rate, limit in _parts(part, context)
        ]
        names |= {item.id: part.name or Label(zh=id, en=id) for item in found if item.id not in names}
    return found


def _parts(part: Requirement, context: Context) -> Iterable[tuple[str, str, float, float]]:
    """List field, kind, rate and limit of what a requirement asks for."""
    for field in ("annual", "step"):
        number = getattr(part, field)
        if number is not None:
            yield field, field, last(number, context), 0.0
    for field, kind in (("depth", "annual_depth"), ("step_depth", "step_depth")):
        number = getattr(part, field)
        if number is not None:
            yield field, kind, 0.0, last(number, context)


def _of_groundwater(spec: Capacity, names: dict[str, Label]) -> list[RequirementRow]:
    found = []
    for id, part in spec.groundwater.items():
        path = f"capacity.groundwater.{id}"
        names[path] = part.name or Label(zh=id, en=id)
        found.append(RequirementRow(path, "aquifer_depth", [(id, 1.0)], limit=part.deepest.scalar()))
    return found


def _of_receiving_waters(
    spec: Capacity, context: Context, rows: Rows, names: dict[str, Label]
) -> list[RequirementRow]:
    """Give what may be discharged: sum q (c - standard) <= Q (standard - c0), complete mixing without decay."""
    nodes = {row.id for row in rows.nodes}
    found = []
    for id, part in spec.receiving_waters.items():
        standard = last(part.standard, context)
        room = last(part.design_flow, context) * (standard - last(part.background, context))
        members = [(n, last(c, context) - standard) for n, c in part.inflows.items() if n in nodes]
        passed = {**part.inflows, **part.untreated}
        untreated = [last(passed[name], context) - standard for name, _ in members]
        path = f"capacity.receiving_waters.{id}"
        names[path] = part.name or Label(zh=id, en=id)
        found.append(RequirementRow(path, "load", members, limit=room, untreated=untreated))
    return found
