"""A run that goes on step by step and exchanges water with other models: what goes in, what comes out.

What another model says of the coming step replaces the model's own value in that step alone. River flow and weather go
through the elements that use them, as if the series had held that value; needs, recharge, inflows and what a source
can give replace what the elements made of them. Planned reserves know the plan and the record, never what is set: a
larger need is served from what is there, but nothing was kept for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from waterbal.errors import BalanceError, InfeasibleError, Issue, UsageError, nearest
from waterbal.model.elements.sources.catchment import Catchment
from waterbal.model.elements.sources.river_intake import RiverIntake
from waterbal.model.root import Model, ZoneClimate
from waterbal.model.rows import Floats, Rows
from waterbal.model.series_spec import FileSeries
from waterbal.model.values import Number

if TYPE_CHECKING:
    from waterbal.api import Case
    from waterbal.model.context import Context
    from waterbal.network.stepping import Stepper

VOLUME = "1e4 m3"
TO_RATE = 8.64
"""[1e4 m3/d] of 1 m3/s."""


@dataclass(frozen=True)
class Variable:
    """One exchanged quantity: a value for every element of a group."""

    name: str
    group: str
    """Key of ``Exchange.elements``."""
    units: str
    """As UDUNITS reads it."""
    long_name: str

    @property
    def standard_name(self) -> str:
        """Kind of element and quantity, in the form of CSDMS standard names."""
        return f"{self.group.split('_')[0]}__{self.name}"


INPUTS = (
    Variable("river_flow", "river", "m3 s-1", "mean flow of the river at an intake or catchment"),
    Variable("rain", "zone_with_rain", "mm", "rain of a zone"),
    Variable("reference_evapotranspiration", "zone_with_et0", "mm", "reference evapotranspiration of a zone"),
    Variable(
        "source_limit_hydrology", "source", VOLUME, "water that a source has, whatever may be taken of it"
    ),
    Variable("water_demand", "demand", VOLUME, "unrestricted gross water need"),
    Variable("aquifer_recharge", "aquifer", VOLUME, "recharge from rain and lateral inflow"),
    Variable("store_inflow", "store", VOLUME, "inflow of a reservoir from outside the system"),
)
"""What other models may set for the coming step."""

LOWERED = ("river_flow", "rain", "reference_evapotranspiration")
"""Inputs that elements turn into limits and needs; the others replace what elements made."""

OUTPUTS = (
    Variable("water_supply", "demand", VOLUME, "water delivered"),
    Variable("water_shortage", "demand", VOLUME, "unrestricted need that is not supplied"),
    Variable("return_flow", "demand", VOLUME, "delivered water that is returned, wherever it goes"),
    Variable(
        "return_flow_part", "return", VOLUME, "delivered water that is returned, by user and where it goes"
    ),
    Variable("source_withdrawal", "source", VOLUME, "withdrawal before settling loss"),
    Variable("source_available", "source", VOLUME, "smallest of the limits of a source"),
    Variable("aquifer_pumping", "aquifer", VOLUME, "groundwater pumped"),
    Variable("groundwater_recharge", "aquifer", VOLUME, "recharge from all sources"),
    Variable(
        "groundwater_storage", "aquifer", VOLUME, "storage above the pumping floor at the end of the step"
    ),
    Variable("groundwater_depth", "aquifer", "m", "depth to groundwater at the end of the step"),
    Variable("link_flow", "link", VOLUME, "flow at the tail of a link"),
    Variable("storage_volume", "store", VOLUME, "volume stored at the end of the step"),
    Variable("rain_on_store", "store", VOLUME, "rain on the water surface"),
    Variable("evaporation", "store", VOLUME, "evaporation from the water surface"),
    Variable("seepage", "store", VOLUME, "seepage"),
    Variable("spill", "store", VOLUME, "spill"),
    Variable("node_inflow", "node", VOLUME, "inflow that is processed"),
    Variable("node_bypass", "node", VOLUME, "inflow above capacity, released unprocessed"),
    Variable("node_discharge", "node", VOLUME, "processed water that leaves the system"),
    Variable("quota_used", "quota", VOLUME, "use counted against the quota"),
    Variable("quota_remaining", "quota", VOLUME, "what is left of the quota year after the step"),
    Variable("restriction_tier", "restriction", "1", "drought tier in force, 0 = none"),
)
"""What other models may read after a step; names and values are those of a result file."""

KEPT = {
    "water_supply": "supply", "source_withdrawal": "source_withdrawal", "source_available": "source_available",
    "aquifer_pumping": "aquifer_pumping", "groundwater_recharge": "aquifer_recharge",
    "groundwater_storage": "aquifer_storage", "groundwater_depth": "aquifer_depth", "link_flow": "link_flow",
    "storage_volume": "storage", "rain_on_store": "store_rain", "evaporation": "store_evaporation",
    "seepage": "store_seepage", "spill": "spill",
    "node_inflow": "node_inflow", "node_bypass": "node_bypass", "node_discharge": "node_discharge",
    "quota_used": "quota_used", "quota_remaining": "quota_left", "restriction_tier": "restriction_tier",
}  # fmt: skip
"""Output -> series of the kernel."""


class Exchange:
    """A run in progress.

    Parameters
    ----------
    case : Case
        Model and realization to run.
    """

    def __init__(self, case: Case) -> None:
        from waterbal.network.stepping import Stepper

        self.case = case
        self.rows = case.rows()
        """Lowered model, with what was set so far."""
        self.axis = self.rows.axis
        self.stepper: Stepper = Stepper(case.network())
        self.open = OpenModel(case)
        self.elements = elements(self.rows) | self.open.elements
        """Ids of the elements of every group, in the order of values."""
        self.inputs = {
            v.name: np.zeros(len(self.elements[v.group])) for v in INPUTS if self.elements[v.group]
        }
        """Values of the coming step by name, ndarray (element); write into them before ``step``."""
        self.outputs = {
            v.name: np.zeros(len(self.elements[v.group])) for v in OUTPUTS if self.elements[v.group]
        }
        """Values of the step before by name, ndarray (element); the state at the start before the first one."""
        self._own: dict[str, Floats] = {}
        self._set = {
            name: np.full((self.axis.size, values.size), np.nan)
            for name, values in self.inputs.items()
            if name not in LOWERED
        }
        self._begin()
        self._expect()

    @property
    def position(self) -> int:
        """Number of the coming step."""
        return self.stepper.position

    def step(self) -> None:
        """Simulate the coming step under ``inputs``; write ``outputs``, and the model's own values of the next step.

        Raises
        ------
        UsageError
            If there is no step left, or a value that was set is not finite or below 0.
        InfeasibleError
            If a minimum flow cannot be met; the message names the constraint and the step.
        BalanceError
            If a node does not close within 1e-9.
        """
        from waterbal.api import INFEASIBLE_STATUS, failures

        if self.position >= self.axis.size or not self.stepper.good:
            raise UsageError(Issue("there is no step left", expected=f"at most {self.axis.size} steps"))
        self._take()
        if not self.stepper.step():
            issues, worst = failures(self.case, self.rows, self.case.network(), self.stepper.simulation())
            raise (InfeasibleError if worst == INFEASIBLE_STATUS else BalanceError)(*issues)
        self._report()
        if self.position < self.axis.size:
            self._expect()

    # ---- in

    def _expect(self) -> None:
        """Put the model's own values of the coming step into ``inputs``."""
        t = self.position
        for name, values in self.inputs.items():
            values[:] = self.open.at(name, t) if name in LOWERED else own_values(self.rows, name, t)
            self._own[name] = values.copy()

    def _take(self) -> None:
        """Put what was set into the rows and the forcing of the coming step."""
        t = self.position
        changed = {name: values != self._own[name] for name, values in self.inputs.items()}
        if not any(which.any() for which in changed.values()):
            return
        self._refuse(changed)
        for name, which in changed.items():
            if name in LOWERED:
                self.open.put(name, t, self.inputs[name], which)
            else:
                self._set[name][t, which] = self.inputs[name][which]
        if any(changed[name].any() for name in changed if name in LOWERED):
            self.rows = self.open.lower()
        self.rows = with_values(self.rows, self._set)
        try:
            self.stepper.change(self.rows)
        except ValueError:
            names = ", ".join(name for name in LOWERED if name in changed and changed[name].any())
            message = (
                "a loss, a recovery or a returned share follows this series, so it cannot change during a run"
            )
            raise UsageError(Issue(message, names)) from None

    def _refuse(self, changed: Mapping[str, Any]) -> None:
        """Refuse what no water can be."""
        issues = []
        for name, which in changed.items():
            for i in np.flatnonzero(which):
                value = self.inputs[name][i]
                if not (np.isfinite(value) and value >= 0.0):
                    group = next(v.group for v in INPUTS if v.name == name)
                    where = f"{name}.{self.elements[group][i]}"
                    issues.append(
                        Issue(f"{value} was set for the coming step", where, expected="0 or more, finite")
                    )
        if issues:
            raise UsageError(issues)

    # ---- out

    def _begin(self) -> None:
        """Write the state before the first step."""
        stepper, rows = self.stepper, self.rows
        state: dict[str, Any] = {
            "storage_volume": stepper.storage,
            "groundwater_storage": stepper.ground,
            "groundwater_depth": [
                row.floor_depth - ground / row.storage_per_metre
                for row, ground in zip(rows.aquifers, stepper.ground, strict=True)
            ],
            "quota_remaining": stepper.quota_at_start,
        }
        for name, values in state.items():
            if name in self.outputs:
                self.outputs[name][:] = values

    def _report(self) -> None:
        """Write what the step before led to."""
        t = self.position - 1
        for name, series in KEPT.items():
            if name in self.outputs:
                self.outputs[name][:] = self.stepper.last(series)
        supply = self.stepper.last("supply")
        need = np.array([row.gross[t] for row in self.rows.demands])
        self.outputs["water_shortage"][:] = np.maximum(need - supply, 0.0)
        parts = returned(self.rows, supply, t)
        of_user = self.outputs["return_flow"]
        of_user[:] = 0.0
        for number, (d, _, volume) in enumerate(parts):
            of_user[d] += volume
            self.outputs["return_flow_part"][number] = volume

    # ---- names

    def variable(self, name: str) -> Variable:
        """Return what is known of an exchanged variable.

        Raises
        ------
        UsageError
            If the model has no such variable.
        """
        for variable in (*INPUTS, *OUTPUTS):
            if variable.name == name and (name in self.inputs or name in self.outputs):
                return variable
        known = (*self.inputs, *self.outputs)
        message = f"the model exchanges no variable {name!r}"
        raise UsageError(Issue(message, expected=f"one of {', '.join(known)}", nearest=nearest(name, known)))

    def values(self, name: str) -> Floats:
        """Return the array of an exchanged variable itself; ndarray (element)."""
        self.variable(name)
        return self.inputs[name] if name in self.inputs else self.outputs[name]


class OpenModel:
    """A model whose river flows and weather are series of their own, element by element, that may be set.

    Parameters
    ----------
    case : Case
        Model and realization.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.elements = {
            "river": tuple(id for id, source in case.model.sources.items() if river_of(source) is not None),
            "zone_with_rain": tuple(zone for zone in case.model.zones if self._has("rain", zone)),
            "zone_with_et0": tuple(zone for zone in case.model.zones if self._has("et0", zone)),
        }

    def _has(self, name: str, zone: str) -> bool:
        own = self.case.model.zones[zone].climate
        return any(c is not None and getattr(c, name) is not None for c in (own, self.case.model.climate))

    @cached_property
    def _contexts(self) -> tuple[Context, Context]:
        """What elements see in the run, and in the climate that means of the record refer to."""
        from waterbal.model.setting import context_of

        model, series = self.case.model, self.case.series
        return context_of(model, series), context_of(model, {**series, **(self.case.reference or {})})

    @cached_property
    def _series(self) -> dict[str, Floats]:
        """Series of every river and zone as they are in this run; changed by ``put``."""
        return self._values(self._contexts[0])

    def _values(self, context: Context) -> dict[str, Floats]:
        sources = self.case.model.sources
        found = {key("river_flow", id): context.at(_river(sources[id])) for id in self.elements["river"]}
        found |= {key("rain", zone): context.rain(zone) for zone in self.elements["zone_with_rain"]}
        name = "reference_evapotranspiration"
        return found | {key(name, zone): context.et0(zone) for zone in self.elements["zone_with_et0"]}

    def _factor(self, id: str, t: int) -> float:
        """Return what a river's series has per m3/s in a step."""
        context = self._contexts[0]
        of_step = context.kinds.get(_river(self.case.model.sources[id]).series) == "volume"
        return TO_RATE * float(context.axis.days[t]) if of_step else TO_RATE

    @cached_property
    def _model(self) -> Model:
        """The model with each river and each zone's weather named by a series of its own."""
        model, kinds = self.case.model, self._contexts[0].kinds
        sources, zones, specs = dict(model.sources), dict(model.zones), dict(model.series)

        def own(name: str, element: str, dimension: str, kind: Literal["volume", "rate", "depth"]) -> Number:
            specs[key(name, element)] = FileSeries.model_construct(file="", column="", kind=kind)
            return Number(dimension, series=key(name, element))

        for id in self.elements["river"]:
            river = _river(sources[id])
            of_step = kinds.get(river.series) == "volume"
            number = own("river_flow", id, river.dimension, "volume" if of_step else "rate")
            sources[id] = sources[id].model_copy(update={_field(sources[id]): number})
        for zone in zones:
            rain = et0 = None
            if zone in self.elements["zone_with_rain"]:
                rain = own("rain", zone, "depth", "depth")
            if zone in self.elements["zone_with_et0"]:
                et0 = own("reference_evapotranspiration", zone, "depth", "depth")
            climate = ZoneClimate.model_construct(rain=rain, et0=et0)
            zones[zone] = zones[zone].model_copy(update={"climate": climate})
        return model.model_copy(update={"sources": sources, "zones": zones, "series": specs})

    @cached_property
    def _reference(self) -> dict[str, Floats]:
        """Series that means of the record refer to; they are not changed."""
        own = self._values(self._contexts[1])
        return {**self.case.series, **(self.case.reference or {}), **{k: v.copy() for k, v in own.items()}}

    def at(self, name: str, t: int) -> Floats:
        """Return the values of an input in a step; ndarray (element) in its unit."""
        group = next(v.group for v in INPUTS if v.name == name)
        values = np.array([self._series[key(name, element)][t] for element in self.elements[group]])
        if name == "river_flow":
            values /= [self._factor(id, t) for id in self.elements["river"]]
        return values

    def put(self, name: str, t: int, values: Floats, which: Any) -> None:
        """Put values that were set into the series of their elements."""
        group = next(v.group for v in INPUTS if v.name == name)
        for i in np.flatnonzero(which):
            element = self.elements[group][i]
            factor = self._factor(element, t) if name == "river_flow" else 1.0
            self._series[key(name, element)][t] = values[i] * factor

    def lower(self) -> Rows:
        """Lower the model under the series as they are now."""
        from waterbal.demand.lowering import lower

        return lower(self._model, {**self.case.series, **self._series}, self._reference)


def key(name: str, element: str) -> str:
    """Name the series of an element; no series of a model has a point in its name."""
    return f"{name}.{element}"


def river_of(source: Any) -> Number | None:
    """Return the flow that a source depends on, if it is stated."""
    if isinstance(source, RiverIntake):
        return source.flow
    return source.runoff if isinstance(source, Catchment) else None


def _river(source: Any) -> Number:
    river = river_of(source)
    assert river is not None
    return river


def _field(source: Any) -> str:
    return "flow" if isinstance(source, RiverIntake) else "runoff"


def elements(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Name the elements of every group of rows, and every return as ``user>destination``."""
    groups = {
        "source": rows.sources, "aquifer": rows.aquifers, "node": rows.nodes, "store": rows.stores,
        "link": rows.links, "demand": rows.demands, "quota": rows.quotas, "restriction": rows.restrictions,
    }  # fmt: skip
    found = {name: tuple(row.id for row in group) for name, group in groups.items()}  # type: ignore[attr-defined]
    found["return"] = tuple(f"{row.id}>{to}" for row in rows.demands for to, _ in row.returns)
    return found


def returned(rows: Rows, supply: Floats, t: int) -> list[tuple[int, str, float]]:
    """List (number of the demand, destination, volume [1e4 m3]) of every return of a step."""
    return [
        (d, to, float(share[t] * supply[d]))
        for d, row in enumerate(rows.demands)
        for to, share in row.returns
    ]


def own_values(rows: Rows, name: str, t: int) -> list[float]:
    """Return what rows have for an input that replaces what elements made; one value per element."""
    values: dict[str, Callable[[], list[float]]] = {
        "source_limit_hydrology": lambda: [float(_water(row.limits)[t]) for row in rows.sources],
        "water_demand": lambda: [float(row.gross[t]) for row in rows.demands],
        "aquifer_recharge": lambda: [float(row.recharge[t]) for row in rows.aquifers],
        "store_inflow": lambda: [float(row.inflow[t]) for row in rows.stores],
    }
    return values[name]()


def _water(limits: Mapping[str, Floats]) -> Floats:
    """Return the limit that hydrology sets; where there is none, what the other limits leave."""
    if "hydrology" in limits:
        return limits["hydrology"]
    smallest: Floats = np.min(list(limits.values()), axis=0)
    return smallest


def with_values(rows: Rows, given: Mapping[str, Floats]) -> Rows:
    """Put values into rows, ndarray (time, element) by name of the input; nan leaves what is there."""

    def over(values: Floats, name: str, i: int) -> Floats:
        new = given[name][:, i]
        return np.where(np.isnan(new), values, new)

    def is_set(name: str, i: int) -> bool:
        return name in given and not bool(np.isnan(given[name][:, i]).all())

    sources = [
        replace(
            row, limits={**row.limits, "hydrology": over(_water(row.limits), "source_limit_hydrology", i)}
        )
        if is_set("source_limit_hydrology", i)
        else row
        for i, row in enumerate(rows.sources)
    ]
    demands = []
    for i, row in enumerate(rows.demands):
        if is_set("water_demand", i):
            gross = over(row.gross, "water_demand", i)
            used = np.divide(row.net, row.gross, out=np.ones_like(gross), where=row.gross > 0.0)
            row = replace(row, gross=gross, net=np.where(gross == row.gross, row.net, used * gross))
        demands.append(row)
    aquifers = [
        replace(row, recharge=over(row.recharge, "aquifer_recharge", i))
        if is_set("aquifer_recharge", i)
        else row
        for i, row in enumerate(rows.aquifers)
    ]
    stores = [
        replace(row, inflow=over(row.inflow, "store_inflow", i)) if is_set("store_inflow", i) else row
        for i, row in enumerate(rows.stores)
    ]
    return replace(rows, sources=sources, demands=demands, aquifers=aquifers, stores=stores)
